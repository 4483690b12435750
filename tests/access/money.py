"""Money in the county of the access tests: agreements in every state, and everything that hangs on them, for and
against everybody the rules tell apart."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from service.demo import MAIN_CASE, UNTERHACHING, demo_id
from service.demo.people import ANKERPLATZ, KOMPASS, LICHTUNG
from service.demo.territory import AUTHORITY, OTHER_AUTHORITY, space_id
from service.domain.budgets.contract import (
    AgreementPosition,
    AgreementVersion,
    BudgetFrame,
    FrameShare,
    FrameYear,
    NetworkShare,
    TermsChange,
    TransferPosition,
)
from service.domain.budgets.figures import FigureRelease, ReleasedFigure
from service.domain.budgets.forecasts import Forecast, ForecastLine
from service.domain.budgets.foreseen import ForeseenCommitment
from service.domain.budgets.ledger import AccountKind, LedgerAccount, LedgerDay, Posting, account_of, accounts_of
from service.domain.budgets.model import (
    Allocation,
    Booking,
    BudgetAgreement,
    BudgetLine,
    BudgetParty,
    Commitment,
    Invoice,
    LineKind,
    Tranche,
    TrancheShare,
    Transfer,
    scope_of,
)
from service.domain.budgets.overspend import BudgetAlert, OverspendProcedure
from service.domain.budgets.procedures import ProcedureStep
from service.domain.budgets.settlement import (
    Compensation,
    DeviationBand,
    DeviationRule,
    MonitoredService,
    Settlement,
    SettlementLine,
    SettlementShare,
)
from service.domain.budgets.underspending import UnderspendProcedure, UnderspendStep
from tests.access import valuation

TABLES = (
    *("budget_agreement", "agreement_version", "terms_change", "agreement_position", "budget_party", "network_share"),
    *("budget_frame", "frame_year", "budget_line", "ledger_account", "ledger_day", "posting"),
    *("allocation", "commitment", "invoice", "booking", "overspend_procedure", "procedure_step", "budget_alert"),
    "foreseen_commitment",
    *("tranche", "tranche_share", "budget_transfer", "transfer_position"),
    *("underspend_procedure", "underspend_step"),
    *("forecast", "forecast_line", "deviation_rule", "deviation_band", "monitored_service"),
    *("settlement", "settlement_line", "compensation", "settlement_share"),
    *valuation.TABLES,
)
TRAEGER = "Träger Musterstadt (Probe)"
YEAR = 2026
FIRST = date(YEAR, 1, 1)
AGREED = Decimal("100000.00")
CONTROLLERS = ("controller", "second_controller")
PLACES: dict[str, tuple[UUID, UUID | None]] = {
    "here": (AUTHORITY, space_id("Taufkirchen")),
    "north": (AUTHORITY, space_id("Garching b. München")),
    "nowhere": (AUTHORITY, None),
    "elsewhere": (OTHER_AUTHORITY, None),
}
DRAFTS = 18  # of years past, half of them by each controller
NETWORKED = 12  # from this one on with a network
NO_LONGER = (("network", 2, "disagreement"), ("agency", 2, "disagreement"), ("cooperation", 2, "approval"))


def releases() -> Iterator[SQLModel]:
    """A cell that is told and one that is kept back, of a month of each authority."""
    for authority in (AUTHORITY, OTHER_AUTHORITY):
        release = FigureRelease(
            id=demo_id("release", str(authority)),
            authority_id=authority,
            as_of=date(2025, 12, 31),
            number=1,
            through=0,
            released_by=demo_id("actor", "controller" if authority == AUTHORITY else "other_authority"),
            released_at=datetime(2026, 1, 2, tzinfo=UTC),
        )
        yield release
        for line, kept_back in (("total", None), ("case_specific", "primary")):
            amount = None if kept_back else Decimal("100.00")
            yield ReleasedFigure(
                id=demo_id("cell", str(authority), line),
                authority_id=authority,
                release_id=release.id,
                key=f"county:{authority}:2025:{line}",
                level="county",
                fiscal_year=2025,
                line=line,
                approved=Decimal("400.00"),
                reserved=amount,
                committed=amount,
                booked=amount,
                free=amount,
                suppressed=kept_back,
            )


def money() -> Iterator[SQLModel]:
    yield from releases()
    for place, (authority, space) in PLACES.items():
        yield from _agreement(place, authority, space)
    for number in range(DRAFTS):
        yield from _draft(number)


def _draft(number: int) -> Iterator[SQLModel]:
    agreement = BudgetAgreement(
        id=demo_id("agreement", "draft", str(number)),
        authority_id=AUTHORITY,
        social_space_id=UNTERHACHING,
        fiscal_year=2000 + number,
        drafted_by=demo_id("actor", CONTROLLERS[number % 2]),
        terms=2 if number >= NETWORKED else 0,
    )
    yield agreement
    yield from accounts_of(None, agreement)
    line = BudgetLine(
        id=demo_id("line", "draft", str(number)),
        agreement_id=agreement.id,
        kind="reserve",
        agreed=AGREED,
        authority_id=AUTHORITY,
        social_space_id=UNTERHACHING,
    )
    yield line
    yield from accounts_of(line, agreement)
    if number >= NETWORKED:
        yield BudgetParty(
            id=demo_id("party", "draft", str(number)),
            organisation_id=demo_id("organisation", LICHTUNG),
            share=Decimal(100),
            **scope_of(agreement),
        )
        yield from _said_of(agreement, *(NO_LONGER if number % 2 else ()))


def given_up(by: UUID) -> dict[str, Any]:
    """Not accepted yet."""
    return {"state": "offered", "given_up_because": "Wir gehen.", "given_up_by": by, "given_up_on": FIRST}


def _frames(place: str, agreement: BudgetAgreement) -> Iterator[SQLModel]:
    """One that holds this year and the next, and proposals by each of two for years nobody has agreed on."""
    first, second = agreement.drafted_by, agreement.activated_by
    assert first is not None
    assert second is not None
    scope: dict[str, Any] = {"authority_id": agreement.authority_id, "social_space_id": agreement.social_space_id}
    relying = (LICHTUNG, ANKERPLATZ) if agreement.authority_id == AUTHORITY else (TRAEGER,)  # nobody manages the second
    several = (
        ("agreed", YEAR, first),
        *(("proposed", 2040 + 2 * turn, (first, second)[turn % 2]) for turn in range(6)),
    )
    for number, (state, begins, proposed_by) in enumerate(several):
        frame = BudgetFrame(
            id=demo_id("frame", place, str(number)),
            state=state,
            first_year=begins,
            last_year=begins + 1,
            total=Decimal(10**7),
            proposed_by=proposed_by,
            agreed_by=second if state == "agreed" else None,
            agreed_on=FIRST if state == "agreed" else None,
            **scope,
        )
        yield frame
        for year in (begins, begins + 1):
            yield FrameYear(
                id=demo_id("frame year", str(frame.id), str(year)),
                frame_id=frame.id,
                fiscal_year=year,
                amount=Decimal(5 * 10**6),
                holds=state == "agreed",
                **scope,
            )
            for organisation in relying[: 1 if state == "agreed" else None]:
                yield FrameShare(
                    id=demo_id("frame share", str(frame.id), str(year), organisation),
                    frame_id=frame.id,
                    fiscal_year=year,
                    organisation_id=demo_id("organisation", organisation),
                    amount=Decimal("1.00"),
                    **({} if year == begins else given_up(first if number % 2 else second)),
                    **scope,
                )


def _said_of(agreement: BudgetAgreement, *more: tuple[str, int, str]) -> Iterator[SQLModel]:
    """Two versions of its terms, and who has said yes or no: of the first, what counts no longer."""
    for number in (1, 2):
        version = AgreementVersion(
            id=demo_id("version", str(agreement.id), str(number)),
            number=number,
            cause="drafted" if number == 1 else "changed",
            effective_on=date(agreement.fiscal_year, 1, 1),
            made_by=demo_id("actor", "controller"),
            made_at=datetime(YEAR, 1, number, tzinfo=UTC),
            **scope_of(agreement),
        )
        yield version
        yield TermsChange(
            id=demo_id("change", str(version.id)),
            version_id=version.id,
            term="floor",
            after=f"{number}.00",
            **scope_of(agreement),
        )
    said = (("network", 1, "disagreement"), ("network", 2, "approval"), ("funding", 1, "approval"), *more)
    for turn, (voice, terms, stance) in enumerate(said):
        yield AgreementPosition(
            id=demo_id("position", str(agreement.id), str(turn)),
            terms=terms,
            voice=voice,
            stance=stance,
            said="Probe" if stance == "disagreement" else None,
            taken_by=demo_id("actor", "controller"),
            taken_at=datetime(YEAR, 2, 1 + turn, tzinfo=UTC),
            **scope_of(agreement),
        )


def _agreement(place: str, authority: UUID, space: UUID | None) -> Iterator[SQLModel]:
    ours = authority == AUTHORITY
    scope: dict[str, Any] = {"authority_id": authority, "social_space_id": space}
    actor = demo_id("actor", "controller" if ours else "other_authority")
    second = demo_id("actor", "second_controller" if ours else "musterstadt_provider")
    agreement = BudgetAgreement(
        id=demo_id("agreement", place),
        fiscal_year=YEAR,
        state="active",
        drafted_by=actor,
        activated_by=second,
        activated_on=FIRST,
        terms=2 if place in ("here", "elsewhere") else 0,
        **scope,
    )
    yield agreement
    organisations = [demo_id("organisation", name) for name in (LICHTUNG, KOMPASS)] if ours else []
    organisations = organisations or [demo_id("organisation", TRAEGER)]
    if place in ("here", "elsewhere"):
        yield BudgetParty(
            id=demo_id("party", place),
            agreement_id=agreement.id,
            organisation_id=organisations[0],
            share=Decimal(100),
            payee_number=f"K-{place}",
            **scope,
        )
        yield NetworkShare(
            id=demo_id("network share", place),
            number=1,
            organisation_id=organisations[0],
            begins_on=FIRST,
            ends_on=date(YEAR, 12, 31),
            share=Decimal(100),
            **scope_of(agreement),
        )
        yield from _said_of(agreement)
    yield from _frames(place, agreement)
    yield from valuation.rules(agreement, organisations, place in ("here", "elsewhere"), actor, second)
    yield from accounts_of(None, agreement)
    for kind in LineKind:
        line = BudgetLine(
            id=demo_id("line", place, kind), agreement_id=agreement.id, kind=kind.value, agreed=AGREED, **scope
        )
        yield line
        yield from accounts_of(line, agreement)
        yield _posting(agreement, "approve", _source(agreement), (line.id, AccountKind.FREE), AGREED, agreement.id)
        yield from _allocations(place, line, actor, second)
        yield from _spending(place, line, organisations, actor, second)
        if kind is LineKind.CROSS_CASE:
            yield from _reserved(place, line)
    if place in ("here", "elsewhere"):
        yield from _tranches(place, agreement, organisations[0], actor, second)
        yield from _past_years(place, agreement, organisations[0], actor, second)
    yield from _foreseen(place, scope, organisations)
    yield from _transfers(place, agreement, actor, second)
    yield from _forecasts(place, agreement, actor)


def _reserved(place: str, line: BudgetLine) -> Iterator[SQLModel]:
    """Set aside without a case."""
    for number in range(6):
        commitment = Commitment(
            id=demo_id("reserved", place, str(number)),
            basis="voluntary",
            amount=Decimal("10.00"),
            state="reserved",
            purpose="Probe",
            value_on=FIRST,
            **_of_line(line),
        )
        yield commitment
        free, reserved = (line.id, AccountKind.FREE), (line.id, AccountKind.RESERVED)
        yield _posting(line, "reserve", free, reserved, commitment.amount, commitment.id)


def _foreseen(place: str, scope: dict[str, Any], organisations: list[UUID]) -> Iterator[SQLModel]:
    """What was granted before for this year and the next, in every state; in the main case, and without a case."""
    states = (("foreseen", YEAR), ("foreseen", YEAR + 1)) * 6 + (("dropped", YEAR), ("bound", YEAR))
    for number, (state, year) in enumerate(states):
        of_case = place == "here" and number % 4 > 1
        yield ForeseenCommitment(
            id=demo_id("foreseen", place, str(number)),
            subject_id=demo_id("foreseen of", place, str(number)),
            fiscal_year=year,
            line="case_specific" if of_case else "cross_case",
            basis="granted_claim",
            state=state,
            amount=Decimal("1.00"),
            purpose_kind="residential_care" if of_case else None,
            purpose=None if of_case else "Probe",
            organisation_id=organisations[number % len(organisations)],
            case_id=MAIN_CASE if of_case else None,
            case_pseudonym="MAIN" if of_case else None,
            granted_by=demo_id("actor", "case_worker"),
            foreseen_on=FIRST,
            commitment_id=demo_id("commitment", place, "cross_case", "0") if state == "bound" else None,
            dropped_on=FIRST if state == "dropped" else None,
            **scope,
        )


def _source(agreement: BudgetAgreement) -> tuple[UUID, AccountKind]:
    return agreement.id, AccountKind.SOURCE


def _posting(
    agreement: Any,
    kind: str,
    source: tuple[UUID, AccountKind],
    target: tuple[UUID, AccountKind],
    amount: Decimal,
    of: UUID,
) -> Posting:
    return Posting(
        id=demo_id("posting", str(of), kind, str(target[0])),
        authority_id=agreement.authority_id,
        social_space_id=agreement.social_space_id,
        agreement_id=agreement.id if isinstance(agreement, BudgetAgreement) else agreement.agreement_id,
        kind=kind,
        from_account_id=account_of(*source),
        to_account_id=account_of(*target),
        amount=amount,
        value_on=FIRST,
        at=datetime(YEAR, 1, 1, 12).astimezone(),
        actor_id=demo_id("actor", "controller"),
        subject_id=of,
    )


def _allocations(place: str, line: BudgetLine, first: UUID, second: UUID) -> Iterator[SQLModel]:
    of_line = _of_line(line)
    for number, (state, proposed, released) in enumerate(
        (("proposed", first, None), ("proposed", second, None), ("released", first, second))
    ):
        id = demo_id("allocation", place, line.kind, str(number))
        yield Allocation(
            id=id,
            kind="supplement",
            state=state,
            amount=Decimal("500.00"),
            effective_on=FIRST,
            reason="Probe",
            proposed_by=proposed,
            released_by=released,
            **of_line,
        )
        if released:
            agreement = (line.agreement_id, AccountKind.SOURCE)
            yield _posting(line, "approve", agreement, (line.id, AccountKind.FREE), Decimal("500.00"), id)


def _tranches(
    place: str, agreement: BudgetAgreement, organisation: UUID, first: UUID, second: UUID
) -> Iterator[SQLModel]:
    scope: dict[str, Any] = {
        "authority_id": agreement.authority_id,
        "social_space_id": agreement.social_space_id,
        "agreement_id": agreement.id,
    }
    planned = (("planned", first), ("planned", second)) * 4
    others = (("released", first), ("released", second), ("paid", first), ("withheld", second))
    for number, (state, by) in enumerate((*planned, *others)):
        tranche = Tranche(
            id=demo_id("tranche", place, str(number)),
            due_on=date(YEAR, number + 1, 1),
            amount=Decimal("10.00"),
            state=state,
            planned_by=by,
            paid_on=date(YEAR, 1, 2) if state == "paid" else None,
            reason="Probe" if state == "withheld" else None,
            **scope,
        )
        yield tranche
        yield TrancheShare(
            id=demo_id("tranche share", place, str(number)),
            tranche_id=tranche.id,
            organisation_id=organisation,
            amount=tranche.amount,
            **scope,
        )


def _past_years(
    place: str, standing: BudgetAgreement, organisation: UUID, first: UUID, second: UUID
) -> Iterator[SQLModel]:
    """Years that are settled, or about to be: one for each state of a settlement and each of two controllers; the last
    without a network."""
    of_networks = ("prepared", "proof_received", "checked", "checked", "agreed", "disputed", "paid", "paid", "reworked")
    states, networked = (*of_networks, "prepared", "checked"), 2 * len(of_networks)
    for number, (state, by) in enumerate((state, by) for state in states for by in (first, second)):
        scope: dict[str, Any] = {"authority_id": standing.authority_id, "social_space_id": standing.social_space_id}
        agreement = BudgetAgreement(
            id=demo_id("agreement", place, "past", str(number)),
            fiscal_year=1970 + 2 * number,
            state={"paid": "settled", "reworked": "active"}.get(state, "year_closed"),
            drafted_by=first,
            closed_through=date(1970 + 2 * number, 12, 31),
            expires_on=date(2099, 12, 31) if number % 2 else None,
            process=(["agency", "providers"], ["lead_provider"], ["agency"], ["providers"])[number // 4 % 4],
            documentation=(["lead_provider"], ["agency"], ["agency", "providers"])[number % 3],
            **scope,
        )
        yield agreement
        scope["agreement_id"] = agreement.id
        if number < networked:
            share = Decimal(100)
            yield BudgetParty(
                id=demo_id("party", place, str(number)), organisation_id=organisation, share=share, **scope
            )
        if place == "here" and number % 3 == 2 and number < networked:  # then nobody else speaks for the network
            led_by: dict[str, Any] = {"organisation_id": demo_id("organisation", KOMPASS), "lead": True}
            yield BudgetParty(id=demo_id("lead", str(number)), share=Decimal(0), **led_by, **scope)
        yield from accounts_of(None, agreement)
        kind = "case_unspecific" if state == "reworked" else "cross_case"  # there left money goes
        line = BudgetLine(id=demo_id("line", place, str(number)), kind=kind, agreed=AGREED, **scope)
        yield line
        yield from accounts_of(line, agreement)
        rule = DeviationRule(
            id=demo_id("rule", place, str(number)), direction="overspend", number=1, agreed_on=FIRST, **scope
        )
        yield rule
        shares: dict[str, Any] = {"agency": Decimal(100), "network": Decimal(0), "carry": Decimal(0)}
        yield DeviationBand(
            id=demo_id("band", place, str(number)), rule_id=rule.id, position=0, above=Decimal(0), **shares, **scope
        )
        yield MonitoredService(
            id=demo_id("beside", place, str(number)),
            name="Probe",
            legal_basis="§ 78a SGB VIII",
            planned=AGREED,
            actual=Decimal("1.00"),
            **scope,
        )
        nothing: dict[str, Any] = dict.fromkeys(
            ("outside", "advanced", "carried_in", "overspent", "underspent", "agency", "network"), Decimal(0)
        )
        settlement = Settlement(
            id=demo_id("settlement", place, str(number)),
            state=state,
            revised=AGREED,
            approved=AGREED,
            booked=AGREED,
            payment=AGREED,
            carried=Decimal("1.00"),
            carried_line_id=line.id,
            prepared_by=by,
            prepared_on=FIRST,
            proved_by=first if state == "proof_received" and by == second else None,
            checked_by=(second if by == first else first) if state in ("agreed", "paid") else None,
            **nothing,
            **scope,
        )
        yield settlement
        if state == "paid":
            yield from _following(place, agreement, first, closed=number >= 14)
        if number % 4 == 0:
            yield from _left_over(place, agreement, line, first)
        of_it = {"settlement_id": settlement.id, **scope}
        yield SettlementLine(
            id=demo_id("settlement line", place, str(number)),
            line_id=line.id,
            kind=line.kind,
            approved=AGREED,
            booked=AGREED,
            covered=Decimal(0),
            **of_it,
        )
        yield Compensation(
            id=demo_id("compensation", place, str(number)),
            direction="overspend",
            above=Decimal(0),
            amount=Decimal(0),
            **shares,
            **of_it,
        )
        yield SettlementShare(
            id=demo_id("settlement share", place, str(number)),
            organisation_id=organisation,
            network=Decimal(0),
            payment=AGREED,
            **of_it,
        )


def _left_over(place: str, agreement: BudgetAgreement, line: BudgetLine, actor: UUID) -> Iterator[SQLModel]:
    """A forecast that was tested in the end, and what was done about what it left over: decided and not yet closed,
    and another that is closed."""
    scope, year = scope_of(agreement), str(agreement.fiscal_year)
    run = Forecast(
        id=demo_id("forecast", place, "past", year),
        as_of=FIRST,
        method="Probe",
        made_by=actor,
        made_at=datetime(YEAR, 1, 1, tzinfo=UTC),
        **scope,
    )
    yield run
    names = ("approved", "reserved", "committed", "booked", "expected_new", "running", "forecast", "low", "high")
    amounts: dict[str, Any] = dict.fromkeys(names, AGREED)
    yield ForecastLine(
        id=demo_id("forecast line", place, "past", year),
        forecast_id=run.id,
        line_id=line.id,
        kind=line.kind,
        going_on=Decimal("1.00"),
        going_on_grants=5,
        tested=3,
        held=2,
        **amounts,
        **scope,
    )
    for state in ("open", "closed"):
        procedure = UnderspendProcedure(
            id=demo_id("left over", place, year, state),
            forecast_id=run.id,
            state=state,
            opened_on=FIRST,
            left_over=AGREED,
            threshold=Decimal("1.00"),
            **scope,
        )
        yield procedure
        for kind in ("notice", "agency_review", "network_review", "decision"):
            yield UnderspendStep(
                id=demo_id("left over step", str(procedure.id), kind),
                procedure_id=procedure.id,
                kind=kind,
                remedy="carry_over" if kind == "decision" else None,
                said="Probe",
                done_on=FIRST,
                recorded_by=actor,
                **scope,
            )


def _following(place: str, past: BudgetAgreement, first: UUID, *, closed: bool) -> Iterator[SQLModel]:
    """The year after: in force, with nothing bound; its books closed to the end, or open for what is carried in."""
    year = past.fiscal_year + 1
    agreement = BudgetAgreement(
        id=demo_id("agreement", place, "following", str(year)),
        authority_id=past.authority_id,
        social_space_id=past.social_space_id,
        fiscal_year=year,
        state="active",
        drafted_by=first,
        closed_through=date(year, 12, 31) if closed else None,
    )
    yield agreement
    yield from accounts_of(None, agreement)
    for kind in (LineKind.CROSS_CASE, LineKind.CASE_UNSPECIFIC):
        line = BudgetLine(id=demo_id("line", place, kind, str(year)), kind=kind.value, **scope_of(agreement))
        yield line
        yield from accounts_of(line, agreement)


def _forecasts(place: str, agreement: BudgetAgreement, actor: UUID) -> Iterator[SQLModel]:
    scope = scope_of(agreement)
    earlier: UUID | None = None
    for number in range(2):
        run = Forecast(
            id=demo_id("forecast", place, str(number)),
            as_of=FIRST,
            method="Probe",
            earlier_id=earlier,
            made_by=actor,
            made_at=datetime(YEAR, 1, 1 + number, tzinfo=UTC),
            **scope,
        )
        yield run
        names = ("approved", "reserved", "committed", "booked", "expected_new", "running", "forecast")
        amounts: dict[str, Any] = dict.fromkeys(names, AGREED)
        yield ForecastLine(
            id=demo_id("forecast line", place, str(number)),
            forecast_id=run.id,
            line_id=demo_id("line", place, LineKind.CROSS_CASE),
            kind=LineKind.CROSS_CASE.value,
            earlier=AGREED if earlier else None,
            **amounts,
            **scope,
        )
        earlier = run.id


def _transfers(place: str, agreement: BudgetAgreement, first: UUID, second: UUID) -> Iterator[SQLModel]:
    for number, proposed in enumerate((first, second) * 3):
        yield Transfer(
            id=demo_id("transfer", place, str(number)),
            authority_id=agreement.authority_id,
            social_space_id=agreement.social_space_id,
            agreement_id=agreement.id,
            line_id=demo_id("line", place, LineKind.CROSS_CASE),
            target_id=demo_id("line", place, LineKind.CASE_UNSPECIFIC),
            amount=Decimal("1.00"),
            reason="Probe",
            proposed_by=proposed,
        )
        if number < 2:
            yield TransferPosition(
                id=demo_id("word", place, str(number)),
                transfer_id=demo_id("transfer", place, str(number)),
                voice="network",
                stance="approval",
                taken_by=second,
                taken_at=datetime(YEAR, 2, 1, tzinfo=UTC),
                **scope_of(agreement),
            )


def _spending(place: str, line: BudgetLine, organisations: list[UUID], first: UUID, second: UUID) -> Iterator[SQLModel]:
    of_line = _of_line(line)
    of_case = line.kind == LineKind.CASE_SPECIFIC
    main = of_case and place == "here"
    for number, organisation in enumerate(organisations):
        commitment = Commitment(
            id=demo_id("commitment", place, line.kind, str(number)),
            basis="granted_claim" if of_case else "voluntary",
            amount=Decimal("1000.00"),
            booked=Decimal("100.00"),
            state="partly_booked",
            purpose="Probe",
            organisation_id=organisation,
            case_id=MAIN_CASE if main else None,
            case_pseudonym="MAIN" if main else None,
            granted_by=demo_id("actor", "case_worker"),
            value_on=FIRST,
            **of_line,
        )
        yield commitment
        yield from valuation.worked(commitment, second)
        free, committed = (line.id, AccountKind.FREE), (line.id, AccountKind.COMMITTED)
        yield _posting(line, "grant", free, committed, commitment.amount, commitment.id)
        invoice = Invoice(
            id=demo_id("invoice", str(commitment.id)),
            authority_id=line.authority_id,
            organisation_id=organisation,
            number=f"{place} {line.kind} {number}",
            compared_number=f"{place} {line.kind} {number}",
            issued_on=FIRST,
            amount=Decimal("100000.00"),
            proposed=Decimal("400.00"),
            payee_number=f"K-{number}",
            entered_by=first,
            **(_document() if number else {}),
        )
        yield invoice
        if not number:
            yield Invoice(
                id=demo_id("invoice", place, str(line.id)),
                authority_id=line.authority_id,
                organisation_id=organisation,
                number=f"{place} {line.kind}, nothing booked yet",
                compared_number=f"{place} {line.kind}, nothing booked yet",
                issued_on=FIRST,
                amount=Decimal("100.00"),
                entered_by=first,
            )
        states = (("proposed", first, None), ("proposed", second, None), ("released", first, second))
        for turn, (state, proposed, released) in enumerate((*states, ("withdrawn", second, None))):
            booking = Booking(
                id=demo_id("booking", str(commitment.id), str(turn)),
                invoice_id=invoice.id,
                organisation_id=organisation,
                commitment_id=commitment.id,
                case_id=commitment.case_id,
                amount=Decimal("100.00"),
                value_on=FIRST,
                state=state,
                proposed_by=proposed,
                released_by=released,
                released_at=datetime(YEAR, 1, 2, tzinfo=UTC) if released else None,
                outside_network=turn % 2 == 0,
                **(valuation.billed(commitment) if state == "released" else {}),
                **of_line,
            )
            yield booking
            if released:
                yield _posting(line, "book", committed, (line.id, AccountKind.BOOKED), booking.amount, booking.id)
        for state in ("open", "closed") if number == 0 else ():
            procedure = OverspendProcedure(
                id=demo_id("procedure", place, line.kind, state), state=state, opened_on=FIRST, **of_line
            )
            yield procedure
            for kind in ("notice", "agency_review", "network_review"):  # so that it can be decided
                yield ProcedureStep(
                    id=demo_id("procedure step", str(procedure.id), kind),
                    procedure_id=procedure.id,
                    kind=kind,
                    said="Probe",
                    done_on=FIRST,
                    recorded_by=demo_id("actor", "controller"),
                    **of_line,
                )
            yield BudgetAlert(
                id=demo_id("alert", str(procedure.id)),
                procedure_id=procedure.id,
                commitment_id=commitment.id,
                free=Decimal("-1.00"),
                at=datetime(YEAR, 1, 2).astimezone(),
                **of_line,
            )


def _document() -> dict[str, Any]:
    filed = {"name": "probe.pdf", "location": "51-12/7", "media_type": "application/pdf", "size": 7, "digest": "0" * 64}
    return {f"document_{name}": value for name, value in filed.items()}


def _of_line(line: BudgetLine) -> dict[str, Any]:
    return {
        "authority_id": line.authority_id,
        "social_space_id": line.social_space_id,
        "agreement_id": line.agreement_id,
        "line_id": line.id,
    }


def kept(rows: list[SQLModel]) -> Iterator[SQLModel]:
    """The same rows, with the balances and days that their postings make."""
    moved: dict[UUID, Decimal] = {}
    for row in rows:
        if isinstance(row, Posting):
            moved[row.from_account_id] = moved.get(row.from_account_id, Decimal()) - row.amount
            moved[row.to_account_id] = moved.get(row.to_account_id, Decimal()) + row.amount
    for row in rows:
        if isinstance(row, LedgerAccount):
            row.balance = moved.get(row.id, Decimal("0.00"))
        yield row
        if isinstance(row, LedgerAccount) and row.id in moved:
            yield LedgerDay(account_id=row.id, value_on=FIRST, authority_id=row.authority_id, moved=moved[row.id])
