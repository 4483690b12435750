"""Subscriptions over WebSockets, by the protocol graphql-transport-ws (github.com/enisdenjo/graphql-ws, PROTOCOL.md).

Only what has changed comes this way, and never content: reading and doing go over POST, through the compiler."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import graphql as gql
import orjson
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from service.api.body import parsed
from service.api.changes import following, said
from service.api.frame import NOT_HEARD
from service.api.graphql.compiler import OverAnotherWay, Refused, TooCostly, unfolded
from service.api.graphql.endpoint import asked_in, errors_of
from service.api.graphql.performing import Performer
from service.api.graphql.translation import Document, Translation
from service.api.identity import Identity
from service.api.problems import Internal, TooManyStreams
from service.api.serving import Serving, authorization_of
from service.domain.changes import MOST, Batch, place_in
from service.domain.errors import NO_TOKEN, DomainError, Malformed, Unauthenticated
from service.settings import LARGEST_MESSAGE

PROTOCOL = "graphql-transport-ws"
INITIALISED_WITHIN = 10.0  # seconds
PATIENCE = 20.0  # seconds a client may take to accept what is sent; then it is gone
MOST_SAID = 50  # fields of a change, of which there are seven: each change is said anew, hundreds of them in one look
LONGEST_NAME = 100  # characters of a subscription's id
LONGEST_REASON = 123  # bytes of why a connection is closed (RFC 6455, 5.5)

BAD, UNAUTHORISED, FORBIDDEN, NO_PROTOCOL, TOO_LATE, TAKEN, TWICE = 4400, 4401, 4403, 4406, 4408, 4409, 4429
FAILED = 4500
GONE = (TimeoutError, RuntimeError, WebSocketDisconnect)  # what sending meets where nobody listens any more


class Closed(Exception):
    """The connection is to end: why, by the protocol's number."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Sockets:
    def __init__(self, serving: Serving, performer: Callable[[], Awaitable[Performer]]) -> None:
        self.serving, self.performer = serving, performer

    @property
    def route(self) -> WebSocketRoute:
        return WebSocketRoute("/graphql", self.serve)

    async def serve(self, socket: WebSocket) -> None:
        if not self._same_origin(socket):
            return await socket.close(NOT_HEARD)  # before it is accepted: an answer of 403
        if PROTOCOL not in socket.scope["subprotocols"]:
            await socket.accept()
            return await socket.close(NO_PROTOCOL, "Subprotocol not acceptable")
        await socket.accept(PROTOCOL)
        await Connection(socket, self.serving, self.performer).serve()

    def _same_origin(self, socket: WebSocket) -> bool:
        """Who is no browser sends none. A page of elsewhere is heard only where it may call over HTTP, too."""
        origin = socket.headers.get("origin")
        settings = self.serving.settings
        if origin is None or origin in settings.cors_origins:
            return True
        at_home = urlsplit(settings.public_url).netloc if settings.public_url else socket.headers.get("host", "")
        return urlsplit(origin).netloc == at_home


@dataclass
class Connection:
    """One client, with its subscriptions by the ids it gave them. It counts as a stream from when it is known, and
    so is each subscription beyond the first."""

    socket: WebSocket
    serving: Serving
    performer: Callable[[], Awaitable[Performer]]
    authorization: str | None = None
    initialised: bool = False
    running: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)
    ended: "asyncio.Future[Closed]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    _sending: asyncio.Lock = field(default_factory=asyncio.Lock)
    _place: ExitStack = field(default_factory=ExitStack)  # among those that are counted
    _following: int = 0
    _more: list[ExitStack] = field(default_factory=list)  # places of subscriptions beyond the first; all alike
    _watching: "asyncio.Task[None] | None" = None

    async def serve(self) -> None:
        reading = asyncio.create_task(self._read())
        first: set[asyncio.Future[Any]] = {reading, self.ended}
        with self._place:
            try:
                await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            finally:
                tasks = {reading, *self.running.values(), *([self._watching] if self._watching else ())}
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        if self.ended.done():
            closed = self.ended.result()
            with suppress(*GONE):
                async with asyncio.timeout(PATIENCE):
                    await self.socket.close(closed.code, closed.reason)
            if closed.__cause__ is not None:
                raise closed.__cause__  # for whoever reads the log

    def _end(self, closed: Closed) -> None:
        if not self.ended.done():
            self.ended.set_result(closed)

    def _fail(self, error: Exception) -> None:
        closed = Closed(FAILED, "Internal error")
        closed.__cause__ = error
        self._end(closed)

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(INITIALISED_WITHIN):
                while not self.initialised:
                    await self._take(await self._message())
            while True:
                await self._take(await self._message())
        except Closed as closed:
            self._end(closed)
        except TimeoutError:
            self._end(Closed(TOO_LATE, "Connection initialisation timeout"))
        except WebSocketDisconnect:
            pass
        except Exception as error:
            self._fail(error)

    async def _message(self) -> dict[str, Any]:
        received = await self.socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
        text = received.get("text")
        if text is None or len(text) > LARGEST_MESSAGE:
            raise Closed(BAD, "Send text of bounded length")
        try:
            message = parsed(text.encode())
        except Malformed as error:
            raise Closed(BAD, f"Send JSON; this is {error.reason}"[:LONGEST_REASON]) from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise Closed(BAD, "Send an object with a type")
        return message

    async def _take(self, message: dict[str, Any]) -> None:
        match message:
            case {"type": "connection_init"}:
                await self._initialise(message.get("payload"))
            case {"type": "ping"}:
                await self._send({"type": "pong"})
            case {"type": "pong"}:
                pass
            case {"type": "subscribe", "id": str(name), "payload": dict(payload)} if 0 < len(name) <= LONGEST_NAME:
                if not self.initialised:
                    raise Closed(UNAUTHORISED, "Unauthorized")
                if name in self.running:
                    raise Closed(TAKEN, f"Subscriber for {name} already exists" if name.isascii() else "Id is taken")
                if len(self.running) >= self.serving.settings.streams_of_one:
                    raise Closed(TWICE, "Too many subscriptions")
                self.running[name] = asyncio.create_task(self._subscription(name, payload))
            case {"type": "complete", "id": str(name)}:
                if task := self.running.pop(name, None):
                    task.cancel()
            case _:
                raise Closed(BAD, "No such message")

    async def _initialise(self, payload: Any) -> None:
        if self.initialised:
            raise Closed(TWICE, "Too many initialisation requests")
        try:
            token = self._token(payload)
            identity = await self.serving.identities.identify(token)
            assert identity is not None
            self._place.enter_context(self.serving.followers.admitted(identity.login))
        except TooManyStreams:
            raise Closed(TWICE, "Too many connections") from None
        except DomainError as error:
            raise Closed(FORBIDDEN, f"Forbidden: {error.code}") from None
        self.authorization, self.initialised = token, True
        self._watching = asyncio.create_task(self._watch(identity))
        await self._send({"type": "connection_ack"})

    def _token(self, payload: Any) -> str:
        """Said once. Whoever stands between us may have looked at the header, if there is one: it says the same."""
        given = payload if isinstance(payload, dict) else {}
        token, *more = [value for name, value in given.items() if name.lower() == "authorization"] or [None]
        if not isinstance(token, str):
            raise Unauthenticated(reason=NO_TOKEN)
        if more or authorization_of(self.socket) not in (None, token):
            raise Unauthenticated(reason="more than one token was sent")
        return token

    async def _watch(self, identity: Identity | None) -> None:
        """A connection ends with its token, also where nothing is followed; and with the key that signed it."""
        settings = self.serving.settings
        while identity is not None:
            lasts = identity.expires_at + settings.leeway - time.time()
            await asyncio.sleep(min(settings.keep_alive, max(lasts, 0) + 0.1))
            try:
                identity = await self.serving.identities.identify(self.authorization)
            except Unauthenticated:
                return self._end(Closed(FORBIDDEN, "Forbidden: the token no longer holds"))
            except DomainError:  # its issuer cannot be asked: nobody knows, and nothing is told meanwhile
                await asyncio.sleep(settings.keep_alive)
            except Exception as error:
                return self._fail(error)

    @contextmanager
    def _counted(self, login: str) -> Iterator[None]:
        """The first has the connection's own place."""
        if self._following:
            place = ExitStack()
            place.enter_context(self.serving.followers.admitted(login))
            self._more.append(place)
        self._following += 1
        try:
            yield
        finally:
            self._following -= 1
            if self._more:
                self._more.pop().close()

    async def _subscription(self, name: str, payload: dict[str, Any]) -> None:
        """From its opening until it ends; a refusal is its last word."""
        try:
            await self._follow(name, payload)
            await self._send({"id": name, "type": "complete"})
        except Unauthenticated:
            self._end(Closed(FORBIDDEN, "Forbidden: the token no longer holds"))
        except (DomainError, Refused) as refusal:
            await self._send({"id": name, "type": "error", "payload": errors_of(refusal)})
        except TimeoutError:
            self._end(Closed(FAILED, "Too slow"))
        except WebSocketDisconnect:
            pass
        except Exception as error:
            with suppress(*GONE):
                await self._send({"id": name, "type": "error", "payload": errors_of(Internal())})
            self._fail(error)
        finally:
            if self.running.get(name) is asyncio.current_task():
                del self.running[name]

    async def _follow(self, name: str, payload: dict[str, Any]) -> None:
        performer = await self.performer()
        text, values, operation = asked_in(payload)
        desk = await self.serving.desk_of(self.authorization)
        document = await performer.compiler.read(text, operation, desk.login)
        if document.operation.operation is not gql.OperationType.SUBSCRIPTION:
            raise OverAnotherWay
        said_as = await performer.compiler.beside.run(desk.login, lambda: Wording(performer, document, values))
        with self._counted(desk.login or ""):
            opening = await desk.changes(place_in(said_as.after) if said_as.after is not None else None, MOST)
            await self._tell(name, said_as, opening)
            async for batch in following(self.serving, self.authorization, opening):
                await self._tell(name, said_as, batch)

    async def _tell(self, name: str, said_as: "Wording", batch: Batch) -> None:
        for change in batch.changes:
            await self._send({"id": name, "type": "next", "payload": {"data": said_as.of(said(change))}})
            await asyncio.sleep(0)  # sending waits for nobody as long as the client reads

    async def _send(self, message: dict[str, Any]) -> None:
        async with asyncio.timeout(PATIENCE), self._sending:
            await self.socket.send_text(orjson.dumps(message).decode())


class Wording:
    """How a subscription wants to see each change."""

    def __init__(self, performer: Performer, document: Document, values: dict[str, Any]) -> None:
        self._performer = performer
        root = performer.types.subscription_type
        assert root is not None
        variables = performer.compiler.variables(document, values)
        self._translation = Translation(performer.types, document, variables)
        fields = unfolded(lambda: self._translation.fields(root, [document.operation.selection_set]))
        if [nodes[0].name.value for nodes in fields.values()] != ["changes"]:
            raise Malformed(reason="a subscription has the one field `changes`")
        ((self._key, nodes),) = fields.items()
        definition = root.fields["changes"]
        type_ = gql.get_named_type(definition.type)
        assert isinstance(type_, gql.GraphQLObjectType)
        self._type, self._sets = type_, [node.selection_set for node in nodes if node.selection_set]
        self.after: str | None = unfolded(lambda: gql.get_argument_values(definition, nodes[0], variables).get("after"))
        self.of({})  # what cannot be unfolded is refused now
        if self._translation.nodes > MOST_SAID:
            raise TooCostly(cost=self._translation.nodes, allowed=MOST_SAID)

    def of(self, change: dict[str, Any]) -> dict[str, Any]:
        self._translation.nodes = 0
        picked = unfolded(lambda: self._performer.picked(self._translation, self._type, self._sets, change))
        return {self._key: picked}
