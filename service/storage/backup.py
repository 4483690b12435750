"""A database into one file and back, with PostgreSQL's own programs: those of the embedded wheel, else those on PATH.

Both need a login that row-level security does not hold for; everybody else's dump would miss rows, or be refused."""

import os
import shutil
import subprocess
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from service.storage.address import conninfo
from service.storage.embedded import programs

_TABLES = "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"


class BackupError(Exception):
    """Why there is no backup, or why one was not restored; never repeats the address."""


def backup(address: str, file: Path, *, replace: bool = False) -> None:
    """All of the database as it is at one moment; whoever works goes on working. `file` is there once it is whole."""
    if not file.parent.is_dir():
        raise BackupError(f"There is no folder {file.parent}.")
    if file.exists() and not replace:
        raise BackupError(
            f"{file} is there already, and may be the only backup of its day: name another, or --replace it."
        )
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        _run("pg_dump", address, "--format=custom", f"--file={unfinished}")
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)


def restore(address: str, file: Path) -> None:
    """Into an empty database, whole or not at all. What follows is a migration and then `begin_epoch`."""
    if not file.is_file():
        raise BackupError(f"There is no file {file}.")
    with psycopg.connect(conninfo(address)) as connection:
        if connection.execute(_TABLES).fetchone() != (0,):
            raise BackupError("The database is not empty: restore into a new one, and keep this one until all is well.")
    _run("pg_restore", address, "--single-transaction", "--exit-on-error", file)


def begin_epoch(address: str) -> int:
    """From now on rows are counted behind all that were restored, and the cursors of before are refused."""
    with psycopg.connect(conninfo(address)) as connection:
        ((number,),) = connection.execute("SELECT begin_epoch()").fetchall()
        return int(number)


def _run(program: str, address: str, *arguments: str | Path) -> None:
    given = conninfo_to_dict(conninfo(address))
    password = given.pop("password", None)  # not on the command line, where everybody on the machine can read it
    environment = programs.environment() | ({"PGPASSWORD": str(password)} if password else {})
    command = [_found(program), "--no-password", "--dbname", make_conninfo("", **given), *arguments]
    done = subprocess.run(  # noqa: S603 (PostgreSQL's own programs)
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = "\n".join(line for line in done.stderr.splitlines() if line.startswith(f"{program}: "))
        raise BackupError(f"{program} failed: {said[-1500:]}")  # PostgreSQL's own lines below those can quote a row


def _found(program: str) -> str | Path:
    if found := programs.installed(program) or shutil.which(program):
        return found
    raise BackupError(f"{program} is not here: install PostgreSQL's client programs, or the extra `embedded`.")
