"""Money: totals for those who work in the place, single amounts for those whom they concern."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.access.model.county import Row
from tests.access.model.holding import Holder
from tests.access.model.seeing import Deed, Seen, Test, Value, down, eur, everybody, up


def _of_budget(reader: Holder, row: Row) -> bool:
    """Totals: for the controllers, the auditors, those who work in the space, and the parties to the agreement."""
    agreement = row.get("agreement_id", row["id"])
    return reader.checks(row) or reader.works_in(row["social_space_id"]) or reader.is_party(agreement)


def _of_figure(reader: Holder, row: Row) -> bool:
    """What is summed over more than one space is for the controllers and auditors alone."""
    of_space = row["level"] == "social_space"
    return reader.checks(row) or (
        of_space and (reader.works_in(row["social_space_id"]) or reader.is_party(row["agreement_id"]))
    )


def _of_contract(reader: Holder, row: Row) -> bool:
    return reader.checks(row) or reader.is_party(row["agreement_id"])


def _of_overspend(reader: Holder, row: Row) -> bool:
    return _of_contract(reader, row) or reader.holds("social_space_manager", row["social_space_id"])


def _payee(reader: Holder, row: Row) -> bool:
    return reader.checks(row) or reader.represents(row["organisation_id"], "provider_manager")


def _single_amount(reader: Holder, row: Row) -> bool:
    """For controllers and auditors, for the organisation it goes to, and for whoever leads the case it is for."""
    return _payee(reader, row) or (row["case_id"] is not None and reader.leads(row["case_id"]))


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


_controls: Test = lambda reader, row: reader.controls(row)  # noqa: E731

_controls_authority: Test = lambda reader, row: reader.holds_throughout("controller", row["id"])  # noqa: E731


def _controls_unless(column: str) -> Test:
    """A second pair of eyes: a controller who is not the one named there."""
    return lambda reader, row: reader.controls(row) and reader.id != row[column]


SEEN: Mapping[str, Seen] = {
    "BudgetAgreement": Seen(
        "budget_agreement",
        _of_budget,
        "id authority_id social_space_id fiscal_year contract_number state legal_basis activated_on "
        "closed_through version",
        one={"social_space": ("SocialSpace", up("social_space_id"))},
        many={
            "lines": ("BudgetLine", down("agreement_id")),
            "parties": ("BudgetParty", down("agreement_id")),
            "allocations": ("Allocation", down("agreement_id")),
            "overspend_procedures": ("OverspendProcedure", down("agreement_id")),
        },
    ),
    "BudgetParty": Seen(
        "budget_party",
        _of_budget,
        "id agreement_id organisation_id share",
        said=eur("share"),
        one={"organisation": ("Organisation", up("organisation_id"))},
    ),
    "BudgetLine": Seen(
        "budget_line",
        _of_budget,
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
    "Allocation": Seen(
        "allocation",
        _of_contract,
        "id agreement_id line_id kind state amount effective_on reason proposed_by released_by released_at version",
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
        _payee,
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
        _of_overspend,
        "id agreement_id line_id state opened_on outcome closed_on version",
        many={"alerts": ("BudgetAlert", down("procedure_id"))},
    ),
    "BudgetAlert": Seen(
        "budget_alert", _of_overspend, "id agreement_id line_id procedure_id free at", said=eur("free")
    ),
}


DEEDS: Mapping[str, Deed] = {
    # Money: two persons release it.
    "draft_budget_agreement": Deed("Authority", _controls_authority),
    "change_budget_agreement": Deed("BudgetAgreement", _controls, ("draft",)),
    "add_budget_party": Deed("BudgetAgreement", _controls, ("draft",)),
    "activate_budget_agreement": Deed("BudgetAgreement", _controls_unless("drafted_by"), ("draft",)),
    "close_budget_period": Deed("BudgetAgreement", _controls, ("active",)),
    "propose_allocation": Deed("BudgetLine", _controls),
    "release_allocation": Deed("Allocation", _controls_unless("proposed_by"), ("proposed",)),
    "close_overspend_procedure": Deed("OverspendProcedure", _controls, ("open",)),
    "commit_funds": Deed("BudgetLine", _controls),
    "release_commitment": Deed("Commitment", _controls, ("committed", "partly_booked")),
    "release_figures": Deed("Authority", _controls_authority),
    "enter_invoice": Deed("Authority", _controls_authority),
    "propose_booking": Deed("Invoice", _controls),
    "withdraw_booking": Deed("Booking", _controls, ("proposed",)),
    "release_booking": Deed("Booking", _controls_unless("proposed_by"), ("proposed",)),
    "reverse_booking": Deed("Booking", _controls_unless("released_by"), ("released",)),
}
