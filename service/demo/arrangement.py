"""The main story's arrangement: all five kinds of elements, and a decision with its commitment. Every person, word and
event in it is invented."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from service.demo.budget_year import Clerk
from service.demo.cases import case_id, goal_id, participant_id
from service.demo.identity import demo_id
from service.demo.people import KOMPASS, PEOPLE, DemoPerson
from service.demo.stories import MAIN, STORIES_ELSEWHERE
from service.demo.story import Story, Who
from service.domain.budgets.model import CommitmentBasis, LineKind
from service.domain.decisions.model import (
    Arrangement,
    ArrangementElement,
    Decision,
    ElementKind,
    ElementState,
    Outcome,
    Override,
    SupportKind,
)

ARRANGEMENT: UUID = demo_id("arrangement", MAIN.title)
DECISION: UUID = demo_id("decision", MAIN.title)
_LED_BY = PEOPLE["case_worker"]
_ELEMENTS: dict[ElementKind, tuple[str, ElementState]] = {
    ElementKind.OWN: ("Ich lege zweimal in der Woche das Handy um sechs weg.", ElementState.RUNNING),
    ElementKind.OWN_NETWORK: ("Oma Salma holt Juno mittwochs ab und kocht mit ihr.", ElementState.RUNNING),
    ElementKind.COMMUNITY: ("Juno geht samstags zur Vorlesestunde in die Bücherei.", ElementState.RUNNING),
    ElementKind.REGULAR_INSTITUTION: (
        "Juno bekommt einen Platz in der Frühbetreuung.",
        ElementState.PLANNED,
    ),
    ElementKind.SPECIALIST: ("Jemand kommt zu uns nach Hause, bis die Abende sitzen.", ElementState.PLANNED),
}
_SUPPORT: dict[str, Any] = {
    "support_kind": SupportKind.SOCIAL_PEDAGOGICAL_FAMILY_SUPPORT.value,
    "organisation_id": demo_id("organisation", KOMPASS),
    "hours_per_week": Decimal("4.00"),
    "cost": Decimal("4860.00"),
    "basis": CommitmentBasis.GRANTED_CLAIM.value,
    "line": LineKind.CASE_SPECIFIC.value,
}


def element_id(kind: ElementKind) -> UUID:
    return demo_id("element", MAIN.title, kind)


def arrangements(today: date) -> Iterator[SQLModel]:
    of_main = _scope(MAIN, _LED_BY)
    yield Arrangement(
        id=ARRANGEMENT, title="Abende, die uns gehören", purpose="Damit Amira abends wieder Kraft hat.", **of_main
    )
    for kind, (what, state) in _ELEMENTS.items():
        yield ArrangementElement(
            id=element_id(kind),
            arrangement_id=ARRANGEMENT,
            participant_id=participant_id(MAIN, Who.ADDRESSEE),
            goal_id=goal_id(MAIN, MAIN.aims[0]),
            kind=kind.value,
            what=what,
            state=state.value,
            starts_on=today,
            began_on=today if state is ElementState.RUNNING else None,
            ends_on=today + timedelta(days=150),
            **(_SUPPORT if kind is ElementKind.SPECIALIST else {}),
            **of_main,
        )
    yield from _elsewhere(STORIES_ELSEWHERE[0], PEOPLE["other_authority"], today)


def _elsewhere(story: Story, lead: DemoPerson, today: date) -> Iterator[SQLModel]:
    """In another authority, decided before the demo begins; it costs the agency nothing."""
    scope, arrangement, element = (
        _scope(story, lead),
        demo_id("arrangement", story.title),
        demo_id("element", story.title),
    )
    yield Arrangement(id=arrangement, title="Bis zum Abitur", **scope)
    yield ArrangementElement(
        id=element,
        arrangement_id=arrangement,
        participant_id=participant_id(story, Who.ADDRESSEE),
        kind=ElementKind.SPECIALIST.value,
        what="Gespräche in der Beratungsstelle, wenn es eng wird.",
        state=ElementState.GRANTED.value,
        support_kind=SupportKind.CHILD_GUIDANCE_YOUNG_PERSON.value,
        basis=CommitmentBasis.GRANTED_CLAIM.value,
        line=LineKind.CASE_SPECIFIC.value,
        **scope,
    )
    yield Decision(
        id=demo_id("decision", story.title),
        element_id=element,
        outcome=Outcome.GRANTED.value,
        starts_on=today,
        ends_on=today + timedelta(days=90),
        legal_basis="§ 28 SGB VIII",
        wish_and_choice="Svea hat die Beratungsstelle selbst ausgesucht.",
        decided_by_id=lead.actor_id,
        decided_on=today,
        **scope,
    )


def _scope(story: Story, lead: DemoPerson) -> dict[str, Any]:
    return {"authority_id": lead.authority_id, "case_id": case_id(story)}


SHARES = (
    {"source": "case_specific", "legal_basis": "§§ 27, 31 SGB VIII", "amount": "4400.00"},
    {"source": "case_unspecific", "legal_basis": "§ 36a(2) SGB VIII", "amount": "160.00"},
    {
        "source": "other_authority",
        "legal_basis": "§ 81 SGB VIII, Vereinbarung mit der Schule",
        "bearer": "Schulverband Hachinger Tal (erfunden)",
        "amount": "300.00",
    },
)
"""Who bears what of it: most of it the line for cases; an open evening that others come to as well, the other line."""


async def decide(clerk: Clerk, today: date) -> None:
    """What specialists do is granted today, and its money bound, share by share."""
    element = element_id(ElementKind.SPECIALIST)
    if not await clerk.read(_LED_BY.role, today, "cost_shares", element_id=element):
        await clerk.do(_LED_BY.role, today, "plan_cost_shares", element, shares=list(SHARES))
    await clerk.do(
        _LED_BY.role,
        today,
        "decide_element",
        element,
        id=DECISION,
        outcome="granted",
        amount=str(_SUPPORT["cost"]),
        legal_basis="§§ 27, 31 SGB VIII",
        wish_and_choice="Amira hat den Träger gewählt: Eine Freundin hat gute Erfahrungen mit ihm gemacht.",
        override=Override.ADDRESSEE_WISH.value,
        override_because="Nach dem Ort will Amira später fragen, jetzt braucht sie abends jemanden.",
    )
