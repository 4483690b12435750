"""Numbers for Prometheus. Labels are route templates and classes of answers, never anything a request brought along.

With several workers the server sets PROMETHEUS_MULTIPROC_DIR before this module is imported; whichever worker has the
port then answers for all of them."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import NamedTuple

import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    start_http_server,
)
from prometheus_client.multiprocess import (  # type: ignore[attr-defined, unused-ignore]
    MultiProcessCollector,
    mark_process_dead,
)
from starlette.requests import Request
from starlette.responses import Response

from service.api.problems import NoSuchPath, answer_to
from service.settings import LOOPBACK

REQUESTS = Counter("requests_total", "Requests answered.", ("method", "route", "status"))
SECONDS = Histogram(
    "request_seconds",
    "Time until the whole answer was sent.",
    ("method", "route"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
IN_PROGRESS = Gauge("requests_in_progress", "Requests being answered.", multiprocess_mode="livesum")
POOL_SIZE = Gauge("database_pool_size", "Connections the pool may hold.", ("pool",), multiprocess_mode="livesum")
POOL_USED = Gauge("database_pool_in_use", "Connections in use.", ("pool",), multiprocess_mode="livesum")
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class PoolState(NamedTuple):
    size: int
    in_use: int


_pools: dict[str, Callable[[], PoolState]] = {}


@cache
def _series(method: str, route: str, status: str) -> tuple[Callable[[], None], Callable[[float], None]]:
    """Looking a series up by its labels costs more than counting."""
    return REQUESTS.labels(method, route, status).inc, SECONDS.labels(method, route).observe


def observe(method: str, route: str, status: int, seconds: float) -> None:
    count, time = _series(method, route, f"{status // 100}xx")
    count()
    time(seconds)


def watch_pool(name: str, state: Callable[[], PoolState]) -> None:
    """Has a connection pool's numbers read every few seconds; a gauge read at scraping knows its own worker only."""
    _pools[name] = state


def sample() -> None:
    for name, state in _pools.items():
        size, in_use = state()
        POOL_SIZE.labels(name).set(size)
        POOL_USED.labels(name).set(in_use)


@asynccontextmanager
async def sampling(every: float = 5) -> AsyncIterator[None]:
    """Around a worker's life: samples the pools, and takes the worker out of the sums when it ends."""

    async def keep_on() -> None:
        while True:
            sample()
            await asyncio.sleep(every)

    task = asyncio.create_task(keep_on())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        if _of_many():
            mark_process_dead(os.getpid())  # type: ignore[no-untyped-call, unused-ignore]


def _of_many() -> bool:
    return "PROMETHEUS_MULTIPROC_DIR" in os.environ


def registry() -> CollectorRegistry:
    if not _of_many():
        return REGISTRY
    everybody = CollectorRegistry()
    MultiProcessCollector(everybody)  # type: ignore[no-untyped-call, unused-ignore]
    return everybody


def serve(host: str, port: int | None) -> None:
    """Answers /metrics on a port of its own. Another worker may have it already; that is no reason not to start."""
    if port is None:
        return
    log = structlog.get_logger()
    try:
        start_http_server(port, host, registry())
    except OSError:
        log.info("metrics-port-taken", port=port)
    else:
        log.info("metrics-served", port=port)


async def metrics_page(request: Request) -> Response:
    """For the main port: answers this machine only, and nobody who came through a proxy on this machine."""
    local = request.client is not None and request.client.host in LOOPBACK
    if not local or any(name in request.headers for name in FORWARDED):
        return answer_to(request, NoSuchPath())
    return Response(generate_latest(registry()), media_type=CONTENT_TYPE_LATEST)
