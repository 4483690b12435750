"""How life is in the main case: on the addressee's own scale, twice, and as she and her case worker see it."""

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
from service.domain.cases.picture import Aspect, LifeArea, LifeRating, SituationEntry
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
