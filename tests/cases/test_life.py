"""A case goes its ways and no others; whoever is refused is told how it goes on."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from service.demo import demo_id
from service.domain.clock import Clock
from tests.cases.conftest import WORKER, Life
from tests.faces import Told

pytestmark = pytest.mark.anyio


async def test_transitions_say_what_is_possible_now_for_me_and_why_not(life: Life, client_of: Any) -> None:
    await life.go("begin_closing")
    path = f"/v1/cases/{life.case}/transitions"
    worker: httpx.AsyncClient = client_of(WORKER)
    told = {each["operation"]: each for each in (await worker.get(path)).json()["transitions"]}
    assert told["begin_after_care"]["possible"]
    assert (told["begin_review"]["possible"], told["begin_review"]["possible_in"]) == (False, ["active"])
    assert not told["close_case"]["possible"]
    assert told["close_case"]["obstacles"] == ["questions VI and VII are answered, or skipped with a reason"]
    await life.skip("VI", "VII")
    told = {each["operation"]: each for each in (await worker.get(path)).json()["transitions"]}
    assert (told["close_case"]["possible"], told["close_case"]["obstacles"]) == (True, [])
    mine = {each["operation"]: each for each in (await client_of(life.login).get(path)).json()["transitions"]}
    assert (mine["close_case"]["possible"], mine["close_case"]["obstacles"]) == (False, [])
    assert mine["close_case"]["missing"]


async def test_help_by_specialists_begins_with_a_decision(life: Life) -> None:
    """And what people do themselves begins without one."""
    await life.go("begin_clarification", "begin_arrangement_planning")
    arrangement = (await life.do(WORKER, "draft_arrangement", life.case, title="Ruhige Nächte"))["id"]
    element = {"participant_id": str(life.addressee), "what": "Abends zu zweit"}
    await life.do(WORKER, "add_element", arrangement, kind="own", **element)
    owed = (await life.do(WORKER, "add_element", arrangement, kind="specialist", **element))["id"]
    assert (await life.tries(WORKER, "activate_case", life.case)).code == "decision-owed"
    assert await life.state() == "arrangement_planning"
    await life.do(WORKER, "end_element", owed)
    await life.go("activate_case")
    assert await life.state() == "active"


async def test_reopened_it_is_a_new_period_and_the_old_words_stand(life: Life) -> None:
    first = await life.questions()
    await life.do(life.login, "word_answer", first["I"]["id"], words="Ich will schlafen.")
    await life.skip("VI", "VII")
    await life.go("begin_closing", "close_case", "reopen_case")
    case = await life.as_(WORKER).one("case", life.case)
    assert (case["state"], case["period"], case["closed_on"]) == ("clarification", 2, None)
    second = await life.questions()
    assert {each["state"] for each in second.values()} == {"not_started"}
    assert {each["period"] for each in second.values()} == {2}
    kept = await life.as_(life.login).many("answers", ("question", first["I"]["id"]))
    assert [each["words"] for each in kept.rows] == ["Ich will schlafen."]
    for login, operation, said in (
        (life.login, "word_answer", {"words": "Jetzt anders."}),
        (WORKER, "suggest_answer", {"words": "Vielleicht so?"}),
        (WORKER, "skip_question", {"reason": "Nicht jetzt"}),
    ):
        question = first["II" if operation == "skip_question" else "I"]["id"]
        told = await life.tries(login, operation, question, **said)
        assert (told.status, told.code) == (409, "question-of-before"), operation


class TestRedirected:
    async def test_with_a_day_to_call_back_it_stays_open_here_until_then(self, life: Life) -> None:
        soon = (Clock().today() + timedelta(days=3)).isoformat()
        said = {"receiving_body": "Schuldnerberatung, offene Sprechstunde", "call_back_on": soon}
        handover = (await life.do(WORKER, "redirect_case", life.case, **said))["id"]
        assert await life.state() == "enquiry"
        shown = await life.as_(life.login).one("handover", handover)
        assert (shown["receiving_body"], shown["state"]) == (said["receiving_body"], "offered")
        assert (await life.tries(WORKER, "confirm_handover", handover)).code == "not-accepted-yet"
        assert (await life.tries(WORKER, "redirect_case", life.case, **said)).code == "handover-open"
        await life.do(WORKER, "confirm_handover", handover, accepted_by="Sprechstunde")
        assert await life.state() == "redirected"
        assert (await life.tries(WORKER, "withdraw_handover", handover)).code == "impossible-now"

    async def test_on_the_day_the_call_is_enough(self, life: Life) -> None:
        said = {"receiving_body": "Schuldnerberatung", "call_back_on": Clock().today().isoformat()}
        handover = (await life.do(WORKER, "redirect_case", life.case, **said))["id"]
        assert (await life.as_(WORKER).one("case", life.case))["responsible_because"].startswith(
            "Zuständig ist das Amt"
        )
        await life.do(WORKER, "confirm_handover", handover)
        assert await life.state() == "redirected"
        told = (await life.as_(WORKER).one("case", life.case))["responsible_because"]
        assert told.startswith("Eine andere Stelle hat angenommen"), "nobody is left without somebody responsible"

    async def test_nobody_is_shown_on_to_nowhere(self, life: Life) -> None:
        refused = await life.tries(WORKER, "redirect_case", life.case, receiving_body="Irgendwer")
        assert (refused.code, await life.state()) == ("invalid-input", "enquiry")

    async def test_a_case_that_has_gone_on_is_not_redirected_behind_it(self, life: Life) -> None:
        soon = (Clock().today() + timedelta(days=3)).isoformat()
        told = await life.do(WORKER, "redirect_case", life.case, receiving_body="Beratung", call_back_on=soon)
        await life.go("begin_counselling")
        refused = await life.tries(WORKER, "confirm_handover", told["id"], accepted_by="Sprechstunde")
        assert (refused.code, await life.state()) == ("handover-overtaken", "counselling")


class TestTransferred:
    SECOND = "second_case_worker"

    async def offered(self, life: Life, **said: Any) -> Told:
        named: dict[str, Any] = {"receiver_id": str(demo_id("actor", self.SECOND))}
        named |= {"social_space_id": str(demo_id("social_space", "Ismaning"))}
        return await life.tries(WORKER, "offer_transfer", life.case, **(said or named))

    async def test_the_old_access_ends_the_moment_it_is_accepted(self, life: Life) -> None:
        await life.go("begin_counselling")
        handover = (await self.offered(life))["id"]
        second = life.as_(self.SECOND)
        assert (await second.one("case", life.case)).status == 404, "an offer shows a pseudonym, not the case"
        assert (await second.one("handover", handover))["state"] == "offered"
        assert (await life.as_(WORKER).one("case", life.case))["state"] == "counselling"
        assert (await life.tries(WORKER, "confirm_handover", handover)).code == "accepted-by-themselves"
        await life.do(self.SECOND, "accept_handover", handover)
        assert (await life.as_(WORKER).one("case", life.case)).status == 404
        case = await second.one("case", life.case)
        assert (case["state"], case["title"]) == ("transferred", "Ruhe")
        assert case["social_space_id"] == str(demo_id("social_space", "Ismaning"))
        assert (await life.as_(WORKER).one("handover", handover))["state"] == "accepted"
        await life.do(self.SECOND, "begin_clarification", life.case)

    async def test_it_can_be_declined_and_taken_back(self, life: Life) -> None:
        for who in (self.SECOND, WORKER):
            handover = (await self.offered(life))["id"]
            await life.do(who, "withdraw_handover", handover)
            assert await life.state() == "enquiry"
        assert (await life.tries(self.SECOND, "accept_handover", handover)).code == "impossible-now"

    async def test_to_a_body_outside_it_takes_its_acceptance(self, life: Life) -> None:
        """Then no professional here reads the case any more, its people still do; management can name a lead again."""
        said = {"actor_id": str(demo_id("actor", "provider_worker")), "parts": ["goals"], "purpose": "Probe"}
        await life.do(WORKER, "transmit_case", life.case, legal_basis="§ 64 SGB VIII", **said)
        assert (await life.as_("provider_worker").one("case", life.case)).status == 200
        handover = (await self.offered(life, receiving_body="Jugendamt der Nachbarstadt"))["id"]
        assert (await life.tries(WORKER, "confirm_handover", handover)).code == "not-accepted-yet"
        pseudonym = (await life.as_(WORKER).one("case", life.case))["pseudonym"]
        await life.do(WORKER, "confirm_handover", handover, accepted_by="Eingangszone")
        for professional in (WORKER, "provider_worker"):
            assert (await life.as_(professional).one("case", life.case)).status == 404
        assert (await life.as_(life.login).one("case", life.case))["state"] == "transferred"
        lead = {"pseudonym": pseudonym, "actor_id": str(demo_id("actor", WORKER))}
        await life.do("social_space_manager", "name_lead", **lead)
        await life.go("begin_clarification")

    async def test_only_somebody_who_may_lead_it_there(self, life: Life) -> None:
        assert (await self.offered(life, receiver_id=str(demo_id("actor", self.SECOND)))).code == "no-case-worker"
        assert (await self.offered(life, receiver_id=str(demo_id("actor", "provider_worker")))).code == "no-case-worker"
        assert (await self.offered(life)).status < 300
