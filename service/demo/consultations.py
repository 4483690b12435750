"""Consultations in the demo: one that has come to ideas and steps, and a family council in family time. And a method of
the county's own."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from service.demo.cases import case_id, lead_of, participant_id, step_id
from service.demo.identity import demo_id, demo_pseudonym
from service.demo.people import PEOPLE
from service.demo.stories import MAIN, OF_THE_CUSTODIAN
from service.demo.story import Story, Who
from service.demo.territory import AUTHORITY, space_id
from service.domain.consultations.model import (
    Consent,
    Consultation,
    ConsultationEntry,
    ConsultationEntryKind,
    ConsultationMethod,
    ConsultationParticipant,
    ConsultationPhase,
    ConsultationRole,
    ConsultationSketch,
    ConsultationState,
    FamilyDraft,
    FamilyPlan,
    Idea,
    RareFeature,
    RequiredRecord,
    ResourceKind,
)

# The methods that are there everywhere are written by migrations.
PEER = UUID("019b76da-a800-7efc-9c7e-7e0a33bf6f2b")
FAMILY_COUNCIL = UUID("019b76da-a800-7883-9af0-db3d0384946b")
SAFETY_MAPPING = UUID("019b76da-a800-75fb-afb3-d341b02bd977")
RESOURCE_CHECK = UUID("019b76da-a800-79fb-8c84-8784fee2e612")
CHECK = demo_id("consultation", "Ressourcencheck")
OWN_METHOD = demo_id("consultation_method", "kitchen_table")
CONSULTATION, COUNCIL = demo_id("consultation", MAIN.title), demo_id("consultation", OF_THE_CUSTODIAN.title)
_IDEAS = (
    ("expert_by_experience", "Im Mütterzentrum liest dienstags jemand vor, da kann man einfach dazukommen.", True),
    ("social_space_manager", "Die Bücherei verleiht Vorlesekisten, auch über die Ferien.", True),
    ("provider_worker_unassigned", "Ein fester Abend in der Woche, an dem nichts anderes ist.", False),
)


def consultations(today: date) -> Iterator[SQLModel]:
    yield ConsultationMethod(
        id=OWN_METHOD,
        authority_id=AUTHORITY,
        code="kitchen_table",
        name_de="Runde am Küchentisch",
        name_en="round at the kitchen table",
        name_simple="Wir treffen uns bei Ihnen am Tisch",
        roles=[ConsultationRole.FAMILY.value, ConsultationRole.EXPERT_BY_EXPERIENCE.value],
    )
    yield ConsultationPhase(
        id=demo_id("consultation_phase", "kitchen_table"),
        authority_id=AUTHORITY,
        method_id=OWN_METHOD,
        position=1,
        name_de="Erzählen, und was man selbst probiert hat",
        name_en="telling, and what one has tried oneself",
        name_simple="Sie erzählen. Die anderen erzählen auch.",
        records=[RequiredRecord.CHOICE.value],
    )
    yield from _peer(today)
    yield from _council(today)
    yield from _resource_check(today)


def _peer(today: date) -> Iterator[SQLModel]:
    held = datetime.combine(today - timedelta(days=20), time(16), UTC)
    within: dict[str, Any] = {"consultation_id": CONSULTATION, **_scope(MAIN)}
    outside = {"starts_at": held, **within}
    question = "Wie bleibt abends Kraft zum Vorlesen?"
    yield Consultation(
        id=CONSULTATION,
        case_pseudonym=demo_pseudonym(MAIN.title),
        social_space_id=space_id("Unterhaching"),
        method_id=PEER,
        question=question,
        state=ConsultationState.RESULTS_RECORDED.value,
        moderator_id=PEOPLE["social_space_manager"].actor_id,
        starts_at=held,
        venue="Bücherei, Gruppenraum",
        choice="Ich probiere das Vorlesen im Mütterzentrum. Die Kiste holt Oma.",
        chosen_by_id=PEOPLE["addressee"].actor_id,
        steps=[step_id(MAIN, MAIN.aims[0].steps[0])],
        follow_up_on=today + timedelta(days=22),
        **_scope(MAIN),
    )
    yield _invited(within, ConsultationRole.FAMILY, "addressee", participant_id(MAIN, Who.ADDRESSEE))
    yield _invited(outside, ConsultationRole.CASE_GIVER, "case_worker")
    yield _invited(outside, ConsultationRole.MODERATOR, "social_space_manager")
    yield _invited(outside, ConsultationRole.EXPERT_BY_EXPERIENCE, "expert_by_experience")
    yield _invited(outside, ConsultationRole.IDEA_GIVER, "provider_worker_unassigned")
    yield ConsultationSketch(
        id=demo_id("consultation_sketch", MAIN.title),
        case_pseudonym=demo_pseudonym(MAIN.title),
        question=question,
        words="Jemand arbeitet im Schichtdienst und möchte abends wieder mit dem Kind lesen.",
        rare_features=[RareFeature.FEW_CASES_LIKE_IT.value],
        released_at=held - timedelta(days=6),
        **within,
    )
    for who, words, chosen in _IDEAS:
        yield Idea(id=demo_id("idea", who), author_id=PEOPLE[who].actor_id, words=words, chosen=chosen, **within)


def _council(today: date) -> Iterator[SQLModel]:
    within = {"consultation_id": COUNCIL, **_scope(OF_THE_CUSTODIAN)}
    custodian, circle = PEOPLE["custodian"].actor_id, ("custodian", "young_person")
    yield Consultation(
        id=COUNCIL,
        case_pseudonym=demo_pseudonym(OF_THE_CUSTODIAN.title),
        social_space_id=space_id("Unterhaching"),
        method_id=FAMILY_COUNCIL,
        question="Wo kann Danylo bis zur Ausbildung gut wohnen?",
        must_hold="Jede Nacht ein sicherer Platz, und jemand weiß, wo er ist.",
        state=ConsultationState.HELD.value,
        phase=2,
        starts_at=datetime.combine(today, time(14), UTC),
        venue="Gemeindezentrum",
        **_scope(OF_THE_CUSTODIAN),
    )
    yield _invited(within, ConsultationRole.FAMILY, "custodian", participant_id(OF_THE_CUSTODIAN, Who.CUSTODIAN))
    yield _invited(within, ConsultationRole.FAMILY, "young_person", participant_id(OF_THE_CUSTODIAN, Who.ADDRESSEE))
    yield FamilyPlan(
        id=demo_id("family_plan", OF_THE_CUSTODIAN.title),
        author_id=custodian,
        words="Danylo wohnt erst einmal bei der Tante.",
        returned_because="Bis wann, und wer holt ihn nach dem Training ab?",
        **within,
    )
    for number, words in enumerate(("Die Tante hat Platz bis August.", "Wer redet mit Opa?")):
        yield FamilyDraft(
            id=demo_id("family_draft", str(number)),
            circle=[demo_id("consultation_participant", str(COUNCIL), who) for who in circle],
            author_id=custodian,
            words=words,
            **within,
        )


def _resource_check(today: date) -> Iterator[SQLModel]:
    within = {"consultation_id": CHECK, **_scope(MAIN)}
    yield Consultation(
        id=CHECK,
        case_pseudonym=demo_pseudonym(MAIN.title),
        social_space_id=space_id("Unterhaching"),
        method_id=RESOURCE_CHECK,
        question="Was habe ich schon, das abends trägt?",
        state=ConsultationState.CLOSED.value,
        choice="Ich frage im Mütterzentrum, ob ich auch einmal vorlesen darf.",
        chosen_by_id=PEOPLE["addressee"].actor_id,
        starts_at=datetime.combine(today - timedelta(days=50), time(9), UTC),
        venue="Am Küchentisch",
        **_scope(MAIN),
    )
    yield _invited(within, ConsultationRole.FAMILY, "addressee", participant_id(MAIN, Who.ADDRESSEE))
    kinds = ConsultationEntryKind
    said: tuple[tuple[str, ConsultationEntryKind, str, ResourceKind | None], ...] = (
        ("addressee", kinds.ABOUT_ME, "Ich bin Schaffnerin und kann drei Sprachen.", None),
        ("case_worker", kinds.STRENGTHS, "Sie liest so vor, dass alle zuhören.", ResourceKind.PERSONAL),
        (
            "addressee",
            kinds.OPPORTUNITIES,
            "Die Vorleserunde am Dienstag.",
            ResourceKind.INFRASTRUCTURAL,
        ),
    )
    for who, kind, words, resource in said:
        yield ConsultationEntry(
            id=demo_id("consultation_entry", words),
            author_id=PEOPLE[who].actor_id,
            kind=kind.value,
            words=words,
            resource=resource.value if resource else None,
            **within,
        )


def _invited(
    within: dict[str, Any], role: ConsultationRole, who: str, participant: UUID | None = None
) -> ConsultationParticipant:
    return ConsultationParticipant(
        id=demo_id("consultation_participant", str(within["consultation_id"]), who),
        role=role.value,
        participant_id=participant,
        actor_id=PEOPLE[who].actor_id,
        consent=Consent.GIVEN.value,
        ended=within["consultation_id"] in (CONSULTATION, CHECK),
        **within,
    )


def _scope(story: Story) -> dict[str, Any]:
    return {"authority_id": lead_of(story).authority_id, "case_id": case_id(story)}
