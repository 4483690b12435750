"""Who of the parties runs the process, documents and bills is data of the agreement, and held to. Who may give notice
and prove is tried for everybody in `tests/access`; here, who bills."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from service.demo import AUTHORITY, demo_id
from service.demo.people import ANKERPLATZ
from service.domain.access.model import Membership
from service.domain.values import new_id
from tests.budgets.contract import DAY, FIRST, LONG_AGO, NETWORK, SECOND, STRANGER, Contract, DayToBe, add
from tests.budgets.imports import checked, released, row
from tests.budgets.test_turn_of_the_year import granted
from tests.conftest import Database
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
    await granted(worker, contract.space, "2027-03-15", "2027-06-30", "90.00", organisation=MEMBER)
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


async def test_nobody_pays_their_own_organisation(agreed: Any, database: Database, clock: DayToBe) -> None:
    """Straight from a line whoever proposes and whoever releases it grants; and so does who binds what was foreseen.
    What others have granted they do not pay either: they would act for the agency (§ 16(1) no. 5 SGB X)."""
    contract = await agreed()
    line, invoice = contract.lines["cross_case"], await contract.invoice("20.00")
    proposed = await contract.propose(invoice, "5.00", line_id=line)
    bound = await contract.commit("cross_case", "10.00", organisation_id=str(NETWORK), ends_on="2028-12-31")
    unnamed = await contract.commit("cross_case", "3.00")
    assert unnamed["organisation_id"] is None
    both = [
        Membership(
            authority_id=AUTHORITY,
            actor_id=demo_id("actor", who),
            organisation_id=NETWORK,
            function="Beratung",
            valid_from=LONG_AGO,
        )
        for who in (FIRST, SECOND)
    ]
    ids = [each.id for each in both]
    add(database, both)
    told = [await contract.propose(invoice, "5.00", line_id=line), await contract.release(proposed)]
    told.append(await contract.propose(invoice, "3.00", commitment_id=unnamed["id"]))
    clock.day = date(2028, 1, 3)
    ((foreseen,),) = database.rows("SELECT id FROM foreseen_commitment WHERE subject_id = %s", bound["id"])
    told.append(await contract.second.do("bind_foreseen_commitment", str(foreseen), 1))
    clock.day = DAY
    granted = await contract.propose(invoice, "4.00", commitment_id=bound["id"])
    database.rows("UPDATE membership SET valid_to = valid_from WHERE id = ANY(%s) RETURNING 1", ids)
    assert [each.status for each in (*told, granted)] == [403] * 5
    assert [each.code for each in (*told, granted)] == ["forbidden"] * 3 + ["grants-and-bills", "forbidden"]


async def test_nobody_speaks_for_the_agency_who_is_of_the_network(drafted: Any, database: Database) -> None:
    contract, alone = await drafted(), await drafted()
    await _two_parties(contract)
    member = Membership(
        authority_id=AUTHORITY,
        actor_id=demo_id("actor", SECOND),
        organisation_id=MEMBER,
        function="Beratung",
        valid_from=LONG_AGO,
    )
    add(database, [member])
    said = {"id": str(new_id()), "stance": "approval", "terms": 3}
    told = await contract.second.do("take_position_for_agency", contract.id, **said)
    funding = await contract.second.do("take_position_on_funding", contract.id, **said | {"id": str(new_id())})
    active = await contract.second.do("activate_budget_agreement", contract.id, await contract.version())
    party = {"organisation_id": str(MEMBER), "share": "50.00"}
    made_party = await alone.second.do("add_budget_party", alone.id, id=str(new_id()), **party)
    database.rows("UPDATE membership SET valid_to = valid_from WHERE id = %s RETURNING 1", member.id)
    assert [(each.status, each.code) for each in (told, funding, active)] == [(403, "forbidden")] * 3
    assert (made_party.status, made_party.code) == (403, "grants-and-bills"), "nor makes their own one a party"
    assert all("you work for no party to its agreement" in each.value["missing"][0] for each in (told, funding, active))
    assert (await contract.second.do("take_position_for_agency", contract.id, **said)).status == 201


async def test_whoever_grants_never_bills(drafted: Any) -> None:
    contract = await drafted()
    refused = await _changed(contract, billing=["agency", "providers"])
    assert (refused.status, refused.code, refused.value["errors"][0]["pointer"]) == (422, "invalid-input", "#/billing")
    assert (await _changed(contract, process=[])).status == 422, "somebody does it"
    assert (await _changed(contract, process=["agency"], documentation=["providers", "agency"])).status == 200
    contract_ = await contract.first.one("budget_agreement", contract.id)
    assert (contract_["process"], contract_["documentation"]) == (["agency"], ["agency", "providers"])


def _of(organisation: UUID, who: str) -> Membership:
    return Membership(
        authority_id=AUTHORITY,
        actor_id=demo_id("actor", who),
        organisation_id=organisation,
        function="Beratung",
        valid_from=LONG_AGO,
    )


async def test_nobody_grants_to_a_party_for_which_their_own_organisation_bills(
    drafted: Any, database: Database, face: str, client_of: Any
) -> None:
    """Whoever is of the provider that leads grants it the money, whomever it was bound for: without a case, for later,
    and by a decision."""
    contract = await drafted()
    await _two_parties(contract)
    assert (await _changed(contract, billing=["lead_provider"])).status == 200
    await contract.approve()
    assert (await contract.activate()).status == 200
    standing = await contract.commit("cross_case", "1.00", organisation_id=str(MEMBER))
    both = [_of(NETWORK, who) for who in ("third_controller", "case_worker")]
    ids = [each.id for each in both]
    add(database, both)
    for organisation in (MEMBER, STRANGER):
        told = await contract.commit("cross_case", "5.00", organisation_id=str(organisation))
        assert told.code == "forbidden", "by the agreement they act for one side"
    assert (await contract.third.do("release_commitment", standing["id"], standing.version)).code == "forbidden"
    worker = FACES[face](client_of("case_worker"))
    with pytest.raises(AssertionError, match="grants-and-bills"):
        await granted(worker, contract.space, "2027-03-15", "2027-06-30", "90.00", organisation=MEMBER)
    database.rows("UPDATE membership SET valid_to = valid_from WHERE id = ANY(%s) RETURNING 1", ids)
    assert (await contract.commit("cross_case", "5.00", organisation_id=str(MEMBER))).status == 201
    await granted(worker, contract.space, "2027-03-15", "2027-06-30", "90.00", organisation=MEMBER)


async def test_nobody_is_paid_what_one_of_them_has_granted_to_another_before_they_billed_for_it(
    drafted: Any, sent: Any, carry: Any, database: Database, face: str, client_of: Any
) -> None:
    """Neither for an invoice nor from a file, whatever the agreement said then."""
    contract = await drafted()
    await _two_parties(contract)
    await contract.approve()
    assert (await contract.activate()).status == 200
    theirs = _of(NETWORK, "case_worker")
    add(database, [theirs])
    worker = FACES[face](client_of("case_worker"))
    await granted(worker, contract.space, "2027-03-15", "2027-06-30", "90.00", organisation=MEMBER)
    database.rows(
        "UPDATE budget_agreement SET billing = '{lead_provider}' WHERE id = %s RETURNING 1", contract.id
    )  # as if it had been a draft that says so by now
    (bound,) = [each for each in await contract.listed("commitments") if each["organisation_id"] == str(MEMBER)]
    invoice = await contract.invoice("10.00")
    refused = await contract.propose(invoice, "10.00", commitment_id=bound["id"])
    rows = [row(uuid4().hex, "1.00", commitment_id=bound["id"], value_on="2027-03-15")]
    _, findings = await checked(contract.first, await sent(contract.first, rows), carry)
    database.rows("UPDATE membership SET valid_to = valid_from WHERE id = %s RETURNING 1", theirs.id)
    assert (refused.status, refused.code) == (403, "grants-and-bills")
    assert [(each["row_number"], each["code"]) for each in findings] == [(2, "grants-and-bills")]
    assert (await contract.propose(invoice, "10.00", commitment_id=bound["id"])).status == 201


async def test_what_one_of_todays_biller_has_granted_is_billed_once_a_second_person_has_confirmed_it(
    drafted: Any, sent: Any, carry: Any, database: Database, face: str, client_of: Any
) -> None:
    """By a controller who is of nobody who is paid; and who does not pay for it then."""
    contract = await drafted()
    await _two_parties(contract)
    await contract.approve()
    assert (await contract.activate()).status == 200
    theirs, own = _of(NETWORK, "case_worker"), _of(NETWORK, "third_controller")
    add(database, [theirs, own])
    try:
        worker = FACES[face](client_of("case_worker"))
        await granted(worker, contract.space, "2027-03-15", "2027-06-30", "90.00", organisation=MEMBER)
        said = {"amount": "3.00", "purpose": "Sommerfest"}
        unnamed = await contract.second.do("commit_funds", contract.lines["cross_case"], **said)
        database.rows("UPDATE budget_agreement SET billing = '{lead_provider}' WHERE id = %s RETURNING 1", contract.id)
        (bound,) = [each for each in await contract.listed("commitments") if each["organisation_id"] == str(MEMBER)]
        where, confirming = {"commitment_id": bound["id"]}, ("confirm_commitment", bound["id"], bound["version"])
        refused = await contract.propose(await contract.invoice("10.00"), "10.00", **where)
        assert refused.code == "grants-and-bills"
        assert "/confirm" in str(refused.value), "the refusal names the way on"
        assert (await contract.third.do(*confirming)).code == "forbidden"
        assert (await contract.network.do(*confirming)).status == 404
        for_nobody = await contract.first.do("confirm_commitment", unnamed["id"], unnamed.version)
        assert for_nobody.code == "invalid-input", "whoever pays for it grants it"
        database.rows("UPDATE membership SET valid_to = valid_from WHERE id = %s RETURNING 1", own.id)
        confirmed = await contract.third.do(*confirming)
        assert confirmed["confirmed_by"] == str(demo_id("actor", "third_controller"))
        proposed = await contract.propose(await contract.invoice("10.00"), "10.00", **where)
        assert (await contract.release(proposed, contract.third)).code == "four-eyes"
        assert (await contract.release(proposed)).status == 200
        row_ = row(uuid4().hex, "1.00", value_on="2027-03-15", **where)
        _, findings = await checked(contract.first, await sent(contract.first, [row_]), carry)
        assert findings == [], "nor from a file"
    finally:
        database.rows("UPDATE membership SET valid_to = valid_from WHERE id = ANY(%s) RETURNING 1", [theirs.id, own.id])


async def test_nobody_pays_their_own_organisation_from_a_file(
    agreed: Any, sent: Any, carry: Any, database: Database
) -> None:
    """Neither who brings it, of which each row says so, nor who releases it."""
    contract = await agreed()
    bound = await contract.commit("cross_case", "3.00")
    named = await contract.commit("cross_case", "4.00", organisation_id=str(NETWORK))
    rows = [
        row(uuid4().hex, "1.00", line_id=contract.lines["cross_case"]),
        row(uuid4().hex, "2.00", commitment_id=bound["id"], value_on="2027-03-15"),
        row(uuid4().hex, "4.00", commitment_id=named["id"], value_on="2027-03-15"),
    ]
    brought, releases = _of(NETWORK, FIRST), _of(NETWORK, SECOND)
    add(database, [brought])
    one = await sent(contract.first, rows)
    _, findings = await checked(contract.first, one, carry)
    ended = "UPDATE membership SET valid_to = valid_from WHERE id = %s RETURNING 1"
    database.rows(ended, brought.id)
    assert [(each["row_number"], each["code"], each["field"]) for each in findings] == [
        (2, "grants-and-bills", "organisation_id"),
        (3, "grants-and-bills", "organisation_id"),
        (4, "grants-and-bills", "organisation_id"),
    ], "whoever has granted it"
    _, findings = await checked(contract.first, one, carry)
    assert findings == []
    add(database, [releases])
    refused = await released(contract.second, one)
    database.rows(ended, releases.id)
    assert (refused.status, refused.code) == (403, "grants-and-bills")
    job = await released(contract.second, one)
    await carry(job)
    assert (await contract.figures("cross_case"))[3] == "7.00"
