"""The keys of an issuer (RFC 7517): fetched when needed, kept while the issuer is down; never from an address that a
token names."""

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple, get_args

import httpx
import structlog
from jose import jwk
from jose.backends.base import Key
from jose.backends.cryptography_backend import CryptographyRSAKey

from service.domain.errors import IssuerUnavailable, Unauthenticated
from service.settings import LOOPBACK, Issuer

Assurance = Literal["low", "substantial", "high"]
Members = dict[str, Any]  # a JSON object; no name in it comes twice
Clock = Callable[[], float]
Document = Callable[[str], Awaitable[Members]]
JwkSet = Mapping[str, Any]

ALGORITHMS = frozenset({"ES256", "RS256"})

KEYS_FRESH = 300.0  # seconds until keys are fetched again
COOL_DOWN = 30.0  # seconds in which an issuer that did not answer is not asked again
LOOK_AGAIN = 2.0  # seconds between two fetches that callers provoke by naming keys that are not there
FETCH_DEADLINE = 10.0  # seconds for discovery and keys together; httpx itself only limits each single read

log = structlog.get_logger()


class Unusable(ValueError):
    """Why what an issuer answered is of no use, in fixed words, which a log may hold."""


class VerificationKey(NamedTuple):
    kid: str
    algorithm: str
    key: Key


class IssuerKeys:
    """One issuer's keys by kid: fetched when first needed, again when they are no longer fresh, and when a token
    names one that is not there. Callers wait only in the first and the last case."""

    def __init__(self, issuer: Issuer, document: Document, ticks: Clock, kept: float, local: JwkSet | None) -> None:
        if not issuer.algorithms or not set(issuer.algorithms) <= ALGORITHMS:
            raise ValueError(f"issuer {issuer.name}: only {', '.join(sorted(ALGORITHMS))} are accepted")
        if not set(issuer.assurance_levels.values()) <= set(get_args(Assurance)):
            raise ValueError(f"issuer {issuer.name}: the levels are {', '.join(get_args(Assurance))}")
        self.issuer = issuer
        self._document, self._ticks, self._kept = document, ticks, kept
        self._keys = {} if local is None else usable_keys(local, issuer.algorithms)
        # Local keys are for ever fresh, and no fetch is ever due: there is nobody to ask.
        self._loaded_at = self._asked_at = -math.inf if local is None else math.inf
        self._failed_at: float | None = None
        self._refresh: asyncio.Task[None] | None = None

    def usable(self, kid: str) -> VerificationKey | None:
        """The key, if it is known and not too old. Never waits; what is no longer fresh is fetched behind its back."""
        age = self._ticks() - self._loaded_at
        if age > KEYS_FRESH:
            if age > KEYS_FRESH + self._kept:
                return None
            self._refreshing()
        return self._keys.get(kid)

    async def find(self, kid: str) -> VerificationKey:
        """The key, if need be by asking the issuer, but not for each made-up kid: whoever names one soon after
        somebody else waits for the next look, since theirs may be the one that was made meanwhile."""
        key = self.usable(kid)
        if key is None:
            now = self._ticks()
            if now - self._loaded_at > KEYS_FRESH:
                self._refreshing()
            elif self._asked_at < math.inf:  # not local
                self._refreshing(after=max(self._asked_at + LOOK_AGAIN - now, 0))
            if self._refresh is not None:  # everybody waits for the one that is under way; done is done at once
                await asyncio.shield(self._refresh)
            key = self.usable(kid)
        if key is None and self._failed_at is not None:  # the issuer might know it: not the caller's fault
            raise IssuerUnavailable(issuer=self.issuer.name)
        if key is None:
            raise Unauthenticated(reason="the token's key is not known")
        return key

    async def close(self) -> None:
        if self._refresh is not None:
            self._refresh.cancel()
            await asyncio.gather(self._refresh, return_exceptions=True)

    def _refreshing(self, after: float | None = None) -> None:
        """Starts to fetch, unless that is under way, or failed just now. `after` so many
        seconds, if a caller provoked it."""
        resting = self._failed_at is not None and self._ticks() - self._failed_at < COOL_DOWN
        if not resting and (self._refresh is None or self._refresh.done()):
            if after is not None:
                self._asked_at = self._ticks() + after
            self._refresh = asyncio.create_task(self._fetch(after or 0))

    async def _fetch(self, after: float) -> None:
        await asyncio.sleep(after)
        if (failure := await self.ask()) is not None:
            reason = str(failure) if isinstance(failure, Unusable) else type(failure).__name__
            log.warning("keys not fetched", issuer=self.issuer.name, reason=reason)

    async def ask(self) -> Exception | None:
        """The issuer, now; what has failed, if anything."""
        try:
            async with asyncio.timeout(FETCH_DEADLINE):
                url = self.issuer.jwks_url or await self._discovered()
                self._keys = usable_keys(await self._document(url), self.issuer.algorithms)
        except Exception as failure:  # whatever it was, the keys that are there stay until they are too old
            self._failed_at = self._ticks()
            return failure
        self._loaded_at, self._failed_at = self._ticks(), None
        return None

    @property
    def known(self) -> int:
        """How many there are that can be used."""
        return len(self._keys)

    async def _discovered(self) -> str:
        """Where the keys are, by OpenID Connect Discovery 1.0 (4.3: the document must name this very issuer)."""
        found = await self._document(f"{self.issuer.url.rstrip('/')}/.well-known/openid-configuration")
        address = found.get("jwks_uri")
        if found.get("issuer") != self.issuer.url or not isinstance(address, str):
            raise Unusable("its discovery document names another issuer")
        url, home = httpx.URL(address), httpx.URL(self.issuer.url)
        on_loopback = url.scheme == home.scheme == "http" and url.host in LOOPBACK and home.host in LOOPBACK
        if url.scheme != "https" and not on_loopback:
            raise Unusable("its keys are at an unprotected address")
        return address


def usable_keys(jwks: JwkSet, algorithms: Iterable[str]) -> dict[str, VerificationKey]:
    """Public signature keys of a JWK set by kid; others are passed over, and so is a kid that names two keys."""
    entries = jwks.get("keys")
    if not isinstance(entries, list):
        raise Unusable("its answer is no set of keys (JWK)")
    found = [key for entry in entries if (key := _usable_key(entry)) and key.algorithm in algorithms]
    times = Counter(key.kid for key in found)
    return {key.kid: key for key in found if times[key.kid] == 1}


def _usable_key(entry: Any) -> VerificationKey | None:
    """RFC 7517, 4 and RFC 7518, 6. `oct` is not among them: no secret is ever a key."""
    match entry:
        case {"kty": "EC", "crv": "P-256", "kid": str(kid), "x": str(x), "y": str(y)}:
            algorithm, public = "ES256", {"kty": "EC", "crv": "P-256", "x": x, "y": y}
        case {"kty": "RSA", "kid": str(kid), "n": str(n), "e": "AQAB"}:  # 65537, as everywhere
            algorithm, public = "RS256", {"kty": "RSA", "n": n, "e": "AQAB"}
        case _:
            return None
    if "d" in entry or entry.get("alg", algorithm) != algorithm or entry.get("use", "sig") != "sig":
        return None  # `d`: whoever publishes a private key has lost it
    try:
        key = jwk.construct(public, algorithm) if "verify" in entry.get("key_ops", ["verify"]) else None
    except Exception:  # jose raises all sorts of things; one odd key must not cost the others
        return None
    if isinstance(key, CryptographyRSAKey) and not 2048 <= key.prepared_key.key_size <= 8192:  # too weak, or too slow
        return None
    return VerificationKey(kid, algorithm, key) if key else None
