"""The five figures of any day, against a sum over all postings, written once more in plain Python."""

import csv
import io
import random
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.domain.views import camel
from tests.access.model import OF_NAME
from tests.budgets.books import AMOUNTS, FIRST_DAY, Books
from tests.budgets.contract import DayToBe
from tests.conftest import Database
from tests.faces import FACES

pytestmark = pytest.mark.anyio
MOVED = date(2026, 7, 1)  # on that day Osthang goes over to the other region
LAST = date(2026, 12, 31)
HOMES = {
    "Westufer": [("Tal", FIRST_DAY)],
    "Osthang": [("Tal", FIRST_DAY), ("Höhe", MOVED)],
    "Hochried": [("Höhe", FIRST_DAY)],
    "Niemandsland": [],
}
Client = Callable[..., httpx.AsyncClient]
Figures = dict[tuple[str, str, str], tuple[str, ...]]


@pytest.fixture(scope="module")
def books(database: Database) -> Books:
    books, chance = Books(database, HOMES), random.Random(7)  # noqa: S311 (the same sums each time)
    for number in range(60):
        books.spend(
            chance.choice(list(HOMES)),
            f"case {number % 9}",
            f"{chance.randrange(1, 90_000) / 100:.2f}",
            FIRST_DAY + timedelta(days=chance.randrange(365)),
            kind=chance.choice(("reserved", "committed", "booked")),
            line=chance.choice(("case_specific", "cross_case")),
        )
    return books


@pytest.fixture(autouse=True)
def _new_year(clock: DayToBe) -> None:
    clock.day = date(2027, 1, 10)


def summed(books: Books, day: date) -> Figures:
    """Of every place and line."""
    found: dict[tuple[str, str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for space, line, value_on, account, amount in books.postings():
        homes = [region for region, begins in HOMES[space] if begins <= day]
        for place in (("social_space", space), ("county", ""), *(("region", home) for home in homes[-1:])):
            for shown in (line, "total"):
                found[*place, shown][account] += amount if value_on <= day else 0
    return {
        cell: tuple(f"{each:.2f}" for each in (sum(held.values()), *(held[name] for name in AMOUNTS[1:])))
        for cell, held in found.items()
    }


def told(books: Books, rows: list[dict[str, Any]]) -> Figures:
    names = {str(id): name for name, id in (books.spaces | books.regions).items()}
    return {
        (row["level"], names.get(row["social_space_id"] or row["region_id"], ""), row["line"]): tuple(
            row[name] for name in AMOUNTS
        )
        for row in rows
    }


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(day=st.dates(FIRST_DAY - timedelta(days=3), LAST + timedelta(days=3)))
async def test_figures_are_what_the_postings_add_up_to(books: Books, client_of: Client, day: date) -> None:
    answer = await client_of(books.controller).get("/v1/budget-figures", params={"as_of": str(day), "limit": 200})
    rows = answer.json()["items"]
    assert {row["as_of"] for row in rows} == {str(day)}
    assert told(books, rows) == summed(books, day)
    for row in rows:
        approved, *others = (Decimal(row[name]) for name in AMOUNTS)
        assert approved == sum(others)


async def every(client: httpx.AsyncClient, face: str, path: str, **asked: str) -> list[dict[str, Any]]:
    """All rows of a list, whichever face tells them."""
    if face == "rest":
        found, more = list[dict[str, Any]](), True
        while more:
            page = (await client.get(f"/v1/{path}", params={"limit": "200", **asked})).json()
            found += page["items"]
            more, asked = bool(page["next"]), {**asked, "after": page["next"] or ""}
        return found
    name, enums = camel(path.replace("-", "_")), ("figure", "line", "level")
    said = ", ".join(f"{camel(k)}: {v.upper() if k in enums else chr(34) + v + chr(34)}" for k, v in asked.items())
    query = f"{{ it: {name}(first: 200, where: {{{said}}}) {{ nodes {{ amount valueOn }} }} }}"
    told: list[dict[str, Any]] = (await client.post("/graphql", json={"query": query})).json()["data"]["it"]["nodes"]
    assert len(told) < 200
    return told


@pytest.mark.parametrize("face", FACES)
async def test_every_figure_is_explained_by_its_parts_and_postings(books: Books, client_of: Client, face: str) -> None:
    client, chance = client_of(books.controller), random.Random(face)  # noqa: S311 (the same each time)
    day = str(MOVED + timedelta(days=chance.randrange(-60, 120)))
    rows = (await client.get("/v1/budget-figures", params={"as_of": day, "limit": 200})).json()["items"]
    for row in (row for row in rows if row["line"] in ("total", "case_specific")):
        for figure in chance.sample(AMOUNTS, 2):
            asked = {"figure_key": row["key"], "figure": figure, "as_of": day}
            for path in ("figure-parts", "figure-postings"):
                told = await every(client, face, path, **asked)
                assert sum(Decimal(each["amount"]) for each in told) == Decimal(row[figure]), (path, asked)
                assert all((each.get("value_on") or each["valueOn"]) <= day for each in told)
    assert await every(client_of("controller"), face, "figure-postings", figure_key=rows[0]["key"]) == []


async def test_a_region_has_the_spaces_that_lay_in_it_on_the_day(books: Books, client_of: Client) -> None:
    client, tal = client_of(books.controller), books.regions["Tal"]
    for day, spaces in ((MOVED - timedelta(days=1), 2), (MOVED, 1)):
        asked = {"region_id": str(tal), "line": "reserve", "as_of": str(day)}
        (row,) = (await client.get("/v1/budget-figures", params=asked)).json()["items"]
        assert row["approved"] == f"{spaces * 100_000}.00"


async def test_without_a_day_it_is_today_and_both_faces_say_the_same(books: Books, client_of: Client) -> None:
    client = client_of(books.controller)
    rest = (await client.get("/v1/budget-figures", params={"level": "region"})).json()["items"]
    assert {row["as_of"] for row in rest} == {"2027-01-10"}
    assert told(books, rest) == {cell: all for cell, all in summed(books, LAST).items() if cell[0] == "region"}
    fields = " ".join(camel(name) for name in rest[0])
    query = f"{{ budgetFigures(first: 50, where: {{level: REGION}}) {{ nodes {{ {fields} }} }} }}"
    graphql = (await client.post("/graphql", json={"query": query})).json()["data"]["budgetFigures"]["nodes"]
    for row, same in zip(rest, graphql, strict=True):
        expected = {camel(name): value for name, value in row.items()}
        assert same == expected | {"level": "REGION", "line": row["line"].upper()}


async def test_pages_meet(books: Books, client_of: Client) -> None:
    client, found, more = client_of(books.controller), list[str](), True
    asked = {"limit": "7", "as_of": "2026-05-05"}
    while more:
        page = (await client.get("/v1/budget-figures", params=asked)).json()
        found += [row["key"] for row in page["items"]]
        more, asked = bool(page["next"]), asked | {"after": page["next"] or ""}
    assert found == sorted(set(found))
    assert len(found) == 5 * (4 + 2 + 1)


@pytest.mark.parametrize("day", ["2027-01-11", "2099-12-31"])
async def test_nobody_is_told_the_future(books: Books, client_of: Client, day: str) -> None:
    client = client_of(books.controller)
    answer = await client.get("/v1/budget-figures", params={"as_of": day})
    detail = "lies in the future: figures are told up to today"
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")
    assert answer.json()["errors"] == [{"parameter": "as_of", "detail": detail}]
    query = f'{{ budgetFigures(where: {{asOf: "{day}"}}) {{ nodes {{ key }} }} }}'
    told = (await client.post("/graphql", json={"query": query})).json()
    assert told["errors"][0]["extensions"]["code"] == "invalid-input"


@pytest.mark.parametrize(
    "asked",
    [
        {"as_of": "2026-02-30"},
        {"as_of": ""},
        {"level": "planet"},
        {"line": "SUM"},
        {"fiscal_year": "x"},
        {"fiscal_year": "99999999999"},
        {"social_space_id": "1"},
        {"newest": "false"},
        {"after": "x"},
        {"sort": "free"},
    ],
)
async def test_what_makes_no_sense_is_refused(books: Books, client_of: Client, asked: dict[str, str]) -> None:
    for path in ("/v1/budget-figures", "/v1/released-figures"):
        answer = await client_of(books.controller).get(path, params=asked)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input"), answer.text


@pytest.mark.parametrize("face", FACES)
async def test_regions_and_the_county_are_for_controllers(books: Books, client_of: Client, face: str) -> None:
    """Who sees a social space's figures is told apart in tests/access."""
    for who in ("case_worker", "social_space_manager", "provider_manager", "administrator", "addressee"):
        rows = (await FACES[face](client_of(who)).many("budget_figures")).rows
        assert {row["level"] for row in rows} <= {"social_space"}, who
        assert str(books.authority) not in {row["authority_id"] for row in rows}


async def test_a_table_says_the_same_as_json(books: Books, client_of: Client) -> None:
    client, asked = client_of(books.controller), {"as_of": "2026-08-08", "limit": "200"}
    rows = (await client.get("/v1/budget-figures", params=asked)).json()["items"]
    answer = await client.get("/v1/budget-figures", params=asked, headers={"accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.text.endswith("\r\n")
    table = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert list(table[0]) == list(OF_NAME["BudgetFigure"].columns)
    assert table == [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]
    page = await client.get("/v1/budget-figures", params={**asked, "limit": "3"}, headers={"accept": "text/csv"})
    assert len(page.text.splitlines()) == 4
    assert page.headers["link"].endswith('rel="next"')
    plain = await client.get("/v1/regions", headers={"accept": "text/csv"})
    assert plain.headers["content-type"] == "application/json"


async def test_the_second_line_holds_behind_the_view(books: Books, database: Database) -> None:
    import psycopg

    with psycopg.connect(database.application) as connection:
        shown = "SELECT DISTINCT authority_id FROM budget_figure WHERE as_of = '2026-12-31'"
        assert connection.execute(shown).fetchall() == []
        connection.execute("SELECT set_config('service.authority', %s, true)", [str(books.authority)])
        assert connection.execute(shown).fetchall() == [(books.authority,)]
