"""What is there and not mine, and what is nowhere, are told alike, and take the same work: so that no clock tells them
apart. Counted in statements, rows and pages, which a busy machine does not change."""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from sqlalchemy import event

from service.api.app import Application
from service.demo import AUTHORITY, MAIN_ADDRESSEE, MAIN_CASE, PEOPLE
from service.domain.act import OPERATIONS
from service.domain.values import new_id
from service.domain.views import camel
from service.settings import Settings
from service.storage.postgres import Storage
from tests.conftest import Database, _copied, address, data_keys
from tests.faces import FACES, Face
from tests.overhearing import ID

pytestmark = pytest.mark.anyio

COLLEAGUE, ELSEWHERE = "second_case_worker", "other_authority"
# Whether a row that is there is mine takes a few pages, and going through what I hold myself, a few times at most. What
# others have, or how much hangs by the row, does not count.
ROWS, PAGES = 500, 30


class Counted(Storage):
    """Knows what it has asked PostgreSQL, and how much that has looked at."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.application, read_connections=1, write_connections=1, keys=data_keys())
        self.name, self.asked, self.writers = database.name, list[str](), list[Any]()
        event.listen(self._writers._engine.sync_engine, "before_cursor_execute", self._by_sqlalchemy)

    async def read(self, sql: str, values: Any) -> Any:
        self.asked.append(sql)
        return await super().read(sql, values)

    async def _connect_writer(self) -> Any:
        connection = await super()._connect_writer()
        connection.add_query_logger(lambda logged: self.asked.append(logged.query))
        self.writers.append(connection)
        return connection

    def _by_sqlalchemy(self, _: Any, __: Any, statement: str, *___: Any) -> None:
        self.asked.append(statement)

    async def looked_at(self, outside: "psycopg.Connection[Any]") -> tuple[int, int]:
        """Rows and pages, so far."""
        with await self.readers.lend() as reader:
            for connection in (reader, *self.writers):
                await connection.fetchval("SELECT pg_stat_force_next_flush()")
        counted = "SELECT tup_returned + tup_fetched, blks_hit + blks_read FROM pg_stat_database WHERE datname = %s"
        ((rows, pages),) = outside.execute(counted, [self.name]).fetchall()
        return int(rows), int(pages)


@dataclass
class Stage:
    """Somebody at one of the faces of a service whose work is counted."""

    storage: Counted
    application: Application
    token_of: Callable[..., str]
    outside: "psycopg.Connection[Any]"
    there: Mapping[str, str]
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    def http(self, who: str) -> httpx.AsyncClient:
        if who not in self.clients:
            headers = {"authorization": f"Bearer {self.token_of(who)}"}
            transport = httpx.ASGITransport(self.application)
            self.clients[who] = httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers)
        return self.clients[who]

    def face(self, who: str, face: str) -> Face:
        return FACES[face](self.http(who))


@pytest.fixture(scope="module")
async def stage(settings: Settings, token_of: Callable[..., str]) -> AsyncIterator[Stage]:
    """In a county of its own, where nobody else looks at anything."""
    for database in _copied(f"effort_{uuid4().hex[:12]}"):
        with psycopg.connect(database.superuser) as owner:  # gone before anything is counted
            found = {what: owner.execute(attempt.there.encode()).fetchone() for what, attempt in ATTEMPTS.items()}
        with psycopg.connect(database.superuser, autocommit=True) as keeper:
            keeper.execute("VACUUM (ANALYZE) case_access")  # as autovacuum does: else an index is no use for a few rows
        there = {what: str(row[0]) for what, row in found.items() if row is not None}
        storage = Counted(database)
        application = Application(settings, storage)
        async with application.api.router.lifespan_context(application.api):
            with psycopg.connect(address("postgres", "postgres"), autocommit=True) as outside:
                stage = Stage(storage, application, token_of, outside, there)
                yield stage
                for client in stage.clients.values():
                    await client.aclose()


Tries = Callable[[Stage, str, str, str], Awaitable[str]]  # on a stage, who, over which face, with what


@dataclass(frozen=True)
class Attempt:
    """`there`: SQL for something that is there and not theirs; `nowhere`: something of the kind that is nowhere."""

    who: str
    there: str
    tries: Tries
    nowhere: Callable[[str], str] = lambda there: str(uuid4())


def reads(view: str) -> Tries:
    async def tries(stage: Stage, who: str, face: str, id: str) -> str:
        told = await stage.face(who, face).one(view, id)
        assert told.status == 404, told
        return str(told)

    return tries


def reads_within(outer: str, part: str) -> Tries:
    async def tries(stage: Stage, who: str, face: str, id: str) -> str:
        told = await stage.face(who, face).many(part, (outer, id))
        assert told.status == 404, told
        return str(told)

    return tries


def does(operation: str, version: int | None = None, **said: Any) -> Tries:
    async def tries(stage: Stage, who: str, face: str, id: str) -> str:
        told = await stage.face(who, face).do(operation, id, version, **_with_id(operation, said))
        assert told.status == 404, told
        return str(told)

    return tries


def _with_id(operation: str, said: Any) -> dict[str, Any]:
    return {"id": str(new_id()), **said} if OPERATIONS[operation].creates else said


def names(operation: str, part: str, **said: Any) -> Tries:
    """In the body, in a case of one's own."""

    async def tries(stage: Stage, who: str, face: str, id: str) -> str:
        case = (await stage.http(who).get("/v1/cases", params={"limit": 1})).json()["items"][0]["id"]
        named: dict[str, Any] = {"id": str(new_id()), part: id, **said}
        told = await stage.face(who, face).do(operation, case, **named)
        assert told.status >= 400, told
        return str(told)

    return tries


def sends_key(operation: str) -> Tries:
    """Of which somebody else's request was known."""

    async def tries(stage: Stage, who: str, face: str, key: str) -> str:
        told = await stage.face(who, face).do(operation, str(uuid4()), 1, key=key)
        assert told.status == 404, told
        return str(told)

    return tries


def narrows(plural: str, by: str) -> Tries:
    return _lists(plural, by, f"where: {{{camel(by)}: $value}}", "UUID", lambda id: id)


def goes_on(plural: str) -> Tries:
    """A list, after the place at which something is."""
    return _lists(plural, "after", "after: $value", "String", _cursor)


def _cursor(id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps({"id": id}).encode()).decode()


def _lists(plural: str, name: str, argument: str, type_: str, value_of: Callable[[str], str]) -> Tries:
    query = f"query ($value: {type_}) {{ it: {camel(plural)}(first: 50, {argument}) {{ nodes {{ id }} }} }}"

    async def tries(stage: Stage, who: str, face: str, id: str) -> str:
        http, value = stage.http(who), value_of(id)
        if face == "rest":
            answer = await http.get(f"/v1/{plural.replace('_', '-')}", params={name: value})
        else:
            answer = await http.post("/graphql", json={"query": query, "variables": {"value": value}})
        assert answer.status_code == 200, answer.text
        assert '"errors"' not in answer.text, answer.text
        return answer.text

    return tries


def beside(id: str) -> str:
    return id[:-1] + ("0" if id[-1] != "0" else "1")


def _of(table: str, where: str = "true") -> str:
    return f"SELECT id::text FROM {table} WHERE {where} ORDER BY id LIMIT 1"


OURS = f"authority_id = '{AUTHORITY}'"
IN_MAIN = f"case_id = '{MAIN_CASE}'"
SAID: dict[str, Any] = {"participant_id": str(MAIN_ADDRESSEE), "statement": "Ein Ziel"}
OTHERS_KEY = """
    UPDATE receipt SET key = 'key ' || md5(key) WHERE (actor_id, key) = (
        SELECT actor_id, key FROM receipt WHERE key LIKE 'key %' AND actor_id <> '{}' ORDER BY at LIMIT 1
    ) RETURNING substr(key, 5)""".format(PEOPLE["second_controller"].actor_id)
ATTEMPTS: dict[str, Attempt] = {
    **{
        f"reads {view} as {who}": Attempt(who, _of(table, where), reads(view))
        for view, table, where in (
            ("case", "case_file", f"id = '{MAIN_CASE}'"),
            ("participant", "participant", IN_MAIN),
            ("answer", "answer", IN_MAIN),
            ("step", "step", IN_MAIN),
            ("decision", "decision", IN_MAIN),
        )
        for who in (COLLEAGUE, ELSEWHERE)[: 1 + (view in ("case", "step"))]
    },
    **{
        f"reads {view}": Attempt(ELSEWHERE, _of(view, OURS), reads(view))
        for view in ("consultation_entry", "setting_change", "field_note", "team_training", "contact_point", "offer")
    },
    "narrows notes to a theme": Attempt(ELSEWHERE, _of("theme", OURS), narrows("field_notes", "theme_id")),
    "funds a measure": Attempt(ELSEWHERE, _of("measure", OURS), does("fund_measure", amount="1.00")),
    "reads an assessment": Attempt(
        "social_space_manager", _of("endangerment_assessment"), reads("endangerment_assessment")
    ),
    "reads an agreement": Attempt(ELSEWHERE, _of("budget_agreement"), reads("budget_agreement")),
    "reads goals of a case": Attempt(COLLEAGUE, f"SELECT '{MAIN_CASE}'", reads_within("case", "goals")),
    "narrows goals to a person": Attempt(COLLEAGUE, _of("participant", IN_MAIN), narrows("goals", "participant_id")),
    "narrows steps to a goal": Attempt(COLLEAGUE, _of("goal", IN_MAIN), narrows("steps", "goal_id")),
    "narrows assessments to a case": Attempt(
        COLLEAGUE, f"SELECT '{MAIN_CASE}'", narrows("endangerment_assessments", "case_id")
    ),
    "goes on after a goal": Attempt(COLLEAGUE, _of("goal", IN_MAIN), goes_on("goals"), beside),
    "goes on after an assignment": Attempt(COLLEAGUE, _of("assignment", IN_MAIN), goes_on("assignments"), beside),
    "proposes a goal": Attempt(COLLEAGUE, f"SELECT '{MAIN_CASE}'", does("propose_goal", **SAID)),
    "changes a case": Attempt(COLLEAGUE, f"SELECT '{MAIN_CASE}'", does("change_case", 1, title="Anders")),
    "agrees to a goal": Attempt(ELSEWHERE, _of("goal", IN_MAIN), does("agree_goal", 1)),
    "releases a commitment": Attempt(COLLEAGUE, _of("commitment"), does("release_commitment", 1)),
    "names a person": Attempt(
        COLLEAGUE, _of("participant", IN_MAIN), names("propose_goal", "participant_id", statement="Ein Ziel")
    ),
    "sends another's key": Attempt(
        "second_controller", OTHERS_KEY, sends_key("release_commitment"), lambda there: uuid4().hex
    ),
}


@pytest.mark.parametrize("what", ATTEMPTS)
async def test_what_is_not_yours_takes_the_work_of_what_is_not_there(stage: Stage, what: str, face: str) -> None:
    attempt, there = ATTEMPTS[what], stage.there[what]
    nowhere = attempt.nowhere(there)
    found = list[tuple[int, int]]()
    for _ in range(2):  # autovacuum may come between, after which plans are made anew
        for each in (there, nowhere):  # plans, and what PostgreSQL and the driver remember
            await attempt.tries(stage, attempt.who, face, each)
        of_theirs, of_nothing = [await worked(stage, attempt, face, each) for each in (there, nowhere)]
        assert of_theirs.told == of_nothing.told
        assert of_theirs.asked == of_nothing.asked, "the same statements in the same order"
        assert len(of_theirs.asked) >= 1
        found.append((abs(of_theirs.rows - of_nothing.rows), abs(of_theirs.pages - of_nothing.pages)))
        if found[-1][0] <= ROWS and found[-1][1] <= PAGES:
            return
    raise AssertionError(f"rows and pages apart, twice: {found}")


@dataclass(frozen=True)
class Worked:
    told: str
    asked: tuple[str, ...]
    rows: int
    pages: int


async def worked(stage: Stage, attempt: Attempt, face: str, value: str) -> Worked:
    rows, pages = await stage.storage.looked_at(stage.outside)
    stage.storage.asked.clear()
    told = await attempt.tries(stage, attempt.who, face, value)
    asked = tuple(stage.storage.asked)
    rows_after, pages_after = await stage.storage.looked_at(stage.outside)
    return Worked(ID.sub("", told), asked, rows_after - rows, pages_after - pages)


async def test_what_is_mine_takes_more(stage: Stage) -> None:
    """Or the counting would count nothing."""
    mine = Attempt("case_worker", "", _reads_mine)
    for each in (str(MAIN_CASE), str(uuid4())) * 2:
        await mine.tries(stage, mine.who, "rest", each)
    found, nothing = [await worked(stage, mine, "rest", each) for each in (str(MAIN_CASE), str(uuid4()))]
    assert (found.asked, found.told == nothing.told) == (nothing.asked, False)
    assert found.pages > nothing.pages > 0, (found.pages, nothing.pages)
    assert found.rows > nothing.rows > 0


async def _reads_mine(stage: Stage, who: str, face: str, id: str) -> str:
    return str((await stage.http(who).get(f"/v1/cases/{id}/goals?limit=200")).status_code)
