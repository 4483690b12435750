"""Keyset pages: a cursor says after which row a list goes on, in the order it was read in."""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

import orjson
import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import CTE, ColumnElement, FromClause
from sqlalchemy.dialects.postgresql import ARRAY

from service.domain import written
from service.domain.access.reader import HELD_CASE
from service.domain.context import bounded, text
from service.domain.epochs import CURRENT
from service.domain.policy import Row
from service.domain.selection import Constant, Fact, Nested, Selection, Shape
from service.domain.views import Arguments, View, invalid_argument
from service.domain.written import Written

CURSOR = "page_cursor"  # a column that a page has besides those of its table


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
        if _is_too_large(value):
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


def _is_too_large(value: Any) -> bool:
    """For an integer of PostgreSQL's."""
    return isinstance(value, int) and not -(2**31) <= value < 2**31


def _storable(value: Any) -> Any:
    if isinstance(value, datetime):
        return _moment(value)
    if (isinstance(value, str) and "\x00" in value) or _is_too_large(value):
        raise ValueError
    return value


@cache
def _adapter(type_: Any) -> TypeAdapter[Any]:
    return TypeAdapter(Decimal if type_ is float else type_)


def of_page(
    row: Row, arguments: Arguments, shape: Shape, keys: list[ColumnElement[Any]], goes_on: ColumnElement[bool]
) -> Written:
    """What a shape shows of a page as a whole: aggregates over its rows. `goes_on`: rows follow it."""
    cursors = sa.func.array_agg(row[CURSOR], type_=ARRAY(sa.Text()))
    match shape:
        case Constant(name):
            return [written.constant(name)]
        case Nested(show):
            return written.object_of((key, of_page(row, arguments, fact, keys, goes_on)) for key, fact in show.items())
        case Fact("has_next_page"):
            return [written.truth(goes_on)]
        case Fact("has_previous_page"):
            return [written.constant(arguments.after is not None)]
        case Fact("start_cursor"):
            return [written.quoted(cursors[1])]
        case Fact("end_cursor"):
            return [written.quoted(cursors[sa.func.least(sa.func.count(), arguments.first)])]
        case Fact("next"):  # of this row only: the cursor of each row would cost more than its JSON
            following = cursor_of([_at(arguments.first, key) for key in keys])
            return [written.quoted(sa.case((goes_on, following)))]
    raise TypeError(shape)


def _at(number: int, key: ColumnElement[Any]) -> ColumnElement[Any]:
    """Of that row of a page; what is of no row is the same in all of them."""
    if key is CURRENT:
        return key
    whole: Any = sa.func.array_agg(key, type_=ARRAY(key.type))
    at: ColumnElement[Any] = whole[number].label(key.name)
    return at


def later(
    keys: list[ColumnElement[Any]],
    places: list[ColumnElement[Any]],
    descending: bool,
    mark: Callable[[ColumnElement[Any]], ColumnElement[Any]],
) -> Iterator[ColumnElement[bool]]:
    """What holds of rows after the one that a cursor names. `places`: where the keys are looked for; `mark`: a key's
    value in the cursor."""
    here, there = sa.tuple_(*places), sa.tuple_(*(mark(key) for key in keys))
    yield here < there if descending else here > there
    if len(keys) > 1:  # it follows, and finds rows where not all keys come from one table
        yield keys[0] <= mark(keys[0]) if descending else keys[0] >= mark(keys[0])


def bounded_page(
    each: Any, conditions: list[ColumnElement[bool]], descending: bool, first: int, facts: bool
) -> tuple[CTE, FromClause, ColumnElement[bool]]:
    """The cases of a page, known before a row of theirs is looked at: row-level security then looks for no others.
    `each`: those that the reader has, by HELD_CASE. In their order, the first and the last are the bounds. What stands
    for `each`, beside the first: only those of the page; and whether more follow, which is known of the cases alone."""

    def ordered(found: Any, by: Any, most: int) -> Any:
        place = by.c[HELD_CASE]
        return found.order_by(place.desc() if descending else place).limit(sa.literal_column(str(most)))

    found = sa.select(sa.text(f"{each.name}.*")).select_from(each).where(*conditions)
    page = ordered(found, each, first + facts).cte(f"page_of_{each.name}").prefix_with("MATERIALIZED")
    named = sa.table(page.name, sa.column(HELD_CASE, sa.Uuid()))  # by name: it would be written again in each
    ids: Any = sa.func.array_agg(named.c[HELD_CASE], type_=ARRAY(sa.Uuid()))
    ends = (ids[sa.func.least(sa.func.count(), first)], ids[1])
    told = sa.select(bounded(*(ends if descending else ends[::-1]))).select_from(named).scalar_subquery()
    rows = ordered(sa.select(sa.text(f"{page.name}.*")).select_from(named).where(told), named, first)
    goes_on = sa.select(sa.func.count() > first).select_from(named).scalar_subquery()
    return page, rows.subquery(each.name), goes_on


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
