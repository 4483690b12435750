"""What was written down on a phone arrives later: taken if the step is still open, kept for its author if not."""

import pytest

from service.domain.values import new_id
from tests.cases.conftest import WORKER, Life

pytestmark = pytest.mark.anyio


async def step(life: Life) -> str:
    mine = str(life.addressee)
    goal = (await life.do(WORKER, "propose_goal", life.case, participant_id=mine, statement="Ich schlafe."))["id"]
    await life.do(life.login, "agree_goal", goal)
    slots = {"wanted_by_id": mine, "done_by_id": mine, "with_whom": "allein", "how": "Licht aus", "with_what": "Uhr"}
    return str((await life.do(WORKER, "plan_step", goal, **slots, due_on="2027-05-01"))["id"])


async def test_it_is_taken_on_whatever_version_and_sent_twice_it_is_once(life: Life) -> None:
    id = await step(life)
    await life.do(WORKER, "move_step", id, due_on="2027-05-09", reason="Ferien")
    said = {"id": str(new_id()), "words": "Geschafft, im Zug geschrieben.", "seen_version": 1}
    first, again = [await life.do(life.login, "tick_off_step", id, **said) for _ in range(2)]
    assert first["taken"]
    assert first.value == again.value
    now = await life.as_(WORKER).one("step", id)
    assert (now["state"], now["remark"], now.version) == ("done", said["words"], 3)


async def test_too_late_it_is_refused_shows_how_it_stands_and_the_word_stays_theirs(life: Life) -> None:
    id = await step(life)
    await life.do(WORKER, "leave_step", id, reason="Sie war krank.")
    said = {"id": str(new_id()), "words": "Doch, gestern.", "seen_version": 1}
    for _ in range(2):
        refused = await life.tries(life.login, "tick_off_step", id, **said)
        assert (refused.status, refused.code, refused.value["present_state"]) == (409, "step-not-open", "not_done")
        assert (refused.value["present_version"], refused.value["kept_id"]) == (2, said["id"])
    assert (await life.as_(WORKER).one("step", id))["remark"] == "Sie war krank."
    kept = await life.as_(life.login).one("tick_off", said["id"])
    assert (kept["words"], kept["taken"], kept["step_state"]) == ("Doch, gestern.", False, "not_done")
    assert (await life.as_(WORKER).one("tick_off", said["id"])).status == 404, "it is hers"


async def test_that_it_was_not_done_takes_a_reason(life: Life) -> None:
    id = await step(life)
    assert (await life.tries(life.login, "tick_off_step", id, done=False, seen_version=1)).code == "invalid-input"
    await life.do(life.login, "tick_off_step", id, done=False, words="Kein Bus.", seen_version=1)
    assert (await life.as_(life.login).one("step", id))["state"] == "not_done"


async def test_too_late_with_an_id_that_is_taken_no_word_is_lost_unsaid(life: Life) -> None:
    id = await step(life)
    await life.do(WORKER, "leave_step", id, reason="Sie war krank.")
    said = {"id": str(new_id()), "seen_version": 1}
    assert (await life.tries(life.login, "tick_off_step", id, words="Das Erste", **said)).code == "step-not-open"
    other = await life.tries(life.login, "tick_off_step", id, words="Das Zweite", **said)
    assert (other.status, other.code, other.value["differs"]) == (409, "id-reused", ["words"])
    assert (await life.as_(life.login).one("tick_off", said["id"]))["words"] == "Das Erste"
