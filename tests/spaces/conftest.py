from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest

from service.api.app import Application
from service.settings import Settings
from tests.conftest import Database, _copied, serve


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """A county of each file's own: other tests count what everybody sees."""
    yield from _copied(f"spaces_{uuid4().hex[:12]}")


@pytest.fixture(scope="module")
async def application(database: Database, settings: Settings) -> AsyncIterator[Application]:
    async for running in serve(database, settings):
        yield running
