"""The way to PostgreSQL breaks off, is closed and becomes slow while everybody is at work: all are told, and go on."""

from collections.abc import AsyncIterator, Iterator

import pytest

from service.storage.embedded import APPLICATION, DATABASE, EmbeddedPostgres
from tests.budgets.test_concurrency import Writers, agreement, nothing_is_left_hanging
from tests.conftest import Database, Recovered
from tests.faults.diary import LIMIT, SHORT, SOON, STATEMENT, WAIT, Diary
from tests.faults.proxy import Proxy
from tests.mortal import SURVIVES_ITS_PROCESSES, Own, Service, county

pytestmark = [pytest.mark.anyio, pytest.mark.faults]


@pytest.fixture(scope="module")
def mortal(database: Database) -> Iterator[Own]:
    """Made after the database of all the others: alembic cannot migrate two at once in one process."""
    with EmbeddedPostgres.temporary(SURVIVES_ITS_PROCESSES) as server:
        yield county(server)


@pytest.fixture(scope="module")
async def proxy(mortal: Own) -> AsyncIterator[tuple[Proxy, int]]:
    between = Proxy(str(mortal.server.ground.sockets / ".s.PGSQL.5432"))
    async with between.listening() as port:
        yield between, port


@pytest.fixture(scope="module")
async def service(proxy: tuple[Proxy, int], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    address = f"postgresql://{APPLICATION}@127.0.0.1:{proxy[1]}/{DATABASE}"
    running = Service(address, tmp_path_factory.mktemp("proxied"), SHORT)
    running.start()
    yield running
    running.kill()


@pytest.fixture
def way(proxy: tuple[Proxy, int]) -> Iterator[Proxy]:
    yield proxy[0]
    proxy[0].delay, proxy[0].closed = 0, False


@pytest.fixture
async def diary(mortal: Own, service: Service) -> Diary:
    writers = Writers(service, "")
    await agreement(writers, mortal)
    return Diary(service, writers.line)


async def test_connections_that_break_off_lose_and_double_nothing(
    mortal: Own, way: Proxy, diary: Diary, recovered: Recovered
) -> None:
    seconds = list[float]()
    async with diary.kept():
        for _ in range(5):
            way.cut()
            seconds.append(await diary.goes_on())
    assert way.cuts >= 5
    diary.is_true(mortal)
    nothing_is_left_hanging(mortal)
    recovered("connections broke off", max(seconds), SOON, diary.slowest[0])


async def test_while_there_is_no_way_everybody_is_told_so(
    mortal: Own, way: Proxy, diary: Diary, recovered: Recovered
) -> None:
    async with diary.kept():
        way.closed = True
        way.cut()
        await diary.hears("GET", "POST")
        way.closed = False
        seconds = await diary.goes_on()
    diary.is_true(mortal)
    nothing_is_left_hanging(mortal)
    recovered("there was no way to PostgreSQL, and there is again", seconds, SOON, diary.slowest[0])


async def test_a_slow_way_makes_slow_but_not_wrong(mortal: Own, way: Proxy, diary: Diary) -> None:
    async with diary.kept():
        way.delay = 0.02
        await diary.goes_on()
    diary.is_true(mortal)
    nothing_is_left_hanging(mortal)


async def test_a_way_that_is_too_slow_is_not_waited_for(
    mortal: Own, way: Proxy, diary: Diary, recovered: Recovered
) -> None:
    async with diary.kept():
        way.delay = WAIT + STATEMENT
        await diary.hears("GET", "POST")
        way.delay = 0
        seconds = await diary.goes_on()
    # The answer on its way when it became slow comes late, but in time; what is asked after that does not.
    diary.is_true(mortal, WAIT + STATEMENT + LIMIT)
    nothing_is_left_hanging(mortal, patience=15)  # PostgreSQL itself ends after ten what nobody goes on with
    soon = WAIT + STATEMENT + SOON  # what was under way arrives no sooner
    recovered("the way to PostgreSQL was too slow, and is fast", seconds, soon, diary.slowest[0])
