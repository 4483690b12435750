"""What those whom it is about choose, what follows from it, and whether it has helped. Nothing here grants anything."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import select

from service.domain.act import Act, Command, Guard, operation
from service.domain.cases.model import Step
from service.domain.cases.policy import READ_STEP
from service.domain.consultations import policy
from service.domain.consultations.consulting import S, let_go
from service.domain.consultations.model import Consultation, FamilyPlan, Idea
from service.domain.consultations.views import ConsultationView
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Action, Reader, Row
from service.domain.values import Day, Words

_SEEN_STEP = Action("consultation.record_results", READ_STEP)


@dataclass(eq=False)
class NotChosenYet(DomainError):
    code, title = "not-chosen-yet", "Those whom it is about have not chosen yet."
    advice = "They do: POST /v1/consultations/{id}/choose. Of a family council its plan is accepted instead."


def _chosen(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    plan: Any = FamilyPlan.__table__.alias()  # type: ignore[attr-defined]
    accepted = sa.select(plan.c.id).where(plan.c.consultation_id == row.id, plan.c.accepted_at.is_not(None))
    return sa.or_(row.choice.is_not(None), accepted.correlate_except(plan).exists())


CHOSEN = Guard(_chosen, "those whom it is about have chosen, or their plan is accepted", NotChosenYet)


class ChooseIdeas(Command):
    """What you want to try."""

    ideas: list[UUID] = Field(
        default_factory=list, max_length=100, description="The ideas you choose; none at all, too."
    )
    choice: Words = Field(description="What you want to do, in your own words.")


class RecordResults(Command):
    """What follows."""

    steps: list[UUID] = Field(
        default_factory=list,
        max_length=50,
        description="The steps that follow, planned as always: POST /v1/goals/{id}/steps.",
    )
    follow_up_on: Day = Field(description="When you look at it together again.")


class FollowUp(Command):
    """What has become of it."""

    words: Words = Field(description="What has become of it.")


@operation(policy.CHOOSE, on=Consultation, answers=ConsultationView, states=(S.HELD,))
async def choose_ideas(act: Act, consultation: Consultation, command: ChooseIdeas) -> Consultation:
    """Choose what you want to try. Ideas you leave are not judged by that."""
    there = select(Idea).where(Idea.consultation_id == consultation.id)
    ideas = (await act.session.exec(there)).all()
    if not {idea.id for idea in ideas}.issuperset(command.ideas):
        raise InvalidInput(errors=[{"pointer": "#/ideas", "detail": "are not all ideas of this consultation"}])
    for idea in ideas:
        if idea.chosen is not (idea.id in command.ideas):
            act.change(idea, chosen=idea.id in command.ideas)
    act.change(consultation, choice=command.choice, chosen_by_id=act.actor.id)
    return consultation


@operation(policy.RECORD_RESULTS, on=Consultation, answers=ConsultationView, states=(S.HELD,), guards=(CHOSEN,))
async def record_consultation_results(act: Act, consultation: Consultation, command: RecordResults) -> Consultation:
    """Write down which steps follow, and when you look at it again. It is advice: what has to be granted is applied for
    and decided as always."""
    if command.follow_up_on < act.today:
        raise InvalidInput(errors=[{"pointer": "#/follow_up_on", "detail": "lies in the past"}])
    for id in command.steps:
        step = await act.load(Step, id, action=_SEEN_STEP)
        if step.case_id != consultation.case_id:
            raise InvalidInput(errors=[{"pointer": "#/steps", "detail": "are not all steps of this case"}])
    act.change(
        consultation,
        state=S.RESULTS_RECORDED.value,
        phase=0,
        steps=list(dict.fromkeys(command.steps)),
        follow_up_on=command.follow_up_on,
    )
    await let_go(act, consultation)
    return consultation


@operation(policy.RECORD_RESULTS, on=Consultation, answers=ConsultationView, states=(S.RESULTS_RECORDED,))
async def follow_up_consultation(act: Act, consultation: Consultation, command: FollowUp) -> Consultation:
    """Look at it together again, and write down what has become of it."""
    act.change(consultation, state=S.FOLLOWED_UP.value, follow_up=command.words)
    return consultation


@operation(policy.RECORD_RESULTS, on=Consultation, answers=ConsultationView, states=(S.RESULTS_RECORDED, S.FOLLOWED_UP))
async def close_consultation(act: Act, consultation: Consultation) -> Consultation:
    """Close it. What it has brought stays."""
    act.change(consultation, state=S.CLOSED.value)
    return consultation
