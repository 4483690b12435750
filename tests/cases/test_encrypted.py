"""What is written of child protection can be read by its team, and by nobody who has the database alone."""

import os
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from service.demo.people import PEOPLE
from service.domain.cases.known import digest_persons, digests_of
from service.domain.encrypting import encrypted_columns
from service.storage import migration
from service.storage.data_keys import MARK, DataKeyError, DataKeys, new_key
from service.storage.embedded import OWNER
from service.storage.reencrypting import proved, reencrypt
from tests.cases.conftest import WORKER, Life
from tests.conftest import KEYS, Database, data_keys

pytestmark = pytest.mark.anyio

COLUMNS = encrypted_columns()


def dump(database: Database) -> str:
    with psycopg.connect(database.superuser) as connection, connection.cursor() as cursor:
        parts = []
        for table in COLUMNS:
            with cursor.copy(f"COPY {table} TO STDOUT".encode()) as copy:
                parts += [bytes(block).decode() for block in copy]
    return "".join(parts)


async def test_a_dump_tells_nothing_and_no_text_opens_elsewhere(life: Life, database: Database) -> None:
    words = "Sie hat blaue Flecken am Arm."
    first = await life.do(WORKER, "report_endangerment", case_id=str(life.case), words=words)
    second = await life.do(WORKER, "report_endangerment", case_id=str(life.case), words="Zum zweiten Mal.")
    assert (first["words"], first["own_assessment"]) == (words, None)
    listed = await life.as_(WORKER).many("endangerment_reports")
    assert {words, "Zum zweiten Mal."} <= {each["words"] for each in listed.rows}
    kept = dump(database)
    for plain in (*(each["words"] for each in listed.rows), "Keller", "isst nur in der Schule", "Tante"):
        assert plain not in kept
    for table, (_, names) in COLUMNS.items():
        for name in names:
            assert database.rows(f"SELECT FROM {table} WHERE {name} NOT LIKE '{MARK}%%'") == []
    write = "UPDATE endangerment_report SET words = %s WHERE id = %s RETURNING words"
    with pytest.raises(psycopg.errors.CheckViolation):
        database.rows(write, words, first["id"])
    text = "SELECT words FROM endangerment_report WHERE id = %s"
    (mine,), (others,) = database.rows(text, first["id"])[0], database.rows(text, second["id"])[0]
    database.rows(write, others, first["id"])
    try:
        assert (await life.as_(WORKER).one("endangerment_report", first["id"])).code == "unavailable"
    finally:
        database.rows(write, mine, first["id"])
    assert (await life.as_(WORKER).one("endangerment_report", first["id"]))["words"] == words


def test_what_was_written_before_is_encrypted_and_keys_are_changed(own_database: Database, tmp_path: Path) -> None:
    """As the migrations find it: plain. And afterwards a new key takes the place of the old one."""
    with psycopg.connect(own_database.superuser, autocommit=True) as connection:
        for table, (compartment, names) in COLUMNS.items():
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_encrypted_check".encode())
            for name in names:
                found = f"SELECT id, authority_id, {name} FROM {table} WHERE {name} IS NOT NULL".encode()
                for id, authority_id, text in connection.execute(found).fetchall():
                    plain = data_keys().decrypt(text, f"{compartment} {authority_id}", f"{table}.{name} {id}")
                    connection.execute(f"UPDATE {table} SET {name} = %s WHERE id = %s".encode(), [plain, id])
        connection.execute("DROP TABLE known_person, family_inquiry")
        connection.execute(f"GRANT CREATE ON SCHEMA public TO {OWNER}".encode())
    assert "Keller des Nachbarhauses" in dump(own_database)
    assert _migrated(own_database) > 30
    assert "Keller" not in dump(own_database)
    assert proved_with(own_database, data_keys())[1] is None

    old, new = Path(os.environ[KEYS]).read_bytes(), new_key()
    both, alone, lost = (tmp_path / name for name in ("both", "alone", "lost"))
    both.write_bytes(new + old)
    alone.write_bytes(new)
    lost.write_bytes(new_key())
    with psycopg.connect(own_database.superuser) as connection:
        assert reencrypt(connection, DataKeys(both), COLUMNS) > 0
        assert reencrypt(connection, DataKeys(both), COLUMNS) == 0, "once is enough"
        digest_persons(connection, DataKeys(both))
    texts, trouble = proved_with(own_database, DataKeys(alone))
    assert (texts > 10, trouble) == (True, None)
    assert "is not in the file" in str(proved_with(own_database, DataKeys(lost))[1])
    lost.write_text("geheim")
    with pytest.raises(DataKeyError, match="is no key"):
        DataKeys(lost)
    known = own_database.rows("SELECT name, born_on, digest FROM person JOIN known_person USING (participant_id)")
    authority = PEOPLE[WORKER].authority_id
    theirs = [digest in digests_of(DataKeys(alone), authority, name, born_on) for name, born_on, digest in known]
    assert sum(theirs) > 20


def proved_with(database: Database, keys: DataKeys) -> tuple[int, str | None]:
    with psycopg.connect(database.superuser) as connection:
        return proved(connection, keys, COLUMNS)


def _migrated(database: Database) -> int:
    """From just before to just after; how many digests there are then."""
    config = migration._config()
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    names = {Path(str(script.path)).stem.partition("_")[2]: script for script in scripts}
    before, after = names["nothing_plain"].down_revision, names["known_families"].revision
    database.rows("UPDATE alembic_version SET version_num = %s RETURNING version_num", before)
    engine: Any = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(database.owner), poolclass=NullPool
    )
    with engine.connect() as connection:
        config.attributes.update(connection=connection, progress=lambda line: None)
        command.upgrade(config, str(after))
        connection.commit()
    ((count,),) = database.rows("SELECT count(*) FROM known_person")
    return int(count)
