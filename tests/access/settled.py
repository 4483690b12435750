"""What settlements, forecasts and advances are made of, by brute force over all rows."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]
Tables = Mapping[str, list[Row]]
Part = tuple[str, str, str, Any]  # figure, what it is made of, the row, amount


def worked_parts(tables: Tables) -> Iterator[Row]:
    for worked, parts_of in (("settlement", _of_settlement), ("forecast_line", _of_forecast), ("tranche", _of_tranche)):
        for row in tables[worked]:
            for figure, made_of, part_id, amount in parts_of(tables, row):
                if Decimal(amount):
                    of = {name: row[name] for name in ("authority_id", "agreement_id", "social_space_id")}
                    of |= {"worked": worked, "worked_id": row["id"], "figure": figure, "made_of": made_of}
                    key = f"{row['id']}:{figure}:{made_of}:{part_id}"
                    yield of | {"key": key, "part_id": part_id, "amount": Decimal(amount)}


def _of_settlement(tables: Tables, row: Row) -> Iterator[Part]:
    if row["state"] == "reworked":
        return
    for line in tables["settlement_line"]:
        if line["settlement_id"] == row["id"]:
            left = Decimal(line["approved"]) + Decimal(line["covered"]) - Decimal(line["booked"])
            yield "approved", "settlement_line", line["id"], line["approved"]
            yield "booked", "settlement_line", line["id"], line["booked"]
            yield ("underspent" if left > 0 else "overspent"), "settlement_line", line["id"], abs(left)
    for tranche in tables["tranche"]:
        if tranche["agreement_id"] == row["agreement_id"] and tranche["state"] in ("released", "paid"):
            yield "advanced", "tranche", tranche["id"], tranche["amount"]
    for each in tables["allocation"]:
        if (each["agreement_id"], each["kind"], each["state"]) == (row["agreement_id"], "carry_in", "released"):
            yield "carried_in", "allocation", each["id"], each["amount"]
    shared = Decimal()
    for band in tables["compensation"]:
        if band["settlement_id"] == row["id"]:
            over = band["direction"] == "overspend"
            sign = 1 if over else -1
            shared += Decimal(band["amount"]) if over else 0
            for figure, amount in (
                ("agency", Decimal(band["agency"])),
                ("network", Decimal(band["network"])),
                ("carried", -Decimal(band["carry"])),
            ):
                yield figure, "compensation", band["id"], sign * amount
    yield "agency", "outside", row["id"], Decimal(row["overspent"]) - shared
    for name in ("booked", "carried"):
        yield "payment", name, row["id"], row[name]
    for name in ("outside", "advanced", "carried_in", "network"):
        yield "payment", name, row["id"], -Decimal(row[name])


def _of_forecast(tables: Tables, row: Row) -> Iterator[Part]:
    for name in ("reserved", "committed", "booked", "foreseen", "going_on", "expected_new", "running"):
        yield "forecast", name, row["id"], row[name]


def _of_tranche(tables: Tables, row: Row) -> Iterator[Part]:
    for share in tables["tranche_share"]:
        if share["tranche_id"] == row["id"]:
            yield "amount", "tranche_share", share["id"], share["amount"]
