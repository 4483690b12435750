import json
from typing import Annotated

import typer


def migrate(
    as_json: Annotated[bool, typer.Option("--json", help="Say the outcome as one JSON object.")] = False,
) -> None:
    """Bring the database to the schema this version needs.

    As DATABASE_OWNER_URL; without any address, on the embedded PostgreSQL. Call it again once every server has been
    replaced: what those of the version before have left out is then filled in (as DATABASE_BACKUP_URL)."""
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
        digests = _digests(addresses.backup) if addresses.backup is not None else 0
        named = _named(addresses.backup) if addresses.backup is not None else 0
        written = _written_down(addresses.backup) if addresses.backup is not None else 0
    if as_json:
        filled = {"digests": digests, "second_professionals": named, "help": written}
        typer.echo(json.dumps({"before": before, "after": after, **filled}))
    else:
        typer.echo(f"The database is at {after}." if before != after else f"The database was at {after} already.")
        if digests:
            typer.echo(f"{digests} people got the digest by which families are found.")
        if named:
            typer.echo(f"Of {named} grants it is said by now with whom they were decided.")
        if written:
            typer.echo(f"{written} rows of what the budget bears of help were written down.")


def _digests(address: str) -> int:
    """Of people whom servers have added that knew of none; without them it takes no key."""
    import psycopg

    from service.domain.cases.known import digest_persons, undigested
    from service.keys import data_keys
    from service.settings import settings
    from service.storage.address import conninfo

    with psycopg.connect(conninfo(address), autocommit=True) as connection:
        return digest_persons(connection, data_keys(settings())) if undigested(connection) else 0


def _named(address: str) -> int:
    """Of what servers have bound that did not say with whom it was decided."""
    import psycopg

    from service.domain.decisions.decided_with import name_second_professionals
    from service.storage.address import conninfo

    with psycopg.connect(conninfo(address), autocommit=True) as connection:
        return name_second_professionals(connection)


def _written_down(address: str) -> int:
    """Of help that servers have decided on, or ended, that did not write down what the budget bears of it."""
    import psycopg

    from service.domain.decisions.written_down import write_down
    from service.storage.address import conninfo

    with psycopg.connect(conninfo(address), autocommit=True) as connection:
        return write_down(connection)
