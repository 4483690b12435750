"""Every known attack on a token, at every face of the running service: 401, and not a single request to anybody that
the token names. That each is refused for the right reason is in test_identity."""

import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from service.api.app import Application
from service.settings import Settings
from tests.api.test_identity import public_octets
from tests.api.tokens import (
    ABSENT,
    Clock,
    Provider,
    Signer,
    b64,
    bearer,
    claims,
    elliptic,
    header,
    issuer_at,
    listening,
    rivest,
)
from tests.changes.conftest import Socket

pytestmark = pytest.mark.anyio

Ask = Callable[[httpx.AsyncClient, str], Awaitable[httpx.Response]]


async def over_rest(client: httpx.AsyncClient, authorization: str) -> httpx.Response:
    return await client.get("/v1/regions", headers={"authorization": authorization})


async def over_graphql(client: httpx.AsyncClient, authorization: str) -> httpx.Response:
    return await client.post("/graphql", json={"query": "{ __typename }"}, headers={"authorization": authorization})


async def over_socket(client: httpx.AsyncClient, authorization: str) -> httpx.Response:
    """In HTTP's numbers: the protocol closes with 4403 and the code of the refusal."""
    assert isinstance(client._transport, httpx.ASGITransport)
    socket = Socket(client._transport.app)  # type: ignore[arg-type]
    assert (await socket.sent())["type"] == "websocket.accept"
    await socket.say(type="connection_init", payload={"authorization": authorization})
    answer = await socket.sent()
    if answer["type"] == "websocket.send":
        assert json.loads(answer["text"]) == {"type": "connection_ack"}
        await socket.leave("websocket.disconnect")
        return httpx.Response(200)
    assert (answer["type"], answer["code"]) == ("websocket.close", 4403)
    await socket.ended()
    return httpx.Response(503 if "issuer-unavailable" in answer["reason"] else 401, text=answer["reason"])


FACES: dict[str, Ask] = {"rest": over_rest, "graphql": over_graphql, "socket": over_socket}
"""A face that is added here is attacked like the others. It asks what anybody may, so that only the token is wrong."""


@pytest.fixture
def trap() -> Iterator[Provider]:
    """Where a token would like the service to look for keys."""
    with listening() as server:
        yield server


@pytest.fixture
async def client(application: Application, settings: Settings, provider: Provider) -> AsyncIterator[httpx.AsyncClient]:
    provider.signers = [elliptic("one"), rivest("two")]
    outside = settings.model_copy(update={"issuers": (issuer_at(provider),)})
    served = Application(outside, application.storage)
    await served.identities.open()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://test") as client:
        yield client
    await served.identities.close()


def attacks(provider: Provider, clock: Clock, trap: Provider) -> Iterator[tuple[str, str]]:
    """What each is called, and the Authorization header."""
    one, two, now = elliptic("one"), rivest("two"), int(clock.time)
    right = claims(provider, clock)

    def signed(signer: Signer = one, payload: bytes = right, **changes: Any) -> str:
        return "Bearer " + signer.sign(header(signer, **changes), payload)

    for algorithm in ("none", "None", "NONE", "nOnE", "", None, "es256", "HS256", "PS256", "ES512", ["ES256"]):
        yield f"alg {algorithm}", signed(alg=algorithm)
        yield f"alg {algorithm} without signature", signed(alg=algorithm).rpartition(".")[0] + "."
    for signer in (one, two):
        for algorithm in ("HS256", "HS384", "HS512"):
            for name, secret in public_octets(signer).items():
                text = f"{b64(header(signer, alg=algorithm))}.{b64(right)}"
                mac = hmac.digest(secret, text.encode(), algorithm.replace("HS", "sha"))
                yield f"{algorithm} with {name} of {signer.kid}", f"Bearer {text}.{b64(mac)}"
    yield "signed with another key than named", signed(kid="two")
    yield "signed with another kind of key", signed(two, kid="one", alg="ES256")
    mine = elliptic("mine")
    pointers: dict[str, Any] = {
        "jku": f"{trap.url}/keys",
        "x5u": f"{trap.url}/chain",
        "jwk": mine.jwk,
        "x5c": ["MIIB"],
        "x5t": "a",
        "crit": ["exp"],
        "b64": False,
        "zip": "DEF",
    }
    for name, value in pointers.items():
        yield f"header {name}", signed(mine, kid="one", **{name: value})
        yield f"header {name}, signed rightly", signed(**{name: value})
    for kind in (ABSENT, "JWT", "id+jwt", "logout+jwt", "", 1):
        yield f"typ {kind}", signed(typ=kind)
    for name in ("iss", "aud", "exp", "iat", "sub"):
        yield f"no {name}", "Bearer " + one.sign(header(one), claims(provider, clock, **{name: ABSENT}))
        yield f"{name} null", "Bearer " + one.sign(header(one), claims(provider, clock, **{name: None}))
    wrong: tuple[tuple[str, Any], ...] = (
        ("iss", f"{trap.url}"),
        ("iss", f"{provider.url}/"),
        ("aud", "elsewhere"),
        ("aud", [["sozialraum"]]),
        ("exp", now - 60),
        ("exp", str(now + 60)),
        ("exp", now + 400 * 86_400),
        ("iat", now + 3600),
        ("nbf", now + 600),
        ("sub", ""),
        ("sub", ["ada"]),
        ("sub", "ada\u0000"),
    )
    for name, value in wrong:
        yield f"{name} {value}", signed(payload=claims(provider, clock, **{name: value}))
    yield "too large", bearer(provider, clock, more="x" * 8_000)
    inner = bearer(provider, clock).removeprefix("Bearer ").encode()
    yield "a token in a token", signed(payload=inner)
    yield "a token as text in a token", signed(payload=json.dumps(inner.decode()).encode())
    yield "a claim twice", signed(payload=right[:-1] + b', "sub": "root"}')
    yield "a header twice", "Bearer " + one.sign(b'{"alg": "none", ' + header(one)[1:], right)
    yield "deep", signed(payload=right[:-1] + b', "a": ' + b"[" * 2_500 + b"]" * 2_500 + b"}")
    yield "another spelling", bearer(provider, clock) + "="
    yield "five parts", bearer(provider, clock) + ".a.b"


@pytest.mark.parametrize("face", list(FACES))
async def test_is_refused_without_asking_anybody(
    client: httpx.AsyncClient, provider: Provider, trap: Provider, face: str
) -> None:
    clock, ask = Clock(), FACES[face]
    assert (await ask(client, bearer(provider, clock))).status_code == 200
    assert (await ask(client, bearer(provider, clock, rivest("two")))).status_code == 200
    asked = list(provider.asked)
    tried = 0
    for name, authorization in attacks(provider, clock, trap):
        answer = await ask(client, authorization)
        assert answer.status_code == 401, (face, name, answer.text)
        assert face == "socket" or 'error="invalid_token"' in answer.headers["www-authenticate"], (face, name)
        assert "unauthenticated" in answer.text
        assert trap.url not in answer.text
        tried += 1
    assert tried > 90
    assert provider.asked == asked
    assert trap.asked == []
    async with httpx.AsyncClient() as anybody:
        await anybody.get(f"{trap.url}/keys")
    assert trap.asked == ["/realm/keys"], "it would have noticed"


async def test_a_token_in_the_address_is_refused(client: httpx.AsyncClient, provider: Provider) -> None:
    """Also a right one, and beside one in its place: addresses stand in logs and histories (RFC 6750, 5.3)."""
    right = bearer(provider, Clock())
    asked = {"access_token": right.removeprefix("Bearer ")}
    for headers in ({}, {"authorization": right}):
        for path in ("/v1/regions", "/v1/cases", "/v1/me"):
            answer = await client.get(path, params=asked, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), path
        answer = await client.post("/graphql", params=asked, json={"query": "{ __typename }"}, headers=headers)
        assert answer.status_code == 401
        assert "in the address" in answer.text
    socket = at_socket(client, query=f"access_token={asked['access_token']}")
    assert await greeting(socket, {"authorization": right}) == 4403


async def test_a_socket_is_told_one_token(client: httpx.AsyncClient, provider: Provider) -> None:
    right = bearer(provider, Clock())
    assert await greeting(at_socket(client, authorization=[right]), {"authorization": right}) is None
    for also in (["Bearer wrong"], [right, right], [""]):
        assert await greeting(at_socket(client, authorization=also), {"authorization": right}) == 4403
    assert await greeting(at_socket(client, authorization=[right]), {}) == 4403
    assert await greeting(at_socket(client), {"Authorization": right, "authorization": "Bearer wrong"}) == 4403
    assert await greeting(at_socket(client), {"authorization": right, "AUTHORIZATION": right}) == 4403


def at_socket(client: httpx.AsyncClient, **others: Any) -> Socket:
    assert isinstance(client._transport, httpx.ASGITransport)
    return Socket(client._transport.app, **others)  # type: ignore[arg-type]


async def greeting(socket: Socket, payload: dict[str, str]) -> int | None:
    """By which number it is closed; nothing where it is not."""
    assert (await socket.sent())["type"] == "websocket.accept"
    await socket.say(type="connection_init", payload=payload)
    answer = await socket.sent()
    if answer["type"] == "websocket.close":
        await socket.ended()
        return int(answer["code"])
    await socket.leave("websocket.disconnect")
    return None


@pytest.mark.parametrize("face", list(FACES))
async def test_keys_change_and_no_valid_token_is_refused(
    client: httpx.AsyncClient, provider: Provider, face: str
) -> None:
    clock, ask = Clock(), FACES[face]
    assert (await ask(client, bearer(provider, clock))).status_code == 200
    provider.signers = [elliptic("one"), elliptic("new")]
    for signer in (elliptic("new"), elliptic("one")):
        assert (await ask(client, bearer(provider, clock, signer, sub=f"{signer.kid}"))).status_code == 200


@pytest.mark.parametrize("face", list(FACES))
async def test_while_the_issuer_is_down_whoever_is_new_is_told_so(
    client: httpx.AsyncClient, provider: Provider, face: str
) -> None:
    """Not that their token is wrong: nobody could tell. How long keys are used on is in test_issuer_keys."""
    provider.status = 500
    answer = await FACES[face](client, bearer(provider, Clock()))
    assert answer.status_code == 503
    assert "issuer-unavailable" in answer.text
    assert face == "socket" or answer.headers["retry-after"] == "60"


@pytest.mark.parametrize("face", list(FACES))
async def test_each_issuer_has_its_own_types_of_token(
    application: Application, settings: Settings, provider: Provider, trap: Provider, face: str
) -> None:
    """One that says «JWT» of its access tokens is told so by configuration; for the one beside it nothing changes."""
    old, new, clock = trap, provider, Clock()
    old.signers, new.signers = [elliptic("old")], [elliptic("new")]
    issuers = issuer_at(old, name="old", token_types=("JWT",)), issuer_at(new, name="new")
    served = Application(settings.model_copy(update={"issuers": issuers}), application.storage)
    await served.identities.open()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://test") as client:

        async def asked(issuer: Provider, kind: object) -> int:
            (signer,) = issuer.signers
            token = signer.sign(header(signer, typ=kind), claims(issuer, clock))
            return (await FACES[face](client, f"Bearer {token}")).status_code

        accepted = {"old": ("JWT", "jwt", "application/jwt"), "new": ("at+jwt", "AT+JWT", "application/at+jwt")}
        for name, issuer, other in (("old", old, "new"), ("new", new, "old")):
            for kind in accepted[name]:
                assert await asked(issuer, kind) == 200, (name, kind)
            for wrong in (*accepted[other], "id+jwt", "", ABSENT):
                assert await asked(issuer, wrong) == 401, (name, wrong)
    await served.identities.close()
