"""What PostgreSQL lacks is said in the log, where whoever operates the service looks; to callers it is only busy."""

import asyncpg
import pytest
from structlog.testing import capture_logs

from service.domain.errors import Unavailable
from service.domain.translating import translated


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (asyncpg.DiskFullError("could not extend file"), "its disk is full"),
        (asyncpg.TooManyConnectionsError("sorry"), "it has no connection left"),
        (asyncpg.InsufficientResourcesError("of somebody's words"), "it lacks something"),
    ],
)
def test_what_it_lacks(error: asyncpg.PostgresError, reason: str) -> None:
    with capture_logs() as lines, pytest.raises(Unavailable) as refused, translated():
        raise error
    assert refused.value.reason == "the database is busy"
    assert [(line["event"], line["reason"]) for line in lines] == [("database-refuses", reason)]


def test_a_lock_that_is_waited_for_is_nothing_to_look_after() -> None:
    with capture_logs() as lines, pytest.raises(Unavailable), translated():
        raise asyncpg.LockNotAvailableError("busy")
    assert lines == []
