"""Days begin where people live, and access is measured by the database's time, which nobody can set. So for a day to
come in a test, people live where it is about to begin."""

import asyncio
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from service.domain import clock


class Midnight:
    """It is midnight soon where people live, for the rest of the test."""

    def __init__(self, patch: pytest.MonkeyPatch, seconds: int = 5) -> None:
        self.at = (datetime.now(UTC) + timedelta(seconds=seconds)).replace(microsecond=0)
        offset = -timedelta(hours=self.at.hour, minutes=self.at.minute, seconds=self.at.second)
        patch.setattr(clock, "WHERE_PEOPLE_LIVE", timezone(offset))

    @property
    def born_on(self) -> date:
        """Of somebody who comes of age then."""
        if (self.at.month, self.at.day) == (2, 29):
            pytest.skip("nobody comes of age on a 29 February")
        return self.at.date().replace(year=self.at.year - 18)

    async def passes(self) -> None:
        left = (self.at - datetime.now(UTC)).total_seconds()
        assert left > 0, "what was to happen before has taken too long"
        await asyncio.sleep(left + 0.1)
