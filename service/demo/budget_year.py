"""A worked budget, told through the operations that anybody uses: Unterhaching in one year, with invented amounts.

It is drafted, put into force, supplemented and spent month by month through September, by the people whose work that is
and on the days they do it. On 30 September 965,400.00 EUR of the case-specific line are booked and 331,200.00
committed: 26,600.00 more than there are, because a granted claim is never refused. Cases, measures and providers are
invented."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol
from uuid import UUID

from service.demo.identity import demo_id
from service.demo.people import ANKERPLATZ, KOMPASS, LICHTUNG

CONTROLLER, SECOND = "controller", "second_controller"
SHARES = {LICHTUNG: "50.00", KOMPASS: "30.00", ANKERPLATZ: "20.00"}
PAYEES = {LICHTUNG: "K 70011", KOMPASS: "K 70012", ANKERPLATZ: "K 70013"}
AGREED: dict[str, Any] = {
    "case_specific": "1230000.00",
    "cross_case": "120000.00",
    "case_unspecific": "150000.00",
    "reserve": "0.00",
    "retention": "5.00",
    "floor": "120000.00",
    "product_account": "36.3.1.01 / 533100",
}

RULES: dict[str, list[dict[str, str]]] = {
    "overspend": [
        {"above": "0.00", "up_to": "1.00", "agency": "0.00", "network": "0.00", "carry": "100.00"},
        {"above": "1.00", "up_to": "5.00", "agency": "70.00", "network": "30.00", "carry": "0.00"},
        {"above": "5.00", "agency": "100.00", "network": "0.00", "carry": "0.00"},
    ],
    "underspend": [
        {"above": "0.00", "up_to": "6.00", "agency": "50.00", "network": "0.00", "carry": "50.00"},
        {"above": "6.00", "agency": "100.00", "network": "0.00", "carry": "0.00"},
    ],
}
"""In percent of what is agreed. That the network bears a part of an over-spend is legally contested: it is there for
the arithmetic. Half of what is left stays, up to 3 %, for work without a case."""
RANGES: dict[int, dict[str, tuple[str, str]]] = {
    6: {"case_specific": ("1180000.00", "1260000.00")},
    9: {"case_specific": ("1320000.00", "1350000.00"), "case_unspecific": ("135000.00", "150000.00")},
}
"""What the lines may have cost at the least and at the most, as told at the end of these months."""


class Clerk(Protocol):
    """Does and reads what somebody would, on a day: over whichever face."""

    async def do(self, role: str, day: date, operation: str, on: UUID | None = None, **said: Any) -> None: ...

    async def read(self, role: str, day: date, plural: str, **where: Any) -> list[dict[str, Any]]: ...


@dataclass(frozen=True)
class Support:
    """A specialist's help in one case: granted on a day, then invoiced each month in equal parts."""

    name: str
    provider: str
    decided: tuple[int, int]  # month and day
    granted: str
    monthly: str

    @property
    def first_month(self) -> int:
        return self.decided[0]


@dataclass(frozen=True)
class Measure:
    """Work across cases, or without one, bound on a line and invoiced each month from `first_month` on."""

    name: str
    line: str
    provider: str
    bound: str
    monthly: str
    first_month: int = 1


SUPPORTS = (
    *(
        Support(f"Alltag {number}", provider, (1, 15), "108000.00", "9000.00")
        for number, provider in enumerate((LICHTUNG, KOMPASS, LICHTUNG, ANKERPLATZ, LICHTUNG) * 2, 1)
    ),
    Support("Ankommen", KOMPASS, (3, 3), "120000.00", "16000.00"),
    Support("Neuer Anfang", LICHTUNG, (8, 4), "96600.00", "21700.00"),
)
MEASURES = (
    Measure("Elterncafé an drei Schulen", "cross_case", LICHTUNG, "60000.00", "5000.00"),
    Measure("Gruppe Schule wieder möglich", "cross_case", KOMPASS, "45500.00", "3700.00"),
    Measure("Offener Garten", "case_unspecific", ANKERPLATZ, "81000.00", "7000.00"),
    Measure("Ressourcenkarte Unterhaching", "case_unspecific", LICHTUNG, "54000.00", "5100.00", first_month=3),
)
BY_THE_HOUR, HOURLY, HOURS = SUPPORTS[0], "75.00", "120.00"
"""Which help is paid by the hours that its provider records, what an hour is worth, and how many it takes a month."""


@dataclass(frozen=True)
class OnTop:
    """Money on top of what was agreed."""

    kind: str
    line: str
    amount: str
    reason: str
    effective: tuple[int, int]  # month and day
    released: tuple[int, int]


ALLOCATIONS = (
    OnTop("carry_in", "case_unspecific", "24000.00", "Übertrag aus dem Vorjahr", (1, 1), (1, 20)),
    OnTop("supplement", "case_specific", "40000.00", "Tarifabschluss", (7, 1), (7, 1)),
)
LAST_MONTH, PAY_DAY = 9, 3
EXPECTED_NEW: dict[int, dict[str, str]] = {6: {}, 9: {"case_specific": "38400.00", "case_unspecific": "12000.00"}}
"""What is expected to be granted until the end of the year, as forecast at the end of these months."""


@dataclass(frozen=True)
class Year:
    """Which year is played, where; `name` tells its rows from those of another time."""

    name: str
    year: int
    authority_id: UUID
    social_space_id: UUID
    releases: bool = False  # whether each month's figures are published

    def id(self, *parts: str) -> UUID:
        return demo_id("budget", self.name, *parts)

    @property
    def first(self) -> date:
        return date(self.year, 1, 2)

    def days(self) -> Iterator[date]:
        day = self.first
        while day.month <= LAST_MONTH:
            yield day
            day += timedelta(days=1)


async def play(clerk: Clerk, year: Year) -> None:
    """The year from its first days to 30 September. Played again it goes on where it was broken off."""
    await agree(clerk, year)
    await value_hours(clerk, year)
    found = await clerk.read(CONTROLLER, year.first, "budget_lines", agreement_id=year.id("agreement"))
    lines = {line["kind"]: UUID(line["id"]) for line in found}
    await clerk.do(CONTROLLER, year.first, "record_monitored_service", year.id("agreement"), **_beside(year))
    transfer = {"id": year.id("transfer"), "target_id": lines["reserve"], "amount": "500.00", "reason": "Wird geprüft"}
    await clerk.do(CONTROLLER, year.first, "propose_transfer", lines["cross_case"], **transfer)
    word = {"id": year.id("word"), "stance": "approval", "said": "Bis zum Herbst reicht es."}
    await clerk.do("provider_manager", year.first, "take_position_on_transfer", year.id("transfer"), **word)
    for day in year.days():
        for allocation in ALLOCATIONS:
            if (day.month, day.day) == allocation.released:
                await allocate(clerk, year, lines, allocation, day)
        if day.day == PAY_DAY:
            await pay(clerk, year, day)
        for measure in MEASURES:
            if (day.month, day.day) == (measure.first_month, 10):
                await clerk.do(
                    "third_controller",
                    day,
                    "commit_funds",
                    lines[measure.line],
                    id=year.id("commitment", measure.name),
                    amount=measure.bound,
                    purpose=measure.name,
                    organisation_id=demo_id("organisation", measure.provider),
                )
        for support in SUPPORTS:
            if (day.month, day.day) == support.decided:
                await grant(clerk, year, support, day)
        if (day + timedelta(days=1)).day == 1:
            await _spend(clerk, year, day)
            if day.month in EXPECTED_NEW:
                await _forecast(clerk, year, day)
            if year.releases:
                await _release(clerk, year, day)
    await _tell(clerk, year, day)


async def _tell(clerk: Clerk, year: Year, day: date) -> None:
    """The line that is below zero by then is told to the network."""
    for number, procedure in enumerate(
        await clerk.read(CONTROLLER, day, "overspend_procedures", agreement_id=year.id("agreement"), state="open")
    ):
        notice = {
            "id": year.id("notice", str(number)),
            "said": "Mehr bewilligt als vereinbart.",
        }
        await clerk.do(CONTROLLER, day, "give_notice", UUID(procedure["id"]), **notice)


APPROVING = (
    ("provider_manager", "take_position_for_network", "Der Verbund stimmt zu."),
    (SECOND, "take_position_on_funding", "Haushaltsplan, vom Kreistag beschlossen"),
    ("social_space_manager", "take_position_on_cooperation", "Kooperationsvereinbarung liegt vor"),
)


async def into_force(clerk: Clerk, day: date, agreement: UUID) -> None:
    """With a yes of everybody it needs: the network, finance, and the management of the social space."""
    (told,) = (each for each in await clerk.read(CONTROLLER, day, "budget_agreements") if each["id"] == str(agreement))
    for role, operation, said in APPROVING:
        position = {"id": demo_id("position", str(agreement), operation, str(told["terms"])), "terms": told["terms"]}
        if told["state"] == "draft":
            await clerk.do(role, day, operation, agreement, **position, stance="approval", said=said)
    await clerk.do(SECOND, day, "activate_budget_agreement", agreement)


async def agree_rules(clerk: Clerk, year: Year, threshold: str = "6.00") -> None:
    """The rules by which over- and under-spend are shared, into the draft."""
    for direction, bands in RULES.items():
        rule: dict[str, Any] = {"id": year.id("rule", direction), "direction": direction, "bands": bands}
        rule |= {"threshold": threshold} if direction == "underspend" else {}
        await clerk.do(CONTROLLER, year.first, "agree_deviation_rule", year.id("agreement"), **rule)


def _beside(year: Year) -> dict[str, Any]:
    beside = {"name": "Wohngruppen", "legal_basis": "§ 78a SGB VIII", "planned": "390000.00", "actual": "412350.00"}
    return {"id": year.id("beside"), **beside}


async def _forecast(clerk: Clerk, year: Year, day: date) -> None:
    expected = [
        {"kind": kind, "expected_new": EXPECTED_NEW[day.month].get(kind, "0.00")}
        | dict(zip(("low", "high"), RANGES[day.month].get(kind, ()), strict=False))
        for kind in EXPECTED_NEW[day.month] | RANGES[day.month]
    ]
    said: dict[str, Any] = {"id": year.id("forecast", f"{day.month}"), "method": "Anfragen, die wohl bewilligt werden"}
    await clerk.do(CONTROLLER, day, "run_forecast", year.id("agreement"), **said, lines=expected)


async def agree(clerk: Clerk, year: Year) -> None:
    """Drafted by one controller, put into force by another."""
    agreement = year.id("agreement")
    await clerk.do(
        CONTROLLER,
        year.first,
        "draft_budget_agreement",
        id=agreement,
        authority_id=year.authority_id,
        social_space_id=year.social_space_id,
        fiscal_year=year.year,
        contract_number=f"SRB-{year.year}-09184148",
        legal_basis=["§ 77 SGB VIII", "§ 36a(2) SGB VIII", "§ 74 SGB VIII"],
        **AGREED,
    )
    for provider, share in SHARES.items():
        party: dict[str, Any] = {"id": year.id("party", provider), "organisation_id": demo_id("organisation", provider)}
        party |= {"share": share, "lead": provider == LICHTUNG, "payee_number": PAYEES[provider]}
        await clerk.do(CONTROLLER, year.first, "add_budget_party", agreement, **party)
    await agree_rules(clerk, year)
    await into_force(clerk, year.first, agreement)
    await clerk.do(CONTROLLER, year.first, "plan_tranches", agreement, calendar="monthly")


async def value_hours(clerk: Clerk, year: Year) -> None:
    """What an hour is worth: proposed for the agency, agreed by whoever speaks for the network."""
    rule: dict[str, Any] = {"id": year.id("valuation"), "kind": "hour", "amount": HOURLY}
    rule["valid_from"] = date(year.year, 1, 1)
    await clerk.do(CONTROLLER, year.first, "propose_valuation_rule", year.id("agreement"), **rule)
    (told,) = await clerk.read(CONTROLLER, year.first, "valuation_rules", agreement_id=year.id("agreement"))
    if told["state"] == "proposed":
        await clerk.do("provider_manager", year.first, "agree_valuation_rule", rule["id"])


async def pay(clerk: Clerk, year: Year, day: date) -> None:
    """The month's tranche: released by the second controller, paid by the cash office."""
    due = date(day.year, day.month, 1)
    (tranche,) = await clerk.read(CONTROLLER, day, "tranches", agreement_id=year.id("agreement"), due_on=due)
    await clerk.do(SECOND, day, "release_tranche", UUID(tranche["id"]))
    await clerk.do(CONTROLLER, day, "pay_tranche", UUID(tranche["id"]), paid_on=day)


async def allocate(clerk: Clerk, year: Year, lines: dict[str, UUID], allocation: OnTop, day: date) -> None:
    id = year.id("allocation", allocation.kind)
    await clerk.do(
        CONTROLLER,
        day,
        "propose_allocation",
        lines[allocation.line],
        id=id,
        kind=allocation.kind,
        amount=allocation.amount,
        effective_on=date(year.year, *allocation.effective),
        reason=allocation.reason,
    )
    await clerk.do(SECOND, day, "release_allocation", id)


async def grant(
    clerk: Clerk, year: Year, support: Support, day: date, lasting: tuple[date, date] | None = None
) -> None:
    """From the case to the agency's decision, for help until the end of the year unless something else is said; money
    is bound by it."""
    starts_on, ends_on = lasting or (day, date(year.year, 12, 31))
    case, person = year.id("case", support.name), year.id("participant", support.name)
    arrangement, element = year.id("arrangement", support.name), year.id("element", support.name)
    worker = "case_worker"
    await clerk.do(
        worker, day, "open_case", id=case, social_space_id=year.social_space_id, title=f"{support.name} ({year.year})"
    )
    await clerk.do(worker, day, "add_participant", case, id=person, kind="addressee", name=f"{support.name} (erfunden)")
    await clerk.do(worker, day, "draft_arrangement", case, id=arrangement, title="Was uns trägt")
    await clerk.do(
        worker,
        day,
        "add_element",
        arrangement,
        id=element,
        participant_id=person,
        kind="specialist",
        what="Begleitung im Alltag",
        support_kind="flexible_support_ambulatory",
        organisation_id=demo_id("organisation", support.provider),
        hours_per_week="12.00",
        starts_on=starts_on,
        ends_on=ends_on,
        cost=support.granted,
    )
    await clerk.do(
        worker,
        day,
        "decide_element",
        element,
        id=year.id("decision", support.name),
        outcome="granted",
        amount=support.granted,
        legal_basis="§ 27(2) SGB VIII",
        wish_and_choice="Die Familie hat den Träger selbst gewählt.",
        second_professional_id=demo_id("actor", "second_case_worker"),
        override="legal_claim_requested",
        override_because="Der Antrag lag vor, ehe über das Umfeld gesprochen war.",
    )


async def _spend(clerk: Clerk, year: Year, day: date) -> None:
    """The invoices of a month, each entered and proposed by one controller and released by another on its last day."""
    commitments = await clerk.read(CONTROLLER, day, "commitments", agreement_id=year.id("agreement"))
    cases = {case["id"]: case["pseudonym"] for case in await clerk.read("case_worker", day, "cases")}
    of_pseudonym = {each["case_pseudonym"]: each["id"] for each in commitments if each["case_pseudonym"]}
    due = [
        (measure.name, measure.provider, measure.monthly, str(year.id("commitment", measure.name)))
        for measure in MEASURES
        if day.month >= measure.first_month
    ] + [
        (support.name, support.provider, support.monthly, of_pseudonym[cases[str(year.id("case", support.name))]])
        for support in SUPPORTS
        if day.month >= support.decided[0]
    ]
    for name, provider, amount, commitment in due:
        month = f"{day:%Y-%m}"
        invoice, booking = year.id("invoice", name, month), year.id("booking", name, month)
        await clerk.do(
            CONTROLLER,
            day,
            "enter_invoice",
            id=invoice,
            authority_id=year.authority_id,
            organisation_id=demo_id("organisation", provider),
            number=f"{month} {name} ({year.name})",
            issued_on=day,
            amount=amount,
        )
        charged: dict[str, Any] = {"amount": amount, "commitment_id": commitment}
        if name == BY_THE_HOUR.name:
            charged = {"service_record_id": year.id("work", month)}
            work: dict[str, Any] = {"id": charged["service_record_id"], "kind": "hour", "hours": HOURS}
            on, first = UUID(commitment), day.replace(day=1)
            await clerk.do("provider_manager", day, "record_service", on, month=first, **work)
        await clerk.do(CONTROLLER, day, "propose_booking", invoice, id=booking, **charged)
        await clerk.do(SECOND, day, "release_booking", booking)


async def _release(clerk: Clerk, year: Year, day: date) -> None:
    """What everybody may know of the month, once it is over."""
    release = year.id("release", f"{day:%Y-%m}")
    after = day + timedelta(days=1)
    await clerk.do(SECOND, after, "release_figures", id=release, authority_id=year.authority_id, as_of=day)
