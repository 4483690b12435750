import os
from typing import Annotated

import typer


def run(
    development: Annotated[
        bool, typer.Option("--development", help="With a token issuer and a demo county. Loopback only.")
    ] = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", show_default="8000")] = None,
    workers: Annotated[int | None, typer.Option(help="Server processes.", show_default="1")] = None,
    worker: Annotated[
        bool | None, typer.Option("--worker/--no-worker", help="Whether a worker runs beside it.", show_default="yes")
    ] = None,
) -> None:
    """Start the service and stay until SIGTERM or Ctrl-C.

    Without DATABASE_URL, a PostgreSQL of its own runs beside it, with its data in SOZIALRAUM_HOME. Every option can
    also be set as SOZIALRAUM_DEVELOPMENT, _HOST, _PORT, _WORKERS, _WORKER."""
    from service.cli.supervisor import Supervisor
    from service.settings import settings

    given = {"DEVELOPMENT": development or None, "HOST": host, "PORT": port, "WORKERS": workers, "WORKER": worker}
    # By the environment, so that the server's processes read the very same settings.
    os.environ.update({f"SOZIALRAUM_{name}": str(value) for name, value in given.items() if value is not None})
    settings.cache_clear()
    raise typer.Exit(Supervisor(settings()).run())
