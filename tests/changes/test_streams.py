"""GET /v1/events as a stream: sooner than any page, resumed where it broke, and never longer than the right to it."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from service.api.rest import events
from service.settings import Settings
from service.storage.signals import Signals
from tests.assignments.conftest import Play
from tests.changes.conftest import Serving, Stream, told, when
from tests.conftest import Database

pytestmark = pytest.mark.anyio
Client = Callable[..., httpx.AsyncClient]
Token = Callable[..., str]
OPENINGS = "SELECT count(*) FROM audit_entry WHERE action = 'read Change' AND actor_id = %s"

BREAK = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid() AND query ~ '^(LISTEN|NOTIFY)'"""


async def changed(play: Play, running: Any) -> str:
    """Something, changed through this very application."""
    return await Play(play.face, _clients(running, play), play.database, play.case, play.addressee).goal("Ein Ziel")


def _clients(running: Any, play: Play) -> Client:
    def client(who: str) -> httpx.AsyncClient:
        headers = dict(play.client_of(who).headers)
        return httpx.AsyncClient(transport=httpx.ASGITransport(running), base_url="http://test", headers=headers)

    return client


async def test_a_change_comes_when_it_is_committed_and_not_at_the_next_look(
    play: Play, serving: Serving, token_of: Token
) -> None:
    async with serving(poll=60, keep_alive=60) as running:
        stream = await Stream(running, token_of("case_worker")).opened()
        goal = await changed(play, running)
        assert (await stream.until(goal))["data"]["link"] == f"/v1/goals/{goal}"
        await stream.leave("http.disconnect")


async def test_another_process_hears_of_it_by_the_database_and_goes_on_after_a_break(
    play: Play, serving: Serving, token_of: Token, database: Database
) -> None:
    async with serving(poll=60, keep_alive=60, listen=True) as here, serving(listen=True) as there:
        await when(lambda: here.storage.signals.listening and there.storage.signals.listening)
        stream = await Stream(here, token_of("case_worker")).opened()
        assert await stream.until(await changed(play, there))
        assert database.rows(BREAK)
        goal = await changed(play, there)
        assert await stream.until(goal), "what has happened meanwhile is looked at as soon as somebody listens again"
        await stream.leave("http.disconnect")


async def test_a_broken_stream_goes_on_where_it_broke(play: Play, serving: Serving, token_of: Token) -> None:
    async with serving() as running:
        stream = await Stream(running, token_of("case_worker")).opened()
        first = await changed(play, running)
        assert await stream.until(first)
        await stream.leave("http.disconnect")
        missed = await changed(play, running)
        again = await Stream(running, token_of("case_worker"), last=stream.place).opened()
        assert await again.until(missed)
        assert not [event for event in again._events if event["subject"] == first], "and tells nothing twice"
        await again.leave("http.disconnect")


async def test_it_ends_with_the_token(
    play: Play, serving: Serving, token_of: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving() as running:
        stream = await Stream(running, token_of("case_worker")).opened()
        two_hours = timedelta(hours=2).total_seconds()
        monkeypatch.setattr(running.identities, "_now", lambda: time.time() + two_hours)
        assert await stream.last_words() == []
        assert stream.outbox.empty()


async def test_it_ends_when_no_right_is_left_and_shows_nothing_after_that(
    play: Play, serving: Serving, token_of: Token, database: Database
) -> None:
    async with serving() as running:
        stream = await Stream(running, token_of(play.login)).opened()
        seen = await changed(play, running)
        assert await stream.until(seen)
        database.rows(
            "UPDATE case_access SET valid_to = now() WHERE case_id = %s AND basis = 'self' RETURNING 1", UUID(play.case)
        )
        unseen = await changed(play, running)
        assert unseen not in {event["subject"] for event in await stream.last_words()}


async def test_a_login_and_a_process_have_only_so_many(serving: Serving, token_of: Token) -> None:
    async with serving(streams_of_one=2, streams=3) as running:
        mine = [await Stream(running, token_of("case_worker")).opened() for _ in range(2)]
        start = await Stream(running, token_of("case_worker")).sent()
        assert (start["status"], dict(start["headers"])[b"retry-after"]) == (429, b"5")
        other = await Stream(running, token_of("controller")).opened()
        assert (await Stream(running, token_of("addressee")).sent())["status"] == 429
        await mine[0].leave("http.disconnect")
        again = await Stream(running, token_of("case_worker")).opened()
        for stream in (again, other, mine[1]):
            await stream.leave("http.disconnect")


async def test_a_frozen_client_holds_no_connection_and_is_given_up(
    play: Play, serving: Serving, token_of: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "PATIENCE", 1.0)
    async with serving() as running:
        stream = await Stream(running, token_of("case_worker")).opened()
        stream.frozen = True
        await changed(play, running)
        await asyncio.sleep(0.4)
        assert running.storage.readers.held == 0
        await stream.ended()


async def test_who_follows_is_on_record_once(
    play: Play, serving: Serving, token_of: Token, database: Database, client_of: Client
) -> None:
    actor = (await client_of("case_worker").get("/v1/me")).json()["id"]
    async with serving() as running:
        before = database.rows(OPENINGS, UUID(actor))[0][0]
        stream = await Stream(running, token_of("case_worker")).opened()
        for _ in range(3):
            assert await stream.until(await changed(play, running))
        await stream.leave("http.disconnect")
        assert database.rows(OPENINGS, UUID(actor)) == [(before + 1,)]


async def test_a_silent_stream_says_that_it_is_there_and_how_far_it_has_looked(
    serving: Serving, token_of: Token, client_of: Client
) -> None:
    async with serving() as running:
        stream = await Stream(running, token_of("network_person")).opened()
        message = await stream.sent()
        said = message["body"].decode().splitlines()
        assert said[0] == ": still here"
        place = said[1].removeprefix("id: ")
        assert (await client_of("network_person").get("/v1/events", params={"after": place})).status_code == 200
        await stream.leave("http.disconnect")


async def test_head_does_not_stay(serving: Serving, token_of: Token) -> None:
    async with serving() as running:
        stream = Stream(running, token_of("case_worker"), method="HEAD")
        assert (await stream.sent())["status"] == 200
        await stream.ended()


async def test_all_end_when_the_process_does(serving: Serving, token_of: Token) -> None:
    async with serving(poll=60, keep_alive=60) as running:
        stream = await Stream(running, token_of("case_worker")).opened()
        running._end_streams()
        assert await stream.last_words() == []


async def test_word_that_cannot_be_passed_on_is_missed_by_nobody_here() -> None:
    """Without a connection to listen on, word stays within the process."""
    signals, authority = Signals(None), UUID(int=1)
    mark, other = signals.mark(authority), signals.mark(UUID(int=2))
    signals.tell(authority)
    assert (mark.is_set(), other.is_set()) == (True, False)
    assert not signals.mark(authority).is_set()


async def test_a_page_asks_for_the_same(play: Play, serving: Serving, client_of: Client, token_of: Token) -> None:
    async with serving() as running:
        stream = await Stream(running, token_of("case_worker")).opened()
        start = stream.place
        goal = await changed(play, running)
        assert await stream.until(goal) == await told(client_of("case_worker"), start, goal)
        await stream.leave("http.disconnect")


LISTENING = [
    (False, None, "postgresql:///app"),
    (False, "postgresql:///b", "postgresql:///b"),
    (True, "postgresql:///b", "postgresql:///b"),
    (True, None, None),
]


@pytest.mark.parametrize(("pooled", "given", "there"), LISTENING)
def test_behind_a_pooler_nobody_listens_unless_past_it(pooled: bool, given: str | None, there: str | None) -> None:
    listen = SecretStr(given) if given is not None else None
    settings = Settings(database_url=SecretStr("postgresql:///app"), database_listen_url=listen, pooled=pooled)
    assert settings.listen_address == there
