"""The command `sozialraum` in a process of its own, forked from one that has imported the service already: most of what
a command costs. That one starts from nothing, too, is seen in `test_running.py` and `test_startup.py`."""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(
    [
        *("alembic.command", "psycopg", "rich.console", "service.api.app", "service.demo", "service.keys"),
        *("service.domain.sealing.verifying", "service.storage.inspection", "service.storage.reencrypting"),
        *(f"service.cli.{command}" for command in ("check", "migrate", "reencrypt", "run", "token", "worker")),
    ]
)


def sozialraum(
    *words: str | Path, environment: Mapping[str, str], patience: float = 60
) -> "subprocess.CompletedProcess[str]":
    """`patience`: seconds until it must have ended."""
    with TemporaryDirectory() as folder:
        said, troubled = Path(folder, "said"), Path(folder, "troubled")
        process = FORKING.Process(target=_call, args=(list(map(str, words)), dict(environment), said, troubled))
        process.start()
        process.join(patience)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(words, patience)
        return subprocess.CompletedProcess(words, process.exitcode, said.read_text(), troubled.read_text())


def _call(words: list[str], environment: dict[str, str], said: Path, troubled: Path) -> None:
    for place, descriptor in ((said, 1), (troubled, 2)):
        os.dup2(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["sozialraum", *words]
    from service.cli import main

    main()
