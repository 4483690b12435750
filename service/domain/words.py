"""What the service itself says to people, in each of its languages. Chosen inside the statement, so that an answer
with labels is still one round trip."""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from service.domain.clock import WHERE_PEOPLE_LIVE
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


_NAMES = {Language.DE: "name_de", Language.EN: "name_en", Language.DE_SIMPLE: "name_simple"}


def named(row: Row, reader: Reader) -> ColumnElement[Any]:
    """The row's own name, in the reader's language."""
    found: ColumnElement[Any] = row[_NAMES[reader.language]]
    return found


_MONTHS = {
    False: "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    True: "January February March April May June July August September October November December",
}  # whether it is English
_UNTIL = saying("bis {day}. {month} {year}", "by {day} {month} {year}", "Das ist dran bis zum {day}. {month} {year}.")


_DAYS = {
    False: "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    True: "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}
_APPOINTMENT = saying(
    "{weekday}, {day}. {month} {year}, {time} Uhr",
    "{weekday}, {day} {month} {year}, {time}",
    "Am {weekday}, {day}. {month} {year}. Es ist um {time} Uhr.",
)


def appointment(column: str) -> Callable[[Row, Reader], ColumnElement[Any]]:
    """A moment as people say it where they live (Europe/Berlin): Dienstag, 3. Oktober 2027, 18:30 Uhr."""

    def expression(row: Row, reader: Reader) -> ColumnElement[Any]:
        english = reader.language is Language.EN
        local = sa.func.timezone(text(str(WHERE_PEOPLE_LIVE)), row[column], type_=sa.DateTime())
        names = {"weekday": ("isodow", _DAYS[english].split()), "month": ("month", _MONTHS[english].split())}
        parts: dict[str, ColumnElement[Any]] = {
            name: sa.case({n + 1: text(said) for n, said in enumerate(each)}, value=sa.extract(field, local))
            for name, (field, each) in names.items()
        }
        for name, field in (("day", "day"), ("year", "year")):
            parts[name] = sa.cast(sa.cast(sa.extract(field, local), sa.Integer()), sa.Text())
        parts["time"] = sa.func.to_char(local, text("HH24:MI"))
        return _put_together(_APPOINTMENT[reader.language], parts)

    return expression


def _put_together(said: str, parts: Mapping[str, ColumnElement[Any]]) -> ColumnElement[Any]:
    pieces = said.replace("}", "{").split("{")
    return sa.func.concat(*(parts[piece] if piece in parts else text(piece) for piece in pieces if piece))


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
        return _put_together(_UNTIL[reader.language], parts)

    return expression
