"""Whatever breaks: somebody is told, nothing is half done, and no place to write at is lost."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress

import asyncpg
import psycopg
import pytest

from service.storage.embedded import APPLICATION, OWNER, EmbeddedPostgres
from service.storage.postgres import Storage
from service.storage.writing import Busy, Turns, Unreachable, fetch_row

pytestmark = pytest.mark.anyio
WAIT = 1.5  # seconds
PLACES = 2


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module", autouse=True)
def _note(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.address(OWNER)) as connection:
        connection.execute("CREATE TABLE note (text text PRIMARY KEY)")
        connection.execute(f"GRANT ALL ON note TO {APPLICATION}")


@pytest.fixture
async def storage(postgres: EmbeddedPostgres) -> AsyncIterator[Storage]:
    opened = Storage(
        postgres.address(APPLICATION), read_connections=1, write_connections=PLACES, wait=WAIT, statement_timeout=1
    )
    yield await opened.open()
    await opened.close()


async def write(storage: Storage, text: str) -> int:
    """The process that wrote it."""
    async with storage.transaction() as session:
        sql = "WITH written AS (INSERT INTO note VALUES ($1)) SELECT pg_backend_pid()"
        return int((await fetch_row(session, sql, [text]))[0])


async def every_place_is_free(storage: Storage) -> None:
    """As many as may, write at once: none of them goes before all are within."""
    within = asyncio.Barrier(PLACES)

    async def stand() -> None:
        async with storage.transaction() as session:
            await fetch_row(session, "SELECT 1", [])
            await within.wait()

    async with asyncio.timeout(5):
        await asyncio.gather(*(stand() for _ in range(PLACES)))


def asked(postgres: EmbeddedPostgres, query: str, *values: object) -> list[object]:
    with psycopg.connect(postgres.address("postgres")) as connection:
        return [row[0] for row in connection.execute(query, values)]


async def until(said: Callable[[], bool]) -> None:
    for _ in range(500):
        if said():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


def noted(postgres: EmbeddedPostgres) -> list[object]:
    return asked(postgres, "SELECT text FROM note")


def end(postgres: EmbeddedPostgres, process: int) -> None:
    """And do not return before it is gone, with its last words in the socket."""
    asked(postgres, "SELECT pg_terminate_backend(%s, 5000)", process)


@contextmanager
def frozen(process: int) -> Iterator[None]:
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


@pytest.mark.parametrize("turns", range(4))
async def test_a_connection_that_broke_between_two_requests_is_nobodys_concern(
    postgres: EmbeddedPostgres, storage: Storage, turns: int
) -> None:
    """However much of its end has been read: the farewell, the end, nothing yet."""
    first = await write(storage, f"before {turns}")
    end(postgres, first)
    for _ in range(turns):
        await asyncio.sleep(0)
    assert await write(storage, f"after {turns}") != first
    assert {f"before {turns}", f"after {turns}"} <= set(noted(postgres))


@pytest.mark.parametrize("turns", range(4))
async def test_one_that_breaks_half_way_is_told_of(postgres: EmbeddedPostgres, storage: Storage, turns: int) -> None:

    async def break_off() -> None:
        async with storage.transaction() as session:
            process = (await fetch_row(session, "INSERT INTO note VALUES ('half') RETURNING pg_backend_pid()", []))[0]
            end(postgres, process)
            for _ in range(turns):
                await asyncio.sleep(0)
            await fetch_row(session, "SELECT 1", [])

    with pytest.raises((Unreachable, asyncpg.PostgresError)) as told:
        await break_off()
    if isinstance(told.value, asyncpg.PostgresError):
        assert str(told.value.sqlstate).startswith("57P")  # PostgreSQL's own farewell, which the desk knows
    assert "half" not in noted(postgres)
    await every_place_is_free(storage)


async def test_a_request_that_is_gone_leaves_nothing(postgres: EmbeddedPostgres, storage: Storage) -> None:
    processes = list[int]()

    async def be_long() -> None:
        async with storage.transaction() as session:
            processes.append((await fetch_row(session, "SELECT pg_backend_pid()", []))[0])
            await fetch_row(session, "INSERT INTO note VALUES ('gone') RETURNING 1", [])
            await fetch_row(session, "SELECT pg_sleep(60)", [])

    working = asyncio.create_task(be_long())
    await until(lambda: bool(asked(postgres, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")))
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    states = asked(postgres, "SELECT state FROM pg_stat_activity WHERE pid = %s", processes[0])
    assert states in ([], ["idle"])
    assert "gone" not in noted(postgres)
    await every_place_is_free(storage)


async def test_whoever_finds_no_place_is_told_in_time(storage: Storage) -> None:
    async with storage.transaction(), storage.transaction():
        began = time.monotonic()
        with pytest.raises(Busy):
            await write(storage, "none")
        assert WAIT <= time.monotonic() - began < WAIT + 2
        waiting = [asyncio.create_task(write(storage, "none")) for _ in range(5)]
        await asyncio.sleep(0.1)
        for each in waiting:
            each.cancel()
        assert all(
            isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*waiting, return_exceptions=True)
        )
    await every_place_is_free(storage)


async def test_a_frozen_server_is_not_waited_for(postgres: EmbeddedPostgres, storage: Storage) -> None:
    process = await write(storage, "warm")
    reader = await storage.read("SELECT pg_backend_pid()", [])
    with frozen(process), frozen(reader[0]):
        began = time.monotonic()
        with pytest.raises(Unreachable):
            await write(storage, "cold")
        assert time.monotonic() - began < WAIT + 2
        assert await write(storage, "another") != process
        began = time.monotonic()
        with pytest.raises(Unreachable):
            await storage.read("SELECT 1", [])
        assert time.monotonic() - began < 5
    assert (await storage.read("SELECT 1", []))[0] == 1
    assert "cold" not in noted(postgres)
    await every_place_is_free(storage)


async def test_one_that_freezes_half_way_is_let_go(postgres: EmbeddedPostgres, storage: Storage) -> None:
    async def freeze() -> None:
        async with storage.transaction() as session:
            process = (await fetch_row(session, "INSERT INTO note VALUES ('stiff') RETURNING pg_backend_pid()", []))[0]
            with frozen(process):
                await fetch_row(session, "SELECT 1", [])

    began = time.monotonic()
    with pytest.raises(Unreachable):
        await freeze()
    assert time.monotonic() - began < 6
    assert "stiff" not in noted(postgres)
    await every_place_is_free(storage)


async def test_a_refused_statement_leaves_the_connection_as_it_was(storage: Storage) -> None:
    process = await write(storage, "once")
    with pytest.raises(asyncpg.UniqueViolationError):
        await write(storage, "once")
    assert await write(storage, "twice") == process


async def test_a_failure_that_was_swallowed_is_no_success(postgres: EmbeddedPostgres, storage: Storage) -> None:
    async def swallow() -> None:
        async with storage.transaction() as session:
            await fetch_row(session, "INSERT INTO note VALUES ('swallowed') RETURNING 1", [])
            with suppress(asyncpg.PostgresError):
                await fetch_row(session, "SELECT 1/0", [])

    with pytest.raises(RuntimeError, match="nobody said so"):
        await swallow()
    assert "swallowed" not in noted(postgres)
    await every_place_is_free(storage)


async def test_a_value_that_cannot_be_sent_is_no_broken_connection(storage: Storage) -> None:
    async def send() -> None:
        async with storage.transaction() as session:
            await fetch_row(session, "SELECT $1::int", [2**40])

    with pytest.raises(asyncpg.DataError):
        await send()
    with pytest.raises(asyncpg.DataError):
        await storage.read("SELECT $1::int", [2**40])
    assert (await storage.read("SELECT 1", []))[0] == 1
    await every_place_is_free(storage)


async def test_whoever_is_at_work_may_finish_when_it_closes(postgres: EmbeddedPostgres, storage: Storage) -> None:
    async with storage.transaction() as session:
        process = (await fetch_row(session, "SELECT pg_backend_pid()", []))[0]
        await storage.close()
        await fetch_row(session, "INSERT INTO note VALUES ('last') RETURNING 1", [])
    assert "last" in noted(postgres)
    await until(lambda: not asked(postgres, "SELECT 1 FROM pg_stat_activity WHERE pid = %s", process))


async def test_turns_come_in_order_and_none_is_lost() -> None:
    """Neither with whoever waited too long, nor with whoever was gone when it came."""
    turns, had = Turns(1), list[str]()

    async def take(name: str, seconds: float) -> None:
        if await turns.take(seconds):
            had.append(name)

    assert await turns.take(0)
    impatient, gone, second, third = (
        asyncio.create_task(take(*each)) for each in (("impatient", 0), ("gone", 60), ("second", 60), ("third", 60))
    )
    await impatient
    turns.give_back()  # to the one who is cancelled before being told
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    await second
    assert had == ["second"]
    third.cancel()  # while waiting
    turns.give_back()
    assert await turns.take(0)
    assert not await turns.take(0)
    assert had == ["second"]
