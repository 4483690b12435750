"""Node's tools meet the running service and its contract. Without node they are skipped, saying so."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.interop.conftest import CONTRACT, needs_node, performed, ran
from tests.interop.eight_steps import TOLD, tokens

pytestmark = [pytest.mark.interop, needs_node]


def test_every_audit_of_graphql_over_http_passes(tools: Path, url: str) -> None:
    audits: list[dict[str, Any]] = [
        json.loads(line) for line in ran("node", "audits.mjs", url, folder=tools).splitlines()
    ]
    assert len(audits) == 61
    failed = [f"{audit['name']}: {audit['reason']}" for audit in audits if audit["status"] != "ok"]
    assert all("GET" in line and line.startswith("MAY ") for line in failed), "\n".join(failed)  # refused on purpose


def test_the_contract_keeps_others_rules(tools: Path) -> None:
    ran("npx", "spectral", "lint", "openapi.json", "--ruleset", "spectral.yaml", "--fail-severity=hint", folder=tools)


def test_the_rules_of_our_own_find_what_has_no_bound(tools: Path) -> None:
    unbounded = {"type": "object", "properties": {"words": {"type": "string"}, "many": {"type": "array"}}}
    contract = json.loads(CONTRACT.read_text())
    operation = contract["paths"]["/v1/cases"]["post"]
    operation["requestBody"]["content"]["application/json"]["schema"] = unbounded
    contract["paths"] = {"/v1/cases": {"post": operation}}
    (tools / "unbounded.json").write_text(json.dumps(contract))
    lint = ("npx", "spectral", "lint", "unbounded.json", "--ruleset", "spectral.yaml", "--format", "json", "--quiet")
    told = performed(*lint, folder=tools).stdout
    assert {"sent-texts-are-bounded", "sent-lists-are-bounded"} <= {each["code"] for each in json.loads(told)}


def test_a_typescript_client_compiles_strictly_and_takes_all_eight_steps(
    tools: Path, url: str, token_of: Callable[..., str]
) -> None:
    generated = performed("npx", "openapi-typescript", "openapi.json", "-o", "api.d.ts", folder=tools)
    assert (generated.returncode, "warn" in f"{generated.stdout}{generated.stderr}".lower()) == (0, False), generated
    ran("npx", "tsc", "-p", ".", folder=tools)
    assert json.loads(ran("node", "out/client.js", url, *tokens(token_of), folder=tools)) == TOLD


def test_the_contract_is_what_the_service_says(url: str) -> None:
    assert httpx.get(f"{url}/openapi.json", timeout=60).json() == json.loads(CONTRACT.read_text())
