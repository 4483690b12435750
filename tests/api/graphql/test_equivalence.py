"""The compiled answer is that of a naive executor, keys in the same order: for any query, any reader, any language."""

import asyncio
import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import graphql as gql
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from service import demo
from service.api.app import Application
from service.api.graphql.compiler import Compiler, Refused
from service.domain.desk import Desk
from service.domain.errors import DomainError
from service.domain.values import Language
from service.storage.postgres import Storage
from tests.api.graphql.drawing import Draft
from tests.api.graphql.reference import Asked, Reference
from tests.conftest import Database, data_keys

pytestmark = pytest.mark.anyio
EXAMPLES = int(os.environ.get("EXAMPLES", "15"))
READERS: list[str | None] = [*demo.PEOPLE, None]
INSIDERS = ["case_worker", "addressee", "provider_worker"]  # who sees content
LISTS = (
    *("cases", "cases(order: PSEUDONYM_DESC)", "steps", "goals", "answers", "questions(order: POSITION_DESC)"),
    *("caseSketches", "municipalities(order: POPULATION_ASC)", "socialSpaces", "organisations", "grants", "nextSteps"),
)
ENCRYPTED = "one-case-at-a-time"  # where the naive way, which needs no key, shows all


@dataclass(frozen=True)
class Both:
    """The two ways to an answer."""

    compiler: Compiler
    storage: Storage
    reference: Reference

    async def compiled(
        self,
        role: str | None,
        query: str,
        variables: dict[str, Any] | None = None,
        language: Language = Language.DE,
        operation: str | None = None,
    ) -> str:
        """Its JSON in one spelling, or the code of its refusal."""
        try:
            document = self.compiler.document(query, operation)
            desk = self.desk(role)
            answer = await self.compiler.query(desk, document, variables or {}, language, introspection=True)
        except (Refused, DomainError) as refused:
            return code_of(refused)
        return json.dumps(json.loads(answer, object_pairs_hook=unrepeated)["data"])

    def naive(
        self,
        role: str | None,
        query: str,
        variables: dict[str, Any] | None = None,
        language: Language = Language.DE,
        operation: str | None = None,
    ) -> str:
        desk = self.desk(role)
        try:
            asked = Asked(gql.parse(query), desk.login, language, variables or {}, operation, desk.clock.today())
            return json.dumps(self.reference.answer(asked))
        except DomainError as refused:
            return code_of(refused)

    async def agree(self, role: str | None, query: str, variables: Any = None, **more: Any) -> Any:
        compiled, naive = (
            await self.compiled(role, query, variables, **more),
            self.naive(role, query, variables, **more),
        )
        if compiled == ENCRYPTED:
            return {}
        assert compiled == naive, f"{role} {query} {variables}"
        return json.loads(compiled) if compiled.startswith("{") else compiled

    def desk(self, role: str | None) -> Desk:
        return Desk(self.storage, demo.PEOPLE[role].login if role else None, "0" * 32)


def code_of(refused: Exception) -> str:
    return str(refused.errors[0]["extensions"]["code"] if isinstance(refused, Refused) else refused.code)  # type: ignore[attr-defined]


def unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)


@pytest.fixture(scope="module")
def reference(database: Database) -> Iterator[Reference]:
    reference = Reference(database.application)
    yield reference
    reference.close()


@pytest.fixture(scope="module")
def both(application: Application, reference: Reference) -> Both:
    return Both(application.compiler, application.storage, reference)


@pytest.fixture(scope="module")
async def values(both: Both, database: Database) -> dict[str, list[str]]:
    """What arguments are drawn from."""
    cursors = ["", "nonsense", "ä", cursor([]), cursor(["x", 3]), cursor({}), cursor({"id": "x"})]
    for listed in LISTS:
        for role in ("case_worker", "addressee", "administrator", "social_space_manager"):
            found = json.loads(await both.compiled(role, f"{{ it: {listed} {{ edges {{ cursor }} }} }}"))
            cursors += [edge["cursor"] for edge in found["it"]["edges"]][:2]
    tables = "authority region municipality social_space organisation actor case_file goal participant question answer"
    tables += " step membership access_grant case_access"
    ids = [
        str(id) for table in tables.split() for (id,) in database.rows(f"SELECT id FROM {table} ORDER BY id LIMIT 3")
    ]
    ids += [str(each) for each in (demo.MAIN_CASE, demo.MAIN_GOAL, demo.MAIN_STEP, demo.MAIN_QUESTION, demo.AUTHORITY)]
    ids += [str(demo.PEOPLE[role].actor_id) for role in ("case_worker", "addressee")]
    pseudonyms = [name for (name,) in database.rows("SELECT pseudonym FROM case_file ORDER BY pseudonym LIMIT 5")]
    texts = ["landkreis-muenchen", "09184148", "'; --", 'ü\U0001f600\\"', "a\x00", *pseudonyms]
    days = [str(day) for (day,) in database.rows("SELECT DISTINCT as_of FROM figure_release ORDER BY as_of LIMIT 3")]
    return {"UUID": ids, "cursor": cursors, "String": texts, "Date": [*days, "2026-02-28", "2100-01-01", "1900-01-01"]}


def cursor(places: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(places).encode()).decode()


@pytest.fixture(scope="module")
async def loop(both: Both) -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


@pytest.mark.usefixtures("anyio_backend")
@pytest.mark.parametrize("examples", [EXAMPLES, pytest.param(10 * EXAMPLES, marks=pytest.mark.walk)])
def test_any_query(both: Both, values: dict[str, list[str]], loop: asyncio.AbstractEventLoop, examples: int) -> None:
    """Hypothesis draws outside of the loop: what it raises to end an example would end anyio's runner, too."""

    @settings(
        max_examples=examples,
        derandomize=examples == EXAMPLES,  # `make test` says the same every time, more examples are others each time
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data(), role=st.sampled_from([*READERS, *INSIDERS * 5]), language=st.sampled_from(list(Language)))
    def compare(data: st.DataObject, role: str | None, language: Language) -> None:
        query, variables = Draft(data.draw, both.compiler.types, values).document()
        assume(not gql.validate(both.compiler.types, gql.parse(query)))
        compiled = loop.run_until_complete(both.compiled(role, query, variables, language))
        event(compiled if not compiled.startswith("{") else "compiled")
        if compiled not in ("too-costly", ENCRYPTED):  # of which the naive one knows nothing
            naive = both.naive(role, query, variables, language)
            # Where two things are wrong at once, either may be told.
            assert _refusal(compiled) == _refusal(naive), f"{role} {language} {query} {variables}"
            # Once more, now that the plan is there.
            assert compiled == loop.run_until_complete(both.compiled(role, query, variables, language))

    compare()


def _refusal(told: str) -> str:
    return "invalid-input" if told.startswith("coordinates-") else told


PARTS = 30
EVERYTHING = "cases caseSketches steps goals answers questions participants nextSteps caseAccesses actors grants staff"


@pytest.mark.parametrize(
    ("role", "secured"),
    [
        *((role, True) for role in READERS if role not in ("second_case_worker", "second_administrator")),
        *((role, False) for role in ("addressee", "provider_worker", "administrator")),
    ],
)
@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.walk) for part in range(1, PARTS, 3))])
async def test_every_field_of_every_list(
    both: Both, application: Application, database: Database, role: str | None, secured: bool, part: int
) -> None:
    """Also for a superuser, whom row-level security does not hold: the rules of the statement are enough. Each role
    asks a thirtieth of the lists, another than the role before; a third of them in `make walk`, so that each list is
    asked by a third of the roles."""
    query_type = both.compiler.types.query_type
    assert query_type
    lists = {name: each for name, each in query_type.fields.items() if "first" in each.args}
    turn = list(READERS).index(role) + part
    lists = {name: each for number, (name, each) in enumerate(lists.items()) if (number + turn) % PARTS == 0}
    if not secured:
        unsecured = await Storage(database.superuser, read_connections=1, keys=data_keys()).open()
        both = Both(application.compiler, unsecured, Reference(database.superuser))
    found: dict[str, Any] = {}
    for name, each in lists.items():
        node: Any = gql.get_named_type(gql.get_named_type(each.type).fields["nodes"].type)
        place = "longitude: 11.617404, latitude: 48.065859, " if "longitude" in each.args else ""
        found |= await both.agree(
            role, f"{{ {name}({place}first: 4) {{ nodes {whole(node, 1)} pageInfo {PAGE_INFO} }} }}"
        )
    content = {name for name in EVERYTHING.split() if name in found and found[name]["nodes"]}
    assert role is not None or not content
    if not secured:
        both.reference.close()
        await both.storage.close()


PAGE_INFO = "{ hasNextPage hasPreviousPage startCursor endCursor }"


def whole(type_: gql.GraphQLObjectType, depth: int) -> str:
    parts = ["__typename"]
    for name, each in type_.fields.items():
        target = gql.get_named_type(each.type)
        if not isinstance(target, gql.GraphQLObjectType):
            parts.append(name)
        elif name in ("transitions", "fields"):
            parts.append(f"{name} {whole(target, 0)}")
        elif depth and "first" in each.args:
            node: Any = gql.get_named_type(target.fields["nodes"].type)
            parts.append(f"{name}(first: 2) {{ nodes {whole(node, depth - 1)} pageInfo {PAGE_INFO} }}")
        elif depth:
            parts.append(f"{name} {whole(target, depth - 1)}")
    return "{ " + " ".join(parts) + " }"


SAME_LIST_TWICE = """{
    old: cases(first: 2) { nodes { pseudonym openedOn } }
    new: cases(first: 3, order: OPENED_ON_DESC) { nodes { openedOn pseudonym } pageInfo { endCursor hasNextPage } }
    active: cases(where: {state: ACTIVE}) { edges { cursor node { state } } }
}"""
FRAGMENTS = """query { cases(first: 2) { ...Facts ...Rows ...Facts } }
fragment Facts on CaseConnection { pageInfo { ...Ends } ... { pageInfo { hasNextPage } } }
fragment Ends on PageInfo { startCursor endCursor }
fragment Rows on CaseConnection { nodes { id ...Goals } edges { node { title } } }
fragment Goals on Case { goals(first: 1) { nodes { statement steps { nodes { how goal { statement } } } } } }"""
MERGED = """{
    cases(first: 2) { nodes { id goals { nodes { id } } } }
    cases(first: 2) { nodes { title goals { pageInfo { endCursor } nodes { state id } } } }
}"""
DIRECTIVES = """query ($on: Boolean!, $off: Boolean! = false) {
    me @include(if: $on) { id name @skip(if: $on) kind @include(if: $off) ... @include(if: $on) { authorityId } }
    cases(first: 1) @skip(if: $on) { nodes { id } }
    ...More @include(if: $off)
}
fragment More on Query { steps { nodes { id } } }"""
NULLS = """query ($none: UUID, $state: CaseState, $where: CaseFilter, $order: CaseOrder, $after: String) {
    a: cases(first: 3, where: {socialSpaceId: null, state: null}) { nodes { id } }
    b: cases(first: 3, where: {socialSpaceId: $none, state: $state}, after: $after) { nodes { id } }
    c: cases(first: 3, where: $where, order: $order) { nodes { id } }
    d: cases(first: 3, where: null, order: null, after: null) { nodes { id } pageInfo { hasPreviousPage } }
}"""
LABELS = "{ nextSteps { nodes { until stateLabel state } } questions { nodes { text numeral } } }"
DERIVED = """{
    cases(first: 3) { nodes { id withheld title transitions { operation possible possibleIn missing obstacles }
                              fields { field shown missing } other: transitions { action } } }
    participants(first: 5) { nodes { name bornOn language withheld fields { __typename shown } } }
}"""
ROOTS = """query ($case: UUID!) {
    __typename me { id } case(id: $case) { id title } again: case(id: $case) { concern }
    unknown: case(id: "00000000-0000-7000-8000-000000000000") { id }
    answer(id: "00000000-0000-7000-8000-000000000000") { id }
    regions { nodes { name municipalities(first: 2) { nodes { longitude region { name } shares { nodes { share } } } }
    } }
}"""
NOTHING_BUT_NAMES = """{ socialSpaces(first: 1) { nodes { __typename } pageInfo { hasNextPage } }
    cases(first: 2) { nodes { __typename goals(first: 1) { nodes { __typename } pageInfo { hasNextPage } } }
    pageInfo { hasNextPage } } }"""
OWN_NAMES = """{ answer: __typename root_0: me { o_0: id o_1: id o_2: name me: id }
    n: cases(first: 2) { nodes { n_1: id n_2: id page_0: id row_0: id n_3: title } edges { o_4: cursor o_5: cursor } }
}"""


class TestExamples:
    @pytest.mark.parametrize("role", ["case_worker", "addressee", "provider_worker", "administrator", None])
    @pytest.mark.parametrize(
        "query", [SAME_LIST_TWICE, FRAGMENTS, MERGED, DERIVED, OWN_NAMES, LABELS, NOTHING_BUT_NAMES, "{ __typename }"]
    )
    async def test_for_everybody(self, both: Both, query: str, role: str | None) -> None:
        await both.agree(role, query)

    async def test_aliases_of_one_list_with_other_arguments_are_other_lists(self, both: Both) -> None:
        found = await both.agree("case_worker", SAME_LIST_TWICE)
        assert [len(found[name]["nodes"]) for name in ("old", "new")] == [2, 3]
        assert found["old"]["nodes"][0]["openedOn"] < found["new"]["nodes"][0]["openedOn"]

    async def test_fields_in_the_order_in_which_they_were_first_named(self, both: Both) -> None:
        found = await both.agree("case_worker", MERGED)
        node = found["cases"]["nodes"][0]
        assert list(node) == ["id", "goals", "title"]
        assert list(node["goals"]) == ["nodes", "pageInfo"]

    @pytest.mark.parametrize("on", [True, False])
    async def test_directives_by_variable(self, both: Both, on: bool) -> None:
        found = await both.agree("case_worker", DIRECTIVES, {"on": on})
        assert found == ({"me": {"id": found["me"]["id"], "authorityId": str(demo.AUTHORITY)}} if on else found)
        assert list(found) == (["me"] if on else ["cases"])
        assert list(await both.agree("case_worker", DIRECTIVES, {"on": on, "off": True})) == [*found, "steps"]

    @pytest.mark.parametrize(
        "given",
        [
            {},
            {"none": None, "state": None, "where": None, "order": None, "after": None},
            {"state": "ACTIVE", "where": {"state": "CLOSED"}, "order": "PSEUDONYM_DESC"},
            {"where": {"state": None, "fieldOfAction": "YOUTH_WELFARE"}, "order": "OPENED_ON_ASC"},
        ],
    )
    async def test_null_is_no_filter(self, both: Both, given: dict[str, Any]) -> None:
        found = await both.agree("case_worker", NULLS, given)
        assert [len(found[name]["nodes"]) for name in ("a", "d")] == [3, 3]

    async def test_an_order_by_variable_is_not_that_of_an_earlier_request(self, both: Both) -> None:
        query = "query ($order: CaseOrder) { cases(first: 5, order: $order) { nodes { id } } }"
        orders = ("OPENED_ON_ASC", "OPENED_ON_DESC", "PSEUDONYM_ASC", "PSEUDONYM_DESC", "ID_ASC", "ID_DESC", None)
        found = [await both.agree("case_worker", query, {"order": order}) for order in orders]
        assert len({str(each) for each in found[:6]}) > 3

    async def test_a_plan_made_for_one_value_answers_for_another(self, both: Both) -> None:
        query = "query ($id: UUID!) { case(id: $id) { id goals { nodes { caseId } } } }"
        cases = await both.agree("case_worker", "{ cases { nodes { id } } }")
        for node in cases["cases"]["nodes"][:4]:
            assert (await both.agree("case_worker", query, node))["case"]["id"] == node["id"]

    async def test_several_roots(self, both: Both) -> None:
        found = await both.agree("addressee", ROOTS, {"case": str(demo.MAIN_CASE)})
        assert (found["case"]["id"], found["unknown"], found["answer"]) == (str(demo.MAIN_CASE), None, None)

    async def test_one_answer_under_the_name_that_the_statement_could_have_used(self, both: Both) -> None:
        (listed, *_) = (await both.agree("addressee", "{ answers { nodes { id } } }"))["answers"]["nodes"]
        found = await both.agree("addressee", "query ($id: UUID!) { answer(id: $id) { id words } }", listed)
        assert found["answer"]["id"] == listed["id"]

    @pytest.mark.parametrize("field", ["hasNextPage", "hasPreviousPage", "startCursor", "endCursor", "__typename"])
    async def test_facts_of_a_page_alone(self, both: Both, field: str) -> None:
        for arguments in ("(first: 1)", "(first: 200)", "(where: {caseId: null})"):
            await both.agree("case_worker", f"{{ goals{arguments} {{ pageInfo {{ {field} }} }} }}")
        await both.agree(None, f"{{ goals {{ pageInfo {{ {field} }} }} }}")

    async def test_typenames_alone(self, both: Both) -> None:
        found = await both.agree("case_worker", "{ __typename cases { __typename } me { __typename } }")
        assert found == {"__typename": "Query", "cases": {"__typename": "CaseConnection"}, "me": {"__typename": "Me"}}
        await both.agree("case_worker", "{ cases { edges { __typename } nodes { goals { __typename } } } }")

    async def test_the_schema_s_own_fields_beside_data(self, both: Both) -> None:
        query = """query Q($name: String!, $no: Boolean!) { me { id } __schema { queryType { name ...N } }
            cases(first: 1) { nodes { id } } __type(name: $name) { kind fields @skip(if: $no) { name } }
            again: me { name } } fragment N on __Type { kind }"""
        for no in (True, False):
            found = await both.agree("case_worker", query, {"name": "Case", "no": no})
            assert list(found) == ["me", "__schema", "cases", "__type", "again"]

    async def test_a_list_inside_a_list_goes_on_from_its_own_cursor(self, both: Both) -> None:
        query = """query ($case: UUID!, $after: String) { case(id: $case) {
            questions(first: 2, after: $after) { nodes { position } pageInfo { hasNextPage endCursor } } } }"""
        seen: list[int] = []
        variables: dict[str, Any] = {"case": str(demo.MAIN_CASE)}
        for _ in range(4):
            page = (await both.agree("addressee", query, variables))["case"]["questions"]
            seen += [node["position"] for node in page["nodes"]]
            assert page["pageInfo"]["hasNextPage"] is (len(seen) < 7)
            variables["after"] = page["pageInfo"]["endCursor"]
        assert seen == [1, 2, 3, 4, 5, 6, 7]

    @pytest.mark.parametrize("order", ["ID_ASC", "ID_DESC", "NAME_ASC", "NAME_DESC", "POPULATION_DESC", "AGS_ASC"])
    async def test_page_by_page_is_the_whole_list(self, both: Both, order: str) -> None:
        query = """query ($order: MunicipalityOrder, $after: String, $first: Int! = 8) {
            municipalities(first: $first, order: $order, after: $after) { edges { cursor node { name } }
            pageInfo { hasNextPage endCursor } } }"""
        listed = await both.agree(None, query, {"order": order, "first": 200})
        edges: list[Any] = []
        variables: dict[str, Any] = {"order": order}
        while variables.get("after", "") is not None:
            page = (await both.agree(None, query, variables))["municipalities"]
            edges += page["edges"]
            variables["after"] = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
        assert edges == listed["municipalities"]["edges"]
        assert len(edges) == 29

    async def test_operations_are_chosen_by_name(self, both: Both) -> None:
        query = """query A { me { id } } query B($n: Int! = 2) { cases(first: $n) { nodes { ...C } } }
                   fragment C on Case { id }"""
        assert list(await both.agree("case_worker", query, operation="A")) == ["me"]
        assert len((await both.agree("case_worker", query, operation="B"))["cases"]["nodes"]) == 2
        assert await both.compiled("case_worker", query) == "invalid-document"
        assert await both.compiled("case_worker", query, operation="C") == "invalid-document"

    async def test_each_language_has_its_own_labels(self, both: Both) -> None:
        found = [await both.agree("addressee", LABELS, language=language) for language in Language]
        assert len({each["nextSteps"]["nodes"][0]["until"] for each in found}) == 3
        assert len({each["questions"]["nodes"][0]["text"] for each in found}) >= 2

    async def test_what_is_withheld_is_null_and_named(self, both: Both) -> None:
        query = "query ($id: UUID!) { case(id: $id) { title concern withheld } }"
        main = {"id": str(demo.MAIN_CASE)}
        found = await both.agree("provider_worker", query, main)
        assert found["case"] == {"title": None, "concern": None, "withheld": ["title", "concern"]}
        found = await both.agree("addressee", query, main)
        assert found["case"]["withheld"] == []
        assert found["case"]["title"]


class TestRefusals:
    @pytest.mark.parametrize("first", [0, 201, -1])
    @pytest.mark.parametrize(
        "query", ["{ cases(first: %s) { nodes { id } } }", "{ me { grants(first: %s) { __typename } } }"]
    )
    async def test_pages_have_1_to_200_rows(self, both: Both, query: str, first: int) -> None:
        assert await both.agree("case_worker", query % first) == "invalid-input"
        assert await both.agree(None, query % first) == "invalid-input"

    @pytest.mark.parametrize("first", [0, 201])
    async def test_also_by_variable_and_only_where_the_list_is_asked_for(self, both: Both, first: int) -> None:
        query = (
            "query ($n: Int!, $off: Boolean! = false) { cases(first: $n) @skip(if: $off) { nodes { id } } me { id } }"
        )
        assert await both.agree("case_worker", query, {"n": first}) == "invalid-input"
        assert list(await both.agree("case_worker", query, {"n": first, "off": True})) == ["me"]

    @pytest.mark.parametrize(
        "bad", ["", "nonsense", "ä", "!!", "e30=", "bnVsbA==", cursor([1]), cursor({"id": 3}), cursor({"x": "y"})]
    )
    async def test_what_is_no_cursor(self, both: Both, bad: str) -> None:
        query = "query ($after: String) { goals(after: $after) { nodes { id } } }"
        assert await both.agree("case_worker", query, {"after": bad}) == "invalid-input"

    async def test_a_cursor_is_good_for_its_order_only(self, both: Both) -> None:
        query = "query ($order: CaseOrder, $after: String) { cases(order: $order, after: $after) { edges { cursor } } }"
        of = {}
        for order in ("OPENED_ON_ASC", "PSEUDONYM_ASC", "ID_ASC"):
            found = await both.agree("case_worker", query, {"order": order})
            of[order] = found["cases"]["edges"][1]["cursor"]
        for order in of:
            for other, place in of.items():
                found = await both.agree("case_worker", query, {"order": order, "after": place})
                assert (found == "invalid-input") is (order != other)

    @pytest.mark.parametrize("population", ["99999999999999999999", "-2147483649", "1.5", "x"])
    async def test_a_forged_cursor_is_no_failure(self, both: Both, population: str) -> None:
        forged = cursor({"population": population, "id": str(demo.MAIN_CASE)})
        query = "query ($after: String) { municipalities(order: POPULATION_ASC, after: $after) { nodes { id } } }"
        assert await both.compiled(None, query, {"after": forged}) == "invalid-input"

    @pytest.mark.parametrize(
        "query", ["municipalities(where: {ags: $a}) { nodes", "caseSketch(pseudonym: $a) { a: __typename x: "]
    )
    async def test_a_text_that_no_database_can_hold(self, both: Both, query: str) -> None:
        name = "{ id } }" if "nodes" in query else "pseudonym }"
        text = f"query ($a: String!) {{ {query} {name} }}"
        assert await both.agree("case_worker", text, {"a": "\x00"}) == "invalid-input"

    @pytest.mark.parametrize("alias", ["a" * 64, "b" * 200])
    @pytest.mark.parametrize(
        "query", ["{ %s: me { id } }", "{ cases { nodes { %s: id } } }", "{ cases { %s: pageInfo { __typename } } }"]
    )
    async def test_an_alias_longer_than_a_name_of_postgresql(self, both: Both, query: str, alias: str) -> None:
        assert await both.compiled("case_worker", query % alias) == "invalid-document"
        assert alias[:63] in json.dumps(await both.agree("case_worker", query % alias[:63]))
