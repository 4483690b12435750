"""What somebody with time works out from all that was ever released: one linear programme over every cell of every
release of every year, each month and each correction of it, at every level, on every line, in every phase, with all
sums between them and what is carried from one year to the next; what is shown as far as its rounding leaves it open,
and nothing spent below zero.

`guessing` besides, what nobody promises: that whatever is booked stays booked. `knowing` besides, what nobody outside
can know: which cells have not moved from one release to another."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import permutations
from typing import Any

import numpy
from scipy.optimize import linprog
from scipy.sparse import csr_array

Key = tuple[str, str]  # a place, a line
FIGURES = ("reserved", "committed", "booked")
TOLD = ("approved", *FIGURES, "free")
Place = tuple[int, Key, str]  # a release, a cell, a figure


@dataclass(frozen=True)
class Told:
    """One release, in the order in which they were made. `sums`: each is zero."""

    day: date
    cells: Mapping[Key, Mapping[str, Any]]
    sums: Sequence[Mapping[Key, int]]


def _never(one: int, other: int, key: Key, figure: str) -> bool:
    return False


@dataclass
class Attack:
    """`knowing`: whether a figure is the same in two releases. `linked`: sums of figures of several releases, and what
    they come to."""

    told: Sequence[Told]
    guessing: bool = False
    knowing: Callable[[int, int, Key, str], bool] = _never
    linked: Sequence[tuple[Mapping[Place, float], float]] = ()
    half: Decimal = Decimal(50)  # of what figures are rounded to
    _place: dict[Place, int] = field(init=False)

    def __post_init__(self) -> None:
        every = ((number, key, name) for number, each in enumerate(self.told) for key in each.cells for name in TOLD)
        self._place = {place: number for number, place in enumerate(every)}
        zeros = [*self._sums(), *self._wholes(), *self._known()]
        linked = [{self._place[place]: sign for place, sign in each.items()} for each, _ in self.linked]
        self._equal = self._matrix([*zeros, *linked])
        self._come_to = numpy.array([*([0.0] * len(zeros)), *(amount for _, amount in self.linked)])
        self._less = self._matrix(self._kept() if self.guessing else ())
        self._bounds = [self._bound(name, self.told[number].cells[key][name]) for number, key, name in self._place]

    def range(self, number: int, key: Key, figure: str) -> tuple[float, float]:
        """Between what the figure must lie."""
        place = self._place[number, key, figure]
        return self._least(place, 1), -self._least(place, -1)

    def _sums(self) -> Iterator[Mapping[int, int]]:
        for number, release in enumerate(self.told):
            for each in release.sums:
                for name in TOLD:
                    yield {self._place[number, key, name]: sign for key, sign in each.items()}

    def _wholes(self) -> Iterator[Mapping[int, int]]:
        """What is approved is spent or free."""
        for number, key, name in self._place:
            if name == "approved":
                parts = {self._place[number, key, part]: 1 for part in TOLD[1:]}
                yield {self._place[number, key, name]: -1, **parts}

    def _pairs(self) -> Iterator[tuple[int, int]]:
        """Releases of one year."""
        for one, other in permutations(range(len(self.told)), 2):
            if self.told[one].day.year == self.told[other].day.year:
                yield one, other

    def _known(self) -> Iterator[Mapping[int, int]]:
        for one, other in self._pairs():
            for key in self.told[one].cells.keys() & self.told[other].cells.keys() if one < other else ():
                for name in FIGURES:
                    if self.knowing(one, other, key, name):
                        yield {self._place[one, key, name]: 1, self._place[other, key, name]: -1}

    def _kept(self) -> Iterator[Mapping[int, int]]:
        for one, other in self._pairs():
            if one < other and self.told[one].day <= self.told[other].day:
                for key in self.told[one].cells.keys() & self.told[other].cells.keys():
                    if self._parts(one, key) == self._parts(other, key):  # a region may have lost a space
                        yield {self._place[one, key, "booked"]: 1, self._place[other, key, "booked"]: -1}

    def _parts(self, number: int, key: Key) -> list[Mapping[Key, int]]:
        return [each for each in self.told[number].sums if each.get(key) == -1]

    def _bound(self, name: str, shown: str | None) -> tuple[float | None, float | None]:
        least = None if name == "free" else Decimal(0)  # a granted claim may leave less than nothing free
        if shown is None:
            return (None if least is None else 0), None
        below = Decimal(shown) - self.half
        return float(below if least is None else max(below, least)), float(Decimal(shown) + self.half)

    def _least(self, place: int, sign: int) -> float:
        cost = numpy.zeros(len(self._place))
        cost[place] = sign
        more: dict[str, Any] = {}
        if self._less.shape[0]:
            more = {"A_ub": self._less, "b_ub": numpy.zeros(self._less.shape[0])}
        found = linprog(cost, A_eq=self._equal, b_eq=self._come_to, bounds=self._bounds, method="highs", **more)
        if found.status in (3, 4):  # without end
            return -numpy.inf
        assert found.status == 0, found.message
        return float(found.fun)

    def _matrix(self, rows: Any) -> Any:
        listed = list(rows)
        at = [(number, place, sign) for number, row in enumerate(listed) for place, sign in row.items()]
        numbers, places, signs = zip(*at, strict=True) if at else ((), (), ())
        return csr_array((signs, (numbers, places)), shape=(len(listed), len(self._place)), dtype=float)
