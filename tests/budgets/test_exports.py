"""Exports: every row once in every kind of file, however often its worker was stopped; cancelled and resumed."""

import asyncio
import csv
import io
import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import openpyxl
import pytest

from service.demo import AUTHORITY
from service.domain import tabular
from service.domain.budgets import exporting
from service.domain.errors import Unavailable
from service.domain.values import new_id
from tests.budgets.conftest import Carry, Draft
from tests.budgets.contract import FIRST, Contract
from tests.conftest import Database
from tests.faces import Said, Told

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("face", ["rest"])]
Client = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def busy(agreed: Draft, monkeypatch: pytest.MonkeyPatch) -> Contract:
    """An agreement with 24 postings and more, which are read three at a time."""
    monkeypatch.setattr(exporting, "LARGEST_PAGE", 3)
    monkeypatch.setattr(exporting, "PAGES", 1)
    contract = await agreed()
    for _ in range(24):
        assert (await contract.commit("cross_case", "1.00")).status == 201
    return contract


async def fetched(job: Told, client_of: Client) -> httpx.Response:
    answer = await client_of(FIRST).get(f"/v1/jobs/{job['id']}/file")
    assert answer.status_code == 200, answer.text
    return answer


def sheets(content: bytes) -> list[list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_a_worker_that_is_stopped_anywhere_writes_each_row_once(
    busy: Contract, carry: Carry, database: Database, client_of: Client, form: str
) -> None:
    said: Said = {"content": "postings", "format": form}
    job = await busy.first.do("start_export", busy.id, id=str(new_id()), **said)
    kept = {id for (id,) in database.rows("SELECT id::text FROM posting WHERE agreement_id = %s", busy.id)}
    assert (job["state"], job["total"], job["unit"]) == ("queued", len(kept), "rows")
    seen, pause = set[int](), 0.02
    while (told := await busy.first.one("job", job["id"]))["state"] != "done":
        working = asyncio.create_task(carry(job))
        await asyncio.sleep(pause)
        pause *= 1.1
        working.cancel()
        with suppress(asyncio.CancelledError, Unavailable):
            await working
        seen.add(told["done"])
    assert len(seen) > 2, "it was stopped in between"
    assert told["done"] == told["total"] == len(kept)
    answer = await fetched(job, client_of)
    assert answer.headers["content-disposition"].endswith(f'.{form}"')
    if form == "csv":
        ids = [each["id"] for each in csv.DictReader(io.StringIO(answer.text))]
    else:
        (header, *rows), *more = sheets(answer.content)
        ids, amounts = ([each[header.index(name)] for each in rows] for name in ("id", "amount"))
        assert more == []
        assert set(map(type, amounts)) <= {int, float}, "amounts are numbers"
    assert len(ids) == len(kept)
    assert set(ids) == kept


async def test_an_export_is_cancelled_and_goes_on_where_it_stopped(
    busy: Contract, carry: Carry, database: Database, client_of: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await busy.first.do("start_export", busy.id, id=str(new_id()), content="postings", format="xlsx")
    pieces, page = "SELECT count(*) FROM job_piece WHERE job_id = %s", exporting._page

    async def asked_to_end(*asked: Any) -> Any:
        if database.rows(pieces, job["id"]) == [(3,)]:
            version = (await busy.first.one("job", job["id"])).version
            await busy.second.do("cancel_job", job["id"], version)
        return await page(*asked)

    monkeypatch.setattr(exporting, "_page", asked_to_end)
    await carry(job)
    told = await busy.first.one("job", job["id"])
    assert (told["state"], told["cancel_asked"]) == ("cancelled", True)
    assert 0 < told["done"] < told["total"]
    assert database.rows(pieces, job["id"]) == [(4,)]
    assert (await client_of(FIRST).get(f"/v1/jobs/{job['id']}/file")).json()["code"] == "not-exported"
    assert (await busy.second.do("resume_job", job["id"], told.version)).status == 202
    await carry(job)
    ((_, *rows),) = sheets((await fetched(job, client_of)).content)
    assert len(rows) == (await busy.first.one("job", job["id"]))["total"]


async def test_what_does_not_fit_on_a_sheet_goes_on_in_the_next(
    busy: Contract, carry: Carry, client_of: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabular, "SHEET", 11)
    job = await busy.first.do("start_export", busy.id, id=str(new_id()), content="commitments", format="xlsx")
    await carry(job)
    first, second, third = sheets((await fetched(job, client_of)).content)
    assert (len(first), len(second), len(third)) == (11, 11, 5)
    assert first[0] == second[0] == third[0]
    assert len({each[0] for sheet in (first, second, third) for each in sheet[1:]}) == 24


@pytest.mark.parametrize("form", ["csv", "xlsx", "package"])
async def test_a_release_is_exported_as_everybody_reads_it(
    agreed: Draft, carry: Carry, database: Database, client_of: Client, form: str
) -> None:
    contract = await agreed()
    said: Said = {"as_of": "2027-02-28", "reason": "Probe", "authority_id": str(AUTHORITY)}
    release = await contract.first.do("release_figures", id=str(new_id()), **said)
    job = await contract.first.do("start_release_export", release["id"], id=str(new_id()), format=form)
    assert (job.status, job["subject_id"]) == (202, release["id"])
    await carry(job)
    answer = await fetched(job, client_of)
    count = "SELECT count(*) FROM released_amount WHERE release_id = %s"
    ((many,),) = database.rows(count, release["id"])
    if form == "package":
        everybody = await client_of(None).get(f"/v1/figure-releases/{release['id']}/package")
        assert answer.content == everybody.content
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert json.loads(archive.read("datapackage.json"))["id"] == release["id"]
    elif form == "xlsx":
        assert len(sheets(answer.content)[0]) == many + 1
    else:
        assert len(list(csv.reader(io.StringIO(answer.text)))) == many + 1
    refused = await contract.first.do(
        "start_export", contract.id, id=str(new_id()), content="postings", format="package"
    )
    assert refused.value["errors"][0]["pointer"] == "#/format"


async def test_a_release_is_exported_by_those_who_work_with_the_money(agreed: Draft, client_of: Client) -> None:
    contract = await agreed()
    said: Said = {"as_of": "2027-02-28", "reason": "Probe", "authority_id": str(AUTHORITY)}
    release = await contract.first.do("release_figures", id=str(new_id()), **said)
    path = f"/v1/figure-releases/{release['id']}/exports"
    assert (await client_of("case_worker").post(path, json={"id": str(new_id())})).status_code == 403
