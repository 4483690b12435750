"""What those who work on a case put to its people as a possible answer. It never becomes their answer by itself: who
wants to say it so says it in their own words (settled: Cases and people)."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from service.domain.act import Act, operation
from service.domain.cases import policy
from service.domain.cases.asking import ASKED_NOW
from service.domain.cases.contesting import contestable
from service.domain.cases.hearing import Hearing, audience_of
from service.domain.cases.model import Audience, Question, Suggestion
from service.domain.cases.picture import TextAbout
from service.domain.cases.views import QuestionView
from service.domain.policy import Part
from service.domain.values import ClientId, Language, Words
from service.domain.views import Many, One, Record, link, view


@view(Suggestion, policy.READ_ANSWER, plural="suggestions", filters=("case_id", "question_id"), subject="case_id")
class SuggestionView(Record):
    """What somebody who works on the case suggests as an answer. The answer is for its people to give."""

    id: UUID
    case_id: UUID
    question_id: UUID
    author_id: UUID = Field(description="Who suggests it.")
    words: str
    language: Language
    audience: Audience
    created_at: datetime


class SuggestAnswer(Hearing):
    """Your words, as a suggestion."""

    id: ClientId
    words: Words
    language: Language = Field(Language.DE, description="In which they are written.")


@operation(policy.SUGGEST, on=Question, answers=SuggestionView, guards=(ASKED_NOW,))
async def suggest_answer(act: Act, question: Question, command: SuggestAnswer) -> Suggestion:
    """Suggest an answer. It stands beside the people's own words, as yours."""
    return act.add(
        Suggestion(
            id=command.id,
            authority_id=question.authority_id,
            case_id=question.case_id,
            question_id=question.id,
            words=command.words,
            language=command.language.value,
            author_id=act.actor.id,
            **audience_of(command),
        )
    )


contestable(TextAbout.SUGGESTION, Suggestion, policy.READ_ANSWER, Part.QUESTIONS, SuggestionView)
link(QuestionView, "suggestions", Many("question_id"), SuggestionView)
link(SuggestionView, "question", One("question_id"), QuestionView)
