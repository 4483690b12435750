"""Counties by chance, a year of releases each, and one linear programme over all of them: without a database, so that
there can be many."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from service.domain.budgets.cells import (
    FIGURES,
    TOTAL,
    ZERO,
    ByCase,
    Cell,
    Counted,
    Limits,
    Spent,
    Sum,
    changed,
    rounded,
)
from service.domain.budgets.disclosure import Table
from service.domain.budgets.elimination import following
from service.domain.budgets.model import LineKind
from tests.budgets.attack import FIGURES as NAMES
from tests.budgets.attack import Attack, Key, Told

COUNTY, AGREED = "county", Decimal(100_000)
LINES = [line.value for line in LineKind]
LIMITS = {level: Limits(k, Decimal("0.85"), Decimal(100)) for level, k in (("space", 5), ("other", 3))}
MONTHS = ((3, 31), (5, 31), (5, 31), (6, 30), (9, 30), (6, 30))  # in this order: two of them are corrected


class County:
    """Spaces in two regions, and one in none; one of them moves. `releases`: in the order in which they were made."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 (the same each time)
        self.spaces = [f"S{number}" for number in range(self.chance.choice((5, 7)))]
        self.spent = list[tuple[date, str, str, UUID | None, Spent]]()
        self.releases = list[Table]()
        for turn, (month, last) in enumerate(MONTHS):
            day = date(2026, month, last)
            for back in (20, 3):
                self._live(day - timedelta(days=back))
            self._release(turn, day)

    def _live(self, day: date) -> None:
        for number, space in enumerate(self.spaces):
            for _ in range(self.chance.choice((0, 1, 1, 2))):
                line, figure = self.chance.choices(LINES, (8, 2, 1, 0))[0], self.chance.choice(FIGURES)
                begins = 100 * number + self.chance.randrange(6)
                for case in range(begins, begins + self.chance.choice((1, 2, 3, 6))):
                    self._spend(day, space, line, UUID(int=case + 1), figure)
            if self.chance.random() < 0.3:
                self._spend(day, space, self.chance.choice(LINES[1:]), None, 1)

    def _spend(self, day: date, space: str, line: str, case: UUID | None, figure: int) -> None:
        amount = Decimal(self.chance.randrange(500, 9_000))
        self.spent.append((day, space, line, case, Spent(*(amount if each == figure else ZERO for each in FIGURES))))

    def _homes(self, day: date) -> dict[str, str]:
        homes = {space: ("Tal", "Höhe")[number % 2] for number, space in enumerate(self.spaces)}
        return {**homes, self.spaces[-1]: COUNTY, self.spaces[1]: "Höhe" if day < date(2026, 6, 15) else "Tal"}

    def _release(self, turn: int, day: date) -> None:
        homes = self._homes(day)
        within: dict[str, list[str]] = defaultdict(list)
        for place, home in (*homes.items(), ("Tal", COUNTY), ("Höhe", COUNTY)):
            within[home].append(place)
        places = [*self.spaces, *within]
        amounts = {Cell(place, line): list(Spent()) for place in places for line in (*LINES, TOTAL)}
        cases: dict[Cell, dict[UUID, Spent]] = {cell: {} for cell in amounts}
        for on, space, line, case, spent in self.spent:
            for place in {space, homes[space], COUNTY} if on <= day else ():
                for cell in (Cell(place, line), Cell(place, TOTAL)):
                    amounts[cell] = [a + b for a, b in zip(amounts[cell], spent, strict=True)]
                    if case:
                        before = cases[cell].get(case, Spent())
                        cases[cell][case] = Spent(*(a + b for a, b in zip(before, spent, strict=True)))
        table = Table(
            day=day,
            through=turn,
            amounts={cell: Spent(*of_cell) for cell, of_cell in amounts.items()},
            cases=cases,
            limits={cell: LIMITS["space" if cell.place in self.spaces else "other"] for cell in amounts},
            sums=[
                *(Sum(Cell(place, TOTAL), [Cell(place, line) for line in LINES], False) for place in places),
                *(
                    Sum(Cell(whole, line), [Cell(part, line) for part in parts], True)
                    for whole, parts in within.items()
                    for line in (*LINES, TOTAL)
                ),
            ],
            earlier=sorted(self.releases, key=lambda each: (each.day, each.through)),
        )
        table.suppress()
        self.releases.append(table)

    def told(self, release: Table) -> Told:
        parts = {each.whole.place: [part.place for part in each.parts] for each in release.sums if each.over_places}

        def agreements(place: str) -> int:
            return sum(map(agreements, parts[place])) if place in parts else 1

        cells: dict[Key, dict[str, str | None]] = {}
        for cell, spent in release.amounts.items():
            approved = AGREED * agreements(cell.place) * (len(LINES) if cell.line == TOTAL else 1)
            shown = release.shows(cell)
            row = dict(zip((*NAMES, "free"), (*spent, approved - sum(spent)), strict=True))
            cells[cell] = {name: str(rounded(amount, Decimal(100))) if shown else None for name, amount in row.items()}
            cells[cell]["approved"] = str(approved)
        sums: list[dict[Key, int]] = [{each.whole: -1, **dict.fromkeys(each.parts, 1)} for each in release.sums]
        return Told(release.day, cells, sums)

    def moves(self, one: int, other: int, cell: Cell, figure: str) -> bool:
        """Whether a figure is another in one release than in the other."""
        at = NAMES.index(figure)
        then, now = (self.releases[each] for each in (one, other))
        by_case = any(spent[at] for spent in changed(then.of(cell), now.of(cell)).values())
        return by_case or then.amounts[cell][at] != now.amounts[cell][at]

    def protected(self) -> Iterator[tuple[int, Cell, str, Decimal]]:
        """What is nobody's business, and how much of it: by itself, or by what has become of it between a release and
        another that shows it."""
        for number, release in enumerate(self.releases):
            for cell in release.missing:
                for at, figure in enumerate(NAMES):
                    if of_few := [_sum(cases, at) for cases in self._few(release, cell, at)]:
                        yield number, cell, figure, max(of_few)

    def _few(self, release: Counted, cell: Cell, at: int) -> Iterator[ByCase]:
        if at in set(release.tells(cell)):
            yield release.of(cell)
        for cases in (changed(each.of(cell), release.of(cell)) for each in self.releases if each.shows(cell)):
            if at in set(release.limits[cell].broken(cases)):
                yield cases


def _sum(cases: ByCase, at: int) -> Decimal:
    return sum((abs(spent[at]) for spent in cases.values()), ZERO)


@pytest.mark.parametrize("seed", range(6))
def test_in_no_county_all_releases_together_come_near_what_is_kept_back(seed: int) -> None:
    """Not even to somebody who knows of each cell whether it has moved, and that what is booked stays booked."""
    county = County(seed)
    assert sum(each.shows(cell) for each in county.releases for cell in each.amounts) > 40
    attack = Attack(
        [county.told(each) for each in county.releases],
        guessing=True,
        knowing=lambda one, other, cell, figure: not county.moves(one, other, Cell(*cell), figure),
    )
    aims = list(county.protected())
    assert len(aims) > 50
    for number, cell, figure, amount in aims[seed::12]:
        least, most = attack.range(number, cell, figure)
        assert most - least >= float(2 * (1 - LIMITS["space"].dominance) * amount) - 0.01, (number, cell, figure)


def test_what_follows_from_sums_is_found_whatever_fractions_come_of_it() -> None:
    def of(**signs: int) -> Mapping[str, int]:
        return signs

    assert following([of(a=1, b=1), of(b=1, c=1), of(a=1, c=1)]) == {"a", "b", "c"}  # halves
    assert following([of(a=1, b=1), of(b=1, c=1), of(c=1, d=1), of(d=1, a=1)]) == set()
    assert following([of(a=1, b=1, c=1), of(a=1, b=1, d=1), of(c=1, d=1)]) == {"c", "d"}
    assert following([of(a=1, b=1), of(a=1, b=1)]) == set()


def test_working_out_gives_up_in_time_also_where_nothing_more_is_found() -> None:
    line, total = Cell("S", LINES[0]), Cell("S", TOTAL)
    table = Table(
        day=date(2026, 1, 31),
        amounts={line: Spent(), total: Spent()},
        cases={},
        limits=dict.fromkeys((line, total), LIMITS["space"]),
        sums=[Sum(total, [line], False)],
    )
    assert table.suppress() == {}
    with pytest.raises(TimeoutError):
        table.suppress(0)


def test_a_total_that_one_case_makes_up_is_kept_back_unless_others_put_enough_into_it() -> None:
    for others, kept in ((Decimal(0), True), (Decimal(299), True), (Decimal(300), False)):
        line, total = Cell("S", LINES[0]), Cell("S", TOTAL)
        case, other = Spent(booked=Decimal(1000)), Spent(booked=others)
        whole = Spent(booked=case.booked + other.booked)
        table = Table(
            day=date(2026, 1, 31),
            amounts={line: case, Cell("S", LINES[1]): other, total: whole},
            cases={line: {UUID(int=1): case}, total: {UUID(int=1): case}},
            limits=dict.fromkeys((line, Cell("S", LINES[1]), total), LIMITS["space"]),
            sums=[Sum(total, [line, Cell("S", LINES[1])], False)],
        )
        assert (total in table.suppress() and table.missing[total].value == "primary") is kept, others
