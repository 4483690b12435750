"""The money of an element: reserved with the application, bound by the decision, given back when it is not needed.

Where several sources bear its cost it is divided twice: share by share first, for each has a basis of its own, then by
the years a share falls into. This year's part is bound at once, what is for a later one is foreseen for it. Whose share
is none of the budget's binds nothing here. All amounts are EUR."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import col, select

from service.domain.act import Act
from service.domain.budgets.committing import (
    commit,
    grant_reserved,
    is_outside_network,
    is_outside_network_of,
    line_for,
    paid_in,
    release,
    require_no_member,
    reserve,
)
from service.domain.budgets.foreseen import ForeseenCommitment, ForeseenState, by_year, drop
from service.domain.budgets.going_on import begun, goes_on_no_more
from service.domain.budgets.going_on import granted as granted_help
from service.domain.budgets.ledger import BudgetShort, hold_accounts, lasting
from service.domain.budgets.model import BudgetLine, Commitment, CommitmentBasis, CommitmentState, LineKind
from service.domain.budgets.open_shares import case_digest
from service.domain.budgets.purposes import OPEN_TO_OTHERS
from service.domain.budgets.splitting import split
from service.domain.cases.model import Case
from service.domain.decisions.cost_shares import OF_THE_BUDGET, CostShare, CostSource, every_share, shares_of
from service.domain.decisions.model import ArrangementElement, Decision
from service.domain.decisions.wording import SUPPORT_IN_A_CASE
from service.domain.values import new_id

STILL_HELD = (CommitmentState.RESERVED, CommitmentState.COMMITTED, CommitmentState.PARTLY_BOOKED)
NOTHING = Decimal("0.00")


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
    """What the budget bears of the cost this year, each part only if the money lasts: the application stands all the
    same."""
    if element.cost is None:
        return
    shares = await shares_of(act, element)
    planned = _parts(element, shares, element.cost, [share.amount for share in shares])
    years = [by_year(part.amount, element.starts_on, element.ends_on, act.today) for part in planned]
    now = [(part, of[act.today.year]) for part, of in zip(planned, years, strict=True) if act.today.year in of]
    parts = [replace(part, amount=amount) for part, amount in now]
    if len(parts) > 1:
        await _hold(act, {(await _line(act, element, part.line)).id for part in parts})
    for part in parts:
        part.kept_in.commitment_id = await _reserved(act, element, part)


async def require_not_paid(act: Act, element: ArrangementElement, provider: UUID | None, *deciding: UUID) -> None:
    """Whoever decides is of nobody who will be paid for it: neither of the provider nor of whoever bills for that one.
    Raises GrantsAndBills."""
    case = await _case(act, element)
    paid = await paid_in(act, case.authority_id, case.social_space_id, provider, act.today.year)
    await require_no_member(act, case.authority_id, paid, *deciding)


async def bind(act: Act, element: ArrangementElement, decision: Decision, amount: Decimal) -> None:
    """What is granted in all, in the proportions that were planned, each year's part in its own budget. What was
    reserved on a line is granted; where nothing was, or another line pays by now, it is bound anew. Raises BudgetShort
    for what is voluntary."""
    case = await _case(act, element)
    decision.outside_network = await is_outside_network_of(  # also where nothing falls into this year's budget
        act, case.authority_id, case.social_space_id, decision.organisation_id
    )
    shares = await shares_of(act, element)
    granted = split(amount, [share.amount for share in shares]) if shares else []
    for share, of_it in zip(shares, granted, strict=True):
        act.change(share, granted=of_it)
    held = {each.id: each for each in await _held(act, element)}
    lines = {each.line_id for each in held.values()}
    act.at_last(partial(_hold, act, lines))
    parts: list[tuple[Part, BudgetLine, Commitment | None]] = []
    for planned in _parts(element, shares, amount, granted):
        years = dict(by_year(planned.amount, decision.starts_on, decision.ends_on, act.today))
        now, bears = years.pop(act.today.year, None), planned.line
        await _foresee(act, element, decision, planned, years)
        reserved = held.get(planned.kept_in.commitment_id) if planned.kept_in.commitment_id else None
        planned.kept_in.commitment_id = None
        if now is not None:
            part = await _borne(act, element, replace(planned, amount=now), reserved)
            line = await _line(act, element, part.line)
            lines.add(line.id)
            bears = part.line
            stays = reserved is not None and reserved.line_id == line.id and reserved.state == CommitmentState.RESERVED
            parts.append((part, line, reserved if stays else None))
        days = decision.starts_on, decision.ends_on
        help_ = granted_help(case, of_what(decision, planned), bears, planned.amount, days, act.today)
        act.session.add_all([help_] if help_ is not None else [])
    kept = {each.id for _, _, each in parts if each is not None}
    for each in held.values():
        if each.id not in kept:
            release(act, each)
    for part, line, reserved in parts:
        part.kept_in.commitment_id = await _bound(act, element, decision, part, line, reserved)


async def tell_begun(act: Act, element: ArrangementElement) -> None:
    """What the budget will bear of help that begins without a decision. Only what was reserved is bound for it."""
    if element.cost is None:
        return
    case, days, shares = await _case(act, element), (element.starts_on, element.ends_on), await shares_of(act, element)
    years = {each.id: each.value_on.year for each in await _held(act, element)}
    for part in _parts(element, shares, element.cost, [share.amount for share in shares]):
        help_ = granted_help(case, part.kept_in.id, part.line, part.amount, days, act.today)
        if help_ is not None:
            act.session.add(begun(help_, years.get(part.kept_in.commitment_id) if part.kept_in.commitment_id else None))


async def give_back(act: Act, element: ArrangementElement) -> None:
    """All that is reserved or committed and not yet booked, and what was foreseen, in whichever year: the help goes on
    no more."""
    await goes_on_no_more(act, await _granted(act, element))
    for foreseen in await _foreseen(act, element):
        if foreseen.state == ForeseenState.FORESEEN:
            drop(act, foreseen)
    held = await _held(act, element)
    act.at_last(partial(_hold, act, {commitment.line_id for commitment in held}))
    for commitment in held:
        release(act, commitment)


async def commitments_of(act: Act, element: ArrangementElement) -> list[UUID]:
    """What was bound for it, in this year and in those for which it had been foreseen, whatever has become of it."""
    kept_in: list[ArrangementElement | CostShare] = [element, *await every_share(act, element)]
    later = await _foreseen(act, element)
    return [each.commitment_id for each in (*kept_in, *later) if each.commitment_id is not None]


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


async def _hold(act: Act, lines: Collection[UUID]) -> None:
    """Before the first of several postings: two acts on the same lines never wait for each other."""
    if len(lines) > 1:
        await hold_accounts(act, lines)


async def _case(act: Act, element: ArrangementElement) -> Case:
    return (await act.session.exec(select(Case).where(Case.id == element.case_id))).one()


async def _line(act: Act, element: ArrangementElement, kind: LineKind) -> BudgetLine:
    """Of this year. The cost follows the social space in which the case is today (settled: Cases and people)."""
    case = await _case(act, element)
    return await line_for(act, case.authority_id, case.social_space_id, kind)


async def _borne(act: Act, element: ArrangementElement, part: Part, reserved: Commitment | None) -> Part:
    """A claim is never refused for lack of money (DR3): where work without a case has not enough left for its share,
    the line for cases bears that as the claim it is."""
    if part.of_case or _basis(element) != CommitmentBasis.GRANTED_CLAIM:
        return part
    line, cases = [await _line(act, element, kind) for kind in (part.line, LineKind.CASE_SPECIFIC)]
    await hold_accounts(act, {line.id, cases.id, *([reserved.line_id] if reserved is not None else [])})
    back = reserved.amount if reserved is not None and reserved.line_id == line.id else NOTHING
    if part.amount <= await lasting(act, line.id) + back:
        return part
    return replace(part, line=LineKind.CASE_SPECIFIC)


def _basis(element: ArrangementElement) -> str:
    return element.basis or CommitmentBasis.GRANTED_CLAIM.value


async def _for_what(act: Act, element: ArrangementElement, *, of_case: bool) -> dict[str, Any]:
    """Of the case finance reads the pseudonym, of what it is for the kind of support; of work without a case neither,
    nor (by an id that is told from the clock) with which case it was decided (DR5)."""
    case = await _case(act, element)
    if not of_case:
        return {
            "id": uuid4(),
            "purpose_kind": OPEN_TO_OTHERS,
            "case_digest": case_digest(act, case),
        }
    return {
        "id": new_id(),
        "purpose_kind": element.support_kind or SUPPORT_IN_A_CASE,
        "case_id": case.id,
        "case_pseudonym": case.pseudonym,
    }


async def _commitment(act: Act, element: ArrangementElement, line: BudgetLine, part: Part) -> Commitment:
    """On the line for work without a case it is voluntary."""
    return Commitment(
        authority_id=line.authority_id,
        social_space_id=line.social_space_id,
        agreement_id=line.agreement_id,
        line_id=line.id,
        basis=_basis(element) if part.of_case else CommitmentBasis.VOLUNTARY.value,
        amount=part.amount,
        organisation_id=element.organisation_id,
        outside_network=await is_outside_network(act, line.agreement_id, element.organisation_id),
        value_on=act.today,
        **await _for_what(act, element, of_case=part.of_case),
    )


async def _reserved(act: Act, element: ArrangementElement, part: Part) -> UUID | None:
    """Null where the money does not last: then nothing of the reservation stays."""
    try:
        async with act.session.begin_nested():
            commitment = await _commitment(act, element, await _line(act, element, part.line), part)
            await reserve(act, commitment)
    except BudgetShort:
        return None
    return commitment.id


async def _bound(
    act: Act,
    element: ArrangementElement,
    decision: Decision,
    part: Part,
    line: BudgetLine,
    reserved: Commitment | None,
) -> UUID:
    commitment = reserved or await _commitment(act, element, line, part)
    commitment.organisation_id, commitment.outside_network = decision.organisation_id, decision.outside_network
    commitment.granted_by, commitment.granted_with = decision.decided_by_id, decision.second_professional_id
    if reserved is not None:
        grant_reserved(act, commitment, part.amount)
    else:
        commit(act, commitment)
    return commitment.id


async def _foresee(
    act: Act, element: ArrangementElement, decision: Decision, part: Part, years: Mapping[int, Decimal]
) -> None:
    """Whether it is a claim stays known, on whichever line: it is not refused in its year either."""
    if not years:
        return
    case, subject = await _case(act, element), of_what(decision, part)
    for year, amount in years.items():
        act.session.add(
            ForeseenCommitment(
                authority_id=case.authority_id,
                social_space_id=case.social_space_id,
                subject_id=subject,
                fiscal_year=year,
                line=part.line.value,
                basis=_basis(element),
                amount=amount,
                organisation_id=decision.organisation_id,
                granted_by=decision.decided_by_id,
                granted_with=decision.second_professional_id,
                foreseen_on=act.today,
                **await _for_what(act, element, of_case=part.of_case),
            )
        )


def of_what(decision: Decision, part: Part) -> UUID:
    """What was granted: a source's share, or all of it."""
    return part.kept_in.id if isinstance(part.kept_in, CostShare) else decision.id


async def _held(act: Act, element: ArrangementElement) -> Sequence[Commitment]:
    """What is still reserved or committed for the element, in whichever year; nobody books it meanwhile."""
    held = select(Commitment).where(col(Commitment.id).in_(await commitments_of(act, element)))
    held = held.where(col(Commitment.state).in_([state.value for state in STILL_HELD]))
    return (await act.session.exec(held.order_by(col(Commitment.id)).with_for_update())).all()


async def _granted(act: Act, element: ArrangementElement) -> Sequence[UUID]:
    """What has been granted of it: its decision, or each source's share; or what has begun without: it, or these."""
    decided = select(Decision.id).where(Decision.element_id == element.id)
    shares = select(CostShare.id).where(CostShare.element_id == element.id)
    return [element.id, *(await (await act.session.connection()).execute(decided.union_all(shares))).scalars()]


async def _foreseen(act: Act, element: ArrangementElement) -> Sequence[ForeseenCommitment]:
    """What its decision has foreseen for later years, as a whole or share by share, which nobody binds meanwhile."""
    rows = select(ForeseenCommitment).where(col(ForeseenCommitment.subject_id).in_(await _granted(act, element)))
    return (await act.session.exec(rows.order_by(col(ForeseenCommitment.id)).with_for_update())).all()
