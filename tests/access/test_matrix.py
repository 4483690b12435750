"""The published matrix (openapi/access.md), cell by cell, against what really happens: each cell is one person of the
demo county who asks for, or does, the thing in its row."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from service.domain.act import OPERATIONS
from service.domain.policy import Persona
from service.domain.views import VIEWS
from service.settings import Settings
from tests.access.model import DEEDS, OF_NAME, SEEN, Row
from tests.access.test_operations import Arena, _arena, _nearest, rows_for, said_to, target_of
from tests.access.test_walk import SINGLES, WITHIN, address

pytestmark = pytest.mark.anyio

MATRIX = Path(__file__).parents[2] / "openapi" / "access.md"
NOT_SIGNED_IN, FORBIDDEN, NOT_FOUND, POSSIBLE, BY_CODE = "401", "403", "404", "yes", "with a code"
STATUS = {NOT_SIGNED_IN: 401, FORBIDDEN: 403, NOT_FOUND: 404}
"""What a cell says, as the status of an answer. `yes` is any of what follows when one may; by a code anybody enrols."""
PEOPLE: dict[Persona, str | None] = {persona: persona.value for persona in Persona} | {Persona.PUBLIC: None}

Cell = tuple[str, Persona, str]


def cells() -> list[Cell]:
    """The tables of the document: row, column, cell. Headings and the last column, which explains, are left out."""
    found, columns = list[Cell](), list[Persona]()
    for line in MATRIX.read_text(encoding="utf-8").splitlines() if MATRIX.exists() else ():
        parts = [part.strip().strip("`") for part in line.strip().strip("|").split("|")]
        if not line.startswith("|") or set(parts[0]) == {"-"}:
            continue
        if parts[0] == "":
            columns = [Persona(name.replace(" ", "_")) for name in parts[1:-1]]
        else:
            found += [(parts[0], persona, cell) for persona, cell in zip(columns, parts[1:-1], strict=True)]
    return found


CELLS = cells()
needs_matrix = pytest.mark.skipif(not CELLS, reason="openapi/access.md is not there: sozialraum contracts writes it")


@pytest.fixture(scope="module")
async def arena(settings: Settings, token_of: Callable[..., str]) -> AsyncIterator[Arena]:
    async for each in _arena(settings, token_of, superuser=False):
        yield each


@needs_matrix
async def test_the_matrix_has_a_row_for_everything_and_a_column_for_everybody() -> None:
    rows = {row for row, _, _ in CELLS}
    hidden = {f"{view.name}.{name}" for view in VIEWS.values() for name, column in view.columns.items() if column.shown}
    assert rows == {view.name for view in VIEWS.values()} | hidden | OPERATIONS.keys()
    assert {persona for _, persona, _ in CELLS} == set(Persona)
    assert len(CELLS) == len(rows) * len(Persona)
    assert {cell for _, _, cell in CELLS} <= {POSSIBLE, BY_CODE, *STATUS}


@needs_matrix
@pytest.mark.parametrize("row", sorted({row for row, _, _ in CELLS if row not in OPERATIONS}))
async def test_what_the_matrix_says_of_reading_is_what_happens(arena: Arena, row: str) -> None:
    view, _, name = row.partition(".")
    for _, persona, cell in (each for each in CELLS if each[0] == row):
        assert cell == await _reading(arena, view, name, PEOPLE[persona]), (row, persona)


async def _reading(arena: Arena, view: str, name: str, who: str | None) -> str:
    """What somebody meets who looks at a view, or for a field: in a list of it, or where other rows lead to it."""
    http, reader = arena.doer(who, "rest").http, arena.reader(who)
    if OF_NAME[view].plural is None:
        return await _on_the_way(arena, view, who)
    outer = next((each for each in WITHIN if each[3] == view and view not in ("Goal", "Step")), None)
    if outer is None:
        answer = await http.get(address(view), params={"limit": 200})
        if answer.status_code == 401:
            return NOT_SIGNED_IN
        found: list[Any] = answer.json()["items"]
    else:
        keys = [row["id"] for row in arena.county.tables[SEEN[outer[0]].table] if reader.sees(outer[0], row)]
        answers = [await http.get(f"{address(outer[0])}/{key}/{outer[1]}") for key in keys]
        found = [each for answer in answers for each in answer.json()["items"]]
        if not keys:
            row = arena.county.tables[SEEN[view].table][0]
            answer = await http.get(f"{SINGLES[view]}/{row['id']}")
            return NOT_SIGNED_IN if answer.status_code == 401 else await _own_rows(arena, view, who)
    return POSSIBLE if any(not name or name in each for each in found) else await _own_rows(arena, view, who)


async def _own_rows(arena: Arena, view: str, who: str | None) -> str:
    """Rows that no list leads to, by their keys."""
    key, http = OF_NAME[view].key, arena.doer(who, "rest").http
    rows = [
        row for row in arena.county.tables[SEEN[view].table] if view in SINGLES and arena.reader(who).sees(view, row)
    ]
    found = [await http.get(f"{SINGLES[view]}/{row[key]}") for row in rows[:3]]
    return POSSIBLE if any(answer.status_code == 200 for answer in found) else NOT_FOUND


async def _on_the_way(arena: Arena, view: str, who: str | None) -> str:
    """Views without lists of their own: what I am, and how much of a municipality a social space covers."""
    http = arena.doer(who, "rest").http
    if view == "SocialSpaceShare":
        query = "{ socialSpaces(first: 3) { nodes { shares { nodes { share } } } } }"
        told = (await http.post("/graphql", json={"query": query})).json()["data"]["socialSpaces"]["nodes"]
        return POSSIBLE if any(each["shares"]["nodes"] for each in told) else NOT_FOUND
    answer = await http.get("/v1/me")
    if answer.status_code == 401:
        return NOT_SIGNED_IN
    return POSSIBLE if answer.status_code == 200 and (view == "Me" or answer.json()["cases"]["items"]) else NOT_FOUND


@needs_matrix
@pytest.mark.parametrize("name", sorted(OPERATIONS))
async def test_what_the_matrix_says_of_doing_is_what_happens(arena: Arena, name: str) -> None:
    for _, persona, cell in (each for each in CELLS if each[0] == name):
        assert cell == await _doing(arena, name, PEOPLE[persona]), (name, persona)


async def _doing(arena: Arena, name: str, who: str | None) -> str:
    """The best that somebody meets: done, where there is a row they may do it to; else forbidden; else not found.

    Asked with a version that nothing has, so that nothing changes: whoever gets as far as that may do it."""
    if name == "enrol":
        outcome = await arena.doer(who, "rest").do(name, None, None, {"code": "AAAAA-AAAAA-AAAAA-AAAAA"})
        return {"code-refused": BY_CODE}.get(outcome.code or "", str(outcome.status))
    rows = rows_for(arena, name, who)
    best = NOT_FOUND
    for row in [*rows["may"][-1:], *rows["sees"][:1], *_nearest(rows["hidden"], arena.reader(who), 0, 1)]:
        met = await _met(arena, name, who, row)
        best = max(best, met, key=[NOT_FOUND, NOT_SIGNED_IN, FORBIDDEN, POSSIBLE].index)
    return best


async def _met(arena: Arena, name: str, who: str | None, row: Row) -> str:
    said = said_to(arena, name, who, row)
    outcome = await arena.doer(who, "rest").do(name, target_of(arena, name, row), 999, said)
    words = {str(status): word for word, status in STATUS.items()}
    arena.changed = arena.changed or outcome.done
    assert DEEDS[name].view is not None
    return words.get(str(outcome.status), POSSIBLE)
