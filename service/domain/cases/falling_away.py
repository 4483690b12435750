"""What falls away with a goal that has ended, or with the case: steps that were still to do. Whatever somebody said
about them stays as they said it; a link to one of them opens nothing any more."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from service.domain.act import Act
from service.domain.cases.endings import Because, ends_with_case
from service.domain.cases.going_on import over
from service.domain.cases.model import TO_DO, Case, Goal, Step, StepEnding, StepState

WITH_CASE = {
    Because.CASE_CLOSED: StepEnding.CASE_CLOSED,
    Because.CASE_PASSED_ON: StepEnding.CASE_PASSED_ON,
}


async def drop_steps_of(act: Act, goal: Goal) -> None:
    await _drop(act, col(Step.goal_id) == goal.id, StepEnding.GOAL_ENDED)


@ends_with_case
async def drop_steps_of_case(act: Act, case_id: UUID, because: Because) -> None:
    await _drop(act, col(Step.case_id) == case_id, WITH_CASE[because])


async def take_up_steps_of(act: Act, goal: Goal, *, since: datetime | None) -> None:
    """What fell away with a goal that goes on after all is to be done again, if its case goes on: as far as it was."""
    case: Any = Case.__table__  # type: ignore[attr-defined]
    fallen = select(Step).where(
        Step.goal_id == goal.id,
        Step.dropped_with == StepEnding.GOAL_ENDED.value,
        col(Step.finished_at) >= since,
        sa.exists().where(case.c.id == Step.case_id, sa.not_(over(case.c))),
    )
    for step in (await act.session.exec(fallen.order_by(col(Step.id)).with_for_update())).all():
        before = step.dropped_in or StepState.OPEN.value
        act.change(step, state=before, dropped_in=None, dropped_with=None, finished_at=None)
        act.tells(step)


async def _drop(act: Act, whose: sa.ColumnElement[bool], ending: StepEnding) -> None:
    still: Any = select(Step).where(whose, col(Step.state).in_([state.value for state in TO_DO]))
    for step in (await act.session.exec(still.order_by(col(Step.id)).with_for_update())).all():
        fallen = {"state": StepState.DROPPED.value, "dropped_in": step.state, "dropped_with": ending.value}
        act.change(step, **fallen, finished_at=act.now)
        act.tells(step)
