"""What was there before stays, and indices of large tables are there in the end, whatever was broken off."""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from time import sleep
from uuid import uuid4

import psycopg
import pytest

from service.demo import AUTHORITY
from service.demo.people import PEOPLE
from service.storage.embedded import OWNER
from service.storage.migration import migrate
from tests.conftest import Database
from tests.migrating import migrated

MADE = ("posting_from_across", "posting_to_across", "commitment_measure_id", "commitment_allocation_id")
VALID = "SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relname = ANY(%s) AND indisvalid"


def test_an_index_that_was_broken_off_is_made_anew_and_no_other(own_database: Database) -> None:
    with psycopg.connect(own_database.superuser, autocommit=True) as connection:
        connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'posting_to_across'::regclass")
        connection.execute("DROP INDEX commitment_measure_id")
    whole = "SELECT 'posting_from_across'::regclass::oid::int"
    before = own_database.rows(whole)
    migrated(own_database, "postings_of_a_figure", "postings_of_a_figure")
    assert {name for (name,) in own_database.rows(VALID, list(MADE))} == {*MADE}
    assert own_database.rows(whole) == before


@pytest.mark.parametrize(("state", "unit"), [("queued", "days"), ("cancelled", "days"), ("done", "releases")])
def test_a_job_that_goes_on_tells_its_days_and_one_that_is_done_what_it_counted(
    own_database: Database, state: str, unit: str
) -> None:
    job = uuid4()
    own_database.rows(
        """INSERT INTO job (id, authority_id, version, kind, state, said, unit, done, findings, longest, cancel_asked,
                            started_by)
           VALUES (%s, %s, 1, 'release_figures', %s, '{}', 'releases', 0, 0, 0, false, %s) RETURNING id""",
        job,
        AUTHORITY,
        state,
        PEOPLE["controller"].actor_id,
    )
    migrated(own_database, "counted_by_days", "counted_by_days")
    assert own_database.rows("SELECT unit FROM job WHERE id = %s", job) == [(unit,)]


def test_whoever_waits_for_another_migration_holds_up_no_index(own_database: Database) -> None:
    with psycopg.connect(own_database.superuser, autocommit=True) as connection:
        connection.execute("DROP INDEX posting_to_across")
        connection.execute(f"GRANT CREATE ON SCHEMA public TO {OWNER}".encode())
        connection.execute("UPDATE alembic_version SET version_num = '0096'")
    waiting, second = Event(), list[Future[None]]()
    with ThreadPoolExecutor() as others:

        def told(line: str) -> None:
            """Before the one that makes indices, somebody else comes."""
            if not second:
                second.append(others.submit(migrate, own_database.owner, lambda line: waiting.set(), "0097"))
                assert waiting.wait(60)
                sleep(0.5)

        migrate(own_database.owner, told, "0097")
        second[0].result(60)
    assert {name for (name,) in own_database.rows(VALID, list(MADE))} == {*MADE}


BEFORE_GIVEN_UP = """
    DROP TABLE transfer_position;
    ALTER TABLE granted_help DROP COLUMN unbound_from;
    ALTER TABLE overspend_procedure DROP COLUMN forecast_id;
    ALTER TABLE commitment DROP COLUMN confirmed_by;
    DROP POLICY frame_share_update ON frame_share;
    ALTER TABLE frame_share DROP COLUMN version, DROP COLUMN created_at, DROP COLUMN updated_at, DROP COLUMN state,
        DROP COLUMN given_up_because, DROP COLUMN given_up_by, DROP COLUMN given_up_on, DROP COLUMN accepted_by,
        DROP COLUMN accepted_on;
"""


def test_what_was_secured_stays_so_and_servers_of_before_go_on_securing(own_database: Database) -> None:
    shares = "SELECT id, frame_id, organisation_id, amount FROM frame_share ORDER BY id"
    before = own_database.rows(shares)
    assert before
    with psycopg.connect(own_database.superuser) as connection:
        connection.execute(BEFORE_GIVEN_UP.encode())
    migrated(own_database, "given_up", "word_on_transfers")
    assert own_database.rows(shares) == before
    assert own_database.rows("SELECT DISTINCT state, version, accepted_by FROM frame_share") == [("secured", 1, None)]
    assert own_database.rows("SELECT count(*) FROM commitment WHERE confirmed_by IS NOT NULL") == [(0,)]
    of_before = """
        INSERT INTO frame_share (authority_id, social_space_id, id, frame_id, fiscal_year, organisation_id, amount)
        SELECT authority_id, social_space_id, gen_random_uuid(), frame_id, 2099, organisation_id, 1
        FROM frame_share LIMIT 1 RETURNING state"""
    assert own_database.rows(of_before) == [("secured",)]
