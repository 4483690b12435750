"""A consultation goes its ways; those from outside hear no more than a sketch; family time is the family's; and nothing
that comes of it is ever a grant."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from service.demo import PEOPLE, demo_id
from service.demo.consultations import FAMILY_COUNCIL, PEER, RESOURCE_CHECK, SAFETY_MAPPING
from service.demo.people import LICHTUNG
from service.domain.clock import Clock
from service.domain.values import new_id
from tests.cases.conftest import WORKER, As, Life
from tests.conftest import Database
from tests.faces import Told

pytestmark = pytest.mark.anyio
STRENGTHS = "019b76da-a800-7a9d-bc99-f4d944cfa3b8"  # a moderator and family time
MODERATOR, EXPERT, PEER_WORKER = "social_space_manager", "expert_by_experience", "provider_worker_unassigned"

SAID: Mapping[str, Mapping[str, str]] = {
    "schedule_consultation": {"starts_at": "2199-01-01T16:00:00Z", "venue": "Bücherei"},
    "choose_ideas": {"choice": "Das probiere ich."},
    "record_consultation_results": {"follow_up_on": "2199-02-01"},
    "follow_up_consultation": {"words": "Es hilft."},
    "cancel_consultation": {"reason": "Umzug"},
}


async def wished_for(life: Life, method: object = PEER, **said: Any) -> str:
    told = await life.do(
        life.login, "request_consultation", life.case, method_id=str(method), question="Wie schlafen wir?", **said
    )
    return str(told["id"])


async def consenting(life: Life, consultation: str) -> str:
    """She is invited, and consents to what is told about her."""
    family = {"role": "family", "participant_id": str(life.addressee)}
    invited = await life.do(WORKER, "invite_to_consultation", consultation, **family)
    await life.do(life.login, "answer_invitation", invited["id"], comes=True)
    return str(invited["id"])


async def invite(life: Life, consultation: str, who: str, role: str, **answer: bool) -> Told:
    invited = await life.do(
        WORKER, "invite_to_consultation", consultation, role=role, actor_id=str(PEOPLE[who].actor_id)
    )
    return await life.do(who, "answer_invitation", invited["id"], **{"comes": True, **answer})


async def test_a_question_is_thought_about_with_others_who_never_hear_whose_it_is(
    life: Life, database: Database
) -> None:
    consultation = await wished_for(life)
    invited = await invite(life, consultation, MODERATOR, "moderator")
    expert = await invite(life, consultation, EXPERT, "expert_by_experience")
    await consenting(life, consultation)
    nobody = {"role": "moderator", "actor_id": str(PEOPLE[EXPERT].actor_id)}
    assert (await life.tries(WORKER, "invite_to_consultation", consultation, **nobody)).code == "invalid-input"
    # The case worker sees first what would go out; a name does not, and by what else one could be recognised is told.
    for named in ("Hanne Loopgarten schläft nicht.", "Loopgartens schlafen nicht.", "In hannes Zimmer ist es laut."):
        assert (await life.tries(WORKER, "write_sketch", consultation, words=named)).code == "invalid-input", named
    sketch = await life.do(WORKER, "write_sketch", consultation, words="Jemand schläft seit 17 Tagen nicht.")
    assert "numbers" in sketch["rare_features"]
    assert (await life.tries(WORKER, "release_sketch", sketch["id"])).code == "not-agreed-yet"
    await life.do(life.login, "agree_to_consultation", consultation)
    assert (await life.as_(EXPERT).one("consultation_sketch", sketch["id"])).status == 404, "it has not gone out"
    await life.do(WORKER, "release_sketch", sketch["id"])
    told = await life.as_(EXPERT).one("consultation_sketch", sketch["id"])
    assert (told["words"], len(told["withheld"])) == ("Jemand schläft seit 17 Tagen nicht.", 1)
    assert told.value.get("rare_features") is None, "what is rare is for whoever lets it go out"
    for name, id in (("case", life.case), ("consultation", consultation), ("participant", life.addressee)):
        assert (await life.as_(EXPERT).one(name, id)).status == 404
    steering = await life.as_(MODERATOR).one("consultation", consultation)
    assert {"question", "choice", "steps"} <= set(steering["withheld"]), "whoever moderates knows how it stands"
    # Ideas come while they are collected; nobody rates them, and those from outside read their own alone.
    await life.do(MODERATOR, "schedule_consultation", consultation, **SAID["schedule_consultation"])
    await life.do(MODERATOR, "begin_consultation", consultation)
    assert (await life.tries(EXPERT, "give_idea", expert["id"], words="Früher.")).code == "no-ideas-now"
    for _ in range(2):
        await life.do(MODERATOR, "next_phase", consultation)
    ideas = [await life.do(EXPERT, "give_idea", expert["id"], words=words) for words in ("Baldrian", "Vorlesen")]
    await life.do(MODERATOR, "give_idea", invited["id"], words="Die Bücherei")
    assert len((await life.as_(EXPERT).many("ideas")).rows) >= 2
    assert (await life.as_(MODERATOR).one("idea", ideas[0]["id"])).status == 404
    theirs = (await life.as_(life.login).many("ideas", ("consultation", consultation))).rows
    assert len(theirs) == 3
    # Who it is about chooses; what follows are steps like any other, and no decision or money anywhere.
    bound = "SELECT (SELECT count(*) FROM decision), (SELECT count(*) FROM commitment), (SELECT count(*) FROM booking)"
    before = database.rows(bound)
    assert (await life.tries(WORKER, "choose_ideas", consultation, choice="Das.")).status == 403, (
        "nobody chooses for them"
    )
    chosen = {"ideas": [ideas[1]["id"]], "choice": "Vorlesen, das probiere ich."}
    await life.do(life.login, "choose_ideas", consultation, **chosen)
    foreign = await life.tries(WORKER, "record_consultation_results", consultation, steps=[str(new_id())], **FOLLOW_UP)
    assert foreign.code == "not-found"
    done = await life.do(WORKER, "record_consultation_results", consultation, **FOLLOW_UP)
    assert (done["state"], done["choice"]) == ("results_recorded", "Vorlesen, das probiere ich.")
    assert done["advice"].startswith("Was dabei herauskommt, ist ein Rat.")
    assert database.rows(bound) == before
    picked = {
        each["words"]: each["chosen"]
        for each in (await life.as_(WORKER).many("ideas", ("consultation", consultation))).rows
    }
    assert picked == {"Baldrian": False, "Vorlesen": True, "Die Bücherei": False}
    # It has been held: nobody from outside is told any more, and nobody comes late.
    assert (await life.as_(EXPERT).one("consultation_sketch", sketch["id"])).status == 404
    await life.do(EXPERT, "answer_invitation", expert["id"], comes=False)
    assert (await life.tries(EXPERT, "answer_invitation", expert["id"], comes=True)).code == "consultation-over"


FOLLOW_UP = {"follow_up_on": "2199-02-01"}


@pytest.mark.parametrize("face", ["rest"])  # it looks over both by itself
async def test_family_time_is_the_family_s_until_it_releases_its_plan(
    life: Life, client_of: Any, database: Database
) -> None:
    aunt, login = new_id(), f"aunt-{uuid4()}"
    await life.do(WORKER, "add_participant", life.case, id=str(aunt), kind="network_person", name="Tante Probe")
    await life.enrol(aunt, login)
    said = {"must_hold": "Jede Nacht ein sicherer Platz."}
    council = await wished_for(life, FAMILY_COUNCIL, **said)
    for person, who in ((life.addressee, life.login), (aunt, login)):
        family = {"role": "family", "participant_id": str(person)}
        invited = await life.do(life.login, "invite_to_consultation", council, **family)
        await life.do(who, "answer_invitation", invited["id"], comes=True)
    uncle, his = new_id(), f"uncle-{uuid4()}"
    await life.do(WORKER, "add_participant", life.case, id=str(uncle), kind="network_person", name="Onkel Probe")
    family = {"role": "family", "participant_id": str(uncle)}
    uncle_invited = await life.do(life.login, "invite_to_consultation", council, **family)
    await life.do(life.login, "agree_to_consultation", council)
    await life.do(WORKER, "schedule_consultation", council, **SAID["schedule_consultation"])
    await life.do(WORKER, "begin_consultation", council)
    assert (await life.tries(login, "write_family_draft", council, words="Zu früh")).code == "not-family-time"
    await life.do(WORKER, "next_phase", council)
    # An addressee whom the family left out is asked about the sketch, by whoever leads; they do not get in by that.
    brother, left_out = str(new_id()), f"brother-{uuid4()}"
    await life.do(WORKER, "add_participant", life.case, id=brother, kind="addressee", name="Bo Probe")
    await life.enrol(brother, left_out)
    late = {"role": "family", "participant_id": brother}
    assert (await life.tries(left_out, "invite_to_consultation", council, **late)).code == "held-already"
    asked = await life.do(WORKER, "invite_to_consultation", council, **late)
    await life.do(left_out, "answer_invitation", asked["id"], comes=True)
    assert (await life.tries(left_out, "write_family_draft", council, words="Ich auch")).status == 403
    assert (await life.tries(WORKER, "write_family_draft", council, words="Vom Amt")).status == 403
    draft = await life.do(login, "write_family_draft", council, words="Unter uns: er trinkt.")
    plan = await life.do(life.login, "write_family_draft", council, words="Er schläft bei der Tante.")
    # Who wrote before their consent was asked for goes on reading it: the migration takes it for a yes.
    database.rows(
        "UPDATE consultation_participant SET consent = 'asked' WHERE id = %s RETURNING consent", invited["id"]
    )
    migration = Path(__file__).parents[2] / "migrations" / "versions" / "0085_entries.sql"
    (taken,) = re.findall(r"^UPDATE consultation_participant .*?;", migration.read_text(), re.DOTALL | re.MULTILINE)
    assert database.rows(taken.rstrip(";") + " RETURNING invited.consent") == [("given",)]
    hers = (await life.as_(life.login).many("family_drafts", ("consultation", council))).rows
    assert {each["words"] for each in hers} == {"Unter uns: er trinkt.", "Er schläft bei der Tante."}
    kept_from = (await life.as_(left_out).many("family_drafts", ("consultation", council))).rows
    assert kept_from == [], "who came while it was held is none of the circle"
    await life.enrol(uncle, his)
    told = await life.as_(his).one("consultation", council)
    assert (told["question"], told["venue"]) == ("Wie schlafen wir?", "Bücherei"), "nobody has to consent blind"
    assert "choice" in told["withheld"]
    theirs = (await life.as_(his).many("family_drafts", ("consultation", council))).rows
    assert theirs == [], "nothing is shared with whoever has not consented"
    await life.do(his, "answer_invitation", uncle_invited["id"], comes=True)
    theirs = (await life.as_(his).many("family_drafts", ("consultation", council))).rows
    assert [each["id"] for each in theirs] == [each["id"] for each in hers], "whoever has a login later reads them, too"
    # No path leads anybody else to it, whatever they hold; and no phase ends it.
    for who in (*PEOPLE, f"new-{uuid4()}"):
        http = client_of(who)
        paths = [f"/v1/family-drafts/{draft['id']}", f"/v1/consultations/{council}/family-drafts", "/v1/events"]
        paths += [f"/v1/cases/{life.case}", f"/v1/cases/{life.case}/consultations"]
        nested = "familyDrafts { nodes { words } }"
        query = (
            f'f: {nested} d: familyDraft(id: "{draft["id"]}") {{ words }} c: consultations {{ nodes {{ {nested} }} }} '
        )
        query += f'k: case(id: "{life.case}") {{ consultations {{ nodes {{ {nested} }} }} }}'
        texts = [(await http.get(path)).text for path in paths]
        texts.append((await http.post("/graphql", json={"query": f"{{ {query} }}"})).text)
        assert "er trinkt" not in " ".join(texts), who
        assert "bei der Tante" not in " ".join(texts), who
        assert draft["id"] not in texts[-1], who
    assert (await life.tries(WORKER, "next_phase", council)).code == "family-time"
    ended = await life.tries(WORKER, "record_consultation_results", council, **FOLLOW_UP)
    assert ended.code == "family-time", "nor do results"
    assert (await life.tries(WORKER, "release_family_plan", plan["id"])).status == 404
    # Released, that one draft is their plan; the other stays theirs.
    released = await life.do(life.login, "release_family_plan", plan["id"])
    assert (await life.as_(WORKER).one("family_plan", released["id"]))["words"] == "Er schläft bei der Tante."
    assert (await life.as_(WORKER).one("family_draft", draft["id"])).status == 404
    await life.do(WORKER, "return_family_plan", released["id"], reasons="Bis wann?")
    assert (await life.tries(WORKER, "next_phase", council)).code == "family-time", "they go on with it"
    better = await life.do(login, "write_family_draft", council, words="Bis August.")
    released = await life.do(login, "release_family_plan", better["id"])
    await life.do(WORKER, "next_phase", council)
    await life.do(WORKER, "accept_family_plan", released["id"])
    refused = await life.tries(WORKER, "record_consultation_results", council, **FOLLOW_UP)
    assert (refused.code, refused.value["lacking"]) == ("method-not-followed", ["coordinator"])
    because = {"lacking_because": "Die Familie wollte niemanden dafür."}
    done = await life.do(WORKER, "record_consultation_results", council, **FOLLOW_UP, **because)
    assert (done["state"], done["lacking_because"]) == ("results_recorded", because["lacking_because"])
    # Over, it is not over for what somebody wrote: enrolled anew they are asked anew, and read it again.
    right = f"aunt-{uuid4()}"
    await life.do(WORKER, "undo_enrolment", aunt)
    await life.enrol(aunt, right)
    assert (await life.as_(right).one("family_draft", draft["id"])).status == 404
    await life.do(right, "answer_invitation", invited["id"], comes=True)
    assert (await life.as_(right).one("family_draft", draft["id"]))["words"] == "Unter uns: er trinkt."
    due = [each for each in (await life.as_(WORKER).many("due_items")).rows if each["id"] == council]
    assert [(each["kind"], each["due_on"]) for each in due] == [("consultation_follow_up", "2199-02-01")]
    # With the access to the case that to the drafts ends.
    ((access,),) = database.rows("SELECT id FROM case_access WHERE participant_id = %s AND valid_to IS NULL", aunt)
    await life.do(WORKER, "end_case_access", access)
    assert (await life.as_(right).one("family_draft", draft["id"])).status == 404


async def test_a_plan_is_looked_at_while_the_council_is_held(life: Life) -> None:
    council = await wished_for(life, FAMILY_COUNCIL)
    family = {"role": "family", "participant_id": str(life.addressee)}
    invited = await life.do(life.login, "invite_to_consultation", council, **family)
    await life.do(life.login, "answer_invitation", invited["id"], comes=True)
    for who, call in ((life.login, "agree_to_consultation"), (WORKER, "schedule_consultation")):
        await life.do(who, call, council, **SAID.get(call, {}))
    for call in ("begin_consultation", "next_phase"):
        await life.do(WORKER, call, council)
    draft = await life.do(life.login, "write_family_draft", council, words="Bei der Tante.")
    plan = await life.do(life.login, "release_family_plan", draft["id"])
    await life.do(WORKER, "cancel_consultation", council, reason="Umzug")
    for call, said in (("return_family_plan", {"reasons": "Bis wann?"}), ("accept_family_plan", {})):
        told = await life.tries(WORKER, call, plan["id"], **said)
        assert told.code == "not-held-now"
        assert "/consultations" in (told.value.get("advice") or told.value["detail"])


async def test_who_somebody_is_they_say_themselves(life: Life) -> None:
    check = await wished_for(life, RESOURCE_CHECK)
    await consenting(life, check)
    await invite(life, check, MODERATOR, "moderator")
    for who, call in ((life.login, "agree_to_consultation"), (WORKER, "schedule_consultation")):
        await life.do(who, call, check, **SAID.get(call, {}))
    await life.do(WORKER, "begin_consultation", check)
    said = {"kind": "about_me", "words": "Ich kann drei Sprachen."}
    assert (await life.tries(WORKER, "write_consultation_entry", check, **said)).code == "invalid-input"
    await life.do(life.login, "write_consultation_entry", check, **said)


async def test_a_safety_mapping_keeps_what_each_said_for_themselves(life: Life, database: Database) -> None:
    mapping = await wished_for(life, SAFETY_MAPPING)
    await consenting(life, mapping)
    stepfather, his = new_id(), f"stepfather-{uuid4()}"
    await life.do(WORKER, "add_participant", life.case, id=str(stepfather), kind="addressee", name="Stief Probe")
    await life.enrol(stepfather, his)
    family = {"role": "family", "participant_id": str(stepfather)}
    asked = await life.do(WORKER, "invite_to_consultation", mapping, **family)
    task = {"organisation_id": str(demo_id("organisation", LICHTUNG)), "task": "Begleitung", "parts": ["concern"]}
    law = {"purpose": "Probe", "legal_basis": "§ 64 SGB VIII"}
    await life.do(WORKER, "assign_provider", life.case, **task, **law)
    await invite(life, mapping, MODERATOR, "moderator")
    for who, call in ((life.login, "agree_to_consultation"), (WORKER, "schedule_consultation")):
        await life.do(who, call, mapping, **SAID.get(call, {}))
    await life.do(WORKER, "begin_consultation", mapping)
    early = await life.tries(life.login, "write_consultation_entry", mapping, kind="scale", words="Geht so.", value=6)
    assert (early.code, early.value["allowed"]) == ("not-in-this-phase", ["worries"])
    worry = await life.do(life.login, "write_consultation_entry", mapping, kind="worries", words="Die Nächte.")
    alone = {"kind": "worries", "words": "Er macht mir Angst.", "audience": "author"}
    hidden = await life.do(life.login, "write_consultation_entry", mapping, **alone)
    # Taking part in the case gives no right to it: that has who is there, as far as the author lets them hear it.
    assert (await life.as_(WORKER).one("consultation_entry", hidden["id"])).status == 404
    assert (await life.as_(WORKER).one("consultation_entry", worry["id"])).status == 200
    assert (await life.as_(his).one("case", life.case)).status == 200
    for comes, status in ((None, 404), (True, 200), (False, 404)):
        if comes is not None:
            await life.do(his, "answer_invitation", asked["id"], comes=comes)
        assert (await life.as_(his).one("consultation_entry", worry["id"])).status == status, comes
    told = "SELECT DISTINCT subject FROM delivery WHERE case_id = %s AND subject IN ('case', 'consultation_entry')"
    assert database.rows(told, life.case) == [("case",)], "nor is it put into a provider's mailbox"
    for kind in ("working_well", "needs_to_happen", "scale"):
        await life.do(WORKER, "next_phase", mapping)
        for who, value in ((life.login, 6), (WORKER, 4)):
            said = {"value": value} if kind == "scale" else {}
            await life.do(who, "write_consultation_entry", mapping, kind=kind, words="Probe", **said)
    beyond = await life.tries(WORKER, "write_consultation_entry", mapping, kind="scale", words="Probe", value=11)
    assert beyond.code == "invalid-input"
    view = "consultation_entries"
    kept = [each for each in (await life.as_(life.login).many(view)).rows if each["consultation_id"] == mapping]
    assert sorted(each["value"] for each in kept if each["kind"] == "scale") == [4, 6], "nothing is averaged"
    assert (await life.as_(MODERATOR).one("consultation_entry", kept[0]["id"])).status == 404
    mine = next(each["id"] for each in kept if each["author_id"] == str(PEOPLE[WORKER].actor_id))
    wrong = {"kind": "consultation_entry", "entry_id": mine, "because": "incorrect", "reason": "Nicht so gesagt"}
    await life.do(WORKER, "withdraw_entry", life.case, **wrong)
    assert (await life.as_(life.login).one("consultation_entry", mine)).status == 404
    for who, out in ((life.login, [mine]), (his, [])):
        withdrawn = (await life.as_(who).many("withdrawals", ("case", life.case))).rows
        assert [each["entry_id"] for each in withdrawn] == out, "that something was there hears who was there"
    await life.do(WORKER, "next_phase", mapping)
    await life.do(life.login, "choose_ideas", mapping, choice="Oma kommt abends.")
    refused = await life.tries(WORKER, "record_consultation_results", mapping, **FOLLOW_UP)
    assert (refused.code, refused.value["lacking"]) == ("method-not-followed", ["network"])
    there = await life.do(WORKER, "write_consultation_entry", mapping, kind="network", words="Der Falsche.")
    await life.do(WORKER, "withdraw_entry", life.case, **wrong | {"entry_id": there["id"]})
    refused = await life.tries(WORKER, "record_consultation_results", mapping, **FOLLOW_UP)
    assert refused.value["lacking"] == ["network"], "what was taken out is not there"
    await life.do(life.login, "write_consultation_entry", mapping, kind="network", words="Oma, jeden Abend um acht.")
    await life.do(WORKER, "record_consultation_results", mapping, **FOLLOW_UP)


async def test_what_goes_out_has_the_consent_of_whom_it_is_about_and_no_name_by_then(life: Life) -> None:
    consultation = await wished_for(life)
    await invite(life, consultation, MODERATOR, "moderator")
    await invite(life, consultation, EXPERT, "expert_by_experience")
    sketch = await life.do(WORKER, "write_sketch", consultation, words="Jemand schläft nicht, sagt Beispielweg.")
    told = await life.tries(life.login, "agree_to_consultation", consultation)
    assert told.code == "not-asked-yet", "nobody whom it is about is even invited"
    family = {"role": "family", "participant_id": str(life.addressee)}
    invited = await life.do(WORKER, "invite_to_consultation", consultation, **family)
    await life.do(life.login, "agree_to_consultation", consultation)
    told = await life.tries(WORKER, "release_sketch", sketch["id"])
    assert told.code == "not-consented-yet"
    assert "/answer" in (told.value.get("advice") or told.value["detail"])
    await life.do(life.login, "answer_invitation", invited["id"], comes=True)
    uncle = {"kind": "network_person", "name": "Onno Beispielweg"}
    await life.do(WORKER, "add_participant", life.case, **uncle)
    told = await life.tries(WORKER, "release_sketch", sketch["id"])
    assert told.code == "names-somebody", "people come into a case after the sketch was written"
    await life.do(WORKER, "change_sketch", sketch["id"], words="Jemand schläft nicht.")
    # A small child has come into the case since the worker read by what it could be recognised.
    born_on = (Clock().today() - timedelta(days=200)).isoformat()
    child = {"kind": "network_person", "name": "Enno Probe", "born_on": born_on}
    await life.do(WORKER, "add_participant", life.case, **child)
    told = await life.tries(WORKER, "release_sketch", sketch["id"])
    assert (told.code, "young_child" in told.value["rare_features"]) == ("rare-features-changed", True)
    assert "PATCH" in (told.value.get("advice") or told.value["detail"])
    await life.do(WORKER, "change_sketch", sketch["id"], words="Jemand schläft nicht.")
    await life.do(WORKER, "release_sketch", sketch["id"])

    async def is_out() -> bool:
        return (await life.as_(EXPERT).one("consultation_sketch", sketch["id"])).status == 200

    assert await is_out()
    # Whoever takes it back takes the sketch back, be it that they say so, be it that the yes was somebody else's.
    await life.do(life.login, "answer_invitation", invited["id"], comes=False)
    assert not await is_out(), "she has withdrawn her consent"
    await life.do(life.login, "answer_invitation", invited["id"], comes=True)
    assert not await is_out(), "it is let go out anew"
    await life.do(WORKER, "release_sketch", sketch["id"])
    # So does another whom it is about; nobody is passed over by not being invited. Who has left is not waited for.
    family["participant_id"] = str(new_id())
    await life.do(WORKER, "add_participant", life.case, id=family["participant_id"], kind="addressee", name="Bo Probe")
    assert not await is_out(), "nobody has asked the brother"
    assert (await life.tries(WORKER, "release_sketch", sketch["id"])).code == "not-consented-yet"
    asked = await life.do(WORKER, "invite_to_consultation", consultation, **family)
    await life.do(life.login, "agree_to_consultation", consultation)
    await life.do(WORKER, "answer_invitation", asked["id"], comes=False)
    assert (await life.tries(WORKER, "release_sketch", sketch["id"])).code == "not-consented-yet"
    await life.do(WORKER, "leave_case", family["participant_id"])
    await life.do(WORKER, "release_sketch", sketch["id"])
    assert await is_out()
    # So does somebody who is corrected to be one; while it is held, too, and then they are asked all the same.
    await life.do(WORKER, "schedule_consultation", consultation, **SAID["schedule_consultation"])
    sister = str(new_id())
    await life.do(WORKER, "add_participant", life.case, id=sister, kind="network_person", name="Li Probe")
    await life.do(WORKER, "begin_consultation", consultation)
    assert await is_out()
    await life.do(WORKER, "correct_participant", sister, kind="addressee")
    assert not await is_out(), "nobody has asked the sister"
    nobody = {"role": "moderator", "actor_id": str(PEOPLE[MODERATOR].actor_id)}
    assert (await life.tries(WORKER, "invite_to_consultation", consultation, **nobody)).code == "held-already"
    asked = await life.do(WORKER, "invite_to_consultation", consultation, **family | {"participant_id": sister})
    await life.do(WORKER, "answer_invitation", asked["id"], comes=True)
    assert (await life.as_(WORKER).one("consultation", consultation))["state"] == "held"
    await life.do(WORKER, "release_sketch", sketch["id"])
    assert await is_out()
    await life.do(WORKER, "undo_enrolment", life.addressee)
    assert not await is_out(), "it was somebody else who said yes"


async def test_nobody_is_asked_only_once_it_is_held_and_a_no_stays_a_no(life: Life) -> None:
    brother, his = str(new_id()), f"brother-{uuid4()}"
    await life.do(WORKER, "add_participant", life.case, id=brother, kind="addressee", name="Bo Probe")
    await life.enrol(brother, his)
    among_themselves = await wished_for(life, SAFETY_MAPPING)
    await consenting(life, among_themselves)
    await life.do(life.login, "agree_to_consultation", among_themselves)
    consultation = await wished_for(life)
    await consenting(life, consultation)
    expert = await invite(life, consultation, EXPERT, "expert_by_experience", comes=False)
    await life.do(EXPERT, "answer_invitation", expert["id"], comes=True)
    refused = await life.tries(life.login, "agree_to_consultation", consultation)
    assert refused.code == "not-asked-yet", "others would be told of him, too"
    assert "/invitations" in (refused.value.get("advice") or refused.value["detail"])
    # He need not sit there to be asked; that is for whoever leads the case to say, and for addressees alone.
    apart = {"role": "family", "participant_id": brother, "consents_only": True}
    assert (await life.tries(life.login, "invite_to_consultation", consultation, **apart)).code == "invalid-input"
    outside = {"role": "interpreter", "actor_id": str(PEOPLE[PEER_WORKER].actor_id), "consents_only": True}
    assert (await life.tries(WORKER, "invite_to_consultation", consultation, **outside)).code == "invalid-input"
    asked = await life.do(WORKER, "invite_to_consultation", consultation, **apart)
    assert (asked["consents_only"], asked["consent_label"]) == (True, "noch keine Antwort")
    await invite(life, consultation, MODERATOR, "moderator")
    for who, call in ((life.login, "agree_to_consultation"), (WORKER, "schedule_consultation")):
        await life.do(who, call, consultation, **SAID.get(call, {}))
    sketch = await life.do(WORKER, "write_sketch", consultation, words="Jemand schläft nicht.")
    await life.do(WORKER, "begin_consultation", consultation)
    assert (await life.tries(WORKER, "release_sketch", sketch["id"])).code == "not-consented-yet"
    told = await life.do(his, "answer_invitation", asked["id"], comes=False)
    assert told["consent_label"] == "ist nicht einverstanden"
    assert (await life.tries(WORKER, "invite_to_consultation", consultation, **apart)).code == "invalid-input"
    assert (await life.tries(WORKER, "answer_invitation", asked["id"], comes=True)).status == 403
    assert (await life.tries(WORKER, "release_sketch", sketch["id"])).code == "not-consented-yet"
    told = await life.do(his, "answer_invitation", asked["id"], comes=True)
    assert told["consent_label"] == "ist einverstanden"
    await life.do(WORKER, "release_sketch", sketch["id"])
    for _ in range(2):
        await life.do(WORKER, "next_phase", consultation)
    await life.do(EXPERT, "give_idea", expert["id"], words="Vorlesen")
    assert (await life.tries(his, "give_idea", asked["id"], words="Ich auch")).code == "no-ideas-now", "he is not there"


async def test_of_what_is_over_it_stays_on_record_that_it_went_out(life: Life) -> None:
    consultation = await wished_for(life)
    await consenting(life, consultation)
    sketch = await life.do(WORKER, "write_sketch", consultation, words="Jemand schläft nicht.")
    await life.do(life.login, "agree_to_consultation", consultation)
    await life.do(WORKER, "release_sketch", sketch["id"])
    await life.do(WORKER, "cancel_consultation", consultation, reason="Umzug")
    await life.do(WORKER, "add_participant", life.case, kind="addressee", name="Bo Probe")
    assert (await life.as_(WORKER).one("consultation_sketch", sketch["id"]))["released_at"] is not None


async def test_whoever_moderates_leads_through_to_the_end_without_reading_anything(life: Life) -> None:
    """Neither the family's plan nor who interprets is theirs to read; they need to know no more than that it is so."""
    council = await wished_for(life, STRENGTHS, interpreting="Ukrainisch")
    await consenting(life, council)
    interpreter = await invite(life, council, PEER_WORKER, "interpreter", comes=False)
    sketch = await life.do(WORKER, "write_sketch", council, words="Jemand schläft nicht.")
    await life.do(life.login, "agree_to_consultation", council)
    await life.do(WORKER, "release_sketch", sketch["id"])
    # The one who is asked first declines, and with that moderates no longer; the other learns what has gone out.
    invited = await invite(life, council, MODERATOR, "moderator", comes=False)
    assert (await life.as_(MODERATOR).one("consultation", council)).status == 404
    await life.do(MODERATOR, "answer_invitation", invited["id"], comes=True)
    assert (await life.as_(MODERATOR).one("consultation_sketch", sketch["id"])).status == 404, "nobody has agreed yet"
    await life.do(life.login, "agree_to_consultation", council)
    assert (await life.as_(MODERATOR).one("consultation_sketch", sketch["id"]))["words"] == "Jemand schläft nicht."
    await life.do(MODERATOR, "schedule_consultation", council, **SAID["schedule_consultation"])
    assert (await life.tries(MODERATOR, "begin_consultation", council)).code == "not-prepared-yet"
    await life.do(PEER_WORKER, "answer_invitation", interpreter["id"], comes=True)
    assert (await life.as_(MODERATOR).one("consultation_participant", interpreter["id"])).status == 404
    await life.do(MODERATOR, "begin_consultation", council)
    await life.do(MODERATOR, "give_idea", invited["id"], words="Die Bücherei")
    await life.do(MODERATOR, "next_phase", council)
    assert (await life.tries(MODERATOR, "next_phase", council)).code == "family-time"
    draft = await life.do(life.login, "write_family_draft", council, words="Bei der Tante.")
    plan = await life.do(life.login, "release_family_plan", draft["id"])
    assert (await life.as_(MODERATOR).one("family_plan", plan["id"])).status == 404
    await life.do(MODERATOR, "next_phase", council)


async def test_what_is_open_ends_with_the_case_and_for_those_from_outside(life: Life) -> None:
    consultation = await wished_for(life)
    expert = await invite(life, consultation, EXPERT, "expert_by_experience")
    await consenting(life, consultation)
    sketch = await life.do(WORKER, "write_sketch", consultation, words="Jemand schläft nicht.")
    await life.do(life.login, "agree_to_consultation", consultation)
    await life.do(WORKER, "release_sketch", sketch["id"])
    there = {"receiving_body": "Beratungsstelle", "accepted_by": "Leitung"}
    await life.do(WORKER, "redirect_case", life.case, **there)
    ended = await life.as_(WORKER).one("consultation", consultation)
    assert (ended["state"], ended["cancelled_because"]) == ("cancelled", "Der Fall ist abgegeben.")
    for language, said in (("en", "The case has been passed on."), ("de-simple", "Jemand anderes ist jetzt")):
        reader = replace(life.as_(life.login), language=language)  # type: ignore[type-var]
        told = await reader.one("consultation", consultation)
        assert told["cancelled_because"].startswith(said), "what nobody said themselves is said in each language"
    assert (await life.as_(EXPERT).one("consultation_sketch", sketch["id"])).status == 404
    assert (await life.tries(EXPERT, "answer_invitation", expert["id"], comes=True)).code == "consultation-over"


async def test_an_invitation_goes_with_the_login_of_whoever_is_invited(life: Life, database: Database) -> None:
    aunt, wrong, right = new_id(), f"wrong-{uuid4()}", f"aunt-{uuid4()}"
    await life.do(WORKER, "add_participant", life.case, id=str(aunt), kind="network_person", name="Tante Probe")
    council = await wished_for(life, FAMILY_COUNCIL)
    family = {"role": "family", "participant_id": str(aunt)}
    invited = await life.do(WORKER, "invite_to_consultation", council, **family)
    await life.enrol(aunt, wrong)
    await life.do(wrong, "answer_invitation", invited["id"], comes=True)
    assert (await life.as_(wrong).one("consultation", council)).status == 200, "whoever enrols later takes part as well"
    await life.do(WORKER, "undo_enrolment", aunt)
    cut_off = await life.as_(WORKER).one("consultation_participant", invited["id"])
    assert (cut_off["actor_id"], cut_off["consent"]) == (None, "asked"), "it was somebody else who said yes"
    await life.enrol(aunt, right)
    await life.do(right, "answer_invitation", invited["id"], comes=True)
    assert (await life.as_(right).one("consultation", council)).status == 200
    # What somebody offered through a login that was not theirs is no longer to be had.
    soon = (Clock().today() + timedelta(days=30)).isoformat()
    offer = await life.do(life.login, "make_offer", life.case, words="Fahrräder", until=soon, share=True)
    await life.do(WORKER, "undo_enrolment", life.addressee)
    both = "offer JOIN shared_offer shared ON shared.id = shared_id WHERE offer.id = %s"
    withdrawn = database.rows(f"SELECT offer.withdrawn_on = shared.withdrawn_on FROM {both}", offer["id"])
    assert withdrawn == [(True,)]


def test_what_was_begun_before_goes_on_by_its_own_edition(database: Database) -> None:
    everywhere = """SELECT edition, replaced_on IS NULL, required_roles = '{}', count(*) FROM consultation_method
                    WHERE authority_id IS NULL GROUP BY 1, 2, 3 ORDER BY 1"""
    assert database.rows(everywhere) == [(1, False, True, 5), (2, True, False, 5)]
    phases = """SELECT count(*) FROM consultation_phase phase JOIN consultation_method method ON method.id = method_id
                WHERE method.authority_id IS NULL GROUP BY edition"""
    assert database.rows(phases) == [(20,), (20,)]


async def test_a_county_adds_a_method_of_its_own(life: Life, as_: As, face: str, database: Database) -> None:
    phase = {"name_de": "Erzählen", "name_en": "telling", "name_simple": "Sie erzählen.", "records": ["choice"]}
    names = {"name_de": "Runde", "name_en": "round", "name_simple": "Wir reden zusammen."}
    said: dict[str, Any] = {
        "authority_id": str(PEOPLE[WORKER].authority_id),
        "code": f"round_table_{face}",
        "roles": ["family"],
    }
    said |= names | {"phases": [phase]}
    assert (await life.tries("regional_manager", "add_consultation_method", **said)).status == 403, "of a region alone"
    made = await life.do("integrated_planner", "add_consultation_method", **said)
    consultation = await wished_for(life, made["id"])
    assert (await as_(WORKER).one("consultation", consultation))["method_id"] == made["id"]
    assert (await life.tries("integrated_planner", "add_consultation_method", **said)).code == "invalid-input", "taken"
    changed = {name: said[name] for name in ("roles", *names)} | {
        "phases": [phase, phase],
        "required_roles": ["family"],
    }
    newer = await life.do("integrated_planner", "change_consultation_method", made["id"], **changed)
    assert (newer["code"], newer["edition"]) == (said["code"], 2)
    assert (await as_(WORKER).one("consultation", consultation))["method_id"] == made["id"], "what runs keeps its own"
    old = await life.tries(life.login, "request_consultation", life.case, method_id=made["id"], question="Wie?")
    assert old.code == "invalid-input"
    again = await life.tries("integrated_planner", "change_consultation_method", made["id"], **changed)
    assert again.code == "method-replaced"
    wrong = said | {"phases": [phase | {"family_time": True}], "roles": ["moderator"]}
    assert (await life.tries("integrated_planner", "add_consultation_method", **wrong)).code == "invalid-input"
    wrong = {"id": str(new_id()), **changed, "phases": [phase | {"family_time": True, "records": ["worries"]}]}
    refused = await life.tries("integrated_planner", "change_consultation_method", newer["id"], **wrong)
    assert refused.code == "invalid-input", "in family time nothing is written down for others"
    # Of a template that says so from before, nothing is all the same.
    set_so = "UPDATE consultation_phase SET family_time = true, records = '{ideas,worries}' WHERE method_id = %s"
    database.rows(f"{set_so} RETURNING 1", made["id"])
    invited = await consenting(life, consultation)
    for who, call in ((life.login, "agree_to_consultation"), (WORKER, "schedule_consultation")):
        await life.do(who, call, consultation, **SAID.get(call, {}))
    await life.do(WORKER, "begin_consultation", consultation)
    for who in (WORKER, life.login):
        told = await life.tries(who, "write_consultation_entry", consultation, kind="worries", words="Probe")
        assert (told.code, told.value["allowed"]) == ("not-in-this-phase", [])
    assert (await life.tries(life.login, "give_idea", invited, words="Probe")).code == "no-ideas-now"
