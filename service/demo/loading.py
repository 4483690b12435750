"""Many rows at once, as the tables' owner."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from psycopg import Connection
from psycopg.sql import SQL, Identifier
from sqlmodel import SQLModel

import service.domain.tables  # noqa: F401 (declares them)

Owner = Connection[tuple[Any, ...]]


@contextmanager
def unforced(connection: Owner, *tables: str) -> Iterator[None]:
    """Row-level security holds for the owner too, and refuses COPY: lifted in this transaction and for nobody else.

    The lock keeps everybody off the tables until the transaction ends, so it should be a short one."""
    with connection.transaction():
        for table in sorted(tables):
            connection.execute(SQL("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY").format(Identifier(table)))
        yield
        # A deferred constraint that is still to be checked would keep the tables from being altered.
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in sorted(tables):
            connection.execute(SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(Identifier(table)))


def load(connection: Owner, rows: Iterable[SQLModel]) -> None:
    """Copy the rows into their tables, those that others refer to first."""
    of_table: dict[sa.Table, list[SQLModel]] = defaultdict(list)
    for row in rows:
        of_table[row.__table__].append(row)  # type: ignore[attr-defined]
    for table in SQLModel.metadata.sorted_tables:
        if found := of_table.get(table):
            _copy(connection, table, found)


def columns_of(table: sa.Table) -> list[str]:
    return [column.name for column in table.columns]


def _copy(connection: Owner, table: sa.Table, rows: Sequence[SQLModel]) -> None:
    # A column that nobody filled is left to its default.
    names = [name for name in columns_of(table) if any(getattr(row, name) is not None for row in rows)]
    columns = SQL(", ").join(map(Identifier, names))
    statement = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table.name), columns)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([getattr(row, name) for name in names])
