"""Whatever happens in whatever order: the ledger says what pen and paper say, today and for every day before."""

import os
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from service.demo import AUTHORITY
from service.demo.people import PEOPLE
from service.domain.clock import Clock
from service.domain.desk import Desk
from service.domain.jobs.carrying import carry_out
from service.storage.postgres import Storage
from tests.budgets.contract import DayToBe
from tests.budgets.year_in_full import YearInFull
from tests.budgets.years import World
from tests.conftest import Database

pytestmark = pytest.mark.anyio
EXAMPLES = int(os.environ.get("EXAMPLES", "12"))


@pytest.fixture
async def world(years_apart: Database) -> AsyncIterator[World]:
    clock = DayToBe()
    storage = await Storage(years_apart.application, read_connections=1).open()
    there = World(lambda who: Desk(storage, PEOPLE[who].login, clock=Clock(clock.read)), years_apart, clock)

    async def carry(job: UUID) -> None:
        await carry_out(storage, years_apart.application, job, AUTHORITY, Clock(clock.read))

    there.carry = carry
    yield there
    await storage.close()


@pytest.mark.usefixtures("anyio_backend")
@pytest.mark.parametrize("examples", [EXAMPLES, pytest.param(8 * EXAMPLES, marks=pytest.mark.walk)])
def test_any_year_of_money(world: World, examples: int) -> None:
    YearInFull.world = world
    run_state_machine_as_test(
        YearInFull,
        settings=settings(
            max_examples=examples,
            stateful_step_count=36,
            derandomize=examples == 12,  # `make test` says the same every time, more examples are others each time
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
