"""A PostgreSQL and a server that may be killed: with the small county, for the money of its controllers."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from service.api import development_issuer
from service.demo.people import people
from service.demo.territory import territory
from service.settings import UVICORN, Settings
from service.storage.embedded import APPLICATION, DATABASE, OWNER, SUPERUSER, UNSAFE_BUT_FAST, EmbeddedPostgres
from service.storage.migration import migrate
from service.storage.postgres import Storage
from tests.budgets.contract import DAY, add, county_manager
from tests.conftest import Database, data_keys

# The machine stays on: what PostgreSQL has written is safe from its own end. What it has not, would be lost.
SURVIVES_ITS_PROCESSES = UNSAFE_BUT_FAST | {"synchronous_commit": "on"}


@dataclass(frozen=True)
class Own(Database):
    """The one database of a PostgreSQL of its own, which may be killed."""

    server: EmbeddedPostgres

    @property
    def application(self) -> str:
        return self.server.address(APPLICATION, self.name)

    @property
    def owner(self) -> str:
        return self.server.address(OWNER, self.name)

    @property
    def superuser(self) -> str:
        return self.server.address(SUPERUSER, self.name)

    def storage(self, **given: Any) -> Storage:
        return Storage(self.application, keys=data_keys(), **given)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Service:
    """The server as `sozialraum run` starts it, but without a parent that would mourn it."""

    database: str  # its address
    home: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        given = {
            **self.settings,
            "DATABASE_URL": self.database,
            "SOZIALRAUM_DEVELOPMENT": "true",
            "SOZIALRAUM_HOME": str(self.home),
            "SOZIALRAUM_PORT": str(self.port),
            "SOZIALRAUM_CLOCK": f"{DAY}T12:00:00Z",
        }
        serving = ("uvicorn", "service.api.server:create", *UVICORN)
        command = [sys.executable, "-m", *serving, "--port", str(self.port)]
        with (self.home / "said").open("ab") as said:
            self.process = subprocess.Popen(command, env=os.environ | given, stdout=said, stderr=said)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def token(self, role: str) -> str:
        settings = Settings(development=True, home=self.home, port=self.port)
        return development_issuer.token(settings, role, lifetime=timedelta(hours=1))

    def client(self, role: str) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {self.token(role)}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=10)


def county(server: EmbeddedPostgres) -> Own:
    """The rest of the demo county would take its time."""
    migrate(server.address(OWNER), lambda line: None)
    made = Own(DATABASE, server)
    add(made, [*territory(), *people(), *county_manager()])
    return made
