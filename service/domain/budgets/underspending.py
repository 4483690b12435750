"""What is done about money that a year will leave over, step by step and dated (deck line 977; concepts, E4).

The rule on under-spend names the threshold, in percent of what is agreed or as an amount: a forecast that leaves over
more opens the procedure. Either side gives notice, both look at it, then the agency decides: the money is carried over
with the settlement, goes to another line, or back to the agency. What moves is proposed by the decision and released by
a second controller, like any transfer or allocation; never below the floor of the line for case-unspecific work."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field as Told
from sqlmodel import Field, col, select

from service.domain.act import Act, operation
from service.domain.budgets import policy
from service.domain.budgets.allocating import keep_agreed
from service.domain.budgets.forecasts import beyond_by_now
from service.domain.budgets.holding import AgreementNotActive, active_agreement, counting_on
from service.domain.budgets.ledger import BudgetShort, PeriodClosed
from service.domain.budgets.model import (
    Allocation,
    AllocationKind,
    AllocationState,
    BudgetLine,
    OfAgreement,
    Transfer,
    TransferState,
    scope_of,
    total,
)
from service.domain.budgets.overspend import ProcedureState
from service.domain.budgets.procedures import (
    CloseProcedure,
    ProcedureStepKind,
    Say,
    StepMissing,
    before_deciding,
    day_of,
)
from service.domain.budgets.rules import rule_of, threshold_of
from service.domain.budgets.settlement import Direction
from service.domain.budgets.transferring import BelowFloor, CyclicTransfer, ProposeTransfer, keep_floor, proposed
from service.domain.errors import InvalidInput
from service.domain.rows import Shape, Versioned, one_of, own_id, reference, secured, word
from service.domain.values import Amount, Money, new_id
from service.domain.views import Many, Record, link, view


class UnderspendRemedy(StrEnum):
    """What was decided to do with the money."""

    CARRY_OVER = "carry_over"  # with the settlement, by its rules
    TRANSFER = "transfer"  # to another line
    RETURN = "return"  # to the agency


@secured(Shape.AUTHORITY)
class UnderspendProcedure(OfAgreement, Versioned, table=True):
    """What is to be done about money that a year will leave over, as a forecast has said."""

    __tablename__ = "underspend_procedure"
    __table_args__ = (
        one_of("state", ProcedureState),
        sa.CheckConstraint("left_over > threshold AND threshold >= 0", name="left_over"),
        sa.Index("underspend_procedure_open", "agreement_id", unique=True, postgresql_where=sa.text("state = 'open'")),
    )

    id: UUID = own_id()
    forecast_id: UUID = reference("forecast", index=False)
    state: str = word(ProcedureState.OPEN)
    opened_on: date
    left_over: Decimal = total()
    threshold: Decimal = total()
    outcome: str | None = Field(default=None, sa_type=sa.Text)
    closed_by: UUID | None = reference("actor", optional=True, index=False)
    closed_on: date | None = None


@secured(Shape.APPENDED)
class UnderspendStep(OfAgreement, table=True):
    """A dated step of an under-spend procedure. Never changed, never removed."""

    __tablename__ = "underspend_step"
    __table_args__ = (
        one_of("kind", ProcedureStepKind),
        one_of("remedy", UnderspendRemedy),
        sa.CheckConstraint("(remedy IS NOT NULL) = (kind = 'decision')", name="decision"),
        sa.CheckConstraint("num_nonnulls(transfer_id, allocation_id) <= 1", name="posting"),
    )

    id: UUID = own_id()
    procedure_id: UUID = reference("underspend_procedure")
    kind: str = word()
    remedy: str | None = word(optional=True)
    amount: Decimal | None = Field(default=None, sa_type=sa.Numeric(14, 2))
    transfer_id: UUID | None = reference("budget_transfer", optional=True, index=False)
    allocation_id: UUID | None = reference("allocation", optional=True, index=False)
    said: str = Field(sa_type=sa.Text)
    done_on: date
    recorded_by: UUID = reference("actor", index=False)


@view(UnderspendProcedure, policy.READ_PROCEDURE, plural="underspend_procedures", filters=("agreement_id", "state"))
class UnderspendProcedureView(Record):
    """What is to be done about money that a year will leave over."""

    id: UUID
    agreement_id: UUID
    forecast_id: UUID = Told(description="The forecast that said so.")
    state: ProcedureState
    opened_on: date
    left_over: Money = Told(description="What the forecast leaves over of all lines, EUR.")
    threshold: Money = Told(description="From where on the rule asks for the procedure, EUR.")
    outcome: str | None = Told(description="What was done about it; null while it is open.")
    closed_on: date | None
    version: int


@view(
    UnderspendStep, policy.READ_PROCEDURE, plural="underspend_steps", filters=("agreement_id", "procedure_id", "kind")
)
class UnderspendStepView(Record):
    """A dated step of an under-spend procedure."""

    id: UUID
    agreement_id: UUID
    procedure_id: UUID = Told(description="The under-spend procedure it belongs to.")
    kind: ProcedureStepKind
    remedy: UnderspendRemedy | None = Told(description="Of a decision: what becomes of it. Null for other steps.")
    amount: Money | None = Told(description="How much goes to another line or back, EUR.")
    transfer_id: UUID | None = Told(description="The transfer that it proposes; somebody else releases it.")
    allocation_id: UUID | None = Told(description="The return that it proposes; somebody else releases it.")
    said: str = Told(description="What was told, found or decided. It names no person.")
    done_on: date = Told(description="The day of the step.")
    recorded_by: UUID = Told(description="Who wrote it down.")


link(UnderspendProcedureView, "steps", Many("procedure_id"), UnderspendStepView)


class GiveUnderspendNotice(Say):
    """What the other side is told."""


class ReviewUnderspend(Say):
    """What one's own side has found."""


class DecideOnUnderspend(Say):
    """What the agency has decided, and why. What is carried over is worked out by the settlement; what goes to another
    line or back has an amount and the line that it leaves."""

    remedy: UnderspendRemedy = Told(description="What becomes of it.")
    amount: Amount | None = Told(None, description="EUR; not of what is carried over.")
    line_id: UUID | None = Told(None, description="The line that it leaves; not of what is carried over.")
    target_id: UUID | None = Told(None, description="The line that gets it; of a transfer alone.")


_REASON = "Entschieden im Verfahren bei Unterschreitung."
_OPEN = (ProcedureState.OPEN,)
_NEEDS = {
    UnderspendRemedy.CARRY_OVER: set[str](),
    UnderspendRemedy.RETURN: {"amount", "line_id"},
    UnderspendRemedy.TRANSFER: {"amount", "line_id", "target_id"},
}


async def open_where_left_over(act: Act, forecast: Any, left_over: Decimal) -> None:
    """Where a forecast leaves over more than the rule's threshold: without a rule on under-spend nothing is shared,
    and nothing asked."""
    rule = await rule_of(act, forecast.agreement_id, Direction.UNDERSPEND)
    if rule is None:
        return
    threshold = await threshold_of(act, rule)
    # Not held: who decides holds the procedure before the agreement, which the forecast holds already.
    if left_over <= threshold or (await act.session.exec(_open_of(forecast.agreement_id))).first():
        return
    act.add(
        UnderspendProcedure(
            **scope_of(forecast),
            forecast_id=forecast.id,
            opened_on=act.today,
            left_over=left_over,
            threshold=threshold,
        )
    )


async def _still_left_over(act: Act, procedure: UnderspendProcedure) -> bool:
    beyond = await beyond_by_now(act, procedure.agreement_id, procedure.forecast_id)
    return -sum(beyond.values()) > procedure.threshold


async def open_underspends(act: Act, agreement_id: UUID) -> Sequence[UnderspendProcedure]:
    """At most one; held."""
    found: Sequence[UnderspendProcedure] = (
        await act.session.exec(_open_of(agreement_id).with_for_update(key_share=True))
    ).all()
    return found


def _open_of(agreement_id: UUID) -> Any:
    return select(UnderspendProcedure).where(
        UnderspendProcedure.agreement_id == agreement_id, UnderspendProcedure.state == ProcedureState.OPEN.value
    )


@operation(policy.GIVE_UNDERSPEND_NOTICE, on=UnderspendProcedure, answers=UnderspendStepView, states=_OPEN)
async def give_underspend_notice(
    act: Act, underspendprocedure: UnderspendProcedure, command: GiveUnderspendNotice
) -> UnderspendStep:
    """Tell the other side that money will be left, for the agency or for the network."""
    return await _step(act, underspendprocedure, ProcedureStepKind.NOTICE, command, ())


@operation(
    policy.REVIEW_UNDERSPEND_FOR_AGENCY,
    on=UnderspendProcedure,
    answers=UnderspendStepView,
    states=_OPEN,
    raises=(StepMissing,),
)
async def review_underspend_for_agency(
    act: Act, underspendprocedure: UnderspendProcedure, command: ReviewUnderspend
) -> UnderspendStep:
    """Say for the agency what the joint review has found."""
    return await _step(act, underspendprocedure, ProcedureStepKind.AGENCY_REVIEW, command, (ProcedureStepKind.NOTICE,))


@operation(
    policy.REVIEW_UNDERSPEND_FOR_NETWORK,
    on=UnderspendProcedure,
    answers=UnderspendStepView,
    states=_OPEN,
    raises=(StepMissing,),
)
async def review_underspend_for_network(
    act: Act, underspendprocedure: UnderspendProcedure, command: ReviewUnderspend
) -> UnderspendStep:
    """Say for the network what the joint review has found; also that one disagrees."""
    return await _step(act, underspendprocedure, ProcedureStepKind.NETWORK_REVIEW, command, (ProcedureStepKind.NOTICE,))


@operation(
    policy.DECIDE_ON_UNDERSPEND,
    on=UnderspendProcedure,
    answers=UnderspendStepView,
    states=_OPEN,
    raises=(StepMissing, AgreementNotActive, PeriodClosed, BelowFloor, BudgetShort, CyclicTransfer),
)
async def decide_on_underspend(
    act: Act, underspendprocedure: UnderspendProcedure, command: DecideOnUnderspend
) -> UnderspendStep:
    """Decide for the agency what becomes of the money, once both sides have looked at it (where there is a network).
    A transfer or return is proposed with it, and released by somebody else. Several decisions can share it out."""
    given = {name for name in ("amount", "line_id", "target_id") if getattr(command, name) is not None}
    wrong = given ^ _NEEDS[command.remedy]
    if wrong:
        detail = f"of a decision to {command.remedy.value.replace('_', ' ')}: "
        raise InvalidInput(
            errors=[
                {"pointer": f"#/{name}", "detail": detail + ("leave it out" if name in given else "is missing")}
                for name in sorted(wrong)
            ]
        )
    needs = await before_deciding(act, underspendprocedure.agreement_id)
    return await _step(act, underspendprocedure, ProcedureStepKind.DECISION, command, needs)


@operation(
    policy.CLOSE_UNDERSPEND,
    on=UnderspendProcedure,
    answers=UnderspendProcedureView,
    states=_OPEN,
    raises=(StepMissing,),
)
async def close_underspend_procedure(
    act: Act, underspendprocedure: UnderspendProcedure, command: CloseProcedure
) -> UnderspendProcedure:
    """Say what was done about it, once it is decided and what was decided is posted or withdrawn; without a decision
    where the newest forecast of the same day or a later one leaves over no more than the threshold. `missing` names the
    decision, or the posting. Paying the settlement closes it too."""
    mine = select(UnderspendStep).where(UnderspendStep.procedure_id == underspendprocedure.id)
    decisions = (await act.session.exec(mine.where(UnderspendStep.kind == ProcedureStepKind.DECISION.value))).all()
    if not decisions and await _still_left_over(act, underspendprocedure):
        raise StepMissing(missing=[ProcedureStepKind.DECISION.value])
    waiting = (
        select(Transfer.id).where(
            col(Transfer.id).in_([each.transfer_id for each in decisions]),
            Transfer.state == TransferState.PROPOSED.value,
        ),
        select(Allocation.id).where(
            col(Allocation.id).in_([each.allocation_id for each in decisions]),
            Allocation.state == AllocationState.PROPOSED.value,
        ),
    )
    if [each for query in waiting for each in (await act.session.exec(query)).all()]:
        raise StepMissing(missing=["posting"])
    act.change(
        underspendprocedure,
        state=ProcedureState.CLOSED.value,
        outcome=command.outcome,
        closed_by=act.actor.id,
        closed_on=act.today,
    )
    return underspendprocedure


async def _step(
    act: Act,
    procedure: UnderspendProcedure,
    kind: ProcedureStepKind,
    command: Say,
    needs: Collection[ProcedureStepKind],
) -> UnderspendStep:
    mine = select(UnderspendStep).where(UnderspendStep.procedure_id == procedure.id)
    steps = (await act.session.exec(mine)).all()
    step = UnderspendStep(
        id=command.id,
        **scope_of(procedure),
        procedure_id=procedure.id,
        kind=kind.value,
        said=command.said,
        done_on=day_of(act, procedure.opened_on, steps, needs, command.done_on),
        recorded_by=act.actor.id,
    )
    if isinstance(command, DecideOnUnderspend):
        step.remedy, step.amount = command.remedy.value, command.amount
        if moved := await _proposed(act, procedure, command):
            await act.session.flush()
            step.transfer_id = moved.id if isinstance(moved, Transfer) else None
            step.allocation_id = moved.id if isinstance(moved, Allocation) else None
    return act.add(step)


async def _proposed(
    act: Act, procedure: UnderspendProcedure, command: DecideOnUnderspend
) -> Transfer | Allocation | None:
    """What the decision moves, for a second person to release; nothing, where the settlement carries it over."""
    if command.amount is None:
        return None
    query = select(BudgetLine).where(
        BudgetLine.id == command.line_id, BudgetLine.agreement_id == procedure.agreement_id
    )
    line = (await act.session.exec(query)).one_or_none()
    if line is None:
        detail = "must be a line of the procedure's agreement"
        raise InvalidInput(errors=[{"pointer": "#/line_id", "detail": detail}])
    if command.target_id is not None:
        moving = {"target_id": command.target_id, "amount": command.amount, "reason": _REASON}
        return await proposed(act, line, ProposeTransfer(id=new_id(), **moving))
    agreement = await active_agreement(act, line, alone=True)  # two returns could be more than what is agreed together
    day = counting_on(agreement, act.today)
    if agreement.closed_through is not None and agreement.closed_through >= day:
        raise PeriodClosed(closed_through=agreement.closed_through.isoformat())
    await keep_floor(act, agreement, line, command.amount)
    await keep_agreed(act, agreement.id, command.amount)
    return act.add(
        Allocation(
            id=new_id(),
            **scope_of(line),
            line_id=line.id,
            kind=AllocationKind.RETURN.value,
            amount=-command.amount,
            effective_on=day,
            reason=_REASON,
            proposed_by=act.actor.id,
        )
    )
