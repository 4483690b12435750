"""The worked budget of Unterhaching (facts, section 7), played through the faces with the clock in 2027: the position
of 30 September comes out to the cent, and a further granted claim can still be committed."""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from service.api.app import Application
from service.demo import AUTHORITY, PEOPLE, UNTERHACHING
from service.demo.budget_year import Support, Year, grant, play
from service.demo.people import KOMPASS
from service.demo.territory import space_id
from service.domain.act import OPERATIONS
from service.domain.views import VIEWS
from service.settings import Settings
from tests.budgets.conftest import served
from tests.budgets.contract import DayToBe, Proof
from tests.conftest import Database, _copied
from tests.faces import FACES, Face

pytestmark = pytest.mark.anyio

WORKED = Path(__file__).parents[3] / "shared" / "data" / "budget_2027.json"
SPACES = {"rest": UNTERHACHING, "graphql": space_id("Taufkirchen")}
POSITION = {
    "case_specific": ("965400.00", "331200.00", "-26600.00"),
    "cross_case": ("78300.00", "27200.00", "14500.00"),
    "case_unspecific": ("98700.00", "36300.00", "39000.00"),
    "reserve": ("0.00", "0.00", "0.00"),
}
"""Booked, committed, free."""
APPROVED = {"case_specific": "1270000.00", "cross_case": "120000.00", "case_unspecific": "174000.00", "reserve": "0.00"}


@dataclass(frozen=True)
class HttpClerk:
    """Plays the people of the story over one of the faces, on the days of the story."""

    face_of: Callable[[str], Face]
    clock: DayToBe

    async def do(self, role: str, day: date, operation: str, on: UUID | None = None, **said: Any) -> None:
        self.clock.day = day
        face, doing, version = self.face_of(role), OPERATIONS[operation], None
        if doing.versioned and doing.on is not None:
            view = next(each for each in VIEWS.values() if each.table is doing.on.__table__)  # type: ignore[attr-defined]
            version = (await face.one(re.sub("(?<!^)([A-Z])", r"_\1", view.name).lower(), on)).version
        told = await face.do(operation, on, version, **{name: _written(value) for name, value in said.items()})
        assert told.status < 300, (operation, told)

    async def read(self, role: str, day: date, plural: str, **where: Any) -> list[dict[str, Any]]:
        self.clock.day = day
        rows = (await self.face_of(role).many(plural)).rows
        return [row for row in rows if all(row[name] == str(value) for name, value in where.items())]


def _written(value: Any) -> Any:
    return value if isinstance(value, int | list) else str(value)


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """A county for the story alone: it finds again in lists what it has entered, and a list ends after 200."""
    yield from _copied(f"worked_{uuid4().hex[:12]}")


@pytest.fixture(scope="session")
async def application(database: Database, settings: Settings, clock: DayToBe) -> AsyncIterator[Application]:
    async for running in served(database, settings, clock):
        yield running


@pytest.fixture
def clerk(face: str, client_of: Callable[..., httpx.AsyncClient], clock: DayToBe) -> HttpClerk:
    clients = {role: client_of(role) for role in PEOPLE}
    return HttpClerk(lambda role: FACES[face](clients[role]), clock)


async def test_the_position_of_30_september_comes_out_to_the_cent(
    clerk: HttpClerk, face: str, proof_of: Callable[[str], Proof]
) -> None:
    year = Year(f"played over {face}", 2027, AUTHORITY, SPACES[face])
    await play(clerk, year)
    day = date(2027, 9, 30)
    lines = {each["kind"]: each for each in await _lines(clerk, year, day)}
    assert {kind: (line["booked"], line["committed"], line["free"]) for kind, line in lines.items()} == POSITION
    assert {kind: line["approved"] for kind, line in lines.items()} == APPROVED
    opened = [
        each
        for each in (await clerk.face_of("controller").many("overspend_procedures")).rows
        if each["agreement_id"] == str(year.id("agreement"))
    ]
    assert [(each["line_id"], each["state"], each["opened_on"]) for each in opened] == [
        (lines["case_specific"]["id"], "open", "2027-08-04")
    ]
    await grant(clerk, year, Support("Noch eine", KOMPASS, (9, 30), "38400.00", "0.00"), day)
    (line,) = (each for each in await _lines(clerk, year, day) if each["kind"] == "case_specific")
    assert (line["committed"], line["free"]) == ("369600.00", "-65000.00"), "a granted claim is never refused"
    proof_of(str(year.id("agreement"))).holds()


def test_the_numbers_are_those_of_the_worked_example() -> None:
    if not WORKED.exists():
        pytest.skip("the worked example is not beside this checkout")
    worked = json.loads(WORKED.read_text())
    for line in worked["position_2027_09_30"]["lines"]:
        assert POSITION[line["line"]] == (line["booked"], line["committed"], line["free"])
    for line in worked["lines"]:
        assert APPROVED[line["line"]] == line["approved"]
    total = worked["position_2027_09_30"]["total"]
    assert sum(Decimal(free) for _, _, free in POSITION.values()) == Decimal(total["free"])


async def _lines(clerk: HttpClerk, year: Year, day: date) -> list[dict[str, Any]]:
    return await clerk.read("controller", day, "budget_lines", agreement_id=year.id("agreement"))
