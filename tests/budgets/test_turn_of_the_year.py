"""Help across the turn of the year: each year's budget bears its own days; nothing is lost, doubled, or bound in a year
that is over."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.demo import demo_id
from service.domain.budgets.foreseen import by_year
from service.domain.values import new_id
from tests.budgets.contract import NETWORK, Contract, DayToBe, Proof, waiting
from tests.conftest import Database
from tests.faces import FACES, Face, Told

pytestmark = pytest.mark.anyio

DAYS = st.dates(date(2026, 1, 1), date(2031, 12, 31))


@given(amount=st.decimals("0.01", "99999999.99", places=2), starts_on=DAYS, lasts=st.integers(0, 1500), today=DAYS)
def test_the_parts_of_all_years_make_the_whole(amount: Decimal, starts_on: date, lasts: int, today: date) -> None:
    ends_on = starts_on + timedelta(days=lasts)
    parts = by_year(amount, starts_on, ends_on, today)
    assert sum(parts.values()) == amount
    assert all(part > 0 for part in parts.values())
    assert min(parts) >= today.year, "what is granted today is owed from today on"
    for year, part in parts.items():
        days = [starts_on + timedelta(days=each) for each in range(lasts + 1)]
        mine = sum(max(day.year, min(max(today.year, starts_on.year), ends_on.year)) == year for day in days)
        if len(parts) > 1:
            assert abs(part - amount * mine / len(days)) < Decimal("0.01")


@pytest.mark.parametrize(("starts_on", "ends_on"), [(None, None), (date(2027, 3, 1), None), (None, date(2026, 5, 1))])
def test_what_cannot_be_divided_is_of_one_year(starts_on: date | None, ends_on: date | None) -> None:
    assert by_year(Decimal("9.00"), starts_on, ends_on, date(2027, 5, 1)) == {2027: Decimal("9.00")}


async def granted(
    worker: Face,
    space: Any,
    first: str | None,
    last: str | None,
    amount: str,
    shares: Sequence[dict[str, str]] = (),
    organisation: UUID = NETWORK,
) -> Told:
    """From the case to the decision; the element."""
    case, person, arrangement, element = (str(new_id()) for _ in range(4))
    decision = {"id": str(new_id()), "outcome": "granted", "amount": amount, "legal_basis": "§ 27 SGB VIII"}
    decision |= {"wish_and_choice": "Ihr Wunsch", "override": "addressee_wish", "override_because": "Eilt"}
    decision["second_professional_id"] = str(demo_id("actor", "second_case_worker"))
    help_ = {"kind": "specialist", "what": "Begleitung", "organisation_id": str(organisation), "cost": amount}
    planned = 1 if shares else 0
    steps: tuple[tuple[str, str | None, int | None, dict[str, Any]], ...] = (
        ("open_case", None, None, {"id": case, "social_space_id": str(space), "title": "Probe"}),
        ("add_participant", case, None, {"id": person, "kind": "addressee", "name": "Erfunden"}),
        ("draft_arrangement", case, None, {"id": arrangement, "title": "Probe"}),
        (
            "add_element",
            arrangement,
            None,
            {"id": element, "participant_id": person, "starts_on": first, "ends_on": last, **help_},
        ),
        *([("plan_cost_shares", element, 1, {"shares": [*shares]})] if shares else []),
        ("apply_for_element", element, 1 + planned, {"claim_holder_id": person}),
        ("decide_element", element, 2 + planned, decision),
    )
    for name, on, version, said in steps:
        told = await worker.do(name, on, version, **said)
        assert told.status < 300, (name, told)
    return await worker.one("element", element)


async def following(contract: Contract, **lines: str) -> str:
    """The agreement of the next year, in force; what the draft says of its lines."""
    told = await contract.first.do("open_next_period", contract.id, id=str(new_id()))
    changed = await contract.first.do("change_budget_agreement", told["id"], told.version, **lines)
    activated = await contract.second.do("activate_budget_agreement", told["id"], changed.version)
    assert activated.status == 200, activated
    return str(told["id"])


async def test_each_year_bears_its_days(
    agreed: Any, face: str, client_of: Callable[..., Any], clock: DayToBe, proof_of: Callable[[str], Proof]
) -> None:
    """90 days for 900.00 EUR, 46 of them in 2027: bound there at once, and in 2028 when its agreement takes effect."""
    contract, worker = await agreed(), FACES[face](client_of("case_worker"))
    clock.day = date(2027, 11, 16)
    element = await granted(worker, contract.space, "2027-11-16", "2028-02-13", "900.00")
    assert await contract.figures("case_specific") == ("1000.00", "0.00", "460.00", "0.00", "540.00")
    of_space = {"social_space_id": str(contract.space)}
    (foreseen,) = await listed(contract, "foreseen-commitments", **of_space)
    assert (foreseen["fiscal_year"], foreseen["amount"], foreseen["state"]) == (2028, "440.00", "foreseen")
    early = await contract.second.do("bind_foreseen_commitment", foreseen["id"], 1)
    assert (early.status, early.code, early.value["effective_on"]) == (409, "not-yet-effective", "2028-01-01")
    draft = await contract.first.do("open_next_period", contract.id, id=str(new_id()))
    run = await contract.first.do("run_forecast", draft["id"], id=str(new_id()), method="Bewilligt ist bewilligt")
    said = {line["kind"]: line for line in await listed(contract, "forecast-lines", forecast_id=run["id"])}
    assert (said["case_specific"]["foreseen"], said["case_specific"]["forecast"]) == ("440.00", "440.00")

    clock.day = date(2028, 1, 10)
    assert (await contract.second.do("activate_budget_agreement", draft["id"], draft.version)).status == 200
    (line,) = await listed(contract, "budget-lines", agreement_id=draft["id"], kind="case_specific")
    assert (line["committed"], line["free"]) == ("440.00", "560.00")
    told = await contract.first.one("foreseen_commitment", foreseen["id"])
    again = await contract.second.do("bind_foreseen_commitment", foreseen["id"], told.version)
    assert (told["state"], again.code) == ("bound", "impossible-now"), "once"
    on = [await forecast(contract, draft["id"], "case_specific", day) for day in ("2028-01-09", "2028-01-10")]
    assert on == [("440.00", "0.00"), ("0.00", "440.00")], "once, on any day"
    assert await forecast(contract, draft["id"], "case_specific", "2027-11-15") == ("0.00", "0.00"), "not granted yet"
    bound = await contract.first.one("commitment", told["commitment_id"])
    assert (bound["amount"], bound["case_pseudonym"]) == ("440.00", foreseen["case_pseudonym"])

    assert (await worker.do("end_element", element["id"], element.version)).status == 200
    assert await contract.figures("case_specific") == ("1000.00", "0.00", "0.00", "0.00", "1000.00")
    (line,) = await listed(contract, "budget-lines", agreement_id=draft["id"], kind="case_specific")
    assert (line["committed"], line["free"]) == ("0.00", "1000.00"), "the help ends in both years' budgets"
    for agreement in (contract.id, draft["id"]):
        proof_of(agreement).holds()


async def test_a_claim_does_not_wait_for_an_agreement(
    agreed: Any, face: str, client_of: Callable[..., Any], clock: DayToBe
) -> None:
    """Bound by hand, on the empty draft of a year that has begun; the agreement does not bind it a second time."""
    contract, worker = await agreed(), FACES[face](client_of("case_worker"))
    clock.day = date(2027, 12, 30)
    element = await granted(worker, contract.space, "2028-01-01", "2029-02-28", "425.00")
    assert (await contract.figures("case_specific"))[1:4] == ("0.00",) * 3, "none of it falls into this year"
    (decision,) = await listed(worker, f"elements/{element['id']}/decisions")
    assert decision["outside_network"], "the agreement has no parties"
    rows = await listed(contract, "foreseen-commitments", social_space_id=str(contract.space))
    parts = {row["fiscal_year"]: row for row in rows}
    assert {year: row["amount"] for year, row in parts.items()} == {2028: "366.00", 2029: "59.00"}
    clock.day = date(2028, 1, 3)
    assert (await contract.second.do("bind_foreseen_commitment", parts[2028]["id"], 1)).status == 200
    (draft,) = await listed(
        contract.first, "budget-agreements", social_space_id=str(contract.space), fiscal_year="2028"
    )
    assert (draft["state"], draft["revised"]) == ("draft", "0.00")
    changed = await contract.first.do("change_budget_agreement", draft["id"], draft["version"], case_specific="400.00")
    assert (await contract.second.do("activate_budget_agreement", draft["id"], changed.version)).status == 200
    (line,) = await listed(contract, "budget-lines", agreement_id=draft["id"], kind="case_specific")
    assert (line["committed"], line["free"]) == ("366.00", "34.00")
    assert (await worker.do("end_element", element["id"], element.version)).status == 200
    told = await contract.first.one("foreseen_commitment", parts[2029]["id"])
    assert told["state"] == "dropped", "for a year that has not come nothing is left over"
    (line,) = await listed(contract, "budget-lines", agreement_id=draft["id"], kind="case_specific")
    assert (line["committed"], line["free"]) == ("0.00", "400.00")


@pytest.mark.parametrize("face", ["rest"], indirect=True)
async def test_whoever_waits_for_an_account_holds_none_that_comes_after_it(
    agreed: Any, face: str, client_of: Callable[..., Any], clock: DayToBe, database: Database
) -> None:
    """Putting an agreement into force posts to a line more than once: two acts never wait for each other."""
    contract, worker = await agreed(), FACES[face](client_of("case_worker"))
    clock.day = date(2027, 12, 30)
    await granted(worker, contract.space, "2027-12-30", "2028-01-10", "120.00")
    draft = await contract.first.do("open_next_period", contract.id, id=str(new_id()))
    clock.day = date(2028, 1, 3)
    held = """SELECT id FROM ledger_account WHERE agreement_id = %s AND line_id IS NOT NULL AND kind = %s
              ORDER BY id FOR NO KEY UPDATE"""
    with psycopg.connect(database.superuser) as other:
        locked = [id for (id,) in other.execute(held, [draft["id"], "committed"]).fetchall()]
        activating = asyncio.create_task(
            contract.second.do("activate_budget_agreement", draft["id"], draft.version)  # waits for the first of them
        )
        await waiting(database, 1)
        with psycopg.connect(database.superuser) as third:
            later = "SELECT id FROM ledger_account WHERE agreement_id = %s AND id > %s"
            theirs = third.execute(later, [draft["id"], locked[0]]).fetchall()
            free = third.execute(f"{later} FOR NO KEY UPDATE SKIP LOCKED", [draft["id"], locked[0]]).fetchall()
        assert {id for (id,) in theirs} - {id for (id,) in free} == {*locked[1:]}
    assert (await activating).status == 200


SHARED = [
    {"source": "case_specific", "legal_basis": "§ 31 SGB VIII", "amount": "600.00"},
    {"source": "case_unspecific", "legal_basis": "§ 36a(2) SGB VIII", "amount": "300.00"},
]


@pytest.mark.parametrize("by_hand", [True, False])
async def test_a_claim_is_not_refused_in_its_year_either(
    agreed: Any, face: str, client_of: Callable[..., Any], clock: DayToBe, proof_of: Any, by_hand: bool
) -> None:
    """Its share of work without a case, in a year that has no money for that, is borne by the line for cases."""
    contract, worker = await agreed(), FACES[face](client_of("case_worker"))
    clock.day = date(2027, 11, 16)
    await granted(worker, contract.space, "2027-11-16", "2028-02-13", "900.00", SHARED)
    assert await contract.figures("case_unspecific") == ("300.00", "0.00", "153.33", "0.00", "146.67")
    clock.day = date(2028, 1, 10)
    rows = await listed(contract, "foreseen-commitments", social_space_id=str(contract.space))
    without = next(row for row in rows if row["line"] == "case_unspecific")
    if by_hand:
        assert (await contract.second.do("bind_foreseen_commitment", without["id"], 1)).status == 200
        (draft,) = await listed(
            contract.first, "budget-agreements", social_space_id=str(contract.space), fiscal_year="2028"
        )
        after = draft["id"]
    else:
        after = await following(contract, case_specific="500.00", case_unspecific="146.66")
    told = await contract.first.one("foreseen_commitment", without["id"])
    bound = await contract.first.one("commitment", told["commitment_id"])
    assert (bound["amount"], bound["basis"], bound["case_pseudonym"]) == ("146.67", "granted_claim", None)
    held = {line["kind"]: line["committed"] for line in await listed(contract, "budget-lines", agreement_id=after)}
    assert held["case_unspecific"] == "0.00"
    assert held["case_specific"] == ("146.67" if by_hand else "440.00")
    version = (await contract.first.one("commitment", bound["id"])).version
    assert (await contract.third.do("release_commitment", bound["id"], version)).code == "decision-needed"
    proof_of(after).holds()


async def test_money_for_a_purpose_is_of_one_year(agreed: Any, clock: DayToBe) -> None:
    """Carried in for a purpose it is spent in its year: what falls into the next is bound without it."""
    contract = await agreed()
    said = {"kind": "carry_in", "amount": "100.00", "effective_on": "2027-01-01", "reason": "Aus 2026", "earmark": "x"}
    kept = await contract.first.do("propose_allocation", contract.lines["cross_case"], id=str(new_id()), **said)
    assert (await contract.second.do("release_allocation", kept["id"], 1)).status == 200
    clock.day = date(2027, 12, 2)
    of_it = {"allocation_id": kept["id"]}
    over = await contract.commit("cross_case", "120.00", ends_on="2028-01-30", **of_it)
    assert (over.status, over.value["errors"][0]["pointer"]) == (422, "#/allocation_id")
    assert (await contract.commit("cross_case", "100.00", ends_on="2027-12-31", **of_it)).status == 201


async def test_what_does_not_last_stays_foreseen_until_somebody_says_what_becomes_of_it(
    agreed: Any, clock: DayToBe, face: str
) -> None:
    """Work for nobody in particular: 60 days for 200.00 EUR, half of them in a year that has 50.00 for it."""
    contract = await agreed()
    clock.day = date(2027, 12, 2)
    past = await contract.commit("cross_case", "10.00", ends_on="2027-12-01")
    assert (past.status, past.value["errors"][0]["pointer"]) == (422, "#/ends_on")
    cancelled = await contract.commit("cross_case", "20.00", ends_on="2028-01-30")
    assert (await contract.first.do("release_commitment", cancelled["id"], cancelled.version)).status == 200
    (gone,) = await listed(contract, "foreseen-commitments", subject_id=cancelled["id"])
    assert (gone["state"], gone["dropped_on"]) == ("dropped", "2027-12-02"), "in no year"
    told = await contract.commit("cross_case", "200.00", ends_on="2028-01-30")
    assert (told["amount"], (await contract.figures("cross_case"))[2]) == ("100.00", "100.00")
    clock.day = date(2028, 1, 10)
    after = await following(contract, cross_case="50.00")
    (foreseen,) = await listed(contract, "foreseen-commitments", subject_id=told["id"])
    assert (foreseen["state"], foreseen["version"]) == ("foreseen", 1)
    short = await contract.second.do("bind_foreseen_commitment", foreseen["id"], 1)
    assert (short.status, short.code, short.value["left"]) == (409, "budget-short", "50.00")
    clock.day = date(2029, 1, 10)
    version = (await contract.first.one("budget_agreement", after)).version
    closed = await contract.first.do("close_budget_period", after, version, through="2028-12-31")
    assert closed.status == 200, closed
    late = await contract.second.do("bind_foreseen_commitment", foreseen["id"], 1)
    assert (late.status, late.code) == (409, "year-over")
    open_ = await contract.first.do("prepare_settlement", after, id=str(new_id()))
    assert (open_.status, open_.code, open_.value["foreseen"]) == (409, "still-foreseen", "100.00")
    assert (await contract.first.do("drop_foreseen_commitment", foreseen["id"], 1)).status == 200
    said = [await forecast(contract, after, "cross_case", day) for day in ("2029-01-09", "2029-01-10")]
    assert said == [("100.00", "0.00"), ("0.00", "0.00")]
    assert (await contract.first.do("prepare_settlement", after, id=str(new_id()))).status == 201


async def forecast(contract: Contract, agreement: str, kind: str, as_of: str) -> tuple[str, str]:
    """What a run of today for that day says of a line: foreseen, committed."""
    run = await contract.first.do("run_forecast", agreement, id=str(new_id()), method="Probe", as_of=as_of)
    (line,) = await listed(contract, "forecast-lines", forecast_id=run["id"], kind=kind)
    return line["foreseen"], line["committed"]


async def listed(who: Contract | Face, path: str, **where: str) -> list[dict[str, Any]]:
    client: Any = (who.first if isinstance(who, Contract) else who).client  # type: ignore[attr-defined]
    answer = await client.get(f"/v1/{path}", params={**where, "limit": 200})
    rows: list[dict[str, Any]] = answer.json()["items"]
    return rows
