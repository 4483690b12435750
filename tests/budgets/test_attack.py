"""Two years of releases, and somebody who sets one linear programme on all of them at once (settled: Disclosure)."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from service.domain.budgets.purposes import OPEN_TO_OTHERS
from tests.budgets.attack import FIGURES, Attack, Told
from tests.budgets.books import APPROVED, Books
from tests.budgets.contract import DayToBe
from tests.budgets.test_releases import LINES, Client, Key, equations, keys, places, release, released
from tests.conftest import Database

pytestmark = pytest.mark.anyio
K = {"space": 5, "region": 3, "county": 3}
MOST = Decimal("0.85")  # of one case
NEAR = 2 * (1 - MOST)  # of what is protected: a range in which it must not be known
Money = Mapping[str, Decimal]  # of each case
NOTHING = Decimal(0)
PHASES = ("proposed", "approved", "adjusted", "executed")
SAME = {"adjusted": "approved", "executed": "booked"}
MONTHS = ((3, 31), (5, 31), (5, 31), (6, 30), (9, 30), (6, 30), (12, 31))  # in this order: two of them are corrected
UNSPECIFIC = "case_unspecific"
QUIET = "Still"  # where nothing goes on after January


class Chronicle:
    """What was spent for whom, as the test has had it: turn, day, cell, figure, case, amount."""

    def __init__(self, books: Books, seed: int) -> None:
        self.books, self.chance = books, random.Random(seed)  # noqa: S311 (the same each time)
        self.spent = list[tuple[int, date, str, str, str, str, Decimal]]()

    def live(self, turn: int, day: date) -> None:
        for space in (each for each in self.books.spaces if each != QUIET):
            for _ in range(self.chance.choice((0, 1, 1, 2))):
                line, figure = self.chance.choices(LINES, (8, 2, 1, 0))[0], self.chance.choice(FIGURES)
                begins = self.chance.randrange(6)
                spent = [
                    (f"{space} {number}", Decimal(self.chance.randrange(500, 9_000)))
                    for number in range(begins, begins + self.chance.choice((1, 2, 3, 6)))
                ]
                self.books.spend_each(
                    space, [(who, f"{amount}.00") for who, amount in spent], day, line=line, kind=figure
                )
                self.spent += [(turn, day, space, line, figure, who, amount) for who, amount in spent]
            if self.chance.random() < 0.2:  # cases' parts of what is open to others: nobody sees whose, so of one
                amounts = [Decimal(self.chance.randrange(100, 2_000)) for _ in range(self.chance.choice((1, 3, 6)))]
                parts = [(None, f"{amount}.00") for amount in amounts]
                self.books.spend_each(space, parts, day, line="cross_case", purpose_kind=OPEN_TO_OTHERS)
                whole = sum(amounts, NOTHING)
                self.spent.append((turn, day, space, "cross_case", "committed", "somebody", whole))
            if self.chance.random() < 0.3:
                line, amount = self.chance.choice(LINES[1:]), Decimal(self.chance.randrange(1, 9_000))
                self.books.spend(space, None, f"{amount}.00", day, line=line)
                self.spent.append((turn, day, space, line, "committed", "nobody", amount))

    def crowd(self, turn: int, space: str, day: date) -> None:
        """So many cases that nobody knows which is whose."""
        for figure in FIGURES:
            spent = [(f"{space} {number}", Decimal(2_500 + 10 * number)) for number in range(20, 32)]
            self.books.spend_each(space, [(who, f"{amount}.00") for who, amount in spent], day, kind=figure)
            self.spent += [(turn, day, space, "case_specific", figure, who, amount) for who, amount in spent]

    def left(self, space: str, year: int) -> Decimal:
        """Of all lines, at the end of the year."""
        spent = (amount for _, on, of, _, _, _, amount in self.spent if of == space and on.year == year)
        return APPROVED * len(LINES) - sum(spent, NOTHING)

    def of(self, key: Key, figure: str, turn: int, day: date, *, others: bool = False) -> Money:
        """Each case's; `others`: with what is for no case."""
        place, line = key
        home, found = places(self.books, day), defaultdict[str, Decimal](Decimal)
        for posted, on, space, of_line, of_figure, who, amount in self.spent:
            there = place in (space, home[space], "county")
            counted = posted <= turn and on <= day and on.year == day.year
            if counted and there and line in (of_line, "total") and figure == of_figure:
                found[who] += amount
        if not others:
            found.pop("nobody", None)
        return found


def less(money: Money, other: Money) -> Money:
    return {who: money.get(who, NOTHING) - other.get(who, NOTHING) for who in {*money, *other}}


Rows = Mapping[Key, Any]


def tells(key: Key, books: Books, money: Money) -> bool:
    """Whether a figure tells about few cases."""
    amounts = [abs(amount) for amount in money.values() if amount]
    level = "space" if key[0] in books.spaces else "region" if key[0] in books.regions else "county"
    return bool(amounts) and (len(amounts) < K[level] or max(amounts) > MOST * sum(amounts))


def protected(chronicle: Chronicle, told: list[tuple[date, Rows]]) -> Iterator[tuple[int, Key, str, Decimal]]:
    """Which figures of which release are nobody's business, and how much of each: by themselves, or by what has become
    of them between this release and one that shows them."""
    for number, (day, rows) in enumerate(told):
        for key in (key for key, row in rows.items() if row["suppressed"]):
            for figure in FIGURES:
                now = chronicle.of(key, figure, number, day)
                shown = [
                    chronicle.of(key, figure, turn, on)
                    for turn, (on, each) in enumerate(told)
                    if on.year == day.year and not each[key]["suppressed"]
                ]
                changes = [less(now, then) for then in shown]
                broken = [money for money in changes if tells(key, chronicle.books, money)]
                others = chronicle.of(key, figure, number, day, others=True).get("nobody", NOTHING)
                if tells(key, chronicle.books, now) and (key[1] != "total" or others < NEAR * sum(now.values())):
                    broken.append(now)
                if broken:
                    yield number, key, figure, max(sum(map(abs, money.values()), NOTHING) for money in broken)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.walk)])
async def test_no_linear_programme_comes_near_what_is_kept_back(
    database: Database, client_of: Client, clock: DayToBe, seed: int
) -> None:
    """A county by chance, two years with corrections, the second of which begins with half of what the first has left;
    everything that was ever released of it, together: not even to somebody who knows of each cell whether it has moved,
    and that what is booked stays booked."""
    clock.day, chance = date(2027, 1, 10), random.Random(seed)  # noqa: S311
    began = date(2025, 1, 1)
    homes = {
        **{f"T{number}": [("Tal", began)] for number in range(chance.choice((2, 3)))},
        **{f"H{number}": [("Höhe", began)] for number in range(chance.choice((1, 2)))},
        "Wandernd": [("Höhe", began), ("Tal", date(2025 + seed, 6, 15))],
        "Frei": [],
        QUIET: [("See", began)],
    }
    books = Books(database, homes, 2025)
    chronicle, client = Chronicle(books, seed), client_of(books.controller)
    told, carried, phases = list[tuple[date, Rows]](), dict[str, Decimal](), dict[Any, set[str]]()
    for year in (2025, 2026):
        books.begin(year)
        lasting = [space for space in books.spaces if chronicle.left(space, 2025) > 0]
        for space in lasting if year == 2026 else ():
            carried[space] = (chronicle.left(space, 2025) / 2).quantize(Decimal("0.01"))
            books.carry_in(space, str(carried[space]), date(2026, 1, 1))
        chronicle.crowd(len(told), QUIET, date(year, 1, 15))
        for number, (month, last) in enumerate(MONTHS):
            month_end = date(year, month, last)
            for back in (20, 3):
                chronicle.live(len(told), month_end - timedelta(days=back))
            more = {"reason": "Nachbuchung"} if (month, last) in MONTHS[:number] else {}
            made = await release(client, books, str(month_end), **more)
            assert made.status_code == 201, made.text
            id = made.json()["id"]
            told.append((month_end, keys(books, await released(client_of(), release_id=id))))
            for phase in PHASES:
                asked = {"release_id": id, "phase": phase, "limit": 200}
                amounts = (await client.get("/v1/released-amounts", params=asked)).json()
                assert amounts["next"] is None
                for key, row in keys(books, amounts["items"]).items():
                    if phase in SAME:
                        assert row["amount"] == told[-1][1][key][SAME[phase]], "it is the same figure"
                    else:
                        phases.setdefault((year, phase, key), set()).add(row["amount"])
    assert {len(each) for each in phases.values()} == {1}, "what was agreed says nothing of cases"
    shown = sum(row["suppressed"] is None for _, rows in told for row in rows.values())
    assert shown > 60  # something is told at all

    def unmoved(one: int, other: int, key: Key, figure: str) -> bool:
        then, now = (chronicle.of(key, figure, turn, told[turn][0], others=True) for turn in (one, other))
        return then == now

    releases = [Told(day, rows, equations(books, day)) for day, rows in told]
    december = next(number for number, (day, _) in enumerate(told) if day == date(2025, 12, 31))
    linked = [
        ({(turn, (space, UNSPECIFIC), "approved"): 1.0, (december, (space, "total"), "free"): -0.5}, float(APPROVED))
        for turn, (day, rows) in enumerate(told)
        for space in (carried if day.year == 2026 else ())
        if Decimal(rows[space, UNSPECIFIC]["approved"]) > APPROVED  # else it is left out
    ]
    assert 0 < len(linked) < len(carried) * len(MONTHS), "some of it is told, some is not"
    attack = Attack(releases, guessing=True, knowing=unmoved, linked=linked)
    aims, near = list(protected(chronicle, told)), list[Any]()
    for number, key, figure, amount in aims[seed::25]:
        least, most = attack.range(number, key, figure)
        if most - least < float(NEAR * amount) - 0.01:
            near.append((figure, number, key, amount, least, most))
    assert near == []
    assert len(aims) > 50
