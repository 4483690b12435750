"""How life is in the main case: on the addressee's own scale, twice, and as she and her case worker see it. And what
she offers others, and where she disagrees."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from service.demo.cases import case_id, lead_of, participant_id
from service.demo.identity import demo_id
from service.demo.people import PEOPLE
from service.demo.stories import MAIN
from service.demo.stories_north import NORTH
from service.demo.story import Story, Who
from service.demo.territory import space_id
from service.domain.cases.picture import (
    Aspect,
    CountyLifeArea,
    Disagreement,
    LifeArea,
    LifeRating,
    Offer,
    SharedOffer,
    SituationEntry,
    TextAbout,
)
from service.domain.policy import Part
from service.domain.values import Language

_RATED = ((-60, 2, "Abends ist nichts mehr übrig."), (-5, 5, "Dienstags haben wir gelesen."))
_SEEN = (
    (LifeArea.WORK, Aspect.CONDITIONS, "Die Schichten stehen erst zwei Wochen vorher fest."),
    (LifeArea.UPBRINGING, Aspect.RELATIONS, "Oma Salma holt Juno gern von der Schule ab."),
)


def pictures(today: date) -> Iterator[SQLModel]:
    herself, lead = PEOPLE["addressee"].actor_id, lead_of(MAIN)
    for days, value, words in _RATED:
        yield LifeRating(
            id=demo_id("life_rating", MAIN.title, str(days)),
            participant_id=participant_id(MAIN, Who.ADDRESSEE),
            about="Kraft am Abend",
            lowest_means="nur noch funktionieren",
            highest_means="mit Juno lesen und lachen",
            highest=7,
            value=value,
            words=words,
            author_id=herself,
            rated_at=datetime.combine(today + timedelta(days=days), time(19, 30), UTC),
            **_scope(MAIN),
        )
    yield from _own_words(today)
    for author, (area, aspect, words) in zip((herself, lead.actor_id), _SEEN, strict=True):
        yield _seen(MAIN, author, today, life_area=area.value, aspect=aspect.value, words=words)
    elsewhere, other = NORTH[0], lead_of(NORTH[0])
    noticed = {"life_area": LifeArea.EDUCATION.value, "aspect": Aspect.CONDITIONS.value}
    yield _seen(elsewhere, other.actor_id, today, **noticed, words="Die Kita schließt um drei.")
    yield LifeRating(
        id=demo_id("life_rating", elsewhere.title),
        participant_id=participant_id(elsewhere, Who.ADDRESSEE),
        about="Time for each other",
        lowest_means="none at all",
        highest_means="every evening",
        language=Language.EN.value,
        highest=10,
        value=4,
        author_id=demo_id("actor", elsewhere.title),
        rated_at=datetime.combine(today - timedelta(days=9), time(20), UTC),
        **_scope(elsewhere),
    )


def _own_words(today: date) -> Iterator[SQLModel]:
    """What the addressee offers others, and where she sees it otherwise than what was suggested to her."""
    said: dict[str, Any] = {
        "words": "Ich kann samstags Türkisch und Deutsch üben, mit Tee.",
        "until": today + timedelta(days=120),
    }
    shared, words = demo_id("shared_offer", MAIN.title), MAIN.suggestions[0]
    yield SharedOffer(
        id=shared, authority_id=lead_of(MAIN).authority_id, social_space_id=space_id(MAIN.space or ""), **said
    )
    mine: dict[str, Any] = {"participant_id": participant_id(MAIN, Who.ADDRESSEE), **_scope(MAIN)}
    yield Offer(id=demo_id("offer", MAIN.title), shared_id=shared, **said, **mine)
    yield Disagreement(
        id=demo_id("disagreement", MAIN.title),
        about=TextAbout.SUGGESTION.value,
        about_id=demo_id("suggestion", MAIN.title, words.numeral),
        part=Part.QUESTIONS.value,
        words="So war es nicht gemeint: Es geht nicht um mehr Zeit, sondern um einen festen Abend.",
        author_id=PEOPLE["addressee"].actor_id,
        **mine,
    )
    sleep = demo_id("county_life_area", "sleep")
    names = {"name_de": "Schlaf", "name_en": "sleep", "name_simple": "Wie Sie schlafen"}
    yield CountyLifeArea(id=sleep, authority_id=lead_of(MAIN).authority_id, code="sleep", **names)
    yield _seen(
        MAIN,
        PEOPLE["addressee"].actor_id,
        today,
        life_area=LifeArea.OTHER.value,
        county_area_id=sleep,
        aspect=Aspect.PERSON.value,
        words="Seit Mai schlafe ich wieder durch.",
    )


def _seen(story: Story, author_id: UUID, today: date, **said: Any) -> SituationEntry:
    return SituationEntry(
        id=demo_id("situation_entry", story.title, said["life_area"]),
        seen_on=today - timedelta(days=50),
        author_id=author_id,
        **said,
        **_scope(story),
    )


def _scope(story: Story) -> dict[str, Any]:
    return {"authority_id": lead_of(story).authority_id, "case_id": case_id(story)}
