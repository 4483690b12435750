"""The team of Unterhaching: the agency and a provider at one table. Invented, like everybody in it."""

from collections.abc import Iterator
from uuid import UUID

from sqlmodel import SQLModel

from service.demo.identity import BEGINNING, FIRST_DAY, demo_id
from service.demo.people import PEOPLE
from service.demo.territory import AUTHORITY, space_id
from service.domain.cases.model import FieldOfAction
from service.domain.teams.model import Belonging, Standing, Team, TeamMember

UNTERHACHING = "Unterhaching"
YOUTH = FieldOfAction.YOUTH_WELFARE
MEMBERS: tuple[tuple[str, Belonging, FieldOfAction | None, str, list[str]], ...] = (
    ("social_space_manager", Belonging.CORE, None, "Moderation", ["Gemeinwesenarbeit"]),
    ("case_worker", Belonging.CORE, YOUTH, "Fallführung", ["Familienrecht", "Trennung und Scheidung"]),
    ("provider_worker", Belonging.CORE, YOUTH, "Familienhilfe", ["Eltern mit kleinen Kindern"]),
    ("controller", Belonging.INDIRECT, YOUTH, "Auskunft zum Budget", []),
)
PROPOSED = "provider_manager"  # by herself; whether she joins is still open


def team_id(space: str) -> UUID:
    return demo_id("social_space_team", space)


def teams() -> Iterator[SQLModel]:
    yield Team(
        id=team_id(UNTERHACHING),
        authority_id=AUTHORITY,
        social_space_id=space_id(UNTERHACHING),
        name="SozialraumTeam Unterhaching",
        valid_from=FIRST_DAY,
    )
    for who, belonging, field_of_action, function, expertise in MEMBERS:
        yield TeamMember(
            id=demo_id("team_member", UNTERHACHING, who),
            authority_id=AUTHORITY,
            team_id=team_id(UNTERHACHING),
            social_space_id=space_id(UNTERHACHING),
            membership_id=PEOPLE[who].membership_id,
            belonging=belonging.value,
            field_of_action=field_of_action,
            function=function,
            expertise=expertise,
            moderates=who == "social_space_manager",
            valid_from=BEGINNING,
        )
    yield TeamMember(
        id=demo_id("team_member", UNTERHACHING, PROPOSED),
        authority_id=AUTHORITY,
        team_id=team_id(UNTERHACHING),
        social_space_id=space_id(UNTERHACHING),
        membership_id=PEOPLE[PROPOSED].membership_id,
        state=Standing.PROPOSED.value,
        proposed_by_id=PEOPLE[PROPOSED].actor_id,
        belonging=Belonging.INDIRECT.value,
        field_of_action=YOUTH.value,
        function="Auskunft über Angebote",
        valid_from=BEGINNING,
    )
