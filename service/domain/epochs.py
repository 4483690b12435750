"""Lives of the database. PostgreSQL counts transactions for each cluster, and rows are in the order of that count; a
dump that is restored elsewhere would find its rows far ahead of all that are written from then on. So a restored
database begins a new epoch: `passed` transactions were before, and are added to the count (`0013_epochs.sql`)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlmodel import Field, SQLModel

from service.domain.rows import Shape, moment, secured

STALE = "EPOCH"  # the SQLSTATE of a cursor of another one


@secured(Shape.SEALED)
class Epoch(SQLModel, table=True):
    __tablename__ = "epoch"

    number: int = Field(sa_column=sa.Column(sa.Integer(), primary_key=True, autoincrement=False))
    passed: int = Field(sa_type=sa.BigInteger)
    began_at: datetime = moment(now=True)


CURRENT: ColumnElement[Any] = sa.func.current_epoch(type_=sa.Integer()).label("epoch")


def settled() -> ColumnElement[Any]:
    """All transactions before this one have ended, and what they wrote is seen."""
    oldest = sa.func.counted(sa.func.pg_snapshot_xmin(sa.func.pg_current_snapshot()))
    return sa.select(oldest).scalar_subquery()
