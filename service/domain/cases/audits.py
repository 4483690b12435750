"""A case that an auditor asks to read, as a sample."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.rows import Scoped, Shape, Versioned, moment, one_of, own_id, reference, secured, word


class AuditRequestState(StrEnum):
    """Nothing is opened before the data-protection officer has approved."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    ENDED = "ended"


@secured(Shape.AUTHORITY)
class AuditRequest(Scoped, Versioned, table=True):
    """An auditor asks to read one case until a day, for a purpose. It says nothing of the case but its pseudonym."""

    __tablename__ = "audit_request"
    __table_args__ = (
        one_of("state", AuditRequestState),
        sa.CheckConstraint("(state = 'requested') = (decided_by_id IS NULL)", name="decided"),
        sa.CheckConstraint("decided_by_id <> requested_by_id", name="four_eyes"),
        sa.CheckConstraint("(state IN ('approved', 'ended')) = (case_access_id IS NOT NULL)", name="opened"),
        sa.CheckConstraint("(state = 'refused') = (refused_because IS NOT NULL)", name="refused"),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    pseudonym: str = Field(sa_type=sa.Text)
    purpose: str = Field(sa_type=sa.Text)
    legal_basis: str = Field(sa_type=sa.Text)
    valid_to: datetime = moment()
    requested_by_id: UUID = reference("actor")
    state: str = word(AuditRequestState.REQUESTED)
    decided_by_id: UUID | None = reference("actor", optional=True, index=False)
    refused_because: str | None = Field(default=None, sa_type=sa.Text)
    case_access_id: UUID | None = reference("case_access", optional=True, index=False)
