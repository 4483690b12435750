"""A child is counselled without their custodians' knowledge, for as long as somebody says that the reason holds."""

from datetime import timedelta
from typing import Any

import pytest

from service.demo import UNTERHACHING
from service.domain.clock import Clock, birthday
from service.domain.values import new_id
from tests.cases.conftest import WORKER, As, Life
from tests.cases.test_families import asking
from tests.conftest import Database

pytestmark = pytest.mark.anyio
TODAY = Clock().today()
SAID = {"because": "Zu Hause würde es schlimmer.", "review_on": TODAY.isoformat()}


async def test_no_custodian_gets_in_until_somebody_ends_it(as_: As) -> None:
    life = await Life(as_).begin(birthday(TODAY, -14).isoformat())
    mother, login = new_id(), f"mother-{new_id()}"
    who = {"id": str(mother), "kind": "custodian", "name": "Vera Probe", "born_on": "1980-02-03"}
    await life.do(WORKER, "add_participant", life.case, **who)
    before = (await life.do(WORKER, "issue_enrolment_code", mother))["code"]
    kept = await life.do(WORKER, "keep_counselling_confidential", life.addressee, **SAID)
    assert (await as_(login).do("enrol", code=before)).status >= 400, "codes that were made stop working"
    refused = await life.tries(WORKER, "issue_enrolment_code", mother)
    assert refused.code == "not-to-be-enrolled"
    mine = await life.as_(life.login).many("confidential_counsellings")
    assert [each["because"] for each in mine.rows] == [SAID["because"]], "they know why"
    assert (await life.tries(life.login, "end_confidentiality", kept["id"], because="P")).status == 403
    due = [each for each in (await life.as_(WORKER).many("due_items")).rows if each["id"] == kept["id"]]
    assert [each["kind"] for each in due] == ["confidentiality_review"], "it is looked at again, and ends by no timer"
    later = (TODAY + timedelta(days=30)).isoformat()
    said = {"because": "Es ist noch so.", "review_on": later}
    again = await life.do(WORKER, "look_at_confidentiality_again", kept["id"], **said)
    assert [each in again["because"] for each in (SAID["because"], "Es ist noch so.")] == [True, True], "both stay"
    assert (await life.tries(WORKER, "issue_enrolment_code", mother)).code == "not-to-be-enrolled"
    await life.do(WORKER, "end_confidentiality", kept["id"], because="Er hat es ihnen gesagt.")
    told = await life.tries(WORKER, "end_confidentiality", kept["id"], because="P")
    assert told.code == "not-confidential-any-more"
    await life.enrol(mother, login)
    hers = await life.as_(login).many("confidential_counsellings")
    assert hers.rows == [], "what was kept from her then is not told her now"


async def test_where_a_custodian_reads_it_takes_a_case_of_its_own(as_: As) -> None:
    life = await Life(as_).begin(birthday(TODAY, -14).isoformat())
    mother = new_id()
    who = {"id": str(mother), "kind": "custodian", "name": "Vera Probe", "born_on": "1980-02-03"}
    await life.do(WORKER, "add_participant", life.case, **who)
    await life.enrol(mother, f"mother-{mother}")
    refused = await life.tries(WORKER, "keep_counselling_confidential", life.addressee, **SAID)
    assert refused.code == "custodians-read-here"
    assert "/v1/cases" in (refused.value.get("advice") or refused.value["detail"])


async def test_it_is_for_minors(life: Life) -> None:
    told = await life.tries(WORKER, "keep_counselling_confidential", life.addressee, **SAID)
    assert told.code == "no-minor-to-counsel"


async def test_of_its_people_nobody_reads_it_but_who_is_counselled_and_whom_they_trust(
    as_: As, database: Database
) -> None:
    """Parents are addressees, too, and a sibling lets in whom they like."""
    life = await Life(as_).begin(birthday(TODAY, -14).isoformat())
    mother, login = str(new_id()), f"mother-{new_id()}"
    await life.do(WORKER, "add_participant", life.case, id=mother, kind="addressee", name="Vera Probe")
    before = (await life.do(WORKER, "issue_enrolment_code", mother))["code"]
    await life.do(WORKER, "keep_counselling_confidential", life.addressee, **SAID)
    assert (await as_(login).do("enrol", code=before)).status >= 400, "codes that were made stop working"
    longer = "UPDATE enrolment_code SET expires_at = now() + interval '1 day' WHERE participant_id = %s RETURNING 1"
    assert database.rows(longer, mother)
    assert (await as_(login).do("enrol", code=before)).code == "code-refused", "nor does one that was missed"
    assert (await life.tries(WORKER, "issue_enrolment_code", mother)).code == "not-to-be-enrolled"
    friend = (await life.do(life.login, "name_trusted_person", life.case, name="Fee Probe"))["id"]
    await life.enrol(friend, f"friend-{friend}")
    another = await Life(as_).begin(birthday(TODAY, -14).isoformat())
    theirs = str(new_id())
    await another.do(WORKER, "add_participant", another.case, id=theirs, kind="addressee", name="Vera Probe")
    await another.enrol(theirs, f"mother-{theirs}")
    refused = await another.tries(WORKER, "keep_counselling_confidential", another.addressee, **SAID)
    assert refused.code == "custodians-read-here"


async def test_a_corrected_birthday_lets_no_custodian_back_in(as_: As) -> None:
    life = await Life(as_).begin(birthday(TODAY, -14).isoformat())
    mother, login = str(new_id()), f"mother-{new_id()}"
    who = {"id": mother, "kind": "custodian", "name": "Vera Probe", "born_on": "1980-02-03"}
    await life.do(WORKER, "add_participant", life.case, **who)
    await life.enrol(mother, login)
    await life.do(WORKER, "correct_participant", life.addressee, born_on=birthday(TODAY, -19).isoformat())
    assert (await as_(login).one("case", life.case)).status == 404
    sister = str(new_id())
    await life.do(WORKER, "add_participant", life.case, id=sister, kind="addressee", name="Li Probe")
    await life.do(WORKER, "leave_case", life.addressee)
    await life.do(WORKER, "keep_counselling_confidential", sister, **SAID)
    await life.do(WORKER, "return_to_case", life.addressee)
    await life.do(WORKER, "correct_participant", life.addressee, born_on=birthday(TODAY, -14).isoformat())
    assert (await as_(login).one("case", life.case)).status == 404, "the sister is counselled there by now"


async def test_a_duplicate_that_is_counselled_twice_is_merged_once_one_has_ended(as_: As) -> None:
    life = Life(as_)
    await life.do(WORKER, "open_case", id=str(life.case), social_space_id=str(UNTERHACHING), title="Ruhe")
    kept, old = str(new_id()), str(new_id())
    for each in (kept, old):  # of many who come no day of birth is known yet
        await life.do(WORKER, "add_participant", life.case, id=each, kind="addressee", name="Li Probe")
        row = await life.do(WORKER, "keep_counselling_confidential", each, **SAID)
    refused = await life.tries(WORKER, "merge_participant", old, into_id=kept)
    assert (refused.code, "counselled" in refused.value["reason"]) == ("not-one-person", True)
    await life.do(WORKER, "end_confidentiality", row["id"], because="Doppelt.")
    await life.do(WORKER, "merge_participant", old, into_id=kept)


async def test_whether_they_are_known_is_told_to_whoever_protects_them_alone(as_: As) -> None:
    """Nobody rings the parents by it: neither of the child, nor of its mother, also who is added later."""
    life = await Life(as_).begin(birthday(TODAY, -14).isoformat())
    name = f"Vera {new_id()}"
    who: dict[str, Any] = {"kind": "custodian", "name": name, "born_on": "1980-02-03"}
    kept = await life.do(WORKER, "keep_counselling_confidential", life.addressee, **SAID)
    await life.do(WORKER, "add_participant", life.case, **who)

    async def known(purpose: str) -> bool:
        asked = asking(name, who["born_on"], purpose=purpose)
        told = await life.do("second_case_worker", "ask_whether_known", **asked)
        assert len(told.value["offices"]) == told["known"], told
        return bool(told["known"])

    assert (await known("case_work"), await known("protection")) == (False, True)
    await life.do(WORKER, "end_confidentiality", kept["id"], because="Er hat es ihnen gesagt.")
    assert await known("case_work")
