"""Money bound without a case: set aside, bound as far as it lasts, and given back; and what was bound, confirmed."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select

from service.domain.access.model import Organisation
from service.domain.act import Act, Command, Lock, operation
from service.domain.budgets import policy
from service.domain.budgets.committing import (
    commit,
    grant_reserved,
    is_outside_network,
    paid_for,
    release,
    require_no_member,
    reserve,
)
from service.domain.budgets.duties import GrantsAndBills
from service.domain.budgets.earmarks import BeyondEarmark, within_earmark
from service.domain.budgets.foreseen import ForeseenCommitment, by_year, drop_foreseen_of
from service.domain.budgets.holding import AgreementNotActive, active_agreement, held_agreement
from service.domain.budgets.ledger import BudgetShort, PeriodClosed
from service.domain.budgets.model import BudgetLine, Commitment, CommitmentBasis, CommitmentState, LineKind
from service.domain.budgets.purposes import OPEN_TO_OTHERS
from service.domain.budgets.views import CommitmentView
from service.domain.cases.apart import ExcludedFromCase, require_not_own
from service.domain.errors import DomainError, InvalidInput
from service.domain.values import Amount, ClientId, Day, Line


@dataclass(eq=False)
class DecisionNeeded(DomainError):
    code, title = "decision-needed", "For a case money is bound and given back by the agency's decision only."
    advice = "Let the case worker decide, or end the element of the arrangement."


class CommitFunds(Command):
    """Money bound for work that is not for one case: voluntary, and only as far as it lasts."""

    id: ClientId
    amount: Amount
    purpose: Line = Field(description="What for; it names no person.")
    organisation_id: UUID | None = None
    allocation_id: UUID | None = Field(
        None, description="Money carried in for a purpose, where this is for it; left out, that is not touched."
    )
    ends_on: Day | None = Field(
        None,
        description="The last day of the work. What of the amount falls, by days from today, into later years is "
        "foreseen for these; left out: all of it is of this year.",
    )


class ReserveFunds(Command):
    """Money set aside for work that is not for one case, and not decided yet."""

    id: ClientId
    amount: Amount
    purpose: Line = Field(description="What for; it names no person.")
    organisation_id: UUID | None = None


class CommitReserved(Command):
    """How much of it is bound."""

    amount: Amount | None = Field(None, description="More or less than was set aside; as much, if left out.")


@operation(
    policy.COMMIT,
    on=BudgetLine,
    answers=CommitmentView,
    lock=Lock.SHARED,
    raises=(AgreementNotActive, BeyondEarmark, BudgetShort, PeriodClosed, GrantsAndBills),
)
async def commit_funds(act: Act, budgetline: BudgetLine, command: CommitFunds) -> Commitment:
    """Bind money of a line for work that is not for one case. Refused with what is left if it does not last. Of work
    that goes on after the year, each year's budget bears its part."""
    return await committed(act, budgetline, command)


async def committed(
    act: Act, budgetline: BudgetLine, command: CommitFunds, measure_id: UUID | None = None
) -> Commitment:
    await _without_case(act, budgetline, command)
    if command.ends_on is not None and command.ends_on < act.today:
        raise InvalidInput(errors=[{"pointer": "#/ends_on", "detail": "lies in the past"}])
    parts = dict(by_year(command.amount, act.today, command.ends_on, act.today))
    if (now := parts.pop(act.today.year, None)) is None:
        raise InvalidInput(errors=[{"pointer": "#/amount", "detail": "is too little: not a cent falls into this year"}])
    if command.allocation_id is not None:
        if parts:
            detail = "is money of this year alone: bind what falls into later years without it"
            raise InvalidInput(errors=[{"pointer": "#/allocation_id", "detail": detail}])
        await within_earmark(act, budgetline, command.allocation_id, now)
    commitment = Commitment(
        authority_id=budgetline.authority_id,
        social_space_id=budgetline.social_space_id,
        agreement_id=budgetline.agreement_id,
        line_id=budgetline.id,
        basis=CommitmentBasis.VOLUNTARY.value,
        outside_network=await is_outside_network(act, budgetline.agreement_id, command.organisation_id),
        measure_id=measure_id,
        granted_by=act.actor.id,
        amount=now,
        **command.model_dump(exclude={"amount", "ends_on"}),
    )
    commit(act, commitment)
    act.session.add_all(
        ForeseenCommitment(
            authority_id=budgetline.authority_id,
            social_space_id=budgetline.social_space_id,
            subject_id=commitment.id,
            fiscal_year=year,
            line=budgetline.kind,
            basis=commitment.basis,
            amount=part,
            purpose=command.purpose,
            organisation_id=command.organisation_id,
            measure_id=measure_id,
            granted_by=act.actor.id,
            foreseen_on=act.today,
        )
        for year, part in parts.items()
    )
    return commitment


@operation(
    policy.RESERVE,
    on=BudgetLine,
    answers=CommitmentView,
    lock=Lock.SHARED,
    raises=(AgreementNotActive, BudgetShort, PeriodClosed, GrantsAndBills),
)
async def reserve_funds(act: Act, budgetline: BudgetLine, command: ReserveFunds) -> Commitment:
    """Set money of a line aside for work that is not for one case, and not decided yet. Refused with what is left if it
    does not last."""
    await _without_case(act, budgetline, command)
    commitment = Commitment(
        authority_id=budgetline.authority_id,
        social_space_id=budgetline.social_space_id,
        agreement_id=budgetline.agreement_id,
        line_id=budgetline.id,
        basis=CommitmentBasis.VOLUNTARY.value,
        outside_network=await is_outside_network(act, budgetline.agreement_id, command.organisation_id),
        **command.model_dump(),
    )
    await reserve(act, commitment)
    return commitment


@operation(
    policy.COMMIT_RESERVED,
    on=Commitment,
    answers=CommitmentView,
    states=(CommitmentState.RESERVED,),
    keyed=True,
    raises=(DecisionNeeded, AgreementNotActive, BudgetShort, PeriodClosed, GrantsAndBills),
)
async def commit_reserved_funds(act: Act, commitment: Commitment, command: CommitReserved) -> Commitment:
    """Bind what was set aside without a case: more of it or less, as far as it lasts."""
    if is_by_decision(commitment):
        raise DecisionNeeded
    line = (await act.session.exec(select(BudgetLine).where(BudgetLine.id == commitment.line_id))).one()
    await _without_case(act, line, commitment)
    act.change(commitment, granted_by=act.actor.id)
    grant_reserved(act, commitment, command.amount or commitment.amount)
    return commitment


@operation(
    policy.RELEASE_COMMITMENT,
    on=Commitment,
    answers=CommitmentView,
    states=(CommitmentState.RESERVED, CommitmentState.COMMITTED, CommitmentState.PARTLY_BOOKED),
    keyed=True,
    raises=(DecisionNeeded, PeriodClosed, ExcludedFromCase),
)
async def release_commitment(act: Act, commitment: Commitment) -> Commitment:
    """Give back what is still reserved or bound, and no longer needed. What a case needed less, of its own or as its
    share of what is open to others, lapses after the year's end; until then it is given back by a decision. What
    of the work was foreseen for later years is dropped with it; not with what lapses after the year's end, for then the
    work goes on."""
    if is_by_decision(commitment) and commitment.value_on.year == act.today.year:
        raise DecisionNeeded
    await require_not_own(act, commitment.case_id)
    await held_agreement(act, commitment.agreement_id)
    if commitment.value_on.year == act.today.year:
        await drop_foreseen_of(act, commitment)
    release(act, commitment)
    return commitment


@operation(
    policy.CONFIRM_COMMITMENT,
    on=Commitment,
    answers=CommitmentView,
    states=(CommitmentState.COMMITTED, CommitmentState.PARTLY_BOOKED),
    raises=(ExcludedFromCase, GrantsAndBills),
)
async def confirm_commitment(act: Act, commitment: Commitment) -> Commitment:
    """Look at a grant again, as somebody who has not made it and is of nobody who is paid for it: where a member of the
    provider that bills by now has granted it to another, it can be billed then. Nothing else of it changes."""
    if commitment.organisation_id is None:
        detail = "is bound for nobody by name: whoever pays for it grants it"
        raise InvalidInput(errors=[{"pointer": "#", "detail": detail}])
    await require_not_own(act, commitment.case_id)
    agreement = await held_agreement(act, commitment.agreement_id)
    paid = await paid_for(act, agreement, commitment.organisation_id)
    await require_no_member(act, commitment.authority_id, paid, act.actor.id)
    act.change(commitment, confirmed_by=act.actor.id)
    return commitment


def is_by_decision(what: Commitment | ForeseenCommitment) -> bool:
    """Whether the agency has decided on it in a case, or is asked to. The case stands there, or (where it is a case's
    share of what is open to others) none does."""
    return what.case_id is not None or what.purpose_kind == OPEN_TO_OTHERS


async def _without_case(act: Act, line: BudgetLine, what: CommitFunds | ReserveFunds | Commitment) -> None:
    """Whether money of the line can be set aside or bound by whoever acts, for work that is not for one case."""
    if line.kind == LineKind.CASE_SPECIFIC:
        detail = "this line pays for what is decided in cases"
        raise InvalidInput(errors=[{"pointer": "#", "detail": detail}])
    agreement = await active_agreement(act, line)
    if agreement.fiscal_year != act.today.year:
        raise InvalidInput(errors=[{"pointer": "#", "detail": f"this line is for {agreement.fiscal_year}"}])
    if what.organisation_id is not None:
        await require_organisation(act, line.authority_id, what.organisation_id)
        paid = await paid_for(act, agreement, what.organisation_id)
        await require_no_member(act, line.authority_id, paid, act.actor.id)


async def require_organisation(act: Act, authority_id: UUID, id: UUID) -> None:
    found = select(Organisation.id).where(col(Organisation.id) == id, Organisation.authority_id == authority_id)
    if (await act.session.exec(found)).first() is None:
        raise InvalidInput(errors=[{"pointer": "#/organisation_id", "detail": "is no organisation of this authority"}])
