"""Bookings that come in a file: held to the rules of a single booking, booked once, all at once, and by two people; and
long work that shows how far it is, ends when it is asked to, and goes on where it was killed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.demo import AUTHORITY
from service.domain.budgets.imports import posting
from service.domain.budgets.imports.receiving import receive
from service.domain.budgets.imports.rows import NEEDED
from service.domain.desk import Desk
from service.domain.errors import ReadOnly, Unavailable
from service.domain.jobs import carrying
from service.domain.jobs.carrying import Cancelled, Carrying
from service.domain.values import new_id
from service.storage import writing
from tests.budgets.conftest import Carry, Draft
from tests.budgets.contract import FIRST, NETWORK, SECOND, Contract, DayToBe, Proof
from tests.budgets.imports import CSV, checked, released, row, settled, stopped, whole
from tests.cases.conftest import WORKER, Life
from tests.conftest import Database
from tests.faces import FACES, Face, Told, content

pytestmark = pytest.mark.anyio


async def test_a_file_is_checked_row_by_row_and_booked_by_a_second_person(
    agreed: Draft, sent: Any, carry: Carry, database: Database, proof_of: Callable[[str], Proof]
) -> None:
    contract, mark = await agreed(), uuid4().hex[:8]
    bound = await contract.commit("cross_case", "100.00", organisation_id=str(NETWORK))
    line, theirs = contract.lines["case_unspecific"], str(uuid4())
    rows = [
        row(f"{mark}-1", "20.00", line_id=line),
        row(f"{mark}-2", "60.00", commitment_id=bound["id"], value_on="2027-03-15"),
        row(f"{mark}-3", "40.01", commitment_id=bound["id"], value_on="2027-03-15"),
        row(f"{mark}-4", "1.00", line_id=theirs),
        row(f"{mark}-5", "1.00", line_id=line, value_on="2026-12-31"),
        row(f"{mark}-6", "1,00", line_id=line),
        f'{mark}-7;"never closed',
        row(f"{mark}-1", "5.00", line_id=line),
        row(f"{mark}-9", "1.00", line_id=contract.lines["case_specific"]),
        row(f"{mark}-10", "12.00", line_id=line, invoice_number=f"R {mark}-1"),
        row(f"{mark}-11", "10.00", line_id=line, value_on="2027-03-01"),
    ]
    before = content(database)["posting"]
    one = await sent(contract.first, rows)
    job, findings = await checked(contract.first, one, carry)
    assert job["state"] == "done"
    assert [(each["row_number"], each["field"], each["code"]) for each in findings] == [
        (4, "commitment_id", "exceeds-commitment"),
        (5, "line_id", "invalid-input"),
        (6, "value_on", "invalid-input"),
        (7, "amount", "invalid-input"),
        (8, "", "malformed-row"),
        (9, "external_number", "row-repeated"),
        (10, "line_id", "invalid-input"),
        (11, "invoice_number", "exceeds-invoice"),
    ]
    assert all(each["advice"] and each["detail"].endswith(".") for each in findings)
    assert "Value error" not in str(findings), "in our own words"
    one = await contract.first.one("booking_import", one["id"])
    assert (one["state"], one["valid"], one["faulty"], one["known"], one["amount"]) == ("checked", 3, 8, 0, "90.00")
    assert content(database)["posting"] == before, "a check books nothing"
    assert (await released(contract.first, one)).code == "forbidden"
    assert (await released(contract.third, one, partial=True)).code == "four-eyes", "who has granted a part of it"
    assert (await released(contract.second, one)).code == "faulty-rows"
    posted = await released(contract.second, one, partial=True)
    assert (posted["state"], posted["total"], posted["unit"]) == ("queued", 3, "rows")
    assert await contract.figures("case_unspecific") == ("300.00", "0.00", "0.00", "0.00", "300.00")
    await carry(posted)
    ended = await contract.first.one("job", posted["id"])
    assert (ended["state"], ended["done"], ended["problem"]) == ("done", 3, None)
    assert await contract.figures("case_unspecific") == ("300.00", "0.00", "0.00", "30.00", "270.00")
    assert await contract.figures("cross_case") == ("500.00", "0.00", "40.00", "60.00", "400.00")
    assert (await contract.first.one("commitment", bound["id"]))["state"] == "partly_booked"
    found = database.rows(
        "SELECT external_number, amount::text, state FROM booking WHERE import_id = %s ORDER BY amount", one["id"]
    )
    assert found == [(f"{mark}-{n}", amount, "released") for n, amount in ((11, "10.00"), (1, "20.00"), (2, "60.00"))]
    events = "SELECT count(*) FROM event WHERE kind = 'booking_import.release' AND subject_id = %s"
    assert database.rows(events, one["id"]) == [(1,)], "one event"
    proof_of(contract.id).holds()
    whole(database)
    await _once_more(contract, sent, carry, rows, database, one["id"])


async def _once_more(
    contract: Contract, sent: Any, carry: Carry, rows: list[Any], database: Database, before: str
) -> None:
    """The same file again: known, and booked no second time. What was booked as something else says so."""
    again = await sent(contract.first, [*rows[:2], {**rows[10], "amount": "10.01"}])
    _, findings = await checked(contract.first, again, carry)
    assert [(each["row_number"], each["code"]) for each in findings] == [(4, "row-reused")]
    one = await contract.first.one("booking_import", again["id"])
    assert (one["valid"], one["faulty"], one["known"]) == (0, 1, 2)
    assert (await released(contract.second, one, partial=True)).code == "nothing-to-post"
    first = "SELECT id::text, version FROM booking WHERE import_id = %s AND amount = 20"
    imported = database.rows(first, before)
    taken = await contract.third.do("reverse_booking", *imported[0], reason="Doppelt gezahlt")
    assert taken["state"] == "reversed"
    assert await contract.figures("case_unspecific") == ("300.00", "0.00", "0.00", "10.00", "290.00")
    whole(database)


@pytest.mark.parametrize("face", ["rest"])
async def test_a_worker_that_is_stopped_anywhere_loses_nothing_and_doubles_nothing(
    sixty: tuple[Contract, Told],
    carry: Carry,
    database: Database,
    proof_of: Callable[[str], Proof],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the middle of a statement, of one more each time: how fast the machine is makes no difference."""
    contract, one = sixty
    job = await released(contract.second, one)
    seen, left = set[int](), 0

    async def fetch_row(*asked: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            working.cancel()
        return await writing.fetch_row(*asked)

    for module in (posting, carrying):
        monkeypatch.setattr(module, "fetch_row", fetch_row)
    for statements in range(1, 200):
        left = statements
        working = asyncio.create_task(carry(job))
        with suppress(asyncio.CancelledError, Unavailable):  # as the worker does: then it is tried again
            await working
        told = await contract.first.one("job", job["id"])
        seen.add(told["done"])
        if told["state"] == "done":
            break
        if told["state"] == "queued":  # not begun
            continue
        resumed = await contract.second.do("resume_job", job["id"], told.version)
        if resumed.status >= 300:  # it ended in this moment: what was on its way when it was stopped has arrived
            told = await contract.first.one("job", job["id"])
            assert told["state"] == "done", resumed
            break
    assert told["state"] == "done"
    assert len(seen) > 2, "it was stopped in between"
    assert await contract.figures("case_unspecific") == ("300.00", "0.00", "0.00", "30.30", "269.70")
    assert await contract.figures("cross_case") == ("500.00", "0.00", "0.00", "30.30", "469.70")
    booked = "SELECT count(*), count(DISTINCT external_number), sum(amount)::text FROM booking WHERE import_id = %s"
    assert database.rows(booked, one["id"]) == [(60, 60, "60.60")]
    proof_of(contract.id).holds()
    whole(database)


@pytest.mark.parametrize("face", ["rest"])
async def test_what_is_cancelled_or_refused_is_as_if_it_had_not_been_begun(
    sixty: tuple[Contract, Told], carry: Carry, database: Database
) -> None:
    contract, one = sixty
    proposed = f"SELECT coalesce(sum(proposed), 0)::text FROM invoice WHERE number LIKE 'R {_mark(database, one)}%%'"
    early = await released(contract.second, one)
    assert (await contract.first.do("cancel_job", early["id"], early.version))["cancel_asked"] is True
    await carry(early)
    assert (await contract.first.one("job", early["id"]))["state"] == "cancelled"
    assert (await contract.first.one("booking_import", one["id"]))["state"] == "checked"
    job = await released(contract.second, one)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(posting, "post_sums", stopped)  # the money's one transaction is the last that can be undone
        await carry(job)
    assert (await contract.first.one("job", job["id"]))["problem"]["code"] == "internal"
    assert database.rows(proposed) == [("60.60",)], "a defect leaves it to be resumed"
    version = (await contract.first.one("job", job["id"])).version
    resumed = await contract.second.do("resume_job", job["id"], version)
    asked = await contract.second.do("cancel_job", job["id"], resumed.version)
    assert (asked["state"], asked["cancel_asked"]) == ("queued", True)
    await carry(job)
    assert (await contract.first.one("job", job["id"]))["state"] == "cancelled"
    assert database.rows(proposed) == [("0",)], "nothing is left of it"
    assert (await contract.commit("cross_case", "480.00")).status == 201
    version = (await contract.first.one("job", job["id"])).version
    assert (await contract.second.do("resume_job", job["id"], version)).status == 202
    await carry(job)
    ended = await contract.first.one("job", job["id"])
    assert (ended["state"], ended["problem"]["code"], ended["problem"]["left"]) == ("failed", "import-short", "1.82")
    assert database.rows(proposed) == [("0",)], "nothing is left of it"
    assert await contract.figures("case_unspecific") == ("300.00", "0.00", "0.00", "0.00", "300.00")
    _, findings = await checked(contract.first, one, carry)
    assert [(each["row_number"], each["code"]) for each in findings] == [(0, "import-short")], "the dry run says so"


@pytest.mark.parametrize("face", ["rest"])
async def test_an_import_is_resumed_in_the_name_of_whoever_resumes_it(
    sixty: tuple[Contract, Told], carry: Carry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has sent the file posts nothing of it: what its invoices were to give, they get back. Once it is posted,
    anybody who controls may finish it."""
    contract, one = sixty
    job, post, write = await released(contract.second, one), posting._post, posting._write

    async def resumed(who: Face) -> Told:
        told = await contract.first.one("job", job["id"])
        assert (await who.do("resume_job", job["id"], told.version)).status == 202
        await carry(job)
        return await contract.first.one("job", job["id"])

    monkeypatch.setattr(posting, "_post", stopped)
    await carry(job)
    assert (await contract.first.one("booking_import", one["id"]))["state"] == "posting"
    assert (await resumed(contract.first))["problem"]["code"] == "forbidden"
    assert (await contract.first.one("booking_import", one["id"]))["state"] == "checked"
    monkeypatch.setattr(posting, "_post", post)
    monkeypatch.setattr(posting, "_write", stopped)
    third = await resumed(contract.third)
    monkeypatch.setattr(posting, "_write", write)
    ended = await resumed(contract.first)
    assert (ended["state"], ended["done"]) == ("done", 60)
    told = await contract.first.one("booking_import", one["id"])
    assert (told["state"], told["released_by"], third["state"]) == ("posted", third["started_by"], "failed")
    assert ended["started_by"] == told["imported_by"]
    assert len({job["started_by"], third["started_by"], ended["started_by"]}) == 3, "each in their own name"


@pytest.mark.parametrize("face", ["rest"])
async def test_two_workers_post_once_and_take_back_nothing_that_is_posted(
    sixty: tuple[Contract, Told], carry: Carry, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract, one = sixty
    post = posting._post

    async def both(work: Carrying) -> None:
        await post(work)
        await post(work)
        raise Cancelled

    monkeypatch.setattr(posting, "_post", both)
    job = await released(contract.second, one)
    await carry(job)
    assert (await contract.first.one("job", job["id"]))["state"] == "done"
    assert await contract.figures("cross_case") == ("500.00", "0.00", "0.00", "30.30", "469.70")
    assert database.rows("SELECT count(*) FROM booking WHERE import_id = %s", one["id"]) == [(60,)]
    whole(database)


@pytest.mark.parametrize("face", ["rest"])
async def test_a_number_that_was_booked_during_the_check_is_not_booked_again(
    agreed: Draft, sent: Any, carry: Carry, database: Database
) -> None:
    contract = await agreed()
    rows = [row(uuid4().hex, "20.00", line_id=contract.lines["case_unspecific"])]
    one, other = await sent(contract.first, rows), await sent(contract.first, rows)
    for each in (one, other):  # at the same moment, and of neither is anything booked yet
        await checked(contract.first, each, carry)
    await carry(await released(contract.second, one))
    job = await released(contract.second, other)
    await carry(job)
    assert (await contract.first.one("job", job["id"]))["problem"]["code"] == "check-again"
    assert (await contract.first.one("booking_import", other["id"]))["state"] == "checked"
    assert (await contract.figures("case_unspecific"))[3] == "20.00"
    whole(database)


@pytest.mark.parametrize("face", ["rest"])
async def test_half_an_import_is_proved_and_not_settled(
    agreed: Draft, sent: Any, carry: Carry, database: Database, clock: DayToBe, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract, other = await agreed(), await agreed()
    bound = await contract.commit("cross_case", "60.00", organisation_id=str(NETWORK))
    one = await sent(contract.first, [row(uuid4().hex, "60.00", commitment_id=bound["id"], value_on="2027-03-15")])
    await checked(contract.first, one, carry)
    with monkeypatch.context() as patch:
        patch.setattr(posting, "_write", stopped)
        job = await released(contract.second, one)
        await carry(job)
    whole(database)
    assert (await settled(contract, clock)).value["import_id"] == one["id"]
    assert (await settled(other, clock)).status == 201, "it posts nothing there"
    again = await contract.third.do("resume_job", job["id"], (await contract.first.one("job", job["id"])).version)
    await carry(again)
    assert (await settled(contract, clock)).value["booked"] == "60.00"


def _mark(database: Database, one: Told) -> str:
    query = "SELECT min(external_number) FROM booking_import_row WHERE job_id = %s"
    return str(database.rows(query, one["checked_job_id"])[0][0]).partition("-")[0]


@pytest.mark.parametrize("face", ["rest"])
async def test_whoever_sends_the_file_does_not_release_it(
    agreed: Draft, sent: Any, carry: Carry, client_of: Callable[..., httpx.AsyncClient]
) -> None:
    """Also where somebody else has begun the import, and sent another file before."""
    contract = await agreed()
    one = await sent(contract.first, [])
    line = contract.lines["case_unspecific"]
    rows = [",".join(NEEDED) + ",line_id", f"{uuid4().hex},{NETWORK},R 1,2027-02-01,5.00,{line}"]
    path, content = f"/v1/booking-imports/{one['id']}/file", "\n".join(rows).encode()
    assert (await client_of(SECOND).post(path, content=content, headers=CSV)).status_code == 200
    job, _ = await checked(contract.first, await contract.first.one("booking_import", one["id"]), carry)
    assert job["state"] == "done"
    assert (await released(contract.second, one)).code == "forbidden"
    posted = await released(contract.first, one)
    await carry(posted)
    assert (await contract.first.one("booking_import", one["id"]))["state"] == "posted"


@pytest.mark.parametrize("face", ["rest"])
async def test_nobody_pays_by_a_file_for_their_own_family(
    agreed: Draft, sent: Any, carry: Carry, client_of: Callable[..., httpx.AsyncClient], database: Database
) -> None:
    """Neither sends it nor releases it: the row is a fault of whoever sent it, like a grant of their own."""
    contract, life = await agreed(), Life(lambda who: FACES["rest"](client_of(who)))
    bound = await contract.commit("cross_case", "100.00", organisation_id=str(NETWORK))
    await life.begin()
    father = {"kind": "representative", "name": "Neu", "representation": "attorney"}
    await life.enrol((await life.do(WORKER, "add_participant", life.case, **father))["id"], SECOND)
    theirs = "UPDATE commitment SET case_id = %s WHERE id = %s RETURNING 1"
    assert database.rows(theirs, life.case, bound["id"])
    rows = [row(uuid4().hex, "5.00", commitment_id=bound["id"], value_on="2027-03-15")]
    one = await sent(contract.first, rows)
    await checked(contract.first, one, carry)
    assert (await released(contract.second, one)).code == "excluded-from-case"
    own = await sent(contract.second, rows, SECOND)
    _, (found,) = await checked(contract.second, own, carry)
    assert (found["field"], found["code"]) == ("commitment_id", "excluded-from-case")


async def test_no_file_is_taken_while_nothing_may_be_changed(desk_of: Callable[[str], Desk]) -> None:
    async def nothing() -> AsyncIterator[bytes]:
        yield b""

    desk = replace(desk_of(FIRST), read_only=True)
    with pytest.raises(ReadOnly):
        await receive(desk, new_id(), nothing(), 1)


async def test_others_neither_see_nor_send(
    agreed: Draft, sent: Any, client_of: Callable[..., httpx.AsyncClient]
) -> None:
    contract = await agreed()
    one = await sent(contract.first, [])
    path = f"/v1/booking-imports/{one['id']}/file"
    for who, status in (("case_worker", 404), ("auditor", 403), (None, 401)):
        answer = await client_of(who).post(path, content=b"x", headers=CSV)
        assert answer.status_code == status, who
    assert (await client_of(FIRST).post(path, content=b"{}")).status_code == 415
    empty = await contract.first.do("start_booking_import", id=str(new_id()), authority_id=str(AUTHORITY))
    assert (await contract.first.do("check_booking_import", empty["id"], id=str(new_id()))).code == "file-missing"


async def test_a_header_that_names_no_columns_fails_and_says_which(
    face: str, sent: Any, carry: Carry, client_of: Callable[..., httpx.AsyncClient]
) -> None:
    first = FACES[face](client_of(FIRST))
    begun = await first.do("start_booking_import", id=str(new_id()), authority_id=str(AUTHORITY))
    path = f"/v1/booking-imports/{begun['id']}/file"
    assert (await client_of(FIRST).post(path, content=b"number,amount\r\n1,2\r\n", headers=CSV)).status_code == 200
    job = await first.do("check_booking_import", begun["id"], id=str(new_id()))
    await carry(job)
    problem = (await first.one("job", job["id"]))["problem"]
    assert (problem["code"], problem["unknown"]) == ("header-wrong", ["number"])
    assert "external_number" in problem["missing"]
