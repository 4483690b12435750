"""How people of a place go from homes to where they live themselves (deck lines 57-64, «von stationär zu ambulant»):
told from five households on, rounded, without target or order; it names no case.

What is counted is a mark that a trigger leaves with each change of setting that everybody in its case may read, under
digests and without the case, as with the situation matrix (`cases/bottlenecks.py`)."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.cases.policy import READ_SPACE_SITUATION
from service.domain.rows import Scoped, Shape, day_written, own_id, reference, secured
from service.domain.spaces.views import SocialSpaceView
from service.domain.views import One, Record, link, view


@secured(Shape.AUTHORITY)
class SettingMark(Scoped, table=True):
    """That somebody of a household of the place has gone to another setting; `homeward`: out of a home or a group that
    one lives in. `changed_on` is null once it was taken out; `since`: when it came to its place. Written by triggers on
    `setting_change` and `case_sketch` only."""

    __tablename__ = "setting_mark"
    __table_args__ = (
        sa.Index("setting_mark_origin", "origin"),
        sa.Index("setting_mark_place", "social_space_id", "changed_on"),
    )

    id: UUID = own_id()
    social_space_id: UUID | None = reference("social_space", optional=True, index=False)
    origin: UUID
    household: UUID
    homeward: bool
    changed_on: date | None = None
    since: date = day_written()


class SpaceTransition:
    """A view of the database, of `0126_kept_uncounted.sql`: of the last year, and only what five households share."""

    __table__ = sa.Table(
        "space_transition",
        sa.MetaData(),
        sa.Column("key", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("authority_id", "social_space_id")),
        sa.Column("at_least", sa.Integer(), nullable=False),
        sa.Column("homeward_in_ten", sa.Integer(), nullable=True),
    )


@view(
    SpaceTransition,
    READ_SPACE_SITUATION,
    plural="space_transitions",
    key="key",
    filters=("social_space_id",),
    single=False,
)
class SpaceTransitionView(Record):
    """How many households of a place went to another setting within a year, and how many of ten out of a home. It is
    told as it is: there is no target for it. What is entered counts from the next month on, and where something is kept
    from custodians nothing counts."""

    key: str = Field(description="The social space.")
    social_space_id: UUID
    at_least: int = Field(description="So many households at least: rounded down to fives.")
    homeward_in_ten: int | None = Field(
        description="How many of ten of them went out of a home or a group that one lives in; null unless there are "
        "five households at least on either side."
    )


link(SpaceTransitionView, "social_space", One("social_space_id"), SocialSpaceView)
