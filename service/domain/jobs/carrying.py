"""Carrying long work out: one worker at a time, in the name of whoever started it, in short transactions.

How far it has got is written beside the work, in transactions of its own; where to go on stands with the work itself.
So whoever kills the worker loses nothing and doubles nothing: the next one reads there where to go on."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

import orjson
import structlog

from service.domain.act import Act, NotEnrolled, Operation
from service.domain.clock import Clock
from service.domain.desk import Desk
from service.domain.errors import DomainError, Unavailable
from service.domain.jobs.model import JobFinding, JobKind, JobState
from service.domain.policy import Action
from service.domain.translating import BrokenOff, translated
from service.domain.values import new_id
from service.domain.working import short
from service.storage.address import conninfo
from service.storage.postgres import Storage
from service.storage.writing import fetch_row

DEFECT = {
    "code": "internal",
    "title": "Something went wrong on our side.",
    "advice": "Resume it; if it fails again, tell whoever operates the service which job it is.",
}


class Cancelled(Exception):
    """Somebody has asked for the end. What is begun is left as it was before, or finished."""


@dataclass
class Carrying:
    """One job being carried out. `said` is what it was started with; `desk` serves whoever started it; `longest` is how
    many milliseconds the longest of its transactions took."""

    id: UUID
    authority_id: UUID
    kind: JobKind
    subject_id: UUID | None
    said: dict[str, Any]
    desk: Desk
    longest: int = 0

    @asynccontextmanager
    async def short(self, action: Action) -> AsyncIterator[Act]:
        """One short transaction of whoever started it."""
        with self._measured():
            async with short(self.desk, action) as act:
                yield act

    async def perform(self, operation: Operation, command: Any, on: UUID | None = None) -> None:
        """What anybody may call, in the name of whoever started it."""
        with self._measured():
            await self.desk.perform(operation, command, on=on)

    @contextmanager
    def _measured(self) -> Iterator[None]:
        began = monotonic()
        try:
            yield
        finally:
            self.longest = max(self.longest, round((monotonic() - began) * 1_000))

    async def progress(self, done: int | None, total: int | None = None, *, may_end: bool = True) -> None:
        """Say how much is done; null where that has not changed. Raises Cancelled where that was asked for and the work
        `may_end` here."""
        row = await _ask(self.desk.storage, self.authority_id, _PROGRESS, self.id, done, total, self.longest)
        if row["cancel_asked"] and may_end:
            raise Cancelled

    def finding(self, number: int, field: str, code: str, detail: str, advice: str, of: UUID | None = None) -> Any:
        return JobFinding(
            id=new_id(),
            authority_id=self.authority_id,
            job_id=self.id,
            row_number=number,
            field=field,
            code=code,
            detail=detail,
            advice=advice,
            subject_id=of,
        )

    async def count(self, act: Act, findings: int) -> None:
        """Of findings, with the transaction that adds them."""
        if findings:
            await fetch_row(act.session, "UPDATE job SET findings = findings + $2 WHERE id = $1", (self.id, findings))


Work = Callable[[Carrying], Awaitable[None]]
WORKS: dict[JobKind, Work] = {}


def carries_out(kind: JobKind) -> Callable[[Work], Work]:
    """Declares how a kind of job is done. It may be begun again at any time, and then goes on where it stopped."""

    def declare(work: Work) -> Work:
        assert kind not in WORKS
        WORKS[kind] = work
        return work

    return declare


async def carry_out(storage: Storage, address: str, id: UUID, authority_id: UUID, clock: Clock) -> bool:
    """Do the job, unless it has ended. The answer is whether nobody else was at it: if somebody was, look again later,
    for they may be about to leave it. `address`: straight to PostgreSQL, where the job is held for as long as this
    takes. Raises Unavailable where the database went away: then it is tried again."""
    async with _alone(address, id) as mine:
        if not mine:
            return False
        row = await _ask(storage, authority_id, _TAKEN, id, clock.now())
        if row is None:
            return True
        desk = Desk(storage, row["login"], f"{id.hex}", clock)
        kind = JobKind(row["kind"])
        work = Carrying(id, authority_id, kind, row["subject_id"], orjson.loads(row["said"]), desk)
        state, problem = await _outcome(work)
        problem_of = orjson.dumps(problem).decode() if problem is not None else None
        await _ask(storage, authority_id, _ENDED, id, state.value, problem_of, clock.now(), work.longest)
        return True


async def _outcome(work: Carrying) -> tuple[JobState, dict[str, Any] | None]:
    try:
        if work.desk.login is None:
            raise NotEnrolled
        await WORKS[work.kind](work)
    except Cancelled:
        return JobState.CANCELLED, None
    except BrokenOff:
        raise Unavailable(reason="too many changes at once") from None
    except Unavailable:
        raise
    except DomainError as error:
        return JobState.FAILED, problem_of(error)
    except Exception:
        structlog.get_logger().exception("job-failed", job=work.kind.value, trace_id=work.id.hex)
        return JobState.FAILED, DEFECT
    return JobState.DONE, None


def problem_of(error: DomainError) -> dict[str, Any]:
    facts = orjson.loads(orjson.dumps(error.facts, default=str))
    return {"code": error.code, "title": error.title, "advice": error.advice, **facts}


_PROGRESS = """
UPDATE job SET done = coalesce($2, done), total = coalesce($3, total), longest = greatest(longest, $4)
WHERE id = $1 RETURNING cancel_asked
"""
_TAKEN = """
UPDATE job SET state = 'running', begun_at = coalesce(begun_at, $2::timestamptz)
WHERE id = $1 AND state IN ('queued', 'running')
RETURNING kind, subject_id, said::text AS said,
          (SELECT key FROM login WHERE actor_id = started_by AND valid_to IS NULL LIMIT 1) AS login
"""
_ENDED = """
WITH ended AS (
    UPDATE job SET state = $2, problem = $3::text::jsonb, ended_at = $4, longest = greatest(longest, $5),
                   version = version + 1, updated_at = $4
    WHERE id = $1 AND state = 'running' RETURNING id, authority_id, version, started_by
)
INSERT INTO event (at, kind, subject, subject_id, version, actor_id, authority_id)
SELECT $4::timestamptz, 'job.end', 'job', id, version, started_by, authority_id FROM ended RETURNING subject_id
"""


async def _ask(storage: Storage, authority_id: UUID, sql: str, *values: Any) -> Any:
    """About the job itself, in a transaction of its own, as nobody in particular of its authority."""
    with translated():
        async with storage.transaction() as session:
            await fetch_row(session, "SELECT set_config('service.authority', $1, true)", (str(authority_id),))
            return await fetch_row(session, sql, values)


@asynccontextmanager
async def _alone(address: str, id: UUID) -> AsyncIterator[bool]:
    """Whether nobody else is at it. The lock goes with the connection, and so with a worker that is killed."""
    import psycopg  # the worker's alone: the server, which declares the work, does without

    async with await psycopg.AsyncConnection.connect(conninfo(address), autocommit=True) as connection:
        found = await connection.execute("SELECT pg_try_advisory_lock(hashtextextended('job ' || %s, 0))", [str(id)])
        row = await found.fetchone()
        yield row is not None and bool(row[0])
