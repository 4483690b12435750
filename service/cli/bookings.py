"""`sozialraum import bookings`: bookings of another program, checked by the rules, then booked by a second person."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.jobs import AsJson, Office, Say, office, progress, run, tell


def bookings(
    file: Annotated[Path, typer.Argument(help="CSV; docs/guide-controller.md says which columns.", exists=True)],
    login: Annotated[str, typer.Option("--as", metavar="LOGIN", help="Whose import it is: ISSUER:SUBJECT.")],
    released_by: Annotated[
        str | None, typer.Option(metavar="LOGIN", help="The second person, who releases it; left out, somebody later.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and book nothing.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Book the valid rows although others are faulty.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import bookings: all of them or, with --partial, those that fit.

    Each row has a number of its own, and is booked once: an import that broke off, or a file that is there again, is
    simply imported again. What is at work is a job like any other (`sozialraum jobs`)."""

    async def asked() -> dict[str, Any]:
        async with office() as at:
            with progress(quiet=as_json) as say:
                return await _imported(at, file, login, None if dry_run else released_by, partial, say)

    told = run(asked())
    tell(told["job"], told["findings"], as_json=as_json, imported=told["import"])
    if not as_json:
        one = told["import"]
        typer.echo(
            f"{one['valid']} rows can be booked ({one['amount']} EUR), {one['faulty']} cannot, {one['known']} were "
            f"booked before; import {one['id']} is {one['state']}."
        )
    faulty = told["import"]["faulty"] > 0 and not partial
    raise typer.Exit(1 if faulty or told["job"]["state"] != "done" else 0)


async def _imported(
    at: Office, file: Path, login: str, released_by: str | None, partial: bool, say: Say
) -> dict[str, Any]:
    from service.domain.budgets.imports.operations import (
        ReleaseBookingImport,
        StartBookingImport,
        check_booking_import,
        release_booking_import,
        start_booking_import,
    )
    from service.domain.budgets.imports.receiving import receive
    from service.domain.jobs.operations import StartJob
    from service.domain.values import new_id
    from service.settings import settings

    desk, id, job = at.desk(login), new_id(), new_id()
    await desk.perform(start_booking_import, StartBookingImport(id=id, authority_id=await at.authority(desk)))
    say("sending", 0, None)
    await receive(desk, id, _pieces(file), settings().largest_upload)
    await desk.perform(check_booking_import, StartJob(id=job), on=id)
    done = await at.followed(desk, job, say)
    findings = await at.findings(desk, job)
    one = await at.one(desk, "booking_imports", id)
    booked_before = not one["valid"] and one["known"]
    if released_by and done["state"] == "done" and not booked_before and not (one["faulty"] and not partial):
        second, posting = at.desk(released_by), new_id()
        said = ReleaseBookingImport(id=posting, partial=partial)
        await second.perform(release_booking_import, said, on=id, versions=(one["version"],))
        done = await at.followed(second, posting, say)
        one = await at.one(desk, "booking_imports", id)
    return {"job": done, "findings": findings, "import": one}


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(1 << 20):
            yield piece
