"""Releasing figures: what everybody may know of the money of a month's end, said once and for all.

A release is there as a whole or not at all: published in one transaction. `through` says which postings exactly were
counted, so that later releases can tell what has changed. For that the accounts are held for a moment: who is posting
finishes, the last posting is looked up, and all go on while the release is worked out. What a release counts never
changes then, so that it may be counted in the same transaction, or before it in many (`long_work.py`)."""

import asyncio
from calendar import monthrange
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from threading import Event
from time import monotonic
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from service.domain.access.model import Authority
from service.domain.act import Act, Command, Operation, operation
from service.domain.budgets import policy
from service.domain.budgets.cells import Cell, Limits, Suppressed, rounded, together
from service.domain.budgets.counting import NO_SPACE, Count, Spending, count_once, counted_table, place_of, rows_of
from service.domain.budgets.disclosure import Table
from service.domain.budgets.figures import (
    DisclosureRule,
    FigureLevel,
    FigureRelease,
    FigureReleaseView,
    ReleasedFigure,
)
from service.domain.budgets.model import LineKind
from service.domain.clock import after
from service.domain.errors import DomainError, InvalidInput
from service.domain.values import ClientId, Day, Words, new_id

KIND = "budget_figures"
CANCELLED = "57014"  # SQLSTATE of what took longer than it may
PAUSE = 5.0  # seconds, until it is asked again whether working out goes on
LONGEST = 4  # seconds, of any statement here, and of working out: no transaction lasts long


@dataclass(eq=False)
class NothingToRelease(DomainError):
    code, title = "nothing-to-release", "There is no budget agreement for the year of that month."
    advice = "Draft one first: POST /v1/budget-agreements."


@dataclass(eq=False)
class ReleaseTakesTooLong(DomainError):
    code, title = "release-takes-too-long", "What has to be kept back could not be worked out in time."
    advice = (
        "Nothing was released. Have it done as long work: POST /v1/jobs/figure-releases counts for as long as it takes."
    )


class ReleaseFigures(Command):
    """Which month's figures to publish."""

    id: ClientId
    authority_id: UUID
    as_of: Day = Field(description="The last day of a month that is over.")
    reason: Words | None = Field(None, description="Why, where the month has been released before. It is published.")


@dataclass(frozen=True)
class Basis:
    """What a release is worked out from: what it counts, after what the releases of its year before it have counted;
    and the newest of the December before, whose figures must not follow from what was carried in."""

    authority_id: UUID
    counts: Sequence[Count]
    december: UUID | None

    @property
    def stands(self) -> tuple[Sequence[Count], UUID | None]:
        """What nobody may change until it is published."""
        return self.counts[:-1], self.december


Look = Callable[[], AbstractAsyncContextManager[Act]]
Adding = Callable[[Spending], Awaitable[None]]
Asking = Callable[[], Awaitable[None]]
Figure = Mapping[str, Any]  # of one released figure, by column


class Overtaken(Exception):
    """Another release was published since this one was begun to be worked out."""


@operation(
    policy.RELEASE_FIGURES, within=Authority, answers=FigureReleaseView, raises=(NothingToRelease, ReleaseTakesTooLong)
)
async def release_figures(act: Act, command: ReleaseFigures) -> FigureRelease:
    """Publish the figures of a month's end: of its year's agreements, rounded, without what would tell about single
    cases. It is never changed; a second release of the month corrects the first, and both stay readable."""

    @asynccontextmanager
    async def look() -> AsyncIterator[Act]:
        yield act

    async def add(spending: Spending) -> None:
        await spending.add(act, *spending.days)

    async def asking() -> None: ...  # it is over before anybody could

    await act.load(Authority, command.authority_id)
    await _alone(act, command.authority_id)
    basis = await basis_of(act, command)
    with in_time():
        figures = await worked_out(look, add, command, basis, LONGEST, asking)
        return await _published(act, command, basis, figures)


def publishing(basis: Basis, figures: Sequence[Figure]) -> Operation:
    """The same operation, of what was worked out before it began. Raises Overtaken where that no longer stands."""

    async def publish(act: Act, command: ReleaseFigures) -> FigureRelease:
        await act.load(Authority, command.authority_id)
        await _alone(act, command.authority_id)
        if (await _told_before(act, command)).stands != basis.stands:
            raise Overtaken
        return await _published(act, command, basis, figures)

    return replace(release_figures, run=publish)


async def basis_of(act: Act, command: ReleaseFigures) -> Basis:
    """Raises InvalidInput, NothingToRelease."""
    before = await _told_before(act, command)
    through = await _last_posting(act, command.authority_id, command.as_of.year)
    return replace(before, counts=[*before.counts[:-1], Count(command.as_of, through)])


async def _told_before(act: Act, command: ReleaseFigures) -> Basis:
    """What the releases so far have counted; of the new one it is not known yet."""
    year = command.as_of.year
    within = col(FigureRelease.as_of).between(date(year - 1, 12, 31), date(year, 12, 31))
    query = select(FigureRelease).where(FigureRelease.authority_id == command.authority_id, within)
    found = (await act.session.exec(query.order_by(col(FigureRelease.as_of), col(FigureRelease.number)))).all()
    mine = [each for each in found if each.as_of.year == year]
    _check(act, command, corrects=any(each.as_of == command.as_of for each in mine))
    counts = [Count(each.as_of, each.through, each.id) for each in mine]
    december = [each.id for each in found if each.as_of.year < year]
    return Basis(command.authority_id, [*counts, Count(command.as_of, 0)], december[-1] if december else None)


async def _published(act: Act, command: ReleaseFigures, basis: Basis, figures: Sequence[Figure]) -> FigureRelease:
    """Its rows are made here: it may be tried several times, each in a session of its own."""
    same = [each.release for each in basis.counts[:-1] if each.as_of == command.as_of]
    release = act.add(
        FigureRelease(
            id=command.id,
            authority_id=basis.authority_id,
            as_of=command.as_of,
            number=len(same) + 1,
            corrects_id=same[-1] if same else None,
            reason=command.reason,
            through=basis.counts[-1].through,
            released_by=act.actor.id,
            released_at=act.now,
        )
    )
    await act.session.flush()
    act.session.add_all(ReleasedFigure(**each) for each in figures)
    return release


@contextmanager
def in_time() -> Iterator[None]:
    """What takes too long to count now will take as long the next time: whoever asked has to know, not to ask again."""
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == CANCELLED:
            raise ReleaseTakesTooLong from None
        raise


async def worked_out(
    look: Look, add: Adding, command: ReleaseFigures, basis: Basis, longest: float, asking: Asking
) -> list[Figure]:
    """The figures of a release. `look`: a transaction to read in; `add`: counts all days of what it is given;
    `longest`: seconds that working out what to keep back may take; `asking`: what raises should it not go on, called
    every `PAUSE` meanwhile."""
    year = command.as_of.year
    spending = Spending(basis.authority_id, year, basis.counts)
    await add(spending)
    async with look() as act:
        carried = await _carried_in(act, basis.authority_id, year)
    before = Spending(basis.authority_id, year - 1, [Count(date(year - 1, 12, 31), basis.counts[-1].through)])
    if any(not row.released for row in carried):
        await add(before)
    async with look() as act:
        await count_once(act, spending, before)
        rules = {
            rule.level: rule for rule in (await act.session.exec(select(DisclosureRule))).all() if rule.kind == KIND
        }
        limits = {level: Limits(rule.k, rule.dominance, rule.rounding) for level, rule in rules.items()}
        untold = _untold(carried, before, limits[FigureLevel.SOCIAL_SPACE.value])
        cells = await _cells(act, basis, untold)
        table = await counted_table(act, spending, {cell: row.level for cell, row in cells.items()}, limits)
        phases = await _phases(act, basis)
    missing = await _kept_back(table, longest, asking)
    figures = []
    for place, row in cells.items():
        to = rules[row.level].rounding
        told = {name: rounded(amount, to) for name, amount in phases[row.key].items()}
        figures.append(_released(command, row, missing.get(place), to, told))
    return figures


async def _kept_back(table: Table, longest: float, asking: Asking) -> Mapping[Cell, Suppressed]:
    """Beside everybody else. Whoever does not wait for it any more, leaves nothing at work."""
    given_up = Event()
    work = asyncio.create_task(asyncio.to_thread(table.suppress, monotonic() + longest, given_up))
    try:
        while not (await asyncio.wait([work], timeout=PAUSE))[0]:
            await asking()
    finally:
        given_up.set()
        await asyncio.gather(work, return_exceptions=True)
    try:
        return work.result()
    except TimeoutError:
        raise ReleaseTakesTooLong from None


def _check(act: Act, command: ReleaseFigures, *, corrects: bool) -> None:
    day, errors = command.as_of, []
    if day.day != monthrange(day.year, day.month)[1]:
        errors.append({"pointer": "#/as_of", "detail": "must be the last day of a month"})
    if day >= act.today:
        errors.append({"pointer": "#/as_of", "detail": "must be over"})
    if corrects and command.reason is None:
        errors.append({"pointer": "#/reason", "detail": "is needed: this month has been released before"})
    if errors:
        raise InvalidInput(errors=errors)


async def _alone(act: Act, authority_id: UUID) -> None:
    """One release after the other: each has to know what all before it told."""
    await rows_of(act, "SELECT set_config('statement_timeout', :longest, true)", longest=f"{LONGEST}s")
    await rows_of(
        act, "SELECT pg_advisory_xact_lock(hashtextextended('release_figures ' || :of, 0))", of=str(authority_id)
    )


async def _last_posting(act: Act, authority_id: UUID, year: int) -> int:
    """The last posting there is. Lets those who are posting finish, and nobody begin, in the order in which they take
    accounts; those to come have higher numbers. The accounts are given back at once, with the savepoint."""
    async with (await act.session.connection()).begin_nested() as moment:
        held = await rows_of(
            act,
            """SELECT account.id FROM ledger_account AS account
               JOIN budget_agreement AS agreement ON agreement.id = account.agreement_id
               WHERE agreement.authority_id = :authority AND agreement.fiscal_year = :year
               ORDER BY account.id FOR SHARE OF account""",
            authority=authority_id,
            year=year,
        )
        ((last,),) = await rows_of(act, "SELECT coalesce(max(sequence), 0) FROM posting")
        await moment.rollback()
    if not held:
        raise NothingToRelease
    return int(last)


async def _cells(act: Act, basis: Basis, untold: Sequence[UUID]) -> Mapping[Cell, Any]:
    """The figures of the day, less what was posted for it since, and what was carried in that must not be told."""
    rows = await rows_of(
        act,
        """WITH left_out AS (
               SELECT from_account_id, to_account_id, amount FROM posting
               WHERE value_on <= :day AND sequence > :through
               UNION ALL SELECT from_account_id, to_account_id, amount FROM posting
               WHERE value_on <= :day AND sequence <= :through AND subject_id = ANY(:untold)
           ), side AS (
               SELECT to_account_id AS account_id, amount FROM left_out
               UNION ALL SELECT from_account_id, -amount FROM left_out
           ), later AS (
               SELECT part.figure_key, coalesce(sum(side.amount) FILTER (WHERE account.kind = 'free'), 0) AS free,
                      coalesce(sum(side.amount) FILTER (WHERE account.kind = 'reserved'), 0) AS reserved,
                      coalesce(sum(side.amount) FILTER (WHERE account.kind = 'committed'), 0) AS committed,
                      coalesce(sum(side.amount) FILTER (WHERE account.kind = 'booked'), 0) AS booked,
                      sum(side.amount) AS approved
               FROM side JOIN ledger_account AS account ON account.id = side.account_id
               JOIN figure_line AS part ON part.line_id = account.line_id AND part.as_of = :day
                    AND part.authority_id = :authority AND part.fiscal_year = :year
               GROUP BY part.figure_key
           )
           SELECT figure.key, figure.level, figure.social_space_id, figure.region_id, figure.fiscal_year, figure.line,
                  figure.approved - coalesce(later.approved, 0) AS approved,
                  figure.reserved - coalesce(later.reserved, 0) AS reserved,
                  figure.committed - coalesce(later.committed, 0) AS committed,
                  figure.booked - coalesce(later.booked, 0) AS booked,
                  figure.free - coalesce(later.free, 0) AS free
           FROM budget_figure AS figure LEFT JOIN later ON later.figure_key = figure.key
           WHERE figure.as_of = :day AND figure.authority_id = :authority AND figure.fiscal_year = :year
           ORDER BY figure.key""",
        through=basis.counts[-1].through,
        untold=untold,
        day=basis.counts[-1].as_of,
        authority=basis.authority_id,
        year=basis.counts[-1].as_of.year,
    )
    return {Cell(place_of(row), row.line): row for row in rows}


async def _carried_in(act: Act, authority_id: UUID, year: int) -> Sequence[Any]:
    """What was carried in from the year before, and what was released of the total of its space then."""
    return await rows_of(
        act,
        """SELECT allocation.id, agreement.social_space_id, told.key IS NOT NULL AS released, told.suppressed
           FROM allocation
           JOIN budget_agreement AS agreement ON agreement.id = allocation.agreement_id
           JOIN budget_agreement AS past ON past.authority_id = agreement.authority_id
               AND past.social_space_id IS NOT DISTINCT FROM agreement.social_space_id
               AND past.fiscal_year = agreement.fiscal_year - 1
           LEFT JOIN shown_figure AS told ON told.authority_id = :authority AND told.as_of = :year_before
               AND told.newest AND told.level = 'social_space' AND told.line = 'total'
               AND told.social_space_id IS NOT DISTINCT FROM agreement.social_space_id
           WHERE agreement.authority_id = :authority AND agreement.fiscal_year = :year
               AND allocation.kind = 'carry_in' AND allocation.state = 'released'""",
        authority=authority_id,
        year=year,
        year_before=date(year - 1, 12, 31),
    )


def _untold(carried: Sequence[Any], before: Spending, limits: Limits) -> list[UUID]:
    """What was carried in from a year before of which the space's total is kept back; or would be, where that was not
    released. By the rules on over-spend and under-spend that total would follow from it. It is left out of every sum
    alike, so that nothing follows from its being missing."""

    def tells(space: UUID | None) -> bool:
        lines = [Cell(str(space or NO_SPACE), line.value) for line in LineKind]
        spent = together(before.beside_names(before.found[0]), lines)
        return _tells({case: each.booked for case, each in spent.items()}, limits)

    return [row.id for row in carried if row.suppressed or (not row.released and tells(row.social_space_id))]


def _tells(spent: Mapping[UUID | None, Decimal], limits: Limits) -> bool:
    """Whether a total stands for few cases, and nothing else hides what they have."""
    cases = {case: amount for case, amount in spent.items() if case}
    return limits.is_broken_by(cases) and spent.get(None, Decimal(0)) < limits.hides(sum(cases.values(), Decimal(0)))


async def _phases(act: Act, basis: Basis) -> Mapping[str, Mapping[str, Decimal]]:
    """Of each cell: what was proposed, and what of it was in force on the day, without what came on top. A draft is
    proposed once the agency stands by it; what is still being negotiated is nobody else's."""
    rows = await rows_of(
        act,
        """SELECT part.figure_key,
                  coalesce(sum(line.agreed) FILTER (WHERE agreement.activated_on <= :day OR (
                      SELECT position.stance FROM agreement_position AS position
                      WHERE position.agreement_id = agreement.id AND position.terms = agreement.terms
                          AND position.voice = 'agency' AND position.taken_at < :next_day
                      ORDER BY position.taken_at DESC, position.id DESC LIMIT 1
                  ) = 'approval'), 0) AS proposed,
                  coalesce(sum(line.agreed) FILTER (WHERE agreement.activated_on <= :day), 0) AS agreed
           FROM figure_line AS part
           JOIN budget_line AS line ON line.id = part.line_id
           JOIN budget_agreement AS agreement ON agreement.id = part.agreement_id
           WHERE part.as_of = :day AND part.authority_id = :authority AND part.fiscal_year = :year
           GROUP BY part.figure_key""",
        day=basis.counts[-1].as_of,
        next_day=after(basis.counts[-1].as_of),
        authority=basis.authority_id,
        year=basis.counts[-1].as_of.year,
    )
    return {row.figure_key: {"proposed": row.proposed, "agreed": row.agreed} for row in rows}


def _released(command: ReleaseFigures, row: Any, missing: Any, to: Decimal, phases: Mapping[str, Any]) -> Figure:
    names = ("reserved", "committed", "booked", "free")
    amounts: dict[str, Any] = {} if missing else {name: rounded(getattr(row, name), to) for name in names}
    copied = ("key", "level", "social_space_id", "region_id", "fiscal_year", "line")
    return dict(
        id=new_id(),
        authority_id=command.authority_id,
        release_id=command.id,
        approved=rounded(row.approved, to),
        suppressed=missing.value if missing else None,
        **phases,
        **amounts,
        **{name: getattr(row, name) for name in copied},
    )
