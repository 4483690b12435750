"""Clients that say nothing, or too much before they ask, are let go in time; whoever is only slow is served."""

import socket
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import uvicorn

from service.api import connections
from service.api.connections import LARGEST_HEAD
from service.settings import UVICORN

ASKED = b"GET / HTTP/1.1\r\nhost: test\r\n"
UPGRADE = b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: "
UPGRADE += b"AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
LARGE = 32 * 1024 * 1024  # bytes: more than the buffers on the way take
SHORT = 0.4  # seconds: what clients have


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Says how long the body was, or `LARGE` bytes; over a WebSocket, nothing."""
    if scope["type"] == "websocket":
        await receive()
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
    body = b"x" * LARGE if scope["path"] == "/large" else b"%d" % length
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "HEAD_WITHIN", SHORT)
        patch.setattr(connections, "BODY_WITHIN", SHORT)
        patch.setattr(connections, "READ_WITHIN", 2 * SHORT)
        chosen = dict(pairwise(UVICORN))
        serving: dict[str, Any] = {"http": chosen["--http"], "ws": chosen["--ws"]}
        config = uvicorn.Config(application, port=0, lifespan="off", log_config=None, **serving)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield int(server.servers[0].sockets[0].getsockname()[1])
        server.should_exit = True
        thread.join(20)


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
