"""Ids and days of everything invented: the same for everybody, so that documentation can quote them."""

from datetime import UTC, date, datetime
from hashlib import blake2b
from uuid import UUID

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
FIRST_DAY = date(2020, 1, 1)  # of the territory: before the year the worked budget lies in
_MILLISECONDS = int(BEGINNING.timestamp() * 1000)
_LEGIBLE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def demo_id(*names: str) -> UUID:
    """A UUIDv7 as of 1 January 2026 whose random part is the names' digest."""
    random = int.from_bytes(blake2b("\x1f".join(names).encode(), digest_size=10).digest())
    return shaped_id(_MILLISECONDS, random >> 62, random)


def numbered_id(number: int, kind: int, part: int = 0) -> UUID:
    """A UUIDv7 a millisecond later for each number: rows made one after another lie beside each other in an index."""
    return shaped_id(_MILLISECONDS + 1 + number, kind << 8 | part, number)


def shaped_id(milliseconds: int, short: int, long: int) -> UUID:
    """Fields of RFC 9562, 5.7: a time, and 12 and 62 bits that are anything."""
    return UUID(int=milliseconds << 80 | 7 << 76 | (short & 0xFFF) << 64 | 2 << 62 | long & (1 << 62) - 1)


def demo_pseudonym(*names: str) -> str:
    digest = blake2b("\x1f".join(names).encode(), digest_size=8).digest()
    return "".join(_LEGIBLE[byte % len(_LEGIBLE)] for byte in digest)
