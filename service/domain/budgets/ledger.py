"""The ledger: every cent that moves, moves here and nowhere else (architecture, section 7; settled: Money).

A posting takes an amount from one account and puts it into another, so that debit equals credit by construction.
Postings are only ever appended; a correction is a posting the other way. Each account keeps its balance, and what moved
on each value date, in the statement that posts: figures cost the same however long the ledger grows, and can be proved
from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

import orjson
import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from service.domain.act import Act
from service.domain.budgets.model import OfAgreement, money, total
from service.domain.errors import DomainError
from service.domain.rows import Scoped, Shape, moment, one_of, reference, secured, sequence, transaction, word
from service.domain.values import id_like, new_id
from service.storage.writing import fetch_row, written


class AccountKind(StrEnum):
    """The chart of accounts. The first four are those of a line, the others counter-accounts of the agreement."""

    FREE = "free"
    RESERVED = "reserved"
    COMMITTED = "committed"
    BOOKED = "booked"
    SOURCE = "source"
    CARRY_OVER = "carry_over"
    SETTLEMENT = "settlement"


OF_LINE = (AccountKind.FREE, AccountKind.RESERVED, AccountKind.COMMITTED, AccountKind.BOOKED)
OF_AGREEMENT = (AccountKind.SOURCE, AccountKind.CARRY_OVER, AccountKind.SETTLEMENT)


class PostingKind(StrEnum):
    """What a posting is."""

    APPROVE = "approve"  # what was agreed becomes free
    RESERVE = "reserve"  # asked for: free becomes reserved
    GRANT = "grant"  # bound: free or reserved becomes committed
    BOOK = "book"  # spent: committed or free becomes booked
    RELEASE = "release"  # not needed: goes back to free
    REVERSE = "reverse"  # a posting the other way round, to correct it
    TRANSFER = "transfer"  # from one line to another
    COVER = "cover"  # at the end of the year, from another line to one that is below zero
    SETTLE = "settle"  # carried over, or given back, with the settlement


def kept() -> Any:
    """EUR; nothing, unless said."""
    nothing = {"server_default": sa.text("0")}
    return Field(default=Decimal("0.00"), sa_type=sa.Numeric(20, 2), sa_column_kwargs=nothing)


@secured(Shape.AUTHORITY)
class LedgerAccount(OfAgreement, table=True):
    """An account with its running balance, EUR. Only `free` and the counter-accounts may be below zero. `earmarked`:
    what of the free money was carried in for a purpose, and is not bound for it yet."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        one_of("kind", AccountKind),
        sa.CheckConstraint("balance >= 0 OR kind NOT IN ('reserved', 'committed', 'booked')", name="balance"),
        sa.CheckConstraint("earmarked = 0 OR earmarked > 0 AND kind = 'free'", name="earmarked"),
        sa.UniqueConstraint("line_id", "kind"),
    )

    id: UUID = Field(primary_key=True)
    line_id: UUID | None = reference("budget_line", optional=True, index=False)
    kind: str = word()
    balance: Decimal = total("0.00")
    earmarked: Decimal = kept()
    closed_through: date | None = None


@secured(Shape.AUTHORITY)
class LedgerDay(Scoped, table=True):
    """What moved on an account with one value date: incoming less outgoing, and by how much more of it was kept for a
    purpose, EUR."""

    __tablename__ = "ledger_day"

    account_id: UUID = Field(primary_key=True, foreign_key="ledger_account.id")
    value_on: date = Field(primary_key=True)
    moved: Decimal = total()
    earmarked: Decimal = kept()


# What moves between lines, or comes to them and leaves them: all else moves within its line.
_ACROSS = "kind IN ('approve', 'transfer', 'cover', 'settle')"


@secured(Shape.APPENDED)
class Posting(SQLModel, table=True):
    """An amount from one account to another, with its value date. Never changed, never removed."""

    __tablename__ = "posting"
    __table_args__ = (
        one_of("kind", PostingKind),
        sa.CheckConstraint("amount > 0 AND from_account_id <> to_account_id", name="amount"),
        sa.Index("posting_from", "from_account_id", "value_on"),
        sa.Index("posting_to", "to_account_id", "value_on"),
        sa.Index("posting_subject", "subject_id"),
        sa.Index("posting_from_across", "from_account_id", "value_on", postgresql_where=sa.text(_ACROSS)),
        sa.Index("posting_to_across", "to_account_id", "value_on", postgresql_where=sa.text(_ACROSS)),
    )

    sequence: int = sequence()
    transaction_id: str = transaction()
    id: UUID = Field(default_factory=new_id, unique=True)
    # Without foreign keys: the statement that posts takes them from the account it has locked, which has them, and from
    # who is asking. To look for each again is a fifth of what it does while others wait.
    authority_id: UUID
    social_space_id: UUID | None = None
    agreement_id: UUID
    actor_id: UUID
    kind: str = word()
    from_account_id: UUID
    to_account_id: UUID
    amount: Decimal = money()
    value_on: date
    at: datetime = moment()
    subject_id: UUID = Field(
        description="What moved it: an agreement, allocation, transfer, commitment, booking, import or settlement."
    )


@dataclass(eq=False)
class PeriodClosed(DomainError):
    code, title = "period-closed", "The books are closed for this value date."
    advice = (
        "Give a value date after `closed_through`, or correct by a reversal there. Where no date is given, as with a "
        "transfer, it is too late for this year: its settlement evens out what lines lack and have left."
    )
    closed_through: str


@dataclass(eq=False)
class BudgetShort(DomainError):
    code, title = "budget-short", "There is not enough left for this."
    advice = (
        "`left` (EUR) is what lasts from the value date to today. Only a granted claim may go beyond it. What was "
        "carried in for a purpose is kept for that: name it (`allocation_id`) where the money is for it."
    )
    asked: str
    left: str


@lru_cache(maxsize=10_000)
def account_of(owner_id: UUID, kind: AccountKind) -> UUID:
    """The id of a line's or an agreement's account: told from both, so that it need not be looked up."""
    return uuid5(owner_id, kind.value)


def accounts_of(line: SQLModel | None, agreement: SQLModel) -> Iterable[LedgerAccount]:
    """The accounts a new line, or (without one) a new agreement, starts with."""
    owner_id: UUID = getattr(line if line is not None else agreement, "id")  # noqa: B009
    for kind in OF_LINE if line is not None else OF_AGREEMENT:
        yield LedgerAccount(
            id=account_of(owner_id, kind),
            authority_id=agreement.authority_id,  # type: ignore[attr-defined]
            social_space_id=agreement.social_space_id,  # type: ignore[attr-defined]
            agreement_id=agreement.id,  # type: ignore[attr-defined]
            line_id=owner_id if line is not None else None,
            kind=kind.value,
        )


@dataclass(frozen=True)
class Move:
    """An amount (EUR, above zero) that goes from one account to another on behalf of `subject_id`. `earmarked`: by how
    much more the target keeps for a purpose with it, or (below zero) the source keeps less."""

    kind: PostingKind
    source: UUID
    target: UUID
    amount: Decimal
    subject_id: UUID
    earmarked: Decimal = Decimal("0.00")


ZERO = Decimal("0.00")
# Counted, for whoever asks for one row gets one, and with it the lock of the first account alone.
LOCK = """SELECT count(*) FROM (
    SELECT FROM ledger_account WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE
) AS locked"""


def _posting(accounts: str, amount: str, kept: str, moves: str) -> str:
    """One statement: lock the accounts in one order, look at what they hold, and only then move. The lock gives what
    the last transaction left; the guards below therefore never see a balance that somebody is about to change. An
    amount that leaves an account must be there on its value date and on every later day: `lowest` is the least it held
    since. What is kept for a purpose counts as gone from the day on which it is kept, except for whoever spends it on
    that.

    `accounts`: the ids of all of them; `amount` and `kept`: what `account.id` gains, and how much more of it is kept;
    `moves`: each with its id, kind, source, target, amount and subject. The value date is $1, overdraw $2, the moment
    $3, who posts $4."""
    return f"""
WITH locked AS MATERIALIZED (
    SELECT account.id, account.kind, account.balance, account.earmarked, account.closed_through,
           {amount} AS amount, {kept} AS kept
    FROM ledger_account AS account
    WHERE account.id = ANY({accounts}) ORDER BY account.id FOR NO KEY UPDATE OF account
), held AS (
    SELECT locked.id, locked.kind, locked.closed_through, locked.amount, locked.balance + locked.amount AS after,
           locked.balance - since.most - CASE WHEN locked.kept < 0 THEN 0 ELSE locked.earmarked END AS lowest,
           locked.amount < 0 AND CASE WHEN locked.kind = 'free' THEN NOT $2::boolean
                                      ELSE locked.kind IN ('reserved', 'committed', 'booked') END AS guarded
    FROM locked, LATERAL (
        SELECT coalesce(max(after), 0) AS most FROM (
            SELECT sum(later.moved - CASE WHEN locked.kept < 0 THEN 0 ELSE later.earmarked END)
                       OVER (ORDER BY later.value_on DESC) AS after FROM ledger_day AS later
            WHERE locked.amount < 0 AND later.account_id = locked.id AND later.value_on > $1::date
        ) AS each WHERE after > 0
    ) AS since
), guard AS MATERIALIZED (
    SELECT max(closed_through) AS closed_through,
           coalesce(bool_and(closed_through IS NULL OR closed_through < $1::date), false)
               AND count(*) = cardinality({accounts}) AS open,
           coalesce(bool_and(lowest + amount >= 0) FILTER (WHERE guarded), true) AS enough,
           max(-amount) FILTER (WHERE guarded AND lowest + amount < 0) AS asked,
           min(lowest) FILTER (WHERE guarded AND lowest + amount < 0) AS left_over,
           coalesce(json_object_agg(id, after::text) FILTER (WHERE kind = 'free'), '{{}}')::text AS free
    FROM held
), moved AS (
    UPDATE ledger_account AS account
    SET balance = account.balance + {amount}, earmarked = account.earmarked + {kept}
    FROM guard
    WHERE account.id = ANY({accounts}) AND guard.open AND guard.enough
    RETURNING account.id, account.authority_id, account.social_space_id, account.agreement_id,
              {amount} AS amount, {kept} AS kept
), day AS (
    INSERT INTO ledger_day (account_id, value_on, authority_id, moved, earmarked)
    SELECT moved.id, $1::date, moved.authority_id, moved.amount, moved.kept FROM moved ORDER BY moved.id
    ON CONFLICT (account_id, value_on) DO UPDATE
    SET moved = ledger_day.moved + EXCLUDED.moved, earmarked = ledger_day.earmarked + EXCLUDED.earmarked
), posted AS (
    INSERT INTO posting (id, authority_id, social_space_id, agreement_id, kind, from_account_id, to_account_id, amount,
                         value_on, at, actor_id, subject_id)
    SELECT move.id, moved.authority_id, moved.social_space_id, moved.agreement_id, move.kind, move.source, move.target,
           move.amount, $1::date, $3::timestamptz, $4::uuid, move.subject_id
    FROM ({moves}) AS move (id, kind, source, target, amount, subject_id)
    JOIN moved ON moved.id = move.target
)
SELECT open, enough, closed_through, asked, left_over, free FROM guard
"""


# One move is nearly always all: no list is made, sent, or taken apart again while others wait. $6 is the source, $7 the
# target, $8 the amount; $10 is by how much more the target keeps for a purpose, and $11 the source.
ONE = _posting(
    "ARRAY[$6::uuid, $7::uuid]",
    "CASE account.id WHEN $6 THEN -$8::numeric ELSE $8::numeric END",
    "CASE account.id WHEN $6 THEN $11::numeric ELSE $10::numeric END",
    "SELECT $9::uuid, $5::text, $6::uuid, $7::uuid, $8::numeric, $12::uuid",
)
MANY = _posting(
    "$5::uuid[]",
    "($6::numeric[])[array_position($5::uuid[], account.id)]",
    "($7::numeric[])[array_position($5::uuid[], account.id)]",
    "SELECT * FROM unnest($8::uuid[], $9::text[], $10::uuid[], $11::uuid[], $12::numeric[], $13::uuid[])",
)


def posting_of(
    moves: Iterable[Move], value_on: date, overdraw: bool, at: datetime, actor_id: UUID
) -> tuple[str, tuple[Any, ...]]:
    """The statement that posts these moves, and its values."""
    listed = [move for move in moves if move.amount > 0]
    if len(listed) == 1 and listed[0].source != listed[0].target:
        (one,) = listed
        more = (max(one.earmarked, ZERO), min(one.earmarked, ZERO))
        how = (one.kind.value, one.source, one.target, one.amount, id_like(one.subject_id), *more, one.subject_id)
        return ONE, (value_on, overdraw, at, actor_id, *how)
    net: dict[UUID, Decimal] = {}
    kept: dict[UUID, Decimal] = {}
    for move in listed:
        purpose = move.target if move.earmarked > 0 else move.source
        kept[purpose] = kept.get(purpose, ZERO) + move.earmarked
        net[move.source] = net.get(move.source, ZERO) - move.amount
        net[move.target] = net.get(move.target, ZERO) + move.amount
    accounts = list(net)
    return MANY, (
        value_on,
        overdraw,
        at,
        actor_id,
        accounts,
        [net[account] for account in accounts],
        [kept.get(account, ZERO) for account in accounts],
        [id_like(move.subject_id) for move in listed],
        [move.kind.value for move in listed],
        [move.source for move in listed],
        [move.target for move in listed],
        [move.amount for move in listed],
        [move.subject_id for move in listed],
    )


async def hold_accounts(act: Act, lines: Iterable[UUID]) -> None:
    """Lock at once, in the one order, what several postings of an act will move one after the other: two acts that each
    move money of the same lines never wait for each other."""
    await written(act.session)
    held = sorted(account_of(line, kind) for line in set(lines) for kind in OF_LINE)
    await fetch_row(act.session, LOCK, (held,))


async def hold_all_accounts(act: Act, agreement_id: UUID) -> None:
    """The same for all accounts of an agreement."""
    account: Any = LedgerAccount.__table__  # type: ignore[attr-defined]
    mine = sa.select(account.c.id).where(account.c.agreement_id == agreement_id)
    await (await act.session.connection()).execute(mine.order_by(account.c.id).with_for_update(key_share=True))


async def lasting(act: Act, line_id: UUID) -> Decimal:
    """What can be bound on a line today, EUR; below zero, by how much it is over. Whoever acts on it holds its
    accounts."""
    free = sa.select(LedgerAccount.balance - LedgerAccount.earmarked)  # type: ignore[call-overload]
    free = free.where(LedgerAccount.id == account_of(line_id, AccountKind.FREE))
    found: Decimal = (await (await act.session.connection()).execute(free)).scalar_one()
    return found


async def post(act: Act, moves: Iterable[Move], value_on: date, *, overdraw: bool = False) -> Mapping[UUID, Decimal]:
    """Post all moves or none, with one value date. Only with `overdraw` (a granted claim) may a line's free money go
    below zero. The answer is what the `free` accounts among them hold now.

    Raises PeriodClosed where the books are closed for that date, BudgetShort where what is there would not last."""
    moves = list(moves)
    sql, values = posting_of(moves, value_on, overdraw, act.now, act.actor.id)
    await written(act.session)  # what the postings are about stands before they do
    if value_on < act.today:  # what others moved on later days is seen only by a statement that begins under the lock
        await fetch_row(act.session, LOCK, ([account for move in moves for account in (move.source, move.target)],))
    is_open, enough, closed_through, asked, left, free = await fetch_row(act.session, sql, values)
    if not is_open:
        raise PeriodClosed(closed_through=str(closed_through))
    if not enough:
        raise BudgetShort(asked=str(asked), left=str(max(left, ZERO)))
    return {UUID(id): Decimal(balance) for id, balance in orjson.loads(free).items()}
