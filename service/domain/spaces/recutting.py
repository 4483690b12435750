"""Regions merge, split, or move the borders between them: from a day on, whole or not at all (docs/decisions/0017)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import col, select

from service.domain.access.model import Authority
from service.domain.act import Act, Command, operation
from service.domain.errors import DomainError, InvalidInput
from service.domain.spaces import policy
from service.domain.spaces.changing import MOST, ChangesLater, not_there, require_known, require_no_past, still
from service.domain.spaces.model import Region, RegionChange, RegionMembership, RegionSuccession
from service.domain.spaces.views import RegionChangeView
from service.domain.values import ClientId, Day, Line


@dataclass(eq=False)
class RegionNotThere(DomainError):
    code, title = "region-not-there", "The region is not there on that day: not yet, or no longer."
    advice = "`region_ids` names it. Its successors say what became of it; choose one of them, or another day."
    region_ids: list[str]


class RegionToBe(BaseModel):
    """A region as it is to be, with all its municipalities."""

    model_config = ConfigDict(extra="forbid")

    id: UUID = Field(description="One of them, which goes on; or your own UUIDv7 for one that begins.")
    name: Line | None = Field(None, description="Of a region that begins; null for one that goes on.")
    municipality_ids: list[UUID] = Field(min_length=1, max_length=MOST, description="All that belong to it then.")


class RecutRegions(Command):
    """Several regions become one, one becomes several, or the borders between them move."""

    id: ClientId
    authority_id: UUID
    region_ids: list[UUID] = Field(min_length=1, max_length=MOST, description="Those that are cut anew.")
    into: list[RegionToBe] = Field(min_length=1, max_length=MOST, description="What comes of them.")
    effective_on: Day


@operation(policy.RECUT_REGIONS, within=Authority, answers=RegionChangeView, raises=(RegionNotThere, ChangesLater))
async def recut_regions(act: Act, command: RecutRegions) -> RegionChange:
    """Cut regions anew, from a day on: their municipalities are shared out among those that come of it. What a region
    was stays with it: its dialogues, grants and figures. One that begins needs grants of its own."""
    authority, on = await act.load(Authority, command.authority_id), command.effective_on
    require_no_past(act, on, "effective_on")
    regions = await _regions(act, authority.id, command.region_ids)
    require_region_there(regions, on)
    belongs = await _memberships(act, regions, on)
    _require_nothing_later(regions, belongs.values(), on)
    _check(command, set(belongs))

    scope: dict[str, Any] = {"authority_id": authority.id}
    change = act.add(RegionChange(id=command.id, effective_on=on, **scope))
    known, coming = {region.id for region in regions}, {new.id for new in command.into}
    provisional = any(region.provisional for region in regions)
    for new in command.into:
        if new.id not in known:
            act.add(Region(id=new.id, name=new.name or "", provisional=provisional, valid_from=on, **scope))
    for region in regions:
        if region.id not in coming:
            act.change(region, valid_to=on)
    moves = [
        (belongs[municipality], new.id)
        for new in command.into
        for municipality in sorted(new.municipality_ids)
        if belongs[municipality].region_id != new.id
    ]
    if not moves:
        raise InvalidInput(errors=[{"pointer": "#/into", "detail": "leaves every municipality where it is"}])
    for membership, _ in moves:
        act.change(membership, valid_to=on)
    await act.session.flush()
    for membership, home in moves:
        ids: dict[str, Any] = {"region_id": home, "municipality_id": membership.municipality_id}
        act.add(RegionMembership(valid_from=on, **ids, **scope))
    for before, after in sorted({(membership.region_id, home) for membership, home in moves}):
        went: dict[str, Any] = {"change_id": change.id, "predecessor_id": before, "successor_id": after}
        act.add(RegionSuccession(effective_on=on, **went, **scope))
    return change


def require_region_there(regions: Iterable[Region], on: date) -> None:
    """Nothing begins in a region that is not there."""
    if missing := not_there(regions, on):
        raise RegionNotThere(region_ids=missing)


async def _regions(act: Act, authority_id: UUID, wanted: Sequence[UUID]) -> Sequence[Region]:
    query = select(Region).where(Region.authority_id == authority_id, col(Region.id).in_(wanted))
    locked = query.order_by(col(Region.id)).with_for_update(key_share=True)
    regions = (await act.session.exec(locked.execution_options(populate_existing=True))).all()
    require_known("region", wanted, [each.id for each in regions], "region_ids")
    return regions


async def _memberships(act: Act, regions: Iterable[Region], on: date) -> dict[UUID, RegionMembership]:
    """By municipality: those of that day or later."""
    days = RegionMembership.__table__  # type: ignore[attr-defined]
    query = select(RegionMembership).where(
        col(RegionMembership.region_id).in_([each.id for each in regions]), still(days.c, on)
    )
    found = (await act.session.exec(query.order_by(col(RegionMembership.id)).with_for_update())).all()
    return {each.municipality_id: each for each in found}


def _require_nothing_later(regions: Iterable[Region], memberships: Iterable[RegionMembership], on: date) -> None:
    """History is written forwards."""
    dated = [(each.id, each) for each in regions] + [(each.municipality_id, each) for each in memberships]
    later = [str(id) for id, each in dated if each.valid_from >= on or each.valid_to is not None]
    if later:
        raise ChangesLater(ids=sorted(later))


def _check(command: RecutRegions, covered: set[UUID]) -> None:
    """What comes of them is named once, has what it needs, and covers what they covered: nothing more, nothing less."""
    errors, named = [], Counter(new.id for new in command.into)
    for place, new in enumerate(command.into):
        goes_on, pointer = new.id in command.region_ids, f"#/into/{place}"
        if named[new.id] > 1:
            errors.append({"pointer": f"{pointer}/id", "detail": "is named twice"})
        if not goes_on and new.id.version != 7:
            errors.append({"pointer": f"{pointer}/id", "detail": "use one of them, or a UUID of version 7 (RFC 9562)"})
        if goes_on == (new.name is not None):
            detail = "keeps its name, since it goes on" if goes_on else "is needed for a region that begins"
            errors.append({"pointer": f"{pointer}/name", "detail": detail})
    given = Counter(each for new in command.into for each in new.municipality_ids)
    for municipality in sorted({*covered, *given}):
        if given[municipality] > 1:
            errors.append({"pointer": "#/into", "detail": f"{municipality} is named more than once"})
        elif municipality not in covered:
            errors.append({"pointer": "#/into", "detail": f"{municipality} belongs to none of them"})
        elif not given[municipality]:
            errors.append({"pointer": "#/into", "detail": f"{municipality} would belong to none of them any longer"})
    if errors:
        raise InvalidInput(errors=errors)
