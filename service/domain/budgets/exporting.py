"""What stands in an agreement or a release, as one file: read page by page with the rights of whoever asks, each page
on record, and kept piece by piece. Only they fetch it, for some time (`forgetting.py`)."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from pydantic import Field
from sqlmodel import col, func, select

from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.figures import FigureRelease, ReleasedAmount, ReleasedAmountView
from service.domain.budgets.imports.model import BookingImport
from service.domain.budgets.imports.operations import ImportUnderWay, require_written
from service.domain.budgets.ledger import Posting
from service.domain.budgets.making import FileFormat, keep, make
from service.domain.budgets.model import Booking, BudgetAgreement, Commitment
from service.domain.budgets.views import BookingView, CommitmentView, PostingView
from service.domain.desk import Desk
from service.domain.errors import DomainError, InvalidInput, Kind
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

    BOOKINGS = "bookings"  # what was invoiced and spent
    COMMITMENTS = "commitments"  # what money is bound for
    POSTINGS = "postings"  # each amount that has moved


RELEASED_AMOUNTS = "released_amounts"


@dataclass(frozen=True)
class Source:
    """Rows of which table go into a file, as which view tells them, and what they name its subject by."""

    table: Any
    view: type[Any]
    by: str = "agreement_id"


_OF: Mapping[str, Source] = {
    ExportContent.BOOKINGS.value: Source(Booking, BookingView),
    ExportContent.COMMITMENTS.value: Source(Commitment, CommitmentView),
    ExportContent.POSTINGS.value: Source(Posting, PostingView),
    RELEASED_AMOUNTS: Source(ReleasedAmount, ReleasedAmountView, "release_id"),
}


@dataclass(eq=False)
class NotExported(DomainError):
    code, title = "not-exported", "This job has no file, or not yet."
    advice = "Wait until an export is done: GET /v1/jobs/{id}."


@dataclass(eq=False)
class FileGone(DomainError):
    kind, code, title = Kind.GONE, "file-gone", "The file of this export is no longer kept."
    advice = "Start the export again: POST /v1/budget-agreements/{id}/exports, or /v1/figure-releases/{id}/exports."


class StartExport(Command):
    """What is to be exported, and as which kind of file."""

    id: ClientId
    content: ExportContent = Field(description="What goes into the file.")
    format: FileFormat = Field(FileFormat.CSV, description="Which kind of file; `package` is for releases.")


class StartReleaseExport(Command):
    """As which kind of file a release is to be exported."""

    id: ClientId
    format: FileFormat = Field(FileFormat.CSV, description="Which kind of file.")


@operation(policy.START_EXPORT, on=BudgetAgreement, answers=JobView, raises=(ImportUnderWay,))
async def start_export(act: Act, budgetagreement: BudgetAgreement, command: StartExport) -> Job:
    """Have all bookings, commitments or postings of an agreement written into one file, as a job. Whoever has started
    it fetches it: `GET /v1/jobs/{id}/file`. Bookings of an import that is still being written are in none."""
    if command.format is FileFormat.PACKAGE:
        detail = "is for releases: POST /v1/figure-releases/{id}/exports"
        raise InvalidInput(errors=[{"pointer": "#/format", "detail": detail}])
    if command.content is ExportContent.BOOKINGS:
        await require_written(act, budgetagreement.id)
    said = {"content": command.content.value, "format": command.format.value}
    return await _started(act, command.id, budgetagreement, said)


@operation(policy.START_RELEASE_EXPORT, on=FigureRelease, answers=JobView)
async def start_release_export(act: Act, figurerelease: FigureRelease, command: StartReleaseExport) -> Job:
    """Have all that a release tells written into one file, as a job: the amounts as a table, or as a Fiscal Data
    Package. Whoever has started it fetches it: `GET /v1/jobs/{id}/file`."""
    said = {"content": RELEASED_AMOUNTS, "format": command.format.value}
    return await _started(act, command.id, figurerelease, said)


async def _started(act: Act, id: UUID, subject: Any, said: dict[str, Any]) -> Job:
    source = _OF[said["content"]]
    table = source.table.__table__
    counted = select(func.count()).select_from(table).where(table.c[source.by] == subject.id)
    more: dict[str, Any] = {
        "subject_id": subject.id,
        "said": said | {"at": act.now.isoformat()},
        "total": (await act.session.exec(counted)).one(),
    }
    return start(act, id, JobKind.EXPORT, subject.authority_id, JobUnit.ROWS, **more)


@dataclass(frozen=True)
class Stands:
    """How many rows were read, in how many pieces, and where it goes on; `made`: the whole file is there."""

    rows: int
    number: int
    after: str | None
    made: bool


@carries_out(JobKind.EXPORT)
async def export(work: Carrying) -> None:
    """First all rows, and where the file is not simply these, it is made of them then."""
    view = VIEWS[_OF[work.said["content"]].view]
    form = FileFormat(work.said.get("format", FileFormat.CSV))
    stands = await _stands(work)
    done, number, after = stands.rows, stands.number, stands.after
    share = 1 if form is FileFormat.CSV else 2  # of the work that reading is
    while not stands.made and (number == 0 or after is not None):
        await work.progress(done // share)
        rows = list[Any]()
        for _ in range(PAGES):
            page = await _page(work, view, after)
            rows, after = rows + page["items"], page["next"]
            if after is None:
                break
        rows = await _whole(work, rows)
        if form is FileFormat.CSV:
            content = written(rows, view.columns, header=number == 0)
        else:
            content = b"".join(orjson.dumps(row) + b"\n" for row in rows)
        await keep(work, number, content, rows=len(rows), following=after, raw=form is not FileFormat.CSV)
        done, number = done + len(rows), number + 1
    if form is not FileFormat.CSV and not stands.made:
        await make(work, form, view, number, done)
    whole = None if stands.made else done
    await work.progress(whole, whole, may_end=False)


async def _stands(work: Carrying) -> Stands:
    async with work.short(policy.START_EXPORT) as act:
        query = select(JobPiece.rows, JobPiece.following, JobPiece.raw).where(JobPiece.job_id == work.id)
        found: Sequence[Any] = (await act.session.exec(query.order_by(col(JobPiece.number)))).all()
    form = FileFormat(work.said.get("format", FileFormat.CSV))
    read = [each for each in found if each.raw or form is FileFormat.CSV]
    whole = bool(found) and not read
    return Stands(sum(each.rows for each in read), len(read), read[-1].following if read else None, made=whole)


async def _page(work: Carrying, view: View, after: str | None) -> Any:
    shown: Any = {name: Value(column) for name, column in view.columns.items()}
    arguments = Arguments(LARGEST_PAGE, after, where={_OF[work.said["content"]].by: work.subject_id})
    site = Listing(view, {"items": Rows(shown), "next": Fact("next")}, arguments)
    return orjson.loads((await work.desk.read(Statement(Face.REST).plan({"it": site}))).body)["it"]


async def _whole(work: Carrying, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without bookings of imports that were not all there when the export was asked for: they are being written, and a
    file would have some of them."""
    imports = {UUID(row["import_id"]) for row in rows if row.get("import_id")}
    if not imports or work.said["content"] != ExportContent.BOOKINGS or "at" not in work.said:
        return rows
    ended = select(BookingImport.id).where(
        col(BookingImport.id).in_(imports), col(BookingImport.ended_at) <= datetime.fromisoformat(work.said["at"])
    )
    async with work.short(policy.START_EXPORT) as act:
        there = {None, *map(str, (await act.session.exec(ended)).all())}
    return [row for row in rows if row["import_id"] in there]


async def fetch_export(desk: Desk, job_id: UUID) -> tuple[FileFormat, AsyncIterator[bytes]]:
    """The file, piece by piece; all refusals come before the first. Raises NotExported, FileGone."""
    async with short(desk, policy.FETCH_EXPORT) as act:
        job = await act.load(Job, job_id)
        if job.kind != JobKind.EXPORT or job.state != JobState.DONE:
            raise NotExported
        numbers = (await act.session.exec(select(JobPiece.number).where(JobPiece.job_id == job_id))).all()
        if not numbers:
            raise FileGone
        form = FileFormat(job.said.get("format", FileFormat.CSV))
        await record(desk, act)
    return form, _pieces(desk, job_id, sorted(numbers))


async def _pieces(desk: Desk, job_id: UUID, numbers: Iterable[int]) -> AsyncIterator[bytes]:
    for number in numbers:
        async with short(desk, policy.FETCH_EXPORT) as act:
            await act.load(Job, job_id)
            row = await fetch_row(act.session, _PIECE, (job_id, number))
        if row is None:  # removed in this moment: whoever fetches it sees that it breaks off
            raise FileGone
        yield bytes(row["content"])


_PIECE = "SELECT content FROM job_piece WHERE job_id = $1 AND number = $2"
