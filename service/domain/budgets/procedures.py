"""What is done about an over-spend, step by step and dated: notice, joint review, decision (deck line 977).

The threshold is the line's zero: the decision that overdraws it opens the procedure. Where the rule on over-spend names
one of its own, a forecast that goes further beyond what is approved for a line opens it before that. Either side gives
notice, both look at it, then the agency decides; what was decided is posted as any supplement or transfer, and then it
is closed: what a forecast has opened, not before it is decided, or another forecast shows that there is nothing to
decide."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field as Told
from sqlmodel import Field, col, select

from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.forecasts import Forecast, beyond_by_now
from service.domain.budgets.ledger import AccountKind, LedgerAccount, account_of
from service.domain.budgets.model import BudgetParty, OfLine, scope_of
from service.domain.budgets.overspend import BudgetAlert, OverspendProcedure, ProcedureState
from service.domain.budgets.rules import rule_of, threshold_of
from service.domain.budgets.settlement import Direction
from service.domain.budgets.views import OverspendProcedureView
from service.domain.errors import DomainError, InvalidInput
from service.domain.rows import Shape, one_of, own_id, reference, secured, word
from service.domain.values import ClientId, Day, Words
from service.domain.views import Many, Record, link, view


class ProcedureStepKind(StrEnum):
    """What has been done. Agency and network look at it each for itself, and each says so."""

    NOTICE = "notice"  # it is said that a line is, or will be, below zero
    AGENCY_REVIEW = "agency_review"  # the agency has looked at why
    NETWORK_REVIEW = "network_review"  # the network has looked at why
    DECISION = "decision"  # it is decided what to do about it


class Dated(Protocol):
    """A step of a procedure."""

    kind: str
    done_on: date


class Remedy(StrEnum):
    """What was decided to do about it."""

    TOP_UP = "top_up"  # a supplement
    TRANSFER = "transfer"  # from another line
    CARRY_OVER = "carry_over"  # to the next year, with the settlement
    RETURN = "return"  # what was bound and is not needed is given back


@secured(Shape.APPENDED)
class ProcedureStep(OfLine, table=True):
    """A dated step of an over-spend procedure. Never changed, never removed."""

    __tablename__ = "procedure_step"
    __table_args__ = (
        one_of("kind", ProcedureStepKind),
        one_of("remedy", Remedy),
        sa.CheckConstraint("(remedy IS NOT NULL) = (kind = 'decision')", name="decision"),
    )

    id: UUID = own_id()
    procedure_id: UUID = reference("overspend_procedure")
    kind: str = word()
    remedy: str | None = word(optional=True)
    said: str = Field(sa_type=sa.Text)
    done_on: date
    recorded_by: UUID = reference("actor", index=False)


@view(ProcedureStep, policy.READ_PROCEDURE, plural="procedure_steps", filters=("agreement_id", "procedure_id", "kind"))
class ProcedureStepView(Record):
    """A dated step of an over-spend procedure."""

    id: UUID
    agreement_id: UUID
    line_id: UUID
    procedure_id: UUID = Told(description="The over-spend procedure it belongs to.")
    kind: ProcedureStepKind
    remedy: Remedy | None = Told(description="Of a decision: what is done about it. Null for other steps.")
    said: str = Told(description="What was told, found or decided. It names no person.")
    done_on: date = Told(description="The day of the step.")
    recorded_by: UUID = Told(description="Who wrote it down.")


link(OverspendProcedureView, "steps", Many("procedure_id"), ProcedureStepView)


@dataclass(eq=False)
class StepMissing(DomainError):
    code, title = "procedure-step-missing", "An earlier step of the procedure is still missing."
    advice = (
        "`missing` names the steps that come first. The network's is its provider manager's to say. What a forecast "
        "has opened is closed without a decision once a newer one stays within the threshold."
    )
    missing: list[str]


@dataclass(eq=False)
class StillOverspent(DomainError):
    code, title = "still-overspent", "The line is still below zero."
    advice = "Add a supplement, or release what is not needed; close the procedure once `free` is zero or more."
    free: str


class Say(Command):
    id: ClientId
    said: Words = Told(description="It names no person.")
    done_on: Day | None = Told(None, description="Today, if left out.")


class GiveNotice(Say):
    """What the other side is told."""


class ReviewOverspend(Say):
    """What one's own side has found."""


class DecideOnOverspend(Say):
    """What the agency has decided, and why."""

    remedy: Remedy = Told(description="What is to be done.")


class CloseProcedure(Command):
    """What was done about it."""

    outcome: Words


_OPEN = (ProcedureState.OPEN,)


@operation(policy.GIVE_NOTICE, on=OverspendProcedure, answers=ProcedureStepView, states=_OPEN)
async def give_notice(act: Act, overspendprocedure: OverspendProcedure, command: GiveNotice) -> ProcedureStep:
    """Tell the other side, for the agency or for the network."""
    return await _step(act, overspendprocedure, ProcedureStepKind.NOTICE, command, needs=())


@operation(
    policy.REVIEW_FOR_AGENCY, on=OverspendProcedure, answers=ProcedureStepView, states=_OPEN, raises=(StepMissing,)
)
async def review_overspend_for_agency(
    act: Act, overspendprocedure: OverspendProcedure, command: ReviewOverspend
) -> ProcedureStep:
    """Say for the agency what the joint review has found."""
    needs = (ProcedureStepKind.NOTICE,)
    return await _step(act, overspendprocedure, ProcedureStepKind.AGENCY_REVIEW, command, needs)


@operation(
    policy.REVIEW_FOR_NETWORK, on=OverspendProcedure, answers=ProcedureStepView, states=_OPEN, raises=(StepMissing,)
)
async def review_overspend_for_network(
    act: Act, overspendprocedure: OverspendProcedure, command: ReviewOverspend
) -> ProcedureStep:
    """Say for the network what the joint review has found; also that one disagrees."""
    needs = (ProcedureStepKind.NOTICE,)
    return await _step(act, overspendprocedure, ProcedureStepKind.NETWORK_REVIEW, command, needs)


@operation(
    policy.DECIDE_ON_OVERSPEND, on=OverspendProcedure, answers=ProcedureStepView, states=_OPEN, raises=(StepMissing,)
)
async def decide_on_overspend(
    act: Act, overspendprocedure: OverspendProcedure, command: DecideOnOverspend
) -> ProcedureStep:
    """Decide for the agency what is done about it, once both sides have looked at it (where there is a network). What
    was decided is posted as any supplement or transfer."""
    needs = await before_deciding(act, overspendprocedure.agreement_id)
    return await _step(act, overspendprocedure, ProcedureStepKind.DECISION, command, needs)


@operation(
    policy.CLOSE_PROCEDURE,
    on=OverspendProcedure,
    answers=OverspendProcedureView,
    states=(ProcedureState.OPEN,),
    raises=(StillOverspent, StepMissing),
)
async def close_overspend_procedure(
    act: Act, overspendprocedure: OverspendProcedure, command: CloseProcedure
) -> OverspendProcedure:
    """Say what was done about an over-spend. Only once the line is no longer below zero; where a forecast opened the
    procedure and no claim has overdrawn the line since, once it is decided what is done, or the newest forecast of the
    same day or a later one stays within the threshold."""
    free = (
        select(col(LedgerAccount.balance))
        .where(LedgerAccount.id == account_of(overspendprocedure.line_id, AccountKind.FREE))
        .with_for_update(key_share=True)
    )
    left = (await act.session.exec(free)).one()
    if left < 0:
        raise StillOverspent(free=str(left))
    overdrawn = select(BudgetAlert.id).where(BudgetAlert.procedure_id == overspendprocedure.id)
    decided = select(ProcedureStep.id).where(
        ProcedureStep.procedure_id == overspendprocedure.id, ProcedureStep.kind == ProcedureStepKind.DECISION.value
    )
    found = await act.session.exec(overdrawn.union_all(decided).limit(1))  # type: ignore[call-overload]
    if found.first() is None and await _still_over(act, overspendprocedure):
        raise StepMissing(missing=[ProcedureStepKind.DECISION.value])
    act.change(
        overspendprocedure,
        state=ProcedureState.CLOSED.value,
        outcome=command.outcome,
        closed_by=act.actor.id,
        closed_on=act.today,
    )
    return overspendprocedure


async def open_where_over(act: Act, run: Forecast, over: Mapping[UUID, Decimal]) -> None:
    """`over`: by how much a forecast goes beyond what is approved for a line, EUR."""
    if (threshold := await _threshold(act, run.agreement_id)) is None:
        return
    standing = select(OverspendProcedure.line_id).where(
        OverspendProcedure.agreement_id == run.agreement_id, OverspendProcedure.state == ProcedureState.OPEN.value
    )
    open_ = set((await act.session.exec(standing)).all())
    for line_id, amount in over.items():
        if amount > threshold and line_id not in open_:
            act.add(OverspendProcedure(**scope_of(run), line_id=line_id, opened_on=act.today, forecast_id=run.id))


async def _still_over(act: Act, procedure: OverspendProcedure) -> bool:
    over = await beyond_by_now(act, procedure.agreement_id, procedure.forecast_id)
    threshold = await _threshold(act, procedure.agreement_id)
    return threshold is not None and over[procedure.line_id] > threshold


async def _threshold(act: Act, agreement_id: UUID) -> Decimal | None:
    """From where on a forecast opens a procedure, EUR; null where the rule on over-spend names nothing."""
    rule = await rule_of(act, agreement_id, Direction.OVERSPEND)
    if rule is None or not (rule.threshold or rule.threshold_amount):
        return None
    return await threshold_of(act, rule)


async def before_deciding(act: Act, agreement_id: UUID) -> tuple[ProcedureStepKind, ...]:
    """The notice, and a review of each side that there is."""
    party = select(BudgetParty.id).where(BudgetParty.agreement_id == agreement_id)
    alone = (await act.session.exec(party)).first() is None
    reviews = (ProcedureStepKind.AGENCY_REVIEW, ProcedureStepKind.NETWORK_REVIEW)
    return (ProcedureStepKind.NOTICE, *(reviews[:1] if alone else reviews))


def day_of(
    act: Act, opened_on: date, steps: Sequence[Dated], needs: Collection[ProcedureStepKind], said: date | None
) -> date:
    """The day of a step that comes after those it needs. Raises StepMissing, or InvalidInput where the day does not."""
    if missing := [each.value for each in needs if each not in {step.kind for step in steps}]:
        raise StepMissing(missing=missing)
    firsts = (min(step.done_on for step in steps if step.kind == each) for each in needs)  # a notice may be repeated
    earliest = max([opened_on, *firsts])
    day = said or act.today
    if not earliest <= day <= act.today:
        detail = "lies in the future" if day > act.today else f"must not be before {earliest}"
        raise InvalidInput(errors=[{"pointer": "#/done_on", "detail": detail}])
    return day


async def _step(
    act: Act,
    procedure: OverspendProcedure,
    kind: ProcedureStepKind,
    command: Say,
    needs: Collection[ProcedureStepKind],
) -> ProcedureStep:
    steps = (await act.session.exec(select(ProcedureStep).where(ProcedureStep.procedure_id == procedure.id))).all()
    return act.add(
        ProcedureStep(
            id=command.id,
            authority_id=procedure.authority_id,
            social_space_id=procedure.social_space_id,
            agreement_id=procedure.agreement_id,
            line_id=procedure.line_id,
            procedure_id=procedure.id,
            kind=kind.value,
            remedy=command.remedy.value if isinstance(command, DecideOnOverspend) else None,
            said=command.said,
            done_on=day_of(act, procedure.opened_on, steps, needs, command.done_on),
            recorded_by=act.actor.id,
        )
    )
