"""Custodians who were there before it was said whom they represent."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from service.demo import CUSTODIANS_CASE
from service.demo.territory import AUTHORITY
from service.domain.clock import Clock, majority
from service.domain.values import new_id
from service.storage import migration
from service.storage.embedded import OWNER
from tests.conftest import Database

TODAY = Clock().today()
LEAP = date(2012, 2, 29)
ADD = """INSERT INTO participant (authority_id, id, version, case_id, kind, represents_until)
         VALUES (%s, %s, 1, %s, %s, %s)"""
CALL = """INSERT INTO person (participant_id, authority_id, case_id, name, born_on, language)
          VALUES (%s, %s, %s, 'P', %s, 'de')"""
LET_IN = """INSERT INTO case_access
            (authority_id, id, version, case_id, actor_id, participant_id, basis, parts, valid_to)
            VALUES (%s, %s, 1, %s, (SELECT id FROM actor LIMIT 1), %s, 'representation', '{}', %s)"""


def test_they_represent_all_who_are_not_of_age_and_what_has_ended_stays_closed(own_database: Database) -> None:
    cases = [str(row[0]) for row in own_database.rows("SELECT id FROM case_file WHERE authority_id = %s", AUTHORITY)]
    case = next(each for each in cases if each != str(CUSTODIANS_CASE))
    long_ago = datetime(2024, 5, 1, tzinfo=UTC)
    first = majority(LEAP)
    with psycopg.connect(own_database.superuser, autocommit=True) as connection:
        connection.execute("DELETE FROM case_access WHERE participant_id IS NOT NULL AND case_id = %s", [case])
        connection.execute("DROP TABLE representation, former_name")
        connection.execute("ALTER TABLE participant DROP COLUMN joined_on, DROP COLUMN left_on")
        connection.execute("ALTER TABLE person DROP COLUMN speaks")
        connection.execute("ALTER TABLE case_access DROP COLUMN lapsed")
        connection.execute("DELETE FROM person WHERE case_id = %s", [case])
        connection.execute(
            "UPDATE participant SET kind = 'network_person' WHERE case_id = %s AND kind = 'addressee'", [case]
        )

        def add(kind: str, born_on: date | None = None, until: date | None = None) -> str:
            id = str(new_id())
            connection.execute(ADD.encode(), [AUTHORITY, id, case, kind, until])
            connection.execute(CALL.encode(), [id, AUTHORITY, case, born_on])
            return id

        add("addressee", date(1985, 1, 1))
        children = [add("addressee", day) for day in (LEAP, date(TODAY.year - 5, 3, 1))]
        duplicate = add("addressee", date(TODAY.year - 2, 3, 1))
        connection.execute("UPDATE participant SET merged_into_id = %s WHERE id = %s", [children[0], duplicate])
        custodians: dict[str, tuple[str, Any]] = {
            name: (add("custodian", None, until), valid_to)
            for name, until, valid_to in (
                ("open", None, first),
                ("limited", date(2027, 3, 27), first),
                ("closed", None, long_ago),
            )
        }
        for id, valid_to in custodians.values():
            connection.execute(LET_IN.encode(), [AUTHORITY, str(uuid4()), case, id, valid_to])
        connection.execute(f"GRANT CREATE ON SCHEMA public TO {OWNER}".encode())
    _migrate(own_database)
    whom = "SELECT represented_id::text, id FROM representation WHERE participant_id = %s ORDER BY 1"
    for id, _ in custodians.values():
        rows = own_database.rows(whom, id)
        assert [row[0] for row in rows] == sorted(children), "the mother of age is nobody's child here"
        assert {row[1].version for row in rows} == {7}
    ends = "SELECT valid_to FROM case_access WHERE participant_id = %s"
    found = {name: own_database.rows(ends, id)[0][0] for name, (id, _) in custodians.items()}
    last = majority(date(TODAY.year - 5, 3, 1))
    assert found == {"open": last, "limited": datetime(2027, 3, 27, 23, tzinfo=UTC), "closed": long_ago}
    assert (
        own_database.rows("SELECT FROM participant WHERE joined_on <> (created_at AT TIME ZONE 'Europe/Berlin')::date")
        == []
    )


def _migrate(database: Database) -> None:
    config = migration._config()
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    names = {Path(str(script.path)).stem.partition("_")[2]: script for script in scripts}
    before, after = names["persons"].down_revision, names["dates_of_people"].revision
    database.rows("UPDATE alembic_version SET version_num = %s RETURNING version_num", before)
    engine: Any = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(database.owner), poolclass=NullPool
    )
    with engine.connect() as connection:
        config.attributes.update(connection=connection, progress=lambda line: None)
        command.upgrade(config, after)
        connection.commit()
