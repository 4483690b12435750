"""A past in the county of the access tests: two old social spaces became one, and that was split. One of them still has
an open case, which the managers of its region see as before."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from service.demo import HACHINGER_TAL, demo_id
from service.demo.identity import FIRST_DAY
from service.demo.territory import AUTHORITY, COUNTED_ON
from service.domain.cases.model import Case
from service.domain.spaces.model import (
    Municipality,
    Region,
    RegionChange,
    RegionMembership,
    RegionSuccession,
    SocialSpace,
    SocialSpaceChange,
    SocialSpaceMunicipality,
    SocialSpaceSuccession,
)

MERGED_ON, SPLIT_ON = date(2025, 7, 1), date(2026, 1, 1)
LIVES: dict[str, tuple[date, date | None, str]] = {  # from, until, and how much of the old town
    "Altort Nord": (FIRST_DAY, MERGED_ON, "0.5"),
    "Altort Süd": (FIRST_DAY, MERGED_ON, "0.5"),
    "Altort": (MERGED_ON, SPLIT_ON, "1"),
    "Neuort West": (SPLIT_ON, None, "0.4"),
    "Neuort Ost": (SPLIT_ON, None, "0.6"),
}
CHANGES = (
    ("merge", MERGED_ON, ("Altort Nord", "Altort Süd"), ("Altort",)),
    ("split", SPLIT_ON, ("Altort",), ("Neuort West", "Neuort Ost")),
)


def past() -> Iterator[SQLModel]:
    scope: dict[str, Any] = {"authority_id": AUTHORITY}
    town = demo_id("municipality", "Altort")
    yield Municipality(
        id=town,
        ags="00000000",
        ars="000000000000",
        name="Altort",
        kind="municipality",
        population=1,
        population_on=COUNTED_ON,
        longitude=Decimal(11),
        latitude=Decimal(48),
        **scope,
    )
    for name, (begins, ends, share) in LIVES.items():
        days: dict[str, Any] = {"valid_from": begins, "valid_to": ends}
        yield SocialSpace(id=_space(name), name=name, **days, **scope)
        yield SocialSpaceMunicipality(
            id=demo_id("social_space_municipality", name),
            social_space_id=_space(name),
            municipality_id=town,
            share=Decimal(share),
            **days,
            **scope,
        )
    for kind, on, before, after in CHANGES:
        change = demo_id("social_space_change", str(on))
        yield SocialSpaceChange(id=change, kind=kind, effective_on=on, **scope)
        for old, new in ((old, new) for old in before for new in after):
            yield SocialSpaceSuccession(
                id=demo_id("social_space_succession", old, new),
                change_id=change,
                predecessor_id=_space(old),
                successor_id=_space(new),
                effective_on=on,
                **scope,
            )
    yield from _old_region(town)
    yield Case(
        id=demo_id("case", "Altort"),
        social_space_id=_space("Altort Nord"),
        pseudonym="ALTORT22",
        state="counselling",
        field_of_action="youth_welfare",
        opened_on=FIRST_DAY,
        title="Vorher",
        **scope,
    )


def _old_region(town: UUID) -> Iterator[SQLModel]:
    """The town belonged to a region of its own, until that became a part of another."""
    scope: dict[str, Any] = {"authority_id": AUTHORITY}
    old, change = demo_id("region", "Altland"), demo_id("region_change", "Altland")
    yield Region(id=old, name="Altland", valid_from=FIRST_DAY, valid_to=MERGED_ON, **scope)
    for home, begins, ends in ((old, FIRST_DAY, MERGED_ON), (HACHINGER_TAL, MERGED_ON, None)):
        yield RegionMembership(
            id=demo_id("region_membership", "Altort", str(begins)),
            region_id=home,
            municipality_id=town,
            valid_from=begins,
            valid_to=ends,
            **scope,
        )
    yield RegionChange(id=change, effective_on=MERGED_ON, **scope)
    yield RegionSuccession(
        id=demo_id("region_succession", "Altland"),
        change_id=change,
        predecessor_id=old,
        successor_id=HACHINGER_TAL,
        effective_on=MERGED_ON,
        **scope,
    )


def _space(name: str) -> UUID:
    return demo_id("social_space", name)
