"""The whole measurement, in the order in which it can be trusted: both sides of every ratio in the same minute."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from service.bench import starting
from service.bench.ground import SMALL, UNPOLICED, Ground
from service.bench.load import Client, Load, Pace
from service.bench.mutations import Mutations
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
from service.bench.statements import Looped, Pair, Statements
from service.bench.workloads import READER, Workload, workloads
from service.demo.people import PEOPLE

CONNECTIONS = 16
CONTROLLER = "controller"
POOL = 8
POLICED = ("R1", "R2", "G1", "G2")
SHARED = ("R1", "G1")
GROWING = ("R1", "R2", "G2", "N", "A", "D")
WARM_UP = 0.5  # seconds of each side before it counts
Step = Callable[[str], None]


@dataclass(frozen=True)
class Served:
    """One workload over HTTP, and as a bare loop of its statement. Medians of the rounds."""

    name: str
    title: str
    answer_bytes: int
    pace: Pace
    postgres_microseconds: float  # of PostgreSQL, all its processes
    loop_per_second: float
    loop_microseconds: float  # processor time of the bare loop per statement
    of_loop: float  # median ratio of neighbouring rounds: requests to statements of the loop


@dataclass(frozen=True)
class Shared:
    """One workload by two workers. With two cores, they, PostgreSQL and the load share them."""

    name: str
    pace: Pace
    largest_mebibytes: float  # of the worker that holds more


@dataclass(frozen=True)
class Measured:
    rows: dict[str, int]
    served: list[Served]
    bound: Pace  # G3: money of a line is bound over GraphQL
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
            bound = bench.bind(step)
            memory = resident_mebibytes(server.process_id)
        both = mine | others
        with Server(ground.environment(), ground.settings.port, both, server.log, workers=2) as server:
            bench = _Bench(ground, server, client, statements, seconds, rounds)
            shared = [bench.share(each, tokens[each.persona], step) for each in asked if each.name in SHARED]
    return Measured(dict(ground.counted()), served, bound, policed, grown, start, memory, shared)


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
        paces, loops, postgres = list[Pace](), list[Looped](), list[float]()
        for number in range(self.rounds):
            step(f"{workload.name}: round {number + 1} of {self.rounds}")
            before = self._used()
            load = self._load(requests, self.seconds)
            after = self._used()
            loops.append(self._loop(workload.name, self.seconds))
            paces.append(Pace.of(load, after[0] - before[0]))
            postgres.append((after[1] - before[1]) / load.answers * 1e6)
        return Served(
            workload.name,
            workload.title,
            sizes[workload.name],
            Pace.middle(paces),
            median(postgres),
            median(each.per_second for each in loops),
            median(each.processor / each.statements for each in loops) * 1e6,
            median(one.requests_per_second / other.per_second for one, other in zip(paces, loops, strict=True)),
        )

    def bind(self, step: Step) -> Pace:
        """Each request is a new one: none is answered with what was done before."""
        token = self.ground.tokens(CONTROLLER)[CONTROLLER]
        mutations = Mutations(self.ground, PEOPLE[CONTROLLER], max(self.seconds, WARM_UP))
        paces = []
        for number in range(self.rounds + 1):
            step(f"G3: round {number} of {self.rounds}")
            requests = [each.written(token, self.ground.authority) for each in mutations.ours()]
            before = processor_seconds(self.server.process_id)
            load = self._load(requests, self.seconds if number else WARM_UP)
            paces.append(Pace.of(load, processor_seconds(self.server.process_id) - before))
        return Pace.middle(paces[1:])  # the first only warms up

    def share(self, workload: Workload, token: str, step: Step) -> Shared:
        step(f"{workload.name}: two workers")
        requests = [each.written(token, self.ground.authority) for each in workload.asked]
        self._load(requests, WARM_UP)
        paces = []
        for _ in range(self.rounds):
            before = family_seconds(self.server.process_id)
            load = self._load(requests, self.seconds)
            paces.append(Pace.of(load, family_seconds(self.server.process_id) - before))
        return Shared(
            workload.name,
            Pace.middle(paces),
            max(map(resident_mebibytes, children(self.server.process_id)), default=0.0),
        )

    def _used(self) -> tuple[float, float]:
        postmaster = self.ground.postgres.process_id
        return processor_seconds(self.server.process_id), family_seconds(postmaster) if postmaster else 0.0

    def _load(self, requests: Sequence[bytes], seconds: float) -> Load:
        load: Any = self.client.ask("load", self.ground.settings.port, requests, CONNECTIONS, seconds)
        assert isinstance(load, Load)
        return load

    def _loop(self, name: str, seconds: float) -> Looped:
        looped: Any = self.statements.ask("loop", name, CONNECTIONS, seconds)
        assert isinstance(looped, Looped)
        return looped
