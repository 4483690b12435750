"""Territory as everybody may see it, without login."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.access.model import Authority, AuthorityKind
from service.domain.policy import EVERYONE, Reader, Row
from service.domain.spaces.model import (
    Municipality,
    MunicipalityKind,
    Region,
    RegionMembership,
    SocialSpace,
    SocialSpaceMunicipality,
)
from service.domain.views import Many, One, Record, Sql, link, view

shares: Any = SocialSpaceMunicipality.__table__  # type: ignore[attr-defined]
memberships: Any = RegionMembership.__table__  # type: ignore[attr-defined]


def valid_on(day: sa.ColumnElement[Any], row: Any) -> sa.ColumnElement[bool]:
    return sa.and_(row.valid_from <= day, sa.or_(row.valid_to.is_(None), row.valid_to > day))


def today_holds(row: Any, reader: Reader) -> sa.ColumnElement[bool]:
    return valid_on(reader.today, row)


def _region_of(municipality: Row, reader: Reader) -> sa.ColumnElement[Any]:
    row = memberships.alias()
    query = sa.select(row.c.region_id).where(row.c.municipality_id == municipality.id, today_holds(row.c, reader))
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


@view(Region, EVERYONE, plural="regions", orders=("name",), filters=("authority_id",))
class RegionView(Record):
    """A planning and design space of several municipalities."""

    id: UUID
    authority_id: UUID
    name: str
    provisional: bool = Field(description="True where the division is invented for a demonstration.")
    valid_from: date
    valid_to: date | None = Field(description="The first day on which it no longer exists; null until further notice.")


@view(SocialSpace, EVERYONE, plural="social_spaces", orders=("name",), filters=("authority_id",))
class SocialSpaceView(Record):
    """A social space: where people live, and where help begins."""

    id: UUID
    authority_id: UUID
    name: str
    provisional: bool = Field(description="True where the division is invented for a demonstration.")
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


@view(SocialSpaceMunicipality, EVERYONE)
class SocialSpaceShareView(Record):
    """How much of a municipality a social space covers."""

    share: Decimal = Field(description="From 0 to 1.")
    valid_from: date
    valid_to: date | None


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
