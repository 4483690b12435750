"""One connection of a client, with limits that uvicorn leaves to whoever stands before it: a head of bounded length,
which comes in time; a body that goes on coming; a client that reads what it has asked for. Whoever keeps none of them
is let go, so that a few thousand who say nothing take no place from those who do, and no memory; and nobody has more
connections than `senders` lets one address have."""

import asyncio
import re
from enum import Enum, auto
from functools import partial
from typing import Any
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from service.api.frame import NO_PAGE_HEADERS, OF_HTTP, MethodUnknown
from service.api.problems import answer
from service.api.senders import Place
from service.domain.errors import DomainError, Malformed

LARGEST_HEAD = 65_536  # bytes of a request line and its headers; a token alone has up to 8 KiB. Also behind a body
MOST_FRAMES = 1_000  # of one message of a WebSocket, which may be empty
HEAD_WITHIN = 10.0  # seconds, from its first byte on
BODY_WITHIN = 20.0  # seconds without anything new of it
REFUSED_WITHIN = 1.0  # seconds in which whoever is not to be served may ask, to be told why
MOST_REFUSED = 100  # who are waited for so long; of more, whoever has waited longest is left without a word
READ_WITHIN = 60.0  # seconds in which nothing was read: the buffers on a slow way empty by fits and starts
_HOST = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=%:\[\]-]*")  # RFC 3986, 3.2.2 and 3.2.3
_LINE = re.compile(rb"(?:\r?\n)*([A-Za-z0-9!#$%&'*+.^_`|~-]+) [!-~]+ HTTP/1\.[01]\r?\n")  # RFC 9112, 3


async def _refused(application: ASGIApp, refusal: DomainError, scope: Scope, receive: Receive, send: Send) -> None:
    """As any other refusal, and then no more."""

    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)

    scope["refusal"] = refusal
    await application(scope, receive, closing)


class _Reader:
    """Whether what was said is read, once more of it waits than the transport likes."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._timer: asyncio.TimerHandle | None = None

    def await_(self) -> None:
        left = self._transport.get_write_buffer_size()
        self._timer = asyncio.get_running_loop().call_later(READ_WITHIN, self._look, left)

    def done(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, before: int) -> None:
        if self._transport.get_write_buffer_size() < before:  # slow, but there
            self.await_()
        else:
            self._transport.abort()


class _Awaited(Enum):
    NOTHING = auto()
    HEAD = auto()
    BODY = auto()


class Connection(HttpToolsProtocol):
    """Over HTTP/1.1."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._reader = _Reader(transport)
        self._awaited, self._head, self._requests = _Awaited.HEAD, 0, 0
        self._first = b""
        self._piece = self._beside = 0  # bytes that have just come; and that have since anything came of a body
        self._patience: asyncio.TimerHandle | None = None
        self.place = self.app.shares.place(self.client[0] if self.client else None)
        if self.place.refusal is None:
            self._wait(HEAD_WITHIN)
        else:  # and whoever comes last may ask: it may be whoever looks whether the process lives
            waiting = self.place.shares.waiting
            waiting[self.place] = transport
            if len(waiting) > MOST_REFUSED:
                waiting.pop(next(iter(waiting))).abort()
            self.app = partial(_refused, self.app, self.place.refusal)
            self._wait(REFUSED_WITHIN)

    def connection_lost(self, exc: Exception | None) -> None:
        self.place.leave()
        self._rest()
        self._reader.done()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self._awaited, self._requests
        self._piece = len(data)
        self._beside += len(data)
        self._first = data
        super().data_received(data)
        self._first = b""  # it is not kept
        if self.transport.is_closing():
            return
        if self._awaited is _Awaited.BODY:
            self._rest()
            if self._beside > LARGEST_HEAD:  # extensions of a chunk, or trailers
                self._refuse(b"431 Request Header Fields Too Large")
            else:
                self._wait(BODY_WITHIN)
        elif self._awaited is _Awaited.HEAD or before == (_Awaited.NOTHING, self._requests):  # or empty lines before it
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                self._refuse(b"431 Request Header Fields Too Large")
            elif self._patience is None:
                self._wait(HEAD_WITHIN)

    def on_message_begin(self) -> None:
        self._awaited, self._head = _Awaited.HEAD, 0
        self._requests += 1
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """What comes behind a body is nothing that was asked: whoever stands between us has looked at the head alone,
        and counted on it (RFC 9110, 6.5.1)."""
        if self._awaited is not _Awaited.BODY:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._rest()
        self._awaited, self._beside = _Awaited.BODY, 0
        if self._head + self._piece > LARGEST_HEAD and self._size() > LARGEST_HEAD:  # it came in one piece
            self._refuse(b"431 Request Header Fields Too Large")
            raise ValueError("a head too large")  # so that nothing more is read
        if refusal := self._unfit():
            self._refuse(refusal)
            raise ValueError("a head that does not fit")
        super().on_headers_complete()

    def _unfit(self) -> bytes | None:
        """What the parser lets through, and whoever stands between us may read another way (RFC 9112, 3.2 and 6.1)."""
        hosts = 0
        for name, value in self.headers:
            if name == b"host":
                hosts += 1
                if _HOST.fullmatch(value) is None:
                    return b"400 Bad Request"
            elif name == b"transfer-encoding" and value.lower() != b"chunked":
                return b"501 Not Implemented"
        version = self.parser.get_http_version()
        if version not in ("1.0", "1.1"):  # an address alone is taken for version 0.9
            return b"505 HTTP Version Not Supported"
        return b"400 Bad Request" if hosts > 1 or (not hosts and version == "1.1") else None

    def _size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def on_body(self, body: bytes) -> None:
        self._beside = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._rest()
        self._awaited, self._head = _Awaited.NOTHING, 0
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._rest()
        self._awaited = _Awaited.NOTHING
        super().handle_websocket_upgrade()
        socket = self.transport.get_protocol()
        assert isinstance(socket, Socket)
        socket.app, socket.place = self.app, self.place
        if not socket.handshake_initiated:  # it cannot be read as one: with a body, too many headers or too long ones
            self._refuse(b"400 Bad Request")

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reader.await_()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._reader.done()

    def _wait(self, seconds: float) -> None:
        self._patience = self.loop.call_later(seconds, self._waited)

    def _rest(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _waited(self) -> None:
        if self.transport.is_closing():
            self.transport.abort()
        elif self._awaited is not _Awaited.BODY:
            self._refuse(b"408 Request Timeout")
        elif self.flow.read_paused or self.cycle.waiting_for_100_continue:  # it is we who let the client wait
            self._wait(BODY_WITHIN)
        else:
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Of what is no HTTP nobody knows what it asks; nor where the parser does not know its method. It is told like
        any other refusal; `msg` is the server's."""
        if self.transport.is_closing():  # it has been told already
            return
        line = _LINE.match(self._first)
        unknown = line is not None and line[1].decode() not in OF_HTTP
        refusal = MethodUnknown() if unknown else Malformed(reason="This is no HTTP/1.1.")
        trace = uuid4().hex
        told = answer(refusal, instance="", trace_id=trace)
        head = [*told.raw_headers, *NO_PAGE_HEADERS, (b"x-request-id", trace.encode()), (b"connection", b"close")]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in head)
        status = b"501 Not Implemented" if unknown else b"400 Bad Request"
        self.transport.write(b"HTTP/1.1 " + status + b"\r\n" + lines + b"\r\n" + bytes(told.body))
        self.transport.close()

    def _refuse(self, status: bytes) -> None:
        self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()


class Socket(WebSocketsSansIOProtocol):
    """Over WebSocket. Pings are answered without asking us: nothing more is heard of whoever does not read the answers,
    which would otherwise pile up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._reader = _Reader(self.transport)

    place: Place  # that of the connection it began as

    def connection_lost(self, exc: Exception | None) -> None:
        self.place.leave()
        self._reader.done()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.transport.pause_reading()
        self._reader.await_()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._reader.done()
        if not self.read_paused:
            self.transport.resume_reading()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < MOST_FRAMES:
            super().handle_cont(event)
        elif not self.close_sent:
            self.conn.fail(1009, "a message of too many frames")
            self.handle_parser_exception()

    async def receive(self) -> Any:
        message = await super().receive()
        if not self.writable.is_set():
            self.transport.pause_reading()
        return message
