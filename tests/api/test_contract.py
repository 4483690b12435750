"""What the OpenAPI document promises, beside what generators and linters of others ask of it (make interop)."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from service.api.openapi import TAGS

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


async def test_a_wrong_token_is_refused_where_none_is_needed_and_the_contract_says_so(
    client_of: Callable[..., httpx.AsyncClient],
) -> None:
    refused = await client_of().get("/v1/regions", headers={"authorization": "Bearer no.such.token"})
    assert refused.status_code == 401
    assert [
        name for name, operation in OPERATIONS.items() if not {"401", "500", "503"} <= set(operation["responses"])
    ] == []


def test_a_parameter_can_be_left_out_but_is_never_null() -> None:
    for name, operation in OPERATIONS.items():
        for parameter in operation.get("parameters", ()):
            assert {"type": "null"} not in list(parts(parameter["schema"])), (name, parameter["name"])
            assert parameter["description"], (name, parameter["name"])


def test_whatever_is_sent_has_a_bound() -> None:
    for name, operation in OPERATIONS.items():
        sent = (operation.get("parameters", []), operation.get("requestBody", {}))
        for part in parts(list(sent)):
            match part:
                case {"type": "string"} if not {"enum", "const"} & part.keys():
                    assert "maxLength" in part, (name, part)
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


def test_every_tag_is_described() -> None:
    assert {tag for operation in OPERATIONS.values() for tag in operation["tags"]} == set(TAGS)
