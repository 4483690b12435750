"""What is signed of an audit block, its head, and the file to which every signed head is appended.

Whoever owns the database can write the whole chain anew. Not so the heads that were exported before: the file belongs
where the database's administrators cannot write."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC
from pathlib import Path
from typing import Any, BinaryIO, Self

from psycopg import Connection

from service.domain.sealing.keys import Keys

COLUMNS = """number, first_transaction::text, first_sequence, last_transaction::text, last_sequence, entries,
             previous, digest, sealed_at, key, signature"""
_LONGEST_LINE = 4096  # bytes; a head takes some 500


@dataclass(frozen=True)
class Head:
    """A block without its entries, as JSON holds it: digests and signature in hexadecimal, the moment in UTC, places in
    the order of commits as `transaction/sequence`."""

    number: int
    first: str
    last: str
    entries: int
    previous: str
    digest: str
    sealed_at: str
    key: str
    signature: str

    @classmethod
    def of(cls, row: tuple[Any, ...]) -> Self:
        """`row` are the `COLUMNS` of `audit_block`."""
        (number, first_transaction, first_sequence, last_transaction, last_sequence), more = row[:5], row[5:]
        entries, previous, digest, sealed_at, key, signature = more
        return cls(
            number=number,
            first=f"{first_transaction}/{first_sequence}",
            last=f"{last_transaction}/{last_sequence}",
            entries=entries,
            previous=previous.hex(),
            digest=digest.hex(),
            sealed_at=sealed_at.astimezone(UTC).isoformat(timespec="microseconds"),
            key=key or "",
            signature=(signature or b"").hex(),
        )

    def signed(self, keys: Keys) -> "Head":
        unsigned = replace(self, key=keys.id)
        return replace(unsigned, signature=keys.sign(unsigned.text).hex())

    def is_signed_by(self, keys: Keys) -> bool:
        return keys.accepts(self.key, self.text, bytes.fromhex(self.signature))

    @property
    def text(self) -> bytes:
        """What the signature is of: this head as one line of JSON, names in order, without the signature."""
        return _json({name: value for name, value in asdict(self).items() if name != "signature"})

    @property
    def line(self) -> bytes:
        return _json(asdict(self)) + b"\n"


class HeadsDiffer(Exception):
    """The database is no longer the one whose heads were exported: blocks are gone or not what they were."""


def export(connection: Connection, file: Path) -> None:
    """Append every head that is not in the file yet; two processes take turns.

    Raises HeadsDiffer when the last exported head is not, or no longer, what the database says."""
    with _open_for_one(file) as exported:
        last = _last(exported)
        query = f"SELECT {COLUMNS} FROM audit_block WHERE number >= %s ORDER BY number".encode()
        with connection.transaction(), connection.cursor("heads") as blocks:
            blocks.execute(query, [last.number if last else 0])
            heads = map(Head.of, blocks)
            if last is not None and next(heads, None) != last:
                raise HeadsDiffer
            for head in heads:
                exported.write(head.line)
        exported.flush()
        os.fsync(exported.fileno())


def exported_heads(file: Path) -> Iterator[Head]:
    """What stands in the file, in its order; nothing where there is no file, `UNREADABLE` for a line that is no head.

    The size is fixed when the first is asked for: what is appended later may be newer than what the reader compares."""
    if not file.exists():
        return
    with file.open("rb") as lines:
        until = os.fstat(lines.fileno()).st_size
        while lines.tell() < until and (line := lines.readline()).endswith(b"\n"):
            yield _read(line)


UNREADABLE = Head(0, "", "", 0, "", "", "", "", "")


def _read(line: bytes) -> Head:
    try:
        return Head(**json.loads(line))
    except (ValueError, TypeError):
        return UNREADABLE


def _last(exported: BinaryIO) -> Head | None:
    """The last head in the file. What follows the last line feed was torn off while it was written, and goes."""
    exported.seek(max(0, exported.seek(0, os.SEEK_END) - _LONGEST_LINE))
    end = exported.read()
    whole, _, torn = end.rpartition(b"\n")
    if torn:
        exported.truncate(exported.tell() - len(torn))
    exported.seek(0, os.SEEK_END)
    line = whole.rpartition(b"\n")[2]
    return _read(line) if line else None


@contextmanager
def _open_for_one(file: Path) -> Iterator[BinaryIO]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield opened


def _json(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
