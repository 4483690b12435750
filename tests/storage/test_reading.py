"""Whoever reads gets a connection that nobody else has, and leaves it, or its place, to the next one."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import asyncpg
import psycopg
import pytest

from service.storage.embedded import APPLICATION, EmbeddedPostgres
from service.storage.postgres import Storage
from service.storage.writing import Busy, Unreachable

pytestmark = pytest.mark.anyio
WAIT = 1.0  # seconds
PLACES = 2
ENDED = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s"
WORKING = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND state = 'active'"
THERE = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def of(postgres: EmbeddedPostgres, *, pooled: bool = False) -> Storage:
    address = postgres.address(APPLICATION)
    return Storage(address, read_connections=PLACES, wait=WAIT, statement_timeout=5, pooled=pooled)


@pytest.fixture(params=[False, True], ids=["alone", "pooled"])
async def storage(postgres: EmbeddedPostgres, request: pytest.FixtureRequest) -> AsyncIterator[Storage]:
    opened = await of(postgres, pooled=request.param).open()
    yield opened
    await opened.close()


def asked(postgres: EmbeddedPostgres, query: str) -> int:
    with psycopg.connect(postgres.address("postgres")) as connection:
        row = connection.execute(query, [APPLICATION]).fetchone()
        assert row is not None
        return int(row[0])


async def process(storage: Storage) -> int:
    return int((await storage.read("SELECT pg_backend_pid()", []))[0])


async def both(storage: Storage) -> set[int]:
    """All places are free, and each is a process of its own."""
    found = await asyncio.gather(*(storage.read("SELECT pg_backend_pid(), pg_sleep(0.1)", []) for _ in range(PLACES)))
    return {row[0] for row in found}


async def test_the_connection_used_last_is_lent_first(storage: Storage) -> None:
    assert len({await process(storage) for _ in range(5)}) == 1
    assert len(await both(storage)) == PLACES


async def test_who_waits_longer_than_is_waited_is_told_so(storage: Storage) -> None:
    others = [asyncio.create_task(storage.read("SELECT pg_sleep(1.7)", [])) for _ in range(PLACES)]
    await asyncio.sleep(0.1)
    began = monotonic()
    with pytest.raises(Busy):
        await process(storage)
    assert WAIT <= monotonic() - began < WAIT + 0.4
    next_one = asyncio.create_task(process(storage))
    await asyncio.gather(*others, next_one)
    assert storage.readers.held == 0


async def test_of_whom_is_gone_postgresql_leaves_off_and_only_then_its_place_is_free(
    storage: Storage, postgres: EmbeddedPostgres
) -> None:
    gone = [asyncio.create_task(storage.read("SELECT pg_sleep(4)", [])) for _ in range(PLACES)]
    await asyncio.sleep(0.2)
    assert asked(postgres, WORKING) == PLACES
    for each in gone:
        each.cancel()
    await asyncio.wait(gone)
    assert storage.readers.held == PLACES
    began = monotonic()
    assert len(await both(storage)) == PLACES
    assert monotonic() - began < WAIT
    assert (storage.readers.held, asked(postgres, WORKING)) == (0, 0)


async def test_a_refused_statement_costs_no_connection(storage: Storage) -> None:
    before = await process(storage)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await storage.read("SELECT 1 / 0", [])
    assert await process(storage) == before


async def test_what_does_not_fit_leaves_no_transaction_behind(storage: Storage) -> None:
    with pytest.raises(asyncpg.DataError):
        await storage.read("SELECT $1::integer", ["no number"])
    with await storage.readers.lend() as connection:
        assert not connection.is_in_transaction()


async def test_for_one_that_broke_another_is_opened(storage: Storage, postgres: EmbeddedPostgres) -> None:
    before = await both(storage)
    asked(postgres, ENDED)
    await asyncio.sleep(0.2)
    after = await both(storage)
    assert len(after) == PLACES
    assert not after & before


async def test_who_reads_while_it_breaks_is_told_so(storage: Storage, postgres: EmbeddedPostgres) -> None:
    reading = asyncio.create_task(storage.read("SELECT pg_sleep(4)", []))
    await asyncio.sleep(0.2)
    asked(postgres, ENDED)
    with pytest.raises((Unreachable, asyncpg.AdminShutdownError)):  # as far as PostgreSQL's last words were heard
        await reading
    await asyncio.sleep(0.2)
    assert len(await both(storage)) == PLACES


async def test_where_one_cannot_be_opened_none_stays(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.address("postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {APPLICATION} CONNECTION LIMIT 1")
        try:
            with pytest.raises(asyncpg.TooManyConnectionsError):
                await of(postgres).open()
            await asyncio.sleep(0.2)
            assert asked(postgres, THERE) == 0
        finally:
            connection.execute(f"ALTER ROLE {APPLICATION} CONNECTION LIMIT -1")


async def test_at_the_end_who_reads_is_waited_for_but_not_for_long(postgres: EmbeddedPostgres) -> None:
    storage = await of(postgres).open()
    soon, late = (asyncio.create_task(storage.read("SELECT pg_sleep($1)", [seconds])) for seconds in (0.3, 4.0))
    await asyncio.sleep(0.1)
    await storage.close()
    assert await soon is not None
    with pytest.raises(Unreachable):
        await late
    with pytest.raises(Unreachable):
        await process(storage)
