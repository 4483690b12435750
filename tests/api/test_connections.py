"""Clients that say nothing, or too much before they ask, are let go in time; whoever is only slow is served."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from typing import Any

import httpx
import pytest
import uvicorn
from pydantic import ValidationError
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from service.api import connections
from service.api.connections import LARGEST_HEAD, MOST_REFUSED
from service.api.frame import Frame
from service.api.senders import Shares, sender_of
from service.process import descriptors
from service.settings import UVICORN, Settings

ASKED = b"GET / HTTP/1.1\r\nhost: test\r\n"
UPGRADE = b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: "
UPGRADE += b"AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
LARGE = 32 * 1024 * 1024  # bytes: more than the buffers on the way take
SHORT = 0.4  # seconds: what clients have


async def answering(scope: Any, receive: Any, send: Any) -> None:
    """Says how long the body was, or `LARGE` bytes; over a WebSocket, nothing."""
    if scope["type"] == "websocket":
        await receive()
        if scope["path"] != "/":
            await send({"type": "websocket.close", "code": 1008 if scope["path"] == "/elsewhere" else 1000})
            return
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length, more = length + len(message.get("body", b"")), message.get("more_body", False)
    names = b",".join(name for name, _ in scope["headers"])
    body = {"/large": b"x" * LARGE, "/names": names}.get(scope["path"], b"%d" % length)
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Application:
    """In the frame of the real one."""

    def __init__(self, shares: Shares) -> None:
        self.shares = shares
        self.framed = Frame(answering, Settings(), shares)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.framed(scope, receive, send)


@contextmanager
def served(shares: Shares) -> Iterator[int]:
    """At which port."""
    chosen = dict(pairwise(UVICORN))
    serving: dict[str, Any] = {"http": chosen["--http"], "ws": chosen["--ws"]}
    config = uvicorn.Config(
        Application(shares), port=0, lifespan="off", proxy_headers=False, log_config=None, **serving
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield int(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    thread.join(20)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "HEAD_WITHIN", SHORT)
        patch.setattr(connections, "BODY_WITHIN", SHORT)
        patch.setattr(connections, "READ_WITHIN", 2 * SHORT)
        with served(Shares(2_000)) as port:
            yield port


@pytest.fixture
def client(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        yield client


def told(client: socket.socket) -> bytes:
    """All that comes until the connection ends."""
    said = b""
    try:
        while piece := client.recv(1 << 20):
            said += piece
    except ConnectionResetError:
        pass
    return said


@pytest.mark.parametrize("said", [b"", b"GET / HT", ASKED, b"\r\n"])
def test_a_head_that_does_not_come_is_not_waited_for(client: socket.socket, said: bytes) -> None:
    client.sendall(said)
    began = time.monotonic()
    assert told(client).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 5


def test_not_even_byte_by_byte(client: socket.socket) -> None:
    def drips() -> None:
        for _ in range(100):
            client.sendall(b"a")
            time.sleep(0.05)

    client.sendall(ASKED)
    with pytest.raises(ConnectionError):  # it was closed meanwhile
        drips()


UNREADABLE = [
    b"no request / HTTP/1.1\r\nhost: test\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost : test\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
]


def problem(said: bytes, status: int = 400, code: str = "malformed") -> Any:
    head, _, body = said.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert lines[0].startswith(f"http/1.1 {status} ")
    assert {"content-type: application/problem+json", "cache-control: no-store"} <= set(lines)
    assert {"x-content-type-options: nosniff", f"content-length: {len(body)}"} <= set(lines)
    told = json.loads(body)
    assert (told["code"], told["status"]) == (code, status)
    assert f"x-request-id: {told['trace_id']}" in lines
    return told


@pytest.mark.parametrize("said", UNREADABLE)
def test_what_is_no_request_is_refused_like_any_other(client: socket.socket, said: bytes) -> None:
    client.sendall(said)
    answer = told(client)
    assert b"connection: close\r\n" in answer
    problem(answer)


@pytest.mark.parametrize("method", [b"BREW", b"BREW-9", b"PROPFIND", b"DESCRIBE", b"get", b"\r\nGETT"])
def test_a_method_that_nobody_knows_is_not_implemented(client: socket.socket, method: bytes) -> None:
    """Whether the parser knows it or not (RFC 9110, 15.6.2). Also where something was asked before."""
    client.sendall(ASKED + b"\r\n")
    assert client.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
    client.sendall(method + b" /v1/cases HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
    problem(told(client), 501, "method-unknown")


ENDLESS = {"address": (b"GET /", b"a"), "header": (ASKED + b"x: ", b"y"), "headers": (ASKED, b"x: y\r\n")}


@pytest.mark.parametrize(("begun", "endless"), [*ENDLESS.values(), (b"", b"\r\n")], ids=[*ENDLESS, "lines"])
def test_a_head_without_end_is_refused(client: socket.socket, begun: bytes, endless: bytes) -> None:
    client.sendall(begun)
    try:
        for _ in range(10 * LARGEST_HEAD // 1_000):
            client.sendall(endless * (1_000 // len(endless)))
    except ConnectionError:
        return  # closed with the refusal on its way
    assert told(client).startswith(b"HTTP/1.1 431 ")


def test_a_body_that_stops_is_not_waited_for(client: socket.socket) -> None:
    client.sendall(ASKED + b"content-length: 3\r\n\r\na")
    assert told(client) == b""


CHUNKED = ASKED.replace(b"/", b"/names", 1) + b"transfer-encoding: chunked\r\n\r\n"


def test_what_stands_behind_a_body_is_no_header(client: socket.socket) -> None:
    """Whoever stands before us has looked at the head: whom it is for, and who asks."""
    client.sendall(CHUNKED + b"1\r\na\r\n0\r\nauthorization: Bearer a\r\nx-forwarded-for: 192.0.2.1\r\n\r\n")
    assert client.recv(1_000).endswith(b"\r\n\r\nhost,transfer-encoding")


BESIDE_A_BODY = {"trailers": (b"0\r\n", b"x: y\r\n"), "trailer": (b"0\r\nx: ", b"y"), "extension": (b"1;", b"a")}


@pytest.mark.parametrize(("begun", "endless"), BESIDE_A_BODY.values(), ids=BESIDE_A_BODY)
def test_what_stands_beside_a_body_is_as_short_as_a_head(client: socket.socket, begun: bytes, endless: bytes) -> None:
    client.sendall(CHUNKED + b"1\r\na\r\n" + begun)
    try:
        for _ in range(10 * LARGEST_HEAD // 1_000):
            client.sendall(endless * (1_000 // len(endless)))
            time.sleep(0.001)
    except ConnectionError:
        return  # closed with the refusal on its way
    assert told(client).startswith(b"HTTP/1.1 431 ")


def test_a_body_in_many_small_chunks_is_read(client: socket.socket) -> None:
    client.sendall(CHUNKED.replace(b"/names", b"/") + b"1;a=b\r\na\r\n" * LARGEST_HEAD + b"0\r\n\r\n")
    assert client.recv(1_000).endswith(b"\r\n\r\n%d" % LARGEST_HEAD)


def test_a_head_too_large_is_refused_in_whichever_pieces_it_comes(client: socket.socket) -> None:
    client.sendall(ASKED + b"x: " + b"y" * LARGEST_HEAD + b"\r\n\r\n")
    assert told(client).startswith(b"HTTP/1.1 431 ")


HEADS = {
    "no-host": (b"GET / HTTP/1.1\r\n", 400),
    "two-hosts": (ASKED + b"host: test\r\n", 400),
    "no-such-host": (b"GET / HTTP/1.1\r\nhost: a/b@c\r\n", 400),
    "no-version": (b"GET /\r\n", 505),
    "compressed": (ASKED + b"transfer-encoding: gzip, chunked\r\n", 501),
    "compressed-and-cut": (ASKED + b"transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n", 501),
}


@pytest.mark.parametrize(("head", "status"), HEADS.values(), ids=HEADS)
def test_what_others_might_read_another_way_is_refused(client: socket.socket, head: bytes, status: int) -> None:
    client.sendall(head + b"\r\n")
    assert told(client).startswith(b"HTTP/1.1 %d " % status)


@pytest.mark.parametrize("host", [b"[2001:db8::1]:8000", b"id.example.org:443", b"", b"xn--bcher-kva.example"])
def test_a_host_is_whatever_a_host_can_be(client: socket.socket, host: bytes) -> None:
    client.sendall(b"GET / HTTP/1.1\r\nhost: " + host + b"\r\nconnection: close\r\n\r\n")
    assert told(client).startswith(b"HTTP/1.1 200 ")
    with socket.create_connection(client.getpeername(), timeout=10) as older:
        older.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert told(older).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("path", "status", "code"), [(b"/v1/cases", 404, "no-such-path"), (b"/elsewhere", 403, "page-of-elsewhere")]
)
def test_a_handshake_that_is_refused_is_told_so(client: socket.socket, path: bytes, status: int, code: str) -> None:
    client.sendall(ASKED.replace(b" / ", b" " + path + b" ") + UPGRADE)
    assert problem(told(client), status, code)["instance"] == path.decode()


NO_HANDSHAKES = {
    "with-a-body": ASKED.replace(b"GET", b"POST") + b"content-length: 3\r\n" + UPGRADE + b"abc",
    "of-many-headers": ASKED + b"x: y\r\n" * 200 + UPGRADE,
    "of-a-long-header": ASKED + b"x: " + b"y" * 20_000 + b"\r\n" + UPGRADE,
}


@pytest.mark.parametrize("said", NO_HANDSHAKES.values(), ids=NO_HANDSHAKES)
def test_what_cannot_be_read_as_a_handshake_is_refused(client: socket.socket, said: bytes) -> None:
    """It would hold its connection for ever."""
    client.sendall(said)
    assert told(client).startswith(b"HTTP/1.1 400 ")


def test_a_message_of_endless_nothing_is_not_waited_for(client: socket.socket) -> None:
    client.sendall(ASKED + UPGRADE)
    assert client.recv(1_000).startswith(b"HTTP/1.1 101 ")
    client.sendall(b"\x01\x80" + bytes(4) + (b"\x00\x80" + bytes(4)) * 1_100)  # of no length, none of them the last
    assert b"too many frames" in told(client)


def test_whoever_does_not_read_is_let_go(client: socket.socket) -> None:
    client.sendall(ASKED.replace(b"/", b"/large", 1) + b"\r\n")
    time.sleep(5 * SHORT)
    assert len(told(client)) < LARGE


def test_whoever_pings_and_does_not_read_the_answers_is_let_go(client: socket.socket) -> None:
    client.sendall(ASKED + UPGRADE)
    assert client.recv(1_000).startswith(b"HTTP/1.1 101 ")
    pings = (b"\x89\xfd" + bytes(4) + bytes(125)) * 1_000  # masked by nothing

    def floods() -> None:
        for _ in range(LARGE // len(pings)):
            client.sendall(pings)

    with pytest.raises(ConnectionError):
        floods()


def test_whoever_is_only_slow_is_served(client: socket.socket) -> None:
    """Each pause is shorter than the limit, and all together are longer."""
    client.sendall(ASKED + b"content-length: 4\r\n")
    time.sleep(SHORT / 2)
    client.sendall(b"\r\n")
    for _ in range(4):
        time.sleep(SHORT / 2)
        client.sendall(b"a")
    assert client.recv(1_000).endswith(b"\r\n\r\n4")
    client.sendall(ASKED.replace(b"/", b"/large", 1) + b"connection: close\r\n\r\n")
    read = 0
    while piece := client.recv(1 << 20):
        read += len(piece)
        time.sleep(SHORT / 100)
    assert read > LARGE


def test_one_request_after_the_other_is_served_however_they_are_cut(client: socket.socket) -> None:
    twice = (ASKED + b"content-length: 2\r\n\r\nab") * 2
    for cut in range(1, len(twice), 7):
        for piece in (twice[:cut], twice[cut:]):
            client.sendall(piece)
        said = b""
        while said.count(b"\r\n\r\n2") < 2:
            said += client.recv(1_000)


ALL, ONE = 6, 3  # connections; of one address


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, Shares]]:
    monkeypatch.setattr(connections, "HEAD_WITHIN", 30.0)
    shares = Shares(ALL, ONE)
    with served(shares) as port:
        yield port, shares


def opened(port: int, address: str = "127.0.0.1") -> socket.socket:
    """Of the loopback's many addresses."""
    return socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(address, 0))


def asked(port: int, address: str = "127.0.0.1", path: str = "/", **headers: str) -> httpx.Response:
    with httpx.Client(transport=httpx.HTTPTransport(local_address=address), timeout=10) as client:
        return client.get(f"http://127.0.0.1:{port}{path}", headers=headers)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_whoever_holds_many_connections_is_told_so_and_takes_no_place_from_others(counted: tuple[int, Shares]) -> None:
    port, shares = counted
    with ExitStack() as idle:
        for _ in range(ONE):
            idle.enter_context(opened(port))
        until(lambda: shares.taken == ONE)
        refused = asked(port)
        told = refused.json()
        assert (refused.status_code, told["code"], told["allowed"]) == (429, "too-many-connections", ONE)
        assert (refused.headers["retry-after"], refused.headers["connection"]) == ("5", "close")
        assert asked(port, "127.0.0.2").status_code == 200
        for _ in range(10 * ONE):  # who is refused takes no place either
            idle.enter_context(opened(port))
        assert asked(port, "127.0.0.2").status_code == 200
    until(lambda: (shares.taken, len(shares.waiting), len(shares.held)) == (0, 0, 0))
    assert asked(port).status_code == 200, "and again, once they have left"


def test_who_is_refused_and_says_nothing_is_not_waited_for(counted: tuple[int, Shares]) -> None:
    port, shares = counted
    with ExitStack() as idle:
        silent = [idle.enter_context(opened(port)) for _ in range(ONE + MOST_REFUSED + 20)]
        until(lambda: shares.taken == ONE and len(shares.waiting) <= MOST_REFUSED)
        assert asked(port).status_code == 429, "whoever comes last and asks is told"
        assert [told(each) for each in silent[ONE : ONE + 3]] == [b""] * 3, "ended without a word"
        assert told(silent[-1]).startswith(b"HTTP/1.1 408 ")
        until(lambda: not shares.waiting)


def test_where_all_places_are_taken_whoever_comes_is_told_to_come_again(counted: tuple[int, Shares]) -> None:
    port, shares = counted
    with ExitStack() as idle:
        for number in range(ALL):
            idle.enter_context(opened(port, f"127.0.0.{number % 2 + 1}"))
        until(lambda: shares.taken == ALL)
        refused = asked(port, "127.0.0.3")
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert refused.headers["retry-after"] == "5"
        alive = asked(port, "127.0.0.3", path="/livez")
        assert (alive.status_code, alive.headers["connection"]) == (200, "close"), "it is full, not dead"
        assert asked(port, "127.0.0.1", path="/readyz").status_code == 200


def test_a_websocket_is_a_connection_like_any_other(counted: tuple[int, Shares]) -> None:
    port, shares = counted
    with ExitStack() as open_ones:
        for _ in range(ONE):
            open_ones.enter_context(connect(f"ws://127.0.0.1:{port}/"))
        assert (shares.taken, asked(port).status_code) == (ONE, 429)
        at, offered = f"ws://127.0.0.1:{port}/", [Subprotocol("graphql-transport-ws")]
        with pytest.raises(ConnectionClosedError) as refused, connect(at, subprotocols=offered) as one:
            one.recv(timeout=10)
        assert one.subprotocol == offered[0], "a browser hears of nothing else, where none is taken that it offers"
        assert refused.value.rcvd is not None
        assert refused.value.rcvd.code == 1013, "try again later"
    until(lambda: (shares.taken, len(shares.held)) == (0, 0))


def test_behind_a_proxy_that_is_named_it_is_its_clients_who_are_counted() -> None:
    shares = Shares(ALL, ONE, ["127.0.0.1", "10.0.0.0/8"])
    mine, others = "203.0.113.7, 10.1.2.3", "203.0.113.8:4711"
    with served(shares) as port, ExitStack() as open_ones:
        at = f"ws://127.0.0.1:{port}/"
        for _ in range(ONE):
            open_ones.enter_context(connect(at, additional_headers={"x-forwarded-for": mine}))
        assert asked(port, **{"x-forwarded-for": mine}).json()["code"] == "too-many-connections"
        assert asked(port, **{"x-forwarded-for": f"198.51.100.9, {mine}"}).status_code == 429, (
            "whatever it says of itself"
        )
        assert asked(port, **{"x-forwarded-for": others}).status_code == 200
        assert asked(port).status_code == 200, "it does not say for whom"
        with pytest.raises(ConnectionClosedError), connect(at, additional_headers={"x-forwarded-for": mine}) as one:
            one.recv(timeout=10)


def test_of_whoever_is_no_such_proxy_it_is_not_believed(counted: tuple[int, Shares]) -> None:
    port, shares = counted
    with ExitStack() as idle:
        for _ in range(ONE):
            idle.enter_context(opened(port))
        until(lambda: shares.taken == ONE)
        assert asked(port, **{"x-forwarded-for": "203.0.113.9"}).status_code == 429


def test_an_address_is_the_same_in_whichever_form_it_comes() -> None:
    shares, wrapped, in_the_file_system = Shares(ALL, ONE, ["192.0.2.0/24"]), "::ffff:192.0.2.1", "/run/service"
    assert sender_of(wrapped) == sender_of("192.0.2.1") != sender_of("192.0.2.2")
    assert shares.speaks_for_others(wrapped)
    assert shares.speaks_for_others("192.0.2.1")
    assert sender_of("2001:db8::1%eth0") == sender_of("2001:db8::2"), "one subscriber"
    assert not sender_of(in_the_file_system)
    assert not shares.speaks_for_others(in_the_file_system)


def test_one_address_has_half_of_them_unless_it_is_said() -> None:
    assert [Shares(2_000).most_of_one, Shares(10, 4).most_of_one, Shares(10, 40).most_of_one] == [1_000, 4, 10]
    assert Settings(proxies="192.0.2.1, 10.0.0.0/8").proxies == ("192.0.2.1", "10.0.0.0/8")
    with pytest.raises(ValidationError):
        Settings(proxies="proxy.example")


def test_the_system_is_asked_for_as_many_descriptors_as_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for = list[tuple[int, int]]()
    monkeypatch.setattr("resource.getrlimit", lambda which: (1_024, 4_096))
    monkeypatch.setattr("resource.setrlimit", lambda which, limits: asked_for.append(limits))
    assert [descriptors(500), descriptors(3_000), descriptors(9_000)] == [500, 3_000, 4_096]
    assert asked_for == [(3_000, 4_096), (4_096, 4_096)]
