"""What tests of imports share: rows of a file, and what is done with an import."""

from datetime import date
from typing import Any

import psycopg

from service.demo import AUTHORITY
from service.domain.budgets.proving import differences
from service.domain.values import new_id
from tests.budgets.contract import DAY, NETWORK, Contract, DayToBe
from tests.conftest import Database
from tests.faces import Face, Told

CSV = {"content-type": "text/csv; charset=utf-8"}


def row(number: str, amount: str, **more: Any) -> dict[str, Any]:
    given = {"external_number": number, "organisation_id": NETWORK, "invoice_number": f"R {number}", "amount": amount}
    return given | {"issued_on": "2027-02-01", "value_on": "2027-02-15"} | more


async def checked(face: Face, one: Told, carry: Any) -> tuple[Told, list[dict[str, Any]]]:
    """The job, and its findings."""
    job = await face.do("check_booking_import", one["id"], id=str(new_id()))
    assert (job["state"], job["done"], job["total"], job["unit"]) == ("queued", 0, one["size"], "bytes")
    await carry(job)
    ended = await face.one("job", job["id"])
    assert ended["done"] == ended["total"] == one["size"]
    found = [each for each in (await face.many("job_findings")).rows if each["job_id"] == job["id"]]
    return ended, sorted(found, key=lambda each: each["row_number"])


async def released(face: Face, one: Told, **said: Any) -> Told:
    version = (await face.one("booking_import", one["id"])).version
    return await face.do("release_booking_import", one["id"], version, id=str(new_id()), **said)


def whole(database: Database) -> None:
    found = wrong(database)
    assert found == [], found


def wrong(database: Database) -> list[str]:
    """What the proof of the ledger finds: the checks that do not hold."""
    with psycopg.connect(database.application) as connection:
        connection.execute("SELECT set_config('service.authority', %s, true)", [str(AUTHORITY)])
        return [each.check for each in differences(connection, AUTHORITY)]


async def settled(contract: Contract, clock: DayToBe) -> Told:
    clock.day = date(2028, 1, 20)
    await contract.close_through("2027-12-31")
    told = await contract.second.do("prepare_settlement", contract.id, id=str(new_id()))
    clock.day = DAY  # other imports are checked after this one has ended
    return told


async def stopped(*_: Any) -> None:
    raise RuntimeError("stopped")
