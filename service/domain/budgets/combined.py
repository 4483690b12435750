"""What all releases of a year tell together, of each of them (facts, section 6: differences between two dates).

Whoever puts them side by side may know of each cell whether it has moved, and may guess that what is booked stays
booked. Then a cell that has not moved is one unknown in all releases, and one that has, another that is no less.

What follows from all sums together is found by elimination. How nearly a figure can be told is looked at from the other
side: as long as other figures would have been told in the very same words, nobody can say that they are not the true
ones. They are found as flows that change several releases in a row alike, from what they are, so that nothing that is
shown, that has not moved or that may not fall contradicts them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, permutations, product
from math import inf
from threading import Event
from time import monotonic

from service.domain.budgets.bounds import ENDLESS, Arc, Network, ends
from service.domain.budgets.cells import BOOKED, FIGURES, TOTAL, ZERO, Cell, Counted, Sum, Suppressed, cents, changed
from service.domain.budgets.elimination import following

Stretch = tuple[int, int]  # the first and the last of some releases in a row
Unknown = tuple[Cell, int]  # a cell, and how often it had moved


@dataclass
class Combined:
    """The releases of a year by day, and which of them is worked out now. What others keep back stands already."""

    releases: Sequence[Counted]
    newest: int
    until: float = inf  # of the monotonic clock
    given_up: Event = field(default_factory=Event)
    _wide: set[tuple[int, Cell, int]] = field(default_factory=set)  # what is told widely enough stays so
    _widths: dict[tuple[int, Cell, int | None], Mapping[int, int]] = field(default_factory=dict)
    _networks: dict[tuple[Stretch, int], Network[Cell]] = field(default_factory=dict)
    _hidden: set[Cell] = field(default_factory=set)  # what the newest kept back when they were last looked at

    def in_time(self) -> None:
        """Raises TimeoutError where it takes too long, or nobody waits for it any more."""
        if self.given_up.is_set() or monotonic() > self.until:
            raise TimeoutError

    def following(self) -> Iterator[Cell]:
        """Missing cells that follow from what is shown: of the newest release, by its own sums; and by all together,
        those that tell about few. What others have told already cannot be taken back."""
        found = self._solved([self.newest])
        yield from (cell for cell in self.releases[self.newest].missing if self._moves[cell][self.newest] in found)
        found = self._solved(range(len(self.releases))) - self._lost
        for number, release in enumerate(self.releases):
            for cell, why in release.missing.items():
                primary = number == self.newest and why is Suppressed.PRIMARY
                if self._moves[cell][number] in found and (primary or self.widths(number, cell)):
                    yield cell

    @cached_property
    def _lost(self) -> set[Unknown]:
        """What follows even if nothing more is shown."""
        return self._solved(range(len(self.releases)), silent=True)

    def _solved(self, numbers: Sequence[int], *, silent: bool = False) -> set[Unknown]:
        """What follows from all sums of these releases."""
        told = [number for number in numbers if not (silent and number == self.newest)]
        shown = {
            self._moves[cell][number]
            for number in told
            for cell in self.releases[number].amounts
            if self.releases[number].shows(cell)
        }
        return following(self._unknown(numbers, shown))

    def _unknown(self, numbers: Sequence[int], shown: set[Unknown]) -> Iterator[Mapping[Unknown, int]]:
        """Of each sum, what is not shown."""
        for number in numbers:
            for each in self.releases[number].sums:
                self.in_time()
                signed = {each.whole: -1, **dict.fromkeys(each.parts, 1)}
                named = {self._moves[cell][number]: sign for cell, sign in signed.items()}
                yield {unknown: sign for unknown, sign in named.items() if unknown not in shown}

    @cached_property
    def _moves(self) -> Mapping[Cell, Mapping[int, Unknown]]:
        """Each cell in each release: the same unknown where each case has the same money. Other money hides nothing: it
        may not have moved."""
        found: dict[Cell, dict[int, Unknown]] = {}
        kinds: dict[Cell, dict[frozenset[object], int]] = {}
        for number, release in enumerate(self.releases):
            for cell in release.amounts:
                of_cell = kinds.setdefault(cell, {})
                money = frozenset((case, spent) for case, spent in release.of(cell).items() if any(spent))
                found.setdefault(cell, {})[number] = cell, of_cell.setdefault(money, len(of_cell))
        return found

    def widths(self, number: int, cell: Cell) -> Mapping[int, int]:
        """In which range a figure of a missing cell must be left at least, cents: as much of what stands for few cases
        as one case would have to leave to others, to either side. So also where few cases are what has become of it
        between this release and one that shows it."""
        shown = (other for other, each in enumerate(self.releases) if each.shows(cell))
        parts = [self._few(number, cell, None), *(self._few(number, cell, other) for other in shown)]
        return {figure: max(each.get(figure, 0) for each in parts) for figure in {*chain(*parts)}}

    def _few(self, number: int, cell: Cell, other: int | None) -> Mapping[int, int]:
        """The same by itself; or by what it is less, or more, than in another release."""
        if (key := (number, cell, other)) not in self._widths:
            release, cases = self.releases[number], self.releases[number].of(cell)
            limits, few = release.limits[cell], release.tells(cell)
            if other is not None:
                moved = self._moves[cell][number] != self._moves[cell][other]
                cases = changed(self.releases[other].of(cell), cases) if moved else {}
                few = limits.broken(cases)
            self._widths[key] = {
                figure: cents(limits.hides(sum((abs(spent[figure]) for spent in cases.values()), ZERO)))
                for figure in few
            }
        return self._widths[key]

    def one_too_near(self) -> Cell | None:
        """One more to keep back for a figure, of any release, that could be told too nearly."""
        self._widen()
        for number, release in enumerate(self.releases):
            for cell in sorted(release.missing):
                for figure, width in self.widths(number, cell).items():
                    self.in_time()
                    asked = number, cell, figure
                    if asked not in self._wide and (more := self._lack(*asked, width)):
                        return more
                    self._wide.add(asked)
        return None

    def _widen(self) -> None:
        """What the newest keeps back by now has room where it had none."""
        newest = self.releases[self.newest]
        for cell in newest.missing.keys() - self._hidden:
            for (stretch, figure), network in self._networks.items():
                if cell in network.arcs and self._holds_newest(stretch):
                    network.arcs[cell].less, network.arcs[cell].more = self._room(stretch, figure, cell)
        self._hidden = set(newest.missing)

    def _holds_newest(self, stretch: Stretch) -> bool:
        return stretch[0] <= self.newest <= stretch[1]

    def _lack(self, number: int, cell: Cell, figure: int, width: int) -> Cell | None:
        """Null if the figure is left its range, or if nothing that is still shown can give it one. Figures below and
        above may be found in different stretches: those between them are possible too."""
        less = more = 0
        helping: Cell | None = None
        for stretch in self._stretches(number):
            network = self._network(stretch, figure)
            if cell not in network.arcs:
                continue
            below, above, cut = network.room(cell, width)
            less, more = max(less, below), max(more, above)
            if less + more >= width:
                return None
            if helping is None and self._holds_newest(stretch):
                helping = self._helping(stretch, figure, cut, width)
        return helping

    def _stretches(self, number: int) -> Iterator[Stretch]:
        """All that have the release in them: the longest first, for at their edges figures may not move."""
        last = len(self.releases) - 1
        yield from sorted(product(range(number + 1), range(number, last + 1)), key=lambda each: each[0] - each[1])

    def _helping(self, stretch: Stretch, figure: int, cut: set[Cell], width: int) -> Cell | None:
        """Which of those in the way would help if it were kept back: the smallest with enough money."""
        newest = self.releases[self.newest]
        able = (each for each in cut if newest.shows(each) and any(self._room(stretch, figure, each)))
        if left := [(newest.amounts[each][figure], each) for each in able]:
            return min((each for each in left if cents(each[0]) >= width), default=max(left))[1]
        return None

    def _network(self, stretch: Stretch, figure: int) -> Network[Cell]:
        """Of the cells that other releases of the stretch keep back, and lie alike in all of them; what the newest
        shows has no room."""
        if (key := (stretch, figure)) not in self._networks:
            within = range(stretch[0], stretch[1] + 1)
            others = [self.releases[each].missing for each in within if each != self.newest]
            first = self._ends[stretch[0]]
            arcs = {}
            for cell in set(self.releases[stretch[0]].amounts).intersection(*others):
                if all(self._ends[each].get(cell) == first[cell] for each in within):
                    told = self._holds_newest(stretch) and self.releases[self.newest].shows(cell)
                    room = (0, 0) if told else self._room(stretch, figure, cell)
                    arcs[cell] = Arc(cell, *first[cell], *room)
            self._networks[key] = Network(arcs)
        return self._networks[key]

    @cached_property
    def _ends(self) -> Sequence[Mapping[Cell, tuple[object, object]]]:
        return [ends(_independent(each.sums)) for each in self.releases]

    def _room(self, stretch: Stretch, figure: int, cell: Cell) -> tuple[int, int]:
        """By how much less and more, in cents, the figure could be in all releases of a stretch alike. At its edges not
        at all where it has not moved; and of what is booked, not across what it was before or became after."""
        amounts, (first, last) = self._cents[figure][cell], stretch
        outside = [each for each in amounts if not first <= each <= last]
        less, more = min(amounts[each] for each in range(first, last + 1)), ENDLESS
        for number, other in product(range(first, last + 1), outside):
            between = amounts[number] - amounts[other]
            if not between:
                return 0, 0
            if figure == BOOKED and (other, number) in self._precede:
                less = min(less, max(between, 0))
            elif figure == BOOKED and (number, other) in self._precede:
                more = min(more, max(-between, 0))
        return less, more

    @cached_property
    def _cents(self) -> Sequence[Mapping[Cell, Mapping[int, int]]]:
        """Of each figure: each cell's, by the releases that have it."""
        found: list[dict[Cell, dict[int, int]]] = [{} for _ in FIGURES]
        for number, release in enumerate(self.releases):
            for cell, spent in release.amounts.items():
                for figure in FIGURES:
                    found[figure].setdefault(cell, {})[number] = cents(spent[figure])
        return found

    @cached_property
    def _precede(self) -> set[tuple[int, int]]:
        """Pairs of releases of which the second has counted all that the first has."""
        pairs = permutations(range(len(self.releases)), 2)
        return {(one, other) for one, other in pairs if self.releases[one].precedes(self.releases[other])}


def _independent(sums: Sequence[Sum]) -> Iterator[tuple[object, Sequence[Cell], Cell, int]]:
    """Sums from which all others follow, written so that what goes into one comes out of another: lines are summed in
    the smallest places alone."""
    wholes = {each.whole.place for each in sums if each.over_places}
    for each in sums:
        if each.over_places or each.whole.place not in wholes:
            sign = 1 if each.over_places and each.whole.line != TOTAL else -1
            yield (each.whole, each.over_places), each.parts, each.whole, sign
