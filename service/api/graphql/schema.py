"""The schema as it is served: as it is committed. Every check holds that against what Strawberry makes of views and
operations (`types.py`), which takes seconds, and six times the memory of the schema, most of it never given back."""

import re
import sys
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import graphql as gql

from service.api.graphql.beside import parsed

CONTRACT = Path(__file__).resolve().parents[3] / "openapi" / "schema.graphql"
READ: dict[str, Callable[[Any], Any]] = {  # how what somebody sends is read, by its scalar
    "UUID": UUID,
    "Date": date.fromisoformat,
    "DateTime": datetime.fromisoformat,
    "JSON": dict,
}
_BETWEEN = re.compile(r"\n\n(?=\S)")
_HEAD = re.compile(r'(?s:""".*?"""\n)?(\w+) (\w+)')


class Name(str):
    """That of a member of an enum, where an argument or an input has it."""

    __slots__ = ()


def served() -> gql.GraphQLSchema:
    types = _Types(CONTRACT.read_text()).types
    roots: Any = {name: types[name.capitalize()] for name in ("query", "mutation", "subscription")}
    others = [each for name, each in types.items() if name not in gql.specified_scalar_types]
    return gql.GraphQLSchema(**roots, types=others, assume_valid=True)  # it was, when it was made


class _Types:
    """Read one by one: what is left of the text's tree is the types alone."""

    def __init__(self, text: str) -> None:
        self.types: dict[str, Any] = dict(gql.specified_scalar_types)
        self._fields: dict[str, dict[str, Any]] = {}  # until the type asks for them
        self._members: dict[str, list[Any]] = {}
        self._wrapped: dict[tuple[Any, Any], Any] = {}
        parts = {}
        for part in _BETWEEN.split(text):
            head = _HEAD.match(part)
            assert head is not None, part
            parts[head[2]] = part
            self.types[head[2]] = self._begun(*head.groups())
        while parts:  # each is forgotten when it is read
            name, part = parts.popitem()
            self._read(name, parsed(part, places=False).definitions[0])

    def _begun(self, kind: str, name: str) -> Any:
        """Without what is in it: types go round in circles."""

        def fields() -> Any:
            return self._fields.pop(name)

        def members() -> Any:
            return self._members.pop(name)

        match kind:
            case "type":
                return gql.GraphQLObjectType(name, fields, members)
            case "interface":
                return gql.GraphQLInterfaceType(name, fields, members)
            case "union":
                return gql.GraphQLUnionType(name, members)
            case "input":
                return gql.GraphQLInputObjectType(name, fields)
            case "enum":
                return gql.GraphQLEnumType(name, fields)
            case "scalar":
                return gql.GraphQLScalarType(name, parse_value=READ[name])
        raise TypeError(kind)

    def _read(self, name: str, node: Any) -> None:
        self.types[name].description = _said(node)
        match node:
            case gql.ObjectTypeDefinitionNode() | gql.InterfaceTypeDefinitionNode():
                self._fields[name] = {_name(each): self._field(each) for each in node.fields or ()}
                self._members[name] = self._named(node.interfaces)
            case gql.UnionTypeDefinitionNode():
                self._members[name] = self._named(node.types)
            case gql.InputObjectTypeDefinitionNode():
                self._fields[name] = self._inputs(gql.GraphQLInputField, node.fields)
            case gql.EnumTypeDefinitionNode():
                self._fields[name] = {
                    _name(each): gql.GraphQLEnumValue(Name(_name(each)), _said(each)) for each in node.values or ()
                }

    def _field(self, node: Any) -> gql.GraphQLField:
        arguments = self._inputs(gql.GraphQLArgument, node.arguments)
        return gql.GraphQLField(self._type(node.type), arguments, description=_said(node))

    def _inputs(self, kind: Any, nodes: Iterable[Any] | None) -> dict[str, Any]:
        return {
            _name(each): kind(
                self._type(each.type),
                description=_said(each),
                default=gql.GraphQLDefaultInput(literal=each.default_value) if each.default_value else None,
            )
            for each in nodes or ()
        }

    def _named(self, nodes: Iterable[Any] | None) -> list[Any]:
        return [self.types[_name(each)] for each in nodes or ()]

    def _type(self, node: Any) -> Any:
        kind = {"list_type": gql.GraphQLList, "non_null_type": gql.GraphQLNonNull}.get(node.kind)
        if kind is None:
            return self.types[_name(node)]
        inner = self._type(node.type)
        return self._wrapped.setdefault((kind, inner), kind(inner))


def _name(node: Any) -> str:
    return sys.intern(node.name.value)


def _said(node: Any) -> str | None:
    """The same is said of many: it is kept once."""
    return sys.intern(node.description.value) if node.description else None
