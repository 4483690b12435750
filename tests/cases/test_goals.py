"""A goal is agreed by whoever wants it and by nobody else; what is moved, changed or let go stays on record."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from service.demo import PEOPLE, UNTERHACHING
from service.domain.cases.model import GoalState
from service.domain.values import new_id
from service.storage.writing import fetch_row
from tests.budgets.contract import waiting
from tests.cases.conftest import WORKER, As, Life
from tests.conftest import Database

pytestmark = pytest.mark.anyio
PROVIDER = "provider_worker_unassigned"
MANY = 200  # steps

# Written down a second time, apart from the code: from which state to which.
WAYS: Mapping[str, Mapping[str, str]] = {
    "change_goal": {"draft": "draft"},
    "agree_goal": dict.fromkeys(("draft", "will_recorded"), "agreed"),
    "look_back_on_goal": {"agreed": "reached"},
    "drop_goal": dict.fromkeys(("draft", "agreed", "will_recorded"), "dropped"),
}
SAID: Mapping[str, Mapping[str, Any]] = {
    "change_goal": {"feasibility": "Mit Oma geht es."},
    "look_back_on_goal": {"reached": "reached", "looking_back": "Ich schlafe."},
}


async def goal(life: Life, who: str = WORKER, **said: Any) -> UUID:
    planned = {"participant_id": str(life.addressee), "statement": "Ich schlafe durch."}
    return UUID((await life.do(who, "propose_goal", life.case, **planned | said))["id"])


async def test_a_goal_goes_its_ways_and_no_others(life: Life, database: Database) -> None:
    id = await goal(life)
    found = "Gezeichnet"
    for operation, ways in WAYS.items():
        for state in GoalState:
            put = """UPDATE goal SET state = %s, agreed_at = now(), will_found_out = %s, version = version + 1
                     WHERE id = %s RETURNING id"""
            database.rows(put, state.value, found, id)
            told = await life.tries(life.login, operation, id, **SAID.get(operation, {}))
            ((now,),) = database.rows("SELECT state FROM goal WHERE id = %s", id)
            if state in ways:
                assert (told.status, now) == (200, ways[state]), (operation, state, told)
            else:
                assert (told.code, now) == ("impossible-now", state), (operation, state, told)
                assert set(told.value["possible_in"]) == ways.keys()


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(calls=st.lists(st.sampled_from(["step", "finish", "leave", "look back", "drop", "anew", "close"]), min_size=6))
async def test_no_step_outlives_its_goal_or_the_case(as_: As, database: Database, calls: list[str]) -> None:
    """Whatever is called in whatever order, a step that is to do stands under a goal that is pursued, in a case that
    goes on; what fell away says with what, and whoever ticks it off all the same is told how it stands."""
    life = await Life(as_).begin()
    current = await goal(life)
    await life.do(life.login, "agree_goal", current)
    mine, steps = str(life.addressee), list[str]()
    slots = {"wanted_by_id": mine, "done_by_id": mine, "with_whom": "P", "how": "P", "with_what": "P"}
    for call in ["step", *calls, "step"]:
        if call == "step":
            told = await life.tries(life.login, "plan_step", current, **slots, due_on="2027-05-01")
            steps += [told["id"]] if told.status < 300 else []
            assert told.status < 300 or told.code in ("impossible-now", "case-over"), told
        elif call in ("finish", "leave"):
            said = {"reason": "Regen"} if call == "leave" else {"remark": "Schön."}
            told = await life.tries(life.login, f"{call}_step", steps[-1], **said)
            assert told.status < 300 or told.code == "impossible-now"
        elif call == "look back":
            await life.tries(life.login, "look_back_on_goal", current, reached="reached")
        elif call == "drop":
            await life.tries(life.login, "drop_goal", current)
        elif call == "anew":
            told = await life.tries(WORKER, "propose_goal", life.case, participant_id=mine, statement="Neu")
            if told.status < 300:
                current = UUID(told["id"])
                await life.do(life.login, "agree_goal", current)
        elif await life.state() != "closed":
            await life.go("begin_closing")
            there = await life.questions()
            await life.skip(*(each for each in ("VI", "VII") if there[each]["state"] == "not_started"))
            await life.go("close_case")
        outliving = """SELECT step.id FROM step JOIN goal ON goal.id = goal_id
                       JOIN case_file ON case_file.id = step.case_id
                       WHERE step.case_id = %s AND step.state IN ('open', 'doing')
                         AND (goal.state NOT IN ('draft', 'agreed', 'will_recorded') OR case_file.state = 'closed')"""
        assert database.rows(outliving, life.case) == [], call
    for step in steps:
        told = await life.as_(life.login).one("step", step)
        assert (told["state"] == "dropped") is (told["dropped_because"] is not None)
        if told["state"] == "dropped":
            late = await life.tries(life.login, "tick_off_step", step, words="Doch noch.", seen_version=1)
            assert (late.code, late.value["present_state"]) == ("step-not-open", "dropped")


def _slots(life: Life) -> dict[str, Any]:
    mine = str(life.addressee)
    slots = {"wanted_by_id": mine, "done_by_id": mine, "with_whom": "P", "how": "P", "with_what": "P"}
    return {**slots, "due_on": "2027-05-01"}


@pytest.mark.parametrize("face", ["rest"])
async def test_nothing_is_planned_into_a_case_that_is_just_being_closed(life: Life, database: Database) -> None:
    current = await goal(life)
    await life.do(life.login, "agree_goal", current)
    with psycopg.connect(database.superuser) as closing:
        closing.execute("UPDATE case_file SET state = 'closed', closed_on = now() WHERE id = %s", [life.case])
        planning = asyncio.create_task(life.tries(life.login, "plan_step", current, **_slots(life)))
        await waiting(database, 1)
    assert (await planning).code == "case-over"


@pytest.mark.parametrize("face", ["rest"])
async def test_closing_takes_no_longer_for_the_steps_that_fall_away(
    life: Life, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Round trips, counted as they are made: 2,000 of them would not be through in the time that anybody waits."""
    current = await goal(life)
    await life.do(life.login, "agree_goal", current)
    step = (await life.do(WORKER, "plan_step", current, **_slots(life)))["id"]
    copies = """INSERT INTO step SELECT (jsonb_populate_record(step, jsonb_build_object('id', gen_random_uuid()))).*
                FROM step, generate_series(2, %s) WHERE step.id = %s RETURNING id"""
    database.rows(copies, MANY, step)
    await life.go("begin_closing")
    await life.skip("VI", "VII")
    asked = list[str]()

    async def counting(session: Any, sql: str, values: Any) -> Any:
        asked.append(sql)
        return await fetch_row(session, sql, values)

    def executing(connection: Any, cursor: Any, sql: str, *rest: object) -> None:
        asked.append(sql)

    monkeypatch.setattr("service.domain.desk.fetch_row", counting)
    sa.event.listen(sa.Engine, "before_cursor_execute", executing)
    try:
        await life.go("close_case")
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", executing)
    assert 0 < len(asked) < MANY / 2, Counter(asked).most_common(3)
    told = "SELECT count(*) FROM event WHERE case_id = %s AND subject = 'step' AND version = 2"
    assert database.rows(told, life.case) == [(MANY,)], "whoever follows one of them is told"


async def test_a_step_is_done_with_somebody_who_works_on_the_case(life: Life) -> None:
    id, mine = await goal(life), str(life.addressee)
    await life.do(life.login, "agree_goal", id)
    slots = {"wanted_by_id": mine, "done_by_id": mine, "with_whom": "mit Kim", "how": "Zum Amt", "with_what": "Bus"}
    slots |= {"done_with_id": str(PEOPLE[PROVIDER].actor_id), "due_on": "2027-05-01"}
    assert (await life.tries(WORKER, "plan_step", id, **slots)).code == "invalid-input", "they do not work on it"
    told = {"parts": ["goals", "steps"], "purpose": "Probe", "legal_basis": "§ 64 SGB VIII"}
    access = await life.do(WORKER, "transmit_case", life.case, actor_id=slots["done_with_id"], **told)
    for unheard in ({"audience": "author"}, {"audience": "named", "audience_of": [mine]}):
        assert (await life.tries(WORKER, "plan_step", id, **slots, **unheard)).code == "invalid-input", "not to them"
    named = {"audience": "named", "audience_of": [slots["done_with_id"]]}
    assert (await life.tries(WORKER, "plan_step", id, **slots, **named)).status < 300
    step = (await life.do(WORKER, "plan_step", id, **slots))["id"]
    assert step in [each["id"] for each in (await life.as_(PROVIDER).many("next_steps")).rows]
    assert (await life.do(PROVIDER, "finish_step", step, remark="Zusammen geschafft."))["state"] == "done"
    other = (await life.do(WORKER, "plan_step", id, **slots))["id"]
    await life.do(WORKER, "end_case_access", access["id"])
    assert other not in [each["id"] for each in (await life.as_(PROVIDER).many("next_steps")).rows]
    assert (await life.tries(PROVIDER, "finish_step", other)).status == 404


async def test_a_shared_goal_is_agreed_when_each_has(life: Life) -> None:
    other, login = new_id(), f"new-{uuid4()}"
    said = {"kind": "representative", "name": "Bea", "representation": "attorney"}
    await life.do(WORKER, "add_participant", life.case, id=str(other), **said)
    await life.enrol(other, login)
    id = await goal(life, shared_with=[str(other)])
    first = await life.do(login, "agree_goal", id)
    assert (first["state"], first["agreed_by"]) == ("draft", [str(other)])
    reworded = await life.do(WORKER, "change_goal", id, statement="Wir schlafen durch.")
    assert reworded["agreed_by"] == [], "what was agreed was another wording"
    await life.do(login, "agree_goal", id)
    both = await life.do(life.login, "agree_goal", id)
    assert (both["state"], set(both["agreed_by"])) == ("agreed", {str(other), str(life.addressee)})
    assert (await life.tries(login, "drop_goal", id)).status == 403, "it is its owner who lets it go"
    stranger = await life.tries(
        WORKER, "propose_goal", life.case, participant_id=str(other), statement="X", shared_with=[str(new_id())]
    )
    assert stranger.code == "invalid-input"


async def test_a_young_childs_will_is_recorded_and_never_agreed_for_them(as_: As) -> None:
    life = Life(as_)
    child, login = life.addressee, life.login
    await life.do(WORKER, "open_case", id=str(life.case), social_space_id=str(UNTERHACHING), title="Ruhe")
    said = {"kind": "addressee", "name": "Juno", "born_on": "2019-05-17"}
    await life.do(WORKER, "add_participant", life.case, id=str(child), **said)
    id = await goal(life, statement="Bei Oma schlafen dürfen.")
    assert (await life.tries(WORKER, "agree_goal", id)).status == 403
    told = await life.do(WORKER, "record_will", id, will_found_out="Sie hat ihr Bett bei Oma gemalt.")
    assert (told["state"], told["agreed_at"], told["agreed_by"]) == ("will_recorded", None, [])
    step = {"wanted_by_id": str(child), "done_by_id": str(child), "with_whom": "mit Oma", "how": "Bett beziehen"}
    await life.do(WORKER, "plan_step", id, **step, due_on="2027-05-01", with_what="Bettzeug")
    seen = await goal(life, statement="Jeden Tag vorlesen.")
    await life.do(WORKER, "record_will", seen, will_found_out="Gezeigt")
    assert (await life.tries(WORKER, "look_back_on_goal", seen, reached="reached")).status == 403
    back = await life.do(
        WORKER, "record_looking_back", seen, reached="partly_reached", found_out="Zwei von drei Büchern."
    )
    assert (back["state"], back["looking_back"]) == ("partly_reached", None), "it is never their own words"
    assert back["looking_back_found_out"] == "Zwei von drei Büchern."
    await life.enrol(child, login)
    other = await goal(life)
    assert (await life.tries(WORKER, "record_will", other, will_found_out="Gefragt")).code == "agreed-by-themselves"
    assert (await life.do(login, "agree_goal", id))["state"] == "agreed"


async def test_a_goal_is_put_anew_by_one_that_takes_its_place_once_agreed(life: Life) -> None:
    first = await goal(life)
    early = {"participant_id": str(life.addressee), "statement": "Anders", "replaces_id": str(first)}
    assert (await life.tries(WORKER, "propose_goal", life.case, **early)).code == "invalid-input", "it is a draft"
    await life.do(life.login, "agree_goal", first)
    second = await goal(life, replaces_id=str(first), statement="Ich schlafe sechs Stunden.")
    assert (await life.as_(WORKER).one("goal", first))["state"] == "agreed"
    await life.do(life.login, "agree_goal", second)
    assert (await life.as_(WORKER).one("goal", first))["state"] == "changed"


async def test_a_step_is_moved_with_a_reason_and_keeps_its_first_day(life: Life) -> None:
    id = await goal(life)
    await life.do(life.login, "agree_goal", id)
    mine = str(life.addressee)
    step = {"wanted_by_id": mine, "done_by_id": mine, "with_whom": "allein", "how": "Licht aus", "with_what": "Uhr"}
    step_id = (await life.do(WORKER, "plan_step", id, **step, due_on="2027-05-01"))["id"]
    for day, reason in (("2027-05-08", "Ich war krank."), ("2027-05-20", "Noch immer.")):
        told = await life.do(life.login, "move_step", step_id, due_on=day, reason=reason)
        assert (told["due_on"], told["first_due_on"], told["moved_because"]) == (day, "2027-05-01", reason)
        assert told["state"] == "open"
    assert [each["due_on"] for each in (await life.as_(life.login).many("next_steps")).rows] == ["2027-05-20"]
    await life.do(life.login, "finish_step", step_id)
    assert (await life.tries(life.login, "move_step", step_id, due_on=day, reason="Zu spät")).code == "impossible-now"


async def test_a_childs_will_does_not_go_over_the_head_of_whom_the_goal_is_shared_with(as_: As) -> None:
    life, other, login = Life(as_), new_id(), f"new-{uuid4()}"
    await life.do(WORKER, "open_case", id=str(life.case), social_space_id=str(UNTERHACHING), title="Ruhe")
    child = {"kind": "addressee", "name": "Juno", "born_on": "2019-05-17"}
    await life.do(WORKER, "add_participant", life.case, id=str(life.addressee), **child)
    somebody = {"kind": "representative", "name": "Bea", "representation": "attorney"}
    await life.do(WORKER, "add_participant", life.case, id=str(other), **somebody)
    await life.enrol(other, login)
    id, found = await goal(life, shared_with=[str(other)]), {"will_found_out": "Gemalt"}
    assert (await life.tries(WORKER, "record_will", id, **found)).code == "others-to-agree"
    await life.do(login, "agree_goal", id)
    assert (await life.do(WORKER, "record_will", id, **found))["state"] == "will_recorded"


async def test_what_a_stranger_agreed_through_a_wrong_link_is_not_agreed(life: Life) -> None:
    first = await goal(life)
    await life.do(life.login, "agree_goal", first)
    second = await goal(life, replaces_id=str(first), statement="Anders")
    steps = [(await life.do(WORKER, "plan_step", first, **_slots(life)))["id"] for _ in range(3)]
    await life.do(life.login, "finish_step", steps[1])
    await life.do(WORKER, "begin_step", steps[2])
    await life.do(WORKER, "undo_enrolment", life.addressee)
    assert (await life.as_(WORKER).one("goal", first))["state"] == "draft"
    stranger = f"new-{uuid4()}"
    await life.enrol(life.addressee, stranger)
    await life.do(stranger, "agree_goal", first)
    await life.do(stranger, "agree_goal", second)
    assert (await life.as_(WORKER).one("step", steps[0]))["state"] == "dropped"
    await life.do(WORKER, "undo_enrolment", life.addressee)
    again = [await life.as_(WORKER).one("step", each) for each in steps]
    states = [each["state"] for each in again]
    assert states == ["open", "done", "doing"], "what fell away with the goal comes back with it, as far as it was"
    goals = [await life.as_(WORKER).one("goal", each) for each in (first, second)]
    assert [(each["state"], each["agreed_by"], each["agreed_at"]) for each in goals] == [("draft", [], None)] * 2
