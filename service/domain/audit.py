"""Who did or saw what, when. Append-only: the application role has no UPDATE or DELETE on it.

A read writes its row in the same statement as the answer, a change in the same transaction. `cases` are the cases the
answer tells about; who the persons were follows from participation at that time, so no identity stands here."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from service.domain.rows import Shape, ids, moment, secured, sequence, transaction


@secured(Shape.RECORD)
class AuditEntry(SQLModel, table=True):
    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index("audit_entry_cases", "cases", postgresql_using="gin"),)

    sequence: int = sequence()
    transaction_id: str = transaction()
    at: datetime = moment(now=True)
    authority_id: UUID | None = None
    actor_id: UUID | None = None
    action: str = Field(sa_type=sa.Text)
    outcome: str = Field(sa_type=sa.Text)
    cases: list[UUID] = ids()
    trace_id: str = Field(sa_type=sa.Text)
