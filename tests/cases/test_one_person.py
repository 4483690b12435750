"""Two participants of a case who are one person become one: nothing that was said, wanted or opened is lost."""

from datetime import date
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from service.demo import AUTHORITY
from service.domain.cases.one_person import ONCE, _naming
from service.domain.clock import Clock, majority
from tests.cases.conftest import WORKER, Life
from tests.cases.test_consultations import wished_for
from tests.conftest import Database

pytestmark = pytest.mark.anyio

SLOTS = {"with_whom": "allein", "how": "Anrufen", "due_on": "2099-01-31", "with_what": "Telefon"}


async def added(life: Life, **said: object) -> str:
    return str(
        (await life.do(WORKER, "add_participant", life.case, **{"kind": "addressee", "name": "Hanne Zweimal", **said}))[
            "id"
        ]
    )


async def test_whatever_named_the_duplicate_names_the_other_one(life: Life, database: Database) -> None:
    """`life` has an addressee with a login, who is merged into somebody whom a colleague had added, without one."""
    old, kept = str(life.addressee), await added(life)
    speaking, theirs = await added(life, kind="representative", representation="attorney"), f"new-{uuid4()}"
    await life.enrol(speaking, theirs)
    question = (await life.questions())["I"]["id"]
    words = (await life.do(life.login, "word_answer", question, words="Ruhe am Abend"))["id"]
    named = {"audience": "named", "audience_of": [old]}
    told = (await life.do(theirs, "word_answer", question, words="Nur für dich", **named))["id"]
    aim = {"participant_id": speaking, "statement": "Zusammen essen", "shared_with": [old]}
    shared = (await life.do(WORKER, "propose_goal", life.case, **aim))["id"]
    goal = (await life.do(WORKER, "propose_goal", life.case, participant_id=old, statement="Ruhe"))["id"]
    await life.do(life.login, "agree_goal", goal)
    step = (await life.do(WORKER, "plan_step", goal, wanted_by_id=old, done_by_id=old, **SLOTS))["id"]
    mine = life.as_(life.login)
    before = (await mine.many("cases")).rows

    merged = await life.do(WORKER, "merge_participant", old, into_id=kept)
    assert (merged["merged_into_id"], merged["enrolled"]) == (kept, False)
    ours = await mine.one("participant", kept)
    assert (ours["enrolled"], ours["born_on"], ours["merged_into_id"]) == (True, "1990-05-17", None)
    assert len((await mine.many("cases")).rows) == len(before), "whoever had a login there is still in"
    assert [each["done_by_id"] for each in (await mine.many("steps", ("goal", goal))).rows] == [kept]
    answer = await mine.one("answer", words)
    assert (answer["participant_id"], answer["words"]) == (kept, "Ruhe am Abend")
    assert (await mine.one("answer", told))["words"] == "Nur für dich", "what was said to them is still said to them"
    agreed = await mine.one("goal", goal)
    assert (agreed["participant_id"], agreed["agreed_by"], agreed["state"]) == (kept, [kept], "agreed")
    assert kept in (await mine.one("goal", shared))["shared_with"]
    for who in (life.login, theirs):
        await life.do(who, "agree_goal", shared)
    assert (await mine.one("goal", shared))["state"] == "agreed", "and it is still theirs to agree"
    await life.do(life.login, "finish_step", step)
    found = (
        "SELECT participant_id::text FROM case_access WHERE actor_id = (SELECT actor_id FROM participant WHERE id = %s)"
    )
    assert database.rows(found, kept) == [(kept,)]

    assert (await life.tries(WORKER, "propose_goal", life.case, participant_id=old, statement="Neu")).status == 422
    assert (await life.tries(WORKER, "issue_enrolment_code", old)).code == "not-to-be-enrolled"


async def test_custody_is_over_a_child_once_however_often_they_were_added(life: Life, database: Database) -> None:
    """A duplicate is nobody to have custody of, and has custody of nobody; what was said longer lasts."""
    ends = "SELECT valid_to FROM case_access WHERE participant_id = %s"
    lasting = (
        "SELECT participant_id::text, represented_id::text FROM representation WHERE ends_on IS NULL AND case_id = %s"
    )
    of_age = majority(born_on := date(Clock().today().year - 10, 5, 17))
    child, twice = await added(life, born_on=born_on.isoformat()), await added(life)
    custodian = {"kind": "custodian", "represents": [twice, child]}
    parent, again, login = await added(life, **custodian), await added(life, **custodian), f"new-{uuid4()}"
    await life.enrol(UUID(parent), login)
    assert database.rows(ends, parent) == [(None,)], "of whom the day of birth is not known, nothing ends"
    ((limited,),) = database.rows(
        "SELECT id FROM representation WHERE participant_id = %s AND represented_id = %s", parent, child
    )
    await life.do(WORKER, "change_representation", limited, ends_on="2099-01-31")

    await life.do(WORKER, "merge_participant", twice, into_id=child)
    assert database.rows(ends, parent) == [(of_age,)]
    await life.do(WORKER, "merge_participant", again, into_id=parent)
    assert database.rows(lasting, life.case) == [(parent, child)]
    assert (database.rows(ends, parent), (await life.as_(login).one("case", life.case)).status) == ([(of_age,)], 200)
    assert (await life.tries(WORKER, "represent", again, represented_id=child)).code == "not-representing"
    nobody = await life.tries(WORKER, "add_participant", life.case, **custodian, name="Jo Probe")
    assert [each["pointer"] for each in nobody.value["errors"]] == ["#/represents/0"]
    only = await added(life, kind="custodian")
    assert database.rows(lasting + " AND participant_id = %s", life.case, only) == [(only, child)]


@pytest.mark.parametrize(
    "why", ["two logins", "two birthdays", "two kinds", "merged already", "two answers", "one who has left"]
)
async def test_who_may_be_two_people_stays_two(life: Life, why: str) -> None:
    """The refusal says why, and nothing has changed."""
    old, kept = str(life.addressee), await added(life, born_on="1990-05-18" if why == "two birthdays" else "1990-05-17")
    if why == "two logins":
        await life.enrol(kept, f"new-{uuid4()}")
    if why == "one who has left":
        await life.do(WORKER, "leave_case", kept)
    if why == "two kinds":
        kept = await added(life, kind="network_person")
    if why == "merged already":
        await life.do(WORKER, "merge_participant", await added(life), into_id=old)
        await life.do(WORKER, "merge_participant", kept, into_id=old)
        old, kept = kept, old
    if why == "two answers":
        question, twin = (await life.questions())["I"]["id"], f"new-{uuid4()}"
        await life.enrol(kept, twin)
        for who in (life.login, twin):
            await life.do(who, "word_answer", question, words="Ruhe")
        await life.do(WORKER, "undo_enrolment", kept)
    people = (await life.as_(WORKER).many("participants", ("case", life.case))).rows
    refused = await life.tries(WORKER, "merge_participant", old, into_id=kept)
    assert (refused.code, len(refused.value["reason"]) > 20) == ("not-one-person", True)
    assert (await life.as_(WORKER).many("participants", ("case", life.case))).rows == people


@pytest.mark.parametrize("login", ["has a login", "has none"])
async def test_who_is_invited_twice_to_one_consultation_stays_two(life: Life, login: str) -> None:
    """One of the invitations would be of nobody. Whoever has none yet still comes in afterwards."""
    kept, old = await added(life), str(life.addressee) if login == "has a login" else await added(life)
    consultation = await wished_for(life)
    for who in (old, kept):
        await life.do(WORKER, "invite_to_consultation", consultation, role="family", participant_id=who)
    refused = await life.tries(WORKER, "merge_participant", old, into_id=kept)
    assert (refused.code, "same consultation" in refused.value["reason"]) == ("not-one-person", True)
    theirs = f"new-{uuid4()}"
    await life.enrol(kept, theirs)
    assert (await life.as_(theirs).one("consultation", consultation)).status == 200


def test_wherever_somebody_stands_but_once_is_looked_at_first() -> None:
    """Of whatever capability: the database would break the merger off."""
    once = set()
    for model, names, _ in _naming():
        table: sa.Table = model.__table__  # type: ignore[attr-defined]
        unique = [each.columns for each in table.constraints if isinstance(each, sa.UniqueConstraint)]
        unique += [each.columns for each in table.indexes if each.unique]
        if any(name in columns for columns in unique for name in names):
            once.add(table.name)
    assert once == ONCE.keys()


async def test_by_the_kept_name_and_the_day_of_the_duplicate_the_family_is_found(life: Life) -> None:
    name, born_on = f"Nuri {uuid4()}", "1990-05-17"
    kept, old = await added(life, name=name), await added(life, born_on=born_on)
    asked = {"authority_id": str(AUTHORITY), "name": name, "born_on": born_on, "purpose": "case_work"}
    await life.do(WORKER, "merge_participant", old, into_id=kept)
    assert (await life.do(WORKER, "ask_whether_known", because="Anruf", **asked))["known"] is True
    again = await life.tries(WORKER, "correct_participant", old, born_on="1991-05-17")
    assert (again.code, (await life.as_(WORKER).one("participant", old))["born_on"]) == ("is-duplicate", born_on)


async def test_only_whoever_leads_the_case_and_only_within_it(life: Life) -> None:
    kept = await added(life)
    elsewhere = (await life.as_(WORKER).many("cases")).rows[0]["id"]
    other = (await life.as_(WORKER).many("participants", ("case", elsewhere))).rows[0]["id"]
    if str(elsewhere) != str(life.case):
        assert (await life.tries(WORKER, "merge_participant", kept, into_id=other)).status in (404, 422)
    assert (await life.tries(WORKER, "merge_participant", kept, into_id=kept)).code == "invalid-input"
    assert (await life.tries(life.login, "merge_participant", kept, into_id=str(life.addressee))).status == 403
