"""Showing an enquiry on to another body, and handing a case over. Nobody gets lost between two offices: here it stays
open until the other side has accepted, or has been asked on the day agreed (settled: Cases and people). With the
acceptance the old access ends, the same moment (facts, section 5)."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field, model_validator
from sqlmodel import select

from service.domain.access.model import Membership, OrganisationKind
from service.domain.access.operations import membership_of
from service.domain.act import Act, Command, Guard, operation
from service.domain.cases import policy
from service.domain.cases.apart import ExcludedFromCase, one_at_a_time, require_apart
from service.domain.cases.handovers import Handover, HandoverKind, HandoverState, take_back
from service.domain.cases.leading import NoCaseWorker, hand_to, led_by, may_lead
from service.domain.cases.life import GOING_ON
from service.domain.cases.model import (
    Case,
    CaseState,
)
from service.domain.cases.operations import require_space
from service.domain.cases.sketch_model import CaseSketch
from service.domain.cases.views import HandoverView
from service.domain.errors import DomainError
from service.domain.policy import Row
from service.domain.spaces.changing import SocialSpaceNotThere
from service.domain.values import ClientId, Line

TRANSFERABLE = (*GOING_ON, CaseState.CLOSING, CaseState.AFTER_CARE, CaseState.TRANSFERRED)


@dataclass(eq=False)
class HandoverOpen(DomainError):
    code, title = "handover-open", "This case is offered to somebody already."
    advice = "GET /v1/handovers shows it: confirm it when they have accepted, or POST /v1/handovers/{id}/withdraw."


@dataclass(eq=False)
class HandoverOvertaken(DomainError):
    code, title = "handover-overtaken", "The case has gone on since it was offered."
    advice = "Withdraw it: POST /v1/handovers/{id}/withdraw. GET /v1/cases/{id}/transitions says what is possible now."


def _offered(row: Row) -> sa.ColumnElement[bool]:
    handover = Handover.__table__.alias()  # type: ignore[attr-defined]
    offered = sa.select(handover.c.id).where(
        handover.c.case_id == row.id, handover.c.state == sa.literal_column(f"'{HandoverState.OFFERED}'")
    )
    return offered.correlate_except(handover).exists()


NOT_OFFERED = Guard(lambda reader, row: sa.not_(_offered(row)), "it is not offered to somebody already", HandoverOpen)


class OfferTransfer(Command):
    """To a colleague of this authority, who accepts it here, or to a body outside of this service."""

    id: ClientId
    receiver_id: UUID | None = Field(None, description="The case worker who is to lead it; see GET /v1/staff.")
    social_space_id: UUID | None = Field(None, description="Where it belongs from then on, if its people have moved.")
    receiving_body: Line | None = Field(None, description="The body, and whom to ask for there by function.")

    @model_validator(mode="after")
    def _one_side(self) -> "OfferTransfer":
        if (self.receiver_id is None) is (self.receiving_body is None):
            raise ValueError("name a colleague or a body outside, one of both")
        if self.social_space_id is not None and self.receiver_id is None:
            raise ValueError("a social space of this authority is not for a body outside of it")
        return self


@operation(
    policy.TRANSFER,
    on=Case,
    answers=HandoverView,
    states=TRANSFERABLE,
    guards=(NOT_OFFERED,),
    versioned=True,
    raises=(NoCaseWorker, ExcludedFromCase, SocialSpaceNotThere),
)
async def offer_transfer(act: Act, case: Case, command: OfferTransfer) -> Handover:
    """Offer a case to whoever is responsible from now on (§§ 86-86d SGB VIII). You go on with it until they accept."""
    if command.receiver_id is not None:
        space_id = command.social_space_id or case.social_space_id
        if command.social_space_id is not None:
            await require_space(act, case.authority_id, command.social_space_id)
        await _require_worker(act, case.authority_id, space_id, command.receiver_id)
        await require_apart(act, case.id, command.receiver_id)
    return offered(act, case, HandoverKind.TRANSFER, command)


@operation(
    policy.ACCEPT_HANDOVER,
    on=Handover,
    answers=HandoverView,
    states=(HandoverState.OFFERED,),
    raises=(NoCaseWorker, HandoverOvertaken),
)
async def accept_handover(act: Act, handover: Handover) -> Handover:
    """Accept a case that is offered to you. You lead it from now on; whoever led it has no access any more."""
    sketch = (await act.session.exec(select(CaseSketch).where(CaseSketch.case_id == handover.case_id))).one()
    space_id = handover.social_space_id or sketch.social_space_id
    works = await _require_worker(act, handover.authority_id, space_id, act.actor.id)
    await one_at_a_time(act, handover.case_id)
    if handover.offered_by_id not in await led_by(act, handover.case_id):
        raise HandoverOvertaken
    try:
        await hand_to(act, handover.authority_id, handover.case_id, act.actor.id, works)
    except ExcludedFromCase:  # recognised since: they need not learn that there is a case of their family
        raise HandoverOvertaken from None
    await act.session.flush()
    case = await offered_case(act, handover)
    act.change(case, state=CaseState.TRANSFERRED.value, social_space_id=space_id, closed_on=None)
    settle(act, handover, None)
    return handover


@operation(policy.WITHDRAW_HANDOVER, on=Handover, answers=HandoverView, states=(HandoverState.OFFERED,))
async def withdraw_handover(act: Act, handover: Handover) -> Handover:
    """Take an offer back, or decline what is offered to you. The case stays where it is."""
    take_back(act, handover)
    return handover


def offered(act: Act, case: Case, kind: HandoverKind, command: Command) -> Handover:
    return act.add(
        Handover(
            authority_id=case.authority_id,
            case_id=case.id,
            pseudonym=case.pseudonym,
            kind=kind.value,
            offered_by_id=act.actor.id,
            **command.model_dump(),
        )
    )


def settle(act: Act, handover: Handover, accepted_by: str | None) -> None:
    act.change(handover, state=HandoverState.ACCEPTED.value, accepted_by=accepted_by, settled_on=act.today)


async def offered_case(act: Act, handover: Handover) -> Case:
    """As far as it is still where it was offered from."""
    case = (await act.session.exec(select(Case).where(Case.id == handover.case_id).with_for_update())).one()
    fitting = (CaseState.ENQUIRY,) if handover.kind == HandoverKind.REDIRECTION else TRANSFERABLE
    if case.state not in fitting:
        raise HandoverOvertaken
    return case


async def _require_worker(act: Act, authority_id: UUID, space_id: UUID | None, actor_id: UUID) -> Membership:
    works = await membership_of(act, authority_id, OrganisationKind.PUBLIC_AGENCY, actor_id)
    if works is None or not await may_lead(act, authority_id, space_id, actor_id):
        raise NoCaseWorker(actor_id=actor_id)
    return works
