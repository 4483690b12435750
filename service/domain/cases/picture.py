"""How life is: rated by each person in their own words and on a scale of their own, and put down area by area.

Kept apart from goals on purpose: what counts is that people have their everyday life in their own hands again, not how
many goals are reached (deck lines 184-189). Nothing is averaged, compared or ranked: a rating means something to the
person who made the scale."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.cases.model import Audience, Heard
from service.domain.rows import Scoped, Shape, moment, one_of, own_id, reference, secured, word
from service.domain.values import Language

HIGHEST = 100


class LifeArea(StrEnum):
    """Where life happens (deck line 215), and whatever else it is called."""

    WORK = "work"
    HOUSING = "housing"
    HEALTH = "health"
    MONEY = "money"
    UPBRINGING = "upbringing"
    EDUCATION = "education"
    OTHER = "other"


class Aspect(StrEnum):
    """What of it: the person, the people around them, or the conditions they live in (deck line 221)."""

    PERSON = "person"
    RELATIONS = "relations"
    CONDITIONS = "conditions"


@secured(Shape.CASE)
class LifeRating(Scoped, Heard, table=True):
    """Where somebody sees themselves on a scale that they made, from 0 to `highest`."""

    __tablename__ = "life_rating"
    __table_args__ = (
        one_of("audience", Audience),
        one_of("language", Language),
        sa.CheckConstraint(f"highest BETWEEN 1 AND {HIGHEST} AND value BETWEEN 0 AND highest", name="scale"),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    participant_id: UUID = reference("participant", index=False)
    about: str = Field(sa_type=sa.Text)
    lowest_means: str = Field(sa_type=sa.Text)
    highest_means: str = Field(sa_type=sa.Text)
    highest: int
    value: int
    words: str | None = Field(default=None, sa_type=sa.Text)
    language: str = word(Language.DE)
    rated_at: datetime = moment(now=True)


@secured(Shape.CASE)
class SituationEntry(Scoped, Heard, table=True):
    """What somebody sees in one field of the situation matrix, on one day. It is never changed: what is different later
    is another entry."""

    __tablename__ = "situation_entry"
    __table_args__ = (
        one_of("audience", Audience),
        one_of("life_area", LifeArea),
        one_of("aspect", Aspect),
        sa.CheckConstraint("(life_area = 'other') = (area_name IS NOT NULL)", name="area_name"),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    life_area: str = word()
    area_name: str | None = Field(default=None, sa_type=sa.Text)
    aspect: str = word()
    words: str = Field(sa_type=sa.Text)
    seen_on: date
    created_at: datetime = moment(now=True)
