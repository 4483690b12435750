"""Frames of several years: their years follow each other and make the sum, and each year keeps to its amount."""

from typing import Any

import pytest

from service.demo import AUTHORITY
from service.domain.values import new_id
from tests.budgets.conftest import Draft
from tests.budgets.contract import Contract
from tests.faces import Said, Told

pytestmark = pytest.mark.anyio


async def proposed(contract: Contract, *years: tuple[int, str], total: str, **more: Any) -> Told:
    said: Said = {"authority_id": str(AUTHORITY), "social_space_id": str(contract.space), "total": total, **more}
    said["years"] = [{"fiscal_year": year, "amount": amount} for year, amount in years]
    return await contract.first.do("propose_budget_frame", id=str(new_id()), **said)


async def agreed(contract: Contract, frame: Told) -> Told:
    return await contract.second.do("agree_budget_frame", frame["id"], frame.version)


async def test_each_year_keeps_to_what_its_frame_has_for_it(drafted: Draft) -> None:
    contract = await drafted()  # 1,800.00 for 2027
    for years, total, place in (
        (((2027, "1.00"), (2029, "1.00")), "2.00", "year 1: 2029 does not follow 2027"),
        (((2027, "1.00"), (2027, "1.00")), "2.00", "year 1: 2027 does not follow 2027"),
        (((2027, "1.00"), (2028, "1.00")), "2.01", "total: the years make 2.00, not 2.01"),
    ):
        told = await proposed(contract, *years, total=total)
        assert (told.code, told.value["place"]) == ("frame-does-not-fit", place)
    low = await proposed(contract, (2027, "1799.99"), (2028, "2000.01"), total="3800.00", notice_months=6)
    other = await proposed(contract, (2026, "10.00"), (2027, "10.00"), total="20.00")
    own = await contract.first.do("agree_budget_frame", low["id"], 1)
    assert (own.status, (await agreed(contract, low))["state"]) == (403, "agreed")
    second = await agreed(contract, other)
    assert (second.code, second.value["frame_id"], second.value["fiscal_year"]) == ("frame-exists", low["id"], 2027)
    assert (await contract.first.one("budget_agreement", contract.id))["missing"] == ["frame"]
    assert (await contract.activate()).value["missing"] == ["frame"]

    more = await proposed(contract, (2027, "1850.00"), (2028, "2000.00"), total="3850.00", earlier_frame_id=low["id"])
    assert (await agreed(contract, more)).status == 200
    assert (await contract.first.one("budget_frame", low["id"]))["state"] == "replaced"
    assert (await contract.activate())["state"] == "active"
    said: Said = {"kind": "supplement", "effective_on": "2027-03-01", "reason": "Tarif"}
    for amount, code in (("50.01", "frame-exceeded"), ("50.00", None)):
        line = contract.lines["cross_case"]
        asked = await contract.first.do("propose_allocation", line, id=str(new_id()), amount=amount, **said)
        told = await contract.second.do("release_allocation", asked["id"], 1)
        assert told.code == code
    found = [row for row in (await contract.first.many("frame_years")).rows if row["frame_id"] == more["id"]]
    assert sorted((row["fiscal_year"], row["amount"], row["in_force"], row["agreement_id"]) for row in found) == [
        (2027, "1850.00", "1850.00", contract.id),
        (2028, "2000.00", "0.00", None),
    ]
    less = await proposed(contract, (2027, "1849.99"), (2028, "1.00"), total="1850.99", earlier_frame_id=more["id"])
    assert less.value["place"] == "year 0: 1850.00 are in force of it already"
