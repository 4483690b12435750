"""What every test of money needs: people enough for four eyes, a day that can be set, a contract, and a proof."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
from sqlmodel import SQLModel

from service.demo import AUTHORITY, demo_id
from service.demo.loading import load
from service.demo.people import KOMPASS, LICHTUNG, MUSTERAMT, signing_in
from service.demo.territory import OTHER_AUTHORITY
from service.domain.access.model import AccessGrant, Membership
from service.domain.policy import Role
from service.domain.spaces.model import SocialSpace
from service.domain.values import new_id
from tests.conftest import Database
from tests.faces import Face, Said, Told

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
DAY = date(2027, 3, 15)  # it is this day when a test begins
FIRST, SECOND, THIRD, FOREIGN = "controller", "second_controller", "third_controller", "foreign_controller"
AGREED = {"case_specific": "1000.00", "cross_case": "500.00", "case_unspecific": "300.00"}
NETWORK, STRANGER = demo_id("organisation", LICHTUNG), demo_id("organisation", KOMPASS)


@dataclass
class DayToBe:
    """What day it is, for the whole service."""

    day: date = DAY

    def read(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, 12, tzinfo=UTC)


def foreigner() -> Iterator[SQLModel]:
    """A controller of another authority."""
    actor = demo_id("actor", FOREIGN)
    yield from signing_in(actor, OTHER_AUTHORITY, f"development:{FOREIGN}", FOREIGN)
    yield Membership(
        id=demo_id("membership", FOREIGN),
        authority_id=OTHER_AUTHORITY,
        actor_id=actor,
        organisation_id=demo_id("organisation", MUSTERAMT),
        function="Controlling",
        valid_from=LONG_AGO,
    )
    yield AccessGrant(
        id=demo_id("grant", FOREIGN),
        authority_id=OTHER_AUTHORITY,
        actor_id=actor,
        role=Role.CONTROLLER.value,
        approved_by=demo_id("actor", "command line", "Musterstadt"),
        approved_at=LONG_AGO,
        valid_from=LONG_AGO,
    )


def county_manager() -> Iterator[SQLModel]:
    """The demo county's social-space manager, for all of its social spaces."""
    yield _throughout("social_space_manager", Role.SOCIAL_SPACE_MANAGER)


def county_worker() -> Iterator[SQLModel]:
    """The demo county's first case worker, for all of its social spaces."""
    yield _throughout("case_worker", Role.CASE_WORKER)


def _throughout(who: str, role: Role) -> AccessGrant:
    return AccessGrant(
        id=demo_id("grant", "county", who),
        authority_id=AUTHORITY,
        actor_id=demo_id("actor", who),
        role=role.value,
        proposed_by=demo_id("actor", "administrator"),
        approved_by=demo_id("actor", "second_administrator"),
        approved_at=LONG_AGO,
        valid_from=LONG_AGO,
    )


def add(database: Database, rows: Iterable[SQLModel]) -> None:
    with psycopg.connect(database.superuser) as connection:
        load(connection, rows)


def new_space(database: Database) -> UUID:
    """A social space nobody has agreed anything for."""
    space = SocialSpace(id=new_id(), authority_id=AUTHORITY, name=f"Probe {uuid4().hex}", valid_from=LONG_AGO.date())
    id = space.id
    add(database, [space])
    return id


@dataclass
class Contract:
    """An agreement as its three controllers have it before them, at one face."""

    first: Face
    second: Face
    third: Face
    network: Face  # the manager of the first of the providers
    manager: Face  # of the social space
    id: str
    space: UUID
    lines: Mapping[str, str]

    async def figures(self, line: str) -> tuple[str, ...]:
        """approved, reserved, committed, booked, free"""
        told = await self.first.one("budget_line", self.lines[line])
        return tuple(told[name] for name in ("approved", "reserved", "committed", "booked", "free"))

    async def version(self) -> int:
        return (await self.first.one("budget_agreement", self.id)).version

    async def say(self, who: Face, function: str, stance: str = "approval", said: str | None = None) -> Told:
        """Yes or no to the terms as they stand."""
        terms = (await self.first.one("budget_agreement", self.id))["terms"]
        words: Said = {"stance": stance, "terms": terms} | ({"said": said} if said else {})
        return await who.do(f"take_position_{function}", self.id, id=str(new_id()), **words)

    async def listed(self, path: str, agreement: str | None = None) -> list[dict[str, Any]]:
        """What hangs on this agreement, or on another: a list of all ends after 200."""
        client: Any = self.first.client  # type: ignore[attr-defined]
        answer = await client.get(f"/v1/{path}", params={"agreement_id": agreement or self.id, "limit": 200})
        rows: list[dict[str, Any]] = answer.json()["items"]
        return rows

    async def network_rows(self, path: str, **where: str) -> list[dict[str, Any]]:
        """What the network's first provider is told."""
        client: Any = self.network.client  # type: ignore[attr-defined]
        rows: list[dict[str, Any]] = (await client.get(f"/v1/{path}", params=where)).json()["items"]
        return rows

    async def approve(self) -> None:
        """By everybody whom an agreement with a network needs."""
        for who, function in (
            (self.network, "for_network"),
            (self.second, "on_funding"),
            (self.manager, "on_cooperation"),
        ):
            told = await self.say(who, function)
            assert told.status == 201, told

    async def activate(self) -> Told:
        return await self.second.do("activate_budget_agreement", self.id, await self.version())

    async def commit(self, line: str, amount: str, **more: Any) -> Told:
        """By the third, so that the first and the second can pay for it."""
        return await self.third.do("commit_funds", self.lines[line], amount=amount, purpose="Sommerfest", **more)

    async def invoice(self, amount: str, organisation: UUID = NETWORK, number: str | None = None, **more: Any) -> Told:
        said: Said = {"amount": amount, "organisation_id": str(organisation), "issued_on": "2027-01-15", **more}
        return await self.first.do(
            "enter_invoice", authority_id=str(AUTHORITY), number=number or uuid4().hex, id=str(new_id()), **said
        )

    async def propose(self, invoice: Told, amount: str, **where: Any) -> Told:
        return await self.first.do("propose_booking", invoice["id"], amount=amount, **where)

    async def release(self, booking: Told, by: Face | None = None, key: str | None = None) -> Told:
        return await (by or self.second).do("release_booking", booking["id"], booking.version, key)

    async def booked(self, amount: str, **where: Any) -> Told:
        """An invoice of its own, proposed and released."""
        released = await self.release(await self.propose(await self.invoice(amount), amount, **where))
        assert released.status == 200, released
        return released

    async def close_through(self, through: str) -> Told:
        return await self.first.do("close_budget_period", self.id, await self.version(), through=through)


@dataclass(frozen=True)
class Proof:
    """What the ledger says of itself, worked out from its postings alone."""

    database: Database
    agreement: str

    def balances(self, on: date | None = None) -> dict[UUID, Decimal]:
        """Every account as of a value date, from postings."""
        return dict(
            self.database.rows(
                """
                SELECT account.id,
                       coalesce(sum(CASE WHEN posting.to_account_id = account.id THEN amount ELSE -amount END), 0)
                FROM ledger_account AS account LEFT JOIN posting
                    ON account.id IN (posting.from_account_id, posting.to_account_id) AND posting.value_on <= %s
                WHERE account.agreement_id = %s GROUP BY account.id
                """,
                on or date.max,
                self.agreement,
            )
        )

    def holds(self) -> None:
        """Debit is credit; balances and days are what postings make them; nothing held is ever below zero."""
        kept = self.database.rows(
            "SELECT id, kind, balance FROM ledger_account WHERE agreement_id = %s", self.agreement
        )
        days = self.database.rows(
            """
            SELECT account_id, kind, value_on, moved FROM ledger_day JOIN ledger_account ON id = account_id
            WHERE agreement_id = %s ORDER BY value_on
            """,
            self.agreement,
        )
        assert sum(balance for _, _, balance in kept) == 0
        assert {id: balance for id, _, balance in kept} == self.balances()
        running: dict[UUID, Decimal] = {id: Decimal(0) for id, _, _ in kept}
        for id, kind, day, moved in days:
            running[id] += moved
            assert running[id] >= 0 or kind not in ("reserved", "committed", "booked"), (kind, day, running[id])
        assert running == {id: balance for id, _, balance in kept}


async def waiting(database: Database, many: int) -> None:
    """Until so many wait for a lock."""
    here = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    for _ in range(300):
        if database.rows(f"SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN ({here})") == [(many,)]:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"there are not {many} who wait")
