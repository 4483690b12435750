"""Whether fields of one name can be one field (GraphQL, 5.3.2), at a price that grows with the document.

The rule of graphql-core compares each two fields of a name: some hundred times the same field, six kilobytes, keep it
busy for seconds. Here fields are gathered by name first, as they are when they are answered, and each name is looked
at once: they must be of one shape, and where they can be of one object also the same field with the same arguments."""

from collections.abc import Iterable
from typing import NamedTuple

import graphql as gql
from graphql.utilities.sort_value_node import sort_value_node
from graphql.validation import OverlappingFieldsCanBeMergedRule, ValidationRule, specified_rules

from service.api.graphql.beside import give_way
from service.api.graphql.bounds import DEEPEST, MOST_NODES
from service.api.graphql.translation import TooManyNodes


class Selected(NamedTuple):
    """A field where it stands: of which type it is selected, and what the schema says of it."""

    parent: gql.GraphQLNamedType | None
    node: gql.FieldNode
    type: gql.GraphQLOutputType | None

    @property
    def within(self) -> tuple[gql.GraphQLNamedType | None, gql.SelectionSetNode] | None:
        below = self.node.selection_set
        return (gql.get_named_type(self.type) if self.type else None, below) if below else None


Sets = Iterable[tuple[gql.GraphQLNamedType | None, gql.SelectionSetNode]]


class FieldsCanBeMerged(ValidationRule):
    unfolded = 0  # fields looked at, so that a small document cannot unfold into a huge one

    def enter_operation_definition(self, node: gql.OperationDefinitionNode, *_: object) -> None:
        """Every fragment is used by an operation; another rule sees to that."""
        root = self.context.schema.get_root_type(node.operation)
        self._check([(root, node.selection_set)], of_one=True, depth=0)

    def _check(self, sets: Sets, *, of_one: bool, depth: int) -> None:
        """`of_one`: the sets can be of one object, so that fields of one name would be answered as one."""
        if depth > DEEPEST:  # in a circle, which another rule refuses
            return
        for name, fields in self._by_name(sets).items():
            self._same_shape(name, fields)
            parts = _parts(fields) if of_one else []
            for part in parts:
                self._same_field(name, part)
            whole = len(parts) == 1 and len(parts[0]) == len(fields)
            self._check(_below(fields), of_one=whole, depth=depth + 1)
            for part in () if whole else parts:
                self._check(_below(part), of_one=True, depth=depth + 1)

    def _by_name(self, sets: Sets) -> dict[str, list[Selected]]:
        """As they are answered: by response name, through fragments, each spread once."""
        found: dict[str, list[Selected]] = {}
        seen: set[str] = set()
        left = list(sets)[::-1]
        while left:
            parent, within = left.pop()
            for node in within.selections:
                self.unfolded += 1
                give_way()
                if self.unfolded > 2 * MOST_NODES:  # each is looked at for its shape and for what it is
                    raise TooManyNodes
                if isinstance(node, gql.FieldNode):
                    name = node.alias.value if node.alias else node.name.value
                    found.setdefault(name, []).append(Selected(parent, node, self._type_of(parent, node)))
                elif isinstance(node, gql.InlineFragmentNode):
                    left.append((self._narrowed(parent, node.type_condition), node.selection_set))
                elif isinstance(node, gql.FragmentSpreadNode) and node.name.value not in seen:
                    seen.add(node.name.value)
                    fragment = self.context.get_fragment(node.name.value)
                    if fragment is not None:
                        left.append((self._narrowed(parent, fragment.type_condition), fragment.selection_set))
        return found

    def _type_of(self, parent: gql.GraphQLNamedType | None, node: gql.FieldNode) -> gql.GraphQLOutputType | None:
        if not gql.is_composite_type(parent):
            return None
        field = self.context.schema.get_field(parent, node.name.value)
        return field.type if field else None

    def _narrowed(
        self, parent: gql.GraphQLNamedType | None, condition: gql.NamedTypeNode | None
    ) -> gql.GraphQLNamedType | None:
        return self.context.schema.get_type(condition.name.value) if condition else parent

    def _same_shape(self, name: str, fields: list[Selected]) -> None:
        first = next((each for each in fields if each.type is not None), fields[0])
        for each in fields:
            if each.type is not None and _shape(each.type) != _shape(first.type):
                self._refuse(name, f"they return conflicting types '{first.type}' and '{each.type}'", first, each)

    def _same_field(self, name: str, fields: list[Selected]) -> None:
        first, said = fields[0], _arguments(fields[0].node)
        for each in fields[1:]:
            one, other = first.node.name.value, each.node.name.value
            if one != other:
                self._refuse(name, f"'{one}' and '{other}' are different fields", first, each)
            elif said != _arguments(each.node):
                self._refuse(name, "they have differing arguments", first, each)

    def _refuse(self, name: str, why: str, *fields: Selected) -> None:
        advice = "Use different aliases on the fields to fetch both if this was intentional."
        message = f"Fields '{name}' conflict because {why}. {advice}"
        self.report_error(gql.GraphQLError(message, [each.node for each in fields]))


def _below(fields: list[Selected]) -> Sets:
    return [each.within for each in fields if each.within is not None]


def _parts(fields: list[Selected]) -> list[list[Selected]]:
    """Those that can be of one object: of each object type, with those of interfaces and unions."""
    objects = dict.fromkeys(each.parent for each in fields if gql.is_object_type(each.parent))
    if len(objects) < 2:
        return [fields]
    return [[each for each in fields if not gql.is_object_type(each.parent) or each.parent is one] for one in objects]


def _shape(type_: gql.GraphQLOutputType | None) -> str:
    """How it is written: lists and non-null as declared; of what has fields, only that it has."""
    named = gql.get_named_type(type_)
    return str(type_) if gql.is_leaf_type(named) else str(type_).replace(str(named), "{}")


def _arguments(node: gql.FieldNode) -> dict[str, str]:
    return {each.name.value: gql.print_ast(sort_value_node(each.value)) for each in node.arguments or ()}


RULES = tuple(FieldsCanBeMerged if each is OverlappingFieldsCanBeMergedRule else each for each in specified_rules)
