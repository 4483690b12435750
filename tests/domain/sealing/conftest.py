from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from uuid import uuid4

import psycopg
import pytest

from service.domain.sealing.blocks import Sealed, seal
from service.domain.sealing.keys import Keys, made_once
from service.domain.sealing.verifying import Verdict, verify
from tests.conftest import Database, _copied

INSERT = """INSERT INTO audit_entry (authority_id, actor_id, action, outcome, cases, trace_id)
            SELECT %s, NULL, 'read_case', 'done', ARRAY[%s], 'trace-' || n FROM generate_series(1, %s) AS n"""


@dataclass
class Record:
    """An audit record of one test's own, its key, and where its heads go."""

    database: Database
    keys: Keys
    heads: Path

    def put(self, entries: int = 1) -> None:
        """That many entries in one transaction, as the application."""
        with psycopg.connect(self.database.application) as connection:
            connection.execute(INSERT, [uuid4(), uuid4(), entries])

    def seal(self, most: int = 3) -> Sealed:
        return seal(self.database.application, self.keys, self.heads, most)

    def seal_all(self, most: int = 3) -> None:
        """Other tests' transactions on this server also hold back what may be sealed: until they have ended."""
        for _ in range(600):
            self.seal(most)
            if sum(self.blocks()) == self.count():
                return
            sleep(0.05)
        raise AssertionError("a transaction does not end")

    def verify(self) -> Verdict:
        return verify(self.database.application, self.keys, self.heads)

    def tamper(self, *statements: str) -> None:
        with psycopg.connect(self.database.superuser) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def blocks(self) -> list[int]:
        """How many entries each block holds."""
        return [entries for (entries,) in self.database.rows("SELECT entries FROM audit_block ORDER BY number")]

    def count(self) -> int:
        ((found,),) = self.database.rows("SELECT count(*) FROM audit_entry")
        return int(found)


@pytest.fixture(scope="session")
def tampered_database() -> Iterator[Database]:
    """For all tests of sealing, one after the other."""
    yield from _copied(f"sealing_{uuid4().hex[:12]}")


@pytest.fixture
def record(tampered_database: Database, tmp_path: Path) -> Record:
    record = Record(tampered_database, Keys(made_once(tmp_path / "key.pem")), tmp_path / "heads.jsonl")
    record.tamper(
        "TRUNCATE audit_entry, audit_block, look, look_batch RESTART IDENTITY"
    )  # what the demo and the test before put there
    return record
