"""Seals what was put on record: committed audit entries in blocks, each signed and chained to the one before.

The database works the blocks out (`migrations/versions/0004_seal.sql`), the key never gets there. The requests' path
stays a plain insert."""

from dataclasses import dataclass
from pathlib import Path

import psycopg

from service.domain.sealing.heads import COLUMNS, Head, export
from service.domain.sealing.keys import Keys
from service.storage.address import conninfo

MOST_ENTRIES = 10_000  # of a block: a few megabytes of text, a third of a second


@dataclass(frozen=True)
class Sealed:
    """What one sealing did; `head` is the newest block's, nothing where no entry was new."""

    entries: int = 0
    head: Head | None = None


def seal(address: str, keys: Keys, heads: Path, most: int = MOST_ENTRIES) -> Sealed:
    """Seal everything committed that is not sealed yet, and append the heads that `heads` lacks.

    Two at once take turns, and the second finds nothing left. Raises HeadsDiffer (see `export`), SealKeyError and
    psycopg's errors; blocks that were made until then stay."""
    sealed = Sealed()
    with psycopg.connect(conninfo(address), autocommit=True, connect_timeout=10) as connection:
        connection.execute("SET lock_timeout = '20s'")
        while (head := _seal_one(connection, keys, most)) is not None:
            sealed = Sealed(sealed.entries + head.entries, head)
        export(connection, heads)
    return sealed


def _seal_one(connection: "psycopg.Connection[tuple[object, ...]]", keys: Keys, most: int) -> Head | None:
    with connection.transaction():
        row = connection.execute(f"SELECT {COLUMNS} FROM next_audit_block(%s)".encode(), [most]).fetchone()
        if row is None:
            return None
        head = Head.of(row).signed(keys)
        transaction, sequence = head.last.split("/")
        connection.execute(
            "SELECT seal_audit_block(%s::text::xid8, %s, %s, %s, %s)",
            [transaction, int(sequence), bytes.fromhex(head.digest), head.key, bytes.fromhex(head.signature)],
        )
    return head
