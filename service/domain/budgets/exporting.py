"""What stands in an agreement, as one file: read page by page with the rights of whoever asks, each page on record, and
kept piece by piece. Only they fetch it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from pydantic import Field
from sqlmodel import col, func, select

from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.ledger import Posting
from service.domain.budgets.model import Booking, BudgetAgreement, Commitment
from service.domain.budgets.views import BookingView, CommitmentView, PostingView
from service.domain.desk import Desk
from service.domain.errors import DomainError
from service.domain.jobs.carrying import Carrying, carries_out
from service.domain.jobs.model import Job, JobKind, JobPiece, JobState, JobUnit
from service.domain.jobs.operations import start
from service.domain.jobs.views import JobView
from service.domain.reading import Statement
from service.domain.selection import Face, Fact, Listing, Rows, Value
from service.domain.tabular import written
from service.domain.values import ClientId
from service.domain.views import LARGEST_PAGE, VIEWS, Arguments, View
from service.domain.working import record, short
from service.storage.writing import fetch_row

PAGES = 25  # of a piece


class ExportContent(StrEnum):
    """What of an agreement goes into the file."""

    BOOKINGS = "bookings"
    COMMITMENTS = "commitments"
    POSTINGS = "postings"


_OF: Mapping[ExportContent, tuple[Any, type[Any]]] = {
    ExportContent.BOOKINGS: (Booking, BookingView),
    ExportContent.COMMITMENTS: (Commitment, CommitmentView),
    ExportContent.POSTINGS: (Posting, PostingView),
}


@dataclass(eq=False)
class NotExported(DomainError):
    code, title = "not-exported", "This job has no file, or not yet."
    advice = "Wait until an export is done: GET /v1/jobs/{id}."


class StartExport(Command):
    """What is to be exported."""

    id: ClientId
    content: ExportContent = Field(description="What goes into the file.")


@operation(policy.START_EXPORT, on=BudgetAgreement, answers=JobView)
async def start_export(act: Act, budgetagreement: BudgetAgreement, command: StartExport) -> Job:
    """Have all bookings, commitments or postings of an agreement written into one CSV file, as a job. Whoever has
    started it fetches it: `GET /v1/jobs/{id}/file`."""
    table = _OF[command.content][0]
    counted = select(func.count()).select_from(table).where(table.agreement_id == budgetagreement.id)
    many = (await act.session.exec(counted)).one()
    subject: dict[str, Any] = {
        "subject_id": budgetagreement.id,
        "said": {"content": command.content.value},
        "total": many,
    }
    return start(act, command.id, JobKind.EXPORT, budgetagreement.authority_id, JobUnit.ROWS, **subject)


@carries_out(JobKind.EXPORT)
async def export(work: Carrying) -> None:
    view = VIEWS[_OF[ExportContent(work.said["content"])][1]]
    done, number, after = await _stands(work)
    while number == 0 or after is not None:
        await work.progress(done)
        content, rows = b"", 0
        for _ in range(PAGES):
            page = await _page(work, view, after)
            first = number == 0 and not content
            content += written(page["items"], view.columns, header=first)
            rows, after = rows + len(page["items"]), page["next"]
            if after is None:
                break
        piece = JobPiece(
            authority_id=work.authority_id, job_id=work.id, number=number, content=content, rows=rows, following=after
        )
        async with work.short(policy.START_EXPORT) as act:
            act.session.add(piece)
        done, number = done + rows, number + 1
    await work.progress(done, done, may_end=False)


async def _stands(work: Carrying) -> tuple[int, int, str | None]:
    """How many rows and pieces there are, and where it goes on."""
    async with work.short(policy.START_EXPORT) as act:
        query = select(JobPiece.rows, JobPiece.following).where(JobPiece.job_id == work.id)
        found = (await act.session.exec(query.order_by(col(JobPiece.number)))).all()
    return sum(rows for rows, _ in found), len(found), found[-1][1] if found else None


async def _page(work: Carrying, view: View, after: str | None) -> Any:
    shown: Any = {name: Value(column) for name, column in view.columns.items()}
    arguments = Arguments(LARGEST_PAGE, after, where={"agreement_id": work.subject_id})
    site = Listing(view, {"items": Rows(shown), "next": Fact("next")}, arguments)
    return orjson.loads((await work.desk.read(Statement(Face.REST).plan({"it": site}))).body)["it"]


async def fetch_export(desk: Desk, job_id: UUID) -> AsyncIterator[bytes]:
    """The file, piece by piece; all refusals come before the first. Raises NotExported."""
    async with short(desk, policy.FETCH_EXPORT) as act:
        job = await act.load(Job, job_id)
        if job.kind != JobKind.EXPORT or job.state != JobState.DONE:
            raise NotExported
        await record(desk, act)
    return _pieces(desk, job_id)


async def _pieces(desk: Desk, job_id: UUID) -> AsyncIterator[bytes]:
    number = 0
    while True:
        async with short(desk, policy.FETCH_EXPORT) as act:
            await act.load(Job, job_id)
            row = await fetch_row(act.session, _PIECE, (job_id, number))
        if row is None:
            return
        yield bytes(row["content"])
        number += 1


_PIECE = "SELECT content FROM job_piece WHERE job_id = $1 AND number = $2"
