"""What every answer gets and every request passes, outermost: identity of the request, limits, headers, measures.

Plain ASGI, since it runs for every request. It tells route templates to logs and metrics and nothing else about a
request: neither path nor query, no header, body, address or user."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from os import urandom
from time import perf_counter
from typing import Any

import structlog
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api import metrics
from service.api.company import somebody_comes
from service.api.health import QUIET
from service.api.logs import Trace, current_trace, request_line, what_failed
from service.api.problems import AddressTooLong, EncodedBody, HttpError, Internal, NoSuchPath, answer, trace_id
from service.api.senders import Shares
from service.domain.errors import DomainError, Kind, Malformed, TooLarge
from service.settings import Settings

LONGEST_ADDRESS = 8192
DRAINED = 8 * 1024 * 1024  # bytes of a refused body still read, so that the client gets to see the refusal
DRAINING = 2.0  # seconds
COME_AGAIN = 1013  # of a WebSocket: try again later (IANA)
NOT_HEARD = 1008  # a page of elsewhere (IANA: policy violation)
CLIENT_GONE = 499  # no answer of ours was sent: who asked left, or the server refused; the number nginx made common
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"})
OF_HTTP = METHODS | {"TRACE", "CONNECT"}  # which no address takes (RFC 9110, 9.3)
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
ONCE = frozenset({b"content-type", b"idempotency-key"})
EXPOSED = ("ETag", "Location", "Link", "Content-Language", "X-Request-ID", "Retry-After")
NO_PAGE = b"default-src 'none'; frame-ancestors 'none'"
NO_PAGE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

_FILE = re.compile(r"/v1/booking-imports/[^/]+/file")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_TRACE_PARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


@dataclass(eq=False)
class MethodUnknown(HttpError):
    kind, status, code, title = Kind.UNSUPPORTED, 501, "method-unknown", "No address takes this method."
    advice = "Use one that HTTP itself has, in capitals; 405 then says which of them the address takes."


@dataclass(eq=False)
class PageOfElsewhere(HttpError):
    kind, status, code, title = Kind.FORBIDDEN, 403, "page-of-elsewhere", "Pages of that origin are not heard here."
    advice = "The operator names those that are (SOZIALRAUM_CORS_ORIGINS)."


class BodyTooLarge(HTTPException):
    """FastAPI lets HTTP exceptions through while it reads a body, and nothing else."""

    def __init__(self, limit: int) -> None:
        super().__init__(413)
        self.limit = limit


class Frame:
    def __init__(self, app: ASGIApp, settings: Settings, shares: Shares | None = None) -> None:
        self.inner = app
        self.shares = shares or Shares(settings.connections)
        self.app: ASGIApp = self._guarded
        if settings.cors_origins:  # around the refusals, too: a web page should get to read them
            self.app = CORSMiddleware(
                self._guarded,
                allow_origins=settings.cors_origins,
                allow_methods=sorted(METHODS),
                allow_headers=["*"],
                expose_headers=EXPOSED,
                max_age=600,
            )
        self.limit, self.largest_upload = settings.largest_body, settings.largest_upload
        self.log = structlog.get_logger().bind()
        self.headers = [*NO_PAGE_HEADERS]
        if settings.cors_origins:  # an answer to no page, or to one not allowed, must not be kept for one that is
            self.headers.append((b"vary", b"Origin"))
        if (settings.public_url or "").startswith("https://"):
            self.headers.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        trace, length, waits = _read(scope["headers"])
        token = current_trace.set(trace)
        try:
            with self.shares.through(scope) as crowded:
                if crowded is not None:
                    scope["refusal"] = crowded
                if scope["type"] == "http":
                    await self._request(scope, receive, send, trace, length, waits)
                else:
                    await self._socket(scope, receive, send, trace)
        finally:
            current_trace.reset(token)

    async def _socket(self, scope: Scope, receive: Receive, send: Send, trace: Trace) -> None:
        answered = False

        async def framed(message: Message) -> None:
            """Whoever is refused before the handshake is told so like anybody else."""
            nonlocal answered
            early = message["type"] == "websocket.close" and not answered
            answered = True
            if early and "websocket.http.response" in scope.get("extensions", {}):
                refusal = PageOfElsewhere() if message["code"] == NOT_HEARD else NoSuchPath()
                return await answer(refusal, instance=scope["path"], trace_id=trace_id())(scope, receive, framed)
            if message["type"] == "websocket.http.response.start":
                self._complete(message["headers"], trace)
            await send(message)

        try:
            if "refusal" in scope:
                await receive()
                offered = next(iter(scope.get("subprotocols", ())), None)  # a browser takes nothing else
                await framed({"type": "websocket.accept", "subprotocol": offered})
                return await framed({"type": "websocket.close", "code": COME_AGAIN, "reason": scope["refusal"].title})
            await self.app(scope, receive, framed)
        except Exception as exception:
            # Not raised again: the server would close the connection just so, and log the message.
            self.log.error("socket-failed", route=template_of(scope), **what_failed(exception))

    async def _request(
        self, scope: Scope, receive: Receive, send: Send, trace: Trace, length: int | None, waits: bool
    ) -> None:
        started, status = perf_counter(), 0
        failure: Exception | None = None
        limit = self._limit(scope)
        body = receive if length is not None and length <= limit else _Capped(receive, limit)

        async def framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ())]  # a copy: the response may be sent again
                if message["status"] == 413:
                    if isinstance(body, _Capped) and not waits:
                        await body.drain()
                    headers.append((b"connection", b"close"))
                self._complete(headers, trace)
                status = message["status"]
                message = {**message, "headers": headers}
            await send(message)

        metrics.IN_PROGRESS.inc()
        if scope["path"] != "/graphql":  # there it depends on whether the document is known
            somebody_comes()
        try:
            if scope["path"] in QUIET:  # whoever starts what does not answer anew would end what only is full
                scope.pop("refusal", None)
            if "refusal" not in scope and (refusal := self._refusal(scope, length)) is not None:
                scope["refusal"] = refusal
            await self.app(scope, body, framed)
        except ClientDisconnect:  # in the middle of a body, or this was no body: nobody waits, and nothing has failed
            status = CLIENT_GONE
        except Exception as exception:
            failure = exception  # never raised again: the server would log its message
            if not status:
                await _answer(Internal(), scope, receive, framed)
        finally:
            metrics.IN_PROGRESS.dec()
            self._tell(scope, status or CLIENT_GONE, perf_counter() - started, failure)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "refusal" in scope:
            await _answer(scope["refusal"], scope, receive, send)
        elif scope.get("method") == "HEAD":  # lifespan has none
            await self._head(scope, receive, send)
        else:
            await self.inner(scope, receive, send)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What GET says, without saying it (RFC 9110, 9.3.2)."""

        async def headers_only(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)}
            await send(message)

        asked = {**scope, "method": "GET", "bodiless": True}
        try:
            await self.inner(asked, receive, headers_only)
        finally:
            scope.update({name: asked[name] for name in ("route", "fastapi") if name in asked})

    def _refusal(self, scope: Scope, length: int | None) -> DomainError | None:
        if length is not None and length > self._limit(scope):
            return TooLarge(self._limit(scope))
        if len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
            return AddressTooLong(LONGEST_ADDRESS)
        if b"%2f" in (scope.get("raw_path") or b"").lower():  # no id has one: it would only be taken for another path
            return NoSuchPath()
        if scope["method"] not in OF_HTTP:
            return MethodUnknown()
        if any(name == b"content-encoding" and value.lower() != b"identity" for name, value in scope["headers"]):
            return EncodedBody()
        if scope["method"] in CHANGING:
            once = [name for name, _ in scope["headers"] if name in ONCE]
            if len(once) > len(set(once)):  # whoever stands between us might have looked at the other one
                return Malformed(reason=f"of {', '.join(each.decode() for each in sorted(ONCE))} one is sent twice")
        return None

    def _limit(self, scope: Scope) -> int:
        """A file is read piece by piece, and only by whoever may send one; everything else stands in memory."""
        return self.largest_upload if scope["method"] == "POST" and _FILE.fullmatch(scope["path"]) else self.limit

    def _complete(self, headers: list[tuple[bytes, bytes]], trace: Trace) -> None:
        caching = policy = False
        for name, _ in headers:
            if name == b"cache-control":
                caching = True
            elif name == b"content-security-policy":
                policy = True
        headers += self.headers
        headers.append((b"x-request-id", trace.request_id.encode()))
        if not caching:
            headers.append((b"cache-control", b"no-store"))
        if not policy:
            headers.append((b"content-security-policy", NO_PAGE))

    def _tell(self, scope: Scope, status: int, seconds: float, failure: Exception | None) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = template_of(scope)
        metrics.observe(method, route, status, seconds)
        if failure is None and route in QUIET:
            return
        milliseconds = round(seconds * 1000, 2)
        if failure is not None:
            told = {"method": method, "route": route, "status": status, "milliseconds": milliseconds, "failed": True}
            self.log.error("request", **told, **what_failed(failure))
        elif not request_line.write(method, route, status, milliseconds):
            self.log.info("request", method=method, route=route, status=status, milliseconds=milliseconds)


def _read(headers: list[tuple[bytes, bytes]]) -> tuple[Trace, int | None, bool]:
    """The trace, the announced length of the body, and whether the client waits for leave to send it."""
    trace = request_id = ""
    length, waits = None, False
    for name, value in headers:
        if name == b"traceparent":
            parent = _TRACE_PARENT.fullmatch(value)
            trace = parent[1].decode() if parent else ""
        elif name == b"x-request-id":
            request_id = value.decode() if _REQUEST_ID.fullmatch(value) else ""
        elif name == b"content-length":
            length = int(value) if value.isdigit() else None
        elif name == b"expect":
            waits = True
    trace = trace or urandom(16).hex()
    return Trace(trace, request_id or trace), length, waits


class _Capped:
    """A body of unknown or too great length: counted as it comes."""

    __slots__ = ("_limit", "_more", "_receive", "_seen")

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._limit, self._seen, self._more = receive, limit, 0, True

    async def _next(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        self._more = message["type"] == "http.request" and message.get("more_body", False)
        return message

    async def __call__(self) -> Message:
        message = await self._next()
        if self._seen > self._limit:
            raise BodyTooLarge(self._limit)
        return message

    async def drain(self) -> None:
        """A connection closed on a client that still sends resets, and the client never reads why."""
        try:
            async with asyncio.timeout(DRAINING):
                while self._more and self._seen < DRAINED:
                    await self._next()
        except TimeoutError:
            pass


async def _answer(error: DomainError, scope: Scope, receive: Receive, send: Send) -> None:
    response = answer(error, instance=scope["path"], trace_id=trace_id(), method=scope["method"])
    await response(scope, receive, send)


_templates: dict[Any, list[RouteContext]] = {}  # of plain Starlette routes, by endpoint


def template_of(scope: Scope) -> str:
    """The path as declared, `/v1/cases/{id}`.

    FastAPI keeps it, prefixes of included routers and all, in its part of the scope; `scope["route"]` knows the
    innermost path only, and is missing for plain Starlette routes."""
    chosen = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    path = getattr(chosen, "path_format", None)
    if isinstance(path, str):
        return path
    endpoint: Callable[..., Any] | None = scope.get("endpoint")
    if endpoint is None:
        return "unmatched"
    if endpoint not in _templates:
        known = iter_route_contexts(getattr(scope.get("app"), "routes", ()))
        _templates[endpoint] = [each for each in known if each.endpoint is endpoint]
    candidates = _templates[endpoint]
    for each in candidates:
        if len(candidates) == 1 or each.path_regex.match(scope["path"]):
            return each.path_format or each.path or "unmatched"
    return "unmatched"
