"""Guides cannot rot: every `console` block of a guide is run, in order, against the application.

A line that begins with `$ ` is a command: a request with curl, a value picked out of its answer, or a token. What
follows is the answer, shortened: objects may say less than the real one, lists may stop early, `…` is anything."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.api.app import Application
from service.settings import Settings
from tests.api.tokens import Clock, bearer, issuer_at, listening
from tests.changes.conftest import Stream
from tests.conftest import Database

pytestmark = pytest.mark.anyio

DOCS = Path(__file__).parent.parent / "docs"
GUIDES = {path.stem: path.read_text("utf-8") for path in [*DOCS.glob("guide-*.md"), DOCS / "data-protection.md"]}
ADMINISTRATOR = GUIDES.pop("guide-administrator")  # whose requests are those of a bad day
README = (DOCS.parent / "README.md").read_text("utf-8")
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ASSIGNED = re.compile(r"([A-Z]+)=\$\((.*)\)$", re.DOTALL)
TOKEN = re.compile(r"\.venv/bin/sozialraum token --(as|subject) (\w+)$")
PICKED = re.compile(r"""(.*) \| (?:pick "(.*)"|python3 -c "(.*)")$""", re.DOTALL)
PICK = "import json, sys; print(json.load(sys.stdin){})"
ANYTHING = "…"


@dataclass
class Reader:
    """A newcomer who copies what stands there."""

    client: httpx.AsyncClient
    database: Database
    token_of: Callable[..., str]
    known: dict[str, str] = field(default_factory=dict)
    requests: int = 0

    async def follow(self, command: str, shown: str) -> None:
        if command.startswith("pick() "):
            assert PICK.format("$1") in command
            return
        assigned = ASSIGNED.match(command)
        if assigned:
            self.known[assigned[1]] = await self._value(assigned[2])
            return
        answer = await self._request(command)
        told, expected = answer.json(), shown_answer(shown)
        assert holds(expected, told), f"{command}\nshown: {shown}\nreal:  {answer.text}"
        refused = expected.get("status") if isinstance(expected, dict) else None
        assert answer.status_code == refused if refused else answer.is_success, f"{command}: {answer.status_code}"

    async def _value(self, command: str) -> str:
        token = TOKEN.match(command)
        if token:
            return self.token_of(token[2])
        picked = PICKED.match(command)
        assert picked, command
        program = PICK.format(picked[2]) if picked[2] else picked[3]
        answer = await self._request(picked[1])
        return printed(program, answer.text)

    async def try_out(self, command: str) -> None:
        """What stands there without its answer."""
        if assigned := ASSIGNED.match(command):
            self.known[assigned[1]] = await self._value(assigned[2])
        elif "text/event-stream" in command:
            await self._open(command)
        else:
            answer = await self._request(command)
            assert answer.is_success, f"{command}: {answer.text}"
            assert "errors" not in answer.json(), answer.text

    async def _open(self, command: str) -> None:
        """A stream, which stays open until one leaves it."""
        transport = self.client._transport
        assert isinstance(transport, httpx.ASGITransport)
        assert command.endswith("/v1/events"), command
        stream = await Stream(transport.app, self.known["TOKEN"]).opened()  # type: ignore[arg-type]
        self.requests += 1
        await stream.leave("http.disconnect")

    async def _request(self, command: str) -> httpx.Response:
        program, *words = [self._filled(word) for word in shlex.split(command)]
        assert program == "curl", command
        method, url, headers, content = "", "", httpx.Headers(), None
        options = iter(words)
        for word in options:
            if word == "-X":
                method = next(options)
            elif word == "-H":
                name, _, value = next(options).partition(": ")
                headers[name] = value
            elif word == "--json":
                content = next(options).encode()
                headers.update({"content-type": "application/json", "accept": "application/json"})
            elif word == "-d":
                content = next(options).encode()
            elif word != "-s":
                url = word.removeprefix("http://").replace("127.0.0.1", "localhost")
        assert url.startswith("localhost:8000/"), command
        self.requests += 1
        if "deliveries" in command or "/v1/events" in command:
            await self.database.settled()
        assert content is None or "content-type" in headers, f"{command}: refused with 415"
        method = method or ("POST" if content is not None else "GET")
        return await self.client.request(method, f"http://{url}", headers=headers, content=content)

    def _filled(self, word: str) -> str:
        return re.sub(r"\$([A-Z]+)", lambda found: self.known[found[1]], word)


def printed(program: str, given: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], input=given, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commands(guide: str) -> Iterator[tuple[str, str]]:
    for block in BLOCK.findall(guide):
        for command in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            asked, _, shown = command.partition("\n")
            yield asked, shown.strip()


def shown_answer(shown: str) -> Any:
    """`…` stands for a value, for the rest of a text, or for what is left out of an object or a list."""
    assert shown, "an answer belongs to each request"
    shortened = re.sub(rf",\s*{ANYTHING}(?=\s*[\]}}])", "", shown)
    return json.loads(re.sub(rf":\s*{ANYTHING}", f': "{ANYTHING}"', shortened))


def holds(shown: Any, real: Any) -> bool:
    if isinstance(shown, dict):
        return isinstance(real, dict) and all(name in real and holds(part, real[name]) for name, part in shown.items())
    if isinstance(shown, list):
        if not isinstance(real, list) or len(real) < len(shown) or (not shown and real):
            return False
        return all(holds(part, real[place]) for place, part in enumerate(shown))
    if isinstance(shown, str) and shown.endswith(ANYTHING):
        return shown == ANYTHING or (isinstance(real, str) and real.startswith(shown.removesuffix(ANYTHING)))
    return bool(shown == real)


async def test_the_first_requests_that_the_readme_has_one_copy_are_answered(
    client_of: Callable[..., httpx.AsyncClient], database: Database, token_of: Callable[..., str]
) -> None:
    block = next(each for each in BLOCK.findall(README) if "curl " in each)
    reader = Reader(client_of(), database, token_of)
    for command in re.split(r"\n(?! )", block.strip()):
        await reader.try_out(command.replace("\\\n", ""))
    assert reader.requests == README.count("curl ") >= 6


async def test_the_administrator_is_shown_what_is_answered_while_the_issuer_is_down(
    application: Application, settings: Settings, database: Database, token_of: Callable[..., str]
) -> None:
    with listening() as provider:
        provider.status = 500
        served = Application(settings.model_copy(update={"issuers": (issuer_at(provider),)}), application.storage)
        await served.identities.open()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://test") as client:
            token = bearer(provider, Clock()).removeprefix("Bearer ")
            reader = Reader(client, database, token_of, {"TOKEN": token})
            for command, shown in commands(ADMINISTRATOR):
                await reader.follow(command, shown)
        await served.identities.close()
    assert reader.requests == ADMINISTRATOR.count("curl -s ") == 2


@pytest.mark.parametrize("guide", sorted(GUIDES))
async def test_every_request_of_a_guide_is_answered_as_it_says(
    guide: str, client_of: Callable[..., httpx.AsyncClient], database: Database, token_of: Callable[..., str]
) -> None:
    reader = Reader(client_of(), database, token_of)
    for command, shown in commands(GUIDES[guide]):
        await reader.follow(command, shown)
    assert reader.requests == GUIDES[guide].count("curl -s ")


def test_a_shortened_answer_still_has_to_be_true() -> None:
    real = {"a": [1, 2], "b": "long text", "c": None}
    for shown in ('{"a": [1, …], …}', '{"b": "long …", …}', '{"c": …}', '{"a": [1, 2], "c": null, …}'):
        assert holds(shown_answer(shown), real), shown
    for wrong in ('{"a": [2, …], …}', '{"b": "short …"}', '{"d": …}', '{"a": []}', '{"c": "x"}', '{"a": [1, 2, 3]}'):
        assert not holds(shown_answer(wrong), real), wrong
