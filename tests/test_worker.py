"""`sozialraum worker` and `sozialraum check audit`: what the worker does, and what operators are told."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from io import BytesIO
from pathlib import Path
from time import sleep
from uuid import uuid4

import psycopg
import pytest
import structlog

from service.api import logs
from service.demo.people import PEOPLE
from service.domain.budgets.exporting import ExportContent, StartExport, start_export
from service.domain.desk import Desk
from service.domain.jobs.carrying import _alone
from service.domain.sealing.blocks import seal
from service.domain.sealing.keys import Keys, made_once
from service.domain.values import new_id
from service.storage.postgres import Storage
from service.worker import Duties, _work, jobs, seal_now
from tests import commands
from tests.conftest import KEYS, Database

pytestmark = pytest.mark.anyio
INSERT = "INSERT INTO audit_entry (action, outcome, trace_id) VALUES ('read_case', 'done', '')"


@pytest.fixture
def home(tmp_path: Path, own_database: Database) -> Path:
    """With a key, beside a database where one entry was put on record."""
    made_once(tmp_path / "seal-key.pem")
    with psycopg.connect(own_database.superuser) as connection:
        connection.execute("TRUNCATE audit_entry")
    with psycopg.connect(own_database.application) as connection:
        connection.execute(INSERT)
    return tmp_path


def environment_of(home: Path, database: Database, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SOZIALRAUM_", "DATABASE_"))}
    return kept | {"SOZIALRAUM_HOME": str(home), "DATABASE_URL": database.application, **settings}


def sozialraum(home: Path, database: Database, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return commands.sozialraum(*arguments, environment=environment_of(home, database, **settings))


async def test_its_jobs_run_with_the_application_s_rights(home: Path, own_database: Database) -> None:
    app = jobs(own_database.application, Keys(home / "seal-key.pem"), home / "heads.jsonl")
    crons = {name: periodic.cron for (name, _), periodic in app.periodic_registry.periodic_tasks.items()}
    assert crons["seal_audit"] == "* * * * *"
    async with app.open_async():
        await app.configure_task("tidy_jobs").defer_async(timestamp=0)
        while not (home / "heads.jsonl").exists() or not (home / "heads.jsonl").read_bytes():
            await app.configure_task("seal_audit", queueing_lock=str(uuid4())).defer_async(timestamp=0)
            await app.run_worker_async(wait=False, install_signal_handlers=False, delete_jobs="successful")
    assert own_database.rows("SELECT entries FROM audit_block") == [(1,)]
    left = "SELECT task_name, status::text FROM procrastinate.procrastinate_jobs WHERE status NOT IN ('todo', 'doing')"
    assert own_database.rows(left) == []


@asynccontextmanager
async def working(home: Path, database: Database, duties: Duties) -> AsyncIterator[None]:
    """A worker, that has sealed something before anybody looks."""
    heads = home / f"{uuid4()}.jsonl"
    app = jobs(database.application, Keys(home / "seal-key.pem"), heads, duties)
    other = jobs(database.application, Keys(home / "seal-key.pem"), heads)
    process = asyncio.create_task(_work(app, read_only=duties.read_only))
    try:
        async with other.open_async():
            while not heads.exists() or not heads.read_bytes():
                database.rows(f"{INSERT} RETURNING at")
                await other.configure_task("seal_audit", queueing_lock=str(uuid4())).defer_async(timestamp=0)
                await asyncio.sleep(0.1)
        yield
    finally:
        process.cancel()
        with suppress(asyncio.CancelledError):
            await process


@pytest.fixture
async def export(own_database: Database) -> Callable[[], str]:
    """An export that somebody has started; how it stands."""
    agreement = "SELECT id FROM budget_agreement WHERE state = 'active' AND authority_id = %s LIMIT 1"
    ((on,),) = own_database.rows(agreement, PEOPLE["controller"].authority_id)
    storage, job = await Storage(own_database.application, read_connections=1).open(), new_id()
    desk = Desk(storage, PEOPLE["controller"].login, assured=True)
    await desk.perform(start_export, StartExport(id=job, content=ExportContent.POSTINGS), on=on)
    await storage.close()
    return lambda: str(own_database.rows("SELECT state FROM job WHERE id = %s", job)[0][0])


async def until_done(stands: Callable[[], str]) -> None:
    for _ in range(200):
        if stands() == "done":
            return
        await asyncio.sleep(0.05)
    raise AssertionError(stands())


async def test_long_work_waits_while_nothing_may_be_changed_and_goes_on_afterwards(
    home: Path, own_database: Database, export: Callable[[], str]
) -> None:
    async with working(home, own_database, Duties(read_only=True)):
        assert export() == "queued"
    async with working(home, own_database, Duties()):
        await until_done(export)


async def test_a_job_that_somebody_else_was_at_is_looked_at_again(
    home: Path, own_database: Database, export: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may have been about to leave it: then nobody would be at it any more."""
    monkeypatch.setattr("service.worker._LOOK_AGAIN", 1)
    ((job,),) = own_database.rows("SELECT id FROM job WHERE state = 'queued'")
    async with _alone(own_database.application, job), working(home, own_database, Duties()):
        assert export() == "queued"
    async with working(home, own_database, Duties()):
        await until_done(export)


def test_it_says_what_failed_and_leaves_no_secret_in_the_log(home: Path) -> None:
    nowhere = "postgresql://somebody:secret@127.0.0.1:1/nowhere"
    said = BytesIO()
    logs.configure(stream=said)
    try:
        with pytest.raises(psycopg.OperationalError):
            seal_now(nowhere, Keys(home / "seal-key.pem"), home / "heads.jsonl")
    finally:
        structlog.reset_defaults()
    told = json.loads(said.getvalue())
    assert (told["event"], told["exception"]) == ("audit-not-sealed", "psycopg.OperationalError")
    assert b"secret" not in said.getvalue()


@pytest.mark.parametrize("command", ["worker", "run"])
def test_without_a_key_it_refuses_to_start(home: Path, own_database: Database, command: str) -> None:
    refused = sozialraum(home, own_database, command, SOZIALRAUM_PORT="8719")
    assert refused.returncode != 0
    assert "SOZIALRAUM_SEAL_KEY" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(("revision", "why"), [("9999", "newer than the code"), ("0099", "run `sozialraum migrate`")])
def test_it_works_on_no_database_that_the_server_would_not_serve(
    home: Path, own_database: Database, revision: str, why: str
) -> None:
    with psycopg.connect(own_database.owner) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", [revision])
    given = {"SOZIALRAUM_SEAL_KEY": str(home / "seal-key.pem"), "SOZIALRAUM_DATA_KEYS": os.environ[KEYS]}
    told = []
    for command in ("worker", "run"):
        refused = sozialraum(home, own_database, command, SOZIALRAUM_PORT="8719", **given)
        assert refused.returncode == 1, refused
        told.append(next(line for line in refused.stderr.splitlines() if revision in line))
    assert why in told[0]
    assert told[0] == told[1]
    assert own_database.rows("SELECT count(*) FROM audit_block") == [(0,)], "nothing is sealed"


def test_the_audit_check_names_the_first_break(home: Path, own_database: Database) -> None:
    keys, heads = Keys(home / "seal-key.pem"), home / "audit-heads.jsonl"
    while seal(own_database.application, keys, heads).head is None:
        pass  # another test's transaction still holds it back
    whole = sozialraum(home, own_database, "check", "audit")
    assert (whole.returncode, "1 blocks, 1 rows, head " in whole.stdout) == (0, True), whole
    with psycopg.connect(own_database.superuser) as connection:
        connection.execute("UPDATE audit_entry SET outcome = 'refused'")
    broken = sozialraum(home, own_database, "check", "audit")
    assert (broken.returncode, broken.stdout.startswith("Block 1 (entries ")) == (1, True), broken
    told = json.loads(sozialraum(home, own_database, "check", "audit", "--json").stdout)
    assert (told["whole"], told["broken"]["block"], told["broken"]["fault"]) == (False, 1, "changed-entry")
    (home / "seal-key.pem").unlink()
    keyless = sozialraum(home, own_database, "check", "audit")
    assert (keyless.returncode, "cannot be read" in keyless.stderr) == (1, True), keyless


def test_the_check_of_the_database_is_what_it_was(home: Path, own_database: Database) -> None:
    fit = sozialraum(home, own_database, "check", "--json", SOZIALRAUM_DATA_KEYS=os.environ[KEYS])
    said = json.loads(fit.stdout)
    assert (fit.returncode, said["fit"], said["findings"]) == (0, True, [])


def test_who_ends_it_while_it_begins_ends_it_as_at_any_time(home: Path, own_database: Database) -> None:
    """It seals before there is anybody who waits for jobs: as soon as that is done, it is told to end."""
    heads = home / "audit-heads.jsonl"
    given = {"SOZIALRAUM_SEAL_KEY": str(home / "seal-key.pem"), "SOZIALRAUM_SEAL_HEADS": str(heads)}
    environment = environment_of(home, own_database, **given, **{KEYS: os.environ[KEYS]})
    with subprocess.Popen([sys.executable, "-m", "service", "worker"], env=environment) as worker:
        while worker.poll() is None and not heads.exists():
            sleep(0.001)
        worker.terminate()
        assert worker.wait(60) == 0
    assert heads.exists()
