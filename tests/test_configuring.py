"""What somebody has set: what does not fit is said in words that help, and what is hardly meant so is named."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from service.cli import _explain
from service.domain.sealing.keys import made_once
from service.settings import Settings, settings
from service.storage.embedded import APPLICATION
from tests import commands
from tests.conftest import KEYS, Database, address
from tests.pooler import installed, pooler


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    yield
    settings.cache_clear()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("CORS_ORIGINS", '["https://portal.example"]', "https://portal.example,https://map.example:8443"),
        ("CORS_ORIGINS", "portal.example", "https://portal.example,https://map.example:8443"),
        ("CORS_ORIGINS", "https://map.example,https://portal.example/", "not even a slash"),
        ("ISSUERS", "https://id.example.org", 'issuers: is no JSON; such as [{"name": "keycloak", "url": '),
        ("ISSUERS", '{"name": "keycloak"}', 'issuers: is no list; such as [{"name": "keycloak", "url": '),
        ("PORT", "abc", "port: "),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(f"SOZIALRAUM_{name}", value)
    with pytest.raises(ValueError, match="validation error") as refused:
        Settings()
    said = _explain(refused.value) or ""
    assert told in said
    assert len(said.splitlines()) == 2, said
    assert "Value error" not in said


def test_what_stands_in_the_guides_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOZIALRAUM_CORS_ORIGINS", "https://portal.example, http://localhost:3000,http://[::1]:3000")
    monkeypatch.setenv("SOZIALRAUM_ISSUERS", '[{"name": "keycloak", "url": "https://id.example.org/realms/county"}]')
    given = Settings()
    assert given.cors_origins == ("https://portal.example", "http://localhost:3000", "http://[::1]:3000")
    assert [each.name for each in given.issuers] == ["keycloak"]


def sozialraum(*words: str, unset: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
    given = {name: value for name, value in (os.environ | environment).items() if name != unset}
    return commands.sozialraum(*words, environment=given)


def test_what_is_hardly_meant_so_is_named_and_keeps_nobody_from_starting(database: Database, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_bytes(Path(os.environ[KEYS]).read_bytes())
    keys.chmod(0o644)
    given = {"DATABASE_URL": database.application, "SOZIALRAUM_HOME": str(tmp_path), KEYS: str(keys)}
    checked = sozialraum("check", SOZIALRAUM_READONLY="true", **given)
    assert checked.returncode == 0, checked.stdout
    assert "All is well" not in checked.stdout
    doubts = (
        "There is no setting SOZIALRAUM_READONLY. Is SOZIALRAUM_READ_ONLY meant?",
        f"The keys {keys} are not for this login only (mode 644): chmod 600 {keys}",
        "Nobody can sign in: no identity provider is named",
    )
    assert all(doubt in checked.stdout for doubt in doubts), checked.stdout
    with socket.socket() as taken:  # so that it says what it has to say, and no more
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        started = sozialraum("run", "--port", port, SOZIALRAUM_READONLY="true", **given)
    assert "Cannot listen" in started.stderr
    assert all(doubt in started.stderr for doubt in doubts), started.stderr
    keys.chmod(0o600)
    issuers = '[{"name": "keycloak", "url": "https://id.example.org/realms/county"}]'
    alone = {"SOZIALRAUM_WORKER": "false"}
    assert "All is well" in sozialraum("check", SOZIALRAUM_ISSUERS=issuers, **given, **alone).stdout


def test_check_says_what_nothing_would_start_with(database: Database, tmp_path: Path) -> None:
    given = {"DATABASE_URL": database.application, "SOZIALRAUM_HOME": str(tmp_path), "SOZIALRAUM_WORKER": "true"}
    gone = str(tmp_path / "gone")
    for name in (KEYS, "SOZIALRAUM_SEAL_KEY"):
        checked = sozialraum("check", **given | {name: gone})
        assert (checked.returncode, f"{gone} cannot be read" in checked.stdout) == (1, True), checked.stdout
    checked = sozialraum("check", unset=KEYS, **given)
    assert "No server would start with these settings: SOZIALRAUM_DATA_KEYS" in checked.stdout
    assert "No worker would start with these settings: SOZIALRAUM_SEAL_KEY" in checked.stdout
    record = sozialraum("check", "audit", **given)
    assert (record.returncode, "Set SOZIALRAUM_SEAL_KEY" in record.stderr) == (1, True), record.stderr
    alone = sozialraum("check", **given | {"SOZIALRAUM_WORKER": "false"})
    assert (alone.returncode, "would start" in alone.stdout) == (0, False), alone.stdout


@pytest.mark.skipif(installed() is None, reason="pgbouncer is not installed")
def test_a_pooler_that_nobody_has_named_is_told_apart(database: Database, tmp_path: Path) -> None:
    """By whom it would take: settings on a connection are refused there."""
    given = {"SOZIALRAUM_HOME": str(tmp_path), "SOZIALRAUM_SEAL_KEY": str(made_once(tmp_path / "seal-key.pem"))}
    with pooler(APPLICATION, address) as at, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
        free.close()
        pooled = {"DATABASE_URL": at.format(database=database.name)}
        checked = sozialraum("check", **given, **pooled)
        assert (checked.returncode, "set SOZIALRAUM_POOLED=true" in checked.stdout) == (1, True), checked.stdout
        started = sozialraum("run", "--port", port, **given, **pooled)
        assert (started.returncode, "set SOZIALRAUM_POOLED=true" in started.stderr) == (1, True), started.stderr
        pooled |= {"SOZIALRAUM_POOLED": "true", "DATABASE_LISTEN_URL": database.application}
        checked = sozialraum("check", **given, **pooled)
        assert checked.returncode == 0, checked.stdout
    checked = sozialraum("check", **given, **pooled)
    assert (checked.returncode, "DATABASE_URL cannot be reached" in checked.stdout) == (1, True), checked.stdout


def test_a_database_that_is_newer_is_not_migrated_and_that_is_said(own_database: Database) -> None:
    given = {"DATABASE_OWNER_URL": own_database.owner}
    with psycopg.connect(own_database.owner, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    done = sozialraum("migrate", **given)
    assert (done.returncode, "it is newer than the code" in done.stderr) == (1, True), done.stderr


def test_no_new_key_is_made_for_what_another_has_encrypted(database: Database, tmp_path: Path) -> None:
    """A restored database whose key file was forgotten."""
    given = {
        "DATABASE_URL": database.application,
        "DATABASE_BACKUP_URL": database.superuser,
        "SOZIALRAUM_HOME": str(tmp_path),
    }
    development = {"SOZIALRAUM_DEVELOPMENT": "true"}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    before = "from the days of the backup"
    started = sozialraum("run", "--development", "--port", port, unset=KEYS, **given)
    assert (started.returncode, before in started.stderr) == (1, True), started.stderr
    for more in ({}, development):
        checked = sozialraum("check", unset=KEYS, **given, **more)
        assert (checked.returncode, before in checked.stdout) == (1, True), checked.stdout
        opened = sozialraum("check", "encrypted", unset=KEYS, **given, **more)
        assert (opened.returncode, "the file from the days of its backup" in opened.stderr) == (1, True), opened.stderr
        assert sozialraum("reencrypt", unset=KEYS, **given, **more).returncode == 1
    assert not list(tmp_path.glob("data-keys*"))
