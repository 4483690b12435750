"""Who is known by a login is not told to whoever tries it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from service.demo import AUTHORITY
from service.domain.values import new_id
from tests.conftest import Database

pytestmark = pytest.mark.anyio

TRIED = "SELECT count(*) FROM audit_entry WHERE action = 'actor.add' AND outcome = 'login-taken'"


async def test_a_login_that_is_taken_is_refused_alike_whoever_has_it_and_wherever(
    client_of: Callable[..., httpx.AsyncClient], database: Database
) -> None:
    told: list[Any] = []
    ((before,),) = database.rows(TRIED)
    for somebody in ("case_worker", "addressee", "integration_client", "other_authority"):
        login = {"issuer": "development", "subject": f"demo-{somebody}"}
        said = {"id": str(new_id()), "authority_id": str(AUTHORITY), "name": "Wanda Beispielweg", **login}
        for _ in range(2):
            refused = await client_of("administrator").post("/v1/actors", json=said)
            told.append((refused.status_code, {**refused.json(), "trace_id": ""}))
        assert (await client_of("administrator").get(f"/v1/actors/{said['id']}")).status_code == 404
    assert told[0][0] == 409
    assert told[0][1]["code"] == "login-taken"
    assert all(each == told[0] for each in told)
    assert database.rows(TRIED) == [(before + 8,)], "each time it stands in the record"
