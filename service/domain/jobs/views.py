"""What is published of long work."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from service.domain.jobs import policy
from service.domain.jobs.model import Job, JobFinding, JobKind, JobState, JobUnit
from service.domain.views import Many, Record, link, view


@view(Job, policy.READ_JOB, plural="jobs", filters=("kind", "state", "subject_id"), orders=("created_at",))
class JobView(Record):
    """Long work, how far it has got, and how it ended."""

    id: UUID
    kind: JobKind
    state: JobState
    subject_id: UUID | None = Field(description="What it is about, or what comes of it.")
    unit: JobUnit = Field(description="What `done` and `total` count.")
    done: int = Field(description="How much of it is done.")
    total: int | None = Field(description="How much there is to do; null until that is known.")
    findings: int = Field(description="How many findings there are: `/v1/job-findings` has them.")
    longest: int = Field(description="How long the longest of its transactions took, in milliseconds.")
    cancel_asked: bool = Field(description="Whether somebody has asked for its end.")
    problem: dict[str, Any] | None = Field(
        description="Why it failed: `code`, `title`, `advice` and the facts of the code. Null otherwise."
    )
    started_by: UUID = Field(
        description="Who started it (posting bookings: or resumed it); it is done in their name, with their rights."
    )
    created_at: datetime = Field(description="When it was asked for.")
    begun_at: datetime | None = Field(description="When a worker first took it up.")
    ended_at: datetime | None = Field(description="When it ended, however it ended.")
    version: int


@view(
    JobFinding,
    policy.READ_JOB,
    plural="job_findings",
    filters=("job_id", "code", "row_number"),
    orders=("row_number",),
    tabular=True,
)
class JobFindingView(Record):
    """What long work found: which row or thing it is about, what is wrong there, and what to do."""

    id: UUID
    job_id: UUID = Field(description="The job it belongs to.")
    row_number: int = Field(description="The line of the file, the header being 1; 0 is the file as a whole.")
    field: str = Field(description="The column; empty where the whole row is meant.")
    code: str = Field(description="Stable; decide by it.")
    detail: str = Field(description="What is wrong.")
    advice: str = Field(description="What to do about it.")
    subject_id: UUID | None = Field(description="What it is about, where that is known here.")


link(JobView, "found", Many("job_id"), JobFindingView)
