"""Parting from a case: closed, or taken on by a body outside of this service. All that went on in it ends in the same
moment: what is planned or running, the money that is still bound, reviews, consultations that are not held yet, and
what was transmitted to providers."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import Field, model_validator
from sqlmodel import col, select

from service.domain.access.model import CaseAccess, columns_of, in_force, not_over
from service.domain.access.operations import end
from service.domain.act import Act, Command, Guard, operation
from service.domain.assignments.model import Assignment
from service.domain.budgets.ledger import PeriodClosed
from service.domain.cases import policy
from service.domain.cases.endings import ENDINGS, Because
from service.domain.cases.handing_over import NOT_OFFERED, HandoverOvertaken, offered, offered_case, settle
from service.domain.cases.handovers import Handover, HandoverKind, HandoverState
from service.domain.cases.leading import going_along, withdraw_offers
from service.domain.cases.life import ASKED_AT_CLOSING
from service.domain.cases.model import Case, CaseState
from service.domain.cases.views import CaseView, HandoverView
from service.domain.decisions.deciding import end_elements
from service.domain.decisions.reviewing import drop_reviews
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import PROFESSIONAL, Basis
from service.domain.values import ClientId, Day, Line


@dataclass(eq=False)
class AcceptedByThemselves(DomainError):
    code, title = "accepted-by-themselves", "Whoever this case is offered to accepts it themselves."
    advice = "Ask them to: POST /v1/handovers/{id}/accept. Until then you can withdraw it."


@dataclass(eq=False)
class NotAcceptedYet(DomainError):
    code, title = "not-accepted-yet", "Nobody there has accepted yet."
    advice = "Say in `accepted_by` who there did. An enquiry also ends with the call on the day agreed."


OUTSIDE = Guard(
    lambda reader, row: row.receiver_id.is_(None), "it goes to a body outside of this service", AcceptedByThemselves
)


class RedirectCase(Command):
    """Who can answer better, and either who there has accepted, or when you ask whether the people have arrived."""

    id: ClientId
    receiving_body: Line = Field(description="The body, and whom to ask for there by function; no private person.")
    accepted_by: Line | None = Field(None, description="Who there has accepted, by function.")
    call_back_on: Day | None = Field(None, description="When you ask. Until then the enquiry stays open here.")

    @model_validator(mode="after")
    def _nobody_lost(self) -> "RedirectCase":
        if self.accepted_by is None and self.call_back_on is None:
            raise ValueError("say who there has accepted, or when you call back")
        return self


class ConfirmHandover(Command):
    """That the body outside has taken it on."""

    accepted_by: Line | None = Field(
        None, description="Who there has accepted, by function. After the call on the day agreed it may be left out."
    )


@operation(
    policy.MOVE_ON,
    on=Case,
    answers=CaseView,
    states=(CaseState.CLOSING, CaseState.AFTER_CARE),
    guards=(ASKED_AT_CLOSING,),
    raises=(PeriodClosed,),
)
async def close_case(act: Act, case: Case) -> Case:
    """Close a case. Whatever still goes on in it ends: elements, with what is bound for them and not yet booked,
    planned reviews, and providers' assignments. It can be reopened as a new period."""
    await _end_all(act, case.id, Because.CASE_CLOSED, Basis.TRANSMISSION)
    act.change(case, state=CaseState.CLOSED.value, closed_on=act.today)
    return case


@operation(
    policy.REDIRECT,
    on=Case,
    answers=HandoverView,
    states=(CaseState.ENQUIRY,),
    guards=(NOT_OFFERED,),
    versioned=True,
    raises=(PeriodClosed,),
)
async def redirect_case(act: Act, case: Case, command: RedirectCase) -> Handover:
    """Show an enquiry on to a body that can answer it. It is redirected once that body has accepted; with a day to call
    back it stays open here until you have called."""
    if command.call_back_on is not None and command.call_back_on < act.today:
        raise InvalidInput(errors=[{"pointer": "#/call_back_on", "detail": "lies in the past"}])
    handover = offered(act, case, HandoverKind.REDIRECTION, command)
    if command.accepted_by is not None:
        settle(act, handover, command.accepted_by)
        act.change(case, state=CaseState.REDIRECTED.value, closed_on=act.today)
        await _end_all(act, case.id, Because.CASE_PASSED_ON, Basis.TRANSMISSION)
    return handover


@operation(
    policy.CONFIRM_HANDOVER,
    on=Handover,
    answers=HandoverView,
    states=(HandoverState.OFFERED,),
    guards=(OUTSIDE,),
    raises=(NotAcceptedYet, HandoverOvertaken, PeriodClosed),
)
async def confirm_handover(act: Act, handover: Handover, command: ConfirmHandover) -> Handover:
    """Say that the body outside has taken it on. All that went on in the case here ends with that, and what is bound
    for it and not yet booked is free again. An enquiry is redirected; with a case that is transferred your access ends
    the same moment, and that of every provider in it."""
    redirected = handover.kind == HandoverKind.REDIRECTION
    called = redirected and handover.call_back_on is not None and handover.call_back_on <= act.today
    if command.accepted_by is None and not called:
        raise NotAcceptedYet
    case = await offered_case(act, handover)
    state = CaseState.REDIRECTED if redirected else CaseState.TRANSFERRED
    act.change(case, state=state.value, closed_on=act.today)
    settle(act, handover, command.accepted_by)
    await act.session.flush()  # the case is written while there is still access to it
    await _end_all(act, case.id, Because.CASE_PASSED_ON, *((Basis.TRANSMISSION,) if redirected else PROFESSIONAL))
    return handover


async def _end_all(act: Act, case_id: UUID, because: Because, *bases: Basis) -> None:
    """In the case, and in the duplicates that go along with it. With the access by these bases last: without it,
    nothing of them could be written any more."""
    cases = [case_id, *await going_along(act, case_id)]
    for each in cases:
        await withdraw_offers(act, each)
        await end_elements(act, each)
        await drop_reviews(act, each, because)
        for ending in ENDINGS:
            await ending(act, each, because)
    assigned = select(Assignment).where(
        col(Assignment.case_id).in_(cases),
        in_force(columns_of(Assignment)),
    )
    for assignment in (await act.session.exec(assigned.order_by(col(Assignment.id)).with_for_update())).all():
        end(act, assignment)
    await act.session.flush()
    theirs = select(CaseAccess).where(
        col(CaseAccess.case_id).in_(cases),
        col(CaseAccess.basis).in_([basis.value for basis in bases]),
        not_over(columns_of(CaseAccess)),
    )
    for access in (await act.session.exec(theirs.order_by(col(CaseAccess.id)).with_for_update())).all():
        end(act, access)
