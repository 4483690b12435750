"""What had begun before it was counted for its place: the migration counts it, again where it was broken off."""

import psycopg

from tests.conftest import Database
from tests.migrating import migrated

MARKED = """SELECT mark.id, mark.social_space_id, origin, household, mark.kind, mark.began_on
            FROM contribution_mark AS mark JOIN arrangement_element AS element ON mark.id = md5(element.id::text)::uuid
            ORDER BY mark.id"""
BEFORE = """
    DROP VIEW space_contribution;
    DROP TABLE contribution_mark;
    DROP FUNCTION mark_contribution, mark_begun, mark_annulled, mark_contribution_place CASCADE;
"""


def test_what_had_begun_before_is_counted_as_if_it_began_now(own_database: Database) -> None:
    written = own_database.rows(MARKED)
    begun = "SELECT count(*) FROM arrangement_element WHERE began_on IS NOT NULL"
    assert [(len(written),)] == own_database.rows(begun)
    assert len(written) > 3
    with psycopg.connect(own_database.superuser) as connection:
        connection.execute(BEFORE.encode())
    migrated(own_database, "contributions", "contributions")
    assert own_database.rows(MARKED) == written, "what triggers wrote, the migration writes"
    own_database.rows("DELETE FROM contribution_mark WHERE kind = 'specialist' RETURNING id")
    migrated(own_database, "contributions", "contributions")
    assert own_database.rows(MARKED) == written, "as often as it is called"
