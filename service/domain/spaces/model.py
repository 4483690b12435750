"""Territory is data: municipalities, the social spaces people live in, and the regions they are planned in.

Membership is dated. A query uses what was valid on its key date (facts: DR12)."""

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

    TOWN = "town"
    MUNICIPALITY = "municipality"
    UNINCORPORATED_AREA = "unincorporated_area"


class Dated(SQLModel):
    """Valid from a day until another (exclusive; null: until further notice)."""

    valid_from: date
    valid_to: date | None = None


def never_twice(*columns: str) -> ExcludeConstraint:
    """No two rows say the same of overlapping days."""
    days = sa.func.daterange(sa.literal_column("valid_from"), sa.literal_column("valid_to"))
    return ExcludeConstraint(*((sa.column(name), "=") for name in columns), (days, "&&"), using="gist")


@secured(Shape.PUBLIC)
class Region(Scoped, Dated, table=True):
    """A planning and design space («Planungs- und Gestaltungsraum») of several municipalities."""

    __tablename__ = "region"

    id: UUID = own_id()
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


@secured(Shape.PUBLIC)
class RegionMembership(Scoped, Dated, table=True):
    """A municipality belongs to a region: to one at a time."""

    __tablename__ = "region_membership"
    __table_args__ = (never_twice("municipality_id"),)

    id: UUID = own_id()
    region_id: UUID = reference("region")
    municipality_id: UUID = reference("municipality", index=False)


@secured(Shape.PUBLIC)
class SocialSpace(Scoped, Dated, table=True):
    """Where people live and where help begins; not the same as a municipality."""

    __tablename__ = "social_space"

    id: UUID = own_id()
    name: str = Field(sa_type=sa.Text)
    provisional: bool = Field(default=False, description="Invented for a demonstration.")


@secured(Shape.PUBLIC)
class SocialSpaceMunicipality(Scoped, Dated, table=True):
    """A social space covers a share of a municipality."""

    __tablename__ = "social_space_municipality"
    __table_args__ = (
        never_twice("social_space_id", "municipality_id"),
        sa.CheckConstraint("share > 0 AND share <= 1", name="share"),
    )

    id: UUID = own_id()
    social_space_id: UUID = reference("social_space", index=False)
    municipality_id: UUID = reference("municipality")
    share: Decimal = Field(default=Decimal(1), max_digits=5, decimal_places=4)
