"""A case with its people in a social space of its own, so that no other test spends its money."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from service.api.app import Application
from service.demo import AUTHORITY, demo_id
from service.demo.loading import load
from service.demo.people import KOMPASS, LICHTUNG, signing_in
from service.domain.access.model import AccessGrant, Membership
from service.domain.clock import Clock
from service.domain.policy import Role
from service.domain.spaces.model import SocialSpace
from service.domain.values import new_id
from service.settings import Settings
from tests.budgets.contract import county_manager
from tests.conftest import Database, _copied, serve
from tests.faces import FACES, Face, Told

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
LEAD, COLLEAGUE = "decisions_lead", "decisions_colleague"
IN_NETWORK, OUTSIDE = demo_id("organisation", LICHTUNG), demo_id("organisation", KOMPASS)
YEAR = datetime.now(UTC).year
As = Callable[..., Face]


def people() -> Iterator[Any]:
    """Two case workers of the whole county, and a manager of all its social spaces."""
    for name in (LEAD, COLLEAGUE):
        actor = demo_id("actor", name)
        yield from signing_in(actor, AUTHORITY, f"development:{name}", name)
        yield Membership(
            id=demo_id("membership", name),
            authority_id=AUTHORITY,
            actor_id=actor,
            organisation_id=demo_id("organisation", "Jugendamt Landkreis München (Demo)"),
            function="Bezirkssozialarbeit",
            valid_from=BEGINNING,
        )
        yield AccessGrant(
            id=demo_id("grant", name),
            authority_id=AUTHORITY,
            actor_id=actor,
            role=Role.CASE_WORKER.value,
            proposed_by=demo_id("actor", "administrator"),
            approved_by=demo_id("actor", "second_administrator"),
            valid_from=BEGINNING,
        )
    yield from county_manager()


def new_space(database: Database) -> UUID:
    space = SocialSpace(authority_id=AUTHORITY, name="Probe", provisional=True, valid_from=BEGINNING.date())
    id = space.id
    with psycopg.connect(database.superuser) as connection:
        load(connection, [space])
    return id


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    for copy in _copied(f"decisions_{uuid4().hex[:12]}"):
        with psycopg.connect(copy.superuser) as connection:
            load(connection, people())
        yield copy


@pytest.fixture(scope="session")
async def application(database: Database, settings: Settings) -> AsyncIterator[Application]:
    """Serving this folder's county, and not one that tests before it have opened."""
    async for running in serve(database, settings):
        yield running


@pytest.fixture(params=FACES)
def face(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def as_(face: str, client_of: Callable[..., httpx.AsyncClient]) -> As:
    def somebody(role: str | None = None, *, language: str | None = None) -> Face:
        return FACES[face](client_of(role), language)

    return somebody


@dataclass
class Plan:
    """A case with an arrangement, and the money of its social space. Everything in it is made by requests."""

    as_: As
    database: Database
    space: UUID
    login: str = field(default_factory=lambda: f"new-{uuid4()}")
    case: UUID = field(default_factory=new_id)
    addressee: UUID = field(default_factory=new_id)
    arrangement: UUID = field(default_factory=new_id)

    @property
    def worker(self) -> Face:
        return self.as_(LEAD)

    async def begin(self, born_on: str = "1990-05-17") -> "Plan":
        worker = self.worker
        await _done(worker.do("open_case", id=str(self.case), social_space_id=str(self.space), title="Ruhe"))
        said: dict[str, Any] = {
            "id": str(self.addressee),
            "kind": "addressee",
            "name": f"Hanne Loopgarten {self.addressee}",  # nobody's relative: who works here is in other tests' cases
            "born_on": born_on,
        }
        await _done(worker.do("add_participant", self.case, **said))
        code = (await worker.do("issue_enrolment_code", self.addressee))["code"]
        await _done(self.as_(self.login).do("enrol", code=code))
        await _done(worker.do("draft_arrangement", self.case, id=str(self.arrangement), title="Ruhige Nächte"))
        return self

    async def agreed(self, amount: str) -> UUID:
        """The space's agreement, with so much for work in single cases; Lichtung is its only party."""
        first, second, id = self.as_("controller"), self.as_("second_controller"), new_id()
        said: dict[str, Any] = {"authority_id": str(AUTHORITY), "social_space_id": str(self.space), "fiscal_year": YEAR}
        said |= {"legal_basis": ["§ 77 SGB VIII"]}
        await _done(first.do("draft_budget_agreement", id=str(id), case_specific=amount, **said))
        await _done(first.do("add_budget_party", id, organisation_id=str(IN_NETWORK), share="100.00"))
        for role, function in (
            ("provider_manager", "for_network"),
            ("second_controller", "on_funding"),
            ("social_space_manager", "on_cooperation"),
        ):
            said = {"id": str(new_id()), "terms": 2, "stance": "approval"}
            await _done(self.as_(role).do(f"take_position_{function}", id, **said))
        await _done(second.do("activate_budget_agreement", id, 5))
        return id

    async def element(self, **said: Any) -> str:
        planned = {"participant_id": str(self.addressee), "kind": "specialist", "what": "Abends zu zweit"}
        if said.get("kind", "specialist") == "specialist":
            planned |= {"organisation_id": str(IN_NETWORK), "cost": "1000.00", "support_kind": "parenting_assistant"}
            planned |= {"starts_on": f"{YEAR}-01-01", "ends_on": f"{YEAR}-06-30", "hours_per_week": "4.00"}
        told = await _done(self.worker.do("add_element", self.arrangement, id=str(new_id()), **planned | said))
        return str(told["id"])

    async def apply(self, element: str, who: str | None = None) -> Told:
        return await self.as_(who or LEAD).do("apply_for_element", element, 1, claim_holder_id=str(self.addressee))

    async def decide(self, element: str, version: int = 1, **said: Any) -> Told:
        decision: dict[str, Any] = {"id": str(new_id()), "outcome": "granted", "legal_basis": "§§ 27, 30 SGB VIII"}
        decision |= {"wish_and_choice": "Ihr Wunsch", "amount": "1000.00"}
        decision |= {"override": "addressee_wish", "override_because": "Sie will nicht mehr warten."}
        given = {name: value for name, value in (decision | said).items() if value is not None}
        return await self.worker.do("decide_element", element, version, **given)

    async def refuse(self, element: str, version: int = 1) -> Told:
        said = {"outcome": "refused", "amount": None, "wish_and_choice": None, "reasons": "Anders besser"}
        return await self.decide(element, version, **said, remedy_notice="Widerspruch binnen eines Monats")

    async def proposed(self, amount: str) -> str:
        """To pay an invoice for the first commitment."""
        bound, first = self.commitments()[0], self.as_("controller")
        invoice, booking, issued = str(new_id()), str(new_id()), Clock().today().isoformat()
        said = {"authority_id": bound["authority_id"], "organisation_id": str(IN_NETWORK), "number": invoice}
        await _done(first.do("enter_invoice", id=invoice, issued_on=issued, amount=amount, **said))
        proposed = {"id": booking, "commitment_id": bound["id"], "amount": amount}
        await _done(first.do("propose_booking", invoice, **proposed))
        return booking

    async def book(self, amount: str) -> None:
        """Proposed by one and released by another."""
        await _done(self.as_("second_controller").do("release_booking", await self.proposed(amount), 1))

    def commitments(self) -> list[dict[str, Any]]:
        found = self.database.rows(
            "SELECT row_to_json(c) FROM commitment c WHERE case_id = %s ORDER BY created_at", self.case
        )
        return [row for (row,) in found]

    def figures(self, line: str = "case_specific") -> dict[str, str]:
        """What the accounts of the line hold, EUR."""
        accounts = """SELECT ledger_account.kind, balance::text FROM ledger_account
                      JOIN budget_line ON budget_line.id = ledger_account.line_id
                      WHERE budget_line.social_space_id = %s AND budget_line.kind = %s"""
        return dict(self.database.rows(accounts, self.space, line))

    def count(self, table: str) -> int:
        ((found,),) = self.database.rows(f"SELECT count(*) FROM {table} WHERE social_space_id = %s", self.space)
        return int(found)


async def _done(doing: Any) -> Told:
    told: Told = await doing
    assert told.status < 300, told
    return told


@pytest.fixture
async def plan(as_: As, database: Database) -> Plan:
    return await Plan(as_, database, new_space(database)).begin()
