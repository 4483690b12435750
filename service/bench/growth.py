"""R3: what reading and forecasting money costs with ten times the postings: in turns, on two databases that differ in
nothing else. Told are the processor time of PostgreSQL's backend and the pages it looks at, not what a clock says."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Literal

import service.domain.tables  # noqa: F401 (declares the operations)
from service import demo
from service.bench.filling import CONTROLLER
from service.bench.goals import CONSTANT, Goal
from service.bench.processes import thread_seconds
from service.bench.statements import Cost, Pair, Side, in_turns
from service.demo.territory import AUTHORITY
from service.domain.budgets.figures import BudgetFigureView, ReleasedFigureView
from service.domain.budgets.forecasting import ForecastLineView, RunForecast, run_forecast
from service.domain.budgets.long_work import StartFigureRelease, start_figure_release
from service.domain.budgets.origins import FigurePartView, FigurePostingView
from service.domain.clock import Clock
from service.domain.desk import Desk
from service.domain.jobs.carrying import carry_out
from service.domain.reading import Statement
from service.domain.selection import Face, Listing, Rows, Value
from service.domain.values import new_id
from service.domain.views import VIEWS, Arguments
from service.storage.postgres import Storage
from service.storage.writing import BARE

SLOW = 30  # seconds; a release with many postings is let finish, so that it can be told how long it takes


@dataclass(frozen=True)
class Looked:
    """At how many pages, at how many rows of `posting`, and milliseconds of looking once."""

    pages: int
    postings: int
    milliseconds: float


@dataclass(frozen=True)
class Grown:
    """One thing, with few postings and with many. Without `pair` it takes as long as there are postings, and was done
    once; of a change, which is several statements, nobody counted at what it looks."""

    name: str
    pair: Pair | None = None
    few: Looked | None = None
    many: Looked | None = None


@dataclass(frozen=True)
class Growth:
    few: int
    many: int
    grown: Sequence[Grown]
    releasing: Mapping[int, float | str] = field(default_factory=dict)  # seconds, or why not; by postings

    def goals(self) -> Iterator[Goal]:
        for each in self.grown:
            if each.pair is not None:
                title = f"R3: {each.name} with {self.many:,} postings, of {self.few:,}, cost"
                yield Goal(title, each.pair.cost, 1.2, CONSTANT)


@dataclass(frozen=True)
class _Asked:
    name: str
    sql: str
    values: Sequence[Any]
    of_postings: bool  # which are as many as there are


async def grown(addresses: tuple[str, str], line: UUID, counts: tuple[int, int], settle: Callable[[], None]) -> Growth:
    """`addresses` of the application's login: the database with few postings, and that with many. `settle`: has
    PostgreSQL look at both, so that one plan is made from what is known in both."""
    today = datetime.now(UTC).date()
    found, releasing = list[Grown](), dict[int, float | str]()
    async with AsyncExitStack() as ending:
        storages = []
        for address in addresses:
            storage = await Storage(address, read_connections=1, write_connections=1, statement_timeout=SLOW).open()
            ending.push_async_callback(storage.close)
            storages.append(storage)
        agreement = _agreement(addresses[0], line)
        forecasts = [_Forecasting(each, agreement) for each in storages]
        found.append(Grown("a forecast is run", await in_turns(*forecasts)))
        for count, storage, address in zip(counts, storages, addresses, strict=True):
            releasing[count] = await _released(storage, address, today)
        settle()
        connections = [ending.enter_context(await each.readers.lend()) for each in storages]
        for asked in _readings(line, today):
            sides = [Side(each, [(asked.sql, asked.values)]) for each in connections]
            pair = None if asked.of_postings else await in_turns(*sides)
            looked = [_looked_at(address, asked) for address in addresses]
            found.append(Grown(asked.name, pair, *looked))
    return Growth(*counts, found, releasing)


def _readings(line: UUID, today: date) -> Iterator[_Asked]:
    """What people ask about one figure, from the figure down to what made it."""
    key = f"social_space:{demo.UNTERHACHING}:{today.year}:total"
    figure = {"figure_key": key, "figure": "booked", "as_of": today}
    yield _asked(
        "figures of a space and year", BudgetFigureView, today,
        social_space_id=demo.UNTERHACHING, fiscal_year=today.year, as_of=today,
    )  # fmt: skip
    yield _asked("figures of the authority", BudgetFigureView, today, level="county", as_of=today)
    yield _asked("a figure explained, by day", FigurePartView, today, **figure)
    yield _asked("a forecast's lines", ForecastLineView, today)
    yield _asked("figures of a release", ReleasedFigureView, today, authority_id=AUTHORITY, as_of=_month_before(today))
    of_day = {"line_id": line, "value_on": today - timedelta(days=1)}
    yield _asked("postings of one day of a figure", FigurePostingView, today, **figure, **of_day)
    yield _asked("postings of a figure, the first page", FigurePostingView, today, **figure)


def _asked(name: str, record: Any, today: date, **where: Any) -> _Asked:
    """The statement behind the list over REST, with its values."""
    view = VIEWS[record]
    shown = {each: Value(column) for each, column in view.columns.items() if column.name != "withheld"}
    listing = Listing(view, {"items": Rows(shown)}, Arguments(50, where=where))
    plan = Statement(Face.REST).plan({"it": listing})
    values = plan.values(CONTROLLER.login, today, "0" * 32, {})
    return _Asked(name, plan.sql, values, record is FigurePostingView)


@dataclass
class _Forecasting:
    """Whole operations on the one connection for writing: what they cost its backend."""

    storage: Storage
    agreement: UUID

    async def run(self, count: int) -> Cost:
        desk, waited = Desk(self.storage, CONTROLLER.login), 0.0
        async with self.storage.transaction() as session:
            backend = session.info[BARE].get_server_pid()
        worked = thread_seconds(backend)
        for _ in range(count):
            started = time.perf_counter()
            await desk.perform(run_forecast, RunForecast(id=new_id(), method="As it was measured"), on=self.agreement)
            waited += time.perf_counter() - started
        return Cost(waited / count * 1e6, (thread_seconds(backend) - worked) / count * 1e6)


async def _released(storage: Storage, address: str, today: date) -> float | str:
    """Seconds of releasing the month before, as a job; it reads every posting of the year, for whose each is. Or why it
    failed."""
    job, as_of = new_id(), _month_before(today)
    command = StartFigureRelease(id=job, authority_id=AUTHORITY, as_of=as_of, reason="To be measured")
    await Desk(storage, CONTROLLER.login).perform(start_figure_release, command)
    started = time.perf_counter()
    await carry_out(storage, address, job, AUTHORITY, Clock())
    taken = time.perf_counter() - started
    with psycopg.connect(address) as connection:
        connection.execute("SELECT set_config('service.authority', %s, false)", [str(AUTHORITY)])
        row = connection.execute("SELECT problem ->> 'code' FROM job WHERE id = %s", [job]).fetchone()
    assert row is not None
    return taken if row[0] is None else str(row[0])


def _month_before(today: date) -> date:
    return today.replace(day=1) - timedelta(days=1)


def _agreement(address: str, line: UUID) -> UUID:
    with psycopg.connect(address) as connection:
        connection.execute("SELECT set_config('service.authority', %s, false)", [str(AUTHORITY)])
        row = connection.execute("SELECT agreement_id FROM budget_line WHERE id = %s", [line]).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def _looked_at(address: str, asked: _Asked) -> Looked | None:
    """As the service has it planned: once, for whatever values. Null where that takes too long."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET plan_cache_mode = force_generic_plan")
        connection.execute("SET jit = off")
        connection.execute(f"SET statement_timeout = '{SLOW}s'")
        connection.execute(b"PREPARE it AS " + asked.sql.encode())
        values = SQL(", ").join(map(Literal, asked.values))
        explaining = SQL("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE it ({})").format(values)
        try:
            for _ in range(2):  # the second finds what the first has marked
                row = connection.execute(explaining).fetchone()
        except psycopg.errors.QueryCanceled:
            return None
    assert row is not None
    explained = row[0][0]
    plan, milliseconds = explained["Plan"], explained["Execution Time"]
    pages = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return Looked(pages, round(sum(_rows_of("posting", plan))), milliseconds)


def _rows_of(table: str, node: Mapping[str, Any]) -> Iterator[float]:
    if node.get("Relation Name") == table:
        rows = node["Actual Rows"] + sum(node.get(f"Rows Removed by {by}", 0) for by in ("Filter", "Index Recheck"))
        yield rows * node["Actual Loops"]
    for child in node.get("Plans", ()):
        yield from _rows_of(table, child)
