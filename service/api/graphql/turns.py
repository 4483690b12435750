"""Who waits for whom: of each login one new document at a time, and one of all who send none.

Strangers are told apart by where they send from, and nowhere but here: whoever sends many waits for those who send few,
and keeps no place that another needs. Behind a proxy that is not named, all send from one place, and
share its places as one."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field

from service.domain.errors import DomainError, Kind

MOST_WAITING = 20  # new documents of one login, or of all who send none
sending: ContextVar[bytes] = ContextVar("sending", default=b"")  # who, where no login says it: `senders`


@dataclass(eq=False)
class TooManyDocuments(DomainError):
    kind, code = Kind.TOO_MANY, "too-many-documents"
    title = "Too many new documents of yours wait to be looked at; without a login, of all who send none."
    advice = "Nothing was done. Send it again in a second; a document that is known already does not wait."
    allowed: int


@dataclass(eq=False)
class _Place:
    sender: bytes
    turn: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Turn:
    """Whose it is, nothing else is looked at of them. It goes round by sender; a login has but one."""

    def __init__(self) -> None:
        self._held = list[_Place]()  # by what waits, is under way, or is yet to be told
        self._waiting = dict[bytes, deque[_Place]]()  # by sender, in the order in which they come
        self._busy = False

    @contextmanager
    def place(self, sender: bytes) -> Iterator[_Place]:
        """Refused at once where all are taken and nobody has more of them than the sender would."""
        if len(self._held) >= MOST_WAITING:
            self._make_room(sender)
        place = _Place(sender)
        self._held.append(place)
        try:
            yield place
        finally:
            with suppress(ValueError):  # it was lost
                self._held.remove(place)

    @asynccontextmanager
    async def reached(self, place: _Place) -> AsyncIterator[None]:
        """Waits for it; TooManyDocuments where the place is lost meanwhile."""
        self._waiting.setdefault(place.sender, deque()).append(place)
        self._go_on()
        try:
            await place.turn
            yield
        finally:
            if place.turn.cancelled():
                with suppress(KeyError, ValueError):  # it was passed over
                    self._leave(place)
            elif place.turn.exception() is None:
                self._busy = False
                self._go_on()

    def _go_on(self) -> None:
        while self._waiting and not self._busy:
            sender = next(iter(self._waiting))
            place = self._waiting[sender][0]
            self._leave(place)
            if sender in self._waiting:
                self._waiting[sender] = self._waiting.pop(sender)  # behind all others
            if not place.turn.done():  # nobody has given up
                self._busy = True
                place.turn.set_result(None)

    def _make_room(self, sender: bytes) -> None:
        """Whoever has most places loses the one that would be reached last."""
        held = Counter(each.sender for each in self._held)
        most = max(self._waiting, key=held.__getitem__, default=sender)
        if held[most] <= held[sender] + 1:
            raise TooManyDocuments(allowed=MOST_WAITING)
        lost = self._waiting[most][-1]
        self._leave(lost)
        self._held.remove(lost)
        if not lost.turn.done():
            lost.turn.set_exception(TooManyDocuments(allowed=MOST_WAITING))

    def _leave(self, place: _Place) -> None:
        of_sender = self._waiting[place.sender]
        of_sender.remove(place)
        if not of_sender:
            del self._waiting[place.sender]
