"""A case of ten years with 200 goals, 2,000 steps and 50 people is read whole, in one statement."""

from typing import Any

import httpx
import pytest

from service.api.app import Application
from service.bench.large import LARGE, WHOLE, add
from service.bench.workloads import READER, in_graphql
from service.settings import Settings
from service.storage.postgres import Storage
from tests.conftest import Database

pytestmark = pytest.mark.anyio


class Counting(Storage):
    asked = 0

    async def read(self, sql: str, values: Any) -> Any:
        self.asked += 1
        return await super().read(sql, values)


async def test_a_large_case_is_one_statement(own_database: Database, settings: Settings, token_of: Any) -> None:

    add(own_database.owner, LARGE)
    storage = Counting(own_database.application, read_connections=1, write_connections=1)

    application = Application(settings, storage)
    asked = in_graphql(WHOLE, id=str(LARGE.case))
    transport = httpx.ASGITransport(application)
    async with (
        application.api.router.lifespan_context(application.api),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        answer = await client.post("/graphql", content=asked.body, headers=dict(asked.headers(token_of(READER))))
    case = answer.json()["data"]["case"]
    people, questions, goals = (case[name]["nodes"] for name in ("participants", "questions", "goals"))
    steps = [step for goal in goals for step in goal["steps"]["nodes"]]
    assert (len(people), len(questions), len(goals), len(steps)) == (50, 70, 200, 2_000)
    assert 1 + len(people) + len(questions) + len(goals) + len(steps) == LARGE.rows
    assert storage.asked == 1
