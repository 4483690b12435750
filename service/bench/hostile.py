"""What refusing costs while others are served, and whether its time tells what its words do not."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from threading import Event, Thread
from uuid import uuid4

import psycopg

from service import demo
from service.bench import processes
from service.bench.floods import crowd, floods
from service.bench.goals import Goal
from service.bench.ground import SUPERUSER, Ground, Say
from service.bench.load import Client
from service.bench.processes import HOST, Assistant, Server
from service.bench.workloads import ADDRESSEE, ONE_CASE, READER, Asked, in_graphql

TIMES = 10  # each flood, to tell its processor time from the clock's tick of ten milliseconds
NEIGHBOURS = 2  # connections
PAIRS = 400


@dataclass(frozen=True)
class Hostile:
    """Processor milliseconds of one such request; what its neighbours feel; and the median milliseconds of what is not
    there and of what is not mine."""

    costs: Sequence[tuple[str, float]]  # the costliest first
    neighbours: Sequence["Neighbours"]
    not_there: float
    not_mine: float

    @property
    def told_apart(self) -> float:
        return max(self.not_there, self.not_mine) / min(self.not_there, self.not_mine)

    def goals(self) -> Iterator[Goal]:
        name, milliseconds = self.costs[0]
        yield Goal(f"the costliest refusal, processor ({name})", milliseconds, 250, unit="ms")
        for each in self.neighbours:
            yield Goal(f"neighbours' p99 over {each.face} beside a flood, of undisturbed", each.flooded / each.idle, 2)
        yield Goal("a case that is not there and one that is not mine, apart", self.told_apart, 1.1)


@dataclass(frozen=True)
class Neighbours:
    """Milliseconds that 99 of 100 of their requests stay under: undisturbed; beside whoever sends one after the other
    what is refused; and beside one who sends new documents as large as are still answered, whose statements PostgreSQL
    works on meanwhile: that is no attack yet, and nothing is promised of it."""

    face: str
    idle: float
    flooded: float
    crowded: float


def measure(ground: Ground, seconds: float, say: Say) -> Hostile:
    mine, others = processes.cores()
    processes.pin(others)
    log: Path = ground.settings.home / "server.log"
    token, attacker = ground.tokens()[READER], ground.tokens()[ADDRESSEE]
    cases = ground.cases_of_reader()
    asked = {
        "REST": [Asked(f"/v1/cases/{case}").written(token, ground.authority) for case in cases],
        "GraphQL": [in_graphql(ONE_CASE, id=case).written(token, ground.authority) for case in cases],
    }
    with (
        Server(ground.environment(), ground.settings.port, mine, log) as server,
        Assistant(Client, on=others) as client,
    ):
        port = ground.settings.port

        def p99(face: str) -> float:
            latencies: list[float] = client.ask("load", port, asked[face], NEIGHBOURS, seconds).latencies
            return latencies[len(latencies) * 99 // 100] * 1e3

        say("Asking what is not there, and what is not mine")
        not_there, not_mine = _timed(ground, token)
        say("Refusing")
        bodies = {each.name: each.body for each in floods()}
        crowding = {each.name: each.body for each in islice(crowd(), 9)}
        _send(port, attacker, bodies["roots"])  # has the schema built
        costs = [(name, _cost(server, port, attacker, body)) for name, body in [*bodies.items(), *crowding.items()]]
        say("Serving neighbours, undisturbed and beside a flood")
        for face in asked:
            p99(face)
        idle = {face: p99(face) for face in asked}
        with _sending(port, attacker, cycle(bodies.values())):
            flooded = {face: p99(face) for face in asked}
        with _sending(port, attacker, (each.body for each in crowd())):
            crowded = {face: p99(face) for face in asked}
        neighbours = [Neighbours(face, idle[face], flooded[face], crowded[face]) for face in asked]
        return Hostile(sorted(costs, key=lambda each: -each[1]), neighbours, not_there, not_mine)


def _cost(server: Server, port: int, token: str, body: bytes) -> float:
    before = processes.processor_seconds(server.process_id)
    for _ in range(TIMES):
        _send(port, token, body)
    return (processes.processor_seconds(server.process_id) - before) * 1e3 / TIMES


@contextmanager
def _sending(port: int, token: str, bodies: Iterator[bytes]) -> Iterator[None]:
    """Meanwhile one sends the next as soon as the last was answered."""
    over = Event()

    def keep_on() -> None:
        for body in bodies:
            if over.is_set():
                return
            _send(port, token, body)

    sending = Thread(target=keep_on)
    sending.start()
    try:
        yield
    finally:
        over.set()
        sending.join()


def _send(port: int, token: str, body: bytes) -> None:
    connection = HTTPConnection(HOST, port, timeout=60)
    try:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        connection.request("POST", "/graphql", body, headers)
        connection.getresponse().read()
    finally:
        connection.close()


def _timed(ground: Ground, token: str) -> tuple[float, float]:
    """Taking turns, over one connection."""
    foreign = """SELECT case_id::text FROM case_access GROUP BY case_id HAVING NOT bool_or(actor_id = %s)
                 ORDER BY 1 LIMIT 200"""
    with psycopg.connect(ground.address(SUPERUSER)) as connection:
        theirs = [row[0] for row in connection.execute(foreign, [demo.PEOPLE[READER].actor_id])]
    http = HTTPConnection(HOST, ground.settings.port, timeout=60)
    spent: dict[bool, list[float]] = {False: [], True: []}
    for number, case in zip(range(PAIRS), cycle(theirs), strict=False):
        for there in (number % 2 == 0, number % 2 == 1):
            started = time.perf_counter()
            path = f"/v1/cases/{case if there else uuid4()}"
            http.request("GET", path, headers={"authorization": f"Bearer {token}"})
            answer = http.getresponse()
            answer.read()
            assert answer.status == 404, answer.status
            spent[there].append(time.perf_counter() - started)
    http.close()
    warm = PAIRS // 4
    return median(spent[False][warm:]) * 1e3, median(spent[True][warm:]) * 1e3
