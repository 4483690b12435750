"""A GraphQL query becomes one SQL statement whose JSON is the answer. There is no second way."""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import graphql as gql
import orjson

from service.api.graphql.beside import Beside, GivesWay, parsed
from service.api.graphql.bounds import MOST_NODES, MOST_ROOTS, MOST_TOKENS, TooLarge, check_text, check_tree
from service.api.graphql.merging import RULES
from service.api.graphql.schema import Name
from service.api.graphql.translation import Document, TooManyNodes, Translation, given
from service.api.recent import Recent
from service.domain.desk import Desk
from service.domain.errors import DomainError, Kind
from service.domain.plan import Plan
from service.domain.reading import Statement
from service.domain.selection import Face, Selection, Site, cost
from service.domain.values import Language

T = TypeVar("T")

COSTLIEST = 50_000  # rows one request may ask for
LONGEST_KEY = 63  # bytes; PostgreSQL cuts longer names
MOST_ERRORS = 20  # told of one document; looking for more costs more than they are worth
MOST_DESCRIBED = 3  # of the schema's own fields
MOST_LISTED = 12  # lists within them; the query that every tool sends has nine
LISTED = frozenset(
    {"types", "directives", "fields", "args", "inputFields", "enumValues", "interfaces", "possibleTypes"}
)
# What graphql-core quotes of the request: an input can be somebody's words.
_QUOTED = re.compile(
    r",? but encountered error .*|[;,] found: .*|(?<=Value) '.*'(?= does not exist)|(?<=value): ['\"\d\[{-].*",
    re.DOTALL,
)
_ENUM = re.compile(r"(?:does not exist in|Enum) '(\w+)'")  # which one, in the same messages


class Refused(Exception):
    """A request that is not executed at all, with the errors of its answer."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        self.errors = errors


@dataclass(eq=False)
class TooCostly(DomainError):
    kind, code, title = Kind.INVALID, "too-costly", "This query could ask for more than one request may."
    advice = "Ask for smaller pages (`first`), fewer lists inside lists, or less depth."
    cost: int
    allowed: int


@dataclass(eq=False)
class InvalidDocument(DomainError):
    kind, code, title = Kind.INVALID, "invalid-document", "This is no valid query of the schema."
    advice = "`message` and `locations` say what and where; the schema is in openapi/schema.graphql and on /graphiql."


@dataclass(eq=False)
class SchemaClosed(DomainError):
    kind, code, title = Kind.INVALID, "introspection-off", "Sign in to see the schema."
    advice = "Send a token, or read openapi/schema.graphql."


@dataclass(eq=False)
class OverAnotherWay(DomainError):
    kind, code, title = Kind.INVALID, "over-another-way", "This kind of operation does not go this way."
    advice = "Subscriptions go over a WebSocket at /graphql (graphql-transport-ws), all else over POST /graphql."


@dataclass(frozen=True)
class Prepared:
    """A document with its variables' shape: its plan, and where the variables go."""

    plan: Plan | None
    sites: tuple[tuple[Site, gql.GraphQLField, gql.FieldNode], ...]
    keys: tuple[str, ...]
    described: Mapping[str, list[gql.FieldNode]]  # the schema's own fields (introspection)


class Compiler:
    def __init__(self, types: gql.GraphQLSchema) -> None:
        self.types = types
        self.documents: Recent[Document] = Recent(40_000_000)  # bytes, about
        self.prepared: Recent[Prepared] = Recent(20_000_000)
        self.descriptions: Recent[bytes] = Recent(10_000_000)  # of the schema; a tool asks for all of it
        self.beside = Beside()

    async def read(self, text: str, name: str | None, login: str | None = None) -> Document:
        """The document, for which nobody else has to wait."""
        key = text, name
        return await self.beside.kept(login, self.documents, key, lambda: self.document(text, name, login), weight_of)

    def variables(self, document: Document, values: dict[str, Any], login: str | None = None) -> gql.VariableValues:
        defined = document.operation.variable_definitions or ()
        coerced = gql.get_variable_values(self.types, defined, values, MOST_ERRORS, hide_suggestions=True)
        if isinstance(coerced, list):
            raise Refused([_described(error, "invalid-input", self.types if login else None) for error in coerced])
        return coerced

    async def query(
        self, desk: Desk, document: Document, values: dict[str, Any], language: Language, *, introspection: bool
    ) -> bytes:
        variables = self.variables(document, values, desk.login)
        prepared = await self.planned(desk.login, document, variables, language, introspection=introspection)
        body = b"{}"
        if prepared.plan is not None:
            body = (await desk.read(prepared.plan, given(prepared.sites, variables))).body
        if prepared.described:
            described = await self._description(desk.login, document, values, prepared)
            body = described if prepared.plan is None else _together(prepared.keys, body, described)
        return b'{"data":' + body + b"}"

    async def planned(
        self,
        login: str | None,
        document: Document,
        variables: gql.VariableValues,
        language: Language,
        *,
        introspection: bool,
    ) -> Prepared:
        def prepare() -> Prepared:
            made = self._prepare(document, variables, language)
            if made.described and not introspection:
                raise SchemaClosed  # before it is kept
            return made

        def weigh(made: Prepared) -> int:
            return weight_of_plans(document, [made.plan]) + (weight_of(document) if made.described else 0)

        name = document.operation.name and document.operation.name.value
        key = document.text, name, language, shape_of(variables.coerced)
        prepared = await self.beside.kept(login, self.prepared, key, prepare, weigh)
        if prepared.described and not introspection:  # kept for somebody who may
            raise SchemaClosed
        return prepared

    def document(self, text: str, name: str | None, login: str | None = None) -> Document:
        """The one operation to run, if it is valid. Whoever sends no login is told nothing of the schema."""
        tokens = _bounded(lambda: check_text(text))
        try:
            tree = parsed(text, MOST_TOKENS)
            _bounded(lambda: check_tree(tree))
        except gql.GraphQLError as error:
            raise Refused([_described(error, "malformed")]) from error
        except RecursionError as error:
            raise Refused([_told("The document is too deep.", "malformed")]) from error
        rules = (*RULES, GivesWay)
        errors = unfolded(lambda: gql.validate(self.types, tree, rules, MOST_ERRORS, hide_suggestions=True))
        if errors:
            raise Refused([_described(error, "invalid-document", self.types if login else None) for error in errors])
        operation = gql.get_operation_ast(tree, name)
        if operation is None:
            message = "Name one of the document's operations in operationName."
            raise Refused([_told(message, "invalid-document")])
        fragments = (node for node in tree.definitions if isinstance(node, gql.FragmentDefinitionNode))
        return Document(text, tokens, tree, operation, {node.name.value: node for node in fragments})

    def _prepare(self, document: Document, variables: gql.VariableValues, language: Language) -> Prepared:
        assert self.types.query_type is not None
        root = self.types.query_type
        translation = Translation(self.types, document, variables)
        fields = unfolded(lambda: translation.fields(root, [document.operation.selection_set]))
        described = {key: nodes for key, nodes in fields.items() if nodes[0].name.value in ("__schema", "__type")}
        asked = {key: nodes for key, nodes in fields.items() if key not in described}
        show = unfolded(lambda: {key: translation.root(key, nodes) for key, nodes in asked.items()})
        if len(described) > MOST_DESCRIBED:
            raise TooCostly(cost=len(described), allowed=MOST_DESCRIBED)
        nodes = (node for nodes in described.values() for node in nodes)
        if (listed := _listed(nodes, document.fragments, {})) > MOST_LISTED:
            raise TooCostly(cost=listed, allowed=MOST_LISTED)
        check(show)
        sites = tuple(translation.sites)
        plan = Statement(Face.GRAPHQL, language).plan(show) if show else None
        return Prepared(plan, sites, tuple(fields), described)

    async def _description(
        self, login: str | None, document: Document, values: dict[str, Any], prepared: Prepared
    ) -> bytes:
        """The schema's own fields are answered by graphql-core."""
        asked = gql.OperationDefinitionNode(
            operation=gql.OperationType.QUERY,
            name=document.operation.name,
            variable_definitions=document.operation.variable_definitions,
            directives=(),
            selection_set=gql.SelectionSetNode(
                selections=tuple(n for nodes in prepared.described.values() for n in nodes)
            ),
        )
        only = gql.DocumentNode(definitions=(asked, *document.fragments.values()))
        defined = document.operation.variable_definitions or ()
        names = (definition.variable.name.value for definition in defined)
        sent = orjson.dumps({name: values[name] for name in names if name in values}).decode()
        key = document.text, asked.name and asked.name.value, sent

        def describe() -> bytes:
            said = orjson.dumps(gql.execute_sync(self.types, only, variable_values=values).data or {})
            return bytes(memoryview(said))  # without the kilobytes that orjson leaves behind what it has written

        def weigh(made: bytes) -> int:
            return 1_000 + sys.getsizeof(document.text) + len(made) + sys.getsizeof(sent)

        return await self.beside.kept(login, self.descriptions, key, describe, weigh)


def weight_of(document: Document) -> int:
    """Bytes that a document takes, measured: its tree, and its text, of which literals in the tree are copies."""
    return 20_000 + 2 * sys.getsizeof(document.text) + 500 * document.tokens


def weight_of_plans(document: Document, plans: Iterable[Plan | None]) -> int:
    """Bytes that its plans take, measured: each about four times its statement, and the text and the names in it, of
    which there are copies. Where variables go into it, what they go into is kept of the tree."""
    each = 500 if document.operation.variable_definitions else 100
    statements = sum(4 * sys.getsizeof(plan.sql) for plan in plans if plan)
    return 5_000 + 2 * sys.getsizeof(document.text) + each * document.tokens + statements


def _together(keys: Iterable[str], body: bytes, described: bytes) -> bytes:
    """What PostgreSQL wrote, and what is told of the schema, in the order in which both were asked for."""
    members = orjson.loads(body) | orjson.loads(described)
    return orjson.dumps({key: members[key] for key in keys})


def unfolded(unfold: Callable[[], T]) -> T:
    """A document, followed through its fragments; refused if that goes too far, or an argument does not fit."""
    try:
        return unfold()
    except gql.GraphQLError as error:
        raise Refused([_described(error, "invalid-input")]) from error
    except TooManyNodes:
        raise TooCostly(cost=MOST_NODES + 1, allowed=MOST_NODES) from None


def check(show: Selection) -> None:
    """What is refused before any SQL."""
    asked = cost(show)
    if asked > COSTLIEST:
        raise TooCostly(cost=asked, allowed=COSTLIEST)
    if len(show) > MOST_ROOTS:
        raise Refused([_told(f"At most {MOST_ROOTS} fields at the root.", "too-costly")])
    _check_keys(show)


def _check_keys(show: Selection) -> None:
    for key, shape in show.items():
        if len(key.encode()) > LONGEST_KEY:
            message = f"An alias has at most {LONGEST_KEY} characters."
            raise Refused([_told(message, "invalid-document")])
        if hasattr(shape, "show"):
            _check_keys(shape.show)


def _listed(
    nodes: Iterable[gql.SelectionNode], fragments: Mapping[str, gql.FragmentDefinitionNode], known: dict[str, int]
) -> int:
    """Lists of the schema's own that are asked for, however they are spelled; `known`: of each fragment."""
    total = 0
    for node in nodes:
        if isinstance(node, gql.FragmentSpreadNode):
            name = node.name.value
            if name not in known:
                known[name] = _listed(fragments[name].selection_set.selections, fragments, known)
            total += known[name]
            continue
        total += isinstance(node, gql.FieldNode) and node.name.value in LISTED
        if isinstance(node, gql.FieldNode | gql.InlineFragmentNode) and node.selection_set:
            total += _listed(node.selection_set.selections, fragments, known)
    return total


def _bounded(check: Callable[[], T]) -> T:
    try:
        return check()
    except TooLarge as error:
        raise Refused([_told(error.reason, error.code)]) from None


def _told(message: str, code: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code, "type": f"/problems/{code}"}}


def _described(error: gql.GraphQLError, code: str, types: gql.GraphQLSchema | None = None) -> dict[str, Any]:
    """`types`: where something is no member of an enum, its members are named."""
    message = _QUOTED.sub("", error.message)
    if types is not None and (found := _ENUM.search(message)):
        enum: Any = types.type_map[found[1]]
        message = f"{message.rstrip('.')}. There are: {', '.join(enum.values)}."
    shown: dict[str, Any] = {
        "message": message,
        "extensions": {"code": code, "type": f"/problems/{code}"},
    }
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    return shown


def shape_of(value: Any) -> Any:
    """What of a variable's value a plan depends on: all of a small value, of others only that they are there."""
    if isinstance(value, Mapping):
        return tuple((name, shape_of(part)) for name, part in value.items())
    if isinstance(value, list):
        return "list"
    if value is None or isinstance(value, bool | int | Name):
        return value
    return str(type(value))
