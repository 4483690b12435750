from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from service.storage.embedded import OWNER
from service.storage.migration import migrate
from tests.conftest import Database, _copied, address


@pytest.fixture(scope="module")
def county() -> Iterator[Database]:
    """A demo county for one module alone."""
    yield from _copied(f"demo_{uuid4().hex[:12]}")


@pytest.fixture
def empty() -> Iterator[Database]:
    """Migrated, and nothing in it."""
    made = Database(f"empty_{uuid4().hex[:12]}")
    with psycopg.connect(address("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {made.name} OWNER {OWNER} TEMPLATE template0".encode())
        migrate(made.owner, progress=lambda line: None)
        yield made
        connection.execute(f"DROP DATABASE {made.name} WITH (FORCE)".encode())
