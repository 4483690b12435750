"""Whom somebody represents, by what, and from when until when: over each child and each adult by itself, as orders and
powers of attorney are."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from service.domain.cases.model import ParticipantKind, RepresentationKind
from service.domain.rows import (
    Scoped,
    Shape,
    Versioned,
    encrypted,
    moment,
    only_encrypted,
    own_id,
    reference,
    secured,
)

BY_CUSTODY = (RepresentationKind.PARENT, RepresentationKind.GUARDIAN, RepresentationKind.CURATOR)
OF_KIND = {
    ParticipantKind.CUSTODIAN: BY_CUSTODY,
    ParticipantKind.REPRESENTATIVE: tuple(kind for kind in RepresentationKind if kind not in BY_CUSTODY),
}


def fits(kind: ParticipantKind, representation: RepresentationKind | None) -> bool:
    """Of a custodian it may be left out, of a representative not, and nobody else has one."""
    if representation is None:
        return kind is not ParticipantKind.REPRESENTATIVE
    return representation in OF_KIND.get(kind, ())


@secured(Shape.CASE)
class Representation(Scoped, Versioned, table=True):
    """One participant represents another, from a day through another (null: until further notice). Custody is over on
    the 18th birthday whatever stands here (§ 2 BGB)."""

    __tablename__ = "representation"
    __table_args__ = (
        sa.CheckConstraint("participant_id <> represented_id", name="somebody_else"),
        sa.CheckConstraint("ends_on >= starts_on", name="period"),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    participant_id: UUID = reference("participant")
    represented_id: UUID = reference("participant")
    starts_on: date
    ends_on: date | None = None


@secured(Shape.CASE)
class FormerName(Scoped, table=True):
    """What somebody was called here before, sealed: no face of the service shows it to anybody. It is there so that
    nothing that is told to outsiders names them by it."""

    __tablename__ = "former_name"
    __table_args__ = (only_encrypted("name"),)

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    participant_id: UUID = reference("participant")
    name: str = encrypted("former names")
    until: datetime = moment(now=True)
