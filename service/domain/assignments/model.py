"""What an independent provider is asked to do in a case, what it is told for that, and what it reports of it
(§§ 64(2a), 78f SGB VIII; facts, sections 5 and 6).

An assignment is the transmission and its record: purpose, parts and basis stand in it, and nothing else of the case is
readable through it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from service.domain.access.model import Bounded
from service.domain.cases.model import Audience, Heard
from service.domain.rows import (
    Scoped,
    Shape,
    Versioned,
    moment,
    one_of,
    own_id,
    reference,
    secured,
    sequence,
    transaction,
    word,
    words,
)


class RecordKind(StrEnum):
    """What a provider's worker writes down: a report for the case, or a note of the provider's own."""

    PROGRESS = "progress"  # a report, for those who work on the case
    NOTE = "note"  # the provider's own


@secured(Shape.AUTHORITY)
class Assignment(Scoped, Versioned, Bounded, table=True):
    """An organisation works in a case. No identity, no narrative: managers read it who may not know the case."""

    __tablename__ = "assignment"

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    case_pseudonym: str = Field(sa_type=sa.Text)
    organisation_id: UUID = reference("organisation")
    task: str = Field(sa_type=sa.Text)
    parts: list[str] = words()
    purpose: str = Field(sa_type=sa.Text)
    legal_basis: str = Field(sa_type=sa.Text)


@secured(Shape.CASE)
class ProviderRecord(Scoped, Heard, table=True):
    """A progress report or a note. Never overwritten: a correction is a new one that names what it replaces."""

    __tablename__ = "provider_record"
    __table_args__ = (one_of("kind", RecordKind), one_of("audience", Audience))

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    assignment_id: UUID = reference("assignment")
    organisation_id: UUID = reference("organisation", index=False)
    kind: str = word()
    words: str = Field(sa_type=sa.Text)
    replaces_id: UUID | None = reference("provider_record", optional=True)
    created_at: datetime = moment(now=True)


# As PostgreSQL writes it back. Of a fixed width, so that texts are in the order of (transaction_id, sequence).
_POSITION = "lpad((transaction_id)::text, 20, '0'::text) || lpad((sequence)::text, 19, '0'::text)"


@secured(Shape.MAILBOX)
class Delivery(Scoped, table=True):
    """One change, as far as it was transmitted: the mailbox of a provider, whose software reads nothing else (§ 79(1)
    SGB X lists no independent providers). Written with the change, never changed."""

    __tablename__ = "delivery"
    __table_args__ = (
        sa.UniqueConstraint("position"),
        sa.Index("delivery_order", "organisation_id", "position"),
    )

    sequence: int = sequence()
    transaction_id: str = transaction()
    position: str = Field(
        default=None, sa_column=sa.Column(sa.Text(), sa.Computed(_POSITION, persisted=True), nullable=False)
    )
    organisation_id: UUID = reference("organisation", index=False)
    assignment_id: UUID = reference("assignment")
    case_id: UUID = reference("case_file", index=False)  # for the audit of who reads it; never published
    case_pseudonym: str = Field(sa_type=sa.Text)
    recipient_id: UUID | None = reference("actor", optional=True, index=False)  # of what is for one person's ears
    kind: str = Field(sa_type=sa.Text)
    subject: str = Field(sa_type=sa.Text)
    subject_id: UUID | None = None
    version: int
    removal: bool = False
    content: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    at: datetime = moment(now=True)
