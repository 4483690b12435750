"""What can be read. A view publishes rows of one table to those its rule names: REST resources, GraphQL types, OpenAPI
schemas, and the one SQL statement behind each answer all come from it."""

import dataclasses
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo
from sqlalchemy import Column as SqlColumn
from sqlalchemy import ColumnElement, Table
from sqlalchemy.types import TypeEngine

from service.domain.describing import described
from service.domain.errors import InvalidInput
from service.domain.policy import Reader, Row, Rule
from service.domain.rows import UNREADABLE, is_encrypted

T = TypeVar("T")
C = TypeVar("C", bound=type[Any])

LARGEST_PAGE = 200
AnnotatedType = type(Annotated[int, 0])


class Record(BaseModel):
    """What a row is shown as. PostgreSQL writes it and nothing validates it: pydantic only builds what is asked for."""

    model_config = ConfigDict(defer_build=True)


class Page(BaseModel, Generic[T]):
    """A part of a list."""

    items: list[T] = Field(description="The rows of this part.")
    next: str | None = Field(description="Goes into `after` for the part that follows; null on the last.")


@dataclass(frozen=True)
class Shown:
    """Withheld unless this rule holds for the row: absent in REST, null in GraphQL, and named in `withheld`."""

    to: Rule


@dataclass(frozen=True)
class Sql:
    """The value is not the column of the same name but this expression of the row, the reader and the language.

    `tells`: the view whose words it repeats, if any: that one, too, is on record wherever the value is asked for."""

    expression: Callable[[Row, Reader], ColumnElement[Any]]
    tells: type[BaseModel] | None = None


Joined = Callable[[Row, Row, Reader], ColumnElement[bool]]


@dataclass(frozen=True)
class One:
    """The one row that the column `via` here names; or, with a function of (there, here, reader), that it picks."""

    via: str | Joined


@dataclass(frozen=True)
class Many:
    """The rows whose column `via` names this one; or, with a function of (there, here, reader), that it picks."""

    via: str | Joined


def _nothing(value: Any, today: date) -> str | None:
    return None


@dataclass(frozen=True)
class Holds:
    """A condition on the row and a value of this type, and how it begins in words."""

    said: str
    type: TypeEngine[Any]
    condition: Callable[[Row, ColumnElement[Any]], ColumnElement[bool]]


@dataclass(frozen=True)
class Default:
    """What a list is narrowed to where nobody says it: a value, given today, and what that is in words. Not where one
    of the filters `unless` is given. `wrong` says what is wrong with a value that somebody gave. `holds`: which rows it
    leaves, where that is another question than whether the column of its name is equal to it."""

    said: str
    value: Callable[[date], Any]
    unless: tuple[str, ...] = ()
    wrong: Callable[[Any, date], str | None] = _nothing
    holds: "Holds | None" = None


@dataclass(frozen=True)
class Sought:
    """Rows are found by numbers that stand in no column of theirs; all of them are needed. `root`: GraphQL's field.

    `check` refuses what cannot be meant, and never repeats it: where somebody is, is nobody's business."""

    root: str
    numbers: Mapping[str, str]  # what each of them is
    check: Callable[[Mapping[str, Any]], None]
    holds: Callable[[Row, Mapping[str, ColumnElement[Any]]], ColumnElement[bool]]


@dataclass(frozen=True)
class Column:
    name: str
    type: type[Any]
    nullable: bool
    description: str | None
    expression: Callable[[Row, Reader], ColumnElement[Any]]
    shown: Rule | None
    listed: bool = False  # a list of `type`
    encrypted: SqlColumn[Any] | None = None  # kept encrypted, in this column of the table
    derived: bool = False  # from others, whatever stands in the column of the same name
    tells: str | None = None  # the name of another view


@dataclass(frozen=True)
class Relation:
    name: str
    target: "View"
    kind: One | Many
    description: str | None
    embedded: bool  # REST answers carry it; GraphQL offers all relations


Condition = Callable[[Reader, Row], ColumnElement[bool]]  # of a rule, or of what else has to be so
Answers = Mapping[Condition, ColumnElement[bool]]


@dataclass(frozen=True)
class Derived:
    """A short list about one row that stands in no table: worked out by the statement, entry by entry, from what it
    asks of the row."""

    name: str
    record: type[BaseModel]
    asked: Callable[["View"], Iterable[Condition]]
    entries: Callable[["View", Row, Answers], list[dict[str, ColumnElement[Any]]]]


def noun_of(name: str) -> str:
    """A class's name in words: `case_access` of CaseAccess."""
    return re.sub(r"(?<=.)(?=[A-Z])", "_", name).lower()


@dataclass(frozen=True, eq=False)
class View:
    record: type[BaseModel]
    table: Table
    rule: Rule
    plural: str | None
    key: str
    filters: tuple[str, ...]
    orders: tuple[str, ...]
    subject: str | None  # the column with the case that a row tells about: reading it is put on record
    defaults: Mapping[str, Default] = field(default_factory=dict)
    ranges: Mapping[str, Holds] = field(default_factory=dict)  # filters that ask more of a row than to be equal
    single: bool = True  # a row can be asked for by its key, not only in a list
    tabular: bool = False  # REST also answers the list as CSV
    feed: bool = False  # its cursors are kept by somebody's software: one from before a restored backup is refused
    sought: Sought | None = None
    columns: dict[str, Column] = field(default_factory=dict)
    relations: dict[str, Relation] = field(default_factory=dict)
    derived: dict[str, Derived] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.record.__name__.removesuffix("View")

    @property
    def noun(self) -> str:
        """What changes are said to be of: `case_access` for the view CaseAccess."""
        return noun_of(self.name)

    @property
    def description(self) -> str:
        return " ".join((self.record.__doc__ or "").split())

    @property
    def versioned(self) -> bool:
        return "version" in self.columns

    @property
    def unique(self) -> tuple[str, ...]:
        """The columns that no two rows have alike: the key, with what else belongs to it where it is a part."""
        primary = [column.name for column in self.table.primary_key]
        return tuple(dict.fromkeys((self.key, *primary))) if self.key in primary else (self.key,)

    @property
    def withholding(self) -> bool:
        return any(column.shown for column in self.columns.values())

    def always_there(self, name: str) -> bool:
        """Whether whoever sees a column finds a value in it: null would say that it is withheld."""
        column, source = self.columns[name], self.table.c.get(name)
        return not column.derived and column.encrypted is None and source is not None and not source.nullable

    @property
    def encrypting(self) -> bool:
        return any(column.encrypted is not None for column in self.columns.values())

    def narrowing(self, arguments: "Arguments") -> tuple[str, ...]:
        """The columns that narrow the list: those that are given, and those that have a default."""
        where = arguments.where
        numbers = self.sought.numbers if self.sought else {}
        given = tuple(name for name, value in where.items() if value is not None and name not in numbers)
        return given + tuple(
            name
            for name, default in self.defaults.items()
            if name not in given and not any(where.get(other) is not None for other in default.unless)
        )

    def holds(self, name: str) -> Holds | None:
        """What the filter of this name asks of a row, where not to be equal to it."""
        default = self.defaults.get(name)
        return self.ranges.get(name) or (default.holds if default else None)

    def type_of(self, name: str) -> type[Any]:
        if holds := self.holds(name):
            return holds.type.python_type
        return self.columns[name].type if name in self.columns else self.table.c[name].type.python_type

    def check(self) -> None:
        """What no test can catch later: a promise broken by data, or a hidden value betrayed by its place in a list."""
        for column in self.columns.values():
            source = None if column.derived else self.table.c.get(column.name)
            may_be_null = column.shown is not None or (source is not None and bool(source.nullable))
            assert column.nullable or not may_be_null, f"{self.name}.{column.name} can be null"
            if issubclass(column.type, Enum):
                assert all(member.name == name_of(member.value) for member in column.type), column.type
        for name in {*self.orders, self.key}:
            assert not self.table.c[name].nullable, f"{self.name} is ordered by {name}, which can be null"
        for name in {*self.orders, self.key} & self.columns.keys():  # filters find only rows that show it
            assert self.columns[name].shown is None, f"{self.name}.{name} is hidden but betrayed by a list"
        assert self.withholding is ("withheld" in self.columns), f"{self.name} must say what it withholds"
        assert self.encrypting is (UNREADABLE in self.columns), f"{self.name} must say what cannot be read"
        assert all(each.nullable for each in self.columns.values() if each.encrypted is not None), self.name


def name_of(value: str) -> str:
    """GraphQL's name of an enum's value: `de-simple` is DE_SIMPLE."""
    return value.upper().replace("-", "_")


@lru_cache(4096)
def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


@dataclass(frozen=True)
class Arguments:
    """Which page of a list, the same for both faces. `order` is a column's name, with a minus for descending."""

    first: int
    after: str | None = None
    order: str | None = None
    where: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> Hashable:
        """What the statement depends on; the rest is bound to it."""
        return self.first, self.after is None, self.order, tuple((n, v is None) for n, v in self.where.items())

    def narrowed(self, **values: Any) -> "Arguments":
        return dataclasses.replace(self, where={**self.where, **values})


def invalid_argument(name: str, detail: str) -> InvalidInput:
    return InvalidInput(errors=[{"parameter": name, "detail": detail}])


ONE = Arguments(1)
VIEWS: dict[type[BaseModel], View] = {}


def view(
    model: Any,
    rule: Rule,
    *,
    plural: str | None = None,
    key: str = "id",
    filters: tuple[str, ...] = (),
    orders: tuple[str, ...] = (),
    subject: str | None = None,
    defaults: Mapping[str, Default] | None = None,
    ranges: Mapping[str, Holds] | None = None,
    single: bool = True,
    tabular: bool = False,
    feed: bool = False,
    sought: Sought | None = None,
) -> Callable[[C], C]:
    """`model` has a `__table__`: a table, or what a view of the database looks like."""

    def declare(record: C) -> C:
        orders_ = tuple(dict.fromkeys((*orders, key)))
        declared = VIEWS[record] = View(
            record,
            model.__table__,
            rule,
            plural,
            key,
            (*filters, *(ranges or {})),
            orders_,
            subject,
            defaults or {},
            ranges or {},
            single,
            tabular,
            feed,
            sought,
        )
        for name, info in record.model_fields.items():
            _declare_field(declared, name, info)
        declared.check()
        return record

    return declare


def link(here: type[BaseModel], name: str, kind: One | Many, there: type[BaseModel], description: str = "") -> None:
    """A relation that REST does not embed, declared by the capability that knows both ends."""
    _relate(VIEWS[here], Relation(name, VIEWS[there], kind, description or VIEWS[there].description, embedded=False))


def _relate(view: View, relation: Relation) -> None:
    # The audit row of a request names the cases at the roots of its tree: below a root, everything is of one case.
    assert relation.target.subject is None or view.subject is not None, f"{view.name}.{relation.name} leads to a case"
    view.relations[relation.name] = relation


def view_of(table: Table) -> View:
    """The view that says whether somebody sees a row of the table at all."""
    return next(view for view in VIEWS.values() if view.table is table)


def _declare_field(view: View, name: str, info: FieldInfo) -> None:
    marks = {type(mark): mark for mark in info.metadata if isinstance(mark, Shown | Sql | One | Many)}
    kind = marks.get(One) or marks.get(Many)
    if isinstance(kind, One | Many):
        target = _target(info.annotation)
        _relate(view, Relation(name, target, kind, info.description or target.description, embedded=True))
        return
    shown, sql = marks.get(Shown), marks.get(Sql)
    type_, nullable, listed = plain(info.annotation)
    source = view.table.c.get(name) if sql is None else None
    view.columns[name] = Column(
        name,
        type_,
        nullable,
        described(name, info),
        sql.expression if isinstance(sql, Sql) else lambda row, reader: row[name],
        shown.to if isinstance(shown, Shown) else None,
        listed,
        source if is_encrypted(source) else None,
        isinstance(sql, Sql),
        VIEWS[sql.tells].name if isinstance(sql, Sql) and sql.tells else None,
    )


def plain(annotation: Any) -> tuple[type[Any], bool, bool]:
    """`Annotated[Decimal, …] | None` is a Decimal that may be null; `list[str]` a list of str."""
    nullable = listed = False
    while True:
        if isinstance(annotation, AnnotatedType):
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) is list:
            annotation, listed = get_args(annotation)[0], True
        elif get_origin(annotation) is dict:
            annotation = dict
        elif get_origin(annotation) is UnionType or NoneType in get_args(annotation):
            nullable = NoneType in get_args(annotation)
            annotation = next(part for part in get_args(annotation) if part is not NoneType)
        else:
            return annotation, nullable, listed


def _target(annotation: Any) -> View:
    """`Page[GoalView]` and `AddresseeView | None` both lead to the one view named in them."""
    generic = getattr(annotation, "__pydantic_generic_metadata__", {}).get("args", ())
    (record,) = (part for part in (*generic, *get_args(annotation)) if part in VIEWS)
    return VIEWS[record]
