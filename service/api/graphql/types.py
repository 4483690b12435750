"""The GraphQL types of all views and operations. Strawberry owns the schema, its validation and documentation; what a
field reads stands beside them (`reads.py`). No resolver ever runs; served is what is committed (`schema.py`)."""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_type_hints
from uuid import UUID

import orjson
import strawberry
from pydantic import BaseModel
from strawberry.schema.config import StrawberryConfig

from service.api.changes import Change
from service.api.graphql.reads import is_root, orders_of, roots, type_of
from service.api.graphql.schema import READ
from service.domain.act import OPERATIONS, Operation
from service.domain.describing import EVERYWHERE, described, which
from service.domain.errors import DomainError
from service.domain.members import meanings
from service.domain.views import LARGEST_PAGE, VIEWS, Derived, Many, Relation, View, camel, noun_of, plain

CHANGES = """What has changed for me, one by one, over a WebSocket at /graphql: subprotocol graphql-transport-ws, the
token in `connection_init` as {"authorization": "Bearer …"}. It says that something has changed, never what: read that
by its id. `after`: the `id` of the last change you have; left out: from now on. It completes when no right is left."""
FIRST = 20  # rows of a page, unless asked otherwise
EACH_PAGE = {
    "first": f"Rows of a page, at most {LARGEST_PAGE}.",
    "after": "The `endCursor` of the page before; left out: from the beginning.",
    "where": "Only rows for which all of it holds.",
}
AFTER = "The `id` of the last change you have; left out: from now on."
EXPECTED = "The `version` you last read: if it is another by now, nothing is done."
Given = Mapping[str, tuple[Any, Any, str]]
"""Arguments by their names: type, default, and what they are."""


@strawberry.type(description="Where a page stands in its list (Relay cursor connections).")
class PageInfo:
    has_next_page: bool = strawberry.field(description="More follow.")
    has_previous_page: bool = strawberry.field(description="Whether `after` was given.")
    start_cursor: str | None = strawberry.field(description="Of the first row here.")
    end_cursor: str | None = strawberry.field(description="Of the last row here: goes into `after`.")


@strawberry.interface(description="A refusal the caller can act on; `code` is the same as in REST.")
class Problem:
    code: str = strawberry.field(description="Stable; see the error catalogue.")
    message: str = strawberry.field(description="What happened.")
    advice: str = strawberry.field(description="What to do about it.")


@strawberry.type(description="One thing that does not fit.")
class InputError:
    pointer: str | None = strawberry.field(description="Where: a JSON pointer into the input (RFC 6901).")
    parameter: str | None = strawberry.field(description="Which parameter.")
    detail: str = strawberry.field(description="What is wrong there.")


@dataclass(frozen=True)
class Types:
    node: Any
    connection: Any
    arguments: Given  # of a list


def build_schema() -> strawberry.Schema:
    # By name, and relations that a capability links later, too: the order of imports says nothing.
    types = {view: _types(view) for view in sorted(VIEWS.values(), key=lambda each: each.name)}
    records: dict[type[BaseModel], Any] = {}
    for view in types:  # only now, because relations go round in circles
        relations = sorted(view.relations.values(), key=lambda each: "" if each.embedded else each.name)
        _add_fields(types[view].node, (_relation(each, types[each.target]) for each in relations))
        _add_fields(types[view].node, (_derived(each, records) for each in view.derived.values()))
    query: Any = strawberry.type(type("Query", (), {}), description="What can be read.")
    _add_fields(query, (_relation(root, types[root.target]) for view in types for root in roots(view)))
    mutation: Any = strawberry.type(type("Mutation", (), {}), description="What can be done.")
    _add_fields(mutation, (_mutation(each, types, records) for _, each in sorted(OPERATIONS.items())))
    subscription: Any = strawberry.type(type("Subscription", (), {}), description="What can be followed.")
    after: Given = {"after": (str | None, None, AFTER)}
    _add_fields(subscription, [_field(_record(Change, records), CHANGES, after, "changes")])
    schema = strawberry.Schema(query, mutation, subscription, config=_CONFIG)
    for made in (_problems, _inputs, _enums):
        made.clear()
    return schema


def _types(view: View) -> Types:
    columns = {
        column.name: _field(_output(column.type, column.nullable, column.listed), column.description)
        for column in view.columns.values()
    }
    name = type_of(view)
    node: Any = _type(name, columns, view.description)
    edge_fields = {
        "cursor": _field(str, "Where the list goes on after this row."),
        "node": _field(node, "The row."),
    }
    edge: Any = _type(f"{name}Edge", edge_fields, f"A {name} in a list.")
    page = {
        "nodes": _field(list[node], "The rows."),
        "edges": _field(list[edge], "The rows with their cursors."),
        "page_info": _field(PageInfo, "Whether and where the list goes on."),
    }
    connection = _type(f"{name}Connection", page, f"A page of a list of {name} (Relay cursor connections).")
    return Types(node, connection, _list_arguments(view, name))


def _list_arguments(view: View, name: str) -> Given:
    ordered: Any = Enum(f"{name}Order", orders_of(view))  # type: ignore[misc]
    order: Any = strawberry.enum(ordered, description="By what a list is ordered, upwards or downwards.")
    _describe(order, {each.name: _ordered(each.value) for each in ordered})
    upwards = next(iter(ordered)).name
    needed = inspect.Parameter.empty
    arguments: dict[str, tuple[Any, Any, str]] = {}
    for number, said in (view.sought.numbers if view.sought else {}).items():
        arguments[number] = float, needed, said
    arguments["first"] = int, FIRST, EACH_PAGE["first"]
    arguments["after"] = str | None, None, EACH_PAGE["after"]
    arguments["order"] = order | None, None, f"By what. Left out: `{upwards}`."
    if view.filters:
        types = {each: _enum(view.type_of(each)) | None for each in view.filters}
        told = {each: strawberry.field(default=None, description=_narrowing(view, each)) for each in types}
        body = {"__annotations__": types, **told}
        where = strawberry.input(type(f"{name}Filter", (), body), description="Equal to, for each field that is given.")
        arguments["where"] = where | None, None, EACH_PAGE["where"]
    return arguments


def _ordered(order: str) -> str:
    """An order of `Arguments` in words."""
    return f"By `{camel(order.removeprefix('-'))}`, {'downwards' if order.startswith('-') else 'upwards'}."


def _narrowing(view: View, name: str) -> str:
    holds = view.holds(name)
    meaning = holds.said if holds else "Equal to"
    return f"{meaning}: {EVERYWHERE.get(name, name)}"


def _relation(relation: Relation, types: Types) -> Any:
    view, via = relation.target, relation.kind.via
    if isinstance(relation.kind, Many):
        return _field(types.connection, relation.description, types.arguments, relation.name)
    key = {view.key: (_enum(view.type_of(view.key)), inspect.Parameter.empty, which(view.noun))} if is_root(via) else {}
    return _field(types.node | None, relation.description, key, relation.name)


def _derived(derived: Derived, records: dict[type[BaseModel], Any]) -> Any:
    description = _about(derived.record)
    return _field(list[_record(derived.record, records)], description, {}, derived.name)  # type: ignore[misc]


def _record(record: type[BaseModel], made: dict[type[BaseModel], Any]) -> Any:
    """The type of a record that stands in no table."""
    if record not in made:
        shown = {}
        for name, info in record.model_fields.items():
            type_, nullable, listed = plain(info.annotation)
            inner = _record(type_, made) if issubclass(type_, BaseModel) else type_
            shown[name] = _field(_output(inner, nullable, listed), described(name, info))
        made[record] = _type(record.__name__, shown, _about(record))
    return made[record]


def _mutation(operation: Operation, types: Mapping[View, Types], records: dict[type[BaseModel], Any]) -> Any:
    success = types[operation.view].node if operation.view else _record(operation.answers, records)
    name = "".join(part.capitalize() for part in operation.name.split("_"))
    members = (success, *(_problem(error) for error in sorted(operation.raises, key=lambda error: error.code)))
    union: Any = Union[members]  # noqa: UP007
    outcome: Any = Annotated[union, strawberry.union(f"{name}Outcome", description="What came of it.")]
    arguments: dict[str, tuple[Any, Any, str]] = {}
    needed = inspect.Parameter.empty
    if operation.on is not None:
        arguments["id"] = UUID, needed, which(noun_of(operation.on.__name__))
    if operation.versioned:
        arguments["expected_version"] = int, needed, EXPECTED
    if operation.keyed:
        arguments["idempotency_key"] = str, needed, EVERYWHERE["idempotency_key"]
    if operation.command is not None:
        arguments["input"] = _input(operation.command), needed, _about(operation.command)
    return _field(outcome, operation.description, arguments, operation.name)


_problems: dict[type[DomainError], Any] = {}
_inputs: dict[type[BaseModel], Any] = {}


def _problem(error: type[DomainError]) -> Any:
    if error not in _problems:
        hints = get_type_hints(error)
        facts = {each.name: _fact(hints[each.name]) for each in fields(error)}
        told = {each: strawberry.field(description=EVERYWHERE[each]) for each in facts}
        body = {"__annotations__": facts, **told}
        _problems[error] = strawberry.type(type(error.__name__, (Problem,), body), description=error.title)
    return _problems[error]


def _fact(hint: Any) -> Any:
    if hint == list[dict[str, str]]:
        return list[InputError]
    return str if str in get_args(hint) and hint != list[str] else hint


def _input(command: type[BaseModel]) -> Any:
    if command not in _inputs:
        annotations: dict[str, Any] = {}
        defaults: dict[str, Any] = {}
        for name, info in command.model_fields.items():
            type_, _, listed = plain(info.annotation)
            given = _input(type_) if issubclass(type_, BaseModel) else _enum(str if type_ is Decimal else type_)
            given = list[given] if listed else given  # type: ignore[valid-type]
            annotations[name] = given if info.is_required() else given | None
            default = {} if info.is_required() else {"default": strawberry.UNSET}
            defaults[name] = strawberry.field(description=described(name, info), **default)
        ordered = sorted(annotations, key=lambda name: not command.model_fields[name].is_required())
        body = {"__annotations__": {name: annotations[name] for name in ordered}, **defaults}
        _inputs[command] = strawberry.input(type(f"{command.__name__}Input", (), body), description=_about(command))
    return _inputs[command]


def _output(type_: Any, nullable: bool, listed: bool) -> Any:
    shown = _enum(str if type_ is Decimal else type_)
    shown = list[shown] if listed else shown  # type: ignore[valid-type]
    return shown | None if nullable else shown


def _about(type_: type) -> str:
    return " ".join((type_.__doc__ or "").split())


_enums: dict[type[Enum], Any] = {}


def _enum(type_: Any) -> Any:
    if not (isinstance(type_, type) and issubclass(type_, Enum)):
        return type_
    if type_ not in _enums:
        _enums[type_] = strawberry.enum(type_, description=_about(type_))
        _describe(_enums[type_], meanings(type_))
    return _enums[type_]


def _describe(enum: Any, said: Mapping[str, str]) -> None:
    for member in enum.__strawberry_definition__.values:
        member.description = said[member.name]


def _field(type_: Any, description: str | None = None, arguments: Given | None = None, name: str = "") -> Any:
    resolver: Any = None if arguments is None else _accepting(arguments, name)
    return strawberry.field(resolver=resolver, graphql_type=type_, description=description)


def _accepting(arguments: Given, name: str) -> Any:
    """Strawberry reads a field's name and arguments off its resolver's signature."""

    def resolve(**given: Any) -> Any:
        raise AssertionError("queries are compiled, mutations performed: no resolver runs")

    parameters = (
        inspect.Parameter(each, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=_said(type_, said))
        for each, (type_, default, said) in arguments.items()
    )
    resolve.__signature__ = inspect.Signature(list(parameters))  # type: ignore[attr-defined]
    resolve.__name__ = name
    return resolve


def _said(type_: Any, said: str) -> Any:
    return Annotated[type_, strawberry.argument(description=said)]


def _type(name: str, described: Mapping[str, Any], description: str | None = None) -> Any:
    annotations = {each: field.type_annotation.annotation for each, field in described.items()}
    return strawberry.type(type(name, (), {"__annotations__": annotations, **described}), description=description)


def _add_fields(type_: Any, added: Iterable[Any]) -> None:
    type_.__strawberry_definition__.fields += list(added)


def _iso(value: Any) -> str:
    return value if isinstance(value, str) else str(value.isoformat())  # PostgreSQL has already written it


def _object(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value


_CONFIG = StrawberryConfig(
    scalar_map={
        UUID: strawberry.scalar(name="UUID", serialize=str, parse_value=READ["UUID"], description="RFC 9562."),
        date: strawberry.scalar(name="Date", serialize=_iso, parse_value=READ["Date"], description="ISO 8601."),
        datetime: strawberry.scalar(
            name="DateTime", serialize=_iso, parse_value=READ["DateTime"], description="RFC 3339, UTC."
        ),
        dict: strawberry.scalar(
            name="JSON", serialize=_object, parse_value=READ["JSON"], description="An object, as REST has it."
        ),
    },
)
