"""What Unterhaching has agreed to look at, with last year's values; and a rule of reward that looks good and is not yet
in force, because of what its simulation has found. Numbers and stories are invented."""

from datetime import date
from typing import Any
from uuid import UUID

from service.demo.budget_year import CONTROLLER, SECOND, Clerk, Year
from service.demo.identity import demo_id
from service.demo.people import JUGENDAMT, LICHTUNG

PLANNER = "integrated_planner"
AGREEING = {JUGENDAMT: PLANNER, LICHTUNG: "provider_manager"}
SOON, KEPT = "first step", "plans kept"
INDICATORS: dict[str, dict[str, Any]] = {
    SOON: {
        "quality": "timeliness",
        "name": "Tage bis zum ersten Schritt",
        "meaning": "Von der Anfrage bis zum ersten Schritt, den jemand geht; der mittlere Wert eines Quartals.",
        "source": "Die Anfragen und Schritte des Quartals, ohne Namen gezählt.",
        "unit": "Tage",
        "direction": "down",
        "narrative": "Wer fragt, soll nicht warten. Gute Gespräche am Anfang dürfen trotzdem dauern.",
    },
    KEPT: {
        "quality": "fit",
        "name": "Hilfen, die nach drei Monaten noch passen",
        "meaning": "Anteil der Hilfen, die beim ersten Rückblick als passend gelten, auch nach Ansicht der Familien.",
        "source": "Die Rückblicke des Quartals, ohne Namen gezählt.",
        "unit": "Prozent",
        "direction": "up",
        "narrative": "Schnell ist nicht genug. Passt eine Hilfe nicht, reden wir über das Ankommen, nicht über Schuld.",
    },
}
VALUES: dict[str, tuple[tuple[str, int, str], ...]] = {
    SOON: (
        ("21.00", 24, "Zwei Stellen waren frei."),
        ("14.00", 18, "Seit April gibt es die offene Sprechstunde."),
        ("19.00", 22, "Im Sommer waren viele im Urlaub."),
        ("12.00", 15, "Wer länger brauchte, wurde an die Beratungsstelle verwiesen."),
    ),
    KEPT: (
        ("81.00", 21, "Viele Gespräche vorab."),
        ("72.00", 16, "Die Sprechstunde vermittelt schneller, und öfter vorläufig."),
        ("78.00", 20, "Die vorläufigen Hilfen wurden nachgebessert."),
        ("69.00", 14, "Der Beginn war wieder sehr schnell."),
    ),
}
QUARTERS = (((1, 1), (3, 31)), ((4, 1), (6, 30)), ((7, 1), (9, 30)), ((10, 1), (12, 31)))


async def agree_on_indicators(clerk: Clerk, dialogue: UUID, day: date) -> None:
    """Proposed after a meeting, agreed by the agency and a provider, filled by planning with the year before; the first
    is for everybody to read."""
    organisations = [demo_id("organisation", name) for name in AGREEING]
    for name, said in INDICATORS.items():
        indicator = demo_id("indicator", name)
        until = date(day.year + 2, 12, 31)
        await clerk.do(
            PLANNER, day, "propose_indicator", dialogue, id=indicator, **said, expires_on=until, parties=organisations
        )
        parties = {
            each["organisation_id"]: UUID(each["id"])
            for each in await clerk.read(PLANNER, day, "indicator_parties", indicator_id=indicator)
        }
        for organisation, role in AGREEING.items():
            await clerk.do(role, day, "agree_indicator", parties[str(demo_id("organisation", organisation))])
        for number, ((value, people, story), (begins, ends)) in enumerate(zip(VALUES[name], QUARTERS, strict=True)):
            told = {"value": value, "stands_for": people, "narrative": story}
            days = {"from_on": date(day.year - 1, *begins), "to_on": date(day.year - 1, *ends)}
            id = demo_id("indicator_value", name, str(number))
            await clerk.do(PLANNER, day, "record_indicator_value", indicator, id=id, **told, **days)
        if name == SOON:
            for organisation, role in AGREEING.items():
                party = parties[str(demo_id("organisation", organisation))]
                await clerk.do(role, day, "agree_to_publish_indicator", party)
            await clerk.do(PLANNER, day, "release_indicator", indicator, id=demo_id("indicator_release", name))


async def draft_a_reward(clerk: Clerk, year: Year, today: date) -> None:
    """The agency would pay for quick beginnings; the simulation shows who would have paid the price."""
    rule = demo_id("incentive_rule", SOON)
    said: dict[str, Any] = {
        "indicator_id": demo_id("indicator", SOON),
        "name": "Zuschlag für schnelles Beginnen",
        "purpose": "Offene Sprechstunden kosten Zeit, die sonst niemand bezahlt.",
        "threshold": "14.00",
        "amount": "2500.00",
    }
    await clerk.do(CONTROLLER, today, "draft_incentive_rule", year.id("agreement"), id=rule, **said)
    simulation = demo_id("incentive_simulation", SOON)
    await clerk.do(CONTROLLER, today, "simulate_incentive_rule", rule, id=simulation)
    words = "Nur zusammen mit dem Blick darauf, ob die Hilfen passen."
    await clerk.do(SECOND, today, "approve_incentive_for_agency", rule, simulation_id=simulation, said=words)
