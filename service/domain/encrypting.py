"""Texts that are encrypted at rest (settled: Access): a column says so, the door encrypts what is written into it, and
an answer is decrypted once PostgreSQL has written it, at the places where its plan shows such columns and nowhere else.

In the service's own rows they stay as they are kept. What is written past the door is refused by the table."""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlmodel import SQLModel

from service.domain.rows import COMPARTMENT, is_encrypted
from service.domain.selection import Listing, Nested, Rows, Selection, Single, Value
from service.storage.data_keys import Columns, DataKeys

Places: TypeAlias = Mapping[str, "sa.Column[Any] | Places"]
"""Where an answer shows encrypted texts: members of its objects, those of each entry of a list."""


@cache
def columns_of(table: sa.Table) -> list[sa.Column[Any]]:
    return [column for column in table.columns if is_encrypted(column)]


def encrypted_columns() -> Columns:
    """Of all tables."""
    found: dict[str, tuple[str, list[str]]] = {}
    for table in SQLModel.metadata.sorted_tables:
        for column in columns_of(table):
            found.setdefault(table.name, (column.info[COMPARTMENT], []))[1].append(column.name)
    return found


def purpose_of(column: sa.Column[Any], authority_id: UUID | str) -> str:
    """Whose key it takes."""
    return f"{column.info[COMPARTMENT]} {authority_id}"


def place_of(column: sa.Column[Any], id: UUID | str) -> str:
    """Where a text stands: moved to another row or column, it does not open."""
    return f"{column.table.name}.{column.name} {id}"


def as_kept(row: Any, values: Mapping[str, Any], keys: Any) -> dict[str, Any]:
    """The values as they go into the row. `keys` gives the keys, and is asked for them only if there is a text."""
    kept = dict(values)
    for column in columns_of(row.__table__):
        text = kept.get(column.name)
        if text is not None:
            held: DataKeys = keys()
            kept[column.name] = held.encrypt(text, purpose_of(column, row.authority_id), place_of(column, row.id))
    return kept


def encrypt_all(row: Any, keys: Any) -> None:
    """What stands in a new row."""
    columns = columns_of(row.__table__)
    if columns:
        for name, text in as_kept(row, {each.name: getattr(row, each.name) for each in columns}, keys).items():
            setattr(row, name, text)


def shown_in(row: Any, value: Any) -> Any:
    """Encrypted, with whose and where it is."""
    told = sa.func.json_build_array(value, row.authority_id, row.id)
    return sa.case((value.is_not(None), told))


def places_in(show: Selection) -> Places:
    found: dict[str, Any] = {}
    for key, shape in show.items():
        if isinstance(shape, Value) and shape.column.encrypted is not None:
            found[key] = shape.column.encrypted
        elif isinstance(shape, Single | Listing | Nested | Rows) and (below := places_in(shape.show)):
            found[key] = below
    return found


def decrypted(body: bytes, places: Places, keys: DataKeys) -> bytes:
    """Raises DataKeyError where a text cannot be read."""
    answer = orjson.loads(body)
    _decrypt(answer, places, keys)
    return orjson.dumps(answer)


def _decrypt(value: Any, places: Places, keys: DataKeys) -> None:
    for each in value if isinstance(value, list) else [value]:
        if each is None:
            continue
        for key, place in places.items():
            if each.get(key) is None:
                continue
            if isinstance(place, sa.Column):
                text, authority_id, id = each[key]
                each[key] = keys.decrypt(text, purpose_of(place, authority_id), place_of(place, id))
            else:
                _decrypt(each[key], place, keys)
