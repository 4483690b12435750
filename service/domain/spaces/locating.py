"""Which social space somebody lives in: asked by anybody, answered for a day, and remembered by nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.context import text
from service.domain.errors import DomainError, Kind
from service.domain.policy import EVERYONE, Reader, Row
from service.domain.spaces.areas import ShownArea, SocialSpaceArea, SocialSpaceAreaRing, SocialSpaceNeighbour
from service.domain.spaces.views import (
    MunicipalityView,
    RegionView,
    SocialSpaceView,
    exists,
    outside_of_days,
    shares,
    today_holds,
    valid_on,
)
from service.domain.views import Default, Many, One, Record, Sought, Sql, link, view
from service.domain.words import saying

areas: Any = SocialSpaceArea.__table__  # type: ignore[attr-defined]
rings: Any = SocialSpaceAreaRing.__table__  # type: ignore[attr-defined]
bordering: Any = SocialSpaceNeighbour.__table__  # type: ignore[attr-defined]
_space_region: Any = sa.table(
    "space_region",
    *(sa.column(name, type_) for name, type_ in (("day", sa.Date()), ("social_space_id", sa.Uuid()))),
    sa.column("region_id", sa.Uuid()),
)

GERMANY = (5.8, 47.2, 15.1, 55.1)  # degrees west, south, east, north (BKG, VG250)


@dataclass(eq=False)
class CoordinatesSwapped(DomainError):
    kind, code, title = Kind.INVALID, "coordinates-swapped", "Longitude and latitude are the wrong way round."
    advice = "Longitude (east, about 6 to 15 in Germany) comes first, then latitude (north, about 47 to 55). Swap them."


@dataclass(eq=False)
class CoordinatesOutOfRange(DomainError):
    kind, code, title = Kind.INVALID, "coordinates-out-of-range", "These are no degrees of longitude and latitude."
    advice = (
        "Send WGS 84 degrees: longitude from -180 to 180, latitude from -90 to 90. Metres (UTM) have to be converted."
    )


def swapped(longitude: float, latitude: float) -> bool:
    """Whether it lies in Germany the other way round, and as it stands does not."""
    return _in_germany(latitude, longitude) and not _in_germany(longitude, latitude)


def _in_germany(longitude: float, latitude: float) -> bool:
    west, south, east, north = GERMANY
    return west <= longitude <= east and south <= latitude <= north


def _check(given: Mapping[str, Any]) -> None:
    longitude, latitude = given["longitude"], given["latitude"]
    if swapped(longitude, latitude):
        raise CoordinatesSwapped
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise CoordinatesOutOfRange


def _holds(row: Row, given: Mapping[str, sa.ColumnElement[Any]]) -> sa.ColumnElement[bool]:
    """The index finds the rings by their bounds; PostgreSQL's `@>` looks into them, exactly (`geometry.py`)."""
    million: Any = sa.literal_column("1000000::float8")
    point = sa.func.point(*(sa.func.round(given[name] * million) for name in ("longitude", "latitude")))
    outer, hole = rings.alias("outer_ring"), rings.alias("hole")

    def around(ring: Any) -> sa.ColumnElement[bool]:
        return sa.and_(ring.c.bounds.op("@>")(sa.func.box(point, point)), ring.c.ring.op("@>")(point))

    in_hole = exists(hole, hole.c.area_id == outer.c.area_id, hole.c.part == outer.c.part, hole.c.hole, around(hole))
    found = sa.select(outer.c.area_id).where(sa.not_(outer.c.hole), around(outer), sa.not_(in_hole))
    return row.id.in_(found.correlate_except(outer))  # type: ignore[no-any-return]


ON = {"on": Default("today", lambda today: today, wrong=outside_of_days)}
_CERTAINTY = {
    True: saying(
        "Die Grenze ist nur ungefähr. Fragen Sie im Zweifel beim Jugendamt nach.",
        "The border is approximate only. If in doubt, ask the youth welfare office.",
        "Die Grenze ist nicht genau. Fragen Sie beim Jugendamt nach, wenn Sie unsicher sind.",
    ),
    False: saying("Die Grenze ist genau.", "The border is exact.", "Die Grenze ist genau."),
}


def _certainty(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    said = {known: text(_CERTAINTY[known][reader.language]) for known in (True, False)}
    return sa.case((row.approximate, said[True]), else_=said[False])


_COMPUTED = saying("Ungefähr berechnet aus: ", "Approximate, computed from: ", "Ungefähr berechnet aus: ")


def _source(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    return sa.case((row.approximate, sa.func.concat(text(_COMPUTED[reader.language]), row.source)), else_=row.source)


_SOURCE = "Who is to be credited and under which licence; in your language, where it was only computed from theirs."
_APPROXIMATE = "True where it was computed from centre points and not surveyed."


@view(
    ShownArea,
    EVERYONE,
    plural="social_space_areas",
    orders=("name",),
    filters=("authority_id", "social_space_id", "on"),
    defaults=ON,
    single=False,
)
class SocialSpaceAreaView(Record):
    """The outline of a social space on one day: today, unless `on` names another."""

    id: UUID
    on: date
    authority_id: UUID
    social_space_id: UUID = Field(description="The social space.")
    name: str = Field(description="The social space's name.")
    approximate: bool = Field(description=_APPROXIMATE)
    source: Annotated[str, Sql(_source)] = Field(description=_SOURCE)
    geometry: dict[str, Any] = Field(description="Polygon or MultiPolygon (RFC 7946), with its bounding box.")
    valid_from: date
    valid_to: date | None


@view(
    ShownArea,
    EVERYONE,
    orders=("name",),
    filters=("on",),
    defaults=ON,
    single=False,
    sought=Sought(
        "located_social_spaces",
        {
            "longitude": "Degrees east (WGS 84); comes first.",
            "latitude": "Degrees north (WGS 84); comes second.",
        },
        _check,
        _holds,
    ),
)
class LocatedSocialSpaceView(Record):
    """A social space that holds a place on one day: today, unless `on` names another. A place on a border lies in both;
    one outside of every social space in none, and the list is empty. The place is written down nowhere."""

    on: date
    social_space_id: UUID = Field(description="The social space.")
    name: str = Field(description="The social space's name.")
    approximate: bool = Field(description=_APPROXIMATE)
    certainty: Annotated[str, Sql(_certainty)]
    source: Annotated[str, Sql(_source)] = Field(description=_SOURCE)


def _region_then(here: Row) -> sa.ColumnElement[Any]:
    row = _space_region.alias("then")
    query = sa.select(row.c.region_id).where(row.c.day == here.on, row.c.social_space_id == here.social_space_id)
    return query.correlate_except(row).scalar_subquery()


def _covered_then(there: Row, here: Row, reader: Reader) -> sa.ColumnElement[bool]:
    share = shares.alias()
    named = sa.and_(share.c.municipality_id == there.id, share.c.social_space_id == here.social_space_id)
    return exists(share, named, valid_on(here.on, share.c))


def _beside(there: Row, here: Row, reader: Reader) -> sa.ColumnElement[bool]:
    row = bordering.alias()
    named = sa.and_(row.c.social_space_id == here.id, row.c.neighbour_id == there.id)
    return exists(row, named, today_holds(row.c, reader))


link(SocialSpaceAreaView, "social_space", One("social_space_id"), SocialSpaceView)
link(LocatedSocialSpaceView, "social_space", One("social_space_id"), SocialSpaceView)
link(
    LocatedSocialSpaceView,
    "region",
    One(lambda there, here, reader: there.id == _region_then(here)),
    RegionView,
    "The region most of it lay in on that day.",
)
link(
    LocatedSocialSpaceView,
    "municipalities",
    Many(_covered_then),
    MunicipalityView,
    "The municipalities it covered on that day, in whole or in part.",
)
link(
    SocialSpaceView,
    "neighbours",
    Many(_beside),
    SocialSpaceView,
    "The social spaces that share a border with it, as far as their outlines tell.",
)
