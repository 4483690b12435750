"""Whoever is on one side of the money is not on the other: neither who granted and bills later, nor with whom it was
decided and who pays for it, nor who acts for the agency and works for a provider."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from service.demo import AUTHORITY, demo_id
from service.demo.people import JUGENDAMT
from service.domain.access.model import AccessGrant, Membership
from service.domain.budgets.imports.rows import COLUMNS
from service.domain.policy import Role
from service.domain.values import new_id
from tests.budgets.contract import FIRST, LONG_AGO, NETWORK, SECOND, STRANGER, THIRD, Contract, DayToBe, add
from tests.budgets.imports import CSV, checked, released, row
from tests.budgets.test_turn_of_the_year import following, granted
from tests.budgets.test_valuation import agree, network, propose
from tests.conftest import Database
from tests.faces import FACES, Face, Told

pytestmark = pytest.mark.anyio

DECIDES_WITH = "second_case_worker"


@contextmanager
def being(database: Database, who: str, role: Role | None = None, of: UUID | None = None) -> Iterator[None]:
    """A member of a provider, or holding one more role, as long as it lasts."""
    actor = demo_id("actor", who)
    if of is not None:
        member = Membership(
            authority_id=AUTHORITY, actor_id=actor, organisation_id=of, function="Beratung", valid_from=LONG_AGO
        )
        working = member.id
        add(database, [member])
    if role is not None:
        holding = AccessGrant(
            authority_id=AUTHORITY,
            actor_id=actor,
            role=role.value,
            proposed_by=demo_id("actor", "administrator"),
            approved_by=demo_id("actor", "second_administrator"),
            approved_at=datetime(2020, 1, 2, tzinfo=UTC),
            valid_from=LONG_AGO,
        )
        held = holding.id
        add(database, [holding])
    try:
        yield
    finally:
        if of is not None:
            database.rows("UPDATE membership SET valid_to = valid_from WHERE id = %s RETURNING 1", working)
        if role is not None:
            database.rows("UPDATE access_grant SET valid_to = valid_from WHERE id = %s RETURNING 1", held)


def refused(*told: Told) -> None:
    assert [(each.status, each.code) for each in told] == [(403, "forbidden")] * len(told), told


async def test_whoever_granted_it_bills_nothing_of_it_for_whom_they_work_by_now(
    drafted: Any, database: Database, face: str, client_of: Any
) -> None:
    """Neither who bound the money or decided, nor with whom; what colleagues of theirs have granted they can."""
    contract = await network(drafted)
    await agree(contract, "2027-01-01", "20.00", kind="project")
    worker, with_whom = (FACES[face](client_of(who)) for who in ("case_worker", DECIDES_WITH))
    bound = await contract.commit("cross_case", "20.00", organisation_id=str(NETWORK))
    await granted(worker, contract.space, "2027-03-15", "2027-06-30", "90.00")
    of_case = next(each for each in await contract.listed("commitments") if each["case_pseudonym"])

    async def recorded(who: Face, what: Any) -> Told:
        return await who.do("record_service", what["id"], id=str(new_id()), month="2027-03-01", kind="project")

    with being(database, THIRD, Role.PROVIDER_MANAGER, of=NETWORK):
        own = await recorded(contract.third, bound)
        others = await recorded(contract.third, of_case)
        withdrawn = await contract.third.do("withdraw_service_record", others["id"], 1)
    assert withdrawn["state"] == "withdrawn", "it was theirs to record"
    told = [own]
    for who, face_ in (("case_worker", worker), (DECIDES_WITH, with_whom)):
        with being(database, who, Role.PROVIDER_MANAGER, of=NETWORK):
            told.append(await recorded(face_, of_case))
    refused(*told)
    assert all("somebody else has granted it" in each.value["missing"][0] for each in told)
    for what in (bound, of_case):
        assert (await recorded(contract.network, what)).status == 201, "colleagues bill it"


async def test_with_whom_it_was_decided_takes_no_part_in_paying(
    drafted: Any, database: Database, face: str, client_of: Any, sent: Any, carry: Any, clock: DayToBe
) -> None:
    """Neither for an invoice nor from a file, this year or in the next one, for which a part of it was foreseen."""
    contract = await drafted()
    assert (await contract.activate()).status == 200
    worker, with_whom = (FACES[face](client_of(who)) for who in ("case_worker", DECIDES_WITH))
    await granted(worker, contract.space, "2027-07-01", "2028-06-30", "90.00")
    (bound,) = await contract.listed("commitments")
    invoice = await contract.invoice("50.00")
    proposed = await contract.propose(invoice, "5.00", commitment_id=bound["id"])
    paid = await contract.booked("4.00", commitment_id=bound["id"])
    rows = [row(uuid4().hex, "1.00", commitment_id=bound["id"], value_on="2027-03-15")]
    theirs = await sent(contract.first, rows)
    with being(database, DECIDES_WITH, Role.CONTROLLER):
        told = [await with_whom.do("propose_booking", invoice["id"], amount="5.00", commitment_id=bound["id"])]
        told.append(await contract.release(proposed, by=with_whom))
        told.append(await with_whom.do("reverse_booking", paid["id"], paid.version, reason="Irrtum"))
        await checked(contract.first, theirs, carry)
        told.append(await released(with_whom, theirs))
        file = f"/v1/booking-imports/{theirs['id']}/file"  # whoever sends it has brought it
        again = ";".join(COLUMNS) + "\r\n" + ";".join(str(rows[0].get(each, "")) for each in COLUMNS)
        sent_ = await client_of(DECIDES_WITH).post(file, content=again.encode(), headers=CSV)
        assert sent_.status_code == 200, sent_.json()
        _, findings = await checked(contract.first, theirs, carry)
    assert [(each.status, each.code) for each in told] == [(403, "four-eyes")] * 4
    assert [(each["row_number"], each["code"]) for each in findings] == [(2, "four-eyes")]
    assert (await contract.release(proposed)).status == 200, "others pay"
    clock.day = date(2028, 1, 3)
    year = await following(contract)
    (later,) = await contract.listed("commitments", year)
    with being(database, DECIDES_WITH, Role.CONTROLLER):
        told_ = await with_whom.do("propose_booking", invoice["id"], amount="5.00", commitment_id=later["id"])
    assert (told_.status, told_.code) == (403, "four-eyes")


async def test_nobody_acts_for_the_agency_by_an_agreement_with_whom_they_work_for(
    drafted: Any, database: Database
) -> None:
    """What work is worth, supplements, transfers, advances, what becomes of a year: whatever they may do there, and
    whoever has proposed it. Once they work there no longer, they can."""
    contract = await network(drafted)
    lines, second = contract.lines, contract.second
    added = await contract.first.do(
        "propose_allocation",
        lines["case_specific"],
        id=str(new_id()),
        kind="supplement",
        amount="7.00",
        effective_on="2027-03-15",
        reason="Probe",
    )
    moved = await contract.first.do(
        "propose_transfer",
        lines["case_specific"],
        id=str(new_id()),
        target_id=lines["cross_case"],
        amount="3.00",
        reason="Probe",
    )
    assert (added.status, moved.status) == (201, 201), (added, moved)
    planned = await contract.first.do("plan_tranches", contract.id, await contract.version(), calendar="monthly")
    assert planned.status == 200, planned
    tranche = min(await contract.listed("tranches"), key=lambda each: each["due_on"])
    price: dict[str, Any] = {"id": str(new_id()), "kind": "hour", "amount": "999.00", "valid_from": "2027-01-01"}

    async def tried() -> list[Told]:
        return [
            await second.do("propose_valuation_rule", contract.id, **price),
            await second.do("release_tranche", tranche["id"], tranche["version"]),
            await second.do("release_allocation", added["id"], added.version),
            await second.do("release_transfer", moved["id"], moved.version),
            await second.do("close_budget_period", contract.id, await contract.version(), through="2027-02-28"),
        ]

    with being(database, SECOND, of=NETWORK):
        refused(*(told := await tried()))
        assert all("you work for no party to its agreement" in each.value["missing"][0] for each in told)
        client: Any = second.client  # type: ignore[attr-defined]
        explained = (await client.get(f"/v1/allocations/{added['id']}/explain")).json()
        (release,) = [each for each in explained["transitions"] if each["action"] == "allocation.release"]
        assert not release["possible"]
        assert "you work for no party to its agreement" in release["missing"][0]
    with being(database, SECOND, of=STRANGER):
        assert {each.status for each in await tried()} <= {200, 201}, "who is no party is on no side of it"


async def test_no_year_is_settled_between_the_same_person(drafted: Any, database: Database, clock: DayToBe) -> None:
    """Who has changed sides since agrees to nothing that they have prepared, and pays nothing that they agreed to."""
    contract = await network(drafted)
    clock.day = date(2028, 1, 20)
    assert (await contract.close_through("2027-12-31")).status == 200
    settlement = await contract.first.do("prepare_settlement", contract.id, id=str(new_id()))
    assert settlement.status == 201, settlement
    id = settlement["id"]
    assert (await contract.network.do("hand_in_proof", id, 1, proof="Ordner 1")).status == 200
    assert (await contract.second.do("check_settlement", id, 2)).status == 200
    with being(database, FIRST, Role.PROVIDER_MANAGER, of=NETWORK):
        refused(await contract.first.do("agree_settlement", id, 3))
    with being(database, THIRD, Role.PROVIDER_MANAGER, of=NETWORK):
        assert (await contract.third.do("agree_settlement", id, 3)).status == 200
        refused(await contract.third.do("pay_settlement", id, 4))
    refused(await contract.third.do("pay_settlement", id, 4))
    assert (await contract.first.do("pay_settlement", id, 4))["state"] == "paid"


async def test_two_controllers_settle_a_year_of_which_the_agency_hands_in_the_proof(
    drafted: Any, clock: DayToBe
) -> None:
    """Who proves for the agency has changed no side: they pay, once another has checked it."""
    contract = await drafted()
    party = {"organisation_id": str(NETWORK), "share": "100.00"}
    assert (await contract.first.do("add_budget_party", contract.id, **party)).status == 201
    said = {"documentation": ["agency"]}
    told = await contract.first.do("change_budget_agreement", contract.id, await contract.version(), **said)
    assert told.status == 200, told
    await contract.approve()
    assert (await contract.activate()).status == 200
    clock.day = date(2028, 1, 20)
    assert (await contract.close_through("2027-12-31")).status == 200
    id = (await contract.first.do("prepare_settlement", contract.id, id=str(new_id())))["id"]
    assert (await contract.first.do("hand_in_proof", id, 1, proof="Ordner 1")).status == 200
    assert (await contract.second.do("check_settlement", id, 2)).status == 200
    assert (await contract.network.do("agree_settlement", id, 3)).status == 200
    refused(await contract.second.do("pay_settlement", id, 4))
    assert (await contract.first.do("pay_settlement", id, 4))["state"] == "paid"


async def test_nobody_says_for_the_agency_what_their_own_organisation_outside_of_the_network_is_worth(
    drafted: Any, database: Database
) -> None:
    contract = await network(drafted)
    with being(database, FIRST, of=STRANGER):
        own = await propose(contract, "2027-01-01", "999.00", organisation_id=str(STRANGER))
        others = await propose(contract, "2027-01-01", "9.00", organisation_id=str(NETWORK))
    assert (own.status, own.code) == (403, "grants-and-bills")
    assert others.status == 201


async def test_nobody_pays_their_own_organisation(agreed: Any, database: Database) -> None:
    """Nor enters for the agency what it bills, whoever has granted it."""
    contract: Contract = await agreed()
    bound = await contract.commit("cross_case", "10.00", organisation_id=str(NETWORK))
    invoice = await contract.invoice("20.00")
    proposed = await contract.propose(invoice, "5.00", commitment_id=bound["id"])
    paid = await contract.booked("2.00", commitment_id=bound["id"])
    with being(database, FIRST, of=NETWORK), being(database, SECOND, of=NETWORK):
        entered = await contract.invoice("1.00")
        elsewhere = await contract.invoice("1.00", STRANGER)
        told = [await contract.propose(invoice, "3.00", commitment_id=bound["id"])]
        told.append(await contract.release(proposed))
        told.append(await contract.first.do("reverse_booking", paid["id"], paid.version, reason="Irrtum"))
    assert (entered.status, entered.code) == (403, "grants-and-bills")
    assert elsewhere.status == 201
    refused(*told)
    assert all("you do not work for its organisation" in each.value["missing"][0] for each in told)
    assert (await contract.release(proposed)).status == 200


async def test_the_agency_pays_what_it_bills_itself_by_those_who_work_for_it(agreed: Any) -> None:
    """Every controller is a member of the agency: it is no side of its own."""
    contract: Contract = await agreed()
    agency = demo_id("organisation", JUGENDAMT)
    bound = await contract.commit("cross_case", "10.00", organisation_id=str(agency))
    invoice = await contract.invoice("20.00", agency)
    paid = await contract.release(await contract.propose(invoice, "5.00", commitment_id=bound["id"]))
    assert paid["state"] == "released"
    where: dict[str, Any] = {"amount": "1.00", "line_id": contract.lines["cross_case"]}
    other = await contract.third.do("propose_booking", invoice["id"], **where)
    assert other.status == 201
    reversed_ = await contract.first.do("reverse_booking", paid["id"], paid.version, reason="Irrtum")
    assert reversed_.status == 200
