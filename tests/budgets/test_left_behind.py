"""Invoices that imports had entered and left behind, before these took them along: the migration takes them now."""

import psycopg

from tests.conftest import Database
from tests.migrating import migrated

AS_BEFORE = """
ALTER TABLE invoice DROP COLUMN import_id CASCADE;
REVOKE DELETE ON invoice FROM sozialraum_app;
INSERT INTO invoice (id, authority_id, organisation_id, number, compared_number, issued_on, amount, proposed,
                     entered_by, version)
SELECT booking_id, part.authority_id, organisation_id, invoice_number, compared_number, issued_on, invoice_amount, 0,
       imported_by, 1
FROM booking_import AS import JOIN booking_import_row AS part ON part.job_id = import.checked_job_id
WHERE import.state = 'checked'
"""
BY_HAND = """
INSERT INTO event (at, kind, subject, subject_id, version, actor_id, authority_id)
SELECT now(), 'invoice.enter', 'invoice', id, 1, entered_by, authority_id FROM invoice WHERE id = %s
"""
LEFT = """SELECT id FROM invoice WHERE id IN (SELECT booking_id FROM booking_import_row) ORDER BY id"""


def test_what_imports_have_left_behind_goes_and_what_was_entered_by_hand_stays(own_database: Database) -> None:
    with psycopg.connect(own_database.superuser) as connection:
        connection.execute(AS_BEFORE.encode())
        (kept,), (_,) = connection.execute(LEFT.encode()).fetchall()
        connection.execute(BY_HAND.encode(), [kept])
    migrated(own_database, "given_back", "given_back")
    assert own_database.rows(LEFT) == [(kept,)]
    assert own_database.rows("SELECT count(*) FROM invoice WHERE import_id IS NOT NULL") == [(0,)]
