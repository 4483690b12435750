"""Keyset pages: a cursor says after which row a list goes on, in the order it was read in."""

import base64
import binascii
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

import orjson
import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement
from sqlalchemy.dialects.postgresql import ARRAY

from service.domain.context import text
from service.domain.epochs import CURRENT
from service.domain.policy import Row
from service.domain.selection import Constant, Fact, Nested, Selection, Shape
from service.domain.views import Arguments, View, invalid_argument

NUMBER, CURSOR = "page_number", "page_cursor"  # columns that a page has besides those of its table


def order_of(view: View, order: str | None, row: Row) -> tuple[list[ColumnElement[Any]], bool]:
    """The columns a list is ordered by, so many that no two rows are equal; and whether downwards."""
    name = (order or view.orders[0]).removeprefix("-")
    if name not in view.orders:
        raise invalid_argument("sort", "is not an order of this list")
    return [row[column] for column in dict.fromkeys((name, *view.unique))], (order or "").startswith("-")


def cursor_of(keys: list[ColumnElement[Any]]) -> ColumnElement[Any]:
    """The row's place in the order: its keys by name, as JSON in base64 that can stand in an address (RFC 4648, 5)."""
    pairs = (part for key in keys for part in (sa.literal(key.name, sa.Text()), _written(key)))
    places = sa.func.convert_to(sa.cast(sa.func.json_build_object(*pairs), sa.Text()), sa.literal_column("'UTF8'"))
    encoded = sa.func.encode(places, sa.literal_column("'base64'"))  # which PostgreSQL breaks into lines
    return sa.func.translate(encoded, sa.literal_column(r"E'+/\n'"), sa.literal_column("'-_'"))


def _written(key: ColumnElement[Any]) -> ColumnElement[Any]:
    """A key as text that can be read back. PostgreSQL's own text of a moment has half an offset."""
    if isinstance(key.type, sa.DateTime):
        return sa.func.to_char(sa.func.timezone(text("UTC"), key), text('YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
    return sa.cast(key, sa.Text())


def argument(view: View, arguments: Arguments, name: str, today: date) -> Any:
    """The value of a bind called `where.<column>` or `after.<column>`."""
    kind, column = name.split(".")
    if kind == "where":
        value = arguments.where.get(column)
        if view.sought is not None and column in view.sought.numbers:
            view.sought.check(arguments.where)
            return value
        if default := view.defaults.get(column):
            if value is not None and (wrong := default.wrong(value, today)):
                raise invalid_argument(column, wrong)
            value = default.value(today) if value is None else value
        if isinstance(value, str) and "\x00" in value:
            raise invalid_argument(column, "must not contain the character U+0000")
        if isinstance(value, int) and abs(value) >= 2**31:
            raise invalid_argument(column, "is too large a number")
        return value.value if isinstance(value, Enum) else value
    type_: Any = int if column in _life(view) else view.type_of(column)
    try:
        places = orjson.loads(base64.b64decode(arguments.after or "", altchars=b"-_", validate=True))
        if set(places) != {(arguments.order or view.orders[0]).removeprefix("-"), *view.unique, *_life(view)}:
            raise LookupError
        value = _adapter(type_).validate_python(places[column])
        return value.value if isinstance(value, Enum) else _storable(value)
    except (binascii.Error, orjson.JSONDecodeError, ValidationError, TypeError, LookupError, ValueError) as error:
        raise invalid_argument(
            "after", "is not a cursor of this list in this order: begin anew, without one"
        ) from error


def _life(view: View) -> tuple[str, ...]:
    """What a cursor of a feed says besides its place."""
    return (CURRENT.name,) if view.feed else ()


def marks_of(view: View, keys: list[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """What stands in a cursor."""
    return [*keys, CURRENT] if view.feed else keys


def _storable(value: Any) -> Any:
    if isinstance(value, datetime):
        return _moment(value)
    if (isinstance(value, str) and "\x00" in value) or (isinstance(value, int) and abs(value) >= 2**31):
        raise ValueError
    return value


@cache
def _adapter(type_: Any) -> TypeAdapter[Any]:
    return TypeAdapter(Decimal if type_ is float else type_)


def of_page(row: Row, arguments: Arguments, shape: Shape, keys: list[ColumnElement[Any]]) -> ColumnElement[Any]:
    """What a shape shows of a page as a whole: aggregates over its rows."""
    number, cursor = row[NUMBER], row[CURSOR]
    more = sa.func.coalesce(sa.func.bool_or(number > arguments.first), sa.false())
    last = sa.func.array_agg(cursor, type_=ARRAY(sa.Text()))[sa.func.least(sa.func.count(), arguments.first)]
    match shape:
        case Constant(name):
            return text(name)
        case Nested(show):
            return pairs((key, of_page(row, arguments, fact, keys)) for key, fact in show.items())
        case Fact("has_next_page"):
            return more
        case Fact("has_previous_page"):
            return sa.literal_column("false" if arguments.after is None else "true", sa.Boolean())
        case Fact("start_cursor"):
            return sa.func.max(cursor).filter(number == 1)
        case Fact("end_cursor"):
            return last
        case Fact("next"):  # of this row only: the cursor of each row would cost more than its JSON
            return sa.case((more, sa.func.max(cursor_of(keys)).filter(number == arguments.first)))
    raise TypeError(shape)


def pairs(named: Iterable[tuple[str, ColumnElement[Any]]]) -> ColumnElement[Any]:
    return sa.func.json_build_object(*(part for name, value in named for part in (text(name), value)))


def asks_facts(show: Selection) -> bool:
    return any(isinstance(s, Fact) or (isinstance(s, Nested) and asks_facts(s.show)) for s in show.values())


def _moment(value: datetime) -> datetime:
    """In UTC, where the first and the last moments of all years may have no name."""
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError from error
