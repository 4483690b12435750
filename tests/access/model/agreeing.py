"""What an agreement still needs, and who disagrees with it: told from the rows, one by one."""

from decimal import Decimal
from typing import Any

from tests.access.model.county import Row
from tests.access.model.holding import Holder

VOICES = ("agency", "network", "funding", "cooperation")


def _newest(reader: Holder, agreement: Row, voice: str) -> Any:
    """What was last said in a function of the terms as they stand."""
    of_it = {"agreement_id": agreement["id"], "terms": agreement["terms"], "voice": voice}
    said = sorted(reader.county.all("agreement_position", **of_it), key=lambda row: (row["taken_at"], row["id"]))
    return said[-1]["stance"] if said else None


def disagreeing(reader: Holder, agreement: Row) -> list[str]:
    return [voice for voice in VOICES if _newest(reader, agreement, voice) == "disagreement"]


def _shares_fit(reader: Holder, agreement: Row, parties: list[Row]) -> bool:
    shares = list(reader.county.all("network_share", agreement_id=agreement["id"]))
    if not shares:
        return sum(Decimal(row["share"]) for row in parties) == 100
    newest = max(row["number"] for row in shares)
    named = {row["organisation_id"] for row in shares if row["number"] == newest}
    return {row["organisation_id"] for row in parties} <= named


def missing(reader: Holder, agreement: Row) -> list[str]:
    if agreement["state"] != "draft":
        return []
    lines = reader.county.all("budget_line", agreement_id=agreement["id"])
    parties = list(reader.county.all("budget_party", agreement_id=agreement["id"]))
    fails = {
        "amount": not any(Decimal(row["agreed"]) > 0 for row in lines),
        "agency_agrees": _newest(reader, agreement, "agency") == "disagreement",
    }
    if parties:
        fails |= {
            "legal_basis": not agreement["legal_basis"],
            "shares": not _shares_fit(reader, agreement, parties),
            "lead": len(parties) > 1 and not any(row["lead"] for row in parties),
            "network_approval": _newest(reader, agreement, "network") != "approval",
            "funding": _newest(reader, agreement, "funding") != "approval",
            "cooperation": agreement["social_space_id"] is not None
            and _newest(reader, agreement, "cooperation") != "approval",
        }
    return [item for item, failing in fails.items() if failing]
