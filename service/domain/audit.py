"""Who did or saw what, when. Append-only: the application role has no UPDATE or DELETE on it, and the worker seals what
is there (`sealing.py`), so that nobody else changes it unnoticed.

A read writes its row in the same statement as the answer, a change in the same transaction. `cases` are the cases the
answer tells about; who the persons were follows from participation at that time, so no identity stands here."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from service.domain.rows import Shape, Xid8, ids, moment, secured, sequence, transaction


@secured(Shape.RECORD)
class AuditEntry(SQLModel, table=True):
    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index("audit_entry_order", "transaction_id", "sequence"),)

    sequence: int = sequence()
    transaction_id: str = transaction()
    at: datetime = moment(now=True)
    authority_id: UUID | None = None
    actor_id: UUID | None = None
    action: str = Field(sa_type=sa.Text)
    outcome: str = Field(sa_type=sa.Text)
    cases: list[UUID] = ids()
    trace_id: str = Field(sa_type=sa.Text)


@secured(Shape.SEALED)
class AuditBlock(SQLModel, table=True):
    """All entries after the block before, up to a position in the order of commits: how many they are and a SHA-256
    over all of them and the block before, signed (Ed25519). The database works it out; see `0004_seal.sql`."""

    __tablename__ = "audit_block"

    number: int = Field(sa_column=sa.Column(sa.BigInteger(), primary_key=True, autoincrement=False))
    first_transaction: str = Field(sa_type=Xid8)
    first_sequence: int = Field(sa_type=sa.BigInteger)
    last_transaction: str = Field(sa_type=Xid8)
    last_sequence: int = Field(sa_type=sa.BigInteger)
    entries: int = Field(sa_type=sa.BigInteger)
    previous: bytes
    digest: bytes
    sealed_at: datetime = moment(now=True)
    key: str = Field(sa_type=sa.Text)
    signature: bytes


@secured(Shape.NOTED)
class Look(SQLModel, table=True):
    """What a sealed entry tells about one case, or about none: found by its case, its actor, its moment, which the
    record itself is not made for. `0021_looks.sql` fills it; nobody changes it."""

    __tablename__ = "look"
    __table_args__ = (
        sa.Index("look_of_case", "case_id", "at", "id", postgresql_where=sa.text("case_id IS NOT NULL")),
        sa.Index("look_of_actor", "actor_id", "at", "id"),
        sa.Index("look_of_authority", "authority_id", "at", "id"),
    )

    id: UUID = Field(primary_key=True)
    authority_id: UUID
    entry: int = Field(sa_type=sa.BigInteger)
    case_id: UUID | None = None
    actor_id: UUID
    at: datetime = moment()
    action: str = Field(sa_type=sa.Text)
    outcome: str = Field(sa_type=sa.Text)


@secured(Shape.SEALED)
class LookBatch(SQLModel, table=True):
    """How far looks are noted: up to which place in the order of commits. The next batch goes on from the newest."""

    __tablename__ = "look_batch"

    last_transaction: str = Field(sa_column=sa.Column(Xid8(), primary_key=True))
    last_sequence: int = Field(sa_column=sa.Column(sa.BigInteger(), primary_key=True, autoincrement=False))
    entries: int = Field(sa_type=sa.BigInteger)
    noted_at: datetime = moment(now=True)


def entries_about(case_id: UUID) -> Any:
    """What is on record about a case: what is noted of it, and all that came since. The record itself has no index that
    finds an entry by its cases: each reading would pay for it, fifty times over where it is a page of fifty."""
    tables: tuple[Any, ...] = AuditEntry, Look, LookBatch
    entry, look, batch = (each.__table__.c for each in tables)
    newest = sa.select(batch.last_transaction, batch.last_sequence)
    newest = newest.order_by(batch.last_transaction.desc(), batch.last_sequence.desc()).limit(1)
    reached: Any = newest.subquery("reached").c
    begin: tuple[Any, ...] = sa.literal_column("'0'::xid8"), sa.literal_column("0")
    places = zip((reached.last_transaction, reached.last_sequence), begin, strict=True)
    since = (sa.func.coalesce(sa.select(place).scalar_subquery(), first) for place, first in places)
    noted = sa.select(look.entry.label("sequence"), look.at, look.actor_id, look.action).where(look.case_id == case_id)
    others = sa.select(entry.sequence, entry.at, entry.actor_id, entry.action).where(
        sa.tuple_(entry.transaction_id, entry.sequence) > sa.tuple_(*since), entry.cases.contains([case_id])
    )
    return sa.union_all(noted, others).subquery("entries")
