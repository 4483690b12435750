"""Two files about the same people become one: nothing is lost, nobody sees more, and it can be taken back."""

from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest

from service.demo import UNTERHACHING
from service.demo.people import PEOPLE
from service.demo.territory import space_id
from service.domain.values import new_id
from tests.cases.conftest import WORKER, Life
from tests.conftest import Database

pytestmark = pytest.mark.anyio

SECOND, WORDS = "second_case_worker", "Ruhe am Abend"


async def test_a_duplicate_goes_into_the_case_that_goes_on_and_back(
    life: Life, database: Database, client_of: Callable[..., httpx.AsyncClient]
) -> None:
    """`life` is the duplicate: somebody is enrolled in it. The other one goes on."""
    question = (await life.questions())["I"]
    await life.do(life.login, "word_answer", question["id"], words=WORDS)
    into = str((await life.do(WORKER, "open_case", social_space_id=str(UNTERHACHING), title="Familie"))["id"])
    custodian, theirs = new_id(), f"new-{uuid4()}"
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
    element = await _planned(life, str(life.case))
    assert (await life.tries(WORKER, "merge_case", life.case, into_id=into)).code == "still-going-on"
    await life.do(WORKER, "end_element", element)
    before = (await life.as_(WORKER).one("case", life.case))["state"]
    merged = await life.do(WORKER, "merge_case", life.case, into_id=into)
    assert (merged["state"], merged["merged_into_id"]) == ("merged", into)
    told = "SELECT subject_id::text FROM event WHERE kind = 'case.merge' AND subject_id::text = ANY (%s)"
    assert {id for (id,) in database.rows(told, [str(life.case), into])} == {str(life.case), into}, "both feeds tell"

    # All of it is reached from the one that goes on, by whoever leads both; what was said stays where it was said.
    assert await went_into(WORKER) == [str(life.case)]
    assert (await life.questions())["I"]["state"] == "answered"
    # Who is in one of the two sees no more than before, and is told where it goes on.
    assert (await life.as_(life.login).one("case", life.case))["merged_into_id"] == into
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


async def _planned(life: Life, case: str) -> str:
    arrangement = await life.do(WORKER, "draft_arrangement", case, title="Ruhe")
    said = {"kind": "own", "what": "Kochen", "participant_id": str(life.addressee)}
    return str((await life.do(WORKER, "add_element", arrangement["id"], **said))["id"])
