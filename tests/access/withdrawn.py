"""What was taken out of cases, and siblings' cases that are linked: each way in which the rules tell people apart."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from service.demo import MAIN_ADDRESSEE, MAIN_CASE, demo_id
from service.demo.cases import case_id, lead_of
from service.demo.stories import STORIES_ELSEWHERE
from service.demo.stories_south import SOUTH
from service.demo.territory import AUTHORITY, OTHER_AUTHORITY
from service.domain.cases.siblings import SiblingLink
from service.domain.cases.withdrawals import Withdrawal

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
PARTS = {
    "suggestion": "questions",
    "situation_entry": "concern",
    "goal": "goals",
    "step": "steps",
    "decision": "arrangement",
    "setting_change": "arrangement",
    "perspective": "arrangement",
    "consultation_entry": "concern",
}


def withdrawn() -> Iterator[SQLModel]:
    worker, told = demo_id("actor", "case_worker"), demo_id("actor", "told_persons")
    heard: tuple[tuple[UUID, str, list[UUID]], ...] = (
        (worker, "all", []),
        (worker, "author", []),
        (worker, "named", [MAIN_ADDRESSEE]),
        (told, "author", []),
    )
    into = (None, demo_id("case", "duplicate"), case_id(STORIES_ELSEWHERE[0]))
    for kind, part in PARTS.items():
        for number, (author, audience, named) in enumerate(heard):
            yield _taken_out(
                AUTHORITY,
                MAIN_CASE,
                kind,
                str(number),
                part=part,
                author_id=author,
                audience=audience,
                audience_of=named,
                into_case_id=into[number % 2],
                withdrawn_by_id=worker,
            )
    there = {"author_id": demo_id("actor", "other_authority"), "withdrawn_by_id": demo_id("actor", "other_authority")}
    yield _taken_out(OTHER_AUTHORITY, case_id(STORIES_ELSEWHERE[0]), "goal", "elsewhere", part="goals", **there)


def siblings() -> Iterator[SQLModel]:
    """Of the main case, with the duplicate (in which somebody else is, too) and others that its lead leads."""
    others = [case_id(story) for story in SOUTH[1:] if lead_of(story).role == "case_worker"][:6]
    for other in (demo_id("case", "duplicate"), *others):
        yield _linked(AUTHORITY, "case_worker", MAIN_CASE, other)
    ended = _linked(AUTHORITY, "case_worker", others[0], others[1])
    ended.ended_on = LONG_AGO.date()
    yield ended
    elsewhere = [case_id(story) for story in STORIES_ELSEWHERE]
    if len(elsewhere) > 1:
        yield _linked(OTHER_AUTHORITY, "other_authority", *elsewhere[:2])


def _taken_out(authority: UUID, case: UUID, kind: str, name: str, **said: Any) -> Withdrawal:
    return Withdrawal(
        id=demo_id("withdrawal", kind, name),
        authority_id=authority,
        case_id=case,
        kind=kind,
        entry_id=demo_id(kind, "taken out", name),
        because="wrong_case",
        reason="Verwechselt",
        withdrawn_at=LONG_AGO,
        **said,
    )


def _linked(authority: UUID, by: str, *cases: UUID) -> SiblingLink:
    first, second = sorted(cases)
    return SiblingLink(
        id=demo_id("sibling_link", str(first), str(second)),
        authority_id=authority,
        case_id=first,
        sibling_case_id=second,
        because="Geschwister",
        linked_by_id=demo_id("actor", by),
        linked_on=LONG_AGO.date(),
    )
