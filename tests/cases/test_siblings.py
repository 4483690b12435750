"""Cases of siblings are linked for those who work in both; nobody else learns that there is another, and nothing of
either is read through it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.demo import UNTERHACHING
from service.demo.people import PEOPLE
from service.domain.values import new_id
from tests.cases.conftest import WORKER, As, Life
from tests.conftest import Database

pytestmark = pytest.mark.anyio

SECOND, HELPER, WHY = "second_case_worker", "provider_worker", "Brüder"


async def links(life: Life, who: str, *ids: object) -> list[str]:
    named = {str(id) for id in ids}
    rows = (await life.as_(who).many("sibling_links")).rows
    return [each["id"] for each in rows if {each["case_id"], each["sibling_case_id"]} == named]


async def test_a_link_shows_to_those_who_know_both_and_to_nobody_else(
    life: Life, client_of: Callable[..., httpx.AsyncClient], database: Database
) -> None:
    there = str((await life.do(WORKER, "open_case", social_space_id=str(UNTERHACHING), title="Der Bruder"))["id"])
    theirs = f"new-{uuid4()}"
    brother = (await life.do(WORKER, "add_participant", there, kind="addressee", name="Bruno"))["id"]
    await life.enrol(brother, theirs)
    said = {"parts": ["concern"], "purpose": "Probe", "legal_basis": "§ 64 SGB VIII"}
    await life.do(WORKER, "transmit_case", there, actor_id=str(PEOPLE[HELPER].actor_id), **said)
    await database.settled()
    begun = {who: (await client_of(who).get("/v1/events")).json()["next"] for who in (life.login, theirs)}
    before = {who: await _all_of(client_of(who), case) for who, case in ((life.login, life.case), (theirs, there))}

    link = (await life.do(WORKER, "link_siblings", life.case, sibling_case_id=there, because=WHY))["id"]
    assert await links(life, WORKER, life.case, there) == [link]
    for case in (life.case, there):
        query = f'{{ case(id: "{case}") {{ siblingLinks(first: 5) {{ nodes {{ id because endedOn }} }} }} }}'
        told = (await client_of(WORKER).post("/graphql", json={"query": query})).json()
        nodes = told["data"]["case"]["siblingLinks"]["nodes"]
        assert nodes == [{"id": link, "because": WHY, "endedOn": None}], "from either side"
    await database.settled()
    for who, case, other in ((life.login, life.case, there), (theirs, there, life.case), (HELPER, there, life.case)):
        assert (await life.as_(who).one("sibling_link", link)).status == 404, who
        assert await links(life, who, life.case, there) == []
        assert (await life.as_(who).one("case", other)).status == 404, "and it opens nothing"
        if who in begun:
            events = (await client_of(who).get("/v1/events", params={"after": begun[who]})).json()["items"]
            assert (events, await _all_of(client_of(who), case)) == ([], before[who])
    assert not database.rows("SELECT FROM delivery WHERE subject = 'sibling_link'")

    again = await life.tries(WORKER, "link_siblings", there, sibling_case_id=str(life.case), because=WHY)
    assert (again.code, again.value["sibling_link_id"]) == ("already-linked", link)
    ended = await life.do(WORKER, "end_sibling_link", link)
    assert ended["ended_on"] is not None
    assert (await life.tries(WORKER, "end_sibling_link", link)).code == "link-ended"
    anew = (await life.do(WORKER, "link_siblings", there, sibling_case_id=str(life.case), because=WHY))["id"]
    assert sorted(await links(life, WORKER, life.case, there)) == sorted([link, anew]), "that it was is still told"


async def test_it_takes_leading_one_and_working_in_the_other(life: Life) -> None:
    """And whoever does not know the other one is answered as if there were none."""
    other = str((await life.do(WORKER, "open_case", social_space_id=str(UNTERHACHING), title="Der Bruder"))["id"])
    said = {"because": WHY}
    for unknown in (str(new_id()), str((await life.as_(SECOND).many("cases")).rows[0]["id"])):
        refused = await life.tries(WORKER, "link_siblings", life.case, sibling_case_id=unknown, **said)
        assert refused.status == 404, unknown
    same = await life.tries(WORKER, "link_siblings", life.case, sibling_case_id=str(life.case), **said)
    assert same.code == "invalid-input"
    for who, status in ((life.login, 403), (SECOND, 404)):
        assert (await life.tries(who, "link_siblings", life.case, sibling_case_id=other, **said)).status == status, who


async def _all_of(client: httpx.AsyncClient, case: object) -> list[object]:
    """What somebody reads of a case."""
    paths = (f"/v1/cases/{case}", f"/v1/cases/{case}/participants", f"/v1/cases/{case}/withdrawals")
    return [(await client.get(path)).json() for path in paths]


async def test_cases_with_a_person_in_common_are_one_household_for_counting_and_nobody_learns_of_it(
    as_: As, database: Database
) -> None:
    """Nobody has linked them: their mother is in both. Who is guardian of many makes no household of them."""
    household = "SELECT coalesce(household_id, case_id) FROM case_sketch WHERE case_id = %s"
    days = (date(2009, 1, 1) + timedelta(days=5 * (uuid4().int % 700) + number) for number in range(5))
    *lives, another = [await Life(as_).begin(born_on=day.isoformat()) for day in days]  # no child is in two
    name = f"Mutter {new_id()}"
    mother: dict[str, Any] = {"kind": "custodian", "name": name, "born_on": "1985-02-03"}
    guardian = {**mother, "name": f"Amt {new_id()}", "representation": "guardian"}
    for life, person in zip(lives, (mother, mother, guardian, guardian), strict=True):
        await life.do(WORKER, "add_participant", life.case, **person)
    first, second, third, fourth = (database.rows(household, life.case) for life in lives)
    assert first == second == [(min(lives[0].case, lives[1].case),)]
    assert len({first[0], third[0], fourth[0]}) == 3
    aunt = str((await another.do(WORKER, "add_participant", another.case, **mother | {"name": "Frau Falsch"}))["id"])
    assert database.rows(household, another.case) == [(another.case,)]
    await another.do(WORKER, "correct_participant", aunt, name=name)
    assert database.rows(household, another.case) == first, "known once she is called what she is called"
    seen = [(await as_(WORKER).one("case", life.case)).value for life in lives[:2]]
    assert not any(str(lives[1 - each].case) in str(seen[each]) for each in range(2))
