"""A GraphQL mutation performs operations, one after the other, each in a transaction of its own. What it selects of
the row is compiled and read in that transaction; a refusal is a member of the operation's outcome."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import graphql as gql
import orjson
from pydantic import BaseModel, ValidationError

from service.api.body import errors_of, key_given
from service.api.graphql.bounds import MOST_UNFOLDED
from service.api.graphql.compiler import Compiler, check, shape_of, unfolded, weight_of_plans
from service.api.graphql.reads import member, reads_of
from service.api.graphql.translation import Document, Fields, Translation, given
from service.api.recent import Recent
from service.domain.act import Command, Operation
from service.domain.desk import Desk, Show
from service.domain.errors import DomainError, InvalidInput
from service.domain.reading import Statement
from service.domain.selection import Face, Single, Site
from service.domain.values import Language
from service.domain.views import ONE, camel, name_of, plain

MOST_OPERATIONS = 10
Sites = tuple[tuple[Site, gql.GraphQLField, gql.FieldNode], ...]
Shown = tuple[Show | None, Sites]
IT = "it"


class Performer:
    def __init__(self, compiler: Compiler) -> None:
        self.compiler, self.types = compiler, compiler.types
        self.shows: Recent[Mapping[str, Shown]] = Recent(20_000_000)  # bytes, about

    async def mutate(self, desk: Desk, document: Document, values: dict[str, Any], language: Language) -> bytes:
        variables = self.compiler.variables(document, values, desk.login)
        assert self.types.mutation_type is not None
        translation = Translation(self.types, document, variables)
        root = self.types.mutation_type
        fields = unfolded(lambda: translation.fields(root, [document.operation.selection_set]))
        if len(fields) > MOST_OPERATIONS:
            raise InvalidInput(errors=[{"pointer": "#", "detail": f"at most {MOST_OPERATIONS} operations at once"}])
        shown = await self._shown(desk, translation, fields, language)  # what cannot be is refused before all is done
        members = []
        for key, nodes in fields.items():
            members.append(orjson.dumps(key) + b":" + await self._performed(desk, translation, nodes, shown[key]))
        return b'{"data":{' + b",".join(members) + b"}}"

    async def _shown(
        self, desk: Desk, translation: Translation, fields: Fields, language: Language
    ) -> Mapping[str, Shown]:
        """What is to be shown of the row that each leaves."""
        document = translation.document
        name = document.operation.name and document.operation.name.value
        known = document.text, name, language, shape_of(translation.variables.coerced)

        def show() -> Mapping[str, Shown]:
            return {key: self._show(translation, nodes, language) for key, nodes in fields.items()}

        def weigh(made: Mapping[str, Shown]) -> int:
            return weight_of_plans(document, [shown.plan for shown, _ in made.values() if shown])

        return await self.compiler.beside.kept(desk.login, self.shows, known, show, weigh)

    async def _performed(
        self,
        desk: Desk,
        translation: Translation,
        nodes: list[gql.FieldNode],
        shown: Shown,
    ) -> bytes:
        mutation = self.types.mutation_type
        assert mutation is not None
        if nodes[0].name.value == "__typename":
            return orjson.dumps(mutation.name)
        definition = mutation.fields[nodes[0].name.value]
        operation: Operation = reads_of(mutation.name, nodes[0].name.value)
        sets = [node.selection_set for node in nodes if node.selection_set]
        arguments = gql.get_argument_values(definition, nodes[0], translation.variables)
        # What is told of it afterwards is bounded by the document: once it is done, nothing is refused any more.
        telling = Translation(self.types, translation.document, translation.variables, most=MOST_UNFOLDED)
        show, sites = shown
        try:
            done = await desk.perform(
                operation,
                command_of(operation, arguments.get("input")),
                on=arguments.get("id"),
                versions=(arguments["expectedVersion"],) if operation.versioned else None,
                key=key_given(arguments.get("idempotencyKey")),
                show=replace(show, given=given(sites, translation.variables)) if show else None,
            )
        except DomainError as error:
            return orjson.dumps(self._refusal(telling, error, sets))
        if done.record is not None:
            success = self._member(definition, type(done.record).__name__)
            return orjson.dumps(self.picked(telling, success, sets, done.record))
        return done.answer.body[len(IT) + 4 : -1] if done.answer else b"{}"

    def _show(self, translation: Translation, nodes: list[gql.FieldNode], language: Language) -> Shown:
        assert self.types.mutation_type is not None
        if nodes[0].name.value == "__typename":
            return None, ()
        definition = self.types.mutation_type.fields[nodes[0].name.value]
        operation: Operation = reads_of(self.types.mutation_type.name, nodes[0].name.value)
        view = operation.view
        if view is None:
            return None, ()
        sets = [node.selection_set for node in nodes if node.selection_set]
        inner = Translation(self.types, translation.document, translation.variables)
        selection = unfolded(lambda: inner.selection(self._member(definition, view.name), sets))
        if not selection:
            return None, ()
        site: Site = Single(view, selection, arguments=ONE.narrowed(**{view.key: ANY}))
        check({IT: site})
        plan = Statement(Face.GRAPHQL, language, audited=False).plan({IT: site})
        return Show(plan, site), tuple(inner.sites)

    def _member(self, definition: gql.GraphQLField, name: str) -> gql.GraphQLObjectType:
        outcome = gql.get_named_type(definition.type)
        assert isinstance(outcome, gql.GraphQLUnionType)
        found: gql.GraphQLObjectType = next(type_ for type_ in outcome.types if type_.name == name)
        return found

    def _refusal(self, translation: Translation, error: DomainError, sets: list[gql.SelectionSetNode]) -> Any:
        type_ = self.types.get_type(type(error).__name__)
        assert isinstance(type_, gql.GraphQLObjectType)
        facts = error.facts | {"code": error.code, "message": error.title, "advice": error.advice}
        return self.picked(translation, type_, sets, facts)

    def picked(
        self, translation: Translation, type_: gql.GraphQLObjectType, sets: Iterable[gql.SelectionSetNode], value: Any
    ) -> Any:
        """What is selected of something that stands in no table."""
        return self._picking(translation, type_, sets)(value)

    def _picking(
        self, translation: Translation, type_: gql.GraphQLObjectType, sets: Iterable[gql.SelectionSetNode]
    ) -> Callable[[Any], Any]:
        """Worked out once for all of a list: of what is wrong there may be many, and thousands of names for each."""
        fields: Fields = translation.fields(type_, sets)
        picks = [(key, nodes[0].name.value, self._read(translation, type_, nodes)) for key, nodes in fields.items()]

        def pick(value: Any) -> Any:
            if isinstance(value, BaseModel):
                value = value.model_dump(mode="json")
            told = {camel(part): found for part, found in value.items()}
            return {key: read(told.get(name)) for key, name, read in picks}

        return pick

    def _read(
        self, translation: Translation, type_: gql.GraphQLObjectType, nodes: list[gql.FieldNode]
    ) -> Callable[[Any], Any]:
        """How what stands in a field becomes JSON."""
        name = nodes[0].name.value
        if name == "__typename":
            return lambda _: type_.name
        inner = gql.get_named_type(type_.fields[name].type)
        if isinstance(inner, gql.GraphQLObjectType):
            each = self._picking(translation, inner, [node.selection_set for node in nodes if node.selection_set])
            return lambda found: [each(one) for one in found or ()]
        if isinstance(inner, gql.GraphQLEnumType):
            return lambda found: None if found is None else name_of(str(found))
        return _plain


ANY = "00000000-0000-0000-0000-000000000000"  # replaced by the id of the row that the operation leaves


def _plain(value: Any) -> Any:
    """As JSON has it; the database driver's UUIDs, too, be they in a list."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _in_our_names(model: type[BaseModel], given: Mapping[str, Any]) -> dict[str, Any]:
    filled = {}
    for name, info in model.model_fields.items():
        if camel(name) in given:
            value, inner = given[camel(name)], plain(info.annotation)[0]
            if issubclass(inner, BaseModel) and isinstance(value, list):
                value = [_in_our_names(inner, each) for each in value]
            filled[name] = member(inner, value)
    return filled


def command_of(operation: Operation, given: Mapping[str, Any] | None) -> Command | InvalidInput | None:
    """The command of a GraphQL input; in the names of the schema, also where it is refused."""
    if operation.command is None:
        return None
    filled = _in_our_names(operation.command, given or {})
    optional = {name for name, info in operation.command.model_fields.items() if not info.is_required()}
    if not operation.patches:  # a null where nothing is needed is nothing
        filled = {name: value for name, value in filled.items() if value is not None or name not in optional}
    try:
        return operation.command.model_validate(filled)
    except ValidationError as error:
        return InvalidInput(errors=errors_of(error, camel))
