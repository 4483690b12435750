"""Writing: one transaction at a time on a connection that stays open, few of them at once."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeAlias

import asyncpg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel.ext.asyncio.session import AsyncSession

Bare: TypeAlias = "asyncpg.Connection[Any]"

AT_ONCE = 2  # transactions one process works on best: more of them wait for each other, and wake each other in turn
PATIENCE = 0.05  # seconds; whoever has waited that long goes as well, for those before may be waiting for a lock
Rows = Mapping[str, Mapping[str, Any]]  # by table
BARE = "the driver's own connection"
# How asyncpg says that a connection is no good any more; InternalClientError, where the server's farewell has been read
# and the end of the connection has not. Of the TimeoutErrors among the OSErrors nobody knows what the server does.
BROKEN = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresConnectionError)


class Busy(Exception):
    """No connection became free in time."""


class Unreachable(Exception):
    """The database does not answer."""


@contextmanager
def answering() -> Iterator[None]:
    """Unreachable instead of what the driver says of a connection that broke."""
    try:
        yield
    except asyncpg.DataError:  # by descent an InterfaceError, but about a value
        raise
    except BROKEN as error:
        raise Unreachable from error


class Turns:
    """So many at once, the others in the order in which they came. Less than half of what asyncio's own costs with a
    time to wait: whoever waits is not cancelled when it is over, but told."""

    def __init__(self, many: int) -> None:
        self._free = many
        self._waiting = deque[asyncio.Future[bool]]()

    async def take(self, seconds: float) -> bool:
        """Whether it came in time; then it has to be given back."""
        if self._free:
            self._free -= 1
            return True
        loop = asyncio.get_running_loop()
        mine: asyncio.Future[bool] = loop.create_future()
        self._waiting.append(mine)
        timer = loop.call_later(seconds, _say, mine, False)
        try:
            return await mine
        except asyncio.CancelledError:
            if not mine.cancelled() and mine.result():  # it came, and nobody is there any more to use it
                self.give_back()
            raise
        finally:
            timer.cancel()

    def give_back(self) -> None:
        while self._waiting:
            if _say(self._waiting.popleft(), True):
                return
        self._free += 1


def _say(waiting: "asyncio.Future[bool]", came: bool) -> bool:
    """Whether somebody still waited for it."""
    if waiting.done():
        return False
    waiting.set_result(came)
    return True


class Writers:
    """At most `most` connections, opened by `connect` when needed and kept; `wait` seconds for one, then Busy. `begin`:
    with what a transaction begins. `plans`: how many of them SQLAlchemy has kept on a connection."""

    def __init__(
        self, connect: Callable[[], Awaitable[Bare]], most: int, wait: float, *, begin: str = "BEGIN", plans: int = 100
    ) -> None:
        def opened() -> Any:
            unnamed = {"prepared_statement_name_func": lambda: ""} if not plans else {}
            return self._engine.dialect.dbapi.connect(  # type: ignore[union-attr]
                async_creator_fn=self._begun_anew, prepared_statement_cache_size=plans, **unnamed
            )

        self._connect, self._begin_with = connect, begin
        self._engine = create_async_engine(
            "postgresql+asyncpg://",
            creator=opened,
            poolclass=NullPool,  # kept here instead: to check one out and in again costs SQLAlchemy a fifth of a write
            isolation_level="AUTOCOMMIT",  # SQLAlchemy's word for leaving BEGIN and COMMIT to somebody else
        )
        event.listen(self._engine.sync_engine, "invalidate", _without_a_farewell)
        self._turns, self._most, self._wait = Turns(AT_ONCE), Turns(most), wait
        self._kept: list[tuple[AsyncConnection, Bare]] = []
        self._closed = False

    async def close(self) -> None:
        """At once; whoever is still at work is let finish."""
        self._closed = True
        while self._kept:
            connection, bare = self._kept.pop()
            bare.terminate()  # a farewell would wait for PostgreSQL to answer it
            await connection.close()
        await self._engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Commits on a clean exit and rolls back on any exception; nobody else commits."""
        mine = await self._turns.take(PATIENCE)
        connected = False
        try:
            if not (connected := await self._most.take(self._wait)):
                raise Busy
            with answering():
                connection, bare = await self._begun()
                try:
                    session = AsyncSession(connection, expire_on_commit=False, info={BARE: bare})
                    yield session
                    await written(session)
                    if await bare.execute("COMMIT") != "COMMIT":
                        raise RuntimeError("a statement of this transaction failed, and nobody said so")
                except BROKEN:
                    bare.terminate()
                    raise
                finally:
                    await self._put_back(connection, bare)
        finally:
            if connected:
                self._most.give_back()
            if mine:
                self._turns.give_back()

    async def _begun(self) -> tuple[AsyncConnection, Bare]:
        """On the connection used last, for PostgreSQL remembers most of it. Of one that broke since, nothing was asked
        yet: another will do."""
        while self._kept:
            connection, bare = self._kept.pop()
            try:
                await self._begin(connection, bare)
            except TimeoutError:
                raise
            except (*BROKEN, asyncpg.PostgresError):
                continue
            return connection, bare
        connection = await self._engine.connect()
        bare = (await connection.get_raw_connection()).driver_connection  # type: ignore[assignment]
        return connection, bare

    async def _begun_anew(self) -> Bare:
        """Before SQLAlchemy asks its first questions: a pooler may answer each outside a transaction from elsewhere."""
        bare = await self._connect()
        try:
            await bare.execute(self._begin_with, timeout=self._wait)
        except BaseException:
            bare.terminate()
            raise
        return bare

    async def _begin(self, connection: AsyncConnection, bare: Bare) -> None:
        try:
            await bare.execute(self._begin_with, timeout=self._wait)
        except BaseException:
            bare.terminate()
            await connection.close()
            raise

    async def _put_back(self, connection: AsyncConnection, bare: Bare) -> None:
        """No connection is kept within a transaction; where that cannot be ended, neither is the connection. Before
        ROLLBACK, asyncpg waits until PostgreSQL has left off whatever a request that is gone had asked for."""
        try:
            if not bare.is_closed() and bare.is_in_transaction():
                await bare.execute("ROLLBACK", timeout=self._wait)
            if connection.in_transaction():
                await connection.rollback()  # SQLAlchemy's idea of one; the database has none any more
        except (*BROKEN, asyncpg.PostgresError):  # why it ended is being told already
            bare.terminate()
        except BaseException:
            bare.terminate()
            raise
        finally:
            if self._closed:
                bare.terminate()
            if bare.is_closed():
                await connection.close()
            else:
                self._kept.append((connection, bare))


async def fetch_row(session: AsyncSession, sql: str, values: Sequence[Any]) -> Any:
    """One row, within the transaction of the session, asked of asyncpg itself ($1, $2 ...): a third of the time that it
    takes by SQLAlchemy. What the session has not written yet, the statement does not see."""
    return await session.info[BARE].fetchrow(sql, *values)


def inserting(rows: Rows, sql: str = "SELECT", values: Sequence[Any] = ()) -> tuple[str, Sequence[Any]]:
    """A statement that also adds these rows, none of which it sees itself: for `fetch_row`. Not by the session, which
    would read back what nobody may."""
    given, parts = [*values], []
    for table, row in rows.items():
        places = ", ".join(f"${place}" for place in range(len(given) + 1, len(given) + len(row) + 1))
        parts.append(f"{table}_added AS (INSERT INTO {table} ({', '.join(row)}) VALUES ({places}))")
        given += row.values()
    both = ", " + sql.removeprefix("WITH ") if sql.startswith("WITH ") else " " + sql
    return "WITH " + ", ".join(parts) + both, given


async def written(session: AsyncSession) -> None:
    """What the session was told so far stands in the database. Asked of it when there is nothing, flushing is dear."""
    if session.new or session.deleted or session.dirty:
        await session.flush()


def _without_a_farewell(connection: Any, record: Any, error: BaseException | None) -> None:
    """Before SQLAlchemy gives up a connection whose answer was waited for in vain: it would wait two seconds more."""
    connection.driver_connection.terminate()
