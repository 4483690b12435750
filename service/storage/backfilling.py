"""Filling what a migration has added, while everybody goes on working: a few rows at a time, each batch a transaction
of its own. Whoever is broken off is called again, and goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Identifier

_POLICY = "backfill"


@contextmanager
def filling(op: Any, *tables: str) -> Iterator["Connection[Any]"]:
    """A connection of the tables' owner that commits by itself, and for which row-level security lets it read and write
    these rows until it has done. Lifting row-level security instead would keep everybody off the tables that long; a
    policy is made and dropped in a moment. For the application nothing changes: the policy is the owner's. `op` is
    Alembic's."""
    context = op.get_context()
    with context.autocommit_block():
        connection = op.get_bind().connection.driver_connection
        assert connection is not None
        try:
            for table in tables:
                _close(connection, table)  # of a migration that was broken off
                allow = SQL("CREATE POLICY {} ON {} TO CURRENT_USER USING (true) WITH CHECK (true)")
                connection.execute(allow.format(Identifier(_POLICY), Identifier(table)))
            yield connection
        finally:
            if not connection.closed:
                for table in tables:
                    _close(connection, table)


def _close(connection: "Connection[Any]", table: str) -> None:
    there = "SELECT FROM pg_policy WHERE polname = %s AND polrelid = %s::regclass"
    if connection.execute(there, [_POLICY, table]).fetchone() is not None:
        connection.execute(SQL("DROP POLICY {} ON {}").format(Identifier(_POLICY), Identifier(table)))
