"""What the OpenAPI document promises, beside what generators and linters of others ask of it (make interop)."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from service.api.openapi import TAGS
from service.demo import MAIN_ADDRESSEE, UNTERHACHING

pytestmark = pytest.mark.anyio

CONTRACT = orjson.loads(Path("openapi/openapi.json").read_bytes())  # what the code does: tests/test_architecture.py
OPERATIONS = {
    operation["operationId"]: operation for methods in CONTRACT["paths"].values() for operation in methods.values()
}


def parts(of: Any) -> Iterator[dict[str, Any]]:
    """Everything that stands somewhere in a schema, and in those it refers to."""
    if isinstance(of, list):
        for each in of:
            yield from parts(each)
    elif isinstance(of, dict):
        yield of
        if str(of.get("$ref", "")).startswith("#/components/schemas/"):
            yield from parts(CONTRACT["components"]["schemas"][of["$ref"].rpartition("/")[2]])
        for each in of.values():
            yield from parts(each)


def headers_of(operation: dict[str, Any], status: str) -> set[str]:
    """Those that are always there."""
    told = operation["responses"][status].get("headers", {})
    known = CONTRACT["components"]["headers"]
    return {name for name, said in told.items() if known[said["$ref"].rpartition("/")[2]]["required"]}


async def test_a_wrong_token_is_refused_where_none_is_needed_and_the_contract_says_so(
    client_of: Callable[..., httpx.AsyncClient],
) -> None:
    refused = await client_of().get("/v1/regions", headers={"authorization": "Bearer no.such.token"})
    assert refused.status_code == 401
    assert [
        name
        for name, operation in OPERATIONS.items()
        if not {"401", "429", "500", "503"} <= set(operation["responses"])
    ] == []
    for status, header in (("401", "WWW-Authenticate"), ("429", "Retry-After"), ("503", "Retry-After")):
        assert all(headers_of(operation, status) == {header} for operation in OPERATIONS.values()), status
    assert "www-authenticate" in refused.headers


async def test_what_an_operation_tells_beside_its_answer_is_in_the_contract(
    client_of: Callable[..., httpx.AsyncClient],
) -> None:
    worker = client_of("case_worker")
    opened = await worker.post("/v1/cases", json={"title": "Ruhe am Abend", "social_space_id": str(UNTERHACHING)})
    assert (
        headers_of(OPERATIONS["open_case"], "201")
        == {"Location", "ETag"}
        <= {name for name in ("Location", "ETag", "Retry-After") if name in opened.headers}
    )
    path = f"/v1/cases/{opened.json()['id']}"
    changed = await worker.patch(
        path,
        content=b'{"title": "Ruhe"}',
        headers={"content-type": "application/merge-patch+json", "if-match": opened.headers["etag"]},
    )
    assert (changed.status_code, "etag" in changed.headers) == (200, True)
    (operation,) = CONTRACT["paths"]["/v1/cases/{case_id}"]["patch"]["operationId"].split()
    assert headers_of(OPERATIONS[operation], "200") == {"ETag"}


async def test_whoever_has_the_contract_asks_whether_it_still_holds(
    client_of: Callable[..., httpx.AsyncClient],
) -> None:
    first = await client_of().get("/openapi.json")
    assert first.headers["cache-control"] == "no-cache"
    for tag in (first.headers["etag"], f"W/{first.headers['etag']}", "*"):
        again = await client_of().get("/openapi.json", headers={"if-none-match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (await client_of().get("/openapi.json", headers={"if-none-match": '"other"'})).status_code == 200


@pytest.mark.parametrize(("number", "status"), [(-(2**31), 200), (2**31 - 1, 200), (-(2**31) - 1, 422), (2**31, 422)])
async def test_whole_numbers_end_where_the_contract_says(
    client_of: Callable[..., httpx.AsyncClient], number: int, status: int
) -> None:
    (said,) = (each for each in OPERATIONS["list_budget_agreements"]["parameters"] if each["name"] == "fiscal_year")
    within = said["schema"]["minimum"] <= number <= said["schema"]["maximum"]
    answer = await client_of("controller").get("/v1/budget-agreements", params={"fiscal_year": number})
    assert (answer.status_code, within) == (status, status == 200)


def test_a_parameter_can_be_left_out_but_is_never_null() -> None:
    for name, operation in OPERATIONS.items():
        for parameter in operation.get("parameters", ()):
            assert {"type": "null"} not in list(parts(parameter["schema"])), (name, parameter["name"])
            assert parameter["description"], (name, parameter["name"])


def test_everything_in_it_is_described() -> None:
    for name, schema in CONTRACT["components"]["schemas"].items():
        assert schema["description"], name
        for field, part in schema.get("properties", {}).items():
            assert part["description"], (name, field)
        for member in schema.get("enum", ()):
            assert f"* `{member}`: " in schema["description"], (name, member)
    assert all(operation["description"] for operation in OPERATIONS.values())


def test_whatever_is_sent_has_a_bound() -> None:
    for name, operation in OPERATIONS.items():
        sent = (operation.get("parameters", []), operation.get("requestBody", {}))
        for part in parts(list(sent)):
            match part:
                case {"type": "string"} if not {"enum", "const"} & part.keys():
                    assert "maxLength" in part, (name, part)
                    assert {"pattern", "format"} & part.keys(), (name, part)
                case {"type": "array"}:
                    assert "maxItems" in part, (name, part)
                case {"type": "integer"}:
                    assert {"minimum", "maximum"} <= part.keys(), (name, part)


async def test_words_that_say_nothing_do_not_fit_the_contract_either(
    client_of: Callable[..., httpx.AsyncClient],
) -> None:
    said = CONTRACT["components"]["schemas"]["OpenCase"]["properties"]["title"]
    for title in ("", "   ", "a\x00b"):
        assert re.search(said["pattern"], title) is None
        answer = await client_of("case_worker").post("/v1/cases", json={"title": title})
        assert answer.status_code == 422
    assert re.search(said["pattern"], " Ruhe ")


def test_generated_clients_have_nothing_to_guess() -> None:
    """Each has been awkward once: an answer of any shape, a field that TypeScript demanded because it has a default, a
    body that had to be sent although it may say nothing."""
    schemas = CONTRACT["components"]["schemas"]
    for name, schema in schemas.items():
        assert not [each for each, part in schema.get("properties", {}).items() if "default" in part], name
        assert "_" not in name, "it becomes the name of a type"
        itself = re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower()
        assert itself not in schema.get("properties", {}), "both become the name of one variable, of two types"
    for name, operation in OPERATIONS.items():
        for answer in operation["responses"].values():
            for media_type, content in answer.get("content", {}).items():
                assert content["schema"], (name, media_type)
        if body := operation.get("requestBody"):
            (content,) = body["content"].values()
            said = schemas.get(content["schema"].get("$ref", "").rpartition("/")[2], {"required": True})
            assert body.get("required", False) is bool(said.get("required")), name


@pytest.mark.parametrize("headers", [{}, {"content-type": "application/json"}])
async def test_a_body_that_may_be_left_out_is_not_missed(
    client_of: Callable[..., httpx.AsyncClient], headers: dict[str, str]
) -> None:
    """Some clients name its type even so."""
    path = f"/v1/participants/{MAIN_ADDRESSEE}/enrolment-codes"
    answer = await client_of("case_worker").post(path, headers=headers)
    assert answer.json().get("code") not in ("malformed", "unsupported-media-type"), answer.text


def test_what_stands_in_every_row_is_absent_where_it_is_withheld_and_never_null() -> None:
    title, concern = (CONTRACT["components"]["schemas"]["Case"]["properties"][name] for name in ("title", "concern"))
    assert (title["type"], {"type": "null"} in concern["anyOf"]) == ("string", True)


def test_every_tag_is_described() -> None:
    assert {tag for operation in OPERATIONS.values() for tag in operation["tags"]} == set(TAGS)
