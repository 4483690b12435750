"""How the interface behaves everywhere: what clients, caches and generators may count on."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from service import demo
from service.api.rest.route import ROUTES
from service.demo.cases import question_id, step_id
from service.demo.loading import load
from service.demo.stories import MAIN
from service.domain.values import new_id
from tests.access.looks import looks
from tests.conftest import Database
from tests.faces import GRAPHQL

pytestmark = pytest.mark.anyio

Client = Callable[..., httpx.AsyncClient]
CASE = f"/v1/cases/{demo.MAIN_CASE}"
MERGE = "application/merge-patch+json"
TERRITORY = ("/v1/authorities", "/v1/regions", "/v1/social-spaces", "/v1/municipalities")
LAYERS = ("/v1/layers/social-spaces.geojson", "/v1/social-space-areas")
PERSONAL = (CASE, "/v1/cases", f"{CASE}/participants", f"{CASE}/questions", f"/v1/goals/{demo.MAIN_GOAL}", "/v1/steps")
MINE = (
    *("/v1/me", "/v1/me/cases", "/v1/me/goals", "/v1/me/offers"),
    *("/v1/me/next-steps", "/v1/me/appointments", "/v1/me/case-contacts"),
)
PHONE = 16_384  # bytes, before compression


async def opened(client_of: Client, **more: Any) -> httpx.Response:
    said = {"id": str(new_id()), "social_space_id": str(demo.UNTERHACHING), "title": "Regeln", "concern": "Viele"}
    return await client_of("case_worker").post("/v1/cases", json=said | more)


async def test_a_parameter_that_does_not_fit_is_told_in_our_words(client_of: Client) -> None:
    answer = await client_of().get("/v1/layers/social-spaces.geojson?on=01.01.2026")
    (error,) = answer.json()["errors"]
    assert error["parameter"] == "on"
    assert error["detail"].startswith("must be a day"), error


class TestVersions:
    async def test_an_etag_goes_into_if_match_and_grows_with_every_change(self, client_of: Client) -> None:
        case, worker = (await opened(client_of)).json()["id"], client_of("case_worker")
        read = await worker.get(f"/v1/cases/{case}")
        assert (read.headers["etag"], read.json()["version"]) == ('"1"', 1)
        headers = {"if-match": read.headers["etag"], "content-type": MERGE}
        changed = await worker.patch(f"/v1/cases/{case}", content=b'{"title": "Neu"}', headers=headers)
        assert (changed.status_code, changed.headers["etag"], changed.json()["version"]) == (200, '"2"', 2)
        late = await worker.patch(f"/v1/cases/{case}", content=b'{"title": "Zu spaet"}', headers=headers)
        assert (late.status_code, late.json()["current"]) == (412, 2)
        assert (await worker.get(f"/v1/cases/{case}")).json()["title"] == "Neu"

    async def test_one_of_several_versions_is_enough(self, client_of: Client) -> None:
        case = (await opened(client_of)).json()["id"]
        headers = {"if-match": '"7", "1"', "content-type": MERGE}
        answer = await client_of("case_worker").patch(f"/v1/cases/{case}", content=b"{}", headers=headers)
        assert answer.status_code == 200

    async def test_what_could_be_no_version_is_not_taken_for_an_old_one(self, client_of: Client) -> None:
        """Nobody has changed anything: it is told how a version is said."""
        case, worker = (await opened(client_of)).json()["id"], client_of("case_worker")

        for tag, status, code in (
            ("1", 428, "version-required"),
            ('"1", 1', 428, "version-required"),
            ('W/"1"', 412, "version-stale"),  # RFC 9110, 13.1.1: a weak tag matches nothing
            ('"one"', 412, "version-stale"),
        ):
            headers = {"if-match": tag, "content-type": MERGE}
            answer = await worker.patch(f"/v1/cases/{case}", content=b'{"title": "Neu"}', headers=headers)
            told = answer.json()
            assert (answer.status_code, told["code"], "in quotes" in told["detail"]) == (status, code, True), tag
            assert status == 428 or ("names no version" in told["title"] and "A weak one" in told["detail"])

    async def test_a_tick_off_needs_no_version_and_a_transition_does(self, client_of: Client) -> None:
        case, worker = (await opened(client_of)).json()["id"], client_of("case_worker")
        path = f"/v1/cases/{case}/begin-counselling"
        assert (await worker.post(path)).json()["code"] == "version-required"
        begun = await worker.post(path, headers={"if-match": '"1"'})
        assert (begun.status_code, begun.json()["state"]) == (200, "counselling")
        again = await worker.post(path, headers={"if-match": '"2"'})
        assert (again.status_code, again.json()["present_state"]) == (409, "counselling")


class TestPatch:
    async def test_what_is_absent_stays_and_null_empties(self, client_of: Client) -> None:
        case, worker = (await opened(client_of)).json()["id"], client_of("case_worker")

        async def patch(version: int, body: dict[str, Any]) -> dict[str, Any]:
            headers = {"if-match": f'"{version}"', "content-type": MERGE}
            answer = await worker.patch(f"/v1/cases/{case}", content=json.dumps(body).encode(), headers=headers)
            assert answer.status_code == 200, answer.text
            return dict(answer.json())

        first = await patch(1, {"title": "Nur der Titel"})
        assert (first["title"], first["concern"]) == ("Nur der Titel", "Viele")
        second = await patch(2, {"concern": None})
        assert (second["title"], second["concern"]) == ("Nur der Titel", None)

    async def test_graphql_patches_the_same_way(self, client_of: Client) -> None:
        case, worker = (await opened(client_of)).json()["id"], client_of("case_worker")
        query = """mutation ($id: UUID!, $version: Int!, $input: ChangeCaseInput!) {
            it: changeCase(id: $id, expectedVersion: $version, input: $input) {
                ... on Case { title concern version } } }"""

        async def patch(version: int, body: dict[str, Any]) -> Any:
            variables = {"id": case, "version": version, "input": body}
            return (await worker.post("/graphql", json={"query": query, "variables": variables})).json()["data"]["it"]

        assert await patch(1, {"title": "Nur der Titel"}) == {
            "title": "Nur der Titel",
            "concern": "Viele",
            "version": 2,
        }
        assert await patch(2, {"concern": None}) == {"title": "Nur der Titel", "concern": None, "version": 3}


class TestCreation:
    async def test_is_201_with_its_location_etag_and_the_row(self, client_of: Client) -> None:
        made = await opened(client_of)
        assert (made.status_code, made.headers["etag"]) == (201, '"1"')
        there = await client_of("case_worker").get(made.headers["location"])
        assert (there.status_code, there.json()) == (200, made.json())

    async def test_every_location_resolves(self, client_of: Client) -> None:
        worker = client_of("case_worker")
        made = [await opened(client_of)]
        case = made[0].headers["location"]
        made += [await worker.post(f"{case}/participants", json={"kind": "addressee", "name": "Toni Beispielhof"})]
        goal = {"participant_id": made[1].json()["id"], "statement": "Ein Ziel"}
        made += [await worker.post(f"{case}/goals", json=goal)]
        said = {"words": "In eigenen Worten", "audience": "author"}
        made += [await client_of("addressee").post(f"/v1/questions/{demo.MAIN_QUESTION}/answers", json=said)]
        for each, by in zip(made, (worker, worker, worker, client_of("addressee")), strict=True):
            assert each.status_code == 201, each.text
            there = await by.get(each.headers["location"])
            assert (there.status_code, there.json()) == (200, each.json())

    async def test_is_idempotent_by_the_id_alone_without_any_header(
        self, client_of: Client, database: Database
    ) -> None:
        id = str(new_id())
        first, again = [await opened(client_of, id=id) for _ in range(2)]
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert database.rows("SELECT count(*) FROM case_file WHERE id = %s", id) == [(1,)]

    async def test_a_row_without_an_id_of_yours_gets_a_uuid_of_version_7(self, client_of: Client) -> None:
        said = {"social_space_id": str(demo.UNTERHACHING), "title": "Ohne id"}
        made = await client_of("case_worker").post("/v1/cases", json=said)
        assert made.json()["id"][14] == "7"


class TestCaching:
    @pytest.mark.parametrize("path", TERRITORY + LAYERS)
    async def test_territory_is_public_and_revalidated(self, client_of: Client, path: str) -> None:
        first = await client_of().get(path)
        assert "public" in first.headers["cache-control"]
        assert "max-age=" in first.headers["cache-control"]
        assert first.headers["etag"].startswith('"')
        assert "Accept-Language" in first.headers["vary"]
        for tag in (first.headers["etag"], f'"x", {first.headers["etag"]}', f"W/{first.headers['etag']}", "*"):
            again = await client_of().get(path, headers={"if-none-match": tag})
            assert (again.status_code, again.content) == (304, b""), tag
            assert again.headers["etag"] == first.headers["etag"]
        assert (await client_of().get(path, headers={"if-none-match": '"x"'})).status_code == 200

    @pytest.mark.parametrize("path", MINE)
    async def test_my_own_is_private_and_revalidated(self, client_of: Client, path: str) -> None:
        first = await client_of("addressee").get(path)
        assert first.headers["cache-control"] == "private, no-cache"
        varies = {name.strip().lower() for name in first.headers["vary"].split(",")}
        assert {"authorization", "accept-language"} <= varies
        again = await client_of("addressee").get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        if path != "/v1/me/offers":  # people's own words alone: the same in every language
            english = {"if-none-match": first.headers["etag"], "accept-language": "en"}
            assert (await client_of("addressee").get(path, headers=english)).status_code == 200
        other = await client_of("case_worker").get(path, headers={"if-none-match": first.headers["etag"]})
        # Somebody else's is another document, unless neither has any.
        assert path in ("/v1/me/next-steps", "/v1/me/offers") or other.status_code == 200

    @pytest.mark.parametrize("path", MINE)
    async def test_my_own_fits_a_phone(self, client_of: Client, path: str) -> None:
        answer = await client_of("addressee").get(path)
        assert len(answer.content) < PHONE, "of one family's case, whole"

    @pytest.mark.parametrize("path", PERSONAL)
    async def test_what_is_personal_is_kept_nowhere(self, client_of: Client, path: str) -> None:
        answer = await client_of("case_worker").get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        graphql = await client_of("case_worker").post("/graphql", json={"query": "{ cases { nodes { id title } } }"})
        assert graphql.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize("path", ["/v1/regions", "/v1/me/next-steps", CASE])
    @pytest.mark.parametrize(
        ("wish", "spoken"),
        [
            ("en", "en"),
            ("de-AT, en;q=0.5", "de"),
            ("fr, en-GB;q=0.3", "en"),
            ("de-simple", "de-simple"),
            ("tlh", "de"),
            ("de;q=0, en", "en"),
            ("\x7f;;q=x,,", "de"),
        ],
    )
    async def test_says_its_language(self, client_of: Client, path: str, wish: str, spoken: str) -> None:
        answer = await client_of("case_worker").get(path, headers={"accept-language": wish})
        assert answer.headers["content-language"] == spoken


FEED = "/v1/events"  # goes on for ever: tests/changes
LISTS = sorted(r.path for r in ROUTES if r.method == "GET" and "Link" in r.headers and r.path != FEED)


KEYS = ("id", "pseudonym", "key", "position", "posting_id", "line_id")
RESOURCE_CHECKED = demo.demo_id("consultation", "Ressourcencheck")
QUESTION_WITH_A_SUGGESTION = question_id(MAIN, MAIN.suggestions[0].numeral)
STEP_TICKED_OFF_LATE = next(step_id(MAIN, doing) for aim in MAIN.aims for doing in aim.steps if doing.too_late)


@pytest.fixture(scope="module", autouse=True)
def looked(database: Database) -> None:
    """No worker notes who looks while tests run."""
    with psycopg.connect(database.superuser) as connection:
        load(connection, looks())


class TestLists:
    @pytest.mark.parametrize("path", LISTS)
    async def test_next_walks_each_list_to_its_end_and_passes_every_row_once(
        self, client_of: Client, path: str
    ) -> None:
        ids = {"{case_id}": demo.MAIN_CASE, "{question_id}": demo.MAIN_QUESTION, "{goal_id}": demo.MAIN_GOAL}
        ids |= {"{arrangement_id}": demo.MAIN_ARRANGEMENT, "{element_id}": demo.MAIN_ELEMENT}
        ids |= {"{dialogue_id}": demo.MAIN_DIALOGUE, "{theme_id}": demo.MAIN_THEME}
        ids |= {"{step_id}": STEP_TICKED_OFF_LATE, "{assessment_id}": demo.MAIN_ASSESSMENT}
        ids |= {"{consultation_id}": demo.FAMILY_COUNCIL if "family" in path else demo.MAIN_CONSULTATION}
        if path.endswith("/entries"):
            ids["{consultation_id}"] = RESOURCE_CHECKED
        if path.endswith("/suggestions"):
            ids["{question_id}"] = QUESTION_WITH_A_SUGGESTION
        if path.endswith("/representations"):
            ids["{case_id}"] = demo.CUSTODIANS_CASE
        for name, id in ids.items():
            path = path.replace(name, str(id))
        by = {"/v1/case-sketches": "social_space_manager", "/v1/me/next-steps": "addressee"}
        by |= {f"/v1/steps/{STEP_TICKED_OFF_LATE}/tick-offs": "addressee"}
        money = (
            "agreement-positions",
            "allocations",
            "budget-alerts",
            "invoices",
            "invoice-payments",
            "jobs",
            "job-findings",
            "booking-imports",
            "overspend-procedures",
            "postings",
            "procedure-steps",
            "bookings",
            "service-records",
            "commitments",
            "compensations",
            "figure-parts",
            "figure-postings",
            "forecast-lines",
            "forecasts",
            "foreseen-commitments",
            "frame-shares",
            "secured-funds",
            "settlement-lines",
            "settlement-shares",
            "settlements",
            "tranche-shares",
            "tranches",
            "transfer-positions",
            "underspend-procedures",
            "underspend-steps",
            "worked-parts",
            "incentive-rules",
            "incentive-simulations",
            "incentive-findings",
            "space-concentrations",
        )
        by |= {f"/v1/{each}": "controller" for each in money}
        by |= {f"/v1/consultations/{demo.FAMILY_COUNCIL}/family-drafts": "custodian"}
        by |= {"/v1/own-shares": "provider_manager"}
        by |= {"/v1/budget-figures": "controller", "/v1/deliveries": "provider_manager"}
        by |= dict.fromkeys(("/v1/audit-entries", "/v1/audit-requests"), "data_protection_officer")
        by |= dict.fromkeys(("/v1/actors", "/v1/memberships", "/v1/grants"), "administrator")
        client = client_of(by.get(path, "case_worker"))
        of_one_case = {  # what is encrypted is read one case at a time
            "/v1/endangerment-assessments": {"case_id": str(demo.CUSTODIANS_CASE)},
            "/v1/endangerment-reports": {"assessment_id": str(demo.MAIN_ASSESSMENT)},
            "/v1/invoice-payments": {"outside_network": "false"},  # all of the demo's are of the network
        }.get(path, {})
        whole = (await client.get(path, params={"limit": 200, **of_one_case})).json()["items"]
        assert whole, path
        walked, page = [], await client.get(path, params={"limit": 2, **of_one_case})
        while True:
            assert len(page.json()["items"]) <= 2
            walked += page.json()["items"]
            following = page.links.get("next")
            assert (following is not None) is (page.json()["next"] is not None)
            if following is None or len(walked) >= 200:
                break
            assert urlsplit(following["url"]).path == path
            assert not urlsplit(following["url"]).netloc  # never the Host header's word
            page = await client.get(following["url"])
        assert walked[: len(whole)] == whole
        keys = [
            (each.get("release_id"), each.get("value_on"), next(each[key] for key in KEYS if key in each))
            for each in walked
        ]
        assert len(keys) == len(set(keys))

    @pytest.mark.parametrize("sort", ["name", "-name", "population", "-population", "ags"])
    async def test_pages_keep_their_order(self, client_of: Client, sort: str) -> None:
        page, values = await client_of().get("/v1/municipalities", params={"sort": sort, "limit": 7}), []
        values += page.json()["items"]
        while "next" in page.links:
            page = await client_of().get(page.links["next"]["url"])
            values += page.json()["items"]
        assert len({each["id"] for each in values}) == len(values) == 29
        if "name" not in sort:  # names follow the database's collation
            found = [each[sort.removeprefix("-")] for each in values]
            assert found == sorted(found, reverse=sort.startswith("-"))

    async def test_a_filter_stays_on_the_pages_that_follow(self, client_of: Client) -> None:
        page = await client_of().get("/v1/municipalities", params={"limit": 1, "authority_id": str(demo.AUTHORITY)})
        assert f"authority_id={demo.AUTHORITY}" in page.links["next"]["url"]

    async def test_a_page_holds_fifty_rows_unless_asked_otherwise(self, client_of: Client) -> None:
        described = (await client_of().get("/openapi.json")).json()["paths"]["/v1/regions"]["get"]["parameters"]
        limit = next(each["schema"] for each in described if each["name"] == "limit")
        assert (limit["default"], limit["minimum"], limit["maximum"]) == (50, 1, 200)


class TestRefusals:
    @pytest.mark.parametrize(
        "path", ["/", "/v1", "/v1/", "/v2/cases", "/v1/cases/", "/.env", "/graphql/", "/v1/regions/x/y"]
    )
    async def test_an_unknown_address_is_a_problem_too(self, client_of: Client, path: str) -> None:
        answer = await client_of().get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert answer.json()["code"] == "no-such-path"

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("DELETE", "/v1/cases", {"GET", "POST"}),
            ("PUT", CASE, {"GET", "PATCH"}),
            ("GET", f"{CASE}/begin-counselling", {"POST"}),
            ("GET", "/graphql", {"POST"}),
            ("GET", "/v1/social-spaces/lookup", {"POST"}),  # and no social space whose id is «lookup»
            ("OPTIONS", "/v1/social-spaces/merge", {"POST"}),
            ("TRACE", "/v1/municipalities", {"GET"}),
            ("OPTIONS", "/v1/municipalities", {"GET"}),
        ],
    )
    async def test_a_method_that_is_not_taken_names_those_that_are(
        self, client_of: Client, method: str, path: str, allowed: set[str]
    ) -> None:
        answer = await client_of().request(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
        assert set(answer.headers["allow"].split(", ")) == allowed | ({"HEAD"} if "GET" in allowed else set())
        assert answer.json()["code"] == "method-not-allowed"

    async def test_what_asks_for_no_login_is_documented_so(self, client_of: Client) -> None:
        """Also why one may not change what everybody sees."""
        document = (await client_of().get("/openapi.json")).json()
        team = (await client_of().get("/v1/teams")).json()["items"][0]["id"]
        for part in ("", "/explain", "/transitions"):
            assert (await client_of().get(f"/v1/teams/{team}{part}")).status_code == 200
            assert {} in document["paths"][f"/v1/teams/{{team_id}}{part}"]["get"]["security"]

    @pytest.mark.parametrize("path", ["social-spaces/{}", "social-spaces/{}/transitions", "complaint-offices/{}"])
    async def test_of_what_is_public_and_not_there_the_list_is_named(self, client_of: Client, path: str) -> None:
        problem = (await client_of().get(f"/v1/{path.format(new_id())}")).json()
        named = problem["detail"].rpartition("GET ")[2].rstrip(".")
        assert (problem["code"], named) == ("not-found", f"/v1/{path.partition('/')[0]}")
        assert (await client_of().get(named)).status_code == 200

    async def test_head_is_answered_wherever_get_is(self, client_of: Client) -> None:
        answer = await client_of().head("/v1/regions")
        assert (answer.status_code, answer.content) == (200, b"")

    async def test_every_type_leads_to_an_explanation(self, client_of: Client) -> None:
        refused = await client_of().get("/v1/me")
        told = await client_of().get(refused.json()["type"])
        assert (told.status_code, told.json()["code"]) == (200, "unauthenticated")


class TestRequests:
    async def test_a_request_id_is_echoed_and_one_that_cannot_be_is_replaced(self, client_of: Client) -> None:
        answer = await client_of().get("/v1/regions", headers={"x-request-id": "my-request.1"})
        assert answer.headers["x-request-id"] == "my-request.1"
        for odd in ("a b", "x" * 65, "<script>"):
            replaced = (await client_of().get("/v1/regions", headers={"x-request-id": odd})).headers["x-request-id"]
            assert replaced not in ("", odd)

    async def test_a_trace_of_the_caller_goes_on_here(self, client_of: Client) -> None:
        parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        refused = await client_of().get("/v1/me", headers={"traceparent": parent})
        assert refused.json()["trace_id"] == "0af7651916cd43dd8448eb211c80319c"

    @pytest.mark.parametrize("path", ["/v1/regions", "/v1/nothing", "/v1/me", "/docs", "/livez"])
    async def test_every_answer_is_nailed_to_its_type_and_tells_nobody_where_it_came_from(
        self, client_of: Client, path: str
    ) -> None:
        answer = await client_of().get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


ASKING = json.dumps({"query": "{ regions { nodes { id } } }"}).encode()


class TestGraphQLOverHttp:
    """https://graphql.github.io/graphql-over-http/draft/"""

    @pytest.mark.parametrize(
        ("accept", "type_"),
        [
            (GRAPHQL, GRAPHQL),
            (f"{GRAPHQL}; charset=utf-8, application/json;q=0.5", GRAPHQL),
            ("application/json", "application/json"),
            ("*/*", "application/json"),
            (f"{GRAPHQL};q=0, application/json", "application/json"),
            (f"{GRAPHQL}; Q=0.000, */*", "application/json"),
            (f"{GRAPHQL};q=0.4, application/json;q=0.5", "application/json"),
            (f"{GRAPHQL};q=0.5, application/json;q=0.5", GRAPHQL),
            ("application/json;q=0, */*;q=0.1", GRAPHQL),
            ("", "application/json"),
            (None, "application/json"),
        ],
    )
    async def test_answers_in_the_type_that_was_asked_for(
        self, client_of: Client, accept: str | None, type_: str
    ) -> None:
        headers = {"content-type": "application/json"} | ({"accept": accept} if accept is not None else {})
        answer = await client_of().post("/graphql", content=ASKING, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (200, f"{type_}; charset=utf-8")
        assert "accept" in answer.headers["vary"].lower()

    @pytest.mark.parametrize(
        "accept", ["text/html", "application/json;q=0", f"{GRAPHQL};q=0, application/json;q=0.0, text/html", "*/*;q=0"]
    )
    async def test_whoever_accepts_neither_is_told_what_there_is(self, client_of: Client, accept: str) -> None:
        headers = {"content-type": "application/json", "accept": accept}
        answer = await client_of().post("/graphql", content=ASKING, headers=headers)
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["extensions"]["code"]) == (406, "not-acceptable")
        assert error["extensions"]["offered"] == [GRAPHQL, "application/json"]

    @pytest.mark.parametrize("charset", ["; charset=utf-8", ";charset=UTF-8", '; charset="utf-8"'])
    async def test_takes_utf_8_by_name(self, client_of: Client, charset: str) -> None:
        headers = {"content-type": f"application/json{charset}"}
        assert (await client_of().post("/graphql", content=ASKING, headers=headers)).status_code == 200

    @pytest.mark.parametrize(
        "body",
        [{"query": "{"}, {"query": "{ nothing }"}, {"query": "query ($id: UUID!) { goal(id: $id) { id } }"}],
        ids=["syntax", "validation", "variables"],
    )
    async def test_what_is_not_executed_is_400_and_for_old_clients_200(
        self, client_of: Client, body: dict[str, Any]
    ) -> None:
        new = await client_of("addressee").post("/graphql", json=body, headers={"accept": GRAPHQL})
        old = await client_of("addressee").post("/graphql", json=body, headers={"accept": "application/json"})
        assert (new.status_code, old.status_code) == (400, 200)
        assert "data" not in new.json()
        assert "data" not in old.json()

    @pytest.mark.parametrize("accept", [GRAPHQL, "application/json"])
    async def test_what_is_no_request_is_400_for_everybody(self, client_of: Client, accept: str) -> None:
        for body in ({}, {"query": None}, [{"query": "{ __typename }"}]):
            answer = await client_of().post("/graphql", json=body, headers={"accept": accept})
            assert answer.status_code == 400

    async def test_a_refusal_of_an_operation_is_data(self, client_of: Client) -> None:
        query = f"""mutation {{ agreeGoal(id: "{demo.MAIN_GOAL}", expectedVersion: 1) {{
            ... on Problem {{ code advice }} ... on Forbidden {{ missing }} }} }}"""
        answer = await client_of("case_worker").post("/graphql", json={"query": query}, headers={"accept": GRAPHQL})
        told = answer.json()["data"]["agreeGoal"]
        assert (answer.status_code, told["code"]) == (200, "forbidden")
        assert told["missing"][0].startswith("it is your own")

    async def test_a_row_that_is_not_seen_is_null(self, client_of: Client) -> None:
        query = f'{{ case(id: "{demo.MAIN_CASE}") {{ id }} }}'
        answer = await client_of("administrator").post("/graphql", json={"query": query})
        assert answer.json() == {"data": {"case": None}}

    async def test_names_pick_one_of_several_operations(self, client_of: Client) -> None:
        query = "query A { regions { nodes { id } } } query B { authorities { nodes { name } } }"
        answer = await client_of().post("/graphql", json={"query": query, "operationName": "B"})
        assert list(answer.json()["data"]) == ["authorities"]
