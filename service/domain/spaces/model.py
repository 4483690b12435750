"""Territory is data: the levels an authority plans in, municipalities, the social spaces people live in, and the
regions they are planned in.

Membership is dated. A query uses what was valid on its key date (facts: DR12). Social spaces merge and split: what they
came from and what became of them is told in `social_space_succession` (docs/decisions/0017)."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field, SQLModel

from service.domain.rows import Scoped, Shape, one_of, own_id, reference, secured, word


class MunicipalityKind(StrEnum):
    """Town, municipality, or an area without inhabitants that belongs to none."""

    TOWN = "town"  # Stadt
    MUNICIPALITY = "municipality"  # Gemeinde
    UNINCORPORATED_AREA = "unincorporated_area"  # gemeindefreies Gebiet


class Level(StrEnum):
    """A level that an authority plans in."""

    REGION = "region"  # several social spaces
    SOCIAL_SPACE = "social_space"  # where people live and help each other (Sozialraum)
    MUNICIPALITY = "municipality"  # Gemeinde


class ChangeKind(StrEnum):
    """What happened to social spaces: several became one, or one became several."""

    MERGE = "merge"  # several became one
    SPLIT = "split"  # one became several


class Dated(SQLModel):
    """Valid from a day until another (exclusive; null: until further notice)."""

    valid_from: date
    valid_to: date | None = None


def never_twice(*columns: str) -> ExcludeConstraint:
    """No two rows say the same of overlapping days."""
    days = sa.func.daterange(sa.literal_column("valid_from"), sa.literal_column("valid_to"))
    return ExcludeConstraint(*((sa.column(name), "=") for name in columns), (days, "&&"), using="gist")


def in_order() -> sa.CheckConstraint:
    """What ends has begun before."""
    return sa.CheckConstraint("valid_to > valid_from", name="days")


@secured(Shape.PUBLIC)
class TerritoryLevel(Scoped, table=True):
    """An authority plans in this level and calls it so. A county may have regions; a city may know districts only."""

    __tablename__ = "territory_level"
    __table_args__ = (
        one_of("level", Level),
        sa.UniqueConstraint("authority_id", "level"),
        sa.UniqueConstraint("authority_id", "position"),
    )

    id: UUID = own_id()
    level: str = word()
    position: int = Field(description="From the widest, 1, to the narrowest: levels lie in each other in one order.")
    name_de: str = Field(sa_type=sa.Text)
    name_en: str = Field(sa_type=sa.Text)
    name_de_simple: str = Field(sa_type=sa.Text)


@secured(Shape.OPEN)
class Region(Scoped, Dated, table=True):
    """A planning and design space («Planungs- und Gestaltungsraum») of several municipalities. There is none where the
    authority does not plan in regions: `level` refers to that."""

    __tablename__ = "region"
    __table_args__ = (
        in_order(),
        sa.CheckConstraint("level = 'region'", name="level"),
        sa.ForeignKeyConstraint(["authority_id", "level"], ["territory_level.authority_id", "territory_level.level"]),
    )

    id: UUID = own_id()
    level: str = Field(default=Level.REGION.value, sa_type=sa.Text, sa_column_kwargs={"server_default": "region"})
    name: str = Field(sa_type=sa.Text)
    provisional: bool = Field(default=False, description="Invented for a demonstration.")


@secured(Shape.PUBLIC)
class Municipality(Scoped, table=True):
    """A municipality under its official keys."""

    __tablename__ = "municipality"
    __table_args__ = (one_of("kind", MunicipalityKind), sa.UniqueConstraint("authority_id", "ags"))

    id: UUID = own_id()
    ags: str = Field(sa_type=sa.Text)
    ars: str = Field(sa_type=sa.Text)
    name: str = Field(sa_type=sa.Text)
    kind: str = word()
    population: int
    population_on: date
    longitude: Decimal = Field(max_digits=9, decimal_places=6)
    latitude: Decimal = Field(max_digits=9, decimal_places=6)


@secured(Shape.OPEN)
class RegionMembership(Scoped, Dated, table=True):
    """A municipality belongs to a region: to one at a time."""

    __tablename__ = "region_membership"
    __table_args__ = (never_twice("municipality_id"),)

    id: UUID = own_id()
    region_id: UUID = reference("region")
    municipality_id: UUID = reference("municipality", index=False)


@secured(Shape.OPEN)
class SocialSpace(Scoped, Dated, table=True):
    """Where people live and where help begins; not the same as a municipality."""

    __tablename__ = "social_space"
    __table_args__ = (in_order(),)

    id: UUID = own_id()
    name: str = Field(sa_type=sa.Text)
    provisional: bool = Field(default=False, description="Invented for a demonstration.")


@secured(Shape.OPEN)
class SocialSpaceMunicipality(Scoped, Dated, table=True):
    """A social space covers a share of a municipality. On no day do the shares of a municipality add up to more than
    the whole: the database looks at that when a transaction ends."""

    __tablename__ = "social_space_municipality"
    __table_args__ = (
        never_twice("social_space_id", "municipality_id"),
        sa.CheckConstraint("share > 0 AND share <= 1", name="share"),
    )

    id: UUID = own_id()
    social_space_id: UUID = reference("social_space", index=False)
    municipality_id: UUID = reference("municipality")
    share: Decimal = Field(default=Decimal(1), max_digits=5, decimal_places=4)


@secured(Shape.RELEASED)
class SocialSpaceChange(Scoped, table=True):
    """On this day several social spaces became one, or one several."""

    __tablename__ = "social_space_change"
    __table_args__ = (one_of("kind", ChangeKind), sa.Index("social_space_change_authority_id", "authority_id", "id"))

    id: UUID = own_id()
    kind: str = word()
    effective_on: date


@secured(Shape.RELEASED)
class SocialSpaceSuccession(Scoped, table=True):
    """What a social space went over into. Its last day was the one before; the other was there from that day on, and
    longer: so no line of succession comes back to where it began. The database looks at that, too."""

    __tablename__ = "social_space_succession"
    __table_args__ = (sa.UniqueConstraint("predecessor_id", "successor_id"),)

    id: UUID = own_id()
    change_id: UUID = reference("social_space_change")
    predecessor_id: UUID = reference("social_space", index=False)
    successor_id: UUID = reference("social_space")
    effective_on: date


@secured(Shape.RELEASED)
class RegionChange(Scoped, table=True):
    """On this day regions were cut anew: several became one, one several, or borders between them moved."""

    __tablename__ = "region_change"
    __table_args__ = (sa.Index("region_change_authority_id", "authority_id", "id"),)

    id: UUID = own_id()
    effective_on: date


@secured(Shape.RELEASED)
class RegionSuccession(Scoped, table=True):
    """Municipalities of one region went over to another on that day. The one may have ended with it, or gone on."""

    __tablename__ = "region_succession"
    __table_args__ = (
        sa.UniqueConstraint("change_id", "predecessor_id", "successor_id"),
        sa.CheckConstraint("predecessor_id <> successor_id", name="another"),
    )

    id: UUID = own_id()
    change_id: UUID = reference("region_change", index=False)
    predecessor_id: UUID = reference("region")
    successor_id: UUID = reference("region")
    effective_on: date
