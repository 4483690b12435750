from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.conftest import Database, _copied


@pytest.fixture(scope="module")
def county() -> Iterator[Database]:
    """A demo county for one module alone."""
    yield from _copied(f"demo_{uuid4().hex[:12]}")
