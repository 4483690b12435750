"""What has changed, as both faces say it; and following it, for as long as somebody may."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from service.api.serving import Serving
from service.domain.changes import MOST, Batch
from service.domain.errors import Unauthenticated, Unavailable

ADDRESSES: dict[str, str] = {}  # where a changed row is read, by what it is; its id comes behind
GATHERED = 0.2  # seconds that a stream waits after word of a change: the next ones are often close behind
UNSETTLED = 0.5  # seconds until the next look, where a change waits for others that are under way


class Change(BaseModel):
    """Something that I may see has changed. What it is now, the link says."""

    id: str = Field(description="Its place in the feed; goes into `after`.")
    type: str = Field(description="What has changed, for example sozialraum.goal.changed.v1.")
    subject: UUID = Field(description="The id of what has changed; of a delivery, its assignment's.")
    time: datetime = Field(description="When.")
    version: int = Field(description="Its version after the change.")
    removal: bool = Field(description="It is no longer yours to see: remove what you hold of it.")
    link: str | None = Field(description="Where to read it; null where it has no address of its own.")


def said(change: dict[str, Any]) -> dict[str, Any]:
    """A change of a batch, as `Change` has it."""
    address = ADDRESSES.get(change["noun"])
    return {
        "id": change["id"],
        "type": f"sozialraum.{change['noun']}.changed.v1",
        "subject": change["subject"],
        "time": change["time"],
        "version": change["version"],
        "removal": change["removal"],
        "link": address and f"{address}{change['subject']}",
    }


async def following(serving: Serving, authorization: str | None, batch: Batch) -> AsyncIterator[Batch]:
    """What look after look finds, from the one that opened the stream on; and now and then that nothing was found, at
    times that do not depend on what else has happened.

    Every one asks anew who somebody is and what they may. Ends when no right is left, and raises Unauthenticated when
    the token no longer holds. Between two looks it holds no connection and nothing that was found."""
    signals, settings = serving.storage.signals, serving.settings
    mark = asyncio.Event()
    mark.set()  # what has happened since the opening is not missed
    due = time.monotonic() + settings.keep_alive
    while batch.holds and batch.authority is not None and not serving.followers.ending:
        identity = await serving.identities.identify(authorization)
        if identity is None:
            raise Unauthenticated(reason="the token is no longer accepted")
        if not batch.more:
            seconds = due - time.monotonic()
            seconds = seconds if signals.listening else min(settings.poll, seconds)
            seconds = min(seconds, UNSETTLED) if batch.pending else seconds
            lasts = identity.expires_at + settings.leeway - time.time()
            with suppress(TimeoutError):
                # Not `wait_for`: before Python 3.12 that drops who is cancelled in the moment in which the word comes.
                async with asyncio.timeout(min(seconds, max(lasts, 0) + 0.1)):
                    await mark.wait()
                await asyncio.sleep(min(GATHERED, due - time.monotonic()))
            if serving.followers.ending:
                return
        mark = signals.mark(batch.authority)
        desk = await serving.desk_of(authorization)
        try:
            async with serving.followers.looking:
                batch = await desk.changes(batch.looked, MOST, told=batch.place, recording=False)
        except Unavailable:  # whoever follows need not know: what has changed is still there afterwards
            await asyncio.sleep(settings.poll)
            continue
        if batch.changes or time.monotonic() >= due:
            yield batch
            due = time.monotonic() + settings.keep_alive
