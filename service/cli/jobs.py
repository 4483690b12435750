"""`sozialraum jobs`: long work is begun, looked at, ended early, taken up again; in the name of somebody who may."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

if TYPE_CHECKING:
    from service.domain.desk import Desk

jobs = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
Login = Annotated[str, typer.Option("--as", metavar="LOGIN", help="Who asks: ISSUER:SUBJECT, as in the database.")]
Which = Annotated[UUID, typer.Argument(metavar="JOB", help="Its id.")]
AsJson = Annotated[bool, typer.Option("--json", help="Say it as JSON.")]
Say = Callable[[str, int, int | None], None]
_LOOKS = 0.5  # seconds between two looks at a job


@jobs.callback()
def _several() -> None:
    """Begin long work, see how far it is; end it, or have it go on."""


@jobs.command()
def settle(
    year: Annotated[int, typer.Argument(metavar="YEAR", help="The calendar year.")],
    login: Login,
    as_json: AsJson = False,
) -> None:
    """Work out what a year comes to for each agreement in force, and stay until that is done."""
    _started("start_settlements", {"fiscal_year": year}, login, as_json=as_json)


@jobs.command()
def release(
    day: Annotated[str, typer.Argument(metavar="DATE", help="The last day of a month that is over.")],
    login: Login,
    reason: Annotated[str | None, typer.Option(help="Why, where the month has been released before.")] = None,
    as_json: AsJson = False,
) -> None:
    """Publish the figures of a month's end, and stay until that is done."""
    _started("start_figure_release", {"as_of": day, "reason": reason}, login, as_json=as_json)


def _started(operation: str, said: dict[str, Any], login: str, *, as_json: bool) -> None:
    async def asked() -> tuple[dict[str, Any], list[dict[str, Any]]]:
        import service.domain.budgets.long_work  # noqa: F401 (declares it)
        from service.domain.values import new_id

        async with office() as at:
            desk, job = at.desk(login), new_id()
            await at.start(desk, operation, {"id": job, "authority_id": await at.authority(desk), **said})
            with progress(quiet=as_json) as say:
                return await at.followed(desk, job, say), await at.findings(desk, job)

    told, findings = run(asked())
    tell(told, findings, as_json=as_json)
    raise ended(told)


@jobs.command()
def fetch(
    job: Which, file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")], login: Login
) -> None:
    """Write the file of an export that is done."""

    async def asked() -> None:
        async with office() as at:
            await fetched(at.desk(login), job, file)

    run(asked())


async def fetched(desk: "Desk", job: UUID, file: Path) -> None:
    """The file of an export, whole or not at all."""
    from service.domain.budgets.exporting import fetch_export

    _, pieces = await fetch_export(desk, job)
    part = file.with_name(f"{file.name}.part")
    with part.open("wb") as opened:
        async for piece in pieces:
            opened.write(piece)
    part.replace(file)


@jobs.command("list")
def listing(login: Login, as_json: AsJson = False) -> None:
    """The last 50 jobs, the newest first."""

    async def asked() -> list[dict[str, Any]]:
        async with office() as at:
            found: list[dict[str, Any]] = await at.rows(at.desk(login), "jobs", first=50, order="-created_at")
            return found

    found = run(asked())
    for each in [json.dumps(found)] if as_json else (_line(job) for job in found):
        typer.echo(each)


@jobs.command()
def show(job: Which, login: Login, as_json: AsJson = False) -> None:
    """One job, and what it found."""

    async def asked() -> tuple[dict[str, Any], list[dict[str, Any]]]:
        async with office() as at:
            return await at.job(at.desk(login), job), await at.findings(at.desk(login), job)

    told, findings = run(asked())
    tell(told, findings, as_json=as_json)


@jobs.command()
def cancel(job: Which, login: Login) -> None:
    """Ask for its end: after the step it is at."""

    async def asked() -> dict[str, Any]:
        async with office() as at:
            await at.steer(at.desk(login), "cancel_job", job)
            return await at.job(at.desk(login), job)

    typer.echo(_line(run(asked())))


@jobs.command()
def resume(job: Which, login: Login, as_json: AsJson = False) -> None:
    """Have it go on where it stopped, and stay until it ends: here, unless a worker is quicker."""

    async def asked() -> tuple[dict[str, Any], list[dict[str, Any]]]:
        async with office() as at:
            desk = at.desk(login)
            await at.steer(desk, "resume_job", job)
            with progress(quiet=as_json) as say:
                return await at.followed(desk, job, say), await at.findings(desk, job)

    told, findings = run(asked())
    tell(told, findings, as_json=as_json)
    raise ended(told)


def ended(job: dict[str, Any]) -> typer.Exit:
    """Well only where it found nothing: it is done with what was not ready, too, and has left that as it was."""
    return typer.Exit(0 if job["state"] == "done" and not job["findings"] else 1)


def run(asked: Any) -> Any:
    """What came of it; a refusal in its own words."""
    from service.domain.errors import DomainError

    try:
        return asyncio.run(asked)
    except DomainError as error:
        facts = "".join(f" {name}: {value}." for name, value in error.facts.items())
        typer.echo(f"{error.title} ({error.code}){facts}\n{error.advice}", err=True)
        raise typer.Exit(1) from None


def _line(job: dict[str, Any]) -> str:
    problem = f"  {job['problem']['code']}" if job["problem"] else ""
    found = f", findings: {job['findings']}" if job["findings"] else ""
    done = f"{job['done']} of {job['total']} {job['unit']}{found}"
    return f"{job['id']}  {job['state']:<9}  {job['kind']:<15}  {done}{problem}"


def tell(job: dict[str, Any], findings: list[dict[str, Any]], *, as_json: bool, **more: Any) -> None:
    """A job and what it found; the findings where errors go."""
    if as_json:
        typer.echo(json.dumps({"job": job, "findings": findings, **more}, ensure_ascii=False))
        return
    what = "agreement" if job["unit"] == "agreements" else "row"  # a file is counted in bytes, and read by rows
    for each in findings:
        place = f"{what} {each['row_number']}" if each["row_number"] else "all"
        column = f", {each['field']}" if each["field"] else ""
        typer.echo(f"{place}{column}: {each['code']}: {each['detail']} {each['advice']}", err=True)
    if job["findings"] > len(findings):
        typer.echo(f"and {job['findings'] - len(findings)} more", err=True)
    if job["problem"]:
        typer.echo(f"{job['problem']['title']} {job['problem']['advice']}", err=True)
    typer.echo(_line(job))


@contextmanager
def progress(*, quiet: bool) -> Iterator[Say]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as shown:
        task = shown.add_task("", total=None)
        yield lambda text, done, total: shown.update(task, description=text, completed=done, total=total)


@dataclass(frozen=True)
class Office:
    """Where commands ask as anybody is served, and carry out what they have started."""

    storage: Any
    address: str
    clock: Any
    read_only: bool

    def desk(self, login: str) -> "Desk":
        from service.domain.desk import Desk

        return Desk(self.storage, login, clock=self.clock, assured=True, read_only=self.read_only)

    async def rows(self, desk: "Desk", plural: str, *, first: int = 200, order: str | None = None, **where: Any) -> Any:
        import orjson

        from service.domain.reading import Statement
        from service.domain.selection import Face, Fact, Listing, Rows, Value
        from service.domain.views import VIEWS, Arguments

        view = next(each for each in VIEWS.values() if each.plural == plural)
        shown: Any = {name: Value(column) for name, column in view.columns.items()}
        found, after = list[Any](), None
        while True:
            site = Listing(view, {"items": Rows(shown), "next": Fact("next")}, Arguments(first, after, order, where))
            page = orjson.loads((await desk.read(Statement(Face.REST).plan({"it": site}))).body)["it"]
            found += page["items"]
            if (after := page["next"]) is None or first < 200 or len(found) >= 10_000:
                return found

    async def one(self, desk: "Desk", plural: str, id: UUID) -> dict[str, Any]:
        import orjson

        from service.domain.errors import NotFound
        from service.domain.reading import Statement
        from service.domain.selection import Face, Single, Value
        from service.domain.views import ONE, VIEWS

        view = next(each for each in VIEWS.values() if each.plural == plural)
        shown: Any = {name: Value(column) for name, column in view.columns.items()}
        site = Single(view, shown, arguments=ONE.narrowed(id=id))
        found = orjson.loads((await desk.read(Statement(Face.REST).plan({"it": site}))).body)["it"]
        if found is None:
            raise NotFound(subject=view.noun, subject_id=str(id))
        told: dict[str, Any] = found
        return told

    async def job(self, desk: "Desk", id: UUID) -> dict[str, Any]:
        return await self.one(desk, "jobs", id)

    async def findings(self, desk: "Desk", id: UUID) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.rows(desk, "job_findings", job_id=id)
        return found

    async def start(self, desk: "Desk", operation: str, said: dict[str, Any], *, on: UUID | None = None) -> None:
        """What was typed is held to what the operation takes."""
        from pydantic import ValidationError

        from service.domain.act import OPERATIONS
        from service.domain.errors import InvalidInput, in_our_words

        wanted = OPERATIONS[operation]
        assert wanted.command is not None
        try:
            command = wanted.command.model_validate(said)
        except ValidationError as error:
            places = [
                {"pointer": f"#/{each['loc'][0]}", "detail": in_our_words(each["msg"])} for each in error.errors()
            ]
            raise InvalidInput(errors=places) from None
        await desk.perform(wanted, command, on=on)

    async def steer(self, desk: "Desk", operation: str, id: UUID) -> None:
        import service.domain.jobs.operations  # noqa: F401 (declares it)
        from service.domain.act import OPERATIONS

        version = (await self.job(desk, id))["version"]
        await desk.perform(OPERATIONS[operation], on=id, versions=(version,))

    async def authority(self, desk: "Desk") -> UUID:
        """That of whoever asks."""
        from service.domain.jobs import policy
        from service.domain.working import short

        async with short(desk, policy.RESUME) as act:
            return act.actor.authority_id

    async def followed(self, desk: "Desk", id: UUID, say: Say) -> dict[str, Any]:
        """Until it has ended: carried out here, unless somebody else is at it."""
        from service.domain.jobs.carrying import carry_out

        theirs = await self.authority(desk)
        doing = asyncio.create_task(carry_out(self.storage, self.address, id, theirs, self.clock))
        try:
            while True:
                await asyncio.wait({doing}, timeout=_LOOKS)
                job = await self.job(desk, id)
                say(job["kind"].replace("_", " "), job["done"], job["total"])
                if job["state"] not in ("queued", "running"):
                    return job
                if doing.done():
                    doing.result()
                    await asyncio.sleep(_LOOKS)
        finally:
            doing.cancel()


@asynccontextmanager
async def office() -> AsyncIterator[Office]:
    import service.domain.tables  # noqa: F401 (declares what can be asked)
    from service.cli.database import database
    from service.domain.clock import standing_at
    from service.settings import settings
    from service.storage.postgres import Storage

    with database() as addresses:
        if addresses.application is None:
            typer.echo("Set DATABASE_URL: this is done with the application's login.", err=True)
            raise typer.Exit(2)
        storage = await Storage(addresses.application, read_connections=1, write_connections=3).open()
        try:
            yield Office(storage, addresses.application, standing_at(settings().clock), settings().read_only)
        finally:
            await storage.close()
