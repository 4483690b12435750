"""Money: totals for those who work in the place, single amounts for those whom they concern."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.access.model.county import Row
from tests.access.model.holding import Holder
from tests.access.model.seeing import Deed, Seen, Test, Value, down, eur, everybody, up


def of_budget(reader: Holder, row: Row) -> bool:
    """Totals: for the controllers, the auditors, those who work in the space, and the parties to the agreement."""
    agreement = row.get("agreement_id", row["id"])
    return reader.checks(row) or reader.works_in(row["social_space_id"]) or reader.is_party(agreement)


def _of_figure(reader: Holder, row: Row) -> bool:
    """What is summed over more than one space is for the controllers and auditors alone."""
    of_space = row["level"] == "social_space"
    return reader.checks(row) or (
        of_space and (reader.works_in(row["social_space_id"]) or reader.is_party(row["agreement_id"]))
    )


def _of_part(reader: Holder, row: Row) -> bool:
    """A part of a sum is told to those who see that part, whatever it is a part of."""
    return reader.checks(row) or reader.works_in(row["social_space_id"]) or reader.is_party(row["agreement_id"])


def of_contract(reader: Holder, row: Row) -> bool:
    return reader.checks(row) or reader.is_party(row["agreement_id"])


def of_overspend(reader: Holder, row: Row) -> bool:
    return of_contract(reader, row) or reader.holds("social_space_manager", row["social_space_id"])


def payee(reader: Holder, row: Row) -> bool:
    return reader.checks(row) or reader.represents(row["organisation_id"], "provider_manager")


def _single_amount(reader: Holder, row: Row) -> bool:
    """For controllers and auditors, for the organisation it goes to, and for whoever leads the case it is for."""
    return payee(reader, row) or (row["case_id"] is not None and reader.leads(row["case_id"]))


def _named(reader: Holder, row: Row) -> Any:
    """What people call the place."""
    level = "authority" if row["level"] == "county" else row["level"]
    place = reader.county.one(level, id=row[f"{level}_id"])
    return place["name"] if place else None


def _held_by(*kinds: str) -> Value:
    def value(reader: Holder, row: Row) -> str:
        accounts = reader.county.all("ledger_account", line_id=row["id"])
        return f"{sum(Decimal(each['balance']) for each in accounts if each['kind'] in kinds):.2f}"

    return value


def _revised(reader: Holder, row: Row) -> Decimal:
    """What is agreed for all lines, and the supplements and returns that have been released."""
    agreed = sum(Decimal(each["agreed"]) for each in reader.county.all("budget_line", agreement_id=row["id"]))
    on_top = reader.county.all("allocation", agreement_id=row["id"], state="released")
    return Decimal(agreed + sum(Decimal(each["amount"]) for each in on_top if each["kind"] != "carry_in"))


controls: Test = lambda reader, row: reader.controls(row)  # noqa: E731

is_party: Test = lambda reader, row: reader.is_party(row["agreement_id"])  # noqa: E731

_notices: Test = lambda reader, row: controls(reader, row) or is_party(reader, row)  # noqa: E731

_controls_authority: Test = lambda reader, row: reader.holds_throughout("controller", row["id"])  # noqa: E731


def controls_unless(column: str) -> Test:
    """A second pair of eyes: a controller who is not the one named there."""
    return lambda reader, row: reader.controls(row) and reader.id != row[column]


SEEN: Mapping[str, Seen] = {
    "BudgetAgreement": Seen(
        "budget_agreement",
        of_budget,
        "id authority_id social_space_id fiscal_year contract_number state legal_basis revised retention retained "
        "floor product_account activated_on closed_through version",
        said={
            **eur("retention", "floor"),
            "revised": lambda reader, row: f"{_revised(reader, row):.2f}",
            "retained": lambda reader, row: f"{_revised(reader, row) * Decimal(row['retention']) / 100:.2f}",
        },
        one={"social_space": ("SocialSpace", up("social_space_id"))},
        many={
            "lines": ("BudgetLine", down("agreement_id")),
            "parties": ("BudgetParty", down("agreement_id")),
            "allocations": ("Allocation", down("agreement_id")),
            "transfers": ("Transfer", down("agreement_id")),
            "tranches": ("Tranche", down("agreement_id")),
            "deviation_rules": ("DeviationRule", down("agreement_id")),
            "monitored_services": ("MonitoredService", down("agreement_id")),
            "forecasts": ("Forecast", down("agreement_id")),
            "settlements": ("Settlement", down("agreement_id")),
            "overspend_procedures": ("OverspendProcedure", down("agreement_id")),
        },
    ),
    "BudgetParty": Seen(
        "budget_party",
        of_budget,
        "id agreement_id organisation_id share payee_number",
        said=eur("share"),
        one={"organisation": ("Organisation", up("organisation_id"))},
    ),
    "BudgetLine": Seen(
        "budget_line",
        of_budget,
        "id agreement_id social_space_id kind agreed approved reserved committed booked free",
        said={
            **eur("agreed"),
            "approved": _held_by("free", "reserved", "committed", "booked"),
            **{kind: _held_by(kind) for kind in ("free", "reserved", "committed", "booked")},
        },
        one={"agreement": ("BudgetAgreement", up("agreement_id"))},
        many={"allocations": ("Allocation", down("line_id"))},
    ),
    "BudgetFigure": Seen(
        "budget_figure",
        _of_figure,
        "key as_of authority_id level social_space_id region_id place fiscal_year line approved reserved "
        "committed booked free",
        said=eur("approved", "reserved", "committed", "booked", "free") | {"place": _named},
    ),
    "FigurePart": Seen(
        "figure_part",
        _of_part,
        "figure_key figure as_of agreement_id social_space_id line_id of_line value_on amount",
        said=eur("amount"),
    ),
    "FigurePosting": Seen(
        "figure_posting",
        _single_amount,
        "figure_key figure as_of release_id agreement_id social_space_id line_id of_line posting_id kind value_on "
        "amount subject_id commitment_id booking_id organisation_id",
        said=eur("amount"),
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
        "id agreement_id line_id kind state amount effective_on reason settlement_id proposed_by released_by "
        "released_at version",
        said=eur("amount"),
    ),
    "Commitment": Seen(
        "commitment",
        _single_amount,
        "id agreement_id line_id basis state amount booked released purpose organisation_id outside_network "
        "case_pseudonym value_on version",
        said=eur("amount", "booked", "released"),
        one={"line": ("BudgetLine", up("line_id"))},
        many={"bookings": ("Booking", down("commitment_id"))},
    ),
    "Invoice": Seen(
        "invoice",
        payee,
        "id organisation_id number issued_on amount proposed version",
        said=eur("amount", "proposed"),
    ),
    "Booking": Seen(
        "booking",
        _single_amount,
        "id invoice_id agreement_id line_id commitment_id organisation_id amount value_on state outside_network "
        "proposed_by released_by released_at reversed_by reversed_at reason version",
        said=eur("amount"),
        one={"invoice": ("Invoice", up("invoice_id"))},
    ),
    "Posting": Seen(
        "posting",
        lambda reader, row: reader.checks(row),
        "id agreement_id kind from_account_id to_account_id amount value_on at subject_id",
        said=eur("amount"),
    ),
    "OverspendProcedure": Seen(
        "overspend_procedure",
        of_overspend,
        "id agreement_id line_id state opened_on outcome closed_on version",
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
    "change_budget_agreement": Deed("BudgetAgreement", controls, ("draft",)),
    "add_budget_party": Deed("BudgetAgreement", controls, ("draft",)),
    "activate_budget_agreement": Deed("BudgetAgreement", controls_unless("drafted_by"), ("draft",)),
    "close_budget_period": Deed("BudgetAgreement", controls, ("active",)),
    "propose_allocation": Deed("BudgetLine", controls),
    "release_allocation": Deed("Allocation", controls_unless("proposed_by"), ("proposed",)),
    "give_notice": Deed("OverspendProcedure", _notices, ("open",)),
    "review_overspend_for_agency": Deed("OverspendProcedure", controls, ("open",)),
    "review_overspend_for_network": Deed("OverspendProcedure", is_party, ("open",)),
    "decide_on_overspend": Deed("OverspendProcedure", controls, ("open",)),
    "close_overspend_procedure": Deed("OverspendProcedure", controls, ("open",)),
    "give_underspend_notice": Deed("UnderspendProcedure", _notices, ("open",)),
    "review_underspend_for_agency": Deed("UnderspendProcedure", controls, ("open",)),
    "review_underspend_for_network": Deed("UnderspendProcedure", is_party, ("open",)),
    "decide_on_underspend": Deed("UnderspendProcedure", controls, ("open",)),
    "close_underspend_procedure": Deed("UnderspendProcedure", controls, ("open",)),
    "commit_funds": Deed("BudgetLine", controls),
    "release_commitment": Deed("Commitment", controls, ("committed", "partly_booked")),
    "release_figures": Deed("Authority", _controls_authority),
    "enter_invoice": Deed("Authority", _controls_authority),
    "propose_booking": Deed("Invoice", controls),
    "withdraw_booking": Deed("Booking", controls, ("proposed",)),
    "release_booking": Deed("Booking", controls_unless("proposed_by"), ("proposed",)),
    "reverse_booking": Deed("Booking", controls_unless("released_by"), ("released",)),
}
