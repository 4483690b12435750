"""Guides cannot rot: every request of a guide is made, in order, against the application, and then once more, unless it
says that this goes once in a database. What stands in a block of `sh` is answered, too, but shows no answer.

In a `console` block a line that begins with `$ ` is a command: a request with curl, a value picked out of its answer, a
token, or a file that is written. What follows is the answer, whole but for `…`: anything, or what is left out of an
object, a list or a text."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from service.api.app import Application
from service.domain.clock import Clock
from service.domain.jobs.carrying import carry_out
from service.settings import Settings
from tests.api import tokens
from tests.api.tokens import bearer, issuer_at, listening
from tests.changes.conftest import Stream
from tests.conftest import Database, _copied, serve

pytestmark = pytest.mark.anyio

DOCS = Path(__file__).parent.parent / "docs"
GUIDES = {path.stem: path.read_text("utf-8") for path in [*DOCS.glob("guide-*.md"), DOCS / "data-protection.md"]}
ALL = dict(GUIDES)
ADMINISTRATOR = GUIDES.pop("guide-administrator")  # whose requests are those of a bad day
README = (DOCS.parent / "README.md").read_text("utf-8")
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"^```(console|sh)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ASSIGNED = re.compile(r"([A-Z]+)=\$\((.*)\)$", re.DOTALL)
TOKEN = re.compile(r"\.venv/bin/sozialraum token --(as|subject) (\w+)$")
PICKED = re.compile(r"""(.*) \| (?:pick "(.*)"|python3 -c "(.*)")$""", re.DOTALL)
WRITTEN = re.compile(r"cat > (\S+) <<END$")
JOB = re.compile(r"/v1/jobs/([0-9a-f-]{36})$")
NAMED = re.compile(r"\$\{?([A-Z]+)\b")
SET = re.compile(r"\b([A-Z]+)=")
PICK = "import json, sys; print(json.load(sys.stdin){})"
ANYTHING = "…"
LEFT_OUT = ", …"
ONCE = "once in a database"


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """Of the guides alone: their lists are whole, and nobody else adds to them."""
    yield from _copied(f"guides_{uuid4().hex[:12]}")


@pytest.fixture(scope="module")
async def application(database: Database, settings: Settings) -> AsyncIterator[Application]:
    async for running in serve(database, settings):
        yield running


@dataclass
class Reader:
    """A newcomer who copies what stands there."""

    client: httpx.AsyncClient
    database: Database
    token_of: Callable[..., str]
    known: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    requests: int = 0

    async def follow(self, command: str, shown: str | None) -> None:
        if shown is None:
            await self.try_out(command)
            return
        if command.startswith("pick() "):
            assert PICK.format("$1") in command
            return
        if written := WRITTEN.match(command):
            self.files[written[1]] = self._filled(shown.removesuffix("END"))
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
        if command == "date +%F":
            return Clock().today().isoformat()
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
            assert '{"errors"' not in answer.text, answer.text

    async def _open(self, command: str) -> None:
        """A stream, which stays open until one leaves it."""
        token = re.search(r"Bearer \$([A-Z]+)", command)
        assert token, command
        transport = self.client._transport
        assert isinstance(transport, httpx.ASGITransport)
        stream = await Stream(transport.app, self.known[token[1]]).opened()  # type: ignore[arg-type]
        self.requests += 1
        await stream.leave("http.disconnect")

    async def _worked(self, job: UUID) -> None:
        """As the worker does in its own time, before one looks how a job stands."""
        [(authority,)] = self.database.rows("SELECT authority_id FROM job WHERE id = %s", job)
        storage = await self.database.storage(read_connections=1, write_connections=1).open()
        await carry_out(storage, self.database.application, job, authority, Clock())
        await storage.close()

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
            elif word == "--data-binary":
                content = self.files[next(options).removeprefix("@")].encode()
            elif word in ("-o", ">"):
                next(options)
            elif word not in ("-s", "-i"):
                url = word.removeprefix("http://").replace("127.0.0.1", "localhost")
        assert url.startswith("localhost:8000/"), command
        self.requests += 1
        if "deliveries" in command or "/v1/events" in command:
            await self.database.settled()
        if job := JOB.search(url):
            await self._worked(UUID(job[1]))
        assert content is None or "content-type" in headers, f"{command}: refused with 415"
        method = method or ("POST" if content is not None else "GET")
        return await self.client.request(method, f"http://{url}", headers=headers, content=content)

    def _filled(self, word: str) -> str:
        return re.sub(r"\$([A-Z]+)", lambda found: self.known[found[1]], word)


def printed(program: str, given: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], input=given, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def requests_of(guide: str) -> Iterator[tuple[str, str | None]]:
    """Each with its answer; what stands in a block of `sh` has none."""
    for language, block in SHELL.findall(guide):
        if language == "sh":
            yield from ((line, None) for line in lines_of(block) if line.startswith("curl "))
        else:
            yield from commands_of(block)


def commands(guide: str) -> Iterator[tuple[str, str]]:
    for block in BLOCK.findall(guide):
        yield from commands_of(block)


def commands_of(block: str) -> Iterator[tuple[str, str]]:
    for command in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        asked, _, shown = command.partition("\n")
        yield asked, shown.strip()


def lines_of(block: str) -> list[str]:
    return [line.replace("\\\n", "") for line in re.split(r"\n(?! )", block.strip())]


def again(guide: str) -> str:
    """What of it can be done a second time: each section that does not say otherwise, if its beginning does not."""
    beginning, *sections = re.split(r"^(?=## )", guide, flags=re.MULTILINE)
    return "" if ONCE in beginning else beginning + "".join(each for each in sections if ONCE not in each)


def shown_answer(shown: str) -> Any:
    """`…` stands for a value, for the rest of a text, or for what is left out of an object or a list."""
    assert shown, "an answer belongs to each request"
    shown = re.sub(rf",\s*{ANYTHING}(?=\s*\])", f', "{LEFT_OUT}"', shown)
    shown = re.sub(rf",\s*{ANYTHING}(?=\s*\}})", f', "{LEFT_OUT}": null', shown)
    return json.loads(re.sub(rf":\s*{ANYTHING}", f': "{ANYTHING}"', shown))


def holds(shown: Any, real: Any) -> bool:
    """What is not shown is not there, unless `…` says that something is left out."""
    if isinstance(shown, dict):
        named = shown.keys() - {LEFT_OUT}
        if not isinstance(real, dict) or not named <= real.keys() or (named == shown.keys() != real.keys()):
            return False
        return all(holds(shown[name], real[name]) for name in named)
    if isinstance(shown, list):
        parts = [part for part in shown if part != LEFT_OUT]
        if not isinstance(real, list) or len(real) < len(parts) or (parts == shown and len(real) > len(parts)):
            return False
        return all(map(holds, parts, real))
    if isinstance(shown, str) and shown.endswith(ANYTHING):
        return shown == ANYTHING or (isinstance(real, str) and real.startswith(shown.removesuffix(ANYTHING)))
    return bool(shown == real)


async def test_the_first_requests_that_the_readme_has_one_copy_are_answered(
    client_of: Callable[..., httpx.AsyncClient], database: Database, token_of: Callable[..., str]
) -> None:
    block = next(each for each in BLOCK.findall(README) if "curl " in each)
    reader = Reader(client_of(), database, token_of)
    for command in lines_of(block):
        await reader.try_out(command)
    assert reader.requests == README.count("curl ") >= 6


async def test_the_administrator_is_shown_what_is_answered_while_the_issuer_is_down(
    application: Application, settings: Settings, database: Database, token_of: Callable[..., str]
) -> None:
    with listening() as provider:
        provider.status = 500
        served = Application(settings.model_copy(update={"issuers": (issuer_at(provider),)}), application.storage)
        await served.identities.open()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://test") as client:
            token = bearer(provider, tokens.Clock()).removeprefix("Bearer ")
            reader = Reader(client, database, token_of, {"TOKEN": token})
            for command, shown in commands(ADMINISTRATOR):
                await reader.follow(command, shown)
        await served.identities.close()
    assert reader.requests == ADMINISTRATOR.count("curl -s ") == 2


@pytest.mark.parametrize("guide", sorted(GUIDES))
async def test_every_request_of_a_guide_is_answered_as_it_says(
    guide: str, client_of: Callable[..., httpx.AsyncClient], database: Database, token_of: Callable[..., str]
) -> None:
    reader, text = Reader(client_of(), database, token_of), GUIDES[guide]
    for command, shown in requests_of(text):
        await reader.follow(command, shown)
    assert reader.requests == sum(block.count("curl ") for _, block in SHELL.findall(text))
    for command, shown in requests_of(again(text)):
        await reader.follow(command, shown)


def test_a_shortened_answer_still_has_to_be_true() -> None:
    real = {"a": [1, 2], "b": "long text", "c": None}
    whole = '{"a": [1, 2], "b": "long text", "c": null}'
    for shown in (whole, '{"a": [1, …], …}', '{"b": "long …", …}', '{"a": …, "b": …, "c": …}', '{"a": [1, 2], …}'):
        assert holds(shown_answer(shown), real), shown
    for wrong in ('{"a": [2, …], …}', '{"b": "short …", …}', '{"d": …, …}', '{"a": [], …}', '{"c": "x", …}'):
        assert not holds(shown_answer(wrong), real), wrong
    for more in ('{"a": [1, 2, 3], …}', '{"a": [1, 2, 3, …], …}', '{"a": [1, 2], "b": "long text", "c": null, "d": …}'):
        assert not holds(shown_answer(more), real), more
    for less in ('{"a": [1], …}', '{"a": [1, 2]}', '{"a": [1, 2], "b": …}'):
        assert not holds(shown_answer(less), real), f"{less}: that is not all, and no … says so"


@pytest.mark.parametrize("guide", sorted(ALL))
def test_a_guide_names_no_variable_that_it_has_not_set(guide: str) -> None:
    """Also in what is not run: a file that is sent, a letter to print."""
    known = {"TOKEN"}
    for _, block in SHELL.findall(ALL[guide]):
        for line in block.splitlines():
            assert set(NAMED.findall(line)) <= known, f"{line}: {set(NAMED.findall(line)) - known}"
            known |= set(SET.findall(line))


@pytest.mark.parametrize("guide", sorted(ALL))
def test_the_sections_of_a_guide_are_counted_without_gap(guide: str) -> None:
    numbers = [int(number) for number in re.findall(r"^## (\d+)\. ", ALL[guide], re.MULTILINE)]
    assert numbers in (list(range(len(numbers))), list(range(1, len(numbers) + 1)))


@pytest.mark.parametrize("guide", sorted(guide for guide, text in ALL.items() if "--json" in text))
def test_a_guide_that_needs_a_newer_curl_says_so(guide: str) -> None:
    """In itself, or where what one needs is listed."""
    assert "7.82" in README.partition("## Start")[2].partition("\n## ")[0]
    assert "7.82" in ALL[guide] or "(../README.md#start)" in ALL[guide]
