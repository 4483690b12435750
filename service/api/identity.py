"""Who is calling: access tokens checked (RFC 9068, RFC 8725) with the keys of their issuers (RFC 7517).

The only module that verifies with python-jose, and all it asks of it is `key.verify` with one key of one algorithm.
`jose.jwt.decode` is not used: it accepts tokens without `aud` or `exp`, unknown `crit`, and an empty `sub`."""

import asyncio
import base64
import hashlib
import json
import math
import re
import ssl
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple, cast, get_args

import httpx
import structlog
from jose import backends, jwk
from jose.backends.base import Key
from jose.backends.cryptography_backend import CryptographyECKey, CryptographyRSAKey

from service.domain.errors import IssuerUnavailable, Unauthenticated
from service.settings import LOOPBACK, Issuer

Assurance = Literal["low", "substantial", "high"]
Members = dict[str, Any]  # a JSON object; no name in it comes twice
Clock = Callable[[], float]
Document = Callable[[str], Awaitable[Members]]
JwkSet = Mapping[str, Any]

ALGORITHMS = frozenset({"ES256", "RS256"})
LARGEST_TOKEN = 8 * 1024
LARGEST_DOCUMENT = 256 * 1024
LONGEST_LIFETIME = 24 * 3600
TOKENS_REMEMBERED = 4096

KEYS_FRESH = 300.0  # seconds until keys are fetched again
COOL_DOWN = 30.0  # seconds in which an issuer that did not answer is not asked again
LOOK_AGAIN = 2.0  # seconds between two fetches that callers provoke by naming keys that are not there
FETCH_DEADLINE = 10.0  # seconds for discovery and keys together; httpx itself only limits each single read

COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
ASKED_FOR = {"Accept": "application/json", "Accept-Encoding": "identity"}
UNSAFE_HEADERS = frozenset({"crit", "b64", "zip", "enc", "cty", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256"})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an issuer says the caller is; what they may do here is another question (see `Login`)."""

    issuer: str  # its configured name, not its address
    subject: str
    client: str | None
    assurance: Assurance  # eIDAS, art. 8; low where the issuer does not say
    expires_at: int

    @property
    def login(self) -> str:
        return f"{self.issuer}:{self.subject}"


class Token(NamedTuple):
    """A signed JWT taken apart (RFC 7515, 7.1). Nothing it says is true before its signature is verified."""

    header: Members
    claims: Members
    signed: bytes
    signature: bytes


class VerificationKey(NamedTuple):
    kid: str
    algorithm: str
    key: Key


class Proof(NamedTuple):
    """A token that was verified: what it said, and with which key."""

    identity: Identity
    starts_at: int
    keys: "IssuerKeys"
    key: VerificationKey


class Identities:
    """The callers' identities, from their access tokens (RFC 6750, 2.1). One per process, between `open` and `close`.

    `local_keys` holds JWK sets by issuer name that need no fetching: the server does not ask itself for its keys."""

    def __init__(
        self,
        issuers: Iterable[Issuer],
        *,
        leeway: int = 30,
        keys_kept: float = 3600,
        local_keys: Mapping[str, JwkSet] | None = None,
        now: Clock = time.time,
        ticks: Clock = time.monotonic,
    ) -> None:
        if backends.ECKey is not CryptographyECKey or backends.RSAKey is not CryptographyRSAKey:
            raise RuntimeError("python-jose must run on `cryptography`: install python-jose[cryptography]")
        self._leeway, self._now = leeway, now
        self._client: httpx.AsyncClient | None = None
        self._proofs: OrderedDict[bytes, Proof] = OrderedDict()
        self._issuers: dict[str, IssuerKeys] = {}
        for issuer in issuers:
            if issuer.url in self._issuers:
                raise ValueError(f"two issuers have the address {issuer.url}")
            local = (local_keys or {}).get(issuer.name)
            self._issuers[issuer.url] = IssuerKeys(issuer, self._document, ticks, keys_kept, local)

    async def open(self) -> None:
        self._client = httpx.AsyncClient(
            verify=_certificates(), timeout=5, follow_redirects=False, trust_env=False, headers=ASKED_FOR
        )

    async def close(self) -> None:
        for keys in self._issuers.values():
            await keys.close()
        if self._client is not None:
            await self._client.aclose()

    async def identify(self, authorization: str | None) -> Identity | None:
        """The caller, by the value of the Authorization header; None only where there is no such header.

        Raises Unauthenticated, or IssuerUnavailable where the issuer's keys cannot be had."""
        if authorization is None:
            return None
        keys: IssuerKeys | None = None
        try:
            text = _bearer(authorization)
            fingerprint = hashlib.sha256(text.encode()).digest()
            proof = self._proofs.get(fingerprint)
            # A key that its issuer withdrew takes all its tokens with it, verified before or not.
            if proof is not None and proof.keys.usable(proof.key.kid) is proof.key:
                keys = proof.keys
            else:
                token = _token(text)
                keys = self._issuers.get(str(token.claims.get("iss")))
                if keys is None:  # known before anything is fetched: a stranger's token causes no request
                    raise Unauthenticated(reason="the issuer is not accepted here")
                proof = await _prove(token, keys)
            now = self._now()
            _require(now < proof.identity.expires_at + self._leeway, "the token has expired")
            _require(now + self._leeway >= proof.starts_at, "the token is not valid yet")
        except Unauthenticated as refusal:
            log.info("token refused", issuer=keys.issuer.name if keys else None, reason=refusal.reason)
            raise
        self._proofs[fingerprint] = proof
        self._proofs.move_to_end(fingerprint)
        if len(self._proofs) > TOKENS_REMEMBERED:
            self._proofs.popitem(last=False)
        return proof.identity

    async def _document(self, url: str) -> Members:
        if self._client is None:
            raise RuntimeError("Identities is not open")
        body = bytearray()
        async with self._client.stream("GET", url) as response:
            if response.status_code != httpx.codes.OK:
                raise ValueError(f"answered with status {response.status_code}")
            async for chunk in response.aiter_raw():  # raw: nothing is inflated
                body += chunk
                if len(body) > LARGEST_DOCUMENT:
                    raise ValueError("answered with too much")
        return _members(bytes(body))


@cache
def _certificates() -> ssl.SSLContext:
    certificates = httpx.create_ssl_context(trust_env=False)
    certificates.load_default_certs()  # the system's too: an authority's identity provider is often signed in-house
    return certificates


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise Unauthenticated(reason=reason)


def _bearer(authorization: str) -> str:
    """The token in `Bearer <token>` (RFC 9110, 11.4: the scheme in any case, then one space or more)."""
    scheme, _, text = authorization.partition(" ")
    _require(scheme.lower() == "bearer" and text.isascii(), "the Authorization header is not `Bearer <token>`")
    _require(len(text) <= LARGEST_TOKEN, "the token is too long")
    return text.strip(" ")


def _token(text: str) -> Token:
    _require(COMPACT.fullmatch(text) is not None, "the token is not a signed JWT")
    try:
        header, claims, signature = (_octets(part) for part in text.split("."))
        return Token(_members(header), _members(claims), text.rpartition(".")[0].encode(), signature)
    except (ValueError, RecursionError):
        raise Unauthenticated(reason="the token cannot be read") from None


def _octets(part: str) -> bytes:
    octets = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if base64.urlsafe_b64encode(octets).rstrip(b"=") != part.encode():
        raise ValueError("another spelling of the same octets")
    return octets


def _members(octets: bytes) -> Members:
    """The JSON object; a name that comes twice, NaN and Infinity are refused (RFC 7515, 4; RFC 8259)."""
    # `int` because it raises for the only three constants it gets: NaN, Infinity and -Infinity.
    found = json.loads(octets.decode(), object_pairs_hook=_each_once, parse_constant=int)
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


def _each_once(pairs: list[tuple[str, Any]]) -> Members:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name comes twice")
    return members


async def _prove(token: Token, keys: "IssuerKeys") -> Proof:
    algorithm, kid = _header(token.header, keys.issuer)
    key = await keys.find(kid)
    _require(key.algorithm == algorithm, "the token's algorithm is not its key's")
    _require(key.key.verify(token.signed, token.signature), "the signature is wrong")
    identity, starts_at = _claims(token.claims, keys.issuer)
    return Proof(identity, starts_at, keys, key)


def _header(header: Members, issuer: Issuer) -> tuple[str, str]:
    """Algorithm and kid of an acceptable header (RFC 8725, 3.1, 3.10 and 3.11; RFC 9068, 4)."""
    _require(UNSAFE_HEADERS.isdisjoint(header), "the token's header has a parameter that is not accepted")
    algorithm, kid, kind = header.get("alg"), header.get("kid"), header.get("typ")
    if not isinstance(algorithm, str) or algorithm not in issuer.algorithms:
        raise Unauthenticated(reason="the token's algorithm is not accepted")
    typed = isinstance(kind, str) and _media_type(kind) in map(_media_type, issuer.token_types)
    _require(typed, "the token's type is not accepted")
    if not isinstance(kid, str) or not 0 < len(kid) <= 255:
        raise Unauthenticated(reason="the token does not name its key")
    return algorithm, kid


def _media_type(kind: str) -> str:
    """RFC 7515, 4.1.9: compared without case, and `application/` may be left out."""
    return kind.lower().removeprefix("application/")


def _claims(claims: Members, issuer: Issuer) -> tuple[Identity, int]:
    """What a verified token says (RFC 9068, 2.2), and from when on; `identify` looks at the clock."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    addressed = issuer.audience in audiences and all(isinstance(one, str) for one in audiences)
    _require(addressed, "the token is for another audience")
    expires_at, issued_at = _moment(claims, "exp"), _moment(claims, "iat")
    starts_at = max(issued_at, _moment(claims, "nbf")) if "nbf" in claims else issued_at
    _require(0 < expires_at - issued_at <= LONGEST_LIFETIME, "the token's lifetime is not accepted")
    subject = _text(claims, issuer.subject_claim)
    if subject is None:
        raise Unauthenticated(reason="the token does not say who")
    word = _text(claims, issuer.assurance_claim)
    assurance = cast(Assurance, issuer.assurance_levels.get(word, "low") if word else "low")
    client = _text(claims, issuer.client_claim)
    return Identity(issuer.name, subject, client, assurance, expires_at), starts_at


def _moment(claims: Members, name: str) -> int:
    moment = claims.get(name)
    if type(moment) is not int or moment <= 0:  # True would be an instance of int
        raise Unauthenticated(reason=f"{name} is missing, or not a time")
    return moment


def _text(claims: Members, path: str) -> str | None:
    """The claim at a dotted path, or of that very name (names may be URLs). `isprintable` keeps out control
    characters, U+0000, lone surrogates and marks that turn the direction of writing."""
    found: object = claims
    for name in [path] if path in claims else path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    if found is None:
        return None
    if not isinstance(found, str) or not 0 < len(found) <= 255 or not found.isprintable():
        raise Unauthenticated(reason="a claim is not the text it should be")
    return found


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
        try:
            async with asyncio.timeout(FETCH_DEADLINE):
                url = self.issuer.jwks_url or await self._discovered()
                self._keys = usable_keys(await self._document(url), self.issuer.algorithms)
        except Exception as failure:  # whatever it was, the keys that are there stay until they are too old
            self._failed_at = self._ticks()
            log.warning("keys not fetched", issuer=self.issuer.name, reason=type(failure).__name__)
        else:
            self._loaded_at, self._failed_at = self._ticks(), None

    async def _discovered(self) -> str:
        """Where the keys are, by OpenID Connect Discovery 1.0 (4.3: the document must name this very issuer)."""
        found = await self._document(f"{self.issuer.url.rstrip('/')}/.well-known/openid-configuration")
        address = found.get("jwks_uri")
        if found.get("issuer") != self.issuer.url or not isinstance(address, str):
            raise ValueError("the discovery document is not this issuer's")
        url, home = httpx.URL(address), httpx.URL(self.issuer.url)
        on_loopback = url.scheme == home.scheme == "http" and url.host in LOOPBACK and home.host in LOOPBACK
        if url.scheme != "https" and not on_loopback:
            raise ValueError("the keys are at an unprotected address")
        return address


def usable_keys(jwks: JwkSet, algorithms: Iterable[str]) -> dict[str, VerificationKey]:
    """Public signature keys of a JWK set by kid; others are passed over, and so is a kid that names two keys."""
    entries = jwks.get("keys")
    if not isinstance(entries, list):
        raise ValueError("not a JWK set")
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
