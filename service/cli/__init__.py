"""The command `sozialraum`. A command's module is imported when it is called, so that help and start-up stay quick."""

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from service.process import all_stays

# Each is a function (or a `typer.Typer` with subcommands) of its own name, in the module of its own name.
COMMANDS = {
    "run": "Start the service; without DATABASE_URL, with a PostgreSQL of its own.",
    "worker": "Do what has to be done beside the requests: seal the audit record, carry out long work.",
    "jobs": "Begin long work, see how far it is; end it, or have it go on.",
    "export": "Write what stands in an agreement, or what a release tells, into one file.",
    "migrate": "Bring the database to the schema this version needs.",
    "backup": "Put the whole database into one file.",
    "restore": "Fill an empty database from such a file.",
    "reencrypt": "Encrypt with the first data key what an older one has encrypted.",
    "seed": "Fill the database with the demo county.",
    "import": "Take over surveyed outlines of social spaces, or bookings of another program.",
    "token": "Print an access token of the development issuer.",
    "admin": "Appoint the first administrator of an installation.",
    "contracts": "Write the OpenAPI document and the GraphQL schema, or check that they are up to date.",
    "check": "Say whether the configuration and the database are fit to run, or the audit record whole.",
    "bench": "Measure the running service.",
}


MODULES = {"import": "importing"}  # where a command cannot have a module of its own name


class _Commands(TyperGroup):
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, _load(name) if name in COMMANDS else command, rest


commands = typer.Typer(
    cls=_Commands,
    help="Sozialraum: case work from the person's own will, over REST and GraphQL.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # it would print the values of variables, which are people's data
)
for _name, _summary in COMMANDS.items():
    commands.command(_name, help=_summary)(lambda: None)


def main() -> None:
    from service.api import logs

    logs.configure("WARNING")  # until a command says otherwise; by itself structlog shows the values of variables
    try:
        commands()
    except Exception as error:
        print(_explain(error) or _defect(error), file=sys.stderr)
        sys.exit(1)


def _load(name: str) -> Any:
    module = MODULES.get(name, name)
    with all_stays():
        found = getattr(import_module(f"service.cli.{module}"), module)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        single.command(name, help=found.__doc__ or COMMANDS[name])(found)
        found = single
    return typer.main.get_command(found)


def _defect(error: Exception) -> str:
    """Where it happened, for whoever mends it; without the message, in which PostgreSQL quotes rows."""
    from service.api.logs import what_failed

    told = what_failed(error)
    return "\n".join([f"Something went wrong on our side: {told['exception']}", *(f"  {at}" for at in told["frames"])])


def _explain(error: Exception) -> str | None:
    """What the operator can do something about, in plain words; nothing for a defect of ours."""
    import psycopg
    import sqlalchemy.exc
    from alembic.util import CommandError
    from pydantic import ValidationError

    from service.domain.errors import in_our_words
    from service.domain.sealing.keys import SealKeyError
    from service.storage.address import AddressError
    from service.storage.backup import BackupError
    from service.storage.data_keys import DataKeyError
    from service.storage.embedded.ground import EmbeddedPostgresError

    match error:
        case ValidationError(title="Settings"):
            troubles = (
                f"  {'.'.join(map(str, each['loc']))}: {in_our_words(each['msg'])}"
                for each in error.errors(include_url=False)
                if each["type"] != "default_factory_not_called"  # it follows from another one
            )
            return "\n".join(["The settings do not fit:", *troubles])
        case sqlalchemy.exc.OperationalError():
            return f"The database refused: {_primary(error.orig)}".strip()
        case psycopg.OperationalError():
            return f"The database cannot be reached: {_primary(error)}".strip()
        case psycopg.errors.UndefinedTable():
            return "The database is empty, or older than this version: call `sozialraum migrate` first."
        case AddressError() | BackupError() | DataKeyError() | EmbeddedPostgresError() | SealKeyError():
            return str(error)
        case CommandError() | OSError():  # of migrations, and of files
            return str(error)
        case _:
            return None


def _primary(error: BaseException | None) -> str:
    """What PostgreSQL says first; what comes after that can quote a row."""
    diagnosis = getattr(error, "diag", None)
    return getattr(diagnosis, "message_primary", None) or str(error)
