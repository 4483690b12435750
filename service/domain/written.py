"""JSON as a statement writes it: a text, put together with `||` from constants and from the values of a row.

PostgreSQL's own functions (`row_to_json`, `json_build_object`, `json_agg`) look up how each value's type is written
for every value of every row, and copy what is below at each level. Here that is said once, while the statement is
written; what is the same in each row is one constant with what stands around it."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from service.domain.expressions import up_to

Written: TypeAlias = Sequence[str | ColumnElement[Any]]  # constants, and texts that are never null
NULL = "null"
_PLAIN = (UUID, Enum, date, int, Decimal)  # whose text needs no escape
_KNOWN: dict[type[Any], Any] = {str: sa.Text(), bool: sa.Boolean()}
_LITERAL = sa.sql.elements.BindParameter


def constant(value: Any) -> str:
    """A value of the service's own."""
    return json.dumps(value, ensure_ascii=False)


def text_of(written: Written) -> ColumnElement[Any]:
    """One text. In halves: from left to right each `||` would copy all before it."""
    pieces: list[ColumnElement[Any]] = []
    said = ""
    for each in (*written, ""):
        if isinstance(each, str) and each:
            said += each
            continue
        if said:
            pieces.append(_literal(said))
        said = ""
        if not isinstance(each, str):
            pieces.append(each)
    return _halved(pieces)


def value(found: ColumnElement[Any], type_: type[Any], *, listed: bool, certain: bool) -> Written:
    """One of a row, as `to_json` writes it; a Decimal as text, which keeps its digits. `certain`: it is never null."""
    if not listed and isinstance(found, sa.Case) and (said := _said(found)) is not None:
        return [_or_null(said)]
    if listed or not issubclass(type_, _PLAIN) or issubclass(type_, bool | datetime):
        known = None if listed else _KNOWN.get(type_)  # a constant has no type of its own
        return [_or_null(_text(sa.func.to_json(found if known is None else sa.cast(found, known))))]
    if issubclass(type_, int):
        return [_text(found)] if certain else [_or_null(_text(found))]
    return ['"', _text(found), '"'] if certain else [quoted(_text(found))]


def quoted(found: ColumnElement[Any]) -> ColumnElement[Any]:
    """A text in which nothing needs an escape, or null."""
    return _or_null(_literal('"').concat(found).concat(_literal('"')))


def truth(holds: ColumnElement[bool]) -> ColumnElement[Any]:
    return sa.case((holds, _literal("true")), else_=_literal("false"))


def object_of(members: Iterable[tuple[str, Written]]) -> Written:
    pieces: list[str | ColumnElement[Any]] = []
    for key, written in members:
        pieces += [f"{',' if pieces else '{'}{constant(key)}:", *written]
    return [*pieces, "}"] if pieces else ["{}"]


def object_with(members: Iterable[tuple[ColumnElement[bool] | None, str, Written]]) -> Written:
    """Members that are there only where a condition holds, if it is not None."""
    told: list[tuple[ColumnElement[bool] | None, list[str | ColumnElement[Any]]]] = []
    for holds, key, written in members:
        if not told or told[-1][0] is not holds:
            told.append((holds, []))
        told[-1][1].extend([f",{constant(key)}:", *written])
    if not told:
        return ["{}"]
    pieces: list[str | ColumnElement[Any]] = []
    for holds, written in told:
        pieces += written if holds is None else [when(holds, text_of(written))]
    if told[0][0] is None:
        return [f"{{{str(pieces[0])[1:]}", *pieces[1:], "}"]
    return ["{", _without_comma(text_of(pieces)), "}"]


def when(holds: ColumnElement[bool], told: ColumnElement[Any], otherwise: str = "") -> ColumnElement[Any]:
    """Where nobody knows, it does not hold."""
    return sa.case((holds, told), else_=_literal(otherwise))


def unless(names: Sequence[tuple[ColumnElement[bool], str]]) -> Written:
    """A list of those whose condition does not hold; each written, behind a comma. Mostly all do."""
    if not names:
        return ["[]"]
    hidden = text_of([sa.case((holds, _literal("")), else_=_literal(name)) for holds, name in names])
    some = text_of(["[", _without_comma(hidden), "]"])
    return [sa.case((sa.and_(*(holds for holds, _ in names)), _literal("[]")), else_=some)]


def _without_comma(members: ColumnElement[Any]) -> ColumnElement[Any]:
    return sa.func.substr(members, sa.literal_column("2"), type_=sa.Text())


def list_of(rows: ColumnElement[Any], first: int | None) -> Written:
    """In the order of the page below it: one ORDER BY in any aggregate here would let PostgreSQL sort the page anew.
    `first`: only so many of them."""
    comma = _literal(",")
    rows = sa.cast(rows, sa.Text())  # a constant that is the same of each row has no type of its own
    if first is None:
        items: Any = sa.func.string_agg(rows, comma)
    else:
        gathered: Any = sa.func.array_agg(rows, type_=sa.ARRAY(sa.Text()))
        items = sa.func.array_to_string(up_to(first, gathered), comma)
    return ["[", sa.func.coalesce(items, _literal("")), "]"]


def nullable(text: ColumnElement[Any]) -> Written:
    """What is written already, if there is anything."""
    return [_or_null(text)]


def _said(case: "sa.Case[Any]") -> ColumnElement[Any] | None:
    """A choice among constants is one among what they are written as."""
    results = [result for _, result in case.whens] + ([] if case.else_ is None else [case.else_])
    if not all(isinstance(each, _LITERAL) and isinstance(each.value, str) for each in results):
        return None
    whens: Any = [(met, _literal(constant(result.value))) for met, result in case.whens]
    otherwise: Any = case.else_
    return sa.Case(*whens, value=case.value, else_=None if otherwise is None else _literal(constant(otherwise.value)))


def _text(found: ColumnElement[Any]) -> ColumnElement[Any]:
    return found if isinstance(found.type, sa.Text) else sa.cast(found, sa.Text())


def _or_null(text: ColumnElement[Any]) -> ColumnElement[Any]:
    return sa.func.coalesce(text, _literal(NULL), type_=sa.Text())


def _literal(said: str) -> ColumnElement[Any]:
    """As it is: a bound text would double the backslashes of escapes."""
    quote = said.replace("'", "''")
    return sa.literal_column(f"'{quote}'", sa.Text())


def _halved(pieces: list[ColumnElement[Any]]) -> ColumnElement[Any]:
    if len(pieces) == 1:
        return pieces[0]
    half = len(pieces) // 2
    return sa.func.textcat(_halved(pieces[:half]), _halved(pieces[half:]), type_=sa.Text())
