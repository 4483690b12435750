"""A worker in a process of its own, and what it can do for long: an import of many cents."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from service.demo import AUTHORITY
from service.domain.sealing.keys import made_once
from service.domain.values import new_id
from tests.budgets.contract import DAY, NETWORK
from tests.budgets.imports import CSV
from tests.conftest import Database
from tests.faces import Rest, Told

MANY = 20_000


@contextmanager
def worker(database: Database, home: Path, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Killed with -9 at the end."""
    made_once(home / "seal-key.pem")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SOZIALRAUM_", "DATABASE_"))}
    given = {"SOZIALRAUM_HOME": str(home), "DATABASE_URL": database.application, "SOZIALRAUM_DEVELOPMENT": "true"}
    given |= {"SOZIALRAUM_CLOCK": f"{DAY}T12:00:00Z", **settings}
    process = subprocess.Popen([sys.executable, "-m", "service", "worker"], env=kept | given, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


async def until(face: Rest, job: Told, enough: Callable[[Told], bool]) -> Told:
    """How the job stands then."""
    for _ in range(1_200):
        told = await face.one("job", job["id"])
        if enough(told):
            return told
        await asyncio.sleep(0.05)
    raise AssertionError(told)


async def until_ended(face: Rest, job: Told) -> Told:
    told = await until(face, job, lambda told: told["state"] not in ("queued", "running"))
    assert (told["state"], told["done"]) == ("done", told["total"])
    return told


async def many_cents(first: Rest, line: str) -> str:
    """An import of `MANY` bookings of a cent each, in a file that is sent; its id."""
    rows = [f"{line}-{n},{NETWORK},K {n},2027-02-01,0.01,{line},2027-02-{n % 28 + 1:02}" for n in range(MANY)]
    header = "external_number,organisation_id,invoice_number,issued_on,amount,line_id,value_on"
    one = await first.do("start_booking_import", id=str(new_id()), authority_id=str(AUTHORITY))
    path, content = f"/v1/booking-imports/{one['id']}/file", "\n".join([header, *rows]).encode()
    sent = await first.client.post(path, content=content, headers=CSV)
    assert sent.status_code == 200, sent.text
    return str(one["id"])


def booked(database: Database, bookings: str) -> None:
    """Each of them once."""
    query = "SELECT count(*), count(DISTINCT external_number), sum(amount)::text FROM booking WHERE import_id = %s"
    assert database.rows(query, bookings) == [(MANY, MANY, f"{MANY / 100:.2f}")]
