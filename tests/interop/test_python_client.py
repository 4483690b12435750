"""A client that openapi-python-client generates, in an environment of its own."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.interop.conftest import CONTRACT, HERE, performed, ran
from tests.interop.eight_steps import TOLD, tokens

pytestmark = pytest.mark.interop
LOCKED = HERE.parents[1] / "requirements" / "client.txt"


def test_a_python_client_is_generated_without_warning_typed_and_takes_all_eight_steps(
    tmp_path: Path, url: str, token_of: Callable[..., str]
) -> None:
    ran(sys.executable, "-m", "venv", "venv", folder=tmp_path)
    programs = tmp_path / "venv" / "bin"
    ran(programs / "pip", "install", "--quiet", "--require-hashes", "-r", LOCKED, folder=tmp_path)
    generate = ("generate", "--path", CONTRACT, "--output-path", "sozialraum_client", "--meta", "none")
    generated = performed(
        programs / "openapi-python-client", *generate, "--config", HERE / "client.yaml", folder=tmp_path, path=programs
    )
    assert (generated.returncode, "arning" in generated.stdout + generated.stderr) == (0, False), generated
    shutil.copy(HERE / "client.py", tmp_path)
    typed = ("--strict", "--follow-imports=silent", f"--python-executable={programs / 'python'}")
    ran(sys.executable, "-m", "mypy", *typed, "client.py", folder=tmp_path)
    assert json.loads(ran(programs / "python", "client.py", url, *tokens(token_of), folder=tmp_path)) == TOLD
