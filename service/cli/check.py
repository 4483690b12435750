import json
from typing import Annotated

import typer


def check(
    as_json: Annotated[bool, typer.Option("--json", help="Say the findings as one JSON object.")] = False,
) -> None:
    """Say whether the configuration and the database are fit to run; the exit code is 1 when they are not."""
    from service.cli.database import database
    from service.storage.inspection import inspect

    with database() as addresses:
        if addresses.application is None:
            findings = ["DATABASE_URL is not set, only DATABASE_OWNER_URL is: the server would have no login."]
        else:
            findings = inspect(addresses.application)
    if as_json:
        typer.echo(json.dumps({"fit": not findings, "findings": findings}, ensure_ascii=False))
    else:
        typer.echo("\n".join(findings) or "All is well: the settings are valid and the database fits.")
    if findings:
        raise typer.Exit(1)
