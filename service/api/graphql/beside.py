"""Beside the loop: what nobody has asked before is worked out in one thread, which gives way to whoever is served.

The interpreter runs one thread at a time, and the kernel lets one that works go on for milliseconds while another
waits for the same core. One that sleeps is overtaken at once; so it does, for a moment, again and again."""

import asyncio
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter, sleep
from typing import TypeVar
from weakref import WeakValueDictionary

import graphql as gql
from graphql.language.parser import Parser
from graphql.validation import ValidationRule

from service.api.recent import Recent

T = TypeVar("T")

WORKING = 0.0002  # seconds
RESTING = 0.0002


class _Worked(threading.local):
    until: float | None = None  # null outside: the loop itself must not sleep


_worked = _Worked()


def _begin() -> None:
    _worked.until = 0.0


def give_way() -> None:
    """Called at every step of whatever can take long."""
    until = _worked.until
    if until is not None and perf_counter() > until:
        sleep(RESTING)
        _worked.until = perf_counter() + WORKING


class Beside:
    """One work after the other, and of each login one at a time: whoever sends many waits behind others, not they. Of
    what is refused they are told later by as long as it took, so that half of the time nothing of theirs is looked
    at."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "beside", _begin)
        self._turns: WeakValueDictionary[str | None, asyncio.Lock] = WeakValueDictionary()

    async def kept(self, login: str | None, recent: Recent[T], key: Hashable, make: Callable[[], T], weight: int) -> T:
        """Made once, also where many ask for it before it is there."""
        if key not in recent:
            async with self._turn(login):
                made = recent.get(key, make) if key in recent else await self._run(make)
                return recent.get(key, lambda: made, weight)
        return recent.get(key, make)

    async def run(self, login: str | None, work: Callable[[], T]) -> T:
        async with self._turn(login):
            return await self._run(work)

    def _turn(self, login: str | None) -> asyncio.Lock:
        return self._turns.setdefault(login, asyncio.Lock())

    async def _run(self, work: Callable[[], T]) -> T:
        spent = 0.0

        def timed() -> T:
            nonlocal spent
            began = perf_counter()
            try:
                return work()
            finally:
                spent = perf_counter() - began

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, timed)
        except Exception:
            await asyncio.sleep(spent)
            raise


class _Parser(Parser):
    def advance_lexer(self) -> None:
        give_way()
        super().advance_lexer()


def parsed(text: str, most_tokens: int) -> gql.DocumentNode:
    return _Parser(text, max_tokens=most_tokens).parse_document()


class GivesWay(ValidationRule):
    """No rule: it is told of each node, like every rule."""

    def enter(self, *_: object) -> None:
        give_way()
