"""What an element costs is bound: reserved when it is applied for, granted by the decision, each year's part in that
year's own budget, given back when the help ends."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from service.domain.act import Act
from service.domain.budgets.committing import commit, grant_reserved, is_outside_network, line_for, release, reserve
from service.domain.budgets.foreseen import ForeseenCommitment, ForeseenState, by_year, drop
from service.domain.budgets.ledger import BudgetShort
from service.domain.budgets.model import BudgetLine, Commitment, CommitmentBasis, CommitmentState, LineKind
from service.domain.cases.model import Case
from service.domain.decisions.model import ArrangementElement, Decision
from service.domain.decisions.wording import SUPPORT_IN_A_CASE
from service.domain.values import new_id

STILL_HELD = (CommitmentState.RESERVED, CommitmentState.COMMITTED, CommitmentState.PARTLY_BOOKED)


async def _case(act: Act, element: ArrangementElement) -> Case:
    return (await act.session.exec(select(Case).where(Case.id == element.case_id))).one()


async def _line(act: Act, element: ArrangementElement) -> BudgetLine:
    """Of this year. The cost follows the social space in which the case is today (settled: Cases and people)."""
    case = await _case(act, element)
    return await line_for(
        act, case.authority_id, case.social_space_id, LineKind(element.line or LineKind.CASE_SPECIFIC)
    )


async def _for_what(act: Act, element: ArrangementElement) -> dict[str, Any]:
    """Of the case finance reads the pseudonym, of what it is for the kind of support."""
    case = await _case(act, element)
    return {
        "basis": element.basis or CommitmentBasis.GRANTED_CLAIM.value,
        "purpose_kind": element.support_kind or SUPPORT_IN_A_CASE,
        "case_id": case.id,
        "case_pseudonym": case.pseudonym,
    }


async def _commitment(act: Act, element: ArrangementElement, line: BudgetLine, amount: Decimal) -> Commitment:
    return Commitment(
        id=new_id(),
        authority_id=line.authority_id,
        social_space_id=line.social_space_id,
        agreement_id=line.agreement_id,
        line_id=line.id,
        amount=amount,
        organisation_id=element.organisation_id,
        outside_network=await is_outside_network(act, line.agreement_id, element.organisation_id),
        value_on=act.today,
        **await _for_what(act, element),
    )


async def reserved(act: Act, element: ArrangementElement, cost: Decimal) -> UUID | None:
    """What of it falls into this year. Null where nothing does, or the money does not last: then nothing of the
    reservation stays."""
    now = by_year(cost, element.starts_on, element.ends_on, act.today).get(act.today.year)
    if now is None:
        return None
    try:
        async with act.session.begin_nested():
            commitment = await _commitment(act, element, await _line(act, element), now)
            await reserve(act, commitment)
    except BudgetShort:
        return None
    return commitment.id


async def bound(act: Act, element: ArrangementElement, decision: Decision, amount: Decimal) -> UUID | None:
    """Each year's part in its own budget: this year's at once, others foreseen. What was reserved on the line is
    granted; where nothing was, or another line pays by now, it is bound anew. Null where nothing falls into this year.
    Raises BudgetShort for what is voluntary."""
    parts = dict(by_year(amount, decision.starts_on, decision.ends_on, act.today))
    now = parts.pop(act.today.year, None)
    await _foresee(act, element, decision, parts)
    held = await _held(act, element)
    if now is None:
        for each in held:
            release(act, each)
        return None
    line = await _line(act, element)
    kept = next((each for each in held if each.line_id == line.id), None)
    for each in held:
        if each is not kept:
            release(act, each)
    commitment = kept or await _commitment(act, element, line, now)
    decision.outside_network = await is_outside_network(act, line.agreement_id, decision.organisation_id)
    commitment.organisation_id, commitment.outside_network = decision.organisation_id, decision.outside_network
    commitment.granted_by = decision.decided_by_id
    if kept is not None:
        grant_reserved(act, commitment, now)
    else:
        commit(act, commitment)
    return commitment.id


async def _foresee(act: Act, element: ArrangementElement, decision: Decision, parts: Mapping[int, Decimal]) -> None:
    if not parts:
        return
    case, what = await _case(act, element), await _for_what(act, element)
    act.session.add_all(
        ForeseenCommitment(
            authority_id=case.authority_id,
            social_space_id=case.social_space_id,
            subject_id=decision.id,
            fiscal_year=year,
            line=element.line or LineKind.CASE_SPECIFIC.value,
            amount=part,
            organisation_id=decision.organisation_id,
            granted_by=decision.decided_by_id,
            foreseen_on=act.today,
            **what,
        )
        for year, part in parts.items()
    )


async def _held(act: Act, element: ArrangementElement) -> Sequence[Commitment]:
    """What is still reserved or committed for the element, in whichever year; nobody books it meanwhile."""
    held = select(Commitment).where(col(Commitment.id).in_(await commitments_of(act, element)))
    held = held.where(col(Commitment.state).in_([state.value for state in STILL_HELD]))
    return (await act.session.exec(held.order_by(col(Commitment.id)).with_for_update())).all()


async def commitments_of(act: Act, element: ArrangementElement) -> list[UUID]:
    """What was bound for it, in this year and in those for which it had been foreseen."""
    later = (each.commitment_id for each in await _foreseen(act, element))
    return [id for id in (element.commitment_id, *later) if id is not None]


async def _foreseen(act: Act, element: ArrangementElement) -> Sequence[ForeseenCommitment]:
    """What its decision has foreseen for later years, which nobody binds meanwhile."""
    decided = select(Decision.id).where(Decision.element_id == element.id)
    rows = select(ForeseenCommitment).where(col(ForeseenCommitment.subject_id).in_(decided))
    return (await act.session.exec(rows.order_by(col(ForeseenCommitment.id)).with_for_update())).all()


async def give_back(act: Act, element: ArrangementElement) -> None:
    for foreseen in await _foreseen(act, element):
        if foreseen.state == ForeseenState.FORESEEN:
            drop(act, foreseen)
    for held in await _held(act, element):
        release(act, held)
