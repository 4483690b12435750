"""What `make bench-large` does a million times, in small: it holds, and it says so where something does not."""

import inspect
import itertools
from collections.abc import AsyncIterator
from random import Random
from typing import Any
from uuid import UUID

import pytest

from service.domain.act import OPERATIONS
from service.domain.budgets.proving import Proof
from service.storage.postgres import Storage
from tests.budgets import year_round
from tests.budgets import years as years_of_money
from tests.budgets.chance import Beset, Chance, Tally, years
from tests.budgets.million import Report, measure
from tests.budgets.year_in_full import STEPS, WITHOUT, YearInFull
from tests.budgets.years import AMOUNTS, BACK
from tests.conftest import Database

pytestmark = pytest.mark.anyio


@pytest.fixture
async def beset(years_apart: Database) -> AsyncIterator[Beset]:
    storage = await Storage(years_apart.application, read_connections=1).open()
    yield Beset(storage, years_apart, Tally())
    await storage.close()


async def test_years_by_chance_are_what_pen_and_paper_say(beset: Beset) -> None:
    await years(beset, "small", 70, lambda: beset.tally.years < 3, itertools.count(), YearInFull)
    tally = beset.tally
    assert (tally.years, tally.checks) == (3, 6)
    assert tally.operations > 300
    assert tally.refused > 0
    assert len(beset.played) > 30, "of all sorts"


def test_every_operation_on_money_is_played_or_it_is_said_why_not() -> None:
    money = {each.name for each in OPERATIONS.values() if each.run.__module__.startswith("service.domain.budgets.")}
    said = "".join(inspect.getsource(each) for each in (years_of_money, year_round, YearInFull))
    played = {name for name in money if f'"{name}"' in said} | {*STEPS}
    assert money - played == {*WITHOUT}


async def test_the_same_choices_are_the_same_year(beset: Beset) -> None:
    """Whatever ids are made, whatever the clock says, whatever else is in the database."""

    class Remembered(YearInFull):
        def tried(self, expected: str | None, who: str, what: Any, on: UUID | None = None, **said: Any) -> UUID | None:
            told.append((who, str(getattr(what, "name", what)), expected, said.get("amount"), self.books.today))
            return super().tried(expected, who, what, on, **said)

    told = list[Any]()
    await years(beset, "again", 90, lambda: beset.tally.years < 1, itertools.count(), Remembered)
    before, told = told, []
    await years(beset, "again", 90, lambda: beset.tally.years < 2, itertools.count(), Remembered)
    assert told == before
    assert len(told) > 40


_POSTING = (
    "authority_id, social_space_id, agreement_id, kind, from_account_id, to_account_id, amount, value_on, at, actor_id"
)


@pytest.mark.parametrize(
    "lie",
    [
        "UPDATE ledger_account SET balance = balance + 1 WHERE kind = 'free' AND agreement_id = %s",
        f"""INSERT INTO posting (id, subject_id, {_POSTING}) SELECT uuidv7(), subject_id, {_POSTING} FROM posting
            WHERE agreement_id = %s LIMIT 1""",
        "UPDATE posting SET amount = amount + 0.01 WHERE kind = 'approve' AND agreement_id = %s",
    ],
    ids=["a balance", "a posting twice", "an amount"],
)
async def test_what_is_done_behind_the_ledger_is_found(beset: Beset, lie: str) -> None:
    class Undermined(YearInFull):
        def done(self, who: str, what: Any, on: UUID | None = None, **said: Any) -> UUID:
            id = super().done(who, what, on, **said)
            if beset.tally.operations == 20:
                assert self.rows(f"{lie} RETURNING 1")
            return id

    with pytest.raises(AssertionError) as found:
        await years(beset, "a lie", 40, lambda: True, itertools.count(), Undermined)
    assert found.value.__notes__ == ["in year 0 of seed a lie"]


def test_chance_draws_everything_that_can_be_drawn() -> None:
    chance = Chance(Random(1))  # noqa: S311
    for strategy, elements in ((AMOUNTS, 6), (BACK, 5)):
        assert len({chance.draw(strategy) for _ in range(200)}) == elements
    assert {rule.function.__name__ for rule in YearInFull.setup_state().rules} >= {
        "bind",
        "pay",
        "reverse",
        "year_ends",
    }


@pytest.mark.faults
@pytest.mark.parametrize("operations", [1_500])
def test_a_small_million_holds_whatever_is_killed(operations: int) -> None:
    report = measure(operations, 5, "small", pause=1.0, say=lambda text: None)
    assert report.wrong == []
    assert report.tally.operations >= operations
    assert report.kills > 0
    assert report.tally.postings["book"] > 0
    assert report.proof is not None
    assert report.proof.difference is None


def test_what_ended_early_or_was_never_proved_is_not_all_of_it() -> None:
    proof = Proof(accounts=1, postings=1, difference=None)
    for done, proved, at_the_end, whole in (
        (5, 1, proof, True),
        (4, 1, proof, False),
        (5, 0, proof, False),
        (5, 1, None, False),
    ):
        report = Report("small", 5, Tally(operations=done), proofs=proved, proof=at_the_end)
        assert report.whole is whole
        assert f"{done} of 5 operations asked" in "".join(report.lines())
        assert ("All of it holds." in report.lines()) is whole
