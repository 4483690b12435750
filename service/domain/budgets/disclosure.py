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
from math import inf
from time import monotonic
from typing import Any, NamedTuple, TypeVar
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
            if self.is_broken_by(of_all):
                yield figure

    def is_broken_by(self, figure: Iterable[Decimal]) -> bool:
        """Of one figure: what each case makes of it."""
        amounts = [abs(amount) for amount in figure if amount]
        return bool(amounts) and (len(amounts) < self.k or max(amounts) > self.dominance * sum(amounts))


class Cell(NamedTuple):
    """A place and a line. The place is an id, or a name for what has none. `then`: as it was in an earlier release."""

    place: str
    line: str
    then: bool = False


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
    _told: dict[tuple[Any, ...], bool] = field(default_factory=dict)  # by the sum and what is missing of it
    _changes: dict[tuple[Cell, int], ByCase] = field(default_factory=dict)
    _wide: set[tuple[date, int, Cell, int]] = field(default_factory=set)  # what is told widely enough stays so

    def shows(self, cell: Cell) -> bool:
        return cell in self.amounts and cell not in self.missing

    @cached_property
    def money(self) -> Mapping[Cell, Decimal]:
        return {cell: sum(spent, ZERO) for cell, spent in self.amounts.items()}

    @cached_property
    def parts_of(self) -> Mapping[tuple[Cell, bool], Sequence[Cell]]:
        """By the whole, and whether they are places: a space may have lain elsewhere in an earlier release."""
        return {(each.whole, each.over_places): each.parts for each in self.sums}

    @cached_property
    def _all_sums(self) -> Sequence[Sum]:
        """Also of regions that have no spaces by now: what they told can still be subtracted from."""
        before = {key: parts for each in self.earlier for key, parts in each.parts_of.items()}
        gone = (
            Sum(whole, [part for part in parts if part in self.amounts], over_places)
            for (whole, over_places), parts in before.items()
            if (whole, over_places) not in self.parts_of
        )
        return [*self.sums, *gone]

    def suppress(self, until: float = inf) -> Mapping[Cell, Suppressed]:
        """Which cells to keep back, and why. It ends, because it only ever adds one; at `until` (of the monotonic
        clock) it gives up and raises TimeoutError."""
        for cell in self.amounts:
            if cell.line != TOTAL and self._tells(cell):
                self.missing[cell] = Suppressed.PRIMARY
        while more := self._one_more():
            self.missing[more] = Suppressed.SECONDARY
            if monotonic() > until:
                raise TimeoutError
        return self.missing

    def _tells(self, cell: Cell) -> bool:
        limits, now = self.limits[cell], self.cases.get(cell, NOBODY)
        since = (changed(each.cases.get(cell, NOBODY), now) for each in self.earlier if each.shows(cell))
        return limits.are_broken_by(now) or any(map(limits.are_broken_by, since))

    def _one_more(self) -> Cell | None:
        """The next cell to keep back, if one is needed."""
        for each in self._all_sums:
            if self._is_open(each) and (cover := self._cover(each)):
                return cover
        for cell in self._following():
            for each in self._around(cell):
                if cover := self._cover(each):
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

    def _around(self, cell: Cell) -> Iterator[Sum]:
        """All sums, those of the cell first, then those of their other cells, and so on."""
        reached, left = {cell}, list(self._all_sums)
        while near := [each for each in left if not reached.isdisjoint((each.whole, *each.parts))]:
            yield from near
            left = [each for each in left if each not in near]
            reached.update(*((each.whole, *each.parts) for each in near))

    def _following(self) -> Iterator[Cell]:
        """The missing cells that follow from all sums together: of this release, and of this and an earlier one, in
        which what has not moved is the same."""
        yield from solvable(self.missing, self.sums)
        for earlier in self.earlier:
            names = {cell: cell._replace(then=bool(self._since(cell, earlier))) for cell in earlier.amounts}
            unknown = self.missing.keys() - {names[cell] for cell in earlier.amounts if earlier.shows(cell)}
            unknown |= {names[cell] for cell in earlier.missing} - {cell for cell in self.amounts if self.shows(cell)}
            then = (
                Sum(names[each.whole], [names[part] for part in each.parts], each.over_places) for each in earlier.sums
            )
            sums = [*self.sums, *then]
            for found in solvable(unknown, sums):
                cell = found._replace(then=False)
                cases = (earlier if found.then else self).cases.get(cell, NOBODY)
                few = cell in self.limits and self.limits[cell].are_broken_by(cases)
                if few or (not found.then and self.missing.get(cell) is Suppressed.PRIMARY):
                    yield cell

    def _is_open(self, each: Sum) -> bool:
        """Whether the sum gives away what is missing in it."""
        parts = [part for part in each.parts if part in self.missing]
        told = self.shows(each.whole)
        if each.whole in self.missing and not parts:
            return True
        if told and len(parts) == 1:
            return True
        before = (earlier.parts_of.get((each.whole, each.over_places), ()) for earlier in self.earlier)
        elsewhere = (cell for cells in before for cell in cells if cell in self.missing)
        if (key := (each.whole, each.over_places, told, *parts, None, *elsewhere)) not in self._told:
            self._told[key] = self._tell_together(each, parts, told) or any(
                self._tell_since(each, earlier, told) for earlier in self.earlier
            )
        return self._told[key]

    def _tell_together(self, each: Sum, parts: list[Cell], told: bool) -> bool:
        """What the missing parts come to follows from the sum. Over lines other money hides what there is."""
        if not (told and each.over_places and parts):
            return False
        return self.limits[parts[0]].are_broken_by(together(self.cases, parts))

    def _tell_since(self, each: Sum, earlier: "Table", told: bool) -> bool:
        """What follows from the sum as it is told now (its missing parts together), as it was told then, and from the
        one less the other; in each, what is told of a part at one time is subtracted from what is hidden of it at the
        other, for it may not have moved at all. Other money hides nothing here: it may not have moved either."""
        now = {cell for cell in each.parts if told and cell in self.missing}
        parts = earlier.parts_of.get((each.whole, each.over_places), ()) if earlier.shows(each.whole) else ()
        then = {cell for cell in parts if cell in earlier.missing}
        ways = ((now, then), (now, set[Cell]()), (set[Cell](), then))
        return any(self._tell_by(now, then, earlier) for now, then in ways if now or then)

    def _tell_by(self, now: set[Cell], then: set[Cell], earlier: "Table") -> bool:
        """Whether few cases are left of what is hidden. Of each part the way is taken that leaves the fewest."""
        cells = now | then
        known = ((self if cell in self.limits else earlier).limits[cell] for cell in cells)
        limits = max(known, key=lambda each: each.k)
        hidden = {
            cell: changed(
                earlier.cases.get(cell, NOBODY) if cell in then else NOBODY,
                self.cases.get(cell, NOBODY) if cell in now else NOBODY,
            )
            for cell in cells
        }
        compared = {
            cell: self._since(cell, earlier)
            for cell in cells - (now & then)
            if (earlier if cell in now else self).shows(cell)
        }
        for figure in range(len(Spent._fields)):
            nearer = {
                cell: since
                for cell, since in compared.items()
                if _behind(since, figure) <= _behind(hidden[cell], figure)
            }
            if not nearer and not (now and then):
                continue  # what the sum tells by itself
            left = summed({**hidden, **nearer}.values())
            if limits.is_broken_by([spent[figure] for spent in left.values()]):
                return True
        return False

    def _since(self, cell: Cell, earlier: "Table") -> ByCase:
        """What has become of each case's money in it."""
        if (key := (cell, id(earlier))) not in self._changes:
            self._changes[key] = changed(earlier.cases.get(cell, NOBODY), self.cases.get(cell, NOBODY))
        return self._changes[key]

    def _cover(self, each: Sum) -> Cell | None:
        """The smallest part with as much money as the one that it hides, for little hides little; else the whole; else
        any part. What was kept back before comes first: another one tells what has become of it."""
        before = {cell for earlier in self.earlier for cell in earlier.missing}
        left = sorted((part not in before, self.money[part], part) for part in each.parts if part not in self.missing)
        hidden = [self.money[part] for part in each.parts if part in self.missing]
        least = hidden[0] if len(hidden) == 1 else ZERO
        for _, amount, part in left:
            if amount and amount >= least:
                return part
        if self.shows(each.whole):
            return each.whole
        return left[0][2] if left else None


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


def _behind(cases: ByCase, figure: int) -> int:
    """How many cases stand behind a figure."""
    return sum(1 for spent in cases.values() if spent[figure])


def together(cases: Mapping[Cell, Mapping[C, Spent]], cells: Iterable[Cell]) -> Mapping[C, Spent]:
    return summed(cases.get(cell, {}) for cell in cells)


def summed(parts: Iterable[Mapping[C, Spent]]) -> Mapping[C, Spent]:
    found: dict[C, Spent] = defaultdict(Spent)
    for part in parts:
        for case, spent in part.items():
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
