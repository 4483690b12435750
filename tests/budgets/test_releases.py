"""What everybody may know of the money, and what nobody can work out from it."""

import asyncio
import io
import json
import os
import random
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any
from uuid import UUID

import datapackage
import frictionless
import httpx
import openpyxl
import psycopg
import pytest

from service.api.app import Application
from service.api.rest.table import XLSX
from service.demo import AUTHORITY, MAIN_CASE
from service.domain.budgets.cells import TOTAL
from service.domain.budgets.contract import AgreementPosition
from service.domain.budgets.purposes import OPEN_TO_OTHERS
from service.domain.values import new_id
from service.storage.data_keys import DataKeys, new_key
from tests.budgets.books import AMOUNTS, FIRST_DAY, Books
from tests.budgets.contract import DayToBe, add, waiting
from tests.conftest import KEYS, Database

pytestmark = pytest.mark.anyio
Client = Callable[..., httpx.AsyncClient]
Row = Mapping[str, Any]
Key = tuple[str, str]  # a place, a line
LINES = ("case_specific", "cross_case", "case_unspecific", "reserve")
MAY, JUNE = "2026-05-31", "2026-06-30"
HOMES = {
    **{f"T{number}": [("Tal", FIRST_DAY)] for number in range(4)},
    **{f"H{number}": [("Höhe", FIRST_DAY)] for number in range(3)},
    "Wandernd": [("Höhe", FIRST_DAY), ("Tal", date(2026, 6, 15))],
    "Frei": [],
}


@pytest.fixture(autouse=True)
def _new_year(clock: DayToBe) -> None:
    clock.day = date(2027, 1, 10)


async def release(client: httpx.AsyncClient, books: Books, as_of: str, **more: Any) -> httpx.Response:
    said = {"id": str(new_id()), "authority_id": str(books.authority), "as_of": as_of, **more}
    return await client.post("/v1/figure-releases", json=said)


async def released(client: httpx.AsyncClient, **asked: Any) -> list[Row]:
    answer = await client.get("/v1/released-figures", params={"limit": 200, **asked})
    assert answer.status_code == 200, answer.text
    assert answer.json()["next"] is None
    rows: list[Row] = answer.json()["items"]
    return rows


def crowd(books: Books, space: str, amounts: Iterable[str], day: date, **more: str) -> None:
    """So many cases of the space, one amount each; the same cases each time."""
    spent = [(f"{space} {number}", amount) for number, amount in enumerate(amounts)]
    if spent:
        books.spend_each(space, spent, day, **more)


def cell(rows: Iterable[Row], books: Books, place: str, line: str = "case_specific") -> Row:
    id = str((books.spaces | books.regions | {"county": None})[place]) if place != "county" else None
    (found,) = (row for row in rows if row["line"] == line and (row["social_space_id"] or row["region_id"]) == id)
    return found


# ------------------------------------------------------------------------------------------------ what is released


async def test_a_case_s_part_of_what_is_without_a_case_counts_as_one(database: Database, client_of: Client) -> None:
    """Finance does not see which case it is; everybody could see how much. One family may have as many as it takes."""
    books = Books(database, {"Auwald": [("Tal", FIRST_DAY)]})
    day, line = date(2026, 3, 3), "case_unspecific"
    crowd(books, "Auwald", ["1000.00"] * 6, day)
    books.spend("Auwald", None, "700.00", day, line=line)
    books.spend_each("Auwald", [(None, "400.00")] * 6, day, line="cross_case", purpose_kind=OPEN_TO_OTHERS)
    assert (await release(client_of(books.controller), books, MAY)).status_code == 201
    rows = await released(client_of(), authority_id=str(books.authority), as_of=MAY)
    assert cell(rows, books, "Auwald", line)["suppressed"] != "primary", "it is for nobody"
    assert cell(rows, books, "Auwald", "cross_case")["suppressed"] == "primary"


async def test_parts_of_several_families_are_told_apart_without_their_names(
    database: Database, client_of: Client
) -> None:
    """On lines without cases as many as there are; with the lines for cases, where each may be one that has its name
    there, as one."""
    books = Books(database, {each: [(f"{each}tal", FIRST_DAY)] for each in ("Auwald", "Birken", "Erlen")})
    day, line = date(2026, 3, 3), "case_unspecific"
    six, parts = "family {}", [(None, "400.00")] * 6
    books.spend_each("Auwald", parts, day, line=line, purpose_kind=OPEN_TO_OTHERS, family=six)
    books.spend_each("Birken", parts, day, line=line, purpose_kind=OPEN_TO_OTHERS, family="one")
    books.spend_each("Erlen", parts, day, line=line, purpose_kind=OPEN_TO_OTHERS, family=six)
    crowd(books, "Erlen", ["1000.00"] * 4, day)
    assert (await release(client_of(books.controller), books, MAY)).status_code == 201
    rows = await released(client_of(), authority_id=str(books.authority), as_of=MAY)
    told = {place: cell(rows, books, place, line)["suppressed"] == "primary" for place in books.spaces}
    assert told == {"Auwald": False, "Birken": True, "Erlen": False}
    assert cell(rows, books, "Erlen", "case_specific")["suppressed"] == "primary", "of four"
    assert cell(rows, books, "Erlen", TOTAL)["suppressed"] == "primary", "four, of whom any may have the part"


async def test_a_part_of_nobody_knows_which_family_makes_one_of_all(database: Database, client_of: Client) -> None:
    """It may be the part of any of the others."""
    books = Books(database, {"Auwald": [("Auwaldtal", FIRST_DAY)]})
    day, kind = date(2026, 3, 3), {"line": "cross_case", "purpose_kind": OPEN_TO_OTHERS}
    books.spend_each("Auwald", [(None, "400.00")] * 4, day, family="family {}", **kind)
    books.spend_each("Auwald", [(None, "400.00")], day, **kind)
    assert (await release(client_of(books.controller), books, MAY)).status_code == 201
    rows = await released(client_of(), authority_id=str(books.authority), as_of=MAY)
    assert cell(rows, books, "Auwald", "cross_case")["suppressed"] == "primary", "of four, and one of them"


async def test_a_release_is_rounded_public_and_says_what_it_is(database: Database, client_of: Client) -> None:
    books = Books(database, {"Auwald": [("Tal", FIRST_DAY)]})
    crowd(books, "Auwald", ["1234.56"] * 6, date(2026, 3, 3), kind="booked")
    client, public = client_of(books.controller), client_of()
    answer = await release(client, books, MAY)
    made = answer.json()
    assert (answer.status_code, made["number"], made["as_of"], made["corrects_id"]) == (201, 1, MAY, None)
    assert (await public.get(answer.headers["location"])).json() == made
    rows = await released(public, authority_id=str(books.authority), as_of=MAY)
    assert len(rows) == 3 * 5
    assert {row["release_id"] for row in rows} == {made["id"]}
    for place in ("Auwald", "Tal", "county"):
        told = cell(rows, books, place)
        assert [told[name] for name in AMOUNTS] == ["100000.00", "0.00", "0.00", "7400.00", "92600.00"]
        assert told["suppressed"] is None
    answer = await public.get("/v1/released-figures", params={"as_of": MAY}, headers={"accept": "text/csv"})
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert "Accept" in answer.headers["vary"]
    query = f'{{ releasedFigures(where: {{releaseId: "{made["id"]}", level: COUNTY, line: TOTAL}}) {{ nodes {{ booked '
    query += "release { number asOf } } } }"
    told = (await public.post("/graphql", json={"query": query})).json()["data"]["releasedFigures"]["nodes"]
    assert told == [{"booked": "7400.00", "release": {"number": 1, "asOf": MAY}}]


async def test_a_release_is_open_data_by_phase_in_every_format(client_of: Client, tmp_path: Path) -> None:
    """The demo county's last release: Unterhaching's worked budget (facts, section 7), as others' tools read it."""
    public, whose = client_of(), {"authority_id": str(AUTHORITY), "sort": "-as_of", "limit": "200"}
    listed = (await public.get("/v1/figure-releases", params=whose)).json()["items"]
    made = next(each for each in listed if each["id"][:8] == str(MAIN_CASE)[:8])  # no other test's: ids tell when
    asked = {"release_id": made["id"], "line": "total", "level": "county", "limit": "200"}
    rows = (await public.get("/v1/released-amounts", params=asked)).json()["items"]
    told = {row["phase"]: row["amount"] for row in rows}
    assert (told["proposed"], told["approved"], told["adjusted"]) == ("1500000.00", "1500000.00", "1564000.00")
    assert set(told) == {"proposed", "approved", "adjusted", "executed"}
    answer = await public.get("/v1/released-amounts", params=asked, headers={"accept": XLSX})
    assert answer.headers["content-type"] == XLSX
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    names, *table = sheet.iter_rows(values_only=True)
    assert [dict(zip(names, row, strict=True))["amount"] for row in table] == [
        None if row["amount"] is None else float(row["amount"]) for row in rows
    ]
    answer = await public.get(f"/v1/figure-releases/{made['id']}/package")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path)
    descriptor = json.loads((tmp_path / "datapackage.json").read_text("utf-8"))
    assert datapackage.Profile("fiscal-data-package").validate(descriptor)
    assert datapackage.Package(descriptor, base_path=str(tmp_path)).valid
    table = {name: value for name, value in descriptor["resources"][0].items() if name != "profile"}
    resource = frictionless.Resource(table, basepath=str(tmp_path))
    report = frictionless.validate(resource)
    assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])
    whole = (await public.get("/v1/released-figures", params={"release_id": made["id"], "limit": 200})).json()["items"]
    assert report.tasks[0].stats["rows"] == len(whole)
    assert (await public.get(f"/v1/figure-releases/{new_id()}/package")).status_code == 404


async def test_only_a_controller_releases_and_only_what_is_over(
    database: Database, client_of: Client, clock: DayToBe
) -> None:
    books = Books(database, {"Auwald": [("Tal", FIRST_DAY)]})
    assert (await release(client_of(), books, MAY)).status_code == 401
    assert (await release(client_of("case_worker"), books, MAY)).status_code == 403
    assert (await release(client_of("controller"), books, MAY)).status_code == 403  # of another authority
    client = client_of(books.controller)
    clock.day = date(2026, 5, 31)
    for day, detail in ((MAY, "must be over"), ("2026-04-29", "must be the last day of a month")):
        answer = await release(client, books, day)
        assert (answer.status_code, answer.json()["errors"]) == (422, [{"pointer": "#/as_of", "detail": detail}])
    assert (await release(client, books, "2025-12-31")).json()["code"] == "nothing-to-release"
    assert await released(client_of(), authority_id=str(books.authority)) == []


async def test_a_correction_is_another_release_and_both_stay(database: Database, client_of: Client) -> None:
    books = Books(database, {"Auwald": [("Tal", FIRST_DAY)]})
    client, public, whose = client_of(books.controller), client_of(), {"authority_id": str(books.authority)}
    crowd(books, "Auwald", ["1000.00"] * 6, date(2026, 3, 3))
    first = (await release(client, books, MAY)).json()
    crowd(books, "Auwald", ["500.00"] * 6, date(2026, 4, 4))
    refused = await release(client, books, MAY)
    assert refused.json()["errors"][0]["pointer"] == "#/reason"
    second = (await release(client, books, MAY, reason="Nachbuchung")).json()
    assert (second["number"], second["corrects_id"], second["reason"]) == (2, first["id"], "Nachbuchung")
    assert cell(await released(public, **whose), books, "county")["committed"] == "9000.00"
    assert cell(await released(public, release_id=first["id"]), books, "county")["committed"] == "6000.00"
    for each, count in ((first, 6), (second, 12)):  # each is explained by the postings that it counted
        asked = {"release_id": each["id"], "figure": "committed", "figure_key": f"county:{books.authority}:2026:total"}
        told = (await client.get("/v1/figure-postings", params=asked)).json()["items"]
        assert (len(told), {row["as_of"] for row in told}) == (count, {MAY})
        assert (await public.get("/v1/figure-postings", params=asked)).status_code == 401
    listed = (await public.get("/v1/figure-releases", params={"as_of": MAY, **whose})).json()["items"]
    assert listed == [first, second]
    again = await client.post("/v1/figure-releases", json={**whose, "id": first["id"], "as_of": MAY})
    assert (again.status_code, again.json()) == (201, first)


async def test_what_was_released_is_never_changed(database: Database, client_of: Client) -> None:
    books = Books(database, {"Auwald": [("Tal", FIRST_DAY)]})
    assert (await release(client_of(books.controller), books, MAY)).status_code == 201
    for table in ("figure_release", "released_figure"):
        for change in (f"UPDATE {table} SET authority_id = authority_id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with psycopg.connect(database.application) as connection:
                connection.execute("SELECT set_config('service.authority', %s, true)", [str(books.authority)])
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(change.encode())
    for table in ("disclosure_rule", "key_date"):
        with psycopg.connect(database.application) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"DELETE FROM {table}".encode())


async def test_who_posts_does_not_wait_for_a_release_and_is_not_counted_in_it(
    database: Database, client_of: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The release is worked out, and its transaction still open; what is posted meanwhile is for its correction."""
    books = Books(database, {"Auwald": [("Tal", FIRST_DAY)]})
    crowd(books, "Auwald", ["1000.00"] * 6, date(2026, 3, 3))
    monkeypatch.setenv("PGOPTIONS", "-c lock_timeout=3s")  # of the test's own connections
    async with await psycopg.AsyncConnection.connect(database.superuser) as writing:
        await writing.execute("LOCK TABLE released_figure IN SHARE MODE")
        releasing = asyncio.create_task(release(client_of(books.controller), books, MAY))
        await waiting(database, 1)
        crowd(books, "Auwald", ["500.00"] * 6, date(2026, 4, 4))
        assert not releasing.done()
    first = (await releasing).json()
    second = (await release(client_of(books.controller), books, MAY, reason="Nachbuchung")).json()
    for made, committed, free in ((first, "6000.00", "94000.00"), (second, "9000.00", "91000.00")):
        for place in ("Auwald", "Tal", "county"):
            told = cell(await released(client_of(), release_id=made["id"]), books, place)
            assert (told["approved"], told["committed"], told["free"]) == ("100000.00", committed, free)


async def test_a_draft_is_told_as_proposed_once_the_agency_stands_by_it(
    database: Database, client_of: Client, clock: DayToBe
) -> None:
    books, clock.day = Books(database, {"Auwald": [("Tal", FIRST_DAY)]}), date(2026, 7, 10)
    client, public = client_of(books.controller), client_of()
    said: dict[str, Any] = {
        "id": str(new_id()),
        "authority_id": str(books.authority),
        "fiscal_year": 2026,
        "reserve": "1800.00",
    }
    assert (await client.post("/v1/budget-agreements", json=said)).status_code == 201
    scope: dict[str, Any] = {"authority_id": books.authority, "agreement_id": UUID(said["id"]), "voice": "agency"}

    def says(stance: str, day: int, terms: int = 1) -> None:
        taken: dict[str, Any] = {"taken_by": books.controller_id, "taken_at": datetime(2026, 6, day, 12, tzinfo=UTC)}
        add(database, [AgreementPosition(stance=stance, terms=terms, said="Probe", **taken, **scope)])

    async def proposed() -> dict[str, str]:
        made = (await release(client, books, JUNE, reason="Probe")).json()
        asked = {"release_id": made["id"], "level": "county", "line": "reserve", "limit": 200}
        rows = (await public.get("/v1/released-amounts", params=asked)).json()["items"]
        return {row["phase"]: row["amount"] for row in rows if row["phase"] != "executed"}

    in_force = {"proposed": "0.00", "approved": "0.00", "adjusted": "100000.00"}  # the books' own say not since when
    assert await proposed() == in_force, "still being negotiated"
    says("approval", 20, terms=2)
    assert await proposed() == in_force, "of other terms"
    says("approval", 20)
    assert await proposed() == in_force | {"proposed": "1800.00"}
    says("disagreement", 25)
    assert await proposed() == in_force, "taken back"


async def test_what_was_carried_in_does_not_tell_about_the_year_before(
    database: Database, client_of: Client, clock: DayToBe
) -> None:
    """By the rules on over-spend and under-spend, what a year had spent in all follows from what it hands on."""
    books = Books(database, {name: [("Tal", date(2025, 1, 1))] for name in ("Auwald", "Moos", "Ried")}, 2025)
    client, clock.day = client_of(books.controller), date(2026, 7, 10)
    for space, many in (("Auwald", 1), ("Moos", 9), ("Ried", 9)):
        crowd(books, space, ["1000.00"] * many, date(2025, 3, 3), kind="booked")
    books.begin(2026)
    for space in books.spaces:
        books.carry_in(space, "700.00", date(2026, 2, 2))

    async def approved(as_of: str) -> list[str]:
        assert (await release(client, books, as_of)).status_code == 201
        rows = await released(client_of(), as_of=as_of, authority_id=str(books.authority))
        places = (*books.spaces, "Tal", "county")
        return [cell(rows, books, place, "case_unspecific")["approved"] for place in places]

    assert await approved("2026-03-31") == ["100000.00", "100700.00", "100700.00", "301400.00", "301400.00"]
    assert (await release(client, books, "2025-12-31")).status_code == 201
    rows = await released(client_of(), as_of="2025-12-31", authority_id=str(books.authority))
    told = {space: cell(rows, books, space, "total")["suppressed"] is None for space in books.spaces}
    assert (told["Auwald"], sum(told.values())) == (False, 1), "one hides the other"
    shown = ["100700.00" if told[space] else "100000.00" for space in books.spaces]
    assert await approved("2026-04-30") == [*shown, "300700.00", "300700.00"]


async def test_half_a_release_does_not_stay(
    database: Database, client_of: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = Books(database, {"Auwald": [("Tal", FIRST_DAY)]})
    with monkeypatch.context() as patch:
        patch.setattr("service.domain.budgets.releases.rounded", lambda amount, to: 1 / 0)
        assert (await release(client_of(books.controller), books, MAY)).status_code == 500
    assert database.rows("SELECT count(*) FROM figure_release WHERE authority_id = %s", books.authority) == [(0,)]
    assert (await release(client_of(books.controller), books, MAY)).json()["number"] == 1


# ------------------------------------------------------------------------------------------------ what is kept back


@pytest.mark.parametrize(
    ("amounts", "kept"),
    [
        (["1000.00"] * 5, None),
        (["1000.00"] * 4, "primary"),
        (["1000.00"] * 4 + ["90000.00"], "primary"),  # one of five makes more than 85 %
        (["1000.00"] * 4 + ["20000.00"], None),
        ([], None),
    ],
)
async def test_few_cases_or_a_dominant_one_are_kept_back(
    database: Database, client_of: Client, amounts: list[str], kept: str | None
) -> None:
    books = Books(database, {"Auwald": [("Tal", FIRST_DAY)], "Moos": [("Tal", FIRST_DAY)]})
    crowd(books, "Auwald", amounts, date(2026, 3, 3))
    crowd(books, "Moos", ["30000.00"] * 3, date(2026, 3, 3), line="cross_case")
    await release(client_of(books.controller), books, MAY)
    told = cell(await released(client_of(), authority_id=str(books.authority)), books, "Auwald")
    assert told["suppressed"] == kept
    assert told["approved"] == "100000.00"
    assert [told[name] is None for name in AMOUNTS[1:]] == [kept is not None] * 4


async def test_duplicates_are_one_case(database: Database, client_of: Client) -> None:
    """Also of one that went into another duplicate; in what was released before they were found as well."""
    books = Books(database, {"Auwald": [("Tal", FIRST_DAY)]})
    crowd(books, "Auwald", ["1000.00"] * 6, date(2026, 3, 3))
    await release(client_of(books.controller), books, "2026-04-30")
    for one, into in ((0, 1), (1, 2)):
        database.rows(
            """UPDATE case_file SET state = 'merged', merged_as = 'closed', merged_into_id = %s
               WHERE id = %s RETURNING 1""",
            books.cases[f"Auwald {into}"],
            books.cases[f"Auwald {one}"],
        )
    await release(client_of(books.controller), books, MAY)
    whose = {"authority_id": str(books.authority)}
    kept = [cell(await released(client_of(), as_of=day, **whose), books, "Auwald") for day in ("2026-04-30", MAY)]
    assert [each["suppressed"] for each in kept] == [None, "primary"], "of six there are four"


async def test_duplicates_are_one_family_also_where_nobody_sees_whose_the_parts_are(
    database: Database, client_of: Client
) -> None:
    books = Books(database, {"Auwald": [("Tal", FIRST_DAY)], "Birken": [("Wald", FIRST_DAY)]})
    kind = {"line": "cross_case", "purpose_kind": OPEN_TO_OTHERS}
    for space, many in (("Auwald", 5), ("Birken", 6)):
        books.spend_each(space, [(None, "400.00")] * many, date(2026, 3, 3), family=f"{space} {{}}", **kind)
    await release(client_of(books.controller), books, "2026-04-30")
    for space in books.spaces:
        database.rows(
            """UPDATE case_file SET state = 'merged', merged_as = 'closed', merged_into_id = %s
               WHERE id = %s RETURNING 1""",
            books.cases[f"{space} 1"],
            books.cases[f"{space} 0"],
        )
    await release(client_of(books.controller), books, MAY)
    whose = {"authority_id": str(books.authority)}
    kept = {
        (space, day): cell(rows, books, space, "cross_case")["suppressed"] == "primary"
        for day in ("2026-04-30", MAY)
        for rows in [await released(client_of(), as_of=day, **whose)]
        for space in books.spaces
    }
    assert kept["Auwald", "2026-04-30"] is kept["Birken", "2026-04-30"] is False
    assert kept["Auwald", MAY] is True, "of five there are four"
    assert kept["Birken", MAY] is False, "of six there are five"


def _another_key(home: Path) -> tuple[DataKeys, DataKeys]:
    """One that the service does not have; and it with those of the service."""
    new, both = home / "new", home / "both"
    new.write_bytes(new_key())
    both.write_bytes(new.read_bytes() + Path(os.environ[KEYS]).read_bytes())
    return DataKeys(new), DataKeys(both)


async def test_a_family_is_one_whichever_data_key_told_its_parts_apart(
    database: Database, client_of: Client, application: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = Books(database, {"Auwald": [("Tal", FIRST_DAY)], "Birken": [("Wald", FIRST_DAY)]})
    kind = {"line": "cross_case", "purpose_kind": OPEN_TO_OTHERS}
    for space, many in (("Auwald", 4), ("Birken", 5)):
        books.spend_each(space, [(None, "400.00")] * many, date(2026, 3, 3), family=f"{space} {{}}", **kind)
    books.keys, both = _another_key(tmp_path)
    for space in books.spaces:
        books.spend_each(space, [(None, "400.00")], date(2026, 3, 4), family=f"{space} {{}}", **kind)
    monkeypatch.setattr(application.storage, "given_keys", both)
    await release(client_of(books.controller), books, MAY)
    rows = await released(client_of(), authority_id=str(books.authority))
    told = {place: cell(rows, books, place, "cross_case")["suppressed"] == "primary" for place in books.spaces}
    assert told == {"Auwald": True, "Birken": False}, "of four, and of five"


async def test_where_the_data_key_is_gone_that_told_parts_apart_they_may_be_anybodys(
    database: Database, client_of: Client, tmp_path: Path
) -> None:
    books = Books(database, {"Auwald": [("Tal", FIRST_DAY)], "Birken": [("Wald", FIRST_DAY)]})
    kind = {"line": "cross_case", "purpose_kind": OPEN_TO_OTHERS}
    for space in books.spaces:
        books.spend_each(space, [(None, "400.00")] * 6, date(2026, 3, 3), family=f"{space} {{}}", **kind)
    books.keys, _ = _another_key(tmp_path)
    books.spend_each("Auwald", [(None, "400.00")], date(2026, 3, 4), family="Auwald {}", **kind)
    await release(client_of(books.controller), books, MAY)
    rows = await released(client_of(), authority_id=str(books.authority))
    told = {place: cell(rows, books, place, "cross_case")["suppressed"] == "primary" for place in books.spaces}
    assert told == {"Auwald": True, "Birken": True}, "of none is it known any more that it is another one's"


async def test_one_case_that_has_asked_among_many_that_spend_is_one_case(database: Database, client_of: Client) -> None:
    books = Books(database, {"Auwald": [("Tal", FIRST_DAY)]})
    crowd(books, "Auwald", ["1000.00"] * 9, date(2026, 3, 3))
    books.spend("Auwald", "Auwald 3", "4200.00", date(2026, 4, 4), kind="reserved")
    await release(client_of(books.controller), books, MAY)
    rows = await released(client_of(), authority_id=str(books.authority))
    assert cell(rows, books, "Auwald")["suppressed"] == "primary"


async def test_what_changed_for_few_since_an_earlier_release_is_kept_back(
    database: Database, client_of: Client
) -> None:
    books = Books(database, {"Auwald": [("Tal", FIRST_DAY)], "Moos": [("Tal", FIRST_DAY)]})
    client, whose = client_of(books.controller), {"authority_id": str(books.authority)}
    for space in books.spaces:
        crowd(books, space, ["1000.00"] * 8, date(2026, 3, 3))
    await release(client, books, MAY)
    books.spend("Auwald", "Auwald 2", "700.00", date(2026, 6, 6))
    crowd(books, "Moos", ["200.00"] * 8, date(2026, 6, 6))
    await release(client, books, JUNE)
    rows = await released(client_of(), as_of=JUNE, **whose)
    assert cell(rows, books, "Auwald")["suppressed"] == "primary"
    assert cell(rows, books, "Moos")["suppressed"] is not None  # or Auwald would follow from the region
    corrected = await release(client, books, MAY, reason="noch einmal dasselbe")
    rows = await released(client_of(), release_id=corrected.json()["id"])
    assert cell(rows, books, "Auwald")["suppressed"] is None  # nothing has changed since
    books.spend("Auwald", "Auwald 5", "900.00", date(2026, 5, 5))
    corrected = await release(client, books, MAY, reason="eine Nachbuchung")
    rows = await released(client_of(), release_id=corrected.json()["id"])
    assert cell(rows, books, "Auwald")["suppressed"] == "primary"


async def test_a_total_does_not_tell_what_has_changed_for_one(database: Database, client_of: Client) -> None:
    """Enough other money hides what there is of few cases, but not what came next: it may not have moved."""
    books = Books(database, {"Auwald": [("Tal", FIRST_DAY)]})
    client, whose = client_of(books.controller), {"authority_id": str(books.authority)}
    crowd(books, "Auwald", ["1000.00"] * 8, date(2026, 3, 3))
    books.spend("Auwald", None, "20000.00", date(2026, 3, 3), line="cross_case")
    await release(client, books, MAY)
    assert cell(await released(client_of(), as_of=MAY, **whose), books, "Auwald", "total")["suppressed"] is None
    books.spend("Auwald", "Auwald 2", "9700.00", date(2026, 6, 6))
    await release(client, books, JUNE)
    rows = await released(client_of(), as_of=JUNE, **whose)
    for place in ("Auwald", "Tal", "county"):
        assert cell(rows, books, place)["suppressed"] is not None
        assert cell(rows, books, place, "total")["suppressed"] is not None


async def test_what_is_missing_anew_is_not_told_by_what_was_shown(database: Database, client_of: Client) -> None:
    books = Books(database, {name: [("Tal", FIRST_DAY)] for name in ("Auwald", "Moos", "Ried")})
    client, whose = client_of(books.controller), {"authority_id": str(books.authority)}
    for space, amount in (("Auwald", "1000.00"), ("Moos", "3000.00"), ("Ried", "1000.00")):
        crowd(books, space, [amount] * 8, date(2026, 3, 3))
    await release(client, books, MAY)
    books.spend("Auwald", "Auwald 2", "5000.00", date(2026, 6, 6))
    crowd(books, "Ried", ["5000.00"] * 8, date(2026, 6, 6))
    await release(client, books, JUNE)
    rows = await released(client_of(), as_of=JUNE, **whose)
    missing = {name for name in books.spaces if cell(rows, books, name)["suppressed"]}
    told = cell(rows, books, "Tal")["suppressed"] is None
    assert "Auwald" in missing
    assert not told or "Ried" in missing  # else: Tal less Ried, less what Auwald and Moos were in May


async def test_who_is_shown_now_is_not_told_of_then(database: Database, client_of: Client) -> None:
    """Three spaces with three cases each are missing; then one of them has many, and the others stay as they were."""
    books = Books(database, {name: [("Tal", FIRST_DAY)] for name in ("Auwald", "Furt", "Moos")})
    client, whose = client_of(books.controller), {"authority_id": str(books.authority)}
    for space, amount in (("Auwald", "5000.00"), ("Furt", "7000.00"), ("Moos", "9000.00")):
        crowd(books, space, [amount] * 3, date(2026, 3, 3))
    await release(client, books, MAY)
    rows = await released(client_of(), as_of=MAY, **whose)
    assert cell(rows, books, "Tal")["committed"] == "63000.00"
    assert {cell(rows, books, space)["committed"] for space in books.spaces} == {None}
    books.spend_each("Auwald", [(f"neu {number}", "6000.00") for number in range(20)], date(2026, 6, 6))
    await release(client, books, JUNE)
    rows = await released(client_of(), as_of=JUNE, **whose)
    shown = [place for place in ("Auwald", "Tal") if cell(rows, books, place)["suppressed"] is None]
    assert shown == ["Tal"], "or: Auwald less what Tal has more are the 15000.00 of three cases in May"


async def test_a_region_that_has_lost_its_spaces_stops_no_release(database: Database, client_of: Client) -> None:
    """What it told before is still subtracted from what is told now."""
    homes = {"Auwald": [("Tal", FIRST_DAY), ("Hang", date(2026, 6, 1))], "Moos": [("Hang", FIRST_DAY)]}
    books = Books(database, homes)
    client = client_of(books.controller)
    crowd(books, "Auwald", ["5000.00"] * 3, date(2026, 3, 3))
    crowd(books, "Moos", ["4000.00"] * 20, date(2026, 3, 3))
    others = [(f"andere {number}", "5000.00") for number in range(4)]
    books.spend_each("Auwald", others, date(2026, 3, 3), line="cross_case")
    crowd(books, "Moos", ["4000.00"] * 20, date(2026, 3, 3), line="cross_case")
    assert (await release(client, books, MAY)).status_code == 201
    rows = keys(books, await released(client_of(), as_of=MAY, authority_id=str(books.authority)))
    assert [rows["Tal", line]["suppressed"] for line in ("total", "cross_case")] == [None, "secondary"]
    assert (await release(client, books, JUNE)).status_code == 201


async def test_two_months_released_at_once_know_of_each_other(database: Database, client_of: Client) -> None:
    books = Books(database, {"Auwald": [("Tal", FIRST_DAY)]})
    client, whose = client_of(books.controller), {"authority_id": str(books.authority)}
    crowd(books, "Auwald", ["1000.00"] * 8, date(2026, 3, 3))
    books.spend("Auwald", "Auwald 2", "8800.00", date(2026, 6, 6))
    answers = await asyncio.gather(release(client, books, MAY), release(client, books, JUNE))
    assert [answer.status_code for answer in answers] == [201, 201]
    kept = [cell(await released(client_of(), as_of=day, **whose), books, "Auwald")["suppressed"] for day in (MAY, JUNE)]
    assert sorted(kept, key=str) == [None, "primary"]


# ------------------------------------------------------------------------------------------------ the audit


def places(books: Books, day: date) -> dict[str, str]:
    """The place in which each place lies."""
    found = {region: "county" for region in books.regions}
    for space, told in books.homes.items():
        found[space] = ([region for region, begins in told if begins <= day] or ["county"])[-1]
    return found


def equations(books: Books, day: date) -> list[dict[Key, int]]:
    """Every sum relation between the cells of a release: each is zero."""
    within = places(books, day)
    everywhere = {*within, "county"}
    found = [{(place, line): 1 for line in LINES} | {(place, "total"): -1} for place in everywhere]
    for whole in set(within.values()):
        parts = [place for place, home in within.items() if home == whole]
        for line in (*LINES, "total"):
            found.append({(part, line): 1 for part in parts} | {(whole, line): -1})
    return found


def rank(rows: Iterable[list[Fraction]]) -> int:
    rows, found = [row[:] for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((number for number in range(found, len(rows)) if rows[number][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for number in range(found + 1, len(rows)):
            if factor := rows[number][column] / rows[found][column]:
                rows[number] = [a - factor * b for a, b in zip(rows[number], rows[found], strict=True)]
        found += 1
    return found


def given_away(relations: Iterable[Mapping[Any, int]], unknown: list[Any]) -> list[Any]:
    """The unknowns that have one solution only: to say what one is would add nothing to what is known."""
    system = [[Fraction(relation.get(each, 0)) for each in unknown] for relation in relations]
    known = rank(system)
    return [
        each
        for place, each in enumerate(unknown)
        if rank([*system, [Fraction(place == other) for other in range(len(unknown))]]) == known
    ]


def solved(relations: Iterable[Mapping[Any, int]], unknown: set[Any]) -> set[Any]:
    """The same for more of them: each row in turn takes one unknown out of all others."""
    rows = [{each: Fraction(sign) for each, sign in relation.items() if each in unknown} for relation in relations]
    done = list[dict[Any, Fraction]]()
    while rows:
        if not (row := rows.pop()):
            continue
        pivot, factor = next(iter(row.items()))
        for other in (*rows, *done):
            if times := other.get(pivot, Fraction(0)) / factor:
                for each, value in row.items():
                    if not (left := other.pop(each, Fraction(0)) - times * value):
                        continue
                    other[each] = left
        done.append(row)
    return {next(iter(row)) for row in done if len(row) == 1}


def held(books: Books, day: date) -> dict[Key, tuple[Decimal, ...]]:
    """What each cell really holds on a day: reserved, committed, booked."""
    within, found = places(books, day), dict[Key, list[Decimal]]()
    for space, line, value_on, account, amount in books.postings():
        if account in AMOUNTS[1:4] and value_on <= day:
            for place in {space, within[space], "county"}:
                for key in ((place, line), (place, "total")):
                    found.setdefault(key, [Decimal(0)] * 3)[AMOUNTS.index(account) - 1] += amount
    return {key: tuple(amounts) for key, amounts in found.items()}


def keys(books: Books, rows: Iterable[Row]) -> dict[Key, Row]:
    names = {str(id): name for name, id in (books.spaces | books.regions).items()}
    return {(names.get(row["social_space_id"] or row["region_id"], "county"), row["line"]): row for row in rows}


@pytest.mark.parametrize("seed", range(2))
async def test_nothing_that_is_missing_can_be_worked_out(database: Database, client_of: Client, seed: int) -> None:
    """Two months and a correction of each, with chance's own cases: every sum relation, all together, exact."""
    books, chance = Books(database, HOMES), random.Random(seed)  # noqa: S311 (the same each time)
    client = client_of(books.controller)

    def lively(first: date, busy: float) -> None:
        for space in HOMES:
            if chance.random() < busy:
                line = chance.choices(LINES, (6, 2, 1, 0))[0]
                amounts = [f"{chance.randrange(500, 9_000)}.00" for _ in range(chance.choice((1, 2, 4, 6, 9)))]
                crowd(books, space, amounts, first, line=line, kind=chance.choice(("committed", "booked", "reserved")))
            if chance.random() < 0.5:
                books.spend(space, None, f"{chance.randrange(1, 9_000)}.00", first, line=chance.choice(LINES[1:]))

    told: list[tuple[date, dict[Key, Row]]] = []
    really: list[dict[Key, tuple[Decimal, ...]]] = []
    for as_of, first, busy, more in (
        (MAY, date(2026, 3, 3), 0.9, {}),
        (JUNE, date(2026, 6, 6), 0.4, {}),
        (MAY, date(2026, 5, 5), 0.2, {"reason": "Nachbuchung"}),
        (JUNE, date(2026, 6, 20), 0.2, {"reason": "Nachbuchung"}),
    ):
        lively(first, busy)
        made = await release(client, books, as_of, **more)
        assert made.status_code == 201, made.text
        rows = keys(books, await released(client_of(), release_id=made.json()["id"]))
        told.append((date.fromisoformat(as_of), rows))
        really.append(held(books, date.fromisoformat(as_of)))
    suppressed = {row["suppressed"] for _, rows in told for row in rows.values()}
    assert suppressed >= {None, "primary", "secondary"}
    for day, rows in told:
        unknown = [key for key, row in rows.items() if row["suppressed"]]
        assert given_away(equations(books, day), unknown) == []
    for number, (_, before) in enumerate(told):
        for day, after in told[number + 1 :]:
            same = [
                relation
                for relation in equations(books, day)
                if relation in equations(books, told[number][0])  # membership may have changed in between
            ]
            unknown = [key for key in after if after[key]["suppressed"] or before[key]["suppressed"]]
            assert given_away(same, unknown) == []
    for one, other in combinations(range(len(told)), 2):
        # Whoever knows of each cell whether it has moved: those that have not are the same unknown at both times.
        relations, kept, shown = list[Mapping[Any, int]](), set[Any](), set[Any]()
        for (day, rows), amounts in ((told[each], really[each]) for each in (one, other)):
            named = {key: (key, amounts.get(key, ())) for key in rows}
            relations += [{named[key]: sign for key, sign in relation.items()} for relation in equations(books, day)]
            shown |= {named[key] for key, row in rows.items() if not row["suppressed"]}
            kept |= {named[key] for key, row in rows.items() if row["suppressed"] == "primary"}
        hidden = {each for relation in relations for each in relation} - shown
        assert kept.isdisjoint(solved(relations, hidden))
