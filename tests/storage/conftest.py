import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.storage.embedded import EmbeddedPostgres
from service.storage.embedded.ground import temporary_place


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    """One server for the module; nothing was migrated on it."""
    with EmbeddedPostgres.temporary() as server:
        yield server


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that PostgreSQL's account can reach; root's `tmp_path` lies below one that it cannot."""
    folder = Path(tempfile.mkdtemp(prefix="sozialraum-home-", dir=temporary_place(in_memory=True)))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
