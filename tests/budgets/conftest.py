"""A county for money: social spaces of the tests' own, and a clock that tests set."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from service.api import app
from service.api.app import Application
from service.demo import AUTHORITY
from service.domain.budgets.imports import checking, posting
from service.domain.budgets.imports.rows import COLUMNS
from service.domain.clock import Clock
from service.domain.desk import Desk
from service.domain.jobs.carrying import carry_out
from service.domain.values import new_id
from service.settings import Settings
from tests.budgets.contract import (
    AGREED,
    DAY,
    FIRST,
    SECOND,
    THIRD,
    Contract,
    DayToBe,
    Proof,
    add,
    county_manager,
    county_worker,
    foreigner,
    new_space,
)
from tests.budgets.imports import CSV, checked, row
from tests.conftest import Database, _copied, serve
from tests.faces import FACES, Face, Said, Told


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    for copy in _copied(f"money_{uuid4().hex[:12]}"):
        add(copy, [*foreigner(), *county_manager(), *county_worker()])
        yield copy


@pytest.fixture(scope="module")
def years_apart() -> Iterator[Database]:
    """For years of money by the dozen: lists of others stay short."""
    for copy in _copied(f"years_{uuid4().hex[:12]}"):
        add(copy, county_manager())
        yield copy


@pytest.fixture(scope="session")
def clock() -> DayToBe:
    return DayToBe()


@pytest.fixture(autouse=True)
def _morning(clock: DayToBe) -> None:
    clock.day = DAY


async def served(database: Database, settings: Settings, clock: DayToBe) -> AsyncIterator[Application]:
    serving = serve(database, settings)
    with pytest.MonkeyPatch.context() as patch:  # only while this one is made: others keep to today
        patch.setattr(app, "standing_at", lambda _: Clock(clock.read))
        running = await anext(serving)
    yield running
    async for _ in serving:
        pass


@pytest.fixture(scope="session")
async def application(database: Database, settings: Settings, clock: DayToBe) -> AsyncIterator[Application]:
    async for running in served(database, settings, clock):
        yield running


@pytest.fixture
def desk_of(application: Application, clock: DayToBe) -> Callable[[str], Desk]:
    """Where a controller is served, without HTTP."""

    def desk(role: str) -> Desk:
        return Desk(application.storage, f"development:demo-{role}", "0" * 32, Clock(clock.read), assured=True)

    return desk


Carry = Callable[[Told], Any]


@pytest.fixture
def carry(application: Application, database: Database, clock: DayToBe) -> Carry:
    """What the worker does with a job."""

    async def carried(job: Told) -> None:
        place = application.storage, database.application
        await carry_out(*place, UUID(job["id"]), AUTHORITY, Clock(clock.read))

    return carried


Draft = Callable[..., Awaitable[Contract]]


@pytest.fixture
def drafted(face: str, client_of: Callable[..., Any], database: Database) -> Draft:
    """A draft by the first controller, for a social space of its own."""

    async def draft(year: int = 2027, **agreed: str) -> Contract:
        first, second, third = (FACES[face](client_of(role)) for role in (FIRST, SECOND, THIRD))
        space = new_space(database)
        network, manager = (FACES[face](client_of(role)) for role in ("provider_manager", "social_space_manager"))
        said: Said = {"authority_id": str(AUTHORITY), "social_space_id": str(space), "fiscal_year": year}
        said |= {"legal_basis": ["§ 77 SGB VIII"]}
        told = await first.do("draft_budget_agreement", id=str(new_id()), **(said | (agreed or AGREED)))
        assert told.status == 201, told
        rows = database.rows("SELECT kind, id::text FROM budget_line WHERE agreement_id = %s", told["id"])
        return Contract(first, second, third, network, manager, told["id"], space, dict(rows))

    return draft


@pytest.fixture
def agreed(drafted: Draft) -> Draft:
    """Put into force by the second controller."""

    async def activate(**lines: str) -> Contract:
        contract = await drafted(**lines)
        told = await contract.second.do("activate_budget_agreement", contract.id, 1)
        assert told.status == 200, told
        return contract

    return activate


@pytest.fixture(params=FACES)
def face(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def proof_of(database: Database) -> Callable[[str], Proof]:
    return lambda agreement: Proof(database, agreement)


@pytest.fixture
def sent(client_of: Callable[..., httpx.AsyncClient]) -> Callable[..., Any]:
    """An import with its file, by the first controller unless somebody else is named."""

    async def send(face: Face, rows: Iterable[dict[str, Any] | str], by: str = FIRST) -> Told:
        lines = [";".join(COLUMNS)]
        lines += [row if isinstance(row, str) else ";".join(str(row.get(each, "")) for each in COLUMNS) for row in rows]
        begun = await face.do("start_booking_import", id=str(new_id()), authority_id=str(AUTHORITY))
        path = f"/v1/booking-imports/{begun['id']}/file"
        answer = await client_of(by).post(path, content="\r\n".join(lines).encode(), headers=CSV)
        assert answer.status_code == 200, answer.json()
        return Told(200, answer.json())

    return send


@pytest.fixture
async def sixty(
    drafted: Draft, sent: Any, carry: Carry, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Contract, Told]]:
    """A checked import of sixty rows in small batches."""
    monkeypatch.setattr(checking, "BATCH", 7)
    monkeypatch.setattr(posting, "CLAIMED", 9)
    monkeypatch.setattr(posting, "WRITTEN", 8)
    contract, mark = await drafted(), uuid4().hex[:8]
    assert (await contract.second.do("activate_budget_agreement", contract.id, 1)).status == 200
    places = [contract.lines["case_unspecific"], contract.lines["cross_case"]]
    days = [f"2027-0{number % 2 + 1}-{number % 28 + 1:02}" for number in range(60)]
    rows = [row(f"{mark}-{n}", "1.01", line_id=places[n % 2], value_on=day) for n, day in enumerate(days)]
    one = await sent(contract.first, rows)
    await checked(contract.first, one, carry)
    yield contract, await contract.first.one("booking_import", one["id"])
    left = await contract.first.one("booking_import", one["id"])
    if left["state"] == "posting":  # by a test that has failed: others would fail with it
        job = await contract.first.one("job", left["job_id"])
        await contract.second.do("resume_job", job["id"], job.version)
        await carry(job)
