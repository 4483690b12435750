"""The life of a case, from enquiry to closed, and open again as a new period (facts, section 4). Each transition is a
verb; what a case looks like never follows from somebody patching its state.

Help is not gated by it: an element is decided in whatever state the case is, unless it is over, and the seven
questions are an order of asking (settled: Cases and people)."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from service.domain.act import Act, Guard, operation
from service.domain.cases import policy
from service.domain.cases.model import AT_CLOSING, OVER, Case, CaseState, Numeral, Question, QuestionState
from service.domain.cases.views import CaseView
from service.domain.errors import DomainError
from service.domain.policy import Reader, Row

GOING_ON = (
    *(CaseState.ENQUIRY, CaseState.COUNSELLING, CaseState.CLARIFICATION, CaseState.ARRANGEMENT_PLANNING),
    *(CaseState.ACTIVE, CaseState.REVIEW),
)


@dataclass(eq=False)
class QuestionsUnanswered(DomainError):
    code, title = "questions-unanswered", "Questions VI and VII are asked before a case is closed."
    advice = "Ask them, or say why not: POST /v1/questions/{id}/skip with a reason. Nobody has to answer."


def _asked_at_closing(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    question: Any = Question.__table__.alias()  # type: ignore[attr-defined]
    open_ = sa.select(question.c.id).where(
        question.c.case_id == row.id,
        question.c.period == row.period,
        question.c.numeral.in_([sa.literal_column(f"'{each}'") for each in AT_CLOSING]),
        question.c.state == sa.literal_column(f"'{QuestionState.NOT_STARTED}'"),
    )
    return sa.not_(open_.correlate_except(question).exists())


ASKED_AT_CLOSING = Guard(
    _asked_at_closing, "questions VI and VII are answered, or skipped with a reason", QuestionsUnanswered
)


@operation(policy.MOVE_ON, on=Case, answers=CaseView, states=(CaseState.ENQUIRY,))
async def begin_counselling(act: Act, case: Case) -> Case:
    """From enquiry to counselling."""
    return _moved(act, case, CaseState.COUNSELLING)


@operation(
    policy.MOVE_ON,
    on=Case,
    answers=CaseView,
    states=(CaseState.ENQUIRY, CaseState.COUNSELLING, CaseState.TRANSFERRED),
)
async def begin_clarification(act: Act, case: Case) -> Case:
    """From enquiry or counselling to clarification, where the seven questions are asked; also of a case that was just
    handed over."""
    return _moved(act, case, CaseState.CLARIFICATION)


@operation(policy.MOVE_ON, on=Case, answers=CaseView, states=(CaseState.CLARIFICATION, CaseState.TRANSFERRED))
async def begin_arrangement_planning(act: Act, case: Case) -> Case:
    """From clarification to planning the arrangement; also of a case that was just handed over."""
    return _moved(act, case, CaseState.ARRANGEMENT_PLANNING)


@operation(policy.MOVE_ON, on=Case, answers=CaseView, states=(CaseState.ACTIVE,))
async def begin_review(act: Act, case: Case) -> Case:
    """Look together whether the help is still suitable and necessary (§ 36(2) SGB VIII). It goes on meanwhile."""
    return _moved(act, case, CaseState.REVIEW)


@operation(policy.MOVE_ON, on=Case, answers=CaseView, states=(*GOING_ON, CaseState.TRANSFERRED))
async def begin_closing(act: Act, case: Case) -> Case:
    """Begin to part: questions VI and VII are asked. Whoever changes their mind goes on."""
    return _moved(act, case, CaseState.CLOSING)


@operation(policy.MOVE_ON, on=Case, answers=CaseView, states=OVER)
async def reopen_case(act: Act, case: Case) -> Case:
    """Open a closed or redirected case again, as a new period with seven questions of its own. What was said before
    stays as it was said."""
    act.change(case, state=CaseState.CLARIFICATION.value, period=case.period + 1, closed_on=None)
    ask(act, case)
    return case


def ask(act: Act, case: Case) -> None:
    """The seven questions of the case's period."""
    before = (case.period - 1) * len(Numeral)
    for position, numeral in enumerate(Numeral, before + 1):
        act.add(
            Question(
                authority_id=case.authority_id,
                case_id=case.id,
                numeral=numeral.value,
                position=position,
                period=case.period,
            )
        )


def _moved(act: Act, case: Case, state: CaseState) -> Case:
    act.change(case, state=state.value, closed_on=None)  # one that was passed on, and comes back
    return case
