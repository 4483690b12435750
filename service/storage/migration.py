"""The database's schema: which one this code needs, which one is there, and the way from there to here. Only whoever
goes it imports Alembic."""

from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from service.storage.address import conninfo
from service.storage.revision import head as head
from service.storage.revision import is_known as is_known

if TYPE_CHECKING:
    from alembic.config import Config

APPLICATION_ROLE = "sozialraum_app"  # what the policies and grants are for; made by the first migration
MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
_ONE_AT_A_TIME = 7_336_942_111  # key of the advisory lock; any number nobody else uses
_NEXT_TRY = 0.5  # seconds


def current(address: str) -> str | None:
    """The revision the database is at; nothing where it was never migrated."""
    with psycopg.connect(conninfo(address)) as connection:
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None


def let_in(owner_address: str, application_address: str) -> None:
    """Make the application's login a member of the role that the policies and grants are for."""
    with psycopg.connect(conninfo(application_address)) as connection:
        login = connection.info.user
    with psycopg.connect(conninfo(owner_address)) as connection:
        known = connection.execute("SELECT pg_has_role(%s, %s, 'USAGE')", [login, APPLICATION_ROLE]).fetchone()
        if known != (True,):
            grant = sql.SQL("GRANT {} TO {}").format(sql.Identifier(APPLICATION_ROLE), sql.Identifier(login))
            connection.execute(grant)


def migrate(owner_address: str, progress: Callable[[str], None], revision: str = "head") -> None:
    """Bring the database to the newest revision or another, as its owner, one transaction each. Two at once take turns.

    A revision that has to wait longer than five seconds for a lock gives up rather than stop everybody behind it."""
    from alembic import command

    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(conninfo(owner_address)), poolclass=NullPool
    )
    with engine.connect() as connection:
        turn = text("SELECT pg_try_advisory_lock(:key)").bindparams(key=_ONE_AT_A_TIME)
        if not connection.scalar(turn):
            progress("Waiting for another migration to end ...")
            connection.commit()  # CREATE INDEX CONCURRENTLY waits for whoever waits in a statement or transaction
            while not connection.scalar(turn):
                connection.commit()
                sleep(_NEXT_TRY)
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.commit()
        config = _config()
        config.attributes.update(connection=connection, progress=progress)
        command.upgrade(config, revision)
        # So that the application's login, too, can tell whether the database fits.
        connection.execute(text("GRANT SELECT ON alembic_version TO PUBLIC"))
        connection.commit()


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
