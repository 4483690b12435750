"""For the tests of tokens: an identity provider on loopback, and a clock wound by the test."""

from collections.abc import AsyncIterator, Iterator

import pytest

from service.api.identity import Identities
from tests.api.tokens import Clock, Provider, issuer_at, listening, opened


@pytest.fixture
def provider() -> Iterator[Provider]:
    with listening() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def identities(provider: Provider, clock: Clock) -> AsyncIterator[Identities]:
    async with opened(issuer_at(provider), clock=clock) as made:
        yield made
