"""Access is data: who somebody is, what they may do where, and which cases are theirs. It ends with the row."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from service.domain.policy import Basis, Role
from service.domain.rows import (
    Scoped,
    Shape,
    Versioned,
    deferred_reference,
    moment,
    one_of,
    own_id,
    reference,
    secured,
    word,
    words,
)


class AuthorityKind(StrEnum):
    """What kind of authority it is."""

    DISTRICT_COUNTY = "district_county"  # Landkreis
    CITY = "city"  # kreisfreie Stadt


class OrganisationKind(StrEnum):
    """Who carries the organisation: the public, or an independent provider."""

    PUBLIC_AGENCY = "public_agency"  # öffentlicher Träger
    INDEPENDENT_PROVIDER = "independent_provider"  # freier Träger


class ActorKind(StrEnum):
    """A person, or software with grants of its own."""

    PERSON = "person"  # somebody
    CLIENT = "client"  # software with grants of its own


@secured(Shape.PUBLIC)
class Authority(SQLModel, table=True):
    """A county or city: the tenant, to which every scoped row belongs."""

    __tablename__ = "authority"
    __table_args__ = (one_of("kind", AuthorityKind),)

    id: UUID = own_id()
    key: str = Field(unique=True, sa_type=sa.Text)
    name: str = Field(sa_type=sa.Text)
    kind: str = word()


@secured(Shape.AUTHORITY)
class Organisation(Scoped, Versioned, table=True):
    __tablename__ = "organisation"
    __table_args__ = (one_of("kind", OrganisationKind), sa.Index("organisation_order", "authority_id", "name", "id"))

    id: UUID = own_id()
    kind: str = word()
    name: str = Field(sa_type=sa.Text)


@secured(Shape.AUTHORITY)
class Actor(Scoped, Versioned, table=True):
    """Somebody, or some software, that signs in. An addressee's actor has no name: identity lives with the case."""

    __tablename__ = "actor"
    __table_args__ = (one_of("kind", ActorKind), sa.Index("actor_order", "authority_id", "name", "id"))

    id: UUID = own_id()
    kind: str = word(ActorKind.PERSON)
    name: str = Field(default="", sa_type=sa.Text)


@secured(Shape.LOGIN)
class Login(Scoped, Versioned, table=True):
    """Who a token's issuer and subject are here. `key` is «issuer:subject»; at most one login has it at a time."""

    __tablename__ = "login"
    __table_args__ = (sa.Index("login_key", "key", unique=True, postgresql_where=sa.text("valid_to IS NULL")),)

    id: UUID = own_id()
    actor_id: UUID = reference("actor")
    key: str = Field(sa_type=sa.Text)
    valid_to: datetime | None = moment(optional=True)


CALENDAR = "@calendar:"


def calendar_login(secret: str) -> str:
    """The key of a login that is a calendar's. No issuer has such a name: a token can never pass for it, and it passes
    for no token."""
    return CALENDAR + hashlib.sha256(secret.encode()).hexdigest()


class Bounded(SQLModel):
    """Something that holds from a moment until another (exclusive; null: until further notice), UTC."""

    valid_from: datetime = moment(now=True)
    valid_to: datetime | None = moment(optional=True)


@secured(Shape.AUTHORITY)
class Membership(Scoped, Versioned, Bounded, table=True):
    """Somebody works for an organisation, in a function."""

    __tablename__ = "membership"

    id: UUID = own_id()
    actor_id: UUID = reference("actor")
    organisation_id: UUID = reference("organisation")
    function: str = Field(sa_type=sa.Text)


@secured(Shape.AUTHORITY)
class AccessGrant(Scoped, Versioned, Bounded, table=True):
    """A role within a scope: a social space, a region, or (neither) the whole authority. Works once a second
    administrator has approved it."""

    __tablename__ = "access_grant"  # GRANT is a reserved word
    __table_args__ = (
        one_of("role", Role),
        sa.CheckConstraint("region_id IS NULL OR social_space_id IS NULL", name="one_scope"),
        sa.CheckConstraint("approved_by IS NULL OR approved_by NOT IN (proposed_by, actor_id)", name="four_eyes"),
    )

    id: UUID = own_id()
    actor_id: UUID = reference("actor")
    role: str = word()
    region_id: UUID | None = reference("region", optional=True)
    social_space_id: UUID | None = reference("social_space", optional=True)
    proposed_by: UUID | None = reference("actor", optional=True, index=False)
    approved_by: UUID | None = reference("actor", optional=True, index=False)
    approved_at: datetime | None = moment(optional=True)


_THEMSELVES = "participant_id IS NOT NULL AND step_id IS NULL"


@secured(Shape.ACCESS)
class CaseAccess(Scoped, Versioned, Bounded, table=True):
    """Somebody has access to parts of a case, for a reason. A transmission and an audit also say for what and on what
    basis; what rests on trust, whose it is; a link, which step it opens; a stand-in's, on what it rests. `lapsed`: by a
    corrected day of birth custody was over already; nobody ended it."""

    __tablename__ = "case_access"
    __table_args__ = (
        one_of("basis", Basis),
        sa.CheckConstraint(
            "basis NOT IN ('transmission', 'audit') OR (purpose IS NOT NULL AND legal_basis IS NOT NULL)",
            name="transmission",
        ),
        sa.CheckConstraint("(basis = 'link') = (step_id IS NOT NULL)", name="step"),
        sa.CheckConstraint("basis NOT IN ('link', 'audit') OR valid_to IS NOT NULL", name="expires"),
        sa.Index(
            "case_access_my_cases",
            "actor_id",
            "authority_id",
            "case_id",
            postgresql_include=["valid_from", "valid_to"],
        ),
        sa.Index(
            "case_access_themselves",  # by an expression: the index above would look through all that is somebody's
            sa.text(f"(\nCASE\n WHEN {_THEMSELVES} THEN actor_id\n ELSE NULL\nEND)"),  # in PostgreSQL's lines
            postgresql_where=sa.text(_THEMSELVES),
        ),
    )

    id: UUID = own_id()
    case_id: UUID = deferred_reference("case_file")  # the access comes first: the case's row security asks for it
    actor_id: UUID = reference("actor", index=False)
    participant_id: UUID | None = reference("participant", optional=True)
    membership_id: UUID | None = reference("membership", optional=True)
    assignment_id: UUID | None = reference("assignment", optional=True)
    trusted_by_id: UUID | None = reference("participant", optional=True)
    step_id: UUID | None = reference("step", optional=True)
    stand_in_id: UUID | None = reference("stand_in", optional=True)
    basis: str = word()
    parts: list[str] = words()
    purpose: str | None = Field(default=None, sa_type=sa.Text)
    legal_basis: str | None = Field(default=None, sa_type=sa.Text)
    lapsed: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})


def columns_of(table: type[Bounded]) -> Any:
    """Of a table without an alias, as `in_force` and `not_over` take them."""
    return table.__table__.c  # type: ignore[attr-defined]


def not_over(row: sa.ColumnCollection[str, sa.Column[object]]) -> sa.ColumnElement[bool]:
    """In force, or yet to be."""
    return sa.or_(row.valid_to.is_(None), row.valid_to > sa.func.now())


def in_force(row: sa.ColumnCollection[str, sa.Column[object]]) -> sa.ColumnElement[bool]:
    """Now is the transaction's time, not the clock that development may set: access must not depend on a setting."""
    return sa.and_(row.valid_from <= sa.func.now(), not_over(row))
