"""The figures as the rules have them, in plain Python: what postings and territory make of every cell, today."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]


def figures(tables: Tables, today: str) -> list[Row]:
    """The rows of `budget_figure` for one day."""
    accounts = {row["id"]: row for row in tables["ledger_account"]}
    held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for posting in tables["posting"]:
        if posting["value_on"] <= today:
            for side, sign in (("to_account_id", 1), ("from_account_id", -1)):
                account = accounts[posting[side]]
                held[account["line_id"], account["kind"]] += sign * Decimal(posting["amount"])
    agreements = {row["id"]: row for row in tables["budget_agreement"]}
    found: dict[str, dict[str, Any]] = {}
    for line in tables["budget_line"]:
        agreement = agreements[line["agreement_id"]]
        for place in _places(tables, agreement, today):
            for kind in (line["kind"], "total"):
                key = ":".join((place["level"], place["at"], str(agreement["fiscal_year"]), kind))
                cell = found.setdefault(key, _empty(key, place, agreement, kind, today))
                for name in ("free", "reserved", "committed", "booked"):
                    cell[name] += held[line["id"], name]
                    cell["approved"] += held[line["id"], name]
    return list(found.values())


def _empty(key: str, place: Mapping[str, Any], agreement: Row, line: str, today: str) -> dict[str, Any]:
    names = ("approved", "reserved", "committed", "booked", "free")
    said = {"key": key, "as_of": today, "fiscal_year": agreement["fiscal_year"], "line": line}
    scope = {"authority_id": agreement["authority_id"], "agreement_id": None, "social_space_id": None}
    return {**scope, "region_id": None, **place, **said, **dict.fromkeys(names, Decimal())}


def _places(tables: Tables, agreement: Row, today: str) -> Iterator[dict[str, Any]]:
    space = agreement["social_space_id"]
    yield {
        **{"level": "social_space", "at": space or agreement["authority_id"], "social_space_id": space},
        "agreement_id": agreement["id"],
    }
    yield {"level": "county", "at": agreement["authority_id"]}
    shares: dict[str, Decimal] = defaultdict(Decimal)
    for share in tables["social_space_municipality"]:
        if share["social_space_id"] == space and _holds(share, today):
            for membership in tables["region_membership"]:
                if membership["municipality_id"] == share["municipality_id"] and _holds(membership, today):
                    shares[membership["region_id"]] += Decimal(share["share"])
    if shares:
        region = min(shares, key=lambda each: (-shares[each], each))
        yield {"level": "region", "at": region, "region_id": region}


def _holds(row: Row, today: str) -> bool:
    return bool(row["valid_from"] <= today and (row["valid_to"] is None or row["valid_to"] > today))


def shown(tables: Tables) -> list[Row]:
    """The rows of `shown_figure` that a list has: of each month the newest release."""
    releases = {row["id"]: row for row in tables["figure_release"]}
    newest: dict[tuple[str, str], Row] = {}
    for row in sorted(releases.values(), key=lambda row: row["number"]):
        newest[row["authority_id"], row["as_of"]] = row
    chosen = {row["id"] for row in newest.values()}
    return [
        {**row, **{name: releases[row["release_id"]][name] for name in ("as_of", "number")}}
        for row in tables["released_figure"]
        if row["release_id"] in chosen
    ]


def amounts(tables: Tables) -> list[Row]:
    """The rows of `released_amount` that a list has: those of `shown_figure`, an amount in each."""
    phases = {"proposed": "proposed", "approved": "agreed", "adjusted": "approved", "executed": "booked"}
    return [
        {
            **row,
            **{"key": f"{row['key']}:{phase}", "phase": phase, "amount": row[name]},
            "suppressed": row["suppressed"] if phase == "executed" else None,
        }
        for row in shown(tables)
        for phase, name in phases.items()
        if row[name] is not None or phase == "executed"
    ]


def parts(tables: Tables, today: str) -> list[Row]:
    """The rows of `figure_part` that a list has where nothing is said: of what is booked in the whole authority."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in postings(tables, today):
        part = found.setdefault((row["line_id"], row["value_on"]), {**row, "amount": Decimal()})
        part["amount"] += row["amount"]
    return [row for row in found.values() if row["amount"]]


def postings(tables: Tables, today: str) -> list[Row]:
    """The same of `figure_posting`."""
    accounts = {row["id"]: row for row in tables["ledger_account"]}
    agreements = {row["id"]: row for row in tables["budget_agreement"]}
    lines = {row["id"]: row for row in tables["budget_line"]}
    spent = {row["id"]: row for table in ("commitment", "booking") for row in tables[table]}
    bookings = {row["id"] for row in tables["booking"]}
    found = list[Row]()
    for posting in tables["posting"]:
        for side, sign in (("to_account_id", 1), ("from_account_id", -1)):
            account, subject = accounts[posting[side]], spent.get(posting["subject_id"])
            if account["kind"] != "booked" or posting["value_on"] > today:
                continue
            agreement = agreements[account["agreement_id"]]
            of = {name: agreement[name] for name in ("authority_id", "social_space_id", "fiscal_year")}
            is_booking = posting["subject_id"] in bookings
            found.append(
                {
                    **of,
                    "figure_key": f"county:{agreement['authority_id']}:{agreement['fiscal_year']}:total",
                    **{"figure": "booked", "level": "county", "line": "total", "as_of": today, "release_id": None},
                    "agreement_id": agreement["id"],
                    "line_id": account["line_id"],
                    "of_line": lines[account["line_id"]]["kind"],
                    "posting_id": posting["id"],
                    **{name: posting[name] for name in ("kind", "value_on", "subject_id")},
                    "amount": sign * Decimal(posting["amount"]),
                    "commitment_id": posting["subject_id"] if subject and not is_booking else None,
                    "booking_id": posting["subject_id"] if is_booking else None,
                    "organisation_id": subject["organisation_id"] if subject else None,
                    "case_id": subject["case_id"] if subject else None,
                }
            )
    return found
