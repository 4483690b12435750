"""What commands write to a terminal, when all is well and when it is not: never a name or a word of anybody, although
PostgreSQL quotes the row that it does not take. (Of the server and whoever starts it: `test_running.py`.)"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from service.demo import AUTHORITY
from service.demo.people import PEOPLE
from service.domain.sealing.keys import made_once
from service.storage.data_keys import made_once as other_keys
from service.storage.embedded import OWNER
from tests.commands import sozialraum
from tests.conftest import Database, address
from tests.overhearing import personal, sought, told

NAME, WORDS = "Hanne Loopgarten", "Ich will, dass Loopgartens wieder ruhig schlafen."
FIRST, SECOND = (PEOPLE[each].login for each in ("controller", "second_controller"))


class Terminal:
    """Somebody who calls `sozialraum` on a county of their own, and hears all that it writes."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database, self.home, self.heard = database, home, list[str]()
        made_once(home / "seal-key.pem")

    def call(self, *words: str | Path, code: int | None = 0, **more: str) -> str:
        """`code` null: however it ends."""
        given = {
            "SOZIALRAUM_HOME": str(self.home),
            "DATABASE_URL": self.database.application,
            "DATABASE_OWNER_URL": self.database.owner,
            "DATABASE_BACKUP_URL": self.database.superuser,
        }
        done = sozialraum(*words, environment=os.environ | given | more, patience=90)
        heard = done.stdout + done.stderr
        assert code is None or done.returncode == code, (words, heard)
        self.heard.append(heard)
        return heard

    def nothing_personal(self) -> None:
        values = personal(self.database) | sought([NAME, *NAME.split(), WORDS])
        assert len(values) > 100
        assert told(values, "\n".join(self.heard)) == set()

    def execute(self, *statements: str) -> None:
        with psycopg.connect(self.database.superuser, autocommit=True) as connection:
            for each in statements:
                connection.execute(each.encode())


@pytest.fixture
def terminal(own_database: Database, tmp_path: Path) -> Terminal:
    return Terminal(own_database, tmp_path)


def test_whoever_looks_whether_all_is_well_reads_of_nobody(terminal: Terminal) -> None:
    looks = (["check"], ["check", "ledger"], ["check", "audit"], ["check", "encrypted"], ["migrate"], ["reencrypt"])
    for words in looks:
        terminal.call(*words)
    other = str(other_keys(terminal.home / "other-keys.txt"))
    assert "is not in the file of data keys" in terminal.call("check", "encrypted", code=1, SOZIALRAUM_DATA_KEYS=other)
    terminal.nothing_personal()


def test_a_migration_that_meets_a_row_it_cannot_take_names_no_row(terminal: Terminal) -> None:
    terminal.execute(
        f"UPDATE person SET name = '{NAME}'",
        "DELETE FROM known_person",
        "CREATE FUNCTION untaken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE unique_violation USING MESSAGE = 'no', DETAIL = (SELECT string_agg(name, ', ') FROM person); END $$",
        "CREATE TRIGGER untaken BEFORE INSERT ON known_person FOR EACH ROW EXECUTE FUNCTION untaken()",
    )
    said = terminal.call("migrate", code=1)
    assert "psycopg.errors.UniqueViolation" in said
    assert "digest_persons" in said, "where it happened"
    terminal.nothing_personal()


def test_a_backup_that_cannot_be_restored_names_no_row(terminal: Terminal, tmp_path: Path) -> None:
    here = terminal.database.name
    terminal.execute(
        f"CREATE TABLE only_here (name TEXT CHECK (current_database() = '{here}' OR name = ''))",
        f"INSERT INTO only_here VALUES ('{NAME}')",
    )
    terminal.call("backup", tmp_path / "county.backup")
    with psycopg.connect(address("postgres", "postgres"), autocommit=True) as connection:
        empty = f"empty_{uuid4().hex[:12]}"
        connection.execute(f"CREATE DATABASE {empty} OWNER {OWNER} TEMPLATE template0".encode())
        there = Database(empty)
        given = {"DATABASE_URL": there.application, "DATABASE_OWNER_URL": there.owner}
        said = terminal.call(
            "restore", tmp_path / "county.backup", code=1, DATABASE_BACKUP_URL=there.superuser, **given
        )
        connection.execute(f"DROP DATABASE {empty} WITH (FORCE)".encode())
    assert 'new row for relation "only_here" violates check constraint' in said
    terminal.nothing_personal()


def test_an_import_of_words_in_the_wrong_columns_says_where_and_not_what(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "bookings.csv"
    head = "external_number;organisation_id;line_id;commitment_id;invoice_number;issued_on;value_on;amount"
    file.write_text(
        "\r\n".join([head, f"1;{NAME};{NAME};{NAME};Rechnung an {NAME};{NAME};{NAME};{NAME}", f'2;"{WORDS}'])
    )
    said = terminal.call("import", "bookings", file, "--as", FIRST, "--released-by", SECOND, code=1)
    assert "row 2" in said
    terminal.call("jobs", "list", "--as", FIRST)
    terminal.nothing_personal()


def test_a_job_that_the_database_breaks_off_is_named_with_its_kind_and_no_row(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.execute(
        f"UPDATE commitment SET purpose = '{NAME}' WHERE purpose IS NOT NULL",
        "ALTER TABLE job_piece ADD CONSTRAINT untaken CHECK (content IS NULL) NOT VALID",
    )
    active = "SELECT id FROM budget_agreement WHERE state = 'active' AND authority_id = %s ORDER BY id LIMIT 1"
    ((agreement,),) = terminal.database.rows(active, AUTHORITY)
    file = tmp_path / "file.csv"
    said = terminal.call("export", "agreement", agreement, file, "--content", "commitments", "--as", FIRST, code=1)
    (line,) = (json.loads(each) for each in said.splitlines() if '"job-failed"' in each)
    assert (line["job"], line["trace_id"] in said.replace("-", "")) == ("export", True)
    assert line["exception"].endswith("asyncpg.exceptions.CheckViolationError")
    assert any("exporting.py" in frame for frame in line["frames"])
    terminal.nothing_personal()


@pytest.fixture(autouse=True)
def _plain() -> Iterator[None]:
    """As where nobody looks on: in colours and boxes a name could be broken."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "500")
        patch.setenv("NO_COLOR", "1")
        yield
