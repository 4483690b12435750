"""The issuer that `sozialraum run` brings along in development: one key per installation, tokens for anybody asked for.

Never outside development: `Settings.accepted_issuers` leaves it out there, whatever lies in `home`."""

import ipaddress
import json
import os
import secrets
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric import ec
from jose import jwt
from jose.backends import ECKey
from jose.backends.base import Key
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from service.settings import KEYS_OF_DEVELOPMENT, LOOPBACK, Settings

LIFETIME = timedelta(hours=8)
PUBLIC = ("kty", "crv", "x", "y", "kid", "alg", "use")
CLIENT = "development"


class NoDevelopmentIssuer(RuntimeError):
    """This installation has never run in development, so it has no key to sign with."""


def announce(settings: Settings) -> None:
    """To be called when the server starts: leaves the issuer's address beside its key, where `sozialraum token`, which
    knows nothing of the server's port, finds it."""
    kept, url = _kept(settings), settings.development_issuer.url
    if kept["url"] != url:
        os.replace(_written(settings.home, {**kept, "url": url}), settings.home / KEYS_OF_DEVELOPMENT)


def announced_url(settings: Settings) -> str:
    """The address (`iss`) that the server started last announced."""
    return str(_kept(settings)["url"])


def token(
    settings: Settings,
    subject: str,
    *,
    lifetime: timedelta = LIFETIME,
    assurance: str = "substantial",
    **claims: Any,
) -> str:
    """An access token (RFC 9068) for the subject; `claims` are added, or replace what would be there."""
    key, issuer = _kept(settings)["key"], settings.development_issuer
    now = int(time.time())
    said = {
        "iss": issuer.url,
        "aud": issuer.audience,
        "sub": subject,
        "client_id": CLIENT,
        "acr": assurance,
        "iat": now,
        "exp": now + int(lifetime.total_seconds()),
        "jti": secrets.token_hex(16),
        **claims,
    }
    return jwt.encode(said, key, algorithm="ES256", headers={"typ": "at+jwt", "kid": key["kid"]})


def jwks(settings: Settings) -> dict[str, Any]:
    """The public key as a JWK set (RFC 7517); made now if there is none yet."""
    key = _kept(settings)["key"]
    return {"keys": [{name: key[name] for name in PUBLIC}]}


def discovery(settings: Settings) -> dict[str, Any]:
    """Where everything is (OpenID Connect Discovery 1.0, 3)."""
    issuer = settings.development_issuer
    return {
        "issuer": issuer.url,
        "jwks_uri": issuer.jwks_url,
        "token_endpoint": f"{issuer.url}/token",
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }


def routes(settings: Settings) -> list[Route]:
    """To be mounted in development only."""

    async def show_discovery(request: Request) -> Response:
        return JSONResponse(discovery(settings))

    async def show_keys(request: Request) -> Response:
        return JSONResponse(jwks(settings))

    async def issue(request: Request) -> Response:
        if not _from_this_machine(request):
            return JSONResponse({"error": "access_denied"}, 403)
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        subject = form.get("subject", "")
        if not 0 < len(subject) <= 255 or not subject.isprintable():
            return JSONResponse({"error": "invalid_request", "error_description": "`subject` says for whom"}, 400)
        access_token = token(settings, subject, assurance=form.get("assurance", "substantial"))
        answer = {"access_token": access_token, "token_type": "Bearer", "expires_in": int(LIFETIME.total_seconds())}
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    return [
        Route("/dev/.well-known/openid-configuration", show_discovery, methods=["GET"], name="development_discovery"),
        Route("/dev/jwks.json", show_keys, methods=["GET"], name="development_keys"),
        Route("/dev/token", issue, methods=["POST"], name="development_token"),
    ]


def _from_this_machine(request: Request) -> bool:
    """The caller's address, and the name it called us by: a web page whose host name was bent to 127.0.0.1 (DNS
    rebinding) would otherwise get tokens too."""
    try:
        local = request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
    return local and request.url.hostname in LOOPBACK


def _kept(settings: Settings) -> dict[str, Any]:
    """Key and address from `home`. Two processes that start at once end up with the same key: only one can link."""
    file = settings.home / KEYS_OF_DEVELOPMENT
    if not file.exists():
        if not settings.development:
            raise NoDevelopmentIssuer(f"there is no {file}")
        made = _written(settings.home, {"url": settings.development_issuer.url, "key": _new_key()})
        try:
            os.link(made, file)
        except FileExistsError:
            pass  # another process was faster; its key it is
        finally:
            made.unlink()
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return kept


def _written(home: Path, kept: dict[str, Any]) -> Path:
    """A new file, complete before it gets its name, and nobody else's to read (mkstemp makes it 0600)."""
    home.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f"{KEYS_OF_DEVELOPMENT}.", dir=home)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(kept, file)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _new_key() -> dict[str, Any]:
    key: Key = ECKey(ec.generate_private_key(ec.SECP256R1()), "ES256")
    return {**key.to_dict(), "use": "sig", "kid": secrets.token_hex(8)}
