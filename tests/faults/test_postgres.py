"""PostgreSQL is killed, frozen, crowded and out of room while everybody is at work: all are told, and all goes on."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest

from service.storage.embedded import APPLICATION, EmbeddedPostgres
from tests.budgets.test_concurrency import Writers, agreement, nothing_is_left_hanging
from tests.conftest import Database
from tests.faults.diary import LIMIT, PLACES, SHORT, SOON, Diary
from tests.faults.disk import Disk, small_disk
from tests.mortal import SURVIVES_ITS_PROCESSES, Own, Service, county

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def breaking(database: Database) -> Iterator[tuple[Own, Disk]]:
    """Made after the database of all the others: alembic cannot migrate two at once in one process."""
    server = EmbeddedPostgres.temporary(SURVIVES_ITS_PROCESSES)
    with small_disk(server.home) as disk, server:
        yield county(server), disk


@pytest.fixture(scope="module")
def mortal(breaking: tuple[Own, Disk]) -> Own:
    return breaking[0]


@pytest.fixture(scope="module")
def disk(breaking: tuple[Own, Disk]) -> Disk:
    return breaking[1]


@pytest.fixture(scope="module")
def service(mortal: Own, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(mortal.server.address(APPLICATION), tmp_path_factory.mktemp("breaking"), SHORT)
    running.start()
    yield running
    running.kill()


@pytest.fixture
async def diary(mortal: Own, service: Service) -> Diary:
    writers = Writers(service, "")
    await agreement(writers, mortal)
    return Diary(service, writers.line)


def processes(server: EmbeddedPostgres) -> list[int]:
    """The postmaster and all it has started."""
    listed = subprocess.run(["/bin/ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    assert server.process_id
    return [server.process_id, *(pid for pid, parent in pairs if parent == server.process_id)]


@contextmanager
def frozen(server: EmbeddedPostgres) -> Iterator[None]:
    stopped = list[int]()
    try:
        for pid in processes(server):
            os.kill(pid, signal.SIGSTOP)
            stopped.append(pid)
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


async def test_after_the_postmaster_was_killed_all_that_was_acknowledged_is_there(
    mortal: Own, diary: Diary, record_property: Record
) -> None:
    seconds = list[float]()
    async with diary.kept():
        for _ in range(3):
            assert mortal.server.process_id
            os.kill(mortal.server.process_id, signal.SIGKILL)
            await diary.hears("GET", "POST")
            began = time.monotonic()
            mortal.server.start()  # as `sozialraum run` does
            seconds.append(await diary.goes_on(began))
    diary.is_true(mortal)
    nothing_is_left_hanging(mortal)
    record_property("again at work", f"{max(seconds):.2f} s after its start")
    assert max(seconds) < SOON


async def test_a_frozen_postgresql_is_not_waited_for(
    mortal: Own, service: Service, diary: Diary, record_property: Record
) -> None:
    async with diary.kept():
        with frozen(mortal.server):
            async with httpx.AsyncClient(base_url=service.url, timeout=LIMIT) as probe:
                lives, ready = await asyncio.gather(probe.get("/livez"), probe.get("/readyz"))
                assert (lives.status_code, ready.status_code, ready.json()["code"]) == (200, 503, "not-ready")
            for _ in range(2):  # whoever is told at once may still hang later on
                await diary.hears("GET", "POST")
        seconds = await diary.goes_on()
    diary.is_true(mortal)
    nothing_is_left_hanging(mortal)
    record_property("again at work", f"{seconds:.2f} s after it thawed; nobody waited over {diary.slowest[0]:.2f} s")
    assert seconds < SOON


async def test_whoever_finds_no_connection_is_told_so_and_may_come_again(
    mortal: Own, diary: Diary, record_property: Record
) -> None:
    """Those who have one wait for somebody who locks what all of them write."""
    async with diary.kept():
        with psycopg.connect(mortal.superuser) as slow:
            slow.execute("LOCK TABLE posting IN SHARE MODE")
            while len(diary.refused) < 2:
                await diary.hears("POST")
            ((within,),) = slow.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchall()
            assert within <= PLACES
            began = time.monotonic()
            await asyncio.to_thread(time.sleep, 0.5)
            assert any(each > began for each in diary.read), "reading has connections of its own"
        seconds = await diary.goes_on()
    assert set(diary.refused) == {("POST", "all connections are busy"), ("POST", "the database is busy")}
    diary.is_true(mortal)
    nothing_is_left_hanging(mortal)
    record_property("again at work", f"{seconds:.2f} s after the lock was gone")
    assert seconds < SOON


async def test_where_the_disk_is_full_writers_are_told_so_until_there_is_room(
    mortal: Own, disk: Disk, diary: Diary, record_property: Record
) -> None:
    disk.needed()
    with psycopg.connect(mortal.superuser, autocommit=True) as connection:
        connection.execute("SELECT pg_switch_wal()")  # with room in its log: without, PostgreSQL itself ends
        connection.execute("CHECKPOINT")
    async with diary.kept():
        with disk.full():
            for _ in range(3):  # what still fits in may be written in between
                await diary.hears("POST")
            async with httpx.AsyncClient(base_url=diary.service.url, timeout=LIMIT) as public:
                assert (await public.get("/v1/regions")).status_code in (200, 503)
        seconds = await diary.goes_on()
    assert ("POST", "the database is busy") in diary.refused, diary.refused
    diary.is_true(mortal)
    nothing_is_left_hanging(mortal)
    record_property("again at work", f"{seconds:.2f} s after there was room")
    assert seconds < SOON
