"""A valid GraphQL document, as the tree of what to show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import graphql as gql

from service.api.graphql.beside import give_way
from service.api.graphql.bounds import MOST_NODES
from service.api.graphql.reads import arguments_of, is_root, reads_of
from service.domain.selection import Constant, Entries, Listing, Nested, Rows, Selection, Shape, Single, Site
from service.domain.views import Arguments, Derived, Many, Relation

Fields = dict[str, list[gql.FieldNode]]
MOST_RELATIONS = 150  # and rows and lists among them, which are sub-selects


class TooManyNodes(Exception):
    """The document unfolds into more than a statement can be written from."""


@dataclass(frozen=True)
class Document:
    text: str
    tokens: int
    parsed: gql.DocumentNode
    operation: gql.OperationDefinitionNode
    fragments: Mapping[str, gql.FragmentDefinitionNode]


@dataclass
class Translation:
    types: gql.GraphQLSchema
    document: Document
    variables: gql.VariableValues
    sites: list[tuple[Site, gql.GraphQLField, gql.FieldNode]] = field(default_factory=list)
    relations: int = 0
    nodes: int = 0  # counted while unfolding, so that a small document cannot unfold into a huge one first
    most: int = MOST_NODES

    def fields(self, type_: gql.GraphQLObjectType, sets: Iterable[gql.SelectionSetNode]) -> Fields:
        """What is selected of an object of this type, by response key."""
        fields: Fields = {}
        seen: set[str] = set()
        for selection_set in sets:
            self._collect(type_, selection_set, fields, seen)
        return fields

    def selection(self, type_: gql.GraphQLObjectType, sets: Iterable[gql.SelectionSetNode]) -> Selection:
        return {key: self._shape(type_, nodes) for key, nodes in self.fields(type_, sets).items()}

    def root(self, name: str, nodes: list[gql.FieldNode]) -> Shape:
        assert self.types.query_type is not None
        return self._shape(self.types.query_type, nodes)

    def _collect(
        self, type_: gql.GraphQLObjectType, within: gql.SelectionSetNode, fields: Fields, seen: set[str]
    ) -> None:
        for node in within.selections:
            self.nodes += 1
            give_way()
            if self.nodes > self.most:
                raise TooManyNodes
            if not self._included(node):
                continue
            if isinstance(node, gql.FieldNode):
                fields.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
            elif isinstance(node, gql.InlineFragmentNode):
                if self._applies(node.type_condition, type_):
                    self._collect(type_, node.selection_set, fields, seen)
            elif isinstance(node, gql.FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = self.document.fragments[node.name.value]
                if self._applies(fragment.type_condition, type_):
                    self._collect(type_, fragment.selection_set, fields, seen)

    def _applies(self, condition: gql.NamedTypeNode | None, type_: gql.GraphQLObjectType) -> bool:
        if condition is None or condition.name.value == type_.name:
            return True
        named = self.types.get_type(condition.name.value)
        return gql.is_abstract_type(named) and self.types.is_sub_type(named, type_)

    def _included(self, node: gql.SelectionNode) -> bool:
        skip = gql.get_directive_values(gql.GraphQLSkipDirective, node, self.variables)
        include = gql.get_directive_values(gql.GraphQLIncludeDirective, node, self.variables)
        return not (skip and skip["if"]) and (not include or include["if"])

    def _shape(self, parent: gql.GraphQLObjectType, nodes: list[gql.FieldNode]) -> Shape:
        name = nodes[0].name.value
        if name == "__typename":
            return Constant(parent.name)
        definition = parent.fields[name]
        reads = reads_of(parent.name, name)
        type_ = gql.get_named_type(definition.type)
        if not isinstance(type_, gql.GraphQLObjectType):
            return reads  # type: ignore[no-any-return]
        self.relations += isinstance(reads, Relation)
        if self.relations > MOST_RELATIONS:
            raise TooManyNodes
        show = self.selection(type_, (node.selection_set for node in nodes if node.selection_set))
        if reads in (Nested, Rows):
            return reads(show)  # type: ignore[no-any-return]
        if isinstance(reads, Derived):
            return Entries(reads, show)
        assert isinstance(reads, Relation), reads
        arguments = self._arguments(reads, definition, nodes[0])
        site: Site
        if isinstance(reads.kind, Many):
            site = Listing(reads.target, show, arguments, None if is_root(reads.kind.via) else reads.kind)
        else:
            site = Single(reads.target, show, None if is_root(reads.kind.via) else reads.kind, arguments)
        if any(_varies(each.value) for each in nodes[0].arguments or ()):
            self.sites.append((site, definition, nodes[0]))
        return site

    def _arguments(self, reads: Relation, definition: gql.GraphQLField, node: gql.FieldNode) -> Arguments:
        return arguments_of(reads.target, gql.get_argument_values(definition, node, self.variables))


def _varies(value: gql.ValueNode) -> bool:
    """Whether a variable goes into it: what does not is the same in each request."""
    match value:
        case gql.VariableNode():
            return True
        case gql.ListValueNode():
            return any(map(_varies, value.values))
        case gql.ObjectValueNode():
            return any(_varies(each.value) for each in value.fields)
    return False


def given(
    sites: Iterable[tuple[Site, gql.GraphQLField, gql.FieldNode]], variables: gql.VariableValues
) -> dict[Site, Arguments]:
    """The arguments of this request, at each place where a plan made for another request of the same shape has some."""
    return {
        site: arguments_of(site.view, gql.get_argument_values(definition, node, variables))
        for site, definition, node in sites
    }
