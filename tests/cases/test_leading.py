"""A case is always led by somebody, and by nobody who has handed it over or left."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.demo import AUTHORITY, PEOPLE, UNTERHACHING, demo_id
from service.domain.values import new_id

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
