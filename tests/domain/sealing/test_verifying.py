"""Whoever owns the database can change what was put on record, but not unnoticed: the first block that is not what was
sealed is named, and what happened to it."""

from dataclasses import replace
from pathlib import Path

import pytest

from service.domain.audit import AuditEntry
from service.domain.sealing.heads import COLUMNS, Head
from service.domain.sealing.keys import Keys, made_once
from service.domain.sealing.verifying import Break, Fault, Verdict
from tests.domain.sealing.conftest import Record

OTHERWISE = {  # for each column another value
    "sequence": "DEFAULT",
    "transaction_id": "((transaction_id::text)::bigint + 1)::text::xid8",
    "at": "at + interval '1 microsecond'",
    "authority_id": "NULL",
    "actor_id": "gen_random_uuid()",
    "action": "action || ' '",
    "outcome": "'refused'",
    "cases": "'{}'",
    "trace_id": "''",
}
IN_THE_SECOND = """sequence = (SELECT first_sequence FROM audit_block WHERE number = 2)"""


@pytest.fixture
def record(record: Record) -> Record:
    """Three blocks of three entries, and one entry that waits."""
    for _ in range(3):
        record.put(3)
    record.seal_all()
    record.put()
    assert record.blocks() == [3, 3, 3]
    return record


def found(verdict: Verdict) -> tuple[int, Fault] | None:
    return (verdict.broken.block, verdict.broken.fault) if verdict.broken else None


def test_the_newest_entries_wait_and_are_no_break(record: Record) -> None:
    verdict = record.verify()
    assert (verdict.blocks, verdict.entries, verdict.exported, verdict.broken) == (3, 9, 3, None)
    assert record.count() == 10


@pytest.mark.parametrize("column", AuditEntry.__table__.c.keys())  # type: ignore[attr-defined]
def test_a_changed_entry_is_found_whichever_column_it_is(record: Record, column: str) -> None:
    record.tamper(f"UPDATE audit_entry SET {column} = {OTHERWISE[column]} WHERE {IN_THE_SECOND}")
    moved = column in {"sequence", "transaction_id"}  # out of its block, where it is missing
    verdict = record.verify()
    assert found(verdict) == (2, Fault.MISSING_ENTRY if moved else Fault.CHANGED_ENTRY)
    assert (verdict.blocks, verdict.entries) == (1, 3)
    assert "Block 2 (entries" in str(verdict.broken)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_missing_entry_is_found(record: Record, number: int) -> None:
    record.tamper(
        f"DELETE FROM audit_entry WHERE sequence = (SELECT last_sequence FROM audit_block WHERE number = {number})"
    )
    assert found(record.verify()) == (number, Fault.MISSING_ENTRY)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_inserted_entry_is_found(record: Record, number: int) -> None:
    record.tamper(
        f"""INSERT INTO audit_entry (sequence, transaction_id, action, outcome, trace_id) OVERRIDING SYSTEM VALUE
            SELECT -{number}, first_transaction, 'read_case', 'done', '' FROM audit_block WHERE number = {number}"""
    )
    assert found(record.verify()) == (number, Fault.INSERTED_ENTRY)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_missing_block_is_found(record: Record, number: int) -> None:
    record.tamper(f"DELETE FROM audit_block WHERE number = {number}")
    assert found(record.verify()) == (number, Fault.MISSING_BLOCK)


def test_a_block_that_was_deleted_and_made_anew_is_found(record: Record) -> None:
    """By the worker itself, after the newest entries and their block were deleted."""
    record.tamper("DELETE FROM audit_entry WHERE sequence >= (SELECT first_sequence FROM audit_block WHERE number = 3)")
    record.tamper("DELETE FROM audit_block WHERE number = 3")
    record.put(2)
    elsewhere = replace(record, heads=record.heads.with_name("elsewhere"))
    elsewhere.seal_all()
    assert found(record.verify()) == (3, Fault.NOT_AS_EXPORTED)


REWRITE = """
    UPDATE audit_block SET previous = (SELECT digest FROM audit_block WHERE number = {n} - 1) WHERE number = {n};
    UPDATE audit_block SET (digest, entries) = (SELECT digest, entries FROM recomputed_audit_blocks({n} - 1, 1))
    WHERE number = {n}"""


class TestTheWholeChainWrittenAnew:
    """After an entry of the second block was changed."""

    @pytest.fixture
    def rewritten(self, record: Record) -> Record:
        record.tamper(f"UPDATE audit_entry SET actor_id = gen_random_uuid() WHERE {IN_THE_SECOND}")
        return record

    def test_without_a_key(self, rewritten: Record) -> None:
        rewritten.tamper(REWRITE.format(n=2), REWRITE.format(n=3))
        assert found(rewritten.verify()) == (2, Fault.BAD_SIGNATURE)

    @pytest.mark.parametrize("start", [1, 2])
    def test_with_another_key(self, rewritten: Record, tmp_path: Path, start: int) -> None:
        rewritten.tamper(f"DELETE FROM audit_block WHERE number >= {start}")
        other = Keys(made_once(tmp_path / "other.pem"))
        replace(rewritten, keys=other, heads=tmp_path / "others").seal_all()
        assert found(rewritten.verify()) == (start, Fault.UNKNOWN_KEY)

    def test_with_the_stolen_key(self, rewritten: Record, tmp_path: Path) -> None:
        rewritten.tamper("DELETE FROM audit_block")
        replace(rewritten, heads=tmp_path / "others").seal_all()
        assert found(rewritten.verify()) == (1, Fault.NOT_AS_EXPORTED)  # it was sealed at another time
        rewritten.heads.unlink()
        assert found(rewritten.verify()) == (1, Fault.NOT_EXPORTED)


@pytest.mark.parametrize(
    "change",
    [
        "entries = 2",
        "sealed_at = sealed_at - interval '1 day'",
        "first_sequence = 0",
        "last_sequence = last_sequence + 1",
        "previous = sha256('')",
        "digest = sha256('')",
        "signature = sha512('')",
    ],
)
def test_a_changed_block_is_found(record: Record, change: str) -> None:
    record.tamper(f"UPDATE audit_block SET {change} WHERE number = 2")
    assert found(record.verify()) == (2, Fault.BAD_SIGNATURE)


def test_a_block_of_another_chain_is_found(record: Record) -> None:
    """Signed with our key, and yet not going on from the block before it."""
    ((*row,),) = record.database.rows(f"SELECT {COLUMNS} FROM audit_block WHERE number = 3")
    foreign = replace(Head.of(tuple(row)), previous="11" * 32).signed(record.keys)
    record.tamper(
        f"""UPDATE audit_block SET previous = '\\x{foreign.previous}', signature = '\\x{foreign.signature}'
            WHERE number = 3"""
    )
    assert found(record.verify()) == (3, Fault.BROKEN_CHAIN)


class TestTheExportedHeads:
    def test_may_lag_behind(self, record: Record) -> None:
        first, *_ = record.heads.read_bytes().splitlines(keepends=True)
        record.heads.write_bytes(first)
        verdict = record.verify()
        assert (verdict.broken, verdict.exported) == (None, 1)

    @pytest.mark.parametrize(
        ("place", "line", "fault"),
        [
            (1, b"", Fault.NOT_EXPORTED),
            (1, b"{}\n", Fault.NOT_EXPORTED),
            (1, b"\xff\n", Fault.NOT_EXPORTED),
            (0, b"", Fault.NOT_EXPORTED),
        ],
    )
    def test_cannot_be_thinned_out(self, record: Record, place: int, line: bytes, fault: Fault) -> None:
        lines = record.heads.read_bytes().splitlines(keepends=True)
        lines[place] = line
        record.heads.write_bytes(b"".join(lines))
        assert found(record.verify()) == (place + 1, fault)

    def test_cannot_be_changed(self, record: Record) -> None:
        record.heads.write_bytes(record.heads.read_bytes().replace(b'"entries":3', b'"entries":4', 1))
        assert found(record.verify()) == (1, Fault.NOT_AS_EXPORTED)

    def test_have_to_be_there(self, record: Record) -> None:
        record.heads.unlink()
        assert record.verify().broken == Break(1, Fault.NOT_EXPORTED)


def test_nothing_sealed_is_whole(record: Record) -> None:
    record.tamper("TRUNCATE audit_block")
    record.heads.unlink()
    verdict = record.verify()
    assert (verdict.blocks, verdict.head, verdict.broken) == (0, None, None)
