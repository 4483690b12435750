"""What was there before stays, and indices of large tables are there in the end, whatever was broken off."""

from uuid import uuid4

import psycopg

from service.demo import AUTHORITY
from service.demo.people import PEOPLE
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


def test_jobs_that_counted_releases_stay_as_they_are(own_database: Database) -> None:
    job = uuid4()
    own_database.rows(
        """INSERT INTO job (id, authority_id, version, kind, state, said, unit, done, findings, longest, cancel_asked,
                            started_by)
           VALUES (%s, %s, 1, 'release_figures', 'done', '{}', 'releases', 1, 0, 0, false, %s) RETURNING id""",
        job,
        AUTHORITY,
        PEOPLE["controller"].actor_id,
    )
    migrated(own_database, "counted_by_days", "counted_by_days")
    assert own_database.rows("SELECT unit FROM job WHERE id = %s", job) == [("releases",)]
    assert own_database.rows("UPDATE job SET unit = 'days' WHERE id = %s RETURNING unit", job) == [("days",)]
