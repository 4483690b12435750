"""Beside the loop: what nobody has asked before is worked out in one thread, which gives way to whoever is served.

The interpreter runs one thread at a time, and the kernel lets one that works go on for milliseconds while another
waits for the same core. One that sleeps is overtaken at once; so it does, for a moment, again and again."""

import asyncio
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import perf_counter, sleep
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import graphql as gql
from graphql.language.parser import Parser
from graphql.validation import ValidationRule

from service.api.company import somebody_comes, somebody_is_here
from service.api.graphql.turns import TooManyDocuments, Turn, sending
from service.api.recent import Recent

T = TypeVar("T")

ALONE = 0.0002, 0.0002  # seconds of work, and of rest
BESIDE_OTHERS = 0.0001, 0.001  # while somebody is served, who needs the interpreter a few times until they are


class _Worked(threading.local):
    until: float | None = None  # null outside: the loop itself must not sleep


_worked = _Worked()


def _begin() -> None:
    _worked.until = 0.0


def give_way() -> None:
    """Called at every step of whatever can take long."""
    until = _worked.until
    if until is not None and perf_counter() > until:
        working, resting = BESIDE_OTHERS if somebody_is_here() else ALONE
        sleep(resting)
        _worked.until = perf_counter() + working


class Beside:
    """One work after the other, and of each login one at a time: whoever sends many waits behind others, not they. Of
    what is refused they are told later by as long as it took, so that half of the time nothing of theirs is looked
    at. Who sends no login shares a turn with strangers, and waits alone."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "beside", _begin)
        self._turns: WeakValueDictionary[str | None, Turn] = WeakValueDictionary()
        self._making: dict[Hashable, asyncio.Task[Any]] = {}

    async def kept(
        self, login: str | None, recent: Recent[T], key: Hashable, make: Callable[[], T], weigh: Callable[[T], int]
    ) -> T:
        """Made once, also where many ask for it before it is there: they wait in one place."""
        if key in recent:
            somebody_comes()
            return recent.get(key, make)
        place = login, id(recent), key
        while True:
            mine = place not in self._making
            if mine:
                self._making[place] = task = asyncio.create_task(self._made(login, recent, key, make, weigh))
                task.add_done_callback(lambda _: self._making.pop(place))
            try:
                made: T = await asyncio.shield(self._making[place])
                return made
            except TooManyDocuments:  # of others it was their place that was lost
                if mine:
                    raise

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
        turn = self._turns.setdefault(login, Turn())
        spent = 0.0

        def timed() -> T:
            nonlocal spent
            began = perf_counter()
            try:
                return work()
            finally:
                spent = perf_counter() - began

        with turn.place(b"" if login is not None else sending.get()) as place:
            try:
                async with turn.reached(place):
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


class _Place(gql.Location):
    """Where a node stands, for errors to tell. Without its tokens: each holds the next and the one before, comments
    among them, so that whoever keeps one node would keep them all."""

    __slots__ = ()

    def __init__(self, start_token: gql.Token, end_token: gql.Token, source: gql.Source) -> None:
        self.start, self.end, self.source = start_token.start, end_token.end, source


class _Parser(Parser):
    def advance_lexer(self) -> None:
        """No token keeps the one before: what goes round in circles would be left behind until it is looked for."""
        give_way()
        super().advance_lexer()
        self._lexer.token.prev = None

    def loc(self, start_token: gql.Token) -> gql.Location:
        return _Place(start_token, self._lexer.last_token, self._lexer.source)


def parsed(text: str, most_tokens: int | None = None, *, places: bool = True) -> gql.DocumentNode:
    """`places`: its nodes know where they stand."""
    return _Parser(text, no_location=not places, max_tokens=most_tokens).parse_document()


class GivesWay(ValidationRule):
    """No rule: it is told of each node, like every rule."""

    def enter(self, *_: object) -> None:
        give_way()
