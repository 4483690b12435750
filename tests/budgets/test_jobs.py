"""What of budgets takes long, as jobs: done by the operation that anybody calls, in the name of whoever started it,
once however often it is begun; and an import whose worker is killed (make faults)."""

import asyncio
import csv
import io
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.demo import AUTHORITY
from service.domain.budgets import counting, long_work
from service.domain.jobs.carrying import Carrying
from service.domain.values import new_id
from tests.budgets.conftest import Draft
from tests.budgets.contract import FIRST, SECOND, Proof
from tests.budgets.workers import booked, many_cents, until, until_ended, worker
from tests.conftest import Database, Recovered
from tests.faces import Face, Rest, Said, Told

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
    others = {SECOND: 403, "auditor": 403, "provider_manager": 404}  # who see the job, and who do not
    assert (await client_of(FIRST).get(path)).json()["code"] == "not-exported"
    for who, status in others.items():
        assert (await client_of(who).get(path)).status_code == status, "told before whether there is a file"
    await carry(export)
    answer = await client_of(FIRST).get(path)
    told = list(csv.DictReader(io.StringIO(answer.text)))
    kept = database.rows("SELECT id::text FROM posting WHERE agreement_id = %s", ready.id)
    assert answer.headers["content-type"].startswith("text/csv")
    assert sorted(each["id"] for each in told) == sorted(id for (id,) in kept)
    assert (await first.one("job", export["id"]))["done"] == len(kept)
    for who, status in others.items():
        assert (await client_of(who).get(path)).status_code == status, "only who started it"


@pytest.mark.parametrize("face", ["rest"])
async def test_a_release_that_takes_too_long_fails_and_says_so(
    drafted: Draft, carry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = await drafted(2015)
    assert (await contract.second.do("activate_budget_agreement", contract.id, 1)).status == 200
    monkeypatch.setattr(long_work, "LONGEST_LOOK", 1)
    monkeypatch.setattr(counting, "_SPENT", "SELECT pg_sleep(9)")
    said: Said = {"authority_id": str(AUTHORITY), "as_of": "2015-11-30"}
    job = await contract.first.do("start_figure_release", id=str(new_id()), **said)
    await carry(job)
    ended = await contract.first.one("job", job["id"])
    assert (ended["state"], ended["problem"]["code"]) == ("failed", "release-takes-too-long")
    assert "Resume the job" in ended["problem"]["advice"], "what it has done already is no advice"
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


@pytest.mark.faults
@pytest.mark.parametrize("face", ["rest"])
async def test_a_worker_that_is_killed_over_an_import_loses_nothing_and_doubles_nothing(
    agreed: Draft, database: Database, proof_of: Callable[[str], Proof], tmp_path: Path, recovered: Recovered
) -> None:
    contract = await agreed()
    first, second = contract.first, contract.second
    assert isinstance(first, Rest)
    assert isinstance(second, Rest)
    one = await many_cents(first, contract.lines["case_unspecific"])
    check = await first.do("check_booking_import", one, id=str(new_id()))
    seconds = [await _killed_and_resumed(second, check, database, tmp_path)]
    version = (await first.one("booking_import", one)).version
    post = await second.do("release_booking_import", one, version, id=str(new_id()))
    seconds.append(await _killed_and_resumed(second, post, database, tmp_path))
    assert await contract.figures("case_unspecific") == ("300.00", "0.00", "0.00", "200.00", "100.00")
    booked(database, one)
    proof_of(contract.id).holds()
    recovered("a worker was killed over a job and another started", max(seconds), soon=30)


async def _killed_and_resumed(face: Rest, job: Told, database: Database, home: Path) -> float:
    """Seconds until the second worker has done something more."""
    with worker(database, home):
        told = await until(face, job, lambda told: told["done"] > 0 or told["state"] != "queued")
    assert told["state"] == "running"
    began = time.monotonic()
    with worker(database, home):
        assert (await face.do("resume_job", job["id"], told.version)).status == 202
        await until(face, job, lambda now: now["done"] > told["done"] or now["state"] == "done")
        seconds = time.monotonic() - began
        await until_ended(face, job)
    return seconds
