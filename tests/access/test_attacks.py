"""What somebody tried once, and what stands in the way since."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.demo import AUTHORITY, CUSTODIANS_CASE, MAIN_ADDRESSEE, MAIN_CASE, MAIN_GOAL, UNTERHACHING
from service.domain.values import new_id
from tests.conftest import Database

pytestmark = pytest.mark.anyio
Client = Callable[..., httpx.AsyncClient]


def bomb(levels: int, width: int) -> str:
    """A small document whose fragments unfold into width ** levels lists."""
    text = "{ goals(first: 1) { nodes { ...F0 } } }"
    for level in range(levels):
        inner = f"...F{level + 1}" if level < levels - 1 else "id"
        lists = " ".join(f"a{n}: steps(first: 1) {{ nodes {{ goal {{ {inner} }} }} }}" for n in range(width))
        text += f" fragment F{level} on Goal {{ {lists} }}"
    return text


@pytest.mark.parametrize("levels", [3, 4, 7])
async def test_a_small_document_cannot_unfold_into_a_huge_statement(client_of: Client, levels: int) -> None:
    answer = await client_of().post("/graphql", json={"query": bomb(levels, 10)})
    assert answer.json()["errors"][0]["extensions"]["code"] in ("too-costly", "malformed")


async def test_neither_can_a_mutation_and_nothing_is_done(client_of: Client, database: Database) -> None:
    fields = " ".join(f"a{n}: steps {{ nodes {{ id }} }}" for n in range(200))
    query = f'mutation {{ proposeGoal(id: "{MAIN_CASE}", input: {{participantId: "{MAIN_ADDRESSEE}", statement: "x"}})'
    before = database.rows("SELECT count(*) FROM goal")
    answer = await client_of("case_worker").post(
        "/graphql", json={"query": f"{query} {{ ... on Goal {{ {fields} }} }} }}"}
    )
    assert answer.json()["errors"][0]["extensions"]["code"] == "too-costly"
    assert database.rows("SELECT count(*) FROM goal") == before


async def test_a_large_document_is_refused_before_it_is_read(client_of: Client) -> None:
    answer = await client_of().post("/graphql", json={"query": "{ __typename } #" + "x" * 60_000})
    assert answer.json()["errors"][0]["extensions"]["code"] == "malformed"


async def test_the_schema_is_not_told_sixty_times_at_once(client_of: Client) -> None:
    query = "{ " + " ".join(f"s{n}: __schema {{ types {{ name }} }}" for n in range(10)) + " }"
    answer = await client_of("case_worker").post("/graphql", json={"query": query})
    assert answer.json()["errors"][0]["extensions"]["code"] == "too-costly"


async def new_case(worker: httpx.AsyncClient) -> tuple[dict[str, Any], str]:
    """A case of its own, and its addressee."""
    case = (await worker.post("/v1/cases", json={"social_space_id": str(UNTERHACHING), "title": "Probe"})).json()
    person = {"kind": "addressee", "name": "Erfunden", "id": str(new_id())}
    assert (await worker.post(f"/v1/cases/{case['id']}/participants", json=person)).status_code == 201
    return case, person["id"]


async def test_who_works_on_a_case_cannot_become_its_addressee(client_of: Client) -> None:
    worker = client_of("case_worker")
    _, person = await new_case(worker)
    code = (await worker.post(f"/v1/participants/{person}/enrolment-codes")).json()["code"]
    refused = await worker.post("/v1/enrolments", json={"code": code})
    assert (refused.status_code, refused.json()["code"]) == (409, "not-to-be-enrolled")


async def test_the_same_code_sent_at_once_enrols_once_and_says_so_each_time(client_of: Client) -> None:
    worker, login = client_of("case_worker"), uuid4().hex
    _, person = await new_case(worker)
    code = (await worker.post(f"/v1/participants/{person}/enrolment-codes")).json()["code"]
    somebody = client_of(login)
    answers = await asyncio.gather(*(somebody.post("/v1/enrolments", json={"code": code}) for _ in range(4)))
    assert {answer.status_code for answer in answers} <= {201, 503}
    assert len({answer.text for answer in answers if answer.status_code == 201}) == 1


@pytest.mark.parametrize("due_on", ["9999-12-31", "0001-01-01", "1899-12-31", "2201-01-01"])
async def test_no_step_is_due_at_the_end_of_time(client_of: Client, due_on: str) -> None:
    said = {"with_whom": "allein", "how": "so", "with_what": "Bus", "due_on": due_on}
    step = said | {"wanted_by_id": str(MAIN_ADDRESSEE), "done_by_id": str(MAIN_ADDRESSEE)}
    refused = await client_of("provider_worker").post(f"/v1/goals/{MAIN_GOAL}/steps", json=step)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/due_on")
    assert (await client_of("addressee").get("/v1/me/next-steps")).status_code == 200


async def test_sending_a_creation_again_is_a_reading_and_on_record(client_of: Client, database: Database) -> None:
    worker = client_of("case_worker")
    said = {"id": str(new_id()), "social_space_id": str(UNTERHACHING), "title": "Probe"}
    for _ in range(2):
        assert (await worker.post("/v1/cases", json=said)).status_code == 201
    query = "SELECT count(*) FROM audit_entry WHERE action = 'case.open' AND outcome = 'done' AND %s = ANY(cases)"
    assert database.rows(query, said["id"]) == [(2,)]


async def test_a_refused_creation_writes_nobody_elses_case_on_record(client_of: Client, database: Database) -> None:
    said = {"id": str(CUSTODIANS_CASE), "social_space_id": str(UNTERHACHING), "title": "Probe"}
    query = "SELECT count(*) FROM audit_entry WHERE outcome = 'id-taken' AND %s = ANY(cases)"
    before = database.rows(query, CUSTODIANS_CASE)
    assert (await client_of("case_worker").post("/v1/cases", json=said)).status_code in (409, 422)
    assert database.rows(query, CUSTODIANS_CASE) == before


async def test_an_approval_is_given_once(client_of: Client) -> None:
    admin, second = client_of("administrator"), client_of("second_administrator")
    said = {"authority_id": str(AUTHORITY), "name": "Neu", "issuer": "development", "subject": uuid4().hex}
    actor = (await admin.post("/v1/actors", json=said)).json()["id"]
    grant = (await admin.post(f"/v1/actors/{actor}/grants", json={"role": "case_worker"})).json()["id"]
    assert (await second.post(f"/v1/grants/{grant}/approve", headers={"if-match": '"1"'})).status_code == 200
    again = await second.post(f"/v1/grants/{grant}/approve", headers={"if-match": '"2"'})
    assert (again.status_code, again.json()["code"]) == (409, "grant-decided")


async def test_a_transmission_never_outlives_the_membership_it_rests_on(client_of: Client, database: Database) -> None:
    """Both at once, again and again: whichever is first, the access ends with the membership."""
    admin, second, worker = client_of("administrator"), client_of("second_administrator"), client_of("case_worker")
    provider = next(
        each["id"] for each in (await admin.get("/v1/organisations")).json()["items"] if "Lichtung" in each["name"]
    )
    for _ in range(4):
        case, _ = await new_case(worker)
        said = {"authority_id": str(AUTHORITY), "name": "Neu", "issuer": "development", "subject": uuid4().hex}
        actor = (await admin.post("/v1/actors", json=said)).json()["id"]
        member = {"actor_id": actor, "function": "Beratung"}
        membership = (await admin.post(f"/v1/organisations/{provider}/memberships", json=member)).json()["id"]
        grant = (await admin.post(f"/v1/actors/{actor}/grants", json={"role": "provider_worker"})).json()["id"]
        assert (await second.post(f"/v1/grants/{grant}/approve", headers={"if-match": '"1"'})).status_code == 200
        parts = {"actor_id": actor, "parts": ["goals"], "purpose": "Probe", "legal_basis": "§ 64 SGB VIII"}
        await asyncio.gather(
            worker.post(f"/v1/cases/{case['id']}/transmissions", json=parts),
            admin.post(f"/v1/memberships/{membership}/end", headers={"if-match": '"1"'}),
        )
        open_ones = "SELECT count(*) FROM case_access WHERE actor_id = %s AND (valid_to IS NULL OR valid_to > now())"
        assert database.rows(open_ones, actor) == [(0,)]
