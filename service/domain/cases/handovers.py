"""A case offered to somebody else."""

from datetime import date
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.act import Act
from service.domain.rows import Scoped, Shape, Versioned, one_of, own_id, reference, secured, word


class HandoverKind(StrEnum):
    """An enquiry that another body can answer better, or a case that becomes somebody else's (§§ 86-86d SGB VIII)."""

    REDIRECTION = "redirection"
    TRANSFER = "transfer"


class HandoverState(StrEnum):
    """Nothing ends here before the other side has accepted."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


@secured(Shape.AUTHORITY)
class Handover(Scoped, Versioned, table=True):
    """A case offered to somebody else: a body outside of this service, or a colleague who accepts it here. It says
    nothing of the case but its pseudonym, for the colleague reads it before the case is theirs."""

    __tablename__ = "handover"
    __table_args__ = (
        one_of("kind", HandoverKind),
        one_of("state", HandoverState),
        sa.CheckConstraint("(receiving_body IS NULL) <> (receiver_id IS NULL)", name="receiving"),
        sa.CheckConstraint("kind = 'transfer' OR receiver_id IS NULL", name="redirected_outside"),
        sa.CheckConstraint(
            "kind = 'transfer' OR coalesce(accepted_by, call_back_on::text) IS NOT NULL", name="nobody_lost"
        ),
        sa.Index("handover_offered", "case_id", unique=True, postgresql_where=sa.text("state = 'offered'")),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    pseudonym: str = Field(sa_type=sa.Text)
    kind: str = word()
    state: str = word(HandoverState.OFFERED)
    receiving_body: str | None = Field(default=None, sa_type=sa.Text)
    receiver_id: UUID | None = reference("actor", optional=True)
    social_space_id: UUID | None = reference("social_space", optional=True, index=False)
    call_back_on: date | None = None
    offered_by_id: UUID = reference("actor", index=False)
    accepted_by: str | None = Field(default=None, sa_type=sa.Text)
    settled_on: date | None = None


def take_back(act: Act, handover: Handover) -> None:
    act.change(handover, state=HandoverState.WITHDRAWN.value, settled_on=act.today)
