"""Releasing figures of a year with more postings than can be counted while somebody waits."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from service.domain.budgets import long_work, releases
from service.domain.budgets.counting import Spending, rows_of
from service.domain.budgets.releases import ReleaseTakesTooLong
from service.domain.clock import Clock
from service.domain.jobs.carrying import carry_out
from service.domain.values import new_id
from service.storage.postgres import Storage
from tests.budgets.books import FIRST_DAY, Books
from tests.budgets.contract import DayToBe
from tests.budgets.test_releases import Client, cell, crowd, release, released
from tests.conftest import Database

pytestmark = pytest.mark.anyio
MAY = "2026-05-31"
HOMES = {space: [("Tal", FIRST_DAY)] for space in ("Auwald", "Heide", "Moor")}
Add = Callable[..., Any]


@pytest.fixture
def books(database: Database, clock: DayToBe) -> Books:
    clock.day = date(2027, 1, 10)
    books = Books(database, HOMES)
    for month in range(1, 6):
        crowd(books, "Auwald", ["100.00"] * 6, date(2026, month, 3), kind="booked")
        crowd(books, "Moor", ["70.00"] * min(month, 3), date(2026, month, 28))  # of few, who are hidden
        crowd(books, "Heide", ["70.00"] * 6, date(2026, month, 28))  # behind these
    books.spend("Auwald", "Auwald 0", "40.00", date(2026, 6, 1))
    return books


async def started(client: Any, books: Books, **more: str) -> Any:
    said = {"id": str(new_id()), "authority_id": str(books.authority), "as_of": MAY, **more}
    answer = await client.post("/v1/jobs/figure-releases", json=said)
    assert answer.status_code == 202, answer.text
    return answer.json()


@pytest.fixture
async def carry(database: Database, clock: DayToBe) -> Any:
    storage = await Storage(database.application, read_connections=1).open()

    async def carried(books: Books, job: Any) -> None:
        await carry_out(storage, database.application, UUID(job["id"]), books.authority, Clock(clock.read))

    yield carried
    await storage.close()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """No more than four days can be counted at a time, as with millions of postings; the answer is how many were."""
    counted, add = list[int](), Spending.add

    async def in_time(self: Spending, act: Any, first: date, last: date) -> None:
        if (last - first).days >= 4:
            raise ReleaseTakesTooLong
        counted.append((last - first).days + 1)
        await add(self, act, first, last)

    monkeypatch.setattr(Spending, "add", in_time)
    return counted


async def test_a_job_counts_as_many_days_at_a_time_as_it_can(
    books: Books, client_of: Client, carry: Any, monkeypatch: pytest.MonkeyPatch, slow: list[int]
) -> None:
    client = client_of(books.controller)
    refused = await release(client, books, MAY)
    assert (refused.status_code, refused.json()["code"]) == (409, "release-takes-too-long")
    assert "POST /v1/jobs/figure-releases" in refused.json()["detail"]
    job = await started(client, books)
    assert (job["unit"], job["total"]) == ("days", 151)
    await carry(books, job)
    ended = (await client.get(f"/v1/jobs/{job['id']}")).json()
    assert (ended["state"], ended["done"], ended["total"], sum(slow)) == ("done", 151, 151, 151)
    assert len(slow) > 30
    monkeypatch.undo()
    assert (await release(client, books, MAY, reason="Zum Vergleich")).status_code == 201
    telling = [await released(client_of(), release_id=id) for id in (job["subject_id"], await _newest(client, books))]
    told, again = ([{**row, "release_id": None, "number": None} for row in rows] for rows in telling)
    assert told == again, "as it would have been at once"
    assert cell(told, books, "county")["booked"] == "3000.00"
    assert cell(told, books, "Moor")["suppressed"]


async def _newest(client: Any, books: Books) -> str:
    found = (await client.get("/v1/figure-releases", params={"authority_id": str(books.authority)})).json()["items"]
    return str(max(found, key=lambda each: each["number"])["id"])


async def test_what_is_posted_while_it_is_counted_is_not_waited_for_and_not_told(
    books: Books, client_of: Client, carry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, add, posted = client_of(books.controller), Spending.add, list[date]()

    async def meanwhile(self: Spending, act: Any, first: date, last: date) -> None:
        await add(self, act, first, last)
        ((written,),) = await rows_of(act, "SELECT pg_current_xact_id_if_assigned()::text")
        assert written is None, "it only reads: no change is told later for it"
        crowd(books, "Auwald", ["1000.00"] * 6, first, kind="booked")  # in a transaction of its own, while this is open
        posted.append(first)

    monkeypatch.setattr(Spending, "add", meanwhile)
    job = await started(client, books)
    await carry(books, job)
    assert len(posted) > 1
    rows = await released(client_of(), release_id=job["subject_id"])
    assert cell(rows, books, "county")["booked"] == "3000.00"
    now = (await client.get("/v1/budget-figures", params={"as_of": MAY, "level": "county", "line": "total"})).json()
    assert now["items"][0]["booked"] == f"{3_000 + 6_000 * len(posted)}.00"


async def test_a_release_that_others_overtake_is_worked_out_anew(
    books: Books, client_of: Client, carry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For it must not tell with theirs what neither tells alone."""
    client, working, tries = client_of(books.controller), releases.worked_out, list[int]()

    async def overtaken(*asked: Any) -> Any:
        figures = await working(*asked)
        tries.append(len(asked[3].counts))
        if len(tries) == 1:
            assert (await release(client, books, "2026-04-30")).status_code == 201
        return figures

    monkeypatch.setattr(long_work, "worked_out", overtaken)
    job = await started(client, books)
    await carry(books, job)
    assert tries == [1, 2]
    assert (await client.get(f"/v1/figure-releases/{job['subject_id']}")).json()["as_of"] == MAY
    assert (await client.get(f"/v1/jobs/{job['id']}")).json()["state"] == "done"


async def test_cancelled_it_publishes_nothing_and_resumed_it_does_once(
    books: Books, client_of: Client, carry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, add = client_of(books.controller), Spending.add
    job = await started(client, books)

    async def cancelled(self: Spending, act: Any, first: date, last: date) -> None:
        await add(self, act, first, last)
        version = (await client.get(f"/v1/jobs/{job['id']}")).headers["etag"]
        answer = await client.post(f"/v1/jobs/{job['id']}/cancel", headers={"if-match": version})
        assert answer.status_code == 200, answer.text

    with monkeypatch.context() as patch:
        patch.setattr(Spending, "add", cancelled)
        await carry(books, job)
    told = await client.get(f"/v1/jobs/{job['id']}")
    assert (told.json()["state"], told.json()["done"]) == ("cancelled", 8)
    assert (await client.get(f"/v1/figure-releases/{job['subject_id']}")).status_code == 404
    answer = await client.post(f"/v1/jobs/{job['id']}/resume", headers={"if-match": told.headers["etag"]})
    assert answer.status_code == 202, answer.text
    for _ in range(2):  # the second time as if the worker had been killed before it could say that it was done
        await carry(books, job)
        books.database.rows("UPDATE job SET state = 'running' WHERE id = %s RETURNING id", job["id"])
    found = await client.get("/v1/figure-releases", params={"authority_id": str(books.authority)})
    assert [each["number"] for each in found.json()["items"]] == [1]
