"""Every known way to get past a token check, against a real key server on loopback. One token is right; each attack
changes one thing about it, and signs it anew with the right key where the signature is not the point."""

import asyncio
import base64
import hashlib
import hmac
import json
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jose.backends import ECKey, RSAKey
from jose.backends.base import Key
from starlette.applications import Starlette
from structlog.testing import capture_logs

from service.api import development_issuer, identity
from service.api.identity import Identities, Identity
from service.domain.errors import IssuerUnavailable, Unauthenticated
from service.settings import KEYS_OF_DEVELOPMENT, Issuer, Settings

pytestmark = pytest.mark.anyio
Json = dict[str, Any]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


class Signer:
    """A key pair as an identity provider has it."""

    def __init__(self, kid: str, private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
        self.kid, self.private = kid, private
        self.algorithm = "ES256" if isinstance(private, ec.EllipticCurvePrivateKey) else "RS256"
        made = ECKey(private, "ES256") if self.algorithm == "ES256" else RSAKey(private, "RS256")  # type: ignore[misc]
        self.key: Key = made
        self.jwk = {**self.key.public_key().to_dict(), "kid": kid, "use": "sig"}

    def sign(self, header: bytes, payload: bytes) -> str:
        signed = f"{b64(header)}.{b64(payload)}"
        return f"{signed}.{b64(self.key.sign(signed.encode()))}"


@cache
def elliptic(kid: str) -> Signer:
    return Signer(kid, ec.generate_private_key(ec.SECP256R1()))


@cache
def rivest(kid: str, bits: int = 2048) -> Signer:
    return Signer(kid, rsa.generate_private_key(65537, bits))


class Provider(ThreadingHTTPServer):
    """A key server that counts what it is asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server_port}/realm"
        self.asked: list[str] = []
        self.status = 200
        self.delay = 0.0
        self.signers = [elliptic("one")]
        self.body: bytes | None = None
        self.discovery: Json = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}

    def document(self, path: str) -> bytes:
        if path.endswith("/.well-known/openid-configuration"):
            return json.dumps(self.discovery).encode()
        return self.body if self.body is not None else json.dumps({"keys": [s.jwk for s in self.signers]}).encode()


class Answer(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        time.sleep(self.server.delay)
        body = self.server.document(self.path)
        self.send_response(self.server.status)
        self.send_header("Location", f"{self.server.url}/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider()
    thread = threading.Thread(target=server.serve_forever, args=(0.005,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class Clock:
    """Wall clock and stop watch in one, wound by the test."""

    def __init__(self) -> None:
        self.time = float(int(time.time()))

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@asynccontextmanager
async def opened(*issuers: Issuer, clock: Callable[[], float], **options: Any) -> AsyncIterator[Identities]:
    made = Identities(issuers, now=clock, ticks=clock, **options)
    await made.open()
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture
async def identities(provider: Provider, clock: Clock) -> AsyncIterator[Identities]:
    async with opened(issuer_at(provider), clock=clock) as made:
        yield made


def issuer_at(provider: Provider, **changes: Any) -> Issuer:
    return Issuer.model_validate(
        {"name": "county", "url": provider.url, "jwks_url": f"{provider.url}/keys", "audience": "sozialraum", **changes}
    )


ABSENT = object()


def named(parameter: object) -> str:
    """The same in every process that collects the tests, whatever keys it made."""
    return "-".join(parameter) if isinstance(parameter, dict) else repr(parameter)


def changed(whole: Json, changes: Json) -> bytes:
    return json.dumps({name: value for name, value in {**whole, **changes}.items() if value is not ABSENT}).encode()


def header(signer: Signer, **changes: Any) -> bytes:
    return changed({"alg": signer.algorithm, "typ": "at+jwt", "kid": signer.kid}, changes)


def claims(provider: Provider, clock: Clock, **changes: Any) -> bytes:
    now = int(clock.time)
    whole = {"iss": provider.url, "aud": "sozialraum", "sub": "ada", "client_id": "app", "acr": "high"}
    return changed({**whole, "iat": now, "exp": now + 3600}, changes)


def bearer(provider: Provider, clock: Clock, signer: Signer | None = None, **changes: Any) -> str:
    signer = signer or elliptic("one")
    return "Bearer " + signer.sign(header(signer), claims(provider, clock, **changes))


async def refused(identities: Identities, authorization: str) -> str:
    with pytest.raises(Unauthenticated) as caught:
        await identities.identify(authorization)
    return caught.value.reason


# The right token ------------------------------------------------------------------------------------------------------


async def test_a_right_token_says_who(identities: Identities, provider: Provider, clock: Clock) -> None:
    found = await identities.identify(bearer(provider, clock))
    assert found == Identity("county", "ada", "app", "high", int(clock.time) + 3600)
    assert found.login == "county:ada"


async def test_without_a_header_nobody_is_there(identities: Identities) -> None:
    assert await identities.identify(None) is None


async def test_rsa_and_a_list_of_audiences(identities: Identities, provider: Provider, clock: Clock) -> None:
    provider.signers = [elliptic("one"), rivest("two")]
    assert await identities.identify(bearer(provider, clock, rivest("two"), aud=["other", "sozialraum"]))


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"])
async def test_type_in_any_spelling(identities: Identities, provider: Provider, clock: Clock, typ: str) -> None:
    one = elliptic("one")
    assert await identities.identify("Bearer " + one.sign(header(one, typ=typ), claims(provider, clock)))


async def test_scheme_in_any_case_and_more_spaces(identities: Identities, provider: Provider, clock: Clock) -> None:
    token = bearer(provider, clock).removeprefix("Bearer ")
    for scheme in ("bearer ", "BEARER ", "Bearer   "):
        assert await identities.identify(scheme + token)


async def test_claims_by_path(provider: Provider, clock: Clock) -> None:
    issuer = issuer_at(
        provider,
        subject_claim="https://id.example/person",
        client_claim="via.client",
        assurance_claim="identity.level",
        assurance_levels={"gold": "high"},
    )
    said: Json = {"https://id.example/person": "p-1", "via": {"client": "tablet"}, "identity": {"level": "gold"}}
    async with opened(issuer, clock=clock) as identities:
        found = await identities.identify(bearer(provider, clock, **said))
        assert found is not None
        assert (found.subject, found.client, found.assurance) == ("p-1", "tablet", "high")
        found = await identities.identify(bearer(provider, clock, **{**said, "identity": {"level": "tin"}, "via": 1}))
        assert found is not None
        assert (found.client, found.assurance) == (None, "low")


# Attacks --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a", "Bearer a.b", "Bearer a.b.c.d.e", "Bearer ..",
     "Token a.b.c", "Bearer a.b. c", "Bearer a.b.c, Bearer a.b.c", " Bearer a.b.c", "Bearer\ta.b.c", "Bearer ä.b.c",
     "Bearer a.b.c\x00", "Bearer \udc80.b.c", "\u212aearer a.b.c", "Bearer a.b.c=",
     "Bearer e30.e30.", "Bearer e30..e30"],
)  # fmt: skip
async def test_headers_that_are_no_token(identities: Identities, provider: Provider, authorization: str) -> None:
    await refused(identities, authorization)
    assert provider.asked == []


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "NONE", "", None, 0, ["ES256"], "es256", "ES256 "])
@pytest.mark.parametrize("signed", [True, False])
async def test_no_algorithm(
    identities: Identities, provider: Provider, clock: Clock, algorithm: object, signed: bool
) -> None:
    one = elliptic("one")
    token = one.sign(header(one, alg=algorithm), claims(provider, clock))
    await refused(identities, "Bearer " + (token if signed else token.rpartition(".")[0] + "."))


def public_octets(signer: Signer) -> dict[str, bytes]:
    public, formats = signer.private.public_key(), serialization.PublicFormat.SubjectPublicKeyInfo
    return {
        "pem": public.public_bytes(serialization.Encoding.PEM, formats),
        "der": public.public_bytes(serialization.Encoding.DER, formats),
        "jwk": json.dumps(signer.jwk).encode(),
        "empty": b"",
    }


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("secret", ["pem", "der", "jwk", "empty"])
@pytest.mark.parametrize("signer", [elliptic("one"), rivest("two")], ids=["ec", "rsa"])
async def test_public_key_as_secret(
    identities: Identities, provider: Provider, clock: Clock, algorithm: str, secret: str, signer: Signer
) -> None:
    provider.signers = [elliptic("one"), rivest("two")]
    signed = f"{b64(header(signer, alg=algorithm))}.{b64(claims(provider, clock))}"
    signature = hmac.digest(public_octets(signer)[secret], signed.encode(), algorithm.replace("HS", "sha"))
    assert "algorithm" in await refused(identities, f"Bearer {signed}.{b64(signature)}")


async def test_a_secret_among_the_keys_is_never_used(identities: Identities, provider: Provider, clock: Clock) -> None:
    secret = b"x" * 32
    provider.body = json.dumps({"keys": [{"kty": "oct", "kid": "s", "k": b64(secret)}, elliptic("one").jwk]}).encode()
    signed = f"{b64(header(elliptic('one'), alg='HS256', kid='s'))}.{b64(claims(provider, clock))}"
    await refused(identities, f"Bearer {signed}.{b64(hmac.digest(secret, signed.encode(), 'sha256'))}")
    assert await identities.identify(bearer(provider, clock))


@pytest.mark.parametrize(("named", "used"), [("two", "one"), ("one", "two"), ("three", "one")])
async def test_another_key_than_named(
    identities: Identities, provider: Provider, clock: Clock, named: str, used: str
) -> None:
    signers = {"one": elliptic("one"), "two": rivest("two"), "three": elliptic("three")}
    provider.signers = list(signers.values())
    for algorithm in ("ES256", "RS256"):
        forged = signers[used].sign(header(signers[named], alg=algorithm), claims(provider, clock))
        await refused(identities, "Bearer " + forged)


@pytest.mark.parametrize(
    "extra",
    [{"jku": "http://127.0.0.1:1/"}, {"x5u": "http://127.0.0.1:1/"}, {"jwk": elliptic("mine").jwk}, {"x5c": ["MIIB"]},
     {"x5t": "a"}, {"x5t#S256": "a"}, {"crit": ["exp"]}, {"crit": []}, {"b64": False}, {"zip": "DEF"}, {"cty": "JWT"},
     {"typ": "JWT"}, {"typ": "id+jwt"}, {"typ": ABSENT}, {"typ": 1}, {"typ": "at+jwt\u0000"}, {"typ": "application/"},
     {"typ": "application/application/at+jwt"}, {"kid": ABSENT}, {"kid": ""}, {"kid": 1}, {"kid": None},
     {"kid": ["one"]}, {"kid": "one\u0000"}, {"kid": "../one"}, {"kid": "x" * 300}, {"alg": ABSENT}, {"alg": "PS256"},
     {"alg": "ES384"}, {"alg": "RS256"}, {"alg": "RS1"}, {"alg": "dir"}],
    ids=named,
)  # fmt: skip
async def test_headers_that_are_not_accepted(
    identities: Identities, provider: Provider, clock: Clock, extra: Json
) -> None:
    one = elliptic("one")
    await refused(identities, "Bearer " + one.sign(header(one, **extra), claims(provider, clock)))


NOW = int(time.time())


@pytest.mark.parametrize(
    "change",
    [{"iss": ABSENT}, {"iss": None}, {"iss": ["x"]}, {"iss": "https://evil.example"}, {"iss": {}}, {"iss": 1},
     {"aud": ABSENT}, {"aud": None}, {"aud": ""}, {"aud": []}, {"aud": "other"}, {"aud": ["other"]}, {"aud": 1},
     {"aud": ["sozialraum", 1]}, {"aud": {"sozialraum": 1}}, {"aud": "sozialraum "}, {"aud": "xsozialraum"},
     {"aud": [["sozialraum"]]}, {"aud": "SOZIALRAUM"},
     {"exp": ABSENT}, {"exp": None}, {"exp": "9999999999"}, {"exp": True}, {"exp": NOW + 3600.5}, {"exp": 0},
     {"exp": -1}, {"exp": 10**300}, {"exp": 10**4000}, {"exp": NOW - 60}, {"exp": float("nan")}, {"exp": float("inf")},
     {"exp": [NOW + 60]}, {"exp": NOW + 25 * 3600},
     {"iat": ABSENT}, {"iat": None}, {"iat": "1"}, {"iat": True}, {"iat": float(NOW)}, {"iat": NOW + 3600},
     {"iat": NOW + 300, "exp": NOW + 3600}, {"iat": -5}, {"iat": 1}, {"iat": 10**300},
     {"nbf": NOW + 600}, {"nbf": None}, {"nbf": "0"}, {"nbf": True}, {"nbf": 1.5}, {"nbf": 10**300},
     {"sub": ABSENT}, {"sub": None}, {"sub": ""}, {"sub": 1}, {"sub": True}, {"sub": ["ada"]}, {"sub": {"a": 1}},
     {"sub": "a" * 256}, {"sub": "ada\u0000"}, {"sub": "ada\n"}, {"sub": "ada\x7f"}, {"sub": "ada\u0085"},
     {"sub": "\ud800"}, {"sub": "a\u202eda"}, {"sub": "a\u200bda"}, {"sub": "\ufeffada"}, {"sub": "a\u2028da"},
     {"client_id": 1}, {"client_id": ""}, {"client_id": ["app"]}, {"client_id": "a\u0000"}, {"acr": 3}, {"acr": []},
     {"acr": {}}, {"acr": True}],
    ids=named,
)  # fmt: skip
async def test_claims_that_are_not_accepted(
    identities: Identities, provider: Provider, clock: Clock, change: Json
) -> None:
    reason = await refused(identities, bearer(provider, clock, **change))
    assert all(str(value) not in reason for value in change.values() if len(str(value)) > 5)


async def test_number_beyond_float(identities: Identities, provider: Provider, clock: Clock) -> None:
    one = elliptic("one")
    for number in (b"1e400", b"-1e400", b"1e9", b"NaN", b"-Infinity", b"0x7fffffff", b"9" * 5000):
        payload = claims(provider, clock, exp=ABSENT)[:-1] + b', "exp": ' + number + b"}"
        await refused(identities, "Bearer " + one.sign(header(one), payload))
    payload = claims(provider, clock)[:-1] + b', "unused": NaN}'
    assert "read" in await refused(identities, "Bearer " + one.sign(header(one), payload))


async def test_assurance_is_low_unless_said(identities: Identities, provider: Provider, clock: Clock) -> None:
    for word in (ABSENT, "HIGH", "0", "toString", "high "):
        found = await identities.identify(bearer(provider, clock, acr=word))
        assert found is not None
        assert found.assurance == "low"


@pytest.mark.parametrize("name", ["sub", "iss", "exp", "aud", "\\u0073ub"])
async def test_claim_that_comes_twice(identities: Identities, provider: Provider, clock: Clock, name: str) -> None:
    one, payload = elliptic("one"), claims(provider, clock)
    for twice in (b'{"%s": "root", ' % name.encode() + payload[1:], payload[:-1] + b', "%s": "root"}' % name.encode()):
        assert "read" in await refused(identities, "Bearer " + one.sign(header(one), twice))


async def test_header_that_comes_twice(identities: Identities, provider: Provider, clock: Clock) -> None:
    one = elliptic("one")
    twice = b'{"alg": "none", ' + header(one)[1:]
    assert "read" in await refused(identities, "Bearer " + one.sign(twice, claims(provider, clock)))


@pytest.mark.parametrize(
    "octets",
    [b"", b"null", b"[]", b'"a"', b"1", b"{", b"{}x", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"\x00{}", b"{'a': 1}",
     '{"a": "ä"}'.encode("latin-1"), "{}".encode("utf-16"), b"[" * 5000, b'{"a":' * 1000, b'{"a":NaN}',
     b'{"a":"\x01"}', b"{}{}"],
    ids=lambda octets: repr(octets[:20]),
)  # fmt: skip
async def test_what_is_no_json_object(identities: Identities, provider: Provider, clock: Clock, octets: bytes) -> None:
    one = elliptic("one")
    await refused(identities, "Bearer " + one.sign(header(one), octets))
    await refused(identities, "Bearer " + one.sign(octets, claims(provider, clock)))
    assert provider.asked == []


async def test_deep_json_that_closes(identities: Identities, provider: Provider, clock: Clock) -> None:
    one = elliptic("one")
    deep = claims(provider, clock)[:-1] + b', "a": ' + b"[" * 2500 + b"]" * 2500 + b"}"
    assert await refused(identities, "Bearer " + one.sign(header(one), deep))


async def test_nested_and_encrypted_tokens(identities: Identities, provider: Provider, clock: Clock) -> None:
    one, inner = elliptic("one"), bearer(provider, clock).removeprefix("Bearer ")
    await refused(identities, "Bearer " + one.sign(header(one), inner.encode()))
    await refused(identities, "Bearer " + one.sign(header(one), json.dumps(inner).encode()))
    await refused(identities, f"Bearer {inner}.{inner.partition('.')[2]}")


async def test_one_spelling_only(identities: Identities, provider: Provider, clock: Clock) -> None:
    authorization = bearer(provider, clock)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(authorization[-1])
    assert last % 16 == 0  # 64 octets leave four bits over, that must be zero
    assert "read" in await refused(identities, authorization[:-1] + alphabet[last + 1])
    await refused(identities, authorization + "==")
    await refused(identities, authorization + "A")
    await refused(identities, authorization.replace("_", "/").replace("-", "+") + "/")


@pytest.mark.parametrize("signature", [b"\x00" * 64, b"\x00" * 63, b"\x30\x06\x02\x01\x00\x02\x01\x00", b"\xff" * 64])
async def test_signatures_of_nothing(
    identities: Identities, provider: Provider, clock: Clock, signature: bytes
) -> None:
    signed = bearer(provider, clock).rpartition(".")[0]  # all zeros: CVE-2022-21449
    assert "signature" in await refused(identities, f"{signed}.{b64(signature)}")


async def test_any_changed_octet(identities: Identities, provider: Provider, clock: Clock) -> None:
    await identities.identify(bearer(provider, clock))
    one = elliptic("one")
    head, _, signature = one.sign(header(one), claims(provider, clock)).split(".")
    await refused(identities, f"Bearer {head}.{b64(claims(provider, clock, sub='bob'))}.{signature}")


async def test_too_long(identities: Identities, provider: Provider, clock: Clock) -> None:
    assert await identities.identify(bearer(provider, clock, more="x" * 5000))
    assert "long" in await refused(identities, bearer(provider, clock, more="x" * 8000))
    assert "long" in await refused(identities, "Bearer " + "a" * 50_000_000)


async def test_leeway_ends(identities: Identities, provider: Provider, clock: Clock) -> None:
    authorization, now = bearer(provider, clock), clock.time
    for late, fine in ((-31, False), (-29, True), (3629, True), (3630, False)):
        clock.time = now + late
        if fine:
            assert await identities.identify(authorization)
        else:
            await refused(identities, authorization)


async def test_refusals_are_logged_without_the_token(identities: Identities, provider: Provider, clock: Clock) -> None:
    with capture_logs() as lines:
        await refused(identities, bearer(provider, clock, aud="secret-audience"))
        await refused(identities, bearer(provider, clock, iss="https://evil.example"))
    assert [set(line) for line in lines] == [{"event", "issuer", "reason", "log_level"}] * 2
    assert [(line["event"], line["issuer"]) for line in lines] == [("token refused", "county"), ("token refused", None)]
    assert "evil" not in str(lines)
    assert "secret" not in str(lines)


@pytest.mark.parametrize("algorithms", [["HS256"], ["none"], ["ES256", "HS512"], []])
def test_no_issuer_may_configure_secrets(algorithms: list[str]) -> None:
    issuer = Issuer.model_validate({"name": "x", "url": "https://id.example", "algorithms": algorithms})
    with pytest.raises(ValueError, match="only ES256"):
        Identities([issuer])


# Keys -----------------------------------------------------------------------------------------------------------------


async def test_strangers_and_made_up_keys_cause_no_requests(
    identities: Identities, provider: Provider, clock: Clock
) -> None:
    one = elliptic("one")
    for number in range(50):
        await refused(identities, bearer(provider, clock, iss=f"{provider.url}/{number}"))
    assert provider.asked == []
    await identities.identify(bearer(provider, clock))
    for number in range(200):
        forged = one.sign(header(one, kid=f"made-up-{number}"), claims(provider, clock))
        assert "key" in await refused(identities, "Bearer " + forged)
    assert len(provider.asked) == 2  # one at first, one for all that was made up
    clock.time += identity.COOL_DOWN
    await refused(identities, "Bearer " + one.sign(header(one, kid="again"), claims(provider, clock)))
    assert len(provider.asked) == 3


async def test_everybody_waits_for_one_fetch(identities: Identities, provider: Provider, clock: Clock) -> None:
    provider.delay = 0.05
    tokens = [bearer(provider, clock, sub=f"person-{number}") for number in range(40)]
    found = await asyncio.gather(*(identities.identify(token) for token in tokens))
    assert [one.subject for one in found if one] == [f"person-{number}" for number in range(40)]
    assert len(provider.asked) == 1


async def test_one_who_leaves_does_not_take_the_fetch_along(
    identities: Identities, provider: Provider, clock: Clock
) -> None:
    provider.delay = 0.05
    leaving = asyncio.create_task(identities.identify(bearer(provider, clock)))
    staying = asyncio.create_task(identities.identify(bearer(provider, clock, sub="bob")))
    await asyncio.sleep(0.01)
    leaving.cancel()
    assert await staying
    assert len(provider.asked) == 1


async def settled(identities: Identities) -> None:
    """Until what goes on in the background is over."""
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_coro().__qualname__ == "IssuerKeys._fetch"))  # type: ignore[union-attr]


async def test_a_new_key_is_picked_up_at_once(identities: Identities, provider: Provider, clock: Clock) -> None:
    assert await identities.identify(bearer(provider, clock))
    provider.signers = [elliptic("one"), elliptic("new")]
    clock.time += 1
    assert await identities.identify(bearer(provider, clock, elliptic("new")))
    assert await identities.identify(bearer(provider, clock))


async def test_a_withdrawn_key_takes_its_tokens_along(identities: Identities, provider: Provider, clock: Clock) -> None:
    authorization = bearer(provider, clock)
    assert await identities.identify(authorization)
    provider.signers = [elliptic("new")]
    clock.time += identity.KEYS_FRESH + 1
    assert await identities.identify(authorization)  # does not wait for the fetch it starts
    await settled(identities)
    assert "key" in await refused(identities, authorization)
    assert await identities.identify(bearer(provider, clock, elliptic("new")))


async def test_a_known_kid_with_another_key(identities: Identities, provider: Provider, clock: Clock) -> None:
    authorization = bearer(provider, clock)
    assert await identities.identify(authorization)
    provider.signers = [Signer("one", elliptic("new").private)]
    clock.time += identity.KEYS_FRESH + 1
    await identities.identify(authorization)
    await settled(identities)
    assert "signature" in await refused(identities, authorization)


async def test_nobody_waits_for_fresh_keys(identities: Identities, provider: Provider, clock: Clock) -> None:
    authorization = bearer(provider, clock)
    await identities.identify(authorization)
    clock.time += identity.KEYS_FRESH + 1
    provider.delay = 0.3
    started = time.perf_counter()
    assert await identities.identify(authorization)
    assert await identities.identify(bearer(provider, clock, sub="bob"))
    assert time.perf_counter() - started < 0.2
    await settled(identities)
    assert len(provider.asked) == 2


async def test_old_keys_serve_while_the_issuer_is_down(provider: Provider, clock: Clock) -> None:
    async with opened(issuer_at(provider), clock=clock, keys_kept=1000) as identities:
        begun = clock.time
        assert await identities.identify(bearer(provider, clock))
        provider.status = 503
        for later in (299, 301, 600, 1299):
            clock.time = begun + later
            assert await identities.identify(bearer(provider, clock))
            await settled(identities)
        clock.time = begun + 1301
        for _ in range(20):
            with pytest.raises(IssuerUnavailable):
                await identities.identify(bearer(provider, clock))
        asked = len(provider.asked)
        assert asked <= 1 + 4  # not hammered while it is down
        provider.status = 200
        clock.time += identity.COOL_DOWN
        assert await identities.identify(bearer(provider, clock))
        assert len(provider.asked) == asked + 1


async def test_unknown_key_while_the_issuer_is_down(identities: Identities, provider: Provider, clock: Clock) -> None:
    assert await identities.identify(bearer(provider, clock))
    provider.status = 500
    with pytest.raises(IssuerUnavailable):  # it may be a new key: not the caller's fault
        await identities.identify(bearer(provider, clock, elliptic("new")))
    assert await identities.identify(bearer(provider, clock))


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"keys": {}}', b'{"keys": [], "keys": []}', b"<html>", b"[" * 100_000, b'{"keys": null}',
     b'{"keys": []' + b" " * 300_000 + b"}"],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
async def test_what_is_no_key_set(identities: Identities, provider: Provider, clock: Clock, body: bytes) -> None:
    provider.body = body
    with pytest.raises(IssuerUnavailable):
        await identities.identify(bearer(provider, clock))


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 404, 500])
async def test_no_redirect_is_followed(identities: Identities, provider: Provider, clock: Clock, status: int) -> None:
    provider.status = status
    with pytest.raises(IssuerUnavailable):
        await identities.identify(bearer(provider, clock))
    assert provider.asked == ["/realm/keys"]


@pytest.mark.parametrize(
    "entry",
    [None, 1, [], {}, {"kty": "oct", "kid": "one", "k": "AAAA"}, {**elliptic("one").jwk, "use": "enc"},
     {**elliptic("one").jwk, "key_ops": ["sign"]}, {**elliptic("one").jwk, "alg": "HS256"}, {"kty": ["EC"]},
     {**elliptic("one").jwk, "alg": "RS256"}, {**elliptic("one").jwk, "crv": "P-384"}, {"kty": "OKP", "kid": "one"},
     {**elliptic("one").jwk, "kty": "RSA"}, {**elliptic("one").jwk, "x": "AAAA"}, {**elliptic("one").jwk, "y": 1},
     {**elliptic("one").jwk, "d": "AAAA"}, {**elliptic("one").jwk, "kid": 1}, {**elliptic("one").jwk, "key_ops": None},
     {**elliptic("one").jwk, "crv": "secp256k1"}, {"kty": "RSA", "kid": "one", "n": "", "e": ""}],
    ids=named,
)  # fmt: skip
async def test_keys_that_are_passed_over(
    identities: Identities, provider: Provider, clock: Clock, entry: object
) -> None:
    provider.body = json.dumps({"keys": [entry, elliptic("good").jwk]}).encode()
    assert await identities.identify(bearer(provider, clock, elliptic("good")))
    assert "key" in await refused(identities, bearer(provider, clock))


async def test_weak_and_ambiguous_keys(identities: Identities, provider: Provider, clock: Clock) -> None:
    twin = Signer("one", elliptic("three").private)
    provider.signers = [rivest("weak", 1024), elliptic("one"), twin]
    for signer in (rivest("weak", 1024), elliptic("one"), twin):
        assert "key" in await refused(identities, bearer(provider, clock, signer))


async def test_keys_are_discovered(provider: Provider, clock: Clock) -> None:
    async with opened(issuer_at(provider, jwks_url=None), clock=clock) as identities:
        assert await identities.identify(bearer(provider, clock))
    assert provider.asked == ["/realm/.well-known/openid-configuration", "/realm/keys"]


@pytest.mark.parametrize(
    "change",
    [{"issuer": "https://evil.example"}, {"issuer": ABSENT}, {"jwks_uri": ABSENT}, {"jwks_uri": 1},
     {"jwks_uri": "http://id.example/keys"}, {"jwks_uri": "file:///etc/passwd"}, {"jwks_uri": "//127.0.0.1/keys"},
     {"jwks_uri": "http://127.0.0.1.evil.example/keys"}, {"jwks_uri": "http://127.0.0.1@evil.example/keys"},
     {"jwks_uri": "http://169.254.169.254/"}, {"jwks_uri": "gopher://127.0.0.1/"}],
    ids=named,
)  # fmt: skip
async def test_discovery_that_is_not_accepted(provider: Provider, clock: Clock, change: Json) -> None:
    provider.discovery = json.loads(changed(provider.discovery, change))
    async with opened(issuer_at(provider, jwks_url=None), clock=clock) as identities:
        with pytest.raises(IssuerUnavailable), capture_logs() as lines:
            await identities.identify(bearer(provider, clock))
    assert provider.asked == ["/realm/.well-known/openid-configuration"]
    assert [line["reason"] for line in lines] == ["ValueError"]  # refused, and not merely out of reach


async def test_verified_tokens_are_remembered_by_hash_and_bounded(
    identities: Identities, provider: Provider, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "TOKENS_REMEMBERED", 3)
    tokens = [bearer(provider, clock, sub=f"person-{number}") for number in range(5)]
    for token in tokens:
        await identities.identify(token)
        await identities.identify(tokens[0])
    kept = [hashlib.sha256(tokens[n].removeprefix("Bearer ").encode()).digest() for n in (3, 4, 0)]
    assert list(identities._proofs) == kept


@pytest.mark.bench
async def test_a_remembered_token_costs_next_to_nothing(
    identities: Identities, provider: Provider, clock: Clock
) -> None:
    authorization = bearer(provider, clock)
    await identities.identify(authorization)
    started = time.perf_counter()
    for _ in range(10_000):
        await identities.identify(authorization)
    assert (time.perf_counter() - started) / 10_000 < 10e-6


# The development issuer -----------------------------------------------------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate({"home": tmp_path / "home", "development": True, "port": 8123})


async def test_development_issuer_without_asking_itself(settings: Settings) -> None:
    local = {settings.development_issuer.name: development_issuer.jwks(settings)}
    identities = Identities(settings.accepted_issuers, local_keys=local)  # never opened: it could not fetch anything
    found = await identities.identify("Bearer " + development_issuer.token(settings, "demo-case_worker"))
    assert found is not None
    assert (found.login, found.assurance) == ("development:demo-case_worker", "substantial")
    other = development_issuer.token(settings, "x", lifetime=timedelta(minutes=1), assurance="high", aud="other")
    assert "audience" in await refused(identities, "Bearer " + other)
    stranger = Signer("x", elliptic("one").private)
    forged = stranger.sign(header(stranger), json.dumps({"iss": settings.development_issuer.url}).encode())
    assert "key" in await refused(identities, "Bearer " + forged)


def test_key_file_is_private_and_knows_the_address(settings: Settings) -> None:
    development_issuer.announce(settings)
    file = settings.home / KEYS_OF_DEVELOPMENT
    assert file.stat().st_mode & 0o777 == 0o600
    keys = development_issuer.jwks(settings)
    assert "d" not in keys["keys"][0]
    moved = settings.model_copy(update={"port": 8124})
    development_issuer.announce(moved)
    assert development_issuer.announced_url(moved) == "http://127.0.0.1:8124/dev"
    assert development_issuer.jwks(moved) == keys
    assert file.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in settings.home.iterdir()] == [KEYS_OF_DEVELOPMENT]


def test_processes_that_race_get_the_same_key(settings: Settings) -> None:
    code = (
        "import sys, json; from pathlib import Path; from service.api import development_issuer as issuer;"
        "from service.settings import Settings;"
        "settings = Settings(home=Path(sys.argv[1]), development=True);"
        "sys.stdin.readline(); print(issuer.jwks(settings)['keys'][0]['kid'])"
    )
    command = [sys.executable, "-c", code, str(settings.home)]
    racing = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
        for _ in range(3)
    ]
    assert len({process.communicate("go\n", timeout=60)[0] for process in racing}) == 1


def test_no_key_is_made_outside_development(settings: Settings) -> None:
    outside = settings.model_copy(update={"development": False})
    assert outside.accepted_issuers == ()
    with pytest.raises(development_issuer.NoDevelopmentIssuer):
        development_issuer.token(outside, "anybody")
    assert not settings.home.exists()


@pytest.mark.parametrize(
    ("client", "host", "status"),
    [("127.0.0.1", "127.0.0.1:8123", 200), ("::1", "localhost:8123", 200), ("192.0.2.7", "localhost", 403),
     ("127.0.0.1", "evil.example", 403), ("not-an-address", "localhost", 403)],
)  # fmt: skip
async def test_tokens_over_http_for_this_machine_only(settings: Settings, client: str, host: str, status: int) -> None:
    app = Starlette(routes=development_issuer.routes(settings))
    transport = httpx.ASGITransport(app=app, client=(client, 50000))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as http:
        answer = await http.post("/dev/token", data={"subject": "demo-auditor"})
        assert answer.status_code == status
        assert (await http.get("/dev/.well-known/openid-configuration")).json()["jwks_uri"].endswith("/dev/jwks.json")
        keys = (await http.get("/dev/jwks.json")).json()
        assert (await http.post("/dev/token", data={"subject": "\x00"})).status_code in (400, 403)
    if status == 200:
        identities = Identities(settings.accepted_issuers, local_keys={"development": keys})
        found = await identities.identify("Bearer " + answer.json()["access_token"])
        assert found is not None
        assert found.subject == "demo-auditor"
