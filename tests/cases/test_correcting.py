"""What was written into the wrong case is out of it with the next request, is not lost, and who saw it is told."""

from uuid import uuid4

import pytest

from service.demo import UNTERHACHING
from service.demo.people import PEOPLE
from service.domain.values import new_id
from tests.cases.conftest import WORKER, Life

pytestmark = pytest.mark.anyio

HELPER = "provider_worker"
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
        return {"kind": kind, "entry_id": str(id)}

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
