"""Subscriptions over WebSockets, by the rules of graphql-transport-ws: one number for each way to break them."""

import asyncio
import time
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from typing import Any

import httpx
import pytest

from service.api.graphql import sockets
from tests.assignments.conftest import Play
from tests.changes.conftest import SOON, Serving, Socket, begun, somebody_new
from tests.changes.test_streams import changed
from tests.faces import GRAPHQL

pytestmark = pytest.mark.anyio
Client = Callable[..., httpx.AsyncClient]
Token = Callable[..., str]
QUERY = """subscription Mine($after: String, $full: Boolean = true) {
  changed: changes(after: $after) { ...Whole __typename } }
  fragment Whole on Change { id type subject time @include(if: $full) version removal link }"""


async def until(socket: Socket, subject: str) -> dict[str, Any]:
    while True:
        message = await socket.heard()
        assert message["type"] == "next", message
        change: dict[str, Any] = message["payload"]["data"]["changed"]
        if change["subject"] == subject:
            return change


async def test_a_change_comes_as_it_was_asked_for_and_again_after_its_place(
    play: Play, serving: Serving, token_of: Token, client_of: Client
) -> None:
    async with serving() as running:
        socket = await Socket(running).greeted(token_of("case_worker"))
        await socket.follow("a", QUERY, after=await begun(client_of("case_worker")))
        await socket.say(type="ping", payload={"any": "thing"})
        assert (await socket.heard())["type"] == "pong"
        first, second = await changed(play, running), await changed(play, running)
        change = await until(socket, first)
        assert change == {
            "id": change["id"],
            "type": "sozialraum.goal.changed.v1",
            "subject": first,
            "time": change["time"],
            "version": 1,
            "removal": False,
            "link": f"/v1/goals/{first}",
            "__typename": "Change",
        }
        await socket.say(type="complete", id="a")
        again = await Socket(running).greeted(token_of("case_worker"))
        await again.follow("a", QUERY, after=change["id"], full=False)
        assert set(await until(again, second)) == {"id", "type", "subject", "version", "removal", "link", "__typename"}
        for each in (socket, again):
            await each.leave("websocket.disconnect")


async def test_where_no_word_comes_between_processes_it_is_looked_at_now_and_then(
    play: Play, serving: Serving, token_of: Token, client_of: Client
) -> None:
    """As behind a pooler without an address past it."""
    async with serving(keep_alive=60) as here, serving() as there:
        socket = await Socket(here).greeted(token_of("case_worker"))
        await socket.follow("a", QUERY, after=await begun(client_of("case_worker")))
        assert await until(socket, await changed(play, there))
        assert not here.storage.signals.listening
        await socket.leave("websocket.disconnect")


BROKEN: dict[str, tuple[int, list[dict[str, Any]]]] = {
    "no type": (4400, [{"id": "a"}]),
    "an unknown type": (4400, [{"type": "start"}]),
    "no id": (4400, [{"type": "subscribe", "payload": {"query": "{ me { id } }"}}]),
    "twice initialised": (4429, [{"type": "connection_init"}]),
    "an id twice": (
        4409,
        [{"type": "subscribe", "id": "a", "payload": {"query": "subscription { changes { id } }"}}] * 2,
    ),
}


@pytest.mark.parametrize("rule", BROKEN)
async def test_whoever_breaks_a_rule_is_told_which(serving: Serving, token_of: Token, rule: str) -> None:
    code, messages = BROKEN[rule]
    async with serving() as running:
        socket = await Socket(running).greeted(token_of("case_worker"))
        for message in messages:
            await socket.say(**message)
        assert await socket.closed() == code


async def test_text_that_is_no_json_is_refused(serving: Serving, token_of: Token) -> None:
    async with serving() as running:
        twice = '{"type": "ping", "payload": {"a": 1, "a": 2}}'
        for message in ({"text": "{"}, {"text": "[" * 70_000}, {"text": twice}, {"bytes": b"{}"}):
            socket = await Socket(running).greeted(token_of("case_worker"))
            await socket.inbox.put({"type": "websocket.receive", **message})
            assert await socket.closed() == 4400


async def test_nothing_before_the_token_and_no_token_too_late(
    serving: Serving, token_of: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving() as running:
        early = Socket(running)
        await early.sent()
        await early.follow("a")
        assert await early.closed() == 4401
        for payload in (None, {}, {"authorization": "Bearer x.y.z"}, {"authorization": 7}):
            wrong = Socket(running)
            await wrong.say(type="connection_init", payload=payload)
            assert await wrong.closed() == 4403
        monkeypatch.setattr(sockets, "INITIALISED_WITHIN", 0.05)
        assert await Socket(running).closed() == 4408


async def test_only_this_protocol_and_only_pages_that_may(serving: Serving, token_of: Token) -> None:
    async with serving(cors_origins=("https://portal.example",), public_url="https://here.example") as running:
        assert await Socket(running, protocol="graphql-ws").closed() == 4406
        assert await Socket(running, origin="https://elsewhere.example").closed() == 1008
        assert await Socket(running, path="/v1/cases").closed() == 1000, "before it is accepted: it is told as 404"
        for origin in ("https://portal.example", "https://here.example"):
            socket = await Socket(running, origin=origin).greeted(token_of("case_worker"))
            await socket.leave("websocket.disconnect")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ me { id } }", "over-another-way"),
        ("mutation { __typename }", "over-another-way"),
        ("subscription { changes { nothing } }", "invalid-document"),
        ("subscription { changes { id } other: changes { id } }", "invalid-document"),
        ('subscription { changes(after: "made up") { id } }', "invalid-input"),
        ("subscription {", "malformed"),
        (f"subscription {{ changes {{ {' '.join(f'a{number}: subject' for number in range(51))} }} }}", "too-costly"),
        (f"subscription {{ changes {{ ...A }} }} fragment A on Change {{ {'subject ' * 51} }}", "too-costly"),
    ],
)
async def test_what_is_no_subscription_is_refused_and_the_connection_stays(
    serving: Serving, token_of: Token, query: str, code: str
) -> None:
    async with serving() as running:
        socket = await Socket(running).greeted(token_of("case_worker"))
        await socket.follow("a", query)
        message = await socket.heard()
        assert (message["type"], message["id"]) == ("error", "a")
        assert message["payload"][0]["extensions"]["code"] == code
        await socket.say(type="ping")
        assert (await socket.heard())["type"] == "pong"
        await socket.leave("websocket.disconnect")


async def test_whoever_is_told_much_holds_up_nobody(serving: Serving, token_of: Token, client_of: Client) -> None:
    """Each change is said anew, and a client that reads is never waited for: one look is hundreds of them."""
    epoch = (await begun(client_of("controller"))).partition(".")[0]
    async with serving() as running:
        socket = await Socket(running).greeted(token_of("controller"))
        await socket.follow("a", f'subscription {{ changes(after: "{epoch}.0.0") {{ subject }} }}')
        waiting = [0]  # messages that were said, whenever somebody else has their turn
        async with asyncio.timeout(SOON):
            while waiting[-1] < 50:
                await asyncio.sleep(0)
                waiting.append(socket.outbox.qsize())
        assert max(after - before for before, after in pairwise(waiting)) < 5
        await socket.leave("websocket.disconnect")


async def test_somebody_unknown_follows_nothing(serving: Serving, token_of: Token) -> None:
    async with serving() as running:
        socket = await Socket(running).greeted(token_of(somebody_new()))
        await socket.follow("a")
        assert (await socket.heard())["payload"][0]["extensions"]["code"] == "not-enrolled"
        await socket.leave("websocket.disconnect")


async def test_it_ends_with_the_token(serving: Serving, token_of: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as running:
        socket = await Socket(running).greeted(token_of("case_worker"))
        await socket.follow("a")
        monkeypatch.setattr(running.identities, "_now", lambda: time.time() + 7200)
        assert await socket.closed() == 4403


async def test_also_where_nothing_is_followed(
    serving: Serving, token_of: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving() as running:
        socket = await Socket(running).greeted(token_of("case_worker"))
        monkeypatch.setattr(running.identities, "_now", lambda: time.time() + 7200)
        assert await socket.closed() == 4403


async def test_it_is_counted_from_its_token_on_and_its_first_subscription_with_it(
    serving: Serving, token_of: Token
) -> None:
    async with serving(streams_of_one=2) as running:
        idle, following = [await Socket(running).greeted(token_of("case_worker")) for _ in range(2)]
        await following.follow("a")
        await following.follow("b")
        assert (await following.heard())["payload"][0]["extensions"]["code"] == "too-many-streams"
        one_more = Socket(running)
        assert (await one_more.sent())["type"] == "websocket.accept"
        await one_more.say(type="connection_init", payload={"authorization": f"Bearer {token_of('case_worker')}"})
        assert await one_more.closed() == 4429
        await idle.leave("websocket.disconnect")
        await (await Socket(running).greeted(token_of("case_worker"))).leave("websocket.disconnect")
        await following.leave("websocket.disconnect")


async def test_what_fails_on_our_side_is_told_and_ends_the_connection(
    play: Play,
    serving: Serving,
    token_of: Token,
    client_of: Client,
    monkeypatch: pytest.MonkeyPatch,
    lines: BytesIO,
) -> None:
    """Nobody waits for what will not come any more; and what failed is in the log, without what it said."""
    async with serving() as running:
        socket = await Socket(running).greeted(token_of("case_worker"))
        await socket.follow("a", QUERY, after=await begun(client_of("case_worker")))

        def fails(_: object) -> None:
            raise ZeroDivisionError("somebody's words")

        monkeypatch.setattr(sockets, "said", fails)
        await changed(play, running)
        while (told := await socket.heard())["type"] == "next":
            pass
        assert (told["id"], told["type"], told["payload"][0]["extensions"]["code"]) == ("a", "error", "internal")
        assert await socket.closed() == sockets.FAILED
        async with asyncio.timeout(SOON):
            while b"socket-failed" not in lines.getvalue():  # noqa: ASYNC110 (said once the connection is closed)
                await asyncio.sleep(0.01)
        logged = lines.getvalue().decode()
    assert "ZeroDivisionError" in logged
    assert "somebody's words" not in logged


async def test_a_subscription_is_refused_over_http(client_of: Client) -> None:
    answer = await client_of("case_worker").post(
        "/graphql", json={"query": "subscription { changes { id } }"}, headers={"accept": GRAPHQL}
    )
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "over-another-way")
