"""W1 and R3: sixteen writers on one hot budget, and what figures cost as the ledger grows."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from statistics import median
from typing import Any
from uuid import UUID

import psycopg
import uvloop
from sqlmodel import select

from service import demo
from service.bench.ground import SUPERUSER, Ground, Say
from service.demo.people import PEOPLE
from service.domain.act import Act, Known
from service.domain.budgets import policy
from service.domain.budgets.figures import BudgetFigureView
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
from service.domain.context import asking
from service.domain.reading import Statement
from service.domain.selection import Face, Listing, Rows, Single, Value
from service.domain.spaces.views import SocialSpaceView
from service.domain.values import new_id
from service.domain.views import ONE, VIEWS, Arguments, View
from service.storage.postgres import Storage
from service.storage.writing import fetch_row

WRITERS = 16
WARMING = 0.5  # seconds
FEW, MANY = 200_000, 2_000_000
CENT = Decimal("0.01")
CONTROLLER = PEOPLE["controller"]


@dataclass(frozen=True)
class Cost:
    """Seconds of the figures, and of a read beside them that knows no ledger."""

    figures: float
    other: float


@dataclass(frozen=True)
class Money:
    """Postings a second of both sides; what the figures cost with few and with many postings."""

    posted_per_second: float
    orm_per_second: float
    ratio: float
    few: Cost
    many: Cost

    @property
    def growth(self) -> float:
        """Of the figures, beyond that of the other read."""
        return (self.many.figures / self.few.figures) / (self.many.other / self.few.other)


def measure(ground: Ground, seconds: float, rounds: int, say: Say) -> Money:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as the service runs
        return runner.run(_measure(ground, seconds, rounds, say))


async def _measure(ground: Ground, seconds: float, rounds: int, say: Say) -> Money:
    storage = await Storage(ground.address(), read_connections=1).open()
    try:
        line = _line(ground)
        ours, theirs, ratios = list[float](), list[float](), list[float]()
        for number in range(rounds + 1):
            say(f"W1: round {number} of {rounds}")
            pair = await _rate(storage, line, _posted, seconds), await _rate(storage, line, _by_orm, seconds)
            if number:  # the first only warms up
                ours.append(pair[0])
                theirs.append(pair[1])
                ratios.append(pair[0] / pair[1])
        costs = []
        for count in (FEW, MANY):
            say(f"R3: {count:,} postings")
            _fill(ground, line, count)
            costs.append(await _figures(storage))
        return Money(median(ours), median(theirs), median(ratios), *costs)
    finally:
        await storage.close()


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
        source, target = account_of(line, AccountKind.FREE), account_of(line, AccountKind.COMMITTED)
        await post(act, [Move(PostingKind.GRANT, source, target, CENT, line)], today)


async def _by_orm(storage: Storage, line: UUID) -> None:
    """The same rows, the obvious way: objects, SELECT … FOR UPDATE, a check in Python."""
    today = datetime.now(UTC).date()
    source, target = account_of(line, AccountKind.FREE), account_of(line, AccountKind.COMMITTED)
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
                kind=PostingKind.GRANT.value,
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
        WHERE agreement.fiscal_year = extract(year FROM now()) AND line.kind = 'case_specific'
    """
    with psycopg.connect(ground.address(SUPERUSER)) as connection:
        found = connection.execute(query).fetchone()
        assert found is not None
        line: UUID = found[0]
        return line


def _fill(ground: Ground, line: UUID, count: int) -> None:
    """As many postings as that in all, on the days of the year so far; balances and days follow from them."""
    with psycopg.connect(ground.address(SUPERUSER)) as connection:
        connection.execute(
            """
            INSERT INTO posting (id, authority_id, social_space_id, agreement_id, kind, from_account_id, to_account_id,
                                 amount, value_on, at, actor_id, subject_id)
            SELECT gen_random_uuid(), line.authority_id, line.social_space_id, line.agreement_id, 'book',
                   %(from)s, %(to)s, 0.01, date_trunc('year', now())::date + (number %% extract(doy FROM now()))::int,
                   now(), %(actor)s, line.id
            FROM budget_line AS line, generate_series((SELECT count(*) + 1 FROM posting), %(count)s) AS number
            WHERE line.id = %(line)s
            """,
            {
                "from": account_of(line, AccountKind.FREE),
                "to": account_of(line, AccountKind.BOOKED),
                "actor": CONTROLLER.actor_id,
                "count": count,
                "line": line,
            },
        )
        accounts = "SELECT id FROM ledger_account WHERE line_id = %s"
        connection.execute(f"DELETE FROM ledger_day WHERE account_id IN ({accounts})", [line])
        connection.execute(
            f"""
            INSERT INTO ledger_day (account_id, value_on, authority_id, moved)
            SELECT account.id, value_on, account.authority_id,
                   sum(CASE WHEN account.id = to_account_id THEN amount ELSE -amount END)
            FROM posting JOIN ledger_account AS account ON account.id IN (from_account_id, to_account_id)
            WHERE account.id IN ({accounts}) GROUP BY account.id, value_on
            """,
            [line],
        )
        connection.execute(
            """
            UPDATE ledger_account SET balance = (SELECT coalesce(sum(moved), 0) FROM ledger_day WHERE account_id = id)
            WHERE line_id = %s
            """,
            [line],
        )
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM (ANALYZE) posting, ledger_day, ledger_account")
        connection.execute("CHECKPOINT")
    os.sync()  # what the kernel still has to write would be paid for by whoever is measured next


async def _figures(storage: Storage) -> Cost:
    """The statement behind GET /v1/budget-figures for one space, its year and today, in turns with a read that knows no
    ledger: what the machine or the size of the database does to every statement stands in both. Of each the median of
    sixty in the quietest of ten batches, because a noisy neighbour costs more than what is looked for."""
    today = datetime.now(UTC).date()
    view, place = VIEWS[BudgetFigureView], VIEWS[SocialSpaceView]
    where = {"social_space_id": demo.UNTERHACHING, "fiscal_year": today.year, "as_of": today}
    figures = Listing(view, {"items": Rows(_plain(view))}, Arguments(50, where=where))
    other = Single(place, _plain(place), arguments=ONE.narrowed(id=demo.UNTERHACHING))
    batches: tuple[list[float], list[float]] = ([], [])
    for _ in range(10):
        batches[0].append(await _batch(storage, figures, today))
        batches[1].append(await _batch(storage, other, today))
    return Cost(*map(min, batches))


def _plain(view: View) -> Any:
    return {name: Value(column) for name, column in view.columns.items() if column.name != "withheld"}


async def _batch(storage: Storage, site: Listing | Single, today: date) -> float:
    plan = Statement(Face.REST).plan({"it": site})
    values = plan.values(CONTROLLER.login, today, "0" * 32, {})
    taken = []
    for _ in range(60):
        started = time.perf_counter()
        row = await storage.read(plan.sql, values)
        taken.append(time.perf_counter() - started)
        assert b'"it":null' not in bytes(row[0])
    return median(taken[10:])
