"""Indices of large tables, made and dropped while everybody goes on working. Whoever is broken off is called again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg.sql import SQL, Identifier

_HALF = "SELECT FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid"


def made_meanwhile(op: Any, name: str, of: str) -> None:
    """CREATE INDEX CONCURRENTLY, unless it is there; what is left of one that was broken off is made anew. It waits for
    whoever is at the table, however long that takes, and nobody waits for it. `of`: the rest of the statement. `op` is
    Alembic's."""
    with _waiting(op) as connection:
        if connection.execute(_HALF, [name]).fetchone() is not None:
            connection.execute(SQL("DROP INDEX CONCURRENTLY {}").format(Identifier(name)))
        create = SQL("CREATE INDEX CONCURRENTLY IF NOT EXISTS {} ").format(Identifier(name))
        connection.execute(create + SQL(of))  # a migration's own words


def dropped_meanwhile(op: Any, name: str) -> None:
    """DROP INDEX CONCURRENTLY, if it is there: it waits in the same way."""
    with _waiting(op) as connection:
        connection.execute(SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(Identifier(name)))


@contextmanager
def _waiting(op: Any) -> Iterator[Any]:
    with op.get_context().autocommit_block():
        connection = op.get_bind().connection.driver_connection
        assert connection is not None
        connection.execute("SET lock_timeout = 0")
        try:
            yield connection
        finally:
            if not connection.closed:
                connection.execute("SET lock_timeout = '5s'")
