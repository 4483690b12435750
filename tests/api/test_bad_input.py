"""Whatever is sent, the answer is a typed refusal that says what to do: no 5xx, no echo, nothing half done."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest

from service import demo
from service.domain.errors import CATALOGUE
from service.domain.values import new_id
from tests.conftest import Database
from tests.faces import GRAPHQL, content

pytestmark = pytest.mark.anyio

Client = Callable[..., httpx.AsyncClient]
SECRET = "Klartext-4711"  # stands in every bad value that can hold it, and must not come back
JSON = {"content-type": "application/json"}
PATCHING = {"content-type": "application/merge-patch+json", "if-match": '"999"'}
DROPPING = {**JSON, "if-match": '"1"'}
CASE, GOAL, GOALS = f"/v1/cases/{demo.MAIN_CASE}", f"/v1/goals/{demo.MAIN_GOAL}", f"/v1/cases/{demo.MAIN_CASE}/goals"
STEPS = f"{GOAL}/steps"
NIL = UUID(int=0)
VERSION_4 = "6f1c24b5-2f0b-4b5a-8f5a-1d2e3f405162"
FOREIGN = demo.CUSTODIANS_CASE  # led by the same case worker: so its people exist for them, but not here


@pytest.fixture
def unchanged(database: Database) -> Iterator[None]:
    before = content(database)
    yield
    assert content(database) == before


def proposing(**other: Any) -> dict[str, Any]:
    return {"participant_id": str(demo.MAIN_ADDRESSEE), "statement": "Ein Ziel", **other}


def planning(**other: Any) -> dict[str, Any]:
    people = {"wanted_by_id": str(demo.MAIN_ADDRESSEE), "done_by_id": str(demo.MAIN_ADDRESSEE)}
    return {**people, "with_whom": "Bo", "how": "So", "due_on": "2027-01-31", "with_what": "Stift", **other}


def without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in body.items() if each != name}


@dataclass(frozen=True)
class Bad:
    """A request that cannot be right, and how it is refused."""

    why: str
    status: int
    code: str
    method: str
    path: str
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    named: str = ""  # the place that the refusal names

    def __str__(self) -> str:
        return self.why.replace(" ", "-")


def posted(why: str, status: int, code: str, body: Any, path: str = GOALS, named: str = "") -> Bad:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Bad(why, status, code, "POST", path, raw, JSON, named)


def refused(answer: httpx.Response, status: int, code: str, named: str = "") -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    problem = answer.json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"/problems/{code}")
    assert CATALOGUE[code].advice == problem["detail"]
    assert problem["trace_id"]
    assert answer.headers["cache-control"] == "no-store"
    assert SECRET not in json.dumps({**problem, "instance": ""})
    if named:
        places = {each.get("pointer") or each.get("parameter") for each in problem["errors"]}
        assert named in places, places
        assert all(each["detail"] for each in problem["errors"])


BODIES = [
    posted("an empty body", 400, "malformed", b""),
    posted("half a JSON text", 400, "malformed", b'{"statement": "' + SECRET.encode()),
    posted("two JSON texts", 400, "malformed", b"{}{}"),
    posted("a byte order mark", 400, "malformed", b"\xef\xbb\xbf{}"),
    posted("broken UTF-8", 400, "malformed", b'{"statement": "\xff"}'),
    posted("a surrogate as bytes", 400, "malformed", b'{"statement": "\xed\xa0\x80"}'),
    posted("a surrogate as escape", 400, "malformed", b'{"statement": "' + SECRET.encode() + b'\\ud800"}'),
    posted("UTF-16", 400, "malformed", '{"statement": "a"}'.encode("utf-16")),
    posted("gzip", 400, "malformed", b"\x1f\x8b\x08\x00\x00\x00\x00\x00"),
    posted("not a number", 400, "malformed", b'{"statement": NaN}'),
    posted("infinity", 400, "malformed", b'{"statement": -Infinity}'),
    posted("a number beyond all bounds", 400, "malformed", b'{"statement": 1e999}'),
    posted("an integer of 500 digits", 400, "malformed", b'{"statement": ' + b"9" * 500 + b"}"),
    posted("100,000 brackets", 400, "malformed", b"[" * 100_000),
    posted("70 levels", 400, "malformed", b'{"statement": ' + b"[" * 70 + b"]" * 70 + b"}"),
    posted("null", 422, "invalid-input", None, named="#"),
    posted("a list", 422, "invalid-input", [SECRET], named="#"),
    posted("a text", 422, "invalid-input", SECRET, named="#"),
    posted(
        "nothing that can be seen",
        422,
        "invalid-input",
        proposing(statement="\u200b\u2060 \ufeff"),
        named="#/statement",
    ),
    posted("a key twice", 400, "malformed", b'{"statement": "So", "statement": "' + SECRET.encode() + b'"}'),
    posted("a key twice inside", 400, "malformed", b'{"a": [{"b": 1, "b": 2}]}'),
    posted("U+0000", 422, "invalid-input", proposing(statement=f"{SECRET}\x00"), named="#/statement"),
    posted("a number for a text", 422, "invalid-input", proposing(statement=4711), named="#/statement"),
    posted("an object for a text", 422, "invalid-input", proposing(statement={"x": SECRET}), named="#/statement"),
    posted("only white space", 422, "invalid-input", proposing(statement=" \t\n "), named="#/statement"),
    posted("nothing in a text", 422, "invalid-input", proposing(statement=""), named="#/statement"),
    posted("a text that is too long", 422, "invalid-input", proposing(statement=SECRET * 1000), named="#/statement"),
    posted("a missing field", 422, "invalid-input", without(proposing(), "statement"), named="#/statement"),
    posted("an unknown field", 422, "invalid-input", proposing(remark=SECRET), named="#/remark"),
    posted("a field of the answer", 422, "invalid-input", proposing(state="agreed"), named="#/state"),
    posted("an unknown kind", 422, "invalid-input", proposing(kind=SECRET), named="#/kind"),
    posted("a day that is none", 422, "invalid-input", proposing(target_on="2027-02-30"), named="#/target_on"),
    posted("a year beyond all bounds", 422, "invalid-input", proposing(target_on="99999-01-01"), named="#/target_on"),
    posted("a malformed id", 422, "invalid-input", proposing(id=SECRET), named="#/id"),
    posted("the nil id", 422, "invalid-input", proposing(id=str(NIL)), named="#/id"),
    posted("an id of version 4", 422, "invalid-input", proposing(id=VERSION_4), named="#/id"),
    posted("nobody", 422, "invalid-input", proposing(participant_id=str(NIL)), named="#/participant_id"),
    posted("an audience without names", 422, "invalid-input", proposing(audience="named")),
    posted("51 people to hear", 422, "invalid-input", proposing(audience_of=[str(NIL)] * 51), named="#/audience_of"),
    *(
        posted(f"no {slot}", 422, "invalid-input", without(planning(), slot), STEPS, f"#/{slot}")
        for slot in ("wanted_by_id", "done_by_id", "with_whom", "how", "due_on", "with_what")
    ),
    posted("a line too long", 422, "invalid-input", planning(with_whom=SECRET * 20), STEPS, "#/with_whom"),
    posted(
        "a doer of another case",
        *(422, "invalid-input"),
        planning(done_by_id=str(demo.demo_id("participant", "Ein Sommer bis zur Ausbildung", "custodian"))),
        *(STEPS, "#/done_by_id"),
    ),
    posted("no code", 422, "invalid-input", {}, "/v1/enrolments", "#/code"),
    posted("a code that is none", 409, "code-refused", {"code": SECRET}, "/v1/enrolments"),
    posted("a code too long", 422, "invalid-input", {"code": SECRET * 5}, "/v1/enrolments", "#/code"),
    posted("no place", 422, "invalid-input", {"title": SECRET}, "/v1/cases"),
    posted(
        "born before 1900",
        *(422, "invalid-input", {"kind": "addressee", "name": SECRET, "born_on": "1899-12-31"}),
        *(f"{CASE}/participants", "#/born_on"),
    ),
    posted(
        "born tomorrow and later",
        *(422, "invalid-input", {"kind": "addressee", "name": SECRET, "born_on": "2999-01-01"}),
        *(f"{CASE}/participants", "#/born_on"),
    ),
    posted(
        "a moment without offset",
        *(422, "invalid-input"),
        {
            "actor_id": str(demo.PEOPLE["provider_worker"].actor_id),
            **{"parts": ["goals"], "purpose": "x", "legal_basis": "y", "valid_to": "2030-01-01T00:00:00"},
        },
        *(f"{CASE}/transmissions", "#/valid_to"),
    ),
]

MEDIA_TYPES = [
    Bad(f"a body as {kind or 'nothing'}", 415, "unsupported-media-type", "POST", GOALS, b"{}", kind and JSON | kind)
    for kind in (
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/merge-patch+json"},
        {"content-type": "application/json; charset=iso-8859-1"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "\x7f"},
    )
] + [
    Bad("a patch as plain JSON", 415, "unsupported-media-type", "PATCH", CASE, b"{}", PATCHING | JSON),
    Bad("a body where none is taken", 422, "invalid-input", "POST", f"{GOAL}/drop", b'{"x": 1}', DROPPING, "#"),
    Bad("broken bytes where none are taken", 422, "invalid-input", "POST", f"{GOAL}/drop", b"\xff", DROPPING, "#"),
]


def patched(why: str, status: int, code: str, version: str | None, body: Any = None) -> Bad:
    headers = {"content-type": "application/merge-patch+json"} | ({} if version is None else {"if-match": version})
    return Bad(why, status, code, "PATCH", CASE, json.dumps(body or {"title": "Neu"}).encode(), headers)


THERE = 3
"""The version of the case: another one was merged into it."""

VERSIONS = [
    patched("no version", 428, "version-required", None),
    patched("any version", 428, "version-required", "*"),
    patched("a stale version", 412, "version-stale", '"999"'),
    patched("several stale versions", 412, "version-stale", '"998", "999"'),
    patched("a weak version", 412, "version-stale", f'W/"{THERE}"'),
    patched("a version without quotes", 428, "version-required", f"{THERE}"),
    patched("a version written otherwise", 412, "version-stale", f'"0{THERE}"'),
    patched("a foreign tag", 412, "version-stale", f'"{SECRET}"'),
    patched("a version beyond all bounds", 412, "version-stale", '"99999999999999999999"'),
    patched("an empty If-Match", 412, "version-stale", ""),
    patched("half a tag", 428, "version-required", f'"{THERE}'),
    patched("null in a required slot", 422, "invalid-input", f'"{THERE}"', {"title": None}),
    patched("a state in a patch", 422, "invalid-input", f'"{THERE}"', {"state": "closed"}),
    patched("a patch that is a list", 422, "invalid-input", f'"{THERE}"', ["x"]),
]


def asked(why: str, path: str, status: int = 422, code: str = "invalid-input", named: str = "") -> Bad:
    return Bad(why, status, code, "GET", path, named=named)


def cursor(**places: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(places).encode()).decode()


ADDRESSES = [
    *(
        asked(f"limit {limit!r}", f"/v1/regions?limit={limit}", named="limit")
        for limit in ("0", "201", "-1", "x", "1e3", "1_0", "%2B1", "1.0", "%201", "%D9%A1")
    ),
    *(asked(f"limit {limit!r}", f"/v1/goals?limit={limit}", named="limit") for limit in ("", "9" * 30, "%00", "NaN")),
    asked("a parameter twice", "/v1/regions?limit=1&limit=2", named="limit"),
    asked("an unknown parameter", f"/v1/regions?{SECRET}={SECRET}", named="unknown"),
    *(
        asked(f"a parameter of {path}", f"{path}?{SECRET}={SECRET}", named="unknown")
        for path in ("/v1/me", GOAL, f"{GOAL}/explain", f"{GOAL}/transitions", f"/v1/regions/{demo.HACHINGER_TAL}")
    ),
    Bad(
        "a parameter of what is done", 422, "invalid-input", "POST", f"{GOAL}/drop?{SECRET}=1", b"", DROPPING, "unknown"
    ),
    asked("a parameter of elsewhere", f"/v1/regions?page={SECRET}", named="page"),
    asked("an unknown order", f"/v1/regions?sort={SECRET}", named="sort"),
    asked("an unknown value", f"/v1/goals?state={SECRET}", named="state"),
    asked("an id that is none", f"/v1/goals?case_id={SECRET}", named="case_id"),
    asked("U+0000 in a filter", "/v1/municipalities?ags=%00", named="ags"),
    asked("a cursor that is none", f"/v1/regions?after={SECRET}", named="after"),
    *(
        asked(
            f"a cursor of a moment out of all years ({moment[:4]})",
            f"/v1/minutes-releases?sort=held_at&after={cursor(held_at=moment, id=str(NIL))}",
            named="after",
        )
        for moment in ("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59")
    ),
    asked("a number for a day", "/v1/social-space-areas?on=1767225600", named="on"),
    asked("a moment for a day", "/v1/released-figures?as_of=2026-05-31T00:00:00Z", named="as_of"),
    asked("a cursor of U+0000", "/v1/regions?after=%00", named="after"),
    asked("a cursor of broken bytes", "/v1/regions?after=%ff", named="after"),
    asked("a cursor too long", f"/v1/regions?after={'A' * 2001}", named="after"),
    asked("a cursor of another list", f"/v1/steps?after={cursor(name='x', id=str(NIL))}", named="after"),
    asked("a cursor of another order", f"/v1/regions?sort=id&after={cursor(name='x')}", named="after"),
    asked(
        "a cursor of when cases were in another order",
        f"/v1/cases?after={cursor(opened_on='2026-01-05', id=str(NIL))}",
        named="after",
    ),
    asked("a cursor of a list", "/v1/regions?after=W10=", named="after"),
    asked("a cursor with U+0000 inside", f"/v1/regions?after={cursor(name=chr(0), id=str(NIL))}", named="after"),
    asked(
        "a cursor with half a surrogate", f"/v1/regions?after={cursor(name=chr(0xD800), id=str(NIL))}", named="after"
    ),
    asked("a malformed id", f"/v1/goals/{SECRET}", named="goal_id"),
    asked("an id in braces", f"/v1/goals/{{{demo.MAIN_GOAL}}}", named="goal_id"),
    asked("an id without dashes", f"/v1/goals/{demo.MAIN_GOAL.hex}", named="goal_id"),
    asked("an id of U+0000", "/v1/goals/%00", named="goal_id"),
    asked("an id of broken bytes", "/v1/goals/%ff", named="goal_id"),
    asked("a key of U+0000", "/v1/case-sketches/A%00", named="pseudonym"),
    asked("a key too long", f"/v1/case-sketches/{'A' * 300}", named="pseudonym"),
    asked("the nil id", f"/v1/goals/{NIL}", 404, "not-found"),
    asked("an unknown id", f"/v1/goals/{new_id()}", 404, "not-found"),
    asked("an id of another kind", f"/v1/goals/{demo.MAIN_CASE}", 404, "not-found"),
    asked("an unknown list", f"/v1/cases/{NIL}/goals", 404, "not-found"),
    asked("an unknown path", "/v1/nothing", 404, "no-such-path"),
    asked("a slash too many", "/v1/regions/", 404, "no-such-path"),
    asked("an address too long", f"/v1/regions?after={'A' * 9000}", 414, "address-too-long"),
    Bad("an unknown method", 501, "method-unknown", "BREW", "/v1/regions"),
    Bad("a method not taken", 405, "method-not-allowed", "DELETE", CASE),
    Bad("an unknown row to change", 404, "not-found", "POST", f"/v1/goals/{NIL}/agree", headers={"if-match": '"1"'}),
]


@pytest.mark.usefixtures("unchanged")
class TestRest:
    @pytest.mark.parametrize("bad", [*BODIES, *MEDIA_TYPES, *VERSIONS, *ADDRESSES], ids=str)
    async def test_is_refused(self, client_of: Client, bad: Bad) -> None:
        by = "addressee" if bad.path.endswith("/drop") else "case_worker"
        answer = await client_of(by).request(bad.method, bad.path, content=bad.content, headers=bad.headers)
        refused(answer, bad.status, bad.code, bad.named)
        if bad.status == 415:
            assert answer.json()["accepted"]
            assert ("accept-patch" in answer.headers) is (bad.method == "PATCH")
        if bad.status == 412:
            assert answer.json()["current"] >= 1

    async def test_whoever_may_not_learns_nothing_of_what_would_be_wrong(self, client_of: Client) -> None:
        """In this order: who you are, whether you see it and may, on which version, with what."""
        bad, stale = {"title": None}, PATCHING
        wrong = json.dumps(bad).encode()
        refused(await client_of().patch(CASE, content=wrong, headers=stale), 401, "unauthenticated")
        refused(await client_of("administrator").patch(CASE, content=wrong, headers=stale), 404, "not-found")
        refused(await client_of("addressee").patch(CASE, content=wrong, headers=stale), 403, "forbidden")
        without_version = {name: value for name, value in stale.items() if name != "if-match"}
        worker = client_of("case_worker")
        refused(await worker.patch(CASE, content=wrong, headers=without_version), 428, "version-required")
        refused(await worker.patch(CASE, content=wrong, headers=stale), 412, "version-stale")
        present = {**stale, "if-match": f'"{THERE}"'}
        refused(await worker.patch(CASE, content=wrong, headers=present), 422, "invalid-input")

    @pytest.mark.parametrize("twice", [("Content-Type", "text/plain"), ("Idempotency-Key", "2")])
    async def test_what_is_said_once_is_not_said_twice(self, client_of: Client, twice: tuple[str, str]) -> None:
        headers = [*JSON.items(), ("idempotency-key", "1"), twice]
        for path in (GOALS, "/graphql"):
            answer = await client_of("case_worker").post(path, content=b"{}", headers=headers)
            refused(answer, 400, "malformed")

    async def test_a_list_is_one_in_however_many_headers_it_comes(self, client_of: Client) -> None:
        worker, versions = client_of("case_worker"), [("if-match", '"998"'), ("if-match", f'"{THERE}"')]
        headers = [(name, value) for name, value in PATCHING.items() if name != "if-match"]
        answer = await worker.patch(CASE, content=b'{"title": null}', headers=headers + versions)
        refused(answer, 422, "invalid-input")
        accepted = [("accept", "text/html"), ("accept", "application/json")]
        told = await worker.post("/graphql", content=b'{"query": "{ __typename }"}', headers=[*JSON.items(), *accepted])
        assert told.json() == {"data": {"__typename": "Query"}}

    async def test_a_body_too_large_is_refused_by_its_announced_length(self, client_of: Client) -> None:
        answer = await client_of("case_worker").post(GOALS, content=b"x" * 9_000_000, headers=JSON)
        refused(answer, 413, "too-large")

    async def test_a_body_too_large_is_refused_without_an_announced_length(self, client_of: Client) -> None:
        async def endless() -> AsyncIterator[bytes]:
            for _ in range(9):
                yield b" " * 1_000_000

        answer = await client_of("case_worker").post(GOALS, content=endless(), headers=JSON)
        refused(answer, 413, "too-large")

    @pytest.mark.parametrize(
        "authorization",
        [
            "Basic amFzbmE6a2xhcnRleHQ=",
            "Bearer",
            "Bearer ",
            f"Bearer {SECRET}",
            f"Bearer {'a' * 20_000}",
            "Bearer a.b.c",
            "Token x",
            SECRET,
            "",
        ],
        ids=range(9),
    )
    async def test_whoever_sends_no_valid_token_is_nobody(self, client_of: Client, authorization: str) -> None:
        for path in ("/v1/me", "/v1/regions"):  # a wrong token is never taken for none
            answer = await client_of().get(path, headers={"authorization": authorization})
            refused(answer, 401, "unauthenticated")
            assert answer.headers["www-authenticate"].startswith("Bearer ")

    async def test_no_token_is_told_from_a_wrong_one(self, client_of: Client) -> None:
        answer = await client_of().get("/v1/me")
        refused(answer, 401, "unauthenticated")
        assert "invalid_token" not in answer.headers["www-authenticate"]

    async def test_tokens_that_expired_or_were_made_for_or_by_others(
        self, client_of: Client, forged: list[str]
    ) -> None:
        for token in forged:
            answer = await client_of().get("/v1/me", headers={"authorization": f"Bearer {token}"})
            refused(answer, 401, "unauthenticated")
            assert "invalid_token" in answer.headers["www-authenticate"]

    async def test_two_tokens_are_one_too_many(self, client_of: Client, token_of: Callable[..., str]) -> None:
        both = [("authorization", f"Bearer {token_of(role)}") for role in ("addressee", "case_worker")]
        answer = await client_of().get("/v1/me", headers=both)
        refused(answer, 401, "unauthenticated")

    async def test_a_valid_login_that_nobody_is_known_by(self, client_of: Client) -> None:
        refused(await client_of("nobody-at-all").get("/v1/me"), 403, "not-enrolled")
        answer = await client_of("nobody-at-all").post(GOALS, json=proposing())
        refused(answer, 403, "not-enrolled")


@pytest.fixture
def forged(token_of: Callable[..., str]) -> list[str]:
    good, now = token_of("case_worker"), int(time.time())
    head, claims, signature = good.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').rstrip(b"=").decode()
    other = token_of("administrator").split(".")[1]
    return [
        token_of("case_worker", iat=now - 7200, exp=now - 3600),
        token_of("case_worker", iat=now + 3600, exp=now + 7200),
        token_of("case_worker", exp=now + 400 * 86_400),
        token_of("case_worker", aud="elsewhere"),
        token_of("case_worker", iss="https://elsewhere.example"),
        token_of("case_worker", sub=""),
        f"{none}.{claims}.",
        f"{none}.{claims}.{signature}",
        f"{head}.{other}.{signature}",
        f"{head}.{claims}.{signature[::-1]}",
        f"{head}.{claims}",
        good[:-1],
    ]


# GraphQL

PROPOSE = """mutation ($on: UUID!, $input: ProposeGoalInput!) { it: proposeGoal(id: $on, input: $input) {
    __typename ... on Problem { code message advice } ... on InvalidInput { errors { pointer detail } } } }"""
CHANGE = """mutation ($on: UUID!, $version: Int!, $input: ChangeCaseInput!) {
    it: changeCase(id: $on, expectedVersion: $version, input: $input) {
    __typename ... on Problem { code message advice } ... on VersionStale { current } } }"""


def proposed(**other: Any) -> dict[str, Any]:
    return {"on": str(demo.MAIN_CASE), "input": {"participantId": str(demo.MAIN_ADDRESSEE), "statement": "x", **other}}


def changed(version: int, **other: Any) -> dict[str, Any]:
    return {"on": str(demo.MAIN_CASE), "version": version, "input": other}


NOT_RUN: list[tuple[str, str, dict[str, Any] | None, str]] = [
    ("a syntax error", f"{{ {SECRET}", None, "malformed"),
    ("an empty document", "", None, "malformed"),
    ("half a surrogate", '{ caseSketch(pseudonym: "\\ud800") { pseudonym } }', None, "malformed"),
    ("too many tokens", "{ regions { nodes { id } } }" * 500, None, "malformed"),
    (
        "too deep",
        "{ it: goals " + "{ nodes { case { goals " * 12 + "{ nodes { id } }" + "} } }" * 12 + "}",
        None,
        "malformed",
    ),
    ("an unknown field", "{ klartext }", None, "invalid-document"),
    ("an unknown argument", '{ regions(klartext: "x") { nodes { id } } }', None, "invalid-document"),
    ("a malformed id", f'{{ goal(id: "{SECRET}") {{ id }} }}', None, "invalid-document"),
    ("a malformed id by variable", "query ($id: UUID!) { goal(id: $id) { id } }", {"id": SECRET}, "invalid-input"),
    ("a missing variable", "query ($id: UUID!) { goal(id: $id) { id } }", {}, "invalid-input"),
    ("null for a needed one", "query ($id: UUID!) { goal(id: $id) { id } }", {"id": None}, "invalid-input"),
    (
        "an unknown value",
        "query ($s: GoalState) { goals(where: {state: $s}) { nodes { id } } }",
        {"s": SECRET},
        "invalid-input",
    ),
    ("a text for a number", "query ($n: Int) { regions(first: $n) { nodes { id } } }", {"n": SECRET}, "invalid-input"),
    ("a number too large", "query ($n: Int) { regions(first: $n) { nodes { id } } }", {"n": 10**15}, "invalid-input"),
    ("an unknown member", PROPOSE, proposed(remark=SECRET), "invalid-input"),
    ("a member missing", PROPOSE, {"on": str(demo.MAIN_CASE), "input": {"statement": SECRET}}, "invalid-input"),
    ("a number for a text", PROPOSE, proposed(statement=4711), "invalid-input"),
    ("an object for a text", PROPOSE, proposed(statement={"x": SECRET}), "invalid-input"),
    ("a day that is none", PROPOSE, proposed(targetOn=SECRET), "invalid-input"),
    ("a malformed id of mine", PROPOSE, proposed(id=SECRET), "invalid-input"),
    ("a version too large", CHANGE, changed(10**12, title="x"), "invalid-input"),
    *((f"first {n}", f"{{ regions(first: {n}) {{ nodes {{ id }} }} }}", None, "invalid-input") for n in (0, 201, -1)),
    *(
        (f"first {n}", f"{{ regions(first: {n}) {{ nodes {{ id }} }} }}", None, "invalid-document")
        for n in ('"x"', "1e3")
    ),
    ("a cursor that is none", f'{{ regions(after: "{SECRET}") {{ nodes {{ id }} }} }}', None, "invalid-input"),
    (
        "a cursor of another order",
        f'{{ regions(after: "{cursor(name="x")}") {{ nodes {{ id }} }} }}',
        None,
        "invalid-input",
    ),
    ("U+0000 in a key", '{ caseSketch(pseudonym: "\\u0000") { pseudonym } }', None, "invalid-input"),
    (
        "more than one may ask for",
        "{ goals(first: 200) { nodes { steps(first: 200) { nodes { goal { steps(first: 200) {nodes {id}} } } } } } }",
        None,
        "too-costly",
    ),
    (
        "two operations",
        "query A { regions { nodes { id } } } query B { regions { nodes { id } } }",
        None,
        "invalid-document",
    ),
    ("a subscription", "subscription { x }", None, "invalid-document"),
]

RUN: list[tuple[str, str, dict[str, Any], str]] = [
    ("U+0000", PROPOSE, proposed(statement=f"{SECRET}\x00"), "invalid-input"),
    ("only white space", PROPOSE, proposed(statement=" \t "), "invalid-input"),
    ("a text too long", PROPOSE, proposed(statement=SECRET * 1000), "invalid-input"),
    ("an id of version 4", PROPOSE, proposed(id=VERSION_4), "invalid-input"),
    ("the nil id", PROPOSE, proposed(id=str(NIL)), "invalid-input"),
    ("nobody", PROPOSE, proposed(participantId=str(NIL)), "invalid-input"),
    ("an unknown case", PROPOSE, proposed() | {"on": str(NIL)}, "not-found"),
    ("a stale version", CHANGE, changed(999, title="x"), "version-stale"),
    ("a version below all", CHANGE, changed(-1, title="x"), "version-stale"),
    ("null in a required slot", CHANGE, changed(THERE, title=None), "invalid-input"),
]  # fmt: skip


@pytest.mark.usefixtures("unchanged")
class TestGraphQL:
    @pytest.mark.parametrize(
        ("query", "variables", "code"), [each[1:] for each in NOT_RUN], ids=[n[0] for n in NOT_RUN]
    )
    async def test_what_cannot_be_run_is_refused_as_a_whole(
        self, client_of: Client, query: str, variables: dict[str, Any] | None, code: str
    ) -> None:
        asked = {"query": query, "variables": variables}
        answer = await client_of("case_worker").post("/graphql", json=asked, headers={"accept": GRAPHQL})
        assert (answer.status_code, answer.headers["content-type"]) == (400, f"{GRAPHQL}; charset=utf-8"), answer.text
        assert "data" not in answer.json()
        for error in answer.json()["errors"]:
            assert error["message"]
            assert error["extensions"]["code"] == code, error
            assert error["extensions"]["detail"]
            assert error["extensions"]["trace_id"]
        assert SECRET not in answer.text

    @pytest.mark.parametrize(("query", "variables", "code"), [each[1:] for each in RUN], ids=[each[0] for each in RUN])
    async def test_what_does_not_fit_is_a_member_of_the_outcome(
        self, client_of: Client, query: str, variables: dict[str, Any], code: str
    ) -> None:
        answer = await client_of("case_worker").post("/graphql", json={"query": query, "variables": variables})
        assert answer.status_code == 200
        outcome = answer.json()["data"]["it"]
        assert (outcome["code"], outcome["advice"]) == (code, CATALOGUE[code].advice)
        assert SECRET not in answer.text
        if code == "version-stale":
            assert outcome["current"] >= 1

    @pytest.mark.parametrize(
        ("body", "headers", "status", "code"),
        [
            (b"", JSON, 400, "malformed"),
            (b"{", JSON, 400, "malformed"),
            (b"\xff", JSON, 400, "malformed"),
            (b"[]", JSON, 400, "malformed"),
            (b"null", JSON, 400, "malformed"),
            (b"{}", JSON, 400, "malformed"),
            (b'{"query": 1}', JSON, 400, "malformed"),
            (b'{"query": "{__typename}", "variables": []}', JSON, 400, "malformed"),
            (b'{"query": "{__typename}", "operationName": 1}', JSON, 400, "malformed"),
            (b'{"query": "{__typename}", "extensions": 1}', JSON, 400, "malformed"),
            (b'{"query": "{__typename}", "extensions": false}', JSON, 400, "malformed"),
            (b'{"query": "{__typename}", "variables": {"a": NaN}}', JSON, 400, "malformed"),
            (b'{"query": "{__typename}", "variables": {"a": ' + b"[" * 70 + b"]" * 70 + b"}}", JSON, 400, "malformed"),
            (b'[{"query": "{__typename}"}]', JSON, 400, "malformed"),
            (b'{"query": "{__typename}"}', {}, 415, "unsupported-media-type"),
            (b'{"query": "{__typename}"}', {"content-type": "text/plain"}, 415, "unsupported-media-type"),
            (b"{__typename}", {"content-type": "application/graphql"}, 415, "unsupported-media-type"),
            (
                b'{"query": "{__typename}"}',
                {"content-type": "application/json; charset=iso-8859-1"},
                415,
                "unsupported-media-type",
            ),
        ],
        ids=range(18),
    )
    async def test_a_body_that_is_no_request(
        self, client_of: Client, body: bytes, headers: dict[str, str], status: int, code: str
    ) -> None:
        answer = await client_of("case_worker").post("/graphql", content=body, headers={**headers, "accept": GRAPHQL})
        assert answer.status_code == status, answer.text
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == code
        assert (error["extensions"]["detail"], error["extensions"]["type"]) == (
            CATALOGUE[code].advice,
            f"/problems/{code}",
        )
        assert error["extensions"]["trace_id"]

    async def test_wrong_tokens(self, client_of: Client, forged: list[str]) -> None:
        for token in [*forged, SECRET]:
            answer = await client_of().post(
                "/graphql", json={"query": "{ __typename }"}, headers={"authorization": f"Bearer {token}"}
            )
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer ")
            assert answer.json()["errors"][0]["extensions"]["code"] == "unauthenticated"

    async def test_the_public_changes_nothing(self, client_of: Client) -> None:
        answer = await client_of().post("/graphql", json={"query": PROPOSE, "variables": proposed()})
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "unauthenticated")

    async def test_a_body_too_large(self, client_of: Client) -> None:
        answer = await client_of("case_worker").post("/graphql", content=b"x" * 9_000_000, headers=JSON)
        refused(answer, 413, "too-large")


# Ids made by the client


class TestIds:
    async def test_the_same_again_is_the_first_outcome(self, client_of: Client, database: Database) -> None:
        said = proposing(id=str(new_id()))
        first = await client_of("case_worker").post(GOALS, json=said)
        after = content(database)
        again = await client_of("case_worker").post(GOALS, json=said)
        assert [first.status_code, again.status_code] == [201, 201]
        assert (again.json(), again.headers["location"]) == (first.json(), first.headers["location"])
        assert content(database) == after

    async def test_something_else_names_what_differs(self, client_of: Client, database: Database) -> None:
        said = proposing(id=str(new_id()))
        await client_of("case_worker").post(GOALS, json=said)
        before = content(database)
        other = said | {"statement": SECRET, "target_on": "2027-05-01"}
        answer = await client_of("case_worker").post(GOALS, json=other)
        refused(answer, 409, "id-reused")
        assert answer.json()["differs"] == ["statement", "target_on"]
        elsewhere = await client_of("case_worker").post(f"/v1/cases/{FOREIGN}/participants", json=person(said["id"]))
        refused(elsewhere, 409, "id-reused")
        assert {"on", "operation"} <= set(elsewhere.json()["differs"])
        assert content(database) == before

    async def test_an_id_that_somebody_else_has_used_is_taken(self, client_of: Client, database: Database) -> None:
        before = content(database)
        mine_already = await client_of("case_worker").post(GOALS, json=proposing(id=str(demo.MAIN_GOAL)))
        refused(mine_already, 409, "id-taken")
        elsewhere = database.rows("SELECT id FROM goal WHERE authority_id <> %s LIMIT 1", demo.AUTHORITY)[0][0]
        of_another_authority = await client_of("case_worker").post(GOALS, json=proposing(id=str(elsewhere)))
        refused(of_another_authority, 409, "id-taken")
        assert content(database) == before

    async def test_a_replay_is_authorised_again(self, client_of: Client, database: Database) -> None:
        case, access = new_id(), new_id()
        worker, provider = client_of("case_worker"), client_of("provider_worker")
        await worker.post("/v1/cases", json={"id": str(case), "social_space_id": str(demo.UNTERHACHING), "title": "x"})
        someone = new_id()
        await worker.post(f"/v1/cases/{case}/participants", json=person(str(someone)))
        code = await worker.post(f"/v1/participants/{someone}/enrolment-codes", json={})
        login = client_of(f"replaying-{case}")
        await login.post("/v1/enrolments", json={"code": code.json()["code"]})
        goal = new_id()
        said = {"id": str(goal), "participant_id": str(someone), "statement": "Ein Ziel"}
        await worker.post(f"/v1/cases/{case}/goals", json=said)
        await login.post(f"/v1/goals/{goal}/agree", headers={"if-match": '"1"'})
        actor = str(demo.PEOPLE["provider_worker"].actor_id)
        told = {"id": str(access), "actor_id": actor, "parts": ["goals", "steps"], "purpose": "x", "legal_basis": "y"}
        assert (await worker.post(f"/v1/cases/{case}/transmissions", json=told)).status_code == 201
        step = planning(id=str(new_id()), wanted_by_id=str(someone), done_by_id=str(someone))
        for _ in range(2):
            assert (await provider.post(f"/v1/goals/{goal}/steps", json=step)).status_code == 201
        await worker.post(f"/v1/case-accesses/{access}/end", headers={"if-match": '"1"'})
        before = content(database)
        refused(await provider.post(f"/v1/goals/{goal}/steps", json=step), 404, "not-found")
        assert content(database) == before

    @pytest.mark.parametrize("face", ["rest", "graphql"])
    async def test_eight_at_once_make_one_row(self, client_of: Client, database: Database, face: str) -> None:
        id, worker = new_id(), client_of("case_worker")

        async def once() -> Any:
            if face == "rest":
                return (await worker.post(GOALS, json=proposing(id=str(id)))).json()
            query = PROPOSE.replace("... on Problem", "... on Goal { id statement version } ... on Problem")
            return (await worker.post("/graphql", json={"query": query, "variables": proposed(id=str(id))})).json()

        answers = await asyncio.gather(*(once() for _ in range(8)))
        assert all(answer == answers[0] for answer in answers)
        assert str(id) in json.dumps(answers[0])
        assert database.rows("SELECT count(*) FROM goal WHERE id = %s", id) == [(1,)]
        assert database.rows("SELECT count(*) FROM event WHERE subject_id = %s", id) == [(1,)]

    async def test_eight_at_once_with_different_content_make_one_row_and_seven_refusals(
        self, client_of: Client, database: Database
    ) -> None:
        id, worker = new_id(), client_of("case_worker")
        bodies = [proposing(id=str(id), statement=f"Ziel {number}") for number in range(8)]
        answers = await asyncio.gather(*(worker.post(GOALS, json=body) for body in bodies))
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
        assert database.rows("SELECT count(*) FROM goal WHERE id = %s", id) == [(1,)]


def person(id: str) -> dict[str, Any]:
    return {"id": id, "kind": "addressee", "name": "Toni Beispielhof"}


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        (GOALS, {"content-encoding": "gzip"}, 415, "encoded-body"),
        (f"/v1/cases%2F{demo.MAIN_CASE}/goals", {}, 404, "no-such-path"),
    ],
)
async def test_nothing_is_read_other_than_it_was_sent(
    path: str, headers: dict[str, str], status: int, code: str, client_of: Client, unchanged: None
) -> None:
    answer = await client_of("case_worker").post(path, json=proposing(), headers=headers)
    refused(answer, status, code)
