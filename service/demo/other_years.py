"""Other years than the worked one: a frame of several, help that goes on for longer, and a draft the network disagrees
with."""

from datetime import date
from typing import Any
from uuid import UUID

from service.demo.budget_year import CONTROLLER, SECOND, Clerk, Support, Year, grant
from service.demo.identity import demo_id
from service.demo.people import KOMPASS, LICHTUNG

FRAME = {0: "1540000.00", 1: "1570000.00", 2: "1600000.00"}
"""What the social space can plan with from the worked year on, EUR."""
SECURED = {LICHTUNG: "40.00", KOMPASS: "25.00"}
"""What of each year a provider can rely on, percent."""


async def plan_ahead(clerk: Clerk, year: Year) -> None:
    """A frame of three years: proposed by one controller, agreed by another."""
    frame = year.id("frame")
    shares = [{"organisation_id": demo_id("organisation", name), "share": share} for name, share in SECURED.items()]
    years = [{"fiscal_year": year.year + later, "amount": amount, "shares": shares} for later, amount in FRAME.items()]
    said: dict[str, Any] = {"authority_id": year.authority_id, "social_space_id": year.social_space_id}
    said |= {"contract_number": f"SRB-R-{year.year}", "years": years, "total": "4710000.00", "notice_months": 6}
    await clerk.do(CONTROLLER, year.first, "propose_budget_frame", id=frame, **said)
    await clerk.do(SECOND, year.first, "agree_budget_frame", frame)


async def grant_for_longer(clerk: Clerk, year: Year) -> None:
    """Granted in autumn for the year and a half that follows, in a space without an agreement: what is for the next
    year is bound in it by hand, for a claim does not wait; the rest stays foreseen for the year after that."""
    day, lasting = date(year.year, 10, 12), (date(year.year + 1, 1, 1), date(year.year + 2, 6, 30))
    await grant(clerk, year, Support("Umzug", KOMPASS, (10, 12), "54600.00", "0.00"), day, lasting)
    begun = date(year.year + 1, 1, 2)
    of_year = {"social_space_id": year.social_space_id, "fiscal_year": begun.year}
    for foreseen in await clerk.read(SECOND, begun, "foreseen_commitments", **of_year, state="foreseen"):
        await clerk.do(SECOND, begun, "bind_foreseen_commitment", UUID(foreseen["id"]))


async def set_aside(clerk: Clerk, year: Year) -> None:
    """For work without a case that nobody has decided on yet."""
    found = await clerk.read(CONTROLLER, year.first, "budget_lines", agreement_id=year.id("agreement"))
    (line,) = (UUID(each["id"]) for each in found if each["kind"] == "case_unspecific")
    said: dict[str, Any] = {"id": year.id("reserved"), "amount": "6000.00", "purpose": "Nachbarschaftsfest im Herbst"}
    await clerk.do("third_controller", year.first, "reserve_funds", line, **said)


async def disagree(clerk: Clerk, year: Year) -> None:
    """A draft to which the network has said no. One provider would bill for all."""
    agreement = year.id("agreement")
    where: dict[str, Any] = {"authority_id": year.authority_id, "social_space_id": year.social_space_id}
    where["fiscal_year"] = year.year
    said: dict[str, Any] = {"legal_basis": ["§ 77 SGB VIII"], "case_specific": "400000.00", "cross_case": "60000.00"}
    said["billing"] = ["lead_provider"]  # which pays the others
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
