"""Migrations that fill what they add do it beside everybody's work: a few rows at a time, and again where they were
broken off. And digests by which families are found are complete however they came to be missing or old."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from service.cli import commands
from service.demo import MAIN_GOAL
from service.domain.cases.known import digest_persons, digests_of
from service.domain.encrypting import encrypted_columns
from service.settings import settings
from service.storage.data_keys import DataKeys, new_key
from service.storage.reencrypting import proved
from tests.cases.test_migrated_cases import GOAL_IDS_UNDONE
from tests.conftest import KEYS, Database, data_keys
from tests.migrating import migrated

MANY = 3_000
Writing = psycopg.Connection[Any]

REPORTS = f"""
    ALTER TABLE endangerment_report DROP CONSTRAINT endangerment_report_encrypted_check;
    INSERT INTO endangerment_report SELECT new.* FROM (SELECT * FROM endangerment_report LIMIT 1) AS one,
        generate_series(1, {MANY}) AS number, jsonb_populate_record(NULL::endangerment_report,
            to_jsonb(one) || jsonb_build_object(
                'id', gen_random_uuid(), 'number', number, 'words', 'Es war laut.')) AS new"""
PEOPLE_ADDED = f"""
    DROP TABLE known_person, family_inquiry;
    WITH one AS (SELECT participant AS told, person FROM person JOIN participant ON participant.id = participant_id
                 WHERE kind = 'addressee' AND born_on IS NOT NULL LIMIT 1),
         added AS (INSERT INTO participant SELECT new.* FROM one, generate_series(1, {MANY}) AS number,
             jsonb_populate_record(told, jsonb_build_object(
                 'id', gen_random_uuid(), 'number', number, 'actor_id', NULL)) AS new
             RETURNING id)
    INSERT INTO person SELECT new.* FROM one, added,
        jsonb_populate_record(person, jsonb_build_object('participant_id', id)) AS new"""
ENDED = f"""
    WITH one AS (SELECT * FROM arrangement_element WHERE kind = 'own' LIMIT 1),
         added AS (INSERT INTO arrangement_element SELECT new.* FROM one, generate_series(1, {MANY}) AS number,
             jsonb_populate_record(NULL::arrangement_element, to_jsonb(one) || jsonb_build_object(
                 'id', gen_random_uuid(), 'number', number, 'state', 'ended', 'starts_on', NULL, 'ends_on', NULL,
                 'began_on', NULL, 'ended_on', '2026-03-01')) AS new
             RETURNING id, authority_id, case_id)
    INSERT INTO event (authority_id, at, kind, subject, subject_id, case_id, version, actor_id)
    SELECT authority_id, '2026-02-01', 'element.start', 'arrangement_element', id, case_id, 2, id FROM added"""
SERVING = f"""
    ALTER TABLE question DROP CONSTRAINT question_case_id_position_cycle_key, DROP COLUMN cycle;
    ALTER TABLE question ADD CONSTRAINT question_case_id_position_key UNIQUE (case_id, position);
    {";".join(GOAL_IDS_UNDONE)};
    INSERT INTO arrangement_element SELECT new.* FROM (SELECT * FROM arrangement_element WHERE kind = 'own' LIMIT 1)
        AS one, generate_series(1, {MANY}) AS number, jsonb_populate_record(NULL::arrangement_element,
            to_jsonb(one) || jsonb_build_object(
                'id', gen_random_uuid(), 'number', number, 'goal_id', '{MAIN_GOAL}')) AS new"""
FILLED: dict[str, tuple[str, str, str, str, str]] = {
    # what is there before; from which migration to which; how far it is; and what somebody else writes meanwhile
    "encrypted": (
        *(REPORTS, "encrypt", "encrypt"),
        "SELECT count(*) FROM endangerment_report WHERE words LIKE 'e1.%'",
        "UPDATE endangerment_report SET version = version + 1 WHERE id = (SELECT id FROM endangerment_report"
        " WHERE words LIKE 'e1.%' ORDER BY id LIMIT 1)",
    ),
    "known": (
        *(PEOPLE_ADDED, "known_families", "known_families"),
        "SELECT count(*) FROM known_person",
        "UPDATE person SET language = language WHERE participant_id IN (SELECT participant_id FROM person LIMIT 1)",
    ),
    "began": (
        *(ENDED, "began_before", "began_before"),
        "SELECT count(*) FROM arrangement_element WHERE began_on = '2026-02-01'",
        "UPDATE event SET version = version WHERE sequence = (SELECT max(sequence) FROM event)",
    ),
    "serving": (
        *(SERVING, "goals_and_cycles", "goals_and_cycles"),
        f"SELECT count(*) FROM arrangement_element WHERE goal_ids = ARRAY['{MAIN_GOAL}']::uuid[]",
        "UPDATE arrangement_element SET version = version WHERE id = (SELECT max(id::text)::uuid FROM"
        " arrangement_element)",
    ),
}


@pytest.mark.parametrize("name", FILLED)
def test_whoever_writes_meanwhile_is_not_held_up(own_database: Database, name: str) -> None:
    there, first, last, done, write = FILLED[name]
    with psycopg.connect(own_database.superuser, autocommit=True) as writing:
        writing.execute(there.encode())
        before = _count(writing, done)
        seen = []
        with ThreadPoolExecutor(1) as beside:
            filling = beside.submit(migrated, own_database, first, last)
            while not filling.done():
                writing.execute(write.encode())
                seen.append(_count(writing, done))
        filling.result()
        after = _count(writing, done)
        assert after - before >= MANY, "all is filled"
        assert any(before + 1 < each < after - 1 for each in seen), "and somebody wrote when some of it was"
        left = "SELECT FROM pg_policy WHERE polname = 'backfill'"
        assert writing.execute(left.encode()).fetchone() is None
        lifted = "SELECT FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity"
        assert writing.execute(lifted.encode()).fetchone() is None


def _count(connection: Writing, query: str) -> int:
    try:
        ((count,),) = connection.execute(query.encode()).fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):  # the migration has not made it yet
        return 0
    return int(count)


def test_a_migration_that_was_broken_off_goes_on(own_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the policy and the tables of the first try still there."""
    with psycopg.connect(own_database.superuser, autocommit=True) as connection:
        connection.execute(PEOPLE_ADDED.encode())
        monkeypatch.setenv(KEYS, "/nowhere")
        settings.cache_clear()
        with pytest.raises(Exception, match="cannot be read"):
            migrated(own_database, "known_families", "known_families")
        assert _count(connection, "SELECT count(*) FROM known_person") == 0
        connection.execute("CREATE POLICY backfill ON person TO PUBLIC USING (false)")
        monkeypatch.undo()
        settings.cache_clear()
        migrated(own_database, "known_families", "known_families")
        assert _count(connection, "SELECT count(*) FROM known_person") > MANY


BEGUN = """
    INSERT INTO arrangement_element SELECT begun.* FROM
        (SELECT one FROM arrangement_element AS one WHERE kind = 'specialist' LIMIT 1) AS found,
        jsonb_populate_record(found.one, jsonb_build_object(
            'id', gen_random_uuid(), 'state', 'running', 'commitment_id', null, 'cost', '20', 'ended_on', null,
            'other_way', 'direct_access', 'other_way_because', 'P',
            'starts_on', '2026-03-01', 'ends_on', '2026-03-10', 'began_on', '2026-03-01'
        )) AS begun
    RETURNING id
"""


@pytest.fixture
def command(own_database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """`sozialraum …` on a database of one's own; with other data keys if they are given."""

    def run(*arguments: str, keys: Path | None = None, code: int = 0) -> str:
        monkeypatch.setenv(KEYS, str(keys or os.environ[KEYS]))
        settings.cache_clear()
        told = CliRunner().invoke(commands, arguments)
        assert told.exit_code == code, (told.output, told.exception)
        return told.output

    monkeypatch.setenv("DATABASE_URL", own_database.application)
    monkeypatch.setenv("DATABASE_OWNER_URL", own_database.owner)
    monkeypatch.setenv("DATABASE_BACKUP_URL", own_database.superuser)
    yield run
    monkeypatch.undo()
    settings.cache_clear()


def test_whom_older_servers_added_is_found_after_the_next_migrate(
    own_database: Database, command: Callable[..., str]
) -> None:
    """They go on until they are replaced, and make no digests."""
    forgotten = "DELETE FROM known_person WHERE case_id IN (SELECT case_id FROM known_person LIMIT 3) RETURNING 1"
    many = len(own_database.rows(forgotten))
    kept = own_database.rows("SELECT participant_id, digest, xmin FROM known_person ORDER BY 1")
    assert f"{many} people" in command("check", "encrypted", code=1)
    assert f"{many} people" in command("migrate")
    assert "people" not in command("migrate"), "once is enough"
    assert set(kept) <= set(own_database.rows("SELECT participant_id, digest, xmin FROM known_person"))
    _all_found(own_database, data_keys())
    assert "all open" in command("check", "encrypted")


def test_what_older_servers_have_not_written_down_is_found_by_the_next_migrate(
    own_database: Database, command: Callable[..., str]
) -> None:
    """Of the demo county's decisions, and of an element that has begun without one."""
    written = (
        "SELECT subject_id, line, amount, granted_on, starts_on, covered_until, open_ended, ended_on FROM granted_help"
    )
    before = own_database.rows(written)
    assert len(before) > 3
    gone = own_database.rows("DELETE FROM granted_help RETURNING 1")
    ((element,),) = own_database.rows(BEGUN)
    told = command("migrate")
    found = own_database.rows(written)
    assert f"{len(found)} rows" in told
    assert set(before) <= set(found), "as decisions wrote it then"
    assert len(found) >= len(gone) + 1
    assert own_database.rows("SELECT amount, unbound_from FROM granted_help WHERE subject_id = %s", element) == [
        (Decimal("20.00"), date(2026, 3, 1))
    ]
    assert "rows" not in command("migrate"), "once is enough"
    ended = own_database.rows(
        """UPDATE arrangement_element AS element SET state = 'ended', ended_on = '2026-03-05'
           WHERE id = %s OR id = (SELECT element_id FROM decision JOIN granted_help ON subject_id = decision.id LIMIT 1)
           RETURNING 1""",
        element,
    )
    assert len(ended) == 2
    assert "2 rows" in command("migrate"), "and that help has ended"
    assert own_database.rows("SELECT count(*) FROM granted_help WHERE ended_on = '2026-03-05'") == [(2,)]


def test_with_a_new_key_families_are_found_before_and_after_they_are_digested_anew(
    own_database: Database, command: Callable[..., str], tmp_path: Path
) -> None:
    old, new = Path(os.environ[KEYS]), tmp_path / "new"
    new.write_bytes(new_key())
    both = tmp_path / "both"
    both.write_bytes(new.read_bytes() + old.read_bytes())
    _all_found(own_database, DataKeys(both), of_first=0)
    told = command("reencrypt", keys=both)
    assert "Run it again" in told
    _all_found(own_database, DataKeys(both))
    _all_found(own_database, DataKeys(new))
    with psycopg.connect(own_database.superuser, autocommit=True) as connection:
        assert proved(connection, DataKeys(new), encrypted_columns())[1] is None
    told = command("reencrypt", keys=both)
    assert "0 digests made anew" in told
    assert "No other key is needed any more" in told
    # A server that was not restarted yet adds somebody under the old key: that is found, and asked for once more.
    with psycopg.connect(own_database.superuser, autocommit=True) as connection:
        assert digest_persons(connection, DataKeys(old)) > 1
    _all_found(own_database, DataKeys(both), of_first=0)
    assert "Run it again" in command("reencrypt", keys=both)


def _all_found(database: Database, keys: DataKeys, of_first: int | None = None) -> None:
    """Everybody is found by one of these keys; how many by the first, all unless it is said."""
    known = database.rows(
        "SELECT person.authority_id, name, born_on, digest"
        " FROM person JOIN participant ON participant.id = participant_id LEFT JOIN known_person USING (participant_id)"
        " WHERE born_on IS NOT NULL AND kind IN ('addressee', 'custodian')"
    )
    digests = [(digest, digests_of(keys, authority, name, born_on)) for authority, name, born_on, digest in known]
    assert len(known) > 20
    assert all(digest in found for digest, found in digests)
    assert sum(digest == found[0] for digest, found in digests) == (len(known) if of_first is None else of_first)
