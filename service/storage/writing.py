"""Writing: one transaction at a time on a connection that stays open, few of them at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel.ext.asyncio.session import AsyncSession

Bare: TypeAlias = "asyncpg.Connection[Any]"

AT_ONCE = 2  # transactions one process works on best: more of them wait for each other, and wake each other in turn
PATIENCE = 0.05  # seconds; whoever has waited that long goes as well, for those before may be waiting for a lock
BARE = "the driver's own connection"


class Busy(Exception):
    """No connection became free in time."""


class Unreachable(Exception):
    """The database does not answer."""


class Writers:
    """At most `most` connections, opened by `connect` when needed and kept; `wait` seconds for one, then Busy."""

    def __init__(self, connect: Callable[[], Awaitable[Bare]], most: int, wait: float) -> None:
        self._engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=connect,
            poolclass=NullPool,  # kept here instead: to check one out and in again costs SQLAlchemy a fifth of a write
            isolation_level="AUTOCOMMIT",  # SQLAlchemy's word for leaving BEGIN and COMMIT to somebody else
        )
        self._turns, self._most, self._wait = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(most), wait
        self._kept: list[tuple[AsyncConnection, Bare]] = []

    async def close(self) -> None:
        while self._kept:
            await self._kept.pop()[0].close()
        await self._engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Commits on a clean exit and rolls back on any exception; nobody else commits."""
        async with self._turn():
            connection, bare = await self._taken()
            try:
                await _sent(bare.execute("BEGIN"))
                session = AsyncSession(connection, expire_on_commit=False, info={BARE: bare})
                yield session
                if session.new or session.dirty or session.deleted:
                    await session.flush()
                if await _sent(bare.execute("COMMIT")) != "COMMIT":
                    raise RuntimeError("a statement of this transaction failed, and nobody said so")
            finally:
                await _ended(bare)
                if connection.in_transaction():
                    await connection.rollback()  # SQLAlchemy's idea of one; the database has none any more
                self._kept.append((connection, bare))

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        mine = await _in_time(self._turns, PATIENCE)
        try:
            if not await _in_time(self._most, self._wait):
                raise Busy
            try:
                yield
            finally:
                self._most.release()
        finally:
            if mine:
                self._turns.release()

    async def _taken(self) -> tuple[AsyncConnection, Bare]:
        """The one used last, for PostgreSQL remembers most of it; a new one for each that broke meanwhile."""
        while self._kept:
            connection, bare = self._kept.pop()
            if not (connection.invalidated or bare.is_closed()):
                return connection, bare
            await connection.close()
        connection = await self._engine.connect()
        bare = (await connection.get_raw_connection()).driver_connection  # type: ignore[assignment]
        return connection, bare


async def fetch_row(session: AsyncSession, sql: str, values: Sequence[Any]) -> Any:
    """One row, within the transaction of the session, asked of asyncpg itself ($1, $2 ...): a third of the time that it
    takes by SQLAlchemy. What the session has not written yet, the statement does not see."""
    return await _sent(session.info[BARE].fetchrow(sql, *values))


async def _in_time(semaphore: asyncio.Semaphore, seconds: float) -> bool:
    if not semaphore.locked():
        return await semaphore.acquire()
    try:
        async with asyncio.timeout(seconds):
            return await semaphore.acquire()
    except TimeoutError:
        return False


async def _sent(asked: Awaitable[Any]) -> Any:
    try:
        return await asked
    except (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError) as error:
        raise Unreachable from error


async def _ended(bare: Bare) -> None:
    """No connection is kept within a transaction; where that cannot be ended, neither is the connection."""
    if bare.is_closed() or not bare.is_in_transaction():
        return
    try:
        await bare.execute("ROLLBACK")
    except (OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
        bare.terminate()
