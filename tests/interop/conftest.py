"""The service as others meet it: at an address, by their own tools."""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from service.api.app import Application
from service.settings import Settings
from tests.conftest import Database

HERE = Path(__file__).parent
CONTRACT = HERE.parents[1] / "openapi" / "openapi.json"
needs_node = pytest.mark.skipif(shutil.which("npm") is None, reason="node and npm are not installed")


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The locked node packages, in a folder of their own, and our contract."""
    folder = tmp_path_factory.mktemp("interop")
    for file in [CONTRACT, *HERE.iterdir()]:
        if file.suffix in (".json", ".mjs", ".ts", ".yaml"):
            shutil.copy(file, folder)
    ran("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", folder=folder)
    return folder


@pytest.fixture(scope="session")
def url(database: Database, settings: Settings) -> Iterator[str]:
    port = free_port()
    application = Application(settings, database.storage(read_connections=2, write_connections=2))
    server = uvicorn.Server(uvicorn.Config(application, port=port, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ran(*command: str | Path, folder: Path) -> str:
    done = performed(*command, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def performed(*command: str | Path, folder: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """`path`: where it finds its own tools first."""
    environment = os.environ | ({"PATH": f"{path}{os.pathsep}{os.environ['PATH']}"} if path else {})
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
