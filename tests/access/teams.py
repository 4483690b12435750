"""Teams in the county of the access tests: one in another region, and members of all kinds of standing."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlmodel import SQLModel

from service.demo import demo_id
from service.demo.identity import FIRST_DAY
from service.demo.people import KOMPASS, LICHTUNG, PEOPLE
from service.demo.teams import UNTERHACHING, team_id
from service.demo.territory import AUTHORITY, OTHER_AUTHORITY, space_id
from service.domain.spaces.model import SocialSpace
from service.domain.teams.contacts import ComplaintOffice, ContactPoint
from service.domain.teams.model import Belonging, Standing, Team, TeamMember
from service.domain.teams.training import TeamTraining

ELSEWHERE = "Garching b. München"


def teams(since: datetime, until: datetime) -> Iterator[SQLModel]:
    """`told_persons` is in both, `told_concern` was in one until `until`; `told_until_yesterday` is in none of them."""
    yield Team(
        id=team_id(ELSEWHERE),
        authority_id=AUTHORITY,
        social_space_id=space_id(ELSEWHERE),
        name="Probe",
        valid_from=FIRST_DAY,
    )
    at_home = demo_id("social_space", "Altstadt")
    there: dict[str, Any] = {"authority_id": OTHER_AUTHORITY, "valid_from": FIRST_DAY}
    yield SocialSpace(id=at_home, name="Altstadt", **there)
    yield Team(id=team_id("Altstadt"), social_space_id=at_home, name="Probe", **there)
    yield TeamMember(
        authority_id=OTHER_AUTHORITY,
        team_id=team_id("Altstadt"),
        social_space_id=at_home,
        membership_id=PEOPLE["other_authority"].membership_id,
        belonging=Belonging.CORE.value,
        function="Probe",
        valid_from=since,
    )
    reached: dict[str, Any] = {
        f"{what}_{each}": "Probe" for what in ("name", "hours") for each in ("de", "en", "simple")
    }
    reached["telephone"] = "+49 89 99998 800"
    points: tuple[dict[str, Any], ...] = (
        {"authority_id": AUTHORITY, "social_space_id": space_id(ELSEWHERE)},
        {"authority_id": AUTHORITY, "social_space_id": space_id(UNTERHACHING), "in_use": False},
        {"authority_id": OTHER_AUTHORITY, "social_space_id": at_home},
        {"authority_id": OTHER_AUTHORITY, "actor_id": demo_id("actor", "musterstadt_worker")},
        {"authority_id": AUTHORITY, "actor_id": demo_id("actor", "worker_of_space")},
    )
    for number, whose in enumerate(points):
        yield ContactPoint(id=demo_id("contact_point", str(number)), **whose, **reached)
    for authority, valid_to in ((OTHER_AUTHORITY, None), (AUTHORITY, until.date())):
        said: dict[str, Any] = {"kind": "complaint_office", "independent": False, "address": "Probe"}
        said |= {"valid_from": FIRST_DAY, "valid_to": valid_to}
        yield ComplaintOffice(id=demo_id("complaint_office", str(authority)), authority_id=authority, **said, **reached)
    trained: tuple[tuple[str, str, dict[str, Any]], ...] = tuple(
        (
            space,
            f"{state} {number}",
            {"state": state} | ({"held_on": until.date(), "attended": 4} if state == "held" else {}),
        )
        for space in (ELSEWHERE, UNTERHACHING, "Altstadt")
        for state in ("raised", "held", "dropped")
        for number in range(4)
    )
    for space, name, more in trained:
        yield TeamTraining(
            id=demo_id("team_training", space, name),
            authority_id=OTHER_AUTHORITY if space == "Altstadt" else AUTHORITY,
            team_id=team_id(space),
            social_space_id=at_home if space == "Altstadt" else space_id(space),
            need="Probe",
            came_up_in="Probe",
            raised_by_id=demo_id("actor", "case_worker"),
            **more,
        )
    for space, who, ended in (
        (ELSEWHERE, "told_persons", None),
        (UNTERHACHING, "told_persons", None),
        (UNTERHACHING, "told_concern", until),
        *((space, f"spare_{number}", None) for space in (ELSEWHERE, UNTERHACHING) for number in range(3)),
    ):
        proposed = who.startswith("spare")
        yield TeamMember(
            id=demo_id("team_member", space, who),
            authority_id=AUTHORITY,
            team_id=team_id(space),
            social_space_id=space_id(space),
            membership_id=demo_id("membership", who, KOMPASS if proposed else LICHTUNG),
            state=(Standing.PROPOSED if proposed else Standing.MEMBER).value,
            belonging=Belonging.INDIRECT.value,
            function="Probe",
            valid_from=since,
            valid_to=ended,
        )
