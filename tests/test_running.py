"""`sozialraum run`, as `make run` calls it: a real server on a real port, and nothing left when it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, "subprocess.Popen[bytes]", Path]]:
    home = tmp_path_factory.mktemp("run")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {"SOZIALRAUM_HOME": str(home), "SOZIALRAUM_PORT": str(port), "SOZIALRAUM_METRICS_PORT": ""}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")} | given
    command = [sys.executable, "-m", "service", "run", "--development"]
    with (
        (home / "said").open("wb") as said,
        subprocess.Popen(command, env=environment, stdout=said, stderr=said) as run,
    ):
        url, until = f"http://127.0.0.1:{port}", time.monotonic() + 60
        while time.monotonic() < until and run.poll() is None and "Ctrl-C" not in (home / "said").read_text():
            time.sleep(0.1)
        yield url, run, home
        if run.poll() is None:
            run.send_signal(signal.SIGTERM)
            run.wait(30)


def test_it_serves_both_faces_the_pages_and_its_health(
    running: tuple[str, "subprocess.Popen[bytes]", Path],
) -> None:
    url, _, home = running
    said = (home / "said").read_text()
    assert f"{url}/docs" in said
    token = said.split("case_worker\n")[1].split()[0]
    worker = httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"})
    assert len(worker.get("/v1/regions").json()["items"]) == 6
    assert worker.get("/v1/cases").json()["items"]
    told = worker.post("/graphql", json={"query": "{ me { name } cases(first: 1) { nodes { title } } }"}).json()
    assert told["data"]["cases"]["nodes"][0]["title"]
    head = worker.head("/v1/regions")
    assert (head.status_code, head.content) == (200, b"")
    for path in ("/livez", "/readyz", "/docs", "/graphiql", "/openapi.json", "/dev/jwks.json", "/metrics"):
        assert worker.get(path).status_code == 200, path


def test_its_logs_hold_no_token_and_no_path_value(running: tuple[str, "subprocess.Popen[bytes]", Path]) -> None:
    url, _, home = running
    secret = "Anna-Beispiel-1992"
    httpx.get(f"{url}/v1/cases/{secret}", params={"name": secret}, headers={"authorization": f"Bearer {secret}"})
    httpx.post(f"{url}/v1/cases", json={"title": secret})
    lines = [line for line in (home / "said").read_text().splitlines() if line.startswith("{")]
    assert lines
    assert not any(secret in line for line in lines)


def test_it_ends_when_it_is_told_to_and_takes_its_database_along(
    running: tuple[str, "subprocess.Popen[bytes]", Path],
) -> None:
    url, run, home = running
    run.send_signal(signal.SIGTERM)
    assert run.wait(30) == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/livez")
    assert not list(home.rglob("postmaster.pid"))
