"""Whom somebody turns to: the office numbers of those who work on a case, and where to complain about them (§ 9a SGB
VIII). Only functions and numbers of offices: no private number, and nobody's name."""

from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from service.domain.rows import Scoped, Shape, Versioned, one_of, own_id, reference, secured, word
from service.domain.spaces.model import Dated, in_order


class ComplaintOfficeKind(StrEnum):
    """An ombuds office of a Land stands outside of the agency; a complaint office can be the agency's own."""

    OMBUDS_OFFICE = "ombuds_office"
    COMPLAINT_OFFICE = "complaint_office"


class ContactKind(StrEnum):
    """Whose number it is: of whoever acts for the lead on these days, of the lead, of the social space's office, or of
    those with whom one complains about them."""

    STAND_IN = "stand_in"
    LEAD = "lead"
    OFFICE = "office"
    OMBUDS_OFFICE = "ombuds_office"
    COMPLAINT_OFFICE = "complaint_office"


class Reachable(SQLModel):
    """A function or an office, its number and its hours, in the languages of the service."""

    name_de: str = Field(sa_type=sa.Text)
    name_en: str = Field(sa_type=sa.Text)
    name_simple: str = Field(sa_type=sa.Text)
    telephone: str = Field(sa_type=sa.Text)
    hours_de: str = Field(sa_type=sa.Text)
    hours_en: str = Field(sa_type=sa.Text)
    hours_simple: str = Field(sa_type=sa.Text)


@secured(Shape.LISTED, "social_space_id IS NOT NULL AND in_use")
class ContactPoint(Scoped, Versioned, Reachable, table=True):
    """Where a social space's office, which everybody may know, or somebody who works for the agency, is rung."""

    __tablename__ = "contact_point"
    __table_args__ = (sa.CheckConstraint("num_nonnulls(social_space_id, actor_id) = 1", name="whose"),)

    id: UUID = own_id()
    social_space_id: UUID | None = reference("social_space", optional=True)
    actor_id: UUID | None = reference("actor", optional=True)
    in_use: bool = True


@secured(Shape.OPEN)
class ComplaintOffice(Scoped, Versioned, Dated, Reachable, table=True):
    """Where people complain, or are advised independently of whoever decided."""

    __tablename__ = "complaint_office"
    __table_args__ = (
        in_order(),
        one_of("kind", ComplaintOfficeKind),
        sa.Index("complaint_office_authority_id", "authority_id", "id"),
    )

    id: UUID = own_id()
    kind: str = word()
    independent: bool
    address: str = Field(sa_type=sa.Text)


class SocialSpaceOffice:
    """A view of the database, of `0103_offices.sql`: the contact points of social spaces that are in use."""

    __table__ = sa.Table(
        "social_space_office",
        sa.MetaData(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("authority_id", "social_space_id")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in Reachable.model_fields),
    )


class CaseContact:
    """A view of the database, of `0038_whom_to_turn_to.sql`: each case with the contact points that are its own,
    and the complaint offices of its authority."""

    __table__ = sa.Table(
        "case_contact",
        sa.MetaData(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("authority_id", "case_id")),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in Reachable.model_fields),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("independent", sa.Boolean(), nullable=True),
        *(sa.Column(name, sa.Date(), nullable=True) for name in ("valid_from", "valid_to")),
    )
