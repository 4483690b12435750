"""What each release of a year counted: cell by cell, how much, and whose. From that is worked out what to keep back."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service.domain.act import Act
from service.domain.budgets.cells import TOTAL, UNNAMED, Cell, Counted, Limits, Spent, Sum, Suppressed, summed, together
from service.domain.budgets.disclosure import Table
from service.domain.budgets.figures import FigureLevel
from service.domain.budgets.model import LineKind
from service.domain.budgets.open_shares import families
from service.domain.budgets.purposes import OPEN_TO_OTHERS

NO_SPACE = "none"  # the place of what stands outside of every social space
COUNTY = FigureLevel.COUNTY.value
Levels = Mapping[Cell, str]


@dataclass(frozen=True)
class Count:
    """What a release counts of its year: postings of value dates up to a day, up to the last that was there. `release`
    is its id; null of the one that is being worked out."""

    as_of: date
    through: int
    release: UUID | None = None


ByCell = Mapping[Cell, Mapping[UUID | None, Spent]]


async def counted_table(act: Act, spending: "Spending", levels: Levels, limits: Mapping[str, Limits]) -> Table:
    """The last of what is counted, with the releases before it. `levels`: of its cells, `limits` of the levels."""
    told: dict[UUID | None, dict[Cell, Any]] = defaultdict(dict)
    for row in await rows_of(
        act,
        """SELECT release_id, level, social_space_id, region_id, line, suppressed FROM released_figure
           WHERE release_id = ANY(:releases)""",
        releases=[each.release for each in spending.counts if each.release is not None],
    ):
        told[row.release_id][Cell(place_of(row), row.line)] = row
    homes = await _homes(act, {each.as_of for each in spending.counts})
    counted = list[dict[str, Any]]()
    for each, spent in zip(spending.counts, spending.found, strict=True):
        of = {cell: row.level for cell, row in told[each.release].items()} or levels
        by_cell = _summed(spent, homes[each.as_of], spending)
        counted.append(
            {
                "day": each.as_of,
                "through": each.through,
                "amounts": {cell: _sum(by_cell.get(cell, {}).values()) for cell in of},
                "cases": {cell: {case: each for case, each in all_.items() if case} for cell, all_ in by_cell.items()},
                "limits": {cell: limits[level] for cell, level in of.items()},
                "sums": list(_sums(of, homes[each.as_of])),
                "missing": {
                    cell: Suppressed(row.suppressed) for cell, row in told[each.release].items() if row.suppressed
                },
            }
        )
    return Table(**counted[-1], earlier=[Counted(**each) for each in counted[:-1]])


async def rows_of(act: Act, sql: str, **values: Any) -> Sequence[Any]:
    return (await (await act.session.connection()).execute(sa.text(sql), values)).all()


def place_of(row: Any) -> str:
    return COUNTY if row.level == COUNTY else str(row.region_id or row.social_space_id or NO_SPACE)


def _sum(spent: Iterable[Spent]) -> Spent:
    return Spent(*(sum(figure, Spent().booked) for figure in zip(Spent(), *spent, strict=True)))


async def _homes(act: Act, days: Iterable[date]) -> Mapping[date, Mapping[str, str]]:
    """In which region each social space lay on these days."""
    homes: dict[date, dict[str, str]] = {}
    for day in days:
        homes[day] = {}
        for row in await rows_of(act, "SELECT * FROM space_region WHERE day = :day", day=day):
            homes[day][str(row.social_space_id)] = str(row.region_id)
    return homes


def _sums(levels: Levels, homes: Mapping[str, str]) -> Iterable[Sum]:
    """All sums that can be worked out from a release: lines in a place, places within places."""
    within: dict[str, list[str]] = defaultdict(list)
    for place, level in {cell.place: level for cell, level in levels.items()}.items():
        if level == FigureLevel.SOCIAL_SPACE:
            within[homes.get(place, COUNTY)].append(place)
        if level == FigureLevel.REGION:
            within[COUNTY].append(place)
        yield Sum(Cell(place, TOTAL), [Cell(place, line.value) for line in LineKind], over_places=False)
    for whole, parts in within.items():
        for line in (*(each.value for each in LineKind), TOTAL):
            yield Sum(Cell(whole, line), [Cell(part, line) for part in parts], over_places=True)


# What postings of some days brought to each line: on which account, for which case or none, as each of the releases
# counted it. Of those that counted nothing there the sum is null. A case's part of what is without a case tells about
# it as well, though nobody sees which: on lines without cases by a digest (where one of them has none, all are
# one case's); among cases with their names, each of which may be the same one, all of them count as one.
_SPENT = """
SELECT agreement.social_space_id, line.kind AS line,
       coalesce(booking.case_id, commitment.case_id,
                CASE WHEN line.kind <> 'case_specific' THEN commitment.case_digest END,
                CASE commitment.purpose_kind WHEN '{open_to_others}' THEN '{unnamed}'::uuid END) AS case_id,
       commitment.case_digest IS NOT NULL AS unnamed,
       account.kind AS account, ARRAY[{counted}] AS counted
FROM budget_agreement AS agreement
JOIN budget_line AS line ON line.agreement_id = agreement.id
JOIN ledger_account AS account ON account.line_id = line.id AND account.kind IN ('reserved', 'committed', 'booked')
CROSS JOIN LATERAL (
    SELECT subject_id, value_on, sequence, amount FROM posting
    WHERE to_account_id = account.id AND value_on BETWEEN :first AND :last
    UNION ALL SELECT subject_id, value_on, sequence, -amount FROM posting
    WHERE from_account_id = account.id AND value_on BETWEEN :first AND :last
) AS side
LEFT JOIN booking ON booking.id = side.subject_id
LEFT JOIN commitment ON commitment.id = coalesce(booking.commitment_id, side.subject_id)
WHERE agreement.authority_id = :authority AND agreement.fiscal_year = :year
GROUP BY 1, 2, 3, 4, 5
"""
_COUNTED = "sum(side.amount) FILTER (WHERE side.value_on <= :day_{0} AND side.sequence <= :through_{0})"


@dataclass
class Spending:
    """Each case's money in each line of each social space, as each of some counts of one year has it; under None what
    is for no case. Counted in as many parts as need be: they add up, for nobody changes a posting."""

    authority_id: UUID
    year: int
    counts: Sequence[Count]
    found: list[dict[Cell, dict[UUID | None, Spent]]] = field(init=False)
    unnamed: set[UUID] = field(init=False, default_factory=set)  # cases that may be ones with a name on another line
    lacks_digests: bool = field(init=False, default=False)  # on a line without cases: nobody knows whose of them it is

    def __post_init__(self) -> None:
        self.found = [defaultdict(dict) for _ in self.counts]

    @property
    def days(self) -> tuple[date, date]:
        """From the first to the last whose postings any of them counts."""
        return date(self.year, 1, 1), max(each.as_of for each in self.counts)

    def beside_names(self, cases: ByCell) -> ByCell:
        """As they count together with cases that have their names, each of which may be the same one: all as one."""
        if not self.unnamed:
            return cases
        return {
            cell: summed({UNNAMED if case in self.unnamed else case: spent} for case, spent in all_.items())
            for cell, all_ in cases.items()
        }

    async def add(self, act: Act, first: date, last: date) -> None:
        """What counts for these days."""
        rows = await rows_of(
            act,
            _SPENT.format(
                open_to_others=OPEN_TO_OTHERS,
                unnamed=UNNAMED,
                counted=", ".join(_COUNTED.format(number) for number in range(len(self.counts))),
            ),
            authority=self.authority_id,
            year=self.year,
            first=first,
            last=last,
            **{f"day_{number}": each.as_of for number, each in enumerate(self.counts)},
            **{f"through_{number}": each.through for number, each in enumerate(self.counts)},
        )
        self.unnamed |= {row.case_id for row in rows if row.unnamed}
        for row in rows:
            cell = Cell(str(row.social_space_id or NO_SPACE), row.line)
            lacks_digest = row.case_id == UNNAMED and row.line != LineKind.CASE_SPECIFIC
            for each, amount in zip(self.found, row.counted, strict=True):
                if amount is not None:
                    self.lacks_digests |= lacks_digest
                    cases = each[cell]
                    before = cases.get(row.case_id, Spent())
                    cases[row.case_id] = before._replace(**{row.account: getattr(before, row.account) + amount})


# A case that turned out to be a duplicate, and the one that goes on in the end.
_DUPLICATES = """
WITH RECURSIVE found AS (
    SELECT case_id, merged_into_id AS into_id FROM case_sketch
    WHERE authority_id = :authority AND merged_into_id IS NOT NULL
    UNION SELECT found.case_id, next.merged_into_id FROM found JOIN case_sketch AS next ON next.case_id = found.into_id
    WHERE next.merged_into_id IS NOT NULL
)
SELECT found.case_id, found.into_id FROM found JOIN case_sketch AS last ON last.case_id = found.into_id
WHERE last.merged_into_id IS NULL
"""


async def count_once(act: Act, *counted: Spending) -> None:
    """Duplicates count with the case that goes on, in every release alike; and a case's parts of what is without a case
    together, by whichever data key they were told apart. Where that key is gone they may be anybody's. Of spending of
    one authority, once all of it is added."""
    authority_id = counted[0].authority_id
    into: dict[UUID | None, UUID] = {
        row.case_id: row.into_id for row in await rows_of(act, _DUPLICATES, authority=authority_id)
    }
    if unnamed := set().union(*(spending.unnamed for spending in counted)):
        into |= await _families(act, authority_id, unnamed, into)
    for spending in counted:
        for cases in (each for found in spending.found for each in found.values()):
            for case in cases.keys() & into.keys():
                cases[into[case]] = _sum([cases.pop(case), cases.get(into[case], Spent())])
        spending.lacks_digests |= any(into.get(each) == UNNAMED for each in spending.unnamed - {UNNAMED})
        spending.unnamed = {into.get(each, each) for each in spending.unnamed}


async def _families(
    act: Act, authority_id: UUID, digests: Set[UUID], into: Mapping[UUID | None, UUID]
) -> dict[UUID | None, UUID]:
    """For each of the digests the one that its family counts by; of those that no data key makes any more, that it is
    not known whose they are. In a thread: an authority has many cases."""
    query = "SELECT case_id FROM case_sketch WHERE authority_id = :authority"
    every = [row.case_id for row in await rows_of(act, query, authority=authority_id)]
    cases = [(case_id, into.get(case_id, case_id)) for case_id in every]
    known = await asyncio.to_thread(families, act.keys(), authority_id, cases, digests)
    return {digest: known.get(digest, UNNAMED) for digest in digests}


def _summed(cases: ByCell, homes: Mapping[str, str], spending: Spending) -> ByCell:
    """The cells of social spaces, and those of their lines, regions and county together."""
    parts: dict[Cell, list[Cell]] = defaultdict(list)
    for cell in cases:
        places = {cell.place, homes.get(cell.place, COUNTY), COUNTY}
        for place in places:
            for line in (cell.line, TOTAL):
                parts[Cell(place, line)].append(cell)
    beside_names = spending.beside_names(cases)
    if spending.lacks_digests:
        cases = beside_names
    return {cell: together(beside_names if cell.line == TOTAL else cases, of) for cell, of in parts.items()}
