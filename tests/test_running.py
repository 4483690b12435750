"""`sozialraum run`, as `make run` calls it: a real server on a real port, and nothing left when it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import psycopg
import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from service.demo import UNTERHACHING
from service.domain.values import new_id
from service.storage.embedded import OWNER, EmbeddedPostgres
from tests.commands import sozialraum
from tests.conftest import Database
from tests.overhearing import personal, sought, told


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, "subprocess.Popen[bytes]", Path]]:
    home = tmp_path_factory.mktemp("run")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {"SOZIALRAUM_HOME": str(home), "SOZIALRAUM_PORT": str(port), "SOZIALRAUM_WORKERS": "2"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")} | given
    command = [sys.executable, "-m", "service", "run", "--development"]
    with (
        (home / "said").open("wb") as said,
        subprocess.Popen(command, env=environment, stdout=said, stderr=said) as run,
    ):
        url, until = f"http://127.0.0.1:{port}", time.monotonic() + 300  # the demo county is entered first
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
    assert "sozialraum token --as case_worker\n" in said
    assert "eyJ" not in said, "who asks for a token gets one: none lies about in a log"
    token = token_of(home)
    worker = httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=60)
    assert len(worker.get("/v1/regions").json()["items"]) == 6
    assert worker.get("/v1/cases").json()["items"]
    told = worker.post("/graphql", json={"query": "{ me { name } cases(first: 1) { nodes { title } } }"}).json()
    assert told["data"]["cases"]["nodes"][0]["title"]
    head = worker.head("/v1/regions")
    assert (head.status_code, head.content) == (200, b"")
    for path in ("/livez", "/readyz", "/docs", "/graphiql", "/openapi.json", "/dev/jwks.json", "/metrics"):
        assert worker.get(path).status_code == 200, path


def test_changes_are_followed_over_real_connections(
    running: tuple[str, "subprocess.Popen[bytes]", Path],
) -> None:
    url, _, home = running
    with following(url, home) as stream:
        assert next(stream.iter_lines()) == "retry: 5000"
    token = token_of(home)
    with connect(f"ws{url.removeprefix('http')}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}))
        assert json.loads(socket.recv(timeout=10)) == {"type": "connection_ack"}


def token_of(home: Path, role: str = "case_worker") -> str:
    """As a newcomer gets one."""
    done = sozialraum("token", "--as", role, environment=os.environ | {"SOZIALRAUM_HOME": str(home)})
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def following(url: str, home: Path) -> AbstractContextManager[httpx.Response]:
    """The stream of changes of a case worker."""
    token = token_of(home)
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    return httpx.stream("GET", f"{url}/v1/events", headers=headers, timeout=30)


def test_its_logs_hold_no_token_and_no_path_value(running: tuple[str, "subprocess.Popen[bytes]", Path]) -> None:
    url, _, home = running
    secret = "Anna-Beispiel-1992"
    httpx.get(f"{url}/v1/cases/{secret}", params={"name": secret}, headers={"authorization": f"Bearer {secret}"})
    httpx.post(f"{url}/v1/cases", json={"title": secret})
    lines = [line for line in (home / "said").read_text().splitlines() if line.startswith("{")]
    assert lines
    assert not any(secret in line for line in lines)


def test_nor_do_they_hold_a_word_of_anybody_whatever_breaks(
    running: tuple[str, "subprocess.Popen[bytes]", Path], database: Database
) -> None:
    """PostgreSQL, the server's two processes and their parent, the worker: all they have written until now, after
    rows were not taken, a job broke off, and processes were killed."""
    url, run, home = running
    name = "Hanne Loopgarten"
    headers = {"authorization": f"Bearer {token_of(home)}"}
    until(lambda: worker_of(run))
    postgres = EmbeddedPostgres(home)
    untaken = "ADD CONSTRAINT untaken CHECK (title NOT LIKE '%Loopgarten%') NOT VALID"
    with psycopg.connect(postgres.address(OWNER), autocommit=True) as owner:
        owner.execute(f"ALTER TABLE case_file {untaken}".encode())
        owner.execute(b"ALTER TABLE job_piece ADD CONSTRAINT untaken CHECK (content IS NULL) NOT VALID")
    with httpx.Client(base_url=url, headers=headers, timeout=60) as worker:
        said = {"social_space_id": str(UNTERHACHING), "title": name}
        assert [worker.post("/v1/cases", json=said).status_code for _ in range(4)] == [500] * 4
    controller = {"authorization": f"Bearer {token_of(home, 'controller')}"}
    with httpx.Client(base_url=url, headers=controller, timeout=60) as money:
        agreement = money.get("/v1/budget-agreements?state=active&limit=1").json()["items"][0]["id"]
        job = money.post(
            f"/v1/budget-agreements/{agreement}/exports", json={"id": str(new_id()), "content": "bookings"}
        )
        assert job.status_code == 202, job.text
        until(lambda: money.get(f"/v1/jobs/{job.json()['id']}").json()["state"] == "failed")
    killed = {worker_of(run), servers_of(run)[0]}
    for each in killed:
        assert each
        os.kill(each, signal.SIGKILL)
    until(lambda: killed.isdisjoint({worker_of(run), *servers_of(run)}) and worker_of(run), seconds=90)
    until(lambda: len(servers_of(run)) == 2 and _answers(url), seconds=90)
    heard = (home / "said").read_text() + postgres.ground.log.read_text()
    lines = [json.loads(line) for line in heard.splitlines() if line.startswith("{")]
    assert {"job-failed", "request"} <= {line["event"] for line in lines}
    assert 'relation "case_file" violates check constraint "untaken"' in heard, "PostgreSQL has said that it failed"
    assert "The worker ended" in heard
    values = personal(database) | sought([name, *name.split()])
    assert len(values) > 100
    assert told(values, heard) == set()
    assert told(values, heard + name) == {name, *name.split()}


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").is_success
    except httpx.TransportError:
        return False


def servers_of(run: "subprocess.Popen[bytes]") -> list[int]:
    """The process ids of those that answer: children of uvicorn's parent, which has one more to look after them."""
    wide = ["/bin/ps", "-ww", "-eo", "pid=,ppid=,args="]
    listed = subprocess.run(wide, capture_output=True, text=True, check=True).stdout
    lines = [line.split(None, 2) for line in listed.splitlines()]
    parents = {pid for pid, parent, said in lines if int(parent) == run.pid and " uvicorn " in said}
    return [int(pid) for pid, parent, said in lines if parent in parents and "multiprocessing.spawn" in said]


def worker_of(run: "subprocess.Popen[bytes]") -> int | None:
    """The process id of the worker that `sozialraum run` has started."""
    listed = subprocess.run(["/bin/ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    lines = (line.split(None, 2) for line in listed.splitlines())
    return next((int(pid) for pid, parent, said in lines if int(parent) == run.pid and said.endswith(" worker")), None)


def heads_in(home: Path) -> int:
    file = home / "audit-heads.jsonl"
    return len(file.read_bytes().splitlines()) if file.exists() else 0


def until(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.1)


def test_its_worker_seals_what_was_put_on_record_and_is_started_again(
    running: tuple[str, "subprocess.Popen[bytes]", Path],
) -> None:
    url, run, home = running
    until(lambda: heads_in(home) or worker_of(run))
    token = token_of(home)
    assert httpx.get(f"{url}/v1/cases", headers={"authorization": f"Bearer {token}"}).status_code == 200
    before, killed = heads_in(home), worker_of(run)
    assert killed
    os.kill(killed, signal.SIGKILL)
    until(lambda: worker_of(run) not in {None, killed})
    until(lambda: heads_in(home) > before, seconds=90)
    environment = os.environ | {"SOZIALRAUM_HOME": str(home)}
    checked = subprocess.run(
        [sys.executable, "-m", "service", "check", "audit"], env=environment, capture_output=True, text=True
    )
    assert (checked.returncode, "all whole" in checked.stdout) == (0, True), checked
    assert (home / "seal-key.pem").stat().st_mode & 0o777 == 0o600
    assert '"event":"audit-sealed"' in (home / "said").read_text()


def test_it_ends_when_it_is_told_to_and_takes_its_database_along(
    running: tuple[str, "subprocess.Popen[bytes]", Path],
) -> None:
    url, run, home = running
    worker = worker_of(run)
    with following(url, home) as stream:  # which it does not wait for
        lines = stream.iter_lines()
        assert next(lines) == "retry: 5000"
        run.send_signal(signal.SIGTERM)
        assert run.wait(30) == 0
        assert not [line for line in lines if line.startswith("data")]
    assert worker is None or not Path(f"/proc/{worker}").exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/livez")
    assert not list(home.rglob("postmaster.pid"))
