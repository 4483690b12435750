"""While an import is at work nothing that is said of the money has half of it: all or nothing, wherever it pauses."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.demo import AUTHORITY
from service.domain.budgets.imports import posting
from service.domain.jobs.carrying import Carrying
from service.domain.values import new_id
from tests.budgets.conftest import Carry, Draft
from tests.budgets.contract import FIRST, Contract, DayToBe
from tests.budgets.imports import checked, released, row, stopped
from tests.conftest import Database
from tests.faces import Said, Told

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("face", ["rest"])]
ROWS = 6


@pytest.fixture
async def ready(agreed: Draft, sent: Any, carry: Carry, monkeypatch: pytest.MonkeyPatch) -> tuple[Contract, Told]:
    """A checked import of six rows of 50.00, in batches of two."""
    monkeypatch.setattr(posting, "CLAIMED", 2)
    monkeypatch.setattr(posting, "WRITTEN", 2)
    contract, mark = await agreed(), uuid4().hex
    line = contract.lines["case_unspecific"]
    one = await sent(contract.first, [row(f"{mark}-{n}", "50.00", line_id=line) for n in range(ROWS)])
    await checked(contract.first, one, carry)
    return contract, one


async def said_of(contract: Contract, database: Database) -> dict[str, str]:
    """What is booked, as everybody is told it who freezes or shows it."""
    forecast = await contract.first.do("run_forecast", contract.id, id=str(new_id()), method="Wie im Vorjahr")
    assert forecast.status == 201, forecast
    frozen = "SELECT booked::text FROM forecast_line WHERE forecast_id = %s AND kind = 'case_unspecific'"
    said: Said = {"as_of": "2027-02-28", "reason": "Probe", "authority_id": str(AUTHORITY)}
    release = await contract.first.do("release_figures", id=str(new_id()), **said)
    assert release.status == 201, release
    shown = """SELECT booked::text FROM released_figure
               WHERE release_id = %s AND social_space_id = %s AND line = 'case_unspecific'"""
    return {
        "figure": (await contract.figures("case_unspecific"))[3],
        "forecast": database.rows(frozen, forecast["id"])[0][0],
        "release": database.rows(shown, release["id"], contract.space)[0][0],
        "share": database.rows(SHARE, contract.id)[0][0],
    }


SHARE = "SELECT coalesce(sum(amount), 0)::numeric(20, 2)::text FROM provider_money WHERE agreement_id = %s"


async def pausing(monkeypatch: pytest.MonkeyPatch, step: str, after: int) -> None:
    """The worker gives up after so many batches of a step."""
    progress, seen = Carrying.progress, list[int]()

    async def told(work: Carrying, done: int | None, total: int | None = None, *, may_end: bool = True) -> None:
        await progress(work, done, total, may_end=may_end)
        if may_end is (step == "claim"):
            seen.append(1)
            if len(seen) == after:
                await stopped()

    monkeypatch.setattr(Carrying, "progress", told)


@pytest.mark.parametrize(("step", "booked"), [("claim", "0.00"), ("write", "300.00")])
async def test_releases_forecasts_and_figures_have_all_of_it_or_nothing(
    ready: tuple[Contract, Told],
    carry: Carry,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    booked: str,
) -> None:
    contract, one = ready
    job = await released(contract.second, one)
    with monkeypatch.context() as patch:
        await pausing(patch, step, 2)
        await carry(job)
    written = database.rows("SELECT count(*) FROM booking WHERE import_id = %s", one["id"])[0][0]
    assert (written, (await contract.first.one("booking_import", one["id"]))["state"]) == (
        4 if step == "write" else 0,
        "posting",
    )
    told = await said_of(contract, database)
    assert told == {"figure": booked, "forecast": booked, "release": booked, "share": "0.00"}
    version = (await contract.first.one("job", job["id"])).version
    assert (await contract.second.do("resume_job", job["id"], version)).status == 202
    await carry(job)
    told = await said_of(contract, database)
    assert set(told.values()) == {"300.00"}


async def test_a_month_is_closed_before_it_or_after_it(
    ready: tuple[Contract, Told], carry: Carry, database: Database, monkeypatch: pytest.MonkeyPatch, clock: DayToBe
) -> None:
    """Closed while it has posted nothing, it is given back; closed after, the month has all of it."""
    contract, one = ready
    job = await released(contract.second, one)
    with monkeypatch.context() as patch:
        patch.setattr(posting, "_post", stopped)
        await carry(job)
    assert (await contract.close_through("2027-02-28")).status == 200
    version = (await contract.first.one("job", job["id"])).version
    await contract.second.do("resume_job", job["id"], version)
    await carry(job)
    assert (await contract.first.one("job", job["id"]))["problem"]["code"] == "period-closed"
    assert (await contract.first.one("booking_import", one["id"]))["state"] == "checked"
    assert (await contract.figures("case_unspecific"))[3] == "0.00"


async def test_a_file_of_bookings_has_no_half_of_an_import(
    ready: tuple[Contract, Told],
    carry: Carry,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    client_of: Callable[..., httpx.AsyncClient],
) -> None:
    contract, one = ready

    async def exported() -> Told:
        return await contract.first.do("start_export", contract.id, id=str(new_id()), content="bookings")

    async def rows(job: Told) -> int:
        await carry(job)
        return (await client_of(FIRST).get(f"/v1/jobs/{job['id']}/file")).text.count("\r\n") - 1

    before = await exported()  # asked for before it, and carried out in the middle of it
    job = await released(contract.second, one)
    with monkeypatch.context() as patch:
        await pausing(patch, "write", 2)
        await carry(job)
    refused = await exported()
    assert (refused.status, refused.code, refused.value["import_id"]) == (409, "import-under-way", one["id"])
    assert await rows(before) == 0
    await contract.second.do("resume_job", job["id"], (await contract.first.one("job", job["id"])).version)
    await carry(job)
    assert await rows(await exported()) == ROWS
