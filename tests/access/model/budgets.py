"""Money: totals for those who work in the place, single amounts for those whom they concern."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from service.domain.budgets.purposes import PURPOSES
from service.domain.budgets.views import SETTLED
from service.domain.values import Language
from tests.access.model.agreeing import disagreeing, frame_holds, missing, of_year, party_of_frame, relying
from tests.access.model.county import County, Row
from tests.access.model.holding import Holder
from tests.access.model.seeing import Deed, Seen, Test, Value, down, eur, everybody, said, up


def _of_place(reader: Holder, row: Row) -> bool:
    """Those who work in the space, and whoever manages its region."""
    space = row["social_space_id"]
    return reader.works_in(space) or reader.holds("regional_manager", space)


def of_budget(reader: Holder, row: Row) -> bool:
    """Totals: for the controllers, the auditors, those who work in the place, and the parties to the agreement."""
    agreement = row.get("agreement_id", row["id"])
    return reader.checks(row) or _of_place(reader, row) or reader.is_party(agreement)


def of_cases(reader: Holder, row: Row) -> bool:
    """Who works in the place, not who manages its region."""
    return reader.checks(row) or reader.works_in(row["social_space_id"])


def of_totals(reader: Holder, row: Row) -> bool:
    return reader.checks(row) or _of_place(reader, row)


def _of_figure(reader: Holder, row: Row) -> bool:
    """What is summed over more than one space is for the controllers and auditors, and for whoever manages the region
    whose sum it is."""
    of_space = row["level"] == "social_space"
    return (
        reader.checks(row)
        or reader.holds_region("regional_manager", row["region_id"])
        or (of_space and (_of_place(reader, row) or reader.is_party(row["agreement_id"])))
    )


def _of_part(reader: Holder, row: Row) -> bool:
    """A part of a sum is told to those who see that part, whatever it is a part of."""
    return reader.checks(row) or _of_place(reader, row) or reader.is_party(row["agreement_id"])


def of_contract(reader: Holder, row: Row) -> bool:
    return reader.checks(row) or reader.is_party(row["agreement_id"])


def of_overspend(reader: Holder, row: Row) -> bool:
    manages = any(reader.holds(role, row["social_space_id"]) for role in ("social_space_manager", "regional_manager"))
    return of_contract(reader, row) or manages


def payee(reader: Holder, row: Row) -> bool:
    return reader.checks(row) or reader.represents(row["organisation_id"], "provider_manager")


def single_amount(reader: Holder, row: Row) -> bool:
    """For controllers and auditors, for the organisation it goes to, and for whoever leads the case it is for."""
    return payee(reader, row) or (row["case_id"] is not None and reader.leads(row["case_id"]))


def _named(reader: Holder, row: Row) -> Any:
    """What people call the place."""
    level = "authority" if row["level"] == "county" else row["level"]
    place = reader.county.one(level, id=row[f"{level}_id"])
    return place["name"] if place else None


def _frame(reader: Holder, year: Row) -> Row:
    frame = reader.county.one("budget_frame", id=year["frame_id"])
    assert frame is not None
    return frame


def _held_year(reader: Holder, row: Row) -> bool:
    return (
        reader.county.one("frame_year", frame_id=row["frame_id"], fiscal_year=row["fiscal_year"], holds=True)
        is not None
    )


def _notice_until(reader: Holder, row: Row) -> str:
    """The day before so many months before the year."""
    months = row["fiscal_year"] * 12 - _frame(reader, row)["notice_months"]
    return (date(months // 12, months % 12 + 1, 1) - timedelta(days=1)).isoformat()


def _in_force(reader: Holder, year: Row) -> Decimal:
    agreement = of_year(reader.county, year)
    return _revised(reader, agreement) if agreement and agreement["state"] != "draft" else Decimal(0)


def _terms_on(reader: Holder, row: Row) -> Any:
    """The newest version of the agreement that counts by then."""
    versions = reader.county.all("agreement_version", agreement_id=row["agreement_id"]) if row["agreement_id"] else ()
    return max((each["number"] for each in versions if each["effective_on"] <= row["as_of"]), default=None)


def _held_by(*kinds: str) -> Value:
    def value(reader: Holder, row: Row) -> str:
        accounts = reader.county.all("ledger_account", line_id=row["id"])
        return f"{sum(Decimal(each['balance']) for each in accounts if each['kind'] in kinds):.2f}"

    return value


def _earmarked(reader: Holder, row: Row) -> str:
    accounts = reader.county.all("ledger_account", line_id=row["id"])
    return f"{sum(Decimal(each['earmarked']) for each in accounts):.2f}"


def _revised(reader: Holder, row: Row) -> Decimal:
    """What is agreed for all lines, and the supplements and returns that have been released."""
    agreed = sum(Decimal(each["agreed"]) for each in reader.county.all("budget_line", agreement_id=row["id"]))
    on_top = reader.county.all("allocation", agreement_id=row["id"], state="released")
    return Decimal(agreed + sum(Decimal(each["amount"]) for each in on_top if each["kind"] != "carry_in"))


def _last_day(row: Row) -> str:
    return str(row["expires_on"] or f"{row['fiscal_year'] + 1}-12-31")


def has_expired(county: County, row: Row) -> bool:
    return bool(row["state"] == "settled" and _last_day(row) < county.today)


controls: Test = lambda reader, row: reader.controls(row)  # noqa: E731


def acts_for_agency(reader: Holder, row: Row) -> bool:
    """By an agreement: a controller who works for none of its parties."""
    return reader.controls(row) and not reader.is_of_network(row.get("agreement_id") or row["id"])


def pays(reader: Holder, row: Row) -> bool:
    """A controller who does not work for the organisation that it is about."""
    return reader.controls(row) and not reader.works_for(row["organisation_id"])


speaks: Test = lambda reader, row: reader.speaks_for(row["agreement_id"])  # noqa: E731

_speaks_of_it: Test = lambda reader, row: reader.speaks_for(row["id"])  # noqa: E731


def _manages(reader: Holder, row: Row) -> bool:
    return reader.holds("social_space_manager", row["social_space_id"]) and not reader.is_of_network(row["id"])


is_party: Test = lambda reader, row: reader.is_party(row["agreement_id"])  # noqa: E731


def duty(name: str) -> Test:
    """Whoever does it by the agreement; where there is no network, the agency."""

    def does(reader: Holder, row: Row) -> bool:
        agreement = reader.county.one("budget_agreement", id=row["agreement_id"])
        assert agreement is not None
        who = {"agency": acts_for_agency, "lead_provider": speaks, "providers": is_party}
        alone = controls(reader, row) and reader.has_no_network(row["agreement_id"])
        return alone or any(who[each](reader, row) for each in agreement[name])

    return does


_notices: Test = duty("process")

_controls_authority: Test = lambda reader, row: reader.holds_throughout("controller", row["id"])  # noqa: E731


def unless(by: Test, *columns: str) -> Test:
    """A second pair of eyes: whoever may, and is none of those named there."""
    return lambda reader, row: by(reader, row) and reader.id not in [row[column] for column in columns]


def controls_unless(*columns: str) -> Test:
    return unless(controls, *columns)


def acts_unless(*columns: str) -> Test:
    return unless(acts_for_agency, *columns)


def _gives_up(reader: Holder, share: Row) -> bool:
    """Its provider's manager; a controller, where that provider has none any more."""
    return reader.represents(share["organisation_id"], "provider_manager") or (
        reader.controls(share) and not _has_a_manager(reader.county, share["organisation_id"])
    )


def _accepts(reader: Holder, share: Row) -> bool:
    """What its provider says itself; what the agency says for it only while nobody is there to say it."""
    county, organisation = reader.county, share["organisation_id"]
    own = any(
        member["valid_to"] is None or member["valid_to"] > share["given_up_on"]
        for member in county.all("membership", actor_id=share["given_up_by"], organisation_id=organisation)
    )
    return pays(reader, share) and (own or not _has_a_manager(county, organisation))


def _has_a_manager(county: County, organisation: str) -> bool:
    return any(
        grant["approved_by"] is not None
        and county.holds_now(grant)
        and county.holds_now(member)
        and member["valid_from"] <= grant["approved_at"]
        for member in county.all("membership", organisation_id=organisation)
        for grant in county.all("access_grant", actor_id=member["actor_id"], role="provider_manager")
        if grant["authority_id"] == member["authority_id"]
    )


def _at_which_is_told(reader: Holder, row: Row) -> str:
    """Of a case's share of what is open to others the day alone."""
    share = reader.county.one("commitment", id=row["subject_id"], purpose_kind="open_to_others")
    day = datetime.fromisoformat(row["value_on"]).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    return day.isoformat() if share else row["at"]


def _others_wrote(reader: Holder, row: Row) -> bool:
    """No version of the terms is theirs; what a supplement makes is nobody's draft."""
    versions = reader.county.all("agreement_version", agreement_id=row["id"])
    mine = [each for each in versions if each["made_by"] == reader.id and each["cause"] != "supplemented"]
    return row["drafted_by"] != reader.id and not mine


def _of_others(by: Test) -> Test:
    """A yes to terms that others have written, all of them."""
    return lambda reader, row: by(reader, row) and _others_wrote(reader, row)


def _hours(reader: Holder, row: Row) -> str | None:
    booking = reader.county.one("booking", id=row["booking_id"]) if row["booking_id"] else None
    return f"{Decimal(booking['hours']):.2f}" if booking and booking["hours"] is not None else None


def _outcome(reader: Holder, row: Row) -> Any:
    return row["outcome"] or (SETTLED[Language.DE] if row["state"] == "closed" else None)


SEEN: Mapping[str, Seen] = {
    "BudgetAgreement": Seen(
        "budget_agreement",
        of_budget,
        "id authority_id social_space_id fiscal_year contract_number state legal_basis revised retention retained "
        "floor product_account process documentation billing terms missing disagreeing activated_on closed_through "
        "expires_on version",
        said={
            **eur("retention", "floor"),
            "revised": lambda reader, row: f"{_revised(reader, row):.2f}",
            "retained": lambda reader, row: f"{_revised(reader, row) * Decimal(row['retention']) / 100:.2f}",
            "missing": missing,
            "disagreeing": disagreeing,
            "state": lambda reader, row: "expired" if has_expired(reader.county, row) else row["state"],
        },
        one={"social_space": ("SocialSpace", up("social_space_id")), "frame_year": ("FrameYear", frame_holds)},
        many={
            "lines": ("BudgetLine", down("agreement_id")),
            "parties": ("BudgetParty", down("agreement_id")),
            "network_shares": ("NetworkShare", down("agreement_id")),
            "versions": ("AgreementVersion", down("agreement_id")),
            "positions": ("AgreementPosition", down("agreement_id")),
            "allocations": ("Allocation", down("agreement_id")),
            "transfers": ("Transfer", down("agreement_id")),
            "tranches": ("Tranche", down("agreement_id")),
            "deviation_rules": ("DeviationRule", down("agreement_id")),
            "monitored_services": ("MonitoredService", down("agreement_id")),
            "valuation_rules": ("ValuationRule", down("agreement_id")),
            "forecasts": ("Forecast", down("agreement_id")),
            "settlements": ("Settlement", down("agreement_id")),
            "overspend_procedures": ("OverspendProcedure", down("agreement_id")),
        },
    ),
    "BudgetParty": Seen(
        "budget_party",
        of_budget,
        "id agreement_id organisation_id share lead payee_number",
        said=eur("share"),
        one={"organisation": ("Organisation", up("organisation_id"))},
    ),
    "NetworkShare": Seen(
        "network_share",
        of_budget,
        "id agreement_id number organisation_id begins_on ends_on share",
        said=eur("share"),
    ),
    "BudgetFrame": Seen(
        "budget_frame",
        lambda reader, row: of_totals(reader, row) or party_of_frame(reader, row) or relying(reader, row),
        "id authority_id social_space_id contract_number state first_year last_year total notice_months "
        "earlier_frame_id proposed_by agreed_by agreed_on version",
        said=eur("total"),
        many={"years": ("FrameYear", down("frame_id")), "shares": ("FrameShare", down("frame_id"))},
    ),
    "FrameShare": Seen(
        "frame_share",
        payee,
        "id frame_id fiscal_year organisation_id amount holds notice_until state given_up_because given_up_by "
        "given_up_on accepted_by accepted_on version",
        said={**eur("amount"), "holds": _held_year, "notice_until": _notice_until},
        one={"frame": ("BudgetFrame", up("frame_id"))},
    ),
    "FrameYear": Seen(
        "frame_year",
        lambda reader, row: of_totals(reader, row) or party_of_frame(reader, _frame(reader, row)),
        "id frame_id fiscal_year amount in_force agreement_id",
        said={
            **eur("amount"),
            "in_force": lambda reader, row: f"{_in_force(reader, row):.2f}",
            "agreement_id": lambda reader, row: (of_year(reader.county, row) or {}).get("id"),
        },
        one={"frame": ("BudgetFrame", up("frame_id"))},
    ),
    "AgreementVersion": Seen(
        "agreement_version",
        of_budget,
        "id agreement_id number cause effective_on made_by made_at",
        many={"changes": ("TermsChange", down("version_id"))},
    ),
    "TermsChange": Seen("terms_change", of_budget, "id agreement_id version_id term before after"),
    "AgreementPosition": Seen(
        "agreement_position", of_overspend, "id agreement_id terms voice stance said taken_by taken_at"
    ),
    "BudgetLine": Seen(
        "budget_line",
        of_budget,
        "id agreement_id social_space_id kind agreed approved reserved committed booked free earmarked",
        said={
            **eur("agreed"),
            "approved": _held_by("free", "reserved", "committed", "booked"),
            **{kind: _held_by(kind) for kind in ("free", "reserved", "committed", "booked")},
            "earmarked": _earmarked,
        },
        one={"agreement": ("BudgetAgreement", up("agreement_id"))},
        many={"allocations": ("Allocation", down("line_id"))},
    ),
    "BudgetFigure": Seen(
        "budget_figure",
        _of_figure,
        "key as_of authority_id level social_space_id region_id place fiscal_year line terms approved "
        "reserved committed booked free",
        said=eur("approved", "reserved", "committed", "booked", "free") | {"place": _named, "terms": _terms_on},
    ),
    "FigurePart": Seen(
        "figure_part",
        _of_part,
        "figure_key figure as_of agreement_id social_space_id line_id of_line value_on amount",
        said=eur("amount"),
    ),
    "FigurePosting": Seen(
        "figure_posting",
        single_amount,
        "figure_key figure as_of release_id agreement_id social_space_id line_id of_line posting_id kind value_on "
        "amount subject_id commitment_id booking_id organisation_id hours",
        said=eur("amount") | {"hours": _hours},
    ),
    "FigureRelease": Seen("figure_release", everybody, "id authority_id as_of number corrects_id reason released_at"),
    "ReleasedFigure": Seen(
        "shown_figure",
        everybody,
        "key as_of authority_id release_id number level social_space_id region_id place fiscal_year line approved "
        "reserved committed booked free suppressed",
        said={"approved": eur("approved")["approved"], "place": _named}
        | {
            name: lambda reader, row, name=name: None if row[name] is None else f"{Decimal(row[name]):.2f}"
            for name in ("reserved", "committed", "booked", "free")
        },
        one={"release": ("FigureRelease", up("release_id"))},
    ),
    "ReleasedAmount": Seen(
        "released_amount",
        everybody,
        "key as_of authority_id release_id number level social_space_id region_id place fiscal_year line phase amount "
        "suppressed",
        said=eur("amount") | {"place": _named},
    ),
    "Allocation": Seen(
        "allocation",
        of_contract,
        "id agreement_id line_id kind state amount effective_on reason settlement_id earmark proposed_by "
        "released_by released_at version",
        said=eur("amount") | {"reason": lambda reader, row: row["reason"] or f"Übertrag aus {row['carried_from']}"},
    ),
    "Commitment": Seen(
        "commitment",
        single_amount,
        "id agreement_id line_id basis state amount booked released purpose organisation_id outside_network "
        "case_pseudonym measure_id allocation_id confirmed_by value_on version",
        said=eur("amount", "booked", "released")
        | {"purpose": lambda reader, row: row["purpose"] or said("purpose_kind", PURPOSES)(reader, row)},
        one={"line": ("BudgetLine", up("line_id"))},
        many={
            "bookings": ("Booking", down("commitment_id")),
            "service_records": ("ServiceRecord", down("commitment_id")),
        },
    ),
    "ForeseenCommitment": Seen(
        "foreseen_commitment",
        single_amount,
        "id social_space_id fiscal_year line basis state amount purpose organisation_id case_pseudonym measure_id "
        "subject_id foreseen_on commitment_id dropped_on version",
        said=eur("amount")
        | {
            "purpose": lambda reader, row: row["purpose"] or said("purpose_kind", PURPOSES)(reader, row),
            "subject_id": lambda reader, row: None if row["purpose_kind"] == "open_to_others" else row["subject_id"],
        },
    ),
    "Invoice": Seen(
        "invoice",
        payee,
        "id organisation_id number issued_on amount proposed payee_number document_name document_location "
        "document_media_type document_size document_digest version",
        said=eur("amount", "proposed"),
    ),
    "Booking": Seen(
        "booking",
        single_amount,
        "id invoice_id agreement_id line_id commitment_id organisation_id amount value_on state outside_network "
        "proposed_by released_by released_at reversed_by reversed_at reason service_record_id hours external_number "
        "import_id version",
        said=eur("amount", "hours"),
        one={
            "invoice": ("Invoice", up("invoice_id")),
            "service_record": ("ServiceRecord", up("service_record_id")),
        },
    ),
    "Posting": Seen(
        "posting",
        lambda reader, row: reader.checks(row),
        "id agreement_id kind from_account_id to_account_id amount value_on at subject_id",
        said={**eur("amount"), "at": _at_which_is_told},
    ),
    "OverspendProcedure": Seen(
        "overspend_procedure",
        of_overspend,
        "id agreement_id line_id state opened_on forecast_id outcome closed_on version",
        said={"outcome": _outcome},
        many={
            "alerts": ("BudgetAlert", down("procedure_id")),
            "steps": ("ProcedureStep", down("procedure_id")),
        },
    ),
    "ProcedureStep": Seen(
        "procedure_step",
        of_overspend,
        "id agreement_id line_id procedure_id kind remedy said done_on recorded_by",
    ),
    "UnderspendProcedure": Seen(
        "underspend_procedure",
        of_overspend,
        "id agreement_id forecast_id state opened_on left_over threshold outcome closed_on version",
        said=eur("left_over", "threshold"),
        many={"steps": ("UnderspendStep", down("procedure_id"))},
    ),
    "UnderspendStep": Seen(
        "underspend_step",
        of_overspend,
        "id agreement_id procedure_id kind remedy amount transfer_id allocation_id said done_on recorded_by",
        said=eur("amount"),
    ),
    "BudgetAlert": Seen("budget_alert", of_overspend, "id agreement_id line_id procedure_id free at", said=eur("free")),
}


DEEDS: Mapping[str, Deed] = {
    # Money: two persons release it.
    "draft_budget_agreement": Deed("Authority", _controls_authority),
    "propose_budget_frame": Deed("Authority", _controls_authority),
    "agree_budget_frame": Deed("BudgetFrame", controls_unless("proposed_by"), ("proposed",)),
    "give_up_frame_share": Deed("FrameShare", _gives_up, ("secured",)),
    "keep_frame_share": Deed("FrameShare", _gives_up, ("offered",)),
    "accept_given_up_frame_share": Deed("FrameShare", unless(_accepts, "given_up_by"), ("offered",)),
    "change_budget_agreement": Deed("BudgetAgreement", acts_for_agency, ("draft",)),
    "add_budget_party": Deed("BudgetAgreement", acts_for_agency, ("draft",)),
    "remove_budget_party": Deed("BudgetAgreement", acts_for_agency, ("draft",)),
    "take_position_for_agency": Deed("BudgetAgreement", _of_others(acts_for_agency), ("draft", "active")),
    "take_position_for_network": Deed("BudgetAgreement", _of_others(_speaks_of_it), ("draft", "active")),
    "take_position_on_funding": Deed("BudgetAgreement", _of_others(acts_for_agency), ("draft", "active")),
    "take_position_on_cooperation": Deed("BudgetAgreement", _of_others(_manages), ("draft", "active")),
    "agree_network_shares": Deed("BudgetAgreement", acts_for_agency, ("draft",)),
    "activate_budget_agreement": Deed("BudgetAgreement", _of_others(acts_for_agency), ("draft",)),
    "close_budget_period": Deed("BudgetAgreement", acts_for_agency, ("active",)),
    "propose_allocation": Deed("BudgetLine", acts_for_agency),
    "withdraw_allocation": Deed("Allocation", acts_for_agency, ("proposed",)),
    "release_allocation": Deed("Allocation", acts_unless("proposed_by"), ("proposed",)),
    "give_notice": Deed("OverspendProcedure", _notices, ("open",)),
    "review_overspend_for_agency": Deed("OverspendProcedure", acts_for_agency, ("open",)),
    "review_overspend_for_network": Deed("OverspendProcedure", speaks, ("open",)),
    "decide_on_overspend": Deed("OverspendProcedure", acts_for_agency, ("open",)),
    "close_overspend_procedure": Deed("OverspendProcedure", acts_for_agency, ("open",)),
    "give_underspend_notice": Deed("UnderspendProcedure", _notices, ("open",)),
    "review_underspend_for_agency": Deed("UnderspendProcedure", acts_for_agency, ("open",)),
    "review_underspend_for_network": Deed("UnderspendProcedure", speaks, ("open",)),
    "decide_on_underspend": Deed("UnderspendProcedure", acts_for_agency, ("open",)),
    "close_underspend_procedure": Deed("UnderspendProcedure", acts_for_agency, ("open",)),
    "commit_funds": Deed("BudgetLine", acts_for_agency),
    "reserve_funds": Deed("BudgetLine", acts_for_agency),
    "commit_reserved_funds": Deed("Commitment", acts_for_agency, ("reserved",)),
    "confirm_commitment": Deed(
        "Commitment",
        acts_unless("granted_by", "granted_with"),
        ("committed", "partly_booked"),
        met=(lambda county, row: row["organisation_id"] is not None,),
    ),
    "release_commitment": Deed("Commitment", acts_for_agency, ("reserved", "committed", "partly_booked")),
    "bind_foreseen_commitment": Deed("ForeseenCommitment", controls, ("foreseen",)),
    "drop_foreseen_commitment": Deed("ForeseenCommitment", controls, ("foreseen",)),
    "release_figures": Deed("Authority", _controls_authority),
    "enter_invoice": Deed("Authority", _controls_authority),
    "name_invoice_document": Deed("Invoice", pays),
    "propose_booking": Deed("Invoice", pays),
    "withdraw_booking": Deed("Booking", controls, ("proposed",)),
    "release_booking": Deed("Booking", unless(pays, "proposed_by"), ("proposed",)),
    "reverse_booking": Deed("Booking", unless(pays, "released_by"), ("released",)),
}
