"""Long work is asked for, ended early and taken up again. Who carries it out: `carrying.py`."""

from typing import Any
from uuid import UUID

from service.domain.act import Act, Command, operation
from service.domain.jobs import policy
from service.domain.jobs.model import Job, JobKind, JobState, JobUnit
from service.domain.jobs.views import JobView
from service.domain.values import ClientId
from service.storage.writing import fetch_row, written

_PUT_TO_WORK = "SELECT put_to_work($1, $2)"


class StartJob(Command):
    """The id of the job that does it."""

    id: ClientId


def start(
    act: Act,
    id: UUID,
    kind: JobKind,
    authority_id: UUID,
    unit: JobUnit,
    *,
    total: int | None = None,
    subject_id: UUID | None = None,
    said: dict[str, Any] | None = None,
) -> Job:
    """A job that the worker hears of with the commit. `said`: what it has to know besides."""
    job = act.add(
        Job(
            id=id,
            authority_id=authority_id,
            kind=kind.value,
            subject_id=subject_id,
            said=said or {},
            unit=unit.value,
            total=total,
            started_by=act.actor.id,
        )
    )
    _put_to_work(act, job)
    return job


@operation(policy.CANCEL, on=Job, answers=JobView, states=(JobState.QUEUED, JobState.RUNNING))
async def cancel_job(act: Act, job: Job) -> Job:
    """Ask for its end, which the worker sees to: after the step it is at, and with nothing left half done. What is
    posted is posted, and such work goes on to its end."""
    act.change(job, cancel_asked=True)
    return job


@operation(policy.RESUME, on=Job, answers=JobView, states=(JobState.RUNNING, JobState.FAILED, JobState.CANCELLED))
async def resume_job(act: Act, job: Job) -> Job:
    """Have it go on where it stopped, in the name of whoever started it; the posting of bookings goes on in your name,
    with your rights. Where a worker is still at it, nothing changes."""
    if job.state != JobState.RUNNING:
        name = {"started_by": act.actor.id} if job.kind == JobKind.POST_BOOKINGS else {}
        act.change(job, state=JobState.QUEUED.value, cancel_asked=False, problem=None, ended_at=None, **name)
    else:
        act.change(job)
    _put_to_work(act, job)
    return job


def _put_to_work(act: Act, job: Job) -> None:
    async def put() -> None:
        await written(act.session)
        await fetch_row(act.session, _PUT_TO_WORK, (job.id, job.authority_id))

    act.at_last(put)
