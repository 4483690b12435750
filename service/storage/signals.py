"""Word between the processes of the service that something has changed: LISTEN and NOTIFY, ids only.

Nothing rests on it. What has changed stands in its table, and is looked at now and then whether or not word came; word
only makes it sooner. So it is passed on after the commit, many changes at once, on the one connection that listens:
NOTIFY within the transactions would have them commit one by one."""

import asyncio
import contextlib
from collections import defaultdict
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from service.storage.address import asyncpg_arguments

CHANNEL = "sozialraum_changes"
GATHERED = 0.05  # seconds in which changes are gathered before word is passed on
PROBED = 30.0  # seconds after which a silent connection is asked whether it is still there
SHORTEST, LONGEST = 0.2, 30.0  # seconds until the next attempt to connect
CONNECTING = 10.0  # seconds

log = structlog.get_logger()


class Signals:
    """Of one process. `address`: PostgreSQL itself, not a pooler in transaction mode, which passes no word on; null:
    word stays within this process."""

    def __init__(self, address: str | None) -> None:
        self._arguments = asyncpg_arguments(address) if address else None
        self._marks: defaultdict[UUID, asyncio.Event] = defaultdict(asyncio.Event)
        self._untold: set[UUID] = set()
        self._due = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self.listening = False

    def open(self) -> None:
        if self._arguments is not None:
            self._keeping = asyncio.create_task(self._keep())

    async def close(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)

    def tell(self, authority: UUID) -> None:
        """Something of this authority has changed, and is committed."""
        self.wake(authority)
        if self.listening:
            self._untold.add(authority)
            self._due.set()

    def mark(self, authority: UUID) -> asyncio.Event:
        """Set by the next word about this authority. To be taken before looking, so that none is missed between."""
        return self._marks[authority]

    def wake(self, *authorities: UUID) -> None:
        """Whoever waits here; without authorities, all."""
        for authority in authorities or list(self._marks):
            if mark := self._marks.pop(authority, None):
                mark.set()

    async def _keep(self) -> None:
        pause = SHORTEST
        while True:
            try:
                async with asyncio.timeout(CONNECTING):
                    connection = await asyncpg.connect(**(self._arguments or {}), statement_cache_size=0)
                    await connection.add_listener(CHANNEL, self._heard)
                try:
                    pause = SHORTEST
                    await self._pass_on(connection)
                finally:
                    self.listening = False
                    connection.terminate()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as failure:  # a timeout is an OSError
                log.warning("not-listening", reason=type(failure).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST)

    async def _pass_on(self, connection: "asyncpg.Connection[Any]") -> None:
        """Until the connection breaks."""
        connection.add_termination_listener(lambda _: self._due.set())
        self.listening = True
        self.wake()  # of what has happened while nobody listened, no word will come
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PROBED):  # as in `changes.following`
                    await self._due.wait()
            await asyncio.sleep(GATHERED)
            self._due.clear()
            told, self._untold = self._untold, set()
            words = "; ".join(f"NOTIFY {CHANNEL}, '{authority}'" for authority in told) or "SELECT 1"
            await connection.execute(words, timeout=CONNECTING)

    def _heard(self, connection: Any, process: int, channel: str, payload: Any) -> None:
        with contextlib.suppress(ValueError):
            self.wake(UUID(str(payload)))
