"""PostgreSQL: reads as one statement each, writes as one transaction each. Knows no table."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import asyncpg
from sqlmodel.ext.asyncio.session import AsyncSession

from service.storage.address import asyncpg_arguments
from service.storage.data_keys import DataKeyError, DataKeys
from service.storage.reading import Readers
from service.storage.signals import Signals
from service.storage.writing import Bare, Busy, Unreachable, Writers, answering

LONGEST_KEPT = 200_000  # bytes of a statement whose plan is kept
FROZEN = 2.0  # seconds; when PostgreSQL says nothing for so long after a statement's time is over, it is not waited for


class Storage:
    def __init__(
        self,
        address: str,
        *,
        read_connections: int = 8,
        write_connections: int = 8,
        wait: float = 5,
        statement_timeout: int = 10,
        statement_cache: int = 64,
        pooled: bool = False,
        listen: str | None = None,
        keys: DataKeys | None = None,
    ) -> None:
        """`pooled`: between us and PostgreSQL is a pooler that gives out connections for one transaction each. Then
        nothing is kept on a connection, and each transaction brings its settings along. `listen`: the address for word
        of changes (see `Signals`). `keys`: for what is encrypted in it; without them such rows are neither written nor
        read."""
        self.given_keys = keys
        self.signals = Signals(listen)
        self._arguments: Mapping[str, Any] = asyncpg_arguments(address)
        self._pooled = pooled
        self._wait = wait
        self._statement_cache, self._timeout = 0 if pooled else statement_cache, f"{statement_timeout}s"
        self.statement_timeout, self._patience = statement_timeout, statement_timeout + FROZEN
        both = {
            "timezone": "UTC",
            "datestyle": "ISO",  # days and moments go into JSON and cursors as text
            "standard_conforming_strings": "on",  # so do sayings with escapes
            "jit": "off",
            "statement_timeout": self._timeout,
            "plan_cache_mode": "force_generic_plan",  # planning costs ten times what running does
        }
        # What a read writes is its audit row only; it may be lost with the machine.
        self._reading = both | {"synchronous_commit": "off"}
        self._writing = both | {"lock_timeout": "4s", "idle_in_transaction_session_timeout": "10s"}
        self.readers = Readers(self.connect_reader, read_connections, wait)
        self._writers = (
            Writers(self._connect_writer, write_connections, wait, begin=_beginning(self._writing), plans=0)
            if pooled
            else Writers(self._connect_writer, write_connections, wait)
        )

    @property
    def keys(self) -> DataKeys:
        if self.given_keys is None:
            raise DataKeyError("There are no data keys.")
        return self.given_keys

    async def open(self) -> "Storage":
        await self.readers.open()
        self.signals.open()
        return self

    async def close(self) -> None:
        await self.signals.close()
        await self.readers.close()
        await self._writers.close()

    async def read(self, sql: str, values: Sequence[Any]) -> Any:
        """One row in one round trip and one implicit transaction: what the statement sets locally ends with it."""
        with answering(), await self.readers.lend() as connection:
            if self._pooled:
                return await self._read_pooled(connection, sql, values)
            return await connection.fetchrow(sql, *values)

    async def _read_pooled(self, connection: Any, sql: str, values: Sequence[Any]) -> Any:
        """Within one transaction: a statement is parsed in one round trip and run in another."""
        await connection.execute(_beginning(self._reading))
        try:
            row = await connection.fetchrow(sql, *values)
        except asyncpg.PostgresError:
            await connection.execute("ROLLBACK")
            raise
        await connection.execute("COMMIT")
        return row

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Commits on a clean exit and rolls back on any exception; nobody else commits."""
        return self._writers.transaction()

    async def answers(self) -> bool:
        try:
            return bool((await self.read("SELECT true", []))[0])
        except (Busy, Unreachable, asyncpg.PostgresError):
            return False

    async def connect_reader(self) -> Bare:
        connection = await self._connect(self._reading)
        try:
            async with connection.transaction():  # it asks for the type's number
                await connection.set_type_codec(
                    "json", schema="pg_catalog", format="binary", encoder=_as_it_is, decoder=_as_it_is
                )
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def _connect_writer(self) -> Bare:
        return await self._connect(self._writing)

    async def _connect(self, settings: Mapping[str, str]) -> Bare:
        arguments = dict(self._arguments)
        given = arguments.pop("server_settings", {})
        connection: Bare = await asyncpg.connect(
            **{"timeout": self._wait} | arguments,
            statement_cache_size=self._statement_cache,  # a cached plan takes PostgreSQL half a megabyte
            max_cacheable_statement_size=LONGEST_KEPT,
            command_timeout=self._patience,
            server_settings=given | ({} if self._pooled else settings),
        )
        return connection


def _as_it_is(value: Any) -> Any:
    return value


def _beginning(settings: Mapping[str, str]) -> str:
    return "; ".join(["BEGIN", *(f"SET LOCAL {name} = '{value}'" for name, value in settings.items())])
