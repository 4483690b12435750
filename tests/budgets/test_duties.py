"""Who of the parties runs the process, documents and bills is data of the agreement, and held to. Who may give notice
and prove is tried for everybody in `tests/access`; here, who bills."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from service.demo import demo_id
from service.demo.people import ANKERPLATZ
from service.domain.values import new_id
from tests.budgets.contract import NETWORK, STRANGER, Contract, DayToBe
from tests.budgets.imports import checked, row
from tests.budgets.test_turn_of_the_year import granted
from tests.faces import FACES, Told

pytestmark = pytest.mark.anyio

MEMBER: UUID = demo_id("organisation", ANKERPLATZ)


async def _two_parties(contract: Contract) -> None:
    """One that leads, and one that does not."""
    for organisation, share, lead in ((NETWORK, "60.00", True), (MEMBER, "40.00", False)):
        said: dict[str, Any] = {"organisation_id": str(organisation), "share": share, "lead": lead}
        assert (await contract.first.do("add_budget_party", contract.id, id=str(new_id()), **said)).status == 201


async def _changed(contract: Contract, **said: Any) -> Told:
    return await contract.first.do("change_budget_agreement", contract.id, await contract.version(), **said)


async def test_only_who_bills_by_the_agreement_is_booked(drafted: Any, sent: Any, carry: Any) -> None:
    contract = await drafted()
    await _two_parties(contract)
    assert (await _changed(contract, billing=["lead_provider"])).status == 200
    (version,) = [each for each in await contract.listed("agreement-versions") if each["number"] == 4]
    told = [each for each in await contract.listed("terms-changes") if each["version_id"] == version["id"]]
    assert [(each["term"], each["before"], each["after"]) for each in told] == [("billing", None, "lead_provider")]
    await contract.approve()
    assert (await contract.activate()).status == 200
    line = contract.lines["cross_case"]
    refused = await contract.propose(await contract.invoice("10.00", MEMBER), "10.00", line_id=line)
    assert (refused.status, refused.code) == (409, "does-not-bill")
    assert refused.value["billing"] == ["lead_provider"]
    for organisation in (NETWORK, STRANGER):  # whoever leads; and who is outside can always be chosen
        told_ = await contract.propose(await contract.invoice("10.00", organisation), "10.00", line_id=line)
        assert told_.status == 201, told_
    rows = [row(uuid4().hex, "1.00", line_id=line, organisation_id=each) for each in (NETWORK, MEMBER)]
    _, findings = await checked(contract.first, await sent(contract.first, rows), carry)
    assert [(each["row_number"], each["code"], each["field"]) for each in findings] == [
        (3, "does-not-bill", "organisation_id")
    ]


async def test_whoever_leads_bills_for_what_the_others_are_granted(
    drafted: Any, sent: Any, carry: Any, face: str, client_of: Any
) -> None:
    contract = await drafted()
    await _two_parties(contract)
    assert (await _changed(contract, billing=["lead_provider"])).status == 200
    await contract.approve()
    assert (await contract.activate()).status == 200
    worker = FACES[face](client_of("case_worker"))
    await granted(worker, contract.space, "2027-03-15", "2027-06-30", "90.00", MEMBER)
    (commitment,) = [each for each in await contract.listed("commitments") if each["organisation_id"] == str(MEMBER)]
    where = {"commitment_id": commitment["id"]}
    own = await contract.propose(await contract.invoice("10.00", MEMBER), "10.00", **where)
    assert own.code == "does-not-bill"
    stranger = await contract.propose(await contract.invoice("10.00", STRANGER), "10.00", **where)
    assert (stranger.code, stranger.value["errors"][0]["pointer"]) == ("invalid-input", "#/commitment_id")
    await contract.booked("10.00", **where)  # by whoever leads
    assert (await contract.figures("case_specific"))[2:4] == ("80.00", "10.00")
    row_ = row(uuid4().hex, "1.00", value_on="2027-03-15", **where)
    _, findings = await checked(contract.first, await sent(contract.first, [row_]), carry)
    assert findings == []


async def test_nobody_pays_back_to_whoever_bills_for_all(drafted: Any, clock: DayToBe) -> None:
    """Of 1,800.00 EUR the network was advanced 150.00 a month, until March; of 400.00 EUR billed by whoever leads each
    gets its share, less what it has had."""
    contract = await drafted()
    await _two_parties(contract)
    assert (await _changed(contract, billing=["lead_provider"])).status == 200
    await contract.approve()
    assert (await contract.activate()).status == 200
    planned = await contract.first.do("plan_tranches", contract.id, await contract.version(), calendar="monthly")
    assert planned.status == 200, planned
    for tranche in sorted(await contract.listed("tranches"), key=lambda each: each["due_on"])[:3]:
        assert (await contract.second.do("release_tranche", tranche["id"], tranche["version"])).status == 200
    await contract.booked("400.00", line_id=contract.lines["cross_case"])
    clock.day = date(2028, 1, 20)
    assert (await contract.close_through("2027-12-31")).status == 200
    told = await contract.first.do("prepare_settlement", contract.id, id=str(new_id()))
    assert (told["booked"], told["advanced"], told["payment"]) == ("400.00", "450.00", "-50.00")
    shares = {each["organisation_id"]: each["payment"] for each in await contract.listed("settlement-shares")}
    assert shares == {str(NETWORK): "-30.00", str(MEMBER): "-20.00"}


async def test_whoever_grants_never_bills(drafted: Any) -> None:
    contract = await drafted()
    refused = await _changed(contract, billing=["agency", "providers"])
    assert (refused.status, refused.code, refused.value["errors"][0]["pointer"]) == (422, "invalid-input", "#/billing")
    assert (await _changed(contract, process=[])).status == 422, "somebody does it"
    assert (await _changed(contract, process=["agency"], documentation=["providers", "agency"])).status == 200
    contract_ = await contract.first.one("budget_agreement", contract.id)
    assert (contract_["process"], contract_["documentation"]) == (["agency"], ["agency", "providers"])
