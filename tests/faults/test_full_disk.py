"""`sozialraum run` whose own PostgreSQL ends because its disk is full: it refuses, and goes on once there is room."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg
import pytest

from service.storage.embedded import EmbeddedPostgres
from tests.conftest import KEYS, Recovered
from tests.faults.disk import small_disk
from tests.mortal import free_port

pytestmark = pytest.mark.faults
PATIENCE = 180.0  # seconds until it is as it should be: the tables are made first
SOON = 10.0  # seconds: two attempts to start PostgreSQL, which has to recover
MORE_THAN_FITS = 40_000_000  # bytes: PostgreSQL's log grows by files of 16 MiB


def status(url: str, path: str) -> int | None:
    try:
        return httpx.get(f"{url}{path}", timeout=10).status_code
    except httpx.ConnectError:  # not yet there
        return None


def until(condition: Callable[[], bool], running: "subprocess.Popen[bytes]") -> float:
    """Seconds that it took. It never ends by itself meanwhile."""
    began = time.monotonic()
    while not condition():
        assert running.poll() is None, "it ended"
        assert time.monotonic() - began < PATIENCE, "it does not happen"
        time.sleep(0.05)
    return time.monotonic() - began


def test_it_outlives_its_postgresql_and_starts_it_again(recovered: Recovered) -> None:
    home = Path(tempfile.mkdtemp(prefix="sozialraum-full-"))
    home.chmod(0o711)
    port = free_port()
    given = {"SOZIALRAUM_HOME": str(home), "SOZIALRAUM_PORT": str(port), "SOZIALRAUM_METRICS_PORT": ""}
    given[KEYS] = os.environ[KEYS]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SOZIALRAUM_", "DATABASE_"))}
    command, url = [sys.executable, "-m", "service", "run", "--no-worker"], f"http://127.0.0.1:{port}"
    with small_disk(home) as disk, tempfile.TemporaryFile() as said:
        disk.needed()
        with subprocess.Popen(command, env=kept | given, stdout=said, stderr=said) as running:
            try:
                until(lambda: status(url, "/readyz") == 200, running)
                with (
                    disk.full(),
                    psycopg.connect(EmbeddedPostgres(home).address("postgres"), autocommit=True) as connection,
                ):
                    with pytest.raises(psycopg.OperationalError):
                        connection.execute(
                            "SELECT pg_logical_emit_message(false, '', repeat('x', %s))", [MORE_THAN_FITS]
                        )
                    until(lambda: b"The next attempt is in" in read(said.fileno()), running)
                    assert (status(url, "/livez"), status(url, "/readyz"), status(url, "/v1/regions")) == (
                        200,
                        503,
                        503,
                    )
                seconds = until(lambda: status(url, "/readyz") == status(url, "/v1/regions") == 200, running)
            finally:
                running.send_signal(signal.SIGTERM)
                running.wait(30)
    recovered("PostgreSQL had ended, for its disk was full, and has room", seconds, SOON)


def read(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)
