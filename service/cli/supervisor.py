"""The parent of everything that `sozialraum run` starts: PostgreSQL first, then the server, then the worker; ended in
reverse.

The server is a child because uvicorn, told to stop, ends its own process before anybody could stop PostgreSQL. All
children end with this process even when it is killed with -9."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from textwrap import fill
from time import monotonic, sleep
from types import FrameType

from service.cli.companion import Companion
from service.cli.database import Addresses, configured, unfit
from service.cli.doubts import of_server, unknown_variables
from service.cli.worker import NO_KEY, NOT_DIRECT, has_key, reaches_postgres
from service.keys import data_keys
from service.process import bound_child
from service.settings import PREFIX, UVICORN, Settings
from service.storage import inspection, migration
from service.storage.data_keys import DataKeyError, DataKeys
from service.storage.embedded import APPLICATION, OWNER, EmbeddedPostgres

_GRACE = 20  # seconds for requests under way
_READY_WITHIN = 60.0
_PAUSE = 2.0  # seconds until PostgreSQL, which did not start, is tried again
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def _command() -> str:
    """How whoever has started us calls `sozialraum` from where they are."""
    beside = Path(sys.executable).with_name("sozialraum")
    try:
        return str(beside.relative_to(Path.cwd()))
    except ValueError:
        return "sozialraum"


class Refused(Exception):
    """Why the service is not started."""


class _Stop(BaseException):
    """Somebody asked for the end."""


class Supervisor:
    def __init__(self, settings: Settings, application: str = "service.api.server:create") -> None:
        self._settings = settings
        self._application = application
        self._stopping = False
        self._server: subprocess.Popen[bytes] | None = None
        self._postgres: EmbeddedPostgres | None = None
        self._next_attempt = 0.0
        self._worker: Companion | None = None

    def run(self) -> int:
        """Until a signal or the server's end; the exit code."""
        for number in _STOP_SIGNALS:
            signal.signal(number, self._on_signal)
        try:
            with ExitStack() as ending:
                self._say_doubts()
                self._refuse_taken_port()
                self._refuse_worker_without_key()
                self._refuse_without_data_keys()
                addresses = self._open_database(ending)
                self._prepare(addresses)
                ending.callback(self._stop_server)
                self._server = self._start_server(addresses)
                self._await_readiness(self._server)
                self._start_worker(addresses, ending)
                self._announce()
                return self._watch(self._server)
        except _Stop:
            return 0
        except Refused as refusal:
            print(refusal, file=sys.stderr)
            return 1

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if not self._stopping:
            self._stopping = True
            raise _Stop
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)  # asked twice: uvicorn then waits for nobody

    # Before the server

    def _say_doubts(self) -> None:
        """The worker says those about its own key."""
        for doubt in of_server(self._settings):
            print(doubt, file=sys.stderr, flush=True)

    def _refuse_taken_port(self) -> None:
        family = socket.AF_INET6 if ":" in self._settings.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._settings.host, self._settings.port))
            except OSError as error:
                where = f"{self._settings.host}:{self._settings.port}"
                raise Refused(
                    f"Cannot listen on {where}: {error.strerror}. Is another Sozialraum running? "
                    "Otherwise choose with --port, or SOZIALRAUM_PORT=8001 make run."
                ) from None

    def _refuse_worker_without_key(self) -> None:
        if self._settings.worker and not has_key(self._settings):
            raise Refused(f"{NO_KEY}\nOr start the server alone: --no-worker, or SOZIALRAUM_WORKER=false.")
        if self._settings.worker and not reaches_postgres(self._settings):
            raise Refused(f"{NOT_DIRECT}\nOr start the server alone: --no-worker, or SOZIALRAUM_WORKER=false.")

    def _refuse_without_data_keys(self) -> None:
        """Those of development are made later, where nothing in the database was encrypted by others."""
        if self._settings.data_keys is not None or not self._settings.development:
            self._data_keys()

    def _data_keys(self, new_for: str | None = None) -> DataKeys:
        try:
            return data_keys(self._settings, new_for)
        except DataKeyError as error:
            raise Refused(str(error)) from None

    def _open_database(self, ending: ExitStack) -> Addresses:
        addresses = configured(self._settings)
        if addresses.application:
            return addresses
        if addresses.owner:
            raise Refused("DATABASE_OWNER_URL is set, but DATABASE_URL is not: the server would have no login.")
        postgres = EmbeddedPostgres(self._settings.home)
        print(f"Starting PostgreSQL in {postgres.ground.place} ...", flush=True)
        self._postgres = ending.enter_context(postgres)
        return Addresses(postgres.address(APPLICATION), postgres.address(OWNER), None)

    def _prepare(self, addresses: Addresses) -> None:
        assert addresses.application
        keys = self._data_keys(new_for=addresses.application)
        if addresses.owner:
            if findings := inspection.inspect_server(addresses.owner):
                raise Refused("\n".join(["Not started:", *(f"  {finding}" for finding in findings)]))
            migration.migrate(addresses.owner, progress=lambda line: print(line, flush=True))
            migration.let_in(addresses.owner, addresses.application)
        if findings := unfit(self._settings, addresses.application):
            raise Refused("\n".join(["Not started:", *(f"  {finding}" for finding in findings)]))
        if self._settings.development and addresses.owner:
            from service.demo import seed

            seed(addresses.owner, addresses.application, keys)

    # The server and the worker

    def _environment(self, addresses: Addresses) -> dict[str, str]:
        """Without the powerful logins: our children may not change tables, and could not if they wanted."""
        assert addresses.application
        given = self._settings.database_url  # which may be a pooler's
        environment = os.environ | {"DATABASE_URL": given.get_secret_value() if given else addresses.application}
        for name in ("DATABASE_OWNER_URL", "DATABASE_BACKUP_URL"):
            environment.pop(name, None)
            environment.pop(f"{PREFIX}{name}", None)
        for name in unknown_variables():  # of which the worker would speak once more
            environment.pop(name)
        return environment

    def _start_worker(self, addresses: Addresses, ending: ExitStack) -> None:
        """Once the server answers: nobody waits for the worker."""
        if self._settings.worker:
            self._worker = Companion("worker", self._environment(addresses))
            ending.callback(self._worker.stop)
            self._worker.start()

    def _start_server(self, addresses: Addresses) -> "subprocess.Popen[bytes]":
        environment = self._environment(addresses)
        if self._settings.workers > 1:  # then /metrics speaks for all of them
            folder = self._settings.home / "metrics"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            environment["PROMETHEUS_MULTIPROC_DIR"] = str(folder.resolve())
        options = {
            "--host": self._settings.host,
            "--port": self._settings.port,
            "--workers": self._settings.workers,
            "--timeout-graceful-shutdown": _GRACE,
        }
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "uvicorn", self._application, *UVICORN),
                *(str(part) for option in options.items() for part in option),
            ],
            env=environment,
            stdin=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C in the terminal comes to us, and we pass it on
            preexec_fn=bound_child(signal.SIGTERM),
        )

    def _await_readiness(self, server: "subprocess.Popen[bytes]") -> None:
        deadline = monotonic() + _READY_WITHIN
        while monotonic() < deadline:
            if (code := server.poll()) is not None:
                raise Refused(f"The server ended before it was ready (exit code {code}).")
            if self._is_ready():
                return
            sleep(0.05)
        raise Refused(f"The server is not ready after {_READY_WITHIN:.0f} seconds. Its log above says why.")

    def _is_ready(self) -> bool:
        connection = HTTPConnection(self._reachable_host, self._settings.port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _watch(self, server: "subprocess.Popen[bytes]") -> int:
        while True:
            try:
                return server.wait(timeout=0.5) or 1  # nobody asked it to end
            except subprocess.TimeoutExpired:
                self._tend_postgres()
                if self._worker is not None:
                    self._worker.tend()

    def _tend_postgres(self) -> None:
        """Start it again once it has ended. Where that fails (its disk is full), the server refuses what it is asked
        until a later attempt succeeds."""
        if self._postgres is None or self._postgres.running or monotonic() < self._next_attempt:
            return
        print("PostgreSQL ended; starting it again ...", file=sys.stderr, flush=True)
        try:
            self._postgres.start()
        except Exception as failure:  # whatever it is: nobody else would start it
            print(f"{failure}\nThe next attempt is in {_PAUSE:.0f} s.", file=sys.stderr, flush=True)
            self._next_attempt = monotonic() + _PAUSE

    def _stop_server(self) -> None:
        if self._server is None:
            return
        if self._server.poll() is None:
            self._server.terminate()
        try:
            self._server.wait(_GRACE + 5)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    # What there is to see

    @property
    def _reachable_host(self) -> str:
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._settings.host, self._settings.host)  # noqa: S104

    def _announce(self) -> None:
        host = f"[{self._reachable_host}]" if ":" in self._reachable_host else self._reachable_host
        url = self._settings.public_url or f"http://{host}:{self._settings.port}"
        print(f"\nSozialraum is running.\n  REST      {url}/docs\n  GraphQL   {url}/graphiql\n  Health    {url}/readyz")
        if self._settings.development:
            from service.demo import PEOPLE

            said = "A token for somebody of the demo county (Authorization: Bearer ...), in another terminal:"
            print(f"\n{said}\n  {_command()} token --as case_worker\n\nInstead of case_worker also:")
            print(fill(", ".join(PEOPLE), 100, initial_indent="  ", subsequent_indent="  "))
        print("\nCtrl-C ends it.", flush=True)
