"""People of a case: whom they represent, what is corrected of them, which languages they speak, and that they leave."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from service.domain.clock import Clock, majority
from service.domain.values import new_id
from tests.cases.conftest import WORKER, Life
from tests.cases.test_consultations import invite, wished_for
from tests.cases.test_families import asking
from tests.conftest import Database

pytestmark = pytest.mark.anyio
TODAY = Clock().today()
YESTERDAY = (TODAY - timedelta(days=1)).isoformat()
ENDS = "SELECT valid_to FROM case_access WHERE participant_id = %s ORDER BY valid_from"


def born(years: int) -> date:
    """The day on which somebody was born who comes of age so many years after 18 ago."""
    return date(TODAY.year - years, 1, 1)


async def joined(life: Life, kind: str, name: str = "Jo Probe", **said: Any) -> str:
    said = {"id": str(new_id()), "kind": kind, "name": name, **said}
    return str((await life.do(WORKER, "add_participant", life.case, **said))["id"])


async def sees(life: Life, who: str) -> bool:
    return (await life.as_(who).one("case", life.case)).status == 200


async def test_custody_is_over_each_child_by_itself_and_access_ends_with_the_last(
    life: Life, database: Database
) -> None:
    """The adult whom the case is about, too, ends nobody's: she is who began it."""
    elder, younger = [await joined(life, "addressee", born_on=str(born(years))) for years in (16, 10)]
    several = {"kind": "custodian", "name": "Jo Probe"}
    assert (await life.tries(WORKER, "add_participant", life.case, **several)).code == "invalid-input", "whom?"
    of_age = await life.tries(WORKER, "add_participant", life.case, **several, represents=[str(life.addressee)])
    assert of_age.code == "invalid-input"
    father, login = await joined(life, "custodian", represents=[elder, younger]), f"father-{uuid4()}"
    await life.enrol(UUID(father), login)
    assert database.rows(ENDS, father) == [(majority(born(10)),)]
    query = "SELECT id, starts_on FROM representation WHERE participant_id = %s AND represented_id = %s"
    ((of_younger, since),) = database.rows(query, father, younger)
    assert since == TODAY
    told = await life.as_(login).one("representation", of_younger)
    assert (told["represented_id"], told["ends_on"]) == (younger, None)
    assert (await life.tries(login, "change_representation", of_younger, ends_on=None)).code == "forbidden"
    soon, later = (TODAY + timedelta(days=30)).isoformat(), (TODAY + timedelta(days=300)).isoformat()
    await life.do(WORKER, "correct_participant", father, born_on="1980-02-03")
    offers = [
        (await life.do(login, "make_offer", life.case, words="Räder", until=day, share=True))["id"]
        for day in (soon, later)
    ]
    shared = "SELECT until, withdrawn_on FROM shared_offer WHERE id = (SELECT shared_id FROM offer WHERE id = %s)"
    # A court ends it for one of them.
    early = await life.tries(WORKER, "change_representation", of_younger, starts_on=str(TODAY), ends_on=YESTERDAY)
    assert early.code == "invalid-input"
    await life.do(WORKER, "change_representation", of_younger, starts_on=YESTERDAY, ends_on=YESTERDAY)
    assert (database.rows(ENDS, father), await sees(life, login)) == ([(majority(born(16)),)], True)
    ((of_elder, _),) = database.rows(query, father, elder)
    in_a_week = TODAY + timedelta(days=7)
    await life.do(WORKER, "change_representation", of_elder, starts_on=YESTERDAY, ends_on=str(in_a_week))
    assert [database.rows(shared, each) for each in offers] == [[(in_a_week, None)]] * 2, (
        "nobody could take it back then"
    )
    await life.do(WORKER, "change_representation", of_elder, ends_on=YESTERDAY)
    assert not await sees(life, login), "of the last one: at once"
    assert [database.rows(shared, each) for each in offers] == [[(in_a_week, TODAY)]] * 2
    assert (await life.tries(login, "enrol", code=(await code_for(life, father)))).code == "not-to-be-enrolled"
    # Restored: with a new code, and the same login.
    twice = await life.tries(WORKER, "represent", of_elder, represented_id=elder)
    assert twice.status == 404, "it is somebody who represents, not a representation"
    await life.do(WORKER, "represent", father, represented_id=elder)
    assert (await life.tries(WORKER, "represent", father, represented_id=elder)).code == "invalid-input"
    assert not await sees(life, login), "what has ended stays closed"
    await life.do(login, "enrol", code=await code_for(life, father))
    assert await sees(life, login)


async def code_for(life: Life, participant: str) -> str:
    return str((await life.do(WORKER, "issue_enrolment_code", participant))["code"])


async def test_an_access_that_has_ended_is_not_moved_by_custody(life: Life, database: Database) -> None:
    child = await joined(life, "addressee", born_on=str(born(10)))
    mother, login = await joined(life, "custodian"), f"mother-{uuid4()}"
    await life.enrol(UUID(mother), login)
    ((access,),) = database.rows("SELECT id FROM case_access WHERE participant_id = %s", mother)
    await life.do(WORKER, "end_case_access", access)
    ended = database.rows(ENDS, mother)
    for born_on in (str(born(17)), str(born(30)), str(born(9)), None, str(born(8))):
        await life.do(WORKER, "correct_participant", child, born_on=born_on)
        assert (database.rows(ENDS, mother), await sees(life, login)) == (ended, False)


async def test_a_wrong_year_of_birth_ends_custody_and_the_right_one_goes_on_with_it(
    life: Life, database: Database
) -> None:
    child = await joined(life, "addressee", name="Mika Neu", born_on=str(born(30)))
    mother, login = await joined(life, "custodian"), f"mother-{uuid4()}"
    refused = await life.tries(login, "enrol", code=await code_for(life, mother))
    assert refused.code == "not-to-be-enrolled", "there was nobody to have custody of: closed rather than open"
    await life.do(WORKER, "correct_participant", child, born_on=str(born(10)))
    await life.do(WORKER, "represent", mother, represented_id=child)
    await life.enrol(UUID(mother), login)
    assert database.rows(ENDS, mother) == [(majority(born(10)),)]
    await life.do(WORKER, "correct_participant", child, born_on=str(born(19)))
    assert not await sees(life, login)
    await life.do(WORKER, "correct_participant", child, born_on=str(born(11)))
    assert (await sees(life, login), database.rows(ENDS, mother)) == (True, [(majority(born(11)),)])
    await life.do(WORKER, "correct_participant", child, born_on=None)
    assert database.rows(ENDS, mother) == [(None,)], "of a day that is not known there is no end"
    future = (TODAY + timedelta(days=1)).isoformat()
    assert (await life.tries(WORKER, "correct_participant", child, born_on=future)).code == "invalid-input"


async def test_a_corrected_name_is_found_and_the_former_one_is_sealed(life: Life, database: Database) -> None:
    name, former = f"Alex Nordlicht {uuid4().hex[:6]}", f"Vorname Ehemals {uuid4().hex[:6]}"
    person = await joined(life, "addressee", name=former, born_on="2001-02-03")
    last = "SELECT coalesce(max(sequence), 0) FROM event"
    ((since,),) = database.rows(last)
    told = await life.do(WORKER, "correct_participant", person, name=name)
    assert (told["name"], told["born_on"]) == (name, "2001-02-03"), "what is left out stays"
    for asked, known in ((name, True), (former, False)):
        answer = await life.do(WORKER, "ask_whether_known", **asking(asked, "2001-02-03"))
        assert answer["known"] is known, "nobody learns of the name they had"
    recorded = "SELECT kind, actor_id IS NOT NULL FROM event WHERE sequence > %s AND subject_id = %s"
    assert database.rows(recorded, since, person) == [("participant.correct", True)]
    for table in ("event", "audit_entry", "receipt", "delivery", "person", "former_name"):
        found = f"SELECT FROM {table} each WHERE each::text ~* '{former.split()[-1]}'"
        assert database.rows(found) == [], table
    ((kept,),) = database.rows("SELECT count(*) FROM former_name WHERE participant_id = %s", person)
    assert kept == 1
    # Not by mistake, either: what goes to those from outside names nobody by it.
    consultation = await wished_for(life)
    named = await life.tries(WORKER, "write_sketch", consultation, words="Früher hieß sie Ehemals.")
    assert named.code == "invalid-input"
    # Without a day of birth nobody is found, and in another part than the family's neither.
    await life.do(WORKER, "correct_participant", person, born_on=None)
    assert (await life.do(WORKER, "ask_whether_known", **asking(name, "2001-02-03")))["known"] is False
    await life.do(WORKER, "correct_participant", person, born_on="2001-02-04")
    assert (await life.do(WORKER, "ask_whether_known", **asking(name, "2001-02-04")))["known"] is True
    await life.do(WORKER, "correct_participant", person, kind="network_person")
    assert (await life.do(WORKER, "ask_whether_known", **asking(name, "2001-02-04")))["known"] is False


async def test_correcting_is_for_whoever_leads_on_a_version_and_while_nothing_rests_on_it(life: Life) -> None:
    person = await joined(life, "network_person", name="Oma Probe")
    worker = life.as_(WORKER)
    for who in (life.login, "second_case_worker"):
        told = await life.tries(who, "correct_participant", person, name="Anders")
        assert told.status == (403 if who == life.login else 404)
    assert (await worker.do("correct_participant", person, 7, name="Anders")).code == "version-stale"
    # What somebody is, as long as nothing rests on it.
    said = {"kind": "custodian", "representation": "attorney"}
    assert (await life.tries(WORKER, "correct_participant", person, **said)).code == "invalid-input"
    said = {"kind": "custodian", "representation": "guardian"}
    code = await code_for(life, person)
    told = await life.do(WORKER, "correct_participant", person, **said)
    assert (told["kind"], told["representation"], told["name"]) == ("custodian", "guardian", "Oma Probe")
    assert (await life.tries(f"oma-{uuid4()}", "enrol", code=code)).code == "code-refused", "it was for another part"
    told = await life.do(WORKER, "correct_participant", person, kind="network_person")
    assert (told["kind"], told["representation"]) == ("network_person", None)
    trusted = await life.do(life.login, "name_trusted_person", life.case, name="Tante Trude")
    theirs = {str(life.addressee): "network_person", trusted["id"]: "addressee", person: "trusted_person"}
    for who, kind in theirs.items():
        settled = await life.tries(WORKER, "correct_participant", who, kind=kind)
        assert (settled.status, settled.code) == (409, "kind-is-settled"), kind


async def test_everybody_says_themselves_which_languages_they_speak(life: Life) -> None:
    told = await life.do(life.login, "say_languages", life.addressee, speaks=["uk", "en"], language="en")
    assert (told["speaks"], told["language"], told["needs_interpreter"]) == (["uk", "en"], "en", True)
    told = await life.do(WORKER, "say_languages", life.addressee, speaks=["de-AT", "uk"])
    assert (told["speaks"], told["language"], told["needs_interpreter"]) == (["de-AT", "uk"], "en", False)
    mother = await joined(life, "network_person", speaks=["ar"])
    assert (await life.tries(life.login, "say_languages", mother, speaks=["fr"])).code == "forbidden"
    assert (await life.tries(WORKER, "say_languages", mother, speaks=["Deutsch!"])).code == "invalid-input"
    nothing = await joined(life, "network_person")
    told = await life.as_(WORKER).one("participant", nothing)
    assert (told["speaks"], told["needs_interpreter"]) == ([], False), "of whoever has not said nothing is known"


async def test_by_another_language_a_family_can_be_recognised(life: Life) -> None:
    consultation = await wished_for(life)
    sketch = await life.do(WORKER, "write_sketch", consultation, words="Jemand schläft nicht.")
    assert "other_language" not in sketch["rare_features"]
    await joined(life, "network_person", speaks=["uk"])  # whom the service addresses in German: it speaks no Ukrainian
    sketch = await life.do(WORKER, "change_sketch", sketch["id"], words="Jemand schläft noch immer nicht.")
    assert "other_language" in sketch["rare_features"]


async def test_who_leaves_a_case_has_no_way_in_until_they_come_back(life: Life, database: Database) -> None:
    child, login = await joined(life, "addressee", name="Jule Probe", born_on=str(born(10))), f"child-{uuid4()}"
    mother, hers = await joined(life, "custodian"), f"mother-{uuid4()}"
    await life.enrol(UUID(child), login)
    await life.enrol(UUID(mother), hers)
    friend, theirs = await life.do(login, "name_trusted_person", life.case, name="Bo"), f"friend-{uuid4()}"
    await life.enrol(UUID(friend["id"]), theirs)
    assert [await sees(life, who) for who in (login, hers, theirs)] == [True] * 3
    consultation = await wished_for(life)
    await invite(life, consultation, "social_space_manager", "moderator")
    family = {"role": "family", "participant_id": child}
    invited = await life.do(WORKER, "invite_to_consultation", consultation, **family)
    aunt = await joined(life, "network_person")
    she = await life.do(WORKER, "invite_to_consultation", consultation, role="family", participant_id=aunt)
    code = await code_for(life, aunt)
    for wrong in ((TODAY + timedelta(days=1)).isoformat(), (TODAY - timedelta(days=9)).isoformat()):
        assert (await life.tries(WORKER, "leave_case", child, left_on=wrong)).code == "invalid-input"
    assert (await life.tries(login, "leave_case", child)).code == "forbidden"
    left = await life.do(WORKER, "leave_case", child)
    assert (left["joined_on"], left["left_on"]) == (str(TODAY), str(TODAY))
    await life.do(WORKER, "leave_case", aunt)
    assert (await life.tries(WORKER, "leave_case", child)).code == "not-present"
    # With them whom they trust, and who represented nobody else; codes and invitations too.
    assert [await sees(life, who) for who in (login, hers, theirs, life.login)] == [False, False, False, True]
    assert (await life.tries(f"aunt-{uuid4()}", "enrol", code=code)).code == "code-refused"
    assert (await life.tries(WORKER, "issue_enrolment_code", child)).code == "not-to-be-enrolled"
    told = await life.as_(WORKER).one("consultation_participant", invited["id"])
    assert told["consent"] == "refused"
    assert (await life.tries(WORKER, "answer_invitation", she["id"], comes=True)).code == "consultation-over"
    other = await wished_for(life)
    assert (await life.tries(WORKER, "invite_to_consultation", other, **family)).code == "invalid-input"
    # The list is of those who are there; who has left stays readable by their id.
    assert {child, aunt}.isdisjoint({each["id"] for each in (await listed(life)).rows})
    assert (await life.as_(WORKER).one("participant", child))["name"] == "Jule Probe"
    # And back again, by a new code and with the same login.
    assert (await life.tries(WORKER, "return_to_case", life.addressee)).code == "not-gone"
    assert (await life.do(WORKER, "return_to_case", child))["left_on"] is None
    told = await life.as_(WORKER).one("consultation_participant", invited["id"])
    assert told["consent"] == "asked", "they are asked anew"
    assert child in {each["id"] for each in (await listed(life)).rows}
    assert [await sees(life, who) for who in (login, hers, theirs)] == [False] * 3, "what has ended stays closed"
    await life.do(login, "enrol", code=await code_for(life, child))
    await life.do(hers, "enrol", code=await code_for(life, mother))
    assert [await sees(life, who) for who in (login, hers, theirs)] == [True, True, False]
    assert database.rows(ENDS, mother)[-1] == (majority(born(10)),)


async def listed(life: Life) -> Any:
    return await life.as_(WORKER).many("participants", ("case", life.case))


async def test_those_who_have_left_are_listed_apart(life: Life, client_of: Any) -> None:
    gone = await joined(life, "network_person", name="Nachbar Gestern")
    await life.do(WORKER, "leave_case", gone)
    worker, path = client_of(WORKER), f"/v1/cases/{life.case}/participants"
    found = (await worker.get(path, params={"former": "true"})).json()["items"]
    assert [(each["id"], each["left_on"]) for each in found] == [(gone, str(TODAY))]
    query = "query($id: UUID) { participants(first: 9, where: {caseId: $id, former: true}) { nodes { id leftOn } } }"
    asked = {"query": query, "variables": {"id": str(life.case)}}
    told = (await worker.post("/graphql", json=asked)).json()["data"]["participants"]["nodes"]
    assert told == [{"id": gone, "leftOn": str(TODAY)}]


async def test_whoever_uses_a_code_waits_for_the_case_and_holds_nothing_meanwhile(
    life: Life, client_of: Any, database: Database
) -> None:
    """First the case, then its codes, as whoever makes or stops them: nobody waits for the other in a circle."""
    uncle, his = await joined(life, "network_person"), f"uncle-{uuid4()}"
    code = (await life.do(WORKER, "issue_enrolment_code", uncle))["code"]
    waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with psycopg.connect(database.superuser) as making:
        making.execute("SELECT FROM case_sketch WHERE case_id = %s FOR NO KEY UPDATE", [life.case])
        enrolling = asyncio.create_task(client_of(his).post("/v1/enrolments", json={"code": code}))
        for _ in range(500):
            if database.rows(waiting):
                break
            await asyncio.sleep(0.02)
        void = "SELECT id FROM enrolment_code WHERE participant_id = %s AND used_at IS NULL FOR UPDATE NOWAIT"
        (id,) = making.execute(void.encode(), [uncle]).fetchone() or (None,)
        making.execute("UPDATE enrolment_code SET expires_at = now() WHERE id = %s", [id])
    refused = await enrolling
    assert (refused.status_code, refused.json()["code"]) == (409, "code-refused"), "void by the time it was its turn"
