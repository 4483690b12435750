import typer

from service.settings import Settings

NO_KEY = (
    "The worker signs sealed audit blocks and has no key: set SOZIALRAUM_SEAL_KEY to a file made with "
    "`openssl genpkey -algorithm ed25519 -out FILE`, readable for this login only."
)


NOT_DIRECT = (
    "The worker keeps settings on its connection and listens there: behind a pooler set DATABASE_LISTEN_URL to the "
    "address of PostgreSQL itself."
)


def reaches_postgres(settings: Settings) -> bool:
    return settings.database_listen_url is not None or not settings.pooled


def has_key(settings: Settings) -> bool:
    return settings.seal_key is not None or settings.development


def worker() -> None:
    """Do what has to be done beside the requests, until SIGTERM or Ctrl-C: seal the audit record once a minute, carry
    out the long work that somebody has started, and remove its files when their time is over. With
    SOZIALRAUM_READ_ONLY only the record is sealed; jobs wait, and go on afterwards.

    `sozialraum run` starts one. As many as you like may run, on any machine; each needs DATABASE_URL and
    SOZIALRAUM_SEAL_KEY."""
    from datetime import timedelta

    from service.api import logs
    from service.cli.database import database
    from service.cli.doubts import of_worker
    from service.domain.clock import standing_at
    from service.domain.sealing.keys import Keys, made_once
    from service.settings import settings
    from service.storage.inspection import inspect
    from service.worker import Duties, run

    given = settings()
    if not has_key(given):
        typer.echo(NO_KEY, err=True)
        raise typer.Exit(2)
    if not reaches_postgres(given):
        typer.echo(NOT_DIRECT, err=True)
        raise typer.Exit(2)
    for doubt in of_worker(given):
        typer.echo(doubt, err=True)
    keys = Keys(given.seal_key or made_once(given.seal_key_of_development))
    assert keys.id, "fails where there is no private key"
    logs.configure(given.log_level)
    with database() as addresses:
        if addresses.application is None:
            typer.echo("Set DATABASE_URL: the worker needs the application's login, not the owner's.", err=True)
            raise typer.Exit(2)
        if findings := inspect(addresses.application):
            typer.echo("\n".join(["Not started:", *(f"  {finding}" for finding in findings)]), err=True)
            raise typer.Exit(1)
        duties = Duties(
            standing_at(given.clock), timedelta(days=given.keep_files), given.read_only, given.statement_timeout
        )
        raise typer.Exit(run(addresses.application, keys, given.heads_file, duties))
