"""An import that comes to nothing is as if it had not been begun: what it has entered goes with it, however it ended
and wherever its worker was stopped."""

import asyncio
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest

from service.domain.budgets.imports import posting
from service.domain.errors import Unavailable
from service.domain.values import new_id
from tests.budgets.conftest import Carry, Draft
from tests.budgets.contract import Contract
from tests.budgets.imports import checked, released, row, stopped, whole
from tests.conftest import Database
from tests.faces import Said, Told

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("face", ["rest"])]
ENTERED = "SELECT number, amount::text, proposed::text FROM invoice WHERE number LIKE %s ORDER BY number"


async def test_a_number_is_free_again_once_its_import_is_cancelled(
    agreed: Draft, sent: Any, carry: Carry, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract, mark = await agreed(), uuid4().hex[:8]
    line = contract.lines["case_unspecific"]
    monkeypatch.setattr(posting, "CLAIMED", 2)
    torn = [row(f"{mark}-{n}", "10.00", line_id=line, invoice_number=f"{mark} {n % 3}") for n in range(6)]
    rows = [each | {"invoice_amount": "20.00"} for each in torn]
    one = await sent(contract.first, rows)
    await checked(contract.first, one, carry)
    await contract.invoice("20.00", number=f"{mark} 2")  # by hand, before it is posted
    job = await released(contract.second, one)
    with monkeypatch.context() as patch:
        patch.setattr(posting, "_post", stopped)
        await carry(job)
    assert database.rows(ENTERED, f"{mark}%") == [(f"{mark} {n}", "20.00", "20.00") for n in range(3)]
    await _cancelled(contract, job, carry)
    assert database.rows(ENTERED, f"{mark}%") == [(f"{mark} 2", "20.00", "0.00")], "what somebody has entered stays"
    assert (await contract.invoice("12.00", number=f"{mark} 0")).status == 201
    other = await sent(contract.first, [row(f"{mark}-x", "50.00", line_id=line, invoice_number=f"{mark} 1")])
    _, findings = await checked(contract.first, other, carry)
    assert findings == [], "of an invoice that is larger than the import that came to nothing had it"
    await carry(await released(contract.second, other))
    assert database.rows(ENTERED, f"{mark} 1") == [(f"{mark} 1", "50.00", "50.00")]
    whole(database)


async def test_an_invoice_that_somebody_has_used_meanwhile_stays(
    agreed: Draft, sent: Any, carry: Carry, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract, mark = await agreed(), uuid4().hex[:8]
    line = contract.lines["case_unspecific"]
    one = await sent(contract.first, [row(mark, "10.00", line_id=line, invoice_amount="30.00")])
    await checked(contract.first, one, carry)
    job = await released(contract.second, one)
    with monkeypatch.context() as patch:
        patch.setattr(posting, "_post", stopped)
        await carry(job)
    ((invoice,),) = database.rows("SELECT id::text FROM invoice WHERE number = %s", f"R {mark}")
    said: Said = {"amount": "20.00", "line_id": line, "value_on": "2027-02-15"}
    booking = await contract.second.do("propose_booking", invoice, id=str(new_id()), **said)
    assert booking.status == 201
    await contract.second.do("withdraw_booking", booking["id"], booking.version)
    await _cancelled(contract, job, carry)
    assert database.rows(ENTERED, f"R {mark}") == [(f"R {mark}", "30.00", "0.00")]


async def test_an_import_that_is_stopped_anywhere_while_it_is_given_back_leaves_nothing(
    sixty: tuple[Contract, Told], carry: Carry, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract, one = sixty
    ((first,),) = database.rows(
        "SELECT min(external_number) FROM booking_import_row WHERE job_id = %s", one["checked_job_id"]
    )
    mark = f"R {first.partition('-')[0]}-%"
    job = await released(contract.second, one)
    with monkeypatch.context() as patch:
        patch.setattr(posting, "_post", stopped)
        await carry(job)
    assert len(database.rows(ENTERED, mark)) == 60
    told = await contract.first.one("job", job["id"])
    told = await contract.second.do("resume_job", job["id"], told.version)
    await contract.second.do("cancel_job", job["id"], told.version)
    seen, pause = set[int](), 0.002
    while (await contract.first.one("job", job["id"]))["state"] != "cancelled":
        working = asyncio.create_task(carry(job))
        await asyncio.sleep(pause)
        pause *= 1.2
        working.cancel()
        with suppress(asyncio.CancelledError, Unavailable):
            await working
        seen.add(len(database.rows(ENTERED, mark)))
    assert database.rows(ENTERED, mark) == []
    assert len(seen) > 1, "it was stopped before the end"
    assert (await contract.first.one("booking_import", one["id"]))["state"] == "checked"
    version = (await contract.first.one("job", job["id"])).version
    await contract.second.do("resume_job", job["id"], version)
    await carry(job)
    assert [each[2] for each in database.rows(ENTERED, mark)] == ["1.01"] * 60
    whole(database)


async def test_what_would_hold_everybody_up_is_told_by_the_check_and_not_posted(
    agreed: Draft, sent: Any, carry: Carry, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract, mark = await agreed(), uuid4().hex[:8]
    line = contract.lines["case_unspecific"]
    monkeypatch.setattr(posting, "MOST", 2)
    rows = [row(f"{mark}-{n}", "10.00", line_id=line, value_on=f"2027-02-0{n % 4 + 1}") for n in range(8)]
    one = await sent(contract.first, rows)
    _, findings = await checked(contract.first, one, carry)
    assert [(each["row_number"], each["code"]) for each in findings] == [(0, "import-too-large")]
    job = await released(contract.second, one)
    await carry(job)
    problem = (await contract.first.one("job", job["id"]))["problem"]
    assert (problem["code"], problem["postings"], problem["most"]) == ("import-too-large", 4, 2)
    assert (await contract.first.one("booking_import", one["id"]))["state"] == "checked"
    assert database.rows(ENTERED, f"R {mark}%") == []


async def _cancelled(contract: Contract, job: Told, carry: Carry) -> None:
    told = await contract.first.one("job", job["id"])
    told = await contract.second.do("resume_job", job["id"], told.version)
    await contract.second.do("cancel_job", job["id"], told.version)
    await carry(job)
    assert (await contract.first.one("job", job["id"]))["state"] == "cancelled"
