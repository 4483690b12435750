"""What somebody offers others is an adult's, for a time; a disagreement stands beside the text; a step is begun; and on
the 18th birthday nothing of it is open to custodians any more."""

from datetime import timedelta
from typing import Any

import pytest

from service.demo import PEOPLE
from service.domain.clock import Clock, birthday
from service.domain.values import new_id
from tests.cases.conftest import WORKER, Life
from tests.midnight import Midnight

pytestmark = pytest.mark.anyio
TODAY = Clock().today()


async def test_what_an_adult_offers_is_read_in_the_place_without_a_name_until_it_ends(life: Life) -> None:
    said: dict[str, Any] = {
        "words": "Samstags Türkisch üben, mit Tee.",
        "until": (TODAY + timedelta(days=30)).isoformat(),
    }
    offer = await life.do(life.login, "make_offer", life.case, **said, share=True)
    assert (await life.tries(WORKER, "make_offer", life.case, **said)).status == 403, "nobody offers for somebody else"
    for who in (WORKER, "social_space_manager"):
        shared = await life.as_(who).one("shared_offer", offer["shared_id"])
        assert set(shared.value) == {"id", "social_space_id", "words", "language", "until"}, "no case, and nobody"
    for who in ("controller", "second_case_worker", "addressee", "provider_manager"):
        assert (await life.as_(who).one("shared_offer", offer["shared_id"])).status == 404
    for until in (TODAY - timedelta(days=1), TODAY + timedelta(days=400)):
        refused = await life.tries(life.login, "make_offer", life.case, **(said | {"until": until.isoformat()}))
        assert refused.code == "invalid-input"
    await life.do(life.login, "withdraw_offer", offer["id"])
    assert (await life.as_(WORKER).one("shared_offer", offer["shared_id"])).status == 404
    kept = await life.do(life.login, "make_offer", life.case, **said)
    assert kept["shared_id"] is None, "it takes her consent"


async def test_no_offer_is_by_a_minor_until_the_day_of_the_18th_birthday(as_: Any) -> None:
    said = {"words": "Mathe erklären", "until": TODAY.isoformat()}
    for born_on, code in ((TODAY - timedelta(days=17 * 365), "not-of-age"), (birthday(TODAY, -18), None)):
        young = await Life(as_).begin(born_on.isoformat())
        assert (await young.tries(young.login, "make_offer", young.case, **said)).code == code, born_on


async def test_parents_offer_for_as_long_as_they_can_take_it_back(as_: Any) -> None:
    young = await Life(as_).begin(birthday(TODAY, -17).isoformat())
    mother, login = new_id(), f"mother-{new_id()}"
    who = {"id": str(mother), "kind": "custodian", "name": "Vera Probe", "born_on": "1980-02-03"}
    await young.do(WORKER, "add_participant", young.case, **who)
    await young.enrol(mother, login)
    said = {"words": "Nähen.", "until": (TODAY + timedelta(days=30)).isoformat()}
    assert (await young.do(login, "make_offer", young.case, **said))["participant_id"] == str(mother)
    beyond = said | {"until": (birthday(TODAY, -17 + 18) + timedelta(days=1)).isoformat()}
    refused = await young.tries(login, "make_offer", young.case, **beyond)
    assert refused.code == "invalid-input", "then the child is of age"


async def test_whoever_represents_by_office_offers_nothing_for_themselves(as_: Any) -> None:
    young = await Life(as_).begin(birthday(TODAY, -12).isoformat())
    guardian, login = new_id(), f"guardian-{new_id()}"
    who = {"id": str(guardian), "kind": "custodian", "representation": "guardian", "name": "Amt Probe"}
    await young.do(WORKER, "add_participant", young.case, **who, born_on="1980-02-03")
    await young.enrol(guardian, login)
    said = {"words": "Nähen.", "until": (TODAY + timedelta(days=30)).isoformat()}
    assert (await young.tries(login, "make_offer", young.case, **said)).code == "acts-for-others"


async def test_what_they_offered_is_withdrawn_once_they_could_not_offer_it(as_: Any) -> None:
    """A correction says that they are a minor, that nobody knows, or that they act for others alone."""
    said = {"words": "Nähen.", "until": TODAY.isoformat(), "share": True}
    for correction in ({"born_on": birthday(TODAY, -14).isoformat()}, {"born_on": None}):
        adult = await Life(as_).begin()
        offer = await adult.do(adult.login, "make_offer", adult.case, **said)
        await adult.do(WORKER, "correct_participant", adult.addressee, name="Hanne Lupgarten")
        assert (await adult.as_(WORKER).one("shared_offer", offer["shared_id"])).status == 200
        await adult.do(WORKER, "correct_participant", adult.addressee, **correction)
        assert (await adult.as_(WORKER).one("shared_offer", offer["shared_id"])).status == 404, correction
        assert (await adult.as_(adult.login).one("offer", offer["id"]))["withdrawn_on"] == TODAY.isoformat()
    young = await Life(as_).begin(birthday(TODAY, -12).isoformat())
    mother, login = new_id(), f"mother-{new_id()}"
    who = {"id": str(mother), "kind": "custodian", "name": "Vera Probe", "born_on": "1980-02-03"}
    await young.do(WORKER, "add_participant", young.case, **who)
    await young.enrol(mother, login)
    offer = await young.do(login, "make_offer", young.case, **said)
    await young.do(WORKER, "correct_participant", mother, representation="guardian")
    assert (await young.as_(WORKER).one("shared_offer", offer["shared_id"])).status == 404


async def test_a_disagreement_stands_beside_the_text_and_overwrites_nothing(life: Life) -> None:
    question = (await life.questions())["I"]["id"]
    text = await life.do(WORKER, "suggest_answer", question, words="Sie will mehr Zeit.")
    said = {"about": "suggestion", "about_id": text["id"], "words": "Nein: einen festen Abend."}
    mine = await life.do(life.login, "disagree", life.case, **said)
    assert (await life.tries(WORKER, "disagree", life.case, **said)).status == 403, "it is about her"
    assert (await life.as_(WORKER).one("suggestion", text["id"]))["words"] == "Sie will mehr Zeit."
    beside = (await life.as_(WORKER).many("disagreements", ("case", life.case))).rows
    assert [(each["about_id"], each["words"]) for each in beside] == [(text["id"], "Nein: einen festen Abend.")]
    assert mine["participant_id"] == str(life.addressee)
    own = {"about": "case", "about_id": str(life.case), "words": "Darum geht es nicht."}
    await life.do(life.login, "disagree", life.case, **own)
    goal = await life.do(WORKER, "propose_goal", life.case, participant_id=mine["participant_id"], statement="Mehr.")
    for about, id in (("goal", goal["id"]), ("question", question)):
        told = await life.do(life.login, "disagree", life.case, about=about, about_id=id, words="So nicht.")
        assert told["about"] == about
    private = await life.do(WORKER, "suggest_answer", question, words="Für mich.", audience="author")
    for hidden in (private["id"], str(new_id())):
        refused = await life.tries(life.login, "disagree", life.case, **(said | {"about_id": hidden}))
        assert (refused.status, refused.code) == (404, "not-found")


async def test_a_county_has_life_areas_of_its_own(life: Life) -> None:
    names = {"name_de": "Schlaf", "name_en": "sleep", "name_simple": "Wie Sie schlafen"}
    code = "probe_" + "".join(chr(97 + int(each, 16) % 26) for each in new_id().hex)
    said = {"authority_id": str(PEOPLE[WORKER].authority_id), "code": code, **names}
    area = await life.do("integrated_planner", "add_life_area", **said)
    assert (await life.tries("integrated_planner", "add_life_area", **said)).code == "invalid-input", "once"
    assert (await life.tries(WORKER, "add_life_area", **said)).status == 403
    seen = {"life_area": "other", "aspect": "person", "words": "Seit Mai wieder."}
    told = await life.do(life.login, "note_situation", life.case, **seen, county_area_id=area["id"])
    assert told["county_area_id"] == area["id"]
    for wrong in ({}, {"county_area_id": area["id"], "area_name": "Schlaf"}, {"county_area_id": str(new_id())}):
        assert (await life.tries(life.login, "note_situation", life.case, **seen, **wrong)).code == "invalid-input"


async def test_a_step_that_is_begun_is_still_to_be_done(life: Life) -> None:
    me = str(life.addressee)
    goal = await life.do(life.login, "propose_goal", life.case, participant_id=me, statement="Ruhe")
    await life.do(life.login, "agree_goal", goal["id"])
    slots = {"with_whom": "allein", "how": "so", "due_on": "2199-01-31", "with_what": "Bus"}
    step = await life.do(life.login, "plan_step", goal["id"], wanted_by_id=me, done_by_id=me, **slots)
    assert (await life.do(life.login, "begin_step", step["id"]))["state"] == "doing"
    again = await life.tries(life.login, "begin_step", step["id"])
    assert (again.code, again.value["present_state"]) == ("impossible-now", "doing")
    assert {"finish_step", "leave_step", "move_step"} <= set(again.value["possible_now"]), "the way on"
    mine = (await life.as_(life.login).many("next_steps")).rows
    assert [(each["id"], each["state"], each["state_label"]) for each in mine] == [(step["id"], "doing", "angefangen")]
    assert [(each["goal_id"], each["goal_statement"]) for each in mine] == [(goal["id"], "Ruhe")], "what it is for"
    assert mine[0]["withheld"] == []
    await life.do(life.login, "move_step", step["id"], due_on="2199-02-28", reason="Ferien")
    assert (await life.do(life.login, "finish_step", step["id"]))["state"] == "done"


async def test_on_the_18th_birthday_nothing_of_it_is_open_to_custodians(
    as_: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Consultations and what the family wrote in its own time, offers, disagreements: as the case itself."""
    from service.demo.consultations import FAMILY_COUNCIL

    life = await Life(as_).begin((TODAY - timedelta(days=17 * 365)).isoformat())
    custodian, login = new_id(), f"custodian-{new_id()}"
    await life.do(WORKER, "add_participant", life.case, id=str(custodian), kind="custodian", name="Vera Probe")
    await life.enrol(custodian, login)
    wish = {"method_id": str(FAMILY_COUNCIL), "question": "Wo wohnen?"}
    council = (await life.do(login, "request_consultation", life.case, **wish))["id"]
    for person, who in ((life.addressee, life.login), (custodian, login)):
        invited = await life.do(WORKER, "invite_to_consultation", council, role="family", participant_id=str(person))
        await life.do(who, "answer_invitation", invited["id"], comes=True)
    await life.do(login, "agree_to_consultation", council)
    await life.do(WORKER, "schedule_consultation", council, starts_at="2199-01-01T16:00:00Z", venue="Zu Hause")
    for call in ("begin_consultation", "next_phase"):
        await life.do(WORKER, call, council)
    draft = (await life.do(login, "write_family_draft", council, words="Unter uns."))["id"]
    own = {"about": "case", "about_id": str(life.case), "words": "Anders."}
    word = (await life.do(login, "disagree", life.case, **own))["id"]
    places = [("consultation", council), ("family_draft", draft), ("disagreement", word), ("case", life.case)]
    places += [("consultation_participant", invited["id"])]
    midnight = Midnight(monkeypatch)
    await life.do(WORKER, "correct_participant", life.addressee, born_on=str(midnight.born_on))
    for name, id in places:
        assert (await life.as_(login).one(name, id)).status == 200
    await midnight.passes()
    for name, id in places:
        assert (await life.as_(login).one(name, id)).status == 404, name
    assert (await life.tries(login, "write_family_draft", council, words="Noch etwas.")).status == 404
    assert (await life.tries(login, "answer_invitation", invited["id"], comes=False)).status == 404
    assert (await life.as_(life.login).one("family_draft", draft))["words"] == "Unter uns.", "the young person goes on"
