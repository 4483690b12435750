"""What a release counts: cells of money, whose it is, and the sums between them (facts, section 6: disclosure control).
What of it may be told is worked out in `disclosure`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple, TypeVar
from uuid import UUID

ZERO = Decimal("0.00")
TOTAL = "total"  # the line that is the sum of all others
UNNAMED = UUID(int=1)  # the case of what has none to be seen


class Suppressed(StrEnum):
    """Why a figure is missing: for its own sake, or because another would follow from it."""

    PRIMARY = "primary"  # too few stand behind it, or one of them for nearly all of it
    SECONDARY = "secondary"  # another that is missing could be worked out from it


class Spent(NamedTuple):
    """Money of one case in one cell, EUR."""

    reserved: Decimal = ZERO
    committed: Decimal = ZERO
    booked: Decimal = ZERO


NONE = Spent()
RESERVED, COMMITTED, BOOKED = FIGURES = range(3)  # of what is spent

ByCase = Mapping[UUID, Spent]
C = TypeVar("C", bound=UUID | None)  # a case, or none
NOBODY: ByCase = {}


@dataclass(frozen=True)
class Limits:
    """So many cases, at least; the most that one of them may make of a figure, from 0 to 1; and to what figures are
    rounded, EUR."""

    k: int
    dominance: Decimal
    rounding: Decimal

    def are_broken_by(self, cases: ByCase) -> bool:
        return any(True for _ in self.broken(cases))

    def broken(self, cases: ByCase) -> Iterator[int]:
        """Which figures. Each counts by itself: one case that has asked for money among a hundred that spend it is one
        case."""
        for figure in FIGURES:
            if self.is_broken_by({case: spent[figure] for case, spent in cases.items()}):
                yield figure

    def hides(self, amount: Decimal) -> Decimal:
        """How much has to be uncertain about an amount of few cases, EUR: twice what one case must leave to others."""
        return 2 * (1 - self.dominance) * amount

    def is_broken_by(self, figure: Mapping[UUID, Decimal]) -> bool:
        """Of one figure: what each case makes of it. One that has no name to be seen may be any that has: what is its
        counts with the largest."""
        amounts = sorted(abs(amount) for case, amount in figure.items() if amount and case != UNNAMED)
        if unnamed := abs(figure.get(UNNAMED, ZERO)):
            amounts[-1:] = [sum(amounts[-1:], unnamed)]
        return bool(amounts) and (len(amounts) < self.k or amounts[-1] > self.dominance * sum(amounts))


class Cell(NamedTuple):
    """A place and a line. The place is an id, or a name for what has none."""

    place: str
    line: str


@dataclass(frozen=True)
class Sum:
    """`whole` is the sum of `parts`. In a sum over places, what the missing parts come to together must not tell about
    single cases either; over lines it is one more line, and other money, that hides them."""

    whole: Cell
    parts: Sequence[Cell]
    over_places: bool


@dataclass
class Counted:
    """All cells of a release of a month's end. `amounts` are what has been reserved, committed and booked of a cell,
    EUR; `cases` whose that is; `missing`, what is kept back; `through`, the last posting that was counted."""

    day: date
    amounts: Mapping[Cell, Spent]
    cases: Mapping[Cell, ByCase]
    limits: Mapping[Cell, Limits]
    sums: Sequence[Sum]
    through: int = 0
    missing: dict[Cell, Suppressed] = field(default_factory=dict)

    def shows(self, cell: Cell) -> bool:
        return cell in self.amounts and cell not in self.missing

    def of(self, cell: Cell) -> ByCase:
        return self.cases.get(cell, NOBODY)

    def tells(self, cell: Cell) -> Iterator[int]:
        """Which of its figures stand for few cases. Of all lines together, not where others than cases have put enough
        into it: there is no telling then what of it is whose."""
        cases, limits = self.of(cell), self.limits[cell]
        for figure in limits.broken(cases):
            of_few = sum((spent[figure] for spent in cases.values()), ZERO)
            if cell.line != TOTAL or self.amounts[cell][figure] - of_few < limits.hides(of_few):
                yield figure

    @cached_property
    def money(self) -> Mapping[Cell, Decimal]:
        return {cell: sum(spent, ZERO) for cell, spent in self.amounts.items()}

    @cached_property
    def parts_of(self) -> Mapping[tuple[Cell, bool], Sequence[Cell]]:
        """By the whole, and whether they are places: a space may have lain elsewhere in an earlier release."""
        return {(each.whole, each.over_places): each.parts for each in self.sums}

    def precedes(self, other: "Counted") -> bool:
        """Whether all that it counted was counted by the other too."""
        return self.day <= other.day and self.through <= other.through


def changed(before: ByCase, after: ByCase) -> ByCase:
    """What has become of each case's money."""
    moved = dict[UUID, Spent]()
    for case in {*before, *after}:
        then, now = before.get(case, NONE), after.get(case, NONE)
        if then != now:
            moved[case] = Spent(now[0] - then[0], now[1] - then[1], now[2] - then[2])
    return moved


def together(cases: Mapping[Cell, Mapping[C, Spent]], cells: Iterable[Cell]) -> Mapping[C, Spent]:
    return summed(cases.get(cell, {}) for cell in cells)


def summed(parts: Iterable[Mapping[C, Spent]]) -> Mapping[C, Spent]:
    found: dict[C, Spent] = {}
    for part in parts:
        for case, spent in part.items():
            if (before := found.get(case)) is not None:
                spent = Spent(before[0] + spent[0], before[1] + spent[1], before[2] + spent[2])
            found[case] = spent
    return found


def cents(amount: Decimal) -> int:
    return int(amount * 100)


def rounded(amount: Decimal, to: Decimal) -> Decimal:
    """To the nearest multiple of `to` EUR, halves away from zero; each amount by itself."""
    return ((amount / to).quantize(Decimal(1), ROUND_HALF_UP) * to).quantize(ZERO)
