"""An identity provider of the tests' own, on loopback: its keys, its tokens, and whatever is asked of it."""

import base64
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jose.backends import ECKey, RSAKey
from jose.backends.base import Key

from service.api.identity import Identities
from service.domain.errors import Unauthenticated
from service.settings import Issuer

Json = dict[str, Any]


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


@contextmanager
def listening() -> Iterator[Provider]:
    server = Provider()
    thread = threading.Thread(target=server.serve_forever, args=(0.005,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Clock:
    """Wall clock and stop watch in one, wound by the test."""

    def __init__(self) -> None:
        self.time = float(int(time.time()))

    def __call__(self) -> float:
        return self.time


@asynccontextmanager
async def opened(*issuers: Issuer, clock: Callable[[], float], **options: Any) -> AsyncIterator[Identities]:
    made = Identities(issuers, now=clock, ticks=clock, **options)
    await made.open()
    try:
        yield made
    finally:
        await made.close()


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
