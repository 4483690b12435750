"""A client that openapi-python-client generates, in an environment of its own."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.interop.conftest import CONTRACT, HERE, performed, ran

pytestmark = pytest.mark.interop
LOCKED = HERE.parents[1] / "requirements" / "client.txt"


def test_a_python_client_is_generated_without_warning_and_runs(
    tmp_path: Path, url: str, token_of: Callable[..., str]
) -> None:
    ran(sys.executable, "-m", "venv", "venv", folder=tmp_path)
    programs = tmp_path / "venv" / "bin"
    ran(programs / "pip", "install", "--quiet", "--require-hashes", "-r", LOCKED, folder=tmp_path)
    generate = ("generate", "--path", CONTRACT, "--output-path", "sozialraum_client", "--meta", "none")
    generated = performed(programs / "openapi-python-client", *generate, folder=tmp_path, path=programs)
    assert (generated.returncode, "arning" in generated.stdout + generated.stderr) == (0, False), generated
    shutil.copy(HERE / "client.py", tmp_path)
    said = json.loads(ran(programs / "python", "client.py", url, token_of("addressee"), folder=tmp_path))
    assert said == {"mine": ["self"], "cases": 1, "ticked": "done", "again": "impossible-now"}
