"""Who can come to a consultation, and as what; what those whom it is about let whoever moderates read; and what experts
by experience are thanked with (deck line 176)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import SQLModel, col, select

from service.domain.access.model import AccessGrant, CaseAccess, Membership, columns_of, in_force
from service.domain.access.operations import leading, reaches
from service.domain.act import Act, Command, Guard, operation
from service.domain.cases.apart import is_kept
from service.domain.cases.confidential import ConfidentialCounselling, keeps_out
from service.domain.cases.model import Participant, ParticipantKind
from service.domain.cases.sketch_model import CaseSketch
from service.domain.consultations import policy
from service.domain.consultations.model import (
    Consent,
    Consultation,
    ConsultationMethod,
    ConsultationParticipant,
    ConsultationRole,
)
from service.domain.consultations.views import ConsultationParticipantView
from service.domain.decisions.model import ArrangementElement, Decision
from service.domain.errors import DomainError
from service.domain.policy import Basis, Reader, Role, Row
from service.domain.values import Amount, HoursOfADay

R = ConsultationRole
AS = {  # what somebody from outside has to be, to do this there
    R.MODERATOR: (Role.SOCIAL_SPACE_MANAGER,),
    R.EXPERT_BY_EXPERIENCE: (Role.EXPERT_BY_EXPERIENCE,),
}


@dataclass(eq=False)
class NotPreparedYet(DomainError):
    code, title = "not-prepared-yet", "Somebody whom this method takes has not agreed to come yet."
    advice = (
        "POST /v1/consultations/{id}/invitations for whoever moderates or interprets; they accept at "
        "/v1/consultation-participants/{id}/answer."
    )


@dataclass(eq=False)
class NotAskedYet(DomainError):
    code, title = "not-asked-yet", "Somebody from outside is invited, and an addressee of the case has not been asked."
    advice = (
        "Invite all addressees first: POST /v1/consultations/{id}/invitations; whoever is not to sit there is asked by "
        "the case worker, with `consents_only`."
    )


@dataclass(eq=False)
class NotIndependent(DomainError):
    code, title = "not-independent", "Whoever coordinates a family council has no part in deciding about its case."
    advice = "Invite somebody who neither leads the case nor has decided in it, and does not provide its help."


@dataclass(eq=False)
class NotAnExpertThere(DomainError):
    code, title = "not-an-expert-there", "Time and fee are recorded of experts by experience who came."
    advice = "Invite them as that, and record it once they have accepted: POST /v1/consultations/{id}/invitations."


def _comes(row: Row, role: ConsultationRole, *who: Callable[[Any], sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
    invited: Any = ConsultationParticipant.__table__.alias()  # type: ignore[attr-defined]
    found = sa.select(invited.c.id).where(
        invited.c.consultation_id == row.id,
        invited.c.role == sa.literal_column(f"'{role}'"),
        invited.c.consent == sa.literal_column(f"'{Consent.GIVEN}'"),
        *(each(invited.c) for each in who),
    )
    return found.correlate_except(invited).exists()


def _prepared(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    method: Any = ConsultationMethod.__table__.alias()  # type: ignore[attr-defined]
    moderated = sa.select(method.c.id).where(
        method.c.id == row.method_id, sa.literal_column(f"'{R.MODERATOR}'") == sa.any_(method.c.roles)
    )
    takes_none = sa.not_(moderated.correlate_except(method).exists())
    comes = _comes(row, R.MODERATOR, lambda invited: invited.actor_id == row.moderator_id)
    return sa.and_(sa.or_(takes_none, comes), sa.or_(row.interpreting.is_(None), _comes(row, R.INTERPRETER)))


def _is_kept_out(participant: Any, today: Any) -> sa.ColumnElement[bool]:
    """As `confidential.keeps_out`, of an addressee, in SQL."""
    here, into = (CaseSketch.__table__.alias() for _ in range(2))  # type: ignore[attr-defined]
    counselling: Any = ConfidentialCounselling.__table__.alias()  # type: ignore[attr-defined]
    element: Any = ArrangementElement.__table__.alias()  # type: ignore[attr-defined]
    counselled = sa.select(counselling.c.id).where(
        counselling.c.participant_id == participant.id, counselling.c.ended_on.is_(None)
    )
    applicant = sa.select(element.c.id).where(
        element.c.applicant_id == participant.id,
        element.c.custodians_not_told_because.is_not(None),
        element.c.custodians_told_on.is_(None),
    )
    kept_here = sa.or_(
        sa.and_(here.c.counselled, sa.not_(counselled.correlate_except(counselling).exists())),
        sa.and_(here.c.not_told_until > today, sa.not_(applicant.correlate_except(element).exists())),
    )
    went = here.outerjoin(into, into.c.case_id == here.c.merged_into_id)
    kept = sa.select(here.c.case_id).select_from(went)
    kept = kept.where(here.c.case_id == participant.case_id, sa.or_(kept_here, is_kept(into.c, today)))
    return kept.correlate_except(here, into).exists()


def all_addressees(row: Row, consultation: str, today: Any, *said: Callable[[Any], sa.ColumnElement[bool]]) -> Any:
    """Whether all addressees of the row's case, and there is one, are invited to the consultation that the column
    names, and have said so. Nobody is passed over by not being invited, but from whom something is kept there."""
    participant: Any = Participant.__table__.alias()  # type: ignore[attr-defined]
    invited: Any = ConsultationParticipant.__table__.alias()  # type: ignore[attr-defined]
    asked = sa.select(invited.c.id).where(
        invited.c.consultation_id == row[consultation], invited.c.participant_id == participant.c.id
    )
    consents = asked.where(*(each(invited.c) for each in said)).correlate_except(invited).exists()
    counts = sa.or_(sa.not_(_is_kept_out(participant.c, today)), asked.correlate_except(invited).exists())
    whom_it_is_about = sa.select(sa.func.bool_and(consents)).where(
        counts,
        participant.c.case_id == row.case_id,
        participant.c.kind == sa.literal_column(f"'{ParticipantKind.ADDRESSEE}'"),
        participant.c.merged_into_id.is_(None),
        participant.c.left_on.is_(None),
    )
    return sa.func.coalesce(whom_it_is_about.correlate_except(participant).scalar_subquery(), sa.false())


def _everybody_asked(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    invited: Any = ConsultationParticipant.__table__.alias()  # type: ignore[attr-defined]
    outside = sa.select(invited.c.id).where(invited.c.consultation_id == row.id, invited.c.participant_id.is_(None))
    among_themselves = sa.not_(outside.correlate_except(invited).exists())
    return sa.or_(among_themselves, all_addressees(row, "id", reader.today))


PREPARED = Guard(_prepared, "whoever moderates and interprets has agreed to come", NotPreparedYet)
EVERYBODY_ASKED = Guard(
    _everybody_asked, "nobody from outside is invited, or all addressees of its case are", NotAskedYet
)


class RecordExpertEffort(Command):
    """How long they were there, and what they get for it."""

    hours: HoursOfADay = Field(description="Hours, with two decimals, as text.")
    fee: Amount | None = Field(None, description="What they get for it, EUR; null if they want nothing.")


CAME_AS_EXPERT = Guard(
    lambda reader, row: sa.and_(
        row.role == sa.literal_column(f"'{R.EXPERT_BY_EXPERIENCE}'"),
        row.consent == sa.literal_column(f"'{Consent.GIVEN}'"),
    ),
    "they are an expert by experience there, and have accepted",
    NotAnExpertThere,
)


@operation(
    policy.RECORD_EFFORT, on=ConsultationParticipant, answers=ConsultationParticipantView, guards=(CAME_AS_EXPERT,)
)
async def record_expert_effort(
    act: Act, consultationparticipant: ConsultationParticipant, command: RecordExpertEffort
) -> ConsultationParticipant:
    """Record how long an expert by experience was there, and their fee. It is told to them and to whoever leads the
    case; it pays nothing by itself."""
    act.change(consultationparticipant, hours=command.hours, fee=command.fee)
    return consultationparticipant


async def can_come(act: Act, consultation: Consultation, role: ConsultationRole, actor_id: UUID | None) -> bool:
    """Whether somebody from outside holds a role, in this authority and now, that fits."""
    if role is R.FAMILY:
        return False
    roles = AS.get(role, policy.INVITABLE)
    held = select(AccessGrant.id).where(
        AccessGrant.actor_id == actor_id,
        AccessGrant.authority_id == consultation.authority_id,
        col(AccessGrant.role).in_([role.value for role in roles]),
        col(AccessGrant.approved_by).is_not(None),
        in_force(columns_of(AccessGrant)),
    )
    if (await act.session.exec(held)).first() is None:
        return False
    if role is not R.MODERATOR or consultation.social_space_id is None:
        return True
    return await reaches(act, actor_id, consultation.authority_id, consultation.social_space_id, *roles)


async def is_independent(act: Act, case_id: UUID, actor_id: UUID | None) -> bool:
    """Whoever coordinates a family council neither leads the case, nor stands in there, nor has decided in it, nor
    works in it for a provider, nor for one that has work in it (facts, section 1.7)."""
    working = CaseAccess.basis == Basis.TRANSMISSION.value
    there = select(CaseAccess.id).where(
        CaseAccess.case_id == case_id, CaseAccess.actor_id == actor_id, working, in_force(columns_of(CaseAccess))
    )
    decided = select(Decision.id).where(
        Decision.case_id == case_id,
        sa.or_(col(Decision.decided_by_id) == actor_id, col(Decision.second_professional_id) == actor_id),
    )
    leads = leading(col(CaseAccess.case_id) == case_id, col(CaseAccess.actor_id) == actor_id, also_to_come=True)
    assigned: Any = SQLModel.metadata.tables["assignment"].c
    provides = select(Membership.id).where(
        Membership.actor_id == actor_id,
        in_force(columns_of(Membership)),
        sa.exists().where(
            assigned.case_id == case_id,
            assigned.organisation_id == col(Membership.organisation_id),
            sa.or_(assigned.valid_to.is_(None), assigned.valid_to > sa.func.now()),
        ),
    )
    queries: tuple[Any, ...] = (there, decided, leads, provides)
    for query in queries:
        if (await act.session.exec(query)).first() is not None:
            return False
    return True


async def who_counts(act: Act, consultation: Any, case_id: UUID) -> set[UUID]:
    """Of the addressees of the case all who are asked: see `all_addressees`."""
    invited = select(ConsultationParticipant.participant_id).where(
        ConsultationParticipant.consultation_id == consultation
    )
    asked = set((await act.session.exec(invited)).all())
    whom_it_is_about = select(Participant).where(
        Participant.case_id == case_id,
        Participant.kind == ParticipantKind.ADDRESSEE.value,
        col(Participant.merged_into_id).is_(None),
        col(Participant.left_on).is_(None),
    )
    there = (await act.session.exec(whom_it_is_about)).all()
    return {each.id for each in there if each.id in asked or not await keeps_out(act, each)}


async def settle_what_moderators_read(act: Act, consultation_id: UUID) -> None:
    """All addressees of the case let whoever moderates read it, or nobody does. Locked: two who answer at the same time
    count each other."""
    held = select(Consultation).where(Consultation.id == consultation_id).with_for_update()
    consultation = (await act.session.exec(held)).one_or_none()
    if consultation is None:  # whoever answers from outside neither sees nor changes it
        return
    await act.session.flush()
    invited = select(ConsultationParticipant.participant_id).where(
        ConsultationParticipant.consultation_id == consultation_id,
        ConsultationParticipant.consent == Consent.GIVEN.value,
        col(ConsultationParticipant.moderator_reads),
    )
    there = await who_counts(act, consultation_id, consultation.case_id)
    reads = bool(there) and there <= set((await act.session.exec(invited)).all())
    if consultation.moderator_reads is not reads:
        act.change(consultation, moderator_reads=reads)
