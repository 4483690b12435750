"""Other people's tools meet the running service. They need node; without it they are skipped, saying so."""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from service.api.app import Application
from service.settings import Settings
from service.storage.postgres import Storage
from tests.conftest import Database

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("npm") is None, reason="node and npm are not installed"),
]
HERE = Path(__file__).parent
CONTRACT = HERE.parents[1] / "openapi" / "openapi.json"


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The locked node packages, in a folder of their own."""
    folder = tmp_path_factory.mktemp("interop")
    for file in HERE.iterdir():
        if file.suffix in (".json", ".mjs", ".ts"):
            shutil.copy(file, folder)
    ran("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", folder=folder)
    return folder


@pytest.fixture(scope="module")
def url(database: Database, settings: Settings) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    application = Application(settings, Storage(database.application, read_connections=2, write_connections=2))
    server = uvicorn.Server(uvicorn.Config(application, port=port, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


def ran(*command: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_audit_of_graphql_over_http_passes(tools: Path, url: str) -> None:
    audits: list[dict[str, Any]] = [
        json.loads(line) for line in ran("node", "audits.mjs", url, folder=tools).splitlines()
    ]
    assert len(audits) > 50
    failed = [f"{audit['name']}: {audit['reason']}" for audit in audits if audit["status"] != "ok"]
    must = [line for line in failed if not line.startswith("MAY ")]  # GET is refused on purpose
    assert must == [], "\n".join(must)


def test_a_typescript_client_compiles_strictly_and_runs(tools: Path, url: str, token_of: Callable[..., str]) -> None:
    ran("npx", "openapi-typescript", str(CONTRACT), "-o", "api.d.ts", folder=tools)
    ran("npx", "tsc", "-p", ".", folder=tools)
    said = json.loads(ran("node", "out/client.js", url, token_of("case_worker"), folder=tools))
    assert said["regions"] == 6
    assert said["title"]
    assert said["refused"] == "version-stale"


def test_the_contract_is_what_the_service_says(url: str) -> None:
    assert httpx.get(f"{url}/openapi.json").json() == json.loads(CONTRACT.read_text())
