"""One PostgreSQL for the whole run, the demo county as a template in it, and a copy of that for each worker."""

import asyncio
import gc
import logging
import os
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any
from uuid import uuid4
from zlib import crc32

import alembic.command  # noqa: F401 (not first in the thread that fills the county, while tests import it, too)
import httpx
import psycopg
import pytest
from psycopg import sql

from service import demo
from service.api import development_issuer, logs
from service.api.app import Application
from service.domain.desk import Desk
from service.domain.encrypting import place_of, purpose_of
from service.settings import Settings
from service.storage.data_keys import DataKeys, made_once
from service.storage.embedded import APPLICATION, OWNER, EmbeddedPostgres
from service.storage.migration import migrate
from service.storage.postgres import Storage
from tests import pooler

TEMPLATE = "sozialraum"
KEYS = "SOZIALRAUM_DATA_KEYS"  # the same for everybody who uses a copy
GIVEN = "TEST_POSTGRES"  # how workers of the same run find the server
LOG = "TEST_POSTGRES_LOG"  # and what it has written
POOLER = "TEST_POOLER"  # and, with --pooled, the pooler before it
RECOVERY = "recovery"
FACES = ("rest", "graphql")
# While the county is filled, and long before the end, where one worker would wait for the other: they take long, and
# start what they need themselves.
FIRST = ("tests/test_running.py", "tests/test_architecture.py", "tests/test_startup.py", "tests/test_nothing_said.py")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pooled", action="store_true", help="put pgbouncer between the applications and PostgreSQL")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    server = EmbeddedPostgres.temporary().start()
    config.add_cleanup(server.stop)
    os.environ[GIVEN] = server.address("{user}", "{database}").replace("%7B", "{").replace("%7D", "}")
    os.environ[LOG] = str(server.ground.log)
    folder = TemporaryDirectory(prefix="sozialraum-keys-")
    config.add_cleanup(folder.cleanup)
    os.environ[KEYS] = str(made_once(Path(folder.name, "data-keys.txt")))
    os.environ.pop(POOLER, None)
    if config.option.pooled and pooler.installed():
        between = ExitStack()
        config.add_cleanup(between.close)
        os.environ[POOLER] = between.enter_context(pooler.pooler(APPLICATION, address))
    filling = Thread(target=_fill, args=[server])  # while the workers start and collect
    filling.start()
    config.add_cleanup(filling.join)  # before the server stops


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`WALK_PART=2/4`: of the walk the second of four parts, each n-th test; without it all. `FAULTS_PART=2/5`: of
    what `make faults` runs, in each of its two runs, the second of five, in one piece: a server that may be killed is
    made for each file. What asks for a pooler is left out without one, and the whole run is skipped where it is not
    installed."""
    _over_one_face(items)
    items.sort(key=_turn)
    if config.option.pooled and not pooler.installed():
        for item in items:
            item.add_marker(pytest.mark.skip("pgbouncer is not installed: nobody sees what is different behind it"))
    part, parts = _part("WALK_PART")
    walking = [item for item in items if item.get_closest_marker("walk")]
    left_out = {item for number, item in enumerate(walking) if number % parts != part % parts}
    part, parts = _part("FAULTS_PART")
    breaking = [item for item in items if config.option.pooled or item.get_closest_marker("faults")]
    left_out |= {item for number, item in enumerate(breaking) if number * parts // len(breaking) != part - 1}
    left_out |= {item for item in items if item.get_closest_marker("pooled") and not config.option.pooled}
    if left_out:
        config.hook.pytest_deselected(items=sorted(left_out, key=lambda item: item.nodeid))
        items[:] = [item for item in items if item not in left_out]


def _turn(item: pytest.Item) -> int:
    file = item.nodeid.partition("::")[0]
    return FIRST.index(file) if file in FIRST else len(FIRST)


def _over_one_face(items: list[pytest.Item]) -> None:
    """What is asked over both faces by a fixture is asked over one of them by `make test`, of every other test this one
    or that, and over the other by `make walk`. A test that names the faces itself is about them: it keeps both."""
    for item in items:
        if not (given := getattr(item, "callspec", None)):
            continue
        named = {name for mark in item.iter_markers("parametrize") for name in _names(mark)}
        for face in (value for name, value in given.params.items() if name not in named and value in FACES):
            others = [each for each in given.id.split("-") if each != face]
            turn = crc32("-".join([item.nodeid.partition("[")[0], *others]).encode())
            if face != FACES[turn % len(FACES)]:
                item.add_marker("walk")


def _names(mark: pytest.Mark) -> Sequence[str]:
    names = mark.args[0]
    return [each.strip() for each in names.split(",")] if isinstance(names, str) else names


def _part(variable: str) -> tuple[int, int]:
    part, _, parts = os.environ.get(variable, "1/1").partition("/")
    return int(part), int(parts)


def pytest_collectstart() -> None:
    gc.disable()


def pytest_collection_finish() -> None:
    """What is there now stays, and much of it: looking at it again and again is a twentieth of the run."""
    gc.collect()
    gc.freeze()
    gc.enable()
    _look_rarely()


def pytest_runtest_call() -> None:
    """Any application that was started for the test looks often, for its pauses to be short."""
    _look_rarely()


def _look_rarely() -> None:
    gc.set_threshold(50_000, 20, 100)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How long it took after each fault until all was well again."""
    reports = terminalreporter.getreports("passed")
    found = [value for report in reports for name, value in report.user_properties if name == RECOVERY]
    if not found:
        return
    width = max(len(fault) for fault, *_ in found)
    terminalreporter.section("recovery")
    for fault, seconds, waited in sorted(found):
        longest = f"   nobody waited over {waited:.2f} s" if waited else ""
        terminalreporter.write_line(f"{fault:{width}} {seconds:8.2f} s{longest}")


Recovered = Callable[..., None]


@pytest.fixture
def recovered(record_property: Callable[[str, object], None]) -> Recovered:
    """Puts on record how many seconds after a fault all was well again, and how long somebody waited for a word
    meanwhile; fails where it was not soon."""

    def told(fault: str, seconds: float, soon: float, waited: float = 0) -> None:
        record_property(RECOVERY, (fault, seconds, waited))
        assert seconds < soon, fault

    return told


def _fill(server: EmbeddedPostgres) -> None:
    """The database that all others are copies of. The comment says that it is whole, or what went wrong."""
    whole = "whole"
    try:
        migrate(server.address(OWNER), lambda line: None)
        assert demo.seed(server.address(OWNER), server.address(APPLICATION), data_keys())
    except Exception:
        whole = traceback.format_exc()
    with psycopg.connect(server.address("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {TEMPLATE} IS_TEMPLATE true ALLOW_CONNECTIONS false")
        connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(TEMPLATE), whole))


def data_keys() -> DataKeys:
    """Of the template, and so of all of its copies."""
    return DataKeys(Path(os.environ[KEYS]))


def opened(column: Any, row: Mapping[str, Any]) -> str | None:
    """The text that stands encrypted in a column of a row."""
    text, purpose, place = row[column.name], purpose_of(column, row["authority_id"]), place_of(column, row["id"])
    return None if text is None else data_keys().decrypt(text, purpose, place)


@cache
def _template() -> str:
    """Its name, as soon as it can be copied."""
    found = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    with psycopg.connect(address("postgres", "postgres"), autocommit=True) as connection:
        while (said := connection.execute(found, [TEMPLATE]).fetchone()) is None or said[0] is None:
            time.sleep(0.1)
    assert said[0] == "whole", said[0]
    return TEMPLATE


def address(user: str, database: str) -> str:
    return os.environ[GIVEN].format(user=user, database=database)


@dataclass(frozen=True)
class Database:
    """A copy of the demo county: the application's address and the owner's."""

    name: str

    @property
    def application(self) -> str:
        return address(APPLICATION, self.name)

    def storage(self, **given: Any) -> Storage:
        """Of an application; with --pooled behind the pooler."""
        if pooled := os.environ.get(POOLER):
            return Storage(pooled.format(database=self.name), pooled=True, keys=data_keys(), **given)
        return Storage(self.application, keys=data_keys(), **given)

    @property
    def owner(self) -> str:
        return address(OWNER, self.name)

    @property
    def superuser(self) -> str:
        """Sees everything: row-level security does not hold for it."""
        return address("postgres", self.name)

    async def settled(self) -> None:
        """Until the feeds show all there is: they wait for transactions under way, also in other workers' databases."""
        under_way = "WHERE transaction_id >= counted(pg_snapshot_xmin(pg_current_snapshot()))"
        waiting = f"SELECT FROM delivery {under_way} UNION ALL SELECT FROM event {under_way} LIMIT 1"
        for _ in range(1200):
            if not self.rows(waiting):
                return
            await asyncio.sleep(0.05)

    def rows(self, query: str, *values: Any) -> list[Any]:
        try:
            return _looking(self.superuser).execute(query, values).fetchall()
        except psycopg.OperationalError:  # a server that was killed in between
            LOOKING.pop(self.superuser, None)
            return _looking(self.superuser).execute(query, values).fetchall()


LOOKING = dict[str, psycopg.Connection[Any]]()


def _looking(place: str) -> psycopg.Connection[Any]:
    """Kept, for connecting takes longest. It holds no snapshot, which would hold back the feed and the sealing."""
    if place not in LOOKING:
        LOOKING[place] = psycopg.connect(place, autocommit=True)
    return LOOKING[place]


def _copied(name: str) -> Iterator[Database]:
    with psycopg.connect(address("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {_template()} STRATEGY file_copy")
        yield Database(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """This worker's county. Tests add to it, and never count on being alone."""
    yield from _copied(f"worker_{uuid4().hex[:12]}")


@pytest.fixture
def own_database() -> Iterator[Database]:
    """A county for one test alone."""
    yield from _copied(f"test_{uuid4().hex[:12]}")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(development=True, home=Path(tmp_path_factory.mktemp("home")))


@pytest.fixture(scope="session")
async def application(database: Database, settings: Settings) -> AsyncIterator[Application]:
    async for running in serve(database, settings):
        yield running


async def serve(database: Database, settings: Settings) -> AsyncIterator[Application]:
    """The whole application, as uvicorn runs it, with few connections."""
    running = Application(settings, database.storage(read_connections=2, write_connections=3))
    async with running.api.router.lifespan_context(running.api):
        yield running


@pytest.fixture(scope="session")
def token_of(settings: Settings) -> Callable[..., str]:
    """An access token of somebody of the demo county, or of any subject."""

    def token(role: str, **claims: Any) -> str:
        subject = f"demo-{role}" if role in demo.PEOPLE else role
        return development_issuer.token(settings, subject, lifetime=timedelta(hours=1), **claims)

    return token


@pytest.fixture
async def client_of(
    application: Application, token_of: Callable[..., str]
) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
    """An HTTP client of somebody; without a role, of the public."""
    opened: list[httpx.AsyncClient] = []

    def client(role: str | None = None, **claims: Any) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {token_of(role, **claims)}"} if role else {}
        transport = httpx.ASGITransport(application)
        opened.append(httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers))
        return opened[-1]

    yield client
    for each in opened:
        await each.aclose()


@pytest.fixture
def lines() -> Iterator[BytesIO]:
    """Everything that is logged, whatever it is worth."""
    stream, root = BytesIO(), logging.getLogger()
    before = root.handlers[:], root.level
    logs.configure("DEBUG", stream)
    yield stream
    root.handlers[:], root.level = before


@pytest.fixture
def desk_of(application: Application) -> Callable[[str | None], Desk]:
    """Where somebody of the demo county is served, without HTTP."""

    def desk(role: str | None) -> Desk:
        return Desk(application.storage, f"development:demo-{role}" if role else None, "0" * 32, assured=True)

    return desk
