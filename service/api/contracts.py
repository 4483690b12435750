"""What we promise, as files: generated from the code, committed, and compared with it in every check."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

import service.api.app  # noqa: F401 (everything declared)
from service.api.graphql.types import build_schema
from service.api.openapi import document
from service.api.problems import catalogue_markdown
from service.domain.act import OPERATIONS, Operation
from service.domain.policy import EVERYONE, Persona, Rule
from service.domain.views import VIEWS, View, view_of

FOLDER = Path("openapi")


def contracts() -> Mapping[str, bytes]:
    """The text of each file, by its name in `openapi/`."""
    return {
        "openapi.json": orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n",
        "schema.graphql": _schema().encode(),
        "access.md": access_markdown().encode(),
        "problems.md": catalogue_markdown().encode(),
    }


def differing(folder: Path = FOLDER) -> list[str]:
    """The files that no longer say what the code does."""
    return [
        name
        for name, text in contracts().items()
        if not (folder / name).exists() or (folder / name).read_bytes() != text
    ]


def write(folder: Path = FOLDER) -> list[str]:
    changed = differing(folder)
    folder.mkdir(exist_ok=True)
    for name, text in contracts().items():
        (folder / name).write_bytes(text)
    return changed


def _schema() -> str:
    from strawberry.printer import print_schema

    schema: Any = build_schema()
    lines = (line.rstrip() for line in print_schema(schema).splitlines())
    return "\n".join(lines) + "\n"


def access_markdown() -> str:
    """A row for each view and operation, a column for everybody the rules know; «other authority» is somebody who works
    elsewhere and looks at the rows of this one.

    The cells: `yes`, for the rows that the last column describes; `403`, seen but not for them to do; `404`, not to be
    seen at all (a list is empty, GraphQL says null); `401`, only after signing in.

    What has changed (`/v1/events`, the subscription `changes`) is told to whoever has signed in, of just those rows of
    their own authority that the first table lets them read."""
    personas = list(Persona)
    head = ["", *(persona.value.replace("_", " ") for persona in personas), "what it takes"]
    lines = ["# Who may read and do what", "", " ".join((access_markdown.__doc__ or "").split()), ""]
    for title, rows in (("Reading", _reading()), ("Doing", _doing())):
        lines += [f"## {title}", "", _row(head), _row(["---"] * len(head))]
        lines += [_row([f"`{name}`", *(cells[persona] for persona in personas), says]) for name, cells, says in rows]
        lines.append("")
    return "\n".join(lines)


Cells = dict[Persona, str]


def _reading() -> Iterator[tuple[str, Cells, str]]:
    for view in sorted(_published(), key=lambda view: view.name):
        cells = {persona: _cell(persona, view.rule, view.rule, public=view.rule is EVERYONE) for persona in Persona}
        yield f"{view.name}", cells, view.rule.says
        for column in view.columns.values():
            if column.shown is not None:
                both = view.rule.personas & column.shown.personas
                hidden = {p: "withheld" if cells[p] == "yes" and p not in both else cells[p] for p in Persona}
                yield f"{view.name}.{column.name}", hidden, column.shown.says


def _published() -> list[View]:
    reached = {view for view in VIEWS.values() if view.plural or view.sought or view.name == "Me"}
    return list(reached | {each.target for view in reached for each in view.relations.values()})


def _doing() -> Iterator[tuple[str, Cells, str]]:
    for operation in sorted(OPERATIONS.values(), key=lambda operation: operation.name):
        sees = _sees(operation)
        cells = {persona: _cell(persona, operation.action.rule, sees) for persona in Persona}
        if operation.unenrolled:  # the code decides, not who presents it
            cells = {persona: "401" if persona is Persona.PUBLIC else "with a code" for persona in Persona}
        yield f"{operation.name}", cells, operation.action.rule.says


def _sees(operation: Operation) -> Rule:
    row = operation.on or operation.within
    return EVERYONE if row is None else view_of(row.__table__).rule  # type: ignore[attr-defined]


def _cell(persona: Persona, rule: Rule, sees: Rule, *, public: bool = False) -> str:
    if persona is Persona.PUBLIC and not public:
        return "401"
    if persona in rule.personas:
        return "yes"
    return "403" if persona in sees.personas else "404"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
