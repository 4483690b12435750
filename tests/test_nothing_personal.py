"""Privacy in operation: the whole loop runs, each request is sent again in many wrong ways, and nothing that operators,
auditors or software on the other side get to see holds a word of anybody, or a name."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY, generate_latest

from service.domain.rows import APART, SECURED, Shape
from tests import test_eight_steps as eight_steps
from tests.conftest import Database

pytestmark = pytest.mark.anyio

KEPT = ("event", "audit_entry", "audit_block", "receipt")  # what stays; a delivery is a transmission, with its words
JOBS = ("procrastinate_jobs", "procrastinate_events")
MORE = {("actor", "name"), ("theme", "concerns"), ("provider_record", "words"), ("dialogue_participant", "name")}
SHORTEST = 4  # letters of a name that can be told from the rest of a line


@dataclass
class Witness:
    """Whatever went over the wire."""

    requests: list[httpx.Request] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)

    async def asked(self, request: httpx.Request) -> None:
        self.requests.append(request)

    async def answered(self, response: httpx.Response) -> None:
        self.answers.append((response.status_code, (await response.aread()).decode()))

    def watch(self, client: httpx.AsyncClient) -> httpx.AsyncClient:
        client.event_hooks = {"request": [self.asked], "response": [self.answered]}
        return client


@pytest.fixture
async def witness(client_of: Callable[..., httpx.AsyncClient], database: Database) -> Witness:
    """The loop at both faces; then each of its requests from whoever may not, and in ways that cannot be right."""
    witness = Witness()
    for face in ("rest", "graphql"):
        county = eight_steps.County(face, lambda *given: witness.watch(client_of(*given)))
        await eight_steps.test_from_a_point_on_the_map_to_a_figure_of_the_county(county, database)
    wrong = [request for request in witness.requests if request.content]
    for number, request in enumerate(wrong):
        headers = {name: request.headers[name] for name in ("content-type", "if-match") if name in request.headers}
        for who, content in list(spoiled(request.content))[number % 3 :: 3]:
            client = witness.watch(client_of(who))
            await client.request(request.method, request.url.raw_path.decode(), content=content, headers=headers)
    return witness


def spoiled(content: bytes) -> Iterator[tuple[str | None, bytes]]:
    """The same by nobody and by strangers; and by whoever may: torn, too long, of another type, with odd signs."""
    yield None, content
    yield "other_authority", content
    yield "never-seen", content
    said = json.loads(content)
    yield "case_worker", content[:-3]
    yield "case_worker", json.dumps([said]).encode()
    for change in (_longer, _listed, _odd):
        yield "case_worker", json.dumps(_each_text(said, change)).encode()


def _longer(text: str) -> str:
    return text * 400 if " " in text and "{" not in text else text


def _listed(text: str) -> Any:
    return [text] if " " in text and "{" not in text else text


def _odd(text: str) -> str:
    return f"{text}\x00" if " " in text and "{" not in text else text


def _each_text(said: Any, change: Callable[[str], Any]) -> Any:
    if isinstance(said, dict):
        return {name: _each_text(part, change) for name, part in said.items()}
    if isinstance(said, list):
        return [_each_text(part, change) for part in said]
    return change(said) if isinstance(said, str) else said


def personal(database: Database) -> set[str]:
    """Names and words of everybody in the county: each text of each case, and a few more."""
    columns = {
        (table.name, each.name)
        for table, (shape, _) in SECURED.items()
        if shape in (Shape.CASE, Shape.SHARED, Shape.INVITED, Shape.CIRCLE, *APART)
        for each in table.c
    }
    found = set[str]()
    for table, column in sorted(columns | MORE):
        kind = database.rows(
            "SELECT data_type FROM information_schema.columns WHERE table_name = %s AND column_name = %s", table, column
        )
        if kind in ([("text",)], [("character varying",)]):
            rows = database.rows(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")
            found |= {text for (text,) in rows if " " in text.strip()}
    names = database.rows("SELECT name FROM person")
    return found | {part for (name,) in names for part in name.split() if len(part) >= SHORTEST}


def told(values: set[str], text: str) -> set[str]:
    """Those that stand in a text, as they are or as JSON writes them. A name can be a part of an id: «edda» is one."""
    lower = text.lower()
    found = {each for each in values if each.lower() in lower or json.dumps(each)[1:-1].lower() in lower}
    return {each for each in found if " " in each or re.search(rf"(?<![\w-]){re.escape(each.lower())}(?![\w-])", lower)}


async def test_nobody_s_names_or_words_leave_the_answers(lines: BytesIO, witness: Witness, database: Database) -> None:
    values = personal(database)
    assert len(values) > 100
    answers = " ".join(text for status, text in witness.answers if status < 400)
    assert {"Beispielweg", "Ich schlafe durch."} <= told(values, answers), "or this search would find nothing anywhere"
    refusals = [text for status, text in witness.answers if status >= 400]
    assert len(refusals) > 100
    assert told(values, " ".join(refusals)) == set()
    logged = lines.getvalue().decode()
    assert logged.count('"event":"request"') >= len(witness.answers)
    assert told(values, logged) == set()
    assert told(values, generate_latest(REGISTRY).decode()) == set()
    for table in (*KEPT, *(f"procrastinate.{each}" for each in JOBS)):
        rows = database.rows(f"SELECT row_to_json(each)::text FROM {table} each")
        assert told(values, " ".join(text for (text,) in rows)) == set(), table
        assert rows or table not in ("event", "audit_entry", "receipt"), table
    assert all(status < 500 for status, _ in witness.answers)


async def test_a_name_that_is_logged_would_be_found(lines: BytesIO, database: Database) -> None:
    """As the service logs, a name cannot be; so one is written beside it."""
    lines.write(b'{"event":"request","route":"/v1/people/beispielweg"}\n')
    assert told({"Beispielweg", "Ich schlafe durch."}, lines.getvalue().decode()) == {"Beispielweg"}
