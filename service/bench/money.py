"""W1 and R3: sixteen writers on one hot budget, and what reading money costs as the ledger grows."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import median
from typing import Any
from uuid import UUID

import psycopg
import uvloop
from sqlmodel import select

from service.bench.filling import CENT, CONTROLLER, fill
from service.bench.goals import Goal
from service.bench.ground import SUPERUSER, Ground, Say
from service.bench.growth import Growth, grown
from service.domain.act import Act, Known
from service.domain.budgets import policy
from service.domain.budgets.ledger import (
    AccountKind,
    LedgerAccount,
    LedgerDay,
    Move,
    Posting,
    PostingKind,
    account_of,
    post,
)
from service.domain.budgets.proving import Proof, prove
from service.domain.context import asking
from service.domain.values import new_id
from service.storage.embedded import DATABASE, OWNER
from service.storage.postgres import Storage
from service.storage.writing import fetch_row

WRITERS = 16
WARMING = 0.5  # seconds
FEW, MANY = 200_000, 2_000_000
FULL = "sozialraum_many"  # a copy of the database, with many postings


@dataclass(frozen=True)
class Money:
    """Postings a second of both sides; what reading costs with few and with many postings; and seconds of filling, and
    of proving the ledger that was filled."""

    posted_per_second: float
    orm_per_second: float
    ratio: float
    growth: Growth
    filled: float
    proved: float
    proof: Proof

    def goals(self) -> Iterator[Goal]:
        yield Goal("W1: postings/s on one budget, of an ORM", self.ratio, 5, 10, at_least=True)
        yield from self.growth.goals()


def measure(ground: Ground, seconds: float, rounds: int, postings: int, say: Say) -> Money:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as the service runs
        return runner.run(_measure(ground, seconds, rounds, postings, say))


async def _measure(ground: Ground, seconds: float, rounds: int, postings: int, say: Say) -> Money:
    line = _line(ground)
    storage = await Storage(ground.address(), read_connections=1).open()
    try:
        ours, theirs, ratios = list[float](), list[float](), list[float]()
        for number in range(rounds + 1):
            say(f"W1: round {number} of {rounds}")
            pair = await _rate(storage, line, _posted, seconds), await _rate(storage, line, _by_orm, seconds)
            if number:  # the first only warms up
                ours.append(pair[0])
                theirs.append(pair[1])
                ratios.append(pair[0] / pair[1])
    finally:
        await storage.close()
    say(f"R3: {FEW:,} postings")
    fill(ground.address(SUPERUSER), line, FEW)
    with psycopg.connect(ground.address(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {FULL} OWNER {OWNER} TEMPLATE {DATABASE}".encode())
    say(f"R3: {postings:,} postings")
    started = time.perf_counter()
    fill(ground.address(SUPERUSER, FULL), line, postings)
    filled = time.perf_counter() - started
    say("R3: reading")

    def settle() -> None:
        for database in (DATABASE, FULL):
            with psycopg.connect(ground.address(SUPERUSER, database), autocommit=True) as connection:
                connection.execute("VACUUM (ANALYZE) forecast, forecast_line, figure_release, released_figure")

    growth = await grown((ground.address(), ground.address(database=FULL)), line, (FEW, postings), settle)
    say("Proving the ledger")
    started = time.perf_counter()
    proof = prove(ground.address(database=FULL))
    return Money(median(ours), median(theirs), median(ratios), growth, filled, time.perf_counter() - started, proof)


Write = Callable[[Storage, UUID], Awaitable[None]]


async def _rate(storage: Storage, line: UUID, write: Write, seconds: float) -> float:
    """How many a second, from when all writers are at it: what the other way left behind is paid for before."""
    warm = time.perf_counter() + WARMING
    until, written = warm + seconds, 0

    async def writer() -> None:
        nonlocal written
        while (now := time.perf_counter()) < until:
            await write(storage, line)
            written += now >= warm

    await asyncio.gather(*(writer() for _ in range(WRITERS)))
    return written / (time.perf_counter() - warm)


async def _known(session: Any, today: date) -> Known:
    row = await fetch_row(session, asking(), (CONTROLLER.login, today.isoformat(), "0" * 32))
    return Known(row["id"], row["authority"])


async def _posted(storage: Storage, line: UUID) -> None:
    """As every operation posts: the ledger's one statement, in a transaction that knows who is asking."""
    today = datetime.now(UTC).date()
    async with storage.transaction() as session:
        known = await _known(session, today)
        act = Act(known, policy.COMMIT, session, datetime.now(UTC), today, CONTROLLER.login, True, lambda: storage.keys)
        source, target = account_of(line, AccountKind.FREE), account_of(line, AccountKind.BOOKED)
        await post(act, [Move(PostingKind.BOOK, source, target, CENT, line)], today)


async def _by_orm(storage: Storage, line: UUID) -> None:
    """The same rows, the obvious way: objects, SELECT … FOR UPDATE, a check in Python."""
    today = datetime.now(UTC).date()
    source, target = account_of(line, AccountKind.FREE), account_of(line, AccountKind.BOOKED)
    async with storage.transaction() as session:
        known = await _known(session, today)
        locked = select(LedgerAccount).where(LedgerAccount.id.in_([source, target])).order_by(LedgerAccount.id)  # type: ignore[attr-defined,arg-type]
        accounts = {each.id: each for each in (await session.exec(locked.with_for_update())).all()}
        if accounts[source].balance < CENT:
            raise ValueError("short")
        for account, amount in ((accounts[source], -CENT), (accounts[target], CENT)):
            account.balance += amount
            day = await session.get(LedgerDay, (account.id, today))
            if day is None:
                day = LedgerDay(account_id=account.id, value_on=today, authority_id=known.authority_id, moved=CENT * 0)
                session.add(day)
            day.moved += amount
        session.add(
            Posting(
                authority_id=known.authority_id,
                social_space_id=accounts[source].social_space_id,
                agreement_id=accounts[source].agreement_id,
                kind=PostingKind.BOOK.value,
                from_account_id=source,
                to_account_id=target,
                amount=CENT,
                value_on=today,
                at=datetime.now(UTC),
                actor_id=known.id,
                subject_id=new_id(),
            )
        )


def _line(ground: Ground) -> UUID:
    """The fullest line of this year's agreement."""
    query = """
        SELECT line.id FROM budget_line AS line JOIN budget_agreement AS agreement ON agreement.id = line.agreement_id
            JOIN ledger_account AS free ON free.line_id = line.id AND free.kind = %s
        WHERE agreement.fiscal_year = extract(year FROM now()) AND line.kind = 'case_specific'
        ORDER BY free.balance - free.earmarked DESC
    """
    with psycopg.connect(ground.address(SUPERUSER)) as connection:
        found = connection.execute(query, (AccountKind.FREE.value,)).fetchone()
        assert found is not None
        line: UUID = found[0]
        return line
