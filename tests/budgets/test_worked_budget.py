"""The worked budget of Unterhaching (facts, section 7), played through the faces with the clock in 2027: the position
of 30 September comes out to the cent, and a further granted claim can still be committed."""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from service.api.app import Application
from service.demo import AUTHORITY, PEOPLE, demo_id
from service.demo.budget_year import ALLOCATIONS, PAY_DAY, Support, Year, agree, allocate, grant, into_force, pay, play
from service.demo.people import KOMPASS
from service.demo.territory import space_id
from service.domain.act import OPERATIONS
from service.domain.views import VIEWS
from service.settings import Settings
from tests.budgets.conftest import served
from tests.budgets.contract import DayToBe, Proof, add, county_manager
from tests.conftest import Database, _copied
from tests.faces import FACES, Face

pytestmark = pytest.mark.anyio

WORKED = Path(__file__).parents[3] / "shared" / "data" / "budget_2027.json"
SPACES = {"rest": space_id("Hohenbrunn"), "graphql": space_id("Taufkirchen")}  # for which nothing is foreseen
SPACES_LEFT_OVER = {"rest": space_id("Oberhaching"), "graphql": space_id("Ottobrunn")}
LESS_SUPPORT = (
    Support("Alltag", KOMPASS, (1, 15), "800000.00", "0.00"),
    Support("Ankommen", KOMPASS, (3, 3), "420000.00", "0.00"),
)
POSITION = {
    "case_specific": ("965400.00", "331200.00", "-26600.00"),
    "cross_case": ("78300.00", "27200.00", "14500.00"),
    "case_unspecific": ("98700.00", "36300.00", "39000.00"),
    "reserve": ("0.00", "0.00", "0.00"),
}
"""Booked, committed, free."""
TRANCHES = ["118750.00"] * 6 + ["125083.34"] * 2 + ["125083.33"] * 4
FORECAST = {
    "case_specific": ("38400.00", "1335000.00", "65000.00"),
    "cross_case": ("0.00", "105500.00", "-14500.00"),
    "case_unspecific": ("12000.00", "147000.00", "-27000.00"),
    "reserve": ("0.00", "0.00", "0.00"),
}
"""Expected new, forecast, variance."""
OVERSPEND = {
    "booked": "1595500.00",
    "overspent": "31500.00",
    "underspent": "0.00",
    "agency": "11270.00",
    "network": "4830.00",
    "carried": "-15400.00",
    "payment": "88270.00",
    "advanced": "1463000.00",
    "carried_in": "24000.00",
}
OWN_SHARES = ["2415.00", "1449.00", "966.00"]
SEPTEMBER = ["62541.66", "37525.00", "25016.67"]
APPROVED = {"case_specific": "1270000.00", "cross_case": "120000.00", "case_unspecific": "174000.00", "reserve": "0.00"}


@dataclass(frozen=True)
class HttpClerk:
    """Plays the people of the story over one of the faces, on the days of the story."""

    face_of: Callable[[str], Face]
    clock: DayToBe

    async def do(self, role: str, day: date, operation: str, on: UUID | None = None, **said: Any) -> None:
        self.clock.day = day
        face, doing, version = self.face_of(role), OPERATIONS[operation], None
        if doing.versioned and doing.on is not None:
            view = next(each for each in VIEWS.values() if each.table is doing.on.__table__)  # type: ignore[attr-defined]
            version = (await face.one(re.sub("(?<!^)([A-Z])", r"_\1", view.name).lower(), on)).version
        told = await face.do(operation, on, version, **{name: _written(value) for name, value in said.items()})
        assert told.status < 300, (operation, told)

    async def read(self, role: str, day: date, plural: str, **where: Any) -> list[dict[str, Any]]:
        self.clock.day = day
        rows = (await self.face_of(role).many(plural)).rows
        return [row for row in rows if all(row[name] == str(value) for name, value in where.items())]


def _written(value: Any) -> Any:
    return value if isinstance(value, int | list) else str(value)


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """A county for the story alone: it finds again in lists what it has entered, and a list ends after 200."""
    for copy in _copied(f"worked_{uuid4().hex[:12]}"):
        add(copy, county_manager())
        yield copy


@pytest.fixture(scope="session")
async def application(database: Database, settings: Settings, clock: DayToBe) -> AsyncIterator[Application]:
    async for running in served(database, settings, clock):
        yield running


@pytest.fixture
def clerk(face: str, client_of: Callable[..., httpx.AsyncClient], clock: DayToBe) -> HttpClerk:
    clients = {role: client_of(role) for role in PEOPLE}
    return HttpClerk(lambda role: FACES[face](clients[role]), clock)


@pytest.mark.parametrize("face", ["rest", pytest.param("graphql", marks=pytest.mark.walk)], indirect=True)
async def test_the_position_of_30_september_comes_out_to_the_cent(
    clerk: HttpClerk, face: str, proof_of: Callable[[str], Proof]
) -> None:
    year = Year(f"played over {face}", 2027, AUTHORITY, SPACES[face])
    await play(clerk, year)
    day = date(2027, 9, 30)
    lines = {each["kind"]: each for each in await _lines(clerk, year, day)}
    assert {kind: (line["booked"], line["committed"], line["free"]) for kind, line in lines.items()} == POSITION
    assert {kind: line["approved"] for kind, line in lines.items()} == APPROVED
    opened = [
        each
        for each in (await clerk.face_of("controller").many("overspend_procedures")).rows
        if each["agreement_id"] == str(year.id("agreement"))
    ]
    assert [(each["line_id"], each["state"], each["opened_on"]) for each in opened] == [
        (lines["case_specific"]["id"], "open", "2027-08-04")
    ]
    await _tranches_come_out_to_the_cent(clerk, year, day)
    await _the_forecast_comes_out_to_the_cent(clerk, year, day)
    await grant(clerk, year, Support("Noch eine", KOMPASS, (9, 30), "38400.00", "0.00"), day)
    (line,) = (each for each in await _lines(clerk, year, day) if each["kind"] == "case_specific")
    assert (line["committed"], line["free"]) == ("369600.00", "-65000.00"), "a granted claim is never refused"
    proof_of(str(year.id("agreement"))).holds()
    await _spend_the_rest(clerk, year)
    await _the_over_spend_comes_out_to_the_cent(clerk, year)
    proof_of(str(year.id("agreement"))).holds()
    await _the_next_year_begins_with_what_is_missing(clerk, year)


async def _the_forecast_comes_out_to_the_cent(clerk: HttpClerk, year: Year, day: date) -> None:
    told = await clerk.read("controller", day, "forecast_lines", forecast_id=year.id("forecast", "9"))
    assert {line["kind"]: (line["expected_new"], line["forecast"], line["variance"]) for line in told} == FORECAST
    assert {line["kind"]: line["earlier"] for line in told}["case_specific"] == "1200000.00", "said in June"


async def _spend_the_rest(clerk: HttpClerk, year: Year) -> None:
    """From October on: the tranches, one more case, one more measure, and what is bound is booked to the end."""
    for month in (10, 11, 12):
        await pay(clerk, year, date(2027, month, PAY_DAY))
    day = date(2027, 12, 30)
    await grant(clerk, year, Support("Noch mehr", KOMPASS, (12, 30), "4860.00", "0.00"), day)
    lines = {line["kind"]: line["id"] for line in await _lines(clerk, year, day)}
    winter = {"id": year.id("commitment", "Winter"), "amount": "16500.00", "purpose": "Winterprojekt"}
    await clerk.do("third_controller", day, "commit_funds", lines["case_unspecific"], **winter)
    of_year = {"agreement_id": year.id("agreement")}
    for commitment in await clerk.read("controller", day, "commitments", **of_year):
        left = Decimal(commitment["amount"]) - Decimal(commitment["booked"])
        group = commitment["id"] == str(year.id("commitment", "Gruppe Schule wieder möglich"))
        amount = left - Decimal("1360.00") if group else left
        invoice, booking = (year.id(what, commitment["id"]) for what in ("invoice", "booking"))
        said: dict[str, Any] = {
            "organisation_id": commitment["organisation_id"] or demo_id("organisation", KOMPASS),
            "number": f"Rest {commitment['id']}",
            "issued_on": day,
            "amount": amount,
        }
        await clerk.do("controller", day, "enter_invoice", id=invoice, authority_id=AUTHORITY, **said)
        part = {"id": booking, "amount": amount, "commitment_id": commitment["id"]}
        await clerk.do("controller", day, "propose_booking", invoice, **part)
        await clerk.do("second_controller", day, "release_booking", booking)
        if group:
            await clerk.do("third_controller", day, "release_commitment", commitment["id"])


async def _the_over_spend_comes_out_to_the_cent(clerk: HttpClerk, year: Year) -> None:
    day, agreement, settlement = date(2028, 2, 1), year.id("agreement"), year.id("settlement")
    await clerk.do("controller", day, "close_budget_period", agreement, through="2027-12-31")
    await clerk.do("controller", day, "prepare_settlement", agreement, id=settlement)
    await clerk.do("provider_manager", day, "hand_in_proof", settlement, proof="Verwendungsnachweis 2027")
    await clerk.do("second_controller", day, "check_settlement", settlement)
    await clerk.do("provider_manager", day, "agree_settlement", settlement)
    await clerk.do("third_controller", day, "pay_settlement", settlement)
    told = await clerk.face_of("controller").one("settlement", settlement)
    assert {name: told[name] for name in OVERSPEND} == OVERSPEND
    assert Decimal(told["advanced"]) + Decimal(told["payment"]) == Decimal("1551270.00"), "the agency's cash in total"
    parts: dict[str, Decimal] = {}
    for part in await clerk.read("controller", day, "worked_parts", worked_id=settlement):
        parts[part["figure"]] = parts.get(part["figure"], Decimal(0)) + Decimal(part["amount"])
    assert parts == {name: Decimal(told[name]) for name in (*OVERSPEND, "approved") if Decimal(told[name])}, "explained"
    of_it = {"settlement_id": settlement}
    lines = {line["kind"]: line for line in await clerk.read("controller", day, "settlement_lines", **of_it)}
    assert (lines["case_specific"]["booked"], lines["case_specific"]["covered"]) == ("1339860.00", "38360.00")
    assert (lines["cross_case"]["covered"], lines["case_unspecific"]["covered"]) == ("-15860.00", "-22500.00")
    shares = await clerk.read("controller", day, "settlement_shares", **of_it)
    assert sorted((share["network"] for share in shares), key=Decimal, reverse=True) == OWN_SHARES
    (service,) = await clerk.read("controller", day, "monitored_services", agreement_id=agreement)
    assert service["deviation"] == "22350.00", "shown, and in no sum of the settlement"
    assert {line["free"] for line in await _lines(clerk, year, day)} == {"0.00"}
    (procedure,) = await clerk.read("controller", day, "overspend_procedures", agreement_id=agreement)
    assert (procedure["state"], procedure["closed_on"]) == ("closed", "2028-02-01")


async def _the_next_year_begins_with_what_is_missing(clerk: HttpClerk, year: Year) -> None:
    day, following, allocation = date(2028, 2, 1), year.id("following"), year.id("carried")
    await clerk.do("controller", day, "open_next_period", year.id("agreement"), id=following)
    await into_force(clerk, day, following)
    await clerk.do("controller", day, "carry_over", year.id("settlement"), id=allocation)
    await clerk.do("second_controller", day, "release_allocation", allocation)
    lines = await clerk.read("controller", day, "budget_lines", agreement_id=following)
    assert {line["kind"]: line["approved"] for line in lines}["case_specific"] == "1214600.00"


async def _tranches_come_out_to_the_cent(clerk: HttpClerk, year: Year, day: date) -> None:
    of_year = {"agreement_id": year.id("agreement")}
    found = await clerk.read("controller", day, "tranches", **of_year)
    tranches = sorted(found, key=lambda tranche: str(tranche["due_on"]))
    assert [tranche["amount"] for tranche in tranches] == TRANCHES
    assert sum(Decimal(each["amount"]) for each in tranches if each["state"] == "paid") == Decimal("1087750.01")
    agreement = await clerk.face_of("controller").one("budget_agreement", year.id("agreement"))
    assert (agreement["revised"], agreement["retained"]) == ("1540000.00", "77000.00")
    shares = await clerk.read("controller", day, "tranche_shares", tranche_id=tranches[8]["id"])
    assert sorted((share["amount"] for share in shares), key=Decimal, reverse=True) == SEPTEMBER
    secured = await clerk.read("controller", day, "secured_funds", **of_year)
    assert sum(Decimal(fund["secured"]) for fund in secured) == Decimal("1463000.00")


UNDERSPEND = {
    "revised": "1530000.00",
    "booked": "1433561.40",
    "overspent": "0.00",
    "underspent": "120438.60",
    "agency": "-74538.60",
    "network": "0.00",
    "carried": "45900.00",
    "advanced": "1453500.00",
    "carried_in": "24000.00",
    "payment": "1961.40",
}
"""Of what is left, 6 % of what is agreed are halved (so that 3 % stay, the most that may), the rest goes back."""


@pytest.mark.parametrize("face", ["rest", pytest.param("graphql", marks=pytest.mark.walk)], indirect=True)
async def test_an_under_spend_year_comes_out_to_the_cent(
    clerk: HttpClerk, face: str, proof_of: Callable[[str], Proof]
) -> None:
    """The same agreement, the same rules, and less help needed: 112,000.00 are left over in September. 10,000.00 go
    back, 20,000.00 to work without a case, the rest is settled by the rules."""
    year = Year(f"left over {face}", 2027, AUTHORITY, SPACES_LEFT_OVER[face])
    agreement, of_year = year.id("agreement"), {"agreement_id": year.id("agreement")}
    await agree(clerk, year)
    lines = {line["kind"]: UUID(line["id"]) for line in await _lines(clerk, year, date(2027, 1, 2))}
    for support in LESS_SUPPORT:
        await grant(clerk, year, support, date(2027, *support.decided))
    for allocation in ALLOCATIONS:
        await allocate(clerk, year, lines, allocation, date(2027, *allocation.released))
    for month in range(1, 10):
        await pay(clerk, year, date(2027, month, PAY_DAY))
    day = date(2027, 9, 30)
    for line, amount in (("cross_case", "75000.00"), ("case_unspecific", "100000.00")):
        await _book(clerk, year, day, amount, line_id=lines[line])
    expected = [
        {"kind": "case_specific", "low": "1150000.00", "high": "1230000.00"},
        {"kind": "cross_case", "running": "27000.00", "low": "95000.00", "high": "105000.00"},
        {"kind": "case_unspecific", "running": "30000.00"},
    ]
    forecast: dict[str, Any] = {"id": year.id("forecast"), "method": "Laufendes", "lines": expected}
    await clerk.do("controller", day, "run_forecast", agreement, **forecast)
    (procedure,) = await clerk.read("provider_manager", day, "underspend_procedures", **of_year)
    assert (procedure["left_over"], procedure["threshold"]) == ("112000.00", "92400.00")
    day = date(2027, 10, 12)
    await pay(clerk, year, date(2027, 10, PAY_DAY))
    decisions: tuple[dict[str, Any], ...] = (
        {"remedy": "return", "amount": "10000.00", "line_id": lines["case_specific"]},
        {
            "remedy": "transfer",
            "amount": "20000.00",
            "line_id": lines["cross_case"],
            "target_id": lines["case_unspecific"],
        },
        {"remedy": "carry_over"},
    )
    for role, step, said in (
        ("controller", "give_underspend_notice", {}),
        ("provider_manager", "review_underspend_for_network", {}),
        ("controller", "review_underspend_for_agency", {}),
        *(("controller", "decide_on_underspend", decision) for decision in decisions),
    ):
        await clerk.do(role, day, step, procedure["id"], said="Zwei Angebote haben später begonnen.", **said)
    decided = await clerk.read("controller", day, "underspend_steps", procedure_id=procedure["id"], kind="decision")
    for each in decided:
        if each["allocation_id"]:
            await clerk.do("second_controller", day, "release_allocation", each["allocation_id"])
        if each["transfer_id"]:
            await clerk.do("second_controller", day, "release_transfer", each["transfer_id"])
    for month in (11, 12):
        await pay(clerk, year, date(2027, month, PAY_DAY))
    day = date(2027, 12, 30)
    for line, amount in (("cross_case", "16234.56"), ("case_unspecific", "69876.54")):
        await _book(clerk, year, day, amount, line_id=lines[line])
    commitments = await clerk.read("controller", day, "commitments", **of_year)
    for commitment in commitments:
        spent = {"800000.00": "782450.30", "420000.00": "390000.00"}[commitment["amount"]]
        await _book(clerk, year, day, spent, commitment_id=commitment["id"])
    day, settlement, following = date(2028, 2, 1), year.id("settlement"), year.id("following")
    for commitment in commitments:
        await clerk.do("controller", day, "release_commitment", commitment["id"])
    await clerk.do("controller", day, "close_budget_period", agreement, through="2027-12-31")
    await clerk.do("controller", day, "prepare_settlement", agreement, id=settlement)
    await clerk.do("provider_manager", day, "hand_in_proof", settlement, proof="Verwendungsnachweis 2027")
    await clerk.do("second_controller", day, "check_settlement", settlement)
    await clerk.do("provider_manager", day, "agree_settlement", settlement)
    await clerk.do("third_controller", day, "pay_settlement", settlement)
    told = await clerk.face_of("controller").one("settlement", settlement)
    assert {name: told[name] for name in UNDERSPEND} == UNDERSPEND
    assert {line["free"] for line in await _lines(clerk, year, day)} == {"0.00"}
    (procedure,) = await clerk.read("controller", day, "underspend_procedures", **of_year)
    assert (procedure["state"], procedure["closed_on"]) == ("closed", "2028-02-01")
    proof_of(str(agreement)).holds()
    said_in_september = await clerk.read("controller", day, "forecast_lines", **of_year)
    came = {line["kind"]: (line["came"], line["within"]) for line in said_in_september}
    assert came == {
        "case_specific": ("1172450.30", True),
        "cross_case": ("91234.56", False),
        "case_unspecific": ("169876.54", None),
        "reserve": ("0.00", None),
    }
    await clerk.do("controller", day, "open_next_period", agreement, id=following)
    await into_force(clerk, day, following)
    await clerk.do("controller", day, "carry_over", settlement, id=year.id("carried"))
    await clerk.do("second_controller", day, "release_allocation", year.id("carried"))
    begun = await clerk.read("controller", day, "budget_lines", agreement_id=following)
    assert {line["kind"]: line["approved"] for line in begun}["case_unspecific"] == "195900.00"
    await clerk.do("controller", day, "run_forecast", following, id=year.id("next"), method="Vorjahr", lines=[])
    rates = await clerk.read("controller", day, "forecast_lines", agreement_id=following)
    assert {line["kind"]: line["hit_rate"] for line in rates} == {
        "case_specific": "100.00",
        "cross_case": "0.00",
        "case_unspecific": None,
        "reserve": None,
    }, "one range each was told the year before, and one of them has held"


async def _book(clerk: HttpClerk, year: Year, day: date, amount: str, **charged: Any) -> None:
    invoice, booking = (year.id(what, amount) for what in ("invoice", "booking"))
    said: dict[str, Any] = {"organisation_id": demo_id("organisation", KOMPASS), "number": f"{amount} ({year.name})"}
    said |= {"authority_id": AUTHORITY, "issued_on": day, "amount": amount}
    await clerk.do("controller", day, "enter_invoice", id=invoice, **said)
    await clerk.do("controller", day, "propose_booking", invoice, id=booking, amount=amount, **charged)
    await clerk.do("second_controller", day, "release_booking", booking)


def test_the_numbers_are_those_of_the_worked_example() -> None:
    if not WORKED.exists():
        pytest.skip("the worked example is not beside this checkout")
    worked = json.loads(WORKED.read_text())
    for line in worked["position_2027_09_30"]["lines"]:
        assert POSITION[line["line"]] == (line["booked"], line["committed"], line["free"])
    for line in worked["lines"]:
        assert APPROVED[line["line"]] == line["approved"]
    for line in worked["position_2027_09_30"]["lines"]:
        assert FORECAST[line["line"]] == (line["expected_new"], line["forecast"], line["forecast_variance"])
    assert [tranche["amount"] for tranche in worked["tranches"]] == TRANCHES
    assert worked["september_split"] == SEPTEMBER
    end = worked["year_end_overspend"]
    assert (end["actual_total"], end["net_overspend"]) == (OVERSPEND["booked"], OVERSPEND["overspent"])
    assert (end["agency_compensation"], end["network_own_share"]) == (OVERSPEND["agency"], OVERSPEND["network"])
    assert (f"-{end['carried_to_next_year']}", end["settlement_payment"]) == (
        OVERSPEND["carried"],
        OVERSPEND["payment"],
    )
    assert end["network_own_share_split"] == OWN_SHARES
    total = worked["position_2027_09_30"]["total"]
    assert sum(Decimal(free) for _, _, free in POSITION.values()) == Decimal(total["free"])


async def _lines(clerk: HttpClerk, year: Year, day: date) -> list[dict[str, Any]]:
    return await clerk.read("controller", day, "budget_lines", agreement_id=year.id("agreement"))
