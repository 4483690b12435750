"""Whether a family is known here: yes or no and whom to ring, and nothing that anybody could keep."""

import os
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from service.demo.people import PEOPLE
from service.demo.territory import AUTHORITY, OTHER_AUTHORITY
from service.domain.cases.known import digest_persons
from service.domain.cases.recognising import MOST
from service.storage.data_keys import DataKeys, new_key
from tests.cases.conftest import WORKER, As, Life
from tests.cases.test_looks import looks, noted
from tests.cases.test_looks import told as seen_as
from tests.conftest import KEYS, Database, data_keys

pytestmark = pytest.mark.anyio

SECOND, ELSEWHERE = "second_case_worker", "other_authority"
NAME, BORN_ON, CHILDS_BIRTHDAY = "Hanne Loopgarten", "1990-05-17", "2013-03-09"


def asking(
    name: str = NAME, born_on: str = BORN_ON, authority: object = AUTHORITY, purpose: str = "case_work"
) -> dict[str, Any]:
    about = {"name": name, "born_on": born_on, "purpose": purpose}
    return {"authority_id": str(authority), "because": "Anruf der Schule", **about}


async def test_it_is_told_whether_a_family_is_known_and_whom_to_ring(
    life: Life, database: Database, tmp_path: Path
) -> None:
    last = "SELECT coalesce(max(sequence), 0) FROM audit_entry"
    (since,) = database.rows(last)[0]
    for name in (NAME, "LOOPGARTEN, hanné", "  loop-garten hanne "):
        told = await life.do(SECOND, "ask_whether_known", **asking(name))
        exactly = "-" not in name
        assert told["known"] is exactly, name
        office = {"organisation": "Jugendamt Landkreis München (Demo)", "function": PEOPLE[WORKER].function}
        office["telephone"] = "+49 89 99998 101"
        offices = [dict(each) for each in told["offices"]]  # of whoever else is called so, too
        assert (office in offices) is exactly
        assert exactly or offices == []
    for unknown in (asking("Hanne"), asking(born_on="1990-05-18"), asking("Nie Gehört")):
        told = await life.do(SECOND, "ask_whether_known", **unknown)
        assert (told["known"], told["offices"], len(told.value)) == (False, [], 4), "the same shape"
    # On record as looks at that case, and its own event names no case; of the name nothing is kept anywhere.
    seen = "SELECT cases FROM audit_entry WHERE sequence > %s AND action = 'family.ask' AND %s = ANY (cases)"
    assert len(database.rows(seen, since, life.case)) == 2
    assert database.rows("SELECT FROM event WHERE kind = 'family.ask' AND case_id IS NOT NULL") == []
    for table in ("audit_entry", "event", "receipt", "family_inquiry", "known_person"):
        assert database.rows(f"SELECT FROM {table} each WHERE each::text ~* 'loopgarten|gehört'") == [], table
    # The officer sees that it was asked, and why; whoever else does not.
    asked = {"inquiry": told["inquiry_id"]}["inquiry"]
    mine = await life.as_("data_protection_officer").one("family_inquiry", asked)
    assert (mine["because"], mine["known"], mine["actor_id"]) == (
        "Anruf der Schule",
        False,
        str(PEOPLE[SECOND].actor_id),
    )
    assert (await life.as_(WORKER).one("family_inquiry", asked)).status == 404
    # And the family, once it is sealed: somebody looked, and has changed nothing.
    noted(database, tmp_path)
    seen_by_them = [seen_as(each) for each in await looks(life.as_, life.login, life.case)]
    known = [each for each in seen_by_them if each[2] is None and each[3] == PEOPLE[SECOND].function]
    assert known == [("read", ["people"], None, PEOPLE[SECOND].function)] * 2


async def test_a_server_that_lacks_a_key_says_so_and_not_that_nobody_is_known(
    life: Life, database: Database, tmp_path: Path
) -> None:
    """While the data keys are changed: one that was not restarted before the digests were made anew."""
    both = tmp_path / "both"
    both.write_bytes(new_key() + Path(os.environ[KEYS]).read_bytes())  # noqa: ASYNC240
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        try:
            assert digest_persons(connection, DataKeys(both)) > 1
            for purpose, name in product(("case_work", "protection"), (NAME, "Nie Gehört")):
                refused = await life.tries(SECOND, "ask_whether_known", **asking(name, purpose=purpose))
                assert (refused.status, refused.code) == (503, "keys-missing")
            # Whoever is added on it meanwhile is found by every server that has both keys.
            child = {"kind": "addressee", "name": "Ove Loopgarten", "born_on": CHILDS_BIRTHDAY}
            added = await life.do(WORKER, "add_participant", life.case, **child)
            written = database.rows("SELECT made_with FROM known_person WHERE participant_id = %s", added["id"])
            assert written == [(data_keys().first,)]
        finally:
            digest_persons(connection, data_keys())
    assert (await life.do(SECOND, "ask_whether_known", **asking()))["known"]


async def test_whoever_asks_to_protect_a_child_is_not_seen_by_the_family_and_is_by_the_officer(
    as_: As, database: Database, client_of: Callable[..., httpx.AsyncClient], tmp_path: Path
) -> None:
    """On every path, over both faces: looks, the record of the case, and the feed of whoever is in it or leads it."""
    life = await Life(as_).begin(CHILDS_BIRTHDAY)
    custodian = f"custodian-{uuid4()}"
    mother = await life.do(WORKER, "add_participant", life.case, kind="custodian", name="Hera Loopgarten")
    await life.enrol(UUID(mother["id"]), custodian)
    noted(database, tmp_path)
    ((since,),) = database.rows("SELECT max(sequence) FROM audit_entry")
    theirs = (life.login, custodian, WORKER)
    places = {who: (await client_of(who).get("/v1/events")).json()["next"] for who in theirs}
    asked = await life.do(SECOND, "ask_whether_known", **asking(born_on=CHILDS_BIRTHDAY, purpose="protection"))
    assert (asked["known"], len(asked["offices"])) == (True, 1)
    noted(database, tmp_path)
    seen = "SELECT action FROM audit_entry WHERE sequence > %s AND %s = ANY (cases) AND action LIKE 'family%%'"
    assert database.rows(seen, since, life.case) == []
    await database.settled()
    for who in theirs:
        assert by_strangers(await looks(life.as_, who, life.case)) == [], who
        events = (await client_of(who).get("/v1/events", params={"after": places[who]})).text
        assert "family" not in events, who
        assert (await life.as_(who).one("family_inquiry", asked["inquiry_id"])).status == 404, who
    # The officer finds it under itself: why, and which case it was.
    officer = await life.as_("data_protection_officer").one("family_inquiry", asked["inquiry_id"])
    assert (officer["purpose"], officer["withheld"]) == ("protection", [])
    assert str(life.case) in officer["case_ids"]
    entries = "/v1/audit-entries?case_id={}&outcome=done".format
    told = (await client_of("data_protection_officer").get(entries(asked["inquiry_id"]))).json()["items"]
    assert [(each["action"], each["actor_id"]) for each in told] == [("family.ask", str(PEOPLE[SECOND].actor_id))]
    # Whoever asks learns in no way which case it is, whatever for: not by the inquiry, nor among their own looks.
    mine = await life.as_(SECOND).one("family_inquiry", asked["inquiry_id"])
    assert (mine.value.get("case_ids"), len(mine["withheld"])) == (None, 1)
    await life.do(SECOND, "ask_whether_known", **asking(born_on=CHILDS_BIRTHDAY))
    noted(database, tmp_path)
    own = await client_of(SECOND).get("/v1/looks", params={"case_id": str(life.case)})
    assert (own.status_code, own.json()["items"]) == (200, [])
    once = [("read", ["people"], None, PEOPLE[SECOND].function)]
    assert by_strangers(await looks(life.as_, life.login, life.case)) == once, "and all else the family is told"


def by_strangers(told: list[dict[str, Any]]) -> list[Any]:
    """Looks at who is in it, by somebody who has no access to the case."""
    return [seen_as(each) for each in told if each["basis"] is None and each["topics"] == ["people"]]


async def test_it_is_for_case_workers_alone_in_their_own_authority_and_bounded(
    life: Life, database: Database, client_of: Callable[..., httpx.AsyncClient]
) -> None:
    for who in ("provider_worker", "social_space_manager", "controller", "administrator", life.login, ELSEWHERE):
        assert (await life.tries(who, "ask_whether_known", **asking())).code == "forbidden", who
    mine = (OTHER_AUTHORITY, PEOPLE[ELSEWHERE].actor_id)
    assert (await life.do(ELSEWHERE, "ask_whether_known", **asking(authority=mine[0])))["known"] is False
    many = """INSERT INTO family_inquiry (authority_id, id, actor_id, because, known, asked_at)
              SELECT %s, gen_random_uuid(), %s, 'P', false, now() FROM generate_series(1, %s) RETURNING id"""
    made = database.rows(many, *mine, MOST)
    try:
        refused = await life.tries(ELSEWHERE, "ask_whether_known", **asking(authority=mine[0]))
        assert (refused.code, refused.value["allowed"]) == ("too-many-inquiries", MOST)
        answer = await client_of(ELSEWHERE).post("/v1/family-inquiries", json=asking(authority=mine[0]))
        assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (429, True)
        assert answer.headers["cache-control"] == "no-store"
    finally:
        database.rows("DELETE FROM family_inquiry WHERE id = ANY (%s) RETURNING id", [id for (id,) in made])
