"""What somebody with time works out from all that was ever released: a linear programme over every cell of every
release, with all sums between them, what is shown as far as its rounding leaves it open, and nothing below zero.
`guessing` besides, what nobody promises: that whatever is booked stays booked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy
from scipy.optimize import linprog
from scipy.sparse import csr_array

Key = tuple[str, str]  # a place, a line
FIGURES = ("reserved", "committed", "booked")


@dataclass(frozen=True)
class Told:
    """One release. `sums`: each is zero."""

    cells: Mapping[Key, Mapping[str, Any]]
    sums: Sequence[Mapping[Key, int]]


@dataclass
class Attack:
    """On one figure of one year's releases, the earliest month first."""

    told: Sequence[Told]
    figure: str
    guessing: bool = False
    half: Decimal = Decimal(50)  # of what figures are rounded to
    _place: dict[tuple[int, Key], int] = field(init=False)

    def __post_init__(self) -> None:
        self._place = {}
        for number, release in enumerate(self.told):
            for key in release.cells:
                self._place[number, key] = len(self._place)
        self._equal = self._matrix(
            {self._place[number, key]: sign for key, sign in each.items()}
            for number, release in enumerate(self.told)
            for each in release.sums
        )
        pairs = [(number, key) for number, key in self._place if (number + 1, key) in self._place]
        stays = ({self._place[n, key]: 1, self._place[n + 1, key]: -1} for n, key in pairs)
        self._less = self._matrix(stays if self.guessing and self.figure == "booked" else ())
        self._bounds = [self._bound(release.cells[key][self.figure]) for release, key in self._cells()]

    def range(self, number: int, key: Key) -> tuple[float, float]:
        """Between what the figure must lie."""
        return self._least({self._place[number, key]: 1}), -self._least({self._place[number, key]: -1})

    def _cells(self) -> Iterator[tuple[Told, Key]]:
        return ((release, key) for release in self.told for key in release.cells)

    def _bound(self, shown: str | None) -> tuple[float, float | None]:
        if shown is None:
            return 0, None
        return float(max(Decimal(shown) - self.half, Decimal(0))), float(Decimal(shown) + self.half)

    def _least(self, aim: Mapping[int, int]) -> float:
        cost = numpy.zeros(len(self._place))
        for place, sign in aim.items():
            cost[place] = sign
        more: dict[str, Any] = {}
        if self._less.shape[0]:
            more = {"A_ub": self._less, "b_ub": numpy.zeros(self._less.shape[0])}
        found = linprog(
            cost, A_eq=self._equal, b_eq=numpy.zeros(self._equal.shape[0]), bounds=self._bounds, method="highs", **more
        )
        if found.status in (3, 4):  # without end
            return -numpy.inf
        assert found.status == 0, found.message
        return float(found.fun)

    def _matrix(self, rows: Any) -> Any:
        listed = list(rows)
        at = [(number, place, sign) for number, row in enumerate(listed) for place, sign in row.items()]
        numbers, places, signs = zip(*at, strict=True) if at else ((), (), ())
        return csr_array((signs, (numbers, places)), shape=(len(listed), len(self._place)), dtype=float)
