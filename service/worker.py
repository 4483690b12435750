"""The worker: what has to be done beside the requests, in a process of its own, as the application's login.

Jobs are procrastinate's; its tables are in the schema `procrastinate` of the same database. Each periodic job is done
once, however many workers there are. A connection of the worker keeps its search path and listens: a pooler between it
and PostgreSQL has to work by session."""

import asyncio
import logging
import signal
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any

import structlog
from procrastinate import App, JobContext, PsycopgConnector
from psycopg import AsyncConnection

from service.domain.sealing.blocks import seal
from service.domain.sealing.keys import Keys
from service.domain.sealing.looks import note
from service.storage.address import conninfo

_GRACE = 15  # seconds for jobs under way
_KEPT = 30 * 24  # hours that jobs that failed can be looked at


def run(address: str, keys: Keys, heads: Path) -> int:
    """Until SIGTERM or SIGINT; the exit code, which is 1 when it ended by itself (the database went away)."""
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    with suppress(Exception):  # which is in the log
        keep_record(address, keys, heads)  # so that a short run does it too
    try:
        asyncio.run(_work(jobs(address, keys, heads)))
    except asyncio.CancelledError:
        return 0
    except Exception:
        structlog.get_logger().exception("worker-ended")
    return 1


def jobs(address: str, keys: Keys, heads: Path) -> App:
    """All that workers do, and when (UTC)."""
    connector = PsycopgConnector(conninfo=conninfo(address), min_size=1, max_size=2, configure=_in_its_schema)
    app = App(connector=connector)

    @app.periodic(cron="* * * * *")
    @app.task(name="seal_audit", queueing_lock="seal_audit")
    def seal_audit(timestamp: int) -> None:
        keep_record(address, keys, heads)

    @app.periodic(cron="17 * * * *")
    @app.task(name="tidy_jobs", queueing_lock="tidy_jobs", pass_context=True)
    async def tidy_jobs(context: JobContext, timestamp: int) -> None:
        """Jobs whose worker was killed are done again; those long over are forgotten."""
        manager = context.app.job_manager
        for job in await manager.get_stalled_jobs():
            await manager.retry_job(job)
        await manager.delete_old_jobs(nb_hours=_KEPT, include_failed=True, include_cancelled=True)

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


async def _work(app: App) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    async with app.open_async():
        await app.run_worker_async(
            install_signal_handlers=False, shutdown_graceful_timeout=_GRACE, delete_jobs="successful"
        )


async def _in_its_schema(connection: "AsyncConnection[Any]") -> None:
    await connection.execute("SET search_path = procrastinate, public")
    await connection.commit()
