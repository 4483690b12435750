"""What may be told of money without telling about single cases (facts, section 6: disclosure control).

A cell is kept back for its own sake (`primary`) where a figure of it, or what has become of that figure since any
earlier release of it, stands for fewer than k cases or mostly for one. More cells are kept back (`secondary`) until no
cell that is missing follows from the others: not from one sum, not from all sums of all releases of the year together,
and not nearly (`combined`)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from threading import Event
from typing import Any

from service.domain.budgets.cells import (
    NOBODY,
    TOTAL,
    ZERO,
    ByCase,
    Cell,
    Counted,
    Spent,
    Sum,
    Suppressed,
    changed,
    summed,
    together,
)
from service.domain.budgets.combined import Combined


@dataclass
class Table(Counted):
    """The release that is worked out. `earlier`: those made before it, by day, whose `missing` cells stand already."""

    earlier: Sequence[Counted] = ()
    _told: dict[tuple[Any, ...], bool] = field(default_factory=dict)  # by the sum and what is missing of it
    _changes: dict[tuple[Cell, int], ByCase] = field(default_factory=dict)

    @cached_property
    def _combined(self) -> Combined:
        releases = sorted((*self.earlier, self), key=lambda each: (each.day, each.through))
        return Combined(releases, releases.index(self))

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

    def suppress(self, until: float = inf, given_up: Event | None = None) -> Mapping[Cell, Suppressed]:
        """Which cells to keep back, and why. It ends, because it only ever adds one; at `until` (of the monotonic
        clock), or once it is `given_up`, it raises TimeoutError."""
        for cell in self.amounts:
            if self._tells(cell):
                self.missing[cell] = Suppressed.PRIMARY
        self._combined.until, self._combined.given_up = until, given_up or self._combined.given_up
        while more := self._one_more():
            self.missing[more] = Suppressed.SECONDARY
            self._combined.in_time()
        return self.missing

    def _tells(self, cell: Cell) -> bool:
        if any(True for _ in self.tells(cell)):
            return True
        since = (self._since(cell, each) for each in self.earlier if each.shows(cell) and cell.line != TOTAL)
        return any(map(self.limits[cell].are_broken_by, since))

    def _one_more(self) -> Cell | None:
        """The next cell to keep back, if one is needed."""
        for each in self._all_sums:
            if self._is_open(each) and (cover := self._cover(each)):
                return cover
        for cell in self._combined.following():
            for each in self._around(cell):
                if cover := self._cover(each):
                    return cover
        return self._combined.one_too_near()

    def _around(self, cell: Cell) -> Iterator[Sum]:
        """All sums, those of the cell first, then those of their other cells, and so on."""
        reached, left = {cell}, list(self._all_sums)
        while near := [each for each in left if not reached.isdisjoint((each.whole, *each.parts))]:
            yield from near
            left = [each for each in left if each not in near]
            reached.update(*((each.whole, *each.parts) for each in near))

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

    def _tell_since(self, each: Sum, earlier: Counted, told: bool) -> bool:
        """What follows from the sum as it is told now (its missing parts together), as it was told then, and from the
        one less the other; in each, what is told of a part at one time is subtracted from what is hidden of it at the
        other, for it may not have moved at all. Other money hides nothing here: it may not have moved either."""
        now = {cell for cell in each.parts if told and cell in self.missing}
        parts = earlier.parts_of.get((each.whole, each.over_places), ()) if earlier.shows(each.whole) else ()
        then = {cell for cell in parts if cell in earlier.missing}
        ways = ((now, then), (now, set[Cell]()), (set[Cell](), then))
        return any(self._tell_by(now, then, earlier) for now, then in ways if now or then)

    def _tell_by(self, now: set[Cell], then: set[Cell], earlier: Counted) -> bool:
        """Whether few cases are left of what is hidden. Of each part the way is taken that leaves the fewest."""
        cells = now | then
        known = ((self if cell in self.limits else earlier).limits[cell] for cell in cells)
        limits = max(known, key=lambda each: each.k)
        hidden = {
            cell: changed(
                earlier.of(cell) if cell in then else NOBODY,
                self.of(cell) if cell in now else NOBODY,
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
            if limits.is_broken_by({case: spent[figure] for case, spent in left.items()}):
                return True
        return False

    def _since(self, cell: Cell, earlier: Counted) -> ByCase:
        """What has become of each case's money in it."""
        if (key := (cell, id(earlier))) not in self._changes:
            self._changes[key] = changed(earlier.of(cell), self.of(cell))
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


def _behind(cases: ByCase, figure: int) -> int:
    """How many cases stand behind a figure."""
    return sum(1 for spent in cases.values() if spent[figure])
