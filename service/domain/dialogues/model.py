"""Dialogues on a social space and on a region: meetings, their themes along the five guiding questions, and what is
agreed there (facts, section 4; deck lines 798-858).

One engine for both levels. Everything here is about a place, never about a person's case: no column refers to one, and
none may (docs/decisions/0016). What everybody may read stands apart, in copies that are made when minutes are released.
Moments are UTC."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from service.domain.rows import Scoped, Shape, Versioned, moment, one_of, own_id, reference, secured, word, words


class DialogueLevel(StrEnum):
    """A social space's dialogue (Sozialraumdialog), or that of a region (Regionaldialog)."""

    SOCIAL_SPACE = "social_space"
    REGIONAL = "regional"


class DialogueState(StrEnum):
    """Where a meeting stands. It goes through all of them, one after the other."""

    PLANNED = "planned"
    INVITED = "invited"
    HELD = "held"
    MINUTES_DRAFT = "minutes_draft"
    MINUTES_RELEASED = "minutes_released"
    CLOSED = "closed"


class DialogueActorKind(StrEnum):
    """As whom somebody takes part. Residents and experts by experience are never named to others."""

    AGENCY = "agency"
    PROVIDER = "provider"
    MUNICIPALITY = "municipality"
    REGULAR_INSTITUTION = "regular_institution"
    CIVIL_SOCIETY = "civil_society"
    REGIONAL_ACTOR = "regional_actor"
    EXPERT_BY_EXPERIENCE = "expert_by_experience"
    RESIDENT = "resident"


class ThemeState(StrEnum):
    """Where a theme stands. Escalated: the region has taken it up, and owes an answer. Parked: it rests, for a stated
    reason, and can be put on an agenda again."""

    RAISED = "raised"
    COLLECTED = "collected"
    PRIORITISED = "prioritised"
    IN_WORK = "in_work"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    PARKED = "parked"


class ThemeStepState(StrEnum):
    """A next step is open, or done."""

    OPEN = "open"  # still to do
    DONE = "done"  # done


class MeasureState(StrEnum):
    """Where a measure stands. One that is continued is evaluated again."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    RUNNING = "running"
    EVALUATED = "evaluated"
    CONTINUED = "continued"
    ENDED = "ended"


class AnnouncementState(StrEnum):
    """A meeting to which everybody is welcome takes place, or has been called off."""

    ANNOUNCED = "announced"
    CALLED_OFF = "called_off"


class WorkDimension(StrEnum):
    """The dimension of work it belongs to: einzelfallspezifisch, einzelfallübergreifend, einzelfallunspezifisch."""

    CASE_SPECIFIC = "case_specific"
    CROSS_CASE = "cross_case"
    CASE_UNSPECIFIC = "case_unspecific"


OF_ONE_PLACE = "num_nonnulls(social_space_id, region_id) = 1"


def _one_place() -> sa.CheckConstraint:
    return sa.CheckConstraint(OF_ONE_PLACE, name="one_place")


def _one_owner() -> sa.CheckConstraint:
    return sa.CheckConstraint("num_nonnulls(owner_id, organisation_id) = 1", name="one_owner")


class Placed(SQLModel):
    """Belongs to a social space or to a region: repeated on every row, so that each rule is an equality."""

    social_space_id: UUID | None = reference("social_space", optional=True)
    region_id: UUID | None = reference("region", optional=True)


class Owned(SQLModel):
    """Somebody sees to it until a day: an organisation, or a participant of the dialogue, with or without account."""

    owner_id: UUID | None = reference("dialogue_participant", optional=True)
    organisation_id: UUID | None = reference("organisation", optional=True)
    due_on: date


def _text(*, optional: bool = False) -> Any:
    return Field(default=None, sa_type=sa.Text, nullable=True) if optional else Field(sa_type=sa.Text)


@secured(Shape.AUTHORITY)
class DialogueSeries(Scoped, Versioned, Placed, table=True):
    """The dialogue of a place as a standing instrument, with its meetings (deck line 804)."""

    __tablename__ = "dialogue_series"
    __table_args__ = (_one_place(), sa.CheckConstraint("every_months BETWEEN 1 AND 24", name="rhythm"))

    id: UUID = own_id()
    title: str = _text()
    every_months: int | None = None


@secured(Shape.AUTHORITY)
class Dialogue(Scoped, Versioned, Placed, table=True):
    """One meeting of a series. `minutes` are what is to be released of it; `internal_note` never is."""

    __tablename__ = "dialogue"
    __table_args__ = (
        one_of("state", DialogueState),
        _one_place(),
        sa.CheckConstraint("ends_at > starts_at", name="times"),
    )

    id: UUID = own_id()
    series_id: UUID = reference("dialogue_series")
    state: str = word(DialogueState.PLANNED)
    title: str = _text()
    starts_at: datetime = moment()
    ends_at: datetime = moment()
    venue: str = _text()
    minutes: str | None = _text(optional=True)
    internal_note: str | None = _text(optional=True)
    closed_at: datetime | None = moment(optional=True)


@secured(Shape.AUTHORITY)
class DialogueParticipant(Scoped, Versioned, Placed, table=True):
    """Somebody is invited to a meeting. No account is needed, and no name. `attended` is null until it was held."""

    __tablename__ = "dialogue_participant"
    __table_args__ = (one_of("kind", DialogueActorKind), _one_place())

    id: UUID = own_id()
    dialogue_id: UUID = reference("dialogue")
    kind: str = word()
    actor_id: UUID | None = reference("actor", optional=True)
    organisation_id: UUID | None = reference("organisation", optional=True)
    name: str | None = _text(optional=True)
    attended: bool | None = None


@secured(Shape.AUTHORITY)
class Theme(Scoped, Versioned, Placed, table=True):
    """What a dialogue is about: three of the five guiding questions; what it needs and the next steps have rows of
    their own. `raised_by_id` is for whoever raised it and is never shown to anybody else."""

    __tablename__ = "theme"
    __table_args__ = (
        one_of("state", ThemeState),
        one_of("raised_by_kind", DialogueActorKind),
        _one_place(),
        sa.CheckConstraint("state <> 'parked' OR rests_because IS NOT NULL", name="rest"),
        sa.CheckConstraint("state <> 'resolved' OR result IS NOT NULL", name="result"),
        sa.CheckConstraint("origin_id IS NULL OR region_id IS NOT NULL", name="origin"),
    )

    id: UUID = own_id()
    series_id: UUID = reference("dialogue_series")
    dialogue_id: UUID | None = reference("dialogue", optional=True)
    origin_id: UUID | None = reference("theme", optional=True)
    title: str = _text()
    state: str = word(ThemeState.RAISED)
    raised_by_id: UUID = reference("actor")
    raised_by_kind: str = word()
    concerns: str = _text()
    better_everyday: str | None = _text(optional=True)
    resources: str | None = _text(optional=True)
    rests_because: str | None = _text(optional=True)
    rests_until: date | None = None
    result: str | None = _text(optional=True)
    answer: str | None = _text(optional=True)
    answered_at: datetime | None = moment(optional=True)


@secured(Shape.AUTHORITY)
class ThemeNeed(Scoped, Placed, table=True):
    """The fourth guiding question: what a change takes besides, from whom, in what form (deck line 852)."""

    __tablename__ = "theme_need"
    __table_args__ = (one_of("kind", DialogueActorKind), _one_place())

    id: UUID = own_id()
    theme_id: UUID = reference("theme")
    what: str = _text()
    kind: str = word()
    organisation_id: UUID | None = reference("organisation", optional=True)
    form: str = _text()


@secured(Shape.AUTHORITY)
class ThemeStep(Scoped, Versioned, Placed, Owned, table=True):
    """The fifth guiding question: a next concrete step, who sees to it, and by when (deck line 855)."""

    __tablename__ = "theme_step"
    __table_args__ = (one_of("state", ThemeStepState), _one_place(), _one_owner())

    id: UUID = own_id()
    theme_id: UUID = reference("theme")
    what: str = _text()
    state: str = word(ThemeStepState.OPEN)


@secured(Shape.AUTHORITY)
class Measure(Scoped, Versioned, Placed, Owned, table=True):
    """What is done about a theme («Maßnahme»), towards what target, and from which line of a budget, if from any."""

    __tablename__ = "measure"
    __table_args__ = (one_of("state", MeasureState), one_of("dimension", WorkDimension), _one_place(), _one_owner())

    id: UUID = own_id()
    theme_id: UUID = reference("theme")
    title: str = _text()
    target: str = _text()
    dimension: str = word()
    line_id: UUID | None = reference("budget_line", optional=True)
    state: str = word(MeasureState.PROPOSED)
    evaluation: str | None = _text(optional=True)


@secured(Shape.OPEN)
class DialogueAnnouncement(Scoped, Versioned, Placed, table=True):
    """A meeting that everybody is told of beforehand: a copy that follows the meeting when it is moved. It names
    nobody, and says nothing of who is invited or what is on the agenda."""

    __tablename__ = "dialogue_announcement"
    __table_args__ = (
        one_of("state", AnnouncementState),
        sa.UniqueConstraint("dialogue_id"),
        _one_place(),
        sa.Index("dialogue_announcement_order", "starts_at", "id"),
    )

    id: UUID = own_id()
    dialogue_id: UUID = reference("dialogue", index=False)
    state: str = word(AnnouncementState.ANNOUNCED)
    series_title: str = _text()
    title: str = _text()
    starts_at: datetime = moment()
    ends_at: datetime = moment()
    venue: str = _text()
    welcome: str = _text()


@secured(Shape.RELEASED)
class MinutesRelease(Scoped, Placed, table=True):
    """Minutes as everybody may read them: said once, never changed. `attendance` counts by kind and names nobody."""

    __tablename__ = "minutes_release"
    __table_args__ = (
        sa.UniqueConstraint("dialogue_id"),
        _one_place(),
        sa.Index("minutes_release_order", "held_at", "id"),
    )

    id: UUID = own_id()
    dialogue_id: UUID = reference("dialogue", index=False)
    series_title: str = _text()
    title: str = _text()
    held_at: datetime = moment()
    venue: str = _text()
    minutes: str = _text()
    attendance: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, nullable=False)
    released_at: datetime = moment()


@secured(Shape.RELEASED)
class ReleasedTheme(Scoped, Placed, table=True):
    """A theme as it stood when the minutes were released, if it was chosen to be in them. No owner, no name."""

    __tablename__ = "released_theme"
    __table_args__ = (one_of("state", ThemeState), sa.UniqueConstraint("release_id", "theme_id"), _one_place())

    id: UUID = own_id()
    release_id: UUID = reference("minutes_release", index=False)
    theme_id: UUID = reference("theme")
    title: str = _text()
    state: str = word()
    concerns: str = _text()
    better_everyday: str | None = _text(optional=True)
    resources: str | None = _text(optional=True)
    needs: list[str] = words()
    next_steps: list[str] = words()
    next_due_on: date | None = None
    rests_because: str | None = _text(optional=True)
    answer: str | None = _text(optional=True)
