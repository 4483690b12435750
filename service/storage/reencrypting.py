"""Encrypting what stands in tables, as a login that row-level security does not hold for: what is plain still, and what
is in an envelope of an older key. Nobody has to stop working: each row is changed only as it was read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from service.storage.data_keys import MARK, Columns, DataKeyError, DataKeys


def reencrypt(connection: "Connection[Any]", keys: DataKeys, columns: Columns) -> int:
    """How many rows were changed. Raises DataKeyError where a text cannot be read."""
    changed = 0
    for table, (compartment, names) in columns.items():
        for row in _due(connection, keys, table, names):
            purpose = f"{compartment} {row['authority_id']}"
            new = {
                name: _first(keys, row[name], purpose, f"{table}.{name} {row['id']}")
                for name in names
                if row[name] is not None
            }
            changed += _change(connection, table, row, new)
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


def _first(keys: DataKeys, text: str, purpose: str, place: str) -> str:
    made = keys.renewed if text.startswith(MARK) else keys.encrypt
    return made(text, purpose, place)


def _due(connection: "Connection[Any]", keys: DataKeys, table: str, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    read = SQL("SELECT id, authority_id, {} FROM {} WHERE {}").format(
        SQL(", ").join(map(Identifier, names)),
        Identifier(table),
        SQL(" OR ").join(SQL("{} NOT LIKE {}").format(Identifier(name), f"{MARK}{keys.first}.%") for name in names),
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        yield from cursor.execute(read).fetchall()


def _change(connection: "Connection[Any]", table: str, row: Mapping[str, Any], new: Mapping[str, str]) -> int:
    change = SQL("UPDATE {} SET {} WHERE id = {} AND ({}) IS NOT DISTINCT FROM ({})").format(
        Identifier(table),
        SQL(", ").join(SQL("{} = {}").format(Identifier(name), text) for name, text in new.items()),
        row["id"],
        SQL(", ").join(Identifier(name) for name in new),
        SQL(", ").join(SQL("{}").format(row[name]) for name in new),
    )
    return connection.execute(change).rowcount
