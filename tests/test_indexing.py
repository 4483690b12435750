"""Migrations of indices and policies keep nobody from reading, and nobody who reads keeps them from ending."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from time import sleep
from typing import Any

import psycopg
import pytest

from service.demo import MAIN_GOAL, PEOPLE
from tests.conftest import Database
from tests.domain.test_row_level_security import count, tell
from tests.migrating import migrated

FIRST, LAST, AS_THEMSELVES = "my_cases_in_order", "without_old_orders", "as_themselves"
AS_BEFORE = (
    "DROP INDEX case_access_my_cases",
    "DROP INDEX goal_order",
    "CREATE INDEX case_access_actor_id ON case_access (actor_id)",
    "CREATE INDEX goal_case_id ON goal (case_id)",
    "CREATE INDEX audit_entry_cases ON audit_entry USING gin (cases)",
    "ALTER POLICY goal_select ON goal USING (false)",
)
INDICES = """SELECT indexrelid::regclass::text, indisvalid FROM pg_index
             WHERE indrelid IN ('case_access'::regclass, 'goal'::regclass, 'audit_entry'::regclass)"""
WAITING = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def before(own_database: Database) -> Database:
    with psycopg.connect(own_database.superuser, autocommit=True) as connection:
        for statement in AS_BEFORE:
            connection.execute(statement.encode())
    return own_database


@contextmanager
def reading(database: Database, *tables: str) -> Iterator["psycopg.Connection[Any]"]:
    """Somebody in a transaction that has read them and goes on."""
    with psycopg.connect(database.superuser) as connection:
        for table in tables:
            connection.execute(f"SELECT count(*) FROM {table}".encode())
        yield connection


def waited_for(database: Database, begun: "Future[None]", statement: str) -> None:
    for _ in range(400):
        if any(query.startswith(statement) for (query,) in database.rows(WAITING)):
            return
        if begun.done():
            begun.result()
            break
        sleep(0.01)
    raise AssertionError(f"nothing waits in {statement}")


def test_whoever_reads_goes_on_and_the_rows_stay(before: Database) -> None:
    """A table's policy waits for whoever reads it, alone; an index that goes, with nobody waiting for it."""
    goals = before.rows("SELECT * FROM goal ORDER BY id")
    accesses = before.rows("SELECT * FROM case_access ORDER BY id")
    assert (MAIN_GOAL in {row[0] for row in before.rows("SELECT id FROM goal")}, len(accesses) > 2) == (True, True)
    with ThreadPoolExecutor(1) as beside, reading(before, "case_access") as long:
        with reading(before, "goal") as short:
            begun = beside.submit(migrated, before, FIRST, LAST)
            waited_for(before, begun, "ALTER POLICY goal_select")
            at_once(before, "login", "answer", "case_file", "step")
            short.commit()
        waited_for(before, begun, "DROP INDEX CONCURRENTLY")
        at_once(before, "login", "case_access", "goal", "audit_entry")
        long.commit()
        begun.result(60)
    assert before.rows("SELECT * FROM goal ORDER BY id") == goals
    assert before.rows("SELECT * FROM case_access ORDER BY id") == accesses
    made_new(before)


def test_what_was_broken_off_is_begun_anew(before: Database) -> None:
    """With half an index left of the first try, and what it had done done."""
    with psycopg.connect(before.superuser, autocommit=True) as connection:
        connection.execute("CREATE INDEX goal_order ON goal (case_id, id)")
        connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'goal_order'::regclass")
        connection.execute("DROP INDEX goal_case_id")
    migrated(before, FIRST, LAST)
    migrated(before, FIRST, LAST)
    made_new(before)


def at_once(database: Database, *tables: str) -> None:
    with psycopg.connect(database.superuser) as connection:
        connection.execute("SET lock_timeout = '1s'")
        for table in tables:
            connection.execute(f"SELECT count(*) FROM {table}".encode())
        connection.rollback()


def made_new(database: Database) -> None:
    indices = dict(database.rows(INDICES))
    assert indices["case_access_mine"] is indices["goal_order"] is True
    assert not {"case_access_actor_id", "goal_case_id", "audit_entry_cases"} & indices.keys()
    with psycopg.connect(database.application) as connection:
        tell(connection, PEOPLE["case_worker"])
        assert count(connection, "goal") > 0, "the policy is there, too"
        connection.rollback()


def test_an_index_makes_room_for_another_while_everybody_reads(own_database: Database) -> None:
    """Only the policy waits for those who are reading the accesses, in a turn of its own. Twice, as one who was broken
    off."""
    policy = "authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)"
    with psycopg.connect(own_database.superuser, autocommit=True) as connection:
        for statement in (
            "DROP INDEX case_access_my_cases",
            "DROP INDEX case_access_themselves",
            "CREATE INDEX case_access_mine ON case_access (actor_id, case_id)",
            f"ALTER POLICY case_access_select ON case_access USING ({policy})",
        ):
            connection.execute(statement.encode())
    with ThreadPoolExecutor(1) as beside, reading(own_database, "case_access") as short:
        begun = beside.submit(migrated, own_database, AS_THEMSELVES, AS_THEMSELVES)
        waited_for(own_database, begun, "ALTER POLICY case_access_select")
        at_once(own_database, "login", "participant")
        short.commit()
        begun.result(60)
    migrated(own_database, AS_THEMSELVES, AS_THEMSELVES)
    indices = dict(own_database.rows(INDICES))
    assert indices["case_access_my_cases"] is indices["case_access_themselves"] is True
    assert "case_access_mine" not in indices
    with psycopg.connect(own_database.application) as connection:
        tell(connection, PEOPLE["case_worker"])
        assert count(connection, "goal") > 0
        connection.rollback()
