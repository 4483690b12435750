"""Work without a case has a place of its own: no case is in it, each note has its dimension, hours are told by that;
and what a team wants to learn comes from its work."""

from datetime import date, timedelta
from typing import Any

import pytest

from service.demo import MAIN_ADDRESSEE, MAIN_CASE, MAIN_THEME, UNTERHACHING
from service.demo.teams import UNTERHACHING as NAME
from service.demo.teams import team_id
from service.domain.clock import Clock
from service.domain.values import new_id
from tests.conftest import Database
from tests.faces import FACES

pytestmark = pytest.mark.anyio
WORKER, MANAGER = "case_worker", "social_space_manager"
LONG_AGO = "2020-01-31"
NOTE = {"kind": "resource_found", "words": "Im Hof steht eine Töpferscheibe.", "done_on": "2026-01-31"}


@pytest.fixture(params=FACES)
def as_(request: pytest.FixtureRequest, client_of: Any) -> Any:
    return lambda role: FACES[str(request.param)](client_of(role))


async def test_a_note_has_its_dimension_and_names_no_case(as_: Any, database: Database) -> None:
    made = await as_(WORKER).do("note_field_work", UNTERHACHING, id=str(new_id()), hours="2.25", **NOTE)
    assert (made["dimension"], made["dimension_label"]) == ("case_unspecific", "einzelfallunspezifisch")
    specific = NOTE | {"id": str(new_id()), "dimension": "case_specific"}
    assert (await as_(WORKER).do("note_field_work", UNTERHACHING, **specific)).code == "invalid-input"
    for stranger, status in (("addressee", 403), ("controller", 403)):
        assert (await as_(stranger).do("note_field_work", UNTERHACHING, id=str(new_id()), **NOTE)).status == status
    columns = "SELECT column_name FROM information_schema.columns WHERE table_name = 'field_note'"
    assert not [name for (name,) in database.rows(columns) if name.startswith(("case", "participant"))]
    month = [each for each in (await as_(MANAGER).many("field_work")).rows if each["month"] == "2026-01-01"]
    assert {each["dimension"] for each in month} == {"case_unspecific"}
    mine, theirs = [await as_(who).one("field_note", made["id"]) for who in (WORKER, MANAGER)]
    assert (mine["hours"], mine["withheld"]) == ("2.25", [])
    assert ("hours" in theirs.value and theirs["hours"] is not None, theirs["withheld"]) == (False, ["hours"])
    assert not {"author_id", "organisation_id"} & {*month[0]}, "nobody's own"
    assert month[0]["hours"] is None, "one alone has said how long it took"
    assert (await as_("provider_worker").one("field_note", made["id"])).status == 200
    for who, status in (("provider_worker", 403), (MANAGER, 200), (WORKER, 200)):
        assert (await as_(who).do("withdraw_field_note", made["id"])).status == status, who
    assert (await as_("provider_worker").one("field_note", made["id"])).status == 404, "it names a family"
    after = [each for each in (await as_(MANAGER).many("field_work")).rows if each["month"] == "2026-01-01"]
    assert sum(each["notes"] for each in after) == sum(each["notes"] for each in month) - 1
    assert (await as_("addressee").many("field_work")).rows == []


async def test_what_was_found_and_heard_is_there_for_the_next_who_works_in_the_place(as_: Any, client_of: Any) -> None:
    """Visible by what came of it, and where a theme was heard, with that theme; to those alone who work there."""
    heard = {"kind": "theme_heard", "words": "Der letzte Bus fährt zu früh.", "done_on": "2026-01-31"}
    adds = await as_(WORKER).do("note_field_work", UNTERHACHING, id=str(new_id()), theme_id=str(MAIN_THEME), **heard)
    found = await as_(WORKER).do("note_field_work", UNTERHACHING, id=str(new_id()), **NOTE)
    for narrowed, there, elsewhere in (
        ({"theme_id": MAIN_THEME}, adds, found),
        ({"kind": "resource_found", "social_space_id": UNTERHACHING}, found, adds),
    ):
        for who, sees in (("provider_worker", True), ("addressee", False)):
            listed = await client_of(who).get("/v1/field-notes", params={**narrowed, "limit": 200})
            ids = {each["id"] for each in listed.json()["items"]}
            assert ((there["id"] in ids), (elsewhere["id"] in ids)) == (sees, False), (who, narrowed)
    unknown = {"id": str(new_id()), "theme_id": str(new_id())}
    assert (await as_(WORKER).do("note_field_work", UNTERHACHING, **unknown, **heard)).code == "not-found"


async def test_nobody_s_hours_are_told_by_what_a_month_has_more_of(as_: Any) -> None:
    """Whoever looks before and after a colleague's note sees that there is one more, and not how long it took."""

    async def told() -> dict[str, Any]:
        return {each["month"]: each for each in (await as_(MANAGER).many("field_work")).rows}

    there = await told()
    month = next(day for day in (f"2025-{number:02}-01" for number in range(1, 13)) if day not in there)

    async def notes(who: str, hours: str) -> None:
        said = NOTE | {"id": str(new_id()), "done_on": month, "hours": hours}
        assert (await as_(who).do("note_field_work", UNTERHACHING, **said)).status < 300

    for who in (WORKER, MANAGER, "provider_worker"):
        await notes(who, "1.00")
    before = (await told())[month]
    await notes(WORKER, "2.00")
    after = (await told())[month]
    assert (before["notes"], after["notes"]) == (3, 4)
    assert before["hours"] == after["hours"] == "10.00", "upwards: it was not none"


async def test_a_team_learns_what_its_work_asks_for(as_: Any) -> None:
    said = {"need": "Übersetzen lassen", "came_up_in": "In zwei Beratungen"}
    raised = await as_(WORKER).do("raise_training", team_id(NAME), id=str(new_id()), **said)
    held = {"held_on": "2026-02-28", "attended": 6, "outcome": "Kinder übersetzen nicht mehr."}
    assert (await as_(WORKER).do("hold_training", raised["id"], 1, **held)).status == 403
    done = await as_(MANAGER).do("hold_training", raised["id"], 1, **held)
    assert (done["state"], done["attended"]) == ("held", 6)
    again = await as_(MANAGER).do("drop_training", raised["id"], 2, reason="Doch nicht")
    assert (again.code, again.value["possible_in"], again.value["possible_now"]) == ("impossible-now", ["raised"], [])


async def test_a_place_sees_where_it_presses_from_five_cases_on(as_: Any, database: Database) -> None:
    rows = (await as_(MANAGER).many("space_situations")).rows
    housing = next(each for each in rows if (each["life_area"], each["aspect"]) == ("housing", "conditions"))
    assert housing["at_least"] % 5 == 0
    marks = "SELECT count(DISTINCT household) FROM situation_mark WHERE social_space_id = %s AND life_area = %s"
    marks += " AND aspect = %s AND seen_on IS NOT NULL"
    for each in rows:
        ((many,),) = database.rows(marks, each["social_space_id"], each["life_area"], each["aspect"])
        assert many >= each["at_least"] >= 5
    entry = {"id": str(new_id()), "life_area": "education", "aspect": "relations", "words": "Probe"}
    await as_(WORKER).do("note_situation", MAIN_CASE, **entry)
    field = (UNTERHACHING, "education", "relations")
    before = database.rows(marks, *field)
    await as_(WORKER).do("note_situation", MAIN_CASE, **(entry | {"id": str(new_id())}))
    assert database.rows(marks, *field) == before, "a case counts once"
    told = (await as_(MANAGER).many("space_situations")).rows
    assert ("education", "relations") not in {(each["life_area"], each["aspect"]) for each in told}, "fewer than five"
    assert (await as_("addressee").many("space_situations")).rows == []


async def test_nobody_finds_out_by_their_own_entries_what_is_there_beside_them(as_: Any, database: Database) -> None:
    """What comes to a place this month counts from the next month on, also what goes from one to another, or comes
    again."""
    cell = {"life_area": "work", "aspect": "relations"}
    ((theirs,),) = database.rows("SELECT md5(%s)::uuid", str(MAIN_CASE))
    mark = """INSERT INTO situation_mark
                  (authority_id, id, social_space_id, origin, household, life_area, aspect, seen_on, since)
              SELECT authority_id, gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), %s, %s, CURRENT_DATE, %s
              FROM social_space, generate_series(1, 4) WHERE id = %s RETURNING id"""
    database.rows("DELETE FROM situation_mark WHERE (life_area, aspect) = (%s, %s) RETURNING id", *cell.values())
    database.rows(mark, *cell.values(), LONG_AGO, UNTERHACHING)

    async def told() -> bool:
        rows = (await as_(MANAGER).many("space_situations")).rows
        return any((each["life_area"], each["aspect"]) == tuple(cell.values()) for each in rows)

    def since(day: date | str) -> None:
        assert database.rows("UPDATE situation_mark SET since = %s WHERE origin = %s RETURNING id", day, theirs)

    async def noted() -> str:
        entry = {"id": str(new_id()), **cell, "words": "Probe", "seen_on": "2026-01-31"}
        return str((await as_(WORKER).do("note_situation", MAIN_CASE, **entry))["id"])

    await noted()
    first = Clock().today().replace(day=1)
    for day, counts in ((Clock().today(), False), (first, False), (first - timedelta(days=1), True)):
        since(day)
        assert await told() is counts, day
    await noted()
    assert await told(), "it is said again, and was there already"
    place = "UPDATE case_sketch SET social_space_id = %s WHERE case_id = %s RETURNING case_id"
    database.rows(place, None, MAIN_CASE)
    database.rows(place, UNTERHACHING, MAIN_CASE)
    assert not await told(), "it has come from elsewhere"
    since(LONG_AGO)
    assert await told()
    for each in (await as_(WORKER).many("situation_entries", ("case", MAIN_CASE))).rows:
        if (each["life_area"], each["aspect"]) == tuple(cell.values()):
            gone = {"kind": "situation_entry", "because": "incorrect", "reason": "P", "entry_id": each["id"]}
            assert (await as_(WORKER).do("withdraw_entry", MAIN_CASE, **gone)).status < 300
    await noted()
    assert not await told(), "it has come again"


async def test_what_is_counted_follows_what_is_taken_out_linked_and_merged(as_: Any, database: Database) -> None:
    """An entry in the wrong case, brothers, and the same family twice."""
    marks = "SELECT count(*), count(DISTINCT household) FROM situation_mark WHERE life_area = %s AND aspect = %s"
    marks += " AND social_space_id IS NOT NULL AND seen_on IS NOT NULL"

    def counted() -> tuple[int, int]:
        ((cases, households),) = database.rows(marks, "other", "person")
        return cases - before[0], households - before[1]

    async def does(operation: str, on: Any, **said: Any) -> Any:
        version = (await as_(WORKER).one("case", on))["version"] if operation == "merge_case" else None
        told = await as_(WORKER).do(operation, on, version, **said)
        assert told.status < 300, told
        return told

    cases = []
    for number in range(4):
        opened = {"id": str(new_id()), "social_space_id": str(UNTERHACHING), "title": f"Fall {number}"}
        cases.append((await does("open_case", None, **opened))["id"])
    before = (0, 0)
    before = counted()
    entry = {"life_area": "other", "area_name": "Garten", "aspect": "person", "words": "Probe"}
    entries = [(await does("note_situation", case, id=str(new_id()), **entry))["id"] for case in cases[:3]]
    assert counted() == (3, 3)
    wrong = {"kind": "situation_entry", "because": "wrong_case", "reason": "Verwechselt"}
    await does("withdraw_entry", cases[0], entry_id=entries[0], **wrong, into_case_id=cases[3])
    assert counted() == (3, 3), "where it belongs, and no longer where it was"
    await does("withdraw_entry", cases[1], entry_id=entries[1], **wrong)
    assert counted() == (2, 2)
    await does("link_siblings", cases[2], id=str(new_id()), sibling_case_id=cases[3], because="Brüder")
    assert counted() == (2, 1), "one household"
    await does("merge_case", cases[2], into_id=cases[0])
    assert counted() == (1, 1)


async def test_a_place_is_told_how_its_people_go_out_of_homes_from_five_households_on(
    as_: Any, database: Database
) -> None:
    """What is taken out counts no longer, and nobody's direction is told where fewer than five went there."""
    mark = """INSERT INTO setting_mark
                  (authority_id, id, social_space_id, origin, household, homeward, changed_on, since)
              SELECT authority_id, gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), %s, CURRENT_DATE - 9, %s
              FROM social_space, generate_series(1, %s) WHERE id = %s RETURNING id"""

    async def told() -> dict[str, Any] | None:
        rows = (await as_(MANAGER).many("space_transitions")).rows
        return next((each for each in rows if each["social_space_id"] == str(UNTERHACHING)), None)

    database.rows("DELETE FROM setting_mark WHERE social_space_id = %s RETURNING id", UNTERHACHING)
    said = {
        "participant_id": str(MAIN_ADDRESSEE),
        "from_place": "residential_one_group",
        "words": "Mit Hermine weiter.",
    }
    said |= {"to_place": "own_home_of_young_person", "from_on": Clock().today().isoformat()}
    entry = str(new_id())
    await as_(WORKER).do("record_setting_change", MAIN_CASE, id=entry, **said)
    marked = "SELECT homeward, changed_on IS NOT NULL FROM setting_mark WHERE social_space_id = %s"
    assert database.rows(marked, UNTERHACHING) == [(True, True)]
    database.rows(mark, True, LONG_AGO, 4, UNTERHACHING)
    database.rows(mark, False, LONG_AGO, 4, UNTERHACHING)
    found = await told()
    assert found is not None
    assert (found["at_least"], found["homeward_in_ten"]) == (5, None), "four went elsewhere"
    database.rows(mark, False, LONG_AGO, 1, UNTERHACHING)
    found = await told()
    assert found is not None
    assert (found["at_least"], found["homeward_in_ten"]) == (5, None), "the fifth homeward has come today"
    assert database.rows("UPDATE setting_mark SET since = %s WHERE since > %s RETURNING id", LONG_AGO, LONG_AGO)
    found = await told()
    assert found is not None
    assert (found["at_least"], found["homeward_in_ten"]) == (10, 5)
    taken = {"kind": "setting_change", "entry_id": entry, "because": "incorrect", "reason": "Doch nicht"}
    assert (await as_(WORKER).do("withdraw_entry", MAIN_CASE, **taken)).status < 300
    found = await told()
    assert found is not None
    assert (found["at_least"], found["homeward_in_ten"]) == (5, None)
    assert (await as_("addressee").many("space_transitions")).rows == []


async def test_a_place_is_told_what_its_arrangements_are_made_of_year_by_year_from_five_households_on(
    as_: Any, database: Database
) -> None:
    """No household makes up a share, none is found in it, and what was decided in the wrong case counts no longer."""
    database.rows("DELETE FROM contribution_mark WHERE social_space_id = %s RETURNING id", UNTERHACHING)
    mark = f"""INSERT INTO contribution_mark
                  (authority_id, id, social_space_id, origin, household, kind, began_on, since)
              SELECT authority_id, gen_random_uuid(), id, md5(number::text)::uuid, md5(number::text)::uuid, %s, %s,
                     '{LONG_AGO}'
              FROM social_space, generate_series(%s::integer, %s::integer) AS number
              WHERE id = %s RETURNING id"""

    def marked(kind: str, began_on: str, first: int, last: int) -> None:
        database.rows(mark, kind, began_on, first, last, UNTERHACHING)

    async def told(who: str = MANAGER) -> dict[tuple[int, str], tuple[int, int]]:
        rows = (await as_(who).many("space_contributions")).rows
        assert not {"case_id", "origin", "household"} & {name for each in rows for name in each}
        rows = [each for each in rows if each["social_space_id"] == str(UNTERHACHING)]
        return {(each["year"], each["kind"]): (each["at_least"], each["in_ten"]) for each in rows}

    marked("own", "2020-03-01", 1, 4)
    marked("specialist", "2020-12-31", 1, 12)
    assert await told() == {}, "four households had their own, so neither is told"
    marked("own", "2020-05-01", 4, 4)
    assert await told() == {}, "the fourth one's second is no fifth household's"
    marked("own", "2020-06-01", 5, 6)
    marked("specialist", "2021-01-01", 1, 6)
    marked("own", "2021-01-01", 1, 14)
    assert await told() == {
        (2020, "own"): (5, 3),
        (2020, "specialist"): (10, 7),
        (2021, "own"): (10, 7),
        (2021, "specialist"): (5, 3),
    }
    marked("community", "2021-01-01", 1, 4)
    assert {kind for year, kind in await told() if year == 2021} == {"own", "specialist"}, "four alone are left out"
    assert await told("addressee") == await told("controller") == {}
    before = await told()
    arrangement = await as_(WORKER).do("draft_arrangement", MAIN_CASE, id=str(new_id()), title="Mit den Nachbarn")
    for_whom = {"participant_id": str(MAIN_ADDRESSEE), "starts_on": "2021-06-01"}
    added = {"id": str(new_id()), "kind": "community", "what": "Töpfern im Hof", **for_whom}
    element = await as_(WORKER).do("add_element", arrangement["id"], **added)
    assert await told() == before, "what is only meant has not begun"
    assert (await as_(WORKER).do("start_element", element["id"], 1)).status < 300
    assert await told() == before, "nor does it count before the next month, whenever it is said to have begun"
    assert database.rows("UPDATE contribution_mark SET since = %s WHERE since > %s RETURNING id", LONG_AGO, LONG_AGO)
    assert (await told())[2021, "community"] == (5, 2)
    place = "UPDATE case_sketch SET social_space_id = %s WHERE case_id = %s RETURNING case_id"
    database.rows(place, None, MAIN_CASE)
    try:
        assert (2021, "community") not in await told(), "it follows its case"
    finally:
        database.rows(place, UNTERHACHING, MAIN_CASE)
