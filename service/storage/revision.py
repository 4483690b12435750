"""The revision of the schema that this code was written for, told without Alembic: the server, which never migrates,
does without its import."""

import re
from functools import cache
from pathlib import Path

VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"
_LINE = re.compile(r'^(revision|down_revision)\b[^=\n]*= *"(\w+)"', re.MULTILINE)


@cache
def head() -> str | None:
    """The one that no other goes on from; nothing as long as there is none."""
    found = [match.groups() for path in VERSIONS.glob("*.py") for match in _LINE.finditer(path.read_text())]
    earlier = {name for kind, name in found if kind == "down_revision"}
    heads = {name for kind, name in found if kind == "revision"} - earlier
    assert len(heads) <= 1, f"more than one head: {sorted(heads)}"
    return next(iter(heads), None)
