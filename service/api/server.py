"""What uvicorn starts in each worker."""

import signal

from service.process import all_stays, descriptors, die_with_parent, keep_little, without

# structlog and httpx import those where they are installed, for people who look on
with all_stays(), without("rich", "pygments"):
    import structlog
    from pydantic import BaseModel

    BaseModel.model_config["defer_build"] = True  # FastAPI's, of an OpenAPI document, and most of ours nobody asks for

    from service.api import development_issuer, logs, metrics
    from service.api.app import Application
    from service.keys import data_keys
    from service.settings import Settings, settings
    from service.storage.postgres import Storage

BESIDES = 200  # descriptors for everything else: files, listening, and those whom we refuse


def create() -> Application:
    """Reads the settings, and nothing else reads the environment."""
    die_with_parent(signal.SIGTERM)
    keep_little()
    given = settings()
    logs.configure(given.log_level)
    assert given.database_url is not None, "set DATABASE_URL, or start with `sozialraum run`"
    if given.development:
        development_issuer.announce(given)
    storage = Storage(
        given.database_url.get_secret_value(),
        read_connections=given.read_connections,
        write_connections=given.write_connections,
        wait=given.wait_for_connection,
        statement_timeout=given.statement_timeout,
        statement_cache=given.statement_cache,
        pooled=given.pooled,
        listen=given.listen_address,
        keys=data_keys(given),
    )
    metrics.serve(given.host, given.metrics_port)
    return Application(_with_room(given), storage)


def _with_room(given: Settings) -> Settings:
    """For as many connections as the system lets us have, beside those to PostgreSQL, files, and whoever is refused."""
    besides = given.read_connections + given.write_connections + BESIDES
    room = max(10, descriptors(given.connections + besides) - besides)
    if room < given.connections:
        structlog.get_logger().warning("few-descriptors", count=room)
    return given.model_copy(update={"connections": room})
