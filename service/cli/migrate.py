import json
from typing import Annotated

import typer

FILLED = {
    "digests": "{} people got the digest by which families are found.",
    "second_professionals": "Of {} grants it is said by now with whom they were decided.",
    "help": "{} rows of what the budget bears of help were written down.",
    "invoice_numbers": "{} numbers of invoices are compared as they are now.",
}
"""What is filled in after the tables are as they should be, and how it is told."""


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
        if before is not None and not migration.is_known(before):
            typer.echo(inspection.NEWER.format(before), err=True)
            raise typer.Exit(1)
        migration.migrate(addresses.owner, progress=lambda line: typer.echo(line, err=as_json))
        after = migration.current(addresses.owner)
        if addresses.application is not None:
            migration.let_in(addresses.owner, addresses.application)
        filled = _filled(addresses.backup) if addresses.backup is not None else dict.fromkeys(FILLED, 0)
    if as_json:
        typer.echo(json.dumps({"before": before, "after": after, **filled}))
    else:
        typer.echo(f"The database is at {after}." if before != after else f"The database was at {after} already.")
        for what, many in filled.items():
            if many:
                typer.echo(FILLED[what].format(many))


def _filled(address: str) -> dict[str, int]:
    """What servers of the version before have left out: digests of people whom they have added (without any such, it
    takes no key), with whom was decided what they have bound, what the budget bears of help, and by what numbers of
    invoices are compared."""
    import psycopg

    from service.domain.budgets.invoice_numbers import compare_anew
    from service.domain.cases.known import digest_persons, undigested
    from service.domain.decisions.decided_with import name_second_professionals
    from service.domain.decisions.written_down import write_down
    from service.keys import data_keys
    from service.settings import settings
    from service.storage.address import conninfo

    with psycopg.connect(conninfo(address), autocommit=True) as connection:
        return {
            "digests": digest_persons(connection, data_keys(settings())) if undigested(connection) else 0,
            "second_professionals": name_second_professionals(connection),
            "help": write_down(connection),
            "invoice_numbers": compare_anew(connection),
        }
