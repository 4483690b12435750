"""Other years than the worked one: one that is settled, a frame of several, a draft the network disagrees with."""

from datetime import date
from typing import Any

from service.demo.budget_year import CONTROLLER, SECOND, Clerk, Year, into_force, share_rules
from service.demo.identity import demo_id
from service.demo.people import KOMPASS, LICHTUNG


async def settle(clerk: Clerk, year: Year) -> None:
    """A year of which 48,000.00 EUR are left in the end: half goes back, half stays for work without a case."""
    agreement, day = year.id("agreement"), date(year.year, 12, 30)
    lines: dict[str, Any] = {"cross_case": "650000.00", "case_unspecific": "150000.00", "floor": "100000.00"}
    lines["legal_basis"] = ["§ 77 SGB VIII"]
    where: dict[str, Any] = {
        "authority_id": year.authority_id,
        "social_space_id": year.social_space_id,
        "fiscal_year": year.year,
    }
    await clerk.do(CONTROLLER, year.first, "draft_budget_agreement", id=agreement, **where, **lines)
    for provider in (LICHTUNG, KOMPASS):
        party = {"id": year.id("party", provider), "organisation_id": demo_id("organisation", provider)}
        await clerk.do(CONTROLLER, year.first, "add_budget_party", agreement, **party, lead=provider == LICHTUNG)
    await clerk.do(CONTROLLER, year.first, "agree_network_shares", agreement, periods=_halves(year))
    await share_rules(clerk, year)
    await into_force(clerk, year.first, agreement)
    found = await clerk.read(CONTROLLER, year.first, "budget_lines", agreement_id=agreement)
    for line in found:
        if amount := {"cross_case": "650000.00", "case_unspecific": "102000.00"}.get(line["kind"]):
            invoice, booking = (year.id(what, line["kind"]) for what in ("invoice", "booking"))
            said: dict[str, Any] = {"number": f"{year.year} {line['kind']}", "issued_on": day, "amount": amount}
            said |= {"authority_id": year.authority_id, "organisation_id": demo_id("organisation", LICHTUNG)}
            await clerk.do(CONTROLLER, day, "enter_invoice", id=invoice, **said)
            part = {"id": booking, "amount": amount, "line_id": line["id"]}
            await clerk.do(CONTROLLER, day, "propose_booking", invoice, **part)
            await clerk.do(SECOND, day, "release_booking", booking)
    after, settlement = date(year.year + 1, 1, 15), year.id("settlement")
    of_space = {"social_space_id": year.social_space_id, "fiscal_year": year.year}
    (agreed,) = await clerk.read(CONTROLLER, after, "budget_agreements", **of_space)
    if agreed["closed_through"] is None:
        await clerk.do(CONTROLLER, after, "close_budget_period", agreement, through=date(year.year, 12, 31))
    await clerk.do(CONTROLLER, after, "prepare_settlement", agreement, id=settlement)
    steps: tuple[tuple[str, str, str, dict[str, str]], ...] = (
        ("prepared", "provider_manager", "hand_in_proof", {"proof": f"Verwendungsnachweis {year.year}"}),
        ("proof_received", SECOND, "check_settlement", {}),
        ("checked", "provider_manager", "agree_settlement", {}),
    )
    for state, role, step, words in steps:
        (told,) = await clerk.read(CONTROLLER, after, "settlements", agreement_id=agreement)
        if told["state"] == state:
            await clerk.do(role, after, step, settlement, **words)
    await clerk.do("third_controller", after, "pay_settlement", settlement)


def _halves(year: Year) -> list[dict[str, Any]]:
    """A network in which the second provider does more from July on."""
    halves = (((1, 1), (6, 30), "70.00", "30.00"), ((7, 1), (12, 31), "60.00", "40.00"))
    return [
        {
            "begins_on": date(year.year, *begins).isoformat(),
            "ends_on": date(year.year, *ends).isoformat(),
            "shares": [
                {"organisation_id": str(demo_id("organisation", provider)), "share": share}
                for provider, share in ((LICHTUNG, first), (KOMPASS, second))
            ],
        }
        for begins, ends, first, second in halves
    ]


FRAME = {0: "1540000.00", 1: "1570000.00", 2: "1600000.00"}
"""What the social space can plan with from the worked year on, EUR."""


async def plan_ahead(clerk: Clerk, year: Year) -> None:
    """A frame of three years: proposed by one controller, agreed by another."""
    frame = year.id("frame")
    years = [{"fiscal_year": year.year + later, "amount": amount} for later, amount in FRAME.items()]
    said: dict[str, Any] = {"authority_id": year.authority_id, "social_space_id": year.social_space_id}
    said |= {"contract_number": f"SRB-R-{year.year}", "years": years, "total": "4710000.00", "notice_months": 6}
    await clerk.do(CONTROLLER, year.first, "propose_budget_frame", id=frame, **said)
    await clerk.do(SECOND, year.first, "agree_budget_frame", frame)


async def disagree(clerk: Clerk, year: Year) -> None:
    """A draft to which the network has said no."""
    agreement = year.id("agreement")
    where: dict[str, Any] = {"authority_id": year.authority_id, "social_space_id": year.social_space_id}
    where["fiscal_year"] = year.year
    said: dict[str, Any] = {"legal_basis": ["§ 77 SGB VIII"], "case_specific": "400000.00", "cross_case": "60000.00"}
    await clerk.do(CONTROLLER, year.first, "draft_budget_agreement", id=agreement, **where, **said)
    for provider, share in ((LICHTUNG, "60.00"), (KOMPASS, "40.00")):
        party: dict[str, Any] = {"id": year.id("party", provider), "organisation_id": demo_id("organisation", provider)}
        party |= {"share": share, "lead": provider == LICHTUNG}
        await clerk.do(CONTROLLER, year.first, "add_budget_party", agreement, **party)
    no: dict[str, Any] = {
        "id": year.id("no"),
        "terms": 3,
        "stance": "disagreement",
        "said": "Die Gruppe im Norden fehlt.",
    }
    await clerk.do("provider_manager", year.first, "take_position_for_network", agreement, **no)
