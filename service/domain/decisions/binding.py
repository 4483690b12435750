"""The money of an element: reserved with the application, bound by the decision, given back when it is not needed.
Where several sources bear its cost, share by share; whose share is none of the budget's binds nothing here."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from uuid import UUID

from sqlmodel import col, select

from service.domain.act import Act
from service.domain.budgets.committing import commit, grant_reserved, is_outside_network, line_for, release, reserve
from service.domain.budgets.ledger import BudgetShort, hold_accounts
from service.domain.budgets.model import BudgetLine, Commitment, CommitmentBasis, CommitmentState, LineKind
from service.domain.budgets.purposes import OPEN_TO_OTHERS
from service.domain.budgets.splitting import split
from service.domain.cases.model import Case
from service.domain.decisions.cost_shares import OF_THE_BUDGET, CostShare, CostSource, shares_of
from service.domain.decisions.model import ArrangementElement, Decision
from service.domain.decisions.wording import SUPPORT_IN_A_CASE
from service.domain.values import new_id

STILL_HELD = (CommitmentState.RESERVED, CommitmentState.COMMITTED, CommitmentState.PARTLY_BOOKED)


@dataclass(frozen=True)
class Part:
    """What one line of the budget bears; `kept_in` names the commitment of it."""

    kept_in: ArrangementElement | CostShare
    line: LineKind
    amount: Decimal

    @property
    def of_case(self) -> bool:
        return self.line == LineKind.CASE_SPECIFIC


async def reserve_cost(act: Act, element: ArrangementElement) -> None:
    """What the budget bears of the cost, each part only if the money lasts: the application stands all the same."""
    if element.cost is None:
        return
    shares = await shares_of(act, element)
    parts = _parts(element, shares, element.cost, [share.amount for share in shares])
    if len(parts) > 1:
        await hold_accounts(act, [(await _line(act, element, part)).id for part in parts])
    for part in parts:
        part.kept_in.commitment_id = await _reserved(act, element, part)


async def bind(act: Act, element: ArrangementElement, decision: Decision, amount: Decimal) -> None:
    """What is granted in all, in the proportions that were planned. Raises BudgetShort for what is voluntary."""
    shares = await shares_of(act, element)
    granted = split(amount, [share.amount for share in shares]) if shares else []
    for share, of_it in zip(shares, granted, strict=True):
        act.change(share, granted=of_it)
    lines: list[UUID] = []
    if shares:
        act.at_last(partial(hold_accounts, act, lines))
    parts = _parts(element, shares, amount, granted)
    borne = {id(part.kept_in) for part in parts}
    for kept_in in await _keepers(act, element):
        if id(kept_in) not in borne and (held := await _held(act, kept_in)) is not None:
            lines.append(held.line_id)
            release(act, held)  # so little was granted that nothing of it is left for this share
    for part in parts:
        lines.append((await _line(act, element, part)).id)
        part.kept_in.commitment_id = await _bound(act, element, decision, part)


async def give_back(act: Act, element: ArrangementElement) -> None:
    """All that is reserved or committed and not yet booked."""
    found = [await _held(act, kept_in) for kept_in in await _keepers(act, element)]
    held = [commitment for commitment in found if commitment is not None]
    if len(held) > 1:
        act.at_last(partial(hold_accounts, act, [commitment.line_id for commitment in held]))
    for commitment in held:
        release(act, commitment)


async def bound_for(act: Act, element: ArrangementElement) -> list[UUID]:
    """The commitments of an element, whatever has become of them."""
    return [kept_in.commitment_id for kept_in in await _keepers(act, element) if kept_in.commitment_id is not None]


async def _keepers(act: Act, element: ArrangementElement) -> Sequence[ArrangementElement | CostShare]:
    return await shares_of(act, element) or [element]


def _parts(
    element: ArrangementElement, shares: Sequence[CostShare], whole: Decimal, amounts: Sequence[Decimal]
) -> list[Part]:
    if not shares:
        return [Part(element, LineKind(element.line or LineKind.CASE_SPECIFIC), whole)]
    return [
        Part(share, OF_THE_BUDGET[source], amount)
        for share, amount in zip(shares, amounts, strict=True)
        if (source := CostSource(share.source)) in OF_THE_BUDGET and amount > 0
    ]


async def _case(act: Act, element: ArrangementElement) -> Case:
    return (await act.session.exec(select(Case).where(Case.id == element.case_id))).one()


async def _line(act: Act, element: ArrangementElement, part: Part) -> BudgetLine:
    """The cost follows the social space in which the case is today (settled: Cases and people)."""
    case = await _case(act, element)
    return await line_for(act, case.authority_id, case.social_space_id, part.line)


async def _commitment(act: Act, element: ArrangementElement, line: BudgetLine, part: Part) -> Commitment:
    """Of the case finance reads the pseudonym, of what it is for the kind of support; of work without a case
    neither (DR5), and that is voluntary."""
    case = await _case(act, element)
    basis = element.basis or CommitmentBasis.GRANTED_CLAIM.value
    return Commitment(
        id=new_id(),
        authority_id=line.authority_id,
        social_space_id=line.social_space_id,
        agreement_id=line.agreement_id,
        line_id=line.id,
        basis=basis if part.of_case else CommitmentBasis.VOLUNTARY.value,
        amount=part.amount,
        purpose_kind=(element.support_kind or SUPPORT_IN_A_CASE) if part.of_case else OPEN_TO_OTHERS,
        organisation_id=element.organisation_id,
        outside_network=await is_outside_network(act, line.agreement_id, element.organisation_id),
        case_id=case.id if part.of_case else None,
        case_pseudonym=case.pseudonym if part.of_case else None,
        value_on=act.today,
    )


async def _reserved(act: Act, element: ArrangementElement, part: Part) -> UUID | None:
    """Null where the money does not last: then nothing of the reservation stays."""
    try:
        async with act.session.begin_nested():
            commitment = await _commitment(act, element, await _line(act, element, part), part)
            await reserve(act, commitment)
    except BudgetShort:
        return None
    return commitment.id


async def _bound(act: Act, element: ArrangementElement, decision: Decision, part: Part) -> UUID:
    """What was reserved on the line is granted; where nothing was, or another line pays by now, it is bound anew.
    Raises BudgetShort for what is voluntary."""
    line = await _line(act, element, part)
    held = await _held(act, part.kept_in)
    kept = held is not None and held.line_id == line.id
    if held is not None and not kept:
        release(act, held)
    commitment = held if held is not None and kept else await _commitment(act, element, line, part)
    outside = await is_outside_network(act, line.agreement_id, decision.organisation_id)
    commitment.organisation_id, commitment.outside_network = decision.organisation_id, outside
    decision.outside_network = outside
    commitment.granted_by = decision.decided_by_id
    if kept:
        grant_reserved(act, commitment, part.amount)
    else:
        commit(act, commitment)
    return commitment.id


async def _held(act: Act, kept_in: ArrangementElement | CostShare) -> Commitment | None:
    """What is still reserved or committed for it; nobody books it meanwhile."""
    states = [state.value for state in STILL_HELD]
    held = select(Commitment).where(Commitment.id == kept_in.commitment_id, col(Commitment.state).in_(states))
    return (await act.session.exec(held.with_for_update())).one_or_none()
