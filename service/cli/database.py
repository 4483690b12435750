"""The database that a command works on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import typer

from service.settings import Settings, settings


@dataclass(frozen=True)
class Addresses:
    application: str | None
    owner: str | None
    backup: str | None


def configured(given: Settings) -> Addresses:
    """Past the pooler, where there is one."""
    direct = given.database_listen_url or given.database_url
    return Addresses(
        application=direct.get_secret_value() if direct else None,
        owner=given.database_owner_url.get_secret_value() if given.database_owner_url else None,
        backup=given.database_backup_url.get_secret_value() if given.database_backup_url else None,
    )


def unfit(given: Settings, direct: str) -> list[str]:
    """Why the server cannot work on the database, whose address past a pooler is `direct`; nothing where it can."""
    from service.storage.inspection import inspect, inspect_serving

    findings = inspect(direct)
    if not findings and given.database_url is not None:
        findings = inspect_serving(given.database_url.get_secret_value(), pooled=given.pooled)
    return findings


@contextmanager
def database(*, new: bool = False) -> Iterator[Addresses]:
    """The configured database; else the embedded one, which is started for this command if `run` has not done so.

    Only with `new` one is made where there is none: in the wrong folder, nothing would be what is looked at."""
    addresses = configured(settings())
    if addresses.application or addresses.owner or addresses.backup:
        yield addresses
        return

    from service.storage.embedded import APPLICATION, OWNER, SUPERUSER, EmbeddedPostgres

    server = EmbeddedPostgres(settings().home)
    if not new and not server.ground.cluster.exists():
        typer.echo(
            f"There is no database in {settings().home}: call this in the folder in which the service runs, or set "
            "SOZIALRAUM_HOME or DATABASE_URL.",
            err=True,
        )
        raise typer.Exit(2)
    addresses = Addresses(*(server.address(user) for user in (APPLICATION, OWNER, SUPERUSER)))
    if server.in_use:
        yield addresses
    else:
        with server:
            yield addresses
