"""The issuer that development brings along: for this machine only, and never outside of development."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from service.api import development_issuer
from service.api.identity import Identities
from service.settings import KEYS_OF_DEVELOPMENT, Settings
from tests.api.tokens import Signer, elliptic, header, refused

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


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
