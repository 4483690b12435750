"""Whose claim it is says the law of the day; custodians are told of what a young person applies for themselves; and of
help outside the family the perspective is cleared up."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from service.api import app
from service.demo import AUTHORITY
from service.domain.clock import Clock, birthday, midnight
from service.domain.values import new_id
from service.settings import Settings
from tests.conftest import Database, serve
from tests.decisions.conftest import COLLEAGUE, LEAD, As, Plan, new_space
from tests.faces import Rest

pytestmark = pytest.mark.anyio
TODAY = Clock().today()


async def a_plan(as_: As, database: Database, age: int) -> Plan:
    return await Plan(as_, database, new_space(database)).begin(birthday(TODAY, -age).isoformat())


async def mother_of(plan: Plan) -> str:
    mother = str(new_id())
    said: dict[str, Any] = {"kind": "custodian", "name": "Vera Loopgarten", "born_on": "1984-02-03"}
    told = await plan.worker.do("add_participant", plan.case, id=mother, **said)
    assert told.status == 201, told
    return mother


async def planned(plan: Plan) -> Any:
    reviews = (await plan.worker.many("reviews", ("case", plan.case))).rows
    (found,) = [each for each in reviews if (each["kind"], each["state"]) == ("support_review", "planned")]
    return found


async def applied(plan: Plan, element: str, holder: object, who: str = LEAD) -> Any:
    return await plan.as_(who).do("apply_for_element", element, 1, claim_holder_id=str(holder))


async def test_a_claim_is_whose_the_law_makes_it_on_that_day(as_: As, database: Database) -> None:
    plan = await a_plan(as_, database, 16)
    mother = await mother_of(plan)
    for kind, theirs, others, paragraph in (
        ("parenting_assistant", mother, plan.addressee, "§ 27 SGB VIII"),
        ("integration_assistance", plan.addressee, mother, "§ 35a SGB VIII"),
    ):
        element = await plan.element(support_kind=kind)
        refused = await applied(plan, element, others)
        assert (refused.code, refused.value["paragraph"]) == ("not-their-claim", paragraph)
        assert (await applied(plan, element, theirs)).status == 200
    grown = await a_plan(as_, database, 19)
    uncle = await mother_of(grown)
    element = await grown.element()
    assert (await applied(grown, element, uncle)).value["paragraph"] == "§ 41 SGB VIII"
    assert (await applied(grown, element, grown.addressee)).status == 200


async def test_the_law_is_reference_data_with_dates(plan: Plan, database: Database) -> None:
    """What holds no longer, or not yet, is checked no longer, or not yet; everybody reads it."""
    rows = (await plan.as_(None).many("legal_claims")).rows
    applied_for = {each["paragraph"] for each in rows if each["upon_application"]}
    assert applied_for == {"§ 27 SGB VIII", "§ 35a SGB VIII", "§ 41 SGB VIII"}
    assert {each["paragraph"] for each in rows} == applied_for | {"§ 8(3) SGB VIII", "§ 42 SGB VIII"}
    assert all(each["valid_from"] and each["source"] for each in rows)
    for column, day in (("valid_to", TODAY), ("valid_from", TODAY + timedelta(days=1))):
        grown = await a_plan(plan.as_, database, 19)
        element, uncle = await grown.element(), await mother_of(grown)
        before = database.rows("SELECT valid_from, valid_to FROM legal_claim WHERE paragraph LIKE '§ 41%%'")[0]
        changed = f"UPDATE legal_claim SET {column} = %s WHERE paragraph LIKE '§ 41%%' RETURNING id"
        try:
            database.rows(changed, day)
            assert (await applied(grown, element, uncle)).status == 200, "no row speaks"
        finally:
            back = "UPDATE legal_claim SET valid_from = %s, valid_to = %s WHERE paragraph LIKE '§ 41%%' RETURNING id"
            database.rows(back, *before)


async def test_custodians_are_told_of_what_a_young_person_applies_for(as_: As, database: Database) -> None:
    plan = await a_plan(as_, database, 16)
    mother = await mother_of(plan)
    element = await plan.element(cost=None)
    assert (await applied(plan, element, mother, plan.login)).status == 200, "from 15 on they apply themselves"
    refused = await plan.decide(element, 2, amount=None, reasons="P", remedy_notice="P", outcome="refused")
    assert refused.code == "custodians-to-be-told"
    assert "/tell-custodians" in (refused.value.get("advice") or refused.value["detail"])
    both = await plan.worker.do(
        "tell_custodians", element, 2, told_on=TODAY.isoformat(), not_told_because="Sie fürchtet Streit."
    )
    assert both.code == "invalid-input"
    told = await plan.worker.do("tell_custodians", element, 2, told_on=TODAY.isoformat())
    assert told["custodians_told_on"] == TODAY.isoformat()
    decided = await plan.decide(element, 3, amount=None, reasons="P", remedy_notice="P", outcome="refused")
    assert decided.status == 201, decided
    other = await plan.element(cost=None)
    assert (await applied(plan, other, mother)).status == 200
    assert (await plan.worker.do("tell_custodians", other, 2, told_on=TODAY.isoformat())).code == (
        "not-their-own-application"
    )


async def test_why_they_are_not_told_is_for_whoever_leads_and_only_where_they_do_not_read(
    as_: As, database: Database
) -> None:
    plan = await a_plan(as_, database, 16)
    mother = await mother_of(plan)
    element = await plan.element(cost=None, support_kind="integration_assistance")
    assert (await applied(plan, element, plan.addressee, plan.login)).status == 200
    why = {"not_told_because": "Sie fürchtet Streit."}
    code = (await plan.worker.do("issue_enrolment_code", mother))["code"]
    told = await plan.worker.do("tell_custodians", element, 2, **why)
    assert told["custodians_not_told_because"] == why["not_told_because"]
    mine = await plan.as_(plan.login).one("element", element)
    assert (len(mine["withheld"]), mine.value.get("custodians_not_told_because")) == (1, None)
    assert (await as_(f"mother-{mother}").do("enrol", code=code)).code == "code-refused", "made before, and by now void"
    assert (await plan.worker.do("issue_enrolment_code", mother)).code == "not-to-be-enrolled"
    ended = "UPDATE arrangement_element SET state = %s WHERE id = %s RETURNING id"
    database.rows(ended, "ended", element)
    assert (await plan.worker.do("issue_enrolment_code", mother)).code == "not-to-be-enrolled", (
        "help that has ended is read like any other"
    )
    database.rows(ended, "applied", element)
    before = (TODAY - timedelta(days=1)).isoformat()
    assert (await plan.worker.do("tell_custodians", element, 3, told_on=before)).code == "invalid-input"
    await plan.worker.do("tell_custodians", element, 3, told_on=TODAY.isoformat())
    code = (await plan.worker.do("issue_enrolment_code", mother))["code"]
    assert (await as_(f"mother-{mother}").do("enrol", code=code)).status < 300
    assert (await plan.worker.do("tell_custodians", element, 4, **why)).code == "invalid-input"


async def test_such_a_family_is_not_known_to_who_asks_until_the_child_is_of_age_or_they_are_told(
    as_: As, database: Database
) -> None:
    plan = await a_plan(as_, database, 16)
    name, born_on = f"Ayla {new_id()}", birthday(TODAY, -16)

    async def known(born_on: date) -> bool:
        about: dict[str, Any] = {"name": name, "born_on": born_on.isoformat(), "purpose": "case_work", "because": "P"}
        told = await as_("second_case_worker").do("ask_whether_known", authority_id=str(AUTHORITY), **about)
        return bool(told["known"])

    async def corrected(**said: Any) -> None:
        version = (await plan.worker.one("participant", plan.addressee))["version"]
        told = await plan.worker.do("correct_participant", plan.addressee, version, **said)
        assert told.status == 200, told

    await corrected(name=name)
    element = await plan.element(cost=None, support_kind="integration_assistance")
    assert (await applied(plan, element, plan.addressee, plan.login)).status == 200
    assert await known(born_on)
    await plan.worker.do("tell_custodians", element, 2, not_told_because="Sie fürchtet Streit.")
    assert not await known(born_on)
    younger = birthday(TODAY, -15)
    await corrected(born_on=younger.isoformat())
    until = "SELECT not_told_until FROM case_sketch WHERE case_id = %s"
    assert database.rows(until, plan.case) == [(birthday(younger, 18),)], "as they are of age later"
    assert not await known(younger)
    of_age = "UPDATE case_sketch SET not_told_until = %s WHERE case_id = %s RETURNING 1"
    database.rows(of_age, TODAY, plan.case)
    assert await known(younger)
    database.rows(of_age, birthday(younger, 18), plan.case)
    await plan.worker.do("tell_custodians", element, 3, told_on=TODAY.isoformat())
    assert await known(younger)


async def test_a_young_person_of_the_end_of_february_is_of_age_on_their_birthday_and_no_day_before(
    database: Database, settings: Settings, token_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also on a 29 February, and of one it is the 1 March (§ 187(2) BGB): for who is let in as for who asks."""
    today = [TODAY]
    monkeypatch.setattr(app, "standing_at", lambda _: Clock(lambda: midnight(today[0])))
    async for running in serve(database, settings):
        transport = httpx.ASGITransport(running)

        def somebody(role: str, transport: httpx.ASGITransport = transport) -> Rest:
            headers = {"authorization": f"Bearer {token_of(role)}"}
            return Rest(httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers))

        plan = await a_plan(somebody, database, 16)
        mother, name = await mother_of(plan), f"Ayla {new_id()}"
        element = await plan.element(cost=None, support_kind="integration_assistance")
        assert (await applied(plan, element, plan.addressee, plan.login)).status == 200
        assert (await plan.worker.do("tell_custodians", element, 2, not_told_because="Streit.")).status == 200
        for born_on, last_day in (
            *((date(2010, 3, 1), date(2028, 2, 29)), (date(2010, 2, 28), date(2028, 2, 27))),
            *((date(2012, 2, 29), date(2030, 2, 28)), (date(2009, 3, 1), date(2027, 2, 28))),
        ):
            today[0] = TODAY
            version = (await plan.worker.one("participant", plan.addressee))["version"]
            said = {"name": name, "born_on": born_on.isoformat()}
            assert (await plan.worker.do("correct_participant", plan.addressee, version, **said)).status == 200
            for day, kept in ((last_day, True), (last_day + timedelta(days=1), False)):
                today[0] = day
                code = await plan.worker.do("issue_enrolment_code", mother)
                assert (code.code == "not-to-be-enrolled") is kept, (born_on, day)
                about: dict[str, Any] = {**said, "purpose": "case_work", "because": "P", "authority_id": str(AUTHORITY)}
                told = await plan.as_(COLLEAGUE).do("ask_whether_known", **about)
                assert told["known"] is not kept, (born_on, day)


async def test_no_parent_who_is_an_addressee_reads_it_either_and_of_whom_has_come_of_age_it_is_kept_no_longer(
    as_: As, database: Database
) -> None:
    plan = await a_plan(as_, database, 16)
    mother = await mother_of(plan)
    father, his = str(new_id()), f"father-{new_id()}"
    him: dict[str, Any] = {"kind": "addressee", "name": "Per Loopgarten", "born_on": "1980-02-03"}
    await plan.worker.do("add_participant", plan.case, id=father, **him)
    code = (await plan.worker.do("issue_enrolment_code", father))["code"]
    element = await plan.element(cost=None, support_kind="integration_assistance")
    assert (await applied(plan, element, plan.addressee, plan.login)).status == 200
    why = {"not_told_because": "Sie fürchtet Streit."}
    assert (await plan.worker.do("tell_custodians", element, 2, **why)).status == 200
    assert (await as_(his).do("enrol", code=code)).code == "code-refused"
    assert (await plan.worker.do("issue_enrolment_code", father)).code == "not-to-be-enrolled"
    grown = birthday(TODAY, -18).isoformat()
    database.rows("UPDATE person SET born_on = %s WHERE participant_id = %s RETURNING 1", grown, plan.addressee)
    code = (await plan.worker.do("issue_enrolment_code", father))["code"]
    assert (await as_(his).do("enrol", code=code)).status < 300, "the door is not shut for good"
    younger = birthday(TODAY, -16).isoformat()
    database.rows("UPDATE person SET born_on = %s WHERE participant_id = %s RETURNING 1", younger, plan.addressee)
    assert (await plan.worker.do("issue_enrolment_code", mother)).code == "not-to-be-enrolled"
    assert (await plan.worker.do("tell_custodians", element, 3, **why)).code == "invalid-input", "the father reads here"
    database.rows("UPDATE person SET born_on = %s WHERE participant_id = %s RETURNING 1", grown, plan.addressee)
    told = await plan.worker.do("tell_custodians", element, 3, told_on=TODAY.isoformat())
    assert told["custodians_told_on"] == TODAY.isoformat(), "it can still be said that they were told after all"


async def test_who_has_applied_is_on_record_whoever_sends_it_and_whatever_comes_of_it(
    as_: As, database: Database
) -> None:
    plan = await a_plan(as_, database, 16)
    mother = await mother_of(plan)
    element = await plan.element(cost=None, support_kind="integration_assistance")
    told = await applied(plan, element, plan.addressee)
    assert told["applicant_id"] == str(plan.addressee), "asked in person: the worker sends it"
    refused = await plan.decide(element, 2, amount=None, reasons="P", remedy_notice="P", outcome="refused")
    assert refused.code == "custodians-to-be-told"
    begun = await plan.worker.do("begin_otherwise", element, 2, other_way="direct_access", because="P")
    assert begun.status == 200, begun
    told = await plan.worker.do("tell_custodians", element, 3, told_on=TODAY.isoformat())
    assert told["custodians_told_on"] == TODAY.isoformat()
    again = await plan.worker.do("tell_custodians", element, 4, not_told_because="P")
    assert again.code == "invalid-input", "once it is decided, nothing of that is written anew"
    hers = await plan.element(cost=None, support_kind="integration_assistance")
    said = {"claim_holder_id": str(plan.addressee), "applicant_id": mother}
    assert (await plan.worker.do("apply_for_element", hers, 1, **said))["applicant_id"] == mother
    told = await plan.worker.do("tell_custodians", hers, 2, told_on=TODAY.isoformat())
    assert told.code == "not-their-own-application"


async def test_custody_is_of_one_child_and_not_of_another(as_: As, database: Database) -> None:
    plan = await a_plan(as_, database, 12)
    mother, sister, father = await mother_of(plan), str(new_id()), str(new_id())
    await plan.worker.do("add_participant", plan.case, id=sister, kind="addressee", name="Li Loopgarten")
    his: dict[str, Any] = {"kind": "custodian", "name": "Per Loopgarten", "represents": [sister]}
    assert (await plan.worker.do("add_participant", plan.case, id=father, **his)).status == 201
    element = await plan.element(cost=None)
    for nobody in (sister, father):
        assert (await applied(plan, element, nobody)).code == "not-their-claim"
    assert (await applied(plan, element, mother)).status == 200
    parent = await a_plan(as_, database, 22)
    father = await mother_of(parent)
    baby: dict[str, Any] = {
        "id": str(new_id()),
        "kind": "addressee",
        "name": "Bo Loopgarten",
        "born_on": TODAY.isoformat(),
    }
    await parent.worker.do("add_participant", parent.case, **baby)
    element = await parent.element(cost=None, support_kind="social_pedagogical_family_support")
    assert (await applied(parent, element, father)).status == 200, "§ 31 is for parents of whatever age"


async def test_beside_a_sibling_a_young_adult_is_no_parent(as_: As, database: Database) -> None:
    plan = await a_plan(as_, database, 19)
    uncle = await mother_of(plan)
    brother: dict[str, Any] = {
        "kind": "addressee",
        "name": "Bo Loopgarten",
        "born_on": birthday(TODAY, -12).isoformat(),
    }
    assert (await plan.worker.do("add_participant", plan.case, id=str(new_id()), **brother)).status == 201
    element = await plan.element(cost=None, support_kind="residential_care")
    assert (await applied(plan, element, uncle)).value["paragraph"] == "§ 41 SGB VIII"
    assert (await applied(plan, element, plan.addressee)).status == 200
    baby = brother | {"name": "Li Loopgarten", "born_on": TODAY.isoformat()}
    assert (await plan.worker.do("add_participant", plan.case, id=str(new_id()), **baby)).status == 201
    element = await plan.element(cost=None, support_kind="residential_care")
    assert (await applied(plan, element, uncle)).status == 200, "of a baby they can be the parent"


async def test_help_outside_the_family_is_reviewed_with_its_perspective(as_: As, database: Database) -> None:
    plan = await a_plan(as_, database, 12)
    worker, soon = plan.worker, (TODAY + timedelta(days=9)).isoformat()
    mother = await mother_of(plan)
    element = await plan.element(support_kind="residential_care", cost=None, starts_on=TODAY.isoformat(), ends_on=None)
    begun = await worker.do("begin_otherwise", element, 1, other_way="taking_into_care", because="P")
    assert begun.status == 200, begun
    said: dict[str, Any] = {"words": "Passt", "finding": "suitable_and_necessary", "next_on": soon}
    first = await planned(plan)
    refused = await worker.do("hold_review", first["id"], 1, **said)
    assert (refused.code, refused.value.get("elements")) == ("perspective-owed", [element]), refused
    cleared: dict[str, Any] = {"aim": "return", "words": "In einem Jahr zurück."}
    cleared |= {"cleared_up_with": [str(plan.addressee)]}
    with_nobody = cleared | {"id": str(new_id()), "cleared_up_with": [str(new_id())]}
    assert (await worker.do("clear_up_perspective", element, **with_nobody)).code == "invalid-input"
    assert (await worker.do("clear_up_perspective", element, id=str(new_id()), **cleared)).status == 201
    assert (await worker.do("hold_review", first["id"], 1, **said)).status == 200
    seen = (await plan.as_(plan.login).many("perspectives")).rows
    assert [each["words"] for each in seen] == ["In einem Jahr zurück."]
    second = await planned(plan)
    refused = await worker.do("hold_review", second["id"], 1, **said)
    assert refused.code == "perspective-owed", "it is cleared up anew, from review to review"
    for heard in ({"audience": "author"}, {"audience": "named", "audience_of": [str(mother)]}):
        told = await worker.do("clear_up_perspective", element, id=str(new_id()), **cleared, **heard)
        assert told.status == 201, told
        refused = await worker.do("hold_review", second["id"], 1, **said)
        assert (refused.code, heard["audience"]) == ("perspective-owed", heard["audience"]), "the plan is for all"
    assert len((await plan.as_(plan.login).many("perspectives")).rows) == 1
    await worker.do("clear_up_perspective", element, id=(third := str(new_id())), **cleared)
    words: dict[str, Any] = {"about": "perspective", "about_id": third, "words": "Ich will hier bleiben."}
    disagreed = await plan.as_(plan.login).do("disagree", plan.case, id=str(new_id()), **words)
    assert disagreed.status == 201, disagreed
    wrong: dict[str, Any] = {
        "kind": "perspective",
        "entry_id": third,
        "because": "incorrect",
        "reason": "Nicht so gesagt",
    }
    assert (await worker.do("withdraw_entry", plan.case, **wrong)).status < 300
    assert (await worker.do("hold_review", second["id"], 1, **said)).code == "perspective-owed"
    at_home = await plan.element(cost=None, support_place="own_home_of_young_person")
    told = await worker.do("clear_up_perspective", at_home, id=str(new_id()), **cleared)
    assert told.code == "not-out-of-home"
