"""A case is always led by somebody, and by nobody who has handed it over or left."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from service.demo import AUTHORITY, PEOPLE, UNTERHACHING, demo_id
from service.domain.clock import Clock
from service.domain.values import new_id
from tests.conftest import Database

pytestmark = pytest.mark.anyio
Client = Callable[..., httpx.AsyncClient]


async def colleague(client_of: Client) -> tuple[str, str]:
    """Somebody new at the agency who may lead cases in Unterhaching: the login, and who it is."""
    admin, second, login, actor = client_of("administrator"), client_of("second_administrator"), uuid4().hex, new_id()
    agency = demo_id("organisation", PEOPLE["case_worker"].organisation)
    said = {"id": str(actor), "authority_id": str(AUTHORITY), "name": "Neu Hier", "issuer": "development"}
    assert (await admin.post("/v1/actors", json=said | {"subject": login})).status_code == 201
    member = {"actor_id": str(actor), "function": "Bezirkssozialarbeit"}
    assert (await admin.post(f"/v1/organisations/{agency}/memberships", json=member)).status_code == 201
    role = {"role": "case_worker", "social_space_id": str(UNTERHACHING)}
    grant = (await admin.post(f"/v1/actors/{actor}/grants", json=role)).json()
    approved = await second.post(f"/v1/grants/{grant['id']}/approve", headers={"if-match": '"1"'})
    assert approved.status_code == 200, approved.text
    return login, str(actor)


async def opened(worker: httpx.AsyncClient) -> dict[str, Any]:
    answer = await worker.post("/v1/cases", json={"social_space_id": str(UNTERHACHING), "title": "Neu"})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_handing_over_ends_the_old_access_the_same_moment(client_of: Client) -> None:
    worker = client_of("case_worker")
    case, (login, actor) = await opened(worker), await colleague(client_of)
    named = await worker.post("/v1/leads", json={"pseudonym": case["pseudonym"], "actor_id": actor})
    assert (named.status_code, named.json()["actor_id"]) == (200, actor)
    assert (await worker.get(f"/v1/cases/{case['id']}")).status_code == 404
    assert (await client_of(login).get(f"/v1/cases/{case['id']}")).json()["title"] == "Neu"


async def test_management_names_a_lead_from_the_sketch_and_sees_no_more_than_before(client_of: Client) -> None:
    """Also for a case whose lead has left the agency."""
    login, actor = await colleague(client_of)
    case, manager = await opened(client_of(login)), client_of("social_space_manager")
    memberships = (await client_of("administrator").get("/v1/memberships", params={"actor_id": actor})).json()["items"]
    end = f"/v1/memberships/{memberships[0]['id']}/end"
    assert (await client_of("administrator").post(end, headers={"if-match": '"1"'})).status_code == 200
    assert (await client_of(login).get(f"/v1/cases/{case['id']}")).status_code == 404
    lead = {"pseudonym": case["pseudonym"], "actor_id": str(demo_id("actor", "case_worker"))}
    assert (await manager.post("/v1/leads", json=lead)).status_code == 200
    assert (await client_of("case_worker").get(f"/v1/cases/{case['id']}")).status_code == 200
    assert (await manager.get(f"/v1/cases/{case['id']}")).status_code == 404


async def test_only_a_case_worker_of_the_space_can_lead(client_of: Client) -> None:
    worker = client_of("case_worker")
    case = await opened(worker)
    for role in ("second_case_worker", "provider_worker", "administrator", "other_authority"):
        lead = {"pseudonym": case["pseudonym"], "actor_id": str(demo_id("actor", role))}
        refused = await worker.post("/v1/leads", json=lead)
        assert (refused.status_code, refused.json()["code"]) == (409, "no-case-worker"), role
    assert (await worker.get(f"/v1/cases/{case['id']}")).status_code == 200


async def test_the_last_lead_cannot_just_walk_away(client_of: Client) -> None:
    worker = client_of("case_worker")
    case = await opened(worker)
    access = (await worker.get(f"/v1/cases/{case['id']}/accesses")).json()["items"][0]
    refused = await worker.post(f"/v1/case-accesses/{access['id']}/end", headers={"if-match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (409, "lead-needed")
    assert (await worker.get(f"/v1/cases/{case['id']}")).status_code == 200


class TestOffered:
    """A case that whoever leads it has offered to a colleague in the north, while management names somebody else."""

    SECOND, ISMANING = "second_case_worker", str(demo_id("social_space", "Ismaning"))

    async def offered(self, worker: httpx.AsyncClient, case: dict[str, Any], **to: str) -> str:
        said = to or {"receiver_id": str(demo_id("actor", self.SECOND)), "social_space_id": self.ISMANING}
        path = f"/v1/cases/{case['id']}/transfers"
        answer = await worker.post(path, json=said, headers={"if-match": f'"{case["version"]}"'})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def test_two_who_begin_to_lead_it_at_once_do_not_both(self, client_of: Client, database: Database) -> None:
        worker, manager = client_of("case_worker"), client_of("social_space_manager")
        (second, receiver), (login, actor) = [await colleague(client_of) for _ in range(2)]
        case = await opened(worker)
        handover = await self.offered(worker, case, receiver_id=receiver)
        accept = client_of(second).post(f"/v1/handovers/{handover}/accept", headers={"if-match": '"1"'})
        name = manager.post("/v1/leads", json={"pseudonym": case["pseudonym"], "actor_id": actor})
        with psycopg.connect(database.superuser) as held:
            held.execute("SELECT FROM case_access WHERE case_id = %s FOR UPDATE", [case["id"]])
            both = list[asyncio.Task[httpx.Response]]()
            waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            for each in (name, accept):
                both.append(asyncio.create_task(each))
                for _ in range(500):
                    if len(database.rows(waiting)) == len(both):  # for what ends with either of them
                        break
                    await asyncio.sleep(0.02)
        statuses = [(await each).status_code for each in both]
        assert statuses == [200, 412], "what was offered is not there any more as it was read"
        reads = [(await client_of(who).get(f"/v1/cases/{case['id']}")).status_code for who in (second, login)]
        assert sorted(reads) == [200, 404]

    async def test_what_an_earlier_lead_has_offered_is_withdrawn(self, client_of: Client) -> None:
        """And what somebody offered who has left since is not to be had."""
        worker, second, manager = (client_of(who) for who in ("case_worker", self.SECOND, "social_space_manager"))
        case, (login, actor) = await opened(worker), await colleague(client_of)
        handover = f"/v1/handovers/{await self.offered(worker, case)}"
        named = {"pseudonym": case["pseudonym"], "actor_id": actor}
        assert (await manager.post("/v1/leads", json=named)).status_code == 200
        assert (await second.get(handover)).json()["state"] == "withdrawn"
        late = await second.post(f"{handover}/accept", headers={"if-match": '"2"'})
        assert (late.status_code, late.json()["code"]) == (409, "impossible-now")
        handover = f"/v1/handovers/{await self.offered(client_of(login), case)}"
        admin = client_of("administrator")
        (works,) = (await admin.get("/v1/memberships", params={"actor_id": actor})).json()["items"]
        await admin.post(f"/v1/memberships/{works['id']}/end", headers={"if-match": '"1"'})
        late = await second.post(f"{handover}/accept", headers={"if-match": '"1"'})
        assert (late.status_code, late.json()["code"]) == (409, "handover-overtaken")
        assert (await second.get(f"/v1/cases/{case['id']}")).status_code == 404


async def test_a_case_stays_within_reach_of_whoever_leads_it(client_of: Client) -> None:
    """Neither hidden from all management, nor charged to a social space of somebody else's."""
    worker = client_of("case_worker")
    case = await opened(worker)
    headers = {"content-type": "application/merge-patch+json", "if-match": '"1"'}
    for space in (None, str(demo_id("social_space", "Ismaning"))):
        told = await worker.patch(f"/v1/cases/{case['id']}", json={"social_space_id": space}, headers=headers)
        assert (told.status_code, told.json()["code"]) == (409, "space-out-of-reach"), space
    kept = {"social_space_id": str(UNTERHACHING), "title": "Anders"}
    assert (await worker.patch(f"/v1/cases/{case['id']}", json=kept, headers=headers)).status_code == 200


async def test_with_the_role_the_cases_end_that_are_led_in_it(client_of: Client) -> None:
    """Also when it runs out; another grant of the same role keeps them."""
    login, actor = await colleague(client_of)
    case, admin = await opened(client_of(login)), client_of("administrator")
    role = {"role": "case_worker", "valid_to": f"{Clock().now() + timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}"}
    second = (await admin.post(f"/v1/actors/{actor}/grants", json=role)).json()
    approve = f"/v1/grants/{second['id']}/approve"
    await client_of("second_administrator").post(approve, headers={"if-match": '"1"'})
    grants = (await admin.get("/v1/grants", params={"actor_id": actor})).json()["items"]
    (first,) = [each for each in grants if each["id"] != second["id"]]
    assert (await admin.post(f"/v1/grants/{first['id']}/end", headers={"if-match": '"2"'})).status_code == 200
    assert (await client_of(login).get(f"/v1/cases/{case['id']}")).status_code == 200
    later = await opened(client_of(login))
    (access,) = (await client_of(login).get(f"/v1/cases/{later['id']}/accesses")).json()["items"]
    assert access["valid_to"] is not None, "no longer than the role"
    assert (await admin.post(f"/v1/grants/{second['id']}/end", headers={"if-match": '"2"'})).status_code == 200
    for each in (case, later):
        assert (await client_of(login).get(f"/v1/cases/{each['id']}")).status_code == 404
