"""The contract: drafted by one, put into force by another, added to by two, its books closed month by month."""

import asyncio
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from structlog.testing import capture_logs

from service.api.logs import FIELDS
from service.domain.desk import Desk
from service.domain.values import new_id
from tests.budgets.claims import GRANT, Wanted
from tests.budgets.conftest import Draft
from tests.budgets.contract import AGREED, NETWORK, STRANGER, THIRD, Contract, DayToBe, Proof, waiting
from tests.conftest import Database
from tests.faces import Said

pytestmark = pytest.mark.anyio

FOR_AGENCY = "you are controller of its authority and you work for no party to its agreement"
Desks = Callable[[str], Desk]
Proofs = Callable[[str], Proof]


async def claim(desk_of: Desks, contract: Contract, amount: str) -> None:
    """What a decision binds for a case."""
    await desk_of(THIRD).perform(GRANT, Wanted(amount=Decimal(amount)), on=contract.lines["case_specific"])  # type: ignore[arg-type]


async def test_what_one_drafts_another_puts_into_force(drafted: Draft, proof_of: Proofs) -> None:
    contract = await drafted()
    assert await contract.figures("cross_case") == ("0.00", "0.00", "0.00", "0.00", "0.00")
    own = await contract.first.do("activate_budget_agreement", contract.id, 1)
    assert own.status == 403
    assert own.value["missing"] == [f"{FOR_AGENCY} and others have made every version of its terms"]
    active = await contract.second.do("activate_budget_agreement", contract.id, 1)
    assert (active["state"], active["activated_on"]) == ("active", "2027-03-15")
    assert await contract.figures("cross_case") == ("500.00", "0.00", "0.00", "0.00", "500.00")
    assert await contract.figures("reserve") == ("0.00", "0.00", "0.00", "0.00", "0.00")
    again = await contract.second.do("activate_budget_agreement", contract.id, active.version)
    assert again.code == "impossible-now"
    proof = proof_of(contract.id)
    proof.holds()
    assert sum(proof.balances(date(2026, 12, 31)).values()) == 0
    assert proof.balances(date(2027, 1, 1)) == proof.balances()


async def test_whoever_has_made_any_version_of_the_draft_does_not_say_yes_to_it(drafted: Draft) -> None:
    """A comma that somebody else changes makes nobody's own terms another's."""
    contract = await drafted()
    changed = await contract.second.do("change_budget_agreement", contract.id, 1, cross_case="650.00")
    for who in (contract.first, contract.second):
        assert (await who.do("activate_budget_agreement", contract.id, changed.version)).status == 403
        for function in ("for_agency", "on_funding"):
            assert (await contract.say(who, function)).status == 403
    assert (await contract.third.do("activate_budget_agreement", contract.id, changed.version)).status == 200
    assert (await contract.first.one("budget_line", contract.lines["cross_case"]))["agreed"] == "650.00"
    assert (await contract.figures("cross_case"))[0] == "650.00"


async def test_whoever_waits_for_the_agreement_is_asked_once_it_is_theirs(drafted: Draft, database: Database) -> None:
    """Two requests at once: what the first of them writes, the other cannot say yes to."""
    contract = await drafted()
    said: Said = {"id": str(new_id()), "stance": "approval", "terms": 2}
    async with await psycopg.AsyncConnection.connect(database.superuser) as holding:
        await holding.execute("SELECT FROM budget_agreement WHERE id = %s FOR NO KEY UPDATE", [contract.id])
        changing = asyncio.create_task(
            contract.second.do("change_budget_agreement", contract.id, 1, cross_case="650.00")
        )
        await waiting(database, 1)
        activating = asyncio.create_task(contract.second.do("activate_budget_agreement", contract.id, 2))
        await waiting(database, 2)
        confirming = asyncio.create_task(contract.second.do("take_position_on_funding", contract.id, **said))
        await waiting(database, 3)
    assert (await changing).status == 200
    assert ((await activating).status, (await confirming).status) == (403, 403)


async def test_whoever_changed_nothing_has_not_drafted_it(drafted: Draft) -> None:
    contract = await drafted()
    same = await contract.second.do("change_budget_agreement", contract.id, 1)
    assert (await contract.first.do("activate_budget_agreement", contract.id, same.version)).status == 403
    assert (await contract.second.do("activate_budget_agreement", contract.id, same.version)).status == 200


async def test_there_is_one_agreement_for_a_space_and_year(drafted: Draft) -> None:
    contract = await drafted()
    said: Said = {"authority_id": (await contract.first.one("budget_agreement", contract.id))["authority_id"]}
    second = await contract.second.do(
        "draft_budget_agreement", social_space_id=str(contract.space), fiscal_year=2027, **said
    )
    assert (second.status, second.code, second.value["agreement_id"]) == (409, "agreement-exists", contract.id)


async def test_it_is_not_in_force_before_its_year_or_without_an_amount_or_with_half_a_network(
    drafted: Draft, clock: DayToBe
) -> None:
    early = await drafted(2028, **AGREED)
    told = await early.second.do("activate_budget_agreement", early.id, 1)
    assert (told.code, told.value["effective_on"]) == ("not-yet-effective", "2028-01-01")
    clock.day = date(2028, 1, 1)
    assert (await early.second.do("activate_budget_agreement", early.id, 1)).status == 200
    empty = await drafted(reserve="0.00")
    refused = await empty.activate()
    assert (refused.code, refused.value["missing"]) == ("agreement-incomplete", ["amount"])
    half = await drafted()
    party = await half.first.do("add_budget_party", half.id, organisation_id=str(NETWORK), share="60.00", lead=True)
    assert party["share"] == "60.00"
    await half.approve()
    assert (await half.activate()).value["missing"] == ["shares"]
    too_much = await half.first.do("add_budget_party", half.id, organisation_id=str(STRANGER), share="40.01")
    assert too_much.code == "invalid-input"
    assert (
        await half.first.do("add_budget_party", half.id, organisation_id=str(STRANGER), share="40.00")
    ).status == 201
    await half.approve()
    assert (await half.activate()).status == 200


@pytest.mark.parametrize("kind", ["supplement", "carry_in"])
async def test_more_money_counts_once_a_second_person_releases_it(agreed: Draft, kind: str, proof_of: Proofs) -> None:
    contract = await agreed()
    said: Said = {"kind": kind, "amount": "40.00", "effective_on": "2027-02-01", "reason": "Tarifabschluss"}
    proposed = await contract.first.do("propose_allocation", contract.lines["cross_case"], **said)
    assert (await contract.figures("cross_case"))[0] == "500.00"
    own = await contract.first.do("release_allocation", proposed["id"], 1)
    assert own.status == 403
    assert own.value["missing"] == [f"{FOR_AGENCY} and somebody else has proposed it"]
    released = await contract.second.do("release_allocation", proposed["id"], 1)
    assert released["state"] == "released"
    assert await contract.figures("cross_case") == ("540.00", "0.00", "0.00", "0.00", "540.00")
    assert (await contract.first.one("budget_line", contract.lines["cross_case"]))["agreed"] == "500.00"
    assert (await contract.second.do("release_allocation", proposed["id"], released.version)).code == "impossible-now"
    proof_of(contract.id).holds()


async def test_more_money_does_not_count_before_its_day(agreed: Draft, clock: DayToBe) -> None:
    contract = await agreed()
    said: Said = {"kind": "supplement", "amount": "40.00", "effective_on": "2027-07-01", "reason": "Tarifabschluss"}
    proposed = await contract.first.do("propose_allocation", contract.lines["cross_case"], **said)
    early = await contract.second.do("release_allocation", proposed["id"], 1)
    assert (early.status, early.code, early.value["effective_on"]) == (409, "not-yet-effective", "2027-07-01")
    clock.day = date(2027, 7, 1)
    assert (await contract.second.do("release_allocation", proposed["id"], 1)).status == 200


async def test_what_stands_in_the_way_of_every_try_is_named_in_the_log(agreed: Draft, database: Database) -> None:
    """Here a version that the agreement does not know of. To whoever asks it looks like a rush of others, for ever."""
    contract = await agreed()
    said: Said = {"kind": "supplement", "amount": "40.00", "effective_on": "2027-03-01", "reason": "Tarifabschluss"}
    proposed = await contract.first.do("propose_allocation", contract.lines["cross_case"], **said)
    with psycopg.connect(database.superuser) as connection:
        connection.execute(
            "INSERT INTO agreement_version"
            " (id, authority_id, social_space_id, agreement_id, number, cause, effective_on, made_by, made_at)"
            " SELECT gen_random_uuid(), authority_id, social_space_id, id, terms + 1, 'changed', now(), drafted_by,"
            " now() FROM budget_agreement WHERE id = %s",
            [contract.id],
        )
    with capture_logs() as lines:
        refused = await contract.second.do("release_allocation", proposed["id"], 1)
    assert (refused.status, refused.value["reason"]) == (503, "too many changes at once")
    (line,) = (line for line in lines if line["event"] == "constraint-not-passed")
    assert line["operation"] == "release_allocation"
    assert line["constraint"] == "agreement_version_agreement_id_number_key"
    assert {"operation", "constraint"} <= FIELDS


async def test_closed_books_stay_closed(agreed: Draft, proof_of: Proofs) -> None:
    contract = await agreed()
    line = {"line_id": contract.lines["cross_case"]}
    waiting = await contract.propose(await contract.invoice("10.00"), "10.00", value_on="2027-02-28", **line)
    supplement: Said = {"kind": "supplement", "amount": "5.00", "reason": "Nachtrag", "effective_on": "2027-02-28"}
    proposed = await contract.first.do("propose_allocation", contract.lines["cross_case"], **supplement)
    closed = await contract.close_through("2027-02-28")
    assert closed["closed_through"] == "2027-02-28"
    before = proof_of(contract.id).balances(date(2027, 2, 28))
    late = await contract.release(waiting)
    assert (late.status, late.code, late.value["closed_through"]) == (409, "period-closed", "2027-02-28")
    assert (await contract.second.do("release_allocation", proposed["id"], 1)).code == "period-closed"
    again = await contract.first.do("propose_allocation", contract.lines["cross_case"], **supplement)
    assert (again.status, again.code) == (422, "invalid-input")
    refused = await contract.propose(await contract.invoice("10.00"), "10.00", value_on="2027-02-28", **line)
    assert (refused.status, refused.code) == (422, "invalid-input")
    assert await contract.booked("10.00", value_on="2027-03-01", **line)
    assert proof_of(contract.id).balances(date(2027, 2, 28)) == before


@pytest.mark.parametrize("through", ["2027-02-27", "2027-03-31", "2028-01-31", "2027-01-31"])
async def test_books_are_closed_for_whole_months_that_are_over_and_once(agreed: Draft, through: str) -> None:
    contract = await agreed()
    assert (await contract.close_through("2027-01-31")).status == 200
    assert (await contract.close_through(through)).code == "invalid-input"


async def test_the_books_of_a_draft_cannot_be_closed(drafted: Draft) -> None:
    """Its money counts from the first day of the year: with January closed it could never come into force."""
    contract = await drafted()
    assert (await contract.close_through("2027-01-31")).code == "impossible-now"
    assert (await contract.second.do("activate_budget_agreement", contract.id, 1)).status == 200


async def test_a_granted_claim_is_never_refused_and_leaves_a_procedure(
    agreed: Draft, desk_of: Desks, proof_of: Proofs
) -> None:
    contract = await agreed()
    line = contract.lines["case_specific"]
    await claim(desk_of, contract, "1000.00")
    procedures = proof_of(contract.id).database.rows(
        "SELECT count(*) FROM overspend_procedure WHERE line_id = %s", line
    )
    assert procedures == [(0,)]
    await claim(desk_of, contract, "200.00")
    await claim(desk_of, contract, "50.00")
    assert await contract.figures("case_specific") == ("1000.00", "0.00", "1250.00", "0.00", "-250.00")
    ((procedure, version),) = proof_of(contract.id).database.rows(
        "SELECT id::text, version FROM overspend_procedure WHERE line_id = %s AND state = 'open'", line
    )
    alerts = proof_of(contract.id).database.rows(
        "SELECT free::text FROM budget_alert WHERE procedure_id = %s ORDER BY id", procedure
    )
    assert alerts == [("-200.00",), ("-250.00",)]
    early = await contract.first.do("close_overspend_procedure", procedure, version, outcome="Nichts zu tun")
    assert (early.status, early.code, early.value["free"]) == (409, "still-overspent", "-250.00")
    said: Said = {"kind": "supplement", "amount": "250.00", "effective_on": "2027-03-01", "reason": "Nachtrag"}
    proposed = await contract.first.do("propose_allocation", line, **said)
    assert (await contract.second.do("release_allocation", proposed["id"], 1)).status == 200
    closed = await contract.first.do("close_overspend_procedure", procedure, version, outcome="Nachtrag vereinbart")
    assert (closed["state"], closed["closed_on"]) == ("closed", "2027-03-15")
    await claim(desk_of, contract, "0.01")
    opened = proof_of(contract.id).database.rows(
        "SELECT count(*) FROM overspend_procedure WHERE line_id = %s AND state = 'open'", line
    )
    assert opened == [(1,)]
    proof_of(contract.id).holds()


async def test_a_granted_claim_stands_on_a_draft_and_nothing_else_does(
    drafted: Draft, desk_of: Desks, proof_of: Proofs
) -> None:
    contract = await drafted()
    await claim(desk_of, contract, "100.00")
    assert (await contract.figures("case_specific"))[-1] == "-100.00"
    assert (await contract.commit("cross_case", "1.00")).code == "agreement-not-active"
    assert (await contract.second.do("activate_budget_agreement", contract.id, 1)).status == 200
    assert await contract.figures("case_specific") == ("1000.00", "0.00", "100.00", "0.00", "900.00")
    proof_of(contract.id).holds()


async def test_the_largest_amounts_fit(agreed: Draft, proof_of: Proofs) -> None:
    """Together they are more than any one may be; refused by nothing but the form of an amount."""
    most = "999999999.99"
    contract = await agreed(cross_case=most, case_unspecific=most, reserve=most)
    assert (await contract.figures("reserve"))[0] == most
    proof_of(contract.id).holds()


async def test_a_key_makes_activation_happen_once(drafted: Draft, proof_of: Proofs) -> None:
    contract, key = await drafted(), uuid4().hex
    first = await contract.second.do("activate_budget_agreement", contract.id, 1, key)
    again = await contract.second.do("activate_budget_agreement", contract.id, 1, key)
    assert (first.status, first.value) == (again.status, again.value)
    assert (await contract.figures("cross_case"))[0] == "500.00"
    proof_of(contract.id).holds()


async def test_committing_ends_with_the_year(drafted: Draft, clock: DayToBe) -> None:
    contract = await drafted(2026, **AGREED)
    assert (await contract.second.do("activate_budget_agreement", contract.id, 1)).status == 200
    refused: Any = await contract.commit("cross_case", "1.00")
    assert (refused.status, refused.code) == (422, "invalid-input")
    clock.day = date(2026, 12, 31)
    assert (await contract.commit("cross_case", "1.00")).status == 201
