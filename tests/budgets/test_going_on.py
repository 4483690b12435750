"""A forecast knows of help that goes on beyond its grant, from the help itself and of any day."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from service.domain.values import new_id
from tests.budgets.contract import NETWORK, Contract, DayToBe
from tests.budgets.test_turn_of_the_year import granted, listed
from tests.faces import FACES, Face, Told

pytestmark = pytest.mark.anyio


async def beyond(contract: Contract, agreement: str, as_of: str, **expected: str) -> tuple[Any, ...]:
    """What a run of a day says of the line for cases: what goes on, of how many grants (null: few), the forecast."""
    lines = [{"kind": "case_specific", **expected}] if expected else []
    said: dict[str, Any] = {"method": "Bewilligtes läuft weiter", "as_of": as_of, "lines": lines}
    run = await contract.first.do("run_forecast", agreement, id=str(new_id()), **said)
    rows = await listed(contract, "forecast-lines", forecast_id=run["id"])
    (line,) = (row for row in rows if row["kind"] == "case_specific")
    parts = await listed(contract, "worked-parts", worked_id=line["id"], figure="forecast")
    assert {part["made_of"]: part["amount"] for part in parts}.get("going_on", "0.00") == line["going_on"]
    return line["going_on"], line["going_on_grants"], line["forecast"]


async def test_help_without_an_end_takes_the_days_of_the_years_that_follow(
    agreed: Any, face: str, client_of: Callable[..., Any], clock: DayToBe
) -> None:
    """876.00 EUR for the 292 days that are left of 2027: 3.00 a day, for the 366 days of 2028."""
    contract, worker = await agreed(), FACES[face](client_of("case_worker"))
    element = await granted(worker, contract.space, "2027-03-15", None, "876.00")
    assert await beyond(contract, contract.id, "2027-03-15") == ("0.00", 0, "876.00"), "its first year has bound it"
    draft = (await contract.first.do("open_next_period", contract.id, id=str(new_id())))["id"]
    assert await beyond(contract, draft, "2027-03-15") == ("1098.00", None, "1098.00")
    assert await beyond(contract, draft, "2027-03-14") == ("0.00", 0, "0.00"), "not granted yet"
    assert await beyond(contract, draft, "2027-03-15", expected_new="2.00", running="1.00") == (
        "1098.00",
        None,
        "1101.00",
    )
    clock.day = date(2027, 6, 1)
    assert (await worker.do("end_element", element["id"], element.version)).status == 200
    assert await beyond(contract, draft, "2027-05-31") == ("1098.00", None, "1098.00"), "as it was on that day"
    assert await beyond(contract, draft, "2027-06-01") == ("0.00", 0, "0.00")


async def test_help_that_is_not_ended_when_its_days_are_over_goes_on(
    agreed: Any, face: str, client_of: Callable[..., Any], clock: DayToBe
) -> None:
    """34.00 EUR for 17 days of March, of which the line bears half: 1.00 a day, 275 days until the year's end."""
    contract, worker = await agreed(), FACES[face](client_of("case_worker"))
    half = {"source": "own_contribution", "legal_basis": "§ 92 SGB VIII", "amount": "17.00"}
    shares = [{"source": "case_specific", "legal_basis": "§ 27 SGB VIII", "amount": "17.00"}, half]
    element = await granted(worker, contract.space, "2027-03-15", "2027-03-31", "34.00", shares)
    assert await beyond(contract, contract.id, "2027-03-15") == ("0.00", 0, "17.00")
    clock.day = date(2027, 4, 10)
    assert await beyond(contract, contract.id, "2027-03-31") == ("0.00", 0, "17.00"), "it ends as it was granted"
    assert await beyond(contract, contract.id, "2027-04-01") == ("275.00", None, "292.00")
    assert (await worker.do("end_element", element["id"], element.version)).status == 200
    assert await beyond(contract, contract.id, "2027-04-10") == ("0.00", 0, "0.00"), "and what is left of it is free"


async def test_help_that_was_over_when_it_was_granted_does_not_go_on(
    agreed: Any, face: str, client_of: Callable[..., Any]
) -> None:
    """Nobody has said when it began, so nobody knows what a day of it costs."""
    contract, worker = await agreed(), FACES[face](client_of("case_worker"))
    assert (await granted(worker, contract.space, None, "2027-03-01", "34.00"))["state"] == "granted"
    assert (await beyond(contract, contract.id, "2027-03-15"))[:2] == ("0.00", 0)


async def begun(worker: Face, space: Any, first: str | None, last: str | None, cost: str, *, applied: bool) -> Told:
    """Help that begins without a decision; the element."""
    case, person, arrangement, element = (str(new_id()) for _ in range(4))
    help_ = {"kind": "specialist", "what": "Begleitung", "organisation_id": str(NETWORK), "cost": cost}
    when = {"starts_on": first, "ends_on": last}
    steps: tuple[tuple[str, str | None, int | None, dict[str, Any]], ...] = (
        ("open_case", None, None, {"id": case, "social_space_id": str(space), "title": "Probe"}),
        ("add_participant", case, None, {"id": person, "kind": "addressee", "name": "Erfunden"}),
        ("draft_arrangement", case, None, {"id": arrangement, "title": "Probe"}),
        ("add_element", arrangement, None, {"id": element, "participant_id": person, **when, **help_}),
        *([("apply_for_element", element, 1, {"claim_holder_id": person})] if applied else []),
        (
            "begin_otherwise",
            element,
            1 + applied,
            {"other_way": "direct_access", "because": "Mit dem Träger vereinbart"},
        ),
    )
    for name, on, version, said in steps:
        told = await worker.do(name, on, version, **said)
        assert told.status < 300, (name, told)
    return await worker.one("element", element)


async def test_help_that_has_begun_without_a_decision_is_counted_by_all_of_its_days(
    agreed: Any, face: str, client_of: Callable[..., Any], clock: DayToBe
) -> None:
    """17.00 EUR for 17 days of March, of which nothing is bound; then as any other that nobody has ended."""
    contract, worker = await agreed(), FACES[face](client_of("case_worker"))
    element = await begun(worker, contract.space, "2027-03-15", "2027-03-31", "17.00", applied=False)
    assert await beyond(contract, contract.id, "2027-03-14") == ("0.00", 0, "0.00"), "not begun yet"
    assert await beyond(contract, contract.id, "2027-03-15") == ("17.00", None, "17.00")
    clock.day = date(2027, 4, 1)
    assert await beyond(contract, contract.id, "2027-04-01") == ("292.00", None, "292.00"), "17 days and 275 more"
    assert (await worker.do("end_element", element["id"], element.version)).status == 200
    assert await beyond(contract, contract.id, "2027-04-01") == ("0.00", 0, "0.00")


async def test_what_was_set_aside_for_it_is_not_counted_twice(
    agreed: Any, face: str, client_of: Callable[..., Any], clock: DayToBe
) -> None:
    """876.00 EUR for the 292 days that are left of 2027 are reserved by its application; 2028 has 366 days at 3.00."""
    contract, worker = await agreed(), FACES[face](client_of("case_worker"))
    await begun(worker, contract.space, "2027-03-15", None, "876.00", applied=True)
    assert await beyond(contract, contract.id, "2027-03-15") == ("0.00", 0, "876.00")
    draft = (await contract.first.do("open_next_period", contract.id, id=str(new_id())))["id"]
    assert await beyond(contract, draft, "2027-03-15") == ("1098.00", None, "1098.00")
