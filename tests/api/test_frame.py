"""What every request passes: identity, limits, headers, and logs without anybody in them."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from io import BytesIO
from typing import Any

import httpx
import pytest
import structlog
from fastapi import APIRouter, FastAPI, Request
from prometheus_client import REGISTRY
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Scope

from service.api import frame, logs, metrics, problems
from service.settings import Settings

TRACE = "0af7651916cd43dd8448eb211c80319c"
NAME = "Mechthild-Beispielmann"
LIMIT = 2048


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def told(lines: BytesIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def application(**settings: Any) -> frame.Frame:
    app = FastAPI()
    problems.install(app)
    router = APIRouter(prefix="/people/{person}")

    @router.get("/notes/{note}")
    async def note(person: str, note: str) -> str:
        return "text"

    @router.post("/notes")
    async def write(person: str, body: dict[str, Any]) -> int:
        logging.getLogger("some.library").warning("could not read %s of %s", body, person)
        logging.getLogger("other.library").warning(f"could not read {body}")  # as libraries do
        return len(body)

    @router.get("/break")
    async def fail(person: str) -> None:
        try:
            raise KeyError(person)
        except KeyError as error:
            raise ValueError(f"no such person: {person}") from error

    @app.get("/own")
    async def own() -> PlainTextResponse:
        return PlainTextResponse("", headers={"Cache-Control": "public", "Content-Security-Policy": "own"})

    @app.get("/torn")
    async def torn() -> StreamingResponse:
        async def parts() -> AsyncIterator[str]:
            yield "first"
            raise ValueError(NAME)

        return StreamingResponse(parts())

    async def plain(_: Request) -> PlainTextResponse:
        return PlainTextResponse("plain")

    @app.post("/read")
    async def read(request: Request) -> PlainTextResponse:
        return PlainTextResponse(await request.body())

    app.include_router(router, prefix="/v1")
    app.router.routes += [Route("/plain/{name}", plain), Route("/livez", plain)]
    return frame.Frame(app, Settings.model_validate({"largest_body": LIMIT, **settings}))


def client(**settings: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(application(**settings)), base_url="http://test")


@pytest.mark.anyio
async def test_identity_is_taken_over_or_made() -> None:
    async with client() as caller:
        answer = await caller.get(
            "/nowhere", headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "x-request-id": "job-7.a"}
        )
        assert answer.headers["x-request-id"] == "job-7.a"
        assert answer.json()["trace_id"] == TRACE
        for unfit in (f"ff-{TRACE}-b7ad6b7169203331-01", f"00-{'0' * 32}-b7ad6b7169203331-01", "x"):
            answer = await caller.get("/nowhere", headers={"traceparent": unfit, "x-request-id": "a b"})
            assert len(answer.json()["trace_id"]) == 32
            assert answer.json()["trace_id"] not in (TRACE, "0" * 32)
            assert answer.headers["x-request-id"] == answer.json()["trace_id"]


@pytest.mark.anyio
async def test_headers_of_every_answer() -> None:
    async with client(public_url="https://social.example") as caller:
        for path in ("/plain/x", "/nowhere", "/v1/people/x/break"):
            headers = (await caller.get(path)).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
            assert headers["strict-transport-security"] == "max-age=31536000"
            assert headers.get_list("cache-control") == ["no-store"]
        own = (await caller.get("/own")).headers
        assert (own["cache-control"], own["content-security-policy"]) == ("public", "own")
    async with client() as caller:
        assert "strict-transport-security" not in (await caller.get("/plain/x")).headers


@pytest.mark.anyio
async def test_other_origins_may_call_when_named() -> None:
    origin = "https://app.example"
    async with client(cors_origins=origin) as caller:
        for path in ("/plain/x", "/v1/people/x/break", "/plain/" + "x" * 9000):
            answer = await caller.get(path, headers={"origin": origin})
            assert answer.headers["access-control-allow-origin"] == origin
            assert "access-control-allow-credentials" not in answer.headers
            assert "Origin" in answer.headers["vary"]
            assert "ETag" in answer.headers["access-control-expose-headers"]
        other = await caller.get("/plain/x", headers={"origin": "https://other.example"})
        assert "access-control-allow-origin" not in other.headers
        assert "Origin" in other.headers["vary"], "or a shared cache would hand it to the page that is allowed"


@pytest.mark.anyio
async def test_a_body_too_large_is_refused_and_the_connection_closed() -> None:
    async def streamed() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield b"x" * 1000

    async with client() as caller:
        for content in (b"x" * (LIMIT + 1), streamed()):
            headers = {"content-type": "application/json"}
            answer = await caller.post("/v1/people/x/notes", content=content, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
            assert answer.json()["limit"] == LIMIT
            assert answer.headers["connection"] == "close"
        fits = json.dumps({"text": "x" * (LIMIT - 20)})
        assert (await caller.post("/v1/people/x/notes", content=fits, headers=headers)).status_code == 200


@pytest.mark.anyio
async def test_a_refused_body_is_read_so_that_the_refusal_arrives_unless_the_client_waits() -> None:
    async def reads(*more: tuple[bytes, bytes]) -> int:
        count = 0

        async def receive() -> Message:
            nonlocal count
            count += 1
            return {"type": "http.request", "body": b"x" * LIMIT, "more_body": count < 5}

        async def send(_: Message) -> None: ...

        length = (b"content-length", str(LIMIT * 5).encode())
        scope: Scope = {"type": "http", "method": "POST", "path": "/x", "query_string": b"", "headers": [length, *more]}
        await application()(scope, receive, send)
        return count

    assert await reads() == 5
    assert await reads((b"expect", b"100-continue")) == 0


@pytest.mark.anyio
async def test_an_address_too_long_is_refused() -> None:
    async with client() as caller:
        answer = await caller.get("/plain/x", params={"q": "x" * 9000})
    assert (answer.status_code, answer.json()["code"]) == (414, "address-too-long")


@pytest.mark.anyio
async def test_what_nobody_expected_is_a_problem_without_details(lines: BytesIO) -> None:
    async with client() as caller:
        answer = await caller.get(f"/v1/people/{NAME}/break")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    (line,) = told(lines)
    assert line["exception"] == "builtins.ValueError <- builtins.KeyError"
    assert line["trace_id"] == answer.json()["trace_id"]
    assert any("test_frame.py" in frame for frame in line["frames"])


@pytest.mark.anyio
async def test_an_answer_torn_off_is_logged_as_failed(lines: BytesIO) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "GET", "path": "/torn", "query_string": b"", "headers": []}
    await application()(scope, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[-1]["more_body"]  # the server sees an unfinished answer and cuts the connection
    (line,) = told(lines)
    assert (line["status"], line["failed"], line["level"]) == (200, True, "error")


@pytest.mark.anyio
@pytest.mark.parametrize("length", [[(b"content-length", b"5")], [(b"transfer-encoding", b"chunked")]])
async def test_who_breaks_off_has_left_and_nothing_has_failed(length: list[Any], lines: BytesIO) -> None:
    """So it is, too, where a chunk is none: the server refuses it by itself, and ends the connection."""
    messages: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        return messages.pop(0)

    async def send(_: Message) -> None: ...

    scope: Scope = {"type": "http", "method": "POST", "path": "/read", "query_string": b"", "headers": length}
    await application()(scope, receive, send)
    (line,) = told(lines)
    assert (line["status"], line["level"], "failed" in line) == (frame.CLIENT_GONE, "info", False)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "template"),
    [
        (f"/v1/people/{NAME}/notes/3", "/v1/people/{person}/notes/{note}"),
        (f"/plain/{NAME}", "/plain/{name}"),
        (f"/{NAME}", "unmatched"),
    ],
)
async def test_logs_and_metrics_know_templates_only(path: str, template: str, lines: BytesIO) -> None:
    async with client() as caller:
        await caller.get(path)
    (line,) = told(lines)
    assert (line["event"], line["route"], line["method"]) == ("request", template, "GET")
    status = f"{line['status'] // 100}xx"
    assert REGISTRY.get_sample_value("requests_total", {"method": "GET", "route": template, "status": status})
    assert REGISTRY.get_sample_value("requests_in_progress") == 0
    assert NAME not in str(list(REGISTRY.collect()))


@pytest.mark.anyio
async def test_health_is_not_logged(lines: BytesIO) -> None:
    async with client() as caller:
        await caller.get("/livez")
    assert told(lines) == []


@pytest.mark.anyio
async def test_nobody_is_in_the_logs(lines: BytesIO) -> None:
    headers = {
        "authorization": f"Bearer {NAME}",
        "cookie": f"name={NAME}",
        "referer": f"https://test/{NAME}",
        "traceparent": NAME,
        "user-agent": NAME,
        "x-forwarded-for": "203.0.113.77",
        "x-request-id": NAME,
    }
    async with client() as caller:
        caller.headers.update(headers)
        for path in (f"/v1/people/{NAME}/notes/{NAME}", f"/plain/{NAME}", f"/{NAME}", f"/v1/people/{NAME}/break"):
            await caller.get(path, params={"name": NAME})
        await caller.request(NAME.upper(), "/own")
        await caller.post(f"/v1/people/{NAME}/notes", json={"name": NAME})
        await caller.post(f"/v1/people/{NAME}/notes", json=[NAME])
        with suppress(AssertionError):  # httpx insists on whole answers
            await caller.get("/torn")
    log = structlog.get_logger()
    log.info(f"{NAME} called", name=NAME, subject=NAME)
    log.warning("failed", exc_info=ValueError(NAME))
    logging.getLogger("uvicorn.error").error("%s - closed", NAME, exc_info=ValueError(NAME))
    logging.getLogger("asyncio").error(f"Task exception was never retrieved\nfuture: {NAME}")
    text = lines.getvalue().decode()
    assert len(told(lines)) == 14
    for part in (*NAME.split("-"), "203.0.113.77"):
        assert part.lower() not in text.lower()


def test_a_request_id_is_logged_when_a_machine_made_it() -> None:
    assert logs.is_machine_made("01890a5d-ac96-774b-bcce-b302099a8057")
    assert logs.is_machine_made(TRACE)
    assert logs.is_machine_made("01ARZ3NDEKTSV4RRFFQ69G5FAV")
    for written in (NAME, "1990-01-02", "DE89370400440532013000", "0171-2345678"):
        assert not logs.is_machine_made(written)


def test_metrics_go_without_a_port_of_their_own(lines: BytesIO) -> None:
    metrics.serve("127.0.0.1", None)
    metrics.serve("192.0.2.1", 9)  # nobody's address: cannot be bound
    assert [line["event"] for line in told(lines)] == ["metrics-port-taken"]


@pytest.mark.anyio
async def test_metrics_on_the_main_port_are_for_this_machine() -> None:
    app = FastAPI()
    app.router.routes.append(Route("/metrics", metrics.metrics_page))

    async def ask(address: str, **headers: str) -> int:
        transport = httpx.ASGITransport(app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as caller:
            return (await caller.get("/metrics", headers=headers)).status_code

    assert await ask("127.0.0.1") == 200
    assert await ask("203.0.113.77") == 404
    assert await ask("127.0.0.1", forwarded="for=203.0.113.77") == 404


@pytest.mark.anyio
async def test_pools_are_sampled() -> None:
    metrics.watch_pool("reading", lambda: metrics.PoolState(8, 3))
    async with metrics.sampling():
        for _ in range(3):
            await asyncio.sleep(0)
    assert REGISTRY.get_sample_value("database_pool_in_use", {"pool": "reading"}) == 3


def test_a_request_s_line_is_that_of_any_other_event(lines: BytesIO) -> None:
    """It is written by a shorter way, so it is compared with what the longer one makes of the same."""
    for trace in (None, logs.Trace(TRACE, TRACE), logs.Trace(TRACE, "maria.huber")):
        token = logs.current_trace.set(trace)
        assert logs.request_line.write("GET", "/v1/cases/{id}", 200, 1.25)
        structlog.get_logger().info("request", method="GET", route="/v1/cases/{id}", status=200, milliseconds=1.25)
        logs.current_trace.reset(token)
        short, long = told(lines)[-2:]
        assert set(short.pop("timestamp")) | set("0123456789") == set(long.pop("timestamp")) | set("0123456789")
        assert short == long


@pytest.mark.parametrize("level", ["WARNING", "ERROR"])
def test_a_request_s_line_has_its_level(lines: BytesIO, level: str) -> None:
    logs.configure(level, lines)
    assert not logs.request_line.write("GET", "/", 200, 1.0)
    logs.configure("INFO", lines)
    assert logs.request_line.write("GET", "/", 200, 1.0)
