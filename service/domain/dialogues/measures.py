"""Measures: what a dialogue agrees to do about a theme, from the proposal to its evaluation."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlmodel import select

from service.domain.access.reader import Setting
from service.domain.act import Act, Command, Lock, Patch, operation
from service.domain.budgets.duties import GrantsAndBills
from service.domain.budgets.earmarks import BeyondEarmark
from service.domain.budgets.holding import AgreementNotActive
from service.domain.budgets.ledger import BudgetShort, PeriodClosed
from service.domain.budgets.model import BudgetLine, Commitment
from service.domain.budgets.policy import READ_LINE
from service.domain.budgets.views import CommitmentView
from service.domain.budgets.without_case import CommitFunds, committed
from service.domain.dialogues import policy
from service.domain.dialogues.meeting import placed
from service.domain.dialogues.model import Measure, MeasureState, Theme, WorkDimension
from service.domain.dialogues.themes import OPEN, Owning, check_owner
from service.domain.dialogues.views import MeasureView
from service.domain.errors import DomainError, InvalidInput
from service.domain.values import Amount, ClientId, Day, Line, Words

AGREED = (MeasureState.AGREED, MeasureState.RUNNING, MeasureState.CONTINUED)
CHANGEABLE = (MeasureState.PROPOSED, *AGREED)
PAID = ("organisation_id", "line_id")


class ProposeMeasure(Owning):
    """What is to be done towards what target, by whom, until when, in which dimension of work."""

    id: ClientId
    title: Line
    target: Words
    dimension: WorkDimension
    line_id: UUID | None = Field(None, description="The budget line that is to pay, if one is: one that you see.")


class ChangeMeasure(Patch):
    """What is to change; what is left out stays. Whoever gets a new owner gives both, one of them null."""

    title: Line = Field(default=None)  # type: ignore[assignment]
    target: Words = Field(default=None)  # type: ignore[assignment]
    owner_id: UUID | None = None
    organisation_id: UUID | None = Field(None, description="The organisation that sees to it; null if a person does.")
    due_on: Day = Field(default=None)  # type: ignore[assignment]
    line_id: UUID | None = Field(None, description="The budget line that is to pay, if one is: one that you see.")


class FundMeasure(Command):
    """How much is bound for it."""

    id: ClientId
    amount: Amount
    organisation_id: UUID | None = Field(
        None, description="Who is paid, where a person sees to it; left out, the organisation that does."
    )
    allocation_id: UUID | None = Field(None, description="Money carried in for a purpose, where this is for it.")


@dataclass(eq=False)
class MeasureAgreed(DomainError):
    code, title = "measure-agreed", "Who is paid for this measure, and from what, is agreed."
    advice = (
        "`decided` names what was to be another. Take the measure back into the dialogue first (POST "
        "/v1/measures/{id}/reconsider), change it there, and let it be agreed anew."
    )
    decided: list[str]


@dataclass(eq=False)
class MeasureWithoutLine(DomainError):
    code, title = "measure-without-line", "No budget line is named that pays for this measure."
    advice = (
        "Take it back into the dialogue (POST /v1/measures/{id}/reconsider), name one (PATCH /v1/measures/{id} with "
        "`line_id`), and let it be agreed anew."
    )


class EvaluateMeasure(Command):
    """What it has brought."""

    evaluation: Words


@operation(policy.PROPOSE_MEASURE, on=Theme, answers=MeasureView, states=OPEN)
async def propose_measure(act: Act, theme: Theme, command: ProposeMeasure) -> Measure:
    """Propose what is to be done about a theme."""
    await check_owner(act, theme, command)
    await _check_line(act, theme.authority_id, command.line_id)
    said = command.model_dump() | {"dimension": command.dimension.value}
    return act.add(Measure(theme_id=theme.id, **placed(theme), **said))


@operation(policy.CHANGE_MEASURE, on=Measure, answers=MeasureView, states=CHANGEABLE, raises=(MeasureAgreed,))
async def change_measure(act: Act, measure: Measure, command: ChangeMeasure) -> Measure:
    """Change a measure that is not evaluated or over (merge patch: what you leave out stays, null empties). Which
    organisation sees to it, and so is paid, and which line pays, stay as they were agreed."""
    changes = command.model_dump(exclude_unset=True)
    others = [name for name in PAID if name in changes and changes[name] != getattr(measure, name)]
    if others and measure.state != MeasureState.PROPOSED:
        raise MeasureAgreed(decided=others)
    theme = (await act.session.exec(select(Theme).where(Theme.id == measure.theme_id))).one()
    if not {"owner_id", "organisation_id"}.isdisjoint(changes):
        owner = {name: changes.get(name, getattr(measure, name)) for name in ("owner_id", "organisation_id", "due_on")}
        await check_owner(act, theme, Owning.model_validate(owner))
    await _check_line(act, measure.authority_id, changes.get("line_id"))
    act.change(measure, **changes)
    return measure


@operation(policy.AGREE_MEASURE, on=Measure, answers=MeasureView, states=(MeasureState.PROPOSED,))
async def agree_measure(act: Act, measure: Measure) -> Measure:
    """Say that the dialogue has agreed on it."""
    return _now(act, measure, MeasureState.AGREED)


@operation(policy.RECONSIDER_MEASURE, on=Measure, answers=MeasureView, states=AGREED)
async def reconsider_measure(act: Act, measure: Measure) -> Measure:
    """Take an agreed measure back into the dialogue: it is a proposal again, and can be changed. What was bound for it
    stays; nothing more is, until it is agreed anew."""
    return _now(act, measure, MeasureState.PROPOSED)


@operation(policy.START_MEASURE, on=Measure, answers=MeasureView, states=(MeasureState.AGREED,))
async def start_measure(act: Act, measure: Measure) -> Measure:
    """Say that it has begun."""
    return _now(act, measure, MeasureState.RUNNING)


@operation(
    policy.FUND_MEASURE,
    on=Measure,
    answers=CommitmentView,
    states=AGREED,
    lock=Lock.SHARED,
    raises=(
        MeasureAgreed,
        MeasureWithoutLine,
        AgreementNotActive,
        BeyondEarmark,
        BudgetShort,
        PeriodClosed,
        GrantsAndBills,
    ),
)
async def fund_measure(act: Act, measure: Measure, command: FundMeasure) -> Commitment:
    """Bind money of its line for a measure, as far as it lasts. Finance reads the measure: however many cases it
    serves, none of them stands in what is bound and booked."""
    if measure.line_id is None:
        raise MeasureWithoutLine
    if command.organisation_id is not None and measure.organisation_id not in (None, command.organisation_id):
        raise MeasureAgreed(decided=["organisation_id"])
    line = (await act.session.exec(select(BudgetLine).where(BudgetLine.id == measure.line_id))).one()
    said = {"purpose": measure.title, "organisation_id": command.organisation_id or measure.organisation_id}
    asked = CommitFunds.model_validate(command.model_dump(exclude={"organisation_id"}) | said)
    return await committed(act, line, asked, measure.id)


@operation(
    policy.EVALUATE_MEASURE,
    on=Measure,
    answers=MeasureView,
    states=(MeasureState.RUNNING, MeasureState.CONTINUED),
)
async def evaluate_measure(act: Act, measure: Measure, command: EvaluateMeasure) -> Measure:
    """Say what it has brought, measured by its target."""
    return _now(act, measure, MeasureState.EVALUATED, evaluation=command.evaluation)


@operation(policy.CONTINUE_MEASURE, on=Measure, answers=MeasureView, states=(MeasureState.EVALUATED,))
async def continue_measure(act: Act, measure: Measure) -> Measure:
    """Go on with it, after it was evaluated."""
    return _now(act, measure, MeasureState.CONTINUED)


@operation(policy.END_MEASURE, on=Measure, answers=MeasureView, states=(MeasureState.EVALUATED,))
async def end_measure(act: Act, measure: Measure) -> Measure:
    """End it, after it was evaluated."""
    return _now(act, measure, MeasureState.ENDED)


def _now(act: Act, measure: Measure, state: MeasureState, **values: Any) -> Measure:
    act.change(measure, state=state.value, **values)
    return measure


async def _check_line(act: Act, authority_id: UUID, line_id: UUID | None) -> None:
    """A line that the actor does not see is none."""
    if line_id is None:
        return
    seen = READ_LINE.condition(Setting(), BudgetLine.__table__.c)  # type: ignore[attr-defined]
    there = select(BudgetLine.id).where(BudgetLine.id == line_id, BudgetLine.authority_id == authority_id, seen)
    if (await act.session.exec(there)).first() is None:
        detail = "is no budget line of this authority that you see"
        raise InvalidInput(errors=[{"pointer": "#/line_id", "detail": detail}])
