"""Promises the code makes about itself, so that no reviewer has to remember them."""

import ast
import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

import service
from service.api import logs
from service.api.contracts import contracts, differing
from service.api.rest.route import ROUTES
from service.domain.act import OPERATIONS
from service.domain.errors import CATALOGUE
from service.domain.policy import Part, Persona
from service.domain.rows import APART, SECURED, Shape
from service.domain.views import VIEWS
from service.storage import migration

CONTENT = (Shape.CASE, Shape.SHARED, Shape.INVITED, Shape.CIRCLE, *APART)
MODULES = [module.name for module in pkgutil.walk_packages(service.__path__, "service.")]


@pytest.mark.parametrize("module", [name for name in MODULES if not name.endswith("__main__")])
def test_a_module_fits_one_sitting(module: str) -> None:
    source = importlib.import_module(module).__file__
    assert source
    assert len(Path(source).read_text().splitlines()) <= 400


def test_every_operation_is_offered_by_rest_and_graphql(schema: str) -> None:
    rest = {route.name for route in ROUTES}
    for name in OPERATIONS:
        assert name in rest
        first, *others = name.split("_")
        assert f"  {first}{''.join(part.capitalize() for part in others)}(" in schema


def test_every_list_is_offered_by_rest_and_graphql(schema: str) -> None:
    documented = {model_name(route.answers()) for route in ROUTES if route.method == "GET"}
    for view in VIEWS.values():
        if view.plural:
            assert f"{view.name}Page" in documented, view.name
            assert f": {view.name}Connection!" in schema


def model_name(answers: Any) -> str:
    return str(getattr(answers, "__name__", answers))


def test_every_table_says_what_row_level_security_holds_on_it() -> None:
    assert set(SQLModel.metadata.tables.values()) == set(SECURED)


def test_content_of_a_case_is_held_to_the_case() -> None:
    """Whoever adds a table with a case in it decides: content, or one of the few that are not."""
    others = {
        "case_access",
        "case_sketch",
        "handover",
        "audit_request",
        "enrolment_code",
        "event",
        "commitment",
        "foreseen_commitment",
        "booking",
        "service_record",
        "assignment",
        "delivery",
        "look",
        "known_person",
    }
    for table, (shape, _) in SECURED.items():
        if "case_id" in table.c and table.name not in others:
            assert shape in CONTENT, table.name


def test_every_refusal_says_what_to_do() -> None:
    for error in CATALOGUE.values():
        assert error.title.endswith("."), error.code
        assert len(error.advice) > 10, error.code


def test_every_operation_has_somebody_who_may() -> None:
    for operation in OPERATIONS.values():
        assert operation.action.rule.personas - {Persona.PUBLIC}, operation.name
        assert operation.description, operation.name


def test_reading_about_a_case_is_put_on_record() -> None:
    """A view of a table with content names the case its rows tell about; only one's own list of accesses does not."""
    for view in VIEWS.values():
        if view.table not in SECURED:
            continue  # a view of the database, which shows what its tables do
        shape, _ = SECURED[view.table]
        assert (view.subject is not None) or shape not in CONTENT, view.name


def test_whatever_is_logged_is_kept() -> None:
    """A field that logs do not know is dropped without a word."""
    said = {"debug", "info", "warning", "error", "exception", "critical"}
    for module in MODULES:
        source = importlib.import_module(module).__file__ if not module.endswith("__main__") else None
        for node in ast.walk(ast.parse(Path(source).read_text())) if source else ():
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in said):
                continue
            if not (logger := ast.unparse(node.func.value)).endswith(("log", "structlog.get_logger()")):
                continue
            fields = {each.arg for each in node.keywords if each.arg} - {"exc_info"}
            assert fields <= logs.FIELDS, (module, node.lineno, logger, fields - logs.FIELDS)


def test_a_migration_is_told_in_one_line() -> None:
    for script in ScriptDirectory.from_config(migration._config()).walk_revisions():
        assert "\n" not in (script.doc or "\n"), script.revision


def test_parts_are_used() -> None:
    used = {part for part in Part if any(f"the {part} of its case" in view.rule.says for view in VIEWS.values())}
    assert used >= {Part.QUESTIONS, Part.GOALS, Part.STEPS}


def test_the_contracts_are_what_the_code_does() -> None:
    assert differing() == []


@pytest.fixture(scope="module")
def schema() -> str:
    return contracts()["schema.graphql"].decode()


def test_every_graphql_type_and_field_is_described(schema: str) -> None:
    import graphql as gql

    types = gql.build_schema(schema).type_map
    missing = []
    for name, type_ in types.items():
        if name.startswith("__") or gql.is_specified_scalar_type(type_):
            continue
        if isinstance(type_, gql.GraphQLObjectType | gql.GraphQLInterfaceType | gql.GraphQLInputObjectType):
            missing += [f"{name}.{field}" for field, one in type_.fields.items() if not one.description]
        if not type_.description:
            missing.append(name)
    assert missing == []
