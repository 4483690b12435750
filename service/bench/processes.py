"""Processes with a core of their own, and what they cost."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Self

import uvloop

from service.process import bound_child, die_with_parent
from service.settings import UVICORN

Cores = frozenset[int]
HOST = "127.0.0.1"
_PATIENCE = 60.0  # seconds until a server must have answered
_PAUSE = 0.005
_PROCESSES = Path("/proc")  # Linux; elsewhere nothing is pinned, and processor time and memory are not known


@cache
def cores() -> tuple[Cores, Cores]:
    """Those of the measured side and those of everything else; empty where they cannot be chosen. Told once: who is
    bound to the others already would see no first one."""
    if not hasattr(os, "sched_getaffinity"):
        return frozenset(), frozenset()
    first, *others = sorted(os.sched_getaffinity(0))
    return (frozenset({first}), frozenset(others)) if others else (frozenset(), frozenset())


def pin(chosen: Cores) -> None:
    if chosen:
        os.sched_setaffinity(0, chosen)


def processor_seconds(process_id: int) -> float:
    """What a process has used up, all its threads together."""
    try:
        fields = (_PROCESSES / str(process_id) / "stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def thread_seconds(process_id: int) -> float:
    """The same in nanoseconds' precision, of a process with one thread; 0 where the kernel does not tell."""
    try:
        return int((_PROCESSES / str(process_id) / "schedstat").read_text().split()[0]) / 1e9
    except (FileNotFoundError, PermissionError):
        return 0.0


def family_seconds(parent: int) -> float:
    """Of a process and its children, as PostgreSQL's backends are its postmaster's."""
    return sum(map(processor_seconds, [parent, *children(parent)]))


def children(parent: int) -> list[int]:
    return [int(each.name) for each in _PROCESSES.glob("[0-9]*") if _parent_of(each) == parent]


def _parent_of(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def resident_mebibytes(process_id: int) -> float:
    return _mebibytes(process_id, "VmRSS:")


def most_resident_mebibytes(process_id: int) -> float:
    """The most it ever held. Not `ru_maxrss`, in which a new program inherits what its parent held."""
    return _mebibytes(process_id, "VmHWM:")


def _mebibytes(process_id: int, name: str) -> float:
    try:
        lines = (_PROCESSES / str(process_id) / "status").read_text().splitlines()
    except FileNotFoundError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(name)), 0.0)


def bound_to(chosen: Cores) -> Callable[[], None]:
    """For `preexec_fn`: a child that ends with us, on these cores."""
    bind = bound_child(signal.SIGTERM)

    def prepare() -> None:
        bind()
        pin(chosen)

    return prepare


class Server:
    """The service as `sozialraum run` starts it, with so many workers of uvicorn; or what `command` starts."""

    def __init__(
        self,
        environment: Mapping[str, str],
        port: int,
        chosen: Cores,
        log: Path,
        *,
        workers: int = 1,
        command: Sequence[str] = (),
        answers: tuple[str, int] = ("/readyz", 200),
    ) -> None:
        self.environment, self.port, self.chosen, self.log = environment, port, chosen, log
        self.command, self.answers = command or _uvicorn(port, workers), answers
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process_id(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 (ourselves)
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                preexec_fn=bound_to(self.chosen),
            )

    def await_answer(self, path: str = "", headers: Mapping[str, str] | None = None) -> None:
        """Until it answers this request with 200; or the one it was made with, as was said there."""
        assert self._process is not None
        asked, expected = (path, 200) if path else self.answers
        deadline = monotonic() + _PATIENCE
        while monotonic() < deadline and self._process.poll() is None:
            connection = HTTPConnection(HOST, self.port, timeout=_PATIENCE)
            try:
                connection.request("GET", asked, headers=dict(headers or {}))
                status = connection.getresponse().status
                if status == expected:
                    return
                raise RuntimeError(f"GET {asked} was answered with {status}")
            except (OSError, HTTPException):
                sleep(_PAUSE)
            finally:
                connection.close()
        raise RuntimeError(f"The server does not answer. It says:\n{self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        try:
            self.await_answer()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _uvicorn(port: int, workers: int) -> Sequence[str]:
    options = ("--host", HOST, "--port", str(port), "--workers", str(workers))
    return (*(sys.executable, "-m", "uvicorn", "service.api.server:create"), *UVICORN, *options)


class Assistant:
    """An object in a process of its own, asked by the names of its coroutines."""

    def __init__(self, make: Callable[..., Any], *given: Any, on: Cores) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_assist, args=(theirs, on, make, given), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, name: str, *given: Any) -> Any:
        self._connection.send((name, given))
        done, answer = self._connection.recv()
        if not done:
            raise RuntimeError(answer)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._process.join(5)
        self._process.terminate()


def _assist(connection: Any, on: Cores, make: Callable[..., Any], given: tuple[Any, ...]) -> None:
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for our parent, who ends us
    pin(on)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assistant = make(*given)
        while True:
            try:
                name, asked = connection.recv()
            except EOFError:
                return
            try:
                connection.send((True, runner.run(getattr(assistant, name)(*asked))))
            except Exception as error:
                connection.send((False, f"{type(error).__name__}: {error}"))
