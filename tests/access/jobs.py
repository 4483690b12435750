"""Long work and imports in the county of the access tests: in every state, of each of two controllers, here and in
another authority."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import SQLModel

from service.demo import demo_id
from service.demo.territory import AUTHORITY, OTHER_AUTHORITY
from service.domain.budgets.imports.model import BookingImport, ImportState
from service.domain.jobs.model import Job, JobFinding, JobState

WHEN = datetime(2026, 1, 5, tzinfo=UTC)


def jobs() -> Iterator[SQLModel]:
    for authority, people in (
        (AUTHORITY, ("controller", "second_controller")),
        (OTHER_AUTHORITY, ("other_authority", "musterstadt_provider")),
    ):
        for number, who in enumerate(people * 4):
            of: dict[str, Any] = {"authority_id": authority, "started_by": demo_id("actor", who)}
            for state in JobState:
                job = Job(
                    id=demo_id("job", str(authority), state, str(number)),
                    kind="check_bookings",
                    state=state.value,
                    unit="bytes",
                    done=1,
                    total=2,
                    findings=1,
                    problem={"code": "probe"} if state is JobState.FAILED else None,
                    begun_at=None if state is JobState.QUEUED else WHEN,
                    **of,
                )
                yield job
                yield JobFinding(
                    id=demo_id("finding", str(job.id)),
                    authority_id=authority,
                    job_id=job.id,
                    row_number=number,
                    field="amount",
                    code="invalid-input",
                    detail="Probe",
                    advice="Probe",
                )
            for stands in ImportState:
                if stands is ImportState.POSTING:
                    continue
                yield BookingImport(
                    id=demo_id("import", str(authority), stands, str(number)),
                    authority_id=authority,
                    state=stands.value,
                    upload=1,
                    size=1,
                    digest="0" * 64,
                    valid=1,
                    amount=Decimal("1.00"),
                    imported_by=demo_id("actor", who),
                    checked_job_id=job.id,
                    checked_at=WHEN,
                )
