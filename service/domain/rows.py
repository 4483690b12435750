"""What all tables share: names of constraints, columns every row has, and what row-level security holds on a table."""

from collections.abc import Callable
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

import service.domain.mapping  # noqa: F401 (before any table is declared)
from service.domain.values import new_id
from service.storage.data_keys import FORM

M = TypeVar("M", bound=type[SQLModel])

SQLModel.model_config["defer_build"] = True  # nothing validates a row: the command it comes from has been
# Before any table is declared: Alembic can only drop and compare what has a stable name.
SQLModel.metadata.naming_convention = {
    "ix": "%(table_name)s_%(column_0_N_name)s",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


class Shape(Enum):
    """The second line: what row-level security holds on a table, whatever a statement forgot."""

    PUBLIC = "public"  # everybody reads; only owners of the tables write
    OPEN = "open"  # everybody reads; the actor's authority writes its own
    LISTED = "listed"  # everybody reads rows of which `column` says so; the authority reads and writes its own
    AUTHORITY = "authority"  # rows of the actor's authority
    ACCESS = "access"  # the same; sought by whose it is, in an authority
    APPENDED = "appended"  # the same, and never changed
    REMOVABLE = "removable"  # rows of the actor's authority, which may be taken out
    PASSING = "passing"  # the same, and removed once they have served
    TENTATIVE = "tentative"  # rows of the actor's authority; those that name what brought them are removed with it
    CASE = "case"  # rows of the actor's cases
    LOGIN = "login"  # the row of the token that is asking, and those of the actor's authority
    CODE = "code"  # the row of the code that was presented, and those of the actor's cases
    OWN = "own"  # rows the actor made
    RECORD = "record"  # anybody appends; the actor's cases are read
    SEALED = "sealed"  # everybody reads; only functions of the tables' owner append, and nobody changes
    NOTED = "noted"  # rows of the actor's authority; only functions of the tables' owner append, and nobody changes
    MAILBOX = "mailbox"  # anybody of the authority appends; members of the addressed organisation read
    RELEASED = "released"  # everybody reads; the authority appends, and nobody changes
    SHARED = "shared"  # rows of the actor's cases, and those that name the actor
    INVITED = "invited"  # the same, and of what the actor moderates those from outside; interpreters to be read alone
    CIRCLE = "circle"  # rows that name an invitation of the actor's, and no others
    COMPARTMENT = "compartment"  # rows whose `team` names the actor, or of a case they lead; the authority adds one
    WITHIN = "within"  # rows of a compartment that the actor is in
    REPORTED = "reported"  # the same, and those that the actor has reported


APART = (Shape.COMPARTMENT, Shape.WITHIN, Shape.REPORTED)
"""Kept from a case's own people and workers: what is done there is on record under the compartment, not the case."""

LASTING = (Shape.APPENDED, Shape.RELEASED)
SECURED: dict[sa.Table, tuple[Shape, str]] = {}
MODELS: dict[sa.Table, type[SQLModel]] = {}


def secured(shape: Shape, column: str = "") -> Callable[[M], M]:
    """`column` names the case of a row of shape CASE, the compartment of one that is kept apart, or who is named in one
    that is shared or of a circle, what has brought one that is tentative, or what makes one public that is listed."""

    def declare(model: M) -> M:
        table: sa.Table = model.__table__  # type: ignore[attr-defined]
        SECURED[table] = shape, column or {Shape.CASE: "case_id"}.get(shape, "")
        MODELS[table] = model
        return model

    return declare


def is_lasting(model: Any) -> bool:
    """Whether its rows stay as they were added."""
    return SECURED[model.__table__][0] in LASTING


def own_id() -> Any:
    return Field(default_factory=new_id, primary_key=True)


def reference(target: str, *, optional: bool = False, index: bool = True) -> Any:
    """A foreign key to another table's id."""
    more = {"default": None, "nullable": True} if optional else {}
    return Field(foreign_key=f"{target}.id", index=index, **more)  # type: ignore[call-overload]


def deferred_reference(target: str) -> Any:
    """A foreign key that is checked at the end of the transaction."""
    key = sa.ForeignKey(f"{target}.id", deferrable=True, initially="DEFERRED")
    return Field(sa_column=sa.Column(sa.Uuid(), key, nullable=False, index=True))


def moment(*, optional: bool = False, now: bool = False) -> Any:
    """A point in time, UTC."""
    default = {"server_default": sa.func.now()} if now else {}
    return Field(
        default=None,
        sa_type=sa.DateTime(timezone=True),
        nullable=optional,
        sa_column_kwargs=default,
    )


def day_written() -> Any:
    """The day on which the row was written, where people live."""
    default = {"server_default": sa.text("today_here()")}
    return Field(default=None, sa_type=sa.Date, nullable=False, sa_column_kwargs=default)


def word(default: str | None = None, *, optional: bool = False) -> Any:
    """An enum's value, kept as text; `one_of` guards it."""
    more = {} if default is None and not optional else {"default": default}
    return Field(sa_type=sa.Text, nullable=optional, **more)  # type: ignore[call-overload]


def words(default: list[str] | None = None) -> Any:
    return Field(default_factory=lambda: list(default or []), sa_type=ARRAY(sa.Text()), nullable=False)


def ids() -> Any:
    return Field(
        default_factory=list,
        sa_type=ARRAY(sa.Uuid()),
        nullable=False,
        sa_column_kwargs={"server_default": sa.text("'{}'")},
    )


class Xid8(sa.types.UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id: with `pg_snapshot_xmin` it orders rows without losing late committers."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


def sequence() -> Any:
    """Grows with every row; together with `transaction()` it is a row's place in the order of commits."""
    return Field(default=None, sa_column=sa.Column(sa.BigInteger(), sa.Identity(always=True), primary_key=True))


def transaction() -> Any:
    column = sa.Column(Xid8(), server_default=sa.text("counted(pg_current_xact_id())"), nullable=False)
    return Field(default=None, sa_column=column)


def position_of(transaction: Any, sequence: Any) -> sa.ColumnElement[str]:
    """The same place as one text. Of a fixed width, so that texts are in the order of (transaction, sequence)."""
    parts = ((transaction, 20), (sequence, 19))
    first, second = (sa.func.lpad(sa.cast(part, sa.Text()), digits, "0", type_=sa.Text()) for part, digits in parts)
    return first.concat(second)


def one_of(column: str, values: type[StrEnum]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


COMPARTMENT = "encrypted for"
UNREADABLE = "unreadable"  # the field of a view that names those of its encrypted texts that cannot be opened


def encrypted(compartment: str, *, optional: bool = False) -> Any:
    """A text that only the service can read, with the authority's key for this compartment."""
    more = {"default": None} if optional else {}
    return Field(sa_type=sa.Text, sa_column_kwargs={"info": {COMPARTMENT: compartment}}, **more)  # type: ignore[call-overload]


def only_encrypted(*columns: str) -> sa.CheckConstraint:
    """That nothing else stands in them."""
    return sa.CheckConstraint(" AND ".join(f"{column} ~ '^{FORM}$'" for column in columns), name="encrypted")


def is_encrypted(column: Any) -> bool:
    return COMPARTMENT in getattr(column, "info", ())


class Versioned(SQLModel):
    """A row that changes: `version` grows by one with every change and is its ETag."""

    version: int = Field(default=1, nullable=False)
    created_at: datetime = moment(now=True)
    updated_at: datetime = moment(now=True)


class Scoped(SQLModel):
    """A row of one authority, the tenant; it leads every scoped key."""

    authority_id: UUID = reference("authority", index=False)
