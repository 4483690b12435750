"""Family time: the family is among itself. What it writes is its own until it releases its plan (facts, 1.7)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from service.domain.act import Act, Command, Guard, operation
from service.domain.consultations import policy
from service.domain.consultations.consulting import R, S, enter, present_phase
from service.domain.consultations.model import (
    Consent,
    Consultation,
    ConsultationParticipant,
    ConsultationPhase,
    FamilyDraft,
    FamilyPlan,
)
from service.domain.consultations.views import FamilyDraftView, FamilyPlanView
from service.domain.errors import DomainError
from service.domain.policy import Reader, Row
from service.domain.values import ClientId, Words


@dataclass(eq=False)
class NotFamilyTime(DomainError):
    code, title = "not-family-time", "It is not family time now."
    advice = "GET /v1/consultations/{id} tells the present phase, GET /v1/consultation-methods/{id} which one it is."


@dataclass(eq=False)
class PlanLookedAt(DomainError):
    code, title = "plan-looked-at", "This plan was accepted already, or given back."
    advice = "The family releases a new one, if it was given back: POST /v1/family-drafts/{id}/release."


@dataclass(eq=False)
class NotHeldNow(DomainError):
    code, title = "not-held-now", "The consultation of this plan is not being held any more."
    advice = "The plan stays as it is. To go on with it, wish for another one: POST /v1/cases/{id}/consultations."


def _in_family_time(row: Row, id: str) -> sa.ColumnElement[bool]:
    consultation: Any = Consultation.__table__.alias()  # type: ignore[attr-defined]
    phase, found = present_phase(row, consultation=consultation.c)
    now = found.where(phase.c.family_time).correlate_except(phase).exists()
    held = sa.select(consultation.c.id).where(consultation.c.id == row[id], now)
    return held.correlate_except(consultation).exists()


def _still_held(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    consultation: Any = Consultation.__table__.alias()  # type: ignore[attr-defined]
    held = sa.select(consultation.c.id).where(
        consultation.c.id == row.consultation_id, consultation.c.state == sa.literal_column(f"'{S.HELD}'")
    )
    return held.correlate_except(consultation).exists()


STILL_HELD = Guard(_still_held, "its consultation is still being held", NotHeldNow)
IN_FAMILY_TIME = Guard(lambda reader, row: _in_family_time(row, "id"), "it is family time", NotFamilyTime)
STILL_FAMILY_TIME = Guard(
    lambda reader, row: _in_family_time(row, "consultation_id"), "it is family time", NotFamilyTime
)
NOT_LOOKED_AT = Guard(
    lambda reader, row: sa.and_(row.accepted_at.is_(None), row.returned_because.is_(None)),
    "it was neither accepted nor given back",
    PlanLookedAt,
)


class WriteFamilyDraft(Command):
    """What you write, for yourselves."""

    id: ClientId
    words: Words


class ReturnFamilyPlan(Command):
    """What is not clear, safe or lawful in it."""

    reasons: Words = Field(description="What is not clear, safe or lawful yet: in words for the family.")


def _its_own(consultation_id: UUID) -> SelectOfScalar[Consultation]:
    """The consultation, to be changed."""
    return select(Consultation).where(Consultation.id == consultation_id).with_for_update()


@operation(policy.WRITE_DRAFT, on=Consultation, answers=FamilyDraftView, states=(S.HELD,), guards=(IN_FAMILY_TIME,))
async def write_family_draft(act: Act, consultation: Consultation, command: WriteFamilyDraft) -> FamilyDraft:
    """Write something down for your family. Only those of you who take part can read it, once they have said yes; no
    office, ever."""
    family = select(ConsultationParticipant.id).where(
        ConsultationParticipant.consultation_id == consultation.id,
        ConsultationParticipant.role == R.FAMILY.value,
        ConsultationParticipant.consent != Consent.REFUSED.value,
        col(ConsultationParticipant.consents_only).is_(False),
    )
    return act.add(
        FamilyDraft(
            id=command.id,
            authority_id=consultation.authority_id,
            case_id=consultation.case_id,
            consultation_id=consultation.id,
            circle=sorted((await act.session.exec(family)).all()),
            author_id=act.actor.id,
            words=command.words,
        )
    )


@operation(policy.RELEASE_PLAN, on=FamilyDraft, answers=FamilyPlanView, versioned=False, guards=(STILL_FAMILY_TIME,))
async def release_family_plan(act: Act, familydraft: FamilyDraft) -> FamilyPlan:
    """Release this as your plan: from now on the others in the case can read it. Your other drafts stay yours."""
    for consultation in (await act.session.exec(_its_own(familydraft.consultation_id))).all():
        act.change(consultation, plan_released=True)
    return act.add(
        FamilyPlan(
            authority_id=familydraft.authority_id,
            case_id=familydraft.case_id,
            consultation_id=familydraft.consultation_id,
            author_id=act.actor.id,
            words=familydraft.words,
        )
    )


@operation(policy.LOOK_AT_PLAN, on=FamilyPlan, answers=FamilyPlanView, guards=(NOT_LOOKED_AT, STILL_HELD))
async def accept_family_plan(act: Act, familyplan: FamilyPlan) -> FamilyPlan:
    """Accept the family's plan: it is clear, safe and lawful. Help that it asks for is still decided on its own."""
    act.change(familyplan, accepted_at=act.now)
    return familyplan


@operation(policy.LOOK_AT_PLAN, on=FamilyPlan, answers=FamilyPlanView, guards=(NOT_LOOKED_AT, STILL_HELD))
async def return_family_plan(act: Act, familyplan: FamilyPlan, command: ReturnFamilyPlan) -> FamilyPlan:
    """Ask the family to go on with it, and say what is not clear, safe or lawful yet. It is family time again."""
    act.change(familyplan, returned_because=command.reasons)
    standing = select(FamilyPlan.id).where(
        FamilyPlan.consultation_id == familyplan.consultation_id,
        FamilyPlan.id != familyplan.id,
        col(FamilyPlan.returned_because).is_(None),
    )
    another = (await act.session.exec(standing)).first() is not None
    for consultation in (await act.session.exec(_its_own(familyplan.consultation_id))).all():
        act.change(consultation, plan_released=another)
        earlier = (
            select(ConsultationPhase.position)
            .where(ConsultationPhase.method_id == consultation.method_id, ConsultationPhase.family_time)
            .where(ConsultationPhase.position <= consultation.phase)
            .order_by(col(ConsultationPhase.position).desc())
        )
        position = (await act.session.exec(earlier)).first()
        if position is not None:
            await enter(act, consultation, position)
    return familyplan
