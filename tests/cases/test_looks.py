"""Who looked at my data: told to those whom it is about, once it is sealed, by function and never by name."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import sleep
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from service.demo import PEOPLE
from service.demo.people import JUGENDAMT
from service.domain.access.topics import TOPIC_OF
from service.domain.act import OPERATIONS
from service.domain.clock import Clock
from service.domain.sealing.blocks import seal
from service.domain.sealing.keys import Keys, made_once
from service.domain.sealing.looks import note
from service.domain.values import new_id
from service.domain.views import VIEWS
from tests.cases.conftest import WORKER, As, Life
from tests.cases.test_consultations import EXPERT, invite, wished_for
from tests.conftest import Database

pytestmark = pytest.mark.anyio
OFFICER, MANAGER = "data_protection_officer", "social_space_manager"
TOMORROW = (Clock().today() + timedelta(days=1)).isoformat()
Look = dict[str, Any]


def noted(database: Database, home: Path) -> None:
    """All that is on record by now; other tests' transactions on this server hold back what may be sealed."""
    keys, heads = Keys(made_once(home / "key.pem")), home / "heads.jsonl"
    ((last,),) = database.rows("SELECT max(sequence) FROM audit_entry")
    for _ in range(600):
        seal(database.application, keys, heads)
        note(database.application)
        if database.rows("SELECT FROM look WHERE entry >= %s LIMIT 1", last):
            return
        sleep(0.05)
    raise AssertionError("a transaction does not end")


async def looks(as_: As, who: str, case: UUID) -> list[Look]:
    return [each for each in (await as_(who).many("looks")).rows if each.get("case_id") == str(case)]


def told(look: Look) -> tuple[Any, ...]:
    return look["way"], look["topics"], look["basis"], look["function"]


async def test_those_whom_it_is_about_are_told_who_looked(as_: As, database: Database, tmp_path: Path) -> None:
    life = await Life(as_).begin("2012-05-17")
    custodian, child = f"custodian-{uuid4()}", life.login
    mother = new_id()
    await life.do(WORKER, "add_participant", life.case, id=str(mother), kind="custodian", name="Hera Loopgarten")
    await life.enrol(mother, custodian)
    await as_(WORKER).many("goals", ("case", life.case))
    await as_(MANAGER).many("case_sketches")
    await as_(custodian).one("case", life.case)
    await as_(child).one("case", life.case)
    assert (await life.tries(custodian, "change_case", life.case, title="Anders")).status == 403
    assert await looks(as_, child, life.case) == [], "not before it is sealed"

    noted(database, tmp_path)
    seen = await looks(as_, child, life.case)
    said = [told(each) for each in seen]
    assert said[0] == ("changed", ["case"], "assignment", "Bezirkssozialarbeit")
    for expected in (
        ("changed", ["people"], "assignment", "Bezirkssozialarbeit"),
        ("changed", ["access"], "self", None),
        ("read", ["goals"], "assignment", "Bezirkssozialarbeit"),
        ("read", ["sketch"], None, "Sozialraummanagement"),
        ("read", ["case"], "representation", None),
        ("refused", ["case"], "representation", None),
        ("read", ["case"], "self", None),
    ):
        assert any(
            each[0] == expected[0] and {*expected[1]} <= {*each[1]} and each[2:] == expected[2:] for each in said
        )
    assert {each["organisation"] for each in seen} == {JUGENDAMT, None}
    assert {each["mine"] for each in seen if each["basis"] == "self"} == {True}
    assert "actor_id" not in seen[0]
    assert not any(person.name and person.name in str(seen) for person in PEOPLE.values())

    of_the_mother = await looks(as_, custodian, life.case)
    assert {each["basis"] for each in of_the_mother} == {"assignment", "representation", None}
    assert {each["mine"] for each in of_the_mother if each["basis"] == "representation"} == {True}
    assert all(each["mine"] for each in await looks(as_, WORKER, life.case)), "whoever works here sees their own"
    assert await looks(as_, "second_case_worker", life.case) == []


async def test_whoever_is_invited_from_outside_is_not_told_of_which_case(
    as_: As, client_of: Callable[..., httpx.AsyncClient], database: Database, tmp_path: Path
) -> None:
    """Their own look is theirs, and does not say what their invitation leaves out."""
    life = await Life(as_).begin()
    consultation = await wished_for(life)
    await invite(life, consultation, EXPERT, "expert_by_experience")
    await as_(EXPERT).many("consultation_participants")
    noted(database, tmp_path)
    found = "SELECT id::text FROM look WHERE case_id = %s AND actor_id = %s"
    theirs = {id for (id,) in database.rows(found, life.case, PEOPLE[EXPERT].actor_id)}
    told = {each["id"]: each for each in (await as_(EXPERT).many("looks")).rows}
    assert theirs
    assert theirs <= told.keys()
    for id in theirs:
        assert (told[id].get("case_id"), len(told[id]["withheld"])) == (None, 1)
    guessed = await client_of(EXPERT).get("/v1/looks", params={"case_id": str(life.case)})
    assert guessed.json()["items"] == []


async def test_a_calendar_that_fetches_all_day_is_one_look_a_day(
    as_: As, client_of: Callable[..., httpx.AsyncClient], database: Database, tmp_path: Path
) -> None:
    life = await Life(as_).begin()
    await life.do(WORKER, "plan_review", life.case, kind="reflection", due_on=TOMORROW)
    me = (await as_(life.login).one("me"))["id"]
    path = (await life.do(life.login, "make_calendar_address", me))["path"]
    for _ in range(3):
        assert b"VEVENT" in (await client_of(None).get(path)).content
        await as_(life.login).many("appointments")

    async def fetched() -> list[Look]:
        await as_(WORKER).one("case", life.case)  # the last on record, which is waited for
        noted(database, tmp_path)
        return [each for each in await looks(as_, life.login, life.case) if each["topics"] == ["calendar"]]

    once = await fetched()
    assert [told(each) for each in once] == [("read", ["calendar"], "self", None)]
    await client_of(None).get(path)
    assert await fetched() == once, "nor once more with what is sealed later"
    asked = [each for each in await looks(as_, life.login, life.case) if each["topics"] == ["case"] and each["mine"]]
    assert len(asked) == 3, "whoever asks themselves is told of each time"
    record = "FROM audit_entry WHERE action = 'read Calendar' AND %s = ANY (cases)"
    assert database.rows(f"SELECT count(*) {record}", life.case) == [(4,)], "the record holds all of them"
    another_day = (
        "INSERT INTO audit_entry (at, authority_id, actor_id, action, outcome, cases, trace_id)"
        f" SELECT at - interval '1 day', authority_id, actor_id, action, outcome, cases, trace_id {record} LIMIT 1"
        " RETURNING sequence"
    )
    database.rows(another_day, life.case)
    assert len(await fetched()) == 2


async def test_the_officer_finds_entries_by_case_person_and_day(as_: As, database: Database, tmp_path: Path) -> None:
    life = await Life(as_).begin()
    assert (await as_("administrator").one("case", life.case)).status == 404
    noted(database, tmp_path)
    noted(database, tmp_path)
    officer, administrator = as_(OFFICER).client, str(PEOPLE["administrator"].actor_id)  # type: ignore[attr-defined]

    async def entries(**asked: str) -> list[Look]:
        answer = await officer.get("/v1/audit-entries", params={"limit": 200, "sort": "-at", **asked})
        assert answer.status_code == 200, answer.text
        found: list[Look] = answer.json()["items"]
        return found

    of_case = await entries(case_id=str(life.case))
    recorded = "SELECT sequence::text FROM audit_entry WHERE %s = ANY (cases) AND sequence <= %s ORDER BY at DESC"
    latest = max(int(each["entry"]) for each in of_case)
    once = [number for (number,) in database.rows(recorded, life.case, latest)]
    assert [each["entry"] for each in of_case] == once
    assert {each["outcome"] for each in of_case} == {"done"}
    assert "Ruhe" not in str(of_case)
    (tried, *_) = await entries(actor_id=administrator)
    assert (tried["outcome"], tried["case_id"], tried["function"]) == ("nothing", None, "Fachverfahren")

    assert await entries(case_id=str(life.case), since="2200-01-01") == []
    assert await entries(case_id=str(life.case), until="1999-12-31") == []
    assert len(await entries(case_id=str(life.case), since="2000-01-01", until="2200-01-01")) == len(of_case)
    assert (await as_("auditor").many("audit_entries")).rows == []


def test_every_kind_of_thing_in_a_case_has_its_topic() -> None:
    assert {view.name for view in VIEWS.values() if view.subject} <= TOPIC_OF.keys()
    tables = {each.action.name.partition(".")[0]: each.on for each in OPERATIONS.values() if each.on is not None}
    in_cases = {name for name, on in tables.items() if on.__tablename__ == "case_file" or "case_id" in on.model_fields}
    assert in_cases <= TOPIC_OF.keys()
