"""What money is bound for is said in the language of whoever reads it."""

from pathlib import Path

import psycopg

from service.domain.budgets.purposes import OPEN_TO_OTHERS, PURPOSES
from service.domain.decisions.model import SupportKind
from service.domain.decisions.wording import SUPPORT_IN_A_CASE
from service.domain.values import Language
from tests.conftest import Database


def test_what_money_is_bound_for_has_words_in_every_language() -> None:
    assert PURPOSES.keys() == {*SupportKind, SUPPORT_IN_A_CASE, OPEN_TO_OTHERS}
    assert all(set(said) == set(Language) and len(set(said.values())) == len(Language) for said in PURPOSES.values())


def test_what_was_said_in_german_alone_is_a_code_now(own_database: Database) -> None:
    """As the migration finds it; what somebody wrote stays theirs."""
    german = [(kind, said[Language.DE]) for kind, said in PURPOSES.items()]
    with psycopg.connect(own_database.superuser) as connection:
        connection.execute("ALTER TABLE commitment DROP CONSTRAINT commitment_purpose_check")
        connection.execute("ALTER TABLE allocation DROP CONSTRAINT allocation_reason_check")
        for kind, said in german:
            old = "UPDATE commitment SET purpose = %s, purpose_kind = NULL WHERE purpose_kind = %s"
            connection.execute(old, [said, kind])
        theirs = connection.execute("SELECT id, purpose FROM commitment WHERE case_id IS NULL ORDER BY id").fetchall()
        (one,) = connection.execute("SELECT id FROM commitment WHERE case_id IS NOT NULL LIMIT 1").fetchall()
        connection.execute("UPDATE commitment SET purpose = 'Ferien' WHERE id = %s", one)
        connection.execute(
            "UPDATE allocation SET reason = 'Übertrag aus ' || carried_from, carried_from = NULL"
            " WHERE carried_from IS NOT NULL"
        )
        for table, column in (("commitment", "purpose_kind"), ("allocation", "carried_from")):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}".encode())
        connection.commit()
        file = next((Path(__file__).parents[2] / "migrations" / "versions").glob("*_said.sql"))
        connection.execute(file.read_bytes())
        found = "SELECT purpose, purpose_kind FROM commitment WHERE case_id IS NOT NULL"
        said_now = connection.execute(found).fetchall()
        assert (
            connection.execute("SELECT id, purpose FROM commitment WHERE case_id IS NULL ORDER BY id").fetchall()
            == theirs
        )
    assert ("Ferien", None) in said_now
    assert len(said_now) > 1
    assert {purpose for purpose, _ in said_now} == {"Ferien", None}
