"""Money goes from one line to another by two persons, never below the floor, never in a circle."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest

from service.domain.values import new_id
from tests.budgets.conftest import Draft
from tests.budgets.contract import NETWORK, STRANGER, Contract, DayToBe, Proof, waiting
from tests.conftest import Database
from tests.faces import Said, Told

pytestmark = pytest.mark.anyio
LINES = {"case_specific": "1000.00", "cross_case": "500.00", "case_unspecific": "300.00", "floor": "200.00"}


async def proposed(contract: Contract, source: str, target: str, amount: str) -> Told:
    said: Said = {"target_id": contract.lines[target], "amount": amount, "reason": "Mehr im Sozialraum"}
    return await contract.first.do("propose_transfer", contract.lines[source], id=str(new_id()), **said)


async def test_a_transfer_is_posted_by_a_second_person(agreed: Draft, proof_of: Callable[[str], Proof]) -> None:
    contract = await agreed(**LINES)
    transfer = await proposed(contract, "cross_case", "case_unspecific", "120.00")
    assert (await contract.figures("cross_case"))[0] == "500.00", "what is proposed has not moved"
    assert (await contract.first.do("release_transfer", transfer["id"], transfer.version)).code == "forbidden"
    released = await contract.second.do("release_transfer", transfer["id"], transfer.version)
    assert (released.status, released["state"]) == (200, "released")
    assert (await contract.figures("cross_case"))[0] == "380.00"
    assert (await contract.figures("case_unspecific"))[0] == "420.00"
    proof_of(contract.id).holds()


async def test_the_line_without_cases_keeps_its_floor(agreed: Draft) -> None:
    contract = await agreed(**LINES)
    refused = await proposed(contract, "case_unspecific", "case_specific", "100.01")
    assert (refused.code, refused.value["floor"], refused.value["left"]) == ("below-floor", "200.00", "100.00")
    two = [await proposed(contract, "case_unspecific", "case_specific", "60.00") for _ in range(2)]
    done = await asyncio.gather(*(contract.second.do("release_transfer", each["id"], 1) for each in two))
    assert sorted(each.code or "done" for each in done) == ["below-floor", "done"], "not even both at once"
    assert (await contract.figures("case_unspecific"))[0] == "240.00"


async def test_only_what_is_free_moves(agreed: Draft) -> None:
    contract = await agreed(**LINES)
    await contract.commit("cross_case", "450.00")
    transfer = await proposed(contract, "cross_case", "case_specific", "50.01")
    refused = await contract.second.do("release_transfer", transfer["id"], 1)
    assert (refused.code, refused.value["left"]) == ("budget-short", "50.00")


async def test_money_does_not_run_in_a_circle_at_the_same_moment_either(agreed: Draft, database: Database) -> None:
    contract = await agreed(**LINES)
    there = await proposed(contract, "case_specific", "cross_case", "10.00")
    on = await proposed(contract, "cross_case", "reserve", "10.00")
    refused = await proposed(contract, "reserve", "case_specific", "10.00")
    assert (refused.code, refused.value["transfer_ids"]) == ("cyclic-transfer", [there["id"], on["id"]])
    assert (await contract.first.do("withdraw_transfer", on["id"], 1))["state"] == "withdrawn"
    assert (await proposed(contract, "reserve", "case_specific", "10.00")).status == 201
    with psycopg.connect(database.superuser) as connection:
        connection.execute("LOCK TABLE event IN SHARE MODE")  # both are looked at before either has ended
        ways = (("case_unspecific", "cross_case"), ("cross_case", "case_unspecific"))
        both = [asyncio.create_task(proposed(contract, *way, "10.00")) for way in ways]
        await waiting(database, 2)
    assert sorted(each.code or "done" for each in await asyncio.gather(*both)) == ["cyclic-transfer", "done"]
    same = await proposed(contract, "reserve", "reserve", "10.00")
    assert same.value["errors"][0]["pointer"].endswith("target_id")


async def test_what_the_network_says_of_a_transfer_is_on_record_and_a_no_is_answered_before_money_moves(
    drafted: Draft, clock: DayToBe
) -> None:
    """The agency decides, and says why; a yes that comes later is a yes."""
    contract = await drafted(**LINES)
    for organisation, share, lead in ((NETWORK, "60.00", True), (STRANGER, "40.00", False)):
        party: Said = {"organisation_id": str(organisation), "share": share, "lead": lead}
        await contract.first.do("add_budget_party", contract.id, **party)
    await contract.approve()
    assert (await contract.activate()).status == 200
    for answers in (("answer_on_transfer", contract.first), ("take_position_on_transfer", contract.network)):
        transfer = await proposed(contract, "cross_case", "case_unspecific", "20.00")
        silent = await contract.network.do("take_position_on_transfer", transfer["id"], 1, stance="disagreement")
        assert silent.value["errors"][0]["pointer"] == "#/said", "why not?"
        no: Said = {"stance": "disagreement", "said": "Das fehlt den Gruppen."}
        assert (await contract.first.do("take_position_on_transfer", transfer["id"], 1, **no)).status == 403
        told = await contract.network.do("take_position_on_transfer", transfer["id"], 1, id=str(new_id()), **no)
        assert (told["voice"], told["stance"], told["said"]) == ("network", "disagreement", no["said"])
        read_before = await contract.second.do("release_transfer", transfer["id"], transfer.version)
        assert read_before.status == 412, "whoever releases it has read the no"
        version = (await contract.first.one("transfer", transfer["id"])).version
        refused = await contract.second.do("release_transfer", transfer["id"], version)
        assert refused.code == "network-disagrees"
        name, who = answers
        said: Said = {"said": "Der Sommer braucht es."} | ({} if "answer" in name else {"stance": "approval"})
        clock.day += timedelta(days=1)
        unread = await who.do(name, transfer["id"], version - 1, id=str(new_id()), **said)
        assert unread.status == 412, "nobody answers a no that they have not read"
        assert (await who.do(name, transfer["id"], version, id=str(new_id()), **said)).status == 201
        version = (await contract.first.one("transfer", transfer["id"])).version
        assert (await contract.second.do("release_transfer", transfer["id"], version))["state"] == "released"
        words = [each for each in await contract.listed("transfer-positions") if each["transfer_id"] == transfer["id"]]
        assert sorted(each["stance"] for each in words) == ["approval", "disagreement"], "both stay"
    late = await contract.network.do("take_position_on_transfer", transfer["id"], version + 1, id=str(new_id()), **no)
    assert late.status == 409, "it has moved"
