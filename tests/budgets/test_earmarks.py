"""What is carried in for a purpose stays with it: nothing else is bound with it, paid from it or moved away."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from service.domain.budgets.proving import CHECKS
from service.domain.values import new_id
from tests.budgets.conftest import Draft
from tests.budgets.contract import Contract
from tests.conftest import Database
from tests.faces import Said, Told

pytestmark = pytest.mark.anyio


async def carried_in(
    contract: Contract, line: str, amount: str, earmark: str | None = "Ferienfreizeit", on: str = "2027-01-01"
) -> Told:
    said: Said = {"id": str(new_id()), "kind": "carry_in", "amount": amount, "effective_on": on}
    said |= {"reason": "Aus 2026", "earmark": earmark}
    proposed = await contract.first.do("propose_allocation", contract.lines[line], **said)
    assert (await contract.second.do("release_allocation", proposed["id"], 1))["earmark"] == earmark
    return proposed


async def earmarked(contract: Contract, line: str) -> str:
    return str((await contract.first.one("budget_line", contract.lines[line]))["earmarked"])


def adds_up(database: Database) -> None:
    """What accounts say is kept is what was carried in for purposes, less what is bound for them."""
    assert database.rows(CHECKS["kept"]) == database.rows(CHECKS["kept by day"]) == []


async def test_it_is_spent_on_its_purpose_alone(agreed: Draft, database: Database, proof_of: Any) -> None:
    contract = await agreed(cross_case="100.00", reserve="5.00")
    purpose = await carried_in(contract, "cross_case", "60.00")
    assert (await contract.figures("cross_case"))[4] == "160.00"
    assert await earmarked(contract, "cross_case") == "60.00"
    short = await contract.commit("cross_case", "100.01")
    assert (short.code, short.value["left"]) == ("budget-short", "100.00")
    assert (await contract.commit("cross_case", "90.00")).status == 201
    away: Said = {"target_id": contract.lines["reserve"], "amount": "10.01", "reason": "Probe"}
    transfer = await contract.first.do("propose_transfer", contract.lines["cross_case"], **away)
    moved = await contract.second.do("release_transfer", transfer["id"], 1)
    assert (moved.code, moved.value["left"]) == ("budget-short", "10.00")
    straight = await contract.propose(await contract.invoice("10.01"), "10.01", line_id=contract.lines["cross_case"])
    assert (await contract.release(straight)).code == "budget-short"

    trip = await contract.commit("cross_case", "45.00", allocation_id=purpose["id"])
    assert (trip["allocation_id"], await earmarked(contract, "cross_case")) == (purpose["id"], "15.00")
    beyond = await contract.commit("cross_case", "15.01", allocation_id=purpose["id"])
    assert (beyond.code, beyond.value["left"]) == ("beyond-earmark", "15.00")
    adds_up(database)
    await contract.booked("20.00", commitment_id=trip["id"])
    version = (await contract.first.one("commitment", trip["id"])).version
    assert (await contract.third.do("release_commitment", trip["id"], version))["released"] == "25.00"
    assert await earmarked(contract, "cross_case") == "40.00", "what was not needed is for the purpose again"
    adds_up(database)
    proof_of(contract.id).holds()


@pytest.mark.parametrize("face", ["rest"], indirect=True)
async def test_many_at_once_take_no_cent_more_than_was_carried_in(agreed: Draft, database: Database) -> None:
    contract = await agreed(cross_case="10.00")
    purpose = await carried_in(contract, "cross_case", "30.00")
    tries = [contract.commit("cross_case", "7.00", allocation_id=purpose["id"]) for _ in range(6)]
    tries += [contract.commit("cross_case", "3.00") for _ in range(5)]
    told = await asyncio.gather(*tries)
    bound = [Decimal(each["amount"]) for each in told if each.status == 201]
    assert (bound.count(Decimal("7.00")), bound.count(Decimal("3.00"))) == (4, 3)
    assert {each.code for each in told if each.status != 201} == {"beyond-earmark", "budget-short"}
    adds_up(database)


async def test_what_comes_later_keeps_nothing_of_before(agreed: Draft, database: Database) -> None:
    """Money of January counts for a day of January, whatever is carried in for a purpose in March; not a cent more."""
    contract = await agreed(cross_case="100.00")
    await carried_in(contract, "cross_case", "60.00", on="2027-03-01")
    line = contract.lines["cross_case"]
    beyond = await contract.propose(await contract.invoice("100.01"), "100.01", line_id=line, value_on="2027-01-20")
    assert ((await contract.release(beyond)).code, beyond.status) == ("budget-short", 201)
    await contract.booked("100.00", line_id=line, value_on="2027-01-20")
    assert (await contract.figures("cross_case"))[3:] == ("100.00", "60.00")
    assert (await contract.commit("cross_case", "0.01")).code == "budget-short", "what is left is kept"
    adds_up(database)


async def test_an_earmark_is_of_what_was_carried_in(agreed: Draft) -> None:
    contract = await agreed(cross_case="100.00")
    said: Said = {"kind": "supplement", "amount": "1.00", "effective_on": "2027-01-01", "reason": "x", "earmark": "y"}
    refused = await contract.first.do("propose_allocation", contract.lines["cross_case"], **said)
    assert refused.value["errors"][0]["pointer"] == "#/earmark"
    plain = await carried_in(contract, "cross_case", "5.00", earmark=None)
    none = await contract.commit("cross_case", "1.00", allocation_id=plain["id"])
    assert none.value["errors"][0]["pointer"] == "#/allocation_id"
