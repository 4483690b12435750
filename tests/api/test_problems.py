"""Refusals over HTTP: RFC 9457, RFC 6750 (3), RFC 5789 (2.2), RFC 9110 (15.5.6)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, Field

from service.api import problems
from service.domain.errors import (
    CATALOGUE,
    NO_TOKEN,
    DomainError,
    Forbidden,
    Kind,
    NotFound,
    Unauthenticated,
    Unavailable,
)

ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
NAME = "Mechthild Beispielmann"


class Own(BaseModel):
    kind: Literal["own"]
    cost: Decimal


class Specialist(BaseModel):
    kind: Literal["specialist"]
    decision: UUID


class Element(BaseModel):
    title: str = Field(max_length=5)
    part: Annotated[Own | Specialist, Field(discriminator="kind")]


def application() -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.router.routes += problems.routes()

    @app.get("/refused/{code}")
    async def refused(code: str) -> None:
        raise {
            "not-found": NotFound("case", str(ID)),
            "none": Unauthenticated(NO_TOKEN),
            "basic": Unauthenticated(problems.NOT_BEARER),
            "expired": Unauthenticated("the token has expired"),
            "busy": Unavailable("no free connection"),
        }[code]

    @app.post("/elements")
    @app.patch("/elements")
    async def elements(element: Element, limit: int = 3) -> None: ...

    @app.get("/elements")
    async def listed() -> None: ...

    return app


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def test_facts_stand_beside_the_members_and_keep_amounts_exact() -> None:
    @dataclass(eq=False)
    class Overdrawn(DomainError):  # without a code of its own: not in the catalogue
        kind, title, advice = Kind.CONFLICT, "Too much.", "Ask for less."
        free: Decimal
        on: date
        lines: list[UUID]

    Overdrawn.code = "overdrawn"
    problem = problems.problem_of(
        Overdrawn(Decimal("60.00"), date(2027, 3, 31), [ID]), instance="/v1/x", trace_id="0" * 32
    )
    assert problem == {
        "type": "/problems/overdrawn",
        "title": "Too much.",
        "status": 409,
        "detail": "Ask for less.",
        "instance": "/v1/x",
        "code": "overdrawn",
        "trace_id": "0" * 32,
        "free": "60.00",
        "on": "2027-03-31",
        "lines": [str(ID)],
    }


def test_every_kind_has_a_status() -> None:
    assert set(problems.STATUS) == set(Kind)


@pytest.mark.anyio
async def test_a_refusal_is_a_problem_that_nobody_stores(client: httpx.AsyncClient) -> None:
    answer = await client.get("/refused/not-found")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-language"] == "en"
    problem = problems.Problem.model_validate(answer.json())
    assert (problem.code, problem.instance) == ("not-found", "/refused/not-found")
    assert problem.model_extra == {"subject": "case", "subject_id": str(ID)}


@pytest.mark.anyio
async def test_401_names_an_error_only_when_a_token_came(client: httpx.AsyncClient) -> None:
    assert (await client.get("/refused/none")).headers["www-authenticate"] == 'Bearer realm="sozialraum"'
    told = (await client.get("/refused/expired")).headers["www-authenticate"]
    assert told == 'Bearer realm="sozialraum", error="invalid_token"'
    told = (await client.get("/refused/basic")).headers["www-authenticate"]
    assert told == 'Bearer realm="sozialraum"', "another scheme is no wrong token (RFC 6750, 3.1)"


@pytest.mark.anyio
async def test_503_says_when_to_come_back(client: httpx.AsyncClient) -> None:
    assert (await client.get("/refused/busy")).headers["retry-after"] == "5"


@pytest.mark.anyio
async def test_unknown_address_and_method(client: httpx.AsyncClient) -> None:
    assert (await client.get("/nowhere")).json()["code"] == "no-such-path"
    answer = await client.delete("/elements")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, PATCH, POST"
    assert answer.json()["allowed"] == ["GET", "HEAD", "PATCH", "POST"]


@pytest.mark.anyio
async def test_invalid_input_names_places_and_never_values(client: httpx.AsyncClient) -> None:
    body = {"title": NAME, "part": {"kind": "specialist", "decision": NAME}}
    answer = await client.post("/elements", params={"limit": NAME}, json=body)
    assert answer.status_code == 422
    assert NAME not in answer.text
    places = [error.get("pointer", error.get("parameter")) for error in answer.json()["errors"]]
    assert places == ["limit", "#/title", "#/part/decision"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("part", "place"),
    [({"kind": NAME}, "#/part"), ({"kind": "own"}, "#/part/cost"), ({"kind": "own", "cost": NAME}, "#/part/cost")],
)
async def test_pointers_lead_into_the_body(client: httpx.AsyncClient, part: dict[str, str], place: str) -> None:
    answer = await client.post("/elements", json={"title": "a", "part": part})
    assert [error["pointer"] for error in answer.json()["errors"]] == [place]
    assert NAME not in answer.text


@pytest.mark.parametrize(("path", "fragment"), [(["a/b", 0], "#/a~1b/0"), (["m~n"], "#/m~0n"), (["ö"], "#/%C3%B6")])
def test_pointers_are_escaped(path: list[str | int], fragment: str) -> None:
    assert problems.pointer(path) == fragment


@pytest.mark.anyio
@pytest.mark.parametrize("body", [b"{", b'{"title": "\xff"}'])
async def test_a_body_that_is_no_json_is_malformed(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/elements", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.anyio
async def test_a_foreign_media_type_is_told_the_right_one(client: httpx.AsyncClient) -> None:
    answer = await client.patch("/elements", content=b"title: a", headers={"content-type": "text/yaml"})
    assert (answer.status_code, answer.headers["accept-patch"]) == (415, "application/merge-patch+json")
    answer = await client.post("/elements", content=b"title: a", headers={"content-type": "text/yaml"})
    assert answer.json()["accepted"] == ["application/json"]
    assert "accept-patch" not in answer.headers


@pytest.mark.anyio
@pytest.mark.parametrize("code", sorted(CATALOGUE))
async def test_every_type_leads_to_its_explanation(client: httpx.AsyncClient, code: str) -> None:
    entry = await client.get(f"/problems/{code}")
    assert entry.json()["status"] == problems.status_of(CATALOGUE[code])
    page = await client.get(f"/problems/{code}", headers={"accept": "text/html"})
    assert code in page.text
    assert page.headers["cache-control"].startswith("public")
    assert "Accept" in page.headers["vary"]


@pytest.mark.anyio
async def test_an_unknown_code_has_no_explanation(client: httpx.AsyncClient) -> None:
    assert (await client.get("/problems/none-such")).json()["code"] == "no-such-path"


def test_the_catalogue_as_a_document_is_sorted_and_whole() -> None:
    heads = [line[3:] for line in problems.catalogue_markdown().splitlines() if line.startswith("## ")]
    assert heads == sorted(CATALOGUE)


def test_answers_for_openapi_are_grouped_by_status() -> None:
    answers: dict[Any, Any] = problems.responses_of([NotFound, Forbidden, problems.NoSuchPath])
    assert list(answers) == [403, 404]
    content = answers[404]["content"]["application/problem+json"]
    assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert set(content["examples"]) == {"no-such-path", "not-found"}
    assert content["examples"]["not-found"]["value"]["subject_id"]
    assert "`missing`" in answers[403]["description"]
