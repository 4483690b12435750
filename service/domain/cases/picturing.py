"""How life is, as people rate and see it themselves."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator
from sqlmodel import select

from service.domain.access.model import Authority
from service.domain.act import Act, Command, operation
from service.domain.cases import policy
from service.domain.cases.contesting import contestable
from service.domain.cases.hearing import Hearing, audience_of
from service.domain.cases.model import Audience, Case, Participant
from service.domain.cases.picture import (
    HIGHEST,
    Aspect,
    CountyLifeArea,
    LifeArea,
    LifeRating,
    SituationEntry,
    TextAbout,
)
from service.domain.cases.views import CaseView, ParticipantView
from service.domain.cases.wording import ASPECTS, LIFE_AREAS
from service.domain.errors import InvalidInput
from service.domain.policy import EVERYONE, Part
from service.domain.values import ClientId, Day, Language, Line, Words
from service.domain.views import Many, One, Record, Sql, link, view
from service.domain.words import label, named


@view(
    LifeRating,
    policy.READ_RATING,
    plural="life_ratings",
    filters=("case_id", "participant_id"),
    orders=("rated_at",),
    subject="case_id",
)
class LifeRatingView(Record):
    """Where somebody sees themselves, on a scale of their own. It tells nothing about whether goals are reached."""

    id: UUID
    case_id: UUID
    participant_id: UUID = Field(description="Whose rating it is; only they can make it.")
    about: str = Field(description="What is rated, in their own words.")
    lowest_means: str = Field(description="What 0 means to them.")
    highest_means: str = Field(description="What the highest value means to them.")
    highest: int = Field(description="The highest value of their scale.")
    value: int = Field(description="Where they see themselves, from 0 to the highest.")
    words: str | None = Field(description="What they say about it.")
    language: Language
    audience: Audience
    rated_at: datetime = Field(description="When they said so.")


@view(CountyLifeArea, EVERYONE, plural="county_life_areas", filters=("authority_id",), orders=("code",))
class CountyLifeAreaView(Record):
    """A life area that an authority has added for its situation matrix."""

    id: UUID
    authority_id: UUID
    code: str = Field(description="Its stable short name.")
    name: Annotated[str, Sql(named)] = Field(description="In your language.")


@view(
    SituationEntry,
    policy.READ_SITUATION,
    plural="situation_entries",
    filters=("case_id", "life_area", "aspect"),
    orders=("seen_on",),
    subject="case_id",
)
class SituationEntryView(Record):
    """One field of the situation matrix on one day: a life area, and the person, relations or conditions in it."""

    id: UUID
    case_id: UUID
    life_area: LifeArea = Field(description="Where in life.")
    life_area_label: Annotated[str, Sql(label("life_area", LIFE_AREAS))] = Field(description="In your language.")
    area_name: str | None = Field(description="What another area is called.")
    county_area_id: UUID | None = Field(description="Which of the authority's own areas it is, if one of them.")
    aspect: Aspect = Field(description="The person, relations or conditions.")
    aspect_label: Annotated[str, Sql(label("aspect", ASPECTS))] = Field(description="In your language.")
    words: str
    author_id: UUID = Field(description="Who sees it so.")
    audience: Audience
    seen_on: date = Field(description="The day it was like that.")


class AddLifeArea(Command):
    """What it is called."""

    id: ClientId
    authority_id: UUID
    code: str = Field(pattern=r"^[a-z][a-z_]{1,39}$", max_length=40, description="Its stable short name.")
    name_de: Line = Field(description="In German.")
    name_en: Line = Field(description="In English.")
    name_simple: Line = Field(description="In plain German.")


class RateLife(Hearing):
    """A scale of your own, and where you see yourself on it."""

    id: ClientId
    about: Line = Field(description="What you rate, in your own words.")
    lowest_means: Line = Field(description="What 0 means to you.")
    highest_means: Line = Field(description="What the highest value means to you.")
    highest: int = Field(10, ge=1, le=HIGHEST, description="The highest value of your scale.")
    value: int = Field(ge=0, le=HIGHEST, description="Where you see yourself.")
    words: Words | None = Field(None, description="What you say about it.")
    language: Language = Field(Language.DE, description="In which you say it.")

    @model_validator(mode="after")
    def _on_the_scale(self) -> "RateLife":
        if self.value > self.highest:
            raise ValueError("the value lies beyond the end of the scale")
        return self


class NoteSituation(Hearing):
    """What you see, and where."""

    id: ClientId
    life_area: LifeArea = Field(description="Where in life.")
    area_name: Line | None = Field(None, description="What it is called, if it is another area.")
    county_area_id: UUID | None = Field(
        None, description="Another area that your authority has added; see GET /v1/county-life-areas."
    )
    aspect: Aspect = Field(description="The person, relations or conditions.")
    words: Words
    seen_on: Day | None = Field(None, description="Today, if you leave it out.")

    @model_validator(mode="after")
    def _named(self) -> "NoteSituation":
        named = (self.area_name is not None) + (self.county_area_id is not None)
        if named != (self.life_area is LifeArea.OTHER):
            raise ValueError("name the area exactly when it is another one, by a name or by the authority's own")
        return self


@operation(policy.ADD_LIFE_AREA, within=Authority, answers=CountyLifeAreaView)
async def add_life_area(act: Act, command: AddLifeArea) -> CountyLifeArea:
    """Add a life area to those in which situations are put down in your authority."""
    authority = await act.load(Authority, command.authority_id)
    there = select(CountyLifeArea.id).where(
        CountyLifeArea.authority_id == authority.id, CountyLifeArea.code == command.code
    )
    if (await act.session.exec(there)).first() is not None:
        raise InvalidInput(errors=[{"pointer": "#/code", "detail": "is taken"}])
    return act.add(CountyLifeArea(**command.model_dump()))


@operation(policy.RATE_LIFE, on=Case, answers=LifeRatingView)
async def rate_life(act: Act, case: Case, command: RateLife) -> LifeRating:
    """Rate how something is for you. The words and the scale are yours; rate it again whenever you like."""
    mine = select(Participant.id).where(Participant.case_id == case.id, Participant.actor_id == act.actor.id)
    return act.add(
        LifeRating(
            authority_id=case.authority_id,
            case_id=case.id,
            participant_id=(await act.session.exec(mine)).one(),
            author_id=act.actor.id,
            rated_at=act.now,
            language=command.language.value,
            **command.model_dump(exclude={"language", "audience", "audience_of"}),
            **audience_of(command),
        )
    )


@operation(policy.NOTE_SITUATION, on=Case, answers=SituationEntryView)
async def note_situation(act: Act, case: Case, command: NoteSituation) -> SituationEntry:
    """Put down what you see in one field of the situation matrix. What changes is put down anew."""
    if command.seen_on is not None and command.seen_on > act.today:
        raise InvalidInput(errors=[{"pointer": "#/seen_on", "detail": "lies in the future"}])
    if command.county_area_id is not None:
        own = select(CountyLifeArea.id).where(
            CountyLifeArea.id == command.county_area_id, CountyLifeArea.authority_id == case.authority_id
        )
        if (await act.session.exec(own)).first() is None:
            detail = "is no life area of this authority"
            raise InvalidInput(errors=[{"pointer": "#/county_area_id", "detail": detail}])
    return act.add(
        SituationEntry(
            id=command.id,
            authority_id=case.authority_id,
            case_id=case.id,
            life_area=command.life_area.value,
            area_name=command.area_name,
            county_area_id=command.county_area_id,
            aspect=command.aspect.value,
            words=command.words,
            seen_on=command.seen_on or act.today,
            author_id=act.actor.id,
            **audience_of(command),
        )
    )


contestable(TextAbout.SITUATION_ENTRY, SituationEntry, policy.READ_SITUATION, Part.CONCERN, SituationEntryView)
link(CaseView, "life_ratings", Many("case_id"), LifeRatingView)
link(CaseView, "situation_entries", Many("case_id"), SituationEntryView)
link(SituationEntryView, "county_area", One("county_area_id"), CountyLifeAreaView)
link(LifeRatingView, "participant", One("participant_id"), ParticipantView)
