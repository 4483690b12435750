from pathlib import Path
from typing import Annotated

import typer

NO_LOGIN = "Set DATABASE_BACKUP_URL: row-level security hides rows from every other login."


def backup(
    file: Annotated[Path, typer.Argument(help="Where to; it is there once it is whole.")],
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of one that is there.")] = False,
) -> None:
    """Put the whole database into one file, while it is at work. Its keys and the sealed heads are not in it.

    As DATABASE_BACKUP_URL; without any address, of the embedded PostgreSQL. Needs `pg_dump`."""
    from service.cli.database import database
    from service.storage import backup as storage

    with database() as addresses:
        if addresses.backup is None:
            typer.echo(NO_LOGIN, err=True)
            raise typer.Exit(2)
        storage.backup(addresses.backup, file, replace=replace)
    typer.echo(f"{file} holds the whole database, {file.stat().st_size} bytes.")
