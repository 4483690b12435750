"""Where it presses in a place: the situation matrix of its cases, summed (deck lines 215-227). Told from five
households on and rounded down to fives, so that nobody is found in it; it names no case, and nothing of what was said.

What is counted is a mark that a trigger leaves with each entry that everybody in its case may read, as `case_sketch` is
left: one for each case, life area and aspect, under digests, without the case. It follows what is taken out or
moved. What has come this month does not count, or somebody could find out by their own what is there beside it; nor
does a case in which something is kept from custodians (docs/decisions/0071-households.md)."""

from datetime import date
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.cases import policy
from service.domain.cases.picture import Aspect, LifeArea
from service.domain.cases.wording import ASPECTS, LIFE_AREAS
from service.domain.rows import Scoped, Shape, day_written, one_of, own_id, reference, secured, word
from service.domain.spaces.views import SocialSpaceView
from service.domain.views import One, Record, Sql, link, view
from service.domain.words import label


@secured(Shape.AUTHORITY)
class SituationMark(Scoped, table=True):
    """That a case of the place has something in this field of its matrix, and when it was last said: null once nothing
    is there any more. A merged case has no place. Written by triggers on `situation_entry` and `case_sketch` only.
    `origin` is the digest of the case; cases of siblings share that of their household. `since`: when it came to its
    place."""

    __tablename__ = "situation_mark"
    __table_args__ = (
        one_of("life_area", LifeArea),
        one_of("aspect", Aspect),
        sa.Index("situation_mark_origin", "origin"),
        sa.Index("situation_mark_field", "social_space_id", "life_area", "aspect", "seen_on"),
    )

    id: UUID = own_id()
    social_space_id: UUID | None = reference("social_space", optional=True, index=False)
    origin: UUID
    household: UUID
    life_area: str = word()
    aspect: str = word()
    seen_on: date | None = None
    since: date = day_written()


class SpaceSituation:
    """A view of the database, of `0126_kept_uncounted.sql`: of the last year, and only what five households or more
    share."""

    __table__ = sa.Table(
        "space_situation",
        sa.MetaData(),
        sa.Column("key", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("authority_id", "social_space_id")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("life_area", "aspect")),
        sa.Column("at_least", sa.Integer(), nullable=False),
    )


@view(
    SpaceSituation,
    policy.READ_SPACE_SITUATION,
    plural="space_situations",
    key="key",
    filters=("social_space_id", "life_area", "aspect"),
    single=False,
)
class SpaceSituationView(Record):
    """In how many households of a place something was seen in a field of the situation matrix within a year: rounded
    down, and only where there are five at least. Cases of siblings are one household. What comes to a place counts from
    the next month on, and where something is kept from custodians nothing counts."""

    key: str = Field(description="The social space, the life area and the aspect.")
    social_space_id: UUID
    life_area: LifeArea = Field(description="Where life happens.")
    life_area_label: Annotated[str, Sql(label("life_area", LIFE_AREAS))] = Field(description="In your language.")
    aspect: Aspect = Field(description="The person, the people around them, or the conditions they live in.")
    aspect_label: Annotated[str, Sql(label("aspect", ASPECTS))] = Field(description="In your language.")
    at_least: int = Field(description="In so many households at least: rounded down to fives.")


link(SpaceSituationView, "social_space", One("social_space_id"), SocialSpaceView)
