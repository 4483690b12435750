"""Going through migrations again, on a database that is at the head of them."""

from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from service.storage import migration
from service.storage.embedded import OWNER
from tests.conftest import Database


def migrated(database: Database, first: str, last: str) -> None:
    """From the one of this name to the other, as the tables' owner. What they make must not be there."""
    config = migration._config()
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    names = {Path(str(script.path)).stem.partition("_")[2]: script for script in scripts}
    with psycopg.connect(database.superuser, autocommit=True) as owner:
        owner.execute(f"GRANT CREATE ON SCHEMA public TO {OWNER}".encode())
    before = "UPDATE alembic_version SET version_num = %s RETURNING version_num"
    database.rows(before, names[first].down_revision)
    engine: Any = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(database.owner), poolclass=NullPool
    )
    with engine.connect() as connection:
        connection.exec_driver_sql("SET lock_timeout = '5s'")
        connection.commit()
        config.attributes.update(connection=connection, progress=lambda line: None)
        command.upgrade(config, names[last].revision)
        connection.commit()
