"""Who is calling: access tokens checked (RFC 9068, RFC 8725).

All that is asked of python-jose is `key.verify` with one key of one algorithm (`issuer_keys.py` makes the keys).
`jose.jwt.decode` is not used: it accepts tokens without `aud` or `exp`, unknown `crit`, and an empty `sub`."""

import base64
import hashlib
import json
import re
import ssl
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, cast

import httpx
import structlog
from jose import backends
from jose.backends.cryptography_backend import CryptographyECKey, CryptographyRSAKey

from service.api.issuer_keys import Assurance, Clock, IssuerKeys, JwkSet, Members, Unusable, VerificationKey
from service.api.problems import NOT_BEARER
from service.domain.errors import Unauthenticated
from service.settings import Issuer

LARGEST_TOKEN = 8 * 1024
LARGEST_DOCUMENT = 256 * 1024
LONGEST_LIFETIME = 24 * 3600
TOKENS_REMEMBERED = 4096

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


class Proof(NamedTuple):
    """A token that was verified: what it said, and with which key."""

    identity: Identity
    starts_at: int
    keys: IssuerKeys
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
        self._all_local = True
        for issuer in issuers:
            if issuer.url in self._issuers:
                raise ValueError(f"two issuers have the address {issuer.url}")
            local = (local_keys or {}).get(issuer.name)
            self._all_local &= local is not None
            self._issuers[issuer.url] = IssuerKeys(issuer, self._document, ticks, keys_kept, local)

    async def open(self) -> None:
        if self._all_local:  # to read whom one trusts takes a twentieth of a start
            return
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
            raise RuntimeError("Identities is not open, or all keys are local")
        body = bytearray()
        async with self._client.stream("GET", url) as response:
            if response.status_code != httpx.codes.OK:
                raise Unusable(f"it answered with status {response.status_code}")
            async for chunk in response.aiter_raw():  # raw: nothing is inflated
                body += chunk
                if len(body) > LARGEST_DOCUMENT:
                    raise Unusable("it answered with too much")
        return _members(bytes(body))


class Answer(NamedTuple):
    """What an issuer has answered: how many of its keys can be used, or why there are none."""

    name: str
    keys: int
    trouble: str | None

    @property
    def told(self) -> str:
        if self.trouble is not None:
            return f"{self.name}: its keys cannot be had: {self.trouble}"
        many = f"{self.keys} {'key' if self.keys == 1 else 'keys'} that can be used"
        return f"{self.name}: {many}." if self.keys else f"{self.name}: {many}; nobody can sign in with it."


async def ask_all(issuers: Iterable[Issuer]) -> list[Answer]:
    """Each of them, now, for whoever wants to know why nobody can sign in."""
    identities = Identities(issuers)
    await identities.open()
    try:
        return [await _answer(keys) for keys in identities._issuers.values()]
    finally:
        await identities.close()


async def _answer(keys: IssuerKeys) -> Answer:
    failure = await keys.ask()
    trouble = None if failure is None else f"{type(failure).__name__}: {failure}".removeprefix("Unusable: ")
    return Answer(keys.issuer.name, keys.known, trouble)


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
    _require(scheme.lower() == "bearer" and text.isascii(), NOT_BEARER)
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


async def _prove(token: Token, keys: IssuerKeys) -> Proof:
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
