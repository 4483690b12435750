"""Where social spaces lie: their outlines on a range of days, and which of them border on each other.

Without PostGIS (docs/decisions/0015): an outline is kept as GeoJSON to be shown, and its rings once more as polygons of
PostgreSQL's own to be searched. Their unit is a millionth of a degree (`geometry.py` says why)."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from service.domain.rows import Scoped, Shape, own_id, reference, secured
from service.domain.spaces.geometry import Outline, Ring, geojson
from service.domain.spaces.model import Dated, never_twice


class Geometric(sa.types.UserDefinedType[str]):
    """A geometric type of PostgreSQL's, written as text."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def bind_expression(self, value: Any) -> Any:
        return sa.cast(sa.type_coerce(value, sa.Text()), self)

    def get_col_spec(self, **_: Any) -> str:
        return self.name


@secured(Shape.OPEN)
class SocialSpaceArea(Scoped, Dated, table=True):
    """The outline of a social space; one at a time. `geometry` is a Polygon or MultiPolygon of RFC 7946."""

    __tablename__ = "social_space_area"
    __table_args__ = (never_twice("social_space_id"),)

    id: UUID = own_id()
    social_space_id: UUID = reference("social_space", index=False)
    approximate: bool = Field(description="Computed from centre points, not surveyed.")
    source: str = Field(sa_type=sa.Text, description="Who is to be credited, and under which licence.")
    geometry: dict[str, Any] = Field(sa_column=sa.Column(JSONB(), nullable=False))


@secured(Shape.OPEN)
class SocialSpaceAreaRing(Scoped, table=True):
    """A ring of an area, to be searched: the outer ring of its `part`, or a hole in that."""

    __tablename__ = "social_space_area_ring"
    __table_args__ = (
        sa.CheckConstraint("bounds ~= box(ring)", name="bounds"),
        sa.Index("social_space_area_ring_bounds", "bounds", postgresql_using="gist"),
    )

    id: UUID = own_id()
    area_id: UUID = Field(
        sa_column=sa.Column(
            sa.Uuid(), sa.ForeignKey("social_space_area.id", ondelete="CASCADE"), nullable=False, index=True
        )
    )
    part: int = Field(description="Which of the area's polygons.")
    hole: bool
    ring: str = Field(sa_type=Geometric("polygon"))
    bounds: str = Field(sa_type=Geometric("box"))


@secured(Shape.OPEN)
class SocialSpaceNeighbour(Scoped, Dated, table=True):
    """Two social spaces share a border; each pair stands here in both directions."""

    __tablename__ = "social_space_neighbour"
    __table_args__ = (
        never_twice("social_space_id", "neighbour_id"),
        sa.CheckConstraint("social_space_id <> neighbour_id", name="another"),
    )

    id: UUID = own_id()
    social_space_id: UUID = reference("social_space", index=False)
    neighbour_id: UUID = reference("social_space")


class ShownArea:
    """An area on each day on which it and its social space are valid. One day has to be named: nobody wants all of
    them. A view of the database, of `0010_areas.sql`."""

    __table__ = sa.Table(
        "shown_area",
        sa.MetaData(),
        sa.Column("on", sa.Date(), primary_key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("authority_id", "social_space_id")),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("approximate", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("geometry", JSONB(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
    )


def area_rows(
    ids: Mapping[str, UUID], outline: Outline, days: tuple[date, date | None], *, approximate: bool, source: str
) -> Iterator[SQLModel]:
    """An area and its rings. `ids`: of the area, its social space and its authority."""
    yield SocialSpaceArea(
        **ids,
        valid_from=days[0],
        valid_to=days[1],
        approximate=approximate,
        source=source,
        geometry=geojson(outline),
    )
    for part, polygon in enumerate(outline):
        for number, ring in enumerate(polygon):
            yield SocialSpaceAreaRing(
                authority_id=ids["authority_id"],
                area_id=ids["id"],
                part=part,
                hole=number > 0,
                ring=_written(ring),
                bounds=_bounds(ring),
            )


def _written(ring: Ring) -> str:
    return "(" + ",".join(f"({x},{y})" for x, y in ring) + ")"


def _bounds(ring: Ring) -> str:
    longitudes, latitudes = [each[0] for each in ring], [each[1] for each in ring]
    return f"({max(longitudes)},{max(latitudes)}),({min(longitudes)},{min(latitudes)})"


def neighbour_rows(
    authority_id: UUID, pairs: set[tuple[UUID, UUID]], days: tuple[date, date | None]
) -> Iterator[SQLModel]:
    """`pairs` in both directions, as `geometry.neighbours` finds them."""
    for one, other in sorted(pairs):
        yield SocialSpaceNeighbour(
            authority_id=authority_id, social_space_id=one, neighbour_id=other, valid_from=days[0], valid_to=days[1]
        )
