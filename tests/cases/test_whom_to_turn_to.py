"""Whoever has a case knows whom to ring about it, and where to complain: functions and numbers of offices, in their own
language, and nobody's name."""

from datetime import date
from typing import Any

import pytest

from service.demo import AUTHORITY, PEOPLE, UNTERHACHING
from service.domain.values import Language, new_id
from tests.cases.conftest import WORKER, As, Life
from tests.faces import FACES

pytestmark = pytest.mark.anyio
ME, OTHER = (PEOPLE[each].actor_id for each in ("case_worker", "second_case_worker"))
SAID: dict[str, Any] = {
    "telephone": "+49 89 99998 300",
    **{f"name_{each}": f"Nebenstelle {each}" for each in ("de", "en", "simple")},
    **{f"hours_{each}": f"mittags {each}" for each in ("de", "en", "simple")},
}


PLACE = ("name", "telephone", "address", "hours", "independence")


async def kinds(life: Life, who: str) -> list[tuple[str, str]]:
    listed = await life.as_(who).many("case_contacts", ("case", life.case))
    rung = [each for each in listed.rows if each["address"] is None]
    return [(each["kind"], each["telephone"][-3:]) for each in rung]


async def test_whoever_stands_in_is_rung_first_and_the_office_last(life: Life) -> None:
    assert await kinds(life, life.login) == [("lead", "101"), ("office", "100")]
    today = date.today().isoformat()  # noqa: DTZ011
    days = {"actor_id": str(OTHER), "from_on": today, "to_on": today}
    stand_in = (await life.do(WORKER, "name_stand_in", ME, **days))["id"]
    try:
        assert await kinds(life, life.login) == [("stand_in", "102"), ("lead", "101"), ("office", "100")]
    finally:
        await life.do(WORKER, "end_stand_in", stand_in)
    assert await kinds(life, life.login) == [("lead", "101"), ("office", "100")]
    (lead, *_) = (await life.as_(life.login).many("case_contacts", ("case", life.case))).rows
    assert str(ME) not in str(lead), "a function and a number, and nobody's name"
    other = await life.as_("second_case_worker").many("case_contacts", ("case", life.case))
    assert other.status == 404, "of no case but one's own"


async def test_a_number_is_kept_up_to_date_by_those_whose_it_is(life: Life) -> None:
    point = (await life.do("social_space_manager", "add_office_contact", UNTERHACHING, **SAID))["id"]
    assert (await life.tries(WORKER, "add_office_contact", UNTERHACHING, **SAID)).status == 403
    assert (await life.tries(WORKER, "change_contact_point", point, telephone="110")).status == 403
    assert (await life.tries("social_space_manager", "change_contact_point", point, telephone="ruf an")).status == 422
    assert ("office", "300") in await kinds(life, life.login)
    await life.do("social_space_manager", "change_contact_point", point, in_use=False)
    assert ("office", "300") not in await kinds(life, life.login)
    assert (await life.tries("social_space_manager", "add_own_contact", ME, **SAID)).status in (403, 404)
    own = (await life.do(WORKER, "add_own_contact", ME, **SAID))["id"]
    assert ("lead", "300") in await kinds(life, life.login)
    await life.do(WORKER, "change_contact_point", own, in_use=False)


async def test_where_a_social_space_is_rung_is_public_and_who_works_there_is_not(
    life: Life, face: str, client_of: Any
) -> None:
    point = (await life.do("social_space_manager", "add_office_contact", UNTERHACHING, **SAID))["id"]
    public = FACES[face](client_of())
    offices = {each["id"]: each for each in (await public.many("social_space_offices")).rows}
    assert (offices[point]["telephone"], offices[point]["social_space_id"]) == (SAID["telephone"], str(UNTERHACHING))
    own = (await life.do(WORKER, "add_own_contact", ME, **SAID))["id"]
    await life.do("social_space_manager", "change_contact_point", point, in_use=False)
    left = {each["id"] for each in (await public.many("social_space_offices")).rows}
    assert left == offices.keys() - {point}, "neither out of use, nor anybody's own number"
    await life.do(WORKER, "change_contact_point", own, in_use=False)


async def test_where_to_complain_is_public_and_stands_in_my_case_in_three_languages(
    life: Life, face: str, as_: As, client_of: Any
) -> None:
    for language in Language:
        offices = (await FACES[face](client_of(), language.value).many("complaint_offices")).rows
        ombuds = next(each for each in offices if each["kind"] == "ombuds_office")
        assert ombuds["independent"]
        assert {Language.DE: "Unabhängig", Language.EN: "Independent", Language.DE_SIMPLE: "Die Stelle gehört"}[
            language
        ] in ombuds["independence"]
        mine = (
            await FACES[face](client_of(life.login), language.value).many("case_contacts", ("case", life.case))
        ).rows
        (told,) = (each for each in mine if each["kind"] == "ombuds_office")
        assert {name: told[name] for name in PLACE} == {name: ombuds[name] for name in PLACE}, "one tap away"
    said = {**SAID, "authority_id": str(AUTHORITY), "kind": "complaint_office", "independent": False, "address": "hier"}
    assert (await life.tries(WORKER, "add_complaint_office", id=str(new_id()), **said)).status == 403
    office = (await life.do("administrator", "add_complaint_office", id=str(new_id()), **said))["id"]
    await life.do("administrator", "change_complaint_office", office, valid_to="2199-01-01")
    early = await life.tries("administrator", "change_complaint_office", office, valid_to="2001-01-01")
    assert (early.status, early.code) == (422, "invalid-input")
