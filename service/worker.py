"""The worker: what has to be done beside the requests, in a process of its own, as the application's login.

Jobs are procrastinate's; its tables are in the schema `procrastinate` of the same database. Each periodic job is done
once, however many workers there are. A connection of the worker keeps its search path and listens: a pooler between it
and PostgreSQL has to work by session."""

import asyncio
import logging
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

import structlog
from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued
from psycopg import AsyncConnection, OperationalError

import service.domain.tables  # noqa: F401 (declares what jobs there are)
from service.domain.budgets.forgetting import forget
from service.domain.clock import Clock
from service.domain.errors import Unavailable
from service.domain.jobs.carrying import carry_out
from service.domain.sealing.blocks import seal
from service.domain.sealing.keys import Keys
from service.domain.sealing.looks import note
from service.storage.address import conninfo
from service.storage.postgres import Storage

_AT_ONCE = 4  # so that long work keeps nobody from sealing
_AGAIN = RetryStrategy(linear_wait=5, retry_exceptions={Unavailable, OperationalError})
_DEFAULT = "default"  # as in `put_to_work`
_RECORD = "record"  # the queue of what goes on while nothing may be changed
_LOOK_AGAIN = 30  # seconds, after somebody else was found at a job
_GRACE = 15  # seconds for jobs under way
_KEPT = 30 * 24  # hours that jobs that failed can be looked at


@dataclass(frozen=True)
class Duties:
    """`clock`: what time it is for whoever long work is done for. `kept`: how long files of imports and exports are
    kept once they have served. `read_only`: only the record is sealed; everything else waits. `statement_timeout`:
    seconds that one statement of long work may take."""

    clock: Clock = Clock()  # noqa: RUF009 (it has no state)
    kept: timedelta = timedelta(days=30)
    read_only: bool = False
    statement_timeout: int = 10


def run(address: str, keys: Keys, heads: Path, duties: Duties) -> int:
    """Until SIGTERM or SIGINT; the exit code, which is 1 when it ended by itself (the database went away)."""
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until there is a loop that is told of it
    with suppress(Exception):  # which is in the log
        keep_record(address, keys, heads)  # so that a short run does it too
    try:
        asyncio.run(_work(jobs(address, keys, heads, duties), read_only=duties.read_only))
    except asyncio.CancelledError:
        return 0
    except Exception:
        structlog.get_logger().exception("worker-ended")
    return 1


def jobs(address: str, keys: Keys, heads: Path, duties: Duties = Duties()) -> App:
    """All that workers do, and when (UTC)."""
    connector = PsycopgConnector(conninfo=conninfo(address), min_size=1, max_size=2, configure=_in_its_schema)
    app = App(connector=connector)

    @app.periodic(cron="* * * * *")
    @app.task(name="seal_audit", queue=_RECORD, queueing_lock="seal_audit")
    def seal_audit(timestamp: int) -> None:
        keep_record(address, keys, heads)

    @app.periodic(cron="17 * * * *")
    @app.task(name="tidy_jobs", queueing_lock="tidy_jobs", pass_context=True)
    async def tidy_jobs(context: JobContext, timestamp: int) -> None:
        """Those long over are forgotten."""
        await context.app.job_manager.delete_old_jobs(nb_hours=_KEPT, include_failed=True, include_cancelled=True)

    @app.periodic(cron="* * * * *")
    @app.task(name="retry_jobs", queueing_lock="retry_jobs", pass_context=True)
    async def retry_jobs(context: JobContext, timestamp: int) -> None:
        """Jobs whose worker was killed are done again, or go on where they stopped."""
        for job in await context.app.job_manager.get_stalled_jobs():
            await context.app.job_manager.retry_job(job)

    @app.periodic(cron="47 * * * *")
    @app.task(name="forget_files", queueing_lock="forget_files")
    def forget_files(timestamp: int) -> None:
        """What was imported or exported long ago is not kept."""
        now = duties.clock.now()
        removed = forget(address, now - duties.kept, now)
        structlog.get_logger().info("files-forgotten", count=removed)

    @app.task(name="carry_out", retry=_AGAIN)
    async def long_work(job: str, authority: str) -> None:
        """What somebody has started: `service/domain/jobs/`."""
        limit = duties.statement_timeout
        storage = await Storage(address, read_connections=1, write_connections=2, statement_timeout=limit).open()
        try:
            mine = await carry_out(storage, address, UUID(job), UUID(authority), duties.clock)
        except asyncio.CancelledError:  # this worker is told to end: another goes on
            await long_work.defer_async(job=job, authority=authority)
            raise
        finally:
            await storage.close()
        if not mine:
            later = long_work.configure(schedule_in={"seconds": _LOOK_AGAIN}, queueing_lock=job)
            with suppress(AlreadyEnqueued):
                await later.defer_async(job=job, authority=authority)

    return app


def keep_record(address: str, keys: Keys, heads: Path) -> None:
    """Seal, and note who looked at what. Where sealing has failed, what was sealed before is noted all the same."""
    try:
        seal_now(address, keys, heads)
    finally:
        note_now(address)


def note_now(address: str) -> None:
    try:
        note(address)
    except Exception:
        structlog.get_logger().exception("looks-not-noted")
        raise


def seal_now(address: str, keys: Keys, heads: Path) -> None:
    """Seal, and say so. The head stands in the log too: one more place that nobody rewrites from the database."""
    log, began = structlog.get_logger(), perf_counter()
    try:
        sealed = seal(address, keys, heads)
    except Exception:
        log.exception("audit-not-sealed")
        raise
    if sealed.head is not None:
        number, digest = sealed.head.number, sealed.head.digest
        seconds = round(perf_counter() - began, 3)
        log.info("audit-sealed", count=sealed.entries, block=number, digest=digest, seconds=seconds)


async def _work(app: App, *, read_only: bool) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    async with app.open_async():
        await app.run_worker_async(
            queues=[_RECORD] if read_only else [_RECORD, _DEFAULT],
            concurrency=_AT_ONCE,
            install_signal_handlers=False,
            shutdown_graceful_timeout=_GRACE,
            delete_jobs="successful",
        )


async def _in_its_schema(connection: "AsyncConnection[Any]") -> None:
    await connection.execute("SET search_path = procrastinate, public")
    await connection.commit()
