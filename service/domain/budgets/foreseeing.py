"""What becomes of money that was foreseen for a later year, done by hand: it is bound once its year has begun, or
dropped where it is not needed after all."""

from dataclasses import dataclass
from datetime import date

from service.domain.act import Act, operation
from service.domain.budgets import policy
from service.domain.budgets.agreements import NotYetEffective
from service.domain.budgets.committing import commit, line_for, paid_in, require_no_member
from service.domain.budgets.duties import GrantsAndBills
from service.domain.budgets.foreseen import (
    ForeseenCommitment,
    ForeseenCommitmentView,
    ForeseenState,
    bound,
    commitment_of,
    drop,
)
from service.domain.budgets.ledger import BudgetShort, PeriodClosed, hold_accounts, lasting
from service.domain.budgets.model import CommitmentBasis, LineKind
from service.domain.budgets.without_case import DecisionNeeded, is_by_decision
from service.domain.cases.apart import ExcludedFromCase, require_not_own
from service.domain.errors import DomainError


@dataclass(eq=False)
class YearOver(DomainError):
    code, title = "year-over", "The year for which this was foreseen is over."
    advice = (
        "Nothing is bound in it any more. Drop it (POST /v1/foreseen-commitments/{id}/drop); what is still owed for a "
        "case is decided on anew, in the budget of this year."
    )
    fiscal_year: int


@operation(
    policy.BIND_FORESEEN,
    on=ForeseenCommitment,
    answers=ForeseenCommitmentView,
    states=(ForeseenState.FORESEEN,),
    keyed=True,
    raises=(NotYetEffective, YearOver, BudgetShort, PeriodClosed, ExcludedFromCase, GrantsAndBills),
)
async def bind_foreseen_commitment(act: Act, foreseencommitment: ForeseenCommitment) -> ForeseenCommitment:
    """Bind what was foreseen for this year: where its agreement has not taken effect yet (a claim does not wait for
    it), or where the money did not last when it did."""
    year = foreseencommitment.fiscal_year
    if year > act.today.year:
        raise NotYetEffective(effective_on=date(year, 1, 1).isoformat())
    if year < act.today.year:
        raise YearOver(fiscal_year=year)
    row = foreseencommitment
    await require_not_own(act, row.case_id)
    paid = await paid_in(act, row.authority_id, row.social_space_id, row.organisation_id, year)
    await require_no_member(act, row.authority_id, paid, act.actor.id)
    line, cases = [
        await line_for(act, row.authority_id, row.social_space_id, kind)
        for kind in (LineKind(row.line), LineKind.CASE_SPECIFIC)
    ]
    commitment = await commitment_of(act, row, line)
    if row.basis == CommitmentBasis.GRANTED_CLAIM and commitment.basis != row.basis:
        await hold_accounts(act, {line.id, cases.id})
        if await lasting(act, line.id) < row.amount:
            commitment = await commitment_of(act, row, cases)
    commit(act, commitment)
    await act.session.flush()  # what names it comes after it
    bound(act, row, commitment)
    return row


@operation(
    policy.DROP_FORESEEN,
    on=ForeseenCommitment,
    answers=ForeseenCommitmentView,
    states=(ForeseenState.FORESEEN,),
    raises=(DecisionNeeded, ExcludedFromCase),
)
async def drop_foreseen_commitment(act: Act, foreseencommitment: ForeseenCommitment) -> ForeseenCommitment:
    """Say that it is not needed after all. What is foreseen for a case, or as its share of what is open to
    others, is dropped by the agency's decision, when the help ends; by finance only once its year is over."""
    if is_by_decision(foreseencommitment) and foreseencommitment.fiscal_year >= act.today.year:
        raise DecisionNeeded
    await require_not_own(act, foreseencommitment.case_id)
    drop(act, foreseencommitment)
    return foreseencommitment
