"""Bookings that come in a file, as another program has kept them: the file, its rows, and what became of them."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.budgets.model import money, total
from service.domain.rows import Scoped, Shape, Versioned, moment, one_of, own_id, reference, secured, word


class ImportState(StrEnum):
    """Where an import stands. Checked, it waits for a second person; posting, its bookings are being written."""

    OPEN = "open"  # waits for its file, or to be checked
    CHECKING = "checking"  # its rows are being looked at
    CHECKED = "checked"  # waits for a second person
    POSTING = "posting"  # its bookings are being written
    POSTED = "posted"  # all of it is booked


@secured(Shape.AUTHORITY)
class BookingImport(Scoped, Versioned, table=True):
    """A file of bookings. `checked_bytes`, `claimed` and `written` are where a worker goes on."""

    __tablename__ = "booking_import"
    __table_args__ = (
        one_of("state", ImportState),
        sa.CheckConstraint("released_by <> imported_by", name="four_eyes"),
        # One after the other: which numbers are booked already is known once the one before has written its bookings.
        sa.Index("booking_import_posting", "authority_id", unique=True, postgresql_where=sa.text("state = 'posting'")),
    )

    id: UUID = own_id()
    state: str = word(ImportState.OPEN)
    upload: int = 0
    size: int = Field(default=0, sa_type=sa.BigInteger, nullable=False)
    digest: str | None = Field(default=None, sa_type=sa.Text)
    valid: int = 0
    faulty: int = 0
    known: int = 0
    amount: Decimal = total("0.00")
    partial: bool = False
    job_id: UUID | None = reference("job", optional=True, index=False)
    checked_job_id: UUID | None = reference("job", optional=True, index=False)
    checked_bytes: int = Field(default=0, sa_type=sa.BigInteger, nullable=False)
    checked_rows: int = 0
    claimed: int = 0
    written: int = 0
    imported_by: UUID = reference("actor", index=False)
    released_by: UUID | None = reference("actor", optional=True, index=False)
    checked_at: datetime | None = moment(optional=True)
    posted_at: datetime | None = moment(optional=True)
    ended_at: datetime | None = moment(optional=True)


@secured(Shape.TENTATIVE, "import_id")
class BookingImportPiece(Scoped, table=True):
    """A piece of the file, as it came. Removed once the bookings are written."""

    __tablename__ = "booking_import_piece"

    import_id: UUID = Field(primary_key=True, foreign_key="booking_import.id")
    upload: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    content: bytes = Field(sa_type=sa.LargeBinary)


@secured(Shape.PASSING)
class BookingImportRow(Scoped, table=True):
    """A row that can be booked, as a check has read it: with the booking that is to come of it. Removed some time after
    that is there (`budgets/forgetting.py`)."""

    __tablename__ = "booking_import_row"
    __table_args__ = (
        sa.UniqueConstraint("job_id", "external_number"),
        sa.Index("booking_import_row_invoice", "job_id", "organisation_id", "compared_number"),
        sa.Index(
            "booking_import_row_commitment",
            "job_id",
            "commitment_id",
            postgresql_where=sa.text("commitment_id IS NOT NULL"),
        ),
    )

    job_id: UUID = Field(primary_key=True, foreign_key="job.id")
    row_number: int = Field(primary_key=True)
    booking_id: UUID
    external_number: str = Field(sa_type=sa.Text)
    organisation_id: UUID
    invoice_number: str = Field(sa_type=sa.Text)
    compared_number: str = Field(sa_type=sa.Text)
    issued_on: date
    invoice_amount: Decimal = money()
    line_id: UUID
    commitment_id: UUID | None = None
    outside_network: bool = False
    amount: Decimal = money()
    value_on: date
