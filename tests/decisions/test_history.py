"""What an arrangement was and became: each change is kept, and the mix of each month shown as it is."""

import runpy
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.domain.clock import Clock
from service.domain.decisions.model import SupportKind, SupportPlace
from service.domain.decisions.wording import SUPPORT_KINDS
from service.domain.values import new_id
from tests.conftest import Database
from tests.decisions.conftest import As, Plan
from tests.decisions.test_parting import goes

pytestmark = pytest.mark.anyio
TODAY = Clock().today()


async def test_between_two_editions_it_says_what_was_added_changed_and_ended(plan: Plan) -> None:
    worker, family = plan.worker, plan.as_(plan.login)
    walk, nursery = await plan.element(kind="own", what="Spazieren"), await plan.element(kind="community")
    seen = (await family.one("arrangement", plan.arrangement))["edition"]
    helper = await plan.element(support_place="family_of_origin")
    await worker.do("change_element", walk, 1, what="Abends spazieren")
    await worker.do("start_element", walk, 2)
    await worker.do("end_element", nursery, 1)
    changes = (await family.many("element_changes", ("arrangement", plan.arrangement))).rows
    assert [(each["edition"], each["element_id"], each["change"], each["changed"]) for each in changes] == [
        (1, walk, "added", []),
        (2, nursery, "added", []),
        (3, helper, "added", []),
        (4, walk, "changed", ["what"]),
        (5, walk, "changed", ["state"]),
        (6, nursery, "ended", ["state"]),
    ]
    assert [each["what"] for each in changes if each["element_id"] == walk] == ["Spazieren", *["Abends spazieren"] * 2]
    assert (changes[2]["support_place"], changes[2]["cost"]) == ("family_of_origin", "1000.00")
    assert (await family.one("arrangement", plan.arrangement))["edition"] == 6
    http = plan.as_(plan.login).client  # type: ignore[attr-defined]
    path = f"/v1/arrangements/{plan.arrangement}/element-changes"
    between = (await http.get(path, params={"after_edition": seen, "up_to_edition": 4})).json()["items"]
    assert [each["edition"] for each in between] == [3, 4]
    nodes = "elementChanges(first: 9, where: {afterEdition: 5}) { nodes { edition } }"
    since = f'{{ arrangement(id: "{plan.arrangement}") {{ {nodes} }} }}'
    told = (await http.post("/graphql", json={"query": since})).json()["data"]["arrangement"]["elementChanges"]["nodes"]
    assert told == [{"edition": 6}]
    strange = await worker.do("change_element", walk, 3, support_place="school")
    assert (strange.status, strange.code) == (422, "invalid-input"), (
        "what goes on is changed, but not into another kind"
    )


async def test_the_mix_is_shown_month_by_month_as_it_is(plan: Plan, database: Database) -> None:
    first, second = await plan.element(kind="own"), await plan.element(kind="own_network")
    await plan.element(kind="community")  # only meant
    for element in (first, second):
        await plan.worker.do("start_element", element, 1)
    await plan.decide(await plan.element(cost=None), amount=None)
    month, last = TODAY.replace(day=1), (TODAY.replace(day=1) - timedelta(days=1)).replace(day=1)
    with psycopg.connect(database.superuser) as connection:  # one of them began a month ago
        connection.execute("UPDATE arrangement_element SET began_on = %s WHERE id = %s", [last, first])
    await plan.worker.do("end_element", second, 2)
    mix = (await plan.as_(plan.login).many("arrangement_mix", ("arrangement", plan.arrangement))).rows
    told = [(each["month"], each["kind"], each["elements"]) for each in mix if each["kind"] != "specialist"]
    now = month.isoformat()
    assert told == [(last.isoformat(), "own", 1), (now, "own", 1), (now, "own_network", 1)]
    assert {each["kind"] for each in mix} == {"own", "own_network", "specialist"}


async def test_after_help_somebody_stays_in_touch(plan: Plan) -> None:
    await goes(plan, "begin_closing", "begin_after_care")
    (contact,) = (await plan.worker.many("reviews", ("case", plan.case))).rows
    assert (contact["kind"], contact["state"]) == ("after_care_contact", "planned")
    held = await plan.worker.do("hold_review", contact["id"], 1, words="Es geht gut.")
    assert held["state"] == "held"


async def test_official_kinds_and_places_are_there_for_everybody(as_: As) -> None:
    codes = (await as_().many("official_codes")).rows
    kinds = {each["word"]: (each["paragraph"], each["name"]) for each in codes if each["code_list"] == "support_kind"}
    assert kinds == {kind.value: said for kind, said in SUPPORT_KINDS.items()}
    for words in (SupportKind, SupportPlace):
        ordered = [each["word"] for each in codes if each["word"] in {*words}]
        assert ordered == [each.value for each in words], "in the order of their keys"


def test_what_had_ended_before_it_was_kept_began_by_its_decision(own_database: Database) -> None:
    """Of before 0030: as the migration finds it. What ended without ever having begun is in no month."""
    ended = "UPDATE arrangement_element SET state = 'ended', ended_on = %s, began_on = NULL WHERE id = %s RETURNING id"
    ((begun, starts_on),) = own_database.rows(
        "SELECT element_id, coalesce(decision.starts_on, element.starts_on, decided_on) FROM decision"
        " JOIN arrangement_element AS element ON element.id = element_id WHERE outcome = 'granted' LIMIT 1"
    )
    ((never,),) = own_database.rows("SELECT id FROM arrangement_element WHERE state = 'planned' LIMIT 1")
    for element in (begun, never):
        own_database.rows(ended, "2199-01-01", element)
    file = next((Path(__file__).parents[2] / "migrations" / "versions").glob("*_began_before.py"))
    migration = runpy.run_path(str(file))
    with psycopg.connect(own_database.superuser) as connection:
        connection.execute(migration["BEGUN"])
        connection.execute(migration["FILL"], [migration["BATCH"]])
    found = dict(own_database.rows("SELECT id, began_on FROM arrangement_element WHERE state = 'ended'"))
    assert (found[begun], found[never]) == (starts_on, None)


async def test_from_one_setting_to_another_with_the_steps_that_build_the_bridge(plan: Plan) -> None:
    said: dict[str, Any] = {"id": str(new_id()), "participant_id": str(plan.addressee), "words": "Hermine bleibt."}
    said |= {"from_place": "residential_one_group", "to_place": "own_home_of_young_person", "from_on": "2027-02-01"}
    made = await plan.worker.do("record_setting_change", plan.case, **said)
    assert (made["from_place"], made["to_place"]) == (said["from_place"], said["to_place"])
    for wrong in ({"to_place": said["from_place"]}, {"steps": [str(new_id())]}, {"participant_id": str(new_id())}):
        told = await plan.worker.do("record_setting_change", plan.case, **(said | wrong | {"id": str(new_id())}))
        assert (told.status, told.code) == (422, "invalid-input"), wrong
    assert made["to_place_label"] == "in der Wohnung des Jugendlichen/jungen Volljährigen"
    alone = said | {"id": str(new_id()), "audience": "author"}
    await plan.worker.do("record_setting_change", plan.case, **alone)
    seen = (await plan.as_(plan.login).many("setting_changes", ("case", plan.case))).rows
    assert [each["id"] for each in seen] == [said["id"]]
    wrong = {"kind": "setting_change", "entry_id": said["id"], "because": "wrong_case", "reason": "Verwechselt"}
    assert (await plan.worker.do("withdraw_entry", plan.case, **wrong)).status == 200
    assert (await plan.as_(plan.login).many("setting_changes", ("case", plan.case))).rows == []
    (out,) = (await plan.as_(plan.login).many("withdrawals", ("case", plan.case))).rows
    assert (out["kind"], out["entry_id"]) == ("setting_change", said["id"])
