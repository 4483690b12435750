"""What may be told of money without telling about single cases (facts, section 6: disclosure control).

A cell is kept back for its own sake (`primary`) where a figure of it, or what has become of that figure since any
earlier release of it, stands for fewer than k cases or mostly for one. More cells are kept back (`secondary`) until no
cell that is missing follows from the others: not from one sum, not from all sums together, and not nearly, by what all
of them together leave possible (`bounds`)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property, partial
from typing import NamedTuple, TypeVar
from uuid import UUID

from service.domain.budgets.bounds import ENDLESS, Network, network

ZERO = Decimal("0.00")
TOTAL = "total"  # the line that is the sum of all others


class Suppressed(StrEnum):
    """Why a figure is missing: for its own sake, or because another would follow from it."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


class Spent(NamedTuple):
    """Money of one case in one cell, EUR."""

    reserved: Decimal = ZERO
    committed: Decimal = ZERO
    booked: Decimal = ZERO


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
        for figure, of_all in enumerate(zip(*cases.values(), strict=True)):
            amounts = [abs(amount) for amount in of_all if amount]
            if amounts and (len(amounts) < self.k or max(amounts) > self.dominance * sum(amounts)):
                yield figure


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
class Table:
    """All cells of a release of a month's end. `amounts` are what has been reserved, committed and booked of a cell,
    EUR; `cases` whose that is. `earlier`: the releases before, whose `missing` cells stand already."""

    day: date
    amounts: Mapping[Cell, Spent]
    cases: Mapping[Cell, ByCase]
    limits: Mapping[Cell, Limits]
    sums: Sequence[Sum]
    earlier: Sequence["Table"] = ()
    missing: dict[Cell, Suppressed] = field(default_factory=dict)
    _told: dict[tuple[Cell, ...], bool] = field(default_factory=dict)  # by the whole, a part and what is missing
    _wide: set[tuple[date, int, Cell, int]] = field(default_factory=set)  # what is told widely enough stays so

    def shows(self, cell: Cell) -> bool:
        return cell in self.amounts and cell not in self.missing

    @cached_property
    def money(self) -> Mapping[Cell, Decimal]:
        return {cell: sum(spent, ZERO) for cell, spent in self.amounts.items()}

    def suppress(self) -> Mapping[Cell, Suppressed]:
        """Which cells to keep back, and why. It ends, because it only ever adds one."""
        for cell in self.amounts:
            if cell.line != TOTAL and self._tells(cell):
                self.missing[cell] = Suppressed.PRIMARY
        while more := self._one_more():
            self.missing[more] = Suppressed.SECONDARY
        return self.missing

    def _tells(self, cell: Cell) -> bool:
        limits, now = self.limits[cell], self.cases.get(cell, NOBODY)
        since = (changed(each.cases.get(cell, NOBODY), now) for each in self.earlier if each.shows(cell))
        return limits.are_broken_by(now) or any(map(limits.are_broken_by, since))

    def _one_more(self) -> Cell | None:
        """The next cell to keep back, if one is needed."""
        for each in self.sums:
            if self._is_open(each) and (cover := self._cover(each)):
                return cover
        for cell in solvable(self.missing, self.sums):
            for each in self.sums:
                if cell in (each.whole, *each.parts) and (cover := self._cover(each)):
                    return cover
        return self._one_too_near()

    def _one_too_near(self) -> Cell | None:
        """One more for a figure that could be told too nearly: of this release, or of an earlier one by what this one
        adds to it."""
        for number, table in enumerate((self, *self.earlier)):
            networks: dict[int, Network[Cell]] = {}
            for cell in table.missing:
                for figure, width in table.widths(cell).items():
                    asked = table.day, number, cell, figure
                    if asked in self._wide or (table is not self and figure != BOOKED):
                        continue
                    if figure not in networks:
                        networks[figure] = network(table.independent(), partial(self._room, table, figure))
                    # What is booked has to be open downwards: some later month may tell the most it can have been.
                    for below in (True, False) if figure == BOOKED else (False,):
                        cut = networks[figure].lack(cell, width, below=below) or ()
                        helps = (each for each in cut if self.shows(each) and (table is self or each in table.missing))
                        if left := [(self.amounts[each][figure], each) for each in helps]:
                            return min((each for each in left if _cents(each[0]) >= width), default=max(left))[1]
                    self._wide.add(asked)
        return None

    def widths(self, cell: Cell) -> Mapping[int, int]:
        """In which range a figure of the cell must be left at least, cents: as much of what stands for few cases as one
        case would have to leave to others, to either side."""
        limits, now = self.limits[cell], self.cases.get(cell, NOBODY)
        since = [changed(each.cases.get(cell, NOBODY), now) for each in self.earlier if each.shows(cell)]
        found: dict[int, int] = {}
        for cases in (now, *since):
            for figure in limits.broken(cases):
                of_few = sum(abs(spent[figure]) for spent in cases.values())
                found[figure] = max(found.get(figure, 0), _cents(2 * (1 - limits.dominance) * of_few))
        return found

    def independent(self) -> Iterator[tuple[Cell, Sequence[Cell], int]]:
        """Sums from which all others follow, written so that what goes into one comes out of another: lines are summed
        in the smallest places alone."""
        wholes = {each.whole.place for each in self.sums if each.over_places}
        for each in self.sums:
            if each.over_places or each.whole.place not in wholes:
                yield each.whole, each.parts, 1 if each.over_places and each.whole.line != TOTAL else -1

    def _room(self, table: "Table", figure: int, cell: Cell) -> tuple[int, int]:
        """By how much less and more, in cents, a table's figure could be for all that is told of it. Of what is booked
        everybody may guess that it stays booked: earlier months tell the least, later ones the most."""
        amount = _cents(table.amounts[cell][figure])
        least, most = 0, amount + ENDLESS
        for each in (self, *self.earlier) if figure == BOOKED else (table,):
            if each.shows(cell):
                to = each.limits[cell].rounding
                told, half = _cents(rounded(each.amounts[cell][figure], to)), _cents(to) // 2
                least = max(least, told - half) if each.day <= table.day else least
                most = min(most, told + half) if each.day >= table.day else most
        return max(amount - least, 0), max(most - amount, 0)

    def _is_open(self, each: Sum) -> bool:
        """Whether the sum gives away what is missing in it."""
        parts = [part for part in each.parts if part in self.missing]
        if each.whole in self.missing:
            return not parts
        if len(parts) == 1:
            return True
        if (key := (each.whole, each.parts[0], *parts)) not in self._told:
            self._told[key] = self._tell_together(each, parts)
        return self._told[key]

    def _tell_together(self, each: Sum, parts: list[Cell]) -> bool:
        """What the missing parts come to follows from the sum. So does what has become of all that are missing now or
        were missing in an earlier release that told the sum, whether or not that one missed the same: what is told of
        them once is subtracted. Over lines, other money hides what there is, but not what has changed: it may not have
        moved at all."""
        limits = self.limits[each.parts[0]]
        if each.over_places and limits.are_broken_by(together(self.cases, parts)):
            return True
        return any(
            limits.are_broken_by(changed(together(earlier.cases, hidden), together(self.cases, hidden)))
            for earlier in self.earlier
            if earlier.shows(each.whole)
            and (hidden := [part for part in each.parts if part in self.missing or part in earlier.missing])
        )

    def _cover(self, each: Sum) -> Cell | None:
        """The smallest part with as much money as the one that it hides, for little hides little; else the whole; else
        any part."""
        left = sorted((self.money[part], part) for part in each.parts if part not in self.missing)
        hidden = [self.money[part] for part in each.parts if part in self.missing]
        least = hidden[0] if len(hidden) == 1 else ZERO
        for amount, part in left:
            if amount and amount >= least:
                return part
        if each.whole not in self.missing:
            return each.whole
        return left[0][1] if left else None


def _cents(amount: Decimal) -> int:
    return int(amount * 100)


def changed(before: ByCase, after: ByCase) -> ByCase:
    """What has become of each case's money."""
    none = Spent()
    moved = {
        case: Spent(*(b - a for a, b in zip(before.get(case, none), after.get(case, none), strict=True)))
        for case in {*before, *after}
    }
    return {case: spent for case, spent in moved.items() if any(spent)}


def together(cases: Mapping[Cell, Mapping[C, Spent]], cells: Iterable[Cell]) -> Mapping[C, Spent]:
    found: dict[C, Spent] = defaultdict(Spent)
    for cell in cells:
        for case, spent in cases.get(cell, {}).items():
            found[case] = Spent(*(a + b for a, b in zip(found[case], spent, strict=True)))
    return found


def solvable(missing: Iterable[Cell], sums: Iterable[Sum]) -> Iterator[Cell]:
    """The missing cells that follow from all others by all sums together: Gaussian elimination, exact. A cell is known
    when a row of the reduced system has nothing else in it.

    The four amounts of a cell are missing together, and each pair of them can differ by what the cell lacks: so one
    figure decides for all."""
    unknown = set(missing)
    reduced: dict[Cell, dict[Cell, Fraction]] = {}
    for each in sums:
        signed = {each.whole: Fraction(-1), **dict.fromkeys(each.parts, Fraction(1))}
        row = {cell: sign for cell, sign in signed.items() if cell in unknown}
        for lead in list(row):
            if lead in reduced and lead in row:
                _add(row, reduced[lead], -row[lead])
        if not row:
            continue
        lead = min(row)
        factor = row[lead]
        row = {cell: value / factor for cell, value in row.items()}
        for other in reduced.values():
            if lead in other:
                _add(other, row, -other[lead])
        reduced[lead] = row
    for lead, row in reduced.items():
        if len(row) == 1:
            yield lead


def _add(row: dict[Cell, Fraction], other: Mapping[Cell, Fraction], times: Fraction) -> None:
    for cell, value in other.items():
        summed = row.get(cell, Fraction(0)) + value * times
        if summed:
            row[cell] = summed
        else:
            row.pop(cell, None)


def rounded(amount: Decimal, to: Decimal) -> Decimal:
    """To the nearest multiple of `to` EUR, halves away from zero; each amount by itself."""
    return ((amount / to).quantize(Decimal(1), ROUND_HALF_UP) * to).quantize(ZERO)
