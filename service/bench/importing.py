"""A million bookings in one file: how many rows a second, and how much memory the worker takes for it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from typing import Any
from uuid import UUID

import psycopg

from service.bench.goals import Goal
from service.bench.ground import SUPERUSER, Ground, Say
from service.bench.processes import most_resident_mebibytes
from service.demo.identity import demo_id
from service.demo.people import LICHTUNG, PEOPLE
from service.demo.territory import AUTHORITY
from service.domain.budgets.imports.operations import (
    ReleaseBookingImport,
    StartBookingImport,
    check_booking_import,
    release_booking_import,
    start_booking_import,
)
from service.domain.budgets.imports.receiving import receive
from service.domain.desk import Desk
from service.domain.jobs.operations import StartJob
from service.domain.values import new_id
from service.storage.postgres import Storage

ROWS = 1_000_000
LONGEST = 5  # seconds of a transaction
MOST = 500  # MiB
LARGEST = 1 << 30
IMPORTER, SECOND = PEOPLE["controller"].login, PEOPLE["second_controller"].login


@dataclass(frozen=True)
class Part:
    """One job, in a process of its own."""

    seconds: float
    mebibytes: float
    longest: float = 0  # seconds, of its transactions


@dataclass(frozen=True)
class Imported:
    """`named`: whether the check has named the one row before the last that cannot be read."""

    rows: int
    sent: float
    checked: Part
    posted: Part
    named: bool
    booked: int

    @property
    def rows_per_second(self) -> float:
        return self.rows / (self.checked.seconds + self.posted.seconds)

    @property
    def mebibytes(self) -> float:
        return max(self.checked.mebibytes, self.posted.mebibytes)

    def goals(self) -> Iterator[Goal]:
        asked = self.rows - 2  # without the header, and the torn one
        yield Goal("bookings of the import, of those its file has", self.booked / asked, 1, at_least=True)
        yield Goal("torn rows of the import that its check has named, of one", int(self.named), 1, at_least=True)
        longest = max(self.checked.longest, self.posted.longest)
        yield Goal("the longest transaction of the import", longest, LONGEST, unit="s")
        yield Goal(f"memory of the worker, with a file of {self.rows:,} bookings", self.mebibytes, MOST, unit="MiB")


def measure(ground: Ground, rows: int, say: Say) -> Imported:
    line = _line(ground)
    id, check, post = new_id(), new_id(), new_id()
    say(f"Sending {rows:,} rows")
    began = time.perf_counter()
    asyncio.run(_sent(ground, id, check, line, rows))
    sent = time.perf_counter() - began
    say("Checking")
    checked = _alone(ground, check)
    _ended(ground, check)
    asyncio.run(_released(ground, id, post))
    say("Posting")
    posted = _alone(ground, post)
    _ended(ground, post)
    with psycopg.connect(ground.address(SUPERUSER)) as connection:
        took: dict[UUID, Any] = dict(
            connection.execute("SELECT id, longest / 1000.0 FROM job WHERE longest > 0").fetchall()
        )
        checked, posted = (replace(part, longest=float(took[id])) for part, id in ((checked, check), (posted, post)))
        named = connection.execute("SELECT row_number FROM job_finding WHERE job_id = %s", [check]).fetchall()
        booked = connection.execute("SELECT count(*) FROM booking WHERE import_id = %s", [id]).fetchone()
    return Imported(rows, sent, checked, posted, named == [(rows - 1,)], booked[0] if booked else 0)


def _ended(ground: Ground, job: UUID) -> None:
    """Raises RuntimeError where it did not do what was asked: then nothing that was measured means anything."""
    with psycopg.connect(ground.address(SUPERUSER)) as connection:
        found = connection.execute("SELECT state, problem FROM job WHERE id = %s", [job]).fetchone()
    if found is None or found[0] != "done":
        raise RuntimeError(f"The import is not done: {found}")


async def _sent(ground: Ground, id: UUID, check: UUID, line: UUID, rows: int) -> None:
    storage = await Storage(ground.address(), read_connections=1).open()
    try:
        desk = Desk(storage, IMPORTER)
        await desk.perform(start_booking_import, StartBookingImport(id=id, authority_id=AUTHORITY))
        await receive(desk, id, _file(line, rows), LARGEST)
        await desk.perform(check_booking_import, StartJob(id=check), on=id)
    finally:
        await storage.close()


async def _released(ground: Ground, id: UUID, post: UUID) -> None:
    storage = await Storage(ground.address(), read_connections=1).open()
    try:
        with psycopg.connect(ground.address(SUPERUSER)) as connection:
            found = connection.execute("SELECT version FROM booking_import WHERE id = %s", [id]).fetchone()
        said = ReleaseBookingImport(id=post, partial=True)
        await Desk(storage, SECOND).perform(release_booking_import, said, on=id, versions=found)
    finally:
        await storage.close()


async def _file(line: UUID, rows: int) -> AsyncIterator[bytes]:
    """A header, rows of a cent each on the days of the year so far, and one before the last that is torn."""
    yield b"external_number;organisation_id;invoice_number;issued_on;amount;line_id;value_on\r\n"
    first, days = date(datetime.now(UTC).year, 1, 1), datetime.now(UTC).timetuple().tm_yday
    organisation = demo_id("organisation", LICHTUNG)
    part = list[str]()
    for number in range(2, rows + 1):
        day = first + timedelta(days=number % days)
        whole = f"M-{number};{organisation};M {number};{day};0.01;{line};{day}\r\n"
        part.append(whole if number != rows - 1 else f'M-{number};"torn\r\n')
        if len(part) == 5_000:
            yield "".join(part).encode()
            part.clear()
    yield "".join(part).encode()


def _line(ground: Ground) -> UUID:
    query = """SELECT line.id FROM budget_line AS line JOIN budget_agreement AS agreement
               ON agreement.id = line.agreement_id
               WHERE agreement.fiscal_year = extract(year FROM now()) AND line.kind = 'cross_case'
               ORDER BY agreed DESC LIMIT 1"""
    with psycopg.connect(ground.address(SUPERUSER)) as connection:
        found = connection.execute(query).fetchone()
        assert found is not None
        line: UUID = found[0]
        return line


def _alone(ground: Ground, job: UUID) -> Part:
    """As the worker does it, and nothing beside it."""
    spawning = get_context("spawn")
    told: Any = spawning.Queue()
    process = spawning.Process(target=_carried, args=(ground.address(), job, told))
    process.start()
    part = told.get()
    process.join()
    assert isinstance(part, Part)
    return part


def _carried(address: str, job: UUID, told: Any) -> None:
    import service.domain.tables  # noqa: F401 (declares what jobs there are)
    from service.domain.clock import Clock
    from service.domain.jobs.carrying import carry_out

    async def carry() -> None:
        storage = await Storage(address, read_connections=1, write_connections=2).open()
        try:
            await carry_out(storage, address, job, AUTHORITY, Clock())
        finally:
            await storage.close()

    began = time.perf_counter()
    asyncio.run(carry())
    seconds = time.perf_counter() - began
    told.put(Part(seconds, most_resident_mebibytes(os.getpid())))
