"""Both pages work without any third party: every file they name is ours, by hash, and the policy allows no other."""

import re

import httpx
import pytest
from starlette.applications import Starlette

from service.api import pages


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def client() -> httpx.AsyncClient:
    transport = httpx.ASGITransport(Starlette(routes=pages.routes()))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.mark.anyio
@pytest.mark.parametrize("page", ["/docs", "/graphiql"])
async def test_every_file_of_a_page_is_ours_and_cached_for_ever(page: str) -> None:
    async with client() as browser:
        answer = await browser.get(page)
        assert "script-src 'self';" in answer.headers["content-security-policy"]
        assert "http" not in answer.text.replace("http-equiv", "")
        named = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
        files = [name for name in named if not name.startswith("data:")]
        assert len(files) >= 3
        for name in files:
            file = await browser.get("/" + name)
            assert file.status_code == 200, name
            assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert file.headers["content-type"].split(";")[0] in pages.MEDIA_TYPES.values()


@pytest.mark.anyio
@pytest.mark.parametrize("part", ["bytes=0-9", "bytes=99999999-", "bytes=9-0", "lines=1-2", "bytes"])
async def test_a_file_comes_in_one_piece_whatever_part_is_asked_for(part: str) -> None:
    async with client() as browser:
        path = f"/static/{pages.served_names()['docs.js']}"
        answer = await browser.get(path, headers={"range": part})
        assert (answer.status_code, answer.headers["accept-ranges"]) == (200, "none")
        assert answer.content == (pages.FOLDER / "docs.js").read_bytes()


@pytest.mark.anyio
@pytest.mark.parametrize("page", ["/docs", "/graphiql"])
async def test_no_script_or_style_stands_in_the_page(page: str) -> None:
    async with client() as browser:
        text = (await browser.get(page)).text
    assert re.search(r"<script(?! src=)|<style|\son\w+=|style=", text) is None


@pytest.mark.anyio
async def test_other_files_are_not_served() -> None:
    async with client() as browser:
        for name in ("LICENSES.md", "docs.js", "..%2fsettings.py"):
            assert (await browser.get(f"/static/{name}")).status_code == 404


def test_style_sheets_load_nothing_from_elsewhere() -> None:
    for path in pages.FOLDER.glob("*.css"):
        assert re.search(r"url\(['\"]?(?!['\"]?(data:|#))|@import", path.read_text()) is None, path.name


def test_every_file_of_others_has_its_licence_and_is_unchanged() -> None:
    told = (pages.FOLDER / "LICENSES.md").read_text()
    names = [path.name for path in pages.FOLDER.iterdir() if ".min." in path.name or path.name.startswith("swagger")]
    served = pages.served_names()
    assert names
    for name in names:
        digest = re.search(rf"\| {re.escape(name)} \| `([0-9a-f]{{64}})` \|", told)
        assert digest is not None, name
        assert f".{digest[1][:12]}." in served[name]
