"""What finding the social space of a place costs among fifty thousand outlines, beside reading one by its id."""

import asyncio
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from random import Random
from statistics import median
from typing import Any
from uuid import UUID

import psycopg
from sqlmodel import SQLModel

from service.bench.goals import Goal
from service.bench.ground import SUPERUSER, Ground, Say
from service.demo.identity import FIRST_DAY
from service.demo.loading import load
from service.demo.territory import AUTHORITY
from service.domain.plan import Plan
from service.domain.reading import Statement
from service.domain.selection import Face, Listing, Rows, Selection, Single, Value
from service.domain.spaces.areas import area_rows
from service.domain.spaces.geometry import Outline, units
from service.domain.spaces.locating import LocatedSocialSpaceView
from service.domain.spaces.model import SocialSpace
from service.domain.spaces.views import SocialSpaceView
from service.domain.values import new_id
from service.domain.views import ONE, VIEWS, Arguments, View
from service.storage.postgres import Storage

ACROSS, DOWN, CORNERS = 250, 200, 24  # so many outlines, and corners of each
WEST, SOUTH, STEP = 9.0, 50.0, 0.01  # degrees: somewhere in Germany where the demo has nothing
BATCHES, BATCH = 20, 200


@dataclass(frozen=True)
class Places:
    """Milliseconds: of a lookup, and of a social space read by its id."""

    outlines: int
    lookup: float
    by_id: float
    ratio: float

    def goals(self) -> Iterator[Goal]:
        yield Goal(f"point lookup: a place among {self.outlines:,} outlines, of a read by id", self.ratio, 2)


def measure(ground: Ground, say: Say) -> Places:
    return asyncio.run(_measure(ground, say))


async def _measure(ground: Ground, say: Say) -> Places:
    say(f"Drawing {ACROSS * DOWN:,} outlines")
    spaces = _fill(ground)
    storage = await Storage(ground.address(), read_connections=1).open()
    try:
        say("Asking")
        lookups, reads, ratios = list[float](), list[float](), list[float]()
        random, plans = Random(1), (_lookup(), _by_id())  # noqa: S311
        for number in range(BATCHES + 1):
            chosen = [random.randrange(len(spaces)) for _ in range(BATCH)]
            lookup = median([await _asked(storage, plans[0], _place(each), spaces[each]) for each in chosen])
            read = median([await _asked(storage, plans[1], {"id": spaces[each]}, spaces[each]) for each in chosen])
            if number:  # the first only warms up
                lookups.append(lookup)
                reads.append(read)
                ratios.append(lookup / read)
        return Places(len(spaces), median(lookups) * 1e3, median(reads) * 1e3, median(ratios))
    finally:
        await storage.close()


@dataclass(frozen=True)
class Asking:
    """A statement, and what in it is told anew each time."""

    plan: Plan
    site: Listing | Single


def _plain(view: View) -> Selection:
    return {name: Value(column) for name, column in view.columns.items() if column.shown is None and name != "withheld"}


def _lookup() -> Asking:
    view = VIEWS[LocatedSocialSpaceView]
    place = {"longitude": WEST, "latitude": SOUTH, "on": _today()}
    site = Listing(view, {"items": Rows(_plain(view))}, Arguments(50, where=place))
    return Asking(Statement(Face.REST).plan({"it": site}), site)


def _by_id() -> Asking:
    view = VIEWS[SocialSpaceView]
    site = Single(view, dict(_plain(view)), arguments=ONE.narrowed(id=AUTHORITY))
    return Asking(Statement(Face.REST).plan({"it": site}), site)


async def _asked(storage: Storage, asking: Asking, where: dict[str, Any], wanted: UUID) -> float:
    given = {asking.site: asking.site.arguments.narrowed(**where)}
    values = asking.plan.values(None, _today(), "0" * 32, given)
    started = time.perf_counter()
    row = await storage.read(asking.plan.sql, values)
    taken = time.perf_counter() - started
    assert str(wanted).encode() in bytes(row[0]), "the right one was found"
    return taken


def _today() -> date:
    return datetime.now(UTC).date()


def _place(number: int) -> dict[str, Any]:
    """The middle of an outline, a little aside."""
    longitude, latitude = _middle(number)
    return {"longitude": longitude + STEP / 9, "latitude": latitude - STEP / 11, "on": _today()}


def _middle(number: int) -> tuple[float, float]:
    return WEST + number % ACROSS * STEP, SOUTH + number // ACROSS * STEP


def _outline(number: int) -> Outline:
    """A ragged round thing that reaches into the neighbours' bounds. In millionths of a degree."""
    longitude, latitude = _middle(number)
    corners = []
    for corner in range(CORNERS):
        turn = math.tau * corner / CORNERS
        reach = STEP * (0.45 + 0.15 * math.sin(5 * turn + number))
        corners.append((units(longitude + reach * math.cos(turn)), units(latitude + reach * math.sin(turn))))
    return ((tuple(corners),),)


def _rows(spaces: list[UUID]) -> Iterator[SQLModel]:
    since: tuple[date, None] = (FIRST_DAY, None)
    for number, id in enumerate(spaces):
        yield SocialSpace(id=id, authority_id=AUTHORITY, name=f"Planquadrat {number}", valid_from=FIRST_DAY)
        ids = {"id": new_id(), "social_space_id": id, "authority_id": AUTHORITY}
        yield from area_rows(ids, _outline(number), since, approximate=True, source="Made up to be measured")


def _fill(ground: Ground) -> list[UUID]:
    """The ids of the social spaces that were made."""
    spaces = [new_id() for _ in range(ACROSS * DOWN)]
    with psycopg.connect(ground.address(SUPERUSER)) as connection:
        load(connection, _rows(spaces))
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM (ANALYZE) social_space, social_space_area, social_space_area_ring")
    return spaces
