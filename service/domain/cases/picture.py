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
from service.domain.policy import Part
from service.domain.rows import Scoped, Shape, Versioned, moment, one_of, own_id, reference, secured, word
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


@secured(Shape.OPEN)
class CountyLifeArea(Scoped, table=True):
    """A life area that an authority adds to the six of the deck."""

    __tablename__ = "county_life_area"
    __table_args__ = (sa.UniqueConstraint("authority_id", "code"),)

    id: UUID = own_id()
    code: str = Field(sa_type=sa.Text)
    name_de: str = Field(sa_type=sa.Text)
    name_en: str = Field(sa_type=sa.Text)
    name_simple: str = Field(sa_type=sa.Text)


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
        sa.CheckConstraint("(life_area = 'other') = (num_nonnulls(area_name, county_area_id) = 1)", name="area_name"),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    life_area: str = word()
    area_name: str | None = Field(default=None, sa_type=sa.Text)
    county_area_id: UUID | None = reference("county_life_area", optional=True, index=False)
    aspect: str = word()
    words: str = Field(sa_type=sa.Text)
    seen_on: date
    created_at: datetime = moment(now=True)


@secured(Shape.CASE)
class Offer(Scoped, Versioned, table=True):
    """What an adult offers others, until a day. `shared_id` names what the place may read of it, if they want that."""

    __tablename__ = "offer"
    __table_args__ = (one_of("language", Language),)

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    participant_id: UUID = reference("participant", index=False)
    words: str = Field(sa_type=sa.Text)
    language: str = word(Language.DE)
    until: date
    withdrawn_on: date | None = None
    shared_id: UUID | None = None


@secured(Shape.AUTHORITY)
class SharedOffer(Scoped, table=True):
    """An offer as those who work in the place read it: no case, and nobody's name."""

    __tablename__ = "shared_offer"
    __table_args__ = (one_of("language", Language), sa.Index("shared_offer_space", "social_space_id", "until"))

    id: UUID = own_id()
    social_space_id: UUID = reference("social_space", index=False)
    words: str = Field(sa_type=sa.Text)
    language: str = word(Language.DE)
    until: date
    withdrawn_on: date | None = None


class TextAbout(StrEnum):
    """Which text somebody disagrees with: what the case says it is about, or what is written in it, such as why a
    question is left out, how a goal is put, what came of a review or of a consultation, and what others are told."""

    CASE = "case"  # its title and concern
    SUGGESTION = "suggestion"  # what was suggested
    SITUATION_ENTRY = "situation_entry"  # how things are, as written down
    PROVIDER_RECORD = "provider_record"  # what a provider has reported
    DECISION = "decision"  # why it was decided so
    QUESTION = "question"  # why it is left out
    GOAL = "goal"  # how it is put
    STEP = "step"  # what is to be done
    ELEMENT = "element"  # what is contributed
    REVIEW = "review"  # what came of it
    PERSPECTIVE = "perspective"  # where somebody is to live in the long run
    CONSULTATION = "consultation"  # what came of it
    CONSULTATION_SKETCH = "consultation_sketch"  # what others are told of the case
    CONSULTATION_ENTRY = "consultation_entry"  # what was said in a consultation


@secured(Shape.CASE)
class Disagreement(Scoped, Heard, table=True):
    """Somebody's own words beside a text about them. `part` is the part of the case that the text belongs to."""

    __tablename__ = "disagreement"
    __table_args__ = (
        one_of("audience", Audience),
        one_of("language", Language),
        one_of("about", TextAbout),
        one_of("part", Part),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    participant_id: UUID = reference("participant", index=False)
    about: str = word()
    about_id: UUID = Field(index=True)
    part: str = word()
    words: str = Field(sa_type=sa.Text)
    language: str = word(Language.DE)
    created_at: datetime = moment(now=True)
