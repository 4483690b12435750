"""A small year that is over: what it left was forecast, talked over and settled, by the people whose work that is."""

from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

from service.demo.budget_year import CONTROLLER, SECOND, Clerk, Year, agree_rules, into_force
from service.demo.identity import demo_id
from service.demo.people import ANKERPLATZ, KOMPASS, LICHTUNG

SPENT = (
    ("cross_case", LICHTUNG, "650000.00", None),
    ("case_unspecific", LICHTUNG, "99600.00", None),
    ("case_unspecific", ANKERPLATZ, "2400.00", "K 70013"),
)
"""On which line, of whom, EUR, and as whom the cash office pays it. The last is no party to that year's agreement: it
is paid its invoice, and has no part in what is left over."""


async def settle(clerk: Clerk, year: Year) -> None:
    """A year of which 48,000.00 EUR are left in the end, as a forecast in September says: half goes back, half stays
    for work without a case."""
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
    await agree_rules(clerk, year, "5.00")
    await into_force(clerk, year.first, agreement)
    await _leave_over(clerk, year)
    found = await clerk.read(CONTROLLER, year.first, "budget_lines", agreement_id=agreement)
    lines_of_kind = {line["kind"]: line["id"] for line in found}
    for kind, provider, amount, payee in SPENT:
        name = kind if provider == LICHTUNG else f"{kind} {provider}"
        invoice, booking = (year.id(what, name) for what in ("invoice", "booking"))
        said: dict[str, Any] = {"number": f"{year.year} {kind}", "issued_on": day, "amount": amount}
        said |= {"authority_id": year.authority_id, "organisation_id": demo_id("organisation", provider)}
        await clerk.do(CONTROLLER, day, "enter_invoice", id=invoice, **said, payee_number=payee)
        file = {"name": f"{year.year}-{kind}.pdf", "location": f"51-12/{year.year}", "size": 48213}
        file |= {"media_type": "application/pdf", "digest": sha256(str(invoice).encode()).hexdigest()}
        document = {f"document_{name}": value for name, value in file.items()}
        await clerk.do(CONTROLLER, day, "name_invoice_document", invoice, **document)
        part = {"id": booking, "amount": amount, "line_id": lines_of_kind[kind]}
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


async def _leave_over(clerk: Clerk, year: Year) -> None:
    """The forecast of September leaves over more than 5 % of what is agreed: what becomes of it is decided together."""
    day, steps = date(year.year, 9, 30), date(year.year, 10, 12)
    expected = [
        {"kind": "cross_case", "running": "650000.00", "low": "640000.00", "high": "655000.00"},
        {"kind": "case_unspecific", "running": "102000.00", "low": "95000.00", "high": "110000.00"},
    ]
    forecast: dict[str, Any] = {"id": year.id("forecast", "9"), "method": "Laufende Maßnahmen bis Dezember"}
    await clerk.do(CONTROLLER, day, "run_forecast", year.id("agreement"), **forecast, lines=expected)
    (procedure,) = await clerk.read(CONTROLLER, day, "underspend_procedures", agreement_id=year.id("agreement"))
    said: tuple[tuple[str, str, str, dict[str, str]], ...] = (
        (CONTROLLER, "give_underspend_notice", "Es bleibt mehr als vereinbart.", {}),
        (CONTROLLER, "review_underspend_for_agency", "Zwei Angebote haben später begonnen.", {}),
        ("provider_manager", "review_underspend_for_network", "Die Räume fehlten bis zum Sommer.", {}),
        (CONTROLLER, "decide_on_underspend", "Es bleibt bei der Regel des Vertrags.", {"remedy": "carry_over"}),
    )
    for role, step, words, more in said:
        await clerk.do(role, steps, step, UUID(procedure["id"]), id=year.id("underspend", step), said=words, **more)
