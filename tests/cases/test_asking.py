"""The seven questions are an order of asking: everybody answers for themselves, nobody has to, nobody else does."""

from uuid import uuid4

import pytest

from service.domain.decisions.model import OtherWay
from service.domain.values import new_id
from tests.cases.conftest import WORKER, Life

pytestmark = pytest.mark.anyio


async def test_staff_cannot_word_an_answer_and_are_shown_to_suggestions(life: Life) -> None:
    question = (await life.questions())["I"]["id"]
    refused = await life.tries(WORKER, "word_answer", question, words="Sie will schlafen.")
    assert (refused.status, refused.code) == (403, "forbidden")
    assert "/suggestions" in str(refused.value["missing"])
    await life.do(WORKER, "suggest_answer", question, words="Vielleicht wieder schlafen?")
    assert (await life.as_(life.login).many("answers", ("question", question))).rows == []
    assert (await life.questions())["I"]["state"] == "not_started", "a suggestion answers nothing"
    shown = (await life.as_(life.login).many("suggestions", ("question", question))).rows
    assert [each["words"] for each in shown] == ["Vielleicht wieder schlafen?"]
    own = await life.tries(life.login, "suggest_answer", question, words="Ich selbst?")
    assert (own.status, own.code) == (403, "forbidden")


async def test_questions_are_asked_again_and_each_wording_stays(life: Life) -> None:
    question = (await life.questions())["II"]["id"]
    await life.skip("II")
    for words in ("Nichts.", "Doch, früher ins Bett."):
        await life.do(life.login, "word_answer", question, words=words, language="de")
    now = (await life.questions())["II"]
    assert (now["state"], now["skipped_because"]) == ("answered", None)
    told = (await life.as_(life.login).many("answers", ("question", question))).rows
    wordings = {each["wording"]: (each["words"], each["replaced_at"] is None) for each in told}
    assert wordings.pop(2) == ("Doch, früher ins Bett.", True)
    assert wordings in ({}, {1: ("Nichts.", False)}), "within the question GraphQL lists the current ones"
    late = await life.tries(WORKER, "skip_question", question, reason="Zu spät")
    assert (late.code, late.value["possible_in"]) == ("impossible-now", ["not_started"])


async def test_looking_back_each_answers_for_themselves_and_differences_are_shown(life: Life) -> None:
    mother, login = new_id(), f"new-{uuid4()}"
    await life.do(
        WORKER,
        "add_participant",
        life.case,
        id=str(mother),
        kind="representative",
        name="Bea",
        representation="attorney",
    )
    await life.enrol(mother, login)
    question = (await life.questions())["VII"]["id"]
    await life.do(life.login, "word_answer", question, words="Viel ist anders.")
    await life.do(login, "word_answer", question, words="Wenig ist anders.")
    shown = (await life.as_(WORKER).many("answers", ("question", question))).rows
    assert {(each["participant_id"], each["words"]) for each in shown} == {
        (str(life.addressee), "Viel ist anders."),
        (str(mother), "Wenig ist anders."),
    }
    assert all(each["replaced_at"] is None for each in shown), "nobody's words take the place of another's"


async def test_a_decision_is_never_refused_for_the_sequence_only_asked_why(life: Life) -> None:
    arrangement = (await life.do(WORKER, "draft_arrangement", life.case, title="Ruhige Nächte"))["id"]
    element = {"participant_id": str(life.addressee), "what": "Abends zu zweit", "kind": "specialist"}
    first, second, third = [(await life.do(WORKER, "add_element", arrangement, **element))["id"] for _ in range(3)]
    said = {"outcome": "refused", "legal_basis": "§ 27 SGB VIII", "reasons": "Anders besser"}
    said |= {"remedy_notice": "Widerspruch", "starts_on": "2027-01-01", "ends_on": "2027-02-01"}
    await life.skip("III")
    owed = await life.tries(WORKER, "decide_element", first, **said)
    assert (owed.code, owed.value["questions"]) == ("override-needed", ["II", "IV"])
    why = {"override": "legal_claim_requested", "override_because": "Der Antrag lag vor."}
    half = await life.tries(WORKER, "decide_element", first, **said, override="legal_claim_requested")
    assert half.code == "invalid-input"
    decided = await life.do(WORKER, "decide_element", first, **said, **why)
    assert (decided["override"], decided["override_because"]) == (why["override"], why["override_because"])
    begun = await life.do(WORKER, "begin_otherwise", second, other_way="taking_into_care", because="In der Nacht.")
    assert (begun["state"], begun["other_way"]) == ("running", "taking_into_care")
    await life.skip("II", "IV")
    decided = await life.do(WORKER, "decide_element", third, **said)
    assert decided["override"] is None


@pytest.mark.parametrize("way", OtherWay)
async def test_the_three_other_ways_ask_nothing_of_the_sequence(life: Life, way: OtherWay) -> None:
    """Direct access, taking into care, self-procured help: nothing was asked yet, and nobody says why not."""
    assert {each["state"] for each in (await life.questions()).values()} == {"not_started"}
    arrangement = (await life.do(WORKER, "draft_arrangement", life.case, title="Ruhige Nächte"))["id"]
    said = {"participant_id": str(life.addressee), "what": "Abends zu zweit", "kind": "specialist"}
    element = (await life.do(WORKER, "add_element", arrangement, **said))["id"]
    begun = await life.do(WORKER, "begin_otherwise", element, other_way=way.value, because="Es eilte.")
    assert (begun["state"], begun["other_way"]) == ("running", way.value)


async def test_only_help_by_specialists_begins_otherwise(life: Life) -> None:
    arrangement = (await life.do(WORKER, "draft_arrangement", life.case, title="Ruhige Nächte"))["id"]
    said = {"participant_id": str(life.addressee), "what": "Früher ins Bett", "kind": "own"}
    own = (await life.do(WORKER, "add_element", arrangement, **said))["id"]
    told = await life.tries(WORKER, "begin_otherwise", own, other_way="direct_access", because="Einfach so")
    assert told.code == "no-decision-needed"


async def test_each_cycle_is_looked_back_on_for_itself(life: Life) -> None:
    first = (await life.questions())["VII"]["id"]
    await life.do(life.login, "word_answer", first, words="Viel ist anders.")
    review = await life.do(life.login, "plan_review", life.case, kind="reflection", due_on="2199-10-03")
    await life.do(WORKER, "hold_review", review["id"], words="Zusammen geschaut.")
    now = (await life.questions())["VII"]
    assert (now["id"] != first, now["cycle"], now["state"]) == (True, 2, "not_started")
    kept = (await life.as_(life.login).many("answers", ("question", first))).rows
    assert [each["words"] for each in kept] == ["Viel ist anders."]
    late = await life.tries(life.login, "word_answer", first, words="Doch nicht.")
    assert late.code == "question-of-before"
    said: dict[str, str] = {"kind": "addressee", "name": "Bo Probe"}
    brother, login = str(new_id()), f"brother-{uuid4()}"
    await life.do(WORKER, "add_participant", life.case, id=brother, **said)
    await life.enrol(brother, login)
    await life.do(login, "word_answer", first, words="Für mich auch.")  # the review was held before he had answered
    await life.skip("VI")
    await life.go("begin_closing")
    refused = await life.tries(WORKER, "close_case", life.case)
    assert refused.code == "questions-unanswered", "what was said of the time before does not count"
    await life.do(life.login, "word_answer", now["id"], words="Jetzt reicht es.")
    last = await life.do(life.login, "plan_review", life.case, kind="reflection", due_on="2199-10-03")
    await life.do(WORKER, "hold_review", last["id"], words="Zum Schluss.")
    assert (await life.questions())["VII"]["id"] == now["id"], "what was just said is said at the end"
    await life.go("close_case")
