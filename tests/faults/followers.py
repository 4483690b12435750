"""Who follows what changes, over both faces, and keeps what they hear, in its order."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from websockets.asyncio.client import connect

from tests.mortal import Service

PATIENCE = 30.0  # seconds until somebody must have heard what a test waits for
QUERY = "subscription ($after: String) { changes(after: $after) { id subject } }"


@dataclass
class Follower:
    """Somebody at an open connection."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    heard: list[str] = field(default_factory=list)  # places in the feed
    subjects: set[str] = field(default_factory=set)
    last: float = 0.0  # when
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def hear(self, place: str, subject: str) -> None:
        async with self.news:
            self.heard.append(place)
            self.subjects.add(subject)
            self.last = time.monotonic()
            self.news.notify_all()

    async def goes_on(self, since: float) -> float:
        """The seconds from then until something was heard."""
        async with asyncio.timeout(PATIENCE), self.news:
            await self.news.wait_for(lambda: self.last > since)
        return self.last - since

    async def until(self, subjects: set[str]) -> None:
        async with asyncio.timeout(PATIENCE), self.news:
            await self.news.wait_for(lambda: subjects <= self.subjects)


@asynccontextmanager
async def following(service: Service, role: str) -> AsyncIterator[tuple[Follower, Follower]]:
    """Over REST, and over GraphQL. Each holds on to the one connection that it has opened; that it ends is an error."""
    async with service.client(role) as client:
        after = (await client.get("/v1/events")).json()["next"]
    both = stream, socket = Follower(), Follower()
    tasks = [asyncio.create_task(_over_rest(service, role, after, stream))]
    tasks.append(asyncio.create_task(_over_graphql(service, role, after, socket)))
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(each.open.wait() for each in both))
        yield both
        assert not any(task.done() for task in tasks), "a connection has ended"
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def _over_rest(service: Service, role: str, after: str, follower: Follower) -> None:
    headers, patient = {"accept": "text/event-stream", "last-event-id": after}, httpx.Timeout(10, read=None)
    asked: dict[str, Any] = {"headers": headers, "timeout": patient}
    async with service.client(role) as client, client.stream("GET", "/v1/events", **asked) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            follower.open.set()
            if line.startswith("data: "):
                event = orjson.loads(line.removeprefix("data: "))
                await follower.hear(event["id"], event["subject"])


async def _over_graphql(service: Service, role: str, after: str, follower: Follower) -> None:
    address = f"{service.url.replace('http', 'ws')}/graphql"
    async with connect(address, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
        token = {"authorization": f"Bearer {service.token(role)}"}
        await socket.send(orjson.dumps({"type": "connection_init", "payload": token}), text=True)
        assert orjson.loads(await socket.recv()) == {"type": "connection_ack"}
        asked = {"type": "subscribe", "id": "a", "payload": {"query": QUERY, "variables": {"after": after}}}
        await socket.send(orjson.dumps(asked), text=True)
        follower.open.set()
        async for message in socket:
            told = orjson.loads(message)
            assert told["type"] == "next", told
            change = told["payload"]["data"]["changes"]
            await follower.hear(change["id"], change["subject"])
