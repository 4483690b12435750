"""The first loop, from the map of a county to a step ticked off on a phone: the same promises at both faces.

Each change is tried by everybody else first, is refused with the settled status, and leaves everything as it was."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from service import demo
from service.domain.clock import majority
from service.domain.values import new_id
from tests.conftest import Database
from tests.faces import FACES, Face, Told, content

pytestmark = pytest.mark.anyio

As = Callable[..., Face]
WORDS = "Ich will wieder ruhig schlafen. [words of the loop]"
STRANGERS = (
    *("second_case_worker", "custodian", "provider_worker", "provider_worker_unassigned"),
    *("social_space_manager", "administrator", "other_authority"),
)
NOT_THEIRS: dict[str | None, int] = {None: 401, **dict.fromkeys(STRANGERS, 404)}
"""The public has to sign in; for whoever is not in the case, there is none."""
TRIED: set[tuple[str, str]] = set()


@pytest.fixture(params=list(FACES))
def face(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def as_(face: str, client_of: Callable[..., httpx.AsyncClient]) -> As:
    """Somebody at one of the faces: a role of the demo, or any other subject, who is then new here."""

    def somebody(role: str | None = None, *, language: str | None = None, **claims: Any) -> Face:
        return FACES[face](client_of(role, **claims), language)

    return somebody


@dataclass
class Loop:
    """One run of the loop. Everything in it is made by requests."""

    as_: As
    face: str
    database: Database
    login: str = field(default_factory=lambda: f"new-{uuid4()}")
    case: UUID = field(default_factory=new_id)
    addressee: UUID = field(default_factory=new_id)
    goal: UUID = field(default_factory=new_id)
    step: UUID = field(default_factory=new_id)
    grandmother: UUID = field(default_factory=new_id)
    question: UUID = field(default_factory=uuid4)

    @property
    def worker(self) -> Face:
        return self.as_("case_worker")

    @property
    def self(self) -> Face:
        return self.as_(self.login)

    async def only(self, refused: Mapping[str | None, int], operation: str, *where: Any, **said: Any) -> None:
        """Everybody named is refused so, and nothing changes."""
        before = content(self.database)
        found = {}
        for role in refused:
            told = await self.as_(role).do(operation, *where, **said)
            found[role] = told.status
            assert told.code is not None
            assert told.value.get("advice") or told.value.get("detail")
        assert found == dict(refused), operation
        assert content(self.database) == before

    async def first_the_others(
        self, refused: Mapping[str | None, int], operation: str, *where: Any, **said: Any
    ) -> None:
        """Once at each face is enough: every test goes this way."""
        if (self.face, operation) not in TRIED:
            TRIED.add((self.face, operation))
            await self.only(refused, operation, *where, **said)

    async def opened(self) -> Told:
        said: dict[str, Any] = {
            "social_space_id": str(demo.UNTERHACHING),
            "title": "Ruhe",
            "concern": "Schlaflos seit dem Umzug",
        }
        everybody: dict[str | None, int] = {
            **dict.fromkeys((*STRANGERS, "addressee"), 403),
            None: 401,
        }  # they see the space, so not 404
        await self.first_the_others(everybody, "open_case", id=str(self.case), **said)
        told = await self.worker.do("open_case", id=str(self.case), **said)
        questions = await self.worker.many("questions", ("case", self.case))
        self.question = UUID(questions.rows[0]["id"])
        return told

    async def joined(self, who: UUID, kind: str, name: str, born_on: date | None = None) -> Told:
        said: dict[str, Any] = {"id": str(who), "kind": kind, "name": name, "born_on": born_on and born_on.isoformat()}
        given = {name: value for name, value in said.items() if value is not None}
        await self.first_the_others(NOT_THEIRS, "add_participant", self.case, **given)
        return await self.worker.do("add_participant", self.case, **given)

    async def enrolled(self, who: UUID, login: str) -> Told:
        await self.first_the_others({**NOT_THEIRS, login: 403}, "issue_enrolment_code", who)
        issued = await self.worker.do("issue_enrolment_code", who)
        code = issued["code"]
        await self.first_the_others({None: 401}, "enrol", code=code)
        return await self.as_(login).do("enrol", code=code)

    async def up_to_enrolment(self) -> None:
        await self.opened()
        await self.joined(self.addressee, "addressee", "Hanne Loopgarten", date(1990, 5, 17))
        await self.joined(self.grandmother, "network_person", "Oma Loopgarten")
        await self.enrolled(self.addressee, self.login)

    async def worded(self) -> Told:
        said: dict[str, Any] = {"id": str(new_id()), "words": WORDS, "language": "de"}
        await self.first_the_others({**NOT_THEIRS, "case_worker": 403}, "word_answer", self.question, **said)
        return await self.self.do("word_answer", self.question, **said)

    async def agreed(self) -> Told:
        proposed: dict[str, Any] = {"participant_id": str(self.addressee), "statement": "Ich schlafe durch."}
        await self.first_the_others(NOT_THEIRS, "propose_goal", self.case, id=str(self.goal), **proposed)
        goal = await self.worker.do("propose_goal", self.case, id=str(self.goal), **proposed)
        assert goal["state"] == "draft"
        await self.first_the_others({**NOT_THEIRS, "case_worker": 403}, "agree_goal", self.goal, 1)
        return await self.self.do("agree_goal", self.goal, 1)

    def six_slots(self, **other: Any) -> dict[str, Any]:
        slots: dict[str, Any] = {
            "wanted_by_id": str(self.addressee),
            "done_by_id": str(self.addressee),
            "with_whom": "mit Oma",
        }
        slots |= {"how": "Um neun das Licht aus", "due_on": "2027-10-03", "with_what": "eine Eieruhr"}
        return {"id": str(self.step), **slots, **other}

    async def planned(self) -> Told:
        await self.first_the_others(NOT_THEIRS, "plan_step", self.goal, **self.six_slots())
        return await self.worker.do("plan_step", self.goal, **self.six_slots())

    async def ticked(self, word: str) -> Told:
        await self.first_the_others(NOT_THEIRS, "finish_step", self.step, remark=word)
        return await self.self.do("finish_step", self.step, remark=word)


@pytest.fixture
def loop(as_: As, face: str, database: Database) -> Loop:
    return Loop(as_, face, database)


# 1. The map


async def test_a_portal_lists_the_county_without_login(as_: As) -> None:
    public = as_(None)
    regions, spaces, places = [await public.many(name) for name in ("regions", "social_spaces", "municipalities")]
    assert [each.status for each in (regions, spaces, places)] == [200, 200, 200]
    assert (len(regions.rows), len(places.rows)) == (6, 29)
    assert "Unterhaching" in {each["name"] for each in spaces.rows}
    assert (await public.one("social_space", demo.UNTERHACHING))["name"] == "Unterhaching"


@pytest.mark.parametrize("name", ["cases", "case_sketches", "goals", "steps", "next_steps"])
async def test_the_map_is_all_that_the_public_sees(as_: As, name: str) -> None:
    told = await as_(None).many(name)
    assert told.status == 401 or told.rows == []


# 2. The case, its addressee, and the first question


async def test_only_a_case_worker_of_the_space_opens_a_case_there(loop: Loop) -> None:
    told = await loop.opened()
    assert (told.status, told["state"], told.version) == (201, "enquiry", 1)
    assert (await loop.worker.one("case", loop.case))["title"] == "Ruhe"


async def test_the_seven_questions_stand_there_in_order(loop: Loop) -> None:
    await loop.opened()
    questions = (await loop.worker.many("questions", ("case", loop.case))).rows
    assert [each["numeral"] for each in questions] == ["I", "II", "III", "IV", "V", "VI", "VII"]
    assert {each["state"] for each in questions} == {"not_started"}


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "Was will ich verändern?"), ("en", "What do I want to change?"), ("de-simple", "Was soll anders werden?")],
)
async def test_questions_speak_the_languages_of_the_people(as_: As, language: str, text: str) -> None:
    question = await as_("case_worker", language=language).one("question", demo.MAIN_QUESTION)
    assert question["text"] == text


async def test_a_new_login_becomes_the_addressee_by_a_one_time_code(loop: Loop) -> None:
    await loop.opened()
    await loop.joined(loop.addressee, "addressee", "Hanne Loopgarten")
    stranger = await loop.self.one("me")
    assert (stranger.status, stranger.code) in ((403, "not-enrolled"), (404, None))
    told = await loop.enrolled(loop.addressee, loop.login)
    assert told.status in (200, 201)
    assert (told["case_id"], told["basis"]) == (str(loop.case), "self")
    assert (await loop.self.one("case", loop.case))["title"] == "Ruhe"
    assert (await loop.self.one("me")).status == 200


async def test_a_code_works_for_one_login_only_and_gives_that_one_the_first_outcome_again(loop: Loop) -> None:
    await loop.opened()
    await loop.joined(loop.addressee, "addressee", "Hanne Loopgarten")
    code = (await loop.worker.do("issue_enrolment_code", loop.addressee))["code"]
    first = await loop.self.do("enrol", code=code)
    again = await loop.self.do("enrol", code=code.lower().replace("-", ""))
    assert again["case_id"] == first["case_id"]
    await loop.only({f"thief-{uuid4()}": 409, "other_authority": 409}, "enrol", code=code)
    issued_again = await loop.worker.do("issue_enrolment_code", loop.addressee)
    assert (issued_again.status, issued_again.code) == (409, "not-to-be-enrolled")


async def test_a_login_that_does_not_say_surely_enough_who_it_is_stays_outside(loop: Loop) -> None:
    await loop.opened()
    await loop.joined(loop.addressee, "addressee", "Hanne Loopgarten")
    code = (await loop.worker.do("issue_enrolment_code", loop.addressee))["code"]
    before = content(loop.database)
    told = await loop.as_(loop.login, assurance="low").do("enrol", code=code)
    assert (told.status, told.code) == (403, "assurance-too-low")
    assert content(loop.database) == before
    handed_over = await loop.worker.do("issue_enrolment_code", loop.addressee, in_person=True)
    assert (await loop.self.do("enrol", code=code)).code == "code-refused"  # the newer code has replaced it
    assert (await loop.as_(loop.login, assurance="low").do("enrol", code=handed_over["code"])).status < 300


async def test_a_wrong_enrolment_can_be_undone_and_says_what_was_seen(loop: Loop) -> None:
    await loop.up_to_enrolment()
    await loop.self.one("case", loop.case)
    await loop.only({**NOT_THEIRS, loop.login: 403}, "undo_enrolment", loop.addressee)
    undone = await loop.worker.do("undo_enrolment", loop.addressee)
    assert any("Case" in each["action"] for each in undone["seen"])
    assert (await loop.self.one("case", loop.case)).status == 404
    assert (await loop.self.do("word_answer", loop.question, words="Noch da?")).status == 404


async def test_only_the_addressee_words_the_question(loop: Loop) -> None:
    await loop.up_to_enrolment()
    answer = await loop.worded()
    assert (answer.status, answer["words"], answer["participant_id"]) == (201, WORDS, str(loop.addressee))
    assert (await loop.worker.one("question", loop.question))["state"] == "answered"
    assert [each["words"] for each in (await loop.worker.many("answers", ("question", loop.question))).rows] == [WORDS]


# 3. The goal and its steps


async def test_only_the_addressee_agrees_the_goal(loop: Loop) -> None:
    await loop.up_to_enrolment()
    goal = await loop.agreed()
    assert (goal["state"], goal.version) == ("agreed", 2)
    assert (await loop.worker.one("goal", loop.goal))["agreed_at"] is not None
    again = await loop.self.do("agree_goal", loop.goal, 2)
    assert (again.status, again.code) == (409, "impossible-now")


async def test_a_step_has_six_slots_and_is_planned_towards_an_agreed_goal_only(loop: Loop) -> None:
    await loop.up_to_enrolment()
    await loop.worker.do(
        "propose_goal", loop.case, id=str(loop.goal), participant_id=str(loop.addressee), statement="x"
    )
    too_early = await loop.worker.do("plan_step", loop.goal, **loop.six_slots())
    assert (too_early.status, too_early.code) == (409, "impossible-now")
    await loop.self.do("agree_goal", loop.goal, 1)
    for slot in ("wanted_by_id", "done_by_id", "with_whom", "how", "due_on", "with_what"):
        before = content(loop.database)
        rest = {name: value for name, value in loop.six_slots().items() if name != slot}
        assert (await loop.worker.do("plan_step", loop.goal, **rest)).status in (400, 422), slot
        assert content(loop.database) == before
    step = await loop.planned()
    assert (step.status, step["state"]) == (201, "open")
    assert {name: step[name] for name in loop.six_slots()} == loop.six_slots()


async def test_the_doer_may_be_somebody_without_an_account(loop: Loop) -> None:
    await loop.up_to_enrolment()
    await loop.agreed()
    told = await loop.self.do("plan_step", loop.goal, **loop.six_slots(done_by_id=str(loop.grandmother)))
    assert told["done_by_id"] == str(loop.grandmother)
    assert (await loop.worker.one("participant", loop.grandmother))["enrolled"] is False
    assert [each["id"] for each in (await loop.self.many("next_steps")).rows] == []  # it is not hers to do
    assert (await loop.worker.do("finish_step", loop.step, remark="Oma rief an"))["state"] == "done"


async def test_nobody_from_another_case_becomes_a_doer(loop: Loop) -> None:
    await loop.up_to_enrolment()
    await loop.agreed()
    before = content(loop.database)
    for stranger in (demo.MAIN_ADDRESSEE, new_id()):
        told = await loop.worker.do("plan_step", loop.goal, **loop.six_slots(done_by_id=str(stranger)))
        assert (told.status, told.code) == (422, "invalid-input")
    assert content(loop.database) == before


# 4. The phone


@pytest.mark.parametrize(
    ("language", "until", "state"),
    [
        ("de", "bis 3. Oktober 2027", "offen"),
        ("en", "by 3 October 2027", "open"),
        ("de-simple", "Das ist dran bis zum 3. Oktober 2027.", "noch zu tun"),
    ],
)
async def test_the_phone_shows_my_next_steps_in_my_language(loop: Loop, language: str, until: str, state: str) -> None:
    await loop.up_to_enrolment()
    await loop.agreed()
    await loop.planned()
    (step,) = (await loop.as_(loop.login, language=language).many("next_steps")).rows
    assert (step["until"], step["state_label"], step["how"]) == (until, state, "Um neun das Licht aus")
    for other in (*STRANGERS, "case_worker"):
        assert str(loop.step) not in {each["id"] for each in (await loop.as_(other).many("next_steps")).rows}


async def test_the_case_worker_sees_the_tick_and_the_word(loop: Loop) -> None:
    await loop.up_to_enrolment()
    await loop.agreed()
    await loop.planned()
    done = await loop.ticked("Geschafft, sogar zweimal!")
    assert (done["state"], done["remark"]) == ("done", "Geschafft, sogar zweimal!")
    assert (await loop.self.many("next_steps")).rows == []
    seen = await loop.worker.one("step", loop.step)
    assert (seen["state"], seen["remark"], seen.version) == ("done", "Geschafft, sogar zweimal!", 2)
    again = await loop.self.do("finish_step", loop.step, remark="noch einmal")
    assert (again.status, again.code) == (409, "impossible-now")


# The others


async def test_the_custodian_of_a_fifteen_year_old_has_a_part_until_the_eighteenth_birthday(loop: Loop) -> None:
    born, custodian = date(datetime.now(UTC).year - 15, 1, 9), new_id()
    await loop.opened()
    await loop.joined(loop.addressee, "addressee", "Kim Loopgarten", born)
    await loop.joined(custodian, "custodian", "Robin Loopgarten")
    told = await loop.enrolled(custodian, loop.login)
    assert told["basis"] == "representation"
    ends = "SELECT valid_to FROM case_access WHERE case_id = %s AND basis = 'representation'"
    assert loop.database.rows(ends, loop.case) == [(majority(born),)]
    # The custodian has words of their own, and no say over the young person's goal.
    assert (await loop.self.do("word_answer", loop.question, id=str(new_id()), words=WORDS)).status == 201
    said: dict[str, Any] = {
        "id": str(loop.goal),
        "participant_id": str(loop.addressee),
        "statement": "Ich gehe wieder zur Schule.",
    }
    assert (await loop.self.do("propose_goal", loop.case, **said)).status == 201
    await loop.only({loop.login: 403, "case_worker": 403}, "agree_goal", loop.goal, 1)
    young = f"young-{uuid4()}"
    assert (await loop.enrolled(loop.addressee, young))["basis"] == "self"
    assert (await loop.as_(young).do("agree_goal", loop.goal, 1))["state"] == "agreed"
    step = loop.six_slots(wanted_by_id=str(loop.addressee), done_by_id=str(loop.addressee))
    assert (await loop.self.do("plan_step", loop.goal, **step)).status == 201
    await loop.only({loop.login: 403}, "finish_step", loop.step, remark="für sie")


async def test_a_custodian_of_somebody_of_age_is_not_enrolled(loop: Loop) -> None:
    custodian = new_id()
    await loop.opened()
    await loop.joined(loop.addressee, "addressee", "Kim Loopgarten", date(2000, 1, 1))
    await loop.joined(custodian, "custodian", "Robin Loopgarten")
    code = (await loop.worker.do("issue_enrolment_code", custodian))["code"]
    before = content(loop.database)
    assert (await loop.self.do("enrol", code=code)).code == "not-to-be-enrolled"
    assert content(loop.database) == before


async def test_the_provider_worker_reads_what_was_transmitted_and_nothing_else(loop: Loop) -> None:
    await loop.up_to_enrolment()
    await loop.worded()
    await loop.agreed()
    await loop.planned()
    worker, access = loop.as_("provider_worker"), new_id()
    actor = demo.PEOPLE["provider_worker"].actor_id
    said: dict[str, Any] = {"id": str(access), "actor_id": str(actor), "parts": ["goals", "steps"]}
    said |= {"purpose": "Begleitung im Alltag", "legal_basis": "§ 64 Abs. 2 SGB VIII"}
    await loop.only({**NOT_THEIRS, loop.login: 403}, "transmit_case", loop.case, **said)
    assert (await worker.one("case", loop.case)).status == 404
    told = await loop.worker.do("transmit_case", loop.case, **said)
    assert (told["purpose"], told["parts"]) == ("Begleitung im Alltag", ["goals", "steps"])

    case = await worker.one("case", loop.case)
    assert case.status == 200
    assert sorted(case["withheld"]) == ["concern", "title"]
    assert not case.value.get("title")
    assert (await worker.one("goal", loop.goal))["statement"] == "Ich schlafe durch."
    assert (await worker.one("step", loop.step))["how"] == "Um neun das Licht aus"
    assert (await worker.one("question", loop.question)).status == 404
    person = await worker.one("participant", loop.addressee)
    assert (person.value.get("name"), "name" in person["withheld"]) == (None, True)
    # It may plan with the addressee, and not speak for them.
    planned = await worker.do("plan_step", loop.goal, **loop.six_slots(id=str(new_id())))
    assert planned.status == 201
    await loop.only({"provider_worker": 403}, "finish_step", loop.step)
    await loop.only({"provider_worker": 403}, "drop_goal", loop.goal, 2)
    await loop.only({"provider_worker": 403}, "change_case", loop.case, 1, title="Meins")
    await loop.only({"provider_worker": 404}, "word_answer", loop.question, words="für sie")
    # The colleague without an assignment sees none of it.
    for name, id in {"case": loop.case, "goal": loop.goal, "step": loop.step}.items():
        assert (await loop.as_("provider_worker_unassigned").one(name, id)).status == 404

    assert (await loop.worker.do("end_case_access", access, 1)).status == 200
    assert (await worker.one("goal", loop.goal)).status == 404
    await loop.only({"provider_worker": 404}, "plan_step", loop.goal, **loop.six_slots(id=str(new_id())))


async def test_nothing_is_transmitted_to_whoever_is_no_provider_worker(loop: Loop) -> None:
    await loop.opened()
    before = content(loop.database)
    for role in ("administrator", "social_space_manager", "other_authority", "addressee"):
        said: dict[str, Any] = {
            "actor_id": str(demo.PEOPLE[role].actor_id),
            "parts": ["goals"],
            "purpose": "x",
            "legal_basis": "y",
        }
        told = await loop.worker.do("transmit_case", loop.case, id=str(new_id()), **said)
        assert (told.status, told.code) == (409, "no-provider-worker"), role
    assert content(loop.database) == before


async def test_the_manager_sees_a_sketch_without_names_or_words(loop: Loop) -> None:
    await loop.up_to_enrolment()
    await loop.worded()
    pseudonym = (await loop.worker.one("case", loop.case))["pseudonym"]
    manager = loop.as_("social_space_manager")
    sketch = await manager.one("case_sketch", pseudonym)
    assert set(sketch.value) == {"pseudonym", "state", "field_of_action", "social_space_id", "opened_in"}
    assert (sketch["state"], sketch["social_space_id"]) == ("enquiry", str(demo.UNTERHACHING))
    assert pseudonym in {each["pseudonym"] for each in (await manager.many("case_sketches")).rows}
    assert (await manager.one("case", loop.case)).status == 404
    for role in ("administrator", "provider_worker", "other_authority", "second_case_worker", "custodian"):
        assert (await loop.as_(role).one("case_sketch", pseudonym)).status == 404, role
    assert (await loop.as_(None).one("case_sketch", pseudonym)).status in (401, 404)


async def test_an_administrator_and_another_authority_see_no_content(loop: Loop) -> None:
    await loop.up_to_enrolment()
    await loop.agreed()
    for role in ("administrator", "other_authority", "second_case_worker", "custodian"):
        for name, id in {"case": loop.case, "participant": loop.addressee, "goal": loop.goal}.items():
            assert (await loop.as_(role).one(name, id)).status == 404, role
        assert (await loop.as_(role).many("questions", ("case", loop.case))).status == 404
        assert str(loop.case) not in {each["id"] for each in (await loop.as_(role).many("cases")).rows}


# The record


async def test_every_change_left_one_event_without_personal_data_and_one_audit_row(loop: Loop) -> None:
    await loop.up_to_enrolment()
    await loop.worded()
    await loop.agreed()
    await loop.planned()
    await loop.ticked("Geschafft!")
    done = ["case.open", "participant.add", "participant.add", "enrolment.issue", "enrolment.enrol", "question.word"]
    done += ["goal.propose", "goal.agree", "step.plan", "step.finish"]
    query = "SELECT kind FROM event WHERE case_id = %s ORDER BY sequence"
    assert [kind for (kind,) in loop.database.rows(query, loop.case)] == done
    (events,) = loop.database.rows("SELECT string_agg(e::text, ' ') FROM event e WHERE case_id = %s", loop.case)
    for personal in ("Loopgarten", "words of the loop", "schlafe", "Licht", "Geschafft", loop.login):
        assert personal not in events[0]
    audit = "SELECT action FROM audit_entry WHERE %s = ANY (cases) AND outcome = 'done' AND action = ANY (%s)"
    audited = [action for (action,) in loop.database.rows(audit + " ORDER BY sequence", loop.case, done)]
    assert audited == done


async def test_refusals_and_looks_are_on_record_too(loop: Loop) -> None:
    await loop.opened()
    administrator, worker = (demo.PEOPLE[role].actor_id for role in ("administrator", "case_worker"))
    ((latest,),) = loop.database.rows("SELECT max(sequence) FROM audit_entry")
    await loop.as_("administrator").do("begin_counselling", loop.case, 1)
    await loop.worker.one("case", loop.case)
    await loop.as_("administrator").one("case", loop.case)
    recorded = "SELECT actor_id, action, outcome, cases FROM audit_entry WHERE sequence > %s ORDER BY sequence"
    assert loop.database.rows(recorded, latest) == [
        (administrator, "case.move_on", "not-found", []),
        (worker, "read Case", "read", [loop.case]),
        (administrator, "read Case", "nothing", []),
    ]
