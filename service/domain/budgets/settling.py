"""Settling a year: worked out by one controller, proved by the network, checked by a second, agreed or disputed by the
network, posted and paid. What the year's figures were on its last day stays: the settlement counts for the day on which
it is posted."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlmodel import col, func, select

from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.earmarks import keep_no_longer
from service.domain.budgets.foreseen import StillForeseen, require_nothing_foreseen
from service.domain.budgets.holding import AgreementNotActive, active_agreement, counting_on
from service.domain.budgets.imports.operations import (
    ImportNotReleased,
    ImportUnderWay,
    require_none_late,
    require_written,
)
from service.domain.budgets.ledger import (
    BudgetShort,
    PeriodClosed,
    post,
)
from service.domain.budgets.model import (
    AgreementState,
    Allocation,
    AllocationKind,
    AllocationState,
    Booking,
    BookingState,
    BudgetAgreement,
    BudgetLine,
    LineKind,
    Tranche,
    TrancheState,
    scope_of,
)
from service.domain.budgets.overspend import OverspendProcedure, ProcedureState
from service.domain.budgets.rules import bands_of
from service.domain.budgets.settlement import (
    Direction,
    Settlement,
    SettlementLine,
    SettlementState,
    SettlementView,
)
from service.domain.budgets.sharing import ZERO, in_bands
from service.domain.budgets.tranches import revised
from service.domain.budgets.underspending import open_underspends
from service.domain.budgets.views import AllocationView
from service.domain.budgets.year_end import StillBound, closing_of, compensation_of, lines_of, moves_of, shares_of
from service.domain.errors import DomainError, InvalidInput
from service.domain.values import ClientId, Line, Words


@dataclass(eq=False)
class YearOpen(DomainError):
    code, title = "year-open", "The books of the year are not closed yet."
    advice = "Close them through 31 December: POST /v1/budget-agreements/{id}/close-period."
    closed_through: str | None


@dataclass(eq=False)
class StillProposed(DomainError):
    code, title = "still-proposed", "A booking that would change the year is proposed, and not released yet."
    advice = "Let somebody else release it, or withdraw it: POST /v1/bookings/{id}/withdraw. Then try again."
    booking_id: UUID


@dataclass(eq=False)
class NothingToCarry(DomainError):
    code, title = "nothing-to-carry", "The settlement carries nothing over, or has done so already."
    advice = "`carried` of the settlement says how much; the next year's allocations say what has been carried in."


@dataclass(eq=False)
class NoNextPeriod(DomainError):
    code, title = "no-next-period", "There is no agreement in force for the year that follows."
    advice = "Open it: POST /v1/budget-agreements/{id}/open-next-period, then put it into force."


class PrepareSettlement(Command):
    """The settlement's id."""

    id: ClientId


class HandInProof(Command):
    """Where the proof of use is filed."""

    proof: Line


class DisputeSettlement(Command):
    """Why the network does not agree."""

    dispute: Words


class CarryOver(Command):
    """What it is kept for, if it is for a purpose."""

    id: ClientId
    earmark: Line | None = Field(None, description="What it is kept for in the year that follows; of what was left.")


@operation(
    policy.PREPARE_SETTLEMENT,
    on=BudgetAgreement,
    answers=SettlementView,
    states=(AgreementState.ACTIVE,),
    raises=(YearOpen, StillBound, StillForeseen, StillProposed, ImportUnderWay, ImportNotReleased),
)
async def prepare_settlement(act: Act, budgetagreement: BudgetAgreement, command: PrepareSettlement) -> Settlement:
    """Work out what the year comes to. From then on nothing of it changes: the agreement's year is closed."""
    through = budgetagreement.closed_through
    if through is None or through < date(budgetagreement.fiscal_year, 12, 31):
        raise YearOpen(closed_through=None if through is None else through.isoformat())
    await require_written(act, budgetagreement.id)
    await require_nothing_foreseen(act, budgetagreement)
    await _require_nothing_late(act, budgetagreement)
    act.change(budgetagreement, state=AgreementState.YEAR_CLOSED.value)
    lines = await lines_of(act, budgetagreement)
    whole = await revised(act, budgetagreement.id)
    closing = closing_of(budgetagreement, lines)
    over, under = sum(closing.over.values(), ZERO), sum(closing.under.values(), ZERO)
    outside = await _sum(
        act,
        select(func.sum(Booking.amount)).where(
            Booking.agreement_id == budgetagreement.id,
            Booking.state == BookingState.RELEASED.value,
            col(Booking.outside_network),
        ),
    )
    shared = max(over - outside, ZERO)  # what providers outside of the network cost is nothing the network shares
    compensations = [
        compensation_of(budgetagreement, command.id, direction, part)
        for direction, rest in ((Direction.OVERSPEND, shared), (Direction.UNDERSPEND, under))
        for part in in_bands(rest, whole, await bands_of(act, budgetagreement.id, direction))
    ]
    signs = {Direction.OVERSPEND.value: 1, Direction.UNDERSPEND.value: -1}
    agency, network, carry = (
        sum((signs[each.direction] * getattr(each, name) for each in compensations), ZERO)
        for name in ("agency", "network", "carry")
    )
    advanced = await _sum(
        act,
        select(func.sum(Tranche.amount)).where(
            Tranche.agreement_id == budgetagreement.id,
            col(Tranche.state).in_([TrancheState.RELEASED.value, TrancheState.PAID.value]),
        ),
    )
    carried_in = await _sum(
        act,
        select(func.sum(Allocation.amount)).where(
            Allocation.agreement_id == budgetagreement.id,
            Allocation.kind == AllocationKind.CARRY_IN.value,
            Allocation.state == AllocationState.RELEASED.value,
        ),
    )
    booked = sum((line.booked for line in lines), ZERO)
    settlement = act.add(
        Settlement(
            id=command.id,
            **scope_of(budgetagreement),
            revised=whole,
            approved=sum((line.approved for line in lines), ZERO),
            booked=booked,
            outside=outside,
            advanced=advanced,
            carried_in=carried_in,
            overspent=over,
            underspent=under,
            agency=agency + (over - shared),
            network=network,
            carried=-carry,
            payment=booked - outside - advanced - carried_in - network - carry,
            carried_line_id=max(closing.over, key=lambda line: closing.over[line], default=None)
            or next(line.line_id for line in lines if line.kind == LineKind.CASE_UNSPECIFIC),
            prepared_by=act.actor.id,
            prepared_on=act.today,
        )
    )
    await act.session.flush()
    for line in lines:
        given, got = (
            sum((flow.amount for flow in closing.cover if getattr(flow, side) == line.line_id), ZERO)
            for side in ("source", "target")
        )
        line.settlement_id, line.covered = settlement.id, got - given
    act.session.add_all([*lines, *compensations, *await shares_of(act, budgetagreement, settlement)])
    return settlement


@operation(
    policy.HAND_IN_PROOF,
    on=Settlement,
    answers=SettlementView,
    states=(SettlementState.PREPARED, SettlementState.DISPUTED),
)
async def hand_in_proof(act: Act, settlement: Settlement, command: HandInProof) -> Settlement:
    """Say where the network's proof of use is filed; also anew, after a dispute."""
    state = SettlementState.PROOF_RECEIVED.value
    act.change(settlement, state=state, proof=command.proof, proved_by=act.actor.id, proof_on=act.today)
    return settlement


@operation(policy.CHECK_SETTLEMENT, on=Settlement, answers=SettlementView, states=(SettlementState.PROOF_RECEIVED,))
async def check_settlement(act: Act, settlement: Settlement) -> Settlement:
    """Check the proof against the settlement, by somebody who has neither prepared the one nor handed in the other."""
    state = SettlementState.CHECKED.value
    act.change(settlement, state=state, checked_by=act.actor.id, checked_on=act.today)
    return settlement


@operation(
    policy.AGREE_SETTLEMENT,
    on=Settlement,
    answers=SettlementView,
    states=(SettlementState.CHECKED, SettlementState.DISPUTED),
)
async def agree_settlement(act: Act, settlement: Settlement) -> Settlement:
    """Agree to it for the network. What was disputed before stays on record."""
    act.change(settlement, state=SettlementState.AGREED.value, agreed_by=act.actor.id, agreed_on=act.today)
    return settlement


@operation(policy.AGREE_SETTLEMENT, on=Settlement, answers=SettlementView, states=(SettlementState.CHECKED,))
async def dispute_settlement(act: Act, settlement: Settlement, command: DisputeSettlement) -> Settlement:
    """Disagree for the network, and say why. Nothing is paid meanwhile."""
    state = SettlementState.DISPUTED.value
    act.change(settlement, state=state, dispute=command.dispute, disputed_on=act.today)
    return settlement


@operation(policy.REWORK_SETTLEMENT, on=Settlement, answers=SettlementView, states=(SettlementState.DISPUTED,))
async def rework_settlement(act: Act, settlement: Settlement) -> Settlement:
    """Set a disputed settlement aside, so that the year can be worked out anew: its agreement is in force again, with
    its books closed as they were. What was wrongly booked is reversed, what is not needed released, what was missing
    booked on a later day; then another is prepared. This one stays on record."""
    query = select(BudgetAgreement).where(BudgetAgreement.id == settlement.agreement_id)
    agreement = (await act.session.exec(query.with_for_update(key_share=True))).one()
    act.change(agreement, state=AgreementState.ACTIVE.value)
    state = SettlementState.REWORKED.value
    act.change(settlement, state=state, reworked_by=act.actor.id, reworked_on=act.today)
    return settlement


@operation(
    policy.PAY_SETTLEMENT,
    on=Settlement,
    answers=SettlementView,
    states=(SettlementState.AGREED,),
    keyed=True,
    raises=(BudgetShort, PeriodClosed),
)
async def pay_settlement(act: Act, settlement: Settlement) -> Settlement:
    """Post what lines give each other and who bears or keeps the rest: every line ends at zero. By somebody who has not
    checked it."""
    open_ones = select(OverspendProcedure).where(
        OverspendProcedure.agreement_id == settlement.agreement_id,
        OverspendProcedure.state == ProcedureState.OPEN.value,
    )
    procedures = (await act.session.exec(open_ones.with_for_update(key_share=True))).all()
    unfinished = await open_underspends(act, settlement.agreement_id)
    query = select(BudgetAgreement).where(BudgetAgreement.id == settlement.agreement_id)
    agreement = (await act.session.exec(query.with_for_update(key_share=True))).one()
    found = select(SettlementLine).where(SettlementLine.settlement_id == settlement.id)
    lines = (await act.session.exec(found.order_by(col(SettlementLine.id)))).all()
    act.change(settlement, state=SettlementState.PAID.value, paid_by=act.actor.id, paid_on=act.today)
    act.change(agreement, state=AgreementState.SETTLED.value)
    await keep_no_longer(act, agreement.id)
    if moves := list(await moves_of(act, settlement, closing_of(agreement, lines))):
        await post(act, moves, act.today)
    for procedure in (*procedures, *unfinished):
        act.change(
            procedure,
            state=ProcedureState.CLOSED.value,
            closed_by=act.actor.id,
            closed_on=act.today,
        )
    return settlement


@operation(
    policy.CARRY_OVER,
    on=Settlement,
    answers=AllocationView,
    states=(SettlementState.PAID,),
    raises=(NothingToCarry, NoNextPeriod, AgreementNotActive, PeriodClosed),
)
async def carry_over(act: Act, settlement: Settlement, command: CarryOver) -> Allocation:
    """Propose what the settlement carries to the next year: what was left for work without a case, what was missing
    (below zero) to the line on which it was. With an `earmark` it stays for that: nothing else is bound with it, paid
    from it or moved away. Somebody else releases it."""
    query = select(BudgetAgreement).where(BudgetAgreement.id == settlement.agreement_id)
    past = (await act.session.exec(query)).one()
    carried = select(Allocation.id).where(
        Allocation.settlement_id == settlement.id, Allocation.state != AllocationState.WITHDRAWN.value
    )
    if command.earmark is not None and settlement.carried < 0:
        raise InvalidInput(
            errors=[{"pointer": "#/earmark", "detail": "is of what was left: here something is missing"}]
        )
    if not settlement.carried or (await act.session.exec(carried)).first() is not None:
        raise NothingToCarry
    kind = select(BudgetLine.kind).where(BudgetLine.id == settlement.carried_line_id)
    following = (
        select(BudgetLine)
        .join(BudgetAgreement, col(BudgetAgreement.id) == col(BudgetLine.agreement_id))
        .where(
            BudgetAgreement.authority_id == past.authority_id,
            col(BudgetAgreement.social_space_id).is_not_distinct_from(past.social_space_id),
            BudgetAgreement.fiscal_year == past.fiscal_year + 1,
            BudgetAgreement.state == AgreementState.ACTIVE.value,
            BudgetLine.kind == (await act.session.exec(kind)).one(),
        )
    )
    line = (await act.session.exec(following)).one_or_none()
    if line is None:
        raise NoNextPeriod
    agreement = await active_agreement(act, line)
    day = counting_on(agreement, act.today)
    if agreement.closed_through is not None and agreement.closed_through >= day:  # nobody could ever release it
        raise PeriodClosed(closed_through=agreement.closed_through.isoformat())
    return act.add(
        Allocation(
            id=command.id,
            **scope_of(line),
            line_id=line.id,
            kind=AllocationKind.CARRY_IN.value,
            amount=settlement.carried,
            effective_on=day,
            carried_from=past.fiscal_year,
            earmark=command.earmark,
            settlement_id=settlement.id,
            proposed_by=act.actor.id,
        )
    )


async def _require_nothing_late(act: Act, agreement: BudgetAgreement) -> None:
    """What counts for a day after the year could still be released once its books are closed. Nobody proposes more
    meanwhile: who proposes holds the agreement. Raises StillProposed, ImportNotReleased."""
    late = select(Booking.id).where(
        Booking.agreement_id == agreement.id,
        Booking.state == BookingState.PROPOSED.value,
        Booking.value_on > date(agreement.fiscal_year, 12, 31),
    )
    if (found := (await act.session.exec(late.order_by(col(Booking.id)))).first()) is not None:
        raise StillProposed(booking_id=found)
    await require_none_late(act, agreement.id, agreement.fiscal_year)


async def _sum(act: Act, query: Any) -> Decimal:
    return (await act.session.exec(query)).one() or ZERO
