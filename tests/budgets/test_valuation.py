"""What work is worth: agreed by both sides, version by version; what was recorded keeps the amount it had."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.budgets.valuation import ValuationKind, ValuationRule
from service.domain.budgets.valuing import missing_place, rule_for, worth
from service.domain.values import new_id
from tests.budgets.conftest import Draft
from tests.budgets.contract import NETWORK, STRANGER, Contract
from tests.conftest import Database
from tests.faces import Said, Told

pytestmark = pytest.mark.anyio
MONTHS = [date(2027, month, 1) for month in range(1, 13)]
CENTS = st.decimals("0.01", "999.99", places=2)


@st.composite
def versions(draw: st.DrawFn) -> list[ValuationRule]:
    """Any number of them, each from a month on, with or without an end."""
    found = []
    for number in range(1, draw(st.integers(0, 5)) + 1):
        begins = draw(st.integers(0, 11))
        ends = draw(st.none() | st.integers(begins, 11))
        through = None if ends is None else (date(2027, ends + 2, 1) if ends < 11 else date(2028, 1, 1))
        rule = ValuationRule(number=number, kind="hour", amount=draw(CENTS), valid_from=MONTHS[begins])
        rule.valid_through = None if through is None else through - timedelta(days=1)
        found.append(rule)
    return found


@given(versions(), st.sampled_from(MONTHS), CENTS)
def test_one_version_counts_in_a_month_or_the_place_is_named(
    rules: list[ValuationRule], month: date, hours: Decimal
) -> None:
    """Whatever comes later, or lies between: the last that has begun counts until it ends. Hours times its amount are
    exact to half a cent."""
    found = rule_for(rules, month)
    begun = [rule for rule in rules if rule.valid_from <= month]
    if found is None:
        place = missing_place(rules, month, ValuationKind.HOUR)
        assert place.startswith(f"hour, {month:%Y-%m}: ")
        if begun:
            newest = max(begun, key=lambda rule: (rule.valid_from, rule.number))
            assert newest.valid_through is not None
            assert newest.valid_through < month
        return
    assert all((rule.valid_from, rule.number) <= (found.valid_from, found.number) for rule in begun)
    assert found.valid_from <= month <= (found.valid_through or month)
    assert abs(worth(found, hours) - hours * found.amount) <= Decimal("0.005")
    later = ValuationRule(number=9, kind="hour", amount=Decimal("1.00"), valid_from=month + timedelta(days=31))
    assert rule_for([*rules, later], month) is found, "a later version changes nothing of before"


async def network(drafted: Draft) -> Contract:
    contract = await drafted()
    party: Said = {"organisation_id": str(NETWORK), "share": "100.00", "lead": True}
    await contract.first.do("add_budget_party", contract.id, **party)
    await contract.approve()
    assert (await contract.activate()).status == 200
    return contract


async def propose(contract: Contract, valid_from: str, amount: str, kind: str = "hour", **more: Any) -> Told:
    rule: Said = {"id": str(new_id()), "kind": kind, "amount": amount, "valid_from": valid_from, **more}
    return await contract.first.do("propose_valuation_rule", contract.id, **rule)


async def agree(contract: Contract, *rule: Any, **more: Any) -> Told:
    proposed = await propose(contract, *rule, **more)
    told = await contract.network.do("agree_valuation_rule", proposed["id"], proposed.version)
    assert told.status == 200, told
    return told


async def record(contract: Contract, commitment: Told, month: str, kind: str = "hour", **more: str) -> Told:
    work: Said = {"id": str(new_id()), "month": month, "kind": kind, **more}
    return await contract.network.do("record_service", commitment["id"], **work)


async def test_hours_become_an_amount_that_no_later_version_changes(drafted: Draft, proof_of: Any) -> None:
    contract = await network(drafted)
    bound = await contract.commit("cross_case", "400.00", organisation_id=str(NETWORK))
    unvalued = await record(contract, bound, "2027-03-01", hours="2.50")
    assert (unvalued.code, unvalued.value["place"]) == ("valuation-rule-missing", "hour, 2027-03: no rule is agreed")
    proposed = await propose(contract, "2027-01-01", "60.01")
    assert (await record(contract, bound, "2027-03-01", hours="2.50")).code == "valuation-rule-missing"
    mistaken = await propose(contract, "2027-01-01", "6001.00")
    assert (await contract.second.do("withdraw_valuation_rule", mistaken["id"], 1))["state"] == "withdrawn"
    assert (await contract.network.do("agree_valuation_rule", mistaken["id"], 2)).code == "impossible-now"
    assert (await contract.second.do("agree_valuation_rule", proposed["id"], 1)).status == 403, "for the other side"
    first = await contract.network.do("agree_valuation_rule", proposed["id"], 1)
    assert (await record(contract, bound, "2027-03-01")).value["errors"][0]["pointer"] == "#/hours"
    work = await record(contract, bound, "2027-03-01", hours="2.50")
    assert (work["amount"], work["rate"], work["rule_id"]) == ("150.03", "60.01", first["id"])
    assert (await record(contract, bound, "2027-03-01", hours="1.00")).code == "already-recorded"
    await agree(contract, "2027-03-01", "70.00")

    invoice = await contract.invoice("500.00")
    said: Said = {"id": str(new_id()), "service_record_id": work["id"]}
    booking = await contract.first.do("propose_booking", invoice["id"], **said)
    assert (booking["amount"], booking["hours"], booking["commitment_id"]) == ("150.03", "2.50", bound["id"])
    twice = await contract.first.do("propose_booking", invoice["id"], **said | {"id": str(new_id())})
    assert (twice.code, twice.value["errors"][0]["pointer"]) == ("invalid-input", "#/service_record_id")
    withdrawn = await contract.network.do("withdraw_service_record", work["id"], 2)
    assert withdrawn.code == "impossible-now", "it is billed"
    assert (await contract.release(booking))["hours"] == "2.50"
    assert (await contract.figures("cross_case"))[2:4] == ("249.97", "150.03")
    client: Any = contract.first.client  # type: ignore[attr-defined]
    asked = {"agreement_id": contract.id, "level": "social_space", "line": "cross_case"}
    postings = (await client.get("/v1/figure-postings", params=asked)).json()["items"]
    assert [(each["amount"], each["hours"]) for each in postings] == [("150.03", "2.50")], "beside the amount"
    assert (await contract.network.one("service_record", work["id"]))["rate"] == "60.01"

    reversed_ = await contract.first.do("reverse_booking", booking["id"], 2, reason="Falscher Monat")
    assert reversed_.status == 200
    assert (await contract.network.do("withdraw_service_record", work["id"], 3))["state"] == "withdrawn"
    anew = await record(contract, bound, "2027-03-01", hours="2.50")
    assert anew["amount"] == "175.00", "recorded anew, by the rules of then"
    proof_of(contract.id).holds()


async def test_work_of_before_the_money_was_bound_is_valued_by_the_network_of_now(
    drafted: Draft, database: Database
) -> None:
    """January's work, bound in March; bound on an empty draft, of which nobody was party yet."""
    contract = await network(drafted)
    bound = await contract.commit("cross_case", "400.00", organisation_id=str(NETWORK))
    await agree(contract, "2027-01-01", "60.00")
    database.rows("UPDATE commitment SET outside_network = true WHERE id = %s RETURNING 1", bound["id"])
    work = await record(contract, bound, "2027-01-01", hours="2.00")
    assert (work.status, work["amount"]) == (201, "120.00")
    booking: Said = {"id": str(new_id()), "service_record_id": work["id"]}
    assert (
        await contract.first.do("propose_booking", (await contract.invoice("120.00"))["id"], **booking)
    ).status == 201


async def test_a_gap_an_end_and_a_beginning_are_named(drafted: Draft) -> None:
    contract = await network(drafted)
    bound = await contract.commit("cross_case", "400.00", organisation_id=str(NETWORK))
    await agree(contract, "2027-01-01", "60.00", valid_through="2027-02-28")
    ended = await record(contract, bound, "2027-03-01", hours="1.00")
    assert ended.value["place"] == "hour, 2027-03: version 1 ended on 2027-02-28"
    await agree(contract, "2027-05-01", "61.00")
    gap = await record(contract, bound, "2027-03-01", hours="1.00")
    assert gap.value["place"] == "hour, 2027-03: there is a gap from 2027-03-01 to 2027-04-30"
    await agree(contract, "2027-06-01", "900.00", "flat_rate")
    early = await record(contract, bound, "2027-03-01", "flat_rate")
    assert early.value["place"] == "flat_rate, 2027-03: the first version begins on 2027-06-01"
    await agree(contract, "2027-01-01", "99.90", "project", organisation_id=str(NETWORK))
    project = await record(contract, bound, "2027-03-01", "project", hours="7.00")
    assert (project["amount"], project["hours"]) == ("99.90", "7.00")
    for wrong, pointer in (
        ({"valid_from": "2027-03-02"}, "#/valid_from"),
        ({"valid_from": "2028-01-01"}, "#/valid_from"),
    ):
        refused = await propose(contract, wrong["valid_from"], "1.00")
        assert refused.value["errors"][0]["pointer"] == pointer
    backwards = await propose(contract, "2027-03-01", "1.00", valid_through="2027-02-28")
    assert backwards.value["errors"][0]["pointer"] == "#/valid_through"


async def test_a_rule_of_the_network_is_none_for_a_stranger_and_the_next_year_asks_anew(drafted: Draft) -> None:
    contract = await network(drafted)
    await agree(contract, "2027-01-01", "60.00")
    own = await propose(contract, "2027-01-01", "80.00", organisation_id=str(STRANGER))
    mine = await contract.network.do("agree_valuation_rule", own["id"], 1)
    assert mine.status == 404, "another provider's price is none of theirs"
    following = await contract.first.do("open_next_period", contract.id, id=str(new_id()))
    told = await contract.listed("valuation-rules", following["id"])
    assert [(each["amount"], each["valid_from"], each["state"]) for each in told] == [
        ("60.00", "2028-01-01", "proposed")
    ]
