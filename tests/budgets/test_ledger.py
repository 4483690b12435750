"""Whatever happens in whatever order: the ledger says what pen and paper say, today and for every day before."""

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from service.domain.desk import Desk
from tests.budgets.contract import DayToBe
from tests.budgets.years import Money, World
from tests.conftest import Database

pytestmark = pytest.mark.anyio
EXAMPLES = int(os.environ.get("EXAMPLES", "12"))


@pytest.fixture
async def world(desk_of: Callable[[str], Desk], database: Database, clock: DayToBe) -> World:
    return World(desk_of, database, clock)


@pytest.mark.usefixtures("anyio_backend")
@pytest.mark.parametrize("examples", [EXAMPLES, pytest.param(8 * EXAMPLES, marks=pytest.mark.walk)])
def test_any_year_of_money(world: World, examples: int) -> None:
    Money.world = world
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=examples,
            stateful_step_count=50,
            derandomize=examples == 12,  # `make test` says the same every time, more examples are others each time
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
