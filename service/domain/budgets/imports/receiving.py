"""A file comes in pieces, each in a transaction of its own: whoever breaks off sends it again from the beginning."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from service.domain.act import OPERATIONS, Lock
from service.domain.budgets import policy
from service.domain.budgets.imports.model import BookingImport, ImportState
from service.domain.desk import Desk
from service.domain.errors import DomainError, ReadOnly, TooLarge
from service.domain.working import record, short
from service.storage.writing import fetch_row

PIECE = 1024 * 1024  # bytes; each but the last is as large
_ADD = """INSERT INTO booking_import_piece (authority_id, import_id, upload, number, content)
          VALUES ($1, $2, $3, $4, $5)"""


@dataclass(eq=False)
class SentTwice(DomainError):
    code, title = "sent-twice", "Somebody else is sending a file for this import, too."
    advice = "Agree who sends it, then send it again from the beginning."


async def receive(desk: Desk, import_id: UUID, sent: AsyncIterator[bytes], limit: int) -> None:
    """Keep what is sent as the import's file, in the place of one that was sent before. Whoever sends it imports it:
    somebody else releases what they sent. `limit`: bytes. Raises ReadOnly, ImpossibleNow once it is posted, TooLarge,
    SentTwice."""
    if desk.read_only:
        raise ReadOnly
    async with short(desk, policy.RECEIVE_IMPORT) as act:
        one = await act.load(BookingImport, import_id, lock=Lock.ALONE)
        if one.state in (ImportState.POSTING, ImportState.POSTED):
            raise OPERATIONS["check_booking_import"].impossible(one.state)
        nothing = dict.fromkeys(("size", "valid", "faulty", "known", "amount"), 0)
        sender = {"imported_by": act.actor.id, "released_by": None}
        again = {"upload": one.upload + 1, "digest": None, "job_id": None}
        act.change(one, state=ImportState.OPEN.value, **again, **sender, **nothing)
        upload, authority_id = one.upload, one.authority_id
    digest, size, number = hashlib.sha256(), 0, 0
    async for piece in _pieces(sent):
        size += len(piece)
        if size > limit:
            raise TooLarge(limit)
        digest.update(piece)
        async with short(desk, policy.RECEIVE_IMPORT) as act:
            await fetch_row(act.session, _ADD, (authority_id, import_id, upload, number, piece))
        number += 1
    async with short(desk, policy.RECEIVE_IMPORT) as act:
        one = await act.load(BookingImport, import_id, lock=Lock.ALONE)
        if one.upload != upload:
            raise SentTwice
        act.change(one, size=size, digest=digest.hexdigest())
        await record(desk, act, one)


async def _pieces(sent: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    kept = bytearray()
    async for part in sent:
        kept += part
        while len(kept) >= PIECE:
            yield bytes(kept[:PIECE])
            del kept[:PIECE]
    if kept:
        yield bytes(kept)
