"""Privacy in operation: people go through the whole loop and through all that stands beside it, their requests are sent
again in many wrong ways, and nothing that operators, auditors or software on the other side get to see holds a word of
anybody, or a name."""

import inspect
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from service.api.app import Application
from service.demo import AUTHORITY
from service.domain.sealing.keys import Keys, made_once
from service.domain.values import new_id
from service.settings import Settings
from service.worker import jobs
from tests import test_eight_steps as eight_steps
from tests.budgets.imports import CSV
from tests.cases import (
    test_calendars,
    test_child_protection,
    test_consultations,
    test_letters,
    test_merging,
    test_own_words,
    test_withdrawing,
)
from tests.cases.conftest import WORKER, As, Life
from tests.cases.test_families import asking
from tests.changes.conftest import Socket, Stream
from tests.conftest import Database, _copied, serve
from tests.faces import FACES, Said
from tests.overhearing import ID, Witness, nothing_personal, sought, told, witnessed

pytestmark = pytest.mark.anyio
Client = Callable[..., httpx.AsyncClient]

SCENES: tuple[Callable[..., Any], ...] = (
    test_child_protection.test_a_provider_reports_and_learns_whether_it_was_confirmed_and_nothing_more,
    test_child_protection.test_who_is_let_out_or_leaves_the_house_is_out_with_the_next_request,
    test_consultations.test_a_question_is_thought_about_with_others_who_never_hear_whose_it_is,
    test_consultations.test_whoever_moderates_leads_through_to_the_end_without_reading_anything,
    test_merging.test_a_duplicate_goes_into_the_case_that_goes_on_and_back,
    test_letters.test_a_support_plan_has_everybodys_words_as_text_and_a_line_to_sign,
    test_letters.test_a_decision_is_printed_whole_or_not_at_all,
    test_calendars.test_a_calendar_says_when_and_nothing_else,
    test_own_words.test_what_an_adult_offers_is_read_in_the_place_without_a_name_until_it_ends,
    test_own_words.test_a_disagreement_stands_beside_the_text_and_overwrites_nothing,
    test_withdrawing.test_nobodys_text_vanishes_without_a_trace,
)
NAME, GOAL = "Hanne Loopgarten", "Ich will, dass Loopgartens wieder ruhig schlafen."


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """Of its own: whatever other tests call their people is not sought here."""
    yield from _copied(f"privacy_{uuid4().hex[:12]}")


@pytest.fixture(scope="module")
def logged() -> Iterator[None]:
    with witnessed():
        yield


@pytest.fixture(scope="module")
async def application(logged: None, database: Database, settings: Settings) -> AsyncIterator[Application]:
    async for running in serve(database, settings):
        yield running


@pytest.fixture
def witness(logged: None) -> Iterator[Witness]:
    with witnessed() as witness:
        yield witness


@pytest.fixture
def rest(seen: Client) -> As:
    return lambda who: FACES["rest"](seen(who))


@pytest.fixture
def seen(witness: Witness, client_of: Client) -> Client:
    """Somebody whose requests and answers are seen."""
    return lambda *given: witness.watch(client_of(*given), keep=True)


async def the_loop(seen: Client, database: Database) -> None:
    for face in FACES:
        await eight_steps.test_from_a_point_on_the_map_to_a_figure_of_the_county(
            eight_steps.County(face, seen), database
        )


async def beside_it(as_: As, seen: Client, database: Database) -> None:
    """What is told of each area elsewhere. Over REST: what GraphQL refuses is overheard in `tests/access`."""
    for scene in SCENES:
        given = {"life": await Life(as_).begin(), "as_": as_, "client_of": seen, "database": database}
        await scene(**{name: given[name] for name in inspect.signature(scene).parameters})


async def is_known(as_: As) -> None:
    """Somebody asks for a family by name."""
    await Life(as_).begin()
    told = await as_("second_case_worker").do("ask_whether_known", **asking())
    assert told["known"]


async def in_wrong_ways(seen: Client, witness: Witness) -> None:
    """What was sent, from whoever may not, and in ways that cannot be right; of what differs by ids alone only once."""
    alike = {(each.method, ID.sub("", each.url.path), ID.sub("", _text(each))): each for each in witness.requests}
    for number, request in enumerate(each for each in alike.values() if each.content):
        headers = {name: request.headers[name] for name in ("content-type", "if-match") if name in request.headers}
        for who, content in list(spoiled(request.content))[number % 3 :: 3]:
            await seen(who).request(request.method, request.url.raw_path.decode(), content=content, headers=headers)


def _text(request: httpx.Request) -> str:
    return request.content.decode(errors="replace")


def spoiled(content: bytes) -> Iterator[tuple[str | None, bytes]]:
    """The same by nobody and by strangers; and by whoever may: torn, too long, of another type, with odd signs."""
    yield None, content
    yield "other_authority", content
    yield "never-seen", content
    said = json.loads(content)
    yield WORKER, content[:-3]
    yield WORKER, json.dumps([said]).encode()
    for change in (_longer, _listed, _odd):
        yield WORKER, json.dumps(_each_text(said, change)).encode()


def _longer(text: str) -> str:
    return text * 400 if " " in text and "{" not in text else text


def _listed(text: str) -> Any:
    return [text] if " " in text and "{" not in text else text


def _odd(text: str) -> str:
    return f"{text}\x00" if " " in text and "{" not in text else text


def _each_text(said: Any, change: Callable[[str], Any]) -> Any:
    if isinstance(said, dict):
        return {name: _each_text(part, change) for name, part in said.items()}
    if isinstance(said, list):
        return [_each_text(part, change) for part in said]
    return change(said) if isinstance(said, str) else said


async def test_nobody_s_names_or_words_leave_the_answers(
    witness: Witness, seen: Client, rest: As, database: Database
) -> None:
    await the_loop(seen, database)
    await beside_it(rest, seen, database)
    await is_known(rest)
    await in_wrong_ways(seen, witness)
    heard = nothing_personal(witness, database)
    assert {NAME, "Hanne Beispielweg", "Ich schlafe durch."} <= witness.said
    assert len(witness.refusals) > 100
    assert all(heard[place] for place in ("event", "audit_entry", "receipt", "metrics", "log")), "there is much to hear"
    assert all(status < 500 for status in witness.answers)


async def test_nor_is_anything_heard_in_feeds_and_sockets(
    witness: Witness, seen: Client, rest: As, application: Application, database: Database, token_of: Callable[..., str]
) -> None:
    """They say that something has changed; what, its address tells to whoever may read it."""
    life = await Life(rest).begin()
    stream = await Stream(application, token_of(WORKER)).opened()
    socket = await Socket(application).greeted(token_of(WORKER))
    await socket.follow("all", "subscription { changes { id type subject time version removal link } }")
    place = (await seen(WORKER).get("/v1/events")).json()["next"]
    said = {"participant_id": str(life.addressee), "statement": GOAL}
    goal = str((await life.do(WORKER, "propose_goal", life.case, **said))["id"])
    await database.settled()
    heard = [json.dumps(await stream.until(goal))]
    while goal not in heard[-1]:
        heard.append(json.dumps(await socket.heard()))
    heard.append((await seen(WORKER).get("/v1/events", params={"after": place})).text)
    assert [goal in each for each in heard] == [True] * len(heard)
    await stream.leave("http.disconnect")
    await socket.leave("websocket.disconnect")
    assert told(sought({GOAL, NAME, "Loopgarten"}), " ".join(heard)) == set()
    nothing_personal(witness, database)


async def test_nor_by_the_worker_and_its_jobs(
    witness: Witness, seen: Client, database: Database, tmp_path: Path
) -> None:
    """A file with people in the wrong columns is checked, and what is booked is exported."""
    said: Said = {"id": str(new_id()), "authority_id": str(AUTHORITY)}
    controller = seen("controller")
    begun = await FACES["rest"](controller).do("start_booking_import", **said)
    head = "external_number;organisation_id;line_id;commitment_id;invoice_number;issued_on;value_on;amount"
    rows = [f"1;{NAME};{NAME};{NAME};Rechnung an {NAME};{NAME};{NAME};{NAME}", f'2;"{GOAL}']
    sent = "\r\n".join([head, *rows]).encode()
    told_of = await controller.post(f"/v1/booking-imports/{begun['id']}/file", content=sent, headers=CSV)
    assert told_of.status_code == 200, told_of.text
    checking = await FACES["rest"](controller).do("check_booking_import", begun["id"], id=str(new_id()))
    on = (await controller.get("/v1/budget-agreements?state=active&limit=1")).json()["items"][0]["id"]
    export = await FACES["rest"](controller).do("start_export", on, id=str(new_id()), content="bookings")
    app = jobs(database.application, Keys(made_once(tmp_path / "key.pem")), tmp_path / "heads.jsonl")
    async with app.open_async():
        await app.run_worker_async(wait=False, install_signal_handlers=False)
    ended = [(await controller.get(f"/v1/jobs/{each['id']}")).json() for each in (checking, export)]
    assert [each["state"] for each in ended] == ["done", "done"], ended
    assert ended[0]["findings"] >= 2
    nothing_personal(witness, database)


async def test_nor_where_the_database_itself_fails_over_a_row(
    witness: Witness, seen: Client, rest: As, database: Database
) -> None:
    """PostgreSQL quotes the row that it does not take: to us, and if it were not told otherwise into its own log."""
    life = await Life(rest).begin()
    with psycopg.connect(database.owner) as connection:
        connection.execute(
            "ALTER TABLE goal ADD CONSTRAINT refused CHECK (statement NOT LIKE '%Loopgarten%') NOT VALID"
        )
    whose: Said = {"participant_id": str(life.addressee), "statement": GOAL}
    try:
        for face in FACES:
            failed = await FACES[face](seen(WORKER)).do("propose_goal", life.case, id=str(new_id()), **whose)
            assert failed.status >= 500, failed
    finally:
        with psycopg.connect(database.owner) as connection:
            connection.execute("ALTER TABLE goal DROP CONSTRAINT refused")
    assert 'relation "goal" violates' in witness.heard(database)["PostgreSQL's log"], "it has said that it failed"
    nothing_personal(witness, database)


async def test_what_is_said_of_somebody_would_be_found(witness: Witness, rest: As, database: Database) -> None:
    """As the service is, a name stands nowhere; so one is written wherever one could stand."""
    life = await Life(rest).begin()
    nothing_personal(witness, database)
    witness.lines.write(b'{"event":"request","route":"/v1/people/loopgarten"}\n')
    witness.refusals.add('{"detail": "Wieder Luft im Alltag: taken."}')
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        database.rows("SELECT %s::text::uuid", NAME)
    change = "UPDATE event SET kind = %s WHERE subject_id = %s RETURNING sequence"
    database.rows(change, f"case.open {NAME}", life.case)
    with pytest.raises(AssertionError) as found:
        nothing_personal(witness, database)
    database.rows(change, "case.open", life.case)
    for place, said in (
        ("log", "Loopgarten"),
        ("refusals", "Luft im Alltag"),
        ("event", NAME),
        ("PostgreSQL's log", NAME),
    ):
        assert re.search(rf"{place}['\"]: {{[^}}]*{said}", str(found.value)), (place, str(found.value))


def test_a_name_that_is_a_word_of_the_contract_is_sought_as_a_whole() -> None:
    values = sought(["Kind Beispielweg", "Kind", "Beispielweg"])
    assert values == {"Kind Beispielweg", "Beispielweg"}
    assert told(values, '{"kind":"child","of":"Kind Beispielweg"}') == values
    assert told(values, '{"kind":"child"}') == set()


def test_what_json_writes_otherwise_is_found_as_well() -> None:
    values = {'Er sagt: „Früher" war es\nbesser.', "Özdemir"}
    assert told(values, json.dumps({"said": sorted(values)})) == values
    assert told(values, json.dumps({"said": sorted(values)}, ensure_ascii=False)) == values
