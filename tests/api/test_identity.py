"""Every known way to get past a token check, against a real key server on loopback. One token is right; each attack
changes one thing about it, and signs it anew with the right key where the signature is not the point."""

import hmac
import json
import time

import pytest
from cryptography.hazmat.primitives import serialization
from structlog.testing import capture_logs

from service.api.identity import Identities, Identity
from service.settings import Issuer
from tests.api.tokens import (
    ABSENT,
    Clock,
    Json,
    Provider,
    Signer,
    b64,
    bearer,
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
     {"iat": NOW + 3000, "exp": NOW + 3600}, {"iat": -5}, {"iat": 1}, {"iat": 10**300},
     {"nbf": NOW + 36_000}, {"nbf": None}, {"nbf": "0"}, {"nbf": True}, {"nbf": 1.5}, {"nbf": 10**300},
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
