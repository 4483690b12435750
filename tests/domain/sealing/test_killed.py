"""The worker is killed in the middle of sealing: the next one goes on where it stood."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.domain.sealing.blocks import MOST_ENTRIES
from tests.conftest import Recovered
from tests.domain.sealing.conftest import Record

pytestmark = pytest.mark.faults
BLOCKS = 6
PATIENCE = 60.0  # seconds until a worker has made a block


@contextmanager
def worker(record: Record, home: Path) -> Iterator[None]:
    """Killed with -9 at the end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SOZIALRAUM_", "DATABASE_"))}
    given = {
        "DATABASE_URL": record.database.application,
        "SOZIALRAUM_SEAL_KEY": str(home / "key.pem"),
        "SOZIALRAUM_SEAL_HEADS": str(record.heads),
        "SOZIALRAUM_HOME": str(home),
    }
    with (
        (home / "said").open("ab") as said,
        subprocess.Popen(
            [sys.executable, "-m", "service", "worker"], env=kept | given, stdout=said, stderr=said
        ) as run,
    ):
        try:
            yield
        finally:
            run.kill()


def test_no_block_is_missing_or_made_twice(record: Record, tmp_path: Path, recovered: Recovered) -> None:
    for _ in range(BLOCKS):
        record.put(MOST_ENTRIES)
    seen, seconds = [0], list[float]()
    while len(seen) < 3:
        with worker(record, tmp_path):
            began = time.monotonic()
            while len(record.blocks()) == seen[-1]:
                assert time.monotonic() < began + PATIENCE, (tmp_path / "said").read_text()
            seconds.append(time.monotonic() - began)
        seen.append(len(record.blocks()))
    assert seen[1] < BLOCKS, "it was killed too late"
    record.seal_all(MOST_ENTRIES)
    assert sum(record.blocks()) == record.count() == BLOCKS * MOST_ENTRIES
    assert len(record.heads.read_bytes().splitlines()) == len(record.blocks())
    assert record.verify().broken is None, record.verify()
    recovered("a worker was killed over sealing and another started", max(seconds[1:]), PATIENCE)
