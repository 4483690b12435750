"""Outlines that said in English, beside whom to credit, that they were computed."""

from service.demo.territory import CREDIT
from tests.conftest import Database
from tests.migrating import migrated


def test_they_credit_whose_they_were_computed_from_and_no_more(own_database: Database) -> None:
    before = f"Computed from centre points: {CREDIT}"
    ((one,), (other,), (surveyed,)) = own_database.rows("SELECT id FROM social_space_area ORDER BY id LIMIT 3")
    change = "UPDATE social_space_area SET source = %s, approximate = %s WHERE id = %s RETURNING 1"
    own_database.rows(change, before, True, one)
    own_database.rows(change, f"© Amt; {before}", True, other)
    own_database.rows(change, before, False, surveyed)
    migrated(own_database, "credits", "credits")
    found = dict(own_database.rows("SELECT id, source FROM social_space_area"))
    assert [found[each] for each in (one, other, surveyed)] == [CREDIT, f"© Amt; {CREDIT}", before]
    forced = "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'social_space_area'"
    assert own_database.rows(forced) == [(True,)]
