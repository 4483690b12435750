"""`python requirements/install.py run|embedded|dev|fuzz`: install one locked set into `.venv`, if it is not there yet.

Two at once wait for each other, so that `make run` and `make test` may be started side by side."""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)


def install(name: str) -> None:
    locked = ROOT / "requirements" / f"{name}.txt"
    wanted = hashlib.sha256(locked.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    stamp = VENV / f".installed-{name}"
    turn = os.open(locked.parent, os.O_RDONLY)
    fcntl.flock(turn, fcntl.LOCK_EX)  # freed by the system, however this process ends
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Installing the locked set '{name}' into .venv ...", flush=True)
    if not (VENV / "bin" / "pip").exists():
        _call(
            "creating .venv failed; on Debian and Ubuntu: apt install python3-venv", sys.executable, "-m", "venv", VENV
        )
    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    _call(f"installing {locked.name} failed", *pip, "--require-hashes", "-r", locked)
    _call("installing the command `sozialraum` failed", *pip, "--no-deps", "--no-build-isolation", "-e", ROOT)
    stamp.write_text(wanted)


def _call(trouble: str, *command: str | Path) -> None:
    if subprocess.run(command, check=False).returncode:  # noqa: S603
        sys.exit(trouble)


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        sys.exit(f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed: make PYTHON=/path/to/python3")
    install(sys.argv[1])
