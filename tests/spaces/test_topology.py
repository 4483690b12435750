"""Which levels an authority plans in is data, and so is how its social spaces merge and split: on every day the answer
is what a list of days, kept by hand, says."""

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from service.demo.identity import FIRST_DAY
from service.demo.loading import load
from service.demo.people import signing_in
from service.domain.access.model import AccessGrant, Authority, AuthorityKind
from service.domain.clock import Clock
from service.domain.policy import Role
from service.domain.spaces.areas import area_rows, neighbour_rows
from service.domain.spaces.geometry import Outline
from service.domain.spaces.geometry import neighbours as bordering
from service.domain.spaces.levels import usual_levels
from service.domain.spaces.model import Municipality, SocialSpace, SocialSpaceMunicipality
from service.domain.values import new_id
from tests.conftest import Database
from tests.faces import FACES, Face, Said, Told, content

pytestmark = pytest.mark.anyio
Client = Callable[..., httpx.AsyncClient]
TODAY = Clock().today()
Shares = dict[str, Decimal]  # of municipalities, by their ids


@dataclass
class Ground:
    """An authority of a test's own: social spaces in a row, each with an outline, and an administrator."""

    database: Database
    count: int
    kind: AuthorityKind = AuthorityKind.DISTRICT_COUNTY
    id: UUID = field(default_factory=new_id)
    name: str = field(default_factory=lambda: f"ground-{uuid4().hex[:8]}")
    spaces: list[UUID] = field(default_factory=list)
    municipalities: list[UUID] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.spaces = [new_id() for _ in range(self.count)]
        self.municipalities = [new_id() for _ in range(self.count)]
        with psycopg.connect(self.database.superuser) as connection:
            load(connection, [*self._people(), *self._territory()])

    def _people(self) -> Any:
        yield Authority(id=self.id, key=self.name, name=self.name, kind=self.kind.value)
        yield from usual_levels(self.id, self.kind)
        people = {name: new_id() for name in (f"{self.name}-admin", f"{self.name}-manager", f"{self.name}-second")}
        for name, id in people.items():
            yield from signing_in(id, self.id, f"development:{name}", name)
        admin, manager, second = people.values()
        for actor, role in (
            (admin, Role.ADMINISTRATOR),
            (admin, Role.CASE_WORKER),
            (admin, Role.SOCIAL_SPACE_MANAGER),
            (admin, Role.REGIONAL_MANAGER),
            (manager, Role.SOCIAL_SPACE_MANAGER),
        ):
            scope: dict[str, Any] = {"social_space_id": self.spaces[0]} if actor == manager else {}
            yield AccessGrant(
                authority_id=self.id,
                actor_id=actor,
                role=role.value,
                approved_by=second,
                valid_from=_long_ago(),
                **scope,
            )

    def _territory(self) -> Any:
        scope: dict[str, Any] = {"authority_id": self.id}
        outlines: dict[UUID, Outline] = {}
        for number, (space, municipality) in enumerate(zip(self.spaces, self.municipalities, strict=True)):
            yield Municipality(
                id=municipality,
                ags=f"{number:08}",
                ars=f"{number:012}",
                name=f"Ort {number}",
                kind="municipality",
                population=1,
                population_on=FIRST_DAY,
                longitude=Decimal(11),
                latitude=Decimal(48),
                **scope,
            )
            yield SocialSpace(id=space, name=f"Raum {number:02}", valid_from=FIRST_DAY, **scope)
            yield SocialSpaceMunicipality(
                social_space_id=space, municipality_id=municipality, valid_from=FIRST_DAY, **scope
            )
            west, east = 9_000_000 + number * 1000, 9_001_000 + number * 1000
            outlines[space] = ((((west, 50_000_000), (east, 50_000_000), (east, 50_001_000), (west, 50_001_000)),),)
            ids = {"id": new_id(), "social_space_id": space, "authority_id": self.id}
            yield from area_rows(ids, outlines[space], (FIRST_DAY, None), approximate=False, source="a test")
        yield from neighbour_rows(self.id, bordering(outlines), (FIRST_DAY, None))

    def merging(self, *spaces: Any, on: date, into: Any = None, **more: Any) -> dict[str, Any]:
        said: dict[str, Any] = {
            "id": str(new_id()),
            "authority_id": str(self.id),
            "social_space_ids": [str(each) for each in spaces],
            "effective_on": on.isoformat(),
            "successor_id": str(into or new_id()),
        }
        return said | ({} if into else {"name": "Vereint"}) | more

    def splitting(self, space: Any, *parts: Mapping[str, Any], on: date, **more: Any) -> dict[str, Any]:
        into = [
            {
                "id": str(new_id()),
                "name": f"Teil {number}",
                "shares": [{"municipality_id": str(each), "share": str(share)} for each, share in shares.items()],
            }
            for number, shares in enumerate(parts)
        ]
        return {"id": str(new_id()), "social_space_id": str(space), "into": into, "effective_on": on.isoformat()} | more


def _long_ago() -> Any:
    from datetime import UTC, datetime

    return datetime(2026, 1, 1, tzinfo=UTC)


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


@pytest.fixture
def ground(database: Database) -> Ground:
    return Ground(database, 4)


@pytest.fixture(params=list(FACES))
def admin(request: pytest.FixtureRequest, client_of: Client, ground: Ground) -> Face:
    return FACES[str(request.param)](client_of(f"{ground.name}-admin"))


async def told(http: httpx.AsyncClient, path: str, **asked: Any) -> list[dict[str, Any]]:
    answer = await http.get(f"/v1/{path}", params={"limit": 200, **asked})
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["items"]
    return rows


async def spaces_on(http: httpx.AsyncClient, ground: Ground, on: date | None = None) -> dict[str, Shares]:
    """The social spaces of a day with their shares; without a day, of today."""
    asked = {"authority_id": str(ground.id)} | ({"on": on.isoformat()} if on else {})
    found: dict[str, Shares] = {each["id"]: {} for each in await told(http, "social-spaces", **asked)}
    for share in await told(http, "social-space-shares", **asked):
        found[share["social_space_id"]][share["municipality_id"]] = Decimal(share["share"])
    return found


class TestLevels:
    @pytest.mark.parametrize(
        ("language", "names"),
        [
            ("de", ["Planungs- und Gestaltungsraum", "Sozialraum", "Gemeinde"]),
            ("en", ["planning and design space", "social space", "municipality"]),
            ("de-simple", ["Region", "Sozial-Raum", "Gemeinde"]),
        ],
    )
    async def test_are_public_and_in_three_languages(
        self, client_of: Client, ground: Ground, language: str, names: list[str]
    ) -> None:
        asked = {"authority_id": str(ground.id)}
        answer = await client_of().get("/v1/territory-levels", params=asked, headers={"accept-language": language})
        assert [each["name"] for each in answer.json()["items"]] == names
        assert [each["level"] for each in answer.json()["items"]] == ["region", "social_space", "municipality"]

    async def test_a_city_of_districts_has_no_regions(self, client_of: Client, database: Database) -> None:
        city = Ground(database, 1, AuthorityKind.CITY)
        for face in FACES.values():
            before = content(database)
            said: Said = {"authority_id": str(city.id), "name": "Nord", "municipality_ids": []}
            refused = await face(client_of(f"{city.name}-admin")).do("add_region", id=new_id(), **said)
            assert (refused.status, refused.code, refused.value["level"]) == (409, "level-not-planned", "region")
            assert content(database) == before
        with psycopg.connect(database.superuser) as connection, pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.execute(
                "INSERT INTO region (id, authority_id, name, provisional, valid_from) VALUES (%s, %s, '', true, now())",
                [new_id(), city.id],
            )

    async def test_a_municipality_goes_over_to_a_new_region_on_a_day(
        self, admin: Face, client_of: Client, ground: Ground
    ) -> None:
        (moved, *_), http = ground.municipalities, client_of()
        regions = []
        for begins, members in ((TODAY, ground.municipalities), (day(5), [moved])):
            said: Said = {
                "authority_id": str(ground.id),
                "name": "Neu",
                "municipality_ids": [str(each) for each in members],
            }
            added = await admin.do("add_region", id=new_id(), valid_from=begins.isoformat(), **said)
            regions.append(added["id"])
        for on, home in ((TODAY, regions[0]), (day(4), regions[0]), (day(5), regions[1])):
            (row,) = await told(http, "region-memberships", municipality_id=str(moved), on=on.isoformat())
            assert row["region_id"] == home
        assert [each["id"] for each in await told(http, "regions", authority_id=str(ground.id))] == regions[:1]
        late: Said = {"authority_id": str(ground.id), "name": "Zu früh", "municipality_ids": [str(moved)]}
        refused = await admin.do("add_region", id=new_id(), valid_from=day(5).isoformat(), **late)
        assert (refused.status, refused.code) == (409, "changes-later")


class TestMerging:
    async def test_makes_one_of_several_from_a_day_on(self, admin: Face, client_of: Client, ground: Ground) -> None:
        one, other, *rest = map(str, ground.spaces)
        said = ground.merging(one, other, on=day(10))
        done = await admin.do("merge_social_spaces", **said)
        assert (done.status, done["kind"], done["effective_on"]) == (201, "merge", day(10).isoformat())
        http, new = client_of(), said["successor_id"]
        whole = {str(each): Decimal(1) for each in ground.municipalities[:2]}
        assert set(await spaces_on(http, ground)) == {one, other, *rest}
        assert set(await spaces_on(http, ground, day(9))) == {one, other, *rest}
        then = await spaces_on(http, ground, day(10))
        assert (set(then), then[new]) == ({new, *rest}, whole)
        (history,) = await told(http, "social-space-successions", predecessor_id=one)
        assert (history["successor_id"], history["effective_on"]) == (new, day(10).isoformat())
        ended = (await http.get(f"/v1/social-spaces/{one}")).json()
        assert ended["valid_to"] == day(10).isoformat()

    async def test_hands_on_the_outline_and_the_neighbours(
        self, admin: Face, client_of: Client, ground: Ground
    ) -> None:
        first, second, third, _ = map(str, ground.spaces)
        said = ground.merging(first, second, on=day(10))
        assert (await admin.do("merge_social_spaces", **said)).status == 201
        http, new = client_of(), said["successor_id"]
        for west, before in ((9.0005, first), (9.0015, second)):
            for on, expected in ((day(9), before), (day(10), new)):
                place = {"longitude": west, "latitude": 50.0005, "on": on.isoformat()}
                found = (await http.post("/v1/social-spaces/lookup", json=place)).json()["items"]
                assert expected in [each["social_space_id"] for each in found]
                assert len([each for each in found if each["social_space_id"] in (first, second, new)]) == 1
        (area,) = await told(http, "social-space-areas", social_space_id=new, on=day(10).isoformat())
        assert area["geometry"]["bbox"] == [9.0, 50.0, 9.002, 50.001]
        assert len(area["geometry"]["coordinates"][0]) <= 7
        pairs = ground.database.rows(
            "SELECT social_space_id::text, neighbour_id::text FROM social_space_neighbour "
            "WHERE authority_id = %s AND valid_from = %s AND valid_to IS NULL",
            ground.id,
            day(10),
        )
        assert set(pairs) == {(new, third), (third, new)}

    async def test_one_of_them_can_go_on(self, admin: Face, client_of: Client, ground: Ground) -> None:
        one, other, *rest = map(str, ground.spaces)
        done = await admin.do("merge_social_spaces", **ground.merging(one, other, on=day(3), into=other))
        assert done.status == 201, done
        then = await spaces_on(client_of(), ground, day(3))
        assert set(then) == {other, *rest}
        assert then[other] == {str(each): Decimal(1) for each in ground.municipalities[:2]}
        assert (await client_of().get(f"/v1/social-spaces/{other}")).json()["valid_to"] is None

    async def test_shares_of_one_municipality_add_up(self, admin: Face, client_of: Client, ground: Ground) -> None:
        municipality = str(ground.municipalities[0])
        halves = ground.splitting(
            ground.spaces[0], {municipality: Decimal("0.25")}, {municipality: Decimal("0.75")}, on=day(2)
        )
        assert (await admin.do("split_social_space", **halves)).status == 201
        quarter, rest = (each["id"] for each in halves["into"])
        assert (
            await admin.do("merge_social_spaces", **ground.merging(quarter, rest, on=day(4), into=rest))
        ).status == 201
        http = client_of()
        assert (await spaces_on(http, ground, day(3)))[quarter] == {municipality: Decimal("0.25")}
        assert (await spaces_on(http, ground, day(4)))[rest] == {municipality: Decimal(1)}


class TestWhatHangsOnIt:
    async def test_cases_stay_and_nothing_new_begins(self, client_of: Client, ground: Ground) -> None:
        http = client_of(f"{ground.name}-admin")
        old, other = map(str, ground.spaces[:2])
        case = {"id": str(new_id()), "social_space_id": old, "title": "Vorher"}
        assert (await http.post("/v1/cases", json=case)).status_code == 201
        team = {"id": str(new_id()), "social_space_id": old, "name": "Team", "valid_from": day(-1).isoformat()}
        assert (await http.post("/v1/teams", json=team)).status_code == 201
        assert (
            await http.post("/v1/social-spaces/merge", json=ground.merging(old, other, on=TODAY))
        ).status_code == 201
        assert (await http.get(f"/v1/teams/{team['id']}")).json()["valid_to"] == TODAY.isoformat()
        manager = client_of(f"{ground.name}-manager")
        assert [each["social_space_id"] for each in await told(manager, "case-sketches")] == [old]
        assert (await http.get(f"/v1/cases/{case['id']}")).json()["social_space_id"] == old
        elsewhere = {"content-type": "application/merge-patch+json", "if-match": '"1"'}
        for space, status in ((old, 409), (str(new_id()), 422), (str(ground.spaces[2]), 200)):
            patch = json.dumps({"social_space_id": space}).encode()
            assert (await http.patch(f"/v1/cases/{case['id']}", content=patch, headers=elsewhere)).status_code == status
        for path, said in (
            ("cases", {"social_space_id": old, "title": "Nachher"}),
            ("teams", {"social_space_id": old, "name": "Nachher"}),
            ("social-space-dialogues", {"social_space_id": old, "title": "Nachher"}),
        ):
            answer = await http.post(f"/v1/{path}", json={"id": str(new_id()), **said})
            assert (answer.status_code, answer.json().get("code")) == (409, "social-space-not-there"), path
            assert answer.json()["social_space_ids"] == [old]


class TestRefusals:
    async def refused(self, admin: Face, ground: Ground, operation: str, said: dict[str, Any]) -> Told:
        """And nothing is half done."""
        before, there = content(ground.database), _territory(ground)
        answer = await admin.do(operation, **said)
        assert answer.code is not None, answer
        assert (content(ground.database), _territory(ground)) == (before, there)
        return answer

    async def test_a_merge_says_what_is_wrong(self, admin: Face, ground: Ground, database: Database) -> None:
        one, other, third, _ = ground.spaces
        foreign = Ground(database, 1).spaces[0]
        for said in (
            ground.merging(one, other, on=day(-1)),
            ground.merging(one, one, on=day(1)),
            ground.merging(one, foreign, on=day(1)),
            ground.merging(one, other, on=day(1), name=None),
            ground.merging(one, other, on=day(1), into=other, name="Doch"),
            ground.merging(one, other, on=day(1), successor_id=str(uuid4())),
        ):
            given = {name: value for name, value in said.items() if value is not None}
            answer = await self.refused(admin, ground, "merge_social_spaces", given)
            assert (answer.status, answer.code) == (422, "invalid-input"), said
        taken = await self.refused(
            admin, ground, "merge_social_spaces", ground.merging(one, other, on=day(1), successor_id=str(third))
        )
        assert taken.status in (409, 422)

    @pytest.mark.parametrize(
        "parts", [("0.5", "0.4"), ("0.5", "0.6"), ("1", "1"), ("0.5", "-0.5"), ("0", "1"), ("1.5", "0.5"), ("x", "1")]
    )
    async def test_a_split_shares_out_what_there_is(self, admin: Face, ground: Ground, parts: tuple[str, str]) -> None:
        town = str(ground.municipalities[0])
        said = ground.splitting(ground.spaces[0], *({town: each} for each in parts), on=day(1))
        answer = await self.refused(admin, ground, "split_social_space", said)
        assert (answer.status, answer.code) == (422, "invalid-input")

    async def test_history_is_written_forwards(self, admin: Face, ground: Ground) -> None:
        """Backwards, or twice on one day, a line of succession could come back to where it began."""
        one, other, third, fourth = ground.spaces
        assert (
            await admin.do("merge_social_spaces", **ground.merging(one, other, on=day(10), into=other))
        ).status == 201
        for said in (
            ground.merging(other, third, on=day(5), into=third),
            ground.merging(other, third, on=day(10), into=third),
            ground.merging(one, third, on=day(5)),
        ):
            answer = await self.refused(admin, ground, "merge_social_spaces", said)
            assert (answer.status, answer.code) == (409, "changes-later")
        gone = await self.refused(admin, ground, "merge_social_spaces", ground.merging(one, third, on=day(10)))
        assert (gone.code, gone.value["social_space_ids"]) == ("social-space-not-there", [str(one)])
        cycle = await self.refused(
            admin, ground, "merge_social_spaces", ground.merging(one, other, on=day(20), into=one)
        )
        assert cycle.code == "social-space-not-there"
        assert (await admin.do("merge_social_spaces", **ground.merging(other, fourth, on=day(11)))).status == 201

    async def test_who_may_not_changes_nothing(self, client_of: Client, ground: Ground) -> None:
        merge = ground.merging(*ground.spaces[:2], on=day(1))
        town = str(ground.municipalities[0])
        split = ground.splitting(ground.spaces[0], {town: Decimal("0.5")}, {town: Decimal("0.5")}, on=day(1))
        before = _territory(ground)
        for who, status in ((f"{ground.name}-manager", 403), ("administrator", 403), (None, 401)):
            http = client_of(who) if who else client_of()
            assert (await http.post("/v1/social-spaces/merge", json=merge)).status_code == status
            assert (await http.post("/v1/social-spaces/split", json=split)).status_code == status
        assert _territory(ground) == before

    async def test_the_same_request_again_gives_the_first_outcome(self, admin: Face, ground: Ground) -> None:
        said = ground.merging(*ground.spaces[:2], on=day(1))
        first = await admin.do("merge_social_spaces", **said)
        again = await admin.do("merge_social_spaces", **said)
        assert (first.status, again.status, again["id"]) == (201, 201, first["id"])
        other = await admin.do("merge_social_spaces", **said | {"name": "Anders"})
        assert (other.status, other.code, other.value["differs"]) == (409, "id-reused", ["name"])

    async def test_of_several_at_once_one_is_done(self, client_of: Client, ground: Ground) -> None:
        http = client_of(f"{ground.name}-admin")
        merges = [ground.merging(*ground.spaces[:3], on=day(1)) for _ in range(5)]
        answers = await asyncio.gather(*(http.post("/v1/social-spaces/merge", json=each) for each in merges))
        assert sorted(each.status_code for each in answers) == [201, 409, 409, 409, 409]


def _territory(ground: Ground) -> list[Any]:
    tables = (
        *("social_space", "social_space_municipality", "social_space_area", "social_space_neighbour"),
        *("region", "region_membership", "social_space_change", "social_space_succession"),
        *("region_change", "region_succession"),
    )
    return [
        ground.database.rows(f"SELECT t::text FROM {each} t WHERE authority_id = %s ORDER BY 1", ground.id)
        for each in tables
    ]


class TestRegions:
    """Of four municipalities, two in each."""

    async def regions(self, admin: Face, ground: Ground) -> list[str]:
        found = []
        for members in (ground.municipalities[:2], ground.municipalities[2:]):
            said: Said = {"name": "Region", "municipality_ids": list(map(str, members))}
            added = await admin.do("add_region", id=new_id(), authority_id=str(ground.id), **said)
            found.append(str(added["id"]))
        return found

    def cut(self, ground: Ground, regions: list[str], *into: dict[str, Any], on: date) -> dict[str, Any]:
        said = {"id": str(new_id()), "authority_id": str(ground.id), "effective_on": on.isoformat()}
        return {**said, "region_ids": regions, "into": list(into)}

    async def members(self, http: httpx.AsyncClient, region: str, on: date) -> set[str]:
        return {row["municipality_id"] for row in await told(http, "region-memberships", region_id=region, on=on)}

    async def test_merge_move_their_border_and_split(self, admin: Face, client_of: Client, ground: Ground) -> None:
        http, (one, other) = client_of(), await self.regions(admin, ground)
        first, second, third, fourth = map(str, ground.municipalities)
        moved = self.cut(
            ground,
            [one, other],
            {"id": one, "municipality_ids": [first]},
            {"id": other, "municipality_ids": [second, third, fourth]},
            on=day(5),
        )
        done = await admin.do("recut_regions", **moved)
        assert (done.status, done["effective_on"]) == (201, day(5).isoformat())
        merged = self.cut(
            ground, [one, other], {"id": other, "municipality_ids": list(map(str, ground.municipalities))}, on=day(10)
        )
        assert (await admin.do("recut_regions", **merged)).status == 201
        north, south = str(new_id()), str(new_id())
        halves = [
            {"id": id, "name": "Neu", "municipality_ids": of}
            for id, of in ((north, [first, third]), (south, [second, fourth]))
        ]
        assert (await admin.do("recut_regions", **self.cut(ground, [other], *halves, on=day(20)))).status == 201

        everybody = {first, second, third, fourth}
        for on, expected in (
            (TODAY, {one: {first, second}, other: {third, fourth}}),
            (day(4), {one: {first, second}, other: {third, fourth}}),
            (day(5), {one: {first}, other: everybody - {first}}),
            (day(10), {other: everybody}),
            (day(19), {other: everybody}),
            (day(20), {north: {first, third}, south: {second, fourth}}),
        ):
            there = [row["id"] for row in await told(http, "regions", authority_id=str(ground.id), on=on)]
            assert set(there) == set(expected), on
            assert {id: await self.members(http, id, on) for id in there} == expected, on
        history = await told(http, "region-successions", authority_id=str(ground.id))
        went = [(row["predecessor_id"], row["successor_id"], row["effective_on"]) for row in history]
        expected_ways = [(one, other, day(5)), (one, other, day(10)), (other, north, day(20)), (other, south, day(20))]
        assert sorted(went) == sorted((a, b, on.isoformat()) for a, b, on in expected_ways)

    async def test_no_dialogue_begins_where_there_is_none_yet(self, admin: Face, ground: Ground) -> None:
        said: Said = {"name": "Neu", "valid_from": day(5).isoformat(), "municipality_ids": []}
        region = await admin.do("add_region", id=new_id(), authority_id=str(ground.id), **said)
        refused = await admin.do("start_region_dialogue", id=new_id(), region_id=region["id"], title="Regionaldialog")
        assert (refused.status, refused.code) == (409, "region-not-there")
        assert refused.value["region_ids"] == [region["id"]]

    async def test_are_refused_where_it_does_not_come_out_even(
        self, admin: Face, client_of: Client, ground: Ground
    ) -> None:
        one, other = await self.regions(admin, ground)
        first, second, third, fourth = map(str, ground.municipalities)
        as_it_is = [
            {"id": one, "municipality_ids": [first, second]},
            {"id": other, "municipality_ids": [third, fourth]},
        ]
        before = _territory(ground)
        for into, pointer, detail in (
            ([{"id": one, "municipality_ids": [first, second, third]}], "#/into", "any longer"),
            ([{"id": one, "municipality_ids": [first, *map(str, ground.municipalities)]}], "#/into", "more than once"),
            ([{"id": one, "name": "Neu", "municipality_ids": [first]}], "#/into/0/name", "goes on"),
            ([{"id": str(new_id()), "municipality_ids": [first]}], "#/into/0/name", "is needed"),
            (as_it_is, "#/into", "where it is"),
        ):
            refused = await admin.do("recut_regions", **self.cut(ground, [one, other], *into, on=day(5)))
            assert (refused.status, refused.code) == (422, "invalid-input"), into
            assert any(each["pointer"] == pointer and detail in each["detail"] for each in refused.value["errors"])
        strange = await admin.do("recut_regions", **self.cut(ground, [one, str(new_id())], *as_it_is, on=day(5)))
        assert strange.value["errors"][0]["pointer"] == "#/region_ids/1"
        late = await admin.do("recut_regions", **self.cut(ground, [one, other], *as_it_is, on=day(-1)))
        assert late.value["errors"][0]["pointer"] == "#/effective_on"
        assert _territory(ground) == before

        whole = {"id": other, "municipality_ids": list(map(str, ground.municipalities))}
        assert (await admin.do("recut_regions", **self.cut(ground, [one, other], whole, on=day(5)))).status == 201
        for on, code in ((day(3), "changes-later"), (day(5), "region-not-there")):
            again = await admin.do("recut_regions", **self.cut(ground, [one, other], whole, on=on))
            assert (again.status, again.code) == (409, code)


class TestTheDatabaseHolds:
    def refuses(self, ground: Ground, statement: str, *values: Any) -> None:
        with psycopg.connect(ground.database.superuser) as connection:
            connection.execute(statement.encode(), values)
            with pytest.raises(psycopg.errors.CheckViolation):
                connection.commit()

    def test_no_more_than_the_whole_of_a_municipality(self, ground: Ground) -> None:
        self.refuses(
            ground,
            "INSERT INTO social_space_municipality VALUES (%s, NULL, %s, %s, %s, %s, 0.0001)",
            *(TODAY, ground.id, new_id(), ground.spaces[0], ground.municipalities[1]),
        )

    def test_no_succession_out_of_order(self, ground: Ground) -> None:
        one, other, *_ = ground.spaces
        self.refuses(
            ground,
            "WITH change AS (INSERT INTO social_space_change VALUES (%s, %s, 'merge', %s) RETURNING *) "
            "INSERT INTO social_space_succession SELECT authority_id, %s, id, %s, %s, effective_on FROM change",
            *(ground.id, new_id(), day(1), new_id(), one, other),
        )

    def test_no_end_before_the_beginning_and_nothing_twice(self, ground: Ground) -> None:
        with psycopg.connect(ground.database.superuser) as connection, pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("UPDATE social_space SET valid_to = valid_from WHERE id = %s", [ground.spaces[0]])
        with psycopg.connect(ground.database.superuser) as connection, pytest.raises(psycopg.errors.ExclusionViolation):
            connection.execute(
                "INSERT INTO social_space_municipality VALUES (%s, NULL, %s, %s, %s, %s, 0.1)",
                [TODAY, ground.id, new_id(), ground.spaces[0], ground.municipalities[0]],
            )


@dataclass
class ByHand:
    """The brute-force model: for every day that counts, all social spaces with their shares; and who came of whom."""

    days: list[date]
    told: dict[date, dict[str, Shares]]
    successions: set[tuple[str, str, str]] = field(default_factory=set)

    def from_on(self, on: date, ended: set[str], new: dict[str, Shares]) -> None:
        for each in self.days:
            if each >= on:
                kept = {space: shares for space, shares in self.told[each].items() if space not in ended}
                self.told[each] = kept | new


def _parted(shares: Shares, chance: random.Random) -> tuple[Shares, Shares] | None:
    """In two, somewhere."""
    parts: tuple[Shares, Shares] = ({}, {})
    for municipality, share in shares.items():
        cut = Decimal(chance.randrange(0, int(share * 10_000) + 1)) / 10_000
        for part, given_ in zip(parts, (cut, share - cut), strict=True):
            if given_:
                part[municipality] = given_
    return parts if all(parts) else None


@tried(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 7))
async def test_every_day_of_a_random_history_is_as_by_hand(
    database: Database, client_of: Client, seed: int, steps: int
) -> None:
    ground, chance = Ground(database, 5), random.Random(seed)  # noqa: S311 (ids are new each time, their order too)
    http = client_of(f"{ground.name}-admin")
    changes = [day(each * 3) for each in range(1, steps + 1)]
    days = sorted({TODAY, *changes, *(each - timedelta(days=1) for each in changes), day(10_000)})
    begun = {str(s): {str(m): Decimal(1)} for s, m in zip(ground.spaces, ground.municipalities, strict=True)}
    model = ByHand(days, {each: dict(begun) for each in days})
    for on in changes:
        there = model.told[on]
        if len(there) > 1 and chance.random() < 0.5:
            merged = chance.sample(sorted(there), chance.randint(2, min(3, len(there))))
            into = chance.choice([None, *merged])
            said = ground.merging(*merged, on=on, into=into)
            ended, new = set(merged) - {into}, [said["successor_id"]]
            total: Shares = defaultdict(Decimal)
            for each in merged:
                for municipality, share in there[each].items():
                    total[municipality] += share
            model.from_on(on, {*merged}, {said["successor_id"]: dict(total)})
            path = "merge"
        else:
            space = chance.choice(sorted(there))
            parts = _parted(there[space], chance)
            if parts is None:
                continue
            said = ground.splitting(space, *parts, on=on)
            ended, new = {space}, [each["id"] for each in said["into"]]
            model.from_on(on, ended, dict(zip(new, parts, strict=True)))
            path = "split"
        model.successions |= {(old, each, on.isoformat()) for old in ended for each in new}
        answer = await http.post(f"/v1/social-spaces/{path}", json=said)
        assert answer.status_code == 201, answer.text
    for on in days:
        assert await spaces_on(http, ground, on) == model.told[on], on
        covered: Shares = defaultdict(Decimal)
        for shares in model.told[on].values():
            for municipality, share in shares.items():
                covered[municipality] += share
        assert set(covered.values()) == {Decimal(1)}
    found = await told(http, "social-space-successions", authority_id=str(ground.id))
    assert {(row["predecessor_id"], row["successor_id"], row["effective_on"]) for row in found} == model.successions


@tried(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 6))
async def test_every_day_of_a_random_history_of_regions_is_as_by_hand(
    database: Database, client_of: Client, seed: int, steps: int
) -> None:
    """Which municipality belongs to which region: for every day that counts, written down by hand."""
    ground, chance = Ground(database, 6), random.Random(seed)  # noqa: S311 (ids are new each time, their order too)
    http, towns = client_of(f"{ground.name}-admin"), list(map(str, ground.municipalities))
    first: dict[str, Any] = {"id": str(new_id()), "authority_id": str(ground.id), "name": "Region"}
    assert (await http.post("/v1/regions", json={**first, "municipality_ids": towns})).status_code == 201
    changes = [day(each * 3) for each in range(1, steps + 1)]
    days = sorted({TODAY, *changes, *(each - timedelta(days=1) for each in changes), day(10_000)})
    homes = {each: dict.fromkeys(towns, str(first["id"])) for each in days}
    went: set[tuple[str, str, str]] = set()
    for on in changes:
        there = homes[on]
        chosen = chance.sample(sorted(set(there.values())), chance.randint(1, min(3, len(set(there.values())))))
        moving = [town for town in towns if there[town] in chosen]
        places = [*chosen, *(str(new_id()) for _ in range(chance.randint(0, 2)))]
        anew = {town: chance.choice(places) for town in moving}
        into = [
            {"id": place, "municipality_ids": [town for town in moving if anew[town] == place]}
            | ({} if place in chosen else {"name": "Neu"})
            for place in sorted(set(anew.values()))
        ]
        said = {"id": str(new_id()), "authority_id": str(ground.id), "effective_on": on.isoformat()}
        answer = await http.post("/v1/regions/recut", json={**said, "region_ids": chosen, "into": into})
        if all(anew[town] == there[town] for town in moving):
            assert answer.status_code == 422
            continue
        assert answer.status_code == 201, answer.text
        went |= {(there[t], anew[t], on.isoformat()) for t in moving if there[t] != anew[t]}
        for each in days:
            if each >= on:
                homes[each] = homes[each] | anew
    for on in days:
        asked = {"authority_id": str(ground.id), "on": on.isoformat()}
        members = await told(http, "region-memberships", **asked)
        assert {row["municipality_id"]: row["region_id"] for row in members} == homes[on], on
        assert {row["id"] for row in await told(http, "regions", **asked)} == set(homes[on].values()), on
    found = await told(http, "region-successions", authority_id=str(ground.id))
    assert {(row["predecessor_id"], row["successor_id"], row["effective_on"]) for row in found} == went
