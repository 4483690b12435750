"""A temporary PostgreSQL with the demo county and many cases, and the settings of a server on it."""

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import psycopg

from service import demo
from service.api import development_issuer
from service.bench.processes import HOST
from service.bench.workloads import ADDRESSEE, READER
from service.demo.scale import add_cases
from service.keys import data_keys
from service.settings import Settings
from service.storage import migration
from service.storage.embedded import APPLICATION, DATABASE, DURABLE, OWNER, EmbeddedPostgres

SMALL = "sozialraum_small"
UNPOLICED = "sozialraum_bench"  # what the application may, without row-level security
SUPERUSER = "postgres"
FEW = 2_000  # cases in the small one
_SETTINGS = {**DURABLE, "shared_buffers": "256MB"}

Say = Callable[[str], None]
Progress = Callable[[int, int], None]  # done, of all


@dataclass(frozen=True)
class Ground:
    postgres: EmbeddedPostgres
    settings: Settings

    def address(self, user: str = APPLICATION, database: str = DATABASE) -> str:
        return self.postgres.address(user, database)

    @property
    def authority(self) -> str:
        return f"{HOST}:{self.settings.port}"

    def environment(self, database: str = DATABASE) -> Mapping[str, str]:
        """Of the server: nothing of ours but what it needs."""
        inherited = {n: v for n, v in os.environ.items() if not n.startswith(("SOZIALRAUM_", "DATABASE_"))}
        return inherited | {
            "DATABASE_URL": self.address(database=database),
            "SOZIALRAUM_DEVELOPMENT": "true",
            "SOZIALRAUM_HOME": str(self.settings.home),
            "SOZIALRAUM_PORT": str(self.settings.port),
            "SOZIALRAUM_METRICS_PORT": "",
        }

    def tokens(self, *personas: str) -> Mapping[str, str]:
        def token(persona: str) -> str:
            return development_issuer.token(self.settings, f"demo-{persona}", lifetime=timedelta(hours=20))

        return {persona: token(persona) for persona in personas or (READER, ADDRESSEE)}

    def cases_of_reader(self) -> list[str]:
        query = "SELECT case_id::text FROM case_access WHERE actor_id = %s ORDER BY 1"
        with psycopg.connect(self.address(SUPERUSER)) as connection:
            return [row[0] for row in connection.execute(query, [demo.PEOPLE[READER].actor_id])]

    def counted(self) -> Mapping[str, int]:
        tables = ("case_file", "goal", "step", "case_access")
        with psycopg.connect(self.address(SUPERUSER)) as connection:
            found = {each: connection.execute(f"SELECT count(*) FROM {each}".encode()).fetchone() for each in tables}
        return {table: int(row[0]) for table, row in found.items() if row}


@contextmanager
def prepared(cases: int, say: Say, progress: Progress, *, small: bool) -> Iterator[Ground]:
    """`small`: with a second database of few cases, to see what growth costs."""
    say("Starting PostgreSQL")
    with EmbeddedPostgres.temporary(_SETTINGS) as postgres:
        settings = Settings(development=True, home=postgres.home, host=HOST, port=free_port())
        ground = Ground(postgres, settings)
        say("Seeding the demo county")
        migration.migrate(ground.address(OWNER), lambda line: None)
        demo.seed(ground.address(OWNER), ground.address(APPLICATION), data_keys(settings, ground.address(APPLICATION)))
        with psycopg.connect(ground.address(SUPERUSER, "postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {UNPOLICED} LOGIN BYPASSRLS IN ROLE {APPLICATION}".encode())
            if small:
                connection.execute(f"CREATE DATABASE {SMALL} OWNER {OWNER} TEMPLATE {DATABASE}".encode())
        sizes = {DATABASE: cases} | ({SMALL: FEW} if small else {})
        for database, count in sizes.items():
            say(f"Adding {count:,} cases")
            add_cases(ground.address(OWNER, database), count, lambda done, count=count: progress(done, count))  # type: ignore[misc]
            with psycopg.connect(ground.address(SUPERUSER, database), autocommit=True) as connection:
                connection.execute("CHECKPOINT")
        development_issuer.jwks(settings)  # makes the key
        development_issuer.announce(settings)
        yield ground


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
