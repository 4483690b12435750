"""Load over HTTP, by a client that does as little as it can: ready-made requests, answers read by their length."""

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from statistics import median
from time import perf_counter
from typing import Self, cast

from service.bench.processes import HOST

_LENGTH = b"\r\ncontent-length: "


@dataclass(frozen=True)
class Load:
    answers: int
    seconds: float
    latencies: list[float]  # seconds, sorted

    def milliseconds(self, part: float) -> float:
        """What that part of the answers stayed under."""
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * part))] * 1e3


@dataclass(frozen=True)
class Pace:
    """How fast a server was."""

    requests_per_second: float
    median_milliseconds: float
    slowest_hundredth_milliseconds: float
    server_microseconds: float  # processor time of the server per request

    @classmethod
    def of(cls, load: Load, processor: float) -> Self:
        """`processor`: seconds of the server's, used up by the load."""
        rate, used = load.answers / load.seconds, processor / load.answers * 1e6
        return cls(rate, load.milliseconds(0.5), load.milliseconds(0.99), used)

    @classmethod
    def middle(cls, paces: Sequence["Pace"]) -> Self:
        """Medians of the rounds."""
        return cls(*(median(getattr(each, field.name) for each in paces) for field in fields(cls)))


class Client:
    """One for a whole run; each load opens its own connections."""

    async def load(self, port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
        loop = asyncio.get_running_loop()
        rotating, latencies = itertools.cycle(requests), list[float]()
        opened = [
            (await loop.create_connection(lambda: _Connection(rotating, latencies), HOST, port))[1]
            for _ in range(connections)
        ]
        started = perf_counter()
        for each in opened:
            each.send()
        await asyncio.wait([each.ended for each in opened], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        lasted, answered = perf_counter() - started, len(latencies)
        for each in opened:
            each.going = False
        await asyncio.gather(*(each.ended for each in opened))
        for each in opened:
            each.transport.close()
        return Load(answered, lasted, sorted(latencies[:answered]))


class _Connection(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, requests: Iterator[bytes], latencies: list[float]) -> None:
        self.requests, self.latencies, self.going = requests, latencies, True
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.left, self.head, self.sent = 0, b"", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def send(self) -> None:
        self.sent = perf_counter()
        self.transport.write(next(self.requests))

    def data_received(self, data: bytes) -> None:
        if not self.left:
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return
            if not self.head.startswith(b"HTTP/1.1 200"):
                return self._fail(f"answered: {self.head[:200]!r}")
            start = self.head.lower().index(_LENGTH) + len(_LENGTH)
            self.left = end + 4 + int(self.head[start : self.head.index(b"\r", start)]) - len(self.head)
            self.head = b""
        else:
            self.left -= len(data)
        if not self.left:
            self.latencies.append(perf_counter() - self.sent)
            if self.going:
                self.send()
            else:
                self.ended.set_result(None)

    def connection_lost(self, exception: Exception | None) -> None:
        self._fail("the server closed a connection")

    def _fail(self, why: str) -> None:
        if not self.ended.done():
            self.ended.set_exception(RuntimeError(why))
