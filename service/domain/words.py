"""What the service itself says to people, in each of its languages. Chosen inside the statement, so that an answer
with labels is still one round trip."""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from service.domain.context import text
from service.domain.policy import Reader, Row
from service.domain.values import Language

Saying = Mapping[Language, str]


def saying(de: str, en: str, simple: str) -> Saying:
    return {Language.DE: de, Language.EN: en, Language.DE_SIMPLE: simple}


def label(column: str, sayings: Mapping[Any, Saying]) -> Callable[[Row, Reader], ColumnElement[Any]]:
    """The saying for the column's value, in the reader's language."""

    def expression(row: Row, reader: Reader) -> ColumnElement[Any]:
        cases = {str(value): text(said[reader.language]) for value, said in sayings.items()}
        return sa.case(cases, value=row[column])

    return expression


_MONTHS = {
    False: "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    True: "January February March April May June July August September October November December",
}  # whether it is English
_UNTIL = saying("bis {day}. {month} {year}", "by {day} {month} {year}", "Das ist dran bis zum {day}. {month} {year}.")


def deadline(column: str) -> Callable[[Row, Reader], ColumnElement[Any]]:
    """A date as people say it: bis 3. Oktober 2027."""

    def expression(row: Row, reader: Reader) -> ColumnElement[Any]:
        months = _MONTHS[reader.language is Language.EN].split()
        names = sa.case({n + 1: text(name) for n, name in enumerate(months)}, value=sa.extract("month", row[column]))
        parts = {
            "day": sa.cast(sa.cast(sa.extract("day", row[column]), sa.Integer()), sa.Text()),
            "month": names,
            "year": sa.cast(sa.cast(sa.extract("year", row[column]), sa.Integer()), sa.Text()),
        }
        pieces = _UNTIL[reader.language].replace("}", "{").split("{")
        return sa.func.concat(*(parts[piece] if piece in parts else text(piece) for piece in pieces if piece))

    return expression
