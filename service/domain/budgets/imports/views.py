"""What is published of an import."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from service.domain.budgets import policy
from service.domain.budgets.imports.model import BookingImport, ImportState
from service.domain.jobs.views import JobView
from service.domain.values import Money
from service.domain.views import One, Record, link, view


@view(BookingImport, policy.READING_ALL, plural="booking_imports", filters=("state",))
class BookingImportView(Record):
    """A file of bookings from another program. Its check is the dry run: nothing is booked before a second person
    releases it."""

    id: UUID
    authority_id: UUID
    state: ImportState
    size: int = Field(description="Bytes of the file.")
    digest: str | None = Field(description="SHA-256 of the file, in hex; null until it is there.")
    valid: int = Field(description="Rows that can be booked.")
    faulty: int = Field(description="Rows that cannot; the findings of the check say why.")
    known: int = Field(description="Rows that were booked before, by their number, and are not booked again.")
    amount: Money = Field(description="What the valid rows come to, EUR.")
    partial: bool = Field(description="Whether the valid rows were to be booked without the faulty ones.")
    job_id: UUID | None = Field(description="The job that is, or was last, at it.")
    checked_job_id: UUID | None = Field(description="The check that stands; its findings are those of the file.")
    imported_by: UUID = Field(description="Who sent its file (before that, who began it); somebody else releases it.")
    released_by: UUID | None
    checked_at: datetime | None = Field(description="When it was checked.")
    posted_at: datetime | None = Field(description="When its money was posted: all of it at once.")
    version: int


link(BookingImportView, "job", One("job_id"), JobView)
