"""The same SQL with the same values, without HTTP: what PostgreSQL and its driver alone would do."""

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import fmean, median
from time import perf_counter, process_time
from typing import Any, Protocol

import asyncpg
import httpx

from service.api import logs
from service.api.app import Application
from service.bench.processes import thread_seconds
from service.bench.workloads import Workload
from service.settings import Settings
from service.storage.postgres import Storage
from service.storage.writing import Bare

BATCHES = 12  # of each side, taking turns
BATCH_SECONDS = 0.08
WARM_UP = 10  # a statement's first executions on a connection: parsed, planned, caches filled


@dataclass(frozen=True)
class Looped:
    """What a bare loop did."""

    statements: int
    seconds: float
    processor: float  # seconds of the loop's own process

    @property
    def per_second(self) -> float:
        return self.statements / self.seconds


@dataclass(frozen=True)
class Cost:
    """Of one statement on one connection, microseconds: waited for, and in PostgreSQL's processor."""

    waited: float
    worked: float


@dataclass(frozen=True)
class Pair:
    """Medians of each side, and the median ratio of neighbouring batches (second to first)."""

    first: Cost
    second: Cost
    waited: float
    worked: float

    @property
    def cost(self) -> float:
        """What it comes to: PostgreSQL's work, or the time waited where the kernel does not tell the work."""
        return self.worked or self.waited


class _Recording(Storage):
    """Writes down what the service asks."""

    def __init__(self, address: str) -> None:
        super().__init__(address, read_connections=1, write_connections=1)
        self.asked: list[tuple[str, Sequence[Any]]] = []

    async def read(self, sql: str, values: Sequence[Any]) -> Any:
        self.asked.append((sql, values))
        return await super().read(sql, values)


class Statements:
    """Learns what the service asks of PostgreSQL by letting it answer the workloads' requests, then asks it itself."""

    def __init__(self, settings: Settings) -> None:
        logs.configure("ERROR")
        self.settings = settings
        self.asked: dict[str, list[tuple[str, Sequence[Any]]]] = {}
        self.pool: asyncpg.Pool[Any] | None = None

    async def learn(self, address: str, workloads: Sequence[Workload], tokens: Mapping[str, str]) -> dict[str, int]:
        """The sizes of the answers, in bytes."""
        storage = _Recording(address)
        application = Application(self.settings, storage)
        sizes: dict[str, int] = {}
        transport = httpx.ASGITransport(application)
        async with (
            application.api.router.lifespan_context(application.api),
            httpx.AsyncClient(transport=transport, base_url="http://bench") as client,
        ):
            for workload in workloads:
                storage.asked.clear()
                for each in workload.asked:
                    headers = dict(each.headers(tokens[workload.persona]))
                    response = await client.request(each.method, each.path, content=each.body, headers=headers)
                    assert response.status_code == 200, response.text
                    assert b'"errors"' not in response.content, response.text
                sizes[workload.name] = len(response.content)
                self.asked[workload.name] = list(storage.asked)
        return sizes

    async def connect(self, address: str, connections: int) -> None:
        storage = Storage(address)

        async def opened(*_: Any, **__: Any) -> Any:
            return await storage.connect_reader()

        async def as_it_was(_: Any) -> None: ...

        how: Any = {"min_size": connections, "max_size": connections, "connect": opened, "reset": as_it_was}
        self.pool = await asyncpg.create_pool(**how)

    async def loop(self, name: str, concurrency: int, seconds: float) -> Looped:
        """As many as go; what a server without any HTTP would reach over asyncpg's own pool, and without its question
        between two others that leaves a connection as it was."""
        assert self.pool is not None
        pool, rotating, answered = self.pool, itertools.cycle(self.asked[name]), 0
        until = perf_counter() + seconds

        async def ask() -> None:
            nonlocal answered
            while perf_counter() < until:
                sql, values = next(rotating)
                async with pool.acquire() as connection:
                    await connection.fetchrow(sql, *values)
                answered += 1

        started, worked = perf_counter(), process_time()
        await asyncio.gather(*(ask() for _ in range(concurrency)))
        return Looped(answered, perf_counter() - started, process_time() - worked)

    async def compared(self, name: str, first: str, second: str) -> Pair:
        """One statement on two addresses, a connection each, in turns."""
        async with AsyncExitStack() as ending:
            sides = []
            for address in (first, second):
                storage = await Storage(address, read_connections=1, write_connections=1).open()
                ending.push_async_callback(storage.close)
                connection = ending.enter_context(await storage.readers.lend())
                sides.append(Side(connection, self.asked[name]))
            return await in_turns(sides[0], sides[1])


class Running(Protocol):
    async def run(self, count: int) -> Cost: ...


async def in_turns(first: Running, second: Running) -> Pair:
    """A B, B A, A B …: whoever comes second has no advantage, and what the machine does hits both."""
    sides = (first, second)
    for side in sides:
        await side.run(WARM_UP)
    count = max(3, round(BATCH_SECONDS / (await first.run(WARM_UP)).waited * 1e6))
    batches = []
    for turn in range(BATCHES):
        order = (0, 1) if turn % 2 else (1, 0)
        done = {place: await sides[place].run(count) for place in order}
        batches.append((done[0], done[1]))
    return Pair(
        _middle([one for one, _ in batches]),
        _middle([other for _, other in batches]),
        median(other.waited / one.waited for one, other in batches),
        median(other.worked / one.worked if one.worked else 0.0 for one, other in batches),
    )


class Side:
    """Statements that are asked one after the other, on one connection."""

    def __init__(self, connection: "Bare", asked: Sequence[Any]) -> None:
        self.connection, self.asked = connection, itertools.cycle(asked)

    async def run(self, count: int) -> Cost:
        backend = self.connection.get_server_pid()
        waited = []
        worked = thread_seconds(backend)
        for _ in range(count):
            sql, values = next(self.asked)
            started = perf_counter()
            await self.connection.fetchrow(sql, *values)
            waited.append(perf_counter() - started)
        return Cost(fmean(waited) * 1e6, (thread_seconds(backend) - worked) / count * 1e6)


def _middle(costs: Sequence[Cost]) -> Cost:
    return Cost(median(cost.waited for cost in costs), median(cost.worked for cost in costs))
