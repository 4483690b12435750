"""What is printed says what its reader may see, in their language, and runs nothing that somebody wrote."""

from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from service.demo import MAIN_ADDRESSEE, MAIN_CASE, MAIN_DECISION, demo_id
from service.domain.values import new_id
from tests.cases.conftest import WORKER, Life

pytestmark = pytest.mark.anyio
WICKED = '</style><script>alert("Ruhe")</script><img src=x onerror=alert(1)>&'


class Page(HTMLParser):
    """The names of its elements and attributes, and the text that people read."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.elements, self.attributes, self.language, self.said = list[str](), set[str](), "", ""
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert answer.headers["cache-control"] == "no-store"
        policy = dict(each.strip().split(" ", 1) for each in answer.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["style-src"].startswith("'sha256-")
        self.feed(answer.text)
        self.close()
        assert {"main", "title", "h1"} <= {*self.elements}
        assert not {"script", "img", "iframe", "form", "link", "object"} & {*self.elements}
        assert self.attributes <= {"lang", "charset", "name", "content", "class", "scope"}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "html":
            self.language = str(dict(attrs)["lang"])

    def handle_data(self, data: str) -> None:
        self.said += data


async def printed(client: httpx.AsyncClient, path: str, **asked: Any) -> Page:
    return Page(await client.get(f"/v1/{path}", params=asked))


@pytest.fixture(params=["rest"])
def face(request: pytest.FixtureRequest) -> str:
    """What is printed is a file: over REST only."""
    return str(request.param)


async def test_a_support_plan_has_everybodys_words_as_text_and_a_line_to_sign(life: Life, client_of: Any) -> None:
    whose = {"participant_id": str(life.addressee)}
    goal = (await life.do(WORKER, "propose_goal", life.case, statement=WICKED, **whose))["id"]
    await life.do(life.login, "agree_goal", goal)
    secret = {**whose, "statement": "Nur für mich", "audience": "author"}
    await life.do(life.login, "propose_goal", life.case, **secret)
    slots = {"wanted_by_id": str(life.addressee), "done_by_id": str(life.addressee), "due_on": "2027-10-03"}
    slots |= {"with_whom": "allein", "how": "Licht aus", "with_what": "Uhr"}
    await life.do(WORKER, "plan_step", goal, **slots)
    left = (await life.do(WORKER, "plan_step", goal, **(slots | {"how": "Handy weg"})))["id"]
    await life.do(life.login, "leave_step", left, reason="Ging nicht.")
    arrangement = (await life.do(WORKER, "draft_arrangement", life.case, title="Abends"))["id"]
    await life.do(WORKER, "add_element", arrangement, kind="own", what="Früher ins Bett", **whose)
    await life.do(life.login, "name_trusted_person", life.case, name="Bo Geheim")
    plan = f"cases/{life.case}/support-plan"
    page = await printed(client_of(life.login), plan, language="de-simple")
    assert (page.language, "Hilfe-Plan" in page.said) == ("de-simple", True)
    assert WICKED in page.said, "as text, to the letter"
    for said in ("Hanne Loopgarten", "Licht aus", "3. Oktober 2027", "Früher ins Bett", "Unterschrift"):
        assert said in page.said, said
    assert "Handy weg" not in page.said, "nobody signs for what was left"
    assert "Nur für mich" not in page.said, "who signs reads it: what is not for all of them is on no plan"
    worker = await printed(client_of(WORKER), plan)
    assert (worker.language, "Hilfeplan" in worker.said, "Nur für mich" in worker.said) == ("de", True, False)
    assert "Bo Geheim" not in page.said + worker.said, "whom somebody trusts is theirs to know: others sign it"
    assert (await client_of("second_case_worker").get(f"/v1/{plan}")).status_code == 404
    assert (await client_of(None).get(f"/v1/{plan}")).status_code == 401
    told = {"parts": ["goals"], "purpose": "Begleitung", "legal_basis": "§ 64 SGB VIII"}
    helper = str(demo_id("actor", "provider_worker"))
    await life.do(WORKER, "transmit_case", life.case, actor_id=helper, id=str(new_id()), **told)
    theirs = await printed(client_of("provider_worker"), plan, language="en")
    assert "Support plan" in theirs.said
    for kept in ("Hanne Loopgarten", "Licht aus", "Früher ins Bett", "Nur für mich"):
        assert kept not in theirs.said, "what was not transmitted is not printed either"


async def test_a_support_plan_says_how_life_is_beside_what_is_done_about_it(life: Life, client_of: Any) -> None:
    """On the person's own scale and in their own words; what they have kept for themselves or said before is not on
    it."""
    scale = {"about": "Meine Abende", "lowest_means": "nur müde", "highest_means": "Zeit für mich", "highest": 7}
    await life.do(life.login, "rate_life", life.case, value=1, words="Zu viel auf einmal", **scale)
    await life.do(life.login, "rate_life", life.case, value=4, words=WICKED, **scale)
    kept = scale | {"about": "Meine Nächte", "audience": "author"}
    await life.do(life.login, "rate_life", life.case, value=0, words="Nur für mich", **kept)
    arrangement = (await life.do(WORKER, "draft_arrangement", life.case, title="Wer abends hilft"))["id"]
    element = {"kind": "own_network", "what": "Oma liest vor", "participant_id": str(life.addressee)}
    await life.do(WORKER, "add_element", arrangement, **element)
    plan = f"cases/{life.case}/support-plan"
    languages = {"de": ("Wie das Leben ist, in eigenen Worten", "von"), "de-simple": ("So geht es mir", "von")}
    languages["en"] = ("How life is, in people's own words", "of")
    for who in (life.login, WORKER):
        for language, (heading, of) in languages.items():
            said = (await printed(client_of(who), plan, language=language)).said
            assert said.index(heading) < said.index(f"4 {of} 7") < said.index("Oma liest vor"), (who, language)
            for there in ("Hanne Loopgarten", "Meine Abende", "0: nur müde; 7: Zeit für mich", WICKED):
                assert there in said, (who, there)
            for gone in (f"1 {of} 7", "Zu viel auf einmal", "Meine Nächte", "Nur für mich"):
                assert gone not in said, (who, gone)
    told = {"parts": ["arrangement"], "purpose": "Begleitung", "legal_basis": "§ 64 SGB VIII"}
    helper = str(demo_id("actor", "provider_worker"))
    await life.do(WORKER, "transmit_case", life.case, actor_id=helper, id=str(new_id()), **told)
    theirs = (await printed(client_of("provider_worker"), plan)).said
    assert "Oma liest vor" in theirs
    assert "Meine Abende" not in theirs, "what was not transmitted is not printed either"


async def test_a_support_plan_has_the_familys_own_plan_and_what_they_have_chosen(client_of: Any) -> None:
    page = await printed(client_of("addressee"), f"cases/{MAIN_CASE}/support-plan")
    for said in ("Ich probiere das Vorlesen im Mütterzentrum.", "Wie bleibt abends Kraft zum Vorlesen?"):
        assert said in page.said, said


async def test_a_decision_is_printed_whole_or_not_at_all(life: Life, client_of: Any) -> None:
    letter = f"decisions/{MAIN_DECISION}/letter"
    for who in (WORKER, "addressee"):
        page = await printed(client_of(who), letter)
        decided = (await client_of(who).get(f"/v1/decisions/{MAIN_DECISION}")).json()
        for name in ("outcome_label", "legal_basis", "reasons", "remedy_notice", "wish_and_choice", "hint"):
            assert (decided[name] or "") in page.said, name
        assert "Ombudsstelle" in page.said
        assert "+49 89 99998 101" in page.said, "whom to ring about it"
    helper = client_of("provider_worker_unassigned")
    assert (await helper.get(f"/v1/{letter}")).status_code == 404
    told = {"parts": ["arrangement"], "purpose": "Begleitung", "legal_basis": "§ 64 SGB VIII"}
    told["actor_id"] = str(demo_id("actor", "provider_worker_unassigned"))
    access = await life.do(WORKER, "transmit_case", MAIN_CASE, id=str(new_id()), **told)
    try:
        assert "reasons" in (await helper.get(f"/v1/decisions/{MAIN_DECISION}")).json()["withheld"]
        refused = await helper.get(f"/v1/{letter}")
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), "it would be half a letter"
    finally:
        await life.do(WORKER, "end_case_access", access["id"])


async def test_an_invitation_says_when_where_and_that_one_need_not_come(life: Life, client_of: Any) -> None:
    methods = await life.as_(WORKER).many("consultation_methods")
    method = next(each["id"] for each in methods.rows if each["authority_id"] is each["replaced_on"] is None)
    asked = await life.do(WORKER, "request_consultation", life.case, method_id=method, question="Wie wird es ruhig?")
    await life.do(life.login, "agree_to_consultation", asked["id"])
    when = {"starts_at": "2099-10-03T18:30:00+02:00", "venue": "Bücherei <Saal>"}
    await life.do(WORKER, "schedule_consultation", asked["id"], **when)
    page = await printed(client_of(life.login), f"consultations/{asked['id']}/invitation")
    for said in ("Samstag, 3. Oktober 2099, 18:30 Uhr", "Bücherei <Saal>", "+49 89 99998 101"):
        assert said in page.said, said
    assert "Wie wird es ruhig?" not in page.said, "whoever is invited from outside is told by the sketch"
    review = await life.do(life.login, "plan_review", life.case, kind="reflection", due_on="2099-10-03")
    page = await printed(client_of(life.login), f"reviews/{review['id']}/invitation", language="en")
    assert "3 October 2099" in page.said
    wrong = await client_of(life.login).get(f"/v1/reviews/{review['id']}/invitation?language=fr")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid-input")


async def test_what_is_printed_for_somebody_is_in_their_language(life: Life, client_of: Any) -> None:
    said = {"id": str(new_id()), "kind": "network_person", "name": "Oma Anders", "language": "en", "speaks": ["uk"]}
    await life.do(WORKER, "add_participant", life.case, **said)
    review = await life.do(life.login, "plan_review", life.case, kind="reflection", due_on="2099-10-03")
    for path in (f"cases/{life.case}/support-plan", f"reviews/{review['id']}/invitation"):
        german = await printed(client_of(WORKER), path)
        theirs = await printed(client_of(WORKER), path, recipient_id=said["id"])
        assert (german.language, theirs.language) == ("de", "en"), path
        assert "Oma Anders" in theirs.said
    assert "3 October 2099" in theirs.said, "days too"
    asked = await printed(client_of(WORKER), path, recipient_id=said["id"], language="de-simple")
    assert asked.language == "de-simple", "unless another one is asked for"
    for nobody in (demo_id("participant", "Wieder Luft im Alltag", "addressee"), new_id()):
        wrong = await client_of(WORKER).get(f"/v1/{path}", params={"recipient_id": str(nobody)})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid-input"), "nobody of another case"
    decided = await printed(client_of(WORKER), f"decisions/{MAIN_DECISION}/letter", recipient_id=str(MAIN_ADDRESSEE))
    assert decided.language == "de"
