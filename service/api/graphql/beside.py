"""Beside the loop: what nobody has asked before is worked out in one thread, which gives way to whoever is served.

The interpreter runs one thread at a time, and the kernel lets one that works go on for milliseconds while another
waits for the same core. One that sleeps is overtaken at once; so it does, for a moment, again and again."""

import asyncio
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter, sleep
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import graphql as gql
from graphql.language.parser import Parser
from graphql.validation import ValidationRule

from service.api.recent import Recent
from service.domain.errors import DomainError, Kind

T = TypeVar("T")

WORKING = 0.0002  # seconds
RESTING = 0.0002
MOST_WAITING = 20  # new documents of one login, or of all who send none


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


@dataclass(eq=False)
class TooManyDocuments(DomainError):
    kind, code = Kind.TOO_MANY, "too-many-documents"
    title = "Too many new documents of yours wait to be looked at; without a login, of all who send none."
    advice = "Nothing was done. Send it again in a second; a document that is known already does not wait."
    allowed: int


class _Turn:
    """Whose it is, nothing else is looked at of them; `asked`: how much of theirs waits or is under way."""

    def __init__(self) -> None:
        self.lock, self.asked = asyncio.Lock(), 0


class Beside:
    """One work after the other, and of each login one at a time: whoever sends many waits behind others, not they. Of
    what is refused they are told later by as long as it took, so that half of the time nothing of theirs is looked
    at. Who sends no login shares a turn with strangers, and waits alone."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "beside", _begin)
        self._turns: WeakValueDictionary[str | None, _Turn] = WeakValueDictionary()
        self._making: dict[Hashable, asyncio.Task[Any]] = {}

    async def kept(
        self, login: str | None, recent: Recent[T], key: Hashable, make: Callable[[], T], weigh: Callable[[T], int]
    ) -> T:
        """Made once, also where many ask for it before it is there: they wait in one place."""
        if key in recent:
            return recent.get(key, make)
        place = login, id(recent), key
        if place not in self._making:
            self._making[place] = task = asyncio.create_task(self._made(login, recent, key, make, weigh))
            task.add_done_callback(lambda _: self._making.pop(place))
        made: T = await asyncio.shield(self._making[place])
        return made

    async def _made(
        self, login: str | None, recent: Recent[T], key: Hashable, make: Callable[[], T], weigh: Callable[[T], int]
    ) -> T:
        def unless_made() -> T:
            with suppress(KeyError):  # for somebody else, meanwhile
                return recent[key]
            return make()

        made = await self.run(login, unless_made)
        return recent.keep(key, made, weigh(made), login)

    async def run(self, login: str | None, work: Callable[[], T]) -> T:
        turn = self._turns.setdefault(login, _Turn())
        if turn.asked >= MOST_WAITING:
            raise TooManyDocuments(allowed=MOST_WAITING)
        spent = 0.0

        def timed() -> T:
            nonlocal spent
            began = perf_counter()
            try:
                return work()
            finally:
                spent = perf_counter() - began

        turn.asked += 1
        try:
            async with turn.lock:
                try:
                    return await asyncio.get_running_loop().run_in_executor(self._thread, timed)
                except Exception:
                    if login is not None:
                        await asyncio.sleep(spent)
                    raise
        except Exception:
            if login is None:  # strangers do not wait for it
                await asyncio.sleep(spent)
            raise
        finally:
            turn.asked -= 1


class _Place(gql.Location):
    """Where a node stands, for errors to tell. Without its tokens: each holds the next and the one before, comments
    among them, so that whoever keeps one node would keep them all."""

    __slots__ = ()

    def __init__(self, start_token: gql.Token, end_token: gql.Token, source: gql.Source) -> None:
        self.start, self.end, self.source = start_token.start, end_token.end, source


class _Parser(Parser):
    def advance_lexer(self) -> None:
        give_way()
        super().advance_lexer()

    def loc(self, start_token: gql.Token) -> gql.Location:
        return _Place(start_token, self._lexer.last_token, self._lexer.source)


def parsed(text: str, most_tokens: int) -> gql.DocumentNode:
    return _Parser(text, max_tokens=most_tokens).parse_document()


class GivesWay(ValidationRule):
    """No rule: it is told of each node, like every rule."""

    def enter(self, *_: object) -> None:
        give_way()
