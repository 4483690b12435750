"""Trusted persons, representatives and network persons: each sees their share of a case, as long as they may."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.demo import UNTERHACHING
from service.domain.clock import Clock
from service.domain.values import new_id
from tests.conftest import Database

pytestmark = pytest.mark.anyio
Client = Callable[..., httpx.AsyncClient]


@dataclass
class Family:
    """A case with an addressee who is enrolled, has agreed a goal, and planned a step for somebody else to do."""

    client_of: Client
    login: str = field(default_factory=lambda: f"new-{uuid4()}")
    case: str = ""
    addressee: str = ""
    neighbour: str = ""
    goal: str = field(default_factory=lambda: str(new_id()))
    own_step: str = field(default_factory=lambda: str(new_id()))
    step: str = field(default_factory=lambda: str(new_id()))

    @property
    def worker(self) -> httpx.AsyncClient:
        return self.client_of("case_worker")

    @property
    def self(self) -> httpx.AsyncClient:
        return self.client_of(self.login)

    async def begin(self, **addressee: Any) -> "Family":
        self.case = (await done(self.worker, "cases", social_space_id=str(UNTERHACHING), title="Neu"))["id"]
        self.addressee = await self.join("addressee", **addressee)
        self.neighbour = await self.join("network_person")
        await self.enrol(self.addressee, self.login)
        said: dict[str, Any] = {"participant_id": self.addressee, "statement": "Ein Ziel"}
        await done(self.self, f"cases/{self.case}/goals", id=self.goal, **said)
        await done(self.self, f"goals/{self.goal}/agree", version=1)
        six: dict[str, Any] = {"with_whom": "allein", "how": "so", "due_on": "2027-01-31", "with_what": "Bus"}
        for step, who in ((self.own_step, self.addressee), (self.step, self.neighbour)):
            slots: dict[str, Any] = {"wanted_by_id": self.addressee, "done_by_id": who, **six}
            await done(self.self, f"goals/{self.goal}/steps", id=step, **slots)
        return self

    async def join(self, kind: str, **more: Any) -> str:
        told = await done(self.worker, f"cases/{self.case}/participants", kind=kind, name="Neu", **more)
        return str(told["id"])

    async def enrol(self, participant: str, login: str, by: httpx.AsyncClient | None = None) -> dict[str, Any]:
        code = (await done(by or self.worker, f"participants/{participant}/enrolment-codes"))["code"]
        return await done(self.client_of(login), "enrolments", code=code)

    async def trust(self) -> tuple[httpx.AsyncClient, str]:
        """Somebody the addressee trusts, and the access that is theirs."""
        login = f"trusted-{uuid4()}"
        named = await done(self.self, f"cases/{self.case}/trusted-persons", name="Bo Neu")
        assert (named["kind"], named["trusted_by_id"]) == ("trusted_person", self.addressee)
        assert (await self.enrol(named["id"], login, self.self))["basis"] == "trust"
        accesses = (await self.self.get(f"/v1/cases/{self.case}/accesses")).json()["items"]
        return self.client_of(login), next(each["id"] for each in accesses if each["basis"] == "trust")

    async def sees(self, who: httpx.AsyncClient) -> set[str]:
        """Which of these rows somebody is shown."""
        rows = {
            "case": f"cases/{self.case}",
            "goal": f"goals/{self.goal}",
            "participant": f"participants/{self.addressee}",
        }
        rows |= {"own step": f"steps/{self.own_step}", "step": f"steps/{self.step}"}
        return {name for name, path in rows.items() if (await who.get(f"/v1/{path}")).status_code == 200}


async def done(who: httpx.AsyncClient, path: str, version: int | None = None, **said: Any) -> dict[str, Any]:
    headers = {"if-match": f'"{version}"'} if version is not None else {}
    answer = await who.post(f"/v1/{path}", json=said, headers=headers)
    assert answer.status_code < 300, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refused(who: httpx.AsyncClient, path: str, version: int | None = None, **said: Any) -> tuple[int, str]:
    headers = {"if-match": f'"{version}"'} if version is not None else {}
    answer = await who.post(f"/v1/{path}", json=said, headers=headers)
    return answer.status_code, answer.json()["code"]


async def test_a_trusted_person_sees_what_they_are_let_see_part_by_part(client_of: Client) -> None:
    family = await Family(client_of).begin()
    friend, access = await family.trust()
    assert await family.sees(friend) == {"case", "participant"}
    assert (await friend.get(f"/v1/cases/{family.case}")).json()["withheld"] == ["title", "concern"]
    await done(family.self, f"case-accesses/{access}/let-see", 1, parts=["goals", "steps"])
    assert await family.sees(friend) == {"case", "participant", "goal", "own step", "step"}
    assert "name" in (await friend.get(f"/v1/participants/{family.addressee}")).json()["withheld"]
    await done(family.self, f"case-accesses/{access}/let-see", 2, parts=["goals"])
    assert await family.sees(friend) == {"case", "participant", "goal"}
    await done(family.self, f"case-accesses/{access}/end", 3)
    assert await family.sees(friend) == set()


async def test_a_trusted_person_decides_nothing(client_of: Client) -> None:
    family = await Family(client_of).begin()
    friend, access = await family.trust()
    await done(family.self, f"case-accesses/{access}/let-see", 1, parts=["concern", "questions", "goals", "steps"])
    six: dict[str, Any] = {"with_whom": "allein", "how": "so", "due_on": "2027-01-31", "with_what": "Bus"}
    slots: dict[str, Any] = {"wanted_by_id": family.addressee, "done_by_id": family.addressee, **six}
    assert await refused(friend, f"goals/{family.goal}/steps", **slots) == (403, "forbidden")
    assert await refused(friend, f"goals/{family.goal}/drop", 2) == (403, "forbidden")
    assert await refused(friend, f"steps/{family.step}/finish") == (403, "forbidden")
    assert await refused(friend, f"case-accesses/{access}/let-see", 2, parts=["goals"]) == (403, "forbidden")
    questions = (await friend.get(f"/v1/cases/{family.case}/questions")).json()["items"]
    assert await refused(friend, f"questions/{questions[0]['id']}/answers", words="Worte") == (403, "forbidden")


async def test_whom_to_trust_and_what_to_let_see_is_the_addressees_alone(client_of: Client) -> None:
    family = await Family(client_of).begin()
    friend, access = await family.trust()
    named: dict[str, Any] = {"kind": "trusted_person", "name": "Neu"}
    assert await refused(family.worker, f"cases/{family.case}/participants", **named) == (422, "invalid-input")
    assert await refused(family.worker, f"cases/{family.case}/trusted-persons", name="Neu") == (403, "forbidden")
    assert await refused(family.worker, f"case-accesses/{access}/let-see", 1, parts=["goals"]) == (403, "forbidden")
    # Nor are the others theirs to tell about.
    assert await refused(family.self, f"case-accesses/{access}/let-see", 1, parts=["persons"]) == (422, "invalid-input")
    assert await family.sees(friend) == {"case", "participant"}


async def test_with_the_addressees_own_way_in_that_of_the_people_they_trust_ends(client_of: Client) -> None:
    family = await Family(client_of).begin()
    friend, access = await family.trust()
    await done(family.self, f"case-accesses/{access}/let-see", 1, parts=["goals", "steps"])
    await done(family.worker, f"participants/{family.addressee}/undo-enrolment")
    assert await family.sees(friend) == set()


async def test_a_network_person_sees_and_ticks_off_their_step_and_nothing_else(client_of: Client) -> None:
    family, login = await Family(client_of).begin(), f"neighbour-{uuid4()}"
    assert (await family.enrol(family.neighbour, login))["basis"] == "network"
    neighbour = client_of(login)
    assert await family.sees(neighbour) == {"step"}
    for path in ("cases", "goals", f"cases/{family.case}/participants", f"cases/{family.case}/accesses"):
        answer = await neighbour.get(f"/v1/{path}")
        assert answer.status_code == 404 or answer.json()["items"] == [], path
    steps = "steps(first: 9) { nodes { id how goal { id } doneBy { id } wantedBy { id } } }"
    query = f"{{ {steps} cases(first: 9) {{ nodes {{ id }} }} }}"
    told = (await neighbour.post("/graphql", json={"query": query})).json()["data"]
    nothing = dict.fromkeys(("goal", "doneBy", "wantedBy"))
    assert told == {"steps": {"nodes": [{"id": family.step, "how": "so", **nothing}]}, "cases": {"nodes": []}}
    (mine,) = (await neighbour.get("/v1/me/next-steps")).json()["items"]
    assert (mine["id"], mine["goal_id"], mine["withheld"]) == (family.step, family.goal, ["goal_statement"])
    assert "goal_statement" not in mine
    query = "{ nextSteps { nodes { goalStatement withheld } } }"
    (told,) = (await neighbour.post("/graphql", json={"query": query})).json()["data"]["nextSteps"]["nodes"]
    assert told == {"goalStatement": None, "withheld": ["goalStatement"]}
    assert await refused(neighbour, f"steps/{family.own_step}/finish") == (404, "not-found")
    for who, step, words in ((family.self, family.own_step, "Allein."), (neighbour, family.step, "Gern.")):
        await done(who, f"steps/{step}/tick-offs", words=words, seen_version=1)
    query = "{ tickOffs(first: 9) { nodes { words } } }"
    told = (await neighbour.post("/graphql", json={"query": query})).json()["data"]
    assert told == {"tickOffs": {"nodes": [{"words": "Gern."}]}}, "only what was ticked off of their own step"
    accesses = (await family.worker.get(f"/v1/cases/{family.case}/accesses")).json()["items"]
    access = next(each for each in accesses if each["basis"] == "network")
    await done(family.worker, f"case-accesses/{access['id']}/end", access["version"])
    assert await family.sees(neighbour) == set()


async def test_a_representative_says_by_what_and_stays_beyond_the_18th_birthday(
    client_of: Client, database: Database
) -> None:
    today, login, parent = Clock().today(), f"attorney-{uuid4()}", f"parent-{uuid4()}"
    born_on = today.replace(year=today.year - 17, day=min(today.day, 28)).isoformat()
    family = await Family(client_of).begin(born_on=born_on)
    unfitting: tuple[tuple[str, dict[str, Any]], ...] = (
        ("representative", {}),
        ("representative", {"representation": "parent"}),
        ("custodian", {"representation": "attorney"}),
        ("addressee", {"representation": "parent"}),
    )
    for kind, said in unfitting:
        path = f"cases/{family.case}/participants"
        assert await refused(family.worker, path, kind=kind, name="Neu", **said) == (422, "invalid-input"), (kind, said)
    representative = await family.join("representative", representation="legal_carer")
    custodian = await family.join("custodian", representation="guardian")
    for participant, who in ((representative, login), (custodian, parent)):
        assert (await family.enrol(participant, who))["basis"] == "representation"
    ends = "SELECT valid_to FROM case_access WHERE participant_id = %s"
    assert database.rows(ends, representative) == [(None,)]
    assert database.rows(ends, custodian) != [(None,)]
    # An addressee who is of age, such as the mother beside her child, ends nobody's custody and no representation.
    grown = today.replace(year=today.year - 20, day=min(today.day, 28)).isoformat()
    before = database.rows(ends, custodian)
    mother = await family.join("addressee", born_on=grown)
    assert database.rows(ends, custodian) == before
    for who in (parent, login):
        assert "goal" in await family.sees(client_of(who))
    of_age: dict[str, Any] = {"kind": "custodian", "name": "Neu", "represents": [mother]}
    assert await refused(family.worker, f"cases/{family.case}/participants", **of_age) == (422, "invalid-input")
    assert await refused(client_of(login), f"goals/{family.goal}/drop", 2) == (403, "forbidden")


async def test_a_representation_has_matters_and_a_last_day(client_of: Client, database: Database) -> None:
    today, login, parent = Clock().today(), f"attorney-{uuid4()}", f"parent-{uuid4()}"
    family = await Family(client_of).begin(born_on=today.replace(year=today.year - 17, day=1).isoformat())
    attorney = await family.join("representative", representation="attorney")
    mother = await family.join("custodian", representation="parent")
    await family.enrol(attorney, login)
    await family.enrol(mother, parent)
    limit, ends = "participants/{}/limit-representation", "SELECT valid_to FROM case_access WHERE participant_id = %s"
    coming_of_age = database.rows(ends, mother)
    version = (await family.worker.get(f"/v1/participants/{attorney}")).json()["version"]
    said: dict[str, Any] = {"represents_in": "Gesundheitssorge", "represents_until": "2027-03-27"}
    told = await done(family.worker, limit.format(attorney), version, **said)
    assert (told["represents_in"], told["represents_until"]) == ("Gesundheitssorge", "2027-03-27")
    # Through the whole of that day in Europe/Berlin; the night after it the clocks go forward.
    assert database.rows(ends, attorney) == [(datetime(2027, 3, 27, 23, tzinfo=UTC),)]
    assert "goal" in await family.sees(client_of(login))
    over = (today - timedelta(days=1)).isoformat()
    await done(family.worker, limit.format(attorney), told["version"], represents_until=over)
    assert await family.sees(client_of(login)) == set()
    await done(family.worker, limit.format(attorney), told["version"] + 1)
    assert await family.sees(client_of(login)) == set(), "what has ended stays closed"
    await done(family.worker, limit.format(mother), 2, represents_until="2199-12-31")
    assert database.rows(ends, mother) == coming_of_age, "custody ends on the 18th birthday, whatever is said"
    assert await refused(family.self, limit.format(mother), 3) == (403, "forbidden")
    assert await refused(family.worker, limit.format(family.neighbour), 1) == (409, "not-representing")
    late = await family.join("representative", representation="attorney")
    await done(family.worker, limit.format(late), 1, represents_until=over)
    code = (await done(family.worker, f"participants/{late}/enrolment-codes"))["code"]
    assert await refused(client_of(f"late-{uuid4()}"), "enrolments", code=code) == (409, "not-to-be-enrolled")


async def test_everybody_is_told_why_they_are_in_it_in_their_language(client_of: Client) -> None:
    said = {}
    for role in ("young_person", "custodian", "representative", "trusted_person", "network_person"):
        for language in ("de", "en", "de-simple"):
            headers = {"accept-language": language}
            cases = (await client_of(role).get("/v1/me", headers=headers)).json()["cases"]["items"]
            said[role, language] = cases[0]["basis_label"]
    assert said["young_person", "en"] == "It is about you."
    assert said["representative", "de"] == said["custodian", "de"] == "Sie vertreten jemanden."
    assert said["trusted_person", "de-simple"] == "Jemand vertraut Ihnen. Sie dürfen etwas ansehen."
    assert said["network_person", "de"] == "Sie haben einen Schritt übernommen."
