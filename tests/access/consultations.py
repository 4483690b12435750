"""Consultations in the county of the access tests: in every state and phase, with people of all standing, in the main
case and in one of another authority."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from service.demo import MAIN_ADDRESSEE, MAIN_CASE, PEOPLE, UNTERHACHING, demo_id
from service.demo.cases import case_id, participant_id
from service.demo.consultations import FAMILY_COUNCIL, PEER, SAFETY_MAPPING
from service.demo.stories import STORIES_ELSEWHERE
from service.demo.story import Who
from service.demo.territory import AUTHORITY, OTHER_AUTHORITY
from service.domain.consultations.model import (
    Consultation,
    ConsultationEntry,
    ConsultationMethod,
    ConsultationParticipant,
    ConsultationPhase,
    ConsultationSketch,
    FamilyDraft,
    FamilyPlan,
    Idea,
)

MOMENT = datetime(2026, 5, 1, 16, tzinfo=UTC)
COMING_UP = datetime(2099, 5, 1, 16, 30, tzinfo=UTC)
MANY = 3  # of each: with a sketch that is out, without one, with one that nobody has let go out
BEFORE_AND_AFTER = ("requested", "consented", "scheduled", "results_recorded", "followed_up", "closed", "cancelled")
HELD: dict[str, tuple[UUID, int, dict[str, Any]]] = {
    "ideas": (PEER, 3, {}),
    "chosen": (PEER, 4, {"choice": "Probe"}),
    "family": (FAMILY_COUNCIL, 2, {}),
    "released": (FAMILY_COUNCIL, 2, {}),
    "returned": (FAMILY_COUNCIL, 2, {}),
    "accepted": (FAMILY_COUNCIL, 3, {}),
    "mapping": (SAFETY_MAPPING, 1, {}),
}
# Those from outside: who comes, who does not, who has not said, and who is nobody here any more.
COMING = (
    *("second_case_worker", "regional_manager", "integrated_planner", "provider_worker_unassigned"),
    *("provider_worker", "provider_manager", "expert_by_experience", "manager_until_yesterday"),
)
OTHERS = {"manager_of_region": "refused", "expert_of_region": "asked"}
# Of the family: whoever comes, whoever does not, and whose access has ended.
FAMILY = {
    "custodian_now": "given",
    "neighbour_now": "given",
    "trusted_now": "given",
    "representative_now": "given",
    "neighbour_with_all_parts": "refused",
    "trusted_with_nothing": "asked",
    "custodian_until_yesterday": "given",
}


ENTRIES: dict[str, dict[str, Any]] = {
    "worries": {},
    "scale": {"value": 4, "audience": "author"},
    "strengths": {"resource": "social", "audience": "named", "audience_of": [demo_id("participant", "neighbour_now")]},
}


def consultations() -> Iterator[SQLModel]:
    own = demo_id("consultation_method", "own")
    names: dict[str, Any] = {"name_de": "Probe", "name_en": "Probe", "name_simple": "Probe"}
    yield ConsultationMethod(id=own, authority_id=AUTHORITY, code="own", roles=["family"], **names)
    was: dict[str, Any] = {"authority_id": AUTHORITY, "code": "own", "edition": 0, "replaced_on": MOMENT.date()}
    yield ConsultationMethod(id=demo_id("consultation_method", "was"), roles=["family"], **was, **names)
    yield ConsultationPhase(authority_id=AUTHORITY, method_id=own, position=1, **names)
    elsewhere = STORIES_ELSEWHERE[0]
    for authority, case, addressee, space in (
        (AUTHORITY, MAIN_CASE, MAIN_ADDRESSEE, UNTERHACHING),
        (OTHER_AUTHORITY, case_id(elsewhere), participant_id(elsewhere, Who.ADDRESSEE), None),
    ):
        for number in range(MANY if authority == AUTHORITY else 1):
            scope: dict[str, Any] = {"authority_id": authority, "case_id": case}
            for state in BEFORE_AND_AFTER:
                more = {"cancelled_because": "Probe"} if state == "cancelled" else {}
                more |= {"interpreting": "Dari"} if number == 1 else {}
                yield from _one(f"{state} {number}", scope, addressee, number, space, PEER, state=state, **more)
            for name, (method, phase, known) in HELD.items():
                held: dict[str, Any] = {"state": "held", "phase": phase, **known}
                yield from _one(f"{name} {number}", scope, addressee, number, space, method, **held)


def _one(
    name: str, scope: dict[str, Any], addressee: UUID, number: int, space: UUID | None, method: UUID, **more: Any
) -> Iterator[SQLModel]:
    ours = scope["authority_id"] == AUTHORITY
    id = demo_id("consultation", name, str(ours))
    moderator = PEOPLE["social_space_manager"].actor_id if ours else None
    starts_at = COMING_UP if name.startswith(("scheduled", "cancelled", "chosen")) else None
    yield Consultation(
        id=id,
        case_pseudonym="PROBE",
        social_space_id=space,
        method_id=method,
        question="Probe?",
        moderator_id=moderator,
        starts_at=starts_at,
        **scope,
        **more,
    )
    within: dict[str, Any] = {"consultation_id": id, **scope}
    lead = "case_worker" if ours else "other_authority"
    myself = PEOPLE["addressee"].actor_id if ours else demo_id("actor", STORIES_ELSEWHERE[0].title)
    invitation = _invited(name, within, "family", myself, "given", addressee)
    yield invitation
    told: dict[str, Any] = {"starts_at": starts_at, "called_off": name.startswith("cancelled"), **within}
    outside = {lead: "given", **(dict.fromkeys(COMING, "given") | OTHERS if ours and number == 0 else {})}
    circle = [(invitation.id, myself)]
    if ours:
        yield _invited(name, told, "moderator", moderator, "given")
        for who, consent in FAMILY.items():
            actor = demo_id("actor", who)
            another = _invited(name, within, "family", actor, consent, demo_id("participant", who))
            yield another
            circle.append((another.id, actor))
    for who, consent in outside.items():
        yield _invited(name, told, "idea_giver", demo_id("actor", who), consent)
    invited = [demo_id("actor", who) for who in outside] + ([moderator] if moderator else [])
    out = number == 0 and more["state"] in ("consented", "scheduled", "held")
    if number != 1:
        yield ConsultationSketch(
            id=demo_id("consultation_sketch", name, str(ours)),
            case_pseudonym="PROBE",
            question="Probe?",
            words="Probe",
            rare_features=["many_people"],
            invited=invited if out else [],
            ideas_wanted=out and name.startswith("ideas"),
            released_at=MOMENT if out else None,
            **within,
        )
    for author in (*invited, myself):
        yield Idea(id=demo_id("idea", name, str(author)), author_id=author, words="Probe", **within)
    for kind, more_of_it in ENTRIES.items() if name.startswith(("mapping", "closed")) else ():
        entry = demo_id("consultation_entry", name, kind, str(ours))
        yield ConsultationEntry(id=entry, author_id=myself, kind=kind, words="Probe", **more_of_it, **within)
    for part, people in (("all", circle), ("alone", circle[:1]), ("others", circle[1:] or circle)):
        yield FamilyDraft(
            id=demo_id("family_draft", name, part, str(ours)),
            circle=[invited for invited, _ in people],
            author_id=people[0][1],
            words="Probe",
            **within,
        )
    plan: dict[str, Any] = {"author_id": myself, "words": "Probe", **within}
    if name.startswith(("released", "accepted", "closed")):
        accepted = None if name.startswith("released") else MOMENT
        yield FamilyPlan(id=demo_id("family_plan", name, str(ours)), accepted_at=accepted, **plan)
    if name.startswith("returned"):
        yield FamilyPlan(id=demo_id("family_plan", name, str(ours)), returned_because="Probe", **plan)


def _invited(
    name: str, within: dict[str, Any], role: str, actor: UUID | None, consent: str, participant: UUID | None = None
) -> ConsultationParticipant:
    return ConsultationParticipant(
        id=demo_id("consultation_participant", name, str(actor), str(within["authority_id"])),
        role=role,
        actor_id=actor,
        participant_id=participant,
        consent=consent,
        **within,
    )
