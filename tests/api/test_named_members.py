"""Whoever sends a word that is none of those there are is told which there are, over both faces."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from service.demo import MAIN_ADDRESSEE, MAIN_CASE
from service.domain.cases.model import CaseState, GoalKind
from service.domain.values import new_id

pytestmark = pytest.mark.anyio

Client = Callable[..., httpx.AsyncClient]
SECRET = "Klartext-4711"


async def test_of_a_body_and_of_a_parameter(client_of: Client) -> None:
    worker = client_of("case_worker")
    body = {"id": str(new_id()), "participant_id": str(MAIN_ADDRESSEE), "statement": "Ein Ziel", "kind": SECRET}
    answer = await worker.post(f"/v1/cases/{MAIN_CASE}/goals", json=body)
    assert_named(answer, *GoalKind)
    assert_named(await worker.get("/v1/cases", params={"state": SECRET}), *CaseState)
    assert_named(await worker.get("/v1/cases", params={"sort": SECRET}), "id", "-id")


def assert_named(answer: httpx.Response, *members: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input"), answer.text
    assert all(f"'{each}'" in answer.text for each in members), answer.text
    assert SECRET not in answer.text


ASKED: dict[str, tuple[str, Any]] = {
    "a literal": ("{ cases(where: {state: UNHEARD_OF}) { nodes { id } } }", None),
    "a text where a member belongs": ('{ cases(where: {state: "' + SECRET + '"}) { nodes { id } } }', None),
    "a variable": ("query ($s: CaseState) { cases(where: {state: $s}) { nodes { id } } }", SECRET),
    "a number in a variable": ("query ($s: CaseState) { cases(where: {state: $s}) { nodes { id } } }", 4711),
    "within a variable": ("query ($s: CaseFilter) { cases(where: $s) { nodes { id } } }", {"state": SECRET}),
    "what looks like an answer": (
        "query ($s: CaseState) { cases(where: {state: $s}) { nodes { id } } }",
        f"' does not exist in 'GoalKind' enum. {SECRET}",
    ),
}


@pytest.mark.parametrize("way", ASKED)
async def test_over_graphql(client_of: Client, way: str) -> None:
    query, value = ASKED[way]
    asked = {"query": query, "variables": {"s": value}}
    (error,) = (await client_of("case_worker").post("/graphql", json=asked)).json()["errors"]
    assert error["message"].endswith(f"There are: {', '.join(each.name for each in CaseState)}.")
    assert SECRET not in error["message"]
    assert "GoalKind" not in error["message"]


@pytest.mark.parametrize("way", ASKED)
async def test_the_schema_is_not_learned_so_by_whoever_has_not_signed_in(client_of: Client, way: str) -> None:
    query, value = ASKED[way]
    asked = {"query": query, "variables": {"s": value}}
    answer = await client_of().post("/graphql", json=asked)
    assert answer.json()["errors"]
    assert "There are" not in answer.text
    assert "COUNSELLING" not in answer.text
