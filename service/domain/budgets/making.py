"""Making a file of the rows that an export has read: a workbook, or the package of a release. In little memory, and so
that it may be broken off anywhere: what was read stays until the whole file is kept."""

import asyncio
from collections.abc import AsyncIterator, Callable
from enum import StrEnum
from tempfile import TemporaryFile
from typing import IO, Any

import orjson
from sqlmodel import col, delete, select

from service.domain.budgets import policy
from service.domain.budgets.figures import FigureReleaseView
from service.domain.budgets.package import packed
from service.domain.jobs.carrying import Carrying
from service.domain.jobs.model import JobPiece
from service.domain.reading import Statement
from service.domain.selection import Face, Single, Value
from service.domain.tabular import Workbook
from service.domain.views import ONE, VIEWS, View

LENGTH = 1024 * 1024  # bytes of a piece of the file


class FileFormat(StrEnum):
    """What kind of file."""

    CSV = "csv"  # a table as text
    XLSX = "xlsx"  # a workbook
    PACKAGE = "package"  # Fiscal Data Package: tables and what they mean, zipped


async def keep(work: Carrying, number: int, content: bytes, **more: Any) -> None:
    """A piece of the file, or raw."""
    async with work.short(policy.START_EXPORT) as act:
        more = {"rows": 0, **more}
        act.session.add(
            JobPiece(authority_id=work.authority_id, job_id=work.id, number=number, content=content, **more)
        )


async def make(work: Carrying, form: FileFormat, view: View, number: int, rows: int) -> None:
    """Make the file of so many `rows`, and keep it from the piece `number` on, in the place of the raw ones."""
    await _remove(work, raw=False)  # what a worker had made that was stopped
    with TemporaryFile() as file:
        if form is FileFormat.XLSX:
            await _workbook(work, file, view, rows)
        else:
            amounts = [row async for part in _parts(work) for row in part]
            file.write(packed(await _release(work), amounts))
        file.seek(0)
        while content := file.read(LENGTH):
            await keep(work, number, content)
            number += 1
    await _remove(work, raw=True)


async def _workbook(work: Carrying, file: IO[bytes], view: View, rows: int) -> None:
    done = 0
    workbook = Workbook(file, view.columns, large=True)
    async for part in _parts(work):
        await _apart(workbook.add, part)
        done += len(part)
        await work.progress((rows + done) // 2)
    await _apart(workbook.close)


async def _apart(write: Callable[..., None], *given: Any) -> None:
    """In a thread: the worker goes on answering that it is there. Whoever stops it meanwhile waits for that, for the
    file is about to be taken away."""
    writing = asyncio.ensure_future(asyncio.to_thread(write, *given))
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        await writing
        raise


async def _parts(work: Carrying) -> AsyncIterator[list[dict[str, Any]]]:
    number = -1
    while True:
        async with work.short(policy.START_EXPORT) as act:
            query = select(JobPiece.number, JobPiece.content).where(JobPiece.job_id == work.id, col(JobPiece.raw))
            following = query.where(JobPiece.number > number).order_by(col(JobPiece.number)).limit(1)
            found = (await act.session.exec(following)).first()
        if found is None:
            return
        number, content = found
        yield [orjson.loads(line) for line in content.splitlines()]


async def _remove(work: Carrying, *, raw: bool) -> None:
    async with work.short(policy.START_EXPORT) as act:
        pieces = delete(JobPiece).where(col(JobPiece.job_id) == work.id, col(JobPiece.raw).is_(raw))
        await act.session.exec(pieces)


async def _release(work: Carrying) -> dict[str, Any]:
    view = VIEWS[FigureReleaseView]
    shown: Any = {name: Value(column) for name, column in view.columns.items()}
    site = Single(view, shown, arguments=ONE.narrowed(id=work.subject_id))
    answer = await work.desk.read(Statement(Face.REST).plan({"it": site}))
    release: dict[str, Any] = orjson.loads(answer.body)["it"]
    return release
