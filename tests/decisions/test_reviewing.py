"""Nobody's help goes on unlooked at, and what is due stands in one list."""

from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from service.domain.clock import Clock, birthday
from service.domain.decisions.reviewing import months_after
from tests.conftest import Database
from tests.decisions.conftest import LEAD, Plan

pytestmark = pytest.mark.anyio
TODAY = Clock().today()


async def test_an_active_case_always_has_its_next_review(plan: Plan) -> None:
    worker, family = plan.worker, plan.as_(plan.login)
    for operation in ("begin_clarification", "begin_arrangement_planning", "activate_case"):
        version = (await worker.one("case", plan.case))["version"]
        assert (await worker.do(operation, plan.case, version)).status == 200
    (first,) = (await worker.many("reviews", ("case", plan.case))).rows
    assert (first["kind"], first["due_on"]) == ("support_review", months_after(TODAY, 6).isoformat())
    soon = (TODAY + timedelta(days=9)).isoformat()
    asked = await family.do("plan_review", plan.case, kind="reflection", due_on=soon)
    assert asked.status == 201, "the family asks for one itself"
    kept = await worker.do("hold_review", first["id"], 1, words="Passt", finding="suitable_and_necessary")
    assert (kept.status, kept.code) == (422, "invalid-input"), "help that goes on is looked at again"
    said: dict[str, Any] = {"words": "Passt", "finding": "suitable_and_necessary", "took_part": [str(plan.addressee)]}
    held = await worker.do("hold_review", first["id"], 1, **said, next_on=soon)
    assert (held["state"], held["held_on"], held["finding"]) == ("held", TODAY.isoformat(), "suitable_and_necessary")
    again = await worker.do("hold_review", first["id"], 2, **said, next_on=soon)
    assert (again.status, again.code) == (409, "impossible-now")
    planned = [each for each in (await family.many("reviews", ("case", plan.case))).rows if each["state"] == "planned"]
    assert {(each["kind"], each["due_on"]) for each in planned} == {("support_review", soon), ("reflection", soon)}
    moved = await worker.do("move_review", asked["id"], 1, due_on=TODAY.isoformat(), reason="Ferien")
    assert (moved["due_on"], moved["first_due_on"]) == (TODAY.isoformat(), soon)
    refused = await family.do("drop_review", asked["id"], 2, reason="Keine Lust")
    assert (refused.status, refused.code) == (403, "forbidden")


async def test_what_is_due_stands_in_one_list(plan: Plan) -> None:
    await plan.agreed("5000.00")
    element = await plan.element()
    await plan.apply(element)
    later = (TODAY + timedelta(days=5)).isoformat()
    await plan.worker.do("plan_review", plan.case, kind="support_review", due_on=later)
    body: dict[str, Any] = {"participant_id": str(plan.addressee), "statement": "Schlafen"}
    goal = await plan.as_(plan.login).do("propose_goal", plan.case, **body)
    await plan.as_(plan.login).do("agree_goal", goal["id"], 1)
    step: dict[str, Any] = {
        "wanted_by_id": str(plan.addressee),
        "done_by_id": str(plan.addressee),
        "with_whom": "allein",
    }
    day = (TODAY - timedelta(days=1)).isoformat()
    for audience in ("all", "author"):
        said: dict[str, Any] = {
            "how": f"Licht aus {audience}",
            "due_on": day,
            "with_what": "Buch",
            "audience": audience,
        }
        assert (await plan.as_(plan.login).do("plan_step", goal["id"], **step, **said)).status == 201
    told = await plan.worker.many("due_items")
    mine = [each for each in told.rows if each["case_id"] == str(plan.case)]
    assert [(each["kind"], each["due_on"], each["overdue"]) for each in mine] == [
        ("step", day, True),
        ("application", TODAY.isoformat(), False),
        ("support_review", later, False),
    ], "what the addressee keeps to herself is not there"
    assert [each["what"] for each in mine] == ["Licht aus all", "Abends zu zweit", None]
    assert [each for each in (await plan.as_(plan.login).many("due_items")).rows] == []


async def test_help_for_a_young_adult_is_not_ended_without_looking_ahead(plan: Plan, database: Database) -> None:
    """A year before its end; for a parent there is none, and with the help it is dropped."""
    ends_on = TODAY + timedelta(days=500)
    said: dict[str, Any] = {"second_professional_id": None, "amount": None, "ends_on": ends_on.isoformat()}
    said["second_professional_id"] = str(database.rows("SELECT id FROM actor WHERE name = 'decisions_colleague'")[0][0])
    for born_on, planned in ((birthday(TODAY, -17), True), (birthday(TODAY, -40), False)):
        with psycopg.connect(database.superuser) as connection:
            connection.execute("UPDATE person SET born_on = %s WHERE participant_id = %s", [born_on, plan.addressee])
        element = await plan.element(cost=None, starts_on=TODAY.isoformat(), ends_on=None)
        assert (await plan.decide(element, **said)).status == 201
        found = [
            each
            for each in (await plan.as_(LEAD).many("reviews", ("case", plan.case))).rows
            if each["element_id"] == element
        ]
        assert [(each["kind"], each["due_on"]) for each in found] == (
            [("transition_check", months_after(ends_on, -12).isoformat())] if planned else []
        )
        version = (await plan.worker.one("element", element))["version"]
        await plan.worker.do("end_element", element, version)
        if planned:
            assert (await plan.worker.one("review", found[0]["id"]))["state"] == "dropped"


async def test_help_without_an_end_is_looked_at_before_help_for_young_adults_ends(
    plan: Plan, database: Database
) -> None:
    """§ 41(1) SGB VIII: as a rule until 21. Help granted before the case is active has its first review, too."""
    born_on = birthday(TODAY, -17)
    with psycopg.connect(database.superuser) as connection:
        connection.execute("UPDATE person SET born_on = %s WHERE participant_id = %s", [born_on, plan.addressee])
    colleague = str(database.rows("SELECT id FROM actor WHERE name = 'decisions_colleague'")[0][0])
    element = await plan.element(cost=None, starts_on=TODAY.isoformat(), ends_on=None)
    assert (await plan.decide(element, second_professional_id=colleague, amount=None)).status == 201
    found = (await plan.worker.many("reviews", ("case", plan.case))).rows
    assert {(each["kind"], each["due_on"]) for each in found} == {
        ("transition_check", months_after(birthday(born_on, 21), -12).isoformat()),
        ("support_review", months_after(TODAY, 6).isoformat()),
    }
    (review,) = (each["id"] for each in found if each["kind"] == "support_review")
    alone = await plan.worker.do("drop_review", review, 1, reason="Alle krank")
    assert (alone.status, alone.code, alone.value["errors"][0]["pointer"]) == (422, "invalid-input", "#/next_on")
    soon = (TODAY + timedelta(days=30)).isoformat()
    dropped = await plan.worker.do("drop_review", review, 1, reason="Alle krank", next_on=soon)
    assert (dropped.status, dropped["state"]) == (200, "dropped")
    planned = (await plan.worker.many("reviews", ("case", plan.case))).rows
    assert soon in {each["due_on"] for each in planned if each["state"] == "planned"}


async def test_a_corrected_day_of_birth_takes_along_the_transition_check(plan: Plan, database: Database) -> None:
    ends_on = TODAY + timedelta(days=500)
    said: dict[str, Any] = {"amount": None, "ends_on": ends_on.isoformat()}
    said["second_professional_id"] = str(database.rows("SELECT id FROM actor WHERE name = 'decisions_colleague'")[0][0])
    element = await plan.element(cost=None, starts_on=TODAY.isoformat(), ends_on=None)
    assert (await plan.decide(element, **said)).status == 201
    for version, (born_on, states) in enumerate(
        (
            (birthday(TODAY, -17), ["planned"]),
            (birthday(TODAY, -18), ["planned"]),
            (birthday(TODAY, -40), ["dropped"]),
            (birthday(TODAY, -17), ["dropped", "planned"]),
        ),
        start=(await plan.worker.one("participant", plan.addressee)).version,
    ):
        corrected = await plan.worker.do("correct_participant", plan.addressee, version, born_on=born_on.isoformat())
        assert corrected.status == 200, corrected
        rows = (await plan.worker.many("reviews", ("case", plan.case))).rows
        found = [each for each in rows if each["element_id"] == element]
        assert [each["state"] for each in found] == states, born_on
        assert found[-1]["due_on"] == months_after(ends_on, -12).isoformat()
    assert found[0]["words"] == "Das Geburtsdatum ist berichtigt."


async def test_help_without_an_end_is_looked_at_on_another_day_after_another_birthday(
    plan: Plan, database: Database
) -> None:
    """Also when the day of birth is learnt from a duplicate."""
    colleague = str(database.rows("SELECT id FROM actor WHERE name = 'decisions_colleague'")[0][0])
    element = await plan.element(cost=None, starts_on=TODAY.isoformat(), ends_on=None)
    assert (await plan.decide(element, second_professional_id=colleague, amount=None)).status == 201

    async def planned() -> list[str]:
        rows = (await plan.worker.many("reviews", ("case", plan.case))).rows
        return [each["due_on"] for each in rows if (each["element_id"], each["state"]) == (element, "planned")]

    async def correct(born_on: date | None) -> None:
        version = (await plan.worker.one("participant", plan.addressee)).version
        said = {"born_on": born_on.isoformat() if born_on else None}
        assert (await plan.worker.do("correct_participant", plan.addressee, version, **said)).status == 200

    for years in (-17, -16, -16):
        await correct(birthday(TODAY, years))
        assert await planned() == [months_after(birthday(birthday(TODAY, years), 21), -12).isoformat()], years
    await correct(None)
    assert await planned() == []
    said: dict[str, Any] = {"kind": "addressee", "name": "Kim Zweimal", "born_on": birthday(TODAY, -17).isoformat()}
    twice = await plan.worker.do("add_participant", plan.case, **said)
    merged = await plan.worker.do("merge_participant", twice["id"], 1, into_id=plan.addressee)
    assert merged.status == 200, merged
    assert await planned() == [months_after(birthday(birthday(TODAY, -17), 21), -12).isoformat()]


def test_a_month_that_is_shorter_ends_earlier() -> None:
    from datetime import date

    assert months_after(date(2027, 8, 31), 6) == date(2028, 2, 29)
    assert months_after(date(2028, 2, 29), -12) == date(2027, 2, 28)
