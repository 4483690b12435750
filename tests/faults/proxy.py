"""A way from the service to PostgreSQL that can be cut, closed and slowed down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

PIECE = 65_536  # bytes


@dataclass
class Proxy:
    """Over TCP on one side, to the socket in the file system on the other."""

    socket: str
    delay: float = 0  # seconds, for whatever goes through, in each direction
    closed: bool = False
    cuts: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """At which port."""
        server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        yield server.sockets[0].getsockname()[1]
        server.close()
        self.cut()
        await server.wait_closed()

    def cut(self) -> None:
        """All there are, without a farewell to either side."""
        for each in self._open:
            each.transport.abort()
            self.cuts += 1

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.closed:
            writer.transport.abort()
            return
        there, back = await asyncio.open_unix_connection(self.socket)
        self._open |= {writer, back}
        try:
            await asyncio.gather(self._pass_on(reader, back), self._pass_on(there, writer))
        finally:
            self._open -= {writer, back}

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(PIECE):
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()
