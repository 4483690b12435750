"""What becomes of consultations when something becomes of their case and its people."""

from typing import Any
from uuid import UUID

from sqlmodel import col, select

from service.domain.access.model import CaseAccess
from service.domain.act import Act
from service.domain.cases.access import WORKING
from service.domain.cases.apart import one_at_a_time
from service.domain.cases.endings import Because, ends_with_case
from service.domain.cases.model import Participant, ParticipantKind
from service.domain.cases.policy import LEAVE_CASE, RETURN_TO_CASE
from service.domain.consultations.coming import is_independent, settle_what_moderators_read
from service.domain.consultations.consulting import BEFORE, S, call_off, take_back_sketch
from service.domain.consultations.model import (
    Consent,
    Consultation,
    ConsultationParticipant,
    ConsultationRole,
    ConsultationSketch,
)
from service.domain.decisions.model import Decision
from service.domain.events import follows

_ASKED_ANEW: dict[str, Any] = {"consent": Consent.ASKED.value, "answered_at": None, "moderator_reads": False}


def _from_outside(actor_id: UUID) -> Any:
    """The cases to whose consultations somebody is invited from outside and has not declined."""
    return select(ConsultationParticipant.case_id).where(
        ConsultationParticipant.actor_id == actor_id,
        col(ConsultationParticipant.participant_id).is_(None),
        ConsultationParticipant.consent != Consent.REFUSED.value,
    )


WORKING.append(_from_outside)


@ends_with_case
async def call_off_open_ones(act: Act, case_id: UUID, because: Because) -> None:
    open_ones = select(Consultation).where(
        Consultation.case_id == case_id, col(Consultation.state).in_([state.value for state in (*BEFORE, S.HELD)])
    )
    for consultation in (await act.session.exec(open_ones.order_by(col(Consultation.id)).with_for_update())).all():
        await call_off(act, consultation, cancelled_with=because.value)


@follows
async def keep_logins(act: Act, kind: str) -> None:
    """Somebody of the case is invited under the login they have now. What was said under one that has been cut off was
    said by somebody else: they are asked anew."""
    for participant in [row for row in act.changed if isinstance(row, Participant)]:
        invited = select(ConsultationParticipant).where(
            ConsultationParticipant.case_id == participant.case_id,
            ConsultationParticipant.participant_id == participant.id,
            col(ConsultationParticipant.actor_id).is_distinct_from(participant.actor_id),
        )
        for each in (await act.session.exec(invited.order_by(col(ConsultationParticipant.id)))).all():
            if each.actor_id:
                await take_back_sketch(act, each.consultation_id, told_of=participant.id)
            act.change(each, actor_id=participant.actor_id, **(_ASKED_ANEW if each.actor_id else {}))


@follows
async def leave_out_who_is_gone(act: Act, kind: str) -> None:
    """Whoever has left the case does not come to what is still to be held in it; once they are back, they are asked
    anew."""
    if kind not in (LEAVE_CASE.name, RETURN_TO_CASE.name):
        return
    gone = kind == LEAVE_CASE.name
    people = [row.id for row in act.changed if isinstance(row, Participant)]
    invited = (
        select(ConsultationParticipant)
        .join(Consultation, col(Consultation.id) == col(ConsultationParticipant.consultation_id))
        .where(
            col(ConsultationParticipant.participant_id).in_(people),
            col(Consultation.state).in_([state.value for state in BEFORE]),
            col(ConsultationParticipant.ended).is_(not gone),
        )
    )
    refused = {"consent": Consent.REFUSED.value, "answered_at": act.now, "moderator_reads": False}
    answered = refused if gone else _ASKED_ANEW
    for each in (await act.session.exec(invited.order_by(col(ConsultationParticipant.id)))).all():
        if not gone:
            await take_back_sketch(act, each.consultation_id, told_of=each.participant_id)
        act.change(each, ended=gone, **answered)


@follows
async def end_coordinating(act: Act, kind: str) -> None:
    """Whoever has come to have a part in deciding since they were invited coordinates no longer. It is the decision
    that stands: nobody waits for their claim because of a consultation."""
    parts = (Decision.__tablename__, CaseAccess.__tablename__, "assignment")
    changed = [row for row in act.changed if row.__tablename__ in parts]
    for case_id in sorted({row.case_id for row in changed if getattr(row, "participant_id", None) is None}):
        await let_go_coordinators(act, case_id)


async def let_go_coordinators(act: Act, case_id: UUID) -> None:
    """Of what is not over yet: who is not independent any more, whatever they have said to it."""
    open_ones = [state.value for state in (*BEFORE, S.HELD)]
    coming = (
        select(ConsultationParticipant)
        .join(Consultation, col(Consultation.id) == col(ConsultationParticipant.consultation_id))
        .where(
            Consultation.case_id == case_id,
            col(Consultation.state).in_(open_ones),
            ConsultationParticipant.role == ConsultationRole.COORDINATOR.value,
            ConsultationParticipant.consent != Consent.REFUSED.value,
        )
    )
    for each in (await act.session.exec(coming.order_by(col(ConsultationParticipant.id)))).all():
        if await is_independent(act, case_id, each.actor_id):
            continue
        act.change(each, ended=True, consent=Consent.REFUSED.value, answered_at=act.now)
        act.tells(each)
        told = select(ConsultationSketch).where(
            ConsultationSketch.consultation_id == each.consultation_id,
            col(ConsultationSketch.invited).contains([each.actor_id]),
        )
        for sketch in (await act.session.exec(told)).all():
            act.change(sketch, invited=[one for one in sketch.invited if one != each.actor_id])


@follows
async def ask_new_addressees_too(act: Act, kind: str) -> None:
    """What all addressees have consented to, one who has become one since has not, by whatever way. What is over stays
    as it was: nothing is told any more."""
    addressees = [
        row for row in act.changed if isinstance(row, Participant) and row.kind == ParticipantKind.ADDRESSEE.value
    ]
    for addressee in addressees:
        await one_at_a_time(act, addressee.case_id)  # a sketch that goes out meanwhile is there to be seen afterwards
        for id in (await act.session.exec(_going_on(addressee.case_id))).all():
            consented = select(ConsultationParticipant.id).where(
                ConsultationParticipant.consultation_id == id,
                ConsultationParticipant.participant_id == addressee.id,
                ConsultationParticipant.consent == Consent.GIVEN.value,
            )
            present = addressee.left_on is None and addressee.merged_into_id is None
            if present and (await act.session.exec(consented)).first() is None:
                await take_back_sketch(act, id, told_of=addressee.id)
            await settle_what_moderators_read(act, id)


def _going_on(case_id: UUID) -> Any:
    states = [state.value for state in (*BEFORE, S.HELD)]
    theirs = select(Consultation.id).where(Consultation.case_id == case_id, col(Consultation.state).in_(states))
    return theirs.order_by(col(Consultation.id))
