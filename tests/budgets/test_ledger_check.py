"""`sozialraum check ledger`: sound as the operations leave it; tampered with, it says where."""

import json
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from service.cli.check import check
from service.demo import AUTHORITY
from service.domain.budgets.proving import differences
from service.settings import settings
from tests.conftest import Database

COMMITMENT = "(SELECT id FROM commitment WHERE state = 'partly_booked' ORDER BY id LIMIT 1)"
BOOKING = "(SELECT id FROM booking WHERE state = 'released' AND commitment_id IS NOT NULL ORDER BY id LIMIT 1)"
HELD = """(SELECT id FROM ledger_account WHERE kind = 'committed' AND balance > 0
                     AND EXISTS (SELECT FROM posting WHERE from_account_id = ledger_account.id) ORDER BY id LIMIT 1)"""
POSTED = f"(SELECT sequence FROM posting WHERE subject_id = {BOOKING} LIMIT 1)"
DAY = f"account_id = {HELD} AND value_on = (SELECT min(value_on) FROM ledger_day WHERE account_id = {HELD})"

TAMPERED = {
    "a balance": ("balances", f"UPDATE ledger_account SET balance = balance + 0.01 WHERE id = {HELD}"),
    "a posting's amount": ("balances", f"UPDATE posting SET amount = amount + 0.01 WHERE sequence = {POSTED}"),
    "a posting gone": ("balances", f"DELETE FROM posting WHERE sequence = {POSTED}"),
    "a posting to nowhere": (
        "balances",
        f"UPDATE posting SET to_account_id = gen_random_uuid() WHERE sequence = {POSTED}",
    ),
    "a day": ("days", f"UPDATE ledger_day SET moved = moved + 1 WHERE {DAY}"),
    "a day gone": ("days", f"DELETE FROM ledger_day WHERE {DAY}"),
    "a value date": ("days", f"UPDATE posting SET value_on = value_on + 1 WHERE sequence = {POSTED}"),
    "a commitment": ("bound", f"UPDATE commitment SET amount = amount + 5 WHERE id = {COMMITMENT}"),
    "what is booked": ("booked", f"UPDATE commitment SET booked = booked - 5 WHERE id = {COMMITMENT}"),
    "a booking": ("spent", f"UPDATE booking SET amount = amount + 5 WHERE id = {BOOKING}"),
    "a booking's state": ("spent", f"UPDATE booking SET state = 'withdrawn' WHERE id = {BOOKING}"),
    "a supplement": ("allocated", "UPDATE allocation SET amount = amount + 5 WHERE kind = 'supplement'"),
    "what is kept for a purpose": (
        "kept",
        "UPDATE ledger_account SET earmarked = 1 WHERE kind = 'free'",
    ),
    "a procedure": ("overspent", "UPDATE overspend_procedure SET state = 'closed'"),
    "what is reserved": (
        "held for",
        "UPDATE commitment SET state = 'reserved' WHERE state = 'committed' AND booked + released = 0",
    ),
    "what was foreseen": (
        "foreseen",
        f"UPDATE foreseen_commitment SET state = 'bound', commitment_id = {COMMITMENT} WHERE state = 'foreseen'",
    ),
    "recorded work": (
        "billed",
        f"""INSERT INTO service_record
            SELECT work.* FROM commitment AS bound, jsonb_populate_record(NULL::service_record,
                to_jsonb(bound) || jsonb_build_object('commitment_id', bound.id, 'id', uuidv7(), 'kind', 'flat_rate',
                'month', '2026-01-01', 'rule_id', (SELECT id FROM valuation_rule LIMIT 1), 'rate', bound.amount,
                'state', 'billed', 'recorded_by', bound.granted_by, 'recorded_at', now())) AS work
            WHERE bound.id = {COMMITMENT}""",
    ),
    "an amount moved back in time, with its day": (
        "held",
        f"""WITH first AS (SELECT min(value_on) - 1 AS day FROM ledger_day WHERE account_id = {HELD}),
                 moved AS (
                     UPDATE posting SET value_on = first.day FROM first
                     WHERE sequence = (SELECT min(sequence) FROM posting WHERE from_account_id = {HELD})
                     RETURNING from_account_id, to_account_id, amount, authority_id, value_on
                 ), was AS (SELECT value_on FROM posting WHERE sequence = (
                     SELECT min(sequence) FROM posting WHERE from_account_id = {HELD})),
                 side AS (
                     SELECT from_account_id AS id, -amount AS amount, authority_id, value_on FROM moved
                     UNION ALL SELECT to_account_id, amount, authority_id, value_on FROM moved
                 ), taken AS (
                     UPDATE ledger_day SET moved = ledger_day.moved - side.amount FROM side, was
                     WHERE ledger_day.account_id = side.id AND ledger_day.value_on = was.value_on
                 )
            INSERT INTO ledger_day (account_id, value_on, authority_id, moved)
            SELECT id, value_on, authority_id, amount FROM side
            ON CONFLICT (account_id, value_on) DO UPDATE SET moved = ledger_day.moved + EXCLUDED.moved""",
    ),
}


def checked(database: Database, *options: str) -> tuple[int, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", database.application)
        patch.delenv("DATABASE_OWNER_URL", raising=False)
        settings.cache_clear()
        done = CliRunner().invoke(check, ["ledger", *options])
    settings.cache_clear()
    return done.exit_code, done.output


def test_the_demo_county_s_ledger_is_sound(own_database: Database) -> None:
    accounts, postings = own_database.rows(
        "SELECT (SELECT count(*) FROM ledger_account), (SELECT count(*) FROM posting)"
    )[0]
    assert postings > 100
    code, said = checked(own_database, "--json")
    assert code == 0, said
    assert json.loads(said) == {"sound": True, "accounts": accounts, "postings": postings, "difference": None}
    assert checked(own_database) == (0, f"{accounts} accounts, {postings} postings, all sound.\n")


def test_each_kind_of_tampering_is_named(own_database: Database) -> None:
    for about, (named, change) in TAMPERED.items():
        with psycopg.connect(own_database.superuser) as connection:
            assert connection.execute(change.encode()).rowcount >= 1, about
            found = difference(connection, own_database)
            assert found is not None, about
            assert found["check"] == named, (about, found)
            assert found["expected"] != found["found"], about
            connection.rollback()
    assert checked(own_database)[0] == 0


def difference(connection: "psycopg.Connection[Any]", database: Database) -> dict[str, Any] | None:
    """Within the transaction that tampers, as nobody else sees it."""
    found = next(differences(connection, AUTHORITY), None)
    return vars(found) if found is not None else None


@pytest.mark.parametrize("about", ["a balance", "a commitment", "a procedure"])
def test_it_says_where_and_ends_with_1(own_database: Database, about: str) -> None:
    with psycopg.connect(own_database.superuser) as connection:
        connection.execute(TAMPERED[about][1].encode())
    code, said = checked(own_database)
    assert code == 1
    assert said.startswith("agreement ")
    for word in ("line ", ", account ", ": expected ", ", found "):
        assert word in said
    code, said = checked(own_database, "--json")
    told = json.loads(said)
    assert (code, told["sound"]) == (1, False)
    assert told["difference"]["check"] == TAMPERED[about][0]
