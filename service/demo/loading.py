"""Many rows at once, as the tables' owner."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from psycopg import Connection
from psycopg.errors import LockNotAvailable
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb
from sqlmodel import SQLModel

import service.domain.tables  # noqa: F401 (declares them)
from service.domain.encrypting import encrypt_all
from service.storage.data_keys import DataKeys

Owner = Connection[tuple[Any, ...]]
_TRIES, _PAUSE = 100, 0.1  # seconds between tries; a server under load leaves gaps


@contextmanager
def unforced(connection: Owner, *tables: str) -> Iterator[None]:
    """Row-level security holds for the owner too, and refuses COPY: lifted in this transaction and for nobody else.

    The lock keeps everybody off the tables until the transaction ends, so it should be a short one."""
    with connection.transaction():
        _lock(connection, tables)
        for table in sorted(tables):
            connection.execute(SQL("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY").format(Identifier(table)))
        yield
        # A deferred constraint that is still to be checked would keep the tables from being altered.
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in sorted(tables):
            connection.execute(SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(Identifier(table)))


def _lock(connection: Owner, tables: Sequence[str]) -> None:
    """All or none, and with little patience: whoever else is at work is neither held up nor brought into a deadlock."""
    wanted = SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(SQL(", ").join(map(Identifier, sorted(tables))))
    for again in range(_TRIES, -1, -1):
        try:
            with connection.transaction():
                connection.execute("SET LOCAL lock_timeout = '200ms'")
                connection.execute(wanted)
                return
        except LockNotAvailable:
            if not again:
                raise
            time.sleep(_PAUSE)


def load(connection: Owner, rows: Iterable[SQLModel], keys: DataKeys | None = None) -> None:
    """Copy the rows into their tables, those that others refer to first, and texts as they are kept: encrypted."""

    def given() -> DataKeys:
        assert keys is not None
        return keys

    of_table: dict[sa.Table, list[SQLModel]] = defaultdict(list)
    for row in rows:
        encrypt_all(row, given)
        of_table[row.__table__].append(row)  # type: ignore[attr-defined]
    for table in SQLModel.metadata.sorted_tables:
        if found := of_table.get(table):
            _copy(connection, table, found)


def _copy(connection: Owner, table: sa.Table, rows: Sequence[SQLModel]) -> None:
    # A column that nobody filled is left to its default.
    names = [column.name for column in table.columns if any(getattr(row, column.name) is not None for row in rows)]
    columns = SQL(", ").join(map(Identifier, names))
    statement = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table.name), columns)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            values = (getattr(row, name) for name in names)
            copy.write_row([Jsonb(value) if isinstance(value, dict) else value for value in values])
