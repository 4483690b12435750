"""Bookkeeping with pen and paper: what the ledger should say, told without its help.

Every posting is kept as a line of text would be; whatever is asked is worked out from all of them, each time anew."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

NOTHING, CENT = Decimal("0.00"), Decimal("0.01")
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
    organisation: UUID | None = None
    purpose: UUID | None = None  # what was carried in for it

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
    outside: bool = False  # of the network
    work: UUID | None = None  # that it pays for


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
    organisation: UUID
    proposed: Decimal = NOTHING


@dataclass
class Waiting:
    """Money that somebody has proposed to put on a line, or (below zero) to take off it."""

    line: str
    amount: Decimal
    day: date
    proposed_by: str
    kind: str = "supplement"
    earmark: str | None = None


@dataclass
class Purpose:
    """Money that was carried in for a purpose, and what of it is bound."""

    line: str
    amount: Decimal
    bound: Decimal = NOTHING


@dataclass
class Work:
    """What a provider has recorded on a commitment."""

    bound: UUID
    month: date
    amount: Decimal
    state: str = "recorded"


@dataclass
class Books:
    """One agreement's."""

    today: date
    closed: date
    entries: list[Entry] = field(default_factory=list)
    bound: dict[UUID, Bound] = field(default_factory=dict)
    bills: dict[UUID, Bill] = field(default_factory=dict)
    paid: dict[UUID, Paid] = field(default_factory=dict)
    waiting: dict[UUID, Waiting] = field(default_factory=dict)
    purposes: dict[UUID, Purpose] = field(default_factory=dict)
    kept: list[tuple[str, date, Decimal]] = field(default_factory=list)  # more, or less, for purposes on a line
    work: dict[UUID, Work] = field(default_factory=dict)
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

    def kept_on(self, line: str) -> Decimal:
        return sum((amount for of, _, amount in self.kept if of == line), NOTHING)

    def lowest(self, account: Account, since: date, *, for_a_purpose: bool = False) -> Decimal:
        """The least it held at the end of any day since then. What is kept for purposes is not there for others."""
        moved = self.moved(account)
        if account.kind == "free" and not for_a_purpose:
            moved += [(day, -amount) for line, day, amount in self.kept if line == account.line]
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


Band = tuple[int, int | None, dict[str, int]]  # from and to, in percent of what is agreed; who bears how many percent


def shared(rest: Decimal, whole: Decimal, bands: Sequence[Band]) -> dict[str, Decimal]:
    """Who bears what of a rest. Of each band's part the last cents go to whoever lost most by rounding down."""
    found: dict[str, Decimal] = dict.fromkeys(("agency", "network", "carry"), NOTHING)
    for begins, ends, percents in bands:
        upper = rest if ends is None else min(rest, cents(whole * ends / 100))
        part = max(upper - cents(whole * begins / 100), NOTHING)
        exact = {who: part * percent / 100 for who, percent in percents.items()}
        down = {who: amount.quantize(CENT, "ROUND_DOWN") for who, amount in exact.items()}
        by_loss = sorted(exact, key=lambda who: down[who] - exact[who])
        for who in by_loss[: int((part - sum(down.values())) / CENT)]:
            down[who] += CENT
        for who, amount in down.items():
            found[who] += amount
    return found


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, "ROUND_HALF_UP")
