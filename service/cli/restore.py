from pathlib import Path
from typing import Annotated

import typer

from service.cli.backup import NO_LOGIN

NO_OWNER = "Set DATABASE_OWNER_URL: the schema is brought up to date afterwards."


def restore(file: Annotated[Path, typer.Argument(help="Made by `sozialraum backup`.")]) -> None:
    """Fill an empty database from a backup, bring it to this version's schema, and begin a new epoch.

    What providers have read on from is void then: they are told to read their mailbox anew (410). As
    DATABASE_BACKUP_URL and DATABASE_OWNER_URL; without any address, the embedded PostgreSQL. Needs `pg_restore`."""
    from service.cli.database import database
    from service.storage import backup, migration

    with database(new=True) as addresses:
        if addresses.backup is None or addresses.owner is None:
            typer.echo(NO_LOGIN if addresses.backup is None else NO_OWNER, err=True)
            raise typer.Exit(2)
        backup.restore(addresses.backup, file)
        migration.migrate(addresses.owner, progress=lambda line: typer.echo(line))
        if addresses.application is not None:
            migration.let_in(addresses.owner, addresses.application)
        epoch = backup.begin_epoch(addresses.backup)
    typer.echo(f"The database is as it was in {file}. Epoch {epoch} has begun.")
