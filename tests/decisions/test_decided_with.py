"""With whom a decision was made stands with all that it has bound and foreseen, whoever wrote it down."""

import psycopg
import pytest

from service.demo import demo_id
from service.domain.decisions import decided_with
from service.domain.decisions.decided_with import name_second_professionals
from tests.conftest import Database
from tests.migrating import migrated

DECIDED = """UPDATE decision SET second_professional_id = %s
             WHERE outcome <> 'refused' AND decided_by_id <> %s RETURNING id, element_id"""
KEPT = """SELECT commitment_id FROM arrangement_element WHERE id = ANY(%s)
          UNION SELECT commitment_id FROM cost_share JOIN commitment ON commitment.id = commitment_id
          WHERE element_id = ANY(%s) AND granted_by IS NOT NULL"""
FORESEEN = """SELECT id, commitment_id FROM foreseen_commitment
              WHERE subject_id = ANY(%s) OR subject_id IN (SELECT id FROM cost_share WHERE element_id = ANY(%s))"""
NAMED = "SELECT id FROM {} WHERE granted_with = %s"
WITHOUT = "ALTER TABLE commitment DROP COLUMN granted_with; ALTER TABLE foreseen_commitment DROP COLUMN granted_with"


def test_what_was_bound_before_says_with_whom_it_was_decided(
    own_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the migration; and of what older servers bind after it, by the next `sozialraum migrate`."""
    colleague = demo_id("actor", "second_case_worker")
    decided = own_database.rows(DECIDED, colleague, colleague)
    decisions, elements = ([row[place] for row in decided] for place in (0, 1))
    foreseen = own_database.rows(FORESEEN, decisions, elements)
    kept = {id for (id,) in own_database.rows(KEPT, elements, elements)} | {bound for _, bound in foreseen}
    kept.discard(None)
    assert len(kept) > 3
    assert len(foreseen) > 0
    with psycopg.connect(own_database.superuser) as connection:
        connection.execute(WITHOUT.encode())
    monkeypatch.setattr(decided_with, "BATCH", 2)  # so that it takes several
    migrated(own_database, "granted_with", "granted_with_looked_through")

    def named(table: str) -> set[object]:
        return {id for (id,) in own_database.rows(NAMED.format(table), colleague)}

    assert named("commitment") == kept
    assert named("foreseen_commitment") == {id for id, _ in foreseen}
    own_database.rows("UPDATE commitment SET granted_with = NULL WHERE id = %s RETURNING 1", min(kept))
    with psycopg.connect(own_database.superuser, autocommit=True) as connection:
        assert [name_second_professionals(connection), name_second_professionals(connection)] == [1, 0]
    assert named("commitment") == kept
