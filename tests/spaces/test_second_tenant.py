"""Another authority on the same service: a city with 31 districts and no regions, plainly invented. What it needs to
begin with comes from the command line, its territory from a load, all else from requests; and the same loop runs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from sqlmodel import SQLModel

from service.cli.admin import Appointment, appoint
from service.demo.identity import FIRST_DAY
from service.demo.loading import load
from service.domain.access.model import AuthorityKind
from service.domain.clock import Clock
from service.domain.spaces.model import Municipality, SocialSpace, SocialSpaceMunicipality
from service.domain.values import new_id
from tests.conftest import Database
from tests.faces import Rest, Said, Told

pytestmark = pytest.mark.anyio
DISTRICTS = 31
YEAR = Clock().today().year
YESTERDAY = Clock().today() - timedelta(days=1)
ROLES = ("case_worker", "social_space_manager", "controller", "second_controller", "provider_manager")


@dataclass
class City:
    """Everybody in it is made by requests of its two administrators, each right with four eyes."""

    client_of: Callable[..., httpx.AsyncClient]
    database: Database
    key: str = field(default_factory=lambda: f"musterstadt-{uuid4().hex[:8]}")
    authority: str = ""
    provider: str = field(default_factory=lambda: str(new_id()))
    districts: list[UUID] = field(default_factory=lambda: [new_id() for _ in range(DISTRICTS)])

    def founded(self) -> "City":
        for subject in ("first", "second"):
            appointment = Appointment(
                self.key, "Musterstadt", AuthorityKind.CITY, subject, login=f"development:{self.key}-{subject}"
            )
            self.authority = str(appoint(self.database.owner, appointment)["authority_id"])
        with psycopg.connect(self.database.superuser) as connection:
            load(connection, self._territory())
        return self

    def _territory(self) -> Iterator[SQLModel]:
        scope: dict[str, Any] = {"authority_id": UUID(self.authority)}
        town = Municipality(
            id=new_id(),
            ags="00000000",
            ars="000000000000",
            name="Musterstadt",
            kind="town",
            population=310_000,
            population_on=FIRST_DAY,
            longitude=Decimal(10),
            latitude=Decimal(50),
            **scope,
        )
        yield town
        for number, district in enumerate(self.districts, 1):
            share = Decimal("0.0322") if number < DISTRICTS else Decimal("0.0340")
            yield SocialSpace(
                id=district, name=f"Stadtbezirk {number:02}", provisional=True, valid_from=FIRST_DAY, **scope
            )
            yield SocialSpaceMunicipality(
                social_space_id=district, municipality_id=town.id, share=share, valid_from=FIRST_DAY, **scope
            )

    def as_(self, who: str | None) -> Rest:
        return Rest(self.client_of(f"{self.key}-{who}") if who else self.client_of())

    async def do(self, who: str, operation: str, on: Any = None, version: int | None = None, **said: Any) -> Told:
        told = await self.as_(who).do(operation, on, version, **said)
        assert told.status < 300, (who, operation, told)
        return told

    async def new(self, who: str, operation: str, on: Any = None, **said: Any) -> str:
        return str((await self.do(who, operation, on, id=str(new_id()), **said))["id"])

    async def staffed(self) -> "City":
        ours: Said = {"authority_id": self.authority}
        agency = await self.new("first", "add_organisation", kind="public_agency", name="Stadtjugendamt", **ours)
        said: Said = {"kind": "independent_provider", "name": "Verein Beispiel", **ours}
        await self.do("first", "add_organisation", id=self.provider, **said)
        for role in ROLES:
            login: Said = {"issuer": "development", "subject": f"{self.key}-{role}"}
            actor = await self.new("first", "add_actor", name=role, **login, **ours)
            belongs = self.provider if role == "provider_manager" else agency
            throughout = role.endswith(("controller", "provider_manager"))
            await self.new("first", "add_membership", belongs, actor_id=actor, function="Probe")
            where: Said = {} if throughout else {"social_space_id": str(self.districts[0])}
            grant = await self.new("first", "propose_grant", actor, role=role.removeprefix("second_"), **where)
            await self.do("second", "approve_grant", grant, 1)
        return self

    async def figures(self) -> dict[str, str]:
        asked = {"social_space_id": str(self.districts[0]), "line": "case_specific"}
        answer = await self.as_("controller").client.get("/v1/budget-figures", params=asked)
        (row,) = answer.json()["items"]
        return {name: row[name] for name in ("approved", "reserved", "committed", "free")}


@pytest.fixture
async def city(client_of: Callable[..., httpx.AsyncClient], database: Database) -> City:
    return await City(client_of, database).founded().staffed()


async def test_the_city_plans_in_districts_only(city: City) -> None:
    public = city.as_(None).client
    ours = {"authority_id": city.authority, "limit": "200"}

    async def listed(path: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = (await public.get(f"/v1/{path}", params=ours)).json()["items"]
        return rows

    assert [(each["level"], each["name"]) for each in await listed("territory-levels")] == [
        ("social_space", "Stadtbezirk")
    ]
    assert len(await listed("social-spaces")) == DISTRICTS
    assert sum(Decimal(each["share"]) for each in await listed("social-space-shares")) == 1
    assert await listed("regions") == []
    refused = await city.as_("first").do("add_region", id=str(new_id()), authority_id=city.authority, name="Nord")
    assert (refused.status, refused.code) == (409, "level-not-planned")


async def test_the_loop_runs_there_from_the_first_question_to_released_minutes(city: City) -> None:
    district, worker, self_ = str(city.districts[0]), "case_worker", "addressee"
    # money
    agreed: Said = {"authority_id": city.authority, "social_space_id": district, "fiscal_year": YEAR}
    agreed |= {"legal_basis": ["§ 77 SGB VIII"]}
    contract = await city.new("controller", "draft_budget_agreement", case_specific="50000.00", **agreed)
    await city.new("controller", "add_budget_party", contract, organisation_id=city.provider, share="100.00")
    for role, function in (
        ("provider_manager", "for_network"),
        ("second_controller", "on_funding"),
        ("social_space_manager", "on_cooperation"),
    ):
        await city.new(role, f"take_position_{function}", contract, terms=2, stance="approval")
    await city.do("second_controller", "activate_budget_agreement", contract, 5)
    # a case, in the addressee's own words
    case = await city.new(worker, "open_case", social_space_id=district, title="Ruhe")
    said = {"kind": "addressee", "name": "Mila Muster", "born_on": "1990-05-17"}
    addressee = await city.new(worker, "add_participant", case, **said)
    code = (await city.do(worker, "issue_enrolment_code", addressee))["code"]
    await city.do(self_, "enrol", code=code)
    question = (await city.as_(worker).many("questions", ("case", case))).rows[0]["id"]
    await city.new(self_, "word_answer", question, words="Ich will wieder schlafen.", language="de")
    goal = await city.new(worker, "propose_goal", case, participant_id=addressee, statement="Ich schlafe durch.")
    await city.do(self_, "agree_goal", goal, 1)
    slots = {"wanted_by_id": addressee, "done_by_id": addressee, "with_whom": "allein", "how": "Licht aus"}
    step = await city.new(worker, "plan_step", goal, **slots, due_on=f"{YEAR + 1}-01-31", with_what="Wecker")
    assert (await city.do(self_, "finish_step", step, remark="Gut"))["state"] == "done"
    # an arrangement; money is reserved when it is applied for, and bound by the decision
    arrangement = await city.new(worker, "draft_arrangement", case, title="Ruhige Nächte")
    element = await city.new(
        worker,
        "add_element",
        arrangement,
        participant_id=addressee,
        kind="specialist",
        what="Abends zu zweit",
        organisation_id=city.provider,
        cost="1000.00",
        support_kind="parenting_assistant",
        starts_on=f"{YEAR}-01-01",
        ends_on=f"{YEAR}-06-30",
        hours_per_week="4.00",
    )
    applied = await city.do(worker, "apply_for_element", element, 1, claim_holder_id=addressee)
    assert await city.figures() == _held(reserved="1000.00", free="49000.00")
    decision = {"outcome": "granted", "legal_basis": "§§ 27, 30 SGB VIII", "wish_and_choice": "Ihr Wunsch"}
    decision |= {"override": "addressee_wish", "override_because": "Sie will nicht länger warten."}
    decided = {"id": str(new_id()), "amount": "1000.00", **decision}
    await city.do(worker, "decide_element", element, applied.version, **decided)
    assert await city.figures() == _held(committed="1000.00", free="49000.00")
    # a dialogue, and what everybody reads of it
    manager = "social_space_manager"
    series = await city.new(manager, "start_space_dialogue", social_space_id=district, title="Bezirksdialog")
    times = {"starts_at": f"{YESTERDAY}T18:30:00+01:00", "ends_at": f"{YESTERDAY}T20:30:00+01:00"}
    meeting = await city.new(manager, "plan_dialogue", series, title="Was fehlt?", venue="Rathaus", **times)
    resident = await city.new(manager, "add_dialogue_participant", meeting, kind="resident")
    theme = await city.new(worker, "raise_theme", series, title="Der letzte Bus", concerns="Er fährt zu früh.")
    await city.do(manager, "collect_theme", theme, 1, dialogue_id=meeting)
    plan = {"what": "Beim Betrieb fragen", "owner_id": resident, "due_on": f"{YEAR + 1}-05-01"}
    await city.new(manager, "plan_theme_step", theme, **plan)
    await city.do(manager, "invite_to_dialogue", meeting, 1)
    await city.do(manager, "hold_dialogue", meeting, 2, attended=[resident])
    await city.do(manager, "draft_minutes", meeting, 3, minutes="Es ging um den Bus.")
    await city.do(manager, "release_minutes", meeting, 4, themes=[theme])
    minutes = (await city.as_(None).many("minutes_releases")).rows
    assert [each["minutes"] for each in minutes if each["social_space_id"] == district] == ["Es ging um den Bus."]


def _held(**amounts: str) -> dict[str, str]:
    return {"approved": "50000.00", "reserved": "0.00", "committed": "0.00", "free": "50000.00"} | amounts


async def test_neither_authority_sees_into_the_other(city: City) -> None:
    case = await city.new("case_worker", "open_case", social_space_id=str(city.districts[0]), title="Nur hier")
    for who in ("case_worker", "social_space_manager", "administrator"):  # of the county
        assert (await Rest(city.client_of(who)).one("case", case)).status == 404
    names = {each["title"] for each in (await city.as_("case_worker").many("cases")).rows}
    assert names == {"Nur hier"}
    said: Said = {"authority_id": city.authority, "social_space_ids": [str(each) for each in city.districts[:2]]}
    said |= {"successor_id": str(new_id()), "name": "Eins", "effective_on": date(2099, 1, 1).isoformat()}
    refused = await Rest(city.client_of("administrator")).do("merge_social_spaces", id=str(new_id()), **said)
    assert refused.status == 403
