"""Years of money drawn by chance, many at once, on a database that may be killed meanwhile."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid4

import psycopg
from sqlalchemy.util import await_only, greenlet_spawn

from service.demo import AUTHORITY
from service.demo.people import PEOPLE
from service.domain.act import OPERATIONS, Command, Operation
from service.domain.clock import Clock
from service.domain.desk import Desk
from service.domain.errors import DomainError, Unavailable, VersionStale
from service.storage.postgres import Storage
from tests.budgets.bookkeeping import NOTHING
from tests.budgets.contract import DAY, FIRST, NETWORK, SECOND, THIRD, DayToBe
from tests.budgets.years import DRAWN, Money, World
from tests.conftest import Database

PATIENCE = 120.0  # seconds until somebody must have answered: PostgreSQL recovers in between
PAUSE = 0.05
CHECKED_EVERY = 50  # steps


@dataclass
class Tally:
    """What was done. `told`: of the one line that all write on, how many postings of a kind and how much."""

    operations: int = 0
    refused: int = 0  # of them, each with the code that was expected
    again: int = 0  # how often nobody had answered
    years: int = 0
    checks: int = 0
    postings: Counter[str] = field(default_factory=Counter)
    amounts: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    def tell(self, kind: str, amount: Decimal) -> None:
        self.postings[kind] += 1
        self.amounts[kind] += amount  # type: ignore[assignment]


class Chance:
    """Draws where Hypothesis would: its strategies ask for nothing else."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def draw(self, strategy: Any) -> Any:
        return self if strategy is DRAWN else strategy.do_draw(self)

    def draw_integer(self, min_value: int, max_value: int, **_: Any) -> int:
        return self.random.randint(min_value, max_value)

    def draw_boolean(self, p: float = 0.5) -> bool:
        return self.random.random() < p


class Beset(World):
    """The service, which may be without its database for a while: who was not answered asks again, and it is done
    once. Its years go on within greenlets, as SQLAlchemy's do: they wait, and others go on meanwhile."""

    def __init__(self, storage: Storage, database: Database, tally: Tally) -> None:
        clock = DayToBe()
        super().__init__(lambda who: Desk(storage, PEOPLE[who].login, clock=Clock(clock.read)), database, clock)
        self.tally = tally

    def performed(self, who: str, operation: Operation, command: Command | None, on: UUID | None) -> UUID:
        self.played.add(operation.name)
        versions = None
        if operation.versioned and not operation.keyed:  # the row as it is now: it cannot be done to it twice
            table: Any = operation.on
            ((version,),) = self.rows(f"SELECT version FROM {table.__tablename__} WHERE id = %s", on)
            versions = [version]
        return await_only(self.told(who, operation, command, on, versions))

    async def told(
        self, who: str, operation: Operation, command: Command | None, on: UUID | None, versions: Any = None
    ) -> UUID:
        key, asked, until = uuid4().hex, 0, time.monotonic() + PATIENCE
        given: dict[str, Any] = {"versions": versions or (range(1, 1000) if operation.versioned else None), "key": key}
        while True:
            try:
                done = await self.desk_of(who).perform(operation, command, on=on, **given)
                id = done.id
            except Unavailable:
                if time.monotonic() > until:
                    raise
                asked, self.tally.again = asked + 1, self.tally.again + 1
                await asyncio.sleep(PAUSE)
                continue
            except VersionStale:
                if not asked:
                    raise
                id = on  # nobody else is at it: it was done, and only the answer was lost
            except DomainError:
                self.tally.operations += 1
                self.tally.refused += 1
                raise
            assert id is not None
            self.tally.operations += 1
            return id

    def rows(self, query: Any, *values: Any) -> list[Any]:
        found: list[Any] = self._until_there(lambda: super(Beset, self).rows(query, *values))
        return found

    def new_space(self) -> UUID:
        space: UUID = self._until_there(super().new_space)
        return space

    def _until_there(self, ask: Callable[[], Any]) -> Any:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return ask()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                await_only(asyncio.sleep(PAUSE))


def play(year: Money, random: Random, steps: int, going: Callable[[], bool] = lambda: True) -> int:
    """A year of so many steps, or until it is to end: some rules more often than others, each year others. How often
    all that must hold was looked at."""
    chance, state, checks = Chance(random), type(year).setup_state(), 0
    rules = sorted(state.rules, key=lambda rule: str(rule.function.__name__))
    weights = {rule.function: random.random() for rule in rules}

    def do(rule: Any) -> None:
        rule.function(year, **{name: chance.draw(strategy) for name, strategy in rule.arguments.items()})

    for rule in state.initializers:
        do(rule)
    for step in range(1, steps + 1):
        may = [rule for rule in rules if all(holds(year) for holds in rule.preconditions)]
        do(random.choices(may, [weights[rule.function] for rule in may])[0])
        over = step == steps or not going()
        if over or step % CHECKED_EVERY == 0:
            checks += 1
            for each in state.invariants:
                each.function(year)
        if over:
            break
    return checks


async def years(
    world: Beset,
    seed: str,
    steps: int,
    going: Callable[[], bool],
    numbers: Iterator[int],
    kind: type[Money] = Money,
) -> None:
    """One after the other. The same seed and number are the same year again."""
    while going():
        number, year = next(numbers), kind()
        year.world = world
        try:
            checks = await greenlet_spawn(play, year, Random(f"{seed} {number}"), steps, going)  # noqa: S311
        except Exception as error:
            error.add_note(f"in year {number} of seed {seed}")
            raise
        world.tally.years += 1
        world.tally.checks += checks


async def crowd(world: Beset, line: UUID, random: Random, going: Callable[[], bool]) -> None:
    """One of many who bind and pay on one line, all at once."""
    whose: dict[str, Any] = {"authority_id": AUTHORITY, "organisation_id": NETWORK, "issued_on": DAY}

    async def done(who: str, name: str, on: UUID | None = None, **said: Any) -> UUID:
        operation = OPERATIONS[name]
        return await world.told(who, operation, operation.command(**said) if operation.command else None, on)

    while going():
        amount = (Decimal(random.randint(1, 999)) / 100).quantize(NOTHING)
        if random.random() < 0.5:
            await done(THIRD, "commit_funds", line, amount=str(amount), purpose="Fest")
            world.tally.tell("grant", amount)
        else:
            invoice = await done(FIRST, "enter_invoice", number=uuid4().hex, amount=str(amount), **whose)
            booking = await done(FIRST, "propose_booking", invoice, amount=str(amount), line_id=line)
            await done(SECOND, "release_booking", booking)
            world.tally.tell("book", amount)
