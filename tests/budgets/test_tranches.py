"""Paying in advance: to the cent, by two persons, by any calendar; withheld with a reason."""

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.domain.budgets.splitting import CENT, split
from service.domain.values import new_id
from tests.budgets.conftest import Draft
from tests.budgets.contract import FIRST, NETWORK, STRANGER, Contract, DayToBe
from tests.faces import Said, Told

AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=2)
WEIGHTS = st.lists(st.decimals(min_value=0, max_value=100, places=2), min_size=1, max_size=60).filter(any)


@given(amount=AMOUNTS, weights=WEIGHTS)
@example(amount=Decimal("125083.33"), weights=[Decimal(50), Decimal(30), Decimal(20)])
def test_a_split_loses_no_cent_and_gives_nobody_one_too_many(amount: Decimal, weights: list[Decimal]) -> None:
    parts, whole = split(amount, weights), sum(weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert part >= 0
        assert abs(part * whole - amount * weight) < CENT * whole, "each is within a cent of its exact share"
    by_weight = sorted(zip(weights, parts, strict=True))
    assert all(less[1] <= more[1] for less, more in pairwise(by_weight) if less[0] < more[0])


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        ("125083.33", (50, 30, 20), ["62541.66", "37525.00", "25016.67"]),
        ("750500.00", (1,) * 6, ["125083.34"] * 2 + ["125083.33"] * 4),
        ("0.01", (1, 1), ["0.01", "0.00"]),
    ],
)
def test_cents_go_to_those_who_lost_most_by_rounding(amount: str, weights: tuple[int, ...], parts: list[str]) -> None:
    assert split(Decimal(amount), weights) == [Decimal(part) for part in parts]


Agree = Callable[..., Any]


@pytest.fixture
def networked(drafted: Draft) -> Agree:
    """In force, with two providers and a tenth retained."""

    async def agree() -> Contract:
        contract = await drafted(case_specific="1000.00", retention="10.00")
        for organisation, share in ((NETWORK, "60.00"), (STRANGER, "40.00")):
            said: Said = {"organisation_id": str(organisation), "share": share, "payee_number": f"K {share}"}
            said |= {"lead": organisation == NETWORK}
            await contract.first.do("add_budget_party", contract.id, id=str(new_id()), **said)
        await contract.approve()
        told = await contract.activate()
        assert told.status == 200, told
        return contract

    return agree


async def planned(contract: Contract, **calendar: Any) -> Told:
    return await contract.first.do("plan_tranches", contract.id, await contract.version(), **calendar)


async def tranches(contract: Contract) -> list[dict[str, Any]]:
    rows = [row for row in (await contract.first.many("tranches")).rows if row["agreement_id"] == contract.id]
    return sorted(rows, key=lambda row: str(row["due_on"]))


@pytest.mark.anyio
class TestTranches:
    async def test_a_tranche_takes_two_persons_and_its_day(self, networked: Agree) -> None:
        contract = await networked()
        assert (await planned(contract, calendar="mid_quarter")).status == 200
        assert (await planned(contract, calendar="monthly")).code == "tranches-planned"
        first, second, *_ = await tranches(contract)
        assert [row["amount"] for row in await tranches(contract)] == ["225.00"] * 4
        assert (await contract.first.do("release_tranche", first["id"], first["version"])).code == "forbidden"
        early = await contract.second.do("release_tranche", second["id"], second["version"])
        assert (early.code, early.value["effective_on"]) == ("not-yet-effective", "2027-05-15")
        paid = await contract.first.do("pay_tranche", first["id"], first["version"], paid_on="2027-03-01")
        assert paid.code == "impossible-now"
        released = await contract.second.do("release_tranche", first["id"], first["version"])
        assert (released.status, released["state"]) == (200, "released")
        early = await contract.first.do("pay_tranche", first["id"], released.version, paid_on="2027-03-14")
        assert early.value["errors"][0]["detail"] == "must not be before 2027-03-15, when it was released"
        paid = await contract.first.do("pay_tranche", first["id"], released.version, paid_on="2027-03-15")
        assert (paid["state"], paid["paid_on"]) == ("paid", "2027-03-15")

    async def test_a_supplement_is_divided_over_what_is_still_to_come(self, networked: Agree) -> None:
        contract = await networked()
        await planned(contract, calendar="own", days=["2027-01-01", "2027-06-01", "2027-09-01", "2027-12-01"])
        first, second, *_ = await tranches(contract)
        await contract.second.do("release_tranche", first["id"], first["version"])
        await contract.first.do("withhold_tranche", second["id"], second["version"], reason="Nachweis fehlt")
        said: Said = {"kind": "supplement", "amount": "100.01", "effective_on": "2027-03-01", "reason": "Tarif"}
        line = contract.lines["case_specific"]
        on_top = await contract.first.do("propose_allocation", line, id=str(new_id()), **said)
        await contract.second.do("release_allocation", on_top["id"], on_top.version)
        now = await tranches(contract)
        assert [row["amount"] for row in now] == ["225.00", "225.00", "270.01", "270.00"]
        agreement = await contract.first.one("budget_agreement", contract.id)
        assert (agreement["revised"], agreement["retained"]) == ("1100.01", "110.00")
        assert sum(Decimal(row["amount"]) for row in now) + Decimal("110.00") == Decimal("1100.01")
        secured = (await contract.first.many("secured_funds")).rows
        mine = {row["organisation_id"]: row for row in secured if row["agreement_id"] == contract.id}
        assert (mine[str(NETWORK)]["secured"], mine[str(NETWORK)]["held_back"]) == ("459.01", "135.00")
        assert (mine[str(STRANGER)]["secured"], mine[str(STRANGER)]["held_back"]) == ("306.00", "90.00")

    async def test_a_supplement_after_the_last_tranche_has_one_of_its_own(
        self, networked: Agree, clock: DayToBe
    ) -> None:
        contract = await networked()
        await planned(contract, calendar="own", days=["2027-01-01", "2027-12-31"])
        clock.day = date(2027, 12, 31)
        for tranche in await tranches(contract):
            released = await contract.second.do("release_tranche", tranche["id"], tranche["version"])
            assert released.status == 200, released
        said: Said = {"kind": "supplement", "amount": "100.00", "effective_on": "2027-12-31", "reason": "Tarif"}
        on_top = await contract.first.do(
            "propose_allocation", contract.lines["case_specific"], id=str(new_id()), **said
        )
        await contract.second.do("release_allocation", on_top["id"], on_top.version)
        now = await tranches(contract)
        told = [(row["due_on"], row["amount"], row["state"]) for row in now]
        assert told[2:] == [("2028-01-01", "90.00", "planned")], "the day after the last one"
        assert sum(Decimal(row["amount"]) for row in now) + Decimal("110.00") == Decimal("1100.00")
        shared = (await contract.first.many("tranche_shares")).rows
        mine = sorted(row["amount"] for row in shared if row["tranche_id"] == now[2]["id"])
        assert mine == ["36.00", "54.00"], "by the shares of the year's last day, where it is due in the next"

    async def test_what_is_withheld_says_why_and_can_be_released(self, networked: Agree) -> None:
        contract = await networked()
        await planned(contract, calendar="mid_quarter")
        first, *_ = await tranches(contract)
        held = await contract.first.do("withhold_tranche", first["id"], first["version"], reason="Nachweis fehlt")
        assert (held["state"], held["reason"]) == ("withheld", "Nachweis fehlt")
        released = await contract.second.do("release_tranche", first["id"], held.version)
        assert (released["state"], released["reason"]) == ("released", None)

    @pytest.mark.parametrize(
        "calendar",
        [
            {"calendar": "own"},
            {"calendar": "monthly", "days": ["2027-01-01"]},
            {"calendar": "own", "days": ["2028-01-01"]},
            {"calendar": "own", "days": ["2027-01-01", "2027-01-01"]},
        ],
    )
    async def test_a_calendar_that_makes_no_sense_is_refused(self, networked: Agree, calendar: dict[str, Any]) -> None:
        contract = await networked()
        told = await planned(contract, **calendar)
        assert told.code == "invalid-input"
        assert await tranches(contract) == []

    async def test_nobody_is_paid_in_advance_without_a_network(self, agreed: Draft) -> None:
        assert (await planned(await agreed(), calendar="monthly")).code == "no-network"


@pytest.mark.anyio
async def test_the_file_to_pay_from_names_account_and_payee(
    networked: Agree, client_of: Callable[..., httpx.AsyncClient], face: str, clock: DayToBe
) -> None:
    contract = await networked()
    await planned(contract, calendar="mid_quarter")
    clock.day = date(2027, 6, 2)
    first, *_ = await tranches(contract)
    address = f"/v1/tranche-shares?tranche_id={first['id']}"
    answer = await client_of(FIRST).get(address, headers={"accept": "text/csv"})
    rows = {row["payee_number"]: row for row in csv.DictReader(io.StringIO(answer.text))}
    assert {number: (row["amount"], row["due_on"]) for number, row in rows.items()} == {
        "K 60.00": ("135.00", "2027-02-15"),
        "K 40.00": ("90.00", "2027-02-15"),
    }
    assert all({"product_account", "contract_number", "payee"} <= row.keys() for row in rows.values())
