"""Valid queries over the whole schema, drawn at random."""

import json
from dataclasses import dataclass, field
from typing import Any

import graphql as gql
from hypothesis import strategies as st

DEPTH = 6
ODD_ALIASES = ("answer", "me", "actor", "token", "root_0", "row_1", "o_1", "n_1", "page_1", "page_cursor", "it", "data")


@dataclass
class Draft:
    """A query being drawn: fragments and variables gather while its selections are."""

    draw: Any
    schema: gql.GraphQLSchema
    values: dict[str, list[str]]  # what a String, a UUID or a cursor may be, most of it found in the data
    fragments: list[str] = field(default_factory=list)
    variables: dict[str, tuple[str, Any]] = field(default_factory=dict)
    aliases: int = 0

    def one_of(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def sometimes(self, times_in_ten: int = 3) -> bool:
        return bool(self.draw(st.integers(0, 9)) < times_in_ten)

    def document(self) -> tuple[str, dict[str, Any]]:
        assert self.schema.query_type
        selection = self.selection(self.schema.query_type, DEPTH)
        declared = ", ".join(f"${name}: {type_}" for name, (type_, _) in self.variables.items())
        given = {name: value for name, (_, value) in self.variables.items() if value is not Ellipsis}
        return "\n".join([f"query Q{f'({declared})' if declared else ''} {selection}", *self.fragments]), given

    def selection(self, type_: gql.GraphQLObjectType, depth: int) -> str:
        leaves = [name for name, each in type_.fields.items() if not is_object(each)]
        branches = [name for name in type_.fields if name not in leaves]
        # A page or an edge without a row in it says little, so what leads to rows is drawn more often.
        onward = [name for name in branches if name in ("nodes", "edges", "node", "pageInfo")] * 3
        onward += [name for name in branches if "first" in type_.fields[name].args] * 2
        parts = []
        for _ in range(self.draw(st.integers(1, 4))):
            name = self.one_of(*(leaves or branches), *(branches + onward if depth > 0 else ()), "__typename")
            if name in branches and depth <= 0:
                name = "__typename"
            parts += self.field(type_, name, depth)
        body = "{ " + " ".join(parts) + " }"
        if self.sometimes(1):
            name = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {type_.name} {body}")
            return f"{{ ...{name}{self.directive()} ...{name}{self.directive()} }}"
        if self.sometimes(2):
            condition = self.one_of("", f" on {type_.name}")
            return f"{{ __typename ...{condition}{self.directive()} {body} }}"
        return body

    def field(self, type_: gql.GraphQLObjectType, name: str, depth: int) -> list[str]:
        definition = type_.fields.get(name)
        arguments = self.arguments(definition) if definition else ""
        alias = ""
        if arguments or self.sometimes(2):
            self.aliases += 1
            alias = f"{self.one_of(f'a{self.aliases}', f'a{self.aliases}', *ODD_ALIASES)}: "
        head = f"{alias}{name}{arguments}{self.directive()}"
        if definition is None or not is_object(definition):
            return [head]
        target: Any = gql.get_named_type(definition.type)
        return [f"{head} {self.selection(target, depth - 1)}" for _ in range(2 if self.sometimes(2) else 1)]

    def directive(self) -> str:
        if not self.sometimes(1):
            return ""
        condition = self.value(self.schema.type_map["Boolean"], nullable=False)
        return f" @{self.one_of('skip', 'include')}(if: {condition})"

    def arguments(self, definition: gql.GraphQLField) -> str:
        given = [
            f"{name}: {self.value(argument.type, name, nullable=True)}"
            for name, argument in definition.args.items()
            if gql.is_required_argument(argument) or self.sometimes(4)
        ]
        return f"({', '.join(given)})" if given else ""

    def value(self, type_: Any, name: str = "", *, nullable: bool) -> str:
        """A literal, or a variable with or without a default, given or not."""
        if self.sometimes(3):
            default = self.one_of(None, self.python(type_, name))
            required = gql.is_non_null_type(type_) or not nullable
            value = self.python(type_, name)
            text = str(type_) + ("!" if required and not gql.is_non_null_type(type_) else "")
            if default is not None:
                text += f" = {self.literal(default, type_)}"
                value = self.one_of(value, Ellipsis)
            elif not required:
                value = self.one_of(value, None, Ellipsis)
            variable = f"v{len(self.variables)}"
            self.variables[variable] = (text, value)
            return f"${variable}"
        if nullable and not gql.is_non_null_type(type_) and self.sometimes(2):
            return "null"
        return self.literal(self.python(type_, name), type_)

    def python(self, type_: Any, name: str = "") -> Any:
        type_ = gql.get_nullable_type(type_)
        if isinstance(type_, gql.GraphQLEnumType):
            return self.one_of(*type_.values)
        if isinstance(type_, gql.GraphQLInputObjectType):
            chosen = [(n, each) for n, each in type_.fields.items() if self.sometimes(4)]
            return {n: self.one_of(None, *(self.python(each.type, n) for _ in range(2))) for n, each in chosen}
        if name == "first":
            return self.one_of(*[1, 2, 3, 4] * 20, 200, 0, 201)
        match type_.name:
            case "Boolean":
                return self.one_of(True, False)
            case "UUID":
                return self.one_of(*self.values["UUID"])
            case "Int":
                return self.one_of(0, 2026, 2**31 - 1, -1)
            case "Float":
                return self.one_of(11.617404, 48.065859, 11.5, 48.1, 11.577905, 48.277306, 200.0)
            case "Date":
                return self.one_of(*self.values["Date"])
            case "String":
                return self.one_of(*self.values["cursor" if name == "after" else "String"])
        raise AssertionError(type_)

    def literal(self, value: Any, type_: Any) -> str:
        type_ = gql.get_nullable_type(type_)
        if isinstance(type_, gql.GraphQLInputObjectType) and value is not None:
            return "{" + ", ".join(f"{n}: {self.literal(v, type_.fields[n].type)}" for n, v in value.items()) + "}"
        return str(value) if isinstance(type_, gql.GraphQLEnumType) and value is not None else json.dumps(value)


def is_object(definition: gql.GraphQLField) -> bool:
    return isinstance(gql.get_named_type(definition.type), gql.GraphQLObjectType)
