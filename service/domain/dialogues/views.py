"""What is published of dialogues: to those who take part, and of released minutes to everybody."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.access.views import OrganisationView
from service.domain.budgets.views import BudgetLineView
from service.domain.dialogues import policy
from service.domain.dialogues.model import (
    AnnouncementState,
    Dialogue,
    DialogueActorKind,
    DialogueAnnouncement,
    DialogueParticipant,
    DialogueSeries,
    DialogueState,
    Measure,
    MeasureState,
    MinutesRelease,
    ReleasedTheme,
    Theme,
    ThemeNeed,
    ThemeState,
    ThemeStep,
    ThemeStepState,
    WorkDimension,
)
from service.domain.dialogues.wording import (
    ACTOR_KINDS,
    ANNOUNCEMENT_STATES,
    DIALOGUE_STATES,
    DIMENSIONS,
    MEASURE_STATES,
    THEME_STATES,
)
from service.domain.periods import between
from service.domain.policy import EVERYONE, Reader, Row
from service.domain.spaces.views import RegionView, SocialSpaceView
from service.domain.views import Many, One, Record, Shown, Sql, link, view
from service.domain.words import appointment, label

OF_PLACE = ("social_space_id", "region_id")


def _mine(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(row.raised_by_id == reader.id, sa.false())


@view(DialogueSeries, policy.READ_SERIES, plural="series_of_dialogues", filters=OF_PLACE, orders=("title",))
class DialogueSeriesView(Record):
    """The dialogue of a social space, or one level up that of a region: a series of meetings."""

    id: UUID
    social_space_id: UUID | None = Field(description="Whose dialogue it is; null for a region's.")
    region_id: UUID | None = Field(description="Whose dialogue it is; null for a social space's.")
    title: str
    every_months: int | None = Field(description="Every how many months it meets, if that is agreed.")
    version: int


@view(
    Dialogue,
    policy.READ_DIALOGUE,
    plural="dialogues",
    filters=("series_id", *OF_PLACE, "state"),
    orders=("starts_at",),
)
class DialogueView(Record):
    """One meeting of a dialogue: planned, invited, held, minutes drafted and released, closed."""

    id: UUID
    series_id: UUID
    social_space_id: UUID | None
    region_id: UUID | None
    state: DialogueState
    state_label: Annotated[str, Sql(label("state", DIALOGUE_STATES))]
    title: str
    starts_at: datetime = Field(description="UTC.")
    ends_at: datetime = Field(description="UTC.")
    when: Annotated[str, Sql(appointment("starts_at"))] = Field(
        description="When it starts, in your language and as the clock says in Europe/Berlin."
    )
    venue: str = Field(description="Where people meet.")
    minutes: Annotated[str | None, Shown(policy.READ_MINUTES)] = Field(
        description="The minutes as they are, or are to be, released; null as long as there are none."
    )
    internal_note: Annotated[str | None, Shown(policy.INSIDE)] = Field(
        description="For those who work in the place; never released."
    )
    withheld: list[str]
    version: int


@view(DialogueParticipant, policy.READ_PARTICIPANT, plural="dialogue_participants", filters=("dialogue_id", "kind"))
class DialogueParticipantView(Record):
    """Somebody who takes part in a meeting, with or without an account."""

    id: UUID
    dialogue_id: UUID
    kind: DialogueActorKind
    kind_label: Annotated[str, Sql(label("kind", ACTOR_KINDS))]
    organisation_id: UUID | None = Field(description="For which organisation, if for one.")
    name: Annotated[str | None, Shown(policy.READ_NAME)] = Field(
        description="Whom to invite. That of a resident or an expert by experience is for whoever moderates alone."
    )
    account: Annotated[bool, Sql(lambda row, reader: row.actor_id.is_not(None))] = Field(
        description="Whether they take part with an account."
    )
    attended: bool | None = Field(description="Whether they came; null until the meeting was held.")
    withheld: list[str]
    version: int


@view(
    Theme,
    policy.READ_THEME,
    plural="themes",
    filters=("series_id", "dialogue_id", *OF_PLACE, "state"),
)
class ThemeView(Record):
    """A theme along the five guiding questions; its needs and next steps are lists of their own."""

    id: UUID
    series_id: UUID
    dialogue_id: UUID | None = Field(description="The meeting on whose agenda it is; null until it is on one.")
    origin_id: UUID | None = Field(description="The social space's theme that it was taken up from.")
    social_space_id: UUID | None
    region_id: UUID | None
    title: str
    state: ThemeState
    state_label: Annotated[str, Sql(label("state", THEME_STATES))]
    raised_by_kind: DialogueActorKind = Field(description="From whom it comes. Who it was is not told.")
    raised_by_me: Annotated[bool, Sql(_mine)] = Field(description="Whether you have raised it.")
    concerns: str
    better_everyday: str | None
    resources: str | None
    rests_because: str | None
    rests_until: date | None
    result: str | None = Field(description="What came of it, once it is resolved.")
    answer: str | None = Field(description="What the region answered; null until it has.")
    answered_at: datetime | None = Field(description="When the region answered.")
    version: int


@view(ThemeNeed, policy.READ_OF_THEME, plural="theme_needs", filters=("theme_id",))
class ThemeNeedView(Record):
    """What a change takes besides, from whom, in what form."""

    id: UUID
    theme_id: UUID
    what: str = Field(description="What it takes.")
    kind: DialogueActorKind = Field(description="From whom.")
    kind_label: Annotated[str, Sql(label("kind", ACTOR_KINDS))]
    organisation_id: UUID | None = Field(description="From which organisation, if it is known.")
    form: str


@view(ThemeStep, policy.READ_OF_THEME, plural="theme_steps", filters=("theme_id", "state"), orders=("due_on",))
class ThemeStepView(Record):
    """A next concrete step on a theme: what, by whom, until when."""

    id: UUID
    theme_id: UUID
    what: str = Field(description="What is to be done.")
    owner_id: UUID | None
    organisation_id: UUID | None = Field(description="The organisation that sees to it; null if a person does.")
    due_on: date
    state: ThemeStepState
    version: int


@view(Measure, policy.READ_OF_THEME, plural="measures", filters=("theme_id", "state", *OF_PLACE), orders=("due_on",))
class MeasureView(Record):
    """What is done about a theme: towards what target, by whom, until when, and from which line of a budget."""

    id: UUID
    theme_id: UUID
    social_space_id: UUID | None
    region_id: UUID | None
    title: str
    target: str
    dimension: WorkDimension
    dimension_label: Annotated[str, Sql(label("dimension", DIMENSIONS))] = Field(
        description="The dimension, in your language."
    )
    owner_id: UUID | None
    organisation_id: UUID | None = Field(description="The organisation that sees to it; null if a person does.")
    due_on: date
    line_id: UUID | None = Field(description="The budget line it is paid from; null if it costs nothing, or not yet.")
    state: MeasureState
    state_label: Annotated[str, Sql(label("state", MEASURE_STATES))]
    evaluation: str | None = Field(
        description="What its last evaluation found; it stays where the measure is a proposal again since."
    )
    version: int


@view(
    DialogueAnnouncement,
    EVERYONE,
    plural="dialogue_announcements",
    filters=("dialogue_id", *OF_PLACE, "state"),
    ranges=between("starts_at"),
    orders=("starts_at",),
)
class DialogueAnnouncementView(Record):
    """A meeting that everybody is welcome to, told without login. What is to come: `since` today."""

    id: UUID
    dialogue_id: UUID
    social_space_id: UUID | None
    region_id: UUID | None
    state: AnnouncementState
    state_label: Annotated[str, Sql(label("state", ANNOUNCEMENT_STATES))]
    series_title: str = Field(description="Which dialogue it is.")
    title: str
    starts_at: datetime = Field(description="UTC.")
    ends_at: datetime = Field(description="UTC.")
    when: Annotated[str, Sql(appointment("starts_at"))] = Field(
        description="When it starts, in your language and as the clock says in Europe/Berlin."
    )
    venue: str = Field(description="Where people meet.")
    welcome: str = Field(description="Who is welcome, and what they need to know to take part.")
    version: int


@view(
    MinutesRelease,
    EVERYONE,
    plural="minutes_releases",
    filters=OF_PLACE,
    ranges=between("held_at"),
    orders=("held_at",),
)
class MinutesReleaseView(Record):
    """The released minutes of a meeting, for everybody. They name nobody."""

    id: UUID
    dialogue_id: UUID
    social_space_id: UUID | None
    region_id: UUID | None
    series_title: str = Field(description="Which dialogue it was.")
    title: str
    held_at: datetime = Field(description="When it began, UTC.")
    when: Annotated[str, Sql(appointment("held_at"))] = Field(
        description="When it began, in your language and as the clock says in Europe/Berlin."
    )
    venue: str = Field(description="Where people met.")
    minutes: str
    attendance: dict[str, int] = Field(description="How many came, by kind.")
    released_at: datetime = Field(description="UTC.")


@view(ReleasedTheme, EVERYONE, plural="released_themes", filters=("release_id", "theme_id", *OF_PLACE))
class ReleasedThemeView(Record):
    """A theme as released minutes have it: as it stood on that day."""

    id: UUID
    release_id: UUID = Field(description="The minutes it stands in.")
    theme_id: UUID
    social_space_id: UUID | None
    region_id: UUID | None
    title: str
    state: ThemeState
    state_label: Annotated[str, Sql(label("state", THEME_STATES))]
    concerns: str
    better_everyday: str | None
    resources: str | None
    needs: list[str] = Field(description="What a change takes besides, and in what form.")
    next_steps: list[str] = Field(description="The next steps, without who sees to them.")
    next_due_on: date | None = Field(description="By when the first of them is due.")
    rests_because: str | None
    answer: str | None = Field(description="What the region had answered by then.")


for _each in (
    *(DialogueSeriesView, DialogueView, ThemeView, MeasureView),
    *(DialogueAnnouncementView, MinutesReleaseView),
):
    link(_each, "social_space", One("social_space_id"), SocialSpaceView)
    link(_each, "region", One("region_id"), RegionView)
link(DialogueSeriesView, "dialogues", Many("series_id"), DialogueView)
link(DialogueSeriesView, "themes", Many("series_id"), ThemeView)
link(DialogueView, "series", One("series_id"), DialogueSeriesView)
link(DialogueView, "participants", Many("dialogue_id"), DialogueParticipantView)
link(DialogueView, "themes", Many("dialogue_id"), ThemeView)
link(DialogueParticipantView, "organisation", One("organisation_id"), OrganisationView)
link(ThemeView, "dialogue", One("dialogue_id"), DialogueView)
link(ThemeView, "origin", One("origin_id"), ThemeView, "The social space's theme that it was taken up from.")
link(ThemeView, "taken_up", Many("origin_id"), ThemeView, "What the region made of it.")
link(ThemeView, "needs", Many("theme_id"), ThemeNeedView)
link(ThemeView, "steps", Many("theme_id"), ThemeStepView)
link(ThemeView, "measures", Many("theme_id"), MeasureView)
for _owned in (ThemeStepView, MeasureView):
    link(_owned, "theme", One("theme_id"), ThemeView)
    link(_owned, "owner", One("owner_id"), DialogueParticipantView, "The participant who sees to it.")
    link(_owned, "organisation", One("organisation_id"), OrganisationView, "The organisation that sees to it.")
link(MeasureView, "line", One("line_id"), BudgetLineView, "The budget line it is paid from.")
link(MinutesReleaseView, "themes", Many("release_id"), ReleasedThemeView)
link(ReleasedThemeView, "release", One("release_id"), MinutesReleaseView, "The minutes it stands in.")
