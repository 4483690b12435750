"""What long work has left behind and nobody needs any more is removed after a time: rows and pieces of files that were
imported, and files that were exported (docs/data-protection.md). What was booked, and what a check has found, stays.

Done authority by authority, as the application's login sees them, in short transactions; two at once do no harm."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from service.storage.address import conninfo

ROWS = 20_000  # of one transaction

# A file that nobody has released for so long, and nobody is at work on: the import is as before it was sent.
_LAPSED = """
WITH lapsed AS (
    UPDATE booking_import AS import SET state = 'open', upload = upload + 1, digest = NULL, size = 0, valid = 0,
        faulty = 0, known = 0, amount = 0, checked_bytes = 0, checked_rows = 0, job_id = NULL, checked_job_id = NULL,
        version = version + 1, updated_at = %(now)s
    WHERE state IN ('open', 'checking', 'checked') AND digest IS NOT NULL AND updated_at < %(before)s
        AND NOT EXISTS (SELECT FROM job WHERE job.id = import.job_id AND job.state IN ('queued', 'running'))
    RETURNING id, authority_id, version, imported_by
)
INSERT INTO event (at, kind, subject, subject_id, version, actor_id, authority_id)
SELECT %(now)s, 'booking_import.lapse', 'booking_import', id, version, imported_by, authority_id FROM lapsed
"""
_PIECES = """
DELETE FROM booking_import_piece AS piece USING booking_import AS import
WHERE import.id = piece.import_id AND (piece.upload < import.upload OR import.state = 'posted'
    OR (import.digest IS NULL AND import.updated_at < %(before)s))
"""
# Of checks whose time is over, those that no import goes by any more.
_CHECKS = """
SELECT job.id FROM job
WHERE job.kind = 'check_bookings' AND job.created_at < %(before)s
    AND EXISTS (SELECT FROM booking_import_row AS staged WHERE staged.job_id = job.id)
    AND NOT EXISTS (
        SELECT FROM booking_import AS import WHERE job.id IN (import.checked_job_id, import.job_id)
            AND (import.ended_at IS NULL OR import.ended_at >= %(before)s)
    )
"""
_ROWS = """
DELETE FROM booking_import_row WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM booking_import_row WHERE job_id = %(job)s ORDER BY row_number LIMIT %(most)s
))
"""
# Not of one that is resumed at this moment.
_FILES = """
WITH over AS (
    SELECT id FROM job
    WHERE ended_at < %(before)s AND EXISTS (SELECT FROM job_piece WHERE job_piece.job_id = job.id)
    FOR UPDATE SKIP LOCKED
)
DELETE FROM job_piece USING over WHERE over.id = job_piece.job_id
"""


def forget(address: str, before: datetime, now: datetime) -> int:
    """Remove what has served since `before`, and tell how many rows that were. Raises psycopg's errors; what was
    removed until then is gone, and the next call goes on from there."""
    with psycopg.connect(conninfo(address), autocommit=True, connect_timeout=10) as connection:
        connection.execute("SET lock_timeout = '4s'")
        authorities: list[tuple[UUID]] = connection.execute("SELECT id FROM authority ORDER BY id").fetchall()
        return sum(_removed(connection, id, {"before": before, "now": now}) for (id,) in authorities)


def _removed(connection: "psycopg.Connection[Any]", authority: UUID, when: dict[str, Any]) -> int:
    connection.execute("SELECT set_config('service.authority', %s, false)", [str(authority)])
    removed = 0
    for statement in (_LAPSED, _PIECES, _FILES):
        removed += connection.execute(statement.encode(), when).rowcount
    for (job,) in connection.execute(_CHECKS.encode(), when).fetchall():
        removed += sum(_rows_of(connection, job))
    return removed


def _rows_of(connection: "psycopg.Connection[Any]", job: UUID) -> Iterator[int]:
    while count := connection.execute(_ROWS.encode(), {"job": job, "most": ROWS}).rowcount:
        yield count
