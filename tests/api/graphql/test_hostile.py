"""What is small to send and would be large to answer is refused, for what it is, before anything else is done."""

from collections.abc import AsyncIterator, Callable
from time import process_time
from typing import Any

import graphql as gql
import httpx
import pytest
from graphql.language.lexer import Lexer
from graphql.validation import OverlappingFieldsCanBeMergedRule
from hypothesis import given, settings
from hypothesis import strategies as st

from service.api.app import Application
from service.api.graphql import bounds
from service.api.graphql.merging import FieldsCanBeMerged
from service.bench.floods import ID, Flood, floods
from service.domain.errors import CATALOGUE
from service.settings import Settings
from service.storage.postgres import Storage
from tests.faces import GRAPHQL

pytestmark = pytest.mark.anyio

Client = Callable[..., httpx.AsyncClient]
FLOODS = list(floods())
SHARE = {"organisationId": ID, "share": "none"}


@pytest.fixture(scope="module")
async def without_database(settings: Settings, token_of: Callable[..., str]) -> AsyncIterator[httpx.AsyncClient]:
    """The service with no database behind it: whatever asks for one is answered with 503."""
    application = Application(settings, Storage("host=/nowhere"))
    headers = {"authorization": f"Bearer {token_of('case_worker')}", "accept": GRAPHQL}
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client


async def sent(client: httpx.AsyncClient, body: bytes) -> httpx.Response:
    return await client.post("/graphql", content=body, headers={"content-type": "application/json"})


@pytest.mark.parametrize("flood", FLOODS, ids=[each.name for each in FLOODS])
async def test_is_refused_before_anything_is_asked_of_the_database(
    without_database: httpx.AsyncClient, flood: Flood
) -> None:
    answer = await sent(without_database, flood.body)
    if flood.code == "too-large":  # not read at all, so that no face answers
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
        return
    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert {each["extensions"]["code"] for each in errors} == {flood.code}
    assert flood.code in CATALOGUE
    assert len(errors) <= 21
    assert "mean" not in answer.text, "no guesses at names"
    assert len(answer.content) < 20_000


async def test_whatever_does_ask_the_database_is_told_apart(without_database: httpx.AsyncClient) -> None:
    answer = await sent(without_database, b'{"query": "{ regions { nodes { id } } }"}')
    assert answer.status_code >= 500


@pytest.mark.parametrize("members", [9_000, 190])
async def test_a_body_of_members_that_nobody_knows_is_told_a_few_of_them(client_of: Client, members: int) -> None:
    """The same over REST, where a refusal names each place."""
    case = (await client_of("case_worker").get("/v1/cases?limit=1")).json()["items"][0]["id"]
    said = {f"statemend{number}": 1 for number in range(members)}
    answer = await client_of("case_worker").post(f"/v1/cases/{case}/goals", json=said)
    expected = (400, "malformed") if members > 200 else (422, "invalid-input")
    assert (answer.status_code, answer.json()["code"]) == expected
    assert len(answer.content) < 10_000


PORTAL = """
query Portal($first: Int = 100) {
  authorities { nodes { ...A } }
  regions(first: $first) { nodes { ...R socialSpaces(first: 20) { nodes { ...S } } } }
  here: socialSpaces(first: $first) { nodes { ...S ...T } pageInfo { ...P } }
  there: socialSpaces(first: 20, order: NAME_DESC) { nodes { ...S ...S } pageInfo { ...P } }
  municipalities(first: 200) { nodes { id name ags } pageInfo { ...P } }
  teams(first: $first) { nodes { id name socialSpace { ...S } } pageInfo { ...P } }
  minutesReleases(first: 50) { nodes { id title minutes heldAt themes(first: 20) { nodes { id title } } } }
  releasedFigures(first: 200) { nodes { asOf line approved booked } pageInfo { ...P } }
  figureReleases(first: 12) { nodes { id asOf reason } }
}
fragment A on Authority { id name }
fragment R on Region { id name validFrom authority { ...A } }
fragment S on SocialSpace { id name validFrom validTo authority { ...A }  }
fragment T on SocialSpace { shares(first: 5) { nodes { share municipality { name } } } }
fragment P on PageInfo { hasNextPage hasPreviousPage startCursor endCursor }
"""


async def test_the_large_query_of_a_portal_is_answered(client_of: Client) -> None:
    for body in ({"query": PORTAL}, {"query": PORTAL, "variables": {"first": 200}, "operationName": "Portal"}):
        answer = await client_of().post("/graphql", json=body, headers={"accept": GRAPHQL})
        assert answer.status_code == 200, answer.text
        told = answer.json()["data"]
        assert len(told["here"]["nodes"]) > 20
        assert all(told[name]["nodes"] for name in told)


async def test_the_query_with_which_every_tool_asks_for_the_schema_is_answered(client_of: Client) -> None:
    query = gql.get_introspection_query(input_value_deprecation=True, directive_is_repeatable=True)
    answer = await client_of("case_worker").post("/graphql", json={"query": query})
    assert gql.build_client_schema(answer.json()["data"]).query_type is not None


class TestTheAnonymous:
    @pytest.fixture
    async def outside(self, application: Application) -> AsyncIterator[httpx.AsyncClient]:
        """As it is run for real: not as in development, where everybody may see the schema."""
        strict = Settings(development=False, home=application.settings.home)
        transport = httpx.ASGITransport(Application(strict, application.storage))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", headers={"accept": GRAPHQL}
        ) as client:
            yield client

    @pytest.mark.parametrize("asked", ["__schema { types { name } }", '__type(name: "Goal") { fields { name } }'])
    async def test_are_not_told_the_schema(
        self, outside: httpx.AsyncClient, application: Application, asked: str
    ) -> None:
        prepared = application.compiler.prepared
        prepared.clear()
        for query in (f"{{ {asked} }}", f"{{ regions {{ nodes {{ id }} }} {asked} }}", f"{{ ... {{ a: {asked} }} }}"):
            answer = await outside.post("/graphql", json={"query": query})
            assert answer.json()["errors"][0]["extensions"]["code"] == "introspection-off"
            assert "data" not in answer.json()
        assert len(prepared) == 0, "nothing is kept of what is refused"

    @pytest.mark.parametrize(
        ("query", "variables"),
        [
            ("{ gol { id } }", {}),
            ("{ goals { nodes { statemen } } }", {}),
            ("{ goals(wher: 1) { nodes { id } } }", {}),
            ("{ goals(where: {stat: DRAFT}) { nodes { id } } }", {}),
            ("{ goals(where: {state: DRAF}) { nodes { id } } }", {}),
            ("{ ... on Querry { __typename } }", {}),
            ("query ($w: GoalFilte) { goals(where: $w) { nodes { id } } }", {}),
            ("query ($w: GoalFilter) { goals(where: $w) { nodes { id } } }", {"w": {"stat": "DRAFT"}}),
            ("query ($w: GoalFilter) { goals(where: $w) { nodes { id } } }", {"w": {"state": "DRAF"}}),
        ],
    )
    async def test_are_given_no_hints_at_names(
        self, outside: httpx.AsyncClient, query: str, variables: dict[str, Any]
    ) -> None:
        answer = await outside.post("/graphql", json={"query": query, "variables": variables})
        assert answer.status_code == 400
        assert "mean" not in answer.text
        assert not any(f"'{name}'" in answer.text for name in ("goal", "statement", "where", "state", "DRAFT"))


# ---------------------------------------------------------------------------- fields of one name

ZOO = gql.build_schema(
    """
    interface Animal { name: String age: Int parent: Animal list: [Animal] near(to: Int, like: Like): Animal }
    input Like { a: Int b: Int }
    type Cat implements Animal { name: String age: Int parent: Cat list: [Animal] near(to: Int, like: Like): Animal
                                 meows: Int! sound: String kin: [Cat!]! }
    type Dog implements Animal { name: String age: Int parent: Animal list: [Animal] near(to: Int, like: Like): Animal
                                 barks: Int sound: Int kin: [Dog!]! }
    union Pet = Cat | Dog
    type Query { pet: Pet animal: Animal cat: Cat dog: Dog }
    """
)
FIELDS = ("name", "age", "sound", "meows", "barks", "__typename", "near(to: 1)", "near(to: 2)", "near", "parent", "kin")
NEAR = ("near(like: {a: 1, b: 2})", "near(like: {b: 2, a: 1})", "list", "pet", "animal", "cat", "dog")


@st.composite
def selections(draw: st.DrawFn, depth: int = 3) -> str:
    """Anything, valid or not; few names, so that many meet."""
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.integers(0, 5))
        if kind == 0 and depth:
            on = draw(st.sampled_from(["", "on Cat", "on Dog", "on Animal", "on Pet"]))
            parts.append(f"... {on} {draw(selections(depth - 1))}")
        elif kind == 1:
            parts.append(f"...{draw(st.sampled_from('FGH'))}")
        else:
            alias = draw(st.sampled_from(["", "", "a: ", "b: "]))
            field = draw(st.sampled_from([*FIELDS, *NEAR]))
            leads = field.startswith(("near", "parent", "kin", "list", "pet", "animal", "cat", "dog"))
            parts.append(f"{alias}{field}" + (f" {draw(selections(depth - 1))}" if leads and depth else ""))
    return "{ " + " ".join(parts) + " }"


@st.composite
def documents(draw: st.DrawFn) -> str:
    """F spreads G and H, G spreads H: never in a circle, and each is used."""
    text = f"query {{ x: pet {{ ...F }} y: pet {{ ...G }} z: pet {{ ...H }} ... {draw(selections())} }}"
    for name, later in (("F", "GH"), ("G", "H"), ("H", "")):
        body = draw(selections(2))
        for other in "FGH":
            if other not in later:
                body = body.replace(f"...{other}", "name")
        text += f" fragment {name} on {draw(st.sampled_from(['Cat', 'Dog', 'Animal', 'Pet']))} {body}"
    return text


@settings(max_examples=100, deadline=None)
@given(documents())
def test_fields_of_one_name_are_one_or_refused_as_the_rule_of_graphql_says(text: str) -> None:
    """The rule of graphql-core compares each two of them; ours must say the same, and only be faster."""
    document = gql.parse(text)
    theirs = gql.validate(ZOO, document, [OverlappingFieldsCanBeMergedRule])
    assert bool(gql.validate(ZOO, document, [FieldsCanBeMerged])) is bool(theirs), text


EVERY_TOKEN = '{a(b:"x\\"y #{" c:"""q"" \\""" {""",d:-1.5e+3[$e]) # f {\n...g@h(i:!j|k&l)}'


@pytest.mark.parametrize("text", [PORTAL, EVERY_TOKEN, "{a\n#\n,,\ufeffb}"])
def test_tokens_are_counted_before_parsing_as_the_parser_counts_them(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lexer, tokens = Lexer(gql.Source(text)), 0
    token = lexer.token  # the chain begins here, comments and all
    while lexer.advance().kind is not gql.TokenKind.EOF:
        pass
    while token.next is not None and token.next.kind is not gql.TokenKind.EOF:
        token, tokens = token.next, tokens + 1
    monkeypatch.setattr(bounds, "MOST_TOKENS", tokens)
    bounds.check_text(text)
    monkeypatch.setattr(bounds, "MOST_TOKENS", tokens - 1)
    with pytest.raises(bounds.TooLarge):
        bounds.check_text(text)


@pytest.mark.parametrize("text", ['"' + '\\"' * 999 + "a" * 47_000, '"""' + '\n\\"""' * 500 + "a" * 46_000])
def test_a_string_without_end_is_read_once(text: str) -> None:
    """From each quotation mark in it anew, a thousand times fifty thousand characters take half a second."""
    assert bounds.check_text("{ it: " + text) == 4


async def test_what_is_wrong_is_told_as_often_as_it_is_asked_for(client_of: Client) -> None:
    """Each of fifty mistakes under many names, after each of ten changes: once one is done, nothing is refused."""
    years = [{"fiscalYear": 2000 + each, "amount": "none", "shares": [SHARE, SHARE]} for each in range(20)]
    names = [f"told{each}" for each in range(290)]
    changes = " ".join(f"change{each}: proposeBudgetFrame(input: $input) {{ ...Refused }}" for each in range(10))
    told = " ".join(f"{name}: detail" for name in names)
    query = f"mutation ($input: ProposeBudgetFrameInput!) {{ {changes} }}"
    query += f" fragment Refused on InvalidInput {{ errors {{ {told} }} }}"
    asked = {"query": query, "variables": {"input": {"authorityId": ID, "total": "1.00", "years": years}}}
    answer = await client_of("addressee").post("/graphql", json=asked)
    assert answer.status_code == 200, answer.text
    for refused in answer.json()["data"].values():
        assert len(refused["errors"]) == 50
        assert all(list(each) == names and len(set(each.values())) == 1 for each in refused["errors"])
    spent = list[float]()
    for _ in range(3):
        before = process_time()
        await client_of("addressee").post("/graphql", json=asked)
        spent.append(process_time() - before)
    assert min(spent) < 0.25
