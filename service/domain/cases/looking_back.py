"""How far a goal was reached, as its owner sees it; of a young child whoever leads the case records how that was found
out, as they did with the will (settled: Cases and people)."""

from enum import StrEnum

from pydantic import Field

from service.domain.act import Act, Command, operation
from service.domain.cases import policy
from service.domain.cases.falling_away import drop_steps_of
from service.domain.cases.model import PURSUED, Goal, GoalState
from service.domain.cases.planning import OF_A_CHILD
from service.domain.cases.views import GoalView
from service.domain.values import Words


class Reached(StrEnum):
    """How far a goal was reached. Nobody counts them."""

    REACHED = GoalState.REACHED.value  # all of it
    PARTLY_REACHED = GoalState.PARTLY_REACHED.value  # some of it


class LookBackOnGoal(Command):
    """How far it was reached, as its owner sees it."""

    reached: Reached = Field(description="How far.")
    looking_back: Words | None = Field(None, description="In your own words.")


class RecordLookingBack(Command):
    """How far it was reached, as a young child sees it, and how that was found out."""

    reached: Reached = Field(description="How far.")
    found_out: Words = Field(description="What the child said, showed or drew; with whom, and when.")


@operation(policy.LOOK_BACK_ON_GOAL, on=Goal, answers=GoalView, states=(GoalState.AGREED,))
async def look_back_on_goal(act: Act, goal: Goal, command: LookBackOnGoal) -> Goal:
    """Say how far your own goal was reached. Steps that were still to do fall away."""
    act.change(goal, state=command.reached.value, looking_back=command.looking_back)
    await drop_steps_of(act, goal)
    return goal


@operation(
    policy.RECORD_LOOKING_BACK, on=Goal, answers=GoalView, states=(GoalState.WILL_RECORDED,), guards=(OF_A_CHILD,)
)
async def record_looking_back(act: Act, goal: Goal, command: RecordLookingBack) -> Goal:
    """Record how far a young child sees their goal reached, and how that was found out. It is the child's view, not
    yours. Steps that were still to do fall away."""
    act.change(goal, state=command.reached.value, looking_back_found_out=command.found_out)
    await drop_steps_of(act, goal)
    return goal


@operation(policy.DROP_GOAL, on=Goal, answers=GoalView, states=(GoalState.DRAFT, *PURSUED))
async def drop_goal(act: Act, goal: Goal) -> Goal:
    """Let your own goal go. Steps that were still to do fall away."""
    act.change(goal, state=GoalState.DROPPED.value)
    await drop_steps_of(act, goal)
    return goal
