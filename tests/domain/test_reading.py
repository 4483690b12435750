"""What one reading statement promises: it answers, puts on record what it told, and keeps no right longer than it is
held."""

import base64
import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import psycopg
import pytest
from pydantic import BaseModel, Field

from service import demo
from service.api.app import Application
from service.api.graphql.compiler import Compiler
from service.domain.cases import policy
from service.domain.cases.model import Case
from service.domain.cases.views import CaseView
from service.domain.desk import Desk
from service.domain.policy import EVERYONE
from service.domain.spaces.model import SocialSpace
from service.domain.spaces.views import SocialSpaceView
from service.domain.values import Language
from service.domain.views import VIEWS, Arguments, Many, Shown, link, view
from service.storage.postgres import Storage
from tests.conftest import Database

pytestmark = pytest.mark.anyio
MAIN = str(demo.MAIN_CASE)
Client = Callable[..., httpx.AsyncClient]


class Counted:
    """A storage that knows how many statements it ran."""

    def __init__(self, storage: Storage) -> None:
        self.storage, self.statements = storage, list[str]()

    async def read(self, sql: str, values: Any) -> Any:
        self.statements.append(sql)
        return await self.storage.read(sql, values)


@dataclass
class Looks:
    """Asks, and says what of it stands on record."""

    compiler: Compiler
    storage: Any
    database: Database

    async def __call__(self, role: str | None, query: str, **variables: Any) -> tuple[Any, list[dict[str, Any]]]:
        trace = uuid4().hex
        desk = Desk(self.storage, demo.PEOPLE[role].login if role else None, trace)
        document = self.compiler.document(query, None)
        body = await self.compiler.query(desk, document, variables, Language.DE, introspection=False)
        return json.loads(body)["data"], self.recorded(trace)

    def recorded(self, trace: str) -> list[dict[str, Any]]:
        columns = ("actor_id", "authority_id", "action", "outcome", "cases", "trace_id")
        rows = self.database.rows(f"SELECT {', '.join(columns)} FROM audit_entry WHERE trace_id = %s", trace)
        return [dict(zip(columns, row, strict=True)) for row in rows]


@pytest.fixture
def look(application: Application, database: Database) -> Looks:
    return Looks(application.compiler, Counted(application.storage), database)


class TestTheRecord:
    async def test_is_written_by_the_very_statement_that_answers(self, look: Looks) -> None:
        found, (entry,) = await look("case_worker", "query ($id: UUID!) { case(id: $id) { id title } }", id=MAIN)
        assert found["case"]["id"] == MAIN
        assert len(look.storage.statements) == 1
        worker = demo.PEOPLE["case_worker"]
        assert (entry["actor_id"], entry["authority_id"]) == (worker.actor_id, worker.authority_id)
        assert (entry["action"], entry["outcome"], entry["cases"]) == ("read Case", "read", [demo.MAIN_CASE])

    async def test_names_the_cases_of_the_rows_in_the_answer_and_no_other(self, look: Looks) -> None:
        """A page reads one row more than it shows, to know whether it goes on."""
        query = "{ cases(first: 2) { nodes { id } pageInfo { hasNextPage } } }"
        found, (entry,) = await look("case_worker", query)
        assert found["cases"]["pageInfo"]["hasNextPage"]
        assert [str(case) for case in entry["cases"]] == [node["id"] for node in found["cases"]["nodes"]]

    async def test_names_the_cases_of_all_roots(self, look: Looks) -> None:
        query = """query ($id: UUID!) { me { id } one: case(id: $id) { id } steps(first: 3) { nodes { caseId } }
                   regions { nodes { name } } cases(first: 1) { pageInfo { endCursor } } }"""
        found, (entry,) = await look("addressee", query, id=MAIN)
        told = [found["one"]["id"], *(node["caseId"] for node in found["steps"]["nodes"])]
        assert {str(case) for case in entry["cases"]} == set(told) | {MAIN}
        assert entry["action"] == "read Case Me Region Step"

    async def test_names_a_case_of_which_only_the_sketch_was_seen(self, look: Looks) -> None:
        found, (entry,) = await look("social_space_manager", "{ caseSketches(first: 1) { nodes { pseudonym } } }")
        (node,) = found["caseSketches"]["nodes"]
        ((case,),) = look.database.rows("SELECT case_id FROM case_sketch WHERE pseudonym = %s", node["pseudonym"])
        assert entry["cases"] == [case]

    @pytest.mark.parametrize("role", ["other_authority", "second_case_worker", "administrator"])
    async def test_says_that_nothing_was_found(self, look: Looks, role: str) -> None:
        found, (entry,) = await look(role, "query ($id: UUID!) { case(id: $id) { id } }", id=MAIN)
        assert found == {"case": None}
        assert (entry["outcome"], entry["cases"]) == ("nothing", [])
        assert entry["actor_id"] == demo.PEOPLE[role].actor_id

    @pytest.mark.parametrize(
        "query",
        [
            "{ municipalities { nodes { name } } }",
            "{ me { name grants { nodes { role } } } }",
            "{ organisations { nodes { name } } }",
            "{ me { cases { nodes { caseId } } } }",
            "{ __typename }",
        ],
    )
    async def test_is_silent_about_what_tells_of_no_case(self, look: Looks, query: str) -> None:
        assert (await look("case_worker", query))[1] == []

    async def test_is_one_entry_per_request_however_many_pages_it_has(self, look: Looks) -> None:
        query = "{ a: cases { nodes { goals { nodes { steps { nodes { id } } } } } } b: cases { nodes { id } } }"
        assert len((await look("case_worker", query))[1]) == 1

    async def test_has_no_entry_without_an_answer_and_no_answer_without_an_entry(
        self, own_database: Database, application: Application
    ) -> None:
        storage = await Storage(own_database.application, read_connections=1).open()
        look = Looks(application.compiler, storage, own_database)
        with psycopg.connect(own_database.superuser) as connection:
            connection.execute("REVOKE INSERT ON audit_entry FROM sozialraum_app")
        before = own_database.rows("SELECT count(*) FROM audit_entry")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await look("case_worker", "{ cases { nodes { id } } }")
        assert own_database.rows("SELECT count(*) FROM audit_entry") == before
        await storage.close()

    async def test_stands_behind_rest_too(self, client_of: Client, look: Looks) -> None:
        trace = uuid4().hex
        headers = {"traceparent": f"00-{trace}-{uuid4().hex[:16]}-01"}
        answers = [await client_of("addressee").get(f"/v1/cases/{MAIN}", headers=headers)]
        answers.append(await client_of("administrator").get(f"/v1/cases/{MAIN}", headers=headers))
        answers.append(await client_of().get("/v1/municipalities", headers=headers))
        assert [answer.status_code for answer in answers] == [200, 404, 200]
        entries = look.recorded(trace)
        told = [(entry["actor_id"], entry["outcome"], entry["cases"]) for entry in entries]
        assert told == [
            (demo.PEOPLE["addressee"].actor_id, "read", [demo.MAIN_CASE]),
            (demo.PEOPLE["administrator"].actor_id, "nothing", []),
        ]

    def test_cannot_be_evaded_by_the_way_through_something_public(self) -> None:
        with pytest.raises(AssertionError, match="leads to a case"):
            link(SocialSpaceView, "cases", Many("social_space_id"), CaseView)
        assert "cases" not in VIEWS[SocialSpaceView].relations


ENDINGS = {
    "ended": "UPDATE case_access SET valid_to = now() WHERE actor_id = %s",
    "not yet begun": "UPDATE case_access SET valid_from = now() + interval '1 day' WHERE actor_id = %s",
    "never given": "DELETE FROM case_access WHERE actor_id = %s",
    "login closed": "UPDATE login SET valid_to = now() WHERE actor_id = %s",
}
GRANT_ENDINGS = {
    "ended": "UPDATE access_grant SET valid_to = now() WHERE actor_id = %s",
    "not yet begun": "UPDATE access_grant SET valid_from = now() + interval '1 day' WHERE actor_id = %s",
    "not approved": "UPDATE access_grant SET approved_by = NULL, approved_at = NULL WHERE actor_id = %s",
    "elsewhere": "UPDATE access_grant SET social_space_id = (SELECT id FROM social_space WHERE name = 'Haar') "
    "WHERE actor_id = %s",
}
CONTENT = "{ %s { nodes { __typename } } }"


class TestAccess:
    """It ends with its row, whichever line is asked: a superuser is held by the statement's rule alone."""

    @pytest.fixture(params=["application", "superuser"])
    async def look(self, request: Any, own_database: Database, application: Application) -> Any:
        storage = await Storage(getattr(own_database, request.param), read_connections=1).open()
        yield Looks(application.compiler, storage, own_database)
        await storage.close()

    @pytest.mark.parametrize("ending", ENDINGS)
    async def test_that_ended_closes_the_next_read(self, look: Looks, ending: str) -> None:
        queries = [CONTENT % each for each in ("cases", "participants", "questions", "answers", "goals", "steps")]
        for query in queries:
            assert any(each["nodes"] for each in (await look("case_worker", query))[0].values())
        change(look.database, ENDINGS[ending], demo.PEOPLE["case_worker"].actor_id)
        for query in queries:
            assert not any(each["nodes"] for each in (await look("case_worker", query))[0].values()), query

    @pytest.mark.parametrize("ending", GRANT_ENDINGS)
    async def test_of_a_role_ends_with_its_grant(self, look: Looks, ending: str) -> None:
        async def seen() -> set[str]:
            found, _ = await look("social_space_manager", "{ caseSketches { nodes { pseudonym } } }")
            return {node["pseudonym"] for node in found["caseSketches"]["nodes"]}

        before = await seen()
        assert before
        change(look.database, GRANT_ENDINGS[ending], demo.PEOPLE["social_space_manager"].actor_id)
        assert before.isdisjoint(await seen())

    async def test_to_words_is_that_of_their_audience(self, look: Looks) -> None:
        """Whatever was said for the author alone is heard by the author alone."""
        heard = "SELECT id FROM goal WHERE case_id = %s AND (audience = 'all' OR author_id = %s)"
        change(look.database, "UPDATE goal SET audience = 'author' WHERE id = %s", demo.MAIN_GOAL)
        for role in ("case_worker", "addressee"):
            found, _ = await look(role, "query ($id: UUID) { goals(where: {caseId: $id}) { nodes { id } } }", id=MAIN)
            shown = {node["id"] for node in found["goals"]["nodes"]}
            expected = look.database.rows(heard, demo.MAIN_CASE, demo.PEOPLE[role].actor_id)
            assert shown >= {str(id) for (id,) in expected}
            assert (str(demo.MAIN_GOAL) in shown) is (role == "addressee")

    async def test_to_a_part_is_to_that_part(self, look: Looks) -> None:
        taken = "UPDATE case_access SET parts = array_remove(parts, 'goals') WHERE actor_id = %s"
        change(look.database, taken, demo.PEOPLE["provider_worker"].actor_id)
        found, _ = await look("provider_worker", "{ goals { nodes { id } } steps { nodes { id goal { id } } } }")
        assert found["goals"]["nodes"] == []
        assert found["steps"]["nodes"]
        assert all(node["goal"] is None for node in found["steps"]["nodes"])


def change(database: Database, statement: str, *values: Any) -> None:
    with psycopg.connect(database.superuser) as connection:
        assert connection.execute(statement.encode(), values).rowcount


class TestPlans:
    def test_one_serves_all_values_of_a_shape(self) -> None:
        one = Arguments(5, "x", "name", {"state": "open", "case_id": None})
        other = Arguments(5, "y", "name", {"state": "closed", "case_id": None})
        assert one.shape == other.shape

    @pytest.mark.parametrize(
        "other", [{"first": 6}, {"after": None}, {"order": "-name"}, {"order": None}, {"where": {"state": None}}]
    )
    def test_another_shape_has_another_plan(self, other: dict[str, Any]) -> None:
        one = Arguments(5, "x", "name", {"state": "open"})
        assert dataclasses.replace(one, **other).shape != one.shape

    @pytest.mark.parametrize("sort", ["name", "ags", "population"])
    async def test_the_order_of_one_request_is_not_that_of_the_next(self, client_of: Client, sort: str) -> None:
        up, down = [
            (await client_of().get("/v1/municipalities", params={"sort": f"{sign}{sort}"})).json()["items"]
            for sign in ("", "-")
        ]
        assert [each[sort] for each in up] == sorted(each[sort] for each in up)
        assert down == up[::-1]

    async def test_a_filter_of_one_request_is_not_that_of_the_next(self, client_of: Client) -> None:
        async def states(**parameters: str) -> set[str]:
            answer = await client_of("case_worker").get("/v1/cases", params=parameters)
            return {each["state"] for each in answer.json()["items"]}

        assert len(await states()) > 2
        assert await states(state="active") == {"active"}
        assert await states(state="closed") <= {"closed"}
        assert len(await states()) > 2


class TestWhatIsHidden:
    async def test_is_not_in_the_cursor_of_a_sketch(self, look: Looks, client_of: Client) -> None:
        found, (entry,) = await look(
            "social_space_manager",
            "{ caseSketches { edges { cursor node { pseudonym } } pageInfo { startCursor endCursor } } }",
        )
        rest = (await client_of("social_space_manager").get("/v1/case-sketches", params={"limit": 1})).text
        cursors = [edge["cursor"] for edge in found["caseSketches"]["edges"]]
        assert cursors
        for each in [*cursors, json.loads(rest)["next"] or cursors[0]]:
            assert list(json.loads(base64.b64decode(each, altchars=b"-_"))) == ["pseudonym"]
        for case in entry["cases"]:
            assert str(case) not in json.dumps(found) + rest
            assert case.hex not in json.dumps(found) + rest

    @pytest.fixture
    def undeclared(self) -> Iterator[None]:
        before = dict(VIEWS)
        yield
        VIEWS.clear()
        VIEWS.update(before)

    @pytest.mark.usefixtures("undeclared")
    @pytest.mark.parametrize("betrayal", [{"orders": ("title",)}, {"key": "title"}])
    def test_cannot_be_ordered_or_named_by(self, betrayal: dict[str, Any]) -> None:
        class Peek(BaseModel):
            id: UUID
            title: Annotated[str | None, Shown(policy.READ_CONCERN)]
            withheld: list[str] = Field(description="x")

        view(Case, policy.READ_CASE, orders=("opened_on",))(Peek)
        with pytest.raises(AssertionError, match="betrayed by a list"):
            view(Case, policy.READ_CASE, **betrayal)(Peek)

    @pytest.mark.usefixtures("undeclared")
    def test_must_be_optional_and_said_to_be_withheld(self) -> None:
        class Required(BaseModel):
            id: UUID
            title: Annotated[str, Shown(policy.READ_CONCERN)]
            withheld: list[str] = Field(description="x")

        class Unsaid(BaseModel):
            id: UUID
            title: Annotated[str | None, Shown(policy.READ_CONCERN)]

        with pytest.raises(AssertionError, match="can be null"):
            view(Case, policy.READ_CASE)(Required)
        with pytest.raises(AssertionError, match="must say what it withholds"):
            view(Case, policy.READ_CASE)(Unsaid)

    @pytest.mark.usefixtures("undeclared")
    def test_nothing_is_ordered_by_what_can_be_null(self) -> None:
        class Ended(BaseModel):
            id: UUID

        with pytest.raises(AssertionError, match="can be null"):
            view(SocialSpace, EVERYONE, orders=("valid_to",))(Ended)


class TestHowValuesAreWritten:
    """By PostgreSQL, and so the same in both faces."""

    async def test_numbers_that_must_be_exact_are_texts(self, look: Looks) -> None:
        query = """{ socialSpaces(first: 200) { nodes { name shares { nodes { share validFrom validTo } } } }
                     municipalities(where: {ags: "09184148"}) { nodes { longitude population populationOn } } }"""
        found, _ = await look(None, query)
        shares = {node["name"]: node["shares"]["nodes"] for node in found["socialSpaces"]["nodes"]}
        (north,), (haar,) = shares["Unterschleißheim Nord"], shares["Haar"]
        assert isinstance(north["share"], str)
        assert (float(north["share"]), float(haar["share"])) == (0.5, 1)
        assert (haar["validFrom"], haar["validTo"]) == ("2020-01-01", None)
        (place,) = found["municipalities"]["nodes"]
        assert place == {"longitude": 11.617404, "population": 24980, "populationOn": "2018-12-31"}

    async def test_moments_are_utc_and_the_same_in_both_faces(
        self, look: Looks, client_of: Client, database: Database
    ) -> None:
        moment = "2026-02-03 04:05:06.5+01"
        membership = demo.PEOPLE["provider_worker"].membership_id
        ((before,),) = database.rows("SELECT valid_from FROM membership WHERE id = %s", membership)
        change(database, "UPDATE membership SET valid_from = %s WHERE id = %s", moment, membership)
        try:
            found, _ = await look("provider_worker", "{ memberships { nodes { id validFrom validTo } } }")
            (node,) = found["memberships"]["nodes"]
            assert node == {"id": str(membership), "validFrom": "2026-02-03T03:05:06.5+00:00", "validTo": None}
            (item,) = (await client_of("provider_worker").get("/v1/memberships")).json()["items"]
            assert (item["valid_from"], item["valid_to"]) == (node["validFrom"], None)
        finally:
            change(database, "UPDATE membership SET valid_from = %s WHERE id = %s", before, membership)

    async def test_members_of_enums_have_names_in_graphql_and_values_in_rest(
        self, look: Looks, client_of: Client
    ) -> None:
        query = "query ($id: UUID!) { case(id: $id) { state } answers { nodes { language } } }"
        found, _ = await look("addressee", query, id=MAIN)
        told = (await client_of("addressee").get(f"/v1/cases/{MAIN}")).json()
        assert (found["case"]["state"], found["case"]["state"].lower()) == (told["state"].upper(), told["state"])

    async def test_what_is_withheld_is_absent_in_rest_and_null_in_graphql(self, look: Looks, client_of: Client) -> None:
        found, _ = await look("provider_worker", "query ($id: UUID!) { case(id: $id) { title withheld } }", id=MAIN)
        assert found["case"] == {"title": None, "withheld": ["title", "concern"]}
        told = (await client_of("provider_worker").get(f"/v1/cases/{MAIN}")).json()
        assert "title" not in told
        assert "concern" not in told
        assert told["withheld"] == ["title", "concern"]
