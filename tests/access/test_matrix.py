"""The published matrix (openapi/access.md), cell by cell, against what really happens: each cell is one person of the
demo county who asks for, or does, the thing in its row."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlmodel import SQLModel

from service.demo import AUTHORITY, MAIN_ADDRESSEE, MAIN_CASE, MAIN_CONSULTATION, MAIN_GOAL, UNTERHACHING, demo_id
from service.demo.loading import load
from service.demo.people import LICHTUNG
from service.domain.access.model import AccessGrant, Actor, CaseAccess, Login, Membership
from service.domain.act import OPERATIONS
from service.domain.audit import Look
from service.domain.cases.model import Case, Step
from service.domain.consultations.model import ConsultationEntry, ConsultationEntryKind
from service.domain.dialogues.field_notes import FieldNote
from service.domain.policy import Basis, Persona, Role
from service.domain.views import VIEWS
from service.settings import Settings
from tests.access.conftest import OVER, TOMORROW
from tests.access.model import DEEDS, OF_NAME, SEEN, Row
from tests.access.test_operations import Arena, _arena, _nearest, rows_for, said_to, target_of
from tests.access.test_walk import LISTS, SINGLES, WITHIN, address

pytestmark = pytest.mark.anyio

MATRIX = Path(__file__).parents[2] / "openapi" / "access.md"
NOT_SIGNED_IN, FORBIDDEN, NOT_FOUND, POSSIBLE, BY_CODE = "401", "403", "404", "yes", "with a code"
WITHHELD = "withheld"  # of a field: the row is seen, and says that it is kept back
STATUS = {NOT_SIGNED_IN: 401, FORBIDDEN: 403, NOT_FOUND: 404}
"""What a cell says, as the status of an answer. `yes` is any of what follows when one may; by a code anybody enrols."""
BEST = (NOT_FOUND, NOT_SIGNED_IN, WITHHELD, FORBIDDEN, POSSIBLE)
PEOPLE: dict[Persona, tuple[str | None, ...]] = {persona: (persona.value,) for persona in Persona} | {
    Persona.PUBLIC: (None,),
    Persona.PROVIDER_WORKER: ("provider_worker", "told_persons", "told_concern", "told_steps", "told_arrangement"),
    Persona.CUSTODIAN: ("custodian", "custodian_now"),
    Persona.REPRESENTATIVE: ("representative", "representative_now"),
    Persona.TRUSTED_PERSON: ("trusted_person", "trusted_now"),
    Persona.AUDITOR: ("auditor", "auditor_of_main"),
    Persona.NETWORK_PERSON: ("network_person", "neighbour_now"),
}
"""Who stands for a column; several, where no single one has a row of each kind."""

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
        with psycopg.connect(each.place.database.superuser) as connection:
            load(
                connection, (row for persona in Persona if persona in IN_THE_AUTHORITY for row in _over(persona.value))
            )
            load(connection, (*_steps_of_a_neighbour(), *_who_leads_in_one_place(), *_what_a_provider_has_said()))
            of_theirs = demo_id("actor", "social_space_manager"), AUTHORITY
            connection.execute(
                "UPDATE consultation SET moderator_reads = true WHERE moderator_id = %s AND authority_id = %s",
                of_theirs,
            )
        each.changed = True
        yield each


IN_THE_AUTHORITY = frozenset(Persona) - {Persona.PUBLIC, Persona.OTHER_AUTHORITY}


def _over(who: str) -> Iterator[SQLModel]:
    """What everybody might hold, so that there is something to see of it: a membership, a grant and an access that
    give nothing any more; and what everybody once looked for."""
    held: dict[str, Any] = {"authority_id": AUTHORITY, "actor_id": demo_id("actor", who), "valid_from": OVER[0]}
    held["valid_to"] = OVER[1]
    yield Membership(organisation_id=demo_id("organisation", LICHTUNG), function="Praktikum", **held)
    yield AccessGrant(role=Role.PROVIDER_WORKER.value, **held)
    yield CaseAccess(case_id=MAIN_CASE, basis=Basis.ASSIGNMENT.value, **held)
    yield Login(key=f"@calendar:{who}", valid_to=OVER[1], authority_id=AUTHORITY, actor_id=demo_id("actor", who))
    looked: dict[str, Any] = {"authority_id": AUTHORITY, "actor_id": demo_id("actor", who), "at": OVER[0]}
    yield Look(id=demo_id("look", who), entry=1, action="read Case", outcome="nothing", **looked)


def _who_leads_in_one_place() -> Iterator[SQLModel]:
    """All of whose cases lie where one person manages, who can name somebody to stand in. Nobody is given theirs."""
    yield Actor(id=(led := demo_id("actor", "in one place")), authority_id=AUTHORITY, name="Probe")
    yield Case(
        id=(case := demo_id("case", "in one place")),
        authority_id=AUTHORITY,
        social_space_id=UNTERHACHING,
        pseudonym="ALLEHIER",
        state="counselling",
        field_of_action="youth_welfare",
        opened_on=OVER[0].date(),
        title="Probe",
    )
    yield CaseAccess(authority_id=AUTHORITY, case_id=case, actor_id=led, basis=Basis.ASSIGNMENT.value)


def _what_a_provider_has_said() -> Iterator[SQLModel]:
    """By somebody who is in the case for a provider; and about work without a case, by somebody who is in none."""
    said: dict[str, Any] = {"authority_id": AUTHORITY, "case_id": MAIN_CASE, "words": "Probe"}
    said |= {"author_id": demo_id("actor", "told_concern"), "kind": ConsultationEntryKind.WORRIES.value}
    yield ConsultationEntry(consultation_id=MAIN_CONSULTATION, **said)
    noted: dict[str, Any] = {"dimension": "case_unspecific", "kind": "contact_made", "done_on": date(2026, 5, 1)}
    noted |= {"authority_id": AUTHORITY, "social_space_id": UNTERHACHING, "words": "Probe"}
    for persona in IN_THE_AUTHORITY:
        yield FieldNote(author_id=demo_id("actor", persona.value), hours=Decimal("1.50"), **noted)


def _steps_of_a_neighbour() -> Iterator[SQLModel]:
    """Wanted by the addressee: as many as are ticked off here before somebody makes a link to one."""
    for number in range(2 * len(PEOPLE)):
        yield Step(
            id=demo_id("step", "of a neighbour", str(number)),
            authority_id=AUTHORITY,
            case_id=MAIN_CASE,
            goal_id=MAIN_GOAL,
            author_id=demo_id("actor", "case_worker"),
            wanted_by_id=MAIN_ADDRESSEE,
            done_by_id=demo_id("participant", "neighbour_now"),
            with_whom="mit Juno",
            how="zu Fuß",
            due_on=TOMORROW.date(),
            with_what="ohne alles",
        )


@needs_matrix
async def test_the_matrix_has_a_row_for_everything_and_a_column_for_everybody() -> None:
    rows = {row for row, _, _ in CELLS}
    hidden = {f"{view.name}.{name}" for view in VIEWS.values() for name, column in view.columns.items() if column.shown}
    assert rows == {view.name for view in VIEWS.values()} | hidden | OPERATIONS.keys()
    assert {persona for _, persona, _ in CELLS} == set(Persona)
    assert len(CELLS) == len(rows) * len(Persona)
    assert {cell for _, _, cell in CELLS} <= {POSSIBLE, BY_CODE, WITHHELD, *STATUS}


READING = sorted({row for row, _, _ in CELLS if row not in OPERATIONS})
DOING = sorted(OPERATIONS)
PARTS = 21
"""Of each row one column, of the next row the next; all of them are in `make walk`."""


def _cells_of(row: str, turn: int | None = None) -> list[Cell]:
    found = [each for each in CELLS if each[0] == row]
    return found if turn is None else found[turn % PARTS :: PARTS]


@needs_matrix
@pytest.mark.parametrize(("turn", "row"), list(enumerate(READING)))
async def test_what_the_matrix_says_of_reading_is_what_happens(arena: Arena, turn: int, row: str) -> None:
    await _reading_all(arena, row, _cells_of(row, turn))


@needs_matrix
@pytest.mark.walk
@pytest.mark.parametrize("row", READING)
async def test_each_cell_of_reading_is_what_happens(arena: Arena, row: str) -> None:
    await _reading_all(arena, row, _cells_of(row))


async def _reading_all(arena: Arena, row: str, cells: list[Cell]) -> None:
    view, _, name = row.partition(".")
    for _, persona, cell in cells:
        met = [await _reading(arena, view, name, who) for who in PEOPLE[persona]]
        assert cell == max(met, key=BEST.index), (row, persona)


async def _reading(arena: Arena, view: str, name: str, who: str | None) -> str:
    """What somebody meets who looks for rows of a view, or for a field: in its lists, and by each key there is."""
    if OF_NAME[view].plural is None:
        return await _on_the_way(arena, view, who)
    http, key = arena.doer(who, "rest").http, OF_NAME[view].key
    keys = {row[key] for row in arena.county.tables[SEEN[view].table] if _ours(row)}
    answers = [await http.get(address(view), params={"limit": 200})] if view in LISTS else []
    answers = [each for each in answers if each.status_code != 422]  # what is encrypted is read one case at a time
    if view in SINGLES and not answers:
        seen = {row[key] for row in arena.county.tables[SEEN[view].table] if arena.reader(who).sees(view, row)}
        some = [*sorted(keys & seen)[:25], *sorted(keys - seen)[:3]]
        answers = [await http.get(f"{SINGLES[view]}/{each}") for each in some]
    for outer, part, _, _ in (each for each in WITHIN if each[3] == view and not answers):
        around = [row for row in arena.county.tables[SEEN[outer].table] if arena.reader(who).sees(outer, row)]
        near = around[:40] or arena.county.tables[SEEN[outer].table][:1]
        answers = [await http.get(f"{address(outer)}/{each['id']}/{part}", params={"limit": 200}) for each in near]
    if any(answer.status_code == 401 for answer in answers):
        return NOT_SIGNED_IN
    told = [answer.json() for answer in answers if answer.status_code == 200]
    found = [row for each in told for row in each.get("items", [each]) if row[key] in keys]
    if any(not name or name in row for row in found):
        return POSSIBLE
    return WITHHELD if any(name in row["withheld"] for row in found) else NOT_FOUND


def _ours(row: Row) -> bool:
    """The matrix is about the rows of one authority, and «other authority» somebody who works for another."""
    of_nobody = "code_list" in row or "paragraph" in row  # what everybody everywhere has alike
    return of_nobody or bool(row.get("authority_id", row.get("id")) == str(AUTHORITY))


async def _on_the_way(arena: Arena, view: str, who: str | None) -> str:
    """Views without lists of their own: what I am, and how much of a municipality a social space covers."""
    http = arena.doer(who, "rest").http
    if view == "SocialSpaceShare":
        query = "{ socialSpaces(first: 3) { nodes { shares { nodes { share } } } } }"
        told = (await http.post("/graphql", json={"query": query})).json()["data"]["socialSpaces"]["nodes"]
        return POSSIBLE if any(each["shares"]["nodes"] for each in told) else NOT_FOUND
    if view == "LocatedSocialSpace":
        place = {"longitude": 11.617404, "latitude": 48.065859}
        return POSSIBLE if (await http.post("/v1/social-spaces/lookup", json=place)).json()["items"] else NOT_FOUND
    answer = await http.get("/v1/me")
    if answer.status_code == 401:
        return NOT_SIGNED_IN
    told = answer.json()
    return (
        POSSIBLE if told["authority_id"] == str(AUTHORITY) and (view == "Me" or told["cases"]["items"]) else NOT_FOUND
    )


@needs_matrix
@pytest.mark.parametrize(("turn", "name"), list(enumerate(DOING)))
async def test_what_the_matrix_says_of_doing_is_what_happens(arena: Arena, turn: int, name: str) -> None:
    await _doing_all(arena, name, _cells_of(name, turn))


@needs_matrix
@pytest.mark.walk
@pytest.mark.parametrize("name", DOING)
async def test_each_cell_of_doing_is_what_happens(arena: Arena, name: str) -> None:
    await _doing_all(arena, name, _cells_of(name))


async def _doing_all(arena: Arena, name: str, cells: list[Cell]) -> None:
    for _, persona, cell in cells:
        met = [await _doing(arena, name, who) for who in PEOPLE[persona]]
        assert cell == (BY_CODE if BY_CODE in met else max(met, key=BEST.index)), (name, persona)


REFUSED_FOR_THE_ROW = ("make_offer", "release_indicator")
"""Where one may, and is refused for what the row is (one acts for others by office; a party keeps it to itself)."""


async def _doing(arena: Arena, name: str, who: str | None) -> str:
    """The best that somebody meets: done, where there is a row they may do it to; else forbidden; else not found.

    Asked with a version that nothing has, so that little changes: whoever gets as far as that may do it."""
    if name == "enrol":
        outcome = await arena.doer(who, "rest").do(name, None, None, {"code": "AAAAA-AAAAA-AAAAA-AAAAA"})
        return {"code-refused": BY_CODE}.get(outcome.code or "", str(outcome.status))
    changes_little = OPERATIONS[name].versioned or name in REFUSED_FOR_THE_ROW
    rows = rows_for(arena, name, who, fitting=not changes_little)
    may, sees, hidden = ([row for row in rows[kind] if _ours(row)] for kind in ("may", "sees", "hidden"))
    chosen = [*may[-1:], *sees[:1], *_nearest(hidden, arena.reader(who), 0)]
    return max([await _met(arena, name, who, row) for row in chosen], key=BEST.index)


async def _met(arena: Arena, name: str, who: str | None, row: Row) -> str:
    said = said_to(arena, name, who, row)
    outcome = await arena.doer(who, "rest").do(name, target_of(arena, name, row), 999, said)
    words = {str(status): word for word, status in STATUS.items()}
    arena.changed = arena.changed or outcome.done
    assert DEEDS[name].view is not None
    return words.get(str(outcome.status), POSSIBLE)
