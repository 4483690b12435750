"""The schema as it is served: the types, and what each field reads. Of what Strawberry made them from, four fifths of
the memory that both take, nothing is asked for again."""

import typing
from collections.abc import Iterator
from typing import Any

import graphql as gql
import strawberry

READS = "reads"


def served(made: strawberry.Schema) -> gql.GraphQLSchema:
    types: Any = made._schema
    for type_ in types.type_map.values():
        _settle(type_)
        for field in _fields(type_):
            field.extensions = {READS: reads} if (reads := _reads(field)) is not None else {}
            for argument in getattr(field, "args", {}).values():
                argument.extensions = {}
            if isinstance(field, gql.GraphQLField) and not type_.name.startswith("__"):
                field.resolve = field.subscribe = None
    for each in (*types.type_map.values(), *types.directives, types):
        each.extensions = {}
    del types._strawberry_schema
    for forget in typing._cleanups:  # type: ignore[attr-defined]
        forget()  # the unions it was asked for, and so the classes in them
    return types  # type: ignore[no-any-return]


def reads_of(definition: gql.GraphQLField) -> Any:
    """What the field was declared to read."""
    return definition.extensions[READS]


def _settle(type_: Any) -> None:
    """What a type works out when first asked, it is asked for now, and keeps the answer instead of the way to it."""
    for name in ("fields", "interfaces", "types"):
        if hasattr(type_, f"_{name}"):
            setattr(type_, f"_{name}", getattr(type_, name))
    for name in ("is_type_of", "resolve_type"):
        if hasattr(type_, name):
            setattr(type_, name, None)


def _fields(type_: Any) -> Iterator[Any]:
    yield from getattr(type_, "fields", {}).values()


def _reads(field: Any) -> Any:
    definition = field.extensions.get("strawberry-definition")
    return definition.metadata.get(READS) if definition is not None else None
