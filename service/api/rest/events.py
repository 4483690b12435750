"""What has changed for me, over REST: in pages, or as a stream of server-sent events (WHATWG HTML, 9.2)."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import Header
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.api.changes import ADDRESSES, following, said
from service.api.headers import PAGED
from service.api.problems import TooManyStreams
from service.api.rest.route import ASKED, JSON, ROUTES, Documented, Whole, asked, parameters_of
from service.api.rest.table import wants
from service.api.serving import Serving
from service.domain.act import NotEnrolled
from service.domain.changes import MOST, PLACE, Batch, Place, place_in
from service.domain.errors import (
    NO_TOKEN,
    CursorExpired,
    DomainError,
    InvalidInput,
    PlaceExpired,
    Unauthenticated,
    Unavailable,
)
from service.domain.views import LARGEST_PAGE

STREAM = "text/event-stream"
LAST = "Last-Event-ID"
WHERE = "Where a stream broke off; goes before `after`."
PLACES: dict[str, Any] = {"pattern": f"^{PLACE.pattern}$"}
LAST_PLACES: dict[str, Any] = {"pattern": f"^({PLACE.pattern})?$"}  # none yet: an empty one (WHATWG HTML, 9.2.2)
AGAIN = 5_000  # milliseconds after which a client whose stream broke comes back
PATIENCE = 20.0  # seconds a client may take to accept what is sent; then it is gone
ADDRESSES["delivery"] = "/v1/deliveries?assignment_id="


class ChangeFacts(BaseModel):
    """No personal data: what it is now, the link says, to whoever may read it."""

    version: int = Field(description="Its version after the change.")
    removal: bool = Field(description="It is no longer yours to see: remove what you hold of it.")
    link: str | None = Field(description="Where to read it; null where it has no address of its own.")


class CloudEvent(BaseModel):
    """Something that I may see has changed (CloudEvents 1.0, structured JSON)."""

    specversion: Literal["1.0"] = Field(description="Of CloudEvents.")
    id: str = Field(description="Its place in the feed; goes into `after`.")
    source: str = Field(description="This feed.")
    type: str = Field(description="What has changed.", examples=["sozialraum.goal.changed.v1"])
    subject: str = Field(description="The id of what has changed; of a delivery, its assignment's.")
    time: datetime = Field(description="When.")
    datacontenttype: Literal["application/json"] = Field(description="Of `data`.")
    data: ChangeFacts


class CloudEventPage(BaseModel):
    """What has changed since, of what you may see now. It goes through a limited number of transactions: a page can be
    empty and yet there is more."""

    items: list[CloudEvent]
    next: str = Field(description="Goes into `after`: for what follows, at once or some day. Never null.")
    more: bool = Field(description="There is more already.")


class EventParameters(BaseModel):
    """From where on, and how much."""

    model_config = ConfigDict(extra="forbid")

    after: str | None = Field(
        None,
        max_length=2000,
        description="The `next` of a page, or an event's `id`. Left out: from now on.",
        json_schema_extra=PLACES,
    )
    limit: Whole = Field(50, ge=1, le=LARGEST_PAGE, description="Changes on a page. A stream tells all.")


async def serve(serving: Serving, request: Request) -> Response:
    """What has changed for me, as CloudEvents without personal data: pages of JSON, or with Accept: text/event-stream
    a stream that stays open. Begin without `after`, read what you need, and go on from `next`: nothing is missed."""
    try:
        return await _served(serving, request)
    except CursorExpired as error:
        raise PlaceExpired(resync="/v1/events") from error


async def _served(serving: Serving, request: Request) -> Response:
    desk = await serving.desk(request)
    if desk.login is None:  # before anything is said of what was asked
        raise Unauthenticated(reason=NO_TOKEN)
    parameters = parameters_of(EventParameters, request)
    since = _since(parameters.after, request.headers.get(LAST))
    source = f"{serving.settings.public_url or ''}/v1/events"
    if wants(STREAM, request):
        with serving.followers.admitted(desk.login or ""):  # refused before anything is looked at
            opening = await desk.changes(since, MOST)
        return EventStream(serving, request, opening, desk.login or "", source)
    batch = await desk.changes(since, parameters.limit)
    page = {
        "items": [cloud_event(each, source) for each in batch.changes],
        "next": str(batch.place),
        "more": batch.more,
    }
    headers = {"vary": "Accept"}
    if batch.more:
        following_one = request.url.include_query_params(after=str(batch.place))
        headers["link"] = f'<{following_one.path}?{following_one.query}>; rel="next"'
    return Response(orjson.dumps(page), headers=headers, media_type=JSON)


def _since(after: str | None, last: str | None) -> Place | None:
    """A client that comes back asks the same address again, and says in a header how far it got."""
    if last:
        return place_in(last, LAST)
    return None if after is None else place_in(after)


def cloud_event(change: dict[str, Any], source: str) -> dict[str, Any]:
    told = said(change)
    return {
        "specversion": "1.0",
        "id": told["id"],
        "source": source,
        "type": told["type"],
        "subject": told["subject"],
        "time": told["time"],
        "datacontenttype": JSON,
        "data": {name: told[name] for name in ChangeFacts.model_fields},
    }


class EventStream(Response):
    """Stays open until the client leaves or cannot keep up, the token ends, or no right is left."""

    media_type = STREAM

    def __init__(self, serving: Serving, request: Request, opening: Batch, login: str, source: str) -> None:
        super().__init__(headers={"vary": "Accept", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._serving, self._opening, self._login, self._source = serving, opening, login, source
        self._authorization = request.headers.get("authorization")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._serving.followers.admitted(self._login):
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if scope.get("bodiless"):  # HEAD asks what there would be, and does not stay
                return await send({"type": "http.response.body", "body": b""})
            tasks = {asyncio.create_task(self._send(send)), asyncio.create_task(_left(receive))}
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            for task in done:
                task.result()

    async def _send(self, send: Send) -> None:
        with suppress(TimeoutError):
            async for text in self._texts():
                async with asyncio.timeout(PATIENCE):
                    await send({"type": "http.response.body", "body": text, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _texts(self) -> AsyncIterator[bytes]:
        yield b"retry: %d\n" % AGAIN + self._written(self._opening)
        try:
            async for batch in following(self._serving, self._authorization, self._opening):
                yield self._written(batch)
        except DomainError as error:
            yield b": ended, %s\n\n" % error.code.encode()

    def _written(self, batch: Batch) -> bytes:
        """Its changes; then, as an event without data, which no client passes on, where to go on."""
        events = (
            b"id: %s\ndata: %s\n\n" % (each["id"].encode(), orjson.dumps(cloud_event(each, self._source)))
            for each in batch.changes
        )
        return b"".join(events) + b": still here\nid: %s\n\n" % str(batch.place).encode()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _asked() -> dict[str, inspect.Parameter]:
    last = Annotated[str | None, Header(alias=LAST, max_length=2000, description=WHERE, json_schema_extra=LAST_PLACES)]
    parameters = {ASKED: asked(EventParameters)}
    return parameters | {
        "last": inspect.Parameter("last", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=last)
    }


ROUTES.append(
    Documented(
        "GET",
        "/events",
        serve,
        name="list_events",
        description=" ".join((serve.__doc__ or "").split()),
        tag="Events",
        answers=lambda: CloudEventPage,
        refusals=(InvalidInput, CursorExpired, Unauthenticated, NotEnrolled, Unavailable, TooManyStreams),
        parameters=_asked,
        headers=PAGED,
        extra={"responses": {"200": {"content": {STREAM: {"schema": {"type": "string"}}}}}},
    )
)
