"""Which social space holds a place: the same as a ray says that is cast by hand, on the day that was asked for."""

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service import demo
from service.demo.areas import AROUND, outlines
from service.demo.identity import FIRST_DAY
from service.demo.loading import load
from service.demo.territory import AUTHORITY, CREDIT, MUNICIPALITIES, SOCIAL_SPACES, space_id
from service.domain.clock import Clock
from service.domain.spaces.areas import area_rows
from service.domain.spaces.geometry import UNITS, Outline, edges, on_edge
from tests.conftest import Database

pytestmark = pytest.mark.anyio

Client = Callable[..., httpx.AsyncClient]
LOOKUP = "/v1/social-spaces/lookup"
LAYER = "/v1/layers/social-spaces.geojson"
UNTERHACHING = {"longitude": 11.617404, "latitude": 48.065859}
IN_GRAPHQL = """query ($longitude: Float!, $latitude: Float!, $on: Date) {
    locatedSocialSpaces(longitude: $longitude, latitude: $latitude, where: {on: $on}) { nodes {
        on socialSpaceId name approximate certainty source region { id name }
        municipalities { nodes { id ags name } } } } }"""


def ray(outline: Outline, x: int, y: int) -> bool:
    """Whether a ray to the east crosses the rings an odd number of times. Not for places on a border."""
    crossed = 0
    for ring in (ring for polygon in outline for ring in polygon):
        for (ax, ay), (bx, by) in zip(ring, (*ring[1:], ring[0]), strict=True):
            if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
                crossed += 1
    return crossed % 2 == 1


def on_border(x: int, y: int, told: set[str]) -> bool:
    ends = (each for name in told for polygon in OUTLINES[name] for ring in polygon for each in edges(ring))
    return any(on_edge(each, (x, y)) for each in ends)


async def names(http: httpx.AsyncClient, **place: Any) -> list[str]:
    answer = await http.post(LOOKUP, json=place)
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json()["items"]]


class TestAPlace:
    async def test_lies_in_a_social_space_with_its_region_and_municipalities(self, client_of: Client) -> None:
        answer = await client_of().post(LOOKUP, json=UNTERHACHING)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        (found,) = answer.json()["items"]
        assert found["social_space_id"] == str(demo.UNTERHACHING)
        assert (found["region"]["name"], found["approximate"]) == ("Hachinger Tal", True)
        assert [each["ags"] for each in found["municipalities"]["items"]] == ["09184148"]
        assert found["on"] == Clock().today().isoformat()

    async def test_is_answered_alike_by_graphql_with_the_place_in_its_variables(self, client_of: Client) -> None:
        (rest,) = (await client_of().post(LOOKUP, json=UNTERHACHING)).json()["items"]
        told = (await client_of().post("/graphql", json={"query": IN_GRAPHQL, "variables": UNTERHACHING})).json()
        (graphql,) = told["data"]["locatedSocialSpaces"]["nodes"]
        assert graphql["socialSpaceId"] == rest["social_space_id"]
        for name in ("on", "name", "approximate", "certainty", "source"):
            assert graphql[name] == rest[name]
        assert graphql["region"]["id"] == rest["region"]["id"]
        assert [each["id"] for each in graphql["municipalities"]["nodes"]] == [
            each["id"] for each in rest["municipalities"]["items"]
        ]

    async def test_of_every_centre_is_its_own_social_space(self, client_of: Client) -> None:
        http = client_of()
        for place in MUNICIPALITIES:
            found = await names(http, longitude=float(place.longitude), latitude=float(place.latitude))
            assert set(found) == {name for name, shares in SOCIAL_SPACES.items() if place.name in shares}

    @pytest.mark.parametrize(
        ("language", "said"), [("de", "nur ungefähr"), ("en", "approximate only"), ("de-simple", "nicht genau")]
    )
    async def test_says_in_three_languages_that_the_border_is_not_exact(
        self, client_of: Client, language: str, said: str
    ) -> None:
        answer = await client_of().post(LOOKUP, json=UNTERHACHING, headers={"accept-language": language})
        assert said in answer.json()["items"][0]["certainty"]

    @pytest.mark.parametrize(("language", "said"), [("de", "Ungefähr berechnet aus: ©"), ("en", "Approximate, comp")])
    async def test_credits_whose_it_was_computed_from_in_the_reader_s_language(
        self, client_of: Client, language: str, said: str
    ) -> None:
        spoken = {"accept-language": language}
        place = (await client_of().post(LOOKUP, json=UNTERHACHING, headers=spoken)).json()["items"][0]
        feature = (await client_of().get(LAYER, headers=spoken)).json()["features"][0]["properties"]
        for source in (place["source"], feature["source"]):
            assert source.startswith(said)
            assert source.endswith(CREDIT)

    async def test_outside_of_the_county_lies_in_nothing(self, client_of: Client) -> None:
        assert await names(client_of(), longitude=13.4, latitude=52.5) == []

    async def test_lies_in_nothing_before_there_were_social_spaces(self, client_of: Client) -> None:
        before = (FIRST_DAY - timedelta(days=1)).isoformat()
        assert await names(client_of(), **UNTERHACHING, on=FIRST_DAY.isoformat()) == ["Unterhaching"]
        assert await names(client_of(), **UNTERHACHING, on=before) == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("place", "code"),
        [
            ({"longitude": 48.065859, "latitude": 11.617404}, "coordinates-swapped"),
            ({"longitude": 181, "latitude": 48}, "coordinates-out-of-range"),
            ({"longitude": 691_000.0, "latitude": 5_330_000.0}, "coordinates-out-of-range"),
            ({"longitude": "11.6", "latitude": 48.0}, "invalid-input"),
            ({"longitude": 11.6}, "invalid-input"),
            ({"longitude": 11.6, "latitude": 48.0, "on": "1850-01-01"}, "invalid-input"),
            ({"longitude": 11.6, "latitude": 48.0, "address": "x"}, "invalid-input"),
            ([], "invalid-input"),
        ],
    )
    async def test_say_what_is_wrong_and_never_repeat_the_place(self, client_of: Client, place: Any, code: str) -> None:
        answer = await client_of().post(LOOKUP, json=place)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert answer.headers["cache-control"] == "no-store"
        assert "11.6" not in answer.text
        assert "691000" not in answer.text

    async def test_are_the_same_over_graphql(self, client_of: Client) -> None:
        swapped = {"longitude": UNTERHACHING["latitude"], "latitude": UNTERHACHING["longitude"]}
        told = (await client_of().post("/graphql", json={"query": IN_GRAPHQL, "variables": swapped})).json()
        assert told["errors"][0]["extensions"]["code"] == "coordinates-swapped"
        assert "11.6" not in json.dumps(told)

    async def test_a_document_that_is_not_json_is_none(self, client_of: Client) -> None:
        answer = await client_of().post(LOOKUP, content=b"{", headers={"content-type": "application/json"})
        assert answer.json()["code"] == "malformed"


class TestNothingIsRemembered:
    async def test_neither_in_events_nor_in_the_record(self, client_of: Client, database: Database) -> None:
        counted = "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM audit_entry)"
        before = database.rows(counted)
        await client_of("case_worker").post(LOOKUP, json=UNTERHACHING)
        assert database.rows(counted) == before

    async def test_nor_in_the_log(self, client_of: Client, capfd: pytest.CaptureFixture[str]) -> None:
        await client_of().post(LOOKUP, json=UNTERHACHING)
        await client_of().post("/graphql", json={"query": IN_GRAPHQL, "variables": UNTERHACHING})
        await client_of().post(LOOKUP, json={"longitude": 48.065859, "latitude": 11.617404})
        out, err = capfd.readouterr()
        for digits in ("11.617404", "48.065859", "617404"):
            assert digits not in out + err


OUTLINES = outlines()
HOLED: Outline = (
    (
        ((9_000_000, 50_000_000), (9_500_000, 50_000_000), (9_400_000, 50_300_000), (9_000_000, 50_500_000)),
        ((9_100_000, 50_100_000), (9_150_000, 50_200_000), (9_200_000, 50_100_000)),
    ),
    (((9_700_000, 50_000_000), (9_900_000, 50_100_000), (9_750_000, 50_050_000)),),
)
SEARCHED = (
    """SELECT space.name FROM social_space AS space JOIN social_space_area AS area ON area.social_space_id = space.id"""
)


@pytest.fixture(scope="module")
def holed(database: Database) -> str:
    """A social space elsewhere, in two parts and with a hole."""
    from service.domain.spaces.model import SocialSpace

    name = f"Elsewhere {uuid4().hex[:6]}"
    space = SocialSpace(authority_id=AUTHORITY, name=name, valid_from=FIRST_DAY, valid_to=date(2024, 1, 1))
    ids = {"id": uuid4(), "social_space_id": space.id, "authority_id": AUTHORITY}
    with psycopg.connect(database.superuser) as connection:
        days = (FIRST_DAY, date(2024, 1, 1))
        load(connection, [space, *area_rows(ids, HOLED, days, approximate=False, source="a test")])
    return name


class TestEveryPlace:
    @pytest.fixture
    def found(self, database: Database) -> Iterator[Callable[[int, int, date], set[str]]]:
        """The condition that the service asks with, asked many times."""
        import sqlalchemy as sa

        from service.domain.context import DIALECT
        from service.domain.spaces.areas import ShownArea
        from service.domain.spaces.locating import _holds

        row = ShownArea.__table__.alias("row")
        numbers: Any = {name: sa.literal_column(f"%({name})s::float8") for name in ("longitude", "latitude")}
        on: Any = sa.literal_column("%(on)s::date")
        query = sa.select(row.c.name).where(row.c.on == on, _holds(row.c, numbers))
        sql = str(query.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})).replace("%%(", "%(")
        with psycopg.connect(database.application, autocommit=True) as connection:

            def ask(x: int, y: int, on: date) -> set[str]:
                place = {"longitude": x / UNITS, "latitude": y / UNITS, "on": on}
                return {name for (name,) in connection.execute(sql.encode(), place)}

            yield ask

    @settings(max_examples=400, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(x=st.integers(AROUND[0], AROUND[2]), y=st.integers(AROUND[1], AROUND[3]))
    def test_is_where_a_ray_finds_it(self, found: Callable[[int, int, date], set[str]], x: int, y: int) -> None:
        told = found(x, y, FIRST_DAY)
        expected = {name for name, outline in OUTLINES.items() if ray(outline, x, y)}
        # On a border a ray says this or that; the service says both.
        assert told == expected or on_border(x, y, told)

    @settings(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(x=st.integers(8_950_000, 9_950_000), y=st.integers(49_950_000, 50_550_000))
    def test_also_with_holes_and_in_parts(
        self, found: Callable[[int, int, date], set[str]], holed: str, x: int, y: int
    ) -> None:
        border = any(on_edge(each, (x, y)) for polygon in HOLED for ring in polygon for each in edges(ring))
        assert found(x, y, FIRST_DAY) == ({holed} if ray(HOLED, x, y) else set()) or border

    @pytest.mark.parametrize("beside", [-1, 1])
    def test_is_told_apart_by_a_millionth_of_a_degree(
        self, found: Callable[[int, int, date], set[str]], holed: str, beside: int
    ) -> None:
        assert found(9_250_000, 50_000_000 + beside, FIRST_DAY) == ({holed} if beside > 0 else set())
        assert found(9_250_000, 50_000_000, FIRST_DAY) == {holed}

    def test_lies_in_what_was_valid_on_that_day(self, found: Callable[[int, int, date], set[str]], holed: str) -> None:
        assert found(9_050_000, 50_050_000, date(2023, 12, 31)) == {holed}
        assert found(9_050_000, 50_050_000, date(2024, 1, 1)) == set()


class TestTheDatabase:
    def test_keeps_two_outlines_of_a_social_space_apart_in_time(self, database: Database) -> None:
        twice = """INSERT INTO social_space_area SELECT valid_from, valid_to, authority_id, gen_random_uuid(),
            social_space_id, approximate, source, geometry FROM social_space_area LIMIT 1"""
        with psycopg.connect(database.superuser) as connection, pytest.raises(psycopg.errors.ExclusionViolation):
            connection.execute(twice)


class TestNeighbours:
    async def test_share_a_border_and_know_each_other(self, client_of: Client) -> None:
        http = client_of()
        told = (await http.get(f"/v1/social-spaces/{demo.UNTERHACHING}")).json()["neighbours"]["items"]
        assert {"Taufkirchen", "Neubiberg"} <= {each["name"] for each in told}
        assert {each["approximate"] for each in told} == {True}, "as far as outlines tell that nobody has surveyed"
        query = "{ socialSpaces(first: 100) { nodes { id neighbours(first: 50) { nodes { id } } } } }"
        nodes = (await http.post("/graphql", json={"query": query})).json()["data"]["socialSpaces"]["nodes"]
        of = {each["id"]: {other["id"] for other in each["neighbours"]["nodes"]} for each in nodes}
        assert of[str(demo.UNTERHACHING)] == {each["id"] for each in told}
        for one, others in of.items():
            assert one not in others
            assert all(one in of[other] for other in others)
        assert of[str(space_id("Unterschleißheim Nord"))] >= {str(space_id("Unterschleißheim Süd"))}


class TestTheLayer:
    async def test_is_geojson_with_marks_and_credit(self, client_of: Client) -> None:
        answer = await client_of().get(LAYER)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/geo+json")
        told = answer.json()
        assert told["type"] == "FeatureCollection"
        assert len(told["features"]) == len(SOCIAL_SPACES)
        west, south, east, north = told["bbox"]
        assert (west, south, east, north) == tuple(each / UNITS for each in AROUND)
        for feature in told["features"]:
            assert feature["type"] == "Feature"
            assert feature["properties"]["approximate"] is True
            assert "dl-de/by-2-0" in feature["properties"]["source"]
            geometry = feature["geometry"]
            parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
            for rings in parts:
                for number, ring in enumerate(rings):
                    assert len(ring) >= 4
                    assert ring[0] == ring[-1]
                    assert all(west <= x <= east and south <= y <= north for x, y in ring)
                    turned = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
                    assert (turned > 0) is (number == 0)  # the right-hand rule

    async def test_is_public_and_revalidated(self, client_of: Client) -> None:
        first = await client_of().get(LAYER)
        assert "public" in first.headers["cache-control"]
        again = await client_of().get(LAYER, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    async def test_is_of_the_day_that_was_asked_for(self, client_of: Client) -> None:
        before = await client_of().get(LAYER, params={"on": (FIRST_DAY - timedelta(days=1)).isoformat()})
        assert before.json() == {"type": "FeatureCollection", "features": []}
        assert (await client_of().get(LAYER, params={"on": "tomorrow"})).status_code == 422
        assert (await client_of().get(LAYER, params={"on": "1850-01-01"})).status_code == 422
