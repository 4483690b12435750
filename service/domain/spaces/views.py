"""Territory as everybody may see it, without login."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.access.model import Authority, AuthorityKind
from service.domain.policy import EVERYONE, Reader, Row
from service.domain.spaces.areas import SocialSpaceArea
from service.domain.spaces.model import (
    ChangeKind,
    Level,
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
    TerritoryLevel,
)
from service.domain.views import Default, Holds, Many, One, Record, Sql, link, view

shares: Any = SocialSpaceMunicipality.__table__  # type: ignore[attr-defined]
memberships: Any = RegionMembership.__table__  # type: ignore[attr-defined]
areas: Any = SocialSpaceArea.__table__  # type: ignore[attr-defined]


FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)  # of the table of all days


def outside_of_days(day: date, today: date) -> str | None:
    return None if FIRST_DAY <= day <= LAST_DAY else f"must be from {FIRST_DAY} to {LAST_DAY}"


def valid_on(day: sa.ColumnElement[Any], row: Any) -> sa.ColumnElement[bool]:
    return sa.and_(row.valid_from <= day, sa.or_(row.valid_to.is_(None), row.valid_to > day))


# A list of what is dated answers for one day. A row that is asked for by its id is told whenever it was valid.
VALID_ON = {
    "on": Default(
        "today",
        lambda today: today,
        unless=("id",),
        wrong=outside_of_days,
        holds=Holds("Valid on that day", sa.Date(), lambda row, day: valid_on(day, row)),
    )
}


def today_holds(row: Any, reader: Reader) -> sa.ColumnElement[bool]:
    return valid_on(reader.today, row)


def _region_of(municipality: Row, reader: Reader) -> sa.ColumnElement[Any]:
    row = memberships.alias()
    query = sa.select(row.c.region_id).where(row.c.municipality_id == municipality.id, today_holds(row.c, reader))
    return query.correlate_except(row).scalar_subquery()


def _approximate(space: Row, reader: Reader) -> sa.ColumnElement[Any]:
    row = areas.alias()
    query = sa.select(row.c.approximate).where(row.c.social_space_id == space.id, today_holds(row.c, reader))
    return query.correlate_except(row).scalar_subquery()


def exists(row: Any, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.select(sa.literal_column("1")).where(*conditions).correlate_except(row).exists()


def _in_region(there: Row, here: Row, reader: Reader) -> sa.ColumnElement[bool]:
    row = memberships.alias()
    named = sa.and_(row.c.municipality_id == there.id, row.c.region_id == here.id)
    return exists(row, named, today_holds(row.c, reader))


def _space_in_region(there: Row, here: Row, reader: Reader) -> sa.ColumnElement[bool]:
    share, row = shares.alias(), memberships.alias()
    both = share.join(row, row.c.municipality_id == share.c.municipality_id)
    named = sa.and_(share.c.social_space_id == there.id, row.c.region_id == here.id)
    query: Any = sa.select(sa.literal_column("1")).select_from(both)
    query = query.where(named, today_holds(share.c, reader), today_holds(row.c, reader))
    exists: sa.ColumnElement[bool] = query.correlate_except(share, row).exists()
    return exists


@view(Authority, EVERYONE, plural="authorities", orders=("name",), filters=("key",))
class AuthorityView(Record):
    """A county or city that works with this service."""

    id: UUID
    key: str = Field(description="Stable short name, for example landkreis-muenchen.")
    name: str
    kind: AuthorityKind


def _name(level: Row, reader: Reader) -> sa.ColumnElement[str]:
    name: sa.ColumnElement[str] = level[f"name_{reader.language.replace('-', '_')}"]
    return name


@view(TerritoryLevel, EVERYONE, plural="territory_levels", orders=("position",), filters=("authority_id", "level"))
class TerritoryLevelView(Record):
    """A level that an authority plans in, and what it is called there."""

    id: UUID
    authority_id: UUID
    level: Level = Field(description="Region, social space or municipality.")
    position: int = Field(description="From the widest, 1, to the narrowest.")
    name: Annotated[str, Sql(_name)] = Field(description="What one of them is called there, in your language.")


@view(Region, EVERYONE, plural="regions", orders=("name",), filters=("authority_id", "on"), defaults=VALID_ON)
class RegionView(Record):
    """A planning and design space of several municipalities."""

    id: UUID
    authority_id: UUID
    name: str
    provisional: bool = Field(description="True where the division is invented for a demonstration.")
    valid_from: date
    valid_to: date | None = Field(description="The first day on which it no longer exists; null until further notice.")


@view(
    SocialSpace,
    EVERYONE,
    plural="social_spaces",
    orders=("name",),
    filters=("authority_id", "on"),
    defaults=VALID_ON,
)
class SocialSpaceView(Record):
    """A social space: where people live, and where help begins."""

    id: UUID
    authority_id: UUID
    name: str
    provisional: bool = Field(description="True where the division is invented for a demonstration.")
    approximate: Annotated[bool | None, Sql(_approximate)] = Field(
        description="Whether its outline, and so its neighbours, were computed from centre points and not surveyed; "
        "null where it has none today."
    )
    valid_from: date
    valid_to: date | None = Field(description="The first day on which it no longer exists; null until further notice.")


@view(
    Municipality,
    EVERYONE,
    plural="municipalities",
    orders=("name", "ags", "population"),
    filters=("authority_id", "ags"),
)
class MunicipalityView(Record):
    """A municipality under its official keys."""

    id: UUID
    authority_id: UUID
    ags: str = Field(description="Amtlicher Gemeindeschlüssel, eight digits.")
    ars: str = Field(description="Amtlicher Regionalschlüssel, twelve digits.")
    name: str
    kind: MunicipalityKind
    population: int
    population_on: date = Field(description="The day on which the inhabitants were counted.")
    longitude: float = Field(description="Of the centre, in degrees (WGS 84).")
    latitude: float = Field(description="Of the centre, in degrees (WGS 84).")
    region_id: Annotated[UUID | None, Sql(_region_of)] = Field(description="The region it belongs to today.")


@view(
    SocialSpaceMunicipality,
    EVERYONE,
    plural="social_space_shares",
    filters=("authority_id", "social_space_id", "municipality_id", "on"),
    defaults=VALID_ON,
    single=False,
)
class SocialSpaceShareView(Record):
    """How much of a municipality a social space covers."""

    id: UUID
    social_space_id: UUID = Field(description="The social space.")
    municipality_id: UUID
    share: Decimal = Field(description="From 0 to 1.")
    valid_from: date
    valid_to: date | None


@view(
    RegionMembership,
    EVERYONE,
    plural="region_memberships",
    filters=("authority_id", "region_id", "municipality_id", "on"),
    defaults=VALID_ON,
    single=False,
)
class RegionMembershipView(Record):
    """A municipality belongs to a region."""

    id: UUID
    region_id: UUID
    municipality_id: UUID
    valid_from: date
    valid_to: date | None


@view(
    SocialSpaceChange,
    EVERYONE,
    plural="social_space_changes",
    orders=("effective_on",),
    filters=("authority_id", "kind", "effective_on"),
)
class SocialSpaceChangeView(Record):
    """Social spaces merged into one, or one split into several. `successions` says which."""

    id: UUID
    authority_id: UUID
    kind: ChangeKind
    effective_on: date = Field(description="The first day of what came of it.")


@view(
    SocialSpaceSuccession,
    EVERYONE,
    plural="social_space_successions",
    orders=("effective_on",),
    filters=("authority_id", "change_id", "predecessor_id", "successor_id"),
    single=False,
)
class SocialSpaceSuccessionView(Record):
    """A social space went over into another, in whole or in part."""

    id: UUID
    change_id: UUID
    predecessor_id: UUID = Field(description="The social space that ended.")
    successor_id: UUID = Field(description="The social space that came of it, or went on.")
    effective_on: date = Field(description="The first day of what came of it.")


@view(
    RegionChange,
    EVERYONE,
    plural="region_changes",
    orders=("effective_on",),
    filters=("authority_id", "effective_on"),
)
class RegionChangeView(Record):
    """Regions were cut anew. `successions` says which."""

    id: UUID
    authority_id: UUID
    effective_on: date = Field(description="The first day of what came of it.")


@view(
    RegionSuccession,
    EVERYONE,
    plural="region_successions",
    orders=("effective_on",),
    filters=("authority_id", "change_id", "predecessor_id", "successor_id"),
    single=False,
)
class RegionSuccessionView(Record):
    """Municipalities of one region went over to another. The first has a last day where that was its end."""

    id: UUID
    change_id: UUID
    predecessor_id: UUID = Field(description="The region they belonged to until then.")
    successor_id: UUID = Field(description="The region they belong to from then on.")
    effective_on: date = Field(description="The first day of what came of it.")


link(AuthorityView, "levels", Many("authority_id"), TerritoryLevelView, "The levels it plans in.")
link(RegionView, "municipalities", Many(_in_region), MunicipalityView, "The municipalities that belong to it today.")
link(RegionView, "social_spaces", Many(_space_in_region), SocialSpaceView, "The social spaces that lie in it today.")
link(RegionView, "authority", One("authority_id"), AuthorityView)
link(MunicipalityView, "region", One(lambda there, here, reader: there.id == _region_of(here, reader)), RegionView)
link(
    MunicipalityView,
    "shares",
    Many(lambda there, here, reader: sa.and_(there.municipality_id == here.id, today_holds(there, reader))),
    SocialSpaceShareView,
    "The social spaces that cover it today.",
)
link(
    SocialSpaceView,
    "shares",
    Many(lambda there, here, reader: sa.and_(there.social_space_id == here.id, today_holds(there, reader))),
    SocialSpaceShareView,
    "The municipalities it covers today.",
)
link(SocialSpaceView, "authority", One("authority_id"), AuthorityView)
link(SocialSpaceShareView, "social_space", One("social_space_id"), SocialSpaceView)
link(SocialSpaceShareView, "municipality", One("municipality_id"), MunicipalityView)
link(RegionMembershipView, "region", One("region_id"), RegionView)
link(RegionMembershipView, "municipality", One("municipality_id"), MunicipalityView)
link(
    SocialSpaceView,
    "predecessors",
    Many("successor_id"),
    SocialSpaceSuccessionView,
    "What it came from, or what has joined it since.",
)
link(SocialSpaceView, "successors", Many("predecessor_id"), SocialSpaceSuccessionView, "What became of it.")
link(
    SocialSpaceChangeView,
    "successions",
    Many("change_id"),
    SocialSpaceSuccessionView,
    "Which social space went over into which.",
)
link(SocialSpaceSuccessionView, "change", One("change_id"), SocialSpaceChangeView)
link(SocialSpaceSuccessionView, "predecessor", One("predecessor_id"), SocialSpaceView)
link(SocialSpaceSuccessionView, "successor", One("successor_id"), SocialSpaceView)
for _relation, _column, _told in (
    ("predecessors", "successor_id", "From which regions municipalities came to it."),
    ("successors", "predecessor_id", "To which regions municipalities went from it."),
):
    link(RegionView, _relation, Many(_column), RegionSuccessionView, _told)
link(RegionChangeView, "successions", Many("change_id"), RegionSuccessionView, "Which region went over into which.")
link(RegionSuccessionView, "change", One("change_id"), RegionChangeView)
link(RegionSuccessionView, "predecessor", One("predecessor_id"), RegionView)
link(RegionSuccessionView, "successor", One("successor_id"), RegionView)
