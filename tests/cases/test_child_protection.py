"""Child protection is a compartment: it goes its ways and no others, and whoever is not in its team cannot tell whether
there is one."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
import pytest

from service.demo import PEOPLE, demo_id
from service.demo.people import KOMPASS
from service.domain.clock import Clock
from service.domain.values import new_id
from tests.cases.conftest import WORKER, Life
from tests.conftest import Database

pytestmark = pytest.mark.anyio
SECOND, ADVISER = "second_case_worker", "provider_worker_unassigned"

JUDGED = {"worries": "Probe", "working_well": "Probe", "what_needs_to_happen": "Probe", "finding": "latent"}
SAID: Mapping[str, Mapping[str, str]] = {
    "judge_endangerment": JUDGED,
    "agree_safety_plan": {"agreements": "P", "agreed_with": "P", "who_checks": "P", "review_on": "2199-01-01"},
    "call_family_court": {"reasons": "P"},
    "record_taking_into_care": {"reasons": "P"},
    "conclude_endangerment": {"outcome": "P"},
}


async def reported(life: Life) -> UUID:
    """An assessment by its lead and a colleague who has no access to the case."""
    report = await life.do(WORKER, "report_endangerment", case_id=str(life.case), words="Es war laut.")
    named = {"actor_id": str(PEOPLE[SECOND].actor_id)}
    await life.do(WORKER, "let_into_assessment", report["assessment_id"], **named)
    return UUID(report["assessment_id"])


@pytest.mark.parametrize("face", ["rest"])  # it looks over both by itself
async def test_whoever_is_not_in_the_team_cannot_tell_that_there_is_one(
    life: Life, client_of: Any, database: Database
) -> None:
    """Everything they get is the same, to the byte, as before: the case and all that hangs by it, lists, counts, the
    feed, what is refused, and what an id of it is answered with."""
    outsiders = [life.login, "social_space_manager", "data_protection_officer", "auditor", ADVISER, "other_authority"]
    seen = Seen(client_of, life.case)
    before = {who: await seen.by(who, str(new_id())) for who in outsiders}
    places = {who: (await client_of(who).get("/v1/events")).json()["next"] for who in outsiders}
    since = database.rows("SELECT coalesce(max(sequence), 0) FROM audit_entry")[0][0]
    assessment = await reported(life)
    for call in ("begin_screening", "begin_assessment"):
        await life.do(WORKER, call, assessment)
    for who in (WORKER, SECOND):
        await life.do(who, "judge_endangerment", assessment, **JUDGED)
    found = {"finding": "acute", "reasons": "P", "involvement": "P"}
    await life.do(WORKER, "find_endangerment", assessment, **found)
    plan = await life.do(WORKER, "agree_safety_plan", assessment, **SAID["agree_safety_plan"])
    for who in (WORKER, SECOND):
        assert await due_to(life, who, str(assessment)) == ["safety_plan_review"], "the team looks at it again"
    assert (await life.tries(life.login, "report_endangerment", case_id=str(life.case), words="X")).status == 403
    # Kept apart in what is on record: of the case nothing was written, neither for the feed nor for who has looked.
    mine = "SELECT action FROM audit_entry WHERE sequence > %s AND %s = ANY (cases) AND action ~* 'endanger|safety'"
    assert database.rows(mine, since, life.case) == []
    assert database.rows("SELECT kind FROM event WHERE case_id = %s AND kind LIKE 'endanger%%'", life.case) == []
    on_record = database.rows("SELECT DISTINCT action FROM audit_entry WHERE %s = ANY (cases)", assessment)
    assert ("endangerment.find",) in on_record, "and yet nothing is missing"
    await database.settled()
    for who in outsiders:
        for id in (str(assessment), str(plan["id"])):
            assert await seen.by(who, id) == before[who], who
        told = (await client_of(who).get("/v1/events", params={"after": places[who]})).text
        assert "endanger" not in told, who
        assert "safety" not in told, who
    theirs = (await client_of(SECOND).get("/v1/events", params={"after": places["auditor"]})).text
    assert str(assessment) in theirs, "the team is told"
    assert (await client_of(SECOND).get(f"/v1/cases/{life.case}")).status_code == 404, "of the assessment alone"


class Seen:
    """All that somebody gets to see of a case, and of an id that may be something's."""

    def __init__(self, client_of: Any, case: UUID) -> None:
        self.client_of, self.case = client_of, case

    async def by(self, who: str, id: str) -> list[str]:
        http: httpx.AsyncClient = self.client_of(who)
        parts = ("", "/participants", "/questions", "/goals", "/steps", "/accesses", "/transitions", "/explain")
        paths = [f"/v1/cases/{self.case}{part}" for part in parts]
        paths += ["/v1/case-sketches?limit=200", "/v1/case-accesses?limit=200", "/v1/me", "/v1/me/due-items?limit=200"]
        for plural in ("endangerment-assessments", "endangerment-reports", "safety-plans", "endangerment-judgements"):
            paths += [f"/v1/{plural}/{id}", f"/v1/{plural}/{id}/transitions", f"/v1/{plural}/{id}/explain"]
        paths += ["/v1/endangerment-assessments", f"/v1/endangerment-assessments?case_id={self.case}"]
        paths += [f"/v1/endangerment-assessments/{id}/{each}" for each in ("reports", "judgements", "safety-plans")]
        told = [(await http.get(path)).text for path in paths]
        nested = "id state goals { nodes { id } } participants { nodes { id } } questions { nodes { state } }"
        asked = f'c: case(id: "{self.case}") {{ {nested} transitions {{ operation possible missing }} }} '
        asked += f'a: endangermentAssessment(id: "{id}") {{ id reports {{ nodes {{ id }} }} }} '
        asked += "r: endangermentReports { nodes { id } } s: safetyPlans { nodes { id } } "
        asked += f'j: endangermentJudgements(where: {{assessmentId: "{id}"}}) {{ nodes {{ id }} }}'
        told.append((await http.post("/graphql", json={"query": f"{{ {asked} }}"})).text)
        for call in ("begin-screening", "reassess", "let-in", "judgements"):
            body = {"actor_id": str(new_id())} if call == "let-in" else JUDGED if call == "judgements" else None
            path, headers = f"/v1/endangerment-assessments/{id}/{call}", {"if-match": '"1"'}
            told.append((await http.post(path, json=body, headers=headers)).text)
        return [re.sub(r'"trace_id": ?"\w+"', "", each.replace(id, "ID")) for each in told]


async def test_the_team_follows_whoever_leads_with_dates(life: Life, client_of: Any, database: Database) -> None:
    """A stand-in on their days, a new lead from the handover on; the old access ends the same moment. What is due of it
    stands with the team alone, and who told it nowhere but in the compartment."""
    told = {"endangered": [str(life.addressee)], "told_by": "Nachbarin, zweiter Stock"}
    report = await life.do(WORKER, "report_endangerment", case_id=str(life.case), words="Es war laut.", **told)
    assessment = report["assessment_id"]
    row = await life.as_(WORKER).one("endangerment_assessment", assessment)
    assert (row["endangered"], row["team"], report["told_by"]) == (told["endangered"], [], told["told_by"])
    assert await due_to(life, WORKER, assessment) == ["endangerment_report"]
    assert await due_to(life, SECOND, assessment) == []
    stranger = await life.tries(WORKER, "name_endangered", assessment, endangered=[str(new_id())])
    assert stranger.code == "invalid-input"
    today = Clock().today().isoformat()
    named = {"actor_id": str(PEOPLE[SECOND].actor_id), "from_on": today, "to_on": today}
    stand_in = await life.do(WORKER, "name_stand_in", PEOPLE[WORKER].actor_id, **named)
    try:
        assert await due_to(life, SECOND, assessment) == ["endangerment_report"], "whoever stands in sees to it"
        path = f"/v1/endangerment-assessments/{assessment}/members"
        members = (await client_of(SECOND).get(path)).json()["items"]
        known = {each["part"]: each for each in members}
        assert {each["actor_id"] for each in members} == {str(PEOPLE[who].actor_id) for who in (WORKER, SECOND)}
        assert (known["lead"]["valid_to"], known["stand_in"]["valid_to"] is not None) == (None, True)
        for who in (SECOND, WORKER):
            oneself = {"actor_id": str(PEOPLE[who].actor_id)}
            assert (await life.tries(SECOND, "let_into_assessment", assessment, **oneself)).code == "in-by-the-case"
    finally:
        await life.do(WORKER, "end_stand_in", stand_in["id"])
    assert (await life.as_(SECOND).one("endangerment_assessment", assessment)).status == 404
    offer = {"receiver_id": named["actor_id"], "social_space_id": str(demo_id("social_space", "Ismaning"))}
    handover = await life.do(WORKER, "offer_transfer", life.case, **offer)
    await life.do(SECOND, "accept_handover", handover["id"])
    assert (await life.as_(WORKER).one("endangerment_assessment", assessment)).status == 404, "with the case it ends"
    assert await due_to(life, WORKER, assessment) == []
    await life.do(SECOND, "begin_screening", assessment)
    assert await due_to(life, SECOND, assessment) == [], "it is being seen to"
    looked = "SELECT action FROM audit_entry WHERE %s = ANY (cases) AND action LIKE '%%DueItem%%' AND actor_id = %s"
    assert database.rows(looked, life.case, PEOPLE[SECOND].actor_id) == [], "the case's record tells nothing of it"
    assert database.rows(looked, assessment, PEOPLE[SECOND].actor_id)
    kept = database.rows("SELECT e::text FROM event AS e WHERE case_id = %s", assessment)
    assert not any("Nachbarin" in row[0] for row in kept)


async def due_to(life: Life, who: str, assessment: str) -> list[str]:
    rows = (await life.as_(who).many("due_items")).rows
    return [each["kind"] for each in rows if each["case_id"] == assessment]


@pytest.mark.parametrize("face", ["rest"])  # it looks over both by itself
async def test_what_is_due_of_one_assessment_stands_with_whoever_leads_its_case(life: Life, client_of: Any) -> None:
    """By the case alone, named in no team: it is not the case that the question names."""
    assessment = (await life.do(WORKER, "report_endangerment", case_id=str(life.case), words="Laut."))["assessment_id"]
    assert (await life.as_(WORKER).one("endangerment_assessment", assessment))["team"] == []
    asked = "query($case: UUID!) { dueItems(where: {caseId: $case}) { nodes { kind } } }"
    for who, due in ((WORKER, ["endangerment_report"]), (SECOND, []), (life.login, [])):
        http: httpx.AsyncClient = client_of(who)
        listed = (await http.get(f"/v1/me/due-items?case_id={assessment}")).json()["items"]
        assert [each["kind"] for each in listed] == due, who
        told = (await http.post("/graphql", json={"query": asked, "variables": {"case": assessment}})).json()
        assert [each["kind"].lower() for each in told["data"]["dueItems"]["nodes"]] == due, who


async def test_a_provider_reports_and_learns_whether_it_was_confirmed_and_nothing_more(
    life: Life,
) -> None:
    told = {"parts": ["concern"], "purpose": "Probe", "legal_basis": "§ 64 SGB VIII"}
    await life.do(WORKER, "transmit_case", life.case, actor_id=str(PEOPLE[ADVISER].actor_id), **told)
    said = {"words": "Er kam mit blauen Flecken.", "own_assessment": "Ernst.", "adviser": "Fachberatung Kinderschutz"}
    report = await life.do(ADVISER, "report_endangerment", case_id=str(life.case), **said)
    assert (await life.as_(ADVISER).one("endangerment_assessment", report["assessment_id"])).status == 404
    assert (await life.as_(WORKER).one("endangerment_assessment", report["assessment_id"]))["state"] == "reported"
    answer = {"confirmed": True, "acted": True}
    assert (await life.tries(ADVISER, "answer_endangerment_report", report["id"], **answer)).status == 403
    await life.do(WORKER, "answer_endangerment_report", report["id"], **answer)
    mine = await life.as_(ADVISER).one("endangerment_report", report["id"])
    assert (mine["confirmed"], mine["acted"], mine["words"]) == (True, True, said["words"])


async def test_who_is_let_out_or_leaves_the_house_is_out_with_the_next_request(life: Life, database: Database) -> None:
    assessment = await reported(life)
    adviser = {"actor_id": str(PEOPLE[ADVISER].actor_id)}
    await life.do(WORKER, "let_into_assessment", assessment, **adviser, as_adviser=True)
    for call in ("begin_screening", "begin_assessment"):
        await life.do(WORKER, call, assessment)
    advice = await life.do(ADVISER, "judge_endangerment", assessment, **JUDGED)
    assert advice["as_adviser"]
    await life.do(WORKER, "judge_endangerment", assessment, **JUDGED)
    found = {"finding": "acute", "reasons": "P", "involvement": "P"}
    alone = await life.tries(WORKER, "find_endangerment", assessment, **found)
    assert alone.code == "several-professionals", "an adviser advises"
    assert (await life.tries(ADVISER, "find_endangerment", assessment, **found)).status == 403
    colleague = {"actor_id": str(PEOPLE[SECOND].actor_id)}
    await life.do(WORKER, "let_into_assessment", assessment, **colleague, as_adviser=True)
    await life.do(SECOND, "judge_endangerment", assessment, **JUDGED)
    assert (await life.tries(SECOND, "let_into_assessment", assessment, **colleague)).code == "not-oneself"
    await life.do(WORKER, "let_into_assessment", assessment, **colleague)
    assert not (await life.do(SECOND, "judge_endangerment", assessment, **JUDGED))["as_adviser"]
    both = await life.tries(SECOND, "find_endangerment", assessment, **found)
    assert both.code == "several-professionals", "who has advised in this round is not the second as well"
    stranger = {"actor_id": str(PEOPLE["addressee"].actor_id)}
    assert (await life.tries(WORKER, "let_into_assessment", assessment, **stranger)).code == "invalid-input"
    oneself = {"actor_id": str(PEOPLE[WORKER].actor_id)}
    assert (await life.tries(WORKER, "let_out_of_assessment", assessment, **oneself)).code == "not-oneself"
    await life.do(WORKER, "let_out_of_assessment", assessment, actor_id=str(PEOPLE[SECOND].actor_id))
    assert (await life.as_(SECOND).one("endangerment_assessment", assessment)).status == 404
    ended = "UPDATE membership SET valid_to = %s WHERE actor_id = %s AND organisation_id = %s RETURNING id"
    at_kompass = (adviser["actor_id"], demo_id("organisation", KOMPASS))
    database.rows(ended, "2026-01-02", *at_kompass)
    try:
        assert (await life.as_(ADVISER).one("endangerment_assessment", assessment)).status == 404
    finally:
        database.rows(ended, None, *at_kompass)
    assert (await life.as_(ADVISER).one("endangerment_assessment", assessment)).status == 200


async def test_an_assessment_of_a_case_that_is_passed_on_is_not_left_to_nobody(life: Life) -> None:
    """With a body outside nobody here leads the case: whoever passed it on sees to it until somebody else does. And the
    child it is about is not moved away from it."""
    child = await life.do(WORKER, "add_participant", life.case, kind="addressee", name="Ina Probe")
    said = {"words": "Es war laut.", "endangered": [child["id"]]}
    report = await life.do(WORKER, "report_endangerment", case_id=str(life.case), **said)
    place = {"social_space_id": str(demo_id("social_space", "Unterhaching"))}
    other = await life.do(WORKER, "open_case", title="Anderer", **place)
    moved = await life.tries(WORKER, "move_participant", child["id"], into_case_id=other["id"])
    assert moved.code == "not-to-be-moved"
    body = {"receiving_body": "Jugendamt Musterstadt, Bezirkssozialdienst"}
    handover = await life.do(WORKER, "offer_transfer", life.case, **body)
    await life.do(WORKER, "confirm_handover", handover["id"], accepted_by="Bezirkssozialdienst")
    assert (await life.as_(WORKER).one("case", life.case)).status == 404
    row = await life.as_(WORKER).one("endangerment_assessment", report["assessment_id"])
    assert row["team"] == [str(PEOPLE[WORKER].actor_id)]
    assert await due_to(life, WORKER, report["assessment_id"]) == ["endangerment_report"]
    second = {"actor_id": str(PEOPLE[SECOND].actor_id)}
    await life.do(WORKER, "let_into_assessment", report["assessment_id"], **second)
    await life.do(SECOND, "begin_screening", report["assessment_id"])


@pytest.mark.parametrize("face", ["rest"])
@pytest.mark.parametrize("way", ["redirect_case", "confirm_handover"])
async def test_it_stays_with_whose_case_it_was_not_with_who_stood_in(life: Life, client_of: Any, way: str) -> None:
    """Whoever stands in passes the case on: their part in the assessment ends with their days all the same."""
    report = await life.do(WORKER, "report_endangerment", case_id=str(life.case), words="Es war laut.")
    assessment, body = report["assessment_id"], {"receiving_body": "Jugendamt Musterstadt, Bezirkssozialdienst"}
    path, said = f"/v1/cases/{life.case}/redirections", {"accepted_by": "Bezirkssozialdienst"}
    if way == "confirm_handover":
        path = f"/v1/handovers/{(await life.do(WORKER, 'offer_transfer', life.case, **body))['id']}/confirm"
    else:
        said |= body
    today = Clock().today().isoformat()
    named = {"actor_id": str(PEOPLE[SECOND].actor_id), "from_on": today, "to_on": today}
    stand_in = await life.do(WORKER, "name_stand_in", PEOPLE[WORKER].actor_id, **named)
    try:
        version = (await life.as_(SECOND).one("case", life.case))["version"] if way == "redirect_case" else 1
        passed_on = await client_of(SECOND).post(path, json=said, headers={"if-match": f'"{version}"'})
        assert passed_on.is_success, passed_on.text
    finally:
        await life.do(WORKER, "end_stand_in", stand_in["id"])
    assert (await life.as_(SECOND).one("endangerment_assessment", assessment)).status == 404
    row = await life.as_(WORKER).one("endangerment_assessment", assessment)
    assert row["team"] == [str(PEOPLE[WORKER].actor_id)]


async def test_whoever_is_in_the_team_becomes_none_of_the_people_of_the_case(life: Life) -> None:
    """They would read as a custodian what they are told as a professional, and the other way round."""
    assessment = await reported(life)
    uncle = str((await life.do(WORKER, "add_participant", life.case, kind="network_person", name="Probe"))["id"])
    code = (await life.do(WORKER, "issue_enrolment_code", uncle))["code"]
    assert (await life.as_(SECOND).do("enrol", code=code)).code == "not-to-be-enrolled"
    assert (await life.as_(SECOND).one("endangerment_assessment", assessment)).status == 200, "their part in it stays"
    assert (await life.as_(SECOND).one("case", life.case)).status == 404
