"""Consultations (deck lines 164-176; facts, sections 1.7 and 4): people come together around one question somebody has.
What comes of it is advice. It never grants anything: a decision is the public agency's alone (facts, DR1)."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from service.domain.cases.endings import Because
from service.domain.cases.model import Audience, Heard
from service.domain.rows import Scoped, Shape, Versioned, ids, moment, one_of, own_id, reference, secured, word, words


class ConsultationState(StrEnum):
    """Where a consultation stands."""

    REQUESTED = "requested"
    CONSENTED = "consented"
    SCHEDULED = "scheduled"
    HELD = "held"
    RESULTS_RECORDED = "results_recorded"
    FOLLOWED_UP = "followed_up"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class ConsultationRole(StrEnum):
    """What somebody does in a consultation. The family are those whom it is about and whom they bring along."""

    FAMILY = "family"
    CASE_GIVER = "case_giver"
    MODERATOR = "moderator"
    COORDINATOR = "coordinator"
    IDEA_GIVER = "idea_giver"
    EXPERT_BY_EXPERIENCE = "expert_by_experience"
    INTERPRETER = "interpreter"


class RequiredRecord(StrEnum):
    """What a phase leaves in writing; from «about me» on entries, one by one: of a resource check who somebody is,
    their strengths, what they say to that, and opportunities; of a safety mapping what one worries about, what works
    well, what needs to happen, where each places it from 0 to 10, and who belongs to the network."""

    SKETCH = "sketch"  # the case, without names
    IDEAS = "ideas"  # what others have thought of
    CHOICE = "choice"  # which of these ideas the family takes up
    FAMILY_PLAN = "family_plan"  # what the family has agreed among themselves
    RESULTS = "results"  # what came of it
    ABOUT_ME = "about_me"  # who somebody is
    STRENGTHS = "strengths"  # what somebody is good at
    FEEDBACK = "feedback"  # what they say to that
    OPPORTUNITIES = "opportunities"  # what can be used
    WORRIES = "worries"  # what one worries about
    WORKING_WELL = "working_well"  # what works well
    NEEDS_TO_HAPPEN = "needs_to_happen"  # what needs to happen
    SCALE = "scale"  # where each places it, from 0 to 10
    NETWORK = "network"  # who belongs to the network


class ConsultationEntryKind(StrEnum):
    """What an entry of a consultation is: the records that are kept one by one."""

    ABOUT_ME = RequiredRecord.ABOUT_ME.value
    STRENGTHS = RequiredRecord.STRENGTHS.value
    FEEDBACK = RequiredRecord.FEEDBACK.value
    OPPORTUNITIES = RequiredRecord.OPPORTUNITIES.value
    WORRIES = RequiredRecord.WORRIES.value
    WORKING_WELL = RequiredRecord.WORKING_WELL.value
    NEEDS_TO_HAPPEN = RequiredRecord.NEEDS_TO_HAPPEN.value
    SCALE = RequiredRecord.SCALE.value
    NETWORK = RequiredRecord.NETWORK.value


class ResourceKind(StrEnum):
    """Of which kind a resource is."""

    PERSONAL = "personal"
    SOCIAL = "social"
    MATERIAL = "material"
    INFRASTRUCTURAL = "infrastructural"


class Consent(StrEnum):
    """What somebody who is invited says to it. They can change their mind until it is held."""

    ASKED = "asked"  # has not answered yet
    GIVEN = "given"  # comes
    REFUSED = "refused"  # does not come


class RareFeature(StrEnum):
    """By what somebody could recognise a case in spite of its pseudonym."""

    FEW_CASES_LIKE_IT = "few_cases_like_it"  # few cases of the social space are like it
    OTHER_LANGUAGE = "other_language"  # somebody speaks another language than German
    MANY_PEOPLE = "many_people"  # many people belong to it
    YOUNG_CHILD = "young_child"  # there is a very young child
    REPRESENTED_OTHERWISE = "represented_otherwise"  # somebody is represented by others than parents
    NUMBERS = "numbers"  # numbers, such as dates and addresses, stand in the texts


class Everywhere(SQLModel):
    """Of an authority, or (null) of all of them."""

    authority_id: UUID | None = reference("authority", optional=True, index=False)


class Named(SQLModel):
    """In the languages of the service."""

    name_de: str = Field(sa_type=sa.Text)
    name_en: str = Field(sa_type=sa.Text)
    name_simple: str = Field(sa_type=sa.Text)


@secured(Shape.OPEN)
class ConsultationMethod(Everywhere, Named, table=True):
    """A template: which phases, in which order, which roles it takes, and without which of them it is not finished. An
    authority adds its own as rows; one that is changed is a new edition, and what runs keeps its own."""

    __tablename__ = "consultation_method"
    __table_args__ = (
        sa.UniqueConstraint("authority_id", "code", "edition"),
        sa.CheckConstraint("required_roles <@ roles", name="required_roles"),
    )

    id: UUID = own_id()
    code: str = Field(sa_type=sa.Text)
    edition: int = Field(default=1, sa_column_kwargs={"server_default": sa.text("1")})
    replaced_on: date | None = None
    roles: list[str] = words()
    required_roles: list[str] = Field(
        default_factory=list,
        sa_type=ARRAY(sa.Text()),
        nullable=False,
        sa_column_kwargs={"server_default": sa.text("'{}'")},
    )


@secured(Shape.OPEN)
class ConsultationPhase(Everywhere, Named, table=True):
    """A part of a method, and what it leaves in writing. Family time is the family's alone."""

    __tablename__ = "consultation_phase"
    __table_args__ = (sa.UniqueConstraint("method_id", "position"),)

    id: UUID = own_id()
    method_id: UUID = reference("consultation_method", index=False)
    position: int
    family_time: bool = False
    records: list[str] = words()


@secured(Shape.SHARED, "moderator_id")
class Consultation(Scoped, Versioned, table=True):
    """One consultation in a case, around one question. `phase` is the position of the present phase; 0 before. That the
    family has released a plan is noted here for whoever moderates: the plan itself they do not see. `moderator_reads`:
    all addressees let them read what it is about."""

    __tablename__ = "consultation"
    __table_args__ = (
        one_of("state", ConsultationState),
        sa.CheckConstraint("(state = 'held') = (phase > 0)", name="phase"),
        one_of("cancelled_with", Because),
        sa.CheckConstraint(
            "(state = 'cancelled') = (num_nonnulls(cancelled_because, cancelled_with) = 1)", name="cancelled"
        ),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    case_pseudonym: str = Field(sa_type=sa.Text)
    social_space_id: UUID | None = reference("social_space", optional=True, index=False)
    method_id: UUID = reference("consultation_method", index=False)
    question: str = Field(sa_type=sa.Text)
    must_hold: str | None = Field(default=None, sa_type=sa.Text)
    state: str = word(ConsultationState.REQUESTED)
    phase: int = 0
    plan_released: bool = False
    moderator_reads: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    moderator_id: UUID | None = reference("actor", optional=True)
    starts_at: datetime | None = moment(optional=True)
    venue: str | None = Field(default=None, sa_type=sa.Text)
    interpreting: str | None = Field(default=None, sa_type=sa.Text)
    choice: str | None = Field(default=None, sa_type=sa.Text)
    chosen_by_id: UUID | None = reference("actor", optional=True, index=False)
    steps: list[UUID] = ids()
    follow_up_on: date | None = None
    lacking_because: str | None = Field(default=None, sa_type=sa.Text)
    follow_up: str | None = Field(default=None, sa_type=sa.Text)
    cancelled_because: str | None = Field(default=None, sa_type=sa.Text)
    cancelled_with: str | None = word(optional=True)


@secured(Shape.INVITED, "actor_id")
class ConsultationParticipant(Scoped, Versioned, table=True):
    """Somebody who is invited: from the case, or from outside it (`participant_id` is null). Those from outside do not
    see the consultation: `starts_at` tells them when it is, `ended` that it is over, `called_off` that it fell away.
    `moderator_reads`: of somebody of the case, that whoever moderates may read it; `hours` and `fee` (EUR): of experts
    by experience, how long they were there and what they get for it. `consents_only`: asked about
    the sketch that tells of them alone, and none of those who sit there together."""

    __tablename__ = "consultation_participant"
    __table_args__ = (
        one_of("role", ConsultationRole),
        one_of("consent", Consent),
        sa.CheckConstraint("coalesce(participant_id, actor_id) IS NOT NULL", name="somebody"),
        sa.CheckConstraint("participant_id IS NULL OR starts_at IS NULL", name="told"),
        sa.UniqueConstraint("consultation_id", "participant_id", "actor_id"),
        sa.CheckConstraint("role = 'expert_by_experience' OR num_nonnulls(hours, fee) = 0", name="effort"),
        sa.CheckConstraint("hours > 0 AND hours <= 24", name="hours"),
        sa.CheckConstraint("fee >= 0", name="fee"),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    consultation_id: UUID = reference("consultation", index=False)
    role: str = word()
    participant_id: UUID | None = reference("participant", optional=True, index=False)
    actor_id: UUID | None = reference("actor", optional=True)
    consent: str = word(Consent.ASKED)
    answered_at: datetime | None = moment(optional=True)
    starts_at: datetime | None = moment(optional=True)
    consents_only: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    ended: bool = False
    called_off: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    moderator_reads: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    hours: Decimal | None = Field(default=None, sa_type=sa.Numeric(4, 2), nullable=True)
    fee: Decimal | None = Field(default=None, sa_type=sa.Numeric(14, 2), nullable=True)


@secured(Shape.SHARED, "invited")
class ConsultationSketch(Scoped, Versioned, table=True):
    """What those from outside are told (§ 64(2a) SGB VIII). Nobody is, until whoever leads the case has read it and its
    rare features, and lets it go out; `invited` names nobody before."""

    __tablename__ = "consultation_sketch"
    __table_args__ = (
        sa.UniqueConstraint("consultation_id"),
        sa.CheckConstraint("released_at IS NOT NULL OR cardinality(invited) = 0", name="released"),
        sa.Index("consultation_sketch_invited", "invited", postgresql_using="gin"),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    consultation_id: UUID = reference("consultation", index=False)
    case_pseudonym: str = Field(sa_type=sa.Text)
    question: str = Field(sa_type=sa.Text)
    rare_features: list[str] = words()
    words: str = Field(sa_type=sa.Text)
    invited: list[UUID] = ids()
    ideas_wanted: bool = False
    released_at: datetime | None = moment(optional=True)


@secured(Shape.SHARED, "author_id")
class Idea(Scoped, table=True):
    """An idea, as it came: nobody rates it. Whether it is chosen is for those whom it is about to say."""

    __tablename__ = "idea"

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    consultation_id: UUID = reference("consultation")
    author_id: UUID = reference("actor")
    words: str = Field(sa_type=sa.Text)
    chosen: bool = False
    created_at: datetime = moment(now=True)


@secured(Shape.CASE)
class ConsultationEntry(Scoped, Heard, table=True):
    """One thing that was said in a consultation and is kept: a worry, a strength, where somebody places it from 0 to
    10. Each stays its author's, and nothing is averaged."""

    __tablename__ = "consultation_entry"
    __table_args__ = (
        one_of("audience", Audience),
        one_of("kind", ConsultationEntryKind),
        one_of("resource", ResourceKind),
        sa.CheckConstraint("(kind = 'scale') = (value IS NOT NULL)", name="value"),
        sa.CheckConstraint("value BETWEEN 0 AND 10", name="scale"),
        sa.CheckConstraint("resource IS NULL OR kind IN ('strengths', 'opportunities')", name="resources"),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    consultation_id: UUID = reference("consultation")
    kind: str = word()
    words: str = Field(sa_type=sa.Text)
    value: int | None = None
    resource: str | None = word(optional=True)
    created_at: datetime = moment(now=True)


@secured(Shape.CIRCLE, "circle")
class FamilyDraft(Scoped, table=True):
    """What the family writes in its own time. Nobody else reads it, and nobody else writes. `circle` are the
    invitations of those who wrote it together, so that whoever of them has a login only later reads it, too."""

    __tablename__ = "family_draft"

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    consultation_id: UUID = reference("consultation")
    circle: list[UUID] = ids()
    author_id: UUID = reference("actor", index=False)
    words: str = Field(sa_type=sa.Text)
    created_at: datetime = moment(now=True)


@secured(Shape.CASE)
class FamilyPlan(Scoped, Versioned, table=True):
    """What the family lets the others read: its plan. Accepted if it is clear, safe and lawful; else they go on."""

    __tablename__ = "family_plan"
    __table_args__ = (sa.CheckConstraint("accepted_at IS NULL OR returned_because IS NULL", name="either"),)

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    consultation_id: UUID = reference("consultation")
    author_id: UUID = reference("actor", index=False)
    words: str = Field(sa_type=sa.Text)
    accepted_at: datetime | None = moment(optional=True)
    returned_because: str | None = Field(default=None, sa_type=sa.Text)
