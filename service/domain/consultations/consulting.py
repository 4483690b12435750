"""A consultation from the wish for it to its phases (facts, section 1.7): one question, those whom it is about agree to
who comes, everybody who is invited says whether they do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field, model_validator
from sqlmodel import col, select

from service.domain.access.reader import Setting
from service.domain.act import Act, Command, Guard, operation
from service.domain.cases.apart import ExcludedFromCase, require_apart
from service.domain.cases.confidential import keeps_out
from service.domain.cases.going_on import CASE_STATES_GOING_ON, GOES_ON
from service.domain.cases.model import Case, Participant, ParticipantKind
from service.domain.consultations import policy
from service.domain.consultations.coming import (
    EVERYBODY_ASKED,
    PREPARED,
    NotIndependent,
    can_come,
    is_independent,
    settle_what_moderators_read,
)
from service.domain.consultations.model import (
    Consent,
    Consultation,
    ConsultationMethod,
    ConsultationParticipant,
    ConsultationPhase,
    ConsultationRole,
    ConsultationSketch,
    ConsultationState,
    RequiredRecord,
)
from service.domain.consultations.views import ConsultationParticipantView, ConsultationView
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Reader, Row
from service.domain.values import ClientId, Line, Moment, Words

S, R = ConsultationState, ConsultationRole
NOT_OUT: dict[str, Any] = {"invited": [], "released_at": None, "ideas_wanted": False}  # of a sketch
BEFORE = (S.REQUESTED, S.CONSENTED, S.SCHEDULED)


@dataclass(eq=False)
class FamilyTime(DomainError):
    code, title = "family-time", "This time is the family's alone, until it has released its plan."
    advice = "The family releases it: POST /v1/family-drafts/{id}/release. Or cancel, with a reason."


@dataclass(eq=False)
class HeldAlready(DomainError):
    code, title = "held-already", "It is being held: nobody else is invited to it any more."
    advice = "Whoever leads the case still asks its addressees about the sketch. Invite others to another consultation."


@dataclass(eq=False)
class NoPhaseLeft(DomainError):
    code, title = "no-phase-left", "This was the last phase of the method."
    advice = "Write down what follows: POST /v1/consultations/{id}/results."


def present_phase(row: Row, *, consultation: Any) -> Any:
    """Of that consultation, as a query to be narrowed."""
    phase: Any = ConsultationPhase.__table__.alias()  # type: ignore[attr-defined]
    found = sa.select(phase.c.id).where(
        phase.c.method_id == consultation.method_id, phase.c.position == consultation.phase
    )
    return phase, found


def _family_is_through(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    phase, found = present_phase(row, consultation=row)
    in_family_time = found.where(phase.c.family_time).correlate_except(phase).exists()
    return sa.or_(sa.not_(in_family_time), row.plan_released)


FAMILY_IS_THROUGH = Guard(_family_is_through, "the family has released its plan", FamilyTime)


@dataclass(eq=False)
class ConsultationOver(DomainError):
    code, title = "consultation-over", "It is over, or not held: nobody from outside the case can come any more."
    advice = "You can still say that you do not come. For another one you are invited anew."


class RequestConsultation(Command):
    """By which method, and the one question it is about."""

    id: ClientId
    method_id: UUID = Field(description="See GET /v1/consultation-methods.")
    question: Words = Field(description="One question, in the words of whoever asks it.")
    must_hold: Words | None = Field(None, description="What has to be ensured in any case, said beforehand.")
    interpreting: Line | None = Field(None, description="For which language somebody interprets.")


class InviteToConsultation(Command):
    """Somebody of the case, or somebody from outside."""

    id: ClientId
    role: ConsultationRole = Field(description="What they are to do there.")
    participant_id: UUID | None = Field(None, description="Somebody of the case.")
    actor_id: UUID | None = Field(None, description="Somebody from outside: a colleague, an expert by experience.")
    consents_only: bool = Field(
        False,
        description="Whether an addressee is asked about what is told of them alone, and does not come: for whoever "
        "leads the case. While it is held nobody is asked anything else.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "InviteToConsultation":
        if (self.participant_id is None) is (self.actor_id is None):
            raise ValueError("name somebody of the case or from outside, one of both")
        return self


class AnswerInvitation(Command):
    """Whether you come."""

    comes: bool = Field(description="Whether you come, and consent to what is told there about you.")
    moderator_reads: bool = Field(
        False,
        description="Whether whoever moderates may read the question and what is chosen, too; otherwise they know a "
        "pseudonym. All addressees have to let them.",
    )


class ScheduleConsultation(Command):
    """When and where."""

    starts_at: Moment
    venue: Line
    interpreting: Line | None = Field(None, description="For which language somebody interprets.")


class CancelConsultation(Command):
    """Why it is not held."""

    reason: Words


@operation(policy.REQUEST, on=Case, answers=ConsultationView, states=CASE_STATES_GOING_ON, guards=(GOES_ON,))
async def request_consultation(act: Act, case: Case, command: RequestConsultation) -> Consultation:
    """Wish for a consultation around one question. Its result will be advice: it grants nothing."""
    known = select(ConsultationMethod.id).where(
        ConsultationMethod.id == command.method_id,
        col(ConsultationMethod.replaced_on).is_(None),
        sa.or_(
            col(ConsultationMethod.authority_id).is_(None),
            col(ConsultationMethod.authority_id) == case.authority_id,
        ),
    )
    if (await act.session.exec(known)).first() is None:
        raise InvalidInput(errors=[{"pointer": "#/method_id", "detail": "is no present method of this authority"}])
    return act.add(
        Consultation(
            authority_id=case.authority_id,
            case_id=case.id,
            case_pseudonym=case.pseudonym,
            social_space_id=case.social_space_id,
            **command.model_dump(),
        )
    )


@operation(
    policy.INVITE,
    on=Consultation,
    answers=ConsultationParticipantView,
    states=(*BEFORE, S.HELD),
    versioned=True,
    raises=(NotIndependent, HeldAlready, ExcludedFromCase),
)
async def invite_to_consultation(
    act: Act, consultation: Consultation, command: InviteToConsultation
) -> ConsultationParticipant:
    """Invite somebody. Those whom it is about agree to the list anew: nobody sits there whom they did not want. With an
    addressee a sketch comes back that has gone out: they have not consented to what it tells about them. Whoever leads
    the case can ask an addressee about that alone: they do not join those who sit there. While it is held that is all
    there is to ask, of who has become one since."""
    held = consultation.state == S.HELD.value
    apart = held or command.consents_only
    if apart and not await _may_ask_apart(act, command):
        if held:
            raise HeldAlready
        detail = "is asked of addressees, as one of the family, by whoever leads the case"
        raise InvalidInput(errors=[{"pointer": "#/consents_only", "detail": detail}])
    actor_id = command.actor_id
    if command.participant_id is not None:
        actor_id = await _of_the_case(act, consultation, command)
    elif actor_id is None or not await can_come(act, consultation, command.role, actor_id):
        detail = "is nobody here who can be invited as that"
        raise InvalidInput(errors=[{"pointer": "#/actor_id", "detail": detail}])
    else:
        await require_apart(act, consultation.case_id, actor_id)
    if command.role is R.COORDINATOR and not await is_independent(act, consultation.case_id, actor_id):
        raise NotIndependent
    # Under whatever name somebody is there, they are there once.
    same = sa.or_(
        col(ConsultationParticipant.participant_id) == sa.literal(command.participant_id, sa.Uuid()),
        col(ConsultationParticipant.actor_id) == sa.literal(actor_id, sa.Uuid()),
    )
    there = select(ConsultationParticipant.id).where(ConsultationParticipant.consultation_id == consultation.id, same)
    if (await act.session.exec(there)).first() is not None:
        raise InvalidInput(errors=[{"pointer": "#", "detail": "is invited already"}])
    await take_back_sketch(act, consultation.id, told_of=command.participant_id)
    moderator: dict[str, Any] = {}
    if command.role is R.MODERATOR:  # what was let another one read is let nobody else
        moderator = {"moderator_id": actor_id, "moderator_reads": False}
        for each in await _invited(act, consultation, col(ConsultationParticipant.moderator_reads).is_(True)):
            act.change(each, moderator_reads=False)
    act.change(consultation, state=S.HELD.value if held else S.REQUESTED.value, **moderator)
    return act.add(
        ConsultationParticipant(
            id=command.id,
            authority_id=consultation.authority_id,
            case_id=consultation.case_id,
            consultation_id=consultation.id,
            role=command.role.value,
            participant_id=command.participant_id,
            actor_id=actor_id,
            starts_at=consultation.starts_at if command.participant_id is None else None,
            consents_only=apart,
        )
    )


@operation(policy.ANSWER, on=ConsultationParticipant, answers=ConsultationParticipantView, raises=(ConsultationOver,))
async def answer_invitation(
    act: Act, consultationparticipant: ConsultationParticipant, command: AnswerInvitation
) -> ConsultationParticipant:
    """Say whether you come. You can change your mind; of somebody without a login whoever leads the case writes it
    down. Once it is over nobody from outside comes to it any more; of the family, whoever consents reads what they
    wrote there together."""
    if command.comes and consultationparticipant.ended:
        there = select(Participant.id).where(
            Participant.id == consultationparticipant.participant_id, col(Participant.left_on).is_(None)
        )
        if (await act.session.exec(there)).first() is None:
            raise ConsultationOver
    if not command.comes:
        await take_back_sketch(
            act, consultationparticipant.consultation_id, told_of=consultationparticipant.participant_id
        )
    consent = Consent.GIVEN if command.comes else Consent.REFUSED
    reads = command.comes and command.moderator_reads and consultationparticipant.participant_id is not None
    act.change(consultationparticipant, consent=consent.value, answered_at=act.now, moderator_reads=reads)
    if consultationparticipant.participant_id is not None:
        await settle_what_moderators_read(act, consultationparticipant.consultation_id)
    return consultationparticipant


@operation(policy.AGREE, on=Consultation, answers=ConsultationView, states=(S.REQUESTED,), guards=(EVERYBODY_ASKED,))
async def agree_to_consultation(act: Act, consultation: Consultation) -> Consultation:
    """Agree that it is held, with those who are invited. Where somebody from outside is invited, all addressees of the
    case are by then: nobody is asked only while it is held whether others are told of them. Whoever moderates is told
    from now on what has gone out."""
    act.change(consultation, state=S.CONSENTED.value)
    for sketch in await _sketches(act, consultation):
        moderator_id = consultation.moderator_id
        if sketch.released_at is not None and moderator_id is not None and moderator_id not in sketch.invited:
            act.change(sketch, invited=[*sketch.invited, moderator_id])
    return consultation


@operation(policy.MODERATE, on=Consultation, answers=ConsultationView, states=(S.CONSENTED, S.SCHEDULED))
async def schedule_consultation(act: Act, consultation: Consultation, command: ScheduleConsultation) -> Consultation:
    """Set when and where it is held, or move it. Those from outside are told when."""
    said = command.model_dump(exclude_unset=True)
    act.change(consultation, state=S.SCHEDULED.value, **said)
    for each in await _invited(act, consultation, col(ConsultationParticipant.participant_id).is_(None)):
        act.change(each, starts_at=command.starts_at)
        act.tells(each)
    return consultation


@operation(policy.MODERATE, on=Consultation, answers=ConsultationView, states=(S.SCHEDULED,), guards=(PREPARED,))
async def begin_consultation(act: Act, consultation: Consultation) -> Consultation:
    """Begin with the first phase of the method."""
    await enter(act, consultation, 1)
    return consultation


@operation(
    policy.MODERATE,
    on=Consultation,
    answers=ConsultationView,
    states=(S.HELD,),
    guards=(FAMILY_IS_THROUGH,),
    raises=(NoPhaseLeft,),
)
async def next_phase(act: Act, consultation: Consultation) -> Consultation:
    """Go on to the next phase. Nobody ends family time but the family."""
    await enter(act, consultation, consultation.phase + 1)
    return consultation


@operation(policy.CANCEL, on=Consultation, answers=ConsultationView, states=(*BEFORE, S.HELD))
async def cancel_consultation(act: Act, consultation: Consultation, command: CancelConsultation) -> Consultation:
    """Do not hold it, or end it, for a reason. Nobody is worse off for it."""
    await call_off(act, consultation, cancelled_because=command.reason)
    return consultation


async def call_off(act: Act, consultation: Consultation, **why: str) -> None:
    act.change(consultation, state=S.CANCELLED.value, phase=0, **why)
    await let_go(act, consultation, called_off=True)


async def let_go(act: Act, consultation: Consultation, *, called_off: bool = False) -> None:
    """It is over for those from outside: the sketch closes again, and nobody comes to it any more."""
    for sketch in await _sketches(act, consultation):
        act.change(sketch, invited=[], ideas_wanted=False)
    for each in await _invited(act, consultation):
        act.change(each, ended=True, called_off=called_off)
        act.tells(each)


async def take_back_sketch(act: Act, consultation_id: UUID, *, told_of: UUID | None) -> None:
    """Of a participant whose consent is not there, or not any more: what tells of an addressee is told to nobody from
    outside before it is let go out anew."""
    sketch = select(ConsultationSketch).where(
        ConsultationSketch.consultation_id == consultation_id,
        col(ConsultationSketch.released_at).is_not(None),
        sa.exists().where(col(Participant.id) == told_of, col(Participant.kind) == ParticipantKind.ADDRESSEE.value),
    )
    for each in (await act.session.exec(sketch.with_for_update())).all():
        act.change(each, **NOT_OUT)


def collects_ideas(phase: ConsultationPhase) -> bool:
    """Family time leaves nothing but the family's own plan, whatever its template says."""
    return RequiredRecord.IDEAS in phase.records and not phase.family_time


async def enter(act: Act, consultation: Consultation, position: int) -> None:
    there = select(ConsultationPhase).where(
        ConsultationPhase.method_id == consultation.method_id, ConsultationPhase.position == position
    )
    phase = (await act.session.exec(there)).first()
    if phase is None:
        raise NoPhaseLeft
    act.change(consultation, state=S.HELD.value, phase=position)
    await _collect(act, consultation, wanted=collects_ideas(phase))


async def _collect(act: Act, consultation: Consultation, *, wanted: bool) -> None:
    """Those from outside see the sketch alone: it tells them whether ideas are wanted now."""
    for each in await _sketches(act, consultation):
        if each.ideas_wanted is not wanted:
            act.change(each, ideas_wanted=wanted)


async def _invited(
    act: Act, consultation: Consultation, *which: sa.ColumnElement[bool]
) -> Sequence[ConsultationParticipant]:
    there = select(ConsultationParticipant).where(ConsultationParticipant.consultation_id == consultation.id, *which)
    return (await act.session.exec(there.order_by(col(ConsultationParticipant.id)))).all()


async def _sketches(act: Act, consultation: Consultation) -> Sequence[ConsultationSketch]:
    """One or none: of those that whoever acts may see."""
    sketch = select(ConsultationSketch).where(ConsultationSketch.consultation_id == consultation.id)
    return (await act.session.exec(sketch)).all()


async def _may_ask_apart(act: Act, command: InviteToConsultation) -> bool:
    leading = policy.LEADING.condition(Setting(), Participant.__table__.c)  # type: ignore[attr-defined]
    addressee = Participant.kind == ParticipantKind.ADDRESSEE.value
    there = select(Participant.id).where(Participant.id == command.participant_id, addressee, leading)
    return command.role is R.FAMILY and (await act.session.exec(there)).first() is not None


async def _of_the_case(act: Act, consultation: Consultation, command: InviteToConsultation) -> UUID | None:
    there = select(Participant).where(
        Participant.id == command.participant_id, Participant.case_id == consultation.case_id
    )
    participant = (await act.session.exec(there)).one_or_none()
    if participant is None or participant.left_on is not None:
        raise InvalidInput(errors=[{"pointer": "#/participant_id", "detail": "is nobody in this case"}])
    if command.role not in (R.FAMILY, R.INTERPRETER):
        raise InvalidInput(errors=[{"pointer": "#/role", "detail": "is for somebody from outside"}])
    if await keeps_out(act, participant):
        raise InvalidInput(
            errors=[{"pointer": "#/participant_id", "detail": "is somebody from whom something is kept"}]
        )
    return participant.actor_id
