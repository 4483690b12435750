"""Who comes to a consultation: a coordinator who is independent, a moderator who knows a pseudonym unless those whom it
is about let them read more, experts by experience who are thanked; and for whoever is ill their management names who
stands in."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from service.demo import AUTHORITY, PEOPLE, demo_id
from service.demo.consultations import FAMILY_COUNCIL, PEER
from service.demo.loading import load
from service.demo.people import LICHTUNG, signing_in
from service.domain.access.model import AccessGrant, Membership
from service.domain.clock import Clock
from service.domain.policy import Role
from service.domain.values import new_id
from tests.cases.conftest import WORKER, As, Life
from tests.cases.test_consultations import EXPERT, MODERATOR, invite, wished_for
from tests.conftest import Database

pytestmark = pytest.mark.anyio
TODAY, SECOND = Clock().today(), "second_case_worker"


async def asked_in_family(life: Life, consultation: str, participant: object) -> str:
    family = {"role": "family", "participant_id": str(participant)}
    return str((await life.do(WORKER, "invite_to_consultation", consultation, **family))["id"])


async def test_whoever_moderates_reads_it_once_all_addressees_let_them(life: Life) -> None:
    consultation = await wished_for(life, PEER)
    await invite(life, consultation, MODERATOR, "moderator")
    mine = await asked_in_family(life, consultation, life.addressee)
    brother = str(new_id())
    await life.do(WORKER, "add_participant", life.case, id=brother, kind="addressee", name="Bo Probe")
    his = await asked_in_family(life, consultation, brother)

    async def read() -> bool:
        told = await life.as_(MODERATOR).one("consultation", consultation)
        assert (await life.as_(MODERATOR).one("case", life.case)).status == 404
        assert ("question" in told["withheld"]) is (told.value.get("question") is None)
        told_more = {"must_hold", "steps", "follow_up_on", "lacking_because", "follow_up"} - {
            re.sub("(?<=[a-z])(?=[A-Z])", "_", each).lower() for each in told["withheld"]
        }
        assert not told_more, "the question and what is chosen, and nothing else"
        assert ("choice" in told["withheld"]) is ("question" in told["withheld"])
        return told.value.get("question") == "Wie schlafen wir?"

    assert not await read(), "they know a pseudonym"
    await life.do(life.login, "answer_invitation", mine, comes=True, moderator_reads=True)
    assert not await read(), "the brother has not said so"
    await life.do(WORKER, "answer_invitation", his, comes=True, moderator_reads=True)
    assert await read()
    await life.do(WORKER, "add_participant", life.case, id=str(sister := new_id()), kind="addressee", name="Li Probe")
    assert not await read(), "nobody has asked the sister"
    await life.do(WORKER, "leave_case", sister)
    assert await read()
    await life.do(life.login, "answer_invitation", mine, comes=True)
    assert not await read(), "it is taken back at any time"


async def test_whoever_coordinates_a_family_council_has_no_part_in_deciding(life: Life, database: Database) -> None:
    council = await wished_for(life, FAMILY_COUNCIL)
    for who in (WORKER, SECOND):
        as_coordinator = {"role": "coordinator", "actor_id": str(PEOPLE[who].actor_id)}
        told = await life.tries(WORKER, "invite_to_consultation", council, **as_coordinator)
        assert told.code == ("not-independent" if who == WORKER else None), who
    another = await wished_for(life, FAMILY_COUNCIL)
    arrangement = (await life.do(WORKER, "draft_arrangement", life.case, title="Abende"))["id"]
    planned = {"participant_id": str(life.addressee), "kind": "specialist", "what": "Abends zu zweit"}
    element = (await life.do(WORKER, "add_element", arrangement, **planned))["id"]
    refused: dict[str, Any] = {"outcome": "refused", "legal_basis": "§ 27", "reasons": "P", "remedy_notice": "P"}
    refused |= {"override": "addressee_wish", "override_because": "P"}
    await life.do(WORKER, "decide_element", element, second_professional_id=str(PEOPLE[SECOND].actor_id), **refused)
    told = await life.tries(
        WORKER, "invite_to_consultation", another, role="coordinator", actor_id=str(PEOPLE[SECOND].actor_id)
    )
    assert told.code == "not-independent", "they have decided in it"
    third = await wished_for(life, FAMILY_COUNCIL)
    help_: dict[str, Any] = {"parts": ["concern"], "purpose": "Hilfe", "legal_basis": "§ 64", "task": "Abende"}
    help_ |= {"organisation_id": str(demo_id("organisation", LICHTUNG))}
    await life.do(WORKER, "assign_provider", life.case, **help_)
    colleague = str(PEOPLE["provider_worker"].actor_id)
    told = await life.tries(WORKER, "invite_to_consultation", third, role="coordinator", actor_id=colleague)
    assert told.code == "not-independent", "their organisation has work in it"


async def test_whoever_decides_coordinates_no_longer_and_nobody_waits_for_it(life: Life, database: Database) -> None:
    council = await wished_for(life, FAMILY_COUNCIL)
    invited = await invite(life, council, SECOND, "coordinator")
    await life.do(life.login, "answer_invitation", await asked_in_family(life, council, life.addressee), comes=True)
    sketch = await life.do(WORKER, "write_sketch", council, words="Jemand schläft nicht.")
    await life.do(life.login, "agree_to_consultation", council)
    await life.do(WORKER, "release_sketch", sketch["id"])
    assert (await life.as_(SECOND).one("consultation_sketch", sketch["id"])).status == 200
    arrangement = (await life.do(WORKER, "draft_arrangement", life.case, title="Abende"))["id"]
    planned = {"participant_id": str(life.addressee), "kind": "specialist", "what": "Abends zu zweit"}
    element = (await life.do(WORKER, "add_element", arrangement, **planned))["id"]
    refused: dict[str, Any] = {"outcome": "refused", "legal_basis": "§ 27", "reasons": "P", "remedy_notice": "P"}
    refused |= {"override": "addressee_wish", "override_because": "P"}
    decided = await life.do(
        WORKER, "decide_element", element, second_professional_id=str(PEOPLE[SECOND].actor_id), **refused
    )
    assert decided["outcome"] == "refused", "the decision stands"
    told = await life.as_(WORKER).one("consultation_participant", invited["id"])
    assert told["consent"] == "refused", "whoever leads the case reads that nobody coordinates now"
    on_record = "SELECT count(*) FROM event WHERE subject_id = %s AND kind = 'element.decide'"
    assert database.rows(on_record, invited["id"]) == [(1,)], "and so do they"
    assert (await life.as_(SECOND).one("consultation_sketch", sketch["id"])).status == 404
    assert (await life.tries(SECOND, "answer_invitation", invited["id"], comes=True)).code == "consultation-over"
    await life.do(WORKER, "release_sketch", sketch["id"])
    assert (await life.as_(SECOND).one("consultation_sketch", sketch["id"])).status == 404, "not by another way either"


async def test_whoever_comes_to_lead_the_case_coordinates_no_longer(life: Life) -> None:
    council = await wished_for(life, FAMILY_COUNCIL)
    invited = await invite(life, council, SECOND, "coordinator")
    days = {"from_on": TODAY.isoformat(), "to_on": (TODAY + timedelta(days=9)).isoformat()}
    other = {"actor_id": str(PEOPLE[SECOND].actor_id), **days}
    stand_in = await life.do(WORKER, "name_stand_in", PEOPLE[WORKER].actor_id, **other)
    try:
        told = await life.as_(WORKER).one("consultation_participant", invited["id"])
        assert told["consent"] == "refused"
    finally:
        await life.do(WORKER, "end_stand_in", stand_in["id"])


async def test_time_and_fee_of_an_expert_are_told_to_them_and_whoever_leads(life: Life) -> None:
    consultation = await wished_for(life, PEER)
    moderator = await invite(life, consultation, MODERATOR, "moderator")
    expert = (await invite(life, consultation, EXPERT, "expert_by_experience"))["id"]
    effort = {"hours": "1.50", "fee": "45.00"}
    assert (await life.tries(WORKER, "record_expert_effort", moderator["id"], **effort)).code == "not-an-expert-there"
    assert (await life.tries(EXPERT, "record_expert_effort", expert, **effort)).status == 403
    await life.do(WORKER, "record_expert_effort", expert, **effort)
    for who in (EXPERT, WORKER):
        told = await life.as_(who).one("consultation_participant", expert)
        assert (told["hours"], told["fee"], told["withheld"]) == ("1.50", "45.00", [])
    assert (await life.as_(life.login).one("consultation_participant", expert))["withheld"] == ["hours", "fee"]
    assert (await life.tries(WORKER, "record_expert_effort", expert, hours="25.00")).code == "invalid-input"


def _ill(database: Database) -> str:
    """A case worker of Unterhaching, with nothing to do yet."""
    name = f"ill_{new_id()}"
    actor = demo_id("actor", name)
    since = datetime(2026, 1, 1, tzinfo=UTC)
    scope: dict[str, Any] = {"authority_id": AUTHORITY, "actor_id": actor, "valid_from": since}
    rows = [
        *signing_in(actor, AUTHORITY, f"development:{name}", name),
        Membership(
            organisation_id=demo_id("organisation", "Jugendamt Landkreis München (Demo)"),
            function="Bezirkssozialarbeit",
            **scope,
        ),
        AccessGrant(
            role=Role.CASE_WORKER.value,
            proposed_by=demo_id("actor", "administrator"),
            approved_by=demo_id("actor", "second_administrator"),
            approved_at=since,
            **scope,
        ),
    ]
    with psycopg.connect(database.superuser) as connection:
        load(connection, rows)
    return name


async def test_for_somebody_who_is_ill_their_management_names_who_stands_in(as_: As, database: Database) -> None:
    name = _ill(database)
    life = Life(as_)
    days = {"from_on": TODAY.isoformat(), "to_on": (TODAY + timedelta(days=9)).isoformat()}
    other = {"actor_id": str(PEOPLE[SECOND].actor_id), **days}
    me = demo_id("actor", name)
    assert (await life.tries(MODERATOR, "name_stand_in", me, **other)).status in (403, 404), "they lead nothing yet"
    place = {"social_space_id": str(demo_id("social_space", "Unterhaching"))}
    await life.do(name, "open_case", id=str(life.case), title="Krank", **place)
    assert (await life.tries("controller", "name_stand_in", me, **other)).status in (403, 404)
    database.rows(
        "INSERT INTO access_grant (authority_id, id, version, actor_id, role, proposed_by, approved_by, valid_from) "
        "SELECT authority_id, %s, 1, actor_id, 'social_space_manager', proposed_by, approved_by, valid_from "
        "FROM access_grant WHERE actor_id = %s AND role = 'case_worker' RETURNING id",
        *(grant := new_id(), PEOPLE[SECOND].actor_id),
    )
    assert (await life.tries(MODERATOR, "name_stand_in", me, **other)).code == "not-to-management"
    database.rows("UPDATE access_grant SET valid_to = now() WHERE id = %s RETURNING id", grant)
    named = await life.do(MODERATOR, "name_stand_in", me, **other)
    assert named["named_by_id"] == str(PEOPLE[MODERATOR].actor_id)
    assert (await as_(SECOND).one("case", life.case))["title"] == "Krank"
    assert (await as_(MODERATOR).one("case", life.case)).status == 404, "management sees nothing of it by that"
    assert (await as_(name).one("stand_in", named["id"]))["named_by_id"] == str(PEOPLE[MODERATOR].actor_id)
    on_record = "SELECT count(*) FROM audit_entry WHERE action = 'stand_in.name' AND actor_id = %s AND outcome = 'done'"
    assert database.rows(on_record, PEOPLE[MODERATOR].actor_id)[0][0] >= 1
    elsewhere = await as_(name).do(
        "open_case", id=str(new_id()), title="Fern", social_space_id=str(demo_id("social_space", "Ismaning"))
    )
    assert elsewhere.status == 201, elsewhere
    assert (await as_(SECOND).one("case", elsewhere["id"])).status == 404, "nobody who manages there has named them"
    throughout = (
        "INSERT INTO access_grant (authority_id, id, version, actor_id, role, proposed_by, approved_by, approved_at, "
        "valid_from) SELECT authority_id, %s, 1, %s, 'social_space_manager', proposed_by, approved_by, now(), "
        "valid_from FROM access_grant WHERE actor_id = %s AND role = 'case_worker' RETURNING id"
    )
    database.rows(throughout, grant := new_id(), PEOPLE[MODERATOR].actor_id, PEOPLE[SECOND].actor_id)
    nowhere = await as_(name).do("open_case", id=str(new_id()), title="Ohne Ort", authority_id=str(AUTHORITY))
    database.rows("UPDATE access_grant SET valid_to = now() WHERE id = %s RETURNING id", grant)
    assert (await as_(SECOND).one("case", nowhere["id"]))["title"] == "Ohne Ort", "whoever manages all manages it, too"
    await life.do(MODERATOR, "end_stand_in", named["id"])
    assert (await as_(SECOND).one("case", life.case)).status == 404
    told = await life.tries(MODERATOR, "name_stand_in", me, **other)
    assert told.status in (403, 404), "a case of theirs lies where somebody else manages"
