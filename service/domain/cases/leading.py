"""Who leads a case: handed over by whoever leads it, or named by the social-space management from its sketch alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlmodel import col, select

from service.domain.access.model import CaseAccess, Membership, OrganisationKind
from service.domain.access.operations import leading, membership_of, reaches, until
from service.domain.act import Act, Command, operation
from service.domain.cases import policy
from service.domain.cases.apart import ExcludedFromCase, require_apart, require_not_own
from service.domain.cases.handovers import Handover, HandoverKind, HandoverState, take_back
from service.domain.cases.sketch_model import CaseSketch
from service.domain.cases.stand_ins import follow_lead
from service.domain.errors import DomainError
from service.domain.policy import Basis, Part, Role
from service.domain.values import Line


@dataclass(eq=False)
class NoCaseWorker(DomainError):
    code, title = "no-case-worker", "This person cannot lead the case."
    advice = "Name a member of the public agency who is case worker for the case's social space; see GET /v1/staff."
    actor_id: UUID


class NameLead(Command):
    """Which case, by its pseudonym, and who leads it from now on."""

    pseudonym: Line
    actor_id: UUID = Field(description="The case worker; see GET /v1/staff.")


class NamedLead(BaseModel):
    """Who leads the case from now on. Whoever led it before has no access to it any more."""

    pseudonym: str
    actor_id: UUID


@operation(policy.NAME_LEAD, within=CaseSketch, answers=NamedLead, raises=(NoCaseWorker, ExcludedFromCase))
async def name_lead(act: Act, command: NameLead) -> tuple[CaseAccess, NamedLead]:
    """Hand a case over. The access of whoever led it ends the same moment (facts, section 5)."""
    sketch = await act.load(CaseSketch, command.pseudonym, key="pseudonym")  # hand_to locks it
    await require_not_own(act, sketch.case_id)
    agency = OrganisationKind.PUBLIC_AGENCY
    works = await membership_of(act, sketch.authority_id, agency, command.actor_id)
    if works is None or not await may_lead(act, sketch.authority_id, sketch.social_space_id, command.actor_id):
        raise NoCaseWorker(actor_id=command.actor_id)
    await withdraw_offers(act, sketch.case_id)
    kept = await hand_to(act, sketch.authority_id, sketch.case_id, command.actor_id, works)
    return kept, NamedLead(pseudonym=sketch.pseudonym, actor_id=command.actor_id)


async def hand_to(act: Act, authority_id: UUID, case_id: UUID, actor_id: UUID, works: Membership) -> CaseAccess:
    """From now on it is they who lead the case, and nobody else; and the duplicates that go along with it."""
    for each in await going_along(act, case_id):
        await _hand_one(act, authority_id, each, actor_id, works)
    return await _hand_one(act, authority_id, case_id, actor_id, works)


async def going_along(act: Act, case_id: UUID) -> list[UUID]:
    """The duplicates that went into a case, but for those that somebody else leads by now: these stay theirs."""
    duplicates = await merged_into(act, case_id)
    leading = await led_by(act, case_id) if duplicates else set()
    found = []
    for each in duplicates:
        theirs = await led_by(act, each)
        if not theirs or theirs & leading:
            found.append(each)
    return found


async def led_by(act: Act, case_id: UUID) -> set[UUID]:
    """Without those who only stand in: what they lead of their own is another matter."""
    return {each.actor_id for each in await leads_of(act, case_id) if each.stand_in_id is None}


async def merged_into(act: Act, case_id: UUID) -> list[UUID]:
    """The duplicates that went into a case, and those that had gone into them."""
    sketch: Any = CaseSketch.__table__.alias()  # type: ignore[attr-defined]
    found = sa.select(sketch.c.case_id).where(sketch.c.merged_into_id == case_id).cte("found", recursive=True)
    further: Any = CaseSketch.__table__.alias()  # type: ignore[attr-defined]
    found = found.union(sa.select(further.c.case_id).where(further.c.merged_into_id == found.c.case_id))
    rows = await (await act.session.connection()).execute(sa.select(found.c.case_id).order_by(found.c.case_id))
    return list(rows.scalars())


async def _hand_one(act: Act, authority_id: UUID, case_id: UUID, actor_id: UUID, works: Membership) -> CaseAccess:
    await require_apart(act, case_id, actor_id)
    present = await leads_of(act, case_id, also_to_come=True)
    kept = next((each for each in present if each.actor_id == actor_id and each.stand_in_id is None), None)
    for access in present:
        if access is not kept:
            act.change(access, valid_to=sa.func.now())
    await act.session.flush()
    await follow_lead(act, authority_id, case_id, actor_id)
    return kept or act.add(
        CaseAccess(
            authority_id=authority_id,
            case_id=case_id,
            actor_id=actor_id,
            membership_id=works.id,
            valid_to=await until(act, works, actor_id, Role.CASE_WORKER),
            basis=Basis.ASSIGNMENT.value,
            parts=[part.value for part in Part],
        )
    )


async def leads_of(act: Act, case_id: UUID, *, also_to_come: bool = False) -> Sequence[CaseAccess]:
    """Also of who stands in; `also_to_come`: and of who is yet to do so."""
    theirs = leading(col(CaseAccess.case_id) == case_id, also_to_come=also_to_come)
    return (await act.session.exec(theirs.order_by(col(CaseAccess.id)).with_for_update())).all()


async def withdraw_offers(act: Act, case_id: UUID) -> None:
    """What whoever led it before has offered is not theirs to give any more. An enquiry that is shown on stays so: the
    call on the day agreed is the new lead's."""
    offered = select(Handover).where(
        Handover.case_id == case_id,
        Handover.kind == HandoverKind.TRANSFER.value,
        Handover.state == HandoverState.OFFERED.value,
    )
    for handover in (await act.session.exec(offered.with_for_update())).all():
        take_back(act, handover)


async def may_lead(act: Act, authority_id: UUID, space_id: UUID | None, actor_id: UUID) -> bool:
    """Whether somebody is case worker for where a case belongs."""
    return await reaches(act, actor_id, authority_id, space_id, Role.CASE_WORKER)
