"""Somebody acts for a case worker who is away: from a day to another, in the cases that are theirs, with their rights.

A stand-in's way into a case is a case access like the lead's own, with dates, which names what it rests on: so it
begins and ends by itself, every rule knows it, and that somebody looked as a stand-in stays on record."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import select

from service.domain.access.model import Bounded, CaseAccess, Membership, OrganisationKind
from service.domain.access.operations import membership_of, reaches, until
from service.domain.act import Act
from service.domain.cases.apart import is_excluded
from service.domain.cases.sketch_model import CaseSketch
from service.domain.policy import Basis, Part, Role
from service.domain.rows import Scoped, Shape, Versioned, own_id, reference, secured


@secured(Shape.AUTHORITY)
class StandIn(Scoped, Versioned, Bounded, table=True):
    """`actor_id` acts for `absent_id` within these dates. `named_by_id`: who has said so, if it was not who is away."""

    __tablename__ = "stand_in"
    __table_args__ = (sa.CheckConstraint("absent_id <> actor_id", name="another"),)

    id: UUID = own_id()
    absent_id: UUID = reference("actor")
    actor_id: UUID = reference("actor")
    named_by_id: UUID | None = reference("actor", optional=True)


async def follow_lead(act: Act, authority_id: UUID, case_id: UUID, lead_id: UUID) -> None:
    """Whoever stands in for somebody does so in a case that becomes theirs meanwhile, too; whom management has named,
    as far as that manages."""
    named = select(StandIn).where(StandIn.absent_id == lead_id, StandIn.valid_to > sa.func.now())
    for stand_in in (await act.session.exec(named)).all():
        if stand_in.named_by_id is not None and not await _manages(act, stand_in.named_by_id, case_id):
            continue
        works = await membership_of(act, authority_id, OrganisationKind.PUBLIC_AGENCY, stand_in.actor_id)
        if works is not None:
            await let_in(act, stand_in, case_id, works)


async def _manages(act: Act, actor_id: UUID, case_id: UUID) -> bool:
    """Whether the case lies in one of their social spaces; one without a space is whose all of the authority is."""
    where = select(CaseSketch.authority_id, CaseSketch.social_space_id).where(CaseSketch.case_id == case_id)
    place = (await act.session.exec(where)).one()
    return await reaches(act, actor_id, *place, Role.SOCIAL_SPACE_MANAGER)


async def let_in(act: Act, stand_in: StandIn, case_id: UUID, works: Membership) -> None:
    """As long as role and membership last; not where they are one of its people."""
    if await is_excluded(act, case_id, stand_in.actor_id):
        return
    ends = await until(act, works, stand_in.actor_id, Role.CASE_WORKER)
    assert stand_in.valid_to is not None
    ends = min(stand_in.valid_to, ends or stand_in.valid_to)
    if ends <= max(stand_in.valid_from, act.now):
        return
    access = CaseAccess(
        authority_id=stand_in.authority_id,
        case_id=case_id,
        actor_id=stand_in.actor_id,
        membership_id=works.id,
        stand_in_id=stand_in.id,
        basis=Basis.ASSIGNMENT.value,
        parts=[part.value for part in Part],
        valid_to=ends,
    )
    if stand_in.valid_from > act.now:  # else from now on, by the database's time
        access.valid_from = stand_in.valid_from
    act.add(access)
