"""Whether the audit record is still what was sealed: every block is worked out anew and compared with its signature,
with the block before it and with the heads that were exported."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psycopg

from service.domain.sealing.heads import COLUMNS, Head, exported_heads
from service.domain.sealing.keys import Keys
from service.storage.address import conninfo

_AT_ONCE = 200  # blocks


class Fault(StrEnum):
    MISSING_BLOCK = "missing-block"
    BAD_SIGNATURE = "bad-signature"
    UNKNOWN_KEY = "unknown-key"
    BROKEN_CHAIN = "broken-chain"
    NOT_AS_EXPORTED = "not-as-exported"
    NOT_EXPORTED = "not-exported"
    MISSING_ENTRY = "missing-entry"
    INSERTED_ENTRY = "inserted-entry"
    CHANGED_ENTRY = "changed-entry"


EXPLANATIONS = {
    Fault.MISSING_BLOCK: "it is missing, though a later block or an exported head shows that it was there",
    Fault.BAD_SIGNATURE: "its signature is not that of what it says: the block itself was changed or written anew",
    Fault.UNKNOWN_KEY: "it is signed by a key that is not in the key file",
    Fault.BROKEN_CHAIN: "it does not go on from the block before it",
    Fault.NOT_AS_EXPORTED: "it is not the block whose head was exported",
    Fault.NOT_EXPORTED: "its head is not in the file of exported heads, or cannot be read there",
    Fault.MISSING_ENTRY: "it holds fewer audit entries than were sealed",
    Fault.INSERTED_ENTRY: "it holds more audit entries than were sealed",
    Fault.CHANGED_ENTRY: "at least one of its audit entries is not what was sealed",
}

OF_ENTRIES = {Fault.MISSING_ENTRY, Fault.INSERTED_ENTRY, Fault.CHANGED_ENTRY}


@dataclass(frozen=True)
class Break:
    """Where the record first differs from what was sealed. `entries`: between which places (transaction/sequence)."""

    block: int
    fault: Fault
    entries: str | None = None

    def __str__(self) -> str:
        where = f" (entries {self.entries})" if self.entries else ""
        return f"Block {self.block}{where}: {EXPLANATIONS[self.fault]}."


@dataclass(frozen=True)
class Verdict:
    """What was found whole, up to the first break if there is one. `exported`: heads that were compared."""

    blocks: int
    entries: int
    exported: int
    head: Head | None
    broken: Break | None


def verify(address: str, keys: Keys, heads: Path) -> Verdict:
    """Go through the whole chain, as it is at one moment. Entries that wait for their seal are no break, nor are blocks
    that are newer than the last exported head. Raises psycopg's errors."""
    exported = exported_heads(heads)
    expected = next(exported, None)  # before the database: a head is exported only after its block was committed
    number = entries = compared = 0
    before: Head | None = None
    for number, (found, recomputed) in enumerate(_blocks(address), 1):
        fault = _fault(number, found, before, keys) or _against_export(found, expected) or _inside(found, recomputed)
        if fault is not None:
            places = f"{found.first} to {found.last}" if fault in OF_ENTRIES else None
            return Verdict(number - 1, entries, compared, before, Break(number, fault, places))
        if expected is not None:
            expected, compared = next(exported, None), compared + 1
        entries, before = entries + found.entries, found
    gone = Break(number + 1, Fault.MISSING_BLOCK) if expected is not None else None
    return Verdict(number, entries, compared, before, gone)


def _fault(number: int, found: Head, before: Head | None, keys: Keys) -> Fault | None:
    """What is wrong with the block itself."""
    if found.number != number:
        return Fault.MISSING_BLOCK
    if not keys.knows(found.key):
        return Fault.UNKNOWN_KEY
    if not found.is_signed_by(keys):
        return Fault.BAD_SIGNATURE
    if found.previous != (before.digest if before else "00" * 32):
        return Fault.BROKEN_CHAIN
    return None


def _against_export(found: Head, expected: Head | None) -> Fault | None:
    if expected is None:  # newer than the export; but the first of all is never newer than nothing
        return Fault.NOT_EXPORTED if found.number == 1 else None
    if expected.number != found.number:
        return Fault.NOT_EXPORTED
    return Fault.NOT_AS_EXPORTED if expected != found else None


def _inside(found: Head, recomputed: Head) -> Fault | None:
    """What happened to its entries; an entry in another's place counts as changed."""
    if recomputed.digest == found.digest:
        return None
    if recomputed.entries == found.entries:
        return Fault.CHANGED_ENTRY
    return Fault.MISSING_ENTRY if recomputed.entries < found.entries else Fault.INSERTED_ENTRY


def _blocks(address: str) -> Iterator[tuple[Head, Head]]:
    """Every block as it was sealed and as its entries are now, in one snapshot."""
    with psycopg.connect(conninfo(address), connect_timeout=10) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        after = 0
        while True:
            sealed = f"SELECT {COLUMNS} FROM audit_block WHERE number > %s ORDER BY number LIMIT %s"
            found = [Head.of(row) for row in connection.execute(sealed.encode(), [after, _AT_ONCE])]
            if not found:
                return
            again = f"SELECT {COLUMNS} FROM recomputed_audit_blocks(%s, %s) ORDER BY number"
            now = [Head.of(row) for row in connection.execute(again.encode(), [after, _AT_ONCE])]
            yield from zip(found, now, strict=True)
            after = found[-1].number
