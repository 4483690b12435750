"""Releasing figures: what everybody may know of the money of a month's end, said once and for all.

One transaction from the first lock to the last cell: a release is there as a whole or not at all. The accounts are held
meanwhile, so that `through` says exactly which postings were counted: later releases tell from it what has changed."""

import asyncio
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import col, select

from service.domain.access.model import Authority
from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.disclosure import TOTAL, ByCase, Cell, Limits, Release, Spent, Sum, Table, rounded, together
from service.domain.budgets.figures import (
    DisclosureRule,
    FigureLevel,
    FigureRelease,
    FigureReleaseView,
    ReleasedFigure,
)
from service.domain.budgets.model import LineKind
from service.domain.errors import DomainError, InvalidInput
from service.domain.values import ClientId, Day, Words, new_id

KIND = "budget_figures"
NO_SPACE = "none"  # the place of what stands outside of every social space
LONGEST = "4s"  # of any statement here: everybody who posts to the same accounts waits for it


@dataclass(eq=False)
class NothingToRelease(DomainError):
    code, title = "nothing-to-release", "There is no budget agreement for the year of that month."
    advice = "Draft one first: POST /v1/budget-agreements."


class ReleaseFigures(Command):
    """Which month's figures to publish."""

    id: ClientId
    authority_id: UUID
    as_of: Day = Field(description="The last day of a month that is over.")
    reason: Words | None = Field(None, description="Why, where the month has been released before. It is published.")


@operation(policy.RELEASE_FIGURES, within=Authority, answers=FigureReleaseView, raises=(NothingToRelease,))
async def release_figures(act: Act, command: ReleaseFigures) -> FigureRelease:
    """Publish the figures of a month's end: of its year's agreements, rounded, without what would tell about single
    cases. It is never changed; a second release of the month corrects the first, and both stay readable."""
    authority = await act.load(Authority, command.authority_id)
    await _alone(act, authority.id)
    earlier = await _earlier(act, authority.id, command.as_of.year)
    same = [each for each in earlier if each.as_of == command.as_of]
    _check(act, command, corrects=bool(same))
    counted = await _hold(act, authority.id, command.as_of.year)
    release = act.add(
        FigureRelease(
            id=command.id,
            authority_id=authority.id,
            as_of=command.as_of,
            number=len(same) + 1,
            corrects_id=same[-1].id if same else None,
            reason=command.reason,
            through=counted,
            released_by=act.actor.id,
            released_at=act.now,
        )
    )
    await act.session.flush()
    cells = await _cells(act, release)
    rules = {rule.level: rule for rule in (await act.session.exec(select(DisclosureRule))).all() if rule.kind == KIND}
    table = await _table(act, release, earlier, cells, rules)
    missing = await asyncio.to_thread(table.suppress)
    for place, row in cells.items():
        act.session.add(_released(release, row, missing.get(place), rules[row.level].rounding))
    return release


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


async def _rows(act: Act, sql: str, **values: Any) -> Sequence[Any]:
    return (await (await act.session.connection()).execute(sa.text(sql), values)).all()


async def _earlier(act: Act, authority_id: UUID, year: int) -> Sequence[FigureRelease]:
    within = col(FigureRelease.as_of).between(date(year, 1, 1), date(year, 12, 31))
    query = select(FigureRelease).where(FigureRelease.authority_id == authority_id, within)
    return (await act.session.exec(query.order_by(col(FigureRelease.as_of), col(FigureRelease.number)))).all()


async def _alone(act: Act, authority_id: UUID) -> None:
    """One release after the other: each has to know what all before it told."""
    await _rows(act, "SELECT set_config('statement_timeout', :longest, true)", longest=LONGEST)
    await _rows(
        act, "SELECT pg_advisory_xact_lock(hashtextextended('release_figures ' || :of, 0))", of=str(authority_id)
    )


async def _hold(act: Act, authority_id: UUID, year: int) -> int:
    """Lets those who are posting finish, and nobody begin, in the order in which they take accounts. The answer is the
    last posting there is; those to come have higher numbers."""
    held = await _rows(
        act,
        """SELECT account.id FROM ledger_account AS account
           JOIN budget_agreement AS agreement ON agreement.id = account.agreement_id
           WHERE agreement.authority_id = :authority AND agreement.fiscal_year = :year
           ORDER BY account.id FOR SHARE OF account""",
        authority=authority_id,
        year=year,
    )
    if not held:
        raise NothingToRelease
    ((last,),) = await _rows(act, "SELECT coalesce(max(sequence), 0) FROM posting")
    return int(last)


async def _cells(act: Act, release: FigureRelease) -> Mapping[Cell, Any]:
    rows = await _rows(
        act,
        """SELECT * FROM budget_figure
           WHERE as_of = :day AND authority_id = :authority AND fiscal_year = :year ORDER BY key""",
        day=release.as_of,
        authority=release.authority_id,
        year=release.as_of.year,
    )
    return {Cell(_place(row), row.line): row for row in rows}


def _place(row: Any) -> str:
    if row.level == FigureLevel.COUNTY:
        return FigureLevel.COUNTY.value
    return str(row.region_id or row.social_space_id or NO_SPACE)


def _released(release: FigureRelease, row: Any, missing: Any, to: Decimal) -> ReleasedFigure:
    names = ("reserved", "committed", "booked", "free")
    amounts: dict[str, Any] = {} if missing else {name: rounded(getattr(row, name), to) for name in names}
    copied = ("key", "level", "social_space_id", "region_id", "fiscal_year", "line")
    return ReleasedFigure(
        id=new_id(),
        authority_id=release.authority_id,
        release_id=release.id,
        approved=rounded(row.approved, to),
        suppressed=missing.value if missing else None,
        **amounts,
        **{name: getattr(row, name) for name in copied},
    )


async def _table(
    act: Act,
    release: FigureRelease,
    earlier: Sequence[FigureRelease],
    cells: Mapping[Cell, Any],
    rules: Mapping[str, DisclosureRule],
) -> Table:
    """What the suppression is worked out from: money, whose it is, and what was told before."""
    homes = await _homes(act, [release, *earlier])
    spent = await _spent(act, [release, *earlier], homes)
    figures = await _rows(
        act,
        """SELECT release_id, level, social_space_id, region_id, line, suppressed FROM released_figure
           WHERE release_id = ANY(:releases)""",
        releases=[each.id for each in earlier],
    )
    told: dict[tuple[UUID, bool], set[Cell]] = defaultdict(set)
    for row in figures:
        told[row.release_id, row.suppressed is None].add(Cell(_place(row), row.line))
    then: dict[UUID, dict[Cell, Any]] = {each.id: {} for each in earlier}
    for row in figures:
        then[row.release_id][Cell(_place(row), row.line)] = row
    limits = {level: Limits(rule.k, rule.dominance) for level, rule in rules.items()}
    sums = list(_sums(cells, homes[release.as_of]))
    before = [{_key(each): each.parts for each in _sums(then[of.id], homes[of.as_of])} for of in earlier]
    here = {_key(each) for each in sums}
    for (whole, over_places), parts in {key: parts for of in before for key, parts in of.items()}.items():
        if (
            whole,
            over_places,
        ) not in here:  # a region without spaces by now: what it told can still be subtracted from
            sums.append(Sum(whole, [part for part in parts if part in cells], over_places))
    return Table(
        money={cell: row.reserved + row.committed + row.booked for cell, row in cells.items()},
        cases=spent[0],
        limits={cell: limits[row.level] for cell, row in cells.items()},
        sums=sums,
        earlier=[
            Release(frozenset(told[each.id, True]), frozenset(told[each.id, False]), spent[number], before[number - 1])
            for number, each in enumerate(earlier, 1)
        ],
    )


def _key(each: Sum) -> tuple[Cell, bool]:
    return each.whole, each.over_places


async def _homes(act: Act, releases: Iterable[FigureRelease]) -> Mapping[date, Mapping[str, str]]:
    """In which region each social space lay on the releases' days."""
    days = {each.as_of for each in releases}
    homes: dict[date, dict[str, str]] = {day: {} for day in days}
    for day in days:
        for row in await _rows(act, "SELECT * FROM space_region WHERE day = :day", day=day):
            homes[day][str(row.social_space_id)] = str(row.region_id)
    return homes


def _sums(cells: Mapping[Cell, Any], homes: Mapping[str, str]) -> Iterable[Sum]:
    """All sums that can be worked out from a release: lines in a place, places within places."""
    county = FigureLevel.COUNTY.value
    within: dict[str, list[str]] = defaultdict(list)
    for place, row in {cell.place: row for cell, row in cells.items()}.items():
        if row.level == FigureLevel.SOCIAL_SPACE:
            within[homes.get(place, county)].append(place)
        if row.level == FigureLevel.REGION:
            within[county].append(place)
        yield Sum(Cell(place, TOTAL), [Cell(place, line.value) for line in LineKind], over_places=False)
    for whole, parts in within.items():
        for line in (*(each.value for each in LineKind), TOTAL):
            yield Sum(Cell(whole, line), [Cell(part, line) for part in parts], over_places=True)


# Of every case's postings: on which line, on which account, and in which of the releases they were counted.
_SPENT = """
WITH release AS (
    SELECT * FROM unnest(CAST(:numbers AS integer[]), CAST(:days AS date[]), CAST(:through AS bigint[]))
        AS release (number, day, through)
), agreement AS (
    SELECT id, social_space_id FROM budget_agreement WHERE authority_id = :authority AND fiscal_year = :year
), subject AS (
    SELECT id, case_id, agreement_id, line_id FROM commitment WHERE case_id IS NOT NULL
    UNION ALL
    SELECT id, case_id, agreement_id, line_id FROM booking WHERE case_id IS NOT NULL
)
SELECT agreement.social_space_id, line.kind AS line, subject.case_id, account.kind AS account,
       ARRAY(SELECT number FROM release WHERE posting.value_on <= day AND posting.sequence <= through) AS counted,
       sum(side.amount) AS amount
FROM agreement
JOIN subject ON subject.agreement_id = agreement.id
JOIN budget_line AS line ON line.id = subject.line_id
JOIN posting ON posting.subject_id = subject.id
CROSS JOIN LATERAL (VALUES (posting.to_account_id, posting.amount), (posting.from_account_id, -posting.amount))
    AS side (account_id, amount)
JOIN ledger_account AS account ON account.id = side.account_id AND account.kind IN ('reserved', 'committed', 'booked')
GROUP BY 1, 2, 3, 4, 5
"""


async def _spent(
    act: Act, releases: Sequence[FigureRelease], homes: Mapping[date, Mapping[str, str]]
) -> list[Mapping[Cell, ByCase]]:
    """Each case's money in each cell, as each of the releases counted it."""
    rows = await _rows(
        act,
        _SPENT,
        numbers=list(range(len(releases))),
        days=[each.as_of for each in releases],
        through=[each.through for each in releases],
        authority=releases[0].authority_id,
        year=releases[0].as_of.year,
    )
    found: list[dict[Cell, dict[UUID, Spent]]] = [defaultdict(dict) for _ in releases]
    for row in rows:
        space = str(row.social_space_id or NO_SPACE)
        for number in row.counted:
            cases = found[number][Cell(space, row.line)]
            before = cases.get(row.case_id, Spent())
            summed = getattr(before, row.account) + row.amount
            cases[row.case_id] = before._replace(**{row.account: summed})
    return [_summed(cases, homes[each.as_of]) for cases, each in zip(found, releases, strict=True)]


def _summed(cases: Mapping[Cell, ByCase], homes: Mapping[str, str]) -> Mapping[Cell, ByCase]:
    """The cells of social spaces, and those of their lines, regions and county together."""
    parts: dict[Cell, list[Cell]] = defaultdict(list)
    for cell in cases:
        places = {cell.place, homes.get(cell.place, FigureLevel.COUNTY.value), FigureLevel.COUNTY.value}
        for place in places:
            for line in (cell.line, TOTAL):
                parts[Cell(place, line)].append(cell)
    return {cell: together(cases, of) for cell, of in parts.items()}
