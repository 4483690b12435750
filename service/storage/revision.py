"""The revisions of the schema that this code was written for, told without Alembic: the server and the worker, which
never migrate, do without its import."""

import re
from functools import cache
from pathlib import Path

VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"
_LINE = re.compile(r'^(revision|down_revision)\b[^=\n]*= *"(\w+)"', re.MULTILINE)


@cache
def head() -> str | None:
    """The one that no other goes on from; nothing as long as there is none."""
    heads = _named("revision") - _named("down_revision")
    assert len(heads) <= 1, f"more than one head: {sorted(heads)}"
    return next(iter(heads), None)


def is_known(revision: str) -> bool:
    """Whether this code has that revision; if not, the database is newer than the code."""
    return revision in _named("revision")


def _named(kind: str) -> set[str]:
    return {name for said, name in _lines() if said == kind}


@cache
def _lines() -> frozenset[tuple[str, str]]:
    return frozenset((line[1], line[2]) for path in VERSIONS.glob("*.py") for line in _LINE.finditer(path.read_text()))
