"""What a year comes to: what its lines had and spent, what they give each other, who bears what is missing, and the
moves that bring every line to zero."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, func, select

from service.domain.act import Act
from service.domain.budgets.charging import each_bills
from service.domain.budgets.ledger import (
    AccountKind,
    LedgerAccount,
    Move,
    PostingKind,
    account_of,
)
from service.domain.budgets.model import (
    Booking,
    BookingState,
    BudgetAgreement,
    BudgetLine,
    LineKind,
    Tranche,
    TrancheShare,
    TrancheState,
    scope_of,
)
from service.domain.budgets.network import network_of
from service.domain.budgets.settlement import (
    Compensation,
    Direction,
    Settlement,
    SettlementLine,
    SettlementShare,
)
from service.domain.budgets.sharing import ZERO, Closing, closed, flows
from service.domain.budgets.splitting import split
from service.domain.errors import DomainError

GIVING = (LineKind.RESERVE, LineKind.CROSS_CASE, LineKind.CASE_SPECIFIC, LineKind.CASE_UNSPECIFIC)
"""In this order lines are asked to cover others: the one with a floor last."""


@dataclass(eq=False)
class StillBound(DomainError):
    code, title = "still-bound", "Money of the year is still reserved or committed."
    advice = (
        "Book what is owed, release what is not (after the year's end also what a case needed less), then try again."
    )
    reserved: str
    committed: str


def closing_of(agreement: BudgetAgreement, lines: Sequence[SettlementLine]) -> Closing[UUID]:
    """What lines give each other, each no more than it has left and, without cases, than is above the floor."""
    of_kind = {line.kind: line for line in lines}
    ordered = [of_kind[kind] for kind in GIVING if kind in of_kind]
    return closed(
        {line.line_id: line.approved - line.booked for line in ordered},
        {
            line.line_id: min(
                line.approved - line.booked,
                line.approved - (agreement.floor if line.kind == LineKind.CASE_UNSPECIFIC else ZERO),
            )
            for line in ordered
        },
    )


async def moves_of(act: Act, settlement: Settlement, closing: Closing[UUID]) -> Iterable[Move]:
    """On the ledger: between lines; then what is missing from those who bear it, and what is left to those who keep
    it. What is carried waits on its own account for the next year."""

    def free(line: UUID) -> UUID:
        return account_of(line, AccountKind.FREE)

    def move(kind: PostingKind, source: UUID, target: UUID, amount: Decimal) -> Move:
        return Move(kind, source, target, amount, settlement.id)

    found = select(Compensation).where(Compensation.settlement_id == settlement.id).order_by(col(Compensation.id))
    parts = (await act.session.exec(found)).all()
    borne: dict[str, dict[UUID, Decimal]] = {}
    for direction in Direction:
        mine = [part for part in parts if part.direction == direction]
        borne[direction] = {
            account_of(settlement.agreement_id, account): sum((getattr(part, name) for part in mine), ZERO)
            for name, account in (
                ("carry", AccountKind.CARRY_OVER),
                ("network", AccountKind.SETTLEMENT),
                ("agency", AccountKind.SOURCE),
            )
        }
    over = borne[Direction.OVERSPEND]
    over[account_of(settlement.agreement_id, AccountKind.SOURCE)] += settlement.overspent - sum(over.values())
    cover = [move(PostingKind.COVER, free(each.source), free(each.target), each.amount) for each in closing.cover]
    into = [move(PostingKind.SETTLE, each.source, free(each.target), each.amount) for each in flows(over, closing.over)]
    out = [
        move(PostingKind.SETTLE, free(each.source), each.target, each.amount)
        for each in flows(closing.under, borne[Direction.UNDERSPEND])
    ]
    return [*cover, *into, *out]


async def lines_of(act: Act, agreement: BudgetAgreement) -> list[SettlementLine]:
    """What each line had and spent. Raises StillBound."""
    rows = await act.session.exec(
        select(col(BudgetLine.id), col(BudgetLine.kind), col(LedgerAccount.kind), col(LedgerAccount.balance))
        .join(LedgerAccount, col(LedgerAccount.line_id) == col(BudgetLine.id))
        .where(BudgetLine.agreement_id == agreement.id)
    )
    held: dict[tuple[UUID, str], dict[str, Decimal]] = {}
    for line, kind, account, balance in rows.all():
        held.setdefault((line, kind), {})[account] = balance
    reserved, committed = (
        sum((each[kind] for each in held.values()), ZERO) for kind in (AccountKind.RESERVED, AccountKind.COMMITTED)
    )
    if reserved or committed:
        raise StillBound(reserved=str(reserved), committed=str(committed))
    return [
        SettlementLine(
            **scope_of(agreement),
            line_id=line,
            kind=kind,
            approved=sum(each.values(), ZERO),
            booked=each[AccountKind.BOOKED],
            covered=ZERO,
        )
        for (line, kind), each in held.items()
    ]


def compensation_of(agreement: BudgetAgreement, settlement_id: UUID, direction: Direction, part: Any) -> Compensation:
    return Compensation(
        **scope_of(agreement),
        settlement_id=settlement_id,
        direction=direction.value,
        above=part.band.above,
        up_to=part.band.up_to,
        amount=part.amount,
        agency=part.agency,
        network=part.network,
        carry=part.carry,
    )


async def shares_of(act: Act, agreement: BudgetAgreement, settlement: Settlement) -> list[SettlementShare]:
    """The network's part over its providers, by the days on which each had its share; and what each of them is still
    paid. That is what was booked for it, less its advances and its part of what the network bears, had kept from the
    year before, and takes along: together, to the cent, what the settlement pays.

    Advances go to each by its share, whoever bills. Where not each bills for itself, what was booked is therefore
    everybody's, by the same shares: otherwise all would pay back their advances to whoever has billed."""
    weights = dict((await network_of(act, agreement)).of_year())
    booked = await _by_organisation(
        act,
        select(col(Booking.organisation_id), func.sum(Booking.amount)).where(
            Booking.agreement_id == agreement.id,
            Booking.state == BookingState.RELEASED.value,
            sa.not_(col(Booking.outside_network)),
        ),
    )
    advanced = await _by_organisation(
        act,
        select(col(TrancheShare.organisation_id), func.sum(TrancheShare.amount))
        .join(Tranche, col(Tranche.id) == col(TrancheShare.tranche_id))
        .where(
            Tranche.agreement_id == agreement.id,
            col(Tranche.state).in_([TrancheState.RELEASED.value, TrancheState.PAID.value]),
        ),
    )
    if not each_bills(agreement):
        booked = _divided(sum(booked.values(), ZERO), weights)
    organisations = list(dict.fromkeys([*weights, *sorted({*booked, *advanced})]))
    own = {each: booked.get(each, ZERO) - advanced.get(each, ZERO) for each in organisations}
    network = _divided(settlement.network, weights)
    # What all of them share: carried in, borne or kept, carried on. The rest, so that nothing is left between them.
    common = _divided(settlement.payment - sum(own.values(), ZERO), weights)
    return [
        SettlementShare(
            **scope_of(settlement),
            settlement_id=settlement.id,
            organisation_id=each,
            network=network.get(each, ZERO),
            payment=own[each] + common.get(each, ZERO),
        )
        for each in organisations
    ]


def _divided(amount: Decimal, weights: Mapping[UUID, Decimal]) -> dict[UUID, Decimal]:
    """To the cent, whatever its sign."""
    parts = split(abs(amount), list(weights.values()))
    sign = -1 if amount < 0 else 1
    return {organisation: sign * part for organisation, part in zip(weights, parts, strict=True)}


async def _by_organisation(act: Act, query: Any) -> dict[UUID, Decimal]:
    return dict((await act.session.exec(query.group_by(query.selected_columns[0]))).all())
