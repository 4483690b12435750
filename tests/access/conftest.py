"""A county of the tests' own: the demo's, and in it people for everything else that the rules tell apart."""

import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlmodel import SQLModel

from service import demo
from service.api.app import Application
from service.demo import HACHINGER_TAL, MAIN_ADDRESSEE, MAIN_CASE, MAIN_GOAL, MAIN_QUESTION, UNTERHACHING, demo_id
from service.demo.cases import case_id, participant_id
from service.demo.loading import load
from service.demo.people import KOMPASS, LICHTUNG, MUSTERAMT, signing_in
from service.demo.stories import STORIES_ELSEWHERE
from service.demo.story import Who
from service.demo.territory import AUTHORITY, OTHER_AUTHORITY, region_id, space_id
from service.domain.access.model import AccessGrant, CaseAccess, Login, Membership, Organisation, OrganisationKind
from service.domain.cases.bottlenecks import SituationMark
from service.domain.cases.known import FamilyInquiry, InquiryPurpose
from service.domain.cases.model import Answer, Case, Goal, Participant, Person, Step, Suggestion
from service.domain.cases.picture import Disagreement, LifeRating, Offer, SharedOffer, SituationEntry
from service.domain.cases.represented import Representation
from service.domain.cases.stand_ins import StandIn
from service.domain.cases.tick_offs import TickOff
from service.domain.clock import Clock
from service.domain.decisions.contributions import ContributionMark
from service.domain.decisions.transitions import SettingMark
from service.domain.policy import Basis, Part, Role
from service.settings import Settings
from service.storage.postgres import Storage
from tests.access.arranging import CASES, arrangements, changes, cost_shares, counselled, handed_over, reviews
from tests.access.audits import audits
from tests.access.consultations import consultations
from tests.access.dialogues import dialogues
from tests.access.jobs import jobs
from tests.access.looks import looks
from tests.access.model import County, Reader
from tests.access.money import TRAEGER, kept, money
from tests.access.protection import protection
from tests.access.providers import providers
from tests.access.steering import steering
from tests.access.teams import teams
from tests.access.topology import past
from tests.access.withdrawn import siblings, withdrawn
from tests.conftest import FACES, Database, _copied, data_keys

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
BEFORE_THAT = datetime(2024, 1, 1, tzinfo=UTC)
YESTERDAY, TOMORROW = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)
WHOLE = [part.value for part in Part]
STRANGER = "nobody-knows-me"
PUBLIC = None

Between = tuple[datetime, datetime | None]
ALWAYS, OVER, NOT_YET = (LONG_AGO, None), (LONG_AGO, YESTERDAY), (TOMORROW, None)


def _person(name: str, authority: UUID = AUTHORITY) -> Iterator[SQLModel]:
    return signing_in(demo_id("actor", name), authority, f"development:{name}", name)


def _grant(
    name: str,
    role: Role,
    when: Between = ALWAYS,
    *,
    approved: bool = True,
    authority: UUID = AUTHORITY,
    proposed_by: str = "administrator",
    region_id: UUID | None = None,
    social_space_id: UUID | None = None,
) -> AccessGrant:
    approver = "second_administrator" if proposed_by == "administrator" else "administrator"
    return AccessGrant(
        id=demo_id("grant", name, role, str(region_id or social_space_id), proposed_by),
        authority_id=authority,
        actor_id=demo_id("actor", name),
        role=role.value,
        valid_from=when[0],
        valid_to=when[1],
        proposed_by=demo_id("actor", proposed_by),
        approved_by=demo_id("actor", approver) if approved else None,
        approved_at=LONG_AGO if approved else None,
        region_id=region_id,
        social_space_id=social_space_id,
    )


def _works(name: str, organisation: str, authority: UUID = AUTHORITY, when: Between = ALWAYS) -> Membership:
    return Membership(
        id=demo_id("membership", name, organisation),
        authority_id=authority,
        actor_id=demo_id("actor", name),
        organisation_id=demo_id("organisation", organisation),
        function="Sozialpädagogik",
        valid_from=when[0],
        valid_to=when[1],
    )


def _told(name: str, *parts: Part, when: Between = ALWAYS) -> Iterator[SQLModel]:
    """A provider's worker, and what of the main case was transmitted to them."""
    yield from _person(name)
    yield _works(name, LICHTUNG)
    yield _grant(name, Role.PROVIDER_WORKER)
    yield CaseAccess(
        id=demo_id("access", name),
        authority_id=AUTHORITY,
        case_id=MAIN_CASE,
        actor_id=demo_id("actor", name),
        membership_id=demo_id("membership", name, LICHTUNG),
        basis=Basis.TRANSMISSION.value,
        parts=[part.value for part in parts],
        purpose="Probe",
        legal_basis="§ 64 SGB VIII",
        valid_from=when[0],
        valid_to=when[1],
    )


def _in_main_case(
    name: str,
    when: Between,
    kind: str = "custodian",
    basis: Basis = Basis.REPRESENTATION,
    parts: Sequence[str] = WHOLE,
    **known: Any,
) -> Iterator[SQLModel]:
    """Somebody in the main case, who says something there, wants something and has something to do."""
    participant, actor = demo_id("participant", name), demo_id("actor", name)
    yield from _person(name)
    of_case: dict[str, Any] = {"authority_id": AUTHORITY, "case_id": MAIN_CASE}
    yield Participant(id=participant, kind=kind, actor_id=actor, **of_case, **known)
    yield Person(participant_id=participant, name=name, **of_case)
    yield CaseAccess(
        id=demo_id("access", name),
        actor_id=actor,
        participant_id=participant,
        basis=basis.value,
        parts=list(parts),
        trusted_by_id=known.get("trusted_by_id"),
        valid_from=when[0],
        valid_to=when[1],
        **of_case,
    )
    worker = demo_id("actor", "case_worker")
    yield Offer(
        id=demo_id("offer", name), participant_id=participant, words="Vorlesen", until=TOMORROW.date(), **of_case
    )
    hearings: tuple[tuple[UUID, str, list[UUID]], ...] = (
        (actor, "all", []),
        (actor, "author", []),
        (actor, "named", [MAIN_ADDRESSEE]),
        (worker, "author", []),
        (worker, "named", [participant]),
        (worker, "named", [worker, MAIN_ADDRESSEE]),
    )
    for number, (author, audience, named) in enumerate(hearings):
        heard: dict[str, Any] = {"author_id": author, "audience": audience, "audience_of": named}
        goal = demo_id("goal", name, str(number))
        shared = [participant] if number == 0 else []
        yield Goal(id=goal, participant_id=participant, statement=f"Ziel {number}", **of_case, **heard)
        yield Goal(
            id=demo_id("goal", name, "shared", str(number)),
            participant_id=MAIN_ADDRESSEE,
            shared_with=shared,
            statement=f"Gemeinsam {number}",
            **of_case,
            **heard,
        )
        yield Answer(
            id=demo_id("answer", name, str(number)),
            question_id=MAIN_QUESTION,
            participant_id=participant,
            words=f"Worte {number}",
            replaced_at=YESTERDAY if number else None,
            **of_case,
            **heard,
        )
        yield LifeRating(
            id=demo_id("life_rating", name, str(number)),
            participant_id=participant,
            about="Schlaf",
            lowest_means="gar nicht",
            highest_means="wie früher",
            highest=10,
            value=number,
            rated_at=LONG_AGO,
            **of_case,
            **heard,
        )
        yield Disagreement(
            id=demo_id("disagreement", name, str(number)),
            participant_id=participant,
            about="suggestion",
            about_id=demo_id("suggestion", name, str(number)),
            part=("questions", "concern", "arrangement", "goals", "steps")[number % 5],
            words=f"Anders {number}",
            **of_case,
            **heard,
        )
        yield SituationEntry(
            id=demo_id("situation_entry", name, str(number)),
            life_area="housing",
            aspect="conditions",
            words=f"Gesehen {number}",
            seen_on=LONG_AGO.date(),
            **of_case,
            **heard,
        )
        yield Suggestion(
            id=demo_id("suggestion", name, str(number)),
            question_id=MAIN_QUESTION,
            words=f"Vorschlag {number}",
            **of_case,
            **heard,
        )
        yield Step(
            id=demo_id("step", name, str(number)),
            goal_id=MAIN_GOAL,
            wanted_by_id=MAIN_ADDRESSEE if number % 2 else participant,
            done_by_id=participant,
            done_with_id=demo_id("actor", ("provider_worker", "case_worker", "worker_no_longer")[number % 3]),
            with_whom="mit Juno",
            how=f"Schritt {number}",
            due_on=TOMORROW.date(),
            with_what="Bus",
            **of_case,
            **heard,
        )
        yield TickOff(
            id=demo_id("tick_off", name, str(number)),
            step_id=demo_id("step", name, str(number)),
            done=True,
            seen_version=1,
            taken=False,
            step_state="done",
            arrived_at=LONG_AGO,
            **of_case,
            **heard,
        )


KEPT = {AUTHORITY: CASES["north"][1], OTHER_AUTHORITY: CASES["elsewhere"][1]}


def _origin_of(case: UUID) -> UUID:
    """As marks have it."""
    return UUID(hashlib.md5(str(case).encode(), usedforsecurity=False).hexdigest())


def _situations() -> Iterator[SQLModel]:
    """In one field as many as are told, in others fewer, some that are too old, some that are too new, and five one of
    which is of a case in which something is kept."""
    other = demo_id("social_space", "Musterstadt Mitte")
    for space, authority in ((UNTERHACHING, AUTHORITY), (other, OTHER_AUTHORITY)):
        for area, many, households, seen_on in (
            *(("housing", 7, 6, YESTERDAY), ("money", 5, 4, YESTERDAY)),
            *(("health", 9, 9, BEFORE_THAT), ("work", 9, 9, None), ("upbringing", 9, 9, YESTERDAY)),
            ("education", 5, 5, YESTERDAY),
        ):
            for number in range(many):
                of_kept = area == "education" and number == 0
                yield SituationMark(
                    id=demo_id("situation_mark", str(space), area, str(number)),
                    authority_id=authority,
                    social_space_id=space,
                    origin=_origin_of(KEPT[authority]) if of_kept else demo_id("situation_mark", "of", str(number)),
                    household=demo_id("situation_mark", "of", str(number % households)),
                    life_area=area,
                    aspect="conditions",
                    seen_on=seen_on and seen_on.date(),
                    since=Clock().today() if area == "upbringing" else LONG_AGO.date(),
                )


def _transitions() -> Iterator[SQLModel]:
    """Here as many on either side as are told; there too few on one side, and some that were taken out."""
    other = demo_id("social_space", "Musterstadt Mitte")
    for space, authority, homeward in ((UNTERHACHING, AUTHORITY, 6), (other, OTHER_AUTHORITY, 2)):
        for number in range(13):
            yield SettingMark(
                id=demo_id("setting_mark", str(space), str(number)),
                authority_id=authority,
                social_space_id=space,
                origin=demo_id("setting_mark", "of", str(number)),
                household=demo_id("setting_mark", "of", str(number)),
                homeward=number < homeward,
                changed_on=YESTERDAY.date() if number < 12 else None,
                since=LONG_AGO.date(),
            )


def _contributions() -> Iterator[SQLModel]:
    """Two kinds as many as are told, one too few, and some that were decided in the wrong case; in each of two
    counties."""
    other = demo_id("social_space", "Musterstadt Mitte")
    for space, authority in ((UNTERHACHING, AUTHORITY), (other, OTHER_AUTHORITY)):
        for kind, many, began_on in (
            *(("own", 7, YESTERDAY), ("specialist", 12, YESTERDAY), ("community", 3, YESTERDAY)),
            *(("specialist", 9, BEFORE_THAT), ("own_network", 9, None)),
        ):
            for number in range(many):
                yield ContributionMark(
                    id=demo_id("contribution_mark", str(space), kind, str(began_on), str(number)),
                    authority_id=authority,
                    social_space_id=space,
                    origin=demo_id("contribution_mark", "of", str(number)),
                    household=demo_id("contribution_mark", "of", str(number)),
                    kind=kind,
                    began_on=began_on and began_on.date(),
                    since=LONG_AGO.date(),
                )


def _merged() -> Iterator[SQLModel]:
    """A duplicate of the main case: somebody is in both, and somebody in this one alone."""
    duplicate = demo_id("case", "duplicate")
    yield Case(
        id=duplicate,
        authority_id=AUTHORITY,
        social_space_id=space_id("Garching b. München"),
        pseudonym="DOPPELT2",
        state="merged",
        merged_as="counselling",
        merged_into_id=MAIN_CASE,
        field_of_action="youth_welfare",
        opened_on=LONG_AGO.date(),
        title="Noch einmal",
    )
    for name, organisation in (("told_concern", LICHTUNG), ("worker_no_longer", KOMPASS)):
        yield CaseAccess(
            id=demo_id("access", "duplicate", name),
            authority_id=AUTHORITY,
            case_id=duplicate,
            actor_id=demo_id("actor", name),
            membership_id=demo_id("membership", name, organisation),
            basis=Basis.TRANSMISSION.value,
            parts=[Part.GOALS.value],
            purpose="Probe",
            legal_basis="§ 64 SGB VIII",
            valid_from=LONG_AGO,
        )


def _linked(name: str) -> Iterator[SQLModel]:
    """Holds a link to a step that is there for its author alone; here with a login, so that every path is tried."""
    yield from _person(name)
    yield CaseAccess(
        id=demo_id("access", name),
        authority_id=AUTHORITY,
        case_id=MAIN_CASE,
        actor_id=demo_id("actor", name),
        participant_id=demo_id("participant", "neighbour_now"),
        step_id=demo_id("step", "neighbour_now", "1"),
        basis=Basis.LINK.value,
        parts=[Part.STEPS.value],
        valid_from=LONG_AGO,
        valid_to=TOMORROW,
    )


def _people() -> Iterator[SQLModel]:
    roles: dict[str, AccessGrant] = {
        "manager_of_county": _grant("manager_of_county", Role.SOCIAL_SPACE_MANAGER),
        "manager_of_region": _grant("manager_of_region", Role.SOCIAL_SPACE_MANAGER, region_id=HACHINGER_TAL),
        "manager_until_yesterday": _grant("manager_until_yesterday", Role.SOCIAL_SPACE_MANAGER, OVER),
        "manager_from_tomorrow": _grant("manager_from_tomorrow", Role.SOCIAL_SPACE_MANAGER, NOT_YET),
        "manager_unapproved": _grant("manager_unapproved", Role.SOCIAL_SPACE_MANAGER, approved=False),
        "administrator_unapproved": _grant("administrator_unapproved", Role.ADMINISTRATOR, approved=False),
        "administrator_of_region": _grant("administrator_of_region", Role.ADMINISTRATOR, region_id=HACHINGER_TAL),
        "controller_of_region": _grant("controller_of_region", Role.CONTROLLER, region_id=HACHINGER_TAL),
        "manager_of_regions": _grant("manager_of_regions", Role.REGIONAL_MANAGER),
        "manager_of_north": _grant("manager_of_north", Role.REGIONAL_MANAGER, region_id=region_id("Nord")),
        "planner_of_region": _grant("planner_of_region", Role.INTEGRATED_PLANNER, region_id=HACHINGER_TAL),
        "auditor_of_main": _grant("auditor_of_main", Role.AUDITOR),
        "auditor_until_yesterday": _grant("auditor_until_yesterday", Role.AUDITOR),
        "auditor_of_region": _grant("auditor_of_region", Role.AUDITOR, region_id=HACHINGER_TAL),
        "officer_of_space": _grant("officer_of_space", Role.DATA_PROTECTION_OFFICER, social_space_id=UNTERHACHING),
        "expert_of_region": _grant("expert_of_region", Role.EXPERT_BY_EXPERIENCE, region_id=HACHINGER_TAL),
        "manager_of_nobody": _grant("manager_of_nobody", Role.PROVIDER_MANAGER),
        "worker_of_space": _grant("worker_of_space", Role.CASE_WORKER, social_space_id=UNTERHACHING),
    }
    for name, grant in roles.items():
        yield from _person(name)
        yield grant
    for name, organisation, when in (
        ("manager_of_party", LICHTUNG, ALWAYS),
        ("manager_of_others", KOMPASS, ALWAYS),
        ("manager_no_longer", LICHTUNG, OVER),
    ):
        yield from _person(name)
        yield _works(name, organisation, when=when)
        yield _grant(name, Role.PROVIDER_MANAGER)
    for name in ("worker_of_kompass", "worker_no_longer"):
        yield from _person(name)
        yield _works(name, KOMPASS)
        yield _grant(name, Role.PROVIDER_WORKER)
    yield from _person("software_of_kompass")
    yield _works("software_of_kompass", KOMPASS)
    yield _grant("software_of_kompass", Role.INTEGRATION_CLIENT)
    yield from _person("musterstadt_provider", OTHER_AUTHORITY)
    provider = demo_id("organisation", TRAEGER)
    kind = OrganisationKind.INDEPENDENT_PROVIDER.value
    yield Organisation(id=provider, authority_id=OTHER_AUTHORITY, kind=kind, name=TRAEGER)
    yield _works("musterstadt_provider", TRAEGER, OTHER_AUTHORITY)
    yield _grant("musterstadt_provider", Role.PROVIDER_WORKER, authority=OTHER_AUTHORITY)
    yield from _person("musterstadt_worker", OTHER_AUTHORITY)
    yield _works("musterstadt_worker", MUSTERAMT, OTHER_AUTHORITY)
    yield _grant("musterstadt_worker", Role.CASE_WORKER, authority=OTHER_AUTHORITY)
    for name, authority in (("musterstadt_worker", OTHER_AUTHORITY), ("custodian_now", AUTHORITY)):
        yield Login(
            id=demo_id("login", "calendar", name),
            authority_id=authority,
            actor_id=demo_id("actor", name),
            key=f"@calendar:{name}-now",
        )
    yield from _told("told_persons", Part.PERSONS)
    yield from _told("told_concern", Part.CONCERN, Part.QUESTIONS)
    yield from _told("told_steps", Part.STEPS)
    yield from _told("told_arrangement", Part.ARRANGEMENT)
    yield from _told("told_until_yesterday", *Part, when=OVER)
    yield from _told("told_from_tomorrow", *Part, when=NOT_YET)
    yield from _in_main_case("custodian_now", ALWAYS)
    yield from _in_main_case("custodian_until_yesterday", OVER)
    yield from _in_main_case("representative_now", ALWAYS, "representative", representation="attorney")
    unknown: dict[str, Any] = {"id": demo_id("participant", "representative without a login"), "kind": "representative"}
    yield Participant(authority_id=AUTHORITY, case_id=MAIN_CASE, representation="attorney", **unknown)
    yield Representation(  # which was over long ago
        id=demo_id("representation", "representative_now"),
        authority_id=AUTHORITY,
        case_id=MAIN_CASE,
        participant_id=demo_id("participant", "representative_now"),
        represented_id=MAIN_ADDRESSEE,
        starts_on=date(2020, 1, 1),
        ends_on=date(2020, 12, 31),
    )
    trust: dict[str, Any] = {"kind": "trusted_person", "basis": Basis.TRUST, "trusted_by_id": MAIN_ADDRESSEE}
    # With the part that nobody can let them see, too: it opens nothing.
    yield from _in_main_case("trusted_now", ALWAYS, **trust)
    yield from _in_main_case("trusted_with_nothing", ALWAYS, parts=(), **trust)
    yield from _in_main_case("trusted_until_yesterday", OVER, **trust)
    network: dict[str, Any] = {"kind": "network_person", "basis": Basis.NETWORK}
    yield from _in_main_case("neighbour_now", ALWAYS, parts=[Part.STEPS.value], **network)
    yield from _in_main_case("neighbour_with_all_parts", ALWAYS, **network)
    yield from _in_main_case("neighbour_until_yesterday", OVER, **network)
    yield from _linked("linked_now")
    for number in range(6):
        id, actor = demo_id("participant", f"trusted_spare_{number}"), demo_id("actor", f"trusted_spare_{number}")
        yield from _person(f"trusted_spare_{number}")
        of_case: dict[str, Any] = {"authority_id": AUTHORITY, "case_id": MAIN_CASE, "trusted_by_id": MAIN_ADDRESSEE}
        yield Participant(id=id, kind="trusted_person", actor_id=actor if number % 2 else None, **of_case)
        if number % 2:
            yield CaseAccess(
                id=demo_id("access", f"trusted_spare_{number}"),
                actor_id=actor,
                participant_id=id,
                basis=Basis.TRUST.value,
                valid_from=LONG_AGO,
                **of_case,
            )
    # Over already, so that it changes nobody's rights; some that can be ended, and one of another authority.
    for number, (absent, stand_in, authority) in enumerate(
        (
            *((("case_worker", "second_case_worker", AUTHORITY),) * 6),
            ("other_authority", "musterstadt_worker", OTHER_AUTHORITY),
        )
    ):
        yield StandIn(
            id=demo_id("stand_in", absent, str(number)),
            authority_id=authority,
            absent_id=demo_id("actor", absent),
            actor_id=demo_id("actor", stand_in),
            named_by_id=demo_id("actor", "social_space_manager") if number == 1 else None,
            valid_from=LONG_AGO,
            valid_to=YESTERDAY,
        )
    for name, authority in (
        *((each, AUTHORITY) for each in ("case_worker", "worker_of_space", "provider_worker")),
        ("other_authority", OTHER_AUTHORITY),
    ):
        yield FamilyInquiry(
            id=demo_id("family_inquiry", name),
            authority_id=authority,
            actor_id=demo_id("actor", name),
            purpose=InquiryPurpose.PROTECTION.value if name == "case_worker" else InquiryPurpose.CASE_WORK.value,
            because="Probe",
            known=name == "case_worker",
            case_ids=[MAIN_CASE] if name == "case_worker" else [],
            asked_at=LONG_AGO,
        )
    # Memberships, grants and accesses that a test may end without taking anything from anybody else in it.
    for number in range(6):
        yield from _told(f"spare_{number}", Part.GOALS)
        yield _works(f"spare_{number}", KOMPASS)
        yield _grant(f"spare_{number}", Role.CASE_WORKER, approved=False)
        yield _grant(f"spare_{number}", Role.CASE_WORKER, approved=False, proposed_by="second_administrator")


def _offered() -> Iterator[SQLModel]:
    """From neighbours: one that holds, one of yesterday, one that was taken back; and what no place tells of others."""
    altstadt = demo_id("social_space", "Altstadt")
    for space, authority in (
        (UNTERHACHING, AUTHORITY),
        (space_id("Garching b. München"), AUTHORITY),
        (altstadt, OTHER_AUTHORITY),
    ):
        for until, withdrawn_on in ((TOMORROW, None), (YESTERDAY - timedelta(days=1), None), (TOMORROW, YESTERDAY)):
            yield SharedOffer(
                id=demo_id("shared_offer", str(space), str(until), str(withdrawn_on)),
                authority_id=authority,
                social_space_id=space,
                words="Vorlesen",
                until=until.date(),
                withdrawn_on=withdrawn_on.date() if withdrawn_on else None,
            )
    # Of the addressee, so that somebody has one to take back.
    of_case: dict[str, Any] = {"authority_id": AUTHORITY, "case_id": MAIN_CASE, "participant_id": MAIN_ADDRESSEE}
    for number in range(4):
        id = demo_id("offer", "addressee", str(number))
        yield Offer(id=id, words="Vorlesen", until=TOMORROW.date(), **of_case)
    elsewhere = STORIES_ELSEWHERE[0]
    of_theirs: dict[str, Any] = {"authority_id": OTHER_AUTHORITY, "case_id": case_id(elsewhere)}
    of_theirs |= {"participant_id": participant_id(elsewhere, Who.ADDRESSEE), "words": "Probe"}
    yield Offer(id=demo_id("offer", "elsewhere"), until=TOMORROW.date(), **of_theirs)
    yield Disagreement(
        id=demo_id("disagreement", "elsewhere"),
        about="case",
        about_id=case_id(elsewhere),
        part="concern",
        author_id=demo_id("actor", elsewhere.title),
        **of_theirs,
    )
    yield Step(
        id=demo_id("step", "doing"),
        goal_id=MAIN_GOAL,
        wanted_by_id=MAIN_ADDRESSEE,
        done_by_id=MAIN_ADDRESSEE,
        with_whom="allein",
        how="angefangen",
        due_on=TOMORROW.date(),
        with_what="Bus",
        state="doing",
        author_id=demo_id("actor", "case_worker"),
        authority_id=AUTHORITY,
        case_id=MAIN_CASE,
    )


AWKWARD = (
    "manager_of_county",
    "manager_of_region",
    "manager_until_yesterday",
    "manager_from_tomorrow",
    "manager_unapproved",
    "administrator_unapproved",
    "administrator_of_region",
    "worker_of_space",
    "controller_of_region",
    "manager_of_regions",
    "manager_of_north",
    "planner_of_region",
    "auditor_of_region",
    "auditor_of_main",
    "auditor_until_yesterday",
    "officer_of_space",
    "expert_of_region",
    "manager_of_nobody",
    "manager_of_party",
    "manager_of_others",
    "manager_no_longer",
    "worker_of_kompass",
    "worker_no_longer",
    "software_of_kompass",
    "musterstadt_provider",
    "told_persons",
    "told_concern",
    "told_steps",
    "told_arrangement",
    "spare_0",
    "told_until_yesterday",
    "told_from_tomorrow",
    "custodian_now",
    "custodian_until_yesterday",
    "representative_now",
    "trusted_now",
    "trusted_with_nothing",
    "trusted_until_yesterday",
    "neighbour_now",
    "neighbour_with_all_parts",
    "neighbour_until_yesterday",
    "linked_now",
)
EVERYBODY: tuple[str | None, ...] = (*demo.PEOPLE, *AWKWARD, STRANGER, PUBLIC)


def by_turns(turn: int) -> tuple[str | None, ...]:
    """Whoever stands for a role, and a fifth of the awkward ones: where the next thing is asked, the next fifth."""
    return (*demo.PEOPLE, *AWKWARD[turn % 5 :: 5], STRANGER, PUBLIC)


def login_of(who: str | None) -> str | None:
    subject = f"demo-{who}" if who in demo.PEOPLE else who
    return f"development:{subject}" if who else None


def peopled() -> Iterator[Database]:
    for copied in _copied(f"access_{uuid4().hex[:12]}"):
        with psycopg.connect(copied.superuser) as connection:
            rows = [
                *_people(),
                *kept(list(money())),
                *arrangements(),
                *handed_over(),
                *counselled(),
                *changes(),
                *cost_shares(),
                *reviews(),
            ]
            rows += [*looks(), *audits(LONG_AGO, YESTERDAY, TOMORROW)]
            rows += [*providers(LONG_AGO, YESTERDAY), *teams(LONG_AGO, YESTERDAY), *dialogues(), *steering(), *past()]
            rows += [*protection(), *consultations(), *_offered(), *_merged(), *withdrawn(), *siblings(), *jobs()]
            rows += [*_situations(), *_transitions(), *_contributions()]
            load(connection, rows, data_keys())
        yield copied


@dataclass(frozen=True)
class Place:
    """A county that is served, and everything that stands in it."""

    application: Application
    county: County
    database: Database

    readers: dict[str | None, Reader] = field(default_factory=dict, repr=False)

    def reader(self, who: str | None) -> Reader:
        if who not in self.readers:
            self.readers[who] = Reader(self.county, login_of(who))
        return self.readers[who]


@pytest.fixture(params=FACES)
def face(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def served(database: Database, settings: Settings, address: str) -> AsyncIterator[Place]:
    storage = Storage(address, read_connections=1, write_connections=3, statement_cache=1000, keys=data_keys())
    running = Application(settings, storage)
    async with running.api.router.lifespan_context(running.api):
        await database.settled()
        yield Place(running, County.of(database), database)


@pytest.fixture(scope="session")
def county_database() -> Iterator[Database]:
    """For looking only: whoever changes something takes a county of their own."""
    yield from peopled()


@pytest.fixture(scope="session")
async def place(county_database: Database, settings: Settings) -> AsyncIterator[Place]:
    """As it is run: the rules, and row-level security behind them."""
    async for each in served(county_database, settings, county_database.application):
        yield each


@pytest.fixture(scope="session")
async def place_without_second_line(county_database: Database, settings: Settings) -> AsyncIterator[Place]:
    """The rules alone: a superuser passes row-level security by."""
    async for each in served(county_database, settings, county_database.superuser):
        yield each
