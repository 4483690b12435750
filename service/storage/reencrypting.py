"""Encrypting what stands in tables, as a login that row-level security does not hold for: what is plain still, and what
is in an envelope of an older key.

Nobody has to stop working: a few rows at a time, each batch a transaction of its own, and each row is changed only as
it was read. The connection commits by itself (autocommit); whoever is broken off goes on with the next call."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from service.storage.data_keys import FORM, MARK, Columns, DataKeyError, DataKeys, is_encrypted

BATCH = 200  # rows
FIRST = UUID(int=0)  # no id comes before it


def reencrypt(connection: "Connection[Any]", keys: DataKeys, columns: Columns, most: int = BATCH) -> int:
    """How many rows were changed. Raises DataKeyError where a text cannot be read."""
    changed = 0
    for table, (compartment, names) in columns.items():
        for rows in _batches(connection, keys, table, names, most):
            made = [(row, _encrypted(keys, table, compartment, names, row)) for row in rows]
            with connection.transaction():
                changed += sum(_change(connection, table, row, new) for row, new in made)
    return changed


def proved(connection: "Connection[Any]", keys: DataKeys, columns: Columns) -> tuple[int, str | None]:
    """How many texts open, and what is wrong with the first that does not."""
    texts = 0
    for table, (compartment, names) in columns.items():
        for name in names:
            read = SQL("SELECT id, authority_id, {0} FROM {1} WHERE {0} IS NOT NULL").format(
                Identifier(name), Identifier(table)
            )
            for id, authority_id, text in connection.execute(read):
                try:
                    keys.decrypt(text, f"{compartment} {authority_id}", f"{table}.{name} {id}")
                except DataKeyError as error:
                    return texts, f"{table}.{name} {id}: {error}"
                texts += 1
    return texts, None


def _encrypted(
    keys: DataKeys, table: str, compartment: str, names: Sequence[str], row: Mapping[str, Any]
) -> Mapping[str, str]:
    purpose, new = f"{compartment} {row['authority_id']}", {}
    for name in names:
        if (text := row[name]) is not None:
            made = keys.renewed if is_encrypted(text) else keys.encrypt
            new[name] = made(text, purpose, f"{table}.{name} {row['id']}")
    return new


def _batches(
    connection: "Connection[Any]", keys: DataKeys, table: str, names: Sequence[str], most: int
) -> Iterator[list[dict[str, Any]]]:
    done = SQL("({0} ~ {1} AND starts_with({0}, {2}))")
    mine = [done.format(Identifier(name), f"^{FORM}$", f"{MARK}{keys.first}.") for name in names]
    read = SQL("SELECT id, authority_id, {} FROM {} WHERE id > %s AND NOT ({}) ORDER BY id LIMIT %s").format(
        SQL(", ").join(map(Identifier, names)), Identifier(table), SQL(" AND ").join(mine)
    )
    last = FIRST
    with connection.cursor(row_factory=dict_row) as cursor:
        while rows := cursor.execute(read, [last, most]).fetchall():
            yield rows
            last = rows[-1]["id"]


def _change(connection: "Connection[Any]", table: str, row: Mapping[str, Any], new: Mapping[str, str]) -> int:
    change = SQL("UPDATE {} SET {} WHERE id = {} AND ({}) IS NOT DISTINCT FROM ({})").format(
        Identifier(table),
        SQL(", ").join(SQL("{} = {}").format(Identifier(name), text) for name, text in new.items()),
        row["id"],
        SQL(", ").join(Identifier(name) for name in new),
        SQL(", ").join(SQL("{}").format(row[name]) for name in new),
    )
    return connection.execute(change).rowcount
