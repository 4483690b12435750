"""A ledger of many postings, as fast as PostgreSQL takes them, and as sound as any (`sozialraum check ledger`)."""

import os
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import psycopg

from service.demo.people import PEOPLE
from service.domain.budgets.ledger import AccountKind, Move, PostingKind, account_of, posting_of

CENT = Decimal("0.01")
CONTROLLER = PEOPLE["controller"]
_MEMORY = "512MB"  # to sort an index in


def fill(address: str, line: UUID, postings: int, last: date | None = None) -> None:
    """So many postings in all, a cent each, on the days of the year so far (or to its `last`), booked on one line.
    `address`: of a superuser.

    Constraints that refer to other tables are not asked: the line stands in them all. Indices are made afterwards.
    Balances and days are told from how many were made, not from the postings, which have to fit them."""
    with psycopg.connect(address) as connection:
        (there,) = _one(connection, "SELECT count(*) FROM posting")
        agreement, *_ = _one(connection, "SELECT agreement_id FROM budget_line WHERE id = %s", line)
        last = last or datetime.now(UTC).date()
        _approve(connection, line, agreement, (postings - there) * CENT, date(last.year, 1, 1))
        many = postings - there - 1
        values = {
            **{"line": line, "many": many, "actor": CONTROLLER.actor_id, "cent": CENT},
            **{"free": account_of(line, AccountKind.FREE), "booked": account_of(line, AccountKind.BOOKED)},
            **{"first": date(last.year, 1, 1), "days": last.timetuple().tm_yday},
        }
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(f"SET LOCAL maintenance_work_mem = '{_MEMORY}'")
        again = _without_indices(connection)
        connection.execute(_POSTINGS, values)
        for statement in again:
            connection.execute(statement.encode())
        connection.execute(_DAYS, values)
        connection.execute(_BALANCES, values)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM (ANALYZE) posting, ledger_day, ledger_account")
        connection.execute("CHECKPOINT")
    os.sync()  # what the kernel still has to write would be paid for by whoever is measured next


def _approve(
    connection: "psycopg.Connection[tuple[object, ...]]", line: UUID, agreement: UUID, amount: Decimal, on: date
) -> None:
    """Money to be booked: without it the line would be below zero."""
    source, free = account_of(agreement, AccountKind.SOURCE), account_of(line, AccountKind.FREE)
    move = Move(PostingKind.APPROVE, source, free, amount, agreement)
    with psycopg.RawCursor(connection) as cursor:
        cursor.execute(*posting_of([move], on, True, datetime.now(UTC), CONTROLLER.actor_id))
        row = cursor.fetchone()
        assert row is not None
        assert row[:2] == (True, True), row


def _without_indices(connection: "psycopg.Connection[tuple[object, ...]]") -> list[str]:
    """Drops those of `posting` but for its key, which grows at its end. The answer is how they are made again."""
    constraints = """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
                     WHERE conrelid = 'posting'::regclass AND contype = 'u'"""
    again = []
    for name, definition in connection.execute(constraints).fetchall():
        connection.execute(f"ALTER TABLE posting DROP CONSTRAINT {name}".encode())
        again.append(f"ALTER TABLE posting ADD CONSTRAINT {name} {definition}")
    indices = """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
                 WHERE indrelid = 'posting'::regclass AND NOT indisprimary"""
    for name, definition in connection.execute(indices).fetchall():
        connection.execute(f"DROP INDEX {name}".encode())
        again.append(str(definition))
    return again


def _one(connection: "psycopg.Connection[tuple[object, ...]]", query: str, *values: object) -> tuple:  # type: ignore[type-arg]
    row = connection.execute(query.encode(), values).fetchone()
    assert row is not None
    return row


_POSTINGS = """
INSERT INTO posting (id, authority_id, social_space_id, agreement_id, kind, from_account_id, to_account_id,
                     amount, value_on, at, actor_id, subject_id)
SELECT uuidv7(), line.authority_id, line.social_space_id, line.agreement_id, 'book', %(free)s, %(booked)s, %(cent)s,
       %(first)s::date + number %% %(days)s, now(), %(actor)s, line.id
FROM budget_line AS line, generate_series(1, %(many)s) AS number WHERE line.id = %(line)s
"""
_DAYS = """
INSERT INTO ledger_day (account_id, value_on, authority_id, moved)
SELECT account.id, %(first)s::date + day.number, account.authority_id,
       CASE account.kind WHEN 'free' THEN -day.moved ELSE day.moved END
FROM ledger_account AS account, (
    SELECT number, (%(many)s / %(days)s + (number BETWEEN 1 AND %(many)s %% %(days)s)::int) * %(cent)s AS moved
    FROM generate_series(0, %(days)s - 1) AS number
) AS day
WHERE account.id IN (%(free)s, %(booked)s) AND day.moved > 0
ON CONFLICT (account_id, value_on) DO UPDATE SET moved = ledger_day.moved + EXCLUDED.moved
"""
_BALANCES = """
UPDATE ledger_account SET balance = balance + CASE kind WHEN 'free' THEN -%(many)s ELSE %(many)s END * %(cent)s
WHERE id IN (%(free)s, %(booked)s)
"""
