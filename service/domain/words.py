"""What the service itself says to people, in each of its languages. Chosen inside the statement, so that an answer
with labels is still one round trip."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
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


@dataclass(frozen=True, eq=False)
class Label:
    """The saying for the column's value, in the reader's language."""

    column: str
    sayings: Mapping[Any, Saying]

    def __call__(self, row: Row, reader: Reader) -> ColumnElement[Any]:
        cases = {str(value): text(said[reader.language]) for value, said in self.sayings.items()}
        return sa.case(cases, value=row[self.column])


label = Label  # read as what it does, where a view is declared


def words_or(column: str, code: str, sayings: Mapping[Any, Saying]) -> Callable[[Row, Reader], ColumnElement[Any]]:
    """Somebody's own words where there are any; else what the service says for the code, in the reader's language."""
    return lambda row, reader: sa.func.coalesce(row[column], label(code, sayings)(row, reader))


_SUFFIXES = {Language.DE: "de", Language.EN: "en", Language.DE_SIMPLE: "simple"}


def written(what: str) -> Callable[[Row, Reader], ColumnElement[Any]]:
    """What the row has in each language, in the reader's: of the columns `what_de`, `what_en` and `what_simple`."""

    def expression(row: Row, reader: Reader) -> ColumnElement[Any]:
        found: ColumnElement[Any] = row[f"{what}_{_SUFFIXES[reader.language]}"]
        return found

    return expression


named = written("name")


_MONTHS = {
    False: "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    True: "January February March April May June July August September October November December",
}  # whether it is English
_UNTIL = saying("bis {day}. {month} {year}", "by {day} {month} {year}", "Das ist dran bis zum {day}. {month} {year}.")


_DAYS = {
    False: "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    True: "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}
_DAY = saying(
    "{weekday}, {day}. {month} {year}", "{weekday}, {day} {month} {year}", "Am {weekday}, {day}. {month} {year}."
)
_APPOINTMENT = saying(
    "{weekday}, {day}. {month} {year}, {time} Uhr",
    "{weekday}, {day} {month} {year}, {time}",
    "Am {weekday}, {day}. {month} {year}. Um {time} Uhr.",
)


def appointment(column: str) -> Callable[[Row, Reader], ColumnElement[Any]]:
    """A moment as people say it where they live (Europe/Berlin): Dienstag, 3. Oktober 2027, 18:30 Uhr."""

    def expression(row: Row, reader: Reader) -> ColumnElement[Any]:
        local = sa.func.timezone(text(str(WHERE_PEOPLE_LIVE)), row[column], type_=sa.DateTime())
        time = sa.func.to_char(local, text("HH24:MI"))
        return _put_together(_APPOINTMENT[reader.language], {**_parts(local, reader.language), "time": time})

    return expression


def day_said(day: date, language: Language) -> str:
    """A date as it stands in a letter: 3. Oktober 2027."""
    english = language is Language.EN
    return f"{day.day}{'' if english else '.'} {_MONTHS[english].split()[day.month - 1]} {day.year}"


def on_day(column: str) -> Callable[[Row, Reader], ColumnElement[Any]]:
    """A date with its weekday: Dienstag, 3. Oktober 2027."""
    return lambda row, reader: _put_together(_DAY[reader.language], _parts(row[column], reader.language))


def _parts(day: ColumnElement[Any], language: Language) -> dict[str, ColumnElement[Any]]:
    english = language is Language.EN
    names = {"weekday": ("isodow", _DAYS[english].split()), "month": ("month", _MONTHS[english].split())}
    parts: dict[str, ColumnElement[Any]] = {
        name: sa.case({n + 1: text(said) for n, said in enumerate(each)}, value=sa.extract(field, day))
        for name, (field, each) in names.items()
    }
    for field in ("day", "year"):
        parts[field] = sa.cast(sa.cast(sa.extract(field, day), sa.Integer()), sa.Text())
    return parts


def _put_together(said: str, parts: Mapping[str, ColumnElement[Any]]) -> ColumnElement[Any]:
    pieces = said.replace("}", "{").split("{")
    return sa.func.concat(*(parts[piece] if piece in parts else text(piece) for piece in pieces if piece))


def deadline(column: str) -> Callable[[Row, Reader], ColumnElement[Any]]:
    """A date as people say it: bis 3. Oktober 2027."""

    def expression(row: Row, reader: Reader) -> ColumnElement[Any]:
        return _put_together(_UNTIL[reader.language], _parts(row[column], reader.language))

    return expression
