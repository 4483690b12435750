"""How many follow at once: a stream costs little, and many of them cost much."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from service.api.problems import TooManyStreams
from service.settings import Settings

LOOKING = 2  # looks for changes under way at once: the other connections are for requests


class Followers:
    """The streams of changes that one process serves."""

    def __init__(self, settings: Settings) -> None:
        self._most, self._most_of_one = settings.streams, settings.streams_of_one
        self._open: Counter[str] = Counter()
        self.looking = asyncio.Semaphore(LOOKING)
        self.ending = False  # the process is: all streams end, for their clients to go on elsewhere

    @contextmanager
    def admitted(self, login: str) -> Iterator[None]:
        """While it lasts, a stream of this login is counted."""
        if self._open[login] >= self._most_of_one:
            raise TooManyStreams(allowed=self._most_of_one)
        if self._open.total() >= self._most:
            raise TooManyStreams(allowed=self._most)
        self._open[login] += 1
        try:
            yield
        finally:
            self._open[login] -= 1
            self._open += Counter()  # forgets those with none
