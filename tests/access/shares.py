"""How much of a space's money goes through whose hands, by brute force over all commitments and bookings."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]
Tables = Mapping[str, list[Row]]


def _money(tables: Tables, agreement: str) -> dict[str, Decimal]:
    """What of an agreement's money is bound or spent, by whom it is for: a commitment that names nobody counts only as
    far as somebody was paid out of it."""
    found: dict[str, Decimal] = {}
    named = {row["id"] for row in tables["commitment"] if row["organisation_id"]}
    for row in tables["commitment"]:
        if row["agreement_id"] == agreement and row["organisation_id"] and row["state"] != "reserved":
            left = Decimal(row["amount"]) - Decimal(row["released"])
            found[row["organisation_id"]] = found.get(row["organisation_id"], Decimal()) + left
    for row in tables["booking"]:
        if row["agreement_id"] == agreement and row["commitment_id"] not in named and row["state"] == "released":
            found[row["organisation_id"]] = found.get(row["organisation_id"], Decimal()) + Decimal(row["amount"])
    return {organisation: amount for organisation, amount in found.items() if amount}


def own_shares(tables: Tables) -> Iterator[Row]:
    for party in tables["budget_party"]:
        money = _money(tables, party["agreement_id"])
        told: dict[str, Any] = {name: party[name] for name in ("id", "authority_id", "agreement_id", "organisation_id")}
        own = money.get(party["organisation_id"], Decimal())
        yield told | {"amount": own, "of_space": sum(money.values(), Decimal())}


def concentrations(tables: Tables) -> Iterator[Row]:
    rules = tables["disclosure_rule"]
    (least,) = (rule["k"] for rule in rules if rule["kind"] == "budget_figures" and rule["level"] == "social_space")
    for agreement in tables["budget_agreement"]:
        if agreement["state"] == "draft":
            continue
        money = list(_money(tables, agreement["id"]).values())
        cases = {
            row["case_id"]
            for row in tables["commitment"]
            if row["agreement_id"] == agreement["id"] and row["case_id"] and row["amount"] > row["released"]
        }
        told = {name: agreement[name] for name in ("id", "authority_id", "social_space_id", "fiscal_year")}
        tells = len(money) >= 3 and (not cases or len(cases) >= least)
        squares = sum(each * each for each in money)
        index = 100 * round(100 * squares / sum(money) ** 2) if tells else None
        yield told | {"concentration": index}
