"""What each field of the schema reads, by the names that its type and it have there; and what it was called with."""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any

from pydantic import BaseModel

from service.api.changes import Change
from service.domain.act import OPERATIONS
from service.domain.selection import Cursor, Entry, Fact, Nested, Rows, Value
from service.domain.views import VIEWS, Arguments, Many, One, Relation, View, camel, plain

FACTS = [Fact("has_next_page"), Fact("has_previous_page"), Fact("start_cursor"), Fact("end_cursor")]


def reads_of(type_: str, field: str) -> Any:
    """What a field of a type reads; those of refusals read nothing."""
    return _reads()[type_][field]


@cache
def _reads() -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, Iterable[tuple[str, Any]]] = {
        "Query": [(root.name, root) for view in VIEWS.values() for root in roots(view)],
        "Mutation": OPERATIONS.items(),
        "Subscription": [("changes", Change)],
        "PageInfo": [(fact.name, fact) for fact in FACTS],
    }
    for view in VIEWS.values():
        name = type_of(view)
        columns = ((each.name, Value(each)) for each in view.columns.values())
        found[name] = [*columns, *view.relations.items(), *view.derived.items()]
        found[f"{name}Edge"] = [("cursor", Cursor()), ("node", Nested)]
        found[f"{name}Connection"] = [("nodes", Rows), ("edges", Rows), ("page_info", Nested)]
    for record in _records():
        found[record.__name__] = [(name, Entry(name)) for name in record.model_fields]
    return {type_: {camel(name): what for name, what in fields} for type_, fields in found.items()}


def type_of(view: View) -> str:
    """What a row of a view is called in the schema."""
    return f"{view.name}Node" if view.name in ("Query", "Mutation") else view.name


def roots(view: View) -> Iterator[Relation]:
    """The fields of `Query` that lead to a view."""
    name = view.name[0].lower() + view.name[1:]
    if view.plural:
        yield Relation(view.plural, view, Many(""), view.description, embedded=False)
        if view.single:
            yield Relation(name, view, One(""), view.description, embedded=False)
    elif view.sought:
        yield Relation(view.sought.root, view, Many(""), view.description, embedded=False)
    elif view.name == "Me":
        yield Relation(name, view, One("me"), view.description, embedded=False)


def is_root(via: Any) -> bool:
    return isinstance(via, str) and via == ""


@cache
def orders_of(view: View) -> Mapping[str, str]:
    """The orders of a list, as the schema and as `Arguments` name them."""
    ways = (("asc", ""), ("desc", "-"))
    return {f"{each}_{way}".upper(): f"{sign}{each}" for each in view.orders for way, sign in ways}


def arguments_of(view: View, given: Mapping[str, Any]) -> Arguments:
    """What a field was called with."""
    where, order = given.get("where") or {}, given.get("order")
    filled = {name: where.get(camel(name)) for name in view.filters}
    if view.key in given:
        filled[view.key] = given[view.key]
    filled = {name: each if each is None else member(view.type_of(name), each) for name, each in filled.items()}
    filled |= {name: given[name] for name in (view.sought.numbers if view.sought else ())}
    return Arguments(given.get("first", 1), given.get("after"), orders_of(view)[order] if order else None, filled)


def member(type_: Any, given: Any) -> Any:
    """Of an enum, the member of the name that was given; anything else as it is."""
    if given is None or not issubclass(type_, Enum):
        return given
    return [type_[each] for each in given] if isinstance(given, list) else type_[given]


def _records() -> Iterator[type[BaseModel]]:
    """Those that stand in no table, and those within them."""
    left: list[type[BaseModel]] = [Change]
    left += [each.record for view in VIEWS.values() for each in view.derived.values()]
    left += [each.answers for each in OPERATIONS.values() if each.view is None]
    while left:
        record = left.pop()
        yield record
        types = (plain(info.annotation)[0] for info in record.model_fields.values())
        left += [each for each in types if issubclass(each, BaseModel)]
