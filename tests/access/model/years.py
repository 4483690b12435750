"""A budget's year: tranches, transfers, forecasts and settlements."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.access.model.budgets import (
    acts_for_agency,
    acts_unless,
    duty,
    has_expired,
    of_budget,
    of_contract,
    of_overspend,
    payee,
    speaks,
)
from tests.access.model.county import County, Row
from tests.access.model.holding import Holder
from tests.access.model.seeing import Deed, Seen, Value, down, eur, up


def _agrees(reader: Holder, row: Row) -> bool:
    """Whoever speaks for the network, and has not prepared it for the agency; without one, the agency. Nobody who has
    checked it."""
    alone = reader.has_no_network(row["agreement_id"]) and reader.controls(row)
    for_network = speaks(reader, row) and reader.id != row["prepared_by"]
    return (for_network or alone) and reader.id != row["checked_by"]


def _pays(reader: Holder, row: Row) -> bool:
    """Not what they have checked, nor what they have proved or agreed to, of old, for the network. Where the agency may
    prove it, who did may pay."""
    agreement = reader.county.one("budget_agreement", id=row["agreement_id"])
    assert agreement is not None
    proved = row["proved_by"] == reader.id and "agency" not in agreement["documentation"]
    others = (not proved and reader.id != row["agreed_by"]) or reader.has_no_network(row["agreement_id"])
    return acts_for_agency(reader, row) and reader.id != row["checked_by"] and others


_OF_THE_YEAR = (
    *("revised", "approved", "booked", "outside", "advanced", "carried_in", "overspent", "underspent"),
    *("agency", "network", "carried", "payment"),
)
_OF_THE_CONTRACT = ("contract_number", "product_account")


def _named_by(table: str, via: str, column: str) -> Value:
    """A column of the row that one names."""

    def value(reader: Holder, row: Row) -> Any:
        there = reader.county.one(table, id=row[via])
        assert there is not None
        return there[column]

    return value


def _payee_number(reader: Holder, row: Row) -> Any:
    party = reader.county.one("budget_party", agreement_id=row["agreement_id"], organisation_id=row["organisation_id"])
    return party["payee_number"] if party else None


def _tranches_in(*states: str) -> Value:
    """What a party gets of the tranches in these states."""

    def value(reader: Holder, row: Row) -> str:
        shares = reader.county.all(
            "tranche_share", agreement_id=row["agreement_id"], organisation_id=row["organisation_id"]
        )
        state = _named_by("tranche", "tranche_id", "state")
        return f"{sum(Decimal(each['amount']) for each in shares if state(reader, each) in states):.2f}"

    return value


def _came(reader: Holder, row: Row) -> str | None:
    """What a settlement says was booked on the line in the end."""
    for there in reader.county.all("settlement_line", line_id=row["line_id"]):
        if _named_by("settlement", "settlement_id", "state")(reader, there) != "reworked":
            return f"{Decimal(there['booked']):.2f}"
    return None


def _within(reader: Holder, row: Row) -> bool | None:
    came = _came(reader, row)
    if came is None or row["low"] is None:
        return None
    return bool(Decimal(row["low"]) <= Decimal(came) <= Decimal(row["high"]))


SEEN: Mapping[str, Seen] = {
    "Transfer": Seen(
        "budget_transfer",
        of_budget,
        "id agreement_id line_id target_id state amount reason proposed_by released_by released_at version",
        said=eur("amount"),
        many={"positions": ("TransferPosition", down("transfer_id"))},
    ),
    "TransferPosition": Seen(
        "transfer_position", of_overspend, "id agreement_id transfer_id voice stance said taken_by taken_at"
    ),
    "Tranche": Seen(
        "tranche",
        of_contract,
        "id agreement_id due_on amount state planned_by released_by released_at paid_on reason version",
        said=eur("amount"),
        many={"shares": ("TrancheShare", down("tranche_id"))},
    ),
    "TrancheShare": Seen(
        "tranche_share",
        payee,
        "id tranche_id agreement_id organisation_id due_on state contract_number product_account payee_number payee "
        "amount",
        said={
            **eur("amount"),
            **{name: _named_by("tranche", "tranche_id", name) for name in ("due_on", "state")},
            **{name: _named_by("budget_agreement", "agreement_id", name) for name in _OF_THE_CONTRACT},
            "payee_number": _payee_number,
            "payee": _named_by("organisation", "organisation_id", "name"),
        },
        one={"tranche": ("Tranche", up("tranche_id"))},
    ),
    "SecuredFund": Seen(
        "budget_party",
        payee,
        "id agreement_id organisation_id secured paid held_back",
        said={
            "secured": _tranches_in("planned", "released", "paid"),
            "paid": _tranches_in("paid"),
            "held_back": _tranches_in("withheld"),
        },
    ),
    "Forecast": Seen(
        "forecast",
        of_overspend,
        "id agreement_id as_of method earlier_id made_by made_at",
        one={"earlier": ("Forecast", up("earlier_id"))},
        many={"lines": ("ForecastLine", down("forecast_id"))},
    ),
    "ForecastLine": Seen(
        "forecast_line",
        of_overspend,
        "id agreement_id forecast_id line_id kind approved reserved committed booked foreseen going_on going_on_grants "
        "expected_new running forecast variance low high tested held hit_rate earlier came within",
        said={
            **eur(
                "approved",
                "reserved",
                "committed",
                "booked",
                "foreseen",
                "going_on",
                "expected_new",
                "running",
                "forecast",
                "earlier",
            ),
            **eur("low", "high"),
            "hit_rate": lambda reader, row: f"{100 * row['held'] / row['tested']:.2f}" if row["tested"] else None,
            "came": _came,
            "within": _within,
            "variance": lambda reader, row: f"{Decimal(row['forecast']) - Decimal(row['approved']):.2f}",
        },
    ),
    "DeviationRule": Seen(
        "deviation_rule",
        of_budget,
        "id agreement_id direction number threshold threshold_amount agreed_on",
        said=eur("threshold", "threshold_amount"),
        many={"bands": ("DeviationBand", down("rule_id"))},
    ),
    "DeviationBand": Seen(
        "deviation_band",
        of_budget,
        "id rule_id position above up_to agency network carry",
        said=eur("above", "up_to", "agency", "network", "carry"),
    ),
    "MonitoredService": Seen(
        "monitored_service",
        of_budget,
        "id agreement_id name legal_basis planned actual deviation",
        said={
            **eur("planned", "actual"),
            "deviation": lambda reader, row: f"{Decimal(row['actual']) - Decimal(row['planned']):.2f}",
        },
    ),
    "Settlement": Seen(
        "settlement",
        of_contract,
        f"id agreement_id state {' '.join(_OF_THE_YEAR)} proof dispute prepared_by prepared_on proved_by proof_on "
        "checked_by "
        "checked_on agreed_by agreed_on disputed_on reworked_by reworked_on paid_by paid_on version",
        said=eur(*_OF_THE_YEAR),
        one={"agreement": ("BudgetAgreement", up("agreement_id"))},
        many={
            "lines": ("SettlementLine", down("settlement_id")),
            "compensations": ("Compensation", down("settlement_id")),
            "shares": ("SettlementShare", down("settlement_id")),
        },
    ),
    "SettlementLine": Seen(
        "settlement_line",
        of_contract,
        "id settlement_id line_id kind approved booked covered",
        said=eur("approved", "booked", "covered"),
    ),
    "Compensation": Seen(
        "compensation",
        of_contract,
        "id settlement_id direction above up_to amount agency network carry",
        said=eur("above", "up_to", "amount", "agency", "network", "carry"),
    ),
    "SettlementShare": Seen(
        "settlement_share",
        payee,
        "id settlement_id agreement_id organisation_id state contract_number product_account payee_number payee "
        "network payment",
        said={
            **eur("network", "payment"),
            "state": _named_by("settlement", "settlement_id", "state"),
            **{name: _named_by("budget_agreement", "agreement_id", name) for name in _OF_THE_CONTRACT},
            "payee_number": _payee_number,
            "payee": _named_by("organisation", "organisation_id", "name"),
        },
    ),
    "WorkedPart": Seen(
        "worked_part",
        of_contract,
        "key worked worked_id figure made_of part_id agreement_id amount",
        said=eur("amount"),
    ),
    "InvoicePayment": Seen(
        "booking",
        payee,
        "id invoice_id agreement_id organisation_id invoice_number issued_on value_on state released_at reversed_at "
        "outside_network contract_number product_account payee_number payee amount document_digest",
        said={
            **eur("amount"),
            "invoice_number": _named_by("invoice", "invoice_id", "number"),
            **{name: _named_by("invoice", "invoice_id", name) for name in ("issued_on", "document_digest")},
            **{name: _named_by("budget_agreement", "agreement_id", name) for name in _OF_THE_CONTRACT},
            "payee_number": lambda reader, row: (
                _payee_number(reader, row) or _named_by("invoice", "invoice_id", "payee_number")(reader, row)
            ),
            "payee": _named_by("organisation", "organisation_id", "name"),
        },
    ),
}


def _goes_on(county: County, agreement: Row) -> bool:
    return not has_expired(county, agreement)


DEEDS: Mapping[str, Deed] = {
    "plan_tranches": Deed("BudgetAgreement", acts_for_agency, ("active",)),
    "release_tranche": Deed("Tranche", acts_unless("planned_by"), ("planned", "withheld")),
    "withhold_tranche": Deed("Tranche", acts_for_agency, ("planned", "released")),
    "pay_tranche": Deed("Tranche", acts_for_agency, ("released",)),
    "run_forecast": Deed("BudgetAgreement", acts_for_agency, met=(_goes_on,)),
    "agree_deviation_rule": Deed("BudgetAgreement", acts_for_agency, ("draft",)),
    "record_monitored_service": Deed("BudgetAgreement", acts_for_agency, met=(_goes_on,)),
    "open_next_period": Deed("BudgetAgreement", acts_for_agency, ("active", "year_closed", "settled"), (_goes_on,)),
    "prepare_settlement": Deed("BudgetAgreement", acts_for_agency, ("active",)),
    "hand_in_proof": Deed("Settlement", duty("documentation"), ("prepared", "disputed")),
    "check_settlement": Deed("Settlement", acts_unless("prepared_by", "proved_by"), ("proof_received",)),
    "agree_settlement": Deed("Settlement", _agrees, ("checked", "disputed")),
    "dispute_settlement": Deed("Settlement", _agrees, ("checked",)),
    "rework_settlement": Deed("Settlement", acts_for_agency, ("disputed",)),
    "pay_settlement": Deed("Settlement", _pays, ("agreed",)),
    "carry_over": Deed("Settlement", acts_for_agency, ("paid",)),
    "propose_transfer": Deed("BudgetLine", acts_for_agency),
    "take_position_on_transfer": Deed("Transfer", speaks, ("proposed",)),
    "answer_on_transfer": Deed("Transfer", acts_for_agency, ("proposed",)),
    "withdraw_transfer": Deed("Transfer", acts_for_agency, ("proposed",)),
    "release_transfer": Deed("Transfer", acts_unless("proposed_by"), ("proposed",)),
}
