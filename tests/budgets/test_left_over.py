"""What is done about an under-spend: a forecast opens it, both sides look at it, it is decided, posted and closed; and
what a forecast's ranges are worth."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from service.domain.values import new_id
from tests.budgets.conftest import Draft
from tests.budgets.contract import NETWORK, Contract, DayToBe, waiting
from tests.budgets.test_agreements import Proofs
from tests.budgets.test_settlement import AFTER, UNDER
from tests.conftest import Database
from tests.faces import FACES, Face, Said, Told

pytestmark = pytest.mark.anyio
AGREED = {"cross_case": "1000.00", "case_unspecific": "500.00", "floor": "400.00"}


async def test_an_under_spend_is_told_looked_at_by_both_decided_and_posted(
    face: str, drafted: Draft, client_of: Callable[..., httpx.AsyncClient], proof_of: Proofs
) -> None:
    contract, network = await drafted(**AGREED), FACES[face](client_of("provider_manager"))
    rule: Said = {"direction": "underspend", "threshold": "6.00", "bands": UNDER}
    assert (await contract.first.do("agree_deviation_rule", contract.id, **rule))["threshold"] == "6.00"
    party: Said = {"organisation_id": str(NETWORK), "share": "100.00"}
    await contract.first.do("add_budget_party", contract.id, id=str(new_id()), **party)
    await contract.approve()
    assert (await contract.activate()).status == 200
    forecast: Said = {"method": "Laufendes", "lines": [{"kind": "cross_case", "running": "910.00"}]}
    forecast["lines"].append({"kind": "case_unspecific", "running": "500.00"})
    assert (await contract.first.do("run_forecast", contract.id, **forecast)).status == 201
    assert await _procedures(contract.first, contract.id) == [], "90.00 are 6 %, and not more"
    forecast["lines"][0]["running"] = "909.99"
    assert (await contract.first.do("run_forecast", contract.id, **forecast)).status == 201
    (opened,) = await _procedures(network, contract.id)
    assert (opened["left_over"], opened["threshold"], opened["state"]) == ("90.01", "90.00", "open")

    async def step(who: Face, name: str, **more: Any) -> object:
        told = await who.do(name, opened["id"], said="Die Räume fehlten", **more)
        if told.code == "procedure-step-missing":
            return told.value["missing"]
        return told.code or told["kind"]

    assert await step(contract.first, "review_underspend_for_agency") == ["notice"]
    assert await step(network, "give_underspend_notice") == "notice"
    assert await step(contract.first, "review_underspend_for_agency") == "agency_review"
    assert await step(contract.first, "decide_on_underspend", remedy="carry_over") == ["network_review"]
    assert await step(network, "review_underspend_for_network") == "network_review"
    assert await step(network, "decide_on_underspend", remedy="carry_over") == "forbidden"

    cross, unspecific = (contract.lines[line] for line in ("cross_case", "case_unspecific"))
    decide = "decide_on_underspend"
    assert await step(contract.first, decide, remedy="return", line_id=cross) == "invalid-input", "how much?"
    assert await step(contract.first, decide, remedy="carry_over", amount="1.00") == "invalid-input", "the rule says"
    more: Said = {"line_id": unspecific, "amount": "100.01"}
    assert await step(contract.first, decide, remedy="return", **more) == "below-floor"
    assert await step(contract.first, decide, remedy="transfer", target_id=cross, **more) == "below-floor"
    back: Said = {"remedy": "return", "line_id": cross, "amount": "60.00", "said": "Zurück"}
    returned = await contract.first.do(decide, opened["id"], **back)
    moved = await contract.first.do(decide, opened["id"], **back | {"remedy": "transfer", "target_id": unspecific})
    early = await contract.first.do("close_underspend_procedure", opened["id"], 1, outcome="Entschieden")
    assert early.value["missing"] == ["posting"]
    allocation, transfer = returned["allocation_id"], moved["transfer_id"]
    assert (await contract.first.do("release_allocation", allocation, 1)).code == "forbidden", "proposed by herself"
    assert (await contract.second.do("release_allocation", allocation, 1))["amount"] == "-60.00"
    assert (await contract.second.do("release_transfer", transfer, 1))["state"] == "released"
    assert (await contract.figures("cross_case"))[0] == "880.00"
    assert (await contract.figures("case_unspecific"))[0] == "560.00"
    assert (await contract.first.one("budget_agreement", contract.id))["revised"] == "1440.00"
    closed = await contract.first.do("close_underspend_procedure", opened["id"], 1, outcome="Für den Garten")
    assert closed["state"] == "closed"
    assert await step(network, "give_underspend_notice") == "impossible-now"
    kept: Said = {"kind": "return", "amount": "1.00", "effective_on": "2027-03-01", "reason": "Ohne Verfahren"}
    assert (await contract.first.do("propose_allocation", cross, **kept)).code == "invalid-input"
    proof_of(contract.id).holds()


async def test_a_range_has_the_forecast_in_it(drafted: Draft) -> None:
    contract = await drafted(**AGREED)
    for low, high in (("0.01", "1.00"), ("0.00", None), (None, "1.00")):
        lines = [{"kind": "reserve"} | {name: each for name, each in (("low", low), ("high", high)) if each}]
        told = await contract.first.do("run_forecast", contract.id, method="Probe", lines=lines)
        assert told.value["errors"][0]["pointer"] == "#/lines", (low, high)


async def left_over(drafted: Draft) -> tuple[Contract, str]:
    """A contract with its tranches planned, and its procedure with everything said that a decision needs."""
    contract = await drafted(**AGREED)
    rule: Said = {"direction": "underspend", "threshold": "6.00", "bands": UNDER}
    await contract.first.do("agree_deviation_rule", contract.id, **rule)
    await contract.first.do("add_budget_party", contract.id, organisation_id=str(NETWORK), share="100.00")
    await contract.approve()
    assert (await contract.activate()).status == 200
    calendar: Said = {"calendar": "mid_quarter"}
    assert (await contract.first.do("plan_tranches", contract.id, await contract.version(), **calendar)).status == 200
    assert (await contract.first.do("run_forecast", contract.id, method="Laufendes")).status == 201
    (opened,) = await _procedures(contract.first, contract.id)
    for who, name in (
        (contract.network, "give_underspend_notice"),
        (contract.first, "review_underspend_for_agency"),
        (contract.network, "review_underspend_for_network"),
    ):
        assert (await who.do(name, opened["id"], said="Es bleibt etwas")).status == 201
    return contract, opened["id"]


async def given_back(contract: Contract, procedure: str, line: str, amount: str) -> str:
    """The return that a decision proposes."""
    said: Said = {"remedy": "return", "line_id": contract.lines[line], "amount": amount, "said": "Zurück"}
    return str((await contract.first.do("decide_on_underspend", procedure, **said))["allocation_id"])


async def test_a_return_takes_tranches_before_the_agreement_like_everybody(
    drafted: Draft, database: Database, proof_of: Proofs
) -> None:
    """While it waits for the tranches, whoever has them gets the agreement, too: else both would wait for ever."""
    contract, procedure = await left_over(drafted)
    returned = await given_back(contract, procedure, "case_unspecific", "50.00")
    async with await psycopg.AsyncConnection.connect(database.superuser) as paying:
        await paying.execute("SELECT FROM tranche WHERE agreement_id = %s FOR NO KEY UPDATE", [contract.id])
        releasing = asyncio.create_task(contract.second.do("release_allocation", returned, 1))
        await waiting(database, 1)
        await paying.execute("SELECT FROM budget_agreement WHERE id = %s FOR NO KEY UPDATE NOWAIT", [contract.id])
    assert (await releasing).status == 200
    assert (await contract.first.one("budget_agreement", contract.id))["revised"] == "1450.00"
    proof_of(contract.id).holds()


async def test_what_was_carried_in_does_not_go_back_as_if_it_had_been_agreed(drafted: Draft) -> None:
    contract, procedure = await left_over(drafted)
    carried: Said = {"kind": "carry_in", "amount": "1000.00", "effective_on": "2027-03-01", "reason": "Übertrag"}
    proposed = await contract.first.do("propose_allocation", contract.lines["cross_case"], **carried)
    assert (await contract.second.do("release_allocation", proposed["id"], 1)).status == 200
    whole: Said = {"remedy": "return", "line_id": contract.lines["cross_case"], "said": "Zurück"}
    refused = await contract.first.do("decide_on_underspend", procedure, amount="1500.01", **whole)
    assert (refused.code, refused.value["asked"], refused.value["left"]) == ("budget-short", "1500.01", "1500.00")
    assert (await contract.figures("cross_case"))[0] == "2000.00"
    returned = await given_back(contract, procedure, "cross_case", "1500.00")
    assert (await contract.second.do("release_allocation", returned, 1)).status == 200
    assert (await contract.first.one("budget_agreement", contract.id))["revised"] == "0.00"


async def test_returns_are_together_no_more_than_what_is_agreed_and_one_can_be_taken_back(
    face: str, drafted: Draft, proof_of: Proofs
) -> None:
    """Also what others have proposed counts; and a procedure whose return cannot be released is not stuck."""
    contract, procedure = await left_over(drafted)
    more: Said = {"kind": "carry_in", "amount": "1000.00", "effective_on": "2027-03-01", "reason": "Übertrag"}
    carried = await contract.first.do("propose_allocation", contract.lines["cross_case"], **more)
    assert (await contract.second.do("release_allocation", carried["id"], 1)).status == 200
    back: Said = {"remedy": "return", "line_id": contract.lines["cross_case"], "said": "Zurück"}

    async def decided(amount: str) -> Told:
        return await contract.first.do("decide_on_underspend", procedure, amount=amount, **back)

    first, together = await asyncio.gather(decided("800.00"), decided("700.01"))
    refused, stands = (first, together) if first.status != 201 else (together, first)
    assert (refused.code, stands.status) == ("budget-short", 201), (first, together)
    assert refused.value["left"] == ("700.00" if stands is first else "799.99")
    spent = await contract.commit("cross_case", "1999.00")  # now nothing is left to go back
    assert spent.status == 201, spent
    stuck = await contract.second.do("release_allocation", stands["allocation_id"], 1)
    assert stuck.code == "budget-short"
    early = await contract.first.do("close_underspend_procedure", procedure, 1, outcome="Doch gebraucht")
    assert early.value["missing"] == ["posting"]
    withdrawn = await contract.first.do("withdraw_allocation", stands["allocation_id"], 1)
    assert (withdrawn["state"], withdrawn.version) == ("withdrawn", 2)
    assert (await contract.second.do("release_allocation", stands["allocation_id"], 2)).code == "impossible-now"
    closed = await contract.first.do("close_underspend_procedure", procedure, 1, outcome="Doch gebraucht")
    assert closed["state"] == "closed"
    proof_of(contract.id).holds()


async def test_a_forecast_for_a_year_that_is_settled_opens_nothing(drafted: Draft, clock: DayToBe) -> None:
    contract = await drafted(**AGREED)
    rule: Said = {"direction": "underspend", "threshold": "6.00", "bands": UNDER}
    await contract.first.do("agree_deviation_rule", contract.id, **rule)
    assert (await contract.activate()).status == 200
    clock.day = AFTER
    assert (await contract.close_through("2027-12-31")).status == 200
    assert (await contract.first.do("prepare_settlement", contract.id)).status == 201
    assert (await contract.first.do("run_forecast", contract.id, method="Nachtrag")).status == 201
    assert await _procedures(contract.first, contract.id) == []


async def _procedures(who: Face, agreement: str) -> list[dict[str, Any]]:
    rows = (await who.many("underspend_procedures")).rows
    return [row for row in rows if row["agreement_id"] == agreement]


async def test_a_threshold_can_be_an_amount(drafted: Draft) -> None:
    contract = await drafted(**AGREED)
    rule: Said = {"direction": "underspend", "threshold_amount": "90.00", "bands": UNDER}
    both = await contract.first.do("agree_deviation_rule", contract.id, **rule, threshold="6.00")
    assert both.value["errors"][0]["pointer"] == "#/threshold_amount"
    told = await contract.first.do("agree_deviation_rule", contract.id, **rule)
    assert (told["threshold"], told["threshold_amount"]) == ("0.00", "90.00")
    changes = await contract.listed("terms-changes")
    assert [row["after"][-15:] for row in changes if row["term"] == "underspend"] == ["above 90.00 EUR"]
    assert (await contract.activate()).status == 200
    for spent, opened in (("1410.00", 0), ("1409.99", 1)):
        lines = [{"kind": "cross_case", "running": spent}]
        await contract.first.do("run_forecast", contract.id, id=str(new_id()), method="Probe", lines=lines)
        assert len(await _procedures(contract.first, contract.id)) == opened


async def _runs(contract: Contract) -> list[dict[str, str]]:
    """What each of them says of the line for several cases."""
    lines = [row for row in await contract.listed("forecast-lines") if row["kind"] == "cross_case"]
    return [{"id": row["forecast_id"], "lines": row["forecast"]} for row in lines]


async def test_what_a_wrong_forecast_has_opened_is_closed_once_another_one_shows_nothing_of_it(
    drafted: Draft, clock: DayToBe
) -> None:
    """Without the network's review, which has nothing to look at: over and under alike, with a reason, and not by a
    forecast for an earlier day."""
    contract = await drafted(**AGREED)
    bands = [{"above": "0.00", "agency": "100.00", "network": "0.00", "carry": "0.00"}]
    for direction, its in (("overspend", bands), ("underspend", UNDER)):
        rule: Said = {"direction": direction, "threshold": "2.00", "bands": its}
        assert (await contract.first.do("agree_deviation_rule", contract.id, **rule)).status == 201
    await contract.first.do("add_budget_party", contract.id, organisation_id=str(NETWORK), share="100.00")
    await contract.approve()
    assert (await contract.activate()).status == 200

    async def says(cross: str, as_of: str | None = None) -> Told:
        lines = [{"kind": "cross_case", "running": cross}, {"kind": "case_unspecific", "running": "500.00"}]
        said: Said = {"id": str(new_id()), "method": "Probe", "lines": lines} | ({"as_of": as_of} if as_of else {})
        return await contract.first.do("run_forecast", contract.id, **said)

    outcome: Said = {"outcome": "Eine Null zu viel in der Prognose."}
    for wrong, path, name in (
        ("10000.00", "overspend-procedures", "close_overspend_procedure"),
        ("100.00", "underspend-procedures", "close_underspend_procedure"),
    ):
        opener = await says(wrong)
        (opened,) = [row for row in await contract.listed(path) if row["state"] == "open"]
        assert opened["forecast_id"] == opener["id"]
        for _ in range(2):
            early = await contract.first.do(name, opened["id"], 1, **outcome)
            assert (early.code, early.value["missing"]) == ("procedure-step-missing", ["decision"])
            assert (await says("1000.00", "2027-03-14")).status == 201, "of the day before"
        assert (await says("1000.00")).status == 201
        closed = await contract.first.do(name, opened["id"], 1, **outcome)
        assert (closed["state"], closed["outcome"]) == ("closed", outcome["outcome"])


async def test_more_money_does_not_close_what_the_threshold_of_then_has_opened(drafted: Draft) -> None:
    """6 % were 90.00 EUR; of twice as much they are 180.00."""
    contract, procedure = await left_over(drafted)
    more: Said = {"kind": "supplement", "amount": "1500.00", "effective_on": "2027-03-15", "reason": "Nachtrag"}
    added = await contract.first.do("propose_allocation", contract.lines["cross_case"], **more)
    assert (await contract.second.do("release_allocation", added["id"], 1)).status == 200
    for running, code in (("2409.99", "procedure-step-missing"), ("2410.00", None)):
        lines = [{"kind": "cross_case", "running": running}, {"kind": "case_unspecific", "running": "500.00"}]
        await contract.first.do("run_forecast", contract.id, id=str(new_id()), method="Probe", lines=lines)
        told = await contract.first.do("close_underspend_procedure", procedure, 1, outcome="Doch gebraucht")
        assert told.code == code, told


async def test_an_over_spend_is_looked_at_before_the_line_is_below_zero(drafted: Draft) -> None:
    """Where its rule says from where on: else only below zero."""
    contract = await drafted(**AGREED)
    bands = [{"above": "0.00", "agency": "100.00", "network": "0.00", "carry": "0.00"}]
    rule: Said = {"direction": "overspend", "threshold": "2.00", "bands": bands}
    assert (await contract.first.do("agree_deviation_rule", contract.id, **rule))["threshold"] == "2.00"
    changes = await contract.listed("terms-changes")
    assert [row["after"][-10:] for row in changes if row["term"] == "overspend"] == ["above 2.00"]
    assert (await contract.activate()).status == 200
    for spent, opened in (("1030.00", 0), ("1030.01", 1), ("1040.00", 1)):
        lines = [{"kind": "cross_case", "running": spent}]
        await contract.first.do("run_forecast", contract.id, id=str(new_id()), method="Probe", lines=lines)
        found = await contract.listed("overspend-procedures")
        assert len(found) == opened, "30.00 are 2 % of 1,500.00, and not more; one procedure at a time"
    assert (found[0]["line_id"], found[0]["state"]) == (contract.lines["cross_case"], "open")
    runs = {row["id"]: row["lines"] for row in await _runs(contract)}
    assert runs[found[0]["forecast_id"]] == "1030.01", "it names the run that opened it"
    notice: Said = {"id": str(new_id()), "said": "Es wird mehr, als vereinbart ist."}
    assert (await contract.first.do("give_notice", found[0]["id"], **notice))["kind"] == "notice"
    outcome: Said = {"outcome": "Es wird umgeschichtet."}
    early = await contract.first.do("close_overspend_procedure", found[0]["id"], 1, **outcome)
    assert (early.code, early.value["missing"]) == ("procedure-step-missing", ["decision"])
    for name, more in (("review_overspend_for_agency", {}), ("decide_on_overspend", {"remedy": "transfer"})):
        step: Said = {"id": str(new_id()), "said": "Es reicht nicht.", **more}
        assert (await contract.first.do(name, found[0]["id"], **step)).status == 201
    closed = await contract.first.do("close_overspend_procedure", found[0]["id"], 1, **outcome)
    assert closed["state"] == "closed"
