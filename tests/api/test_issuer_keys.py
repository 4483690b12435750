"""The keys of issuers: fetched once for everybody, kept while their issuer is down, and taken along when withdrawn."""

import asyncio
import hashlib
import json
import time

import pytest
from structlog.testing import capture_logs

from service.api import identity, issuer_keys
from service.api.identity import Identities
from service.domain.errors import IssuerUnavailable
from tests.api.tokens import (
    ABSENT,
    Clock,
    Json,
    Provider,
    Signer,
    bearer,
    changed,
    claims,
    elliptic,
    header,
    issuer_at,
    named,
    opened,
    refused,
    rivest,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_strangers_and_made_up_keys_cause_no_requests(
    identities: Identities, provider: Provider, clock: Clock
) -> None:
    one = elliptic("one")
    for number in range(50):
        await refused(identities, bearer(provider, clock, iss=f"{provider.url}/{number}"))
    assert provider.asked == []
    await identities.identify(bearer(provider, clock))

    async def forged(number: int) -> str:
        token = one.sign(header(one, kid=f"made-up-{number}"), claims(provider, clock))
        return await refused(identities, "Bearer " + token)

    assert all("key" in reason for reason in await asyncio.gather(*map(forged, range(200))))
    assert len(provider.asked) == 2  # one at first, one for all that was made up
    clock.time += issuer_keys.LOOK_AGAIN
    await forged(200)
    assert len(provider.asked) == 3


async def test_a_new_key_is_picked_up_while_others_make_keys_up(
    identities: Identities, provider: Provider, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever floods the service with made-up keys does not have the issuer asked each time, nor others refused."""
    monkeypatch.setattr(issuer_keys, "LOOK_AGAIN", 0.05)
    one = elliptic("one")
    assert await identities.identify(bearer(provider, clock))
    for number in range(3):
        await refused(identities, "Bearer " + one.sign(header(one, kid=f"x-{number}"), claims(provider, clock)))
    provider.signers = [elliptic("one"), elliptic("new")]
    assert await identities.identify(bearer(provider, clock, elliptic("new")))
    assert len(provider.asked) == 1 + 3 + 1


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
    clock.time += issuer_keys.KEYS_FRESH + 1
    assert await identities.identify(authorization)  # does not wait for the fetch it starts
    await settled(identities)
    assert "key" in await refused(identities, authorization)
    assert await identities.identify(bearer(provider, clock, elliptic("new")))


async def test_a_known_kid_with_another_key(identities: Identities, provider: Provider, clock: Clock) -> None:
    authorization = bearer(provider, clock)
    assert await identities.identify(authorization)
    provider.signers = [Signer("one", elliptic("new").private)]
    clock.time += issuer_keys.KEYS_FRESH + 1
    await identities.identify(authorization)
    await settled(identities)
    assert "signature" in await refused(identities, authorization)


async def test_nobody_waits_for_fresh_keys(identities: Identities, provider: Provider, clock: Clock) -> None:
    authorization = bearer(provider, clock)
    await identities.identify(authorization)
    clock.time += issuer_keys.KEYS_FRESH + 1
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
        clock.time += issuer_keys.COOL_DOWN
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
    (reason,) = (line["reason"] for line in lines)
    assert reason in ("its discovery document names another issuer", "its keys are at an unprotected address")


async def test_whoever_looks_is_told_why_nobody_can_sign_in(provider: Provider) -> None:
    async def told(**changes: object) -> str:
        (answer,) = await identity.ask_all([issuer_at(provider, **changes)])
        assert (answer.keys > 0) is (answer.trouble is None and bool(provider.signers))
        return answer.told

    assert await told() == await told(jwks_url=None) == "county: 1 key that can be used."
    slash = await told(jwks_url=None, url=f"{provider.url}/")
    assert slash.startswith("county: its keys cannot be had: it")
    provider.discovery |= {"issuer": "https://evil.example"}
    assert "its discovery document names another issuer" in await told(jwks_url=None)
    provider.status = 500
    assert "it answered with status 500" in await told()
    provider.status, provider.signers = 200, []
    assert await told() == "county: 0 keys that can be used; nobody can sign in with it."
    assert "ConnectError" in await told(jwks_url="http://127.0.0.1:9/keys")


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
