"""Territory is public."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.access.model.access import administers, of_authority
from tests.access.model.county import Row
from tests.access.model.holding import Holder
from tests.access.model.seeing import Deed, Seen, down, down_today, everybody, up


def _as_numbers(told: Any) -> Any:
    """As JSON's readers have them."""
    if isinstance(told, dict):
        return {name: _as_numbers(each) for name, each in told.items()}
    if isinstance(told, list):
        return [_as_numbers(each) for each in told]
    return float(told) if isinstance(told, Decimal) else told


def _approximate(reader: Holder, row: Row) -> bool | None:
    area = next((each for each in reader.county.all("shown_area", social_space_id=row["id"])), None)
    return None if area is None else area["approximate"]


def _source(reader: Holder, row: Row) -> str:
    return f"Ungefähr berechnet aus: {row['source']}" if row["approximate"] else row["source"]


SEEN: Mapping[str, Seen] = {
    "Authority": Seen(
        "authority",
        everybody,
        "id key name kind",
        many={"levels": ("TerritoryLevel", down("authority_id"))},
    ),
    "TerritoryLevel": Seen(
        "territory_level",
        everybody,
        "id authority_id level position name",
        said={"name": lambda reader, row: row["name_de"]},
    ),
    "Region": Seen(
        "region",
        everybody,
        "id authority_id name provisional valid_from valid_to",
        one={"authority": ("Authority", up("authority_id"))},
        many={
            "municipalities": (
                "Municipality",
                lambda county, here, there: here["id"] in county.regions_of(there["id"]),
            ),
            "social_spaces": (
                "SocialSpace",
                lambda county, here, there: here["id"] in county.regions_of_space(there["id"]),
            ),
            "predecessors": ("RegionSuccession", down("successor_id")),
            "successors": ("RegionSuccession", down("predecessor_id")),
        },
    ),
    "RegionChange": Seen(
        "region_change",
        everybody,
        "id authority_id effective_on",
        many={"successions": ("RegionSuccession", down("change_id"))},
    ),
    "RegionSuccession": Seen(
        "region_succession",
        everybody,
        "id change_id predecessor_id successor_id effective_on",
        one={
            "change": ("RegionChange", up("change_id")),
            "predecessor": ("Region", up("predecessor_id")),
            "successor": ("Region", up("successor_id")),
        },
    ),
    "SocialSpace": Seen(
        "social_space",
        everybody,
        "id authority_id name provisional approximate valid_from valid_to",
        said={"approximate": _approximate},
        one={"authority": ("Authority", up("authority_id"))},
        many={
            "shares": ("SocialSpaceShare", down_today("social_space_id")),
            "offices": ("SocialSpaceOffice", down("social_space_id")),
            "teams": ("Team", down_today("social_space_id")),
            "neighbours": ("SocialSpace", lambda county, here, there: county.beside(here["id"], there["id"])),
            "predecessors": ("SocialSpaceSuccession", down("successor_id")),
            "successors": ("SocialSpaceSuccession", down("predecessor_id")),
        },
    ),
    "SocialSpaceChange": Seen(
        "social_space_change",
        everybody,
        "id authority_id kind effective_on",
        many={"successions": ("SocialSpaceSuccession", down("change_id"))},
    ),
    "SocialSpaceSuccession": Seen(
        "social_space_succession",
        everybody,
        "id change_id predecessor_id successor_id effective_on",
        one={
            "change": ("SocialSpaceChange", up("change_id")),
            "predecessor": ("SocialSpace", up("predecessor_id")),
            "successor": ("SocialSpace", up("successor_id")),
        },
    ),
    "RegionMembership": Seen(
        "region_membership",
        everybody,
        "id region_id municipality_id valid_from valid_to",
        one={"region": ("Region", up("region_id")), "municipality": ("Municipality", up("municipality_id"))},
    ),
    "SocialSpaceArea": Seen(
        "shown_area",
        everybody,
        "id on authority_id social_space_id name approximate source geometry valid_from valid_to",
        said={"geometry": lambda reader, row: _as_numbers(row["geometry"]), "source": _source},
        one={"social_space": ("SocialSpace", up("social_space_id"))},
    ),
    # Where a place lies is tested in tests/spaces: nothing leads here without one.
    "LocatedSocialSpace": Seen(
        "shown_area",
        everybody,
        "on social_space_id name approximate certainty source",
        said={"source": _source},
        one={
            "social_space": ("SocialSpace", up("social_space_id")),
            "region": (
                "Region",
                lambda county, here, there: there["id"] in county.regions_of_space(here["social_space_id"]),
            ),
        },
        many={
            "municipalities": (
                "Municipality",
                lambda county, here, there: any(
                    county.holds_today(row)
                    for row in county.all(
                        "social_space_municipality",
                        social_space_id=here["social_space_id"],
                        municipality_id=there["id"],
                    )
                ),
            )
        },
    ),
    "Municipality": Seen(
        "municipality",
        everybody,
        "id authority_id ags ars name kind population population_on longitude latitude region_id",
        said={
            "longitude": lambda reader, row: float(row["longitude"]),
            "latitude": lambda reader, row: float(row["latitude"]),
            "region_id": lambda reader, row: next(iter(reader.county.regions_of(row["id"])), None),
        },
        one={"region": ("Region", lambda county, here, there: there["id"] in county.regions_of(here["id"]))},
        many={"shares": ("SocialSpaceShare", down_today("municipality_id"))},
    ),
    "SocialSpaceShare": Seen(
        "social_space_municipality",
        everybody,
        "id social_space_id municipality_id share valid_from valid_to",
        said={"share": lambda reader, row: str(row["share"])},
        one={
            "social_space": ("SocialSpace", up("social_space_id")),
            "municipality": ("Municipality", up("municipality_id")),
        },
    ),
}


DEEDS: Mapping[str, Deed] = {
    "add_region": Deed("Authority", of_authority),
    "recut_regions": Deed("Authority", of_authority),
    "merge_social_spaces": Deed("Authority", of_authority),
    "split_social_space": Deed("SocialSpace", administers),
}
