"""What somebody may not see leaves no trace in what they are told: neither a change nor a place nor a time."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from service.demo import AUTHORITY
from service.domain import changes
from service.domain.values import new_id
from tests.assignments.conftest import NAME, Play
from tests.changes.conftest import Serving, Stream, begun, since
from tests.conftest import Database

pytestmark = pytest.mark.anyio
Client = Callable[..., httpx.AsyncClient]
WORKER = "case_worker"
OTHERS = ("committee_member", "controller", "social_space_manager", "provider_worker", "expert_by_experience")
JUDGED: dict[str, Any] = {"worries": "P", "working_well": "P", "what_needs_to_happen": "P", "finding": "acute"}
INQUIRY: dict[str, Any] = {
    "name": NAME,
    "born_on": "1990-05-17",
    "purpose": "protection",
    "because": "Anruf der Schule",
}
HEALTH: dict[str, Any] = {"life_area": "health", "aspect": "person"}


@pytest.fixture
async def other(play: Play, client_of: Client, database: Database) -> Play:
    return await Play("rest", client_of, database).opened()


async def test_what_is_hidden_leaves_answer_and_place_as_they_were(
    play: Play, other: Play, client_of: Client, database: Database
) -> None:
    """To the byte, of whoever looks on: the family itself, another one, and who holds an office."""
    case, assessment = play.case, ""

    async def reported() -> None:
        nonlocal assessment
        report = await play.do(WORKER, "report_endangerment", id=new_id(), case_id=case, words="Es war laut.")
        assessment = report["assessment_id"]

    async def moved(operation: str, **said: Any) -> None:
        version = (await play.as_(WORKER).one("endangerment_assessment", assessment)).version
        await play.do(WORKER, operation, assessment, version, **said)

    async def judged() -> None:
        version = (await play.as_(WORKER).one("endangerment_assessment", assessment)).version
        await play.do(WORKER, "judge_endangerment", assessment, version, id=new_id(), **JUDGED)

    async def asked() -> None:
        await play.do("second_case_worker", "ask_whether_known", authority_id=str(AUTHORITY), **INQUIRY)

    async def noted() -> None:
        said = {**HEALTH, "words": "P", "seen_on": "2026-02-01", "audience": "author"}
        await play.do(WORKER, "note_situation", case, id=new_id(), **said)

    everybody = (play.login, other.login, *OTHERS)
    happening: dict[str, tuple[Callable[[], Any], tuple[str, ...]]] = {
        "a report": (reported, everybody),
        "a screening": (lambda: moved("begin_screening"), everybody),
        "an assessment": (lambda: moved("begin_assessment"), everybody),
        "a judgement": (judged, everybody),
        "an inquiry": (asked, everybody),
        "an entry of its author alone": (noted, everybody),
        "another family's goal": (lambda: play.goal("Ruhe"), (other.login, *OTHERS)),
    }
    for what, (happens, readers) in happening.items():
        await database.settled()
        clients = {who: client_of(who) for who in readers}
        places = {who: await begun(http) for who, http in clients.items()}
        before = {who: await page(http, places[who]) for who, http in clients.items()}
        await happens()
        await database.settled()
        for who, http in clients.items():
            assert await page(http, places[who]) == before[who], (what, who)
            assert f'"next":"{places[who]}"' in before[who], "the place that was sent"


async def page(http: httpx.AsyncClient, after: str) -> str:
    """With the smallest limit, too, which must not tell how much was looked at."""
    answers = [await http.get("/v1/events", params={"after": after, "limit": limit}) for limit in (1, 200)]
    assert answers[0].text == answers[1].text
    return answers[0].text


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Steps that the readings of a test go past."""
    step = 8
    monkeypatch.setattr(changes, "STEP", step)
    monkeypatch.setattr(changes, "REACH", 8 * step)
    changes.looking.cache_clear()
    yield step
    changes.looking.cache_clear()


async def test_a_place_without_news_moves_on_in_steps_and_misses_nothing(
    play: Play, client_of: Client, database: Database, small_steps: int
) -> None:
    """Whatever was in between: nobody has to look through the same again and again."""
    start = await begun(client_of(WORKER))
    goal = await play.goal("Ruhe")
    await database.settled()
    epoch, now, _ = (await begun(client_of(WORKER))).split(".")
    for place in (start, f"{epoch}.{max(int(now) - 200 * small_steps, 1)}.0"):
        for who, sees in ((WORKER, True), ("network_person", False)):
            found, after, more = list[str](), place, True
            while more:
                answer = (await client_of(who).get("/v1/events", params={"after": after})).json()
                last = [each["id"] for each in answer["items"][-1:]]
                step = int(answer["next"].split(".")[1])
                assert answer["next"] in (after, *last) or step % small_steps == 0
                found += [each["subject"] for each in answer["items"]]
                after, more = answer["next"], answer["more"]
            assert found.count(goal) == sees
            assert step > int(now) - 3 * small_steps
            assert place == start or after != place


async def test_pages_of_one_tell_the_same_as_a_page_of_all(play: Play, client_of: Client, database: Database) -> None:
    http = client_of(play.login)
    start = await begun(http)
    goals = [await play.goal(f"Ziel {number}") for number in range(4)]
    await play.do(WORKER, "report_endangerment", id=new_id(), case_id=play.case, words="P")
    await database.settled()
    singly, _ = await since(http, start, limit=1)
    assert [event["subject"] for event in singly if event["subject"] in goals] == goals
    assert singly == (await since(http, start))[0]


async def test_a_silent_stream_tells_the_same_at_the_same_times(
    play: Play, other: Play, serving: Serving, token_of: Callable[..., str]
) -> None:
    """Whoever follows is woken by what they may not see, and neither says sooner nor later that all is quiet."""
    async with serving(keep_alive=2.0, poll=60) as running:
        stream = await Stream(running, token_of(other.login)).opened()
        place, began = stream.place, time.monotonic()
        await asyncio.sleep(1.2)
        await play.do(WORKER, "report_endangerment", id=new_id(), case_id=play.case, words="P")
        running.storage.signals.tell(AUTHORITY)
        await stream._read()
        assert 1.9 < time.monotonic() - began < 2.9
        assert stream.place == place
        await stream.leave("http.disconnect")
