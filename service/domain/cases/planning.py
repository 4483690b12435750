"""Goals that their owner agrees, and the steps towards them."""

from uuid import UUID

from pydantic import Field
from sqlmodel import col, select

from service.domain.act import Act, Command, Patch, operation
from service.domain.cases import policy
from service.domain.cases.hearing import Hearing, audience_of
from service.domain.cases.model import (
    Case,
    Goal,
    GoalKind,
    GoalState,
    Participant,
    Step,
    StepState,
)
from service.domain.cases.views import (
    GoalView,
    StepView,
)
from service.domain.errors import InvalidInput
from service.domain.values import ClientId, Day, Line, Words


class ProposeGoal(Hearing):
    """A goal for somebody in the case, as a draft."""

    id: ClientId
    participant_id: UUID = Field(description="Whose goal it is; only they can agree it.")
    kind: GoalKind = GoalKind.ACTION
    statement: Words
    how_noticed: Words | None = Field(None, description="How will we notice that it is reached?")
    target_on: Day | None = None


class ChangeGoal(Patch):
    """What is to change; what is left out stays, null empties."""

    statement: Words = Field(default=None)  # type: ignore[assignment]
    how_noticed: Words | None = None
    target_on: Day | None = None


class PlanStep(Hearing):
    """All six slots: who wants it, who does it, with whom, how, by when, with what."""

    id: ClientId
    wanted_by_id: UUID = Field(description="Who wants it: a participant.")
    done_by_id: UUID = Field(description="Who does it: a participant, with or without an account.")
    with_whom: Line
    how: Words
    due_on: Day = Field(description="By when.")
    with_what: Line


class ChangeStep(Patch):
    """What is to change; what is left out stays."""

    with_whom: Line = Field(default=None)  # type: ignore[assignment]
    how: Words = Field(default=None)  # type: ignore[assignment]
    due_on: Day = Field(default=None)  # type: ignore[assignment]
    with_what: Line = Field(default=None)  # type: ignore[assignment]


class FinishStep(Command):
    """Ticking off."""

    remark: Words | None = Field(None, description="A word to go with it.")


class LeaveStep(Command):
    """Saying that it was not done."""

    reason: Words = Field(description="Why it was not done.")


@operation(policy.PROPOSE_GOAL, on=Case, answers=GoalView)
async def propose_goal(act: Act, case: Case, command: ProposeGoal) -> Goal:
    """Propose a goal. It is a draft until the person whose goal it is agrees it."""
    await _participants(act, case.id, participant_id=command.participant_id)
    return act.add(
        Goal(
            id=command.id,
            authority_id=case.authority_id,
            case_id=case.id,
            participant_id=command.participant_id,
            kind=command.kind.value,
            statement=command.statement,
            how_noticed=command.how_noticed,
            target_on=command.target_on,
            author_id=act.actor.id,
            **audience_of(command),
        )
    )


@operation(policy.CHANGE_GOAL, on=Goal, answers=GoalView, states=(GoalState.DRAFT,))
async def change_goal(act: Act, goal: Goal, command: ChangeGoal) -> Goal:
    """Reword a goal while it is a draft (merge patch: what you leave out stays, null empties)."""
    act.change(goal, **command.model_dump(exclude_unset=True))
    return goal


@operation(policy.AGREE_GOAL, on=Goal, answers=GoalView, states=(GoalState.DRAFT,))
async def agree_goal(act: Act, goal: Goal) -> Goal:
    """Agree your own goal. Nobody can do it for you."""
    act.change(goal, state=GoalState.AGREED.value, agreed_at=act.now)
    return goal


@operation(policy.DROP_GOAL, on=Goal, answers=GoalView, states=(GoalState.DRAFT, GoalState.AGREED))
async def drop_goal(act: Act, goal: Goal) -> Goal:
    """Let your own goal go."""
    act.change(goal, state=GoalState.DROPPED.value)
    return goal


@operation(policy.PLAN_STEP, on=Goal, answers=StepView, states=(GoalState.AGREED,))
async def plan_step(act: Act, goal: Goal, command: PlanStep) -> Step:
    """Plan a next step towards an agreed goal, with all six slots."""
    await _participants(act, goal.case_id, wanted_by_id=command.wanted_by_id, done_by_id=command.done_by_id)
    return act.add(
        Step(
            id=command.id,
            authority_id=goal.authority_id,
            case_id=goal.case_id,
            goal_id=goal.id,
            author_id=act.actor.id,
            **command.model_dump(exclude={"id", "audience", "audience_of"}),
            **audience_of(command),
        )
    )


@operation(policy.CHANGE_STEP, on=Step, answers=StepView, states=(StepState.OPEN,))
async def change_step(act: Act, step: Step, command: ChangeStep) -> Step:
    """Change a step's slots while it is open (merge patch: what you leave out stays)."""
    act.change(step, **command.model_dump(exclude_unset=True))
    return step


# A tick-off needs no version: what counts is whether the step is still open (settled: Interface).
@operation(policy.FINISH_STEP, on=Step, answers=StepView, states=(StepState.OPEN,), versioned=False)
async def finish_step(act: Act, step: Step, command: FinishStep) -> Step:
    """Tick a step off, with a word if you like."""
    act.change(step, state=StepState.DONE.value, remark=command.remark, finished_at=act.now)
    return step


@operation(policy.FINISH_STEP, on=Step, answers=StepView, states=(StepState.OPEN,), versioned=False)
async def leave_step(act: Act, step: Step, command: LeaveStep) -> Step:
    """Say that a step was not done, and why."""
    act.change(step, state=StepState.NOT_DONE.value, remark=command.reason, finished_at=act.now)
    return step


async def _participants(act: Act, case_id: UUID, **named: UUID) -> None:
    """Each must be somebody in this very case; a stranger's id and a wrong one get the same answer."""
    there = select(Participant.id).where(Participant.case_id == case_id, col(Participant.id).in_(named.values()))
    known = set((await act.session.exec(there)).all())
    wrong = [name for name, id in named.items() if id not in known]
    if wrong:
        raise InvalidInput(
            errors=[{"pointer": f"#/{name}", "detail": "is no participant of this case"} for name in wrong]
        )
