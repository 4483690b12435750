import json
from typing import Annotated

import typer


def migrate(
    as_json: Annotated[bool, typer.Option("--json", help="Say the outcome as one JSON object.")] = False,
) -> None:
    """Bring the database to the schema this version needs.

    As DATABASE_OWNER_URL; without any address, on the embedded PostgreSQL."""
    from service.cli.database import database
    from service.storage import inspection, migration

    with database(new=True) as addresses:
        if addresses.owner is None:
            typer.echo("Set DATABASE_OWNER_URL: the application's login may not change tables.", err=True)
            raise typer.Exit(2)
        if findings := inspection.inspect_server(addresses.owner):
            typer.echo("\n".join(findings), err=True)
            raise typer.Exit(1)
        before = migration.current(addresses.owner)
        migration.migrate(addresses.owner, progress=lambda line: typer.echo(line, err=as_json))
        after = migration.current(addresses.owner)
        if addresses.application is not None:
            migration.let_in(addresses.owner, addresses.application)
    if as_json:
        typer.echo(json.dumps({"before": before, "after": after}))
    else:
        typer.echo(f"The database is at {after}." if before != after else f"The database was at {after} already.")
