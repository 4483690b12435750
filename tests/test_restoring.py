"""A backup is worth what its restore is: everything is there, life goes on, and nobody goes on from what is lost."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from service.api import development_issuer
from service.api.app import Application
from service.demo import MAIN_CASE
from service.domain.sealing.blocks import seal
from service.domain.sealing.keys import Keys, made_once
from service.domain.values import new_id
from service.settings import Settings
from service.storage.embedded import OWNER, SUPERUSER, EmbeddedPostgres
from tests.api.tokens import issuer_at, listening
from tests.conftest import KEYS, Database, serve
from tests.mortal import Own

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'epoch' ORDER BY 1"


def addresses_of(database: Database) -> dict[str, str]:
    return {
        "DATABASE_URL": database.application,
        "DATABASE_OWNER_URL": database.owner,
        "DATABASE_BACKUP_URL": database.superuser,
    }


def sozialraum(database: Database, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "service", *map(str, words)]
    return subprocess.run(command, env=os.environ | addresses_of(database), capture_output=True, text=True)


def rows_of(database: Database) -> dict[str, int]:
    return {table: database.rows(f"SELECT count(*) FROM {table}")[0][0] for (table,) in database.rows(TABLES)}


def client(application: Application, settings: Settings, role: str) -> httpx.AsyncClient:
    token = development_issuer.token(settings, f"demo-{role}", lifetime=timedelta(hours=1))
    headers = {"authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://test", headers=headers)


async def mailbox(http: httpx.AsyncClient, after: str | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        answer = await http.get("/v1/deliveries", params={"limit": 100} | ({"after": after} if after else {}))
        if not (page := answer.json()["items"]):
            return found
        found += page
        after = page[-1]["cursor"]


@pytest.fixture(scope="module")
def lost(database: Database) -> Database:
    return database


@pytest.fixture(scope="module")
def file(lost: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("backup") / "county.backup"
    done = sozialraum(lost, "backup", made)
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="module")
def restored(file: Path) -> Iterator[Own]:
    with EmbeddedPostgres.temporary() as server:
        elsewhere = Own("sozialraum", server)
        done = sozialraum(elsewhere, "restore", file)
        assert done.returncode == 0, done.stderr
        assert "Epoch 2 has begun" in done.stdout
        yield elsewhere


@pytest.fixture
async def going_on(restored: Own, settings: Settings) -> AsyncIterator[Application]:
    async for running in serve(restored, settings):
        yield running


def test_everything_is_there(lost: Database, restored: Own, file: Path) -> None:
    counted = rows_of(lost)
    assert counted["case_file"]
    assert rows_of(restored) == counted
    assert file.stat().st_mode & 0o777 == 0o600


def test_it_is_fit_to_run_and_its_ledger_sound(restored: Own) -> None:
    for checked in (("check",), ("check", "ledger")):
        done = sozialraum(restored, *checked)
        assert done.returncode == 0, done.stdout


async def test_a_cursor_of_before_is_gone_and_says_where_to_begin(
    application: Application, going_on: Application, settings: Settings
) -> None:
    before = client(application, settings, "integration_client")
    now = client(going_on, settings, "integration_client")
    everything = await mailbox(before)
    cursor = everything[len(everything) // 2]["cursor"]
    assert len(await mailbox(before, cursor)) < len(everything)
    refused = await now.get("/v1/deliveries", params={"limit": 100, "after": cursor})
    assert (refused.status_code, refused.json()["code"]) == (410, "cursor-expired")
    anew = await now.get(refused.json()["resync"])
    assert anew.json()["items"][0]["position"] == everything[0]["position"]
    query = {"query": "query($a: String) { deliveries(first: 1, after: $a) { nodes { position } } }"}
    told = (await now.post("/graphql", json=query | {"variables": {"a": cursor}})).json()
    assert told["errors"][0]["extensions"]["code"] == "cursor-expired"


async def test_whoever_follows_changes_is_told_to_read_their_lists_and_go_on(
    application: Application, going_on: Application, settings: Settings
) -> None:
    """Without a place the feed tells nothing: taken for a list, it would empty a phone."""
    before, now = (client(each, settings, "addressee") for each in (application, going_on))
    place = (await before.get("/v1/events")).json()["next"]
    refused = await now.get("/v1/events", params={"after": place})
    assert (refused.status_code, refused.json()["code"]) == (410, "cursor-expired")
    assert "read your lists again" in refused.json()["detail"]
    anew = (await now.get(refused.json()["resync"])).json()
    assert anew["items"] == []
    assert (await now.get("/v1/events", params={"after": anew["next"]})).status_code == 200


async def test_what_is_written_afterwards_comes_behind_what_was_there(
    restored: Own, going_on: Application, settings: Settings, tmp_path: Path
) -> None:
    newest, now = restored.rows(
        "SELECT max(transaction_id)::text::bigint, pg_current_xact_id()::text::bigint FROM event"
    )[0]
    assert newest > now, "another cluster counts from the start"
    provider, worker = (client(going_on, settings, role) for role in ("integration_client", "case_worker"))
    everything = await mailbox(provider)
    ((somebody,),) = restored.rows("SELECT participant_id::text FROM goal WHERE case_id = %s LIMIT 1", MAIN_CASE)
    said = {"id": str(new_id()), "participant_id": somebody, "statement": "Nach dem Wasserschaden"}
    assert (await worker.post(f"/v1/cases/{MAIN_CASE}/goals", json=said)).status_code == 201
    await restored.settled()
    more = await mailbox(provider, everything[-1]["cursor"])
    assert [row["subject_id"] for row in more] == [said["id"]]
    sealed = seal(restored.application, Keys(made_once(tmp_path / "key.pem")), tmp_path / "heads")
    assert sealed.entries
    unsealed = """SELECT count(*) FROM audit_entry WHERE (transaction_id, sequence) >
                  (SELECT last_transaction, last_sequence FROM audit_block ORDER BY number DESC LIMIT 1)"""
    assert restored.rows(unsealed) == [(0,)]


def test_nothing_is_restored_over_anything(restored: Own, file: Path, tmp_path: Path) -> None:
    done = sozialraum(restored, "restore", file)
    assert (done.returncode, "not empty" in done.stderr) == (1, True)
    done = sozialraum(restored, "restore", tmp_path / "none")
    assert (done.returncode, "no file" in done.stderr) == (1, True)


def test_the_guide_for_the_night_is_true(own_database: Database, restored: Own, tmp_path: Path) -> None:
    """Its commands, copied; but for those that stay (run) or need an engine (docker)."""
    guide = (Path(__file__).parent.parent / "docs" / "guide-administrator.md").read_text("utf-8")
    blocks = [block for block in re.findall(r"^```sh\n(.*?)^```$", guide, re.DOTALL | re.MULTILINE)]
    blocks = [block for block in blocks if " run\n" not in block and "docker" not in block]
    made_once(tmp_path / "seal-key.pem")
    shutil.copy(os.environ[KEYS], tmp_path / "data-keys.txt")
    with psycopg.connect(restored.server.address(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE night OWNER {OWNER}")
    home = {"SOZIALRAUM_SEAL_KEY": "seal-key.pem", "SOZIALRAUM_HOME": str(tmp_path), KEYS: "data-keys.txt"}
    path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with listening() as provider:
        home["SOZIALRAUM_ISSUERS"] = f"[{issuer_at(provider).model_dump_json()}]"
        for block in blocks:
            night = addresses_of(Own("night", restored.server) if "restore" in block else own_database)
            command = ["bash", "-e", "-c", block]
            done = subprocess.run(
                command, env=os.environ | night | home | path, cwd=tmp_path, capture_output=True, text=True
            )
            assert done.returncode == 0, (block, done.stdout, done.stderr)
    assert len(blocks) == 8


def test_half_a_backup_is_restored_not_at_all(restored: Own, file: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.backup"
    half.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with psycopg.connect(restored.server.address(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE empty OWNER {OWNER}")
    address = restored.server.address(SUPERUSER, "empty")
    environment = {"DATABASE_BACKUP_URL": address, "DATABASE_OWNER_URL": restored.server.address(OWNER, "empty")}
    command = [sys.executable, "-m", "service", "restore", str(half)]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
    assert (done.returncode, "pg_restore failed" in done.stderr) == (1, True)
    with psycopg.connect(address) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert tables == (0,)


def test_a_backup_is_not_written_over_unless_it_is_said(lost: Database, file: Path) -> None:
    before = file.stat()
    done = sozialraum(lost, "backup", file)
    assert (done.returncode, "is there already" in done.stderr, "--replace" in done.stderr) == (1, True, True)
    assert (file.stat().st_ino, file.stat().st_mtime) == (before.st_ino, before.st_mtime)
    done = sozialraum(lost, "backup", file, "--replace")
    assert (done.returncode, file.stat().st_ino != before.st_ino) == (0, True), done.stderr


def test_no_backup_is_made_by_a_login_that_sees_only_a_part(database: Database, tmp_path: Path) -> None:
    environment = {"DATABASE_BACKUP_URL": database.owner}
    command = [sys.executable, "-m", "service", "backup", str(tmp_path / "part")]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
    assert (done.returncode, "row-level security" in done.stderr) == (1, True)
    assert not list(tmp_path.iterdir())
