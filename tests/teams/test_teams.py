"""A team is a list of who works together for a social space. Everybody may know that there is one; the list itself
gives nobody a right."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from service.demo import AUTHORITY, MAIN_CASE, PEOPLE, UNTERHACHING, demo_id
from service.demo.teams import team_id
from service.demo.territory import space_id
from service.domain.values import new_id
from tests.conftest import Database
from tests.faces import FACES, Face, Said, Told

pytestmark = pytest.mark.anyio
Client = Callable[..., httpx.AsyncClient]
As = Callable[[str | None], Face]
TEAM = team_id("Unterhaching")


@pytest.fixture(params=list(FACES))
def as_(request: pytest.FixtureRequest, client_of: Client) -> As:
    return lambda who: FACES[str(request.param)](client_of(who) if who else client_of())


async def formed(as_: As, space: str) -> str:
    """A team where there is none, formed by the administrator: whoever was there before has gone."""
    for there in (await as_("administrator").many("teams")).rows:
        if there["social_space_id"] == str(space_id(space)):
            return str(there["id"])
    team = str(new_id())
    said: Said = {"social_space_id": str(space_id(space)), "name": f"Team {space}"}
    assert (await as_("administrator").do("form_team", id=team, **said)).status < 300
    return team


async def joined(as_: As, team: str, who: str, **other: Any) -> Told:
    said: Said = {"membership_id": str(await member(as_)), "belonging": "core", "function": "Beratung", **other}
    return await as_(who).do("add_team_member", team, id=new_id(), **said)


async def member(as_: As, organisation: UUID | None = None) -> UUID:
    """Somebody new at the agency, or at another organisation: their membership."""
    admin, actor, membership = as_("administrator"), new_id(), new_id()
    said: Said = {"authority_id": str(AUTHORITY), "name": "Neu Hier", "issuer": "development", "subject": str(actor)}
    assert (await admin.do("add_actor", id=actor, **said)).status < 300
    agency = organisation or demo_id("organisation", PEOPLE["case_worker"].organisation)
    works: Said = {"actor_id": str(actor), "function": "Bezirkssozialarbeit"}
    assert (await admin.do("add_membership", agency, id=membership, **works)).status < 300
    return membership


async def test_everybody_sees_the_team_and_only_colleagues_who_is_in_it(as_: As) -> None:
    assert (await as_(None).one("team", TEAM))["name"] == "SozialraumTeam Unterhaching"
    assert (await as_(None).many("team_members")).status in (401, 200)
    assert not (await as_(None).many("team_members")).rows
    for who in ("addressee", "custodian", "other_authority", "integration_client"):
        assert not (await as_(who).many("team_members")).rows, who
    for who in ("case_worker", "provider_worker", "provider_worker_unassigned", "provider_manager", "administrator"):
        found = (await as_(who).many("team_members")).rows
        assert {each["name"] for each in found if each["team_id"] == str(TEAM)} >= {"Jasna Wiesenrand"}, who


async def test_a_team_crosses_organisations(as_: As) -> None:
    found = [each for each in (await as_("case_worker").many("team_members")).rows if each["team_id"] == str(TEAM)]
    assert len({each["organisation_id"] for each in found}) == 2
    assert [each["name"] for each in found if each["moderates"]] == ["Leyla Morgentau"]


async def test_a_space_has_one_team_at_a_time(as_: As) -> None:
    said: Said = {"social_space_id": str(UNTERHACHING), "name": "Noch eins"}
    again = await as_("social_space_manager").do("form_team", id=new_id(), **said)
    assert (again.status, again.code) == (409, "team-there")


async def test_a_manager_forms_teams_at_home_only(as_: As) -> None:
    said: Said = {"social_space_id": str(space_id("Haar")), "name": "Fremd"}
    assert (await as_("social_space_manager").do("form_team", id=new_id(), **said)).status == 403
    team = await formed(as_, "Haar")
    assert (await joined(as_, team, "social_space_manager")).status == 403
    assert (await as_("case_worker").do("change_team", TEAM, 1, name="Meins")).status == 403


async def test_being_in_the_list_gives_no_right(as_: As) -> None:
    team = await formed(as_, "Unterhaching")
    before = (await as_("provider_worker_unassigned").many("cases")).rows
    outsider = PEOPLE["provider_worker_unassigned"].membership_id
    said: Said = {"membership_id": str(outsider), "belonging": "core", "function": "Begleitung"}
    told = await as_("social_space_manager").do("add_team_member", team, id=new_id(), **said)
    assert told.status < 300 or told.code == "team-member-there"
    assert (await as_("provider_worker_unassigned").one("case", MAIN_CASE)).status == 404
    assert (await as_("provider_worker_unassigned").many("cases")).rows == before


async def test_nobody_joins_twice_or_without_a_membership(as_: As) -> None:
    team = await formed(as_, "Unterhaching")
    mine: Said = {"membership_id": str(PEOPLE["case_worker"].membership_id)}
    twice = await joined(as_, team, "social_space_manager", **mine)
    assert (twice.status, twice.code) == (409, "team-member-there")
    nobody = await joined(as_, team, "social_space_manager", membership_id=str(new_id()))
    assert (nobody.status, nobody.code) == (422, "invalid-input")


async def test_one_moderates_at_a_time_and_not_from_outside(as_: As) -> None:
    team = await formed(as_, "Pullach i. Isartal")
    first, second = await joined(as_, team, "administrator"), await joined(as_, team, "administrator")
    for each in (first, second):
        told = await as_("administrator").do("let_moderate", each["id"], each.version)
        assert told["moderates"] is True
    before = await as_("administrator").one("team_member", first["id"])
    assert before["moderates"] is False
    ended = await as_("administrator").do("end_team_member", first["id"], before.version)
    assert ended["valid_to"] is not None
    late = await as_("administrator").do("let_moderate", first["id"], ended.version)
    assert (late.status, late.code) == (409, "team-member-gone")


async def test_whoever_leaves_the_organisation_leaves_the_team_and_the_list_remembers(
    as_: As, client_of: Client
) -> None:
    team, membership = await formed(as_, "Grünwald"), await member(as_)
    joining = await joined(as_, team, "administrator", membership_id=str(membership))
    ask = {"query": f'{{ team(id: "{team}") {{ members(first: 50) {{ nodes {{ id }} }} }} }}'}

    async def members() -> list[str]:
        answer = (await client_of("case_worker").post("/graphql", json=ask)).json()
        return [each["id"] for each in answer["data"]["team"]["members"]["nodes"]]

    assert joining["id"] in await members()
    assert (await as_("administrator").do("end_membership", membership, 1)).status < 300
    assert joining["id"] not in await members()
    assert (await as_("administrator").one("team_member", joining["id"]))["name"] == "Neu Hier"


async def test_two_who_form_the_same_team_at_once_get_one(client_of: Client, database: Database) -> None:
    admin = client_of("administrator")
    said: Said = {"social_space_id": str(space_id("Aying")), "name": "Gleichzeitig"}
    answers = await asyncio.gather(*(admin.post("/v1/teams", json=said) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]


async def test_a_provider_proposes_its_own_and_the_space_manager_confirms_or_refuses(as_: As) -> None:
    provider, manager = as_("provider_manager"), as_("social_space_manager")
    organisation = demo_id("organisation", PEOPLE["provider_manager"].organisation)
    theirs = [await member(as_, organisation) for _ in range(2)]
    said: Said = {"belonging": "core", "function": "Beratung"}
    agency = await provider.do("propose_team_member", TEAM, id=new_id(), membership_id=str(await member(as_)), **said)
    assert (agency.status, agency.code) == (404, "not-found"), "only their own people"
    assert (await provider.do("add_team_member", TEAM, id=new_id(), membership_id=str(theirs[0]), **said)).status == 403
    ids = [new_id(), new_id()]
    for id, membership in zip(ids, theirs, strict=True):
        proposed = await provider.do("propose_team_member", TEAM, id=id, membership_id=str(membership), **said)
        assert (proposed["state"], proposed["proposed_by_id"]) == ("proposed", str(PEOPLE["provider_manager"].actor_id))
    assert not {str(id) for id in ids} & await members(as_)
    assert (await manager.do("let_moderate", ids[0], version=1)).code == "impossible-now"
    assert (await provider.do("confirm_team_member", ids[0], version=1)).status == 403
    assert (await manager.do("confirm_team_member", ids[0], version=1))["state"] == "member"
    refused = await manager.do("refuse_team_member", ids[1], version=1, reason="Es sind genug.")
    assert (refused["state"], refused["refused_because"]) == ("refused", "Es sind genug.")
    assert {str(id) for id in ids} & await members(as_) == {str(ids[0])}
    again = await provider.do("propose_team_member", TEAM, id=new_id(), membership_id=str(theirs[1]), **said)
    assert again["state"] == "proposed"


async def members(as_: As) -> set[str]:
    """Who is in the team now."""
    rows = (await as_("case_worker").many("team_members")).rows
    return {str(row["id"]) for row in rows if row["state"] == "member" and row["valid_to"] is None}
