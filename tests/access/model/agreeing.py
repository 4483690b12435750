"""What an agreement still needs, and who disagrees with it: told from the rows, one by one."""

from decimal import Decimal
from typing import Any

from tests.access.model.county import County, Row
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


def _place(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("authority_id", "social_space_id")}


def _beyond_its_frame(reader: Holder, agreement: Row, agreed: Decimal | int) -> bool:
    year = reader.county.one("frame_year", fiscal_year=agreement["fiscal_year"], holds=True, **_place(agreement))
    return year is not None and agreed > Decimal(year["amount"])


def of_year(county: County, year: Row) -> Row | None:
    """The agreement of a frame's year."""
    return county.one("budget_agreement", fiscal_year=year["fiscal_year"], **_place(year))


def frame_holds(county: County, agreement: Row, year: Row) -> bool:
    return bool(year["holds"]) and of_year(county, year) is not None and of_year(county, year)["id"] == agreement["id"]  # type: ignore[index]


def party_of_frame(reader: Holder, frame: Row) -> bool:
    """To an agreement of one of its years."""
    years = range(frame["first_year"], frame["last_year"] + 1)
    of_space = reader.county.all("budget_agreement", **_place(frame))
    return any(reader.is_party(row["id"]) for row in of_space if row["fiscal_year"] in years)


def relying(reader: Holder, frame: Row) -> bool:
    """On a part of its years."""
    relied = reader.county.all("frame_share", frame_id=frame["id"])
    return any(reader.represents(row["organisation_id"], "provider_manager") for row in relied)


def missing(reader: Holder, agreement: Row) -> list[str]:
    if agreement["state"] != "draft":
        return []
    lines = list(reader.county.all("budget_line", agreement_id=agreement["id"]))
    parties = list(reader.county.all("budget_party", agreement_id=agreement["id"]))
    fails = {
        "amount": not any(Decimal(row["agreed"]) > 0 for row in lines),
        "frame": _beyond_its_frame(reader, agreement, sum(Decimal(row["agreed"]) for row in lines)),
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
