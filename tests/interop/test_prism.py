"""Every request of the guides goes through prism, which compares it and its answer with the contract."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import Database
from tests.interop.conftest import free_port, needs_node
from tests.test_guides import GUIDES, Reader, commands

pytestmark = [pytest.mark.interop, needs_node, pytest.mark.anyio]


class Compared(httpx.AsyncHTTPTransport):
    """Sends REST by way of the proxy, and GraphQL, of which it knows nothing, straight on."""

    def __init__(self, proxy: str, url: str) -> None:
        super().__init__()
        self.proxy, self.url = httpx.URL(proxy), httpx.URL(url)
        self.compared = 0
        self.violations: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        compares = request.url.path.startswith("/v1/")
        there = self.proxy if compares else self.url
        request.url = request.url.copy_with(host=there.host, port=there.port)
        answer = await super().handle_async_request(request)
        self.compared += compares
        for each in json.loads(answer.headers.get("sl-violations", "[]")):
            if each["location"][0] == "response" or answer.is_success:
                self.violations.append(f"{request.method} {request.url.path} {answer.status_code}: {each}")
        return answer


@pytest.fixture(scope="module")
def proxy(tools: Path, url: str) -> Iterator[str]:
    port = free_port()
    started = subprocess.Popen(
        [tools / "node_modules" / ".bin" / "prism", "proxy", "openapi.json", url, "--port", str(port)],
        cwd=tools,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 90
    while time.monotonic() < until and started.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/v1/regions", timeout=10)
            break
        except httpx.TransportError:
            time.sleep(0.2)
    yield f"http://127.0.0.1:{port}"
    started.terminate()
    started.wait(20)


@pytest.fixture
def compared(proxy: str, url: str) -> Compared:
    return Compared(proxy, url)


@pytest.mark.parametrize("guide", sorted(name for name, text in GUIDES.items() if "/v1/" in text))
async def test_what_a_guide_asks_and_gets_is_what_the_contract_says(
    guide: str, compared: Compared, database: Database, token_of: Callable[..., str]
) -> None:
    async with httpx.AsyncClient(transport=compared, timeout=60) as client:
        reader = Reader(client, database, token_of)
        for command, shown in commands(GUIDES[guide]):
            await reader.follow(command, shown)
    assert compared.compared
    assert compared.violations == []


async def test_the_proxy_notices_what_does_not_fit(compared: Compared, token_of: Callable[..., str]) -> None:
    """Or nothing above would mean anything."""
    headers = {"authorization": f"Bearer {token_of('case_worker')}"}
    async with httpx.AsyncClient(transport=compared, base_url="http://test", headers=headers) as client:
        answer = await client.post("/v1/cases", json={"title": 3})
    assert (answer.status_code, "sl-violations" in answer.headers) == (422, True)
