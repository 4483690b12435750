"""What was granted before it was written down for which days: the migration finds it in decisions and their shares."""

import psycopg

from service.storage.embedded import OWNER
from tests.conftest import Database
from tests.migrating import migrated

GRANTED = """SELECT subject_id, line, amount, granted_on, starts_on, covered_until, open_ended, ended_on,
                    social_space_id FROM granted_help"""
BEFORE = """
    DROP VIEW told_indicator_value, released_indicator;
    DROP TABLE released_indicator_value, indicator_release, frame_share, granted_help;
    ALTER TABLE indicator_party DROP COLUMN public_by, DROP COLUMN public_on;
    ALTER TABLE deviation_rule DROP COLUMN threshold_amount;
    DROP VIEW worked_part;
    ALTER TABLE forecast_line DROP COLUMN going_on, DROP COLUMN going_on_grants;
    ALTER TABLE commitment DROP COLUMN case_digest;
    ALTER TABLE foreseen_commitment DROP COLUMN case_digest;
"""


def test_what_was_granted_before_goes_on_as_if_it_had_been_written_down(own_database: Database) -> None:
    written = own_database.rows(GRANTED)
    assert len({line for _, line, *_ in written}) > 1, "shares of one, too"
    (view,) = own_database.rows("SELECT pg_get_viewdef('worked_part')")[0]
    with psycopg.connect(own_database.superuser) as connection:
        connection.execute(BEFORE.encode())
        connection.execute("CREATE VIEW worked_part AS SELECT 1 AS key")
        connection.execute(f"ALTER VIEW worked_part OWNER TO {OWNER}".encode())
    assert "going_on" in view
    migrated(own_database, "relied_on", "digests_looked_through")
    found = own_database.rows(GRANTED)
    assert set(written) <= set(found), "what decisions wrote then, the migration writes now"
    loaded = own_database.rows(
        """SELECT count(*) FROM decision WHERE outcome <> 'refused' AND amount IS NOT NULL AND annulled_on IS NULL
           AND NOT EXISTS (SELECT FROM cost_share WHERE cost_share.element_id = decision.element_id)"""
    )
    shares = own_database.rows(
        """SELECT count(*) FROM cost_share WHERE granted > 0 AND source IN ('case_specific', 'case_unspecific')
           AND number = (SELECT max(number) FROM cost_share AS other WHERE other.element_id = cost_share.element_id)"""
    )
    assert len(found) == loaded[0][0] + shares[0][0]
    assert own_database.rows("SELECT count(*) FROM worked_part WHERE made_of = 'going_on'") == [(0,)]
