"""compose.yaml and the Dockerfile agree with the settings and with each other, and what the guide has an administrator
type restores a backup. `.ci/container` performs what the Dockerfile says."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml  # type: ignore[import-untyped,unused-ignore]
from psycopg.conninfo import conninfo_to_dict
from pydantic import AliasChoices

from service.settings import Settings
from service.storage.embedded import APPLICATION, OWNER, SUPERUSER, EmbeddedPostgres, programs

ROOT = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
GUIDE = (ROOT / "docs/guide-administrator.md").read_text("utf-8").partition("## In containers")[2]
OURS = {name: service for name, service in COMPOSE["services"].items() if service.get("build") == "."}
USER = re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE)[-1]
ISSUERS = '[{"name": "keycloak", "url": "https://id.example.org/realms/county"}]'
PASSWORDS = ("POSTGRES_PASSWORD", "OWNER_PASSWORD", "APPLICATION_PASSWORD")
STATED = {"SOZIALRAUM_ISSUERS": ISSUERS} | dict.fromkeys(PASSWORDS, "0a1b2c")


def known() -> set[str]:
    """Every variable that the settings read."""
    names = set[object]()
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        names |= set(alias.choices) if isinstance(alias, AliasChoices) else {f"SOZIALRAUM_{name.upper()}"}
    return {name for name in names if isinstance(name, str)}


def filled(value: str) -> str:
    """As compose does: `${NAME:?}` has to be stated, `${NAME:-this}` need not."""
    value = re.sub(r"\$\{(\w+):\?\}", lambda found: STATED[found[1]], value)
    return re.sub(r"\$\{\w+:-(\w*)\}", r"\1", value)


def settings_of(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in known():
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, filled(value))
    return Settings()


def test_all_of_the_file_env_is_named_where_it_is_asked_for() -> None:
    text = (ROOT / "compose.yaml").read_text()
    head = text.partition("\nname:")[0]
    asked = set(re.findall(r"\$\{(\w+):\?", text))
    assert asked == STATED.keys()
    assert asked == set(re.findall(r"[A-Z]+_[A-Z]+", head))
    assert f"for name in {' '.join(each.removesuffix('_PASSWORD') for each in PASSWORDS)}; do" in GUIDE


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting_and_its_value_fits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is misspelt would be passed over in silence."""
    environment = OURS[name]["environment"]
    assert environment.keys() <= known()
    given = settings_of(environment, monkeypatch)
    assert given.database_url is not None
    assert conninfo_to_dict(given.database_url.get_secret_value())["password"] == "0a1b2c"


def test_the_image_states_settings_only() -> None:
    stated = set(re.findall(r"\b(SOZIALRAUM_\w+|DATABASE_\w+)", DOCKERFILE))
    assert {"SOZIALRAUM_HOST", "SOZIALRAUM_HOME"} <= stated <= known()


def test_each_service_gets_the_keys_it_names_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = {"migrate": set(), "server": {"data_keys"}, "worker": {"seal_key"}}
    for name, service in OURS.items():
        given = settings_of(service["environment"], monkeypatch)
        named = {key: path for key in ("data_keys", "seal_key") if (path := getattr(given, key))}
        assert named.keys() == needs[name]
        assert {f"/run/secrets/{each}" for each in service.get("secrets", ())} == {str(path) for path in named.values()}
        assert not any("secrets" in str(volume) for volume in service.get("volumes", ())), "single files, no folder"
        for each in service.get("secrets", ()):
            assert Path(COMPOSE["secrets"][each]["file"]).name == each
            assert f"secrets/{each}" in GUIDE


def test_whatever_is_written_is_on_a_volume_that_belongs_to_the_user_of_the_image(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert re.fullmatch(r"\d+:\d+", USER)
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    for name, service in OURS.items():
        assert service["read_only"] is True
        assert "user" not in service
        assert service["cap_drop"] == ["ALL"]
        volumes = dict(volume.split(":", 1) for volume in service.get("volumes", ()))
        assert volumes.keys() <= COMPOSE["volumes"].keys()
        for target in volumes.values():
            assert f"RUN mkdir {target} && chown {USER} {target}\n" in last.partition("USER ")[0]
        given = settings_of(service["environment"], monkeypatch)
        if given.seal_heads is not None:
            assert str(given.seal_heads.parent) in volumes.values()
            assert name == "worker"


def test_read_only_is_said_for_all_of_them_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the guide has one type it: by a variable of the shell."""
    assert "`SOZIALRAUM_READ_ONLY=true docker compose up" in " ".join(GUIDE.split())
    for name in ("server", "worker"):
        environment = OURS[name]["environment"]
        assert environment["SOZIALRAUM_READ_ONLY"] == "${SOZIALRAUM_READ_ONLY:-false}"
        assert settings_of(environment, monkeypatch).read_only is False
        assert settings_of(environment | {"SOZIALRAUM_READ_ONLY": "true"}, monkeypatch).read_only is True


def test_the_database_is_healthy_once_it_answers_where_the_others_ask() -> None:
    """Its image makes the logins with a server that listens to its own container alone, without TCP: whoever asked that
    one would have the migration begin too early."""
    assert "--host=127.0.0.1" in COMPOSE["services"]["database"]["healthcheck"]["test"]


def test_the_worker_is_one_service_and_the_migration_comes_first() -> None:
    assert OURS["server"]["environment"]["SOZIALRAUM_WORKER"] == "false"
    for name in ("server", "worker"):
        assert OURS[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert OURS["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}


# ---------------------------------------------------------------------------- what the guide has one type

DOCKER = """#!{python}
import json, os, sys
from pathlib import Path
told = json.loads(Path({told!r}).read_text())
compose, does, *words = sys.argv[1:]
assert compose == "compose", sys.argv
if does == "exec":
    option, service, program, *words = words
    assert (option, service) == ("-T", "database"), sys.argv
    os.execve(os.path.join(told["programs"], program), [program, *words], os.environ | told["postgres"])
if does == "run":
    option, service, *command = words
    assert option == "--rm", sys.argv
    more = dict()
    if service == "--env":
        name, service, *command = command
        assert os.environ[name].startswith("postgresql://postgres:") and len(os.environ[name]) > 60, os.environ[name]
        more[name] = told["superuser"]
    program, *words = command or told["services"][service]["command"]
    assert program == "sozialraum", sys.argv
    inside = dict(PATH=os.environ["PATH"], SOZIALRAUM_HOME=told["home"]) | told["services"][service]["environment"]
    os.chdir(told["root"])
    os.execve({python!r}, [{python!r}, "-m", "service", *words], inside | more)
assert does in ("stop", "up"), sys.argv
"""


class Installation:
    """As compose.yaml has it, with a PostgreSQL of our own in the place of the container `database`: of roles, only
    what it makes."""

    def __init__(self, server: EmbeddedPostgres, folder: Path) -> None:
        self.server, self.folder = server, folder
        folder.mkdir(exist_ok=True)
        files = {"SOZIALRAUM_DATA_KEYS": "data-keys.txt", "SOZIALRAUM_SEAL_KEY": "seal-key.pem"}
        values = {name: str(folder / "secrets" / file) for name, file in files.items()} | {
            "DATABASE_URL": server.address("sozialraum_login"),
            "DATABASE_OWNER_URL": server.address(OWNER),
            "SOZIALRAUM_SEAL_HEADS": str(folder / "audit-heads.jsonl"),
            "SOZIALRAUM_ISSUERS": ISSUERS,
            "SOZIALRAUM_WORKER": "false",
            "SOZIALRAUM_READ_ONLY": "false",
        }
        services = {
            name: {
                "command": service.get("command"),
                "environment": {each: values[each] for each in service["environment"]},
            }
            for name, service in OURS.items()
        }
        where = conninfo_to_dict(server.address(SUPERUSER))
        program = programs.installed("psql")
        assert program is not None
        postgres = {"PGHOST": str(where["host"]), "PGPORT": str(where.get("port", 5432))}
        told = {
            "root": str(ROOT),
            "superuser": server.address(SUPERUSER),
            "home": str(folder / "home"),
            "programs": str(program.parent),
            "postgres": postgres,
            "services": services,
        }
        (folder / "told.json").write_text(json.dumps(told))
        docker = folder / "bin/docker"
        docker.parent.mkdir()
        docker.write_text(DOCKER.format(python=sys.executable, told=str(folder / "told.json")))
        docker.chmod(0o755)
        with psycopg.connect(server.address(SUPERUSER, "postgres"), autocommit=True) as connection:
            connection.execute("DROP DATABASE sozialraum")
            for role in (OWNER, APPLICATION):
                connection.execute(f"DROP ROLE {role}".encode())
        logins = COMPOSE["configs"]["logins"]["content"].replace("$$", "$")
        self.types(logins, postgres | STATED | {"PATH": f"{program.parent}:{os.environ['PATH']}"})

    def types(self, commands: str, more: dict[str, str] | None = None) -> str:
        environment = os.environ | {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"} | (more or {})
        done: subprocess.CompletedProcess[str] = subprocess.run(
            ["/bin/sh", "-ec", commands], cwd=self.folder, env=environment, capture_output=True, encoding="utf-8"
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def rows(self, query: str, database: str = "sozialraum") -> list[Any]:
        with psycopg.connect(self.server.address(SUPERUSER, database)) as connection:
            return connection.execute(query.encode()).fetchall()


def block_with(words: str) -> str:
    blocks: list[str] = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    return next(block for block in blocks if words in block)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with EmbeddedPostgres.temporary() as server:
        made = Installation(server, tmp_path)
        made.types(block_with("mkdir -p secrets").replace(" && chown 10001 secrets/*", ""))
        made.types("docker compose run --rm migrate")
        yield made


APPOINT = (
    "docker compose run --rm migrate sozialraum admin create --authority-key county --authority-name County "
    "--authority-kind district_county --issuer keycloak --name"
)


@pytest.mark.faults
def test_a_backup_is_restored_by_what_the_guide_says(installation: Installation) -> None:
    said = installation.types(f"{{ {block_with('admin create')} }} 2>&1")
    assert "Mind" not in said, "the issuer is known there"
    installation.types(block_with("pg_dump"))
    assert (installation.folder / "county.backup").stat().st_mode & 0o777 == 0o600
    installation.types(f"{APPOINT} Late --subject late")
    said = installation.types(block_with("pg_restore"))
    assert "all open;" in said
    assert "all whole." in said
    names = "SELECT name FROM actor WHERE name IN ('Ada', 'Late') ORDER BY 1"
    assert installation.rows(names) == [("Ada",)]
    assert installation.rows(names, "before_restore") == [("Ada",), ("Late",)]
    assert installation.rows("SELECT max(number) FROM epoch") == [(2,)]


@pytest.mark.faults
def test_on_a_new_machine_too(installation: Installation, tmp_path: Path) -> None:
    """Where no role is but those that compose.yaml makes: there are none in a backup."""
    installation.types(f"{APPOINT} Ada --subject ada")
    installation.types(block_with("pg_dump"))
    first = re.search(r"On a new machine, with the same `\./secrets`\s+and a `\.env`, `([^`]*)` comes first", GUIDE)
    assert first is not None
    with EmbeddedPostgres.temporary() as server:
        new = Installation(server, tmp_path / "new")
        for name in ("secrets", ".env", "county.backup"):
            (new.folder / name).symlink_to(installation.folder / name)
        new.types(first[1])
        said = new.types(block_with("pg_restore"))
        assert "all open;" in said
        assert "all whole." in said
        assert new.rows("SELECT name FROM actor WHERE name IN ('Ada', 'Late')") == [("Ada",)]
