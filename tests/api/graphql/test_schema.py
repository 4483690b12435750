"""What is served is the committed schema; and the code knows what each of its fields reads."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import graphql as gql

import service.api.app  # noqa: F401 (everything declared)
from service.api.graphql.reads import reads_of
from service.api.graphql.schema import served
from service.api.graphql.types import build_schema
from service.domain.views import name_of


@cache
def made() -> gql.GraphQLSchema:
    types: gql.GraphQLSchema = build_schema()._schema
    return types


def test_what_is_served_says_of_itself_what_strawberry_says_of_what_it_makes() -> None:
    assert described(served()) == described(made())


def test_everything_in_it_is_described() -> None:
    types = [each for each in described(served())["__schema"]["types"] if not each["name"].startswith("__")]
    told = [each for each in parts(types) if "description" in each]
    assert len(told) > 9_000, "types, fields, arguments, members of enums"
    assert [each["name"] for each in told if not (each["description"] or "").strip()] == []


def parts(of: Any) -> Iterator[dict[str, Any]]:
    if isinstance(of, dict):
        yield of
    for each in of.values() if isinstance(of, dict) else of if isinstance(of, list) else ():
        yield from parts(each)


def test_every_field_of_what_can_be_asked_for_reads_something() -> None:
    types = served().type_map
    refusal = types["Problem"]
    for type_ in types.values():
        known = gql.is_introspection_type(type_) or type_.name == "InputError"
        if isinstance(type_, gql.GraphQLObjectType) and not known and refusal not in type_.interfaces:
            assert all(reads_of(type_.name, field) is not None for field in type_.fields), type_


def test_a_member_of_an_enum_is_called_as_its_value() -> None:
    """So that what the database has, or an operation says, is named without asking the schema."""
    for type_ in made().type_map.values():
        orders = type_.name.endswith("Order")  # which are asked for, and never told
        if isinstance(type_, gql.GraphQLEnumType) and not orders and not gql.is_introspection_type(type_):
            assert all(name == name_of(str(each.value)) for name, each in type_.values.items()), type_


def described(types: gql.GraphQLSchema) -> Any:
    return _in_order(gql.introspection_from_schema(types, input_value_deprecation=True))


def _in_order(told: Any) -> Any:
    """Types come in another order; and whether one of its fields is enough, Strawberry says of more than inputs."""
    if isinstance(told, dict):
        return {name: _in_order(value) for name, value in told.items() if name != "isOneOf"}
    if isinstance(told, list):
        parts = [_in_order(each) for each in told]
        return sorted(parts, key=lambda each: each["name"] or "") if parts and "name" in parts[0] else parts
    return told
