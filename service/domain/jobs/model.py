"""Long work as something to look at: what was asked for and by whom, how far it has got, and how it ended."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from service.domain.rows import Scoped, Shape, Versioned, moment, one_of, own_id, reference, secured, word


class JobKind(StrEnum):
    """What is to be done."""

    CHECK_BOOKINGS = "check_bookings"  # look through a file: nothing is booked
    POST_BOOKINGS = "post_bookings"  # write the bookings of a file that was checked
    SETTLE_YEAR = "settle_year"  # work out the settlements of all agreements of a year
    RELEASE_FIGURES = "release_figures"  # publish figures, of the ends of months
    EXPORT = "export"  # write an agreement or a release into a file


class JobState(StrEnum):
    """Where long work stands. What has failed or was cancelled can be resumed, and goes on where it stopped."""

    QUEUED = "queued"  # waits for a worker
    RUNNING = "running"  # a worker is at it
    DONE = "done"  # all of it is done
    FAILED = "failed"  # it stopped; why, is said with it
    CANCELLED = "cancelled"  # somebody has stopped it


class JobUnit(StrEnum):
    """What progress is counted in."""

    BYTES = "bytes"  # of a file
    ROWS = "rows"  # of a table or a file
    AGREEMENTS = "agreements"  # of a year
    DAYS = "days"  # of which figures are released
    RELEASES = "releases"  # of jobs that were started before days were counted


@secured(Shape.AUTHORITY)
class Job(Scoped, Versioned, table=True):
    """Long work that the worker carries out. Its progress is written beside the work, and grows no version."""

    __tablename__ = "job"
    __table_args__ = (
        one_of("kind", JobKind),
        one_of("state", JobState),
        one_of("unit", JobUnit),
        sa.CheckConstraint("done >= 0 AND total >= 0", name="done"),
    )

    id: UUID = own_id()
    kind: str = word()
    state: str = word(JobState.QUEUED)
    subject_id: UUID | None = None
    said: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    unit: str = word()
    done: int = Field(default=0, sa_type=sa.BigInteger, nullable=False)
    total: int | None = Field(default=None, sa_type=sa.BigInteger)
    findings: int = 0
    longest: int = 0
    cancel_asked: bool = False
    problem: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    started_by: UUID = reference("actor")
    begun_at: datetime | None = moment(optional=True)
    ended_at: datetime | None = moment(optional=True)


@secured(Shape.APPENDED)
class JobFinding(Scoped, table=True):
    """Something that long work found and went on without: a row of a file, an agreement. It never repeats a value."""

    __tablename__ = "job_finding"

    id: UUID = own_id()
    job_id: UUID = reference("job")
    row_number: int
    field: str = Field(sa_type=sa.Text)
    code: str = Field(sa_type=sa.Text)
    detail: str = Field(sa_type=sa.Text)
    advice: str = Field(sa_type=sa.Text)
    subject_id: UUID | None = None


@secured(Shape.PASSING)
class JobPiece(Scoped, table=True):
    """A piece of the file that an export makes, and the cursor at which the next one goes on; null in the last. While
    it is `raw`, it has rows that the file is still to be made of."""

    __tablename__ = "job_piece"

    job_id: UUID = Field(primary_key=True, foreign_key="job.id")
    number: int = Field(primary_key=True)
    content: bytes = Field(sa_type=sa.LargeBinary)
    rows: int
    raw: bool = False
    following: str | None = Field(default=None, sa_type=sa.Text)
