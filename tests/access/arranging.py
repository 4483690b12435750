"""Arrangements in the county of the access tests: elements of every kind in every state, and decisions of every
outcome, in cases of several workers and of another authority."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from service.demo import CUSTODIANS_CASE, MAIN_ADDRESSEE, MAIN_CASE, MAIN_GOAL, UNTERHACHING, demo_id
from service.demo.cases import case_id, participant_id
from service.demo.people import KOMPASS, LICHTUNG
from service.demo.stories import OF_THE_CUSTODIAN, STORIES_ELSEWHERE
from service.demo.stories_north import NORTH
from service.demo.story import Who
from service.demo.territory import AUTHORITY, OTHER_AUTHORITY
from service.domain.cases.confidential import ConfidentialCounselling
from service.domain.cases.handovers import Handover
from service.domain.cases.model import CaseState
from service.domain.decisions.cost_shares import CostShare
from service.domain.decisions.history import ElementChange
from service.domain.decisions.model import Arrangement, ArrangementElement, Decision
from service.domain.decisions.perspectives import Perspective
from service.domain.decisions.reviews import Review
from service.domain.decisions.setting_changes import SettingChange

MANY = 6  # of what operations use up
FIRST = date(2026, 1, 1)
CASES: dict[str, tuple[UUID, UUID, UUID, str]] = {  # authority, case, addressee, who leads it
    "main": (AUTHORITY, MAIN_CASE, MAIN_ADDRESSEE, "case_worker"),
    "custodian": (AUTHORITY, CUSTODIANS_CASE, participant_id(OF_THE_CUSTODIAN, Who.ADDRESSEE), "case_worker"),
    "north": (AUTHORITY, case_id(NORTH[0]), participant_id(NORTH[0], Who.ADDRESSEE), "second_case_worker"),
    "elsewhere": (
        OTHER_AUTHORITY,
        case_id(STORIES_ELSEWHERE[1]),
        participant_id(STORIES_ELSEWHERE[1], Who.ADDRESSEE),
        "other_authority",
    ),
}
OUTCOMES = ("granted", "partly", "refused")


def arrangements() -> Iterator[SQLModel]:
    for place in CASES:
        yield from _arrangement(place)


def counselled() -> Iterator[ConfidentialCounselling]:
    """Without custodians' knowledge: ended ones, and where nobody represents anybody one that holds."""
    for place, (authority, case, addressee, _) in CASES.items():
        said: dict[str, Any] = {"authority_id": authority, "case_id": case, "participant_id": addressee}
        said |= {"because": "Probe", "began_on": FIRST, "review_on": FIRST}
        ended: dict[str, Any] = {"ended_on": FIRST, "ended_because": "Probe"}
        yield ConfidentialCounselling(id=demo_id("confidential", place, "ended"), **said, **ended)
        for number in range(1) if place in ("north", "elsewhere") else ():
            yield ConfidentialCounselling(id=demo_id("confidential", place, str(number)), **said)


def handed_over() -> Iterator[Handover]:
    """In the other authority, too, a case is offered to somebody; and the first case worker is offered one."""
    authority, case, _, lead = CASES["elsewhere"]
    yield _offered("ELSEWHERE", authority, case, lead, receiving_body="Jugendamt der Nachbarstadt")
    moving = next(story for story in NORTH if story.state is CaseState.CLARIFICATION)
    receiver = {"receiver_id": demo_id("actor", "case_worker"), "social_space_id": UNTERHACHING}
    yield _offered("MOVING", AUTHORITY, case_id(moving), "second_case_worker", **receiver)


def _offered(pseudonym: str, authority: UUID, case: UUID, lead: str, **to: Any) -> Handover:
    return Handover(
        id=demo_id("handover", pseudonym),
        authority_id=authority,
        case_id=case,
        pseudonym=pseudonym,
        kind="transfer",
        offered_by_id=demo_id("actor", lead),
        **to,
    )


def _arrangement(place: str) -> Iterator[SQLModel]:
    authority, case, addressee, lead = CASES[place]
    scope: dict[str, Any] = {"authority_id": authority, "case_id": case}
    arrangement = demo_id("arrangement", place)
    yield Arrangement(id=arrangement, edition=2, title=f"Arrangement {place}", purpose="Probe", **scope)
    element: dict[str, Any] = {"arrangement_id": arrangement, "participant_id": addressee, **scope}
    for number in range(MANY):
        for kind in ("own", "specialist"):
            yield _element(place, f"planned {number}", kind=kind, **element)
        yield _element(place, f"applied {number}", state="applied", claim_holder_id=addressee, **element)
    if place == "custodian":
        own: dict[str, Any] = {"state": "applied", "applicant_id": addressee}
        for number, told_on in enumerate((None, None, FIRST)):
            told: dict[str, Any] = {"claim_holder_id": addressee, "custodians_told_on": told_on}
            yield _element(place, f"own {number}", **told, **own, **element)
    yield _element(place, "shared", cost=Decimal("9.00"), **element)
    for kind in ("own_network", "community", "regular_institution"):
        goals = [MAIN_GOAL] if place == "main" else []
        yield _element(
            place, "running", kind=kind, state="running", starts_on=FIRST, began_on=FIRST, goal_ids=goals, **element
        )
    for audience, of in (("all", []), ("author", []), ("named", [addressee])):
        yield SettingChange(
            id=demo_id("setting_change", place, audience),
            audience=audience,
            audience_of=of,
            participant_id=addressee,
            from_place="residential_one_group",
            to_place="own_home_of_young_person",
            from_on=FIRST,
            words="Probe",
            author_id=demo_id("actor", lead),
            **scope,
        )
    outside = _element(place, "outside", state="granted", support_kind="residential_care", **element)
    yield outside
    for audience, of in (("all", []), ("author", []), ("named", [addressee])):
        yield Perspective(
            id=demo_id("perspective", place, audience),
            audience=audience,
            audience_of=of,
            element_id=outside.id,
            aim="return",
            words="Probe",
            cleared_up_with=[addressee],
            author_id=demo_id("actor", lead),
            cleared_up_on=FIRST,
            **scope,
        )
    other_way = {"other_way": "direct_access", "other_way_because": "Vereinbart"}
    yield _element(place, "otherwise", state="running", **other_way, **element)
    yield _element(place, "ended", kind="own", state="ended", ended_on=FIRST, **element)
    for outcome in OUTCOMES:
        decided = _element(place, outcome, state="refused" if outcome == "refused" else "granted", **element)
        yield decided
        granted = outcome != "refused"
        yield Decision(
            id=demo_id("decision", place, outcome),
            element_id=decided.id,
            outcome=outcome,
            amount=Decimal("250.00") if granted else None,
            organisation_id=demo_id("organisation", KOMPASS) if granted and authority == AUTHORITY else None,
            outside_network=granted,
            hours_per_week=Decimal("2.50"),
            starts_on=FIRST,
            legal_basis="§ 27 SGB VIII",
            wish_and_choice="Probe" if granted else None,
            reasons=None if outcome == "granted" else "Probe",
            remedy_notice=None if outcome == "granted" else "Probe",
            decided_by_id=demo_id("actor", lead),
            decided_on=FIRST,
            override="acute_protection" if granted else None,
            override_because="Probe" if granted else None,
            **scope,
        )
    wrong = _element(place, "annulled", state="ended", **element)
    yield wrong
    yield Decision(
        id=demo_id("decision", place, "annulled"),
        element_id=wrong.id,
        outcome="granted",
        legal_basis="§ 27 SGB VIII",
        wish_and_choice="Probe",
        decided_by_id=demo_id("actor", lead),
        decided_on=FIRST,
        annulled_on=FIRST,
        **scope,
    )


def cost_shares() -> Iterator[CostShare]:
    """Of an element that is decided: each source, one of them bound; and of a plan that was replaced."""
    for place, (authority, case, _, _) in CASES.items():
        of_element: dict[str, Any] = {
            "authority_id": authority,
            "case_id": case,
            "element_id": demo_id("element", place, "granted", "specialist"),
            "legal_basis": "§ 27 SGB VIII",
            "amount": Decimal("62.50"),
        }
        for position, source in enumerate(("case_specific", "case_unspecific", "own_contribution", "other_authority")):
            bearer = "Schulverband" if source == "other_authority" else None
            for number in (1, 2):
                yield CostShare(
                    id=demo_id("cost_share", place, source, str(number)),
                    number=number,
                    position=position,
                    source=source,
                    bearer=bearer,
                    granted=Decimal("62.50") if number == 2 else None,
                    **of_element,
                )


def changes() -> Iterator[ElementChange]:
    """An element that was added and then changed, in each of these cases."""
    for place, (authority, case, addressee, _) in CASES.items():
        of_element: dict[str, Any] = {
            "authority_id": authority,
            "case_id": case,
            "arrangement_id": demo_id("arrangement", place),
            "element_id": demo_id("element", place, "running", "community"),
            "participant_id": addressee,
            "kind": "community",
            "what": "running",
        }
        for edition, (change, state) in enumerate((("added", "planned"), ("changed", "running")), 1):
            yield ElementChange(
                id=demo_id("element_change", place, change),
                edition=edition,
                change=change,
                state=state,
                changed=["state"] if edition > 1 else [],
                cost=Decimal("2.50"),
                **of_element,
            )


def reviews() -> Iterator[Review]:
    """Of every kind and state, in each of these cases; and what operations use up."""
    for place, (authority, case, addressee, _) in CASES.items():
        scope: dict[str, Any] = {"authority_id": authority, "case_id": case, "due_on": FIRST}
        for number in range(MANY):
            for kind in ("support_review", "reflection"):
                yield Review(id=demo_id("review", place, kind, str(number)), kind=kind, **scope)
        ends: dict[str, Any] = {
            "element_id": demo_id("element", place, "granted", "specialist"),
            "took_part": [addressee],
        }
        held: dict[str, Any] = {"state": "held", "held_on": FIRST, "words": "Probe"}
        yield Review(id=demo_id("review", place, "transition"), kind="transition_check", **ends, **held, **scope)
        found: dict[str, Any] = {"finding": "to_be_changed", "moved_because": "Probe", "first_due_on": FIRST}
        yield Review(id=demo_id("review", place, "held"), kind="support_review", **held, **found, **scope)
        dropped: dict[str, Any] = {"state": "dropped", "words": "Probe"}
        yield Review(id=demo_id("review", place, "dropped"), kind="reflection", **dropped, **scope)


def _element(place: str, name: str, *, kind: str = "specialist", **more: Any) -> ArrangementElement:
    if kind == "specialist":
        ours = more["authority_id"] == AUTHORITY
        more |= {"basis": "granted_claim", "line": "case_specific", "hours_per_week": Decimal("2.50")}
        more |= {"organisation_id": demo_id("organisation", LICHTUNG) if ours else None}
    return ArrangementElement(id=demo_id("element", place, name, kind), kind=kind, what=name, **more)
