"""What long work has left behind goes after a time; what was booked and what is still needed stays."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.domain.budgets import forgetting
from service.domain.budgets.forgetting import forget
from service.domain.budgets.imports import posting
from service.domain.values import new_id
from tests.budgets.conftest import Carry, Draft
from tests.budgets.contract import DAY, FIRST
from tests.budgets.imports import CSV, checked, released, row, stopped, whole, wrong
from tests.conftest import Database

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("face", ["rest"])]
NOW = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC) + timedelta(days=40)
ROWS = "SELECT count(*) FROM booking_import_row WHERE job_id = %s"
PIECES = "SELECT count(*) FROM booking_import_piece WHERE import_id = %s"


def forgotten(database: Database, days: int) -> None:
    forget(database.application, NOW - timedelta(days=days), NOW)


async def test_rows_of_an_import_go_once_they_have_served_and_its_bookings_stay(
    agreed: Draft, sent: Any, carry: Carry, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract, mark = await agreed(), uuid4().hex[:8]
    bound = await contract.commit("cross_case", "60.00")
    place = {"commitment_id": bound["id"], "value_on": "2027-03-15"}
    one = await sent(contract.first, [row(f"{mark}-{n}", "10.00", **place) for n in range(6)])
    before, _ = await checked(contract.first, one, carry)
    first, _ = await checked(contract.first, one, carry)
    await carry(await released(contract.second, one))
    assert database.rows(PIECES, one["id"]) == [(0,)], "the file goes at once"
    forgotten(database, days=41)
    assert database.rows(ROWS, first["id"]) == [(6,)], "it is not time yet"
    monkeypatch.setattr(forgetting, "ROWS", 4)
    forgotten(database, days=30)
    assert [database.rows(ROWS, each["id"]) for each in (before, first)] == [[(0,)]] * 2, "also of checks before"
    assert database.rows("SELECT count(*) FROM booking WHERE import_id = %s", one["id"]) == [(6,)]
    whole(database)
    changing = "UPDATE booking SET amount = amount + %s WHERE external_number = %s RETURNING id"
    database.rows(changing, 1, f"{mark}-0")
    assert "imported" in wrong(database), "the proof goes by the bookings now"
    database.rows(changing, -1, f"{mark}-0")


async def test_what_is_still_being_booked_is_kept_however_long_it_takes(
    agreed: Draft, sent: Any, carry: Carry, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = await agreed()
    one = await sent(contract.first, [row(uuid4().hex, "10.00", line_id=contract.lines["case_unspecific"])])
    check, _ = await checked(contract.first, one, carry)
    job = await released(contract.second, one)
    with monkeypatch.context() as patch:
        patch.setattr(posting, "_write", stopped)
        await carry(job)
    forgotten(database, days=0)
    assert database.rows(ROWS, check["id"]) == [(1,)]
    await contract.second.do("resume_job", job["id"], (await contract.first.one("job", job["id"])).version)
    await carry(job)
    assert (await contract.first.one("booking_import", one["id"]))["state"] == "posted"
    whole(database)


async def test_what_a_worker_has_yet_to_begin_with_is_kept(
    agreed: Draft, sent: Any, carry: Carry, database: Database
) -> None:
    contract = await agreed()
    one = await sent(contract.first, [row(uuid4().hex, "10.00", line_id=contract.lines["case_unspecific"])])
    job = await contract.first.do("check_booking_import", one["id"], id=str(new_id()))
    forgotten(database, days=30)
    await carry(job)
    told = await contract.first.one("booking_import", one["id"])
    assert (told["state"], told["valid"]) == ("checked", 1)


async def test_a_file_that_nobody_has_released_lapses_and_can_be_sent_again(
    agreed: Draft, sent: Any, carry: Carry, database: Database, client_of: Callable[..., httpx.AsyncClient]
) -> None:
    contract = await agreed()
    one = await sent(contract.first, [row(uuid4().hex, "10.00", line_id=contract.lines["case_unspecific"])])
    check, _ = await checked(contract.first, one, carry)
    version = (await contract.first.one("booking_import", one["id"])).version
    forgotten(database, days=30)
    told = await contract.first.one("booking_import", one["id"])
    assert (told["state"], told["digest"], told["valid"], told.version) == ("open", None, 0, version + 1)
    assert (database.rows(ROWS, check["id"]), database.rows(PIECES, one["id"])) == ([(0,)], [(0,)])
    event = "SELECT count(*) FROM event WHERE kind = 'booking_import.lapse' AND subject_id = %s"
    assert database.rows(event, one["id"]) == [(1,)]
    assert (await contract.first.do("check_booking_import", one["id"], id=str(new_id()))).code == "file-missing"
    path = f"/v1/booking-imports/{one['id']}/file"
    assert (await client_of(FIRST).post(path, content=b"amount\r\n", headers=CSV)).status_code == 200


async def test_the_file_of_an_export_is_gone_after_a_time_and_says_what_to_do(
    agreed: Draft, carry: Carry, database: Database, client_of: Callable[..., httpx.AsyncClient]
) -> None:
    contract = await agreed()
    job = await contract.first.do("start_export", contract.id, id=str(new_id()), content="postings")
    await carry(job)
    path = f"/v1/jobs/{job['id']}/file"
    forgotten(database, days=41)
    assert (await client_of(FIRST).get(path)).status_code == 200
    forgotten(database, days=30)
    answer = await client_of(FIRST).get(path)
    assert (answer.status_code, answer.json()["code"]) == (410, "file-gone")
    assert "exports" in answer.json()["detail"]
    assert (await contract.first.one("job", job["id"]))["state"] == "done", "the job itself stays"
