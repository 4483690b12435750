"""What is done about an over-spend: notice, joint review, decision, posting; each step dated, none left out."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from service.domain.values import new_id
from tests.budgets.conftest import Draft
from tests.budgets.contract import NETWORK
from tests.budgets.test_agreements import Desks, Proofs, claim
from tests.faces import FACES, Face, Said

pytestmark = pytest.mark.anyio


async def test_an_over_spend_is_told_looked_at_by_both_decided_and_posted(
    face: str, drafted: Draft, client_of: Callable[..., httpx.AsyncClient], desk_of: Desks, proof_of: Proofs
) -> None:
    contract, network = await drafted(), FACES[face](client_of("provider_manager"))
    party: Said = {"organisation_id": str(NETWORK), "share": "100.00"}
    await contract.first.do("add_budget_party", contract.id, id=str(new_id()), **party)
    await contract.approve()
    assert (await contract.activate()).status == 200
    await claim(desk_of, contract, "1200.00")
    ((procedure, opened),) = proof_of(contract.id).database.rows(
        "SELECT id::text, opened_on FROM overspend_procedure WHERE agreement_id = %s", contract.id
    )

    async def step(who: Face, name: str, **more: Any) -> object:
        told = await who.do(name, procedure, id=str(new_id()), said="Mehr Anfragen als gedacht", **more)
        if told.code == "procedure-step-missing":
            return told.value["missing"]
        return told.value["errors"] if told.code == "invalid-input" else told.code or told["kind"]

    assert await step(contract.first, "review_overspend_for_agency") == ["notice"]
    early = [{"pointer": "#/done_on", "detail": f"must not be before {opened}"}]
    assert await step(network, "give_notice", done_on="2027-01-01") == early
    assert await step(network, "give_notice") == "notice"
    assert await step(contract.first, "review_overspend_for_agency") == "agency_review"
    missing = await step(contract.first, "decide_on_overspend", remedy="top_up")
    assert missing == ["network_review"]
    assert await step(contract.first, "review_overspend_for_network") == "forbidden"
    assert await step(network, "review_overspend_for_network") == "network_review"
    assert await step(network, "decide_on_overspend", remedy="top_up") == "forbidden"
    assert await step(contract.first, "decide_on_overspend", remedy="top_up") == "decision"
    on_top: Said = {"kind": "supplement", "amount": "200.00", "effective_on": "2027-03-01", "reason": "Nachtrag"}
    proposed = await contract.first.do("propose_allocation", contract.lines["case_specific"], **on_top)
    assert (await contract.second.do("release_allocation", proposed["id"], 1)).status == 200
    closed = await contract.first.do("close_overspend_procedure", procedure, 1, outcome="Nachtrag vereinbart")
    assert closed["state"] == "closed"
    assert await step(network, "give_notice") == "impossible-now"
    steps = [each for each in (await network.many("procedure_steps")).rows if each["procedure_id"] == procedure]
    assert sorted(each["kind"] for each in steps) == ["agency_review", "decision", "network_review", "notice"]
    assert [each["remedy"] for each in steps if each["remedy"]] == ["top_up"]
    proof_of(contract.id).holds()
