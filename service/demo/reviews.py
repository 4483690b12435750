"""When the demo's cases are looked back and ahead on: planned, put off, and one that was held."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from service.demo.cases import case_id, lead_of, participant_id
from service.demo.identity import demo_id
from service.demo.people import PEOPLE, DemoPerson
from service.demo.stories import MAIN, OF_THE_CUSTODIAN, STORIES_ELSEWHERE
from service.demo.stories_north import NORTH
from service.demo.story import Story, Who
from service.domain.decisions.reviews import Finding, Review, ReviewKind, ReviewState


def reviews(today: date) -> Iterator[Review]:
    support, reflection = ReviewKind.SUPPORT_REVIEW, ReviewKind.REFLECTION
    yield _review(
        MAIN,
        support,
        today - timedelta(days=40),
        state=ReviewState.HELD.value,
        held_on=today - timedelta(days=40),
        finding=Finding.TO_BE_CHANGED.value,
        words="Mittwochs reicht Oma Salma. Abends fehlt noch jemand: Das wird beantragt.",
        took_part=[participant_id(MAIN, Who.ADDRESSEE)],
    )
    yield _review(MAIN, support, today + timedelta(days=80))
    yield _review(
        MAIN,
        reflection,
        today + timedelta(days=21),
        first_due_on=today - timedelta(days=7),
        moved_because="Amira hatte Spätschicht.",
    )
    yield _review(OF_THE_CUSTODIAN, support, today - timedelta(days=3))
    yield _review(NORTH[0], reflection, today + timedelta(days=30))
    yield _review(STORIES_ELSEWHERE[0], support, today + timedelta(days=60), PEOPLE["other_authority"])


def _review(story: Story, kind: ReviewKind, day: date, lead: DemoPerson | None = None, **more: Any) -> Review:
    return Review(
        id=demo_id("review", story.title, kind, more.get("state", "")),
        authority_id=(lead or lead_of(story)).authority_id,
        case_id=case_id(story),
        kind=kind.value,
        due_on=day,
        **more,
    )
