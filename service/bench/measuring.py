"""The whole measurement, in the order in which it can be trusted: both sides of every ratio in the same minute."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from service.bench import starting
from service.bench.ground import SMALL, UNPOLICED, Ground
from service.bench.load import Client, Load
from service.bench.processes import (
    Assistant,
    Server,
    children,
    cores,
    family_seconds,
    processor_seconds,
    resident_mebibytes,
)
from service.bench.starting import Start
from service.bench.statements import Pace, Pair, Statements
from service.bench.workloads import READER, Workload, workloads

CONNECTIONS = 16
POOL = 8
POLICED = ("R1", "R2", "G1", "G2")
SHARED = ("R1", "G1")
GROWING = ("R1", "R2", "G2", "N", "D")
WARM_UP = 0.5  # seconds of each side before it counts
Step = Callable[[str], None]


@dataclass(frozen=True)
class Served:
    """One workload over HTTP, and as a bare loop of its statement. Medians of the rounds."""

    name: str
    title: str
    answer_bytes: int
    requests_per_second: float
    median_milliseconds: float
    slowest_hundredth_milliseconds: float
    server_microseconds: float  # processor time of the server per request
    postgres_microseconds: float  # of PostgreSQL, all its processes
    loop_per_second: float
    loop_microseconds: float  # processor time of the bare loop per statement
    of_loop: float  # median ratio of neighbouring rounds: requests to statements of the loop


@dataclass(frozen=True)
class Shared:
    """One workload by two workers. With two cores, they, PostgreSQL and the load share them."""

    name: str
    requests_per_second: float
    median_milliseconds: float
    slowest_hundredth_milliseconds: float
    largest_mebibytes: float  # of the worker that holds more


@dataclass(frozen=True)
class Measured:
    rows: dict[str, int]
    served: list[Served]
    policed: dict[str, Pair]  # without and with row-level security
    grown: dict[str, Pair]  # few cases, and all
    start: Start
    loaded_mebibytes: float
    two_workers: list[Shared]


def measure(ground: Ground, seconds: float, rounds: int, step: Step) -> Measured:
    mine, others = cores()
    tokens, cases = ground.tokens(), ground.cases_of_reader()
    asked = workloads(cases)
    server = Server(ground.environment(), ground.settings.port, mine, ground.settings.home / "server.log")
    with Assistant(Client, on=others) as client, Assistant(Statements, ground.settings, on=mine) as statements:
        step("learning what the service asks of PostgreSQL")
        sizes = statements.ask("learn", ground.address(), asked, tokens)
        step("start")
        start = starting.measured(ground, asked[0].asked[0], tokens[READER], mine)
        policed, grown = {}, {}
        for name in POLICED:
            step(f"{name}: row-level security")
            policed[name] = statements.ask("compared", name, ground.address(UNPOLICED), ground.address())
        for name in GROWING:
            step(f"{name}: growth")
            grown[name] = statements.ask("compared", name, ground.address(database=SMALL), ground.address())
        statements.ask("connect", ground.address(), POOL)
        with server:
            bench = _Bench(ground, server, client, statements, seconds, rounds)
            served = [bench.serve(workload, tokens[workload.persona], sizes, step) for workload in asked]
            memory = resident_mebibytes(server.process_id)
        both = mine | others
        with Server(ground.environment(), ground.settings.port, both, server.log, workers=2) as server:
            bench = _Bench(ground, server, client, statements, seconds, rounds)
            shared = [bench.share(each, tokens[each.persona], step) for each in asked if each.name in SHARED]
    return Measured(dict(ground.counted()), served, policed, grown, start, memory, shared)


@dataclass
class _Bench:
    ground: Ground
    server: Server
    client: Assistant
    statements: Assistant
    seconds: float
    rounds: int

    def serve(self, workload: Workload, token: str, sizes: dict[str, int], step: Step) -> Served:
        requests = [each.written(token, self.ground.authority) for each in workload.asked]
        self._load(requests, WARM_UP)
        self._loop(workload.name, WARM_UP)
        rates, paces, seconds = list[float](), list[float](), list[tuple[float, float, float]]()
        latencies: list[tuple[float, float]] = []
        for number in range(self.rounds):
            step(f"{workload.name}: round {number + 1} of {self.rounds}")
            before = self._used()
            load = self._load(requests, self.seconds)
            after = self._used()
            pace = self._loop(workload.name, self.seconds)
            rates.append(load.answers / load.seconds)
            paces.append(pace.statements / pace.seconds)
            used = (after[0] - before[0], after[1] - before[1])
            seconds.append((used[0] / load.answers, used[1] / load.answers, pace.processor / pace.statements))
            latencies.append((part_of(load.latencies, 0.5), part_of(load.latencies, 0.99)))
        return Served(
            workload.name,
            workload.title,
            sizes[workload.name],
            median(rates),
            median(each[0] for each in latencies) * 1e3,
            median(each[1] for each in latencies) * 1e3,
            median(each[0] for each in seconds) * 1e6,
            median(each[1] for each in seconds) * 1e6,
            median(paces),
            median(each[2] for each in seconds) * 1e6,
            median(rate / pace for rate, pace in zip(rates, paces, strict=True)),
        )

    def share(self, workload: Workload, token: str, step: Step) -> Shared:
        step(f"{workload.name}: two workers")
        requests = [each.written(token, self.ground.authority) for each in workload.asked]
        self._load(requests, WARM_UP)
        loads = [self._load(requests, self.seconds) for _ in range(self.rounds)]
        return Shared(
            workload.name,
            median(load.answers / load.seconds for load in loads),
            median(part_of(load.latencies, 0.5) for load in loads) * 1e3,
            median(part_of(load.latencies, 0.99) for load in loads) * 1e3,
            max(map(resident_mebibytes, children(self.server.process_id)), default=0.0),
        )

    def _used(self) -> tuple[float, float]:
        postmaster = self.ground.postgres.process_id
        return processor_seconds(self.server.process_id), family_seconds(postmaster) if postmaster else 0.0

    def _load(self, requests: Sequence[bytes], seconds: float) -> Load:
        load: Any = self.client.ask("load", self.ground.settings.port, requests, CONNECTIONS, seconds)
        assert isinstance(load, Load)
        return load

    def _loop(self, name: str, seconds: float) -> Pace:
        pace: Any = self.statements.ask("loop", name, CONNECTIONS, seconds)
        assert isinstance(pace, Pace)
        return pace


def part_of(ordered: Sequence[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
