"""PostgreSQL is killed, frozen, crowded and out of room while everybody is at work: all are told, and all goes on."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from service.domain.values import new_id
from service.storage.embedded import EmbeddedPostgres
from service.storage.postgres import FROZEN
from tests.budgets.contract import Proof
from tests.budgets.test_concurrency import Writers, agreement, nothing_is_left_hanging
from tests.budgets.workers import booked, many_cents, until, until_ended, worker
from tests.conftest import Database, Recovered
from tests.faces import Rest
from tests.faults.diary import LIMIT, PLACES, SHORT, SOON, STATEMENT, WRITERS, Diary
from tests.faults.disk import Disk, small_disk
from tests.faults.followers import following
from tests.mortal import SURVIVES_ITS_PROCESSES, Own, Service, county

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
SOON_TOLD = 10.0  # seconds: streams ask again every three of them


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
    running = Service(mortal.application, tmp_path_factory.mktemp("breaking"), SHORT)
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


@contextmanager
def killed(server: EmbeddedPostgres) -> Iterator[None]:
    assert server.process_id
    os.kill(server.process_id, signal.SIGKILL)
    try:
        yield
    finally:
        server.start()  # as `sozialraum run` does


async def test_after_the_postmaster_was_killed_all_that_was_acknowledged_is_there(
    mortal: Own, diary: Diary, recovered: Recovered
) -> None:
    seconds = list[float]()
    async with diary.kept():
        for _ in range(3):
            with killed(mortal.server):
                await diary.hears("GET", "POST")
                began = time.monotonic()
            seconds.append(await diary.goes_on(began))
    diary.is_true(mortal)
    nothing_is_left_hanging(mortal)
    recovered("PostgreSQL as a whole was killed, and started", max(seconds), SOON, diary.slowest[0])


async def test_a_frozen_postgresql_is_not_waited_for(
    mortal: Own, service: Service, diary: Diary, recovered: Recovered
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
    recovered("PostgreSQL was frozen, and thawed", seconds, SOON, diary.slowest[0])


async def test_whoever_finds_no_connection_is_told_so_and_may_come_again(
    mortal: Own, diary: Diary, recovered: Recovered
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
    recovered("all connections for writing were taken, and let go", seconds, SOON, diary.slowest[0])


async def test_whoever_finds_no_connection_to_read_on_is_told_so_too(
    mortal: Own, diary: Diary, recovered: Recovered
) -> None:
    async with diary.kept(), diary.service.client("demo-controller") as client:
        with psycopg.connect(mortal.superuser) as slow:
            slow.execute("LOCK TABLE contact_point IN ACCESS EXCLUSIVE MODE")
            began = time.monotonic()
            told = await asyncio.gather(*(diary.done(client, "GET", "/v1/contact-points") for _ in range(3 * PLACES)))
            assert not any(told)
            assert len([each for each in diary.written if each > began]) >= WRITERS, (
                "they have connections of their own"
            )
        seconds = await diary.goes_on()
        assert await diary.done(client, "GET", "/v1/contact-points")
    assert set(diary.refused) == {("GET", "all connections are busy"), ("GET", "the database is busy")}
    diary.is_true(mortal)
    nothing_is_left_hanging(mortal)
    recovered("all connections for reading were taken, and let go", seconds, SOON, diary.slowest[0])


async def test_streams_stay_open_while_postgresql_is_gone_and_lose_and_double_nothing(
    mortal: Own, service: Service, diary: Diary, recovered: Recovered
) -> None:
    seconds = dict[str, float]()
    async with following(service, "demo-controller") as both:
        async with diary.kept():
            for name, breaking in (("killed", killed), ("frozen", frozen)):
                with breaking(mortal.server):
                    await diary.hears("GET", "POST")
                began = time.monotonic()
                await diary.goes_on()
                seconds[name] = max([await each.goes_on(began) for each in both])
        for each in both:
            await each.until(set(diary.acknowledged))
    diary.is_true(mortal)
    nothing_is_left_hanging(mortal)
    for each in both:
        assert len(each.heard) == len(set(each.heard)), "nothing twice"
    assert all(one == other for one, other in zip(*(each.heard for each in both), strict=False)), "in one order"
    for name, took in seconds.items():
        recovered(f"PostgreSQL was {name}: streams and sockets tell again", took, SOON_TOLD)


async def test_a_place_in_the_feed_outlives_what_postgresql_had_not_written_yet(mortal: Own, service: Service) -> None:
    """It counts those transactions anew: what changes then must not stand before a place that somebody was given."""
    writers = Writers(service, "")
    await agreement(writers, mortal)
    ((log_writer,),) = mortal.rows("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'")
    os.kill(log_writer, signal.SIGSTOP)
    async with service.client("demo-controller") as controller:
        for _ in range(50):
            mortal.rows("SELECT pg_current_xact_id()")
        place = (await controller.get("/v1/events")).json()["next"]
        place = (await controller.get("/v1/events", params={"after": place})).json()["next"]
        with killed(mortal.server):
            os.kill(log_writer, signal.SIGKILL)
        said = {"id": str(new_id()), "amount": "1.00", "purpose": "Fest"}
        async with service.client("demo-third_controller") as third:
            await writers.until_told(third, f"/v1/budget-lines/{writers.line}/commitments", said)
        async with asyncio.timeout(SOON):
            while said["id"] not in await changed(controller, place):  # noqa: ASYNC110 (it has to be asked)
                await asyncio.sleep(0.1)


async def changed(client: httpx.AsyncClient, after: str) -> list[str]:
    answer = await client.get("/v1/events", params={"after": after, "limit": 200})
    assert answer.status_code == 200, answer.text
    return [each["subject"] for each in answer.json()["items"]]


async def test_a_worker_goes_on_after_a_frozen_postgresql_and_does_nothing_twice(
    mortal: Own, service: Service, tmp_path: Path, recovered: Recovered
) -> None:
    writers = Writers(service, "")
    agreed = await agreement(writers, mortal)
    async with service.client("demo-controller") as one, service.client("demo-second_controller") as two:
        first, second = Rest(one), Rest(two)
        bookings = await many_cents(first, writers.line)
        with worker(mortal, tmp_path, SOZIALRAUM_STATEMENT_TIMEOUT=str(STATEMENT)):
            await until_ended(first, await first.do("check_booking_import", bookings, id=str(new_id())))
            version = (await first.one("booking_import", bookings)).version
            post = await second.do("release_booking_import", bookings, version, id=str(new_id()))
            before = await until(first, post, lambda told: told["done"] > 0)
            assert before["state"] == "running"
            with frozen(mortal.server):
                await asyncio.sleep(STATEMENT + FROZEN + 1)  # it has given up by then
            began = time.monotonic()
            await until(first, post, lambda told: told["done"] > before["done"] or told["state"] == "done")
            seconds = time.monotonic() - began
            await until_ended(first, post)
    booked(mortal, bookings)
    assert mortal.rows("SELECT count(*) FROM event WHERE kind = 'job.end' AND subject_id = %s", post["id"]) == [(1,)]
    Proof(mortal, agreed).holds()
    nothing_is_left_hanging(mortal)
    recovered("PostgreSQL was frozen: a worker goes on with its job", seconds, 15)


async def test_where_the_disk_is_full_writers_are_told_so_until_there_is_room(
    mortal: Own, disk: Disk, diary: Diary, recovered: Recovered
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
    recovered("the disk was full, and has room", seconds, SOON, diary.slowest[0])
