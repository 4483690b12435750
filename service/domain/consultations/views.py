"""Consultations as those who take part see them, each as far as it is theirs to know."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.cases.contesting import contestable
from service.domain.cases.endings import BECAUSE
from service.domain.cases.picture import TextAbout
from service.domain.cases.views import CaseView, ParticipantView, StepView
from service.domain.consultations import policy
from service.domain.consultations.model import (
    Consent,
    Consultation,
    ConsultationMethod,
    ConsultationParticipant,
    ConsultationPhase,
    ConsultationRole,
    ConsultationSketch,
    ConsultationState,
    FamilyDraft,
    FamilyPlan,
    Idea,
    RareFeature,
    RequiredRecord,
)
from service.domain.consultations.wording import ADVICE, CONSENTS, CONSENTS_ONLY, CONSULTATION_STATES, ROLES
from service.domain.context import text
from service.domain.policy import Part, Reader, Row
from service.domain.values import Money
from service.domain.views import Many, One, Page, Record, Shown, Sql, link, view
from service.domain.words import appointment, label, named, words_or


def _when(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    return sa.case((row.starts_at.is_not(None), appointment("starts_at")(row, reader)))


def _consent(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    consents, comes = (label("consent", each)(row, reader) for each in (CONSENTS_ONLY, CONSENTS))
    return sa.case((row.consents_only, consents), else_=comes)


_why_not = words_or("cancelled_because", "cancelled_with", BECAUSE)


@view(
    ConsultationPhase,
    policy.READ_METHOD,
    plural="consultation_phases",
    filters=("method_id",),
    orders=("position",),
)
class ConsultationPhaseView(Record):
    """A part of a method, and what it leaves in writing."""

    id: UUID
    method_id: UUID
    position: int = Field(description="Its place in the method, from 1.")
    name: Annotated[str, Sql(named)] = Field(description="In your language.")
    family_time: bool = Field(description="Whether it is the family's alone: nobody else reads or writes in it.")
    records: list[RequiredRecord] = Field(description="What it leaves in writing.")


@view(ConsultationMethod, policy.READ_METHOD, plural="consultation_methods", filters=("authority_id", "code"))
class ConsultationMethodView(Record):
    """A template of a consultation. Some are there for everybody, others an authority has added."""

    id: UUID
    authority_id: UUID | None = Field(description="Whose it is; null for one that is there everywhere.")
    code: str = Field(description="Its stable short name.")
    name: Annotated[str, Sql(named)] = Field(description="In your language.")
    edition: int = Field(description="Counted up whenever it is changed.")
    replaced_on: date | None = Field(description="When a newer edition took its place; null of the present one.")
    roles: list[ConsultationRole] = Field(description="Who it takes.")
    required_roles: list[ConsultationRole] = Field(description="Without whom it is not finished, but for a reason.")
    phases: Annotated[Page[ConsultationPhaseView], Many("method_id")]


@view(
    Consultation,
    policy.READ_CONSULTATION,
    plural="consultations",
    filters=("case_id", "state"),
    subject="case_id",
)
class ConsultationView(Record):
    """People come together around one question. What comes of it is advice, and never a grant."""

    id: UUID
    case_id: UUID
    case_pseudonym: str
    method_id: UUID = Field(description="The method it follows.")
    state: ConsultationState
    state_label: Annotated[str, Sql(label("state", CONSULTATION_STATES))]
    phase: int = Field(description="The present phase of the method; 0 unless it is being held.")
    moderator_id: UUID | None = Field(description="Who moderates, of the social-space management.")
    moderator_reads: bool = Field(
        description="Whether whoever moderates reads what it is about; all addressees have to let them."
    )
    starts_at: datetime | None = Field(description="When; null as long as that is open.")
    when: Annotated[str | None, Sql(_when)] = Field(description="When, as people say it.")
    venue: str | None = Field(description="Where.")
    interpreting: str | None = Field(description="For which language somebody interprets, if it takes that.")
    question: Annotated[str | None, Shown(policy.READ_QUESTION)] = Field(description="The one question it is about.")
    must_hold: Annotated[str | None, Shown(policy.READ_WHAT_FOR)] = Field(
        description="What has to be ensured in any case; it is said before, not afterwards."
    )
    choice: Annotated[str | None, Shown(policy.READ_CHOICE)] = Field(
        description="What those whom it is about choose, in their own words."
    )
    steps: Annotated[list[UUID] | None, Shown(policy.READ_CONTENT)] = Field(description="The steps that follow.")
    follow_up_on: Annotated[date | None, Shown(policy.READ_CONTENT)] = Field(description="When you look at it again.")
    lacking_because: Annotated[str | None, Shown(policy.READ_CONTENT)] = Field(
        description="Why it was finished without something that the method takes, if it was."
    )
    follow_up: Annotated[str | None, Shown(policy.READ_CONTENT)] = Field(description="What has become of it.")
    advice: Annotated[str, Sql(lambda row, reader: text(ADVICE[reader.language]))] = Field(
        description="That its result is advice, in your language."
    )
    cancelled_because: Annotated[str | None, Shown(policy.READ_WHAT_FOR), Sql(_why_not)] = Field(
        description="Why it is not held."
    )
    withheld: list[str]
    version: int


@view(
    ConsultationParticipant,
    policy.READ_INVITATION,
    plural="consultation_participants",
    filters=("consultation_id", "role", "consent"),
    subject="case_id",
)
class ConsultationParticipantView(Record):
    """Somebody who is invited to a consultation, and what they say to it."""

    id: UUID
    consultation_id: UUID
    role: ConsultationRole = Field(description="What they do there.")
    role_label: Annotated[str, Sql(label("role", ROLES))] = Field(description="In your language.")
    participant_id: UUID | None = Field(description="Who it is in the case; null for somebody from outside.")
    actor_id: UUID | None = Field(description="Under which login; null without one.")
    consent: Consent = Field(description="What they say to it.")
    consent_label: Annotated[str, Sql(_consent)] = Field(description="In your language.")
    consents_only: bool = Field(
        description="Whether they are asked about what is told of them alone, and do not come themselves."
    )
    answered_at: datetime | None = Field(description="When they said so.")
    starts_at: datetime | None = Field(
        description="When it begins, of somebody from outside; the others are told by the consultation."
    )
    when: Annotated[str | None, Sql(_when)] = Field(description="When, as people say it.")
    moderator_reads: bool = Field(
        description="Of somebody of the case: whether they let whoever moderates read what it is about."
    )
    hours: Annotated[Money | None, Shown(policy.READ_EFFORT)] = Field(
        description="Of an expert by experience: how many hours they were there, with two decimals."
    )
    fee: Annotated[Money | None, Shown(policy.READ_EFFORT)] = Field(
        description="Of an expert by experience: what they get for it, EUR."
    )
    withheld: list[str]
    version: int


@view(
    ConsultationSketch,
    policy.READ_SKETCH,
    plural="consultation_sketches",
    filters=("consultation_id",),
    subject="case_id",
)
class ConsultationSketchView(Record):
    """A case without identity, for those from outside. It goes out when whoever leads the case lets it."""

    id: UUID
    consultation_id: UUID
    case_pseudonym: str
    question: str = Field(description="The one question it is about.")
    words: str = Field(description="The case, so that nobody is recognised.")
    rare_features: Annotated[list[RareFeature] | None, Shown(policy.LEADING)] = Field(
        description="By what somebody could recognise it all the same: for whoever lets it go out."
    )
    ideas_wanted: bool = Field(description="Whether ideas can be given now.")
    released_at: datetime | None = Field(description="When it went out; null as long as it has not.")
    withheld: list[str]
    version: int


@view(Idea, policy.READ_IDEA, plural="ideas", filters=("consultation_id",), subject="case_id")
class IdeaView(Record):
    """An idea, as it came. Nobody rates it."""

    id: UUID
    consultation_id: UUID
    words: str
    chosen: bool = Field(description="Whether those whom it is about have chosen it.")
    created_at: datetime


@view(FamilyDraft, policy.READ_DRAFT, plural="family_drafts", filters=("consultation_id",), subject="case_id")
class FamilyDraftView(Record):
    """What the family writes in its own time: for itself."""

    id: UUID
    consultation_id: UUID
    author_id: UUID
    words: str
    created_at: datetime


@view(FamilyPlan, policy.READ_FAMILY_PLAN, plural="family_plans", filters=("consultation_id",), subject="case_id")
class FamilyPlanView(Record):
    """A family's own plan, as it has released it."""

    id: UUID
    case_id: UUID
    consultation_id: UUID
    words: str
    accepted_at: datetime | None = Field(description="When it was accepted as clear, safe and lawful.")
    returned_because: str | None = Field(description="Why the family was asked to go on with it.")
    created_at: datetime
    version: int


def _its_steps(there: Row, here: Row, reader: Reader) -> sa.ColumnElement[bool]:
    return sa.and_(there.case_id == here.case_id, there.id == sa.any_(here.steps))


contestable(TextAbout.CONSULTATION, Consultation, policy.OF_THE_CASE, Part.CONCERN, ConsultationView)
contestable(TextAbout.CONSULTATION_SKETCH, ConsultationSketch, policy.OF_THE_CASE, Part.CONCERN, ConsultationSketchView)
link(ConsultationPhaseView, "method", One("method_id"), ConsultationMethodView)
link(CaseView, "consultations", Many("case_id"), ConsultationView)
link(ConsultationView, "case", One("case_id"), CaseView)
link(ConsultationView, "method", One("method_id"), ConsultationMethodView)
link(ConsultationView, "participants", Many("consultation_id"), ConsultationParticipantView)
link(ConsultationView, "sketches", Many("consultation_id"), ConsultationSketchView)
link(ConsultationView, "ideas", Many("consultation_id"), IdeaView)
link(ConsultationView, "family_drafts", Many("consultation_id"), FamilyDraftView)
link(ConsultationView, "family_plans", Many("consultation_id"), FamilyPlanView)
link(ConsultationView, "following_steps", Many(_its_steps), StepView)
link(ConsultationParticipantView, "participant", One("participant_id"), ParticipantView)
