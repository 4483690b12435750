"""Somebody acts for a case worker who is away: from a day to another, in the cases that are theirs, with their rights.

A stand-in's way into a case is a case access like the lead's own, with dates, which names what it rests on: so it
begins and ends by itself, every rule knows it, and that somebody looked as a stand-in stays on record."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from service.domain.access.model import Bounded, CaseAccess, Membership, OrganisationKind
from service.domain.access.operations import membership_of
from service.domain.act import Act
from service.domain.policy import PROFESSIONAL, Basis, Part
from service.domain.rows import Scoped, Shape, Versioned, own_id, reference, secured


@secured(Shape.AUTHORITY)
class StandIn(Scoped, Versioned, Bounded, table=True):
    """`actor_id` acts for `absent_id` within these dates."""

    __tablename__ = "stand_in"
    __table_args__ = (sa.CheckConstraint("absent_id <> actor_id", name="another"),)

    id: UUID = own_id()
    absent_id: UUID = reference("actor")
    actor_id: UUID = reference("actor")


async def follow_lead(act: Act, authority_id: UUID, case_id: UUID, lead_id: UUID) -> None:
    """Whoever stands in for somebody does so in a case that becomes theirs meanwhile, too."""
    named = select(StandIn).where(StandIn.absent_id == lead_id, StandIn.valid_to > sa.func.now())
    for stand_in in (await act.session.exec(named)).all():
        works = await membership_of(act, authority_id, OrganisationKind.PUBLIC_AGENCY, stand_in.actor_id)
        if works is not None:
            await let_in(act, stand_in, case_id, works)


async def let_in(act: Act, stand_in: StandIn, case_id: UUID, works: Membership) -> None:
    one_of_its_people = select(CaseAccess.id).where(
        CaseAccess.case_id == case_id,
        CaseAccess.actor_id == stand_in.actor_id,
        col(CaseAccess.basis).not_in([basis.value for basis in PROFESSIONAL]),
    )
    if (await act.session.exec(one_of_its_people)).first() is None:
        act.add(_access(stand_in, case_id, works))


def _access(stand_in: StandIn, case_id: UUID, works: Membership) -> CaseAccess:
    ends = [moment for moment in (stand_in.valid_to, works.valid_to) if moment is not None]
    return CaseAccess(
        authority_id=stand_in.authority_id,
        case_id=case_id,
        actor_id=stand_in.actor_id,
        membership_id=works.id,
        stand_in_id=stand_in.id,
        basis=Basis.ASSIGNMENT.value,
        parts=[part.value for part in Part],
        valid_from=stand_in.valid_from,
        valid_to=min(ends),
    )
