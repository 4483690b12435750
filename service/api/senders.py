"""Who is at the other end, by address, and how much of us one of them may hold at once.

Behind a proxy all have one address. What it says of whom it speaks for (X-Forwarded-For) is believed where the operator
has named the proxy, and nowhere else: whoever sends it could name as many senders as they like. No address is written
anywhere; what tells them apart is a salted digest, in memory and for as long as their connection lasts."""

from asyncio import Transport
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from hashlib import blake2b
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from os import urandom

from starlette.types import Scope

from service.api.problems import HttpError
from service.domain.errors import DomainError, Kind, Unavailable

OF_ONE = 6  # bytes of an IPv6 address: a network that is given to one subscriber has as many addresses as they like
LONGEST_WAY = 2_000  # characters of X-Forwarded-For that are looked at, from its end

_salt = urandom(16)  # what is kept of an address says nothing outside of this process, and is gone with it


@dataclass(eq=False)
class TooManyConnections(HttpError):
    kind, status, code = Kind.TOO_MANY, 429, "too-many-connections"
    title = "Too many connections from your address are open."
    advice = "Nothing was done. End those that you do not need, and try again after the time in Retry-After."
    allowed: int


def sender_of(host: str) -> bytes:
    """What tells one address from another, while a request or connection lasts. It is never written anywhere."""
    address = _address(host)
    if address is None:
        return b""
    packed = address.packed[:OF_ONE] if isinstance(address, IPv6Address) else address.packed
    return blake2b(packed, key=_salt, digest_size=8).digest()


class Shares:
    """Connections of one process: `most` at once, and `most_of_one` from one address; half of them, where that is not
    said. `proxies` are addresses and networks that speak for others: theirs count as those of nobody, and each request
    and WebSocket that comes through them as one of whoever it is for, while it lasts."""

    def __init__(self, most: int, most_of_one: int | None = None, proxies: Iterable[str] = ()) -> None:
        self.most, self.most_of_one = most, max(1, most // 2 if most_of_one is None else min(most, most_of_one))
        self.proxies = [ip_network(each) for each in proxies]
        self.taken = 0  # connections that are served
        self.waiting: dict[Place, Transport] = {}  # that are yet to be told why they are not, first come first
        self.held = Counter[bytes]()

    def speaks_for_others(self, host: str) -> bool:
        address = _address(host) if self.proxies else None
        return address is not None and any(address in network for network in self.proxies)

    def place(self, host: str | None) -> "Place":
        """For a connection, until it leaves; without an address where it comes through a socket in the file system."""
        sender = b"" if host is None or self.speaks_for_others(host) else sender_of(host)
        if self.taken >= self.most:
            return Place(self, sender, Unavailable(reason="all connections are taken"))
        return Place(self, sender, self.crowded(sender))

    def crowded(self, sender: bytes) -> TooManyConnections | None:
        if not sender or self.held[sender] < self.most_of_one:
            return None
        return TooManyConnections(allowed=self.most_of_one)

    def through(self, scope: Scope) -> AbstractContextManager[DomainError | None]:
        """While a request or WebSocket lasts. One that came through a proxy becomes its client's (`scope["client"]`),
        and is counted; why it is not to be served, if it is not."""
        client = scope.get("client")
        if not self.proxies or client is None or not self.speaks_for_others(client[0]):
            return nullcontext()
        host = self._spoken_for(scope["headers"])
        if host is None:  # it does not say
            return nullcontext()
        scope["client"] = (host, 0)
        return self._passing(sender_of(host))

    @contextmanager
    def _passing(self, sender: bytes) -> Iterator[DomainError | None]:
        if refusal := self.crowded(sender):
            yield refusal
            return
        self.held[sender] += 1
        try:
            yield None
        finally:
            self.release(sender)

    def _spoken_for(self, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """The last one on the way that is no proxy of ours: what stands before it, that one may have made up."""
        way = b",".join(value for name, value in headers if name == b"x-forwarded-for")
        for each in reversed(way[-LONGEST_WAY:].decode("latin-1").split(",")):
            host = _without_port(each.strip())
            if not sender_of(host):
                return None
            if not self.speaks_for_others(host):
                return host
        return None

    def release(self, sender: bytes) -> None:
        self.held[sender] -= 1
        if not self.held[sender]:
            del self.held[sender]


class Place:
    """A connection's share. `refusal`: why it is not to be served; such a one keeps nobody else's place."""

    def __init__(self, shares: Shares, sender: bytes, refusal: DomainError | None) -> None:
        self.shares, self.refusal, self._sender = shares, refusal, sender
        if refusal is None:
            shares.taken += 1
            shares.held[sender] += 1

    def leave(self) -> None:
        if self.refusal is None:
            self.shares.taken -= 1
            self.shares.release(self._sender)
        else:
            self.shares.waiting.pop(self, None)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """The IPv4 address where an IPv6 one only wraps it. None: it comes through a socket in the file system."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _without_port(host: str) -> str:
    """Some proxies write one: 192.0.2.1:80, [2001:db8::1]:80."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host
