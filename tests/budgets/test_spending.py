"""Spending: bound while it lasts, paid by two people, neither of whom granted it, and corrected by reversal only."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg
import pytest

from service.demo import demo_id
from service.domain.budgets.ledger import AccountKind, Move, PostingKind, account_of, posting_of
from service.domain.desk import Desk
from service.domain.values import new_id
from tests.budgets.claims import GRANT, Wanted
from tests.budgets.conftest import Draft
from tests.budgets.contract import DAY, FIRST, NETWORK, STRANGER, THIRD, DayToBe, Proof, waiting
from tests.conftest import Database
from tests.faces import Said, content

pytestmark = pytest.mark.anyio
Desks = Callable[[str], Desk]
Proofs = Callable[[str], Proof]


def postings(database: Database, subject: str) -> list[tuple[str, str]]:
    query = "SELECT kind, amount::text FROM posting WHERE subject_id = %s ORDER BY sequence"
    return database.rows(query, subject)


async def test_money_is_bound_as_far_as_it_lasts(agreed: Draft, proof_of: Proofs) -> None:
    contract = await agreed()
    told = await contract.commit("cross_case", "450.00")
    assert (told.status, told["state"], told["basis"], told["value_on"]) == (
        201,
        "committed",
        "voluntary",
        "2027-03-15",
    )
    assert await contract.figures("cross_case") == ("500.00", "0.00", "450.00", "0.00", "50.00")
    short = await contract.commit("cross_case", "50.01")
    assert (short.status, short.code, short.value["asked"], short.value["left"]) == (
        409,
        "budget-short",
        "50.01",
        "50.00",
    )
    assert (await contract.commit("cross_case", "50.00")).status == 201
    released = await contract.third.do("release_commitment", told["id"], told.version)
    assert (released["state"], released["released"]) == ("released", "450.00")
    assert await contract.figures("cross_case") == ("500.00", "0.00", "50.00", "0.00", "450.00")
    proof_of(contract.id).holds()


async def test_what_is_only_set_aside_is_bound_or_given_back(agreed: Draft, proof_of: Proofs) -> None:
    """Without a case, as far as it lasts; more can be bound than was set aside, and nothing is paid of it before."""
    contract = await agreed()
    line, said = contract.lines["cross_case"], Said({"purpose": "Sommerfest", "id": str(new_id())})
    short = await contract.third.do("reserve_funds", line, amount="500.01", **said)
    assert (short.code, short.value["left"]) == ("budget-short", "500.00")
    told = await contract.third.do("reserve_funds", line, amount="300.00", **said)
    assert await contract.figures("cross_case") == ("500.00", "300.00", "0.00", "0.00", "200.00")
    early = await contract.propose(await contract.invoice("1.00"), "1.00", commitment_id=told["id"])
    assert (early.code, early.value["left"]) == ("exceeds-commitment", "0.00")
    bound = await contract.third.do("commit_reserved_funds", told["id"], 1, amount="350.00")
    assert (bound["state"], await contract.figures("cross_case")) == (
        "committed",
        ("500.00", "0.00", "350.00", "0.00", "150.00"),
    )
    own = await contract.third.do(
        "propose_booking", (await contract.invoice("1.00"))["id"], amount="1.00", commitment_id=told["id"]
    )
    assert own.code == "four-eyes", "bound by herself"
    other = await contract.third.do("reserve_funds", line, amount="100.00", purpose="Fest", id=str(new_id()))
    assert (await contract.first.do("release_commitment", other["id"], 1))["state"] == "released"
    said["id"] = str(new_id())
    cases = await contract.third.do("reserve_funds", contract.lines["case_specific"], amount="1.00", **said)
    assert cases.code == "invalid-input"
    proof_of(contract.id).holds()


async def test_an_invoices_document_stands_once_something_is_booked_on_it(agreed: Draft) -> None:
    contract = await agreed()
    invoice = await contract.invoice("10.00")
    said: Said = {"document_name": "R-1.pdf", "document_location": "51-12/7", "document_size": 4711}
    said |= {"document_media_type": "application/pdf", "document_digest": "ab" * 32}
    for wrong in ({"document_digest": "AB" * 32}, {"document_size": 0}, {"document_media_type": "pdf"}):
        refused = await contract.first.do("name_invoice_document", invoice["id"], 1, **(said | wrong))
        assert refused.status == 422, wrong
    named = await contract.first.do("name_invoice_document", invoice["id"], 1, **said)
    assert {name: named[name] for name in said} == said
    other = said | {"document_digest": "cd" * 32}
    assert (await contract.first.do("name_invoice_document", invoice["id"], 2, **other)).status == 200
    booking = await contract.propose(invoice, "10.00", line_id=contract.lines["cross_case"])
    late = await contract.first.do("name_invoice_document", invoice["id"], 4, **said)
    assert (late.status, late.code) == (409, "document-stands")
    payment = await contract.first.one("invoice_payment", booking["id"])
    assert (payment["document_digest"], payment["amount"]) == ("cd" * 32, "10.00")
    without = await contract.invoice("1.00")
    await contract.propose(without, "1.00", line_id=contract.lines["cross_case"])
    late = await contract.first.do("name_invoice_document", without["id"], 2, **said)
    assert (late.status, late.code) == (409, "document-stands"), "whoever releases it would not have seen it"


async def test_nothing_is_bound_by_hand_for_cases(agreed: Draft) -> None:
    contract = await agreed()
    assert (await contract.commit("case_specific", "1.00")).code == "invalid-input"


async def test_an_invoice_is_paid_in_two_parts(agreed: Draft, database: Database, proof_of: Proofs) -> None:
    contract = await agreed()
    bound = await contract.commit("cross_case", "100.00", organisation_id=str(NETWORK))
    invoice = await contract.invoice("90.00")
    part = await contract.propose(invoice, "60.00", commitment_id=bound["id"])
    assert (part["state"], part["value_on"], part["outside_network"]) == ("proposed", "2027-03-15", True)
    assert await contract.figures("cross_case") == ("500.00", "0.00", "100.00", "0.00", "400.00")
    assert postings(database, part["id"]) == []
    beyond = await contract.propose(invoice, "30.01", commitment_id=bound["id"])
    assert (beyond.status, beyond.code, beyond.value["left"]) == (409, "exceeds-invoice", "30.00")
    rest = await contract.propose(invoice, "30.00", commitment_id=bound["id"])
    assert (await contract.release(part))["state"] == "released"
    assert (await contract.first.one("commitment", bound["id"]))["state"] == "partly_booked"
    assert (await contract.release(rest))["state"] == "released"
    assert await contract.figures("cross_case") == ("500.00", "0.00", "10.00", "90.00", "400.00")
    assert (await contract.first.one("invoice", invoice["id"]))["proposed"] == "90.00"
    last = await contract.booked("10.00", commitment_id=bound["id"])
    assert (await contract.first.one("commitment", bound["id"]))["state"] == "fully_booked"
    assert postings(database, last["id"]) == [("book", "10.00")]
    proof_of(contract.id).holds()


async def test_what_is_bound_is_the_most_that_is_paid(agreed: Draft, proof_of: Proofs) -> None:
    contract = await agreed()
    bound = await contract.commit("cross_case", "100.00")
    invoice = await contract.invoice("200.00")
    more = await contract.propose(invoice, "100.01", commitment_id=bound["id"])
    assert (more.code, more.value["left"]) == ("exceeds-commitment", "100.00")
    one = await contract.propose(invoice, "80.00", commitment_id=bound["id"])
    other = await contract.propose(invoice, "80.00", commitment_id=bound["id"])
    assert (await contract.release(one)).status == 200
    second = await contract.release(other)
    assert (second.status, second.code, second.value["left"]) == (409, "exceeds-commitment", "20.00")
    given_back = await contract.third.do("release_commitment", bound["id"], await version(contract, bound["id"]))
    assert (given_back["booked"], given_back["released"], given_back["state"]) == ("80.00", "20.00", "released")
    assert await contract.figures("cross_case") == ("500.00", "0.00", "0.00", "80.00", "420.00")
    proof_of(contract.id).holds()


async def version(contract: object, commitment: str) -> int:
    return int((await contract.first.one("commitment", commitment)).version)  # type: ignore[attr-defined]


async def test_a_line_pays_straight_only_what_it_has(agreed: Draft, proof_of: Proofs) -> None:
    contract = await agreed()
    line = contract.lines["case_unspecific"]
    assert (await contract.booked("250.00", line_id=line))["commitment_id"] is None
    short = await contract.release(await contract.propose(await contract.invoice("50.01"), "50.01", line_id=line))
    assert (short.code, short.value["left"]) == ("budget-short", "50.00")
    of_cases = contract.lines["case_specific"]
    assert (await contract.propose(await contract.invoice("1.00"), "1.00", line_id=of_cases)).code == "invalid-input"
    proof_of(contract.id).holds()


async def test_two_people_release_money_and_neither_has_granted_it(agreed: Draft) -> None:
    contract = await agreed()
    bound = await contract.commit("cross_case", "100.00")
    invoice = await contract.invoice("100.00")
    granter = await contract.third.do("propose_booking", invoice["id"], amount="10.00", commitment_id=bound["id"])
    assert (granter.status, granter.code) == (403, "four-eyes")
    booking = await contract.propose(invoice, "10.00", commitment_id=bound["id"])
    own = await contract.release(booking, contract.first)
    assert (own.status, own.code) == (403, "forbidden")
    assert own.value["missing"] == [
        "you are controller of its authority and you do not work for its organisation and somebody else has proposed it"
    ]
    granted = await contract.release(booking, contract.third)
    assert (granted.status, granted.code) == (403, "four-eyes")
    released = await contract.release(booking)
    assert released["released_by"] == str(demo_id("actor", "second_controller"))
    own = await contract.second.do("reverse_booking", booking["id"], released.version, reason="Doppelt")
    assert (own.status, own.code) == (403, "forbidden")
    granted = await contract.third.do("reverse_booking", booking["id"], released.version, reason="Doppelt")
    assert (granted.status, granted.code) == (403, "four-eyes")
    assert (await contract.first.do("reverse_booking", booking["id"], released.version, reason="Doppelt")).status == 200


async def test_whoever_decided_a_claim_does_not_pay_for_it(agreed: Draft, desk_of: Desks) -> None:
    contract = await agreed()
    done = await desk_of(THIRD).perform(
        GRANT,
        Wanted(amount=Decimal("100.00"), granted_by=demo_id("actor", FIRST)),
        on=contract.lines["case_specific"],  # type: ignore[arg-type]
    )
    told = await contract.propose(await contract.invoice("10.00"), "10.00", commitment_id=str(done.id))
    assert (told.status, told.code) == (403, "four-eyes")


async def test_a_proposal_is_taken_back(agreed: Draft, database: Database) -> None:
    contract = await agreed()
    invoice = await contract.invoice("100.00")
    booking = await contract.propose(invoice, "100.00", line_id=contract.lines["cross_case"])
    withdrawn = await contract.first.do("withdraw_booking", booking["id"], booking.version)
    assert withdrawn["state"] == "withdrawn"
    assert (await contract.first.one("invoice", invoice["id"]))["proposed"] == "0.00"
    assert (await contract.release(withdrawn)).code == "impossible-now"
    assert postings(database, booking["id"]) == []
    assert (await contract.propose(invoice, "100.00", line_id=contract.lines["cross_case"])).status == 201


async def test_what_was_booked_in_a_closed_year_is_reversed_in_the_next(
    agreed: Draft, clock: DayToBe, proof_of: Proofs
) -> None:
    contract = await agreed()
    bound = await contract.commit("cross_case", "100.00")
    invoice = await contract.invoice("100.00")
    wrong = await contract.release(await contract.propose(invoice, "100.00", commitment_id=bound["id"]))
    clock.day = date(2028, 1, 10)
    early = await contract.first.do("reverse_booking", wrong["id"], wrong.version, reason="Doppelt")
    assert early.code == "invalid-input", "December is still open: it belongs there"
    assert (await contract.close_through("2027-12-31")).status == 200
    assert (await contract.first.do("reverse_booking", wrong["id"], wrong.version, reason="Doppelt")).status == 200
    proof = proof_of(contract.id)
    proof.holds()
    assert proof.balances(date(2027, 12, 31)) != proof.balances()


async def test_a_booking_is_reversed_and_booked_again(agreed: Draft, database: Database, proof_of: Proofs) -> None:
    contract = await agreed()
    bound = await contract.commit("cross_case", "100.00")
    invoice = await contract.invoice("100.00")
    wrong = await contract.release(await contract.propose(invoice, "100.00", commitment_id=bound["id"]))
    assert (await contract.first.one("commitment", bound["id"]))["state"] == "fully_booked"
    back = await contract.first.do("reverse_booking", wrong["id"], wrong.version, reason="Falsche Leistung")
    assert (back["state"], back["reason"], back["amount"]) == ("reversed", "Falsche Leistung", "100.00")
    assert postings(database, wrong["id"]) == [("book", "100.00"), ("reverse", "100.00")]
    assert await contract.figures("cross_case") == ("500.00", "0.00", "100.00", "0.00", "400.00")
    assert (await contract.first.one("commitment", bound["id"]))["state"] == "committed"
    again = await contract.first.do("reverse_booking", wrong["id"], back.version, reason="Noch einmal")
    assert again.code == "impossible-now"
    right = await contract.release(await contract.propose(invoice, "40.00", commitment_id=bound["id"]))
    assert right.status == 200
    assert await contract.figures("cross_case") == ("500.00", "0.00", "60.00", "40.00", "400.00")
    proof_of(contract.id).holds()


async def test_a_reversal_in_a_later_month_leaves_the_earlier_one_as_it_was(
    agreed: Draft, clock: DayToBe, proof_of: Proofs
) -> None:
    contract = await agreed()
    booking = await contract.booked("50.00", line_id=contract.lines["cross_case"])
    clock.day = date(2027, 5, 3)
    assert (await contract.close_through("2027-03-31")).status == 200
    march = proof_of(contract.id).balances(date(2027, 3, 31))
    said: Said = {"reason": "Storno", "value_on": "2027-03-20"}
    early = await contract.first.do("reverse_booking", booking["id"], booking.version, **said)
    assert (early.status, early.code) == (422, "invalid-input")
    assert (await contract.first.do("reverse_booking", booking["id"], booking.version, reason="Storno")).status == 200
    proof = proof_of(contract.id)
    assert proof.balances(date(2027, 3, 31)) == march
    assert proof.balances(date(2027, 5, 2)) == march
    assert (await contract.figures("cross_case"))[-1] == "500.00"
    proof.holds()


async def test_money_that_was_spent_on_a_day_is_not_spent_on_it_again(
    agreed: Draft, clock: DayToBe, proof_of: Proofs
) -> None:
    """Reversed on Friday, it cannot be booked once more for Wednesday, when it was gone."""
    contract = await agreed()
    bound = await contract.commit("cross_case", "100.00")
    clock.day = date(2027, 3, 17)
    wrong = await contract.booked("100.00", commitment_id=bound["id"])
    clock.day = date(2027, 3, 19)
    assert (await contract.first.do("reverse_booking", wrong["id"], wrong.version, reason="Falsch")).status == 200
    invoice = await contract.invoice("100.00")
    wednesday = await contract.propose(invoice, "100.00", commitment_id=bound["id"], value_on="2027-03-17")
    refused = await contract.release(wednesday)
    assert (refused.status, refused.code, refused.value["left"]) == (409, "budget-short", "0.00")
    withdrawn = await contract.first.do("withdraw_booking", wednesday["id"], wednesday.version)
    assert withdrawn.status == 200
    friday = await contract.propose(invoice, "100.00", commitment_id=bound["id"], value_on="2027-03-19")
    assert (await contract.release(friday)).status == 200
    proof_of(contract.id).holds()


async def test_a_supplement_does_not_pay_for_what_came_before_it(agreed: Draft, proof_of: Proofs) -> None:
    contract = await agreed()
    line = contract.lines["cross_case"]
    said: Said = {"kind": "supplement", "amount": "200.00", "effective_on": "2027-03-01", "reason": "Nachtrag"}
    proposed = await contract.first.do("propose_allocation", line, **said)
    assert (await contract.second.do("release_allocation", proposed["id"], 1)).status == 200
    february = await contract.propose(await contract.invoice("600.00"), "600.00", line_id=line, value_on="2027-02-01")
    refused = await contract.release(february)
    assert (refused.code, refused.value["asked"], refused.value["left"]) == ("budget-short", "600.00", "500.00")
    assert (await contract.booked("600.00", line_id=line, value_on="2027-03-01")).status == 200
    proof_of(contract.id).holds()


async def test_a_party_to_the_agreement_is_in_the_network(drafted: Draft) -> None:
    contract = await drafted()
    said: Said = {"organisation_id": str(NETWORK), "share": "100.00"}
    assert (await contract.first.do("add_budget_party", contract.id, **said)).status == 201
    await contract.approve()
    assert (await contract.activate()).status == 200
    inside = await contract.commit("cross_case", "10.00", organisation_id=str(NETWORK))
    outside = await contract.commit("cross_case", "10.00", organisation_id=str(STRANGER))
    assert (inside["outside_network"], outside["outside_network"]) == (False, True)
    foreign = await contract.propose(await contract.invoice("1.00", STRANGER), "1.00", commitment_id=inside["id"])
    assert foreign.code == "invalid-input"
    assert await contract.booked("1.00", line_id=contract.lines["cross_case"])


async def test_a_key_makes_money_move_once(agreed: Draft, database: Database, proof_of: Proofs) -> None:
    contract, key = await agreed(), uuid4().hex
    line = contract.lines["cross_case"]
    booking = await contract.propose(await contract.invoice("50.00"), "50.00", line_id=line)
    none = await contract.release(booking, key="")
    assert (none.status, none.code) == (400, "key-required")
    first = await contract.release(booking, key=key)
    before = content(database)
    again = await contract.release(booking, key=key)
    assert (first.status, first.value) == (again.status, again.value)
    assert content(database) == before
    reversing = uuid4().hex
    said: Said = {"reason": "Storno"}
    back = await contract.first.do("reverse_booking", booking["id"], first.version, reversing, **said)
    before = content(database)
    assert await contract.first.do("reverse_booking", booking["id"], first.version, reversing, **said) == back
    other = await contract.first.do("reverse_booking", booking["id"], first.version, reversing, reason="Anders")
    assert (other.status, other.code, other.value["differs"]) == (409, "id-reused", ["reason"])
    elsewhere = await contract.first.do("release_commitment", booking["id"], 1, reversing)
    assert elsewhere.code in ("id-reused", "not-found")
    assert content(database) == before
    assert postings(database, booking["id"]) == [("book", "50.00"), ("reverse", "50.00")]
    proof_of(contract.id).holds()


async def test_an_id_makes_money_bound_once(agreed: Draft, database: Database) -> None:
    contract, id = await agreed(), str(new_id())
    first = await contract.commit("cross_case", "10.00", id=id)
    before = content(database)
    assert await contract.commit("cross_case", "10.00", id=id) == first
    other = await contract.commit("cross_case", "11.00", id=id)
    assert (other.status, other.code, other.value["differs"]) == (409, "id-reused", ["amount"])
    assert content(database) == before
    assert postings(database, id) == [("grant", "10.00")]


async def test_who_binds_money_of_a_line_waits_for_who_changes_it_not_for_others_who_bind(
    agreed: Draft, database: Database
) -> None:
    contract = await agreed()
    with psycopg.connect(database.superuser) as other:
        held = "SELECT FROM budget_line WHERE id = %s FOR {}"
        other.execute(held.format("SHARE").encode(), [contract.lines["cross_case"]])
        assert (await asyncio.wait_for(contract.commit("cross_case", "10.00"), 3))["state"] == "committed"
        other.execute(held.format("NO KEY UPDATE").encode(), [contract.lines["cross_case"]])
        binding = asyncio.create_task(contract.commit("cross_case", "10.00"))
        assert (await asyncio.wait([binding], timeout=0.2))[0] == set()
    assert (await binding)["state"] == "committed"


@pytest.mark.parametrize("where", ["posting", "ledger_day", "event"])
async def test_a_release_that_fails_late_leaves_nothing(
    agreed: Draft, database: Database, where: str, proof_of: Proofs
) -> None:
    contract, key = await agreed(), uuid4().hex
    bound = await contract.commit("cross_case", "50.00")
    booking = await contract.propose(await contract.invoice("50.00"), "50.00", commitment_id=bound["id"])
    before = content(database)
    # The worker has this county to itself, and its tests come one after the other.
    with psycopg.connect(database.superuser, autocommit=True) as superuser:
        superuser.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE SQLSTATE '57014'; END$$"
        )
        superuser.execute(f"CREATE TRIGGER fail AFTER INSERT OR UPDATE ON {where} FOR EACH ROW EXECUTE FUNCTION fail()")
        try:
            failed = await contract.release(booking, key=key)
        finally:
            superuser.execute("DROP FUNCTION fail CASCADE")
    assert (failed.status, failed.code) == (503, "unavailable")
    assert content(database) == before
    assert (await contract.release(booking, key=key))["state"] == "released"
    assert await contract.figures("cross_case") == ("500.00", "0.00", "0.00", "50.00", "450.00")
    proof_of(contract.id).holds()


@pytest.mark.parametrize("face", ["rest"])
async def test_a_past_day_waits_for_whoever_moves_money_on_any_of_its_accounts(
    agreed: Draft, database: Database, proof_of: Proofs
) -> None:
    """Not on the first of them alone: what comes today must not pay for what was booked before it came."""
    while True:  # until the account that both share is not the first
        contract = await agreed()
        line = UUID(contract.lines["case_unspecific"])
        free, booked = (account_of(line, kind) for kind in (AccountKind.FREE, AccountKind.BOOKED))
        if booked < free:
            break
    supplement = Move(
        PostingKind.APPROVE, account_of(UUID(contract.id), AccountKind.SOURCE), free, Decimal(200), UUID(contract.id)
    )
    posting = posting_of([supplement], DAY, True, datetime.now(UTC), demo_id("actor", FIRST))
    booking = await contract.propose(
        await contract.invoice("400.00"), "400.00", line_id=str(line), value_on="2027-03-01"
    )
    with psycopg.connect(database.superuser) as connection, psycopg.RawCursor(connection) as cursor:
        assert cursor.execute(*posting).fetchone() is not None
        releasing = asyncio.create_task(contract.release(booking))
        await waiting(database, 1)
        connection.commit()
    refused = await releasing
    assert (refused.code, refused.value["left"]) == ("budget-short", "300.00")
    proof_of(contract.id).holds()
