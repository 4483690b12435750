"""What is taken out of a case leaves a trace: for whoever wrote it, whoever could read it, and whoever audits."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from service.demo import UNTERHACHING, demo_id
from service.demo.people import LICHTUNG, PEOPLE
from service.domain.values import new_id
from tests.cases.conftest import WORKER, Life
from tests.cases.test_audits import AUDITOR, asked
from tests.cases.test_looks import OFFICER, noted
from tests.conftest import Database

pytestmark = pytest.mark.anyio

HELPER, SECOND = "provider_worker", "second_case_worker"
CELL = {"life_area": "housing", "aspect": "conditions", "seen_on": "2026-01-05"}
REASON = "Das Zimmer gehört zu einer anderen Wohnung."
WHY = {"because": "incorrect", "reason": REASON}


async def told(life: Life, who: str) -> list[dict[str, Any]]:
    return (await life.as_(who).many("withdrawals", ("case", life.case))).rows


async def out(life: Life, kind: str, id: object, **said: Any) -> Any:
    return await life.tries(WORKER, "withdraw_entry", life.case, kind=kind, entry_id=str(id), **{**WHY, **said})


async def informed(life: Life, *parts: str) -> None:
    said = {"parts": list(parts), "purpose": "Probe", "legal_basis": "§ 64 SGB VIII"}
    await life.do(WORKER, "transmit_case", life.case, actor_id=str(PEOPLE[HELPER].actor_id), **said)


async def test_nobodys_text_vanishes_without_a_trace(life: Life) -> None:
    """A provider's worker has suggested something; whoever leads the case takes it out, and has to say why."""
    await informed(life, "questions")
    question = (await life.questions())["II"]["id"]
    entry = (await life.do(HELPER, "suggest_answer", question, words="Das zweite Zimmer"))["id"]
    silently = await life.tries(
        WORKER, "withdraw_entry", life.case, kind="suggestion", entry_id=str(entry), because="incorrect"
    )
    assert silently.status in (400, 422), "not without a word"
    done = await out(life, "suggestion", entry)

    pseudonym = str((await life.as_(WORKER).one("case", life.case))["pseudonym"])
    request = str((await life.do(AUDITOR, "request_audit_access", **asked(pseudonym)))["id"])
    await life.do(OFFICER, "approve_audit_access", request)
    expected = {
        "kind": "suggestion",
        "entry_id": str(entry),
        "author_id": str(PEOPLE[HELPER].actor_id),
        "because": "incorrect",
        "because_label": "Es ist nicht richtig.",
        "reason": REASON,
        "withdrawn_by_id": str(PEOPLE[WORKER].actor_id),
    }
    for who in (WORKER, HELPER, life.login, AUDITOR):
        (row,) = await told(life, who)
        assert (row["id"], {name: row[name] for name in expected}) == (done["withdrawal_id"], expected), who
        assert "Das zweite Zimmer" not in str(row), "that it was there, not what it said"
        assert (await life.as_(who).one("withdrawal", row["id"]))["reason"] == REASON
    assert (await life.as_(HELPER).one("suggestion", entry))["words"] == "Das zweite Zimmer", "its author keeps it"
    for who in (life.login, WORKER, AUDITOR):
        assert (await life.as_(who).one("suggestion", entry)).status == 404, who
    assert (await life.as_(SECOND).one("withdrawal", done["withdrawal_id"])).status == 404


async def test_who_could_not_read_it_does_not_learn_that_it_was_there(life: Life) -> None:
    """Of what was for its author, or in a part that somebody is not told of."""
    await informed(life, "goals")
    mine = (await life.do(WORKER, "note_situation", life.case, **CELL, words="Für mich", audience="author"))["id"]
    ours = (await life.do(WORKER, "note_situation", life.case, **CELL, words="Für alle"))["id"]
    for entry in (mine, ours):
        assert (await out(life, "situation_entry", entry)).status == 200
    assert {row["entry_id"] for row in await told(life, WORKER)} == {mine, ours}
    assert [row["entry_id"] for row in await told(life, life.login)] == [ours]
    assert await told(life, HELPER) == []


async def test_where_it_went_is_told_to_those_who_know_both_cases(life: Life) -> None:
    right = str((await life.do(WORKER, "open_case", social_space_id=str(UNTERHACHING), title="Die andere"))["id"])
    entry = (await life.do(WORKER, "note_situation", life.case, **CELL, words="Woanders"))["id"]
    duplicate = str((await life.do(WORKER, "open_case", social_space_id=str(UNTERHACHING), title="Doppelt"))["id"])
    await life.do(WORKER, "merge_case", duplicate, into_id=right)
    for wrong in (str(life.case), duplicate):
        refused = await out(life, "situation_entry", entry, because="wrong_case", into_case_id=wrong)
        assert (refused.code, refused.value["errors"][0]["pointer"]) == ("invalid-input", "#/into_case_id"), wrong
    assert (await out(life, "situation_entry", entry, because="wrong_case", into_case_id=right)).status == 200
    (row,), (hidden,) = await told(life, WORKER), await told(life, life.login)
    assert (row["into_case_id"], row["withheld"]) == (right, [])
    assert (hidden.get("into_case_id"), len(hidden["withheld"])) == (None, 1)
    assert right not in str(hidden)
    assert (await life.as_(WORKER).many("withdrawals", ("case", right))).rows == [], "there it has just arrived"


async def test_who_has_read_it_is_told_also_of_what_came_from_another_case(life: Life) -> None:
    """In the wrong case twice: there and back, and out again."""
    other = str((await life.do(WORKER, "open_case", social_space_id=str(UNTERHACHING), title="Die andere"))["id"])
    entry = (await life.do(WORKER, "note_situation", other, **CELL, words="Woanders"))["id"]
    await life.as_(life.login).many("situation_entries", ("case", life.case))
    came = {"kind": "situation_entry", "entry_id": entry, "because": "wrong_case", "reason": "Verwechselt"}
    assert (await life.do(WORKER, "withdraw_entry", other, into_case_id=str(life.case), **came))["seen"] == []
    assert (await life.as_(life.login).many("situation_entries", ("case", life.case))).rows
    for into in (other, str(life.case)):
        here = str(life.case) if into == other else other
        seen = (await life.do(WORKER, "withdraw_entry", here, into_case_id=into, **came))["seen"]
        assert [each["function"] for each in seen] == ([None] if into == other else []), into
    assert (await out(life, "situation_entry", entry, because="wrong_case"))["seen"] == [], "nobody since it came back"


async def test_who_has_read_it_is_told_from_the_looks_and_from_what_is_not_noted_yet(
    life: Life, database: Database, tmp_path: Path
) -> None:
    entry = (await life.do(WORKER, "note_situation", life.case, **CELL, words="Hier"))["id"]
    await life.as_(life.login).many("situation_entries", ("case", life.case))
    noted(database, tmp_path)
    await life.as_(life.login).many("situation_entries", ("case", life.case))
    seen = (await out(life, "situation_entry", entry))["seen"]
    assert len(seen) == 2, "one reading that is noted, and one that is not"


async def test_a_step_that_is_taken_out_is_nobodys_to_do_any_more(life: Life) -> None:
    goal = str((await life.do(WORKER, "propose_goal", life.case, **aim(life)))["id"])
    await life.do(life.login, "agree_goal", goal)
    oma = str((await life.do(WORKER, "add_participant", life.case, kind="network_person", name="Oma"))["id"])
    slots = {"with_whom": "allein", "how": "Anrufen", "due_on": "2099-01-31", "with_what": "Telefon"}
    planned = {"wanted_by_id": str(life.addressee), "done_by_id": oma, **slots}
    step, done = [(await life.do(WORKER, "plan_step", goal, **planned))["id"] for _ in range(2)]
    linked = (await life.do(WORKER, "make_step_link", step))["case_access_id"]
    assert (await life.as_(life.login).one("step", step)).status == 200
    assert (await out(life, "step", step, into_case_id=str(new_id()))).status == 404
    taken = await out(life, "step", step)
    assert {each["function"] for each in taken["seen"]} == {None}
    assert (await life.as_(life.login).one("step", step)).status == 404
    mine = await life.as_(WORKER).one("step", step)
    assert (mine["state"], mine["remark"], mine["how"]) == ("not_done", REASON, "Anrufen")
    assert (await life.as_(WORKER).one("case_access", linked))["in_force"] is False, "its link opens nothing more"
    await life.do(life.login, "finish_step", done, remark="Sie hat abgenommen.")
    assert (await out(life, "step", done)).code == "not-to-be-moved", "somebody has done it"


async def test_what_a_provider_reported_is_taken_out_and_its_own_notes_are_not(life: Life) -> None:
    assigned = {"organisation_id": str(demo_id("organisation", LICHTUNG)), "task": "Begleitung", "parts": ["goals"]}
    law = {"purpose": "Probe", "legal_basis": "§ 64 SGB VIII"}
    assignment = (await life.do(WORKER, "assign_provider", life.case, **assigned, **law))["id"]
    await life.do("provider_manager", "name_worker", assignment, actor_id=str(PEOPLE[HELPER].actor_id))
    report = (await life.do(HELPER, "record_progress", assignment, words="Von einer anderen Familie"))["id"]
    note = (await life.do(HELPER, "note_down", assignment, words="Nur für uns"))["id"]
    assert (await life.as_(life.login).one("provider_record", report)).status == 200
    assert (await out(life, "provider_record", note)).status == 404, "whoever leads the case does not read it"
    assert (await out(life, "provider_record", report, because="somebody_else")).status == 200
    for who in (life.login, WORKER):
        assert (await life.as_(who).one("provider_record", report)).status == 404, who
    assert (await life.as_(HELPER).one("provider_record", report))["words"] == "Von einer anderen Familie"
    (row,) = await told(life, HELPER)
    assert (row["kind"], row["because"]) == ("provider_record", "somebody_else"), "though it is told of goals alone"


async def test_words_of_somebody_who_was_in_the_case_stay_their_own(life: Life) -> None:
    entry = (await life.do(life.login, "note_situation", life.case, **CELL, words="So ist es."))["id"]
    await life.do(WORKER, "undo_enrolment", life.addressee)
    assert (await out(life, "situation_entry", entry)).code == "not-to-be-moved"
    other = f"new-{uuid4()}"
    await life.enrol(life.addressee, other)
    assert (await life.as_(other).one("situation_entry", entry))["words"] == "So ist es."


def aim(life: Life) -> dict[str, str]:
    return {"participant_id": str(life.addressee), "statement": "Ruhe am Abend"}
