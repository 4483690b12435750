"""What is put on record is sealed once, whole, and in the order of commits."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from importlib.resources import files
from threading import Barrier, Event
from time import sleep
from uuid import uuid4

import psycopg
import pytest

from service.domain.sealing.heads import HeadsDiffer, exported_heads
from service.storage.revision import VERSIONS
from tests.conftest import Database
from tests.domain.sealing.conftest import INSERT, Record


def test_every_entry_is_sealed_in_blocks_of_a_bounded_size(record: Record) -> None:
    record.put(8)
    record.seal_all(most=3)
    assert record.blocks() == [3, 3, 2]
    assert [head.number for head in exported_heads(record.heads)] == [1, 2, 3]
    verdict = record.verify()
    assert (verdict.broken, verdict.entries, verdict.exported) == (None, 8, 3)


def test_nothing_new_makes_no_block(record: Record) -> None:
    record.put()
    record.seal_all()
    assert record.seal().head is None
    assert record.blocks() == [1]


def test_who_commits_late_is_not_skipped(record: Record) -> None:
    with psycopg.connect(record.database.application) as late:
        late.execute(INSERT, [uuid4(), uuid4(), 2])
        record.put(3)  # has the later place, and is committed first
        record.seal()
        assert record.blocks() == []
        late.commit()
    record.seal_all()
    assert record.verify().broken is None
    assert record.blocks() == [3, 2]


def test_many_writers_and_two_workers_miss_nothing_and_seal_nothing_twice(record: Record) -> None:
    ended = Event()

    def write(number: int) -> None:
        with psycopg.connect(record.database.application) as connection:
            for turn in range(40):
                connection.execute(INSERT, [uuid4(), uuid4(), 1 + turn % 3])
                sleep(0.001 * ((number + turn) % 4))  # committed in another order than begun
                connection.rollback() if turn % 10 == 9 else connection.commit()

    def work() -> int:
        entries = 0
        while not ended.is_set():
            entries += record.seal(most=7).entries
        return entries

    with ThreadPoolExecutor() as threads:
        workers = [threads.submit(work) for _ in range(2)]
        for writer in [threads.submit(write, number) for number in range(6)]:
            writer.result()
        ended.set()
        sealed = sum(worker.result() for worker in workers)
    left = record.count() - sum(record.blocks())
    record.seal_all()
    assert sealed + left == sum(record.blocks()) == record.count() > 6 * 40
    verdict = record.verify()
    assert (verdict.broken, verdict.exported) == (None, len(record.blocks()))


def test_two_workers_at_once_seal_once(record: Record) -> None:
    record.put(5)
    ready = Barrier(2)

    def work() -> int:
        ready.wait()
        return record.seal(most=1000).entries

    with ThreadPoolExecutor() as threads:
        while not record.blocks():  # as long as another test's transaction holds them back
            found = [each.result() for each in [threads.submit(work), threads.submit(work)]]
    assert sorted(found) == [0, 5]
    assert record.blocks() == [5]


class TestTheApplication:
    """What its login could do, were it somebody else's."""

    def test_cannot_write_a_block(self, record: Record) -> None:
        record.put()
        record.seal_all()
        changes = ("INSERT INTO audit_block SELECT * FROM audit_block", "DELETE FROM audit_block")
        for change in (*changes, "UPDATE audit_block SET number = 7", "LOCK audit_block IN EXCLUSIVE MODE"):
            with (
                psycopg.connect(record.database.application) as connection,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                connection.execute(change.encode())

    def test_cannot_leave_entries_out(self, record: Record) -> None:
        record.put(4)
        place = "SELECT transaction_id::text, max(sequence) FROM audit_entry GROUP BY transaction_id"
        ((transaction, sequence),) = record.database.rows(place)
        with psycopg.connect(record.database.application) as connection:
            digest = sha256(b"").digest()
            for wrong in ([transaction, sequence, digest], [transaction, sequence - 1, digest], ["1", 1, digest]):
                with pytest.raises(psycopg.errors.RaiseException), connection.transaction():
                    connection.execute("SELECT seal_audit_block(%s::text::xid8, %s, %s, '', '')", wrong)

    def test_cannot_seal_what_has_not_ended(self, record: Record) -> None:
        """Though it knows the digest: as superuser it is worked out for this test."""
        with psycopg.connect(record.database.superuser) as connection:
            connection.execute(INSERT, [uuid4(), uuid4(), 1])
            due = """SELECT last_transaction::text, last_sequence, digest FROM audit_block_over(audit_block_before(1),
                     pg_current_xact_id(), 9223372036854775807)"""
            ((*place,),) = connection.execute(due).fetchall()
            with pytest.raises(psycopg.errors.RaiseException):
                connection.execute("SELECT seal_audit_block(%s::text::xid8, %s, %s, '', '')", place)


def test_only_the_application_may_have_blocks_sealed(record: Record, own_database: Database) -> None:
    with psycopg.connect(own_database.superuser) as connection:
        connection.execute("CREATE ROLE passer_by_of_sealing")
        connection.execute("SET ROLE passer_by_of_sealing")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT next_audit_block(1)")
        connection.rollback()


class TestTheExport:
    def test_catches_up(self, record: Record) -> None:
        record.put(7)
        record.seal_all()
        everything = record.heads.read_bytes()
        lines = everything.splitlines(keepends=True)
        record.heads.write_bytes(lines[0] + lines[1][:50])  # torn off by a full disk
        record.seal()
        assert record.heads.read_bytes() == everything

    def test_says_when_the_database_went_back(self, record: Record) -> None:
        record.put(6)
        record.seal_all()
        record.tamper("DELETE FROM audit_block WHERE number = 2")
        with pytest.raises(HeadsDiffer):
            record.seal_all()


def test_a_cluster_that_counts_anew_is_refused(record: Record) -> None:
    """As after a dump was restored: new entries would come before those that are sealed."""
    record.put()
    record.seal_all()
    record.tamper("UPDATE audit_block SET last_transaction = '999999999999'")
    record.put()
    with pytest.raises(psycopg.errors.RaiseException, match="earlier point"):
        record.seal()


def test_the_jobs_tables_are_those_of_the_installed_procrastinate() -> None:
    """If not, its changes since then are due in a migration (`procrastinate/sql/migrations`)."""
    pinned = (VERSIONS / "0004_procrastinate.sql").read_text()
    assert pinned.endswith((files("procrastinate.sql") / "schema.sql").read_text())
