"""Regions are founded, where the authority plans in regions."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select

from service.domain.access.model import Authority
from service.domain.act import Act, Command, operation
from service.domain.errors import DomainError
from service.domain.spaces import policy
from service.domain.spaces.changing import MOST, ChangesLater, require_known, require_no_past, still
from service.domain.spaces.model import Level, Municipality, Region, RegionMembership, TerritoryLevel
from service.domain.spaces.views import RegionView
from service.domain.values import ClientId, Day, Line


@dataclass(eq=False)
class LevelNotPlanned(DomainError):
    code, title = "level-not-planned", "This authority does not plan in this level."
    advice = "GET /v1/territory-levels says in which levels it does."
    level: str


class AddRegion(Command):
    """A region, and the municipalities that belong to it from its first day on."""

    id: ClientId
    authority_id: UUID
    name: Line
    valid_from: Day | None = Field(None, description="Its first day; today, if left out.")
    municipality_ids: list[UUID] = Field(
        default_factory=list, max_length=MOST, description="They leave the region they were in."
    )


@operation(policy.ADD_REGION, within=Authority, answers=RegionView, raises=(LevelNotPlanned, ChangesLater))
async def add_region(act: Act, command: AddRegion) -> Region:
    """Add a region, where the authority plans in regions."""
    authority = await act.load(Authority, command.authority_id)
    planned = select(TerritoryLevel.id).where(
        TerritoryLevel.authority_id == authority.id, TerritoryLevel.level == Level.REGION.value
    )
    if (await act.session.exec(planned)).first() is None:
        raise LevelNotPlanned(level=Level.REGION.value)
    begins, wanted = command.valid_from or act.today, set(command.municipality_ids)
    require_no_past(act, begins, "valid_from")
    known = select(Municipality.id).where(Municipality.authority_id == authority.id, col(Municipality.id).in_(wanted))
    require_known("municipality", command.municipality_ids, (await act.session.exec(known)).all())
    memberships = (
        select(RegionMembership)
        .where(col(RegionMembership.municipality_id).in_(wanted), still(RegionMembership.__table__.c, begins))  # type: ignore[attr-defined]
        .order_by(col(RegionMembership.id))
        .with_for_update()
    )
    for each in (await act.session.exec(memberships)).all():
        if each.valid_from >= begins or each.valid_to is not None:
            raise ChangesLater(ids=[str(each.municipality_id)])
        act.change(each, valid_to=begins)
    region = act.add(Region(id=command.id, authority_id=authority.id, name=command.name, valid_from=begins))
    await act.session.flush()
    for municipality_id in sorted(wanted):
        act.add(
            RegionMembership(
                authority_id=authority.id, region_id=region.id, municipality_id=municipality_id, valid_from=begins
            )
        )
    return region
