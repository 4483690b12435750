"""What is mine costs the same however many cases others have: counted in rows and pages that PostgreSQL looks at, which
a busy machine does not change."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from service.bench.statements import Statements
from service.bench.workloads import ADDRESSEE, MANY_CASES, READER, Asked, Workload, in_graphql
from service.demo import MAIN_CASE, PEOPLE
from service.demo.scale import add_cases
from service.domain.access.model import calendar_login
from service.settings import Settings
from tests.conftest import Database

pytestmark = pytest.mark.anyio
SECRET = "of-the-case-worker"
ASKED = [
    Workload("next steps", "", ADDRESSEE, [Asked("/v1/me/next-steps")]),
    Workload("what is due", "", READER, [Asked("/v1/me/due-items")]),
    Workload("an addressee's appointments", "", ADDRESSEE, [Asked("/v1/me/appointments")]),
    Workload("a case worker's appointments", "", READER, [Asked("/v1/me/appointments")]),
    Workload("a calendar", "", READER, [Asked(f"/v1/calendars/{SECRET}.ics")]),
]
FEW, MORE = 1_000, 3_000  # the first thousand have all that is the case worker's
FEW_PAGES = 8  # what is no larger than that is read whole, and rightly so
SMALL = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relpages <= %s"
PAGES = 1.3  # an index over four times as much may be a level higher, and another plan be taken


async def test_what_is_mine_costs_the_same_however_many_cases_others_have(
    own_database: Database, settings: Settings, token_of: Callable[..., str]
) -> None:
    add_cases(own_database.owner, FEW, lambda done: None)
    own_database.rows(
        "INSERT INTO login (id, authority_id, version, actor_id, key) SELECT %s, authority_id, 1, id, %s FROM actor"
        " WHERE id = %s RETURNING id",
        *(uuid4(), calendar_login(SECRET), PEOPLE[READER].actor_id),
    )
    statements = Statements(settings)
    await statements.learn(own_database.application, ASKED, {who: token_of(who) for who in (ADDRESSEE, READER)})
    after_a_while_of_quiet(own_database)
    few = {name: looked_at(own_database, *asked[0]) for name, asked in statements.asked.items()}
    add_cases(own_database.owner, MORE, lambda done: None)
    after_a_while_of_quiet(own_database)
    for name, asked in statements.asked.items():
        rows, pages = looked_at(own_database, *asked[0])
        before, pages_before = few[name]
        small = {table for (table,) in own_database.rows(SMALL, FEW_PAGES)}
        grown = {t: (before[t], count) for t, count in rows.items() if count > before[t] and t not in small}
        assert not grown, f"{name}: rows looked at, before and after: {grown}"
        assert pages <= pages_before * PAGES, name


async def test_one_case_looks_at_none_of_my_others(
    own_database: Database, settings: Settings, token_of: Callable[..., str]
) -> None:
    add_cases(own_database.owner, FEW, lambda done: None)
    asked = Workload("one", "", READER, [Asked(f"/v1/cases/{MAIN_CASE}")])
    statements = Statements(settings)
    await statements.learn(own_database.application, [asked], {READER: token_of(READER)})
    rows, _ = looked_at(own_database, *statements.asked["one"][0])
    assert rows["case_file"] == 1
    assert rows["case_access"] < 10, "the one access, asked for by the rules and by row-level security"


async def test_whom_i_am_is_not_looked_for_among_all_that_is_mine(
    own_database: Database, settings: Settings, token_of: Callable[..., str]
) -> None:
    """It is asked of goals that are not for all; whatever PostgreSQL believes of how many accesses somebody has."""
    add_cases(own_database.owner, FEW, lambda done: None)
    asked = Workload("page", "", READER, [in_graphql(MANY_CASES, first=5)])
    statements = Statements(settings)
    await statements.learn(own_database.application, [asked], {READER: token_of(READER)})
    root = carried_out(own_database, *statements.asked["page"][0])
    (found,) = (each for each in nodes(root) if each.get("Index Name") == "case_access_themselves")
    assert found["Actual Rows"] == 0, "who leads a case is nobody in it"


def after_a_while_of_quiet(database: Database) -> None:
    """All of it, or what an index says by itself has to be looked up in the table here and not there. Twice: what is
    empty at a table's end is given back by the first, and counts for it as not looked through."""
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("VACUUM ANALYZE")


def looked_at(database: Database, sql: str, values: Any) -> tuple[Counter[str], int]:
    """Rows that each table or index gave, those included that a filter then left out; and pages in all."""
    root = carried_out(database, sql, values)
    rows = Counter[str]()
    for node in nodes(root):
        if source := node.get("Relation Name") or node.get("Index Name"):
            removed = sum(node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck"))
            count = round(node["Actual Loops"] * (node["Actual Rows"] + removed))
            # A plan that reads one more small table makes the set of my cases once more, which says nothing of others'.
            rows[source] = max(rows[source], count) if source == "case_access" else rows[source] + count
    return rows, root["Shared Hit Blocks"] + root["Shared Read Blocks"]


def carried_out(database: Database, sql: str, values: Any) -> Mapping[str, Any]:
    """The plan that the service has made once for all values, and what came of it."""
    with psycopg.connect(database.application, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute("SET plan_cache_mode = force_generic_plan; SET jit = off; SET timezone = 'UTC'")
        connection.execute(f"PREPARE asked AS {sql}".encode())
        given = ", ".join("%s" for _ in values)
        found = connection.execute(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE asked({given})".encode(), list(values)
        ).fetchone()
    assert found is not None
    root: Mapping[str, Any] = found[0][0]["Plan"]
    return root


def nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for each in node.get("Plans", ()):
        yield from nodes(each)
