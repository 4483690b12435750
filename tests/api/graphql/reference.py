"""A second way to answer a query, naive on purpose: graphql-core walks the document field by field, and what a field
shows of a row is asked of PostgreSQL on its own or worked out here. Nothing is nested, planned ahead or paged by SQL.

Of the service it takes what is declared (rules, columns, relations) and nothing of how an answer is compiled."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache, cached_property
from typing import Any
from uuid import UUID

import graphql as gql
import psycopg
import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.pool import StaticPool

from service.api.graphql.reads import reads_of
from service.api.graphql.types import build_schema
from service.domain.access.reader import Setting
from service.domain.act import OPERATIONS, Guard
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Rule
from service.domain.selection import Cursor, Entry, Fact, Nested, Rows, Value
from service.domain.values import Language
from service.domain.views import Column, Derived, Many, Relation, View, camel
from tests.conftest import opened

Info = gql.GraphQLResolveInfo


@dataclass(frozen=True)
class Asked:
    """A query and who asks it."""

    document: gql.DocumentNode
    login: str | None
    language: Language = Language.DE
    variables: dict[str, Any] = field(default_factory=dict)
    operation: str | None = None
    today: date = field(default_factory=date.today)


@dataclass(frozen=True)
class Row:
    """A row of a view, as it stands in its table; in a list it has a cursor."""

    view: View
    values: dict[str, Any]
    cursor: str | None = None


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    goes_on: bool
    went_before: bool


class Somebody(Setting):
    """The reader of the writing side: other SQL than a compiled statement's `me`."""

    def __init__(self, language: Language) -> None:
        self.language = language


class Reference:
    """Answers as whoever `address` belongs to, so with row-level security for the application's login and without it
    for the superuser's."""

    def __init__(self, address: str) -> None:
        self.types = unresolved()
        self.engine = sa.create_engine(
            "postgresql+psycopg://", creator=lambda: psycopg.connect(address), poolclass=StaticPool
        )

    def answer(self, asked: Asked) -> dict[str, Any]:
        """The data of the answer; or the refusal of any argument, wherever in the document it stands."""
        self._execute(asked, Imagined(asked.today))
        with self._as(asked) as connection:
            return self._execute(asked, Read(connection, Somebody(asked.language), asked.today))

    def close(self) -> None:
        self.engine.dispose()

    def _execute(self, asked: Asked, resolving: "Resolving") -> dict[str, Any]:
        result = gql.execute_sync(
            self.types,
            asked.document,
            variable_values=asked.variables,
            operation_name=asked.operation,
            field_resolver=resolving.resolve,
        )
        for error in result.errors or ():
            raise error.original_error if isinstance(error.original_error, DomainError) else error
        assert result.data is not None
        return result.data

    @contextmanager
    def _as(self, asked: Asked) -> Iterator[sa.Connection]:
        def tell(name: str, value: Any) -> None:
            connection.execute(sa.select(sa.func.set_config(f"service.{name}", str(value or ""), True)))

        with self.engine.connect() as connection, connection.begin() as transaction:
            tell("login", asked.login)
            tell("today", asked.today)
            known = "SELECT actor_id, authority_id FROM login WHERE key = :login AND valid_to IS NULL"
            found = connection.execute(sa.text(known), {"login": asked.login or ""}).one_or_none()
            tell("actor", found.actor_id if found else None)
            tell("authority", found.authority_id if found else None)
            yield connection
            transaction.rollback()


@cache
def unresolved() -> gql.GraphQLSchema:
    """The schema, with fields that are left to the executor; made once, for it takes seconds."""
    types: gql.GraphQLSchema = build_schema()._schema
    for type_ in types.type_map.values():
        if isinstance(type_, gql.GraphQLObjectType) and not type_.name.startswith("__"):
            for each in type_.fields.values():
                each.resolve = None
    return types


class Resolving:
    def resolve(self, source: Any, info: Info, **given: Any) -> Any:
        definition = info.parent_type.fields[info.field_name]
        if "strawberry-definition" not in definition.extensions:  # of the schema itself
            return gql.default_field_resolver(source, info, **given)
        return self.read(reads_of(info.parent_type.name, info.field_name), source, info, given)

    def read(self, reads: Any, source: Any, info: Info, given: dict[str, Any]) -> Any:
        raise NotImplementedError


@dataclass(frozen=True)
class Imagined(Resolving):
    """Every list has one row of which every field says something: so each argument is looked at once."""

    today: date

    def read(self, reads: Any, source: Any, info: Info, given: dict[str, Any]) -> Any:
        if isinstance(reads, Relation):
            Arguments(reads.target, given, self.today).check()
        return self._something(info.return_type)

    def _something(self, type_: Any) -> Any:
        type_ = gql.get_nullable_type(type_)
        if gql.is_list_type(type_):
            return [self._something(type_.of_type)]
        if isinstance(type_, gql.GraphQLEnumType):
            return type_.parse_value(next(iter(type_.values)))
        return {"Int": 1, "Float": 1.0, "Boolean": True, "UUID": UUID(int=0), "JSON": {}}.get(type_.name, "2026-01-01")


@dataclass(frozen=True)
class Arguments:
    """What a relation was called with."""

    view: View
    given: dict[str, Any]
    today: date

    @property
    def order(self) -> tuple[list[str], bool]:
        order = self.given.get("order")
        name = str(order.value if isinstance(order, Enum) else order or self.view.orders[0])
        return list(dict.fromkeys((name.removeprefix("-"), *self.view.unique))), name.startswith("-")

    @property
    def first(self) -> int:
        return int(self.given.get("first", 1))

    @cached_property
    def after(self) -> tuple[Any, ...] | None:
        cursor, (names, _) = self.given.get("after"), self.order
        if cursor is None:
            return None
        places = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
        if list(places) != names + list(life(self.view)):
            raise ValueError(f"{places} is not of the order {names}")
        types = (self.view.table.c[name].type.python_type for name in names)
        after = tuple(TypeAdapter(t).validate_python(places[n]) for n, t in zip(names, types, strict=True))
        if any(isinstance(part, str) and "\x00" in part for part in after):
            raise ValueError("no text of a database has U+0000 in it")
        return after

    @property
    def where(self) -> dict[str, Any]:
        where = dict(self.given.get("where") or {})
        named = {name: where.get(camel(name)) for name in self.view.filters}
        if self.view.key in self.given:
            named[self.view.key] = self.given[self.view.key]
        named = {name: getattr(value, "value", value) for name, value in named.items() if value is not None}
        named |= {name: self.given[name] for name in (self.view.sought.numbers if self.view.sought else ())}
        for name, default in self.view.defaults.items():
            if not named.keys() & {name, *default.unless}:
                named[name] = default.value(self.today)
        return named

    def check(self) -> None:
        if not 1 <= self.first <= 200:
            raise InvalidInput(errors=[{"parameter": "first", "detail": "from 1 to 200"}])
        try:
            assert self.after is None or self.after
        except (ValueError, TypeError) as error:
            raise InvalidInput(errors=[{"parameter": "after", "detail": "no cursor"}]) from error
        if any(isinstance(value, str) and "\x00" in value for value in self.where.values()):
            raise InvalidInput(errors=[{"parameter": "where", "detail": "U+0000"}])
        if self.view.sought:
            self.view.sought.check(self.where)
        for name, default in self.view.defaults.items():
            if name in self.where and default.wrong(self.where[name], self.today):
                raise InvalidInput(errors=[{"parameter": name, "detail": "wrong"}])


@dataclass(frozen=True)
class Read(Resolving):
    connection: sa.Connection
    reader: Somebody
    today: date
    known: dict[Any, Any] = field(default_factory=dict)  # what was asked before in this request

    def read(self, reads: Any, source: Any, info: Info, given: dict[str, Any]) -> Any:
        if isinstance(reads, Relation):
            return self.relation(reads, source, Arguments(reads.target, given, self.today))
        if isinstance(reads, Value):
            return self.value(reads.column, source)
        if isinstance(reads, Derived):
            return self.transitions(source) if reads.name == "transitions" else self.fields(source)
        if isinstance(reads, Entry):
            return source[reads.name]
        if isinstance(reads, Fact):
            return fact(reads.name, source)
        if isinstance(reads, Cursor):
            return source.cursor
        if reads is Rows:
            return source.rows
        assert reads is Nested, reads
        return source

    def relation(self, relation: Relation, source: Row | None, arguments: Arguments) -> Page | Row | None:
        view = relation.target
        rows = [self.in_place(row, arguments) for row in self.rows(relation, source, arguments.where)]
        if not isinstance(relation.kind, Many):
            assert len(rows) <= 1, rows
            return rows[0] if rows else None
        names, descending = arguments.order

        def place(row: Row) -> tuple[Any, ...]:  # Python compares texts as PostgreSQL does under C.UTF-8
            return tuple(row.values[name] for name in names)

        rows.sort(key=place, reverse=descending)
        if (mark := arguments.after) is not None:
            rows = [row for row in rows if (place(row) < mark if descending else place(row) > mark)]
        assert len({tuple(row.values[name] for name in view.unique) for row in rows}) == len(rows)
        return Page(rows[: arguments.first], len(rows) > arguments.first, arguments.after is not None)

    def rows(self, relation: Relation, source: Row | None, where: dict[str, Any]) -> list[Row]:
        """All rows that the relation leads to and the reader may see, in no order."""
        view = relation.target
        via: Any = relation.kind.via
        there = view.table.alias("there")
        query = sa.select(there).where(view.rule.condition(self.reader, there.c))
        sought = view.sought
        numbers = {name: where.pop(name) for name in (sought.numbers if sought else ())}
        for name, value in where.items() if isinstance(relation.kind, Many) or source is None else ():
            if name in view.columns and (shown := view.columns[name].shown):
                query = query.where(shown.condition(self.reader, there.c))
            holds = view.holds(name)
            query = query.where(
                holds.condition(there.c, sa.literal(value, holds.type)) if holds else there.c[name] == value
            )
        if sought:
            query = query.where(sought.holds(there.c, {n: sa.literal(v, sa.Double()) for n, v in numbers.items()}))
        if source is not None and callable(via):
            here = source.view.table.alias("here")
            query = query.select_from(there.join(here, via(there.c, here.c, self.reader)))
            query = query.where(self.same(source, here.c))
        elif source is not None:
            many = isinstance(relation.kind, Many)
            query = query.where(there.c[via] == source.values["id"] if many else there.c.id == source.values[via])
        found = self.once(("rows", relation.name, view.name, key_of(source), str(where), str(numbers)), query)
        return [Row(view, dict(row._mapping)) for row in found]

    def in_place(self, row: Row, arguments: Arguments) -> Row:
        names, _ = arguments.order
        places = {name: place(row.values[name]) for name in names} | life(row.view)
        written = "{" + ", ".join(f"{quoted(name)} : {quoted(value)}" for name, value in places.items()) + "}"
        return Row(row.view, row.values, base64.urlsafe_b64encode(written.encode()).decode())

    def value(self, column: Column, row: Row) -> Any:
        if column.name == "withheld":
            return [camel(each.name) for each in self.hideable(row) if not self.holds(each.shown, row)]
        if column.shown is not None and not self.holds(column.shown, row):
            return None
        here = row.view.table.alias("here")
        query = sa.select(column.expression(here.c, self.reader)).where(self.same(row, here.c))
        ((value,),) = self.once(("value", row.view.name, column.name, key_of(row)), query)
        if column.encrypted is not None:
            return opened(column.encrypted, row.values)
        if column.listed:
            return [each if isinstance(each, column.type) else column.type(each) for each in value]
        if value is not None and issubclass(column.type, Enum):
            return column.type(value)
        return float(value) if column.type is float else plain(value)

    def holds(self, rule: Rule | Guard | None, row: Row) -> bool:
        assert rule is not None
        here = row.view.table.alias("here")
        query = sa.select(rule.condition(self.reader, here.c)).where(self.same(row, here.c))
        ((value,),) = self.once(("holds", id(rule), key_of(row)), query)
        return bool(value)

    def hideable(self, row: Row) -> list[Column]:
        return [column for column in row.view.columns.values() if column.shown]

    def fields(self, row: Row) -> list[dict[str, Any]]:
        told = [(column, self.holds(column.shown, row)) for column in self.hideable(row)]
        return [{"field": c.name, "shown": may, "missing": lacking(c.shown, may)} for c, may in told]

    def transitions(self, row: Row) -> list[dict[str, Any]]:
        told = []
        for each in OPERATIONS.values():
            if each.on is not None and each.on.__table__ is row.view.table:  # type: ignore[attr-defined]
                may, states = self.holds(each.action.rule, row), [str(state) for state in each.states]
                unmet = [guard.says for guard in each.guards if not self.holds(guard, row)]
                told.append(
                    {
                        "operation": each.name,
                        "action": each.action.name,
                        "possible": may and not unmet and (not states or row.values["state"] in states),
                        "possible_in": states,
                        "missing": lacking(each.action.rule, may),
                        "obstacles": unmet if may else [],
                    }
                )
        return told

    def same(self, row: Row, columns: Any) -> sa.ColumnElement[bool]:
        return sa.and_(*(columns[key.name] == row.values[key.name] for key in row.view.table.primary_key))

    def once(self, key: Any, query: Any) -> Any:
        if key not in self.known:
            self.known[key] = self.connection.execute(query).all()
        return self.known[key]


def fact(name: str, page: Page) -> Any:
    facts = {
        "has_next_page": page.goes_on,
        "has_previous_page": page.went_before,
        "start_cursor": page.rows[0].cursor if page.rows else None,
        "end_cursor": page.rows[-1].cursor if page.rows else None,
    }
    return facts[name]


def key_of(row: Row | None) -> Any:
    return row and (row.view.name, *(row.values[key.name] for key in row.view.table.primary_key))


def lacking(rule: Rule | None, may: bool) -> list[str]:
    assert rule is not None
    return [] if may else [way.says for way in rule.ways]


def plain(value: Any) -> Any:
    """As PostgreSQL writes it."""
    if isinstance(value, datetime):
        text = value.astimezone(UTC).isoformat().removesuffix("+00:00")
        return (text.rstrip("0") if "." in text else text) + "+00:00"
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else value


def life(view: View) -> dict[str, str]:
    """What a cursor of a feed says besides its place: in which life of the database it was given. This is the first."""
    return {"epoch": "1"} if view.feed else {}


def place(value: Any) -> str:
    """As a cursor has it."""
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}" if isinstance(value, datetime) else str(plain(value))


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
