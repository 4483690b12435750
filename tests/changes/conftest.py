"""Streams and sockets, driven as uvicorn drives them: one message after the other, in this very process."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.api.app import Application
from service.settings import Settings
from tests.assignments.conftest import Play
from tests.conftest import Database

SOON = 30.0  # seconds; transactions of other tests on the same server hold the feed back for as long as they last
Event = dict[str, Any]


class Driven:
    """An application that was called, as the server sees it."""

    def __init__(self, application: Application, scope: dict[str, Any]) -> None:
        self.inbox: asyncio.Queue[Any] = asyncio.Queue()
        self.outbox: asyncio.Queue[Any] = asyncio.Queue()
        self.frozen = False
        base = {"query_string": b"", "root_path": "", "client": ("127.0.0.1", 1), "server": ("test", 80)}
        self.task = asyncio.create_task(application({**base, **scope}, self.inbox.get, self._send))

    async def _send(self, message: Any) -> None:
        if self.frozen:  # a client that reads nothing any more: its buffers are full
            await asyncio.Event().wait()
        await self.outbox.put(message)

    async def sent(self, seconds: float = SOON) -> Any:
        async with asyncio.timeout(seconds):
            return await self.outbox.get()

    async def ended(self, seconds: float = SOON) -> None:
        async with asyncio.timeout(seconds):
            await asyncio.shield(self.task)

    async def leave(self, kind: str) -> None:
        await self.inbox.put({"type": kind, "code": 1001})
        await self.ended()


class Stream(Driven):
    """GET /v1/events as server-sent events."""

    def __init__(self, application: Application, token: str, *, last: str | None = None, method: str = "GET") -> None:
        headers = [(b"authorization", f"Bearer {token}".encode()), (b"accept", b"text/event-stream")]
        headers += [(b"last-event-id", last.encode())] if last else []
        path: Event = {"type": "http", "method": method, "path": "/v1/events", "raw_path": b"/v1/events"}
        super().__init__(application, {**path, "headers": headers})
        self.place = ""  # as a browser keeps it: the last id that came
        self._events: list[Event] = []

    async def opened(self) -> "Stream":
        start = await self.sent()
        assert start["status"] == 200, start
        assert (b"content-type", b"text/event-stream; charset=utf-8") in start["headers"]
        await self._read()
        return self

    async def _read(self) -> bool:
        """One chunk; whether more are to come."""
        message = await self.sent()
        for block in message["body"].decode().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            self.place = lines.get("id", self.place)
            if "data" in lines:
                self._events.append(json.loads(lines["data"]))
        return bool(message.get("more_body"))

    async def until(self, subject: str) -> Event:
        """The next event about this."""
        async with asyncio.timeout(SOON):
            while True:
                while self._events:
                    event = self._events.pop(0)
                    if event["subject"] == subject:
                        return event
                assert await self._read(), "the stream has ended"

    async def last_words(self) -> list[Event]:
        """What still comes before it ends of itself."""
        while await self._read():
            pass
        await self.ended()
        return self._events


class Socket(Driven):
    """A WebSocket at /graphql, unless said otherwise."""

    def __init__(
        self,
        application: Application,
        *,
        origin: str | None = None,
        protocol: str = "graphql-transport-ws",
        authorization: Sequence[str] = (),
        query: str = "",
        path: str = "/graphql",
    ) -> None:
        headers = [(b"host", b"test")] + ([(b"origin", origin.encode())] if origin else [])
        headers += [(b"authorization", each.encode()) for each in authorization]
        scope: Event = {"type": "websocket", "path": path, "headers": headers, "subprotocols": [protocol]}
        scope["query_string"] = query.encode()
        super().__init__(application, scope)
        self.inbox.put_nowait({"type": "websocket.connect"})

    async def say(self, **message: Any) -> None:
        await self.inbox.put({"type": "websocket.receive", "text": json.dumps(message)})

    async def heard(self) -> Event:
        message = await self.sent()
        assert message["type"] == "websocket.send", message
        return dict(json.loads(message["text"]))

    async def closed(self) -> int:
        while (message := await self.sent())["type"] != "websocket.close":
            pass
        await self.ended()
        return int(message["code"])

    async def greeted(self, token: str) -> "Socket":
        assert (await self.sent())["type"] == "websocket.accept"
        await self.say(type="connection_init", payload={"authorization": f"Bearer {token}"})
        assert await self.heard() == {"type": "connection_ack"}
        return self

    async def follow(self, name: str, query: str = "subscription { changes { subject } }", **variables: Any) -> None:
        await self.say(type="subscribe", id=name, payload={"query": query, "variables": variables})


Serving = Callable[..., Any]


@pytest.fixture
def serving(database: Database, settings: Settings) -> Serving:
    """The application with other settings: `async with serving(poll=60)`."""

    @asynccontextmanager
    async def serve(listen: bool = False, **others: Any) -> AsyncIterator[Application]:
        given = settings.model_copy(update={"keep_alive": 0.3, "poll": 0.2, **others})
        listened = database.application if listen else None
        running = Application(given, database.storage(read_connections=2, write_connections=3, listen=listened))
        async with running.api.router.lifespan_context(running.api):
            yield running

    return serve


@pytest.fixture
async def play(client_of: Callable[..., httpx.AsyncClient], database: Database) -> Play:
    return await Play("rest", client_of, database).opened()


async def begun(http: httpx.AsyncClient) -> str:
    """Where the feed is now."""
    answer = await http.get("/v1/events")
    assert answer.status_code == 200, answer.text
    assert answer.json()["items"] == []
    return str(answer.json()["next"])


async def since(http: httpx.AsyncClient, after: str, limit: int = 200) -> tuple[list[Event], str]:
    """All there is after a place, and where that leaves one."""
    found, more = list[Event](), True
    while more:
        page = (await http.get("/v1/events", params={"after": after, "limit": limit})).json()
        found, after, more = found + page["items"], page["next"], page["more"]
    return found, after


async def told(http: httpx.AsyncClient, after: str, subject: str) -> Event:
    """The event about this, as soon as there is one."""
    async with asyncio.timeout(SOON):
        while True:
            events, _ = await since(http, after)
            for event in events:
                if event["subject"] == subject:
                    return event
            await asyncio.sleep(0.02)


async def when(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(SOON):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


def somebody_new() -> str:
    return f"nobody-{uuid4()}"
