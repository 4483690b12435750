"""What has changed, in the order of commits: written in the transaction of the change, without personal content.

Everything that tells others of a change (feeds, subscriptions, webhooks) reads from here."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.rows import Scoped, Shape, moment, secured, sequence, transaction

_ORDER = ("transaction_id", "sequence")


@secured(Shape.APPENDED)
class Event(Scoped, table=True):
    __tablename__ = "event"
    __table_args__ = (
        sa.Index(
            "event_of_case", "case_id", "transaction_id", "sequence", postgresql_where=sa.text("case_id IS NOT NULL")
        ),
        sa.Index("event_of_subject", "authority_id", "subject", *_ORDER),
    )

    sequence: int = sequence()
    transaction_id: str = transaction()
    at: datetime = moment(now=True)
    kind: str = Field(sa_type=sa.Text)
    subject: str = Field(sa_type=sa.Text)
    subject_id: UUID
    case_id: UUID | None = None
    version: int
    actor_id: UUID


Following = Callable[[Any, str], Awaitable[None]]
"""Told of each act that succeeded, and the name of what was done; writes in its transaction."""

FOLLOWING: list[Following] = []


def follows(told: Following) -> Following:
    """For a capability that has to pass changes on: the door knows none of them by name."""
    FOLLOWING.append(told)
    return told
