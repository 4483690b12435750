"""Texts that are encrypted at rest (settled: Access): a column says so, the door encrypts what is written into it, and
an answer is decrypted once PostgreSQL has written it, at the places where its plan shows such columns and nowhere else.

In the service's own rows they stay as they are kept. What is written past the door is refused by the table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias
from uuid import UUID

import orjson
import sqlalchemy as sa
import structlog
from sqlmodel import SQLModel

from service.domain.errors import DomainError, Kind
from service.domain.rows import COMPARTMENT, UNREADABLE, is_encrypted
from service.domain.selection import Listing, Nested, Rows, Selection, Single, Value
from service.storage.data_keys import Columns, DataKeyError, DataKeys


@dataclass(eq=False)
class TextUnreadable(DomainError):
    kind, code, title = Kind.UNAVAILABLE, "text-unreadable", "A text of this row cannot be opened."
    advice = (
        "Whoever operates the service has to look at its data keys: `sozialraum check encrypted`. A list that is "
        "narrowed to its case, and asked for `unreadable`, shows all else of the row, and names the text there."
    )
    fields: list[str]


@dataclass(frozen=True)
class Text:
    """An encrypted text in an answer: in which column it is kept, and what the face calls it."""

    column: "sa.Column[Any]"
    name: str


@dataclass(frozen=True)
class Names:
    """Where an answer names the texts of a row that cannot be opened."""


Places: TypeAlias = Mapping[str, "Text | Names | Places"]
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


def places_in(show: Selection, said: Callable[[str], str] = str) -> Places:
    """`said`: what the face calls a field."""
    found: dict[str, Any] = {}
    for key, shape in show.items():
        if isinstance(shape, Value) and shape.column.encrypted is not None:
            found[key] = Text(shape.column.encrypted, said(shape.column.name))
        elif isinstance(shape, Value) and shape.column.name == UNREADABLE:
            found[key] = Names()
        elif isinstance(shape, Single | Listing | Nested | Rows) and (below := places_in(shape.show, said)):
            found[key] = below
    # Without a text there is none to be named.
    return found if any(not isinstance(place, Names) for place in found.values()) else {}


def decrypted(body: bytes, places: Places, keys: DataKeys, *, marked: bool) -> bytes:
    """A text that cannot be opened is null and named in `unreadable`: in a list that is asked for it, so that one
    keeps nobody from the others, and with `marked` anywhere, for what was done stays done. Else raises
    TextUnreadable."""
    answer = orjson.loads(body)
    _decrypt(answer, places, keys, marked)
    return orjson.dumps(answer)


def _decrypt(value: Any, places: Places, keys: DataKeys, marked: bool, listed: bool = False) -> None:
    if isinstance(value, list):
        for each in value:
            _decrypt(each, places, keys, marked, True)
        return
    unreadable: list[str] = []
    for key, place in places.items():
        if value is None or value.get(key) is None:
            continue
        if isinstance(place, Text):
            value[key] = _opened(value[key], place, keys, unreadable)
        elif isinstance(place, Mapping):
            _decrypt(value[key], place, keys, marked, listed)
    named = [key for key, place in places.items() if isinstance(place, Names)]
    if unreadable and not (marked or (listed and named)):
        raise TextUnreadable(fields=unreadable)
    if unreadable:
        value.update(dict.fromkeys(named, unreadable))


def _opened(kept: Any, place: Text, keys: DataKeys, unreadable: list[str]) -> str | None:
    text, authority_id, id = kept
    try:
        return keys.decrypt(text, purpose_of(place.column, authority_id), place_of(place.column, id))
    except DataKeyError as error:
        column = f"{place.column.table.name}.{place.column.name}"
        structlog.get_logger().error("text-unreadable", column=column, reason=str(error))
        unreadable.append(place.name)
        return None
