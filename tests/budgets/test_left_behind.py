"""What was there before: invoices that imports had left behind go with the migration, and years have what was usual."""

from decimal import Decimal

import psycopg
import pytest

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


def test_years_that_were_there_have_what_was_usual(own_database: Database) -> None:
    """Agreements, forecasts, settlements, bookings and commitments from before work was valued, money was kept for
    purposes, and help went on across the turn of the year."""
    before = """
        DROP VIEW worked_part;
        DROP TABLE foreseen_commitment, cost_share;
        ALTER TABLE booking DROP COLUMN service_record_id, DROP COLUMN hours;
        DROP TABLE service_record, valuation_rule;
        ALTER TABLE ledger_account DROP COLUMN earmarked;
        ALTER TABLE ledger_day DROP COLUMN earmarked;
        ALTER TABLE allocation DROP COLUMN earmark;
        ALTER TABLE commitment DROP COLUMN measure_id, DROP COLUMN allocation_id;
        ALTER TABLE forecast_line DROP COLUMN foreseen;
        ALTER TABLE budget_agreement DROP COLUMN process, DROP COLUMN documentation, DROP COLUMN billing;
        ALTER TABLE settlement_share DROP COLUMN payment;
        ALTER TABLE invoice DROP COLUMN payee_number, DROP COLUMN document_name, DROP COLUMN document_location,
            DROP COLUMN document_media_type, DROP COLUMN document_size, DROP COLUMN document_digest;
        ALTER TABLE settlement DROP COLUMN proved_by, DROP COLUMN reworked_by, DROP COLUMN reworked_on;
        DROP INDEX settlement_standing;
        ALTER TABLE settlement ADD CONSTRAINT settlement_agreement_id_key UNIQUE (agreement_id);
    """
    with psycopg.connect(own_database.superuser, autocommit=True) as connection:
        connection.execute(before.encode())
    migrated(own_database, "valuation", "paid_from")
    migrated(own_database, "looked_through", "looked_through")
    assert own_database.rows("SELECT conname FROM pg_constraint WHERE NOT convalidated") == []
    kept = own_database.rows("SELECT DISTINCT earmarked FROM ledger_account")
    work = own_database.rows("SELECT DISTINCT service_record_id, hours FROM booking")
    assert (kept, work) == ([(Decimal("0.00"),)], [(None, None)])
    duties = own_database.rows("SELECT DISTINCT process, documentation, billing FROM budget_agreement")
    assert duties == [(["agency", "providers"], ["lead_provider"], ["providers"])]
    assert {amount for (amount,) in own_database.rows("SELECT foreseen FROM forecast_line")} == {Decimal("0.00")}
    shares = own_database.rows("SELECT payment FROM settlement_share")
    assert shares, "a year was settled before"
    assert {payment for (payment,) in shares} == {None}
    standing = """INSERT INTO settlement SELECT (jsonb_populate_record(settlement, to_jsonb(settlement)
                  || jsonb_build_object('id', uuidv7(), 'state', %s::text))).* FROM settlement LIMIT 1 RETURNING 1"""
    with pytest.raises(psycopg.errors.UniqueViolation):
        own_database.rows(standing, "prepared")
    assert own_database.rows(standing, "reworked")
