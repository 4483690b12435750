"""Long work: a file of bookings from the cash office, checked and waiting for a second person (two of its rows do not
fit), and an export."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time
from uuid import UUID

from service.demo.budget_year import CONTROLLER, Clerk, Year
from service.demo.identity import demo_id
from service.demo.people import ANKERPLATZ, LICHTUNG, PEOPLE
from service.domain.budgets.imports.receiving import receive
from service.domain.clock import standing_at
from service.domain.desk import Desk
from service.domain.jobs.carrying import carry_out
from service.storage.postgres import Storage

LARGEST = 100_000  # bytes, far more than it has
BOOKING_IMPORT, CHECK, EXPORT = demo_id("import"), demo_id("import", "check"), demo_id("export")


async def bring(clerk: Clerk, storage: Storage, address: str, year: Year, today: date) -> None:
    clock = standing_at(datetime.combine(today, time(12), UTC))
    desk = Desk(storage, PEOPLE[CONTROLLER].login, clock=clock, assured=True)
    await clerk.do(CONTROLLER, today, "start_booking_import", id=BOOKING_IMPORT, authority_id=year.authority_id)
    lines = await clerk.read(CONTROLLER, today, "budget_lines", agreement_id=year.id("agreement"))
    places = {line["kind"]: line["id"] for line in lines}
    await receive(desk, BOOKING_IMPORT, _once(_file(places, today)), LARGEST)
    await clerk.do(CONTROLLER, today, "check_booking_import", BOOKING_IMPORT, id=CHECK)
    await carry_out(storage, address, CHECK, year.authority_id, clock)
    await clerk.do(CONTROLLER, today, "start_export", year.id("agreement"), id=EXPORT, content="postings")
    await carry_out(storage, address, EXPORT, year.authority_id, clock)


def _file(places: dict[str, str], today: date) -> bytes:
    """As the cash office writes it."""
    day, beyond = today.isoformat(), UUID(int=0)
    rows = (
        ("HK-1001", LICHTUNG, "2026/17", "480.00", places["cross_case"]),
        ("HK-1002", ANKERPLATZ, "A-90", "1250.00", places["case_unspecific"]),
        ("HK-1003", LICHTUNG, "2026/18", "75,50", places["cross_case"]),
        ("HK-1004", ANKERPLATZ, "A-91", "310.00", str(beyond)),
    )
    header = "external_number;organisation_id;invoice_number;issued_on;amount;line_id;value_on"
    told = [
        ";".join((number, str(demo_id("organisation", who)), invoice, day, amount, line, day))
        for number, who, invoice, amount, line in rows
    ]
    return "\r\n".join([header, *told, ""]).encode()


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
