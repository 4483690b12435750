"""A case, a provider with its people, and what is assigned: made by requests, over one face or the other."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.demo import AUTHORITY, UNTERHACHING, demo_id
from service.demo.people import LICHTUNG
from service.domain.values import new_id
from tests.conftest import Database
from tests.faces import FACES, Face, Said, Told

ASSIGNED: dict[str, Any] = {
    "organisation_id": str(demo_id("organisation", LICHTUNG)),
    "task": "Begleitung im Alltag",
    "parts": ["goals"],
    "purpose": "Begleitung zu den Zielen",
    "legal_basis": "§ 64 Abs. 2 SGB VIII",
}
TITLE, NAME, HOW = "Ruhe am Abend", "Hanne Auftragsgarten", "Um neun das Licht aus"


@dataclass
class Play:
    """One case and whoever acts in it, at one face."""

    face: str
    client_of: Callable[..., httpx.AsyncClient]
    database: Database
    case: str = field(default_factory=lambda: str(new_id()))
    addressee: str = field(default_factory=lambda: str(new_id()))
    login: str = field(default_factory=lambda: f"family-{uuid4()}")

    def as_(self, who: str) -> Face:
        return FACES[self.face](self.client_of(who))

    async def do(self, who: str, operation: str, on: object = None, version: int | None = None, **said: Any) -> Told:
        told = await self.as_(who).do(operation, on, version, **said)
        assert told.status < 300, (who, operation, told)
        return told

    async def opened(self) -> "Play":
        """A case with an addressee, enrolled."""
        said: Said = {"title": TITLE, "social_space_id": str(UNTERHACHING)}
        await self.do("case_worker", "open_case", id=self.case, **said)
        somebody: Said = {"kind": "addressee", "name": NAME, "born_on": "1990-05-17"}
        await self.do("case_worker", "add_participant", self.case, id=self.addressee, **somebody)
        code = await self.do("case_worker", "issue_enrolment_code", self.addressee, in_person=True)
        await self.do(self.login, "enrol", code=code["code"])
        return self

    async def goal(self, statement: str, **heard: Any) -> str:
        goal = str(new_id())
        said = {"participant_id": self.addressee, "statement": statement, **heard}
        await self.do("case_worker", "propose_goal", self.case, id=goal, **said)
        return goal

    async def assigned(self, **other: Any) -> str:
        assignment = str(new_id())
        await self.do("case_worker", "assign_provider", self.case, id=assignment, **{**ASSIGNED, **other})
        return assignment

    async def names(self, assignment: str, who: str, actor: str) -> Told:
        version = (await self.as_(who).one("assignment", assignment)).version
        return await self.as_(who).do("name_worker", assignment, version, actor_id=actor)

    async def employed(self, organisation: str, role: str, actor: str | None = None) -> tuple[str, str]:
        """Somebody new at an organisation, or a new job of somebody: the login, and who it is."""
        login = f"{role}-{uuid4()}"
        actor = actor or str(new_id())
        said: Said = {"authority_id": str(AUTHORITY), "name": "Neu Hier", "issuer": "development", "subject": login}
        await self.do("administrator", "add_actor", id=actor, **said)
        works: Said = {"actor_id": actor, "function": "Sozialpädagogik"}
        await self.do("administrator", "add_membership", demo_id("organisation", organisation), id=new_id(), **works)
        grant = str(new_id())
        await self.do("administrator", "propose_grant", actor, id=grant, role=role)
        await self.do("second_administrator", "approve_grant", grant, 1)
        return login, actor

    async def deliveries(self, who: str, assignment: str) -> list[dict[str, Any]]:
        """All there is for somebody of an assignment, page by page; other tests' changes are let by."""
        await self.database.settled()
        http, found, after = self.client_of(who), list[dict[str, Any]](), dict[str, str]()
        while True:
            page = (await http.get("/v1/deliveries", params={"assignment_id": assignment, **after})).json()["items"]
            if not page:
                return found
            found += page
            after = {"after": page[-1]["cursor"]}


@pytest.fixture(params=list(FACES))
async def play(request: pytest.FixtureRequest, client_of: Callable[..., httpx.AsyncClient], database: Database) -> Play:
    return await Play(str(request.param), client_of, database).opened()
