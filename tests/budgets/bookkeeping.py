"""Bookkeeping with pen and paper: what the ledger should say, told without its help.

Every posting is kept as a line of text would be; whatever is asked is worked out from all of them, each time anew."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

NOTHING = Decimal("0.00")
HELD = ("reserved", "committed", "booked")


@dataclass(frozen=True)
class Account:
    line: str | None
    kind: str


@dataclass(frozen=True)
class Entry:
    """An amount from one account to another; `noted` is the day on which it was written down."""

    source: Account
    target: Account
    amount: Decimal
    value_on: date
    noted: date


@dataclass
class Bound:
    line: str
    claim: bool
    state: str
    amount: Decimal
    value_on: date
    booked: Decimal = NOTHING
    released: Decimal = NOTHING
    granted_by: str | None = None

    @property
    def left(self) -> Decimal:
        return NOTHING if self.state == "reserved" else self.amount - self.booked - self.released


@dataclass
class Paid:
    line: str
    bound: UUID | None
    invoice: UUID
    amount: Decimal
    value_on: date
    proposed_by: str
    state: str = "proposed"
    released_by: str | None = None


@dataclass
class Foreseen:
    """What was granted for a later year, and has not been bound in it yet."""

    line: str
    claim: bool
    amount: Decimal
    year: int


@dataclass
class Bill:
    amount: Decimal
    proposed: Decimal = NOTHING


@dataclass
class Books:
    """One agreement's."""

    today: date
    closed: date
    entries: list[Entry] = field(default_factory=list)
    bound: dict[UUID, Bound] = field(default_factory=dict)
    bills: dict[UUID, Bill] = field(default_factory=dict)
    paid: dict[UUID, Paid] = field(default_factory=dict)
    waiting: dict[UUID, tuple[str, Decimal, date, str]] = field(default_factory=dict)
    procedures: set[str] = field(default_factory=set)  # lines with an open one

    def balances(self, on: date = date.max) -> dict[Account, Decimal]:
        found: dict[Account, Decimal] = defaultdict(Decimal)
        for entry in self.entries:
            if entry.value_on <= on:
                found[entry.source] -= entry.amount
                found[entry.target] += entry.amount
        return {account: amount for account, amount in found.items() if amount}

    def moved(self, account: Account) -> list[tuple[date, Decimal]]:
        """Each day and amount that came onto an account, or went from it."""
        came = [(entry.value_on, entry.amount) for entry in self.entries if entry.target == account]
        return came + [(entry.value_on, -entry.amount) for entry in self.entries if entry.source == account]

    def free(self, line: str) -> Decimal:
        return sum((amount for _, amount in self.moved(Account(line, "free"))), NOTHING)

    def lowest(self, account: Account, since: date) -> Decimal:
        """The least it held at the end of any day since then."""
        moved = self.moved(account)
        days = {since, self.today} | {day for day, _ in moved if day >= since}
        return min(sum((amount for on, amount in moved if on <= day), NOTHING) for day in days)

    def post(self, source: Account, target: Account, amount: Decimal, value_on: date) -> None:
        if amount:
            self.entries.append(Entry(source, target, amount, value_on, self.today))

    def came_later(self, day: date) -> dict[Account, Decimal]:
        """What was written down for that day or an earlier one only after it."""
        late = Books(
            self.today, self.closed, entries=[each for each in self.entries if each.value_on <= day < each.noted]
        )
        return late.balances()

    def some_day(self, back: int) -> date:
        return self.today - timedelta(days=back)
