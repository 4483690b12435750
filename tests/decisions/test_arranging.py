"""An arrangement of all five kinds, over both faces."""

from typing import Any

import pytest

from service.demo import MAIN_ARRANGEMENT, MAIN_DECISION, MAIN_ELEMENT, MAIN_GOAL
from service.domain.values import new_id
from tests.decisions.conftest import OUTSIDE, YEAR, As, Plan

pytestmark = pytest.mark.anyio

KINDS = ("own", "own_network", "community", "regular_institution", "specialist")


async def test_an_arrangement_is_made_of_all_five_kinds(plan: Plan) -> None:
    for kind in KINDS:
        await plan.element(kind=kind)
    seen = await plan.as_(plan.login).many("elements", ("arrangement", plan.arrangement))
    assert [each["kind"] for each in seen.rows] == list(KINDS)
    assert {each["state"] for each in seen.rows} == {"planned"}
    assert [each["basis"] for each in seen.rows] == [None, None, None, None, "granted_claim"]
    assert [each["id"] for each in (await plan.worker.many("arrangements", ("case", plan.case))).rows] == [
        str(plan.arrangement)
    ]


async def test_what_is_not_for_specialists_just_begins_and_ends(plan: Plan) -> None:
    element = await plan.element(kind="own_network")
    assert (await plan.worker.do("start_element", element, 1))["state"] == "running"
    ended = await plan.worker.do("end_element", element, 2)
    assert (ended["state"], ended["ended_on"] is not None) == ("ended", True)
    again = await plan.worker.do("start_element", element, 3)
    assert (again.status, again.code) == (409, "impossible-now")


async def test_what_specialists_do_begins_with_a_decision(plan: Plan) -> None:
    refused = await plan.worker.do("start_element", await plan.element(), 1)
    assert (refused.status, refused.code) == (409, "decision-required")


@pytest.mark.parametrize("operation", ["apply_for_element", "decide_element"])
async def test_nothing_else_is_applied_for_or_decided(plan: Plan, operation: str) -> None:
    element = await plan.element(kind="community")
    told = await (plan.apply(element) if operation == "apply_for_element" else plan.decide(element))
    assert (told.status, told.code) == (409, "no-decision-needed")


async def test_a_planned_element_is_changed_of_an_applied_one_the_goals_alone(plan: Plan) -> None:
    element = await plan.element()
    changed = await plan.worker.do("change_element", element, 1, what="Anders", cost="800.00", goal_ids=[])
    assert (changed["what"], changed["cost"], changed.version) == ("Anders", "800.00", 2)
    stale = await plan.worker.do("change_element", element, 1, what="Alt")
    assert (stale.status, stale.code) == (412, "version-stale")
    await plan.worker.do("apply_for_element", element, 2, claim_holder_id=str(plan.addressee))
    late = await plan.worker.do("change_element", element, 3, what="Zu spät", cost="900.00")
    assert (late.status, late.code, late.value["decided"]) == (409, "for-the-decision", ["cost", "what"])
    assert "/end" in (late.value.get("advice") or late.value["detail"])
    goals = [await goal_of(plan, words) for words in ("Abends Ruhe", "Wieder lesen")]
    serving = await plan.worker.do("change_element", element, 3, goal_ids=goals)
    assert serving["goal_ids"] == goals, "it serves several"


async def test_what_goes_on_is_changed_and_the_edition_says_what(plan: Plan) -> None:
    element = await plan.element(kind="own_network", starts_on=f"{YEAR}-02-01")
    begun = await plan.worker.do("start_element", element, 1)
    said = {"what": "Oma kommt zweimal", "hours_per_week": "4.00"}
    changed = await plan.worker.do("change_element", element, begun.version, **said)
    assert (changed["state"], changed["what"]) == ("running", said["what"])
    changes = (await plan.worker.many("element_changes", ("arrangement", plan.arrangement))).rows
    assert [each["changed"] for each in changes][-1] == ["what", "hours_per_week"]
    past = await plan.worker.do("change_element", element, changed.version, starts_on=f"{YEAR}-03-01")
    assert (past.status, past.code) == (422, "invalid-input"), "it has begun"
    undated = await plan.element(kind="own_network")
    begun = await plan.worker.do("start_element", undated, 1)
    before = await plan.worker.do("change_element", undated, begun.version, ends_on=f"{YEAR - 1}-01-01")
    assert (before.status, before.code) == (422, "invalid-input"), "it began today, whatever was meant"


async def goal_of(plan: Plan, statement: str) -> str:
    told = await plan.worker.do(
        "propose_goal", plan.case, id=str(new_id()), participant_id=str(plan.addressee), statement=statement
    )
    return str(told["id"])


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"kind": "own", "cost": "10.00"}, "cost"),
        ({"kind": "community", "organisation_id": str(OUTSIDE)}, "organisation_id"),
        ({"organisation_id": str(MAIN_ELEMENT)}, "organisation_id"),
        ({"participant_id": str(MAIN_ELEMENT)}, "participant_id"),
        ({"goal_ids": [str(MAIN_GOAL)]}, "goal_ids"),
        ({"starts_on": f"{YEAR}-03-01", "ends_on": f"{YEAR}-02-01"}, "ends_on"),
        ({"hours_per_week": "168.01"}, "hours_per_week"),
    ],
)
async def test_what_does_not_fit_is_named(plan: Plan, said: dict[str, Any], pointer: str) -> None:
    given = {"participant_id": str(plan.addressee), "kind": "specialist", "what": "Probe"} | said
    told = await plan.worker.do("add_element", plan.arrangement, **given)
    assert told.status == 422, told
    assert pointer.replace("_", "") in str(told.value).replace("_", "").lower()
    assert (await plan.worker.many("elements", ("arrangement", plan.arrangement))).rows == []


@pytest.mark.parametrize("amount", ["10.001", "1e3", "-10.00", "0.00", "10", 10.0, 10, "NaN", " 10.00"])
@pytest.mark.parametrize("name", ["cost", "amount"])
async def test_money_is_text_with_two_decimals_above_zero(plan: Plan, name: str, amount: Any) -> None:
    if name == "cost":
        said = {"participant_id": str(plan.addressee), "kind": "specialist", "what": "Probe", "cost": amount}
        told = await plan.worker.do("add_element", plan.arrangement, **said)
    else:
        told = await plan.decide(await plan.element(), amount=amount)
    assert told.status in (400, 422), told  # GraphQL refuses what is no string before anything else
    assert plan.commitments() == []


async def test_the_demo_speaks_of_it_in_three_languages(as_: As) -> None:
    for language, kind, state, outcome in (
        ("de", "Spezial-Profis", "bewilligt", "bewilligt"),
        ("en", "Specialists", "granted", "granted"),
        ("de-simple", "Hilfe von Fach-Leuten", "das Amt hat ja gesagt", "Das Amt hat ja gesagt."),
    ):
        addressee = as_("addressee", language=language)
        element, decision = await addressee.one("element", MAIN_ELEMENT), await addressee.one("decision", MAIN_DECISION)
        assert (element["kind_label"], element["state_label"]) == (kind, state)
        assert (decision["outcome_label"], decision["hint"]) == (outcome, None)
    assert (await as_("provider_worker").one("arrangement", MAIN_ARRANGEMENT)).status == 404
