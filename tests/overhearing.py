"""What is heard of people by whoever only keeps the service running: log lines, metrics, refusals, what is kept beside
the content, jobs, and PostgreSQL's own log. Names and words of people are sought in all of it."""

import json
import logging
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import structlog
from prometheus_client import REGISTRY, generate_latest

from service.api import logs
from service.domain.rows import APART, SECURED, Shape
from tests.conftest import LOG, Database

CONTRACT = Path(__file__).parent.parent / "openapi" / "openapi.json"
KEPT = ("event", "audit_entry", "audit_block", "receipt")  # what stays; a delivery is a transmission, with its words
JOBS = ("procrastinate.procrastinate_jobs", "procrastinate.procrastinate_events")
MORE = {("actor", "name"), ("theme", "concerns"), ("provider_record", "words"), ("dialogue_participant", "name")}
SHORTEST = 4  # letters of a name that can be told from the rest of a line
NAMING = ("name", "code")  # a single word of these says something; the code is somebody's way into a case
QUERY = "{"  # a GraphQL document, which is no text of anybody
WORD = re.compile(r"[^\W_]+")
ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f-]{27}")  # of a row, or a trace
SECRET = re.compile(r"/calendars/([^/.]+)")


@dataclass
class Witness:
    """Whatever went over the wire, and what was logged meanwhile. `before`: bytes of both logs that are older. `said`:
    every name, text and secret that somebody has sent, also where nothing came of it."""

    lines: BytesIO
    before: tuple[int, int]
    requests: list[httpx.Request] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    said: set[str] = field(default_factory=set)
    refusals: set[str] = field(default_factory=set)

    async def asked(self, request: httpx.Request) -> None:
        self.said.add(request.headers.get("authorization", "").partition(" ")[2])
        self.said.update(SECRET.findall(request.url.path))
        self.said.update(_texts(_parsed(request.content)) if request.content else ())

    async def kept(self, request: httpx.Request) -> None:
        self.requests.append(request)

    async def answered(self, response: httpx.Response) -> None:
        text = (await response.aread()).decode(errors="replace")
        self.answers[response.status_code] += 1
        self.refusals.update(ID.sub("", each) for each in _refused(response.status_code, text))

    def watch(self, client: httpx.AsyncClient, *, keep: bool = False) -> httpx.AsyncClient:
        asked = [self.asked, self.kept] if keep else [self.asked]
        client.event_hooks = {"request": asked, "response": [self.answered]}
        return client

    def heard(self, database: Database) -> dict[str, str]:
        """By where it stands."""
        rows = {table: database.rows(f"SELECT row_to_json(each)::text FROM {table} each") for table in (*KEPT, *JOBS)}
        ours, of_postgres = (
            self.lines.getvalue()[self.before[0] :],
            Path(os.environ[LOG]).read_bytes()[self.before[1] :],
        )
        return {
            "log": ours.decode(),
            "metrics": generate_latest(REGISTRY).decode(),
            "refusals": " ".join(sorted(self.refusals)),
            "PostgreSQL's log": of_postgres.decode(errors="replace"),
            **{table: " ".join(text for (text,) in found) for table, found in rows.items()},
        }


_STREAMS = list[BytesIO]()


@contextmanager
def witnessed() -> Iterator[Witness]:
    """Everything that is logged from here on, whatever it is worth. Begin it before the application is made, whose
    logger is bound once; within another one it hears the same lines."""
    if _STREAMS:
        yield _witness(_STREAMS[0])
        return
    stream, root = BytesIO(), logging.getLogger()
    level, before = root.level, root.handlers[:]
    logs.configure("DEBUG", stream)
    ours = root.handlers[:]
    _STREAMS.append(stream)
    try:
        yield _witness(stream)
    finally:
        _STREAMS.clear()
        root.handlers[:] = [*(each for each in root.handlers if each not in ours), *before]
        root.level = level
        logs.request_line.output = None
        structlog.reset_defaults()


def _witness(stream: BytesIO) -> Witness:
    return Witness(stream, (len(stream.getvalue()), Path(os.environ[LOG]).stat().st_size))


def nothing_personal(witness: Witness, database: Database) -> dict[str, str]:
    """Nobody's name and none of their words are heard anywhere. What was heard, by where."""
    values = personal(database) | sought(witness.said)
    assert len(values) > 100
    heard = witness.heard(database)
    assert heard["log"].count('"event":"request"') >= witness.answers.total() > 0
    found = {place: values_found for place, text in heard.items() if (values_found := told(values, text))}
    assert not found, found
    return heard


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
    names = (name for (name,) in database.rows("SELECT name FROM person"))
    return found | sought(part for name in names for part in (name, *name.split()))


def sought(values: Iterable[str]) -> set[str]:
    """What can be told from the rest of a line. A word of the contract by itself (a child who is called «Kind», as the
    key `kind`) says nothing about anybody."""
    return {each for each in values if len(each) >= SHORTEST and each.lower() not in vocabulary()}


@cache
def vocabulary() -> frozenset[str]:
    """What the contract calls its fields, states and kinds, by the word."""
    names = _names(json.loads(CONTRACT.read_text()))
    return frozenset(word for name in names for word in re.split(r"[\W_]+", name.lower()))


def told(values: set[str], text: str) -> set[str]:
    """Those that stand in a text, as they are or as JSON writes them. A name can be a part of an id: «edda» is one."""
    lower = text.lower()
    words = frozenset(WORD.findall(lower))
    return {each for each in values if _stands(each, lower, words)}


def _stands(value: str, text: str, words: frozenset[str]) -> bool:
    plain = value.lower()
    written = {json.dumps(value, ensure_ascii=ascii)[1:-1].lower() for ascii in (True, False)} - {plain}
    if words.issuperset(WORD.findall(plain)):
        written.add(plain)
    if " " in value:
        return any(each in text for each in written)
    return any(re.search(rf"(?<![\w-]){re.escape(each)}(?![\w-])", text) for each in written if each in text)


def _names(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from part
        yield from (each for each in part.get("enum", ()) if isinstance(each, str))
        part = list(part.values())
    for each in part if isinstance(part, list) else ():
        yield from _names(each)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _texts(said: Any, name: str = "") -> Iterator[str]:
    if isinstance(said, Mapping):
        for key, part in said.items():
            yield from _texts(part, key)
    elif isinstance(said, list):
        for part in said:
            yield from _texts(part, name)
    elif isinstance(said, str) and QUERY not in said and (" " in said.strip() or name in NAMING):
        yield said


def _refused(status: int, text: str) -> Iterator[str]:
    """Of GraphQL an answer can be a refusal in part."""
    if status >= 400:
        yield text
    elif '"code"' in text and '"data"' in text:
        yield from _problems(_parsed(text.encode()))


def _problems(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        if "code" in part and "message" in part:
            yield json.dumps(part)
        part = list(part.values())
    for each in part if isinstance(part, list) else ():
        yield from _problems(each)
