"""What of budgets takes long, as jobs: done by the operation that anybody calls, in the name of whoever started it,
once however often it is begun; and an import whose worker is killed (make faults)."""

import asyncio
import csv
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.demo import AUTHORITY
from service.domain.budgets import counting, releases
from service.domain.jobs.carrying import Carrying
from service.domain.sealing.keys import made_once
from service.domain.values import new_id
from tests.budgets.conftest import Draft
from tests.budgets.contract import DAY, FIRST, NETWORK, SECOND, Contract, Proof
from tests.conftest import Database
from tests.faces import Face, Said, Told

pytestmark = pytest.mark.anyio
Client = Callable[..., httpx.AsyncClient]


async def test_a_year_is_settled_and_released_and_its_postings_exported_as_jobs(
    drafted: Draft, carry: Any, database: Database, client_of: Client, face: str
) -> None:
    year = {"rest": 2021, "graphql": 2022}[face]  # long over, and before all that others look at
    ready, late = await drafted(year), await drafted(year)
    for contract in (ready, late):
        assert (await contract.second.do("activate_budget_agreement", contract.id, 1)).status == 200
    assert (await ready.close_through(f"{year}-12-31")).status == 200
    first: Face = ready.first
    of: Said = {"authority_id": str(AUTHORITY)}
    job = await first.do("start_settlements", id=str(new_id()), fiscal_year=year, **of)
    assert (job["state"], job["total"], job["unit"]) == ("queued", 2, "agreements")
    working = asyncio.create_task(carry(job))  # stopped, and begun again
    await asyncio.sleep(0.05)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    await carry(job)
    ended = await first.one("job", job["id"])
    assert (ended["state"], ended["done"], ended["findings"]) == ("done", 2, 1)
    (found,) = [each for each in (await first.many("job_findings")).rows if each["job_id"] == job["id"]]
    assert (found["code"], found["subject_id"]) == ("year-open", late.id)
    settled = "SELECT count(*) FROM settlement WHERE agreement_id = ANY(%s::uuid[])"
    assert database.rows(settled, [ready.id, late.id]) == [(1,)]

    release = await first.do("start_figure_release", id=str(new_id()), as_of=f"{year}-11-30", **of)
    assert (await first.one("figure_release", release["subject_id"])).status == 404
    await carry(release)
    assert (await first.one("figure_release", release["subject_id"]))["as_of"] == f"{year}-11-30"
    again = await first.do("start_figure_release", id=str(new_id()), as_of=f"{year}-11-30", **of)
    await carry(again)
    assert (await first.one("job", again["id"]))["problem"]["code"] == "invalid-input", "it needs a reason"

    export = await first.do("start_export", ready.id, id=str(new_id()), content="postings")
    path = f"/v1/jobs/{export['id']}/file"
    assert (await client_of(FIRST).get(path)).json()["code"] == "not-exported"
    await carry(export)
    answer = await client_of(FIRST).get(path)
    told = list(csv.DictReader(io.StringIO(answer.text)))
    kept = database.rows("SELECT id::text FROM posting WHERE agreement_id = %s", ready.id)
    assert answer.headers["content-type"].startswith("text/csv")
    assert sorted(each["id"] for each in told) == sorted(id for (id,) in kept)
    assert (await first.one("job", export["id"]))["done"] == len(kept)
    assert (await client_of(SECOND).get(path)).status_code == 403, "only who started it"


@pytest.mark.parametrize("face", ["rest"])
async def test_a_release_that_takes_too_long_fails_and_says_so(
    drafted: Draft, carry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = await drafted(2015)
    assert (await contract.second.do("activate_budget_agreement", contract.id, 1)).status == 200
    monkeypatch.setattr(releases, "LONGEST", 1)
    monkeypatch.setattr(counting, "_SPENT", "SELECT pg_sleep(9)")
    said: Said = {"authority_id": str(AUTHORITY), "as_of": "2015-11-30"}
    job = await contract.first.do("start_figure_release", id=str(new_id()), **said)
    await carry(job)
    ended = await contract.first.one("job", job["id"])
    assert (ended["state"], ended["problem"]["code"]) == ("failed", "release-takes-too-long")
    assert (await contract.first.one("figure_release", job["subject_id"])).status == 404


@pytest.mark.parametrize("face", ["rest"])
async def test_settlements_are_cancelled_between_two_agreements_and_go_on_there(
    drafted: Draft, carry: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = [await drafted(2020), await drafted(2020)]
    for contract in ready:
        assert (await contract.second.do("activate_budget_agreement", contract.id, 1)).status == 200
        assert (await contract.close_through("2020-12-31")).status == 200
    first, perform = ready[0].first, Carrying.perform
    job = await first.do("start_settlements", id=str(new_id()), fiscal_year=2020, authority_id=str(AUTHORITY))

    async def ended_after(work: Carrying, *asked: Any) -> None:
        await perform(work, *asked)
        await first.do("cancel_job", job["id"], (await first.one("job", job["id"])).version)

    with monkeypatch.context() as patch:
        patch.setattr(Carrying, "perform", ended_after)
        await carry(job)
    told = await first.one("job", job["id"])
    assert (told["state"], told["done"], told["total"]) == ("cancelled", 1, 2)
    settled = "SELECT count(*) FROM settlement WHERE agreement_id = ANY(%s::uuid[])"
    assert database.rows(settled, [each.id for each in ready]) == [(1,)], "what is worked out stays"
    assert (await ready[0].second.do("resume_job", job["id"], told.version)).status == 202
    await carry(job)
    told = await first.one("job", job["id"])
    assert (told["state"], told["done"], told["longest"] > 0) == ("done", 2, True)
    assert database.rows(settled, [each.id for each in ready]) == [(2,)]


@contextmanager
def worker(database: Database, home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    made_once(home / "seal-key.pem")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SOZIALRAUM_", "DATABASE_"))}
    given = {"SOZIALRAUM_HOME": str(home), "DATABASE_URL": database.application, "SOZIALRAUM_DEVELOPMENT": "true"}
    given["SOZIALRAUM_CLOCK"] = f"{DAY}T12:00:00Z"
    process = subprocess.Popen([sys.executable, "-m", "service", "worker"], env=kept | given, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


async def until(contract: Contract, job: Told, enough: Callable[[Told], bool]) -> Told:
    for _ in range(1_200):
        told = await contract.first.one("job", job["id"])
        if enough(told):
            return told
        await asyncio.sleep(0.05)
    raise AssertionError(told)


@pytest.mark.faults
@pytest.mark.parametrize("face", ["rest"])
async def test_a_worker_that_is_killed_over_an_import_loses_nothing_and_doubles_nothing(
    agreed: Draft, database: Database, client_of: Client, proof_of: Callable[[str], Proof], tmp_path: Path
) -> None:
    contract, many = await agreed(), 20_000
    line = contract.lines["case_unspecific"]
    rows = [f"{contract.id}-{n},{NETWORK},K {n},2027-02-01,0.01,{line},2027-02-{n % 28 + 1:02}" for n in range(many)]
    header = "external_number,organisation_id,invoice_number,issued_on,amount,line_id,value_on"
    one = await contract.first.do("start_booking_import", id=str(new_id()), authority_id=str(AUTHORITY))
    path, content = f"/v1/booking-imports/{one['id']}/file", "\n".join([header, *rows]).encode()
    sent = await client_of(FIRST).post(path, content=content, headers={"content-type": "text/csv"})
    assert sent.status_code == 200
    check = await contract.first.do("check_booking_import", one["id"], id=str(new_id()))
    await _killed_and_resumed(contract, check, database, tmp_path)
    version = (await contract.first.one("booking_import", one["id"])).version
    post = await contract.second.do("release_booking_import", one["id"], version, id=str(new_id()))
    await _killed_and_resumed(contract, post, database, tmp_path)
    assert await contract.figures("case_unspecific") == ("300.00", "0.00", "0.00", "200.00", "100.00")
    booked = "SELECT count(*), count(DISTINCT external_number), sum(amount)::text FROM booking WHERE import_id = %s"
    assert database.rows(booked, one["id"]) == [(many, many, "200.00")]
    proof_of(contract.id).holds()


async def _killed_and_resumed(contract: Contract, job: Told, database: Database, home: Path) -> None:
    with worker(database, home):
        told = await until(contract, job, lambda told: told["done"] > 0 or told["state"] != "queued")
    assert told["state"] == "running"
    with worker(database, home):
        resumed = await contract.second.do("resume_job", job["id"], told.version)
        assert resumed.status == 202
        ended = await until(contract, job, lambda told: told["state"] not in ("queued", "running"))
    assert (ended["state"], ended["done"]) == ("done", ended["total"])
