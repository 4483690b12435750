"""Somebody for every role. All names are invented; no such person is meant."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import SQLModel

from service.demo.identity import BEGINNING, demo_id
from service.demo.territory import AUTHORITY, OTHER_AUTHORITY, region_id, space_id
from service.domain.access.model import (
    CALENDAR,
    AccessGrant,
    Actor,
    ActorKind,
    Login,
    Membership,
    Organisation,
    OrganisationKind,
)
from service.domain.policy import Role

JUGENDAMT = "Jugendamt Landkreis München (Demo)"
LICHTUNG = "Lichtung e.V. (Demo)"
KOMPASS = "Kompass gGmbH (Demo)"
ANKERPLATZ = "Ankerplatz e.V. (Demo)"
MUSTERAMT = "Jugendamt Musterstadt (Demo)"
WINDRAD = "Windrad e.V. (Demo)"
ORGANISATIONS = {
    JUGENDAMT: (AUTHORITY, OrganisationKind.PUBLIC_AGENCY),
    LICHTUNG: (AUTHORITY, OrganisationKind.INDEPENDENT_PROVIDER),
    KOMPASS: (AUTHORITY, OrganisationKind.INDEPENDENT_PROVIDER),
    ANKERPLATZ: (AUTHORITY, OrganisationKind.INDEPENDENT_PROVIDER),
    MUSTERAMT: (OTHER_AUTHORITY, OrganisationKind.PUBLIC_AGENCY),
    WINDRAD: (OTHER_AUTHORITY, OrganisationKind.INDEPENDENT_PROVIDER),
}


@dataclass(frozen=True)
class DemoPerson:
    """`role` is the name they go by in `sozialraum token --as`; what they may is `granted`, or stands in a case."""

    role: str
    name: str
    function: str = ""
    organisation: str = ""
    granted: Role | None = None
    region: str | None = None
    space: str | None = None
    kind: ActorKind = ActorKind.PERSON
    authority_id: UUID = AUTHORITY

    @property
    def actor_id(self) -> UUID:
        return demo_id("actor", self.role)

    @property
    def membership_id(self) -> UUID:
        return demo_id("membership", self.role)

    @property
    def login(self) -> str:
        return f"development:demo-{self.role}"


PEOPLE: Mapping[str, DemoPerson] = {
    person.role: person
    for person in (
        DemoPerson(
            "case_worker",
            "Jasna Wiesenrand",
            "Bezirkssozialarbeit",
            JUGENDAMT,
            Role.CASE_WORKER,
            region="Hachinger Tal",
        ),
        DemoPerson(
            "second_case_worker",
            "Emeka Sonnleitner",
            "Bezirkssozialarbeit",
            JUGENDAMT,
            Role.CASE_WORKER,
            region="Nord",
        ),
        DemoPerson(
            "social_space_manager",
            "Leyla Morgentau",
            "Sozialraummanagement",
            JUGENDAMT,
            Role.SOCIAL_SPACE_MANAGER,
            space="Unterhaching",
        ),
        DemoPerson(
            "regional_manager",
            "Joris Talmühle",
            "Regionalmanagement",
            JUGENDAMT,
            Role.REGIONAL_MANAGER,
            region="Hachinger Tal",
        ),
        DemoPerson(
            "integrated_planner", "Wenke Tannhof", "Integrierte Sozialplanung", JUGENDAMT, Role.INTEGRATED_PLANNER
        ),
        DemoPerson("controller", "Malte Zahlenwald", "Controlling", JUGENDAMT, Role.CONTROLLER),
        DemoPerson("second_controller", "Aylin Feldscheune", "Kreiskämmerei", JUGENDAMT, Role.CONTROLLER),
        DemoPerson("third_controller", "Iven Rabenhorst", "Sozialplanung", JUGENDAMT, Role.CONTROLLER),
        DemoPerson("provider_worker", "Tomasz Uferweg", "Sozialpädagogik", LICHTUNG, Role.PROVIDER_WORKER),
        DemoPerson("provider_worker_unassigned", "Thu Ha Lindenhof", "Sozialpädagogik", KOMPASS, Role.PROVIDER_WORKER),
        DemoPerson("provider_manager", "Ines Flussaue", "Leitung", LICHTUNG, Role.PROVIDER_MANAGER),
        DemoPerson(
            "integration_client",
            "Fallsoft (Demo)",
            "Software",
            LICHTUNG,
            Role.INTEGRATION_CLIENT,
            kind=ActorKind.CLIENT,
        ),
        # The committee and the administration together are the youth office (§ 70 SGB VIII).
        DemoPerson("committee_member", "Veit Bachhofen", "Jugendhilfeausschuss", JUGENDAMT, Role.COMMITTEE_MEMBER),
        DemoPerson("auditor", "Kasimir Ebenholz", "Rechnungsprüfung", JUGENDAMT, Role.AUDITOR),
        DemoPerson(
            "data_protection_officer", "Solveig Rotbuche", "Datenschutz", JUGENDAMT, Role.DATA_PROTECTION_OFFICER
        ),
        DemoPerson(
            "expert_by_experience",
            "Merle Ackerstein",
            granted=Role.EXPERT_BY_EXPERIENCE,
            space="Unterhaching",
        ),
        DemoPerson("administrator", "Ruth Federleicht", "Fachverfahren", JUGENDAMT, Role.ADMINISTRATOR),
        DemoPerson("second_administrator", "Dario Kieselbach", "Fachverfahren", JUGENDAMT, Role.ADMINISTRATOR),
        DemoPerson("addressee", "Amira Himmelreich"),
        DemoPerson("young_person", "Danylo Birkengrund"),
        DemoPerson("custodian", "Oksana Birkengrund"),
        DemoPerson("representative", "Levi Sanddorn"),
        DemoPerson("trusted_person", "Bo Fichtental"),
        DemoPerson("network_person", "Kwame Wiesengrund"),
        DemoPerson(
            "other_authority",
            "Henrike Ohneland",
            "Allgemeiner Sozialer Dienst",
            MUSTERAMT,
            Role.CASE_WORKER,
            authority_id=OTHER_AUTHORITY,
        ),
    )
}
_APPROVERS = {
    AUTHORITY: (PEOPLE["administrator"].actor_id, PEOPLE["second_administrator"].actor_id),
    OTHER_AUTHORITY: (None, demo_id("actor", "command line", "Musterstadt")),
}


def people() -> Iterator[SQLModel]:
    for name, (authority_id, kind) in ORGANISATIONS.items():
        yield Organisation(id=demo_id("organisation", name), authority_id=authority_id, kind=kind.value, name=name)
    # The other authority has no administrators in the demo: as in a new installation, the command line stands in.
    yield Actor(
        id=_APPROVERS[OTHER_AUTHORITY][1],
        authority_id=OTHER_AUTHORITY,
        kind=ActorKind.CLIENT.value,
        name="command line",
    )
    for person in PEOPLE.values():
        # Whoever is in a case has their name there and nowhere else.
        name = person.name if person.organisation or person.granted else ""
        yield from signing_in(person.actor_id, person.authority_id, person.login, name, person.kind)
        if person.organisation:
            yield Membership(
                id=person.membership_id,
                authority_id=person.authority_id,
                actor_id=person.actor_id,
                organisation_id=demo_id("organisation", person.organisation),
                function=person.function,
                valid_from=BEGINNING,
            )
        if person.granted:
            yield _grant(person, person.granted)
    for who in ("case_worker", "addressee"):  # under an address that nobody has: its secret was never made
        key, whose = f"{CALENDAR}demo-{who}", PEOPLE[who]
        yield Login(id=demo_id("login", key), key=key, authority_id=whose.authority_id, actor_id=whose.actor_id)


def signing_in(
    actor_id: UUID, authority_id: UUID, login: str, name: str = "", kind: ActorKind = ActorKind.PERSON
) -> Iterator[SQLModel]:
    yield Actor(id=actor_id, authority_id=authority_id, kind=kind.value, name=name)
    yield Login(id=demo_id("login", login), authority_id=authority_id, actor_id=actor_id, key=login)


def _grant(person: DemoPerson, role: Role) -> AccessGrant:
    proposed_by, approved_by = _APPROVERS[person.authority_id]
    if role is Role.ADMINISTRATOR:  # the first two vouch for each other
        approvers = {PEOPLE["administrator"].actor_id, PEOPLE["second_administrator"].actor_id}
        proposed_by, approved_by = None, (approvers - {person.actor_id}).pop()
    return AccessGrant(
        id=demo_id("access_grant", person.role),
        authority_id=person.authority_id,
        actor_id=person.actor_id,
        role=role.value,
        region_id=region_id(person.region) if person.region else None,
        social_space_id=space_id(person.space) if person.space else None,
        proposed_by=proposed_by,
        approved_by=approved_by,
        approved_at=BEGINNING,
        valid_from=BEGINNING,
    )
