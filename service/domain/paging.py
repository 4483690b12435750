"""Keyset pages: a cursor says after which row a list goes on, in the order it was read in."""

import base64
import binascii
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

import orjson
import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement

from service.domain.policy import Row
from service.domain.views import Arguments, View, invalid_argument


def order_of(view: View, order: str | None, row: Row) -> tuple[list[ColumnElement[Any]], bool]:
    """The columns a list is ordered by, the key last so that no two rows are equal; and whether downwards."""
    name = (order or view.orders[0]).removeprefix("-")
    if name not in view.orders:
        raise invalid_argument("sort", "is not an order of this list")
    return [row[column] for column in dict.fromkeys((name, view.key))], (order or "").startswith("-")


def cursor_of(keys: list[ColumnElement[Any]]) -> ColumnElement[Any]:
    """The row's place in the order: its keys by name, as JSON in base64 that can stand in an address (RFC 4648, 5)."""
    pairs = (part for key in keys for part in (sa.literal(key.name, sa.Text()), sa.cast(key, sa.Text())))
    places = sa.func.convert_to(sa.cast(sa.func.json_build_object(*pairs), sa.Text()), sa.literal_column("'UTF8'"))
    encoded = sa.func.encode(places, sa.literal_column("'base64'"))  # which PostgreSQL breaks into lines
    return sa.func.translate(encoded, sa.literal_column(r"E'+/\n'"), sa.literal_column("'-_'"))


def argument(view: View, arguments: Arguments, name: str) -> Any:
    """The value of a bind called `where.<column>` or `after.<column>`."""
    kind, column = name.split(".")
    if kind == "where":
        value = arguments.where[column]
        return value.value if isinstance(value, Enum) else value
    try:
        places = orjson.loads(base64.b64decode(arguments.after or "", altchars=b"-_", validate=True))
        value = _adapter(view.type_of(column)).validate_python(places[column])
        return value.value if isinstance(value, Enum) else _storable(value)
    except (binascii.Error, orjson.JSONDecodeError, ValidationError, TypeError, LookupError, ValueError) as error:
        raise invalid_argument("after", "is not a cursor of this list in this order") from error


def _storable(value: Any) -> Any:
    if isinstance(value, str) and "\x00" in value:
        raise ValueError
    return value


@cache
def _adapter(type_: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(Decimal if type_ is float else type_)
