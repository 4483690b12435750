"""While somebody is away another acts for them: on these days, in their cases, and it is told who is who."""

from datetime import timedelta

import psycopg
import pytest

from service.demo import demo_id
from service.domain.clock import Clock
from tests.cases.conftest import WORKER, As, Life
from tests.conftest import Database

pytestmark = pytest.mark.anyio
TODAY = Clock().today()
SECOND = "second_case_worker"
ME, OTHER = demo_id("actor", WORKER), demo_id("actor", SECOND)


async def test_on_these_days_and_no_others(life: Life, as_: As, database: Database) -> None:
    days = {"from_on": (TODAY + timedelta(days=1)).isoformat(), "to_on": (TODAY + timedelta(days=9)).isoformat()}
    named = await life.do(WORKER, "name_stand_in", ME, actor_id=str(OTHER), **days)
    assert (await as_(SECOND).one("case", life.case)).status == 404, "not before"
    with psycopg.connect(database.superuser) as connection:  # the day comes
        for table, column in (("stand_in", "id"), ("case_access", "stand_in_id")):
            connection.execute(f"UPDATE {table} SET valid_from = now() WHERE {column} = %s", [named["id"]])
    assert (await as_(SECOND).one("case", life.case))["title"] == "Ruhe"
    await life.do(SECOND, "begin_counselling", life.case)
    assert (await life.as_(WORKER).one("case", life.case))["state"] == "counselling", "the lead stays who it was"
    assert (await life.as_(WORKER).one("stand_in", named["id"]))["in_force"] is True
    ways = (await as_(WORKER).client.get(f"/v1/cases/{life.case}/accesses")).json()["items"]  # type: ignore[attr-defined]
    of_second = [(each["basis"], each["stand_in_id"]) for each in ways if each["actor_id"] == str(OTHER)]
    assert of_second == [("assignment", named["id"])], "it says on what it rests"
    await life.do(SECOND, "end_stand_in", named["id"])
    assert (await as_(SECOND).one("case", life.case)).status == 404
    refused = await as_(SECOND).do("begin_clarification", life.case, 2)
    assert (refused.status, refused.code) == (404, "not-found")


async def test_a_case_that_is_handed_over_goes_without_who_was_to_stand_in(life: Life, database: Database) -> None:
    days = {"from_on": (TODAY + timedelta(days=1)).isoformat(), "to_on": (TODAY + timedelta(days=9)).isoformat()}
    named = await life.do(WORKER, "name_stand_in", ME, actor_id=str(OTHER), **days)
    there = {"receiver_id": str(OTHER), "social_space_id": str(demo_id("social_space", "Ismaning"))}
    handover = await life.do(WORKER, "offer_transfer", life.case, **there)
    await life.do(SECOND, "accept_handover", handover["id"])
    left = "SELECT count(*) FROM case_access WHERE stand_in_id = %s AND case_id = %s AND valid_to > now()"
    assert database.rows(left, named["id"], life.case) == [(0,)]
    assert (await life.as_(SECOND).one("case", life.case)).status == 200, "it is theirs now, for good"
    await life.do(WORKER, "end_stand_in", named["id"])
    assert (await life.as_(SECOND).one("case", life.case)).status == 200


async def test_only_by_oneself_only_a_case_worker_and_not_for_ever(life: Life) -> None:
    days = {"from_on": TODAY.isoformat(), "to_on": TODAY.isoformat()}
    for stranger in (demo_id("actor", "provider_worker"), ME):
        told = await life.tries(WORKER, "name_stand_in", ME, actor_id=str(stranger), **days)
        assert told.code == "no-case-worker"
    assert (await life.tries(SECOND, "name_stand_in", ME, actor_id=str(OTHER), **days)).status == 404
    # Their management names somebody where all the cases that they lead are its own.
    assert (await life.tries("social_space_manager", "name_stand_in", ME, actor_id=str(OTHER), **days)).status == 404
    long = days | {"to_on": (TODAY + timedelta(days=400)).isoformat()}
    assert (await life.tries(WORKER, "name_stand_in", ME, actor_id=str(OTHER), **long)).code == "invalid-input"
