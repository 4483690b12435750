"""What was written into the wrong case is out of it with the next request, is not lost, and who saw it is told."""

from collections.abc import Callable
from datetime import date
from uuid import uuid4

import httpx
import pytest

from service.demo import UNTERHACHING
from service.demo.people import PEOPLE
from service.domain.clock import Clock, majority
from service.domain.values import new_id
from tests.cases.conftest import WORKER, Life
from tests.conftest import Database

pytestmark = pytest.mark.anyio

HELPER = "provider_worker"
WRONG = {"because": "wrong_case", "reason": "In die falsche Akte geschrieben"}
CELL = {"life_area": "housing", "aspect": "conditions", "seen_on": "2026-01-05"}


async def test_an_entry_of_the_wrong_case_goes_where_it_belongs_or_stays_its_authors(life: Life) -> None:
    wrong, here = life.case, ("case", life.case)
    right = str((await life.do(WORKER, "open_case", social_space_id=str(UNTERHACHING), title="Die andere"))["id"])
    told = {"parts": ["concern", "questions"], "purpose": "Probe", "legal_basis": "§ 64 SGB VIII"}
    await life.do(WORKER, "transmit_case", wrong, actor_id=str(PEOPLE[HELPER].actor_id), **told)
    question = (await life.questions())["II"]["id"]
    words = {name: f"Nicht für hier: {name}" for name in ("suggestion", "moved", "seen")}
    suggested = await life.do(WORKER, "suggest_answer", question, words=words["suggestion"])
    moving = await life.do(WORKER, "suggest_answer", question, words=words["moved"])
    entry = await life.do(WORKER, "note_situation", wrong, **CELL, words=words["seen"])
    for who in (life.login, HELPER):
        assert len((await life.as_(who).many("suggestions", ("question", question))).rows) == 2, who
        assert len((await life.as_(who).many("situation_entries", here)).rows) == 1, who

    def out(kind: str, id: object) -> dict[str, object]:
        return {"kind": kind, "entry_id": str(id), **WRONG}

    # Moved, taken out, moved: who has read such entries since is told by office, the people of the case without.
    moved = await life.do(WORKER, "withdraw_entry", wrong, **out("suggestion", moving["id"]), into_case_id=right)
    kept = await life.do(WORKER, "withdraw_entry", wrong, **out("suggestion", suggested["id"]))
    seen = await life.do(WORKER, "withdraw_entry", wrong, **out("situation_entry", entry["id"]), into_case_id=right)
    assert (moved["case_id"], kept["case_id"], seen["case_id"]) == (right, str(wrong), right)
    for outcome in (moved, kept, seen):
        assert {each["function"] for each in outcome["seen"]} == {None, PEOPLE[HELPER].function}
    for who in (life.login, HELPER):
        assert (await life.as_(who).many("suggestions", ("question", question))).rows == [], who
        assert (await life.as_(who).many("situation_entries", here)).rows == [], who
        for noun, row in (("suggestion", suggested), ("suggestion", moving), ("situation_entry", entry)):
            assert (await life.as_(who).one(noun, row["id"])).status == 404
    mine = life.as_(WORKER)
    assert (await mine.one("suggestion", suggested["id"]))["words"] == words["suggestion"], "nothing is lost"
    there = await mine.one("suggestion", moving["id"])
    assert (there["case_id"], there["words"], there["audience"]) == (right, words["moved"], "all")
    asked = {each["id"]: each["numeral"] for each in (await mine.many("questions", ("case", right))).rows}
    assert asked[there["question_id"]] == "II"

    # Not other people's words, nor what they have agreed; not into a case that is somebody else's.
    own = await life.do(life.login, "note_situation", wrong, **CELL, words="So ist es.")
    assert (await life.tries(WORKER, "withdraw_entry", wrong, **out("situation_entry", own["id"]))).code == (
        "not-to-be-moved"
    )
    again = out("situation_entry", entry["id"])
    assert (await life.tries(WORKER, "withdraw_entry", wrong, **again)).code == "invalid-input"
    away = await life.tries(WORKER, "withdraw_entry", right, **again, into_case_id=str(new_id()))
    assert (away.status, (await mine.one("situation_entry", entry["id"]))["case_id"]) == (404, right)
    assert (await life.tries(HELPER, "withdraw_entry", wrong, **again)).code == "forbidden"


async def test_somebody_who_was_added_to_the_wrong_case_is_moved_while_nothing_hangs_by_them(life: Life) -> None:
    right = str((await life.do(WORKER, "open_case", social_space_id=str(UNTERHACHING), title="Die andere"))["id"])
    said = {"kind": "custodian", "name": f"Jo {uuid4()}", "born_on": "1980-03-04"}
    person = await life.do(WORKER, "add_participant", life.case, **said)
    code = (await life.do(WORKER, "issue_enrolment_code", person["id"]))["code"]
    moved = await life.do(WORKER, "move_participant", person["id"], into_case_id=right)
    assert (moved["case_id"], moved["name"]) == (right, said["name"])
    assert (await life.as_(life.login).one("participant", person["id"])).status == 404
    assert (await life.tries(f"new-{uuid4()}", "enrol", code=code)).code == "code-refused"
    bound = await life.tries(WORKER, "move_participant", life.addressee, into_case_id=right)
    assert bound.code == "not-to-be-moved"


async def test_whom_somebody_represents_is_said_anew_in_the_other_case(life: Life, database: Database) -> None:
    """Custody ends there as it does where a young person is added, and in the wrong case at once."""
    born_on = date(Clock().today().year - 10, 5, 17)
    right = str((await life.do(WORKER, "open_case", social_space_id=str(UNTERHACHING), title="Die andere"))["id"])
    young = {"kind": "addressee", "name": f"Mika {uuid4()}", "born_on": born_on.isoformat()}
    person = await life.do(WORKER, "add_participant", life.case, **young)
    there, here = [
        await life.do(WORKER, "add_participant", case, kind="custodian", name="Jo Sorgegarten")
        for case in (right, life.case)
    ]
    wrong = f"new-{uuid4()}"
    await life.enrol(here["id"], wrong)
    await life.do(WORKER, "move_participant", person["id"], into_case_id=right)
    assert (await life.as_(wrong).one("case", life.case)).status == 404, "they represent nobody there any more"
    await life.do(WORKER, "represent", there["id"], represented_id=person["id"])
    await life.enrol(there["id"], f"new-{uuid4()}")
    ends = "SELECT valid_to FROM case_access WHERE participant_id = %s"
    assert database.rows(ends, there["id"]) == [(majority(born_on),)]


@pytest.mark.parametrize("face", ["rest"])
async def test_whoever_was_moved_is_shown_by_what_one_may_see_in_their_new_case(
    life: Life, client_of: Callable[..., httpx.AsyncClient]
) -> None:
    """The ended custody of the wrong case still leads to them, from a case whose people one may see."""
    place = {"social_space_id": str(UNTERHACHING)}
    right, wrong = [str((await life.do(WORKER, "open_case", title=each, **place))["id"]) for each in ("Da", "Hier")]
    said = {"kind": "addressee", "name": f"Mika {uuid4()}", "born_on": "2020-05-17"}
    moved = (await life.do(WORKER, "add_participant", wrong, **said))["id"]
    stays = {"kind": "custodian", "name": "Jo Sorgegarten", "represents": [moved]}
    await life.do(WORKER, "add_participant", wrong, **stays)
    await life.do(WORKER, "move_participant", moved, into_case_id=right)
    for case, parts in ((right, ["steps"]), (wrong, ["persons", "steps"])):
        told = {"parts": parts, "purpose": "Probe", "legal_basis": "§ 64 SGB VIII"}
        await life.do(WORKER, "transmit_case", case, actor_id=str(PEOPLE[HELPER].actor_id), **told)
    below = "represents(first: 1) { nodes { represented { id caseId name bornOn withheld } } }"
    people = f"participants(first: 3) {{ nodes {{ name {below} }} }}"
    for who, may in ((HELPER, False), (WORKER, True)):
        query = f"{{ cases(first: 2, order: ID_DESC) {{ nodes {{ id {people} }} }} }}"
        answer = (await client_of(who).post("/graphql", json={"query": query})).json()
        (custodian,) = [
            each
            for case in answer["data"]["cases"]["nodes"]
            for each in case["participants"]["nodes"]
            if case["id"] == wrong
        ]
        assert custodian["name"] == "Jo Sorgegarten"
        shown = custodian["represents"]["nodes"][0]["represented"]
        assert (shown["id"], shown["caseId"]) == (moved, right)
        assert (shown["name"], shown["bornOn"]) == ((said["name"], said["born_on"]) if may else (None, None)), who
        assert ("name" in shown["withheld"]) is not may, who


async def test_whom_somebody_trusts_stays_in_their_case(life: Life) -> None:
    right = str((await life.do(WORKER, "open_case", social_space_id=str(UNTERHACHING), title="Die andere"))["id"])
    trusted = await life.do(life.login, "name_trusted_person", life.case, name="Tante Trude")
    refused = await life.tries(WORKER, "move_participant", trusted["id"], into_case_id=right)
    assert (refused.code, "trust" in refused.value["reason"]) == ("not-to-be-moved", True)
    assert (await life.as_(WORKER).one("participant", trusted["id"]))["case_id"] == str(life.case)


async def test_both_cases_have_changed_when_somebody_is_moved(
    life: Life, client_of: Callable[..., httpx.AsyncClient], database: Database
) -> None:
    """Whoever follows the case in which they no longer are reads it anew, without them."""
    right = str((await life.do(WORKER, "open_case", social_space_id=str(UNTERHACHING), title="Die andere"))["id"])
    somebody = {"kind": "network_person", "name": "Oma Woanders"}
    person = await life.do(WORKER, "add_participant", life.case, **somebody)
    await database.settled()
    begun = {who: (await client_of(who).get("/v1/events")).json()["next"] for who in (life.login, WORKER)}
    before = {case: (await life.as_(WORKER).one("case", case)).version for case in (str(life.case), right)}
    await life.do(WORKER, "move_participant", person["id"], into_case_id=right)
    await database.settled()
    told = {
        who: (await client_of(who).get("/v1/events", params={"after": after})).json()["items"]
        for who, after in begun.items()
    }
    links = {who: {each["data"]["link"] for each in items} for who, items in told.items()}
    assert links[life.login] == {f"/v1/cases/{life.case}"}
    assert links[WORKER] >= {f"/v1/cases/{life.case}", f"/v1/cases/{right}", f"/v1/participants/{person['id']}"}
    for case, version in before.items():
        assert (await life.as_(WORKER).one("case", case)).version == (version or 0) + 1
    people = (await life.as_(life.login).many("participants", ("case", life.case))).rows
    assert person["id"] not in {each["id"] for each in people}
