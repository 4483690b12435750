"""Runs the migrations: for `service.storage.migration.migrate`, which brings a connection along, and for `alembic`."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import psycopg
from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

import service.domain.tables  # noqa: F401 (fills SQLModel.metadata)
from service.cli.database import database
from service.storage.address import conninfo

target_metadata = SQLModel.metadata


def run(connection: Connection, progress: Callable[[str], None]) -> None:
    def tell(ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]) -> None:
        for name in step.up_revision_ids:
            revision = context.script.get_revision(name)
            progress(f"{'Up to' if step.is_upgrade else 'Down from'} {name}: {revision.doc if revision else '?'}")

    context.configure(
        connection=connection,
        target_metadata=target_metadata,
        transaction_per_migration=True,
        on_version_apply=tell,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_by_command() -> None:
    with database() as addresses:
        owner = addresses.owner
        if owner is None:
            raise SystemExit("Set DATABASE_OWNER_URL.")
        engine = create_engine(
            "postgresql+psycopg://", creator=lambda: psycopg.connect(conninfo(owner)), poolclass=NullPool
        )
        with engine.connect() as connection:
            run(connection, print)


def write_sql() -> None:
    context.configure(url="postgresql+psycopg://", target_metadata=target_metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    write_sql()
elif "connection" in context.config.attributes:
    run(context.config.attributes["connection"], context.config.attributes["progress"])
else:
    run_by_command()
