"""What those whom it is about choose, what follows from it, and whether it has helped. Nothing here grants anything."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import col, select

from service.domain.act import Act, Command, Guard, operation
from service.domain.cases.model import Step
from service.domain.cases.policy import READ_STEP
from service.domain.cases.withdrawals import EntryKind, Withdrawal
from service.domain.consultations import policy
from service.domain.consultations.consulting import FAMILY_IS_THROUGH, R, S, let_go
from service.domain.consultations.following import let_go_coordinators
from service.domain.consultations.model import (
    Consent,
    Consultation,
    ConsultationEntry,
    ConsultationMethod,
    ConsultationParticipant,
    ConsultationPhase,
    ConsultationSketch,
    FamilyPlan,
    Idea,
    RequiredRecord,
)
from service.domain.consultations.views import ConsultationView
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Action, Reader, Row
from service.domain.values import Day, Words

_SEEN_STEP = Action("consultation.record_results", READ_STEP)


@dataclass(eq=False)
class NotChosenYet(DomainError):
    code, title = "not-chosen-yet", "Those whom it is about have not chosen yet."
    advice = "They do: POST /v1/consultations/{id}/choose. Of a family council its plan is accepted instead."


@dataclass(eq=False)
class MethodNotFollowed(DomainError):
    code, title = "method-not-followed", "Something that this method takes is not there yet."
    advice = (
        "`lacking` names it. Go on to the phase that leaves it in writing (POST /v1/consultations/{id}/next-phase) and "
        "write it down there; or say in `lacking_because` why you finish without it."
    )
    lacking: list[str]


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
    lacking_because: Words | None = Field(
        None, description="Why it is finished without a record or a role that the method takes, if it is."
    )


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


@operation(
    policy.RECORD_RESULTS,
    on=Consultation,
    answers=ConsultationView,
    states=(S.HELD,),
    guards=(FAMILY_IS_THROUGH, CHOSEN),
    raises=(MethodNotFollowed,),
)
async def record_consultation_results(act: Act, consultation: Consultation, command: RecordResults) -> Consultation:
    """Write down which steps follow, and when you look at it again. It is advice: what has to be granted is applied for
    and decided as always. What the method takes is there by then: the records of its phases, and who has to come."""
    if command.follow_up_on < act.today:
        raise InvalidInput(errors=[{"pointer": "#/follow_up_on", "detail": "lies in the past"}])
    for id in command.steps:
        step = await act.load(Step, id, action=_SEEN_STEP)
        if step.case_id != consultation.case_id:
            raise InvalidInput(errors=[{"pointer": "#/steps", "detail": "are not all steps of this case"}])
    await let_go_coordinators(act, consultation.case_id)  # who has come to work for a provider of it meanwhile
    lacking = await _lacking(act, consultation)
    if lacking and command.lacking_because is None:
        raise MethodNotFollowed(lacking=lacking)
    act.change(
        consultation,
        lacking_because=command.lacking_because if lacking else None,
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


async def _lacking(act: Act, consultation: Consultation) -> list[str]:
    """Records and roles that the method takes and that are not there, each by its name."""
    id, connection = consultation.id, await act.session.connection()
    phases = select(ConsultationPhase.records).where(ConsultationPhase.method_id == consultation.method_id)
    records = {name for each in (await act.session.exec(phases)).all() for name in each} - {RequiredRecord.RESULTS}
    gone_out = col(ConsultationSketch.consultation_id) == id, col(ConsultationSketch.released_at).is_not(None)
    accepted = col(FamilyPlan.consultation_id) == id, col(FamilyPlan.accepted_at).is_not(None)
    chosen = col(Consultation.id) == id, col(Consultation.choice).is_not(None)
    withdrawn = sa.exists().where(
        col(Withdrawal.kind) == EntryKind.CONSULTATION_ENTRY.value,
        col(Withdrawal.entry_id) == col(ConsultationEntry.id),
    )
    written = (
        sa.select(sa.literal(RequiredRecord.SKETCH.value)).where(*gone_out),
        sa.select(sa.literal(RequiredRecord.IDEAS.value)).where(col(Idea.consultation_id) == id),
        sa.select(sa.literal(RequiredRecord.FAMILY_PLAN.value)).where(*accepted),
        sa.select(sa.literal(RequiredRecord.CHOICE.value)).where(*chosen),
        sa.select(col(ConsultationEntry.kind)).where(col(ConsultationEntry.consultation_id) == id, sa.not_(withdrawn)),
    )
    there = set((await connection.execute(sa.union(*written))).scalars())
    required = select(ConsultationMethod.required_roles).where(ConsultationMethod.id == consultation.method_id)
    coming = select(ConsultationParticipant.role).where(
        ConsultationParticipant.consultation_id == id,
        ConsultationParticipant.consent == Consent.GIVEN.value,
        col(ConsultationParticipant.consents_only).is_(False),
    )
    roles = set((await act.session.exec(coming)).all())
    if consultation.chosen_by_id is not None:  # whom it is about were there: they have chosen
        roles.add(R.FAMILY.value)
    missing = set((await act.session.exec(required)).one()) - roles
    return [*sorted(records - there), *sorted(missing)]
