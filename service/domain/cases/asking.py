"""The seven questions: worded by the people themselves, in their order or not, again whenever something has changed.

An order of asking and never a gate: whoever does not want to answer, or need not be asked now, skips one (settled:
Cases and people)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import col, select

from service.domain.act import Act, Command, Guard, operation
from service.domain.cases import policy
from service.domain.cases.hearing import Hearing, audience_of
from service.domain.cases.model import PARTING, Answer, Case, Numeral, Participant, Question, QuestionState
from service.domain.cases.views import AnswerView, QuestionView
from service.domain.errors import DomainError
from service.domain.policy import Reader, Row
from service.domain.values import ClientId, Language, Words


class WordAnswer(Hearing):
    """Your own words on a question."""

    id: ClientId
    words: Words
    language: Language = Language.DE


class SkipQuestion(Command):
    """Why it is not asked, or not answered."""

    reason: Words = Field(description="In words that everybody in the case may read.")


@dataclass(eq=False)
class QuestionOfBefore(DomainError):
    code, title = "question-of-before", "This question was asked in an earlier period or cycle of the case."
    advice = "What was said then stays as it was said. The same questions are asked anew: GET /v1/cases/{id}/questions."


def _asked(row: Row, *, cycles_ago: int) -> sa.ColumnElement[bool]:
    """In the present period, and in one of these last cycles of it."""
    case: Any = Case.__table__.alias()  # type: ignore[attr-defined]
    now = sa.select(case.c.id).where(case.c.id == row.case_id, case.c.period == row.period)
    later: Any = Question.__table__.alias()  # type: ignore[attr-defined]
    again = sa.select(later.c.id).where(
        later.c.case_id == row.case_id, later.c.position == row.position, later.c.cycle > row.cycle + cycles_ago
    )
    return sa.and_(now.correlate_except(case).exists(), sa.not_(again.correlate_except(later).exists()))


def _asked_of_them(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    """A review is held when it is held: whoever has not said yet how they look back on the time before still does."""
    said: Any = Answer.__table__.alias()  # type: ignore[attr-defined]
    theirs = sa.select(said.c.id).where(said.c.question_id == row.id, said.c.author_id == reader.id)
    owed = sa.not_(theirs.correlate_except(said).exists())
    return sa.or_(_asked(row, cycles_ago=0), sa.and_(_asked(row, cycles_ago=1), owed))


ASKED_NOW = Guard(
    lambda reader, row: _asked(row, cycles_ago=0),
    "it is asked in the present period and cycle of its case",
    QuestionOfBefore,
)
ASKED_OF_THEM = Guard(
    _asked_of_them,
    "it is asked in the present period and cycle of its case, or was in the last cycle and you have not answered",
    QuestionOfBefore,
)


@operation(policy.WORD, on=Question, answers=AnswerView, guards=(ASKED_OF_THEM,))
async def word_answer(act: Act, question: Question, command: WordAnswer) -> Answer:
    """Answer a question in your own words. Nobody else can: a newer wording of yours replaces the older one."""
    mine = select(Participant).where(Participant.case_id == question.case_id, Participant.actor_id == act.actor.id)
    participant = (await act.session.exec(mine)).one()
    now = select(Answer).where(
        Answer.question_id == question.id,
        Answer.participant_id == participant.id,
        col(Answer.replaced_at).is_(None),
    )
    wording = 1
    for earlier in (await act.session.exec(now)).all():
        act.change(earlier, replaced_at=act.now)
        wording = earlier.wording + 1
    await act.session.flush()
    if question.state != QuestionState.ANSWERED:
        act.change(question, state=QuestionState.ANSWERED.value, skipped_because=None, skipped_by_id=None)
    return act.add(
        Answer(
            id=command.id,
            authority_id=question.authority_id,
            case_id=question.case_id,
            question_id=question.id,
            participant_id=participant.id,
            wording=wording,
            words=command.words,
            language=command.language.value,
            author_id=act.actor.id,
            **audience_of(command),
        )
    )


@operation(policy.SKIP, on=Question, answers=QuestionView, states=(QuestionState.NOT_STARTED,), guards=(ASKED_NOW,))
async def skip_question(act: Act, question: Question, command: SkipQuestion) -> Question:
    """Leave a question out, for a reason that is on record. It can be answered all the same, at any time."""
    act.change(
        question,
        state=QuestionState.SKIPPED.value,
        skipped_because=command.reason,
        skipped_by_id=act.actor.id,
    )
    return question


async def begin_cycle(act: Act, case_id: UUID) -> None:
    """From now on looking back (VII) is another one: what was said of the time before stays with it, and does not count
    as asked later. One that nobody has answered yet is still the one to come; and no other one comes once parting has
    begun: what was said by then is said at the end."""
    present = (
        select(Question)
        .join(Case, sa.and_(col(Case.id) == col(Question.case_id), col(Case.period) == col(Question.period)))
        .where(
            Case.id == case_id,
            Question.numeral == Numeral.VII.value,
            col(Case.state).not_in([state.value for state in PARTING]),
        )
        .order_by(col(Question.cycle).desc())
    )
    last = (await act.session.exec(present)).first()
    if last is None or last.state == QuestionState.NOT_STARTED:
        return
    act.add(
        Question(
            authority_id=last.authority_id,
            case_id=case_id,
            numeral=last.numeral,
            position=last.position,
            period=last.period,
            cycle=last.cycle + 1,
        )
    )
