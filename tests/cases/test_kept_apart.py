"""What is kept from a family is kept by every way: by an inquiry, by a colleague who is one of them, by a trace in
another case. And whose a case is stays for its lead to say, whoever acts for them a while."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from service.demo import PEOPLE, UNTERHACHING
from service.demo.consultations import PEER
from service.domain.clock import Clock, birthday
from service.domain.values import new_id
from tests.cases.conftest import WORKER, As, Life
from tests.cases.test_consultations import EXPERT, MODERATOR
from tests.cases.test_families import SECOND, asking
from tests.cases.test_leading import Client, colleague
from tests.conftest import Database

pytestmark = pytest.mark.anyio
TODAY = Clock().today()
CHILDS_BIRTHDAY = birthday(TODAY, -14).isoformat()
TODAY_ALONE = {"from_on": TODAY.isoformat(), "to_on": TODAY.isoformat()}
COUNSELLED = {"because": "Zu Hause würde es schlimmer.", "review_on": TODAY.isoformat()}


async def of_child(as_: As, name: str, *, login: str | None = None) -> Life:
    """A case about a child of this name; with a login only where one is given."""
    life = Life(as_)
    await life.do(WORKER, "open_case", id=str(life.case), social_space_id=str(UNTERHACHING), title="Ruhe")
    said = {"kind": "addressee", "name": name, "born_on": CHILDS_BIRTHDAY}
    await life.do(WORKER, "add_participant", life.case, id=str(life.addressee), **said)
    if login is not None:
        await life.enrol(life.addressee, login)
    return life


async def custodian(life: Life, name: str, login: str | None = None) -> str:
    said = {"kind": "custodian", "name": name, "born_on": "1980-02-03"}
    theirs = str((await life.do(WORKER, "add_participant", life.case, **said))["id"])
    if login is not None:
        await life.enrol(theirs, login)
    return theirs


async def known(life: Life, name: str, born_on: str = CHILDS_BIRTHDAY, purpose: str = "case_work") -> Any:
    return await life.do(SECOND, "ask_whether_known", **asking(name, born_on, purpose=purpose))


async def named_to_stand_in(life: Life, actor: str, absent: UUID, **days: str) -> str:
    told = await life.do(WORKER, "name_stand_in", absent, actor_id=actor, **{**TODAY_ALONE, **days})
    return str(told["id"])


async def me(life: Life, who: str) -> UUID:
    return UUID(str((await life.as_(who).client.get("/v1/me")).json()["id"]))  # type: ignore[attr-defined]


async def test_who_is_counselled_in_confidence_is_not_known_to_whoever_asks(as_: As) -> None:
    child, mother = f"Kira {new_id()}", f"Vera {new_id()}"
    life = await of_child(as_, child)
    await custodian(life, mother)
    assert (await known(life, child))["known"] is True
    kept = await life.do(WORKER, "keep_counselling_confidential", life.addressee, **COUNSELLED)
    late = f"Later {new_id()}"
    await custodian(life, late)
    for name, born_on in ((child, CHILDS_BIRTHDAY), (mother, "1980-02-03"), (late, "1980-02-03")):
        told = await known(life, name, born_on)
        assert (told["known"], told["offices"], told["in_confidence"]) == (False, [], False), name
    await life.do(WORKER, "end_confidentiality", kept["id"], because="Er hat es ihnen gesagt.")
    told = await known(life, child)
    assert (told["known"], told["in_confidence"]) == (True, False)


async def test_nor_by_a_duplicate_that_went_into_their_case(as_: As) -> None:
    child = f"Kira {new_id()}"
    life, duplicate = await of_child(as_, f"Unbekannt {new_id()}"), await of_child(as_, child)
    await duplicate.do(WORKER, "merge_case", duplicate.case, into_id=str(life.case))
    assert (await known(life, child))["known"] is True
    await life.do(WORKER, "keep_counselling_confidential", life.addressee, **COUNSELLED)
    assert (await known(life, child))["known"] is False
    told = await known(life, child, purpose="protection")
    assert (told["known"], told["in_confidence"]) == (True, True)


async def test_whoever_has_to_protect_a_child_finds_it_and_hears_that_the_family_is_not_to_know(as_: As) -> None:
    child = f"Kira {new_id()}"
    life = await of_child(as_, child)
    open_to_all = await known(life, child, purpose="protection")
    assert (open_to_all["known"], open_to_all["in_confidence"]) == (True, False)
    await life.do(WORKER, "keep_counselling_confidential", life.addressee, **COUNSELLED)
    told = await known(life, child, purpose="protection")
    assert (told["known"], told["in_confidence"], len(told["offices"])) == (True, True, 1)


async def test_not_even_to_protect_where_it_is_their_own_family(as_: As) -> None:
    """Who asks is the child's father, and sees no more by his office than by his custody."""
    child = f"Nele {new_id()}"
    here, kept = await of_child(as_, child), await of_child(as_, child)
    await kept.do(WORKER, "keep_counselling_confidential", kept.addressee, **COUNSELLED)
    await custodian(here, f"Emeka {new_id()}", SECOND)
    told = await known(here, child, purpose="protection")
    assert (told["known"], told["in_confidence"]) == (True, False), "of the open one alone"


async def test_whoever_stands_in_does_not_take_the_case(life: Life, client_of: Client) -> None:
    """Neither for themselves nor for others: the lead stays whose it is."""
    login, actor = await colleague(client_of)
    another, other = await colleague(client_of)
    pseudonym = (await life.as_(WORKER).one("case", life.case))["pseudonym"]
    standing_in = await named_to_stand_in(life, actor, await me(life, WORKER))
    own = str((await life.do(login, "open_case", social_space_id=str(UNTERHACHING), title="Eigene"))["id"])
    assert (await life.as_(login).one("case", life.case)).status == 200
    for who in (actor, other):
        refused = await life.tries(login, "name_lead", pseudonym=pseudonym, actor_id=who)
        assert (refused.status, refused.code) == (403, "forbidden"), who
        assert (await life.tries(login, "offer_transfer", life.case, receiver_id=who)).status == 403, who
    assert (await life.tries(login, "merge_case", life.case, into_id=own)).status == 403
    assert (await life.tries(login, "merge_case", own, into_id=str(life.case))).status in (403, 404, 422)
    await life.do(WORKER, "end_stand_in", standing_in)
    assert (await life.as_(login).one("case", life.case)).status == 404
    assert (await life.as_(WORKER).one("case", life.case)).status == 200
    await life.do(WORKER, "name_lead", pseudonym=pseudonym, actor_id=other)
    assert (await life.as_(another).one("case", life.case)).status == 200, "whose it is hands it over"


async def test_nor_anything_or_anybody_out_of_it(life: Life, client_of: Client) -> None:
    """What goes into a case of their own would be theirs when they do not stand in any more. What does not belong in
    the case they take out of it: that cannot wait for holidays to end."""
    login, actor = await colleague(client_of)
    cell = {"life_area": "housing", "aspect": "conditions", "seen_on": "2026-01-05", "words": "P"}
    entry = (await life.do(WORKER, "note_situation", life.case, **cell))["id"]
    somebody = (await life.do(WORKER, "add_participant", life.case, kind="network_person", name="Oma"))["id"]
    standing_in = await named_to_stand_in(life, actor, await me(life, WORKER))
    own = str((await life.do(login, "open_case", social_space_id=str(UNTERHACHING), title="Eigene"))["id"])
    out = {"kind": "situation_entry", "entry_id": entry, "because": "wrong_case", "reason": "Verwechselt"}
    moved = await life.tries(login, "withdraw_entry", life.case, **out, into_case_id=own)
    assert (moved.status, moved.code, "into_case_id" in str(moved.value["missing"])) == (403, "forbidden", True)
    taken = await life.tries(login, "move_participant", somebody, into_case_id=own)
    assert (taken.status, taken.code) == (403, "forbidden")
    await life.do(login, "withdraw_entry", life.case, **out)
    await life.do(WORKER, "end_stand_in", standing_in)
    kept = await life.as_(WORKER).one("situation_entry", entry)
    assert (kept["case_id"], kept["audience"]) == (str(life.case), "author")
    assert (await life.as_(WORKER).one("participant", somebody))["case_id"] == str(life.case)


async def test_a_parent_who_works_here_gets_into_no_case_of_their_child(as_: As, client_of: Client) -> None:
    """As stand-in or as lead, whoever names them; the case in which they are its custodian is another one."""
    father, actor = await colleague(client_of)
    child = f"Nele {new_id()}"
    known_to_him, kept = await of_child(as_, child), await of_child(as_, child)
    await custodian(known_to_him, f"Emeka {new_id()}", father)
    await kept.do(WORKER, "keep_counselling_confidential", kept.addressee, **COUNSELLED)
    standing_in = await named_to_stand_in(kept, actor, await me(kept, WORKER))
    assert (await kept.as_(father).one("case", kept.case)).status == 404
    told = (await kept.as_(father).many("confidential_counsellings")).rows
    assert str(kept.case) not in [each["case_id"] for each in told]
    pseudonym = (await kept.as_(WORKER).one("case", kept.case))["pseudonym"]
    for who in (WORKER, "social_space_manager"):
        refused = await kept.tries(who, "name_lead", pseudonym=pseudonym, actor_id=actor)
        assert refused.code == "excluded-from-case", who
    assert (await kept.as_(WORKER).one("case", kept.case)).status == 200
    await kept.do(WORKER, "end_stand_in", standing_in)


async def test_nor_is_it_offered_to_them(as_: As, client_of: Client) -> None:
    father, actor = await colleague(client_of)
    child = f"Nele {new_id()}"
    known_to_him, kept = await of_child(as_, child), await of_child(as_, child)
    await custodian(known_to_him, f"Emeka {new_id()}", father)
    await kept.do(WORKER, "keep_counselling_confidential", kept.addressee, **COUNSELLED)
    refused = await kept.tries(WORKER, "offer_transfer", kept.case, receiver_id=actor)
    assert (refused.status, refused.code) == (409, "excluded-from-case")
    assert (await kept.as_(father).many("handovers")).rows == [], "he does not learn that there is a case"


@pytest.mark.parametrize("way", ["named", "enrolled"])
async def test_an_offer_to_who_turns_out_to_be_one_of_them_is_withdrawn_without_a_word(
    as_: As, client_of: Client, database: Database, way: str
) -> None:
    """Whichever came first. It looks to him like any other that was withdrawn."""
    father, actor = await colleague(client_of)
    child = f"Nele {new_id()}"
    known_to_him = await of_child(as_, child)
    kept = await of_child(as_, f"Unbekannt {new_id()}" if way == "named" else child)
    theirs = await custodian(known_to_him, f"Emeka {new_id()}", father if way == "named" else None)
    handover = str((await kept.do(WORKER, "offer_transfer", kept.case, receiver_id=actor))["id"])
    if way == "named":
        await kept.do(WORKER, "correct_participant", kept.addressee, name=child)
    else:
        await known_to_him.enrol(theirs, father)
    withdrawn = await kept.as_(father).one("handover", handover)
    assert (withdrawn["state"], withdrawn["settled_on"]) == ("withdrawn", TODAY.isoformat())
    assert (await kept.tries(father, "accept_handover", handover)).code == "impossible-now"
    # Nor does it say why where he is recognised by nothing but his own acting.
    database.rows("UPDATE handover SET state = 'offered' WHERE id = %s RETURNING 1", handover)
    late = await kept.tries(father, "accept_handover", handover)
    assert (late.code, actor in str(late)) == ("handover-overtaken", False)
    assert (await kept.as_(WORKER).one("case", kept.case)).status == 200


async def test_nor_into_that_of_a_sibling(as_: As, client_of: Client) -> None:
    father, actor = await colleague(client_of)
    one, other = await of_child(as_, f"Nele {new_id()}"), await of_child(as_, f"Ole {new_id()}")
    await custodian(one, f"Emeka {new_id()}", father)
    pseudonym = (await other.as_(WORKER).one("case", other.case))["pseudonym"]
    link = {"sibling_case_id": str(one.case), "because": "Geschwister"}
    await other.do(WORKER, "link_siblings", other.case, **link)
    refused = await other.tries(WORKER, "name_lead", pseudonym=pseudonym, actor_id=actor)
    assert refused.code == "excluded-from-case"


async def test_nor_does_one_who_manages_name_its_lead_unless_it_is_kept_from_them(as_: As, client_of: Client) -> None:
    """Of what is kept from her a refusal would be the only sign: there she is answered like anybody."""
    mother, (_, actor) = "social_space_manager", await colleague(client_of)
    child = f"Nele {new_id()}"
    here, other, kept = [await of_child(as_, child) for _ in range(3)]
    await kept.do(WORKER, "keep_counselling_confidential", kept.addressee, **COUNSELLED)
    pseudonyms = [(await each.as_(WORKER).one("case", each.case))["pseudonym"] for each in (here, other, kept)]
    await custodian(here, f"Vera {new_id()}", mother)
    for pseudonym in pseudonyms[:2]:
        refused = await here.tries(mother, "name_lead", pseudonym=pseudonym, actor_id=actor)
        assert (refused.code, refused.value["actor_id"]) == ("excluded-from-case", str(await me(here, mother)))
    await here.do(mother, "name_lead", pseudonym=pseudonyms[2], actor_id=str(await me(here, WORKER)))
    await here.do(WORKER, "name_lead", pseudonym=pseudonyms[0], actor_id=actor)


async def test_who_is_recognised_later_ends_what_a_relative_does_there(as_: As, client_of: Client) -> None:
    """A child often comes without a name: with it whoever stands in is out, and whoever is to."""
    father, actor = await colleague(client_of)
    child = f"Nele {new_id()}"
    known_to_him = await of_child(as_, child)
    await custodian(known_to_him, f"Emeka {new_id()}", father)
    kept = await of_child(as_, f"Unbekannt {new_id()}")
    standing_in = await named_to_stand_in(kept, actor, await me(kept, WORKER))
    assert (await kept.as_(father).one("case", kept.case)).status == 200
    await kept.do(WORKER, "correct_participant", kept.addressee, name=child)
    assert (await kept.as_(father).one("case", kept.case)).status == 404
    await kept.do(WORKER, "end_stand_in", standing_in)
    # Their own case about their own child they cannot lead either.
    own = str((await kept.do(father, "open_case", social_space_id=str(UNTERHACHING), title="Eigene"))["id"])
    said = {"kind": "addressee", "name": child, "born_on": CHILDS_BIRTHDAY}
    assert (await kept.tries(father, "add_participant", own, **said)).code == "excluded-from-case"


async def test_nor_does_it_matter_in_which_of_the_cases(as_: As, client_of: Client) -> None:
    """It is the open case that gets the child's name, or goes into the other one as its duplicate."""
    father, actor = await colleague(client_of)
    child = f"Nele {new_id()}"
    known_to_him, kept = await of_child(as_, f"Unbekannt {new_id()}"), await of_child(as_, child)
    duplicate, into = await of_child(as_, f"Ole {new_id()}"), await of_child(as_, f"Olaf {new_id()}")
    for each in (known_to_him, duplicate):
        await custodian(each, f"Emeka {new_id()}", father)
    standing_in = await named_to_stand_in(kept, actor, await me(kept, WORKER))
    for each in (kept, into):
        assert (await each.as_(father).one("case", each.case)).status == 200
    await known_to_him.do(WORKER, "correct_participant", known_to_him.addressee, name=child)
    assert (await kept.as_(father).one("case", kept.case)).status == 404
    await into.do(WORKER, "merge_case", duplicate.case, into_id=str(into.case))
    assert (await into.as_(father).one("case", into.case)).status == 404
    await kept.do(WORKER, "end_stand_in", standing_in)


async def test_whoever_works_on_a_case_of_the_family_becomes_none_of_its_people_in_another(
    as_: As, client_of: Client, database: Database
) -> None:
    father, actor = await colleague(client_of)
    child = f"Nele {new_id()}"
    kept, here = await of_child(as_, child), await of_child(as_, child)
    standing_in = await named_to_stand_in(kept, actor, await me(kept, WORKER))
    database.rows("DELETE FROM case_access WHERE case_id = %s AND actor_id = %s RETURNING 1", here.case, actor)
    theirs = await custodian(here, f"Emeka {new_id()}")
    code = (await here.do(WORKER, "issue_enrolment_code", theirs))["code"]
    assert (await as_(father).do("enrol", code=code)).code == "not-to-be-enrolled"
    later = (
        "UPDATE case_access SET valid_from = now() + interval '1 hour' WHERE case_id = %s AND actor_id = %s RETURNING 1"
    )
    assert database.rows(later, kept.case, actor)
    assert (await as_(father).do("enrol", code=code)).status < 300
    left = "SELECT count(*) FROM case_access WHERE case_id = %s AND actor_id = %s AND valid_to > now()"
    assert database.rows(left, kept.case, actor) == [(0,)], "what was to begin does not"
    await kept.do(WORKER, "end_stand_in", standing_in)


async def test_no_trace_in_one_case_tells_its_people_of_another(as_: As) -> None:
    child, login = f"Kira {new_id()}", f"mother-{new_id()}"
    here, kept = await of_child(as_, child), await of_child(as_, child)
    await custodian(here, f"Vera {new_id()}", login)
    await kept.do(WORKER, "keep_counselling_confidential", kept.addressee, **COUNSELLED)
    cell = {"life_area": "housing", "aspect": "conditions", "seen_on": "2026-01-05", "words": "P"}
    for into in ({}, {"into_case_id": str(kept.case)}):
        entry = str((await here.do(WORKER, "note_situation", here.case, **cell))["id"])
        said = {"kind": "situation_entry", "because": "wrong_case", "reason": "Verwechselt", **into}
        await here.do(WORKER, "withdraw_entry", here.case, entry_id=entry, **said)
    gone, moved = (await here.as_(login).many("withdrawals", ("case", here.case))).rows
    assert gone["withheld"] == moved["withheld"] != [], "whether it was moved is not told"
    mine = (await here.as_(WORKER).many("withdrawals", ("case", here.case))).rows
    assert [each["into_case_id"] for each in mine] == [None, str(kept.case)]
    refused = await here.tries(WORKER, "merge_case", here.case, into_id=str(kept.case))
    assert refused.code == "custodians-read-here"
    assert (await here.as_(login).one("case", here.case))["state"] == "enquiry"
    await kept.do(WORKER, "merge_case", kept.case, into_id=str(here.case))
    told = (await here.as_(login).many("cases")).rows
    assert ([each["id"] for each in told], str(kept.case) in str(told)) == ([str(here.case)], False)


async def test_nor_does_a_case_that_others_were_told_of_become_one_that_they_are_not(as_: As) -> None:
    """By what went into it they know that it is there."""
    child, login = f"Kira {new_id()}", f"mother-{new_id()}"
    here, other = await of_child(as_, child), await of_child(as_, child)
    await custodian(here, f"Vera {new_id()}", login)
    await here.do(WORKER, "merge_case", here.case, into_id=str(other.case))
    refused = await other.tries(WORKER, "keep_counselling_confidential", other.addressee, **COUNSELLED)
    assert refused.code == "custodians-read-here"
    await here.do(WORKER, "undo_merger", here.case)
    await other.do(WORKER, "keep_counselling_confidential", other.addressee, **COUNSELLED)


async def test_nor_does_a_refusal_name_it(as_: As, client_of: Client) -> None:
    """Whoever leads the duplicate alone takes no merger back, and is not told by it where it went."""
    login, actor = await colleague(client_of)
    here, other = await of_child(as_, f"Kira {new_id()}"), await of_child(as_, f"Kira {new_id()}")
    await here.do(WORKER, "merge_case", here.case, into_id=str(other.case))
    pseudonym = (await here.as_(WORKER).one("case", here.case))["pseudonym"]
    await here.do(WORKER, "name_lead", pseudonym=pseudonym, actor_id=actor)
    refused = await here.tries(login, "undo_merger", here.case)
    assert (refused.status, str(other.case) in str(refused)) == (403, False)
    unmerged = await here.tries(WORKER, "undo_merger", other.case)
    assert unmerged.code == "impossible-now"


async def consulting(life: Life) -> str:
    said = {"method_id": str(PEER), "question": "Wie sag ich es zu Hause?"}
    return str((await life.do(WORKER, "request_consultation", life.case, **said))["id"])


async def test_no_invitation_reaches_somebody_from_whom_something_is_kept(as_: As, database: Database) -> None:
    """Neither the one she had as a mother, nor a new one from outside, by what she does elsewhere."""
    life, she = await of_child(as_, f"Lou {new_id()}"), {"actor_id": str(PEOPLE[EXPERT].actor_id)}
    mother = await custodian(life, f"Merle {new_id()}", EXPERT)
    consultation = await consulting(life)
    family = {"role": "family", "participant_id": mother}
    invited = str((await life.do(WORKER, "invite_to_consultation", consultation, **family))["id"])
    assert (await life.as_(EXPERT).one("consultation_participant", invited)).status == 200
    theirs = "SELECT id FROM case_access WHERE case_id = %s AND participant_id = %s"
    ((way_in,),) = database.rows(theirs, life.case, mother)
    await life.do(WORKER, "end_case_access", way_in)
    await life.do(WORKER, "keep_counselling_confidential", life.addressee, **COUNSELLED)
    assert (await life.as_(EXPERT).one("consultation_participant", invited)).status == 404
    assert (await life.as_(EXPERT).do("answer_invitation", invited, 1, comes=True)).status == 404
    another = await consulting(life)
    refused = await life.tries(WORKER, "invite_to_consultation", another, **family)
    assert (refused.code, refused.value["errors"][0]["pointer"]) == ("invalid-input", "#/participant_id")
    from_outside = {"role": "expert_by_experience", **she}
    assert (await life.tries(WORKER, "invite_to_consultation", another, **from_outside)).code == "excluded-from-case"


async def test_nobody_from_whom_it_is_kept_is_waited_for(as_: As, database: Database) -> None:
    """Whoever is counselled thinks with others: a sibling who is not to know is not asked, and waited for by nobody.
    For who was asked before and has no way in any more, whoever leads the case writes down what they say."""
    child, sibling = f"child-{new_id()}", f"sibling-{new_id()}"
    life = await of_child(as_, f"Lou {new_id()}", login=child)
    said = {"kind": "addressee", "name": f"Kim {new_id()}"}
    theirs = str((await life.do(WORKER, "add_participant", life.case, **said))["id"])
    other = str((await life.do(WORKER, "add_participant", life.case, **said | {"name": f"Ari {new_id()}"}))["id"])
    await life.enrol(theirs, sibling)
    consultation = await consulting(life)
    moderates = {"role": "moderator", "actor_id": str(PEOPLE[MODERATOR].actor_id)}
    mine, asked = [
        str((await life.do(WORKER, "invite_to_consultation", consultation, role="family", participant_id=each))["id"])
        for each in (str(life.addressee), theirs)
    ]
    await life.do(WORKER, "invite_to_consultation", consultation, **moderates)
    assert (await life.tries(child, "agree_to_consultation", consultation)).code == "not-asked-yet"
    ((way_in,),) = database.rows(
        "SELECT id FROM case_access WHERE case_id = %s AND participant_id = %s", life.case, theirs
    )
    await life.do(WORKER, "end_case_access", way_in)
    await life.do(WORKER, "keep_counselling_confidential", life.addressee, **COUNSELLED)
    family = {"role": "family", "participant_id": other}
    assert (await life.tries(WORKER, "invite_to_consultation", consultation, **family)).code == "invalid-input"
    await life.do(child, "agree_to_consultation", consultation)
    told = {"words": "Jemand sucht Worte.", "question": "Wie sagt man es?"}
    sketch = str((await life.do(WORKER, "write_sketch", consultation, **told))["id"])
    await life.do(child, "answer_invitation", mine, comes=True)
    assert (await life.tries(WORKER, "release_sketch", sketch)).code == "not-consented-yet"
    assert (await life.tries(WORKER, "answer_invitation", mine, comes=True)).status == 403, "they say it themselves"
    await life.do(WORKER, "answer_invitation", asked, comes=True)
    await life.do(WORKER, "release_sketch", sketch)


async def test_nobody_moderates_for_their_own_family_in_whichever_order(as_: As) -> None:
    """Whoever is there for the office would read what the family drafts among itself."""
    moderates = {"role": "moderator", "actor_id": str(PEOPLE[MODERATOR].actor_id)}
    life = await of_child(as_, f"Kim {new_id()}")
    aunt = {"kind": "network_person", "name": f"Leyla {new_id()}"}
    hers = str((await life.do(WORKER, "add_participant", life.case, **aunt))["id"])
    consultation = await consulting(life)
    invited = str((await life.do(WORKER, "invite_to_consultation", consultation, **moderates))["id"])
    code = {"code": (await life.do(WORKER, "issue_enrolment_code", hers))["code"]}
    assert (await as_(MODERATOR).do("enrol", **code)).code == "not-to-be-enrolled"
    await life.do(MODERATOR, "answer_invitation", invited, comes=False)
    assert (await as_(MODERATOR).do("enrol", **code)).status < 300
    another = await consulting(life)
    assert (await life.tries(WORKER, "invite_to_consultation", another, **moderates)).code == "excluded-from-case"


async def test_whom_a_child_trusts_is_theirs_to_know(as_: As) -> None:
    """And of those who work on the case: not of a parent, whether custodian or addressee."""
    child, mother, father, friend = (f"{who}-{new_id()}" for who in ("child", "mother", "father", "friend"))
    life = await of_child(as_, f"Ida {new_id()}", login=child)
    await custodian(life, f"Ada {new_id()}", mother)
    his = {"kind": "addressee", "name": f"Ole {new_id()}", "born_on": "1980-01-01"}
    await life.enrol(str((await life.do(WORKER, "add_participant", life.case, **his))["id"]), father)
    trusted = str((await life.do(child, "name_trusted_person", life.case, name="Bo Geheim"))["id"])
    await life.enrol(trusted, friend)
    for who, knows in ((child, True), (WORKER, True), (friend, True), (mother, False), (father, False)):
        people = (await life.as_(who).many("participants", ("case", life.case))).rows
        assert (trusted in [each["id"] for each in people]) is knows, who
        assert (await life.as_(who).one("participant", trusted)).status == (200 if knows else 404), who
    for who, knows in ((child, True), (WORKER, True), (mother, False), (father, False)):
        told = await life.as_(who).client.get(f"/v1/cases/{life.case}/accesses")  # type: ignore[attr-defined]
        assert ("trust" in [each["basis"] for each in told.json()["items"]]) is knows, who


async def test_no_count_tells_that_there_is_a_case_in_which_something_is_kept(as_: As, database: Database) -> None:
    """Whoever adds a child to a case and sees a place's households become fewer would know that it is in another one.
    It is neither counted nor makes others one household, until nothing is kept there any more."""
    cell, long_ago = ("work", "person"), "2020-01-31"
    mark = f"""INSERT INTO situation_mark
                   (authority_id, id, social_space_id, origin, household, life_area, aspect, seen_on, since)
               SELECT authority_id, gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), '{cell[0]}',
                   '{cell[1]}', CURRENT_DATE, '{long_ago}' FROM social_space WHERE id = %s RETURNING id"""
    database.rows("DELETE FROM situation_mark WHERE (life_area, aspect) = (%s, %s) RETURNING id", *cell)
    child, mother = f"Kira {new_id()}", f"Vera {new_id()}"
    kept, one, other = [await of_child(as_, name) for name in (child, f"Ole {new_id()}", f"Nele {new_id()}")]
    await custodian(kept, mother)
    confidence = await kept.do(WORKER, "keep_counselling_confidential", kept.addressee, **COUNSELLED)
    for life in (kept, one, other):
        seen = {"life_area": cell[0], "aspect": cell[1], "words": "P"}
        await life.do(WORKER, "note_situation", life.case, **seen)
    old = "UPDATE situation_mark SET since = %s WHERE (life_area, aspect) = (%s, %s) RETURNING 1"
    assert len(database.rows(old, long_ago, *cell)) == 3

    async def told() -> bool:
        rows = (await as_("social_space_manager").many("space_situations")).rows
        return any((each["life_area"], each["aspect"]) == cell for each in rows)

    for _ in range(2):
        database.rows(mark, UNTERHACHING)
    assert not await told(), "the fifth household is kept"
    database.rows(mark, UNTERHACHING)
    assert await told()
    said = {"kind": "addressee", "name": child, "born_on": CHILDS_BIRTHDAY}
    await one.do(WORKER, "add_participant", one.case, **said)
    await custodian(other, mother)
    assert await told(), "the two are still two"
    await kept.do(WORKER, "end_confidentiality", confidence["id"], because="Er hat es ihnen gesagt.")
    household = "SELECT DISTINCT coalesce(household_id, case_id) FROM case_sketch WHERE case_id IN (%s, %s, %s)"
    assert len(database.rows(household, kept.case, one.case, other.case)) == 1, "by then they are all one"
    assert not await told()
    database.rows(mark, UNTERHACHING)
    assert await told()
    one_of_them = "DELETE FROM situation_mark WHERE origin IN (md5(%s)::uuid, md5(%s)::uuid) RETURNING 1"
    database.rows(one_of_them, str(one.case), str(other.case))
    until = "UPDATE case_sketch SET not_told_until = %s WHERE case_id = %s RETURNING 1"
    for day, counts in ((TODAY + timedelta(days=1), False), (TODAY, True)):
        database.rows(until, day, kept.case)
        assert await told() is counts, "as with an application of which they are not told before somebody is of age"


async def test_nor_does_a_duplicate_that_went_into_it_make_others_one(as_: As, database: Database) -> None:
    child, mother = f"Kira {new_id()}", f"Vera {new_id()}"
    kept, duplicate, one, other = [await of_child(as_, f"Ole {new_id()}") for _ in range(4)]
    await duplicate.do(WORKER, "correct_participant", duplicate.addressee, name=child)
    await custodian(duplicate, mother)
    await duplicate.do(WORKER, "merge_case", duplicate.case, into_id=str(kept.case))
    await kept.do(WORKER, "keep_counselling_confidential", kept.addressee, **COUNSELLED)
    said = {"kind": "addressee", "name": child, "born_on": CHILDS_BIRTHDAY}
    await one.do(WORKER, "add_participant", one.case, **said)
    await custodian(other, mother)
    household = "SELECT DISTINCT coalesce(household_id, case_id) FROM case_sketch WHERE case_id IN (%s, %s)"
    assert len(database.rows(household, one.case, other.case)) == 2


async def test_whoever_is_of_the_family_is_kept_out_of_it_all_the_same(as_: As, client_of: Client) -> None:
    """Also where it was kept before anybody knew whose father he is."""
    father, actor = await colleague(client_of)
    child = f"Nele {new_id()}"
    kept = await of_child(as_, child)
    await kept.do(WORKER, "keep_counselling_confidential", kept.addressee, **COUNSELLED)
    here = await of_child(as_, child)
    await custodian(here, f"Emeka {new_id()}", father)
    pseudonym = (await kept.as_(WORKER).one("case", kept.case))["pseudonym"]
    refused = await kept.tries(WORKER, "name_lead", pseudonym=pseudonym, actor_id=actor)
    assert refused.code == "excluded-from-case"
