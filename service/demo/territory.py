"""Landkreis München. Names, keys, populations and centre points are official; regions and social spaces are invented.

© GeoBasis-DE / BKG, Statistisches Bundesamt (Destatis), modified. Licence: Data licence Germany, attribution,
version 2.0 (dl-de/by-2-0, https://www.govdata.de/dl-de/by-2-0). Populations as of 31 December 2018."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import SQLModel

from service.demo.identity import FIRST_DAY, demo_id
from service.domain.access.model import Authority, AuthorityKind
from service.domain.spaces.levels import usual_levels
from service.domain.spaces.model import (
    ChangeKind,
    Municipality,
    MunicipalityKind,
    Region,
    RegionChange,
    RegionMembership,
    RegionSuccession,
    SocialSpace,
    SocialSpaceChange,
    SocialSpaceMunicipality,
    SocialSpaceSuccession,
)

CREDIT = "© GeoBasis-DE / BKG, Statistisches Bundesamt (Destatis), modified; dl-de/by-2-0"
AUTHORITY_KEY, OTHER_AUTHORITY_KEY = "landkreis-muenchen", "stadt-musterstadt"
AUTHORITY = demo_id("authority", AUTHORITY_KEY)
OTHER_AUTHORITY = demo_id("authority", OTHER_AUTHORITY_KEY)
COUNTED_ON = date(2018, 12, 31)
WHOLE = Decimal(1)
HALF = Decimal("0.5")


class Place(NamedTuple):
    ags: str
    ars: str
    name: str
    population: int
    longitude: str
    latitude: str
    kind: MunicipalityKind = MunicipalityKind.MUNICIPALITY


TOWN = MunicipalityKind.TOWN
MUNICIPALITIES = (
    Place("09184112", "091840112112", "Aschheim", 9198, "11.716810", "48.171014"),
    Place("09184113", "091840113113", "Baierbrunn", 3264, "11.486944", "48.019582"),
    Place("09184114", "091840114114", "Brunnthal", 5546, "11.684307", "48.006711"),
    Place("09184118", "091840118118", "Feldkirchen", 7526, "11.729618", "48.147036"),
    Place("09184119", "091840119119", "Garching b. München", 17711, "11.651880", "48.249173", TOWN),
    Place("09184120", "091840120120", "Gräfelfing", 13939, "11.431034", "48.117816"),
    Place("09184121", "091840121121", "Grasbrunn", 6904, "11.743559", "48.079074"),
    Place("09184122", "091840122122", "Grünwald", 11139, "11.522716", "48.039574"),
    Place("09184123", "091840123123", "Haar", 21185, "11.728428", "48.109938"),
    Place("09184127", "091840127127", "Höhenkirchen-Siegertsbrunn", 10872, "11.712037", "48.019420"),
    Place("09184129", "091840129129", "Hohenbrunn", 8823, "11.702249", "48.048186"),
    Place("09184130", "091840130130", "Ismaning", 17120, "11.670834", "48.225107"),
    Place("09184131", "091840131131", "Kirchheim b. München", 12806, "11.755421", "48.176569"),
    Place("09184132", "091840132132", "Neuried", 8643, "11.465823", "48.093116"),
    Place("09184134", "091840134134", "Oberhaching", 13657, "11.589825", "48.026481"),
    Place("09184135", "091840135135", "Oberschleißheim", 11810, "11.551194", "48.250998"),
    Place("09184136", "091840136136", "Ottobrunn", 21542, "11.660837", "48.065189"),
    Place("09184137", "091840137137", "Aying", 5381, "11.777479", "47.970734"),
    Place("09184138", "091840138138", "Planegg", 11126, "11.424579", "48.105815"),
    Place("09184139", "091840139139", "Pullach i. Isartal", 8983, "11.522441", "48.057124"),
    Place("09184140", "091840140140", "Putzbrunn", 6687, "11.715844", "48.075393"),
    Place("09184141", "091840141141", "Sauerlach", 8194, "11.653905", "47.971744"),
    Place("09184142", "091840142142", "Schäftlarn", 5853, "11.458206", "47.989964"),
    Place("09184144", "091840144144", "Straßlach-Dingharting", 3206, "11.514198", "48.004832"),
    Place("09184145", "091840145145", "Taufkirchen", 18035, "11.622057", "48.042092"),
    Place("09184146", "091840146146", "Neubiberg", 14538, "11.677118", "48.074726"),
    Place("09184147", "091840147147", "Unterföhring", 11296, "11.640513", "48.192162"),
    Place("09184148", "091840148148", "Unterhaching", 24980, "11.617404", "48.065859"),
    Place("09184149", "091840149149", "Unterschleißheim", 28907, "11.577905", "48.277306", TOWN),
)

# Which municipality belongs to which of the six regions is not public: this partition is made up for the demo.
REGIONS = {
    "Nord": ("Garching b. München", "Ismaning", "Oberschleißheim", "Unterschleißheim", "Unterföhring"),
    "Ost": ("Aschheim", "Feldkirchen", "Kirchheim b. München", "Haar", "Grasbrunn"),
    "Südost": ("Putzbrunn", "Höhenkirchen-Siegertsbrunn", "Brunnthal", "Aying", "Sauerlach"),
    "Hachinger Tal": ("Unterhaching", "Taufkirchen", "Oberhaching", "Ottobrunn", "Neubiberg", "Hohenbrunn"),
    "Isartal": ("Grünwald", "Pullach i. Isartal", "Baierbrunn", "Schäftlarn", "Straßlach-Dingharting"),
    "Würmtal": ("Gräfelfing", "Planegg", "Neuried"),
}

# A social space is not a municipality: one covers three of them, and one town has two.
_OTHERWISE_DIVIDED = {
    "Isartal Süd": {"Baierbrunn": WHOLE, "Schäftlarn": WHOLE, "Straßlach-Dingharting": WHOLE},
    "Unterschleißheim Nord": {"Unterschleißheim": HALF},
    "Unterschleißheim Süd": {"Unterschleißheim": HALF},
}
_DIVIDED = {name for shares in _OTHERWISE_DIVIDED.values() for name in shares}
SOCIAL_SPACES = {
    **{place.name: {place.name: WHOLE} for place in MUNICIPALITIES if place.name not in _DIVIDED},
    **_OTHERWISE_DIVIDED,
}


# Until it was split, the town with two of them was one.
FORMER, BEFORE = "Unterschleißheim", FIRST_DAY.replace(year=FIRST_DAY.year - 1)
PARTS = ("Unterschleißheim Nord", "Unterschleißheim Süd")
# And two municipalities were a region of their own.
FORMER_REGION, FORMER_MEMBERS = "Hachinger Land", ("Neubiberg", "Hohenbrunn")


def region_id(name: str) -> UUID:
    return demo_id("region", name)


def municipality_id(name: str) -> UUID:
    return demo_id("municipality", name)


def space_id(name: str) -> UUID:
    return demo_id("social_space", name)


def spaces_of(region: str) -> list[str]:
    return [name for name, shares in SOCIAL_SPACES.items() if not shares.keys().isdisjoint(REGIONS[region])]


def territory() -> Iterator[SQLModel]:
    yield Authority(id=AUTHORITY, key=AUTHORITY_KEY, name="Landkreis München", kind=AuthorityKind.DISTRICT_COUNTY.value)
    yield Authority(
        id=OTHER_AUTHORITY, key=OTHER_AUTHORITY_KEY, name="Stadt Musterstadt", kind=AuthorityKind.CITY.value
    )
    yield from usual_levels(AUTHORITY, AuthorityKind.DISTRICT_COUNTY)
    yield from usual_levels(OTHER_AUTHORITY, AuthorityKind.CITY)
    for place in MUNICIPALITIES:
        yield _municipality(place)
    for name, members in REGIONS.items():
        yield Region(id=region_id(name), authority_id=AUTHORITY, name=name, provisional=True, valid_from=FIRST_DAY)
        for member in members:
            yield RegionMembership(
                id=demo_id("region_membership", name, member),
                authority_id=AUTHORITY,
                region_id=region_id(name),
                municipality_id=municipality_id(member),
                valid_from=FIRST_DAY,
            )
    for name, shares in SOCIAL_SPACES.items():
        yield SocialSpace(id=space_id(name), authority_id=AUTHORITY, name=name, provisional=True, valid_from=FIRST_DAY)
        for covered, share in shares.items():
            yield SocialSpaceMunicipality(
                id=demo_id("social_space_municipality", name, covered),
                authority_id=AUTHORITY,
                social_space_id=space_id(name),
                municipality_id=municipality_id(covered),
                share=share,
                valid_from=FIRST_DAY,
            )


def past() -> Iterator[SQLModel]:
    """What became of a social space that is no longer there."""
    scope: dict[str, Any] = {"authority_id": AUTHORITY}
    change = demo_id("social_space_change", FORMER)
    days: dict[str, Any] = {"valid_from": BEFORE, "valid_to": FIRST_DAY}
    yield SocialSpace(id=space_id(FORMER), name=FORMER, provisional=True, **days, **scope)
    yield SocialSpaceMunicipality(
        id=demo_id("social_space_municipality", FORMER, FORMER),
        social_space_id=space_id(FORMER),
        municipality_id=municipality_id(FORMER),
        **days,
        **scope,
    )
    yield SocialSpaceChange(id=change, kind=ChangeKind.SPLIT.value, effective_on=FIRST_DAY, **scope)
    for part in PARTS:
        yield SocialSpaceSuccession(
            id=demo_id("social_space_succession", FORMER, part),
            change_id=change,
            predecessor_id=space_id(FORMER),
            successor_id=space_id(part),
            effective_on=FIRST_DAY,
            **scope,
        )
    yield from _former_region(days)


def _former_region(days: dict[str, Any]) -> Iterator[SQLModel]:
    scope: dict[str, Any] = {"authority_id": AUTHORITY}
    change = demo_id("region_change", FORMER_REGION)
    yield Region(id=region_id(FORMER_REGION), name=FORMER_REGION, provisional=True, **days, **scope)
    for member in FORMER_MEMBERS:
        yield RegionMembership(
            id=demo_id("region_membership", FORMER_REGION, member),
            region_id=region_id(FORMER_REGION),
            municipality_id=municipality_id(member),
            **days,
            **scope,
        )
    yield RegionChange(id=change, effective_on=FIRST_DAY, **scope)
    yield RegionSuccession(
        id=demo_id("region_succession", FORMER_REGION),
        change_id=change,
        predecessor_id=region_id(FORMER_REGION),
        successor_id=region_id("Hachinger Tal"),
        effective_on=FIRST_DAY,
        **scope,
    )


def _municipality(place: Place) -> Municipality:
    return Municipality(
        id=municipality_id(place.name),
        authority_id=AUTHORITY,
        ags=place.ags,
        ars=place.ars,
        name=place.name,
        kind=place.kind.value,
        population=place.population,
        population_on=COUNTED_ON,
        longitude=Decimal(place.longitude),
        latitude=Decimal(place.latitude),
    )
