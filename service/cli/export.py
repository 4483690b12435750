"""`sozialraum export`: what stands in an agreement, or what a release tells, as one file; a job like any other."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from service.cli.jobs import AsJson, Login, Office, Say, ended, fetched, office, progress, run, tell

export = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
File = Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")]


@export.callback()
def _several() -> None:
    """Write what stands in an agreement, or what a release tells, into one file."""


@export.command()
def agreement(
    id: Annotated[UUID, typer.Argument(metavar="AGREEMENT", help="Its id.")],
    file: File,
    login: Login,
    content: Annotated[str, typer.Option(help="bookings, commitments or postings.")] = "bookings",
    form: Annotated[str, typer.Option("--format", help="csv or xlsx.")] = "csv",
    as_json: AsJson = False,
) -> None:
    """All bookings, commitments or postings of an agreement."""
    _export(file, login, as_json, "start_export", id, {"content": content, "format": form})


@export.command()
def release(
    id: Annotated[UUID, typer.Argument(metavar="RELEASE", help="Its id.")],
    file: File,
    login: Login,
    form: Annotated[str, typer.Option("--format", help="csv, xlsx or package (a Fiscal Data Package).")] = "package",
    as_json: AsJson = False,
) -> None:
    """All that a release tells."""
    _export(file, login, as_json, "start_release_export", id, {"format": form})


def _export(file: Path, login: str, as_json: bool, operation: str, on: UUID, said: dict[str, str]) -> None:
    async def asked() -> dict[str, Any]:
        async with office() as at:
            with progress(quiet=as_json) as say:
                return await _exported(at, file, login, operation, on, said, say)

    told = run(asked())
    tell(told, [], as_json=as_json)
    raise ended(told)


async def _exported(
    at: Office, file: Path, login: str, operation: str, on: UUID, said: dict[str, str], say: Say
) -> dict[str, Any]:
    import service.domain.budgets.exporting  # noqa: F401 (declares it)
    from service.domain.values import new_id

    desk, job = at.desk(login), new_id()
    await at.start(desk, operation, {"id": job, **said}, on=on)
    told = await at.followed(desk, job, say)
    if told["state"] == "done":
        await fetched(desk, job, file)
    return told
