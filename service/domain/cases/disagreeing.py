"""Disagreeing with a text about oneself. It stands beside the text for everybody who reads that: neither overwrites the
other (§ 84(2) SGB X; facts, PR16)."""

from datetime import datetime
from uuid import UUID

from pydantic import Field
from sqlmodel import select

from service.domain.act import Act, case_of, operation
from service.domain.cases import policy
from service.domain.cases.contesting import TEXTS, contestable
from service.domain.cases.hearing import Hearing, audience_of
from service.domain.cases.model import Audience, Case, Goal, Participant, Question, Step
from service.domain.cases.picture import Disagreement, TextAbout
from service.domain.cases.views import CaseView, GoalView, ParticipantView, QuestionView, StepView
from service.domain.errors import InvalidInput
from service.domain.policy import Action, Part
from service.domain.values import ClientId, Language, Words
from service.domain.views import Many, One, Record, link, view


@view(
    Disagreement,
    policy.READ_DISAGREEMENT,
    plural="disagreements",
    filters=("case_id", "about", "about_id"),
    subject="case_id",
)
class DisagreementView(Record):
    """Somebody sees it otherwise than a text about them does. Both stand."""

    id: UUID
    case_id: UUID
    participant_id: UUID = Field(description="Who sees it otherwise.")
    about: TextAbout = Field(description="What sort of text it is about.")
    about_id: UUID = Field(description="Which one.")
    words: str
    language: Language
    audience: Audience
    created_at: datetime


class Disagree(Hearing):
    """With which text, and what is right."""

    id: ClientId
    about: TextAbout = Field(description="What sort of text it is.")
    about_id: UUID = Field(description="Which one; of `case` the case itself.")
    words: Words = Field(description="How you see it.")
    language: Language = Field(Language.DE, description="In which you say it.")


@operation(policy.DISAGREE, on=Case, answers=DisagreementView)
async def disagree(act: Act, case: Case, command: Disagree) -> Disagreement:
    """Disagree with a text about you. Your words stand beside it from now on; nobody changes them, and you change
    nobody's."""
    known = TEXTS[command.about]
    text = await act.load(known.table, command.about_id, action=Action(act.action.name, known.rule))
    if case_of(text) != case.id:
        raise InvalidInput(errors=[{"pointer": "#/about_id", "detail": "is no text of this case"}])
    mine = select(Participant.id).where(Participant.case_id == case.id, Participant.actor_id == act.actor.id)
    return act.add(
        Disagreement(
            id=command.id,
            authority_id=case.authority_id,
            case_id=case.id,
            participant_id=(await act.session.exec(mine)).one(),
            about=command.about.value,
            about_id=command.about_id,
            part=known.part.value,
            words=command.words,
            language=command.language.value,
            author_id=act.actor.id,
            **audience_of(command),
        )
    )


def attach() -> None:
    """What is said hangs by the text that it is about. Once all texts are known."""
    for each in TEXTS.values():
        if each.record is not CaseView:
            link(each.record, "disagreements", Many("about_id"), DisagreementView)


contestable(TextAbout.CASE, Case, policy.READ_CONCERN, Part.CONCERN, CaseView)
contestable(TextAbout.QUESTION, Question, policy.READ_QUESTION, Part.QUESTIONS, QuestionView)
contestable(TextAbout.GOAL, Goal, policy.READ_GOAL, Part.GOALS, GoalView)
contestable(TextAbout.STEP, Step, policy.READ_STEP, Part.STEPS, StepView)
link(CaseView, "disagreements", Many("case_id"), DisagreementView)
link(DisagreementView, "participant", One("participant_id"), ParticipantView)
