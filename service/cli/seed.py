"""`sozialraum seed`: the demo county, and on demand many more cases to measure with."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from service.cli.database import Addresses


def seed(
    scale: Annotated[int, typer.Option(min=0, metavar="N", help="Add N made-up cases, to measure with.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Say the outcome as one JSON object.")] = False,
) -> None:
    """Fill the database with the demo county. Once: what is there already stays as it is.

    As DATABASE_OWNER_URL; without any address, on the embedded PostgreSQL, be the service running or not. Each call
    with --scale adds so many more; while it does, a running service waits for about a second at a time."""
    from service import demo
    from service.keys import data_keys
    from service.settings import settings
    from service.storage import migration

    started = time.monotonic()
    with writable() as addresses:
        assert addresses.owner
        if addresses.application is None:
            typer.echo("Set DATABASE_URL too: the demo county's budget is told as the application is served.", err=True)
            raise typer.Exit(2)
        migration.let_in(addresses.owner, addresses.application)
        seeded = demo.seed(addresses.owner, addresses.application, data_keys(settings(), addresses.application))
        if scale:
            _add_cases(addresses.owner, scale, quiet=as_json)
    seconds = round(time.monotonic() - started, 1)
    if as_json:
        typer.echo(json.dumps({"seeded": seeded, "cases_added": scale, "seconds": seconds}))
    else:
        typer.echo("The demo county is in the database." if seeded else "The demo county was in the database already.")
        if scale:
            typer.echo(f"{scale:,} cases were added in {seconds} s.")


@contextmanager
def writable() -> Iterator["Addresses"]:
    """A database with its owner's address that is ready to be written to; else says what to do first."""
    from service.cli.database import database
    from service.storage import migration

    with database(new=True) as addresses:
        if addresses.owner is None:
            typer.echo("Set DATABASE_OWNER_URL: the application's login may not do this.", err=True)
            raise typer.Exit(2)
        found = migration.current(addresses.owner)
        if found != migration.head():
            state = f"at revision {found}, this version needs {migration.head()}" if found else "empty"
            typer.echo(f"The database is {state}. Run `sozialraum migrate` first.", err=True)
            raise typer.Exit(1)
        yield addresses


def _add_cases(address: str, count: int, *, quiet: bool) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from service.demo.scale import add_cases

    columns = (TextColumn("Adding cases"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        task = progress.add_task("", total=count)
        add_cases(address, count, lambda done: progress.update(task, completed=done))
