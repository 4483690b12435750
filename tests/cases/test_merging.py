"""Two files about the same people become one: nothing is lost, nobody sees more, and it can be taken back."""

from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest

from service.demo import UNTERHACHING, demo_id
from service.demo.people import JUGENDAMT, LICHTUNG, PEOPLE
from service.demo.territory import AUTHORITY, space_id
from service.domain.values import new_id
from tests.cases.conftest import WORKER, Life
from tests.conftest import Database

pytestmark = pytest.mark.anyio

SECOND, HELPER, WORDS = "second_case_worker", "provider_worker", "Ruhe am Abend"


async def test_a_duplicate_goes_into_the_case_that_goes_on_and_back(
    life: Life, database: Database, client_of: Callable[..., httpx.AsyncClient]
) -> None:
    """`life` is the duplicate: somebody is enrolled in it. The other one goes on."""
    question = (await life.questions())["I"]
    await life.do(life.login, "word_answer", question["id"], words=WORDS)
    into = str((await life.do(WORKER, "open_case", social_space_id=str(UNTERHACHING), title="Familie"))["id"])
    custodian, theirs = new_id(), f"new-{uuid4()}"
    await life.do(WORKER, "add_participant", into, kind="addressee", name="Kim", born_on="2020-05-17")
    await life.do(WORKER, "add_participant", into, id=str(custodian), kind="custodian", name="Jo")
    await life.enrol(custodian, theirs)

    async def went_into(who: str) -> list[str]:
        query = f'{{ cases(first: 9, where: {{mergedIntoId: "{into}"}}) {{ nodes {{ id }} }} }}'
        listed = await client_of(who).get("/v1/cases", params={"merged_into_id": into})
        told = await client_of(who).post("/graphql", json={"query": query})
        assert told.json()["data"]["cases"]["nodes"] == [{"id": each["id"]} for each in listed.json()["items"]]
        return [each["id"] for each in listed.json()["items"]]

    for wrong in (str(life.case), str(new_id())):
        assert (await life.tries(WORKER, "merge_case", life.case, into_id=wrong)).status in (404, 422), wrong
    element = await _planned(life, str(life.case), str(life.addressee))
    assert (await life.tries(WORKER, "merge_case", life.case, into_id=into)).code == "still-going-on"
    await life.do(WORKER, "end_element", element)
    before = (await life.as_(WORKER).one("case", life.case))["state"]
    await database.settled()
    begun = {who: (await client_of(who).get("/v1/events")).json()["next"] for who in (life.login, theirs)}
    plain = await life.as_(life.login).one("case", life.case)
    assert (plain["merged_into_id"], plain["withheld"]) == (None, []), "nothing to hide where nothing was merged"
    merged = await life.do(WORKER, "merge_case", life.case, into_id=into)
    assert (merged["state"], merged["merged_into_id"]) == ("merged", into)
    told = "SELECT subject_id::text FROM event WHERE kind = 'case.merge' AND subject_id::text = ANY (%s)"
    assert {id for (id,) in database.rows(told, [str(life.case), into])} == {str(life.case), into}, "both feeds tell"

    # Of the two, each one's people are told that theirs has changed: not how, and of no other.
    await database.settled()
    for who, own, other in ((life.login, str(life.case), into), (theirs, into, str(life.case))):
        told = (await client_of(who).get("/v1/events", params={"after": begun[who]})).text
        assert (own in told, other in told, "merge" in told) == (True, False, False), who

    # All of it is reached from the one that goes on, by whoever leads both; what was said stays where it was said.
    assert await went_into(WORKER) == [str(life.case)]
    assert (await life.questions())["I"]["state"] == "answered"
    # Who is in one of the two sees no more than before, and is not told by id that there is another case.
    hidden = await life.as_(life.login).one("case", life.case)
    assert (hidden["state"], hidden.value.get("merged_into_id"), len(hidden["withheld"])) == ("merged", None, 1)
    assert into not in str(hidden.value)
    assert await went_into(life.login) == []
    assert (await life.as_(life.login).one("case", into)).status == 404
    assert (await life.as_(theirs).one("case", life.case)).status == 404
    assert await went_into(theirs) == []
    refused = await life.tries(WORKER, "begin_counselling", life.case)
    assert (refused.code, "undo_merger" in refused.value["possible_now"]) == ("impossible-now", True)
    for other in (into, str(life.case)):
        assert (await life.tries(WORKER, "merge_case", other, into_id=str(life.case))).code in (
            "invalid-input",
            "impossible-now",
        )

    # Handed over, it takes the duplicate along; and taken back, both are what they were.
    said = {"receiver_id": str(PEOPLE[SECOND].actor_id), "social_space_id": str(space_id("Garching b. München"))}
    handover = await life.do(WORKER, "offer_transfer", into, **said)
    await life.do(SECOND, "accept_handover", handover["id"])
    for case in (into, life.case):
        assert (await life.as_(SECOND).one("case", case)).status == 200, case
        assert (await life.as_(WORKER).one("case", case)).status == 404, case
    again = await life.do(SECOND, "undo_merger", life.case)
    assert (again["state"], again["merged_into_id"]) == (before, None)
    assert await went_into(SECOND) == []


async def test_what_somebody_else_leads_by_now_stays_theirs(life: Life) -> None:
    into = str((await life.do(WORKER, "open_case", social_space_id=str(UNTERHACHING), title="Familie"))["id"])
    await life.do(WORKER, "merge_case", life.case, into_id=into)
    third, actor = await _case_worker(life)
    sketch = (await life.as_(WORKER).one("case", life.case))["pseudonym"]
    await life.do(WORKER, "name_lead", pseudonym=sketch, actor_id=actor)
    said = {"receiver_id": str(PEOPLE[SECOND].actor_id), "social_space_id": str(space_id("Garching b. München"))}
    handover = await life.do(WORKER, "offer_transfer", into, **said)
    await life.do(SECOND, "accept_handover", handover["id"])
    assert (await life.as_(third).one("case", life.case)).status == 200
    assert (await life.as_(SECOND).one("case", life.case)).status == 404, "nor does it come with the other one"
    assert (await life.as_(SECOND).one("case", into)).status == 200


@pytest.mark.parametrize("parting", ["closed", "passed on"])
async def test_no_provider_gets_into_a_duplicate_and_none_stays_in_one(
    life: Life, database: Database, parting: str
) -> None:
    """`life` goes on. A provider in the duplicate is one of before such mergers were refused."""
    into, helper = str(life.case), str(PEOPLE[HELPER].actor_id)
    other = str((await life.do(WORKER, "open_case", social_space_id=str(UNTERHACHING), title="Familie"))["id"])
    told = {"parts": ["goals"], "purpose": "Probe", "legal_basis": "§ 64 SGB VIII"}
    task = {**told, "organisation_id": str(demo_id("organisation", LICHTUNG)), "task": "Begleitung"}

    # The case that goes on changes with a merger; its provider is not told that there is another one.
    await life.do(WORKER, "assign_provider", into, **task)
    await life.do(WORKER, "merge_case", other, into_id=into)
    await life.do(WORKER, "undo_merger", other)
    told_of = "SELECT kind FROM delivery WHERE case_id = %s AND subject = 'case' ORDER BY sequence"
    delivered = database.rows(told_of, into)
    assert [kind for (kind,) in delivered] == ["case.assign", "case.change", "case.change"]

    access = (await life.do(WORKER, "transmit_case", other, actor_id=helper, **told))["id"]
    assert (await life.tries(WORKER, "merge_case", other, into_id=into)).code == "still-going-on"
    await life.do(WORKER, "end_case_access", access)
    await life.do(WORKER, "merge_case", other, into_id=into)
    for refused, said in (("assign_provider", task), ("transmit_case", {**told, "actor_id": helper})):
        assert (await life.tries(WORKER, refused, other, **said)).code == "impossible-now", refused
    await life.do(WORKER, "undo_merger", other)

    assignment = (await life.do(WORKER, "assign_provider", other, **task))["id"]
    await life.do("provider_manager", "name_worker", assignment, actor_id=helper)
    await life.do(WORKER, "transmit_case", other, actor_id=helper, **told)
    somebody = await life.do(WORKER, "add_participant", other, kind="addressee", name="Jo", born_on="1990-05-18")
    element = await _planned(life, other, somebody["id"])
    earlier = """UPDATE case_file SET merged_as = state, state = 'merged', merged_into_id = %s, version = version + 1
                 WHERE id = %s RETURNING id"""
    assert database.rows(earlier, into, other)
    assert (await life.as_(HELPER).one("case", other)).status == 200
    if parting == "closed":
        await life.skip("VI", "VII")
        await life.go("begin_closing", "close_case")
    else:
        handover = (await life.do(WORKER, "offer_transfer", into, receiving_body="Jugendamt Nachbarkreis"))["id"]
        await life.do(WORKER, "confirm_handover", handover, accepted_by="Sprechstunde")
    assert (await life.as_(HELPER).one("case", other)).status == 404
    assert (await life.as_("provider_manager").one("assignment", assignment))["in_force"] is False
    assert database.rows("SELECT state FROM arrangement_element WHERE id = %s", element) == [("ended",)]
    assert (await life.as_(WORKER).one("case", other)).status == (200 if parting == "closed" else 404)


async def _case_worker(life: Life) -> tuple[str, str]:
    """Somebody new in the public agency, for the whole county: the login, and who it is."""
    login = f"worker-{uuid4()}"
    said = {"authority_id": str(AUTHORITY), "name": "Neu Hier", "issuer": "development", "subject": login}
    actor = str((await life.do("administrator", "add_actor", **said))["id"])
    works = {"actor_id": actor, "function": "Bezirkssozialarbeit"}
    await life.do("administrator", "add_membership", demo_id("organisation", JUGENDAMT), **works)
    grant = str((await life.do("administrator", "propose_grant", actor, role="case_worker"))["id"])
    await life.do("second_administrator", "approve_grant", grant)
    return login, actor


async def _planned(life: Life, case: str, participant: str) -> str:
    arrangement = await life.do(WORKER, "draft_arrangement", case, title="Ruhe")
    said = {"kind": "own", "what": "Kochen", "participant_id": participant}
    return str((await life.do(WORKER, "add_element", arrangement["id"], **said))["id"])
