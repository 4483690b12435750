"""A case: one concern of one household constellation, asked about in the person's own words, and worked on in goals
and steps (deck lines 115-160; facts, section 4)."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from service.domain.rows import Scoped, Shape, Versioned, ids, moment, one_of, own_id, reference, secured, word
from service.domain.values import Language


class CaseState(StrEnum):
    """Where a case stands in its life (facts, section 4): from enquiry to closed, and aside of that shown on to another
    body, just handed over and not yet taken up, or merged into another case as its duplicate."""

    ENQUIRY = "enquiry"
    COUNSELLING = "counselling"
    CLARIFICATION = "clarification"
    ARRANGEMENT_PLANNING = "arrangement_planning"
    ACTIVE = "active"
    REVIEW = "review"
    CLOSING = "closing"
    AFTER_CARE = "after_care"
    CLOSED = "closed"
    REDIRECTED = "redirected"
    TRANSFERRED = "transferred"
    MERGED = "merged"


OVER = (CaseState.CLOSED, CaseState.REDIRECTED)
PARTING = (CaseState.CLOSING, CaseState.AFTER_CARE)
UNMERGED = tuple(state for state in CaseState if state is not CaseState.MERGED)


class FieldOfAction(StrEnum):
    """The field of social work a case belongs to."""

    YOUTH_WELFARE = "youth_welfare"  # Kinder- und Jugendhilfe
    SOCIAL_ASSISTANCE = "social_assistance"  # Sozialhilfe
    PARTICIPATION = "participation"  # Eingliederungshilfe
    JOB_CENTRE = "job_centre"  # Grundsicherung für Arbeitsuchende


class ParticipantKind(StrEnum):
    """Who somebody is in a case. An addressee is a young person or an adult: the day of birth tells. A trusted person
    is chosen by an addressee; a network person needs no account."""

    ADDRESSEE = "addressee"
    CUSTODIAN = "custodian"
    REPRESENTATIVE = "representative"
    TRUSTED_PERSON = "trusted_person"
    NETWORK_PERSON = "network_person"


class RepresentationKind(StrEnum):
    """By what: custody of a minor (§§ 1626, 1773, 1809 BGB), care by law (§ 1814 BGB), a written power (§ 13 SGB X)."""

    PARENT = "parent"
    GUARDIAN = "guardian"
    CURATOR = "curator"
    LEGAL_CARER = "legal_carer"
    ATTORNEY = "attorney"


class Numeral(StrEnum):
    """The questions of the support sequence, asked in this order; an order of asking, never a gate."""

    I = "I"  # noqa: E741
    II = "II"
    III = "III"
    IV = "IV"
    V = "V"
    VI = "VI"
    VII = "VII"


AT_CLOSING = (Numeral.VI, Numeral.VII)


class QuestionState(StrEnum):
    """Whether somebody has answered a question, or it is left out for a stated reason."""

    NOT_STARTED = "not_started"
    ANSWERED = "answered"
    SKIPPED = "skipped"


class Audience(StrEnum):
    """Who may read a statement, besides its author."""

    AUTHOR = "author"  # nobody else
    NAMED = "named"  # those who are named with it
    ALL = "all"  # everybody in the case who may read such things


class GoalKind(StrEnum):
    """A direction to go in, or something to be done."""

    DIRECTION = "direction"  # where somebody wants to get to (Richtungsziel)
    ACTION = "action"  # what is to be done for it (Handlungsziel)


class GoalState(StrEnum):
    """Where a goal stands. Only its owner makes it agreed; of a young child's the will is recorded, never agreed. One
    that was put anew is changed, and its successor says so."""

    DRAFT = "draft"
    AGREED = "agreed"
    WILL_RECORDED = "will_recorded"
    REACHED = "reached"
    PARTLY_REACHED = "partly_reached"
    CHANGED = "changed"
    DROPPED = "dropped"


PURSUED = (GoalState.AGREED, GoalState.WILL_RECORDED)


class StepState(StrEnum):
    """Where a step stands. One that was still to do falls away with its goal, or with the case."""

    OPEN = "open"
    DOING = "doing"
    DONE = "done"
    NOT_DONE = "not_done"
    DROPPED = "dropped"


class StepEnding(StrEnum):
    """With what a step fell away that was still to do."""

    GOAL_ENDED = "goal_ended"
    CASE_CLOSED = "case_closed"
    CASE_PASSED_ON = "case_passed_on"


TO_DO = (StepState.OPEN, StepState.DOING)


def _first() -> Any:
    return Field(default=1, sa_column_kwargs={"server_default": sa.text("1")})


def _heard_by() -> Any:
    return word(Audience.ALL)


@secured(Shape.CASE, "id")
class Case(Scoped, Versioned, table=True):
    """The case as those who work in it see it. What management may know is copied into `case_sketch` by a trigger."""

    __tablename__ = "case_file"  # CASE is a reserved word
    __table_args__ = (
        one_of("state", CaseState),
        one_of("field_of_action", FieldOfAction),
        sa.UniqueConstraint("authority_id", "pseudonym"),
        sa.CheckConstraint(
            "num_nonnulls(merged_into_id, merged_as) = CASE WHEN state = 'merged' THEN 2 ELSE 0 END", name="merged"
        ),
    )

    id: UUID = own_id()
    social_space_id: UUID | None = reference("social_space", optional=True)
    pseudonym: str = Field(sa_type=sa.Text)
    state: str = word()
    field_of_action: str = word()
    opened_on: date
    title: str = Field(sa_type=sa.Text)
    concern: str | None = Field(default=None, sa_type=sa.Text)
    period: int = _first()
    closed_on: date | None = None
    merged_into_id: UUID | None = reference("case_file", optional=True)
    merged_as: str | None = word(optional=True)


@secured(Shape.CASE)
class Participant(Scoped, Versioned, table=True):
    """Somebody's part in a case, from a day until the one on which they leave it (then they are in it no longer).
    Whoever has no account (grandmother, club) is a network person."""

    __tablename__ = "participant"
    __table_args__ = (
        one_of("kind", ParticipantKind),
        one_of("representation", RepresentationKind),
        sa.CheckConstraint("(kind = 'trusted_person') = (trusted_by_id IS NOT NULL)", name="trusted"),
        sa.CheckConstraint(
            "kind IN ('custodian', 'representative') OR coalesce(represents_in, represents_until::text) IS NULL",
            name="represents",
        ),
        sa.CheckConstraint("left_on >= joined_on", name="dates"),
        sa.Index(
            "participant_actor", "case_id", "actor_id", unique=True, postgresql_where=sa.text("actor_id IS NOT NULL")
        ),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    kind: str = word()
    actor_id: UUID | None = reference("actor", optional=True)
    representation: str | None = word(optional=True)
    represents_in: str | None = Field(default=None, sa_type=sa.Text)
    represents_until: date | None = None
    joined_on: date = Field(default=None, nullable=False, sa_column_kwargs={"server_default": sa.text("CURRENT_DATE")})
    left_on: date | None = None
    trusted_by_id: UUID | None = reference("participant", optional=True)
    merged_into_id: UUID | None = reference("participant", optional=True, index=False)


@secured(Shape.CASE)
class Person(Scoped, table=True):
    """A participant's identity, in a table of its own: erasing it leaves the history standing. `language` is the one of
    the service's texts; which ones they speak themselves is another matter."""

    __tablename__ = "person"
    __table_args__ = (one_of("language", Language),)

    participant_id: UUID = Field(primary_key=True, foreign_key="participant.id")
    case_id: UUID = reference("case_file")
    name: str = Field(sa_type=sa.Text)
    born_on: date | None = None
    language: str = word(Language.DE)
    speaks: list[str] = Field(
        default_factory=list,
        sa_type=ARRAY(sa.Text()),
        nullable=False,
        sa_column_kwargs={"server_default": sa.text("'{}'")},
    )


def is_younger(born_on: Any, years: int, today: Any) -> sa.ColumnElement[bool]:
    """As `birthday(born_on, years) > today`, in SQL: it counts back from a 29 February to a 28th, not to a 1 March."""
    younger: sa.ColumnElement[bool] = born_on > today - sa.literal_column(f"interval '{years} years'")
    return younger


@secured(Shape.CASE)
class Question(Scoped, Versioned, table=True):
    """One of the seven questions, as it stands in one period of this case. Positions go on: 1 to 7, 8 to 14, …
    Looking back (VII) is asked anew in each cycle, from one review to the next."""

    __tablename__ = "question"
    __table_args__ = (
        one_of("numeral", Numeral),
        one_of("state", QuestionState),
        sa.UniqueConstraint("case_id", "position", "cycle"),
        sa.CheckConstraint(
            "(state = 'skipped') = (skipped_because IS NOT NULL AND skipped_by_id IS NOT NULL)", name="skipped"
        ),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file", index=False)
    numeral: str = word()
    position: int
    period: int = _first()
    cycle: int = _first()
    state: str = word(QuestionState.NOT_STARTED)
    skipped_because: str | None = Field(default=None, sa_type=sa.Text)
    skipped_by_id: UUID | None = reference("actor", optional=True, index=False)


class Heard(SQLModel):
    """A statement with its author (an actor) and its audience; `audience_of` names participants and actors."""

    author_id: UUID = reference("actor", index=False)
    audience: str = _heard_by()
    audience_of: list[UUID] = ids()


@secured(Shape.CASE)
class Answer(Scoped, Heard, table=True):
    """Somebody's own words on a question. Never overwritten: a new wording replaces, and the old one stays."""

    __tablename__ = "answer"
    __table_args__ = (
        one_of("audience", Audience),
        one_of("language", Language),
        sa.Index(
            "answer_current",
            "question_id",
            "participant_id",
            unique=True,
            postgresql_where=sa.text("replaced_at IS NULL"),
        ),
    )

    id: UUID = own_id()
    question_id: UUID = reference("question")
    case_id: UUID = reference("case_file")
    participant_id: UUID = reference("participant", index=False)
    wording: int = _first()
    words: str = Field(sa_type=sa.Text)
    language: str = word(Language.DE)
    created_at: datetime = moment(now=True)
    replaced_at: datetime | None = moment(optional=True)


@secured(Shape.CASE)
class Suggestion(Scoped, Heard, table=True):
    """A professional's words on a question, beside the people's own and never in their place."""

    __tablename__ = "suggestion"
    __table_args__ = (one_of("audience", Audience), one_of("language", Language))

    id: UUID = own_id()
    question_id: UUID = reference("question")
    case_id: UUID = reference("case_file")
    words: str = Field(sa_type=sa.Text)
    language: str = word(Language.DE)
    created_at: datetime = moment(now=True)


@secured(Shape.CASE)
class Goal(Scoped, Versioned, Heard, table=True):
    """What somebody wants to have reached. It belongs to one participant, who alone agrees it; one that is shared is
    agreed when each has. `agreed_by` names the participants who have."""

    __tablename__ = "goal"
    __table_args__ = (
        one_of("kind", GoalKind),
        one_of("state", GoalState),
        one_of("audience", Audience),
        sa.CheckConstraint("state <> 'agreed' OR agreed_at IS NOT NULL", name="agreed"),
        sa.CheckConstraint("state <> 'will_recorded' OR will_found_out IS NOT NULL", name="will_recorded"),
        sa.Index("goal_order", "case_id", "id"),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file", index=False)
    participant_id: UUID = reference("participant", index=False)
    kind: str = word(GoalKind.ACTION)
    statement: str = Field(sa_type=sa.Text)
    how_noticed: str | None = Field(default=None, sa_type=sa.Text)
    feasibility: str | None = Field(default=None, sa_type=sa.Text)
    target_on: date | None = None
    state: str = word(GoalState.DRAFT)
    agreed_at: datetime | None = moment(optional=True)
    shared_with: list[UUID] = ids()
    agreed_by: list[UUID] = ids()
    will_found_out: str | None = Field(default=None, sa_type=sa.Text)
    looking_back: str | None = Field(default=None, sa_type=sa.Text)
    looking_back_found_out: str | None = Field(default=None, sa_type=sa.Text)
    replaces_id: UUID | None = reference("goal", optional=True, index=False)


@secured(Shape.CASE)
class Step(Scoped, Versioned, Heard, table=True):
    """A next step with its six slots (deck line 154): who wants it, who does it, with whom, how, by when, with what.
    `done_with_id` is somebody who works on the case and does it with them, or for them; `dropped_in` how it stood."""

    __tablename__ = "step"
    __table_args__ = (
        one_of("state", StepState),
        one_of("audience", Audience),
        one_of("dropped_with", StepEnding),
        sa.CheckConstraint("(state = 'dropped') = (dropped_with IS NOT NULL)", name="dropped"),
        sa.CheckConstraint("isfinite(due_on)", name="due_on"),
        sa.Index("step_goal", "goal_id", "due_on", "id"),
        sa.Index("step_done_by", "done_by_id", "due_on", "id"),
        sa.Index("step_done_with", "done_with_id", "due_on", postgresql_where=sa.text("done_with_id IS NOT NULL")),
        sa.Index("step_to_do", "case_id", "due_on", postgresql_where=sa.text("state IN ('open', 'doing')")),
    )

    id: UUID = own_id()
    goal_id: UUID = reference("goal", index=False)
    case_id: UUID = reference("case_file")
    wanted_by_id: UUID = reference("participant", index=False)
    done_by_id: UUID = reference("participant", index=False)
    done_with_id: UUID | None = reference("actor", optional=True, index=False)
    with_whom: str = Field(sa_type=sa.Text)
    how: str = Field(sa_type=sa.Text)
    due_on: date
    with_what: str = Field(sa_type=sa.Text)
    state: str = word(StepState.OPEN)
    first_due_on: date | None = None
    moved_because: str | None = Field(default=None, sa_type=sa.Text)
    remark: str | None = Field(default=None, sa_type=sa.Text)
    dropped_with: str | None = word(optional=True)
    dropped_in: str | None = word(optional=True)
    finished_at: datetime | None = moment(optional=True)
