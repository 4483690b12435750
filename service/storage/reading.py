"""Reading: one statement at a time on a connection that stays open. asyncpg's own pool takes three times as long to
lend a connection and to take it back, a tenth of what a small read takes the server."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType

import asyncpg

from service.storage.writing import BROKEN, Bare, Busy, Unreachable


class Readers:
    """`most` connections, opened by `connect` and kept; `wait` seconds for one, then Busy. In place of one that broke
    another is opened when it is needed."""

    def __init__(self, connect: Callable[[], Awaitable[Bare]], most: int, wait: float) -> None:
        self._connect, self._most, self._wait = connect, most, wait
        self._turns = asyncio.Semaphore(most)
        self._kept: list[Bare] = []  # the one used last at the end, for PostgreSQL remembers most of it
        self._lent: set[Bare] = set()
        self._leaving: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def held(self) -> int:
        """How many of them somebody has."""
        return len(self._lent)

    async def open(self) -> None:
        """All of them: nobody who comes first waits for one."""
        opened = await asyncio.gather(*(self._connect() for _ in range(self._most)), return_exceptions=True)
        self._kept = [each for each in opened if isinstance(each, asyncpg.Connection)]
        failed = next((each for each in opened if isinstance(each, BaseException)), None)
        if failed is not None:
            self._terminate()
            raise failed

    async def close(self) -> None:
        """Whoever is still reading is waited for, but not longer than for a connection."""
        self._closed = True
        try:
            async with asyncio.timeout(self._wait):
                for _ in range(self._most):
                    await self._turns.acquire()
        except TimeoutError:
            pass
        self._terminate()

    async def lend(self) -> "Lent":
        """For `with await`."""
        if self._closed:
            raise Unreachable
        if self._kept and not self._turns.locked():
            return await self._lend()
        try:
            async with asyncio.timeout(self._wait):
                return await self._lend()
        except TimeoutError as error:
            raise Busy from error

    async def _lend(self) -> "Lent":
        await self._turns.acquire()
        try:
            connection = self._alive() or await self._connect()
        except BaseException:
            self._turns.release()
            raise
        self._lent.add(connection)
        return Lent(self, connection)

    def _alive(self) -> "Bare | None":
        while self._kept:
            connection = self._kept.pop()
            if not connection.is_closed():
                return connection
        return None

    def take_back(self, connection: Bare, error: BaseException | None) -> None:
        """`error`: by which the reading ended."""
        if isinstance(error, asyncio.CancelledError):
            leaving = asyncio.create_task(self._part_with(connection))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
            return
        if error is not None and (isinstance(error, BROKEN) or not isinstance(error, asyncpg.PostgresError)):
            connection.terminate()  # what PostgreSQL refuses leaves it as it was; of all else nobody knows
        self._lent.discard(connection)
        if not connection.is_closed():
            self._kept.append(connection)
        self._turns.release()

    async def _part_with(self, connection: Bare) -> None:
        """Whoever was reading is gone, and PostgreSQL is told to leave off. Until it has, its place is taken."""
        try:
            await connection.close(timeout=self._wait)
        except (*BROKEN, asyncpg.PostgresError):  # closed all the same, if without a farewell
            pass
        finally:
            self._lent.discard(connection)
            self._turns.release()

    def _terminate(self) -> None:
        """A farewell would wait for PostgreSQL to answer it."""
        for each in (*self._kept, *self._lent):
            each.terminate()
        self._kept.clear()


class Lent:
    """A connection, and what becomes of it."""

    __slots__ = ("_connection", "_readers")

    def __init__(self, readers: Readers, connection: Bare) -> None:
        self._readers, self._connection = readers, connection

    def __enter__(self) -> Bare:
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._readers.take_back(self._connection, error)
