"""The feed misses nothing under concurrent writers, and tells nothing twice.

Sequences are drawn in one order and committed in another. Whoever follows the highest sequence seen passes by the rows
of every transaction that was still under way; such a reader runs along here, and loses some each time."""

import asyncio
import random
from collections.abc import Callable

import asyncpg
import httpx
import pytest

from service.demo import ASSIGNMENT, AUTHORITY, MAIN_CASE, demo_id
from service.demo.people import LICHTUNG
from service.domain.values import new_id
from tests.assignments.conftest import Play
from tests.conftest import Database

pytestmark = pytest.mark.anyio
Client = Callable[..., httpx.AsyncClient]
WRITERS, WRITES = 12, 50
PATIENCE = 30.0  # seconds; other databases of the same server have transactions under way too

INSERT = """INSERT INTO delivery (authority_id, organisation_id, assignment_id, case_id, case_pseudonym, kind, subject,
                                  subject_id, version, removal, content)
            VALUES ($1, $2, $3, $4, 'PROBE', 'goal.change', 'goal', $5, 1, false, '{}')"""


async def write(database: Database, number: int, held: asyncio.Event) -> set[str]:
    """Transactions that overlap: what is drawn first is often committed last, and one at the very end."""
    connection, chance, written = await asyncpg.connect(database.superuser), random.Random(number), set[str]()  # noqa: S311
    place = (AUTHORITY, demo_id("organisation", LICHTUNG), ASSIGNMENT, MAIN_CASE)
    for turn in range(WRITES):
        async with connection.transaction():
            for _ in range(chance.choice((1, 1, 2))):
                row = new_id()
                await connection.execute(INSERT, *place, row)
                written.add(str(row))
                await asyncio.sleep(chance.random() * 0.02)
            if number == turn == 0:
                await held.wait()
    await connection.close()
    return written


async def follow(http: httpx.AsyncClient, after: str | None, found: list[str], done: Callable[[], bool]) -> None:
    while not done():
        asked = {"limit": "200"} | ({"after": after} if after else {})
        rows = (await http.get("/v1/deliveries", params=asked)).json()["items"]
        found += [row["subject_id"] for row in rows]
        after = rows[-1]["cursor"] if rows else after
        await asyncio.sleep(0.005)


async def follow_sequence(database: Database, found: list[str], done: Callable[[], bool]) -> None:
    connection = await asyncpg.connect(database.superuser)
    last = await connection.fetchval("SELECT max(sequence) FROM delivery")
    while not done():
        query = "SELECT sequence, subject_id FROM delivery WHERE sequence > $1 ORDER BY sequence"
        for row in await connection.fetch(query, last):
            last = row["sequence"]
            found.append(str(row["subject_id"]))
        await asyncio.sleep(0.005)
    await connection.close()


async def test_nothing_is_missed_and_nothing_is_told_twice(database: Database, client_of: Client) -> None:
    http, held, stop = client_of("integration_client"), asyncio.Event(), asyncio.Event()
    found, by_sequence, written = list[str](), list[str](), set[str]()
    start = await _end(http)

    def complete() -> bool:
        return stop.is_set() or (bool(written) and written <= set(found))

    readers = [
        asyncio.create_task(follow(http, start, found, complete)),
        asyncio.create_task(follow_sequence(database, by_sequence, complete)),
    ]
    writers = [asyncio.create_task(write(database, number, held)) for number in range(WRITERS)]
    await asyncio.gather(*writers[1:])
    held.set()  # now the first row of all is committed
    written |= set().union(*await asyncio.gather(*writers))
    asyncio.get_running_loop().call_later(PATIENCE, stop.set)
    await asyncio.gather(*readers)
    ours = [each for each in found if each in written]
    assert len(written) >= WRITERS * WRITES
    assert len(ours) == len(set(ours)) == len(written)
    assert len(written - set(by_sequence)) > 0, "as a feed by sequence alone does"


async def _end(http: httpx.AsyncClient) -> str | None:
    after = None
    while True:
        asked = {"limit": "200"} | ({"after": after} if after else {})
        rows = (await http.get("/v1/deliveries", params=asked)).json()["items"]
        if not rows:
            return after
        after = rows[-1]["cursor"]


async def test_a_change_while_a_provider_is_being_assigned_is_delivered(database: Database, client_of: Client) -> None:
    """Either in what is transmitted with the assignment, or after it: never between the two, and never in both."""
    play = await Play("rest", client_of, database).opened()
    goals = [await play.goal(f"Ziel {number}") for number in range(6)]
    assignments = list[str]()
    turns = 15

    async def reword(goal: str) -> None:
        for turn in range(turns):
            await play.do("case_worker", "change_goal", goal, turn + 1, statement=f"Ziel, {turn}. Fassung")

    async def assign() -> None:
        while len(assignments) < 12:
            assignments.append(await play.assigned())

    await asyncio.gather(*(reword(goal) for goal in goals), assign())
    for assignment in assignments:
        for goal in goals:
            versions = sorted(await _versions(play, assignment, goal, turns + 1))
            assert versions == list(range(versions[0], turns + 2)), "each version since, once"


async def _versions(play: Play, assignment: str, goal: str, last: int) -> list[int]:
    for _ in range(int(PATIENCE * 10)):
        rows = await play.deliveries("integration_client", assignment)
        versions = [row["version"] for row in rows if row["subject_id"] == goal]
        if last in versions:
            break
        await asyncio.sleep(0.1)
    return versions
