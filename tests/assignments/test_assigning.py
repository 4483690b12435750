"""A provider is assigned, its manager names a worker, another, and the assignment ends: who sees what in between."""

from typing import Any

import pytest

from service.demo import PEOPLE, demo_id
from service.demo.people import JUGENDAMT, KOMPASS, LICHTUNG
from service.domain.values import new_id
from tests.assignments.conftest import ASSIGNED, HOW, NAME, TITLE, Play
from tests.faces import Said

pytestmark = pytest.mark.anyio
WORKER = str(PEOPLE["provider_worker"].actor_id)
STRANGERS = ("provider_worker_unassigned", "second_case_worker", "social_space_manager", "administrator")


async def test_from_assigning_to_the_end(play: Play) -> None:
    goal, assignment = await play.goal("Ich schlafe durch."), await play.assigned()
    manager = await play.as_("provider_manager").one("assignment", assignment)
    pseudonym = (await play.as_("case_worker").one("case", play.case))["pseudonym"]
    assert (manager["case_pseudonym"], manager["worker_id"], manager["withheld"]) == (
        pseudonym,
        None,
        WITHHELD[play.face],
    )
    assert manager.value.get("case_id") is None
    assert play.case not in str(manager.value)
    for path in (("case", play.case), ("goal", goal)):
        assert (await play.as_("provider_manager").one(*path)).status == 404
        assert (await play.as_("provider_worker").one(*path)).status == 404
    for who in STRANGERS:
        assert (await play.as_(who).one("assignment", assignment)).status == 404

    staff = await play.as_("provider_manager").many("staff")
    assert WORKER in {row["actor_id"] for row in staff.rows}
    assert {row["organisation_id"] for row in staff.rows} == {ASSIGNED["organisation_id"]}
    named = await play.names(assignment, "provider_manager", WORKER)
    assert (named["worker_id"], named.version) == (WORKER, 2)
    again = await play.names(assignment, "provider_manager", WORKER)
    assert (again["worker_id"], again.version) == (WORKER, 2)
    await sees_goals_only(play, "provider_worker", goal)
    assert (await play.as_("provider_worker").one("assignment", assignment))["case_id"] == play.case

    login, actor = await play.employed(LICHTUNG, "provider_worker")
    await play.names(assignment, "provider_manager", actor)
    await sees_nothing(play, "provider_worker", goal, assignment)
    await sees_goals_only(play, login, goal)

    version = (await play.as_("case_worker").one("assignment", assignment)).version
    assert (await play.as_("provider_worker").do("end_assignment", assignment, version)).status == 404
    ended = await play.do("case_worker", "end_assignment", assignment, version)
    assert ended["in_force"] is False
    await sees_nothing(play, login, goal, assignment)
    late = await play.names(assignment, "provider_manager", WORKER)
    assert (late.status, late.code) == (409, "assignment-ended")
    assert (await play.as_("case_worker").do("end_assignment", assignment, ended.version)).code == "assignment-ended"


WITHHELD = {"rest": ["case_id"], "graphql": ["caseId"]}


async def sees_goals_only(play: Play, who: str, goal: str) -> None:
    worker = play.as_(who)
    case = await worker.one("case", play.case)
    assert {each.replace("_", "") for each in case["withheld"]} == {"title", "concern"}
    assert TITLE not in str(case.value)
    assert (await worker.one("goal", goal))["statement"] == "Ich schlafe durch."
    assert (await worker.many("questions", ("case", play.case))).rows == []
    people = await worker.many("participants", ("case", play.case))
    assert people.rows
    assert NAME not in str(people.rows)
    refused = await worker.do("plan_step", goal, **steps(play))
    assert refused.code == "forbidden", "steps were not transmitted"


async def sees_nothing(play: Play, who: str, goal: str, assignment: str) -> None:
    for path in (("case", play.case), ("goal", goal), ("assignment", assignment)):
        assert (await play.as_(who).one(*path)).status == 404, path
    refused = await play.as_(who).do("record_progress", assignment, words="Es geht voran.")
    assert refused.status == 404


def steps(play: Play) -> dict[str, Any]:
    people = {"wanted_by_id": play.addressee, "done_by_id": play.addressee, "with_whom": "mit Oma"}
    return {"id": str(new_id()), **people, "how": HOW, "due_on": "2027-10-03", "with_what": "eine Eieruhr"}


async def test_a_provider_ends_what_it_cannot_do(play: Play) -> None:
    goal, assignment = await play.goal("Ich schlafe durch."), await play.assigned()
    await play.names(assignment, "provider_manager", WORKER)
    await play.do("provider_manager", "end_assignment", assignment, 2)
    await sees_nothing(play, "provider_worker", goal, assignment)


async def test_only_workers_of_the_provider_are_named(play: Play) -> None:
    assignment = await play.assigned()
    for actor in (PEOPLE["provider_worker_unassigned"], PEOPLE["provider_manager"], PEOPLE["case_worker"]):
        refused = await play.names(assignment, "provider_manager", str(actor.actor_id))
        assert (refused.status, refused.code) == (409, "no-provider-worker"), actor
    refused = await play.as_("case_worker").do("name_worker", assignment, 1, actor_id=WORKER)
    assert (refused.status, refused.code) == (403, "forbidden")


async def test_only_independent_providers_are_assigned(play: Play) -> None:
    agency = str(demo_id("organisation", PEOPLE["case_worker"].organisation))
    elsewhere = str(demo_id("organisation", PEOPLE["other_authority"].organisation))
    for organisation in (agency, elsewhere, str(new_id())):
        said = {**ASSIGNED, "organisation_id": organisation}
        refused = await play.as_("case_worker").do("assign_provider", play.case, **said)
        assert (refused.status, refused.code) == (422, "invalid-input"), organisation


async def test_a_worker_who_leaves_the_provider_leaves_its_cases(play: Play) -> None:
    goal, assignment = await play.goal("Ich schlafe durch."), await play.assigned()
    login, actor = await play.employed(LICHTUNG, "provider_worker")
    await play.names(assignment, "provider_manager", actor)
    await sees_goals_only(play, login, goal)
    memberships = await play.as_(login).many("memberships")
    await play.do("administrator", "end_membership", memberships.rows[0]["id"], 1)
    await sees_nothing(play, login, goal, assignment)
    assert (await play.as_("provider_manager").one("assignment", assignment))["worker_id"] is None


async def test_progress_is_for_the_case_and_notes_are_for_the_provider(play: Play) -> None:
    assignment, other = (
        await play.assigned(),
        await play.assigned(organisation_id=str(demo_id("organisation", KOMPASS))),
    )
    await play.names(assignment, "provider_manager", WORKER)
    manager_of_kompass, _ = await play.employed(KOMPASS, "provider_manager")
    worker_of_kompass, kompass = await play.employed(KOMPASS, "provider_worker")
    await play.names(other, manager_of_kompass, kompass)
    colleague, actor = await play.employed(LICHTUNG, "provider_worker")
    await play.names(await play.assigned(), "provider_manager", actor)

    progress, note = str(new_id()), str(new_id())
    await play.do("provider_worker", "record_progress", assignment, id=progress, words="Es geht voran.")
    await play.do("provider_worker", "note_down", assignment, id=note, words="Treffpunkt Bücherei")
    readers = {"case_worker": {progress}, play.login: {progress}, "provider_worker": {progress, note}}
    readers |= {colleague: {progress, note}, worker_of_kompass: set(), "provider_manager": set()}
    readers |= {who: set() for who in (*STRANGERS, manager_of_kompass, "integration_client")}
    for who, seen in readers.items():
        for record in (progress, note):
            told = await play.as_(who).one("provider_record", record)
            assert told.status == (200 if record in seen else 404), (who, record)
        listed = {row["id"] for row in (await play.as_(who).many("provider_records")).rows}
        assert listed & {progress, note} == seen, who

    corrected = await play.do(
        "provider_worker", "record_progress", assignment, words="Es geht gut voran.", replaces_id=progress
    )
    assert corrected["replaces_id"] == progress
    assert (await play.as_("case_worker").one("provider_record", progress))["words"] == "Es geht voran."
    for wrong in (note, str(new_id())):
        refused = await play.as_("provider_worker").do("record_progress", assignment, words="X", replaces_id=wrong)
        assert (refused.status, refused.code) == (422, "invalid-input")


async def test_a_report_can_be_for_somebody_only(play: Play) -> None:
    assignment = await play.assigned()
    await play.names(assignment, "provider_manager", WORKER)
    lead = str(PEOPLE["case_worker"].actor_id)
    said: dict[str, Any] = {"words": "Nur für Sie.", "audience": "named", "audience_of": [lead]}
    report = (await play.do("provider_worker", "record_progress", assignment, **said))["id"]
    assert (await play.as_("case_worker").one("provider_record", report)).status == 200
    assert (await play.as_(play.login).one("provider_record", report)).status == 404


async def test_nobody_works_on_a_case_whose_people_they_belong_to(play: Play) -> None:
    """Neither leads nor reports on one's own (§ 16 SGB X). And an access of an assignment ends with it, not alone."""
    employed = {"lead": await play.employed(JUGENDAMT, "case_worker")}
    employed["worker"] = await play.employed(LICHTUNG, "provider_worker")
    for login, _ in employed.values():
        somebody: Said = {"kind": "representative", "name": "Neu", "representation": "attorney"}
        added = await play.do("case_worker", "add_participant", play.case, id=str(new_id()), **somebody)
        code = await play.do("case_worker", "issue_enrolment_code", added["id"], in_person=True)
        await play.do(login, "enrol", code=code["code"])
    (_, leads), (_, works) = employed["lead"], employed["worker"]
    case, assignment = await play.as_("case_worker").one("case", play.case), await play.assigned()
    refused = [await play.names(assignment, "provider_manager", works)]
    basis: Said = {"parts": ["goals"], "purpose": "Probe", "legal_basis": "§ 64 SGB VIII"}
    told = play.as_("case_worker")
    refused.append(await told.do("transmit_case", play.case, id=str(new_id()), actor_id=works, **basis))
    manager = play.as_("social_space_manager")
    refused.append(await manager.do("name_lead", pseudonym=case["pseudonym"], actor_id=leads))
    offer = await told.do("offer_transfer", play.case, case.version, id=str(new_id()), receiver_id=leads)
    refused.append(offer)
    assert [(each.status, each.code) for each in refused] == [(409, "excluded-from-case")] * 4
    await play.names(assignment, "provider_manager", WORKER)
    accesses = (await play.client_of("case_worker").get(f"/v1/cases/{play.case}/accesses")).json()["items"]
    (access,) = [row for row in accesses if row["assignment_id"] == assignment]
    alone = await told.do("end_case_access", access["id"], access["version"])
    assert (alone.code, alone.value["assignment_id"]) == ("rests-on-assignment", assignment)


async def test_nor_says_who_does(play: Play) -> None:
    """A relative who manages the provider names no worker, and one who manages the social space no lead."""
    of_provider, father = await play.employed(LICHTUNG, "provider_manager")
    of_space, mother = await play.employed(JUGENDAMT, "social_space_manager")
    for login in (of_provider, of_space):
        somebody: Said = {"kind": "representative", "name": "Neu", "representation": "attorney"}
        added = await play.do("case_worker", "add_participant", play.case, id=str(new_id()), **somebody)
        code = await play.do("case_worker", "issue_enrolment_code", added["id"], in_person=True)
        await play.do(login, "enrol", code=code["code"])
    assignment = await play.assigned()
    refused = await play.names(assignment, of_provider, WORKER)
    assert (refused.code, refused.value["actor_id"]) == ("excluded-from-case", father)
    pseudonym = (await play.as_("case_worker").one("case", play.case))["pseudonym"]
    lead = {"pseudonym": pseudonym, "actor_id": str(demo_id("actor", "case_worker"))}
    refused = await play.as_(of_space).do("name_lead", **lead)
    assert (refused.code, refused.value["actor_id"]) == ("excluded-from-case", mother)
    assert (await play.as_("social_space_manager").do("name_lead", **lead)).status == 200
    assert (await play.names(assignment, "provider_manager", WORKER)).status == 200
