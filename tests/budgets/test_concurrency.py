"""Sixteen at once on one budget, over HTTP, while whatever serves them is killed: each posting once, and none else."""

import asyncio
import os
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from service.demo.territory import AUTHORITY
from service.domain.values import new_id
from service.storage.embedded import APPLICATION, EmbeddedPostgres
from tests.budgets.contract import DAY, NETWORK, Proof, new_space
from tests.conftest import Database, Recovered
from tests.mortal import SURVIVES_ITS_PROCESSES, Own, Service, county

pytestmark = pytest.mark.anyio
WRITERS = 16
PATIENCE = 60.0  # seconds until somebody's request must have been answered


@pytest.fixture(scope="module")
def mortal(database: Database) -> Iterator[Own]:
    """Made after the database of all the others: alembic cannot migrate two at once in one process."""
    with EmbeddedPostgres.temporary(SURVIVES_ITS_PROCESSES) as server:
        yield county(server)


@pytest.fixture(scope="module")
def service(mortal: Own, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(mortal.server.address(APPLICATION), tmp_path_factory.mktemp("killed"))
    running.start()
    yield running
    running.kill()


@dataclass
class Writers:
    """All who write on one line, with what they were told of it."""

    service: Service
    line: str
    acknowledged: dict[str, tuple[str, Decimal]] = field(default_factory=dict)  # kind of posting and amount, by subject
    answers: Counter[Any] = field(default_factory=Counter)
    news: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    working: bool = True

    async def until_told(self, client: httpx.AsyncClient, path: str, body: Any = None, **headers: str) -> Any:
        """The same request again and again, until somebody says it is done."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with suppress(httpx.TransportError):
                answer = await client.post(path, json=body, headers=headers)
                self.answers[answer.status_code] += 1
                if answer.status_code in (200, 201):
                    return answer.json()
                assert answer.status_code == 503, answer.text
            await asyncio.sleep(0.05)
        raise AssertionError(f"nobody answered {path}")

    async def get_on(self) -> float:
        """Until everybody may have done something more; the seconds until somebody has."""
        self.news, began = asyncio.Queue(), time.monotonic()
        await self.news.get()
        seconds = time.monotonic() - began
        for _ in range(WRITERS - 1):
            await self.news.get()
        return seconds

    def told(self, id: str, kind: str, amount: Decimal) -> None:
        self.acknowledged[id] = (kind, amount)
        self.news.put_nowait(id)

    async def binds(self, number: int) -> None:
        async with self.service.client("demo-third_controller") as third:
            while self.working:
                id, amount = str(new_id()), Decimal(number + 1) / 100
                said = {"id": id, "amount": f"{amount:.2f}", "purpose": "Fest"}
                await self.until_told(third, f"/v1/budget-lines/{self.line}/commitments", said)
                self.told(id, "grant", amount)

    async def pays(self, number: int) -> None:
        async with (
            self.service.client("demo-controller") as first,
            self.service.client("demo-second_controller") as two,
        ):
            while self.working:
                invoice, booking, amount = str(new_id()), str(new_id()), Decimal(number + 1) / 100
                whose = {"authority_id": str(AUTHORITY), "organisation_id": str(NETWORK), "issued_on": "2027-01-15"}
                said = {"id": invoice, "number": uuid4().hex, "amount": f"{amount:.2f}", **whose}
                await self.until_told(first, "/v1/invoices", said)
                said = {"id": booking, "amount": f"{amount:.2f}", "line_id": self.line}
                await self.until_told(first, f"/v1/invoices/{invoice}/bookings", said)
                key = {"if-match": '"1"', "idempotency-key": uuid4().hex}
                await self.until_told(two, f"/v1/bookings/{booking}/release", **key)
                self.told(booking, "book", amount)


async def agreement(writers: Writers, county: Own) -> str:
    """In force, with more money than they can spend."""
    async with (
        writers.service.client("demo-controller") as first,
        writers.service.client("demo-second_controller") as two,
    ):
        whose = {"authority_id": str(AUTHORITY), "social_space_id": str(new_space(county)), "fiscal_year": DAY.year}
        said = {"id": str(new_id()), "cross_case": "100000.00", **whose}
        id = str((await writers.until_told(first, "/v1/budget-agreements", said))["id"])
        key = {"if-match": '"1"', "idempotency-key": uuid4().hex}
        await writers.until_told(two, f"/v1/budget-agreements/{id}/activate", **key)
    query = "SELECT id::text FROM budget_line WHERE agreement_id = %s AND kind = 'cross_case'"
    ((writers.line,),) = county.rows(query, id)
    return id


def backends(county: Own, then: str = "pid") -> list[Any]:
    """Of the service, those at work first."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return county.rows(
                f"SELECT {then} FROM pg_stat_activity WHERE usename = %s ORDER BY state = 'idle', xact_start",
                APPLICATION,
            )
        except psycopg.OperationalError:  # it recovers
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


async def disasters(writers: Writers, county: Own, rounds: int) -> dict[str, float]:
    """Each strikes while all are at work, and the next one only once they are at work again: after how many seconds."""
    seconds: defaultdict[str, float] = defaultdict(float)

    async def strikes(name: str) -> None:
        seconds[name] = max(seconds[name], await writers.get_on())

    await writers.get_on()
    for _ in range(rounds):
        await asyncio.to_thread(backends, county, "pg_terminate_backend(pid)")
        await strikes("all connections were ended by PostgreSQL")
        for (pid,) in (await asyncio.to_thread(backends, county))[:1]:
            os.kill(pid, signal.SIGKILL)  # PostgreSQL then ends all others, too, and recovers
        await strikes("a backend was killed")
        writers.service.kill()
        writers.service.start()
        await strikes("the server was killed, and started")
    writers.working = False
    return seconds


@pytest.mark.parametrize("rounds", [1, pytest.param(2, marks=pytest.mark.faults)])
async def test_each_posting_stands_once_whatever_is_killed(
    mortal: Own, service: Service, rounds: int, recovered: Recovered
) -> None:
    writers = Writers(service, "")
    id = await agreement(writers, mortal)
    async with asyncio.TaskGroup() as group:
        for number in range(WRITERS):
            group.create_task(writers.pays(number) if number % 2 else writers.binds(number))
        striking = group.create_task(disasters(writers, mortal, rounds))
    found = mortal.rows(
        "SELECT subject_id::text, kind, amount FROM posting WHERE agreement_id = %s AND kind <> 'approve'", id
    )
    assert len(found) == len(writers.acknowledged) > WRITERS
    assert {subject: (kind, amount) for subject, kind, amount in found} == writers.acknowledged
    Proof(mortal, id).holds()
    figures = dict(mortal.rows("SELECT kind, balance FROM ledger_account WHERE line_id = %s", writers.line))
    for kind, account in (("grant", "committed"), ("book", "booked")):
        told = [amount for each, amount in writers.acknowledged.values() if each == kind]
        assert told
        assert figures[account] == sum(told)
    assert writers.answers[503], "nobody noticed anything"
    nothing_is_left_hanging(mortal)
    for fault, seconds in striking.result().items():
        recovered(fault, seconds, soon=PATIENCE)


def nothing_is_left_hanging(county: Own, patience: float = 5) -> None:
    """After as many seconds: PostgreSQL hears a moment later that a client has gone."""
    hanging = """
        SELECT (SELECT count(*) FROM pg_locks WHERE NOT granted),
               (SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%%'),
               (SELECT deadlocks FROM pg_stat_database WHERE datname = current_database())
    """
    until = time.monotonic() + patience
    while (found := county.rows(hanging)) != [(0, 0, 0)] and time.monotonic() < until:
        time.sleep(0.1)
    assert found == [(0, 0, 0)]


async def test_proposing_reversing_and_closing_do_not_block_each_other(mortal: Own, service: Service) -> None:
    """They lock an invoice, a commitment, the agreement and its accounts: all in one order."""
    writers = Writers(service, "")
    id = await agreement(writers, mortal)
    whose = {"authority_id": str(AUTHORITY), "organisation_id": str(NETWORK), "issued_on": "2027-01-15"}
    clients = [service.client(role) for role in ("demo-controller", "demo-second_controller", "demo-third_controller")]
    first, second, third = clients

    async def propose(invoice: str, bound: str, amount: str) -> str:
        said = {"id": str(new_id()), "amount": amount, "commitment_id": bound}
        return str((await writers.until_told(first, f"/v1/invoices/{invoice}/bookings", said))["id"])

    async def move(booking: str, verb: str, version: int, body: Any = None) -> None:
        key = {"if-match": f'"{version}"', "idempotency-key": uuid4().hex}
        await writers.until_told(first if verb == "reverse" else second, f"/v1/bookings/{booking}/{verb}", body, **key)

    async def back_and_forth() -> None:
        said = {"amount": "100.00", "purpose": "Fest"}
        bound = await writers.until_told(
            third, f"/v1/budget-lines/{writers.line}/commitments", {"id": str(new_id()), **said}
        )
        entered = {"id": str(new_id()), "number": uuid4().hex, "amount": "100.00", **whose}
        invoice = (await writers.until_told(first, "/v1/invoices", entered))["id"]
        for _ in range(4):
            booking = await propose(invoice, bound["id"], "10.00")
            await move(booking, "release", 1)
            reversing = {"reason": "Storno"}
            await asyncio.gather(move(booking, "reverse", 2, reversing), propose(invoice, bound["id"], "10.00"))

    async def close() -> None:
        for version, through in enumerate(("2027-01-31", "2027-02-28"), 2):
            await asyncio.sleep(0.2)
            said, held = {"through": through}, {"if-match": f'"{version}"'}
            await writers.until_told(first, f"/v1/budget-agreements/{id}/close-period", said, **held)

    await asyncio.gather(close(), *(back_and_forth() for _ in range(5)))
    for client in clients:
        await client.aclose()
    Proof(mortal, id).holds()
    nothing_is_left_hanging(mortal)
