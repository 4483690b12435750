"""A case of one's own, made by requests, and those who are in it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from service.demo import UNTERHACHING
from service.domain.act import OPERATIONS
from service.domain.values import new_id
from service.domain.views import view_of
from tests.conftest import Database
from tests.faces import FACES, Face, Told

WORKER = "case_worker"
As = Callable[[str], Face]


@pytest.fixture(params=FACES)
def face(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def as_(face: str, client_of: Callable[..., httpx.AsyncClient]) -> As:
    return lambda role: FACES[face](client_of(role))


@pytest.fixture(autouse=True)
def nobody_has_asked_for_an_hour(database: Database) -> None:
    """However many tests before this one have asked whether a family is known."""
    database.rows("UPDATE family_inquiry SET asked_at = asked_at - interval '1 hour' RETURNING id")


@dataclass
class Life:
    """A case in Unterhaching with one addressee, who has a login."""

    as_: As
    login: str = field(default_factory=lambda: f"new-{uuid4()}")
    case: UUID = field(default_factory=new_id)
    addressee: UUID = field(default_factory=new_id)

    async def begin(self, born_on: str = "1990-05-17") -> "Life":
        await self.do(WORKER, "open_case", id=str(self.case), social_space_id=str(UNTERHACHING), title="Ruhe")
        said = {"kind": "addressee", "name": "Hanne Loopgarten", "born_on": born_on}
        await self.do(WORKER, "add_participant", self.case, id=str(self.addressee), **said)
        await self.enrol(self.addressee, self.login)
        return self

    async def enrol(self, participant: UUID | str, login: str) -> None:
        code = (await self.do(WORKER, "issue_enrolment_code", participant))["code"]
        await self.do(login, "enrol", code=code)

    async def tries(self, who: str, operation: str, on: object = None, **said: Any) -> Told:
        """On the version as it is now, whatever comes of it."""
        doing, face = OPERATIONS[operation], self.as_(who)
        version = None
        if doing.versioned and doing.on is not None:
            view = view_of(doing.on.__table__).name  # type: ignore[attr-defined]
            read = await face.one(re.sub("(?<=[a-z])(?=[A-Z])", "_", view).lower(), on)
            version = int(read.value.get("version", 1))
        if doing.creates and "id" not in said:
            said = {"id": str(new_id()), **said}
        return await face.do(operation, on, version, **said)

    async def do(self, who: str, operation: str, on: object = None, **said: Any) -> Told:
        told = await self.tries(who, operation, on, **said)
        assert told.status < 300, (operation, told)
        return told

    async def state(self) -> str:
        return str((await self.as_(WORKER).one("case", self.case))["state"])

    async def questions(self) -> dict[str, dict[str, Any]]:
        """Of the present period, by numeral: the later ones come last."""
        listed = await self.as_(WORKER).many("questions", ("case", self.case))
        return {each["numeral"]: each for each in listed.rows}

    async def skip(self, *numerals: str) -> None:
        there = await self.questions()
        for numeral in numerals:
            await self.do(WORKER, "skip_question", there[numeral]["id"], reason="Gerade nicht dran")

    async def go(self, *operations: str) -> None:
        for operation in operations:
            await self.do(WORKER, operation, self.case)


@pytest.fixture
async def life(as_: As) -> Life:
    return await Life(as_).begin()
