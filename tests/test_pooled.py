"""Behind pgbouncer in transaction mode, with fewer connections than ask: many at once leave each other nothing. What
else holds there, other tests say, run with --pooled (make faults)."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from service.api.app import Application
from service.demo import MAIN_CASE
from service.domain.values import new_id
from tests.conftest import Database

pytestmark = [pytest.mark.anyio, pytest.mark.pooled]


async def test_many_at_once_do_not_get_into_each_other_s_way(
    client_of: Callable[..., httpx.AsyncClient], database: Database
) -> None:
    """Whatever one of them left on a connection, the next would find there."""
    roles = ("case_worker", "second_case_worker", "provider_manager", "addressee")
    people = {role: client_of(role) for role in roles}

    async def ask(role: str) -> tuple[str, str]:
        me = (await people[role].get("/v1/me")).json()
        if role == "case_worker":
            said = {"id": str(new_id()), "title": "Zugleich", "social_space_id": me_space}
            assert (await people[role].post("/v1/cases", json=said)).status_code == 201
        return role, str(me["id"])

    case = (await people["case_worker"].get(f"/v1/cases/{MAIN_CASE}")).json()
    me_space = case["social_space_id"]
    told = await asyncio.gather(*(ask(role) for role in roles * 8))
    assert len({(role, me) for role, me in told}) == len(roles) == len({me for _, me in told})


async def test_no_setting_stays_behind(application: Application, database: Database) -> None:
    """Neither those of a transaction nor who was asking."""
    with await application.storage.readers.lend() as connection:
        left = await connection.fetch(
            "SELECT current_setting('plan_cache_mode'), coalesce(current_setting('service.login', true), '')"
        )
    assert [tuple(row) for row in left] == [("auto", "")]
