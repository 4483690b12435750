"""Surveyed outlines: what is sound takes over from a day on, all of it or nothing; what is not is named."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from service.cli.importing import Refused, take_over
from service.demo.territory import SOCIAL_SPACES
from service.domain.spaces.geometry import knot, neighbours, outline_of, overlapping
from service.domain.spaces.simplifying import simplified
from service.domain.spaces.surveyed import LARGEST_FILE
from tests.conftest import Database

DAY = date(2026, 3, 1)
# The surveyed outlines of a real county are not part of the project; where they lie says the environment.
SURVEYED = Path(__file__).parents[3] / "shared" / "data" / "geo"
COUNTY = SURVEYED / "lk-muenchen-municipalities.geojson"
HAAR = [[11.70, 48.09], [11.76, 48.09], [11.76, 48.12], [11.70, 48.12], [11.70, 48.09]]
AREAS = "SELECT social_space_id, valid_from, valid_to, approximate, geometry FROM social_space_area ORDER BY 1, 2"


def feature(ring: Any = HAAR, key: str = "09184123", **properties: Any) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"ags": key, **properties}, "geometry": geometry}


def written(path: Path, *features: Any, **more: Any) -> Path:
    file = path / "outlines.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "attribution": "a test", "features": features, **more}))
    return file


class TestWhatIsSound:
    def test_takes_over_from_a_day_on_and_only_once(self, own_database: Database, tmp_path: Path) -> None:
        file = written(tmp_path, feature())
        before = own_database.rows(AREAS)
        assert take_over(own_database.owner, file, DAY, dry_run=True)["imported"] == 1
        assert own_database.rows(AREAS) == before
        told = take_over(own_database.owner, file, DAY)
        assert (told["imported"], told["errors"]) == (1, [])
        query = """SELECT area.valid_from, area.valid_to, approximate, source FROM social_space_area AS area
            JOIN social_space AS space ON space.id = social_space_id WHERE space.name = 'Haar' ORDER BY 1"""
        (old, new) = own_database.rows(query)
        assert (old[1], old[2], new) == (DAY, True, (DAY, None, False, "a test"))
        after = own_database.rows(AREAS)
        assert take_over(own_database.owner, file, DAY)["unchanged"] == 1
        assert own_database.rows(AREAS) == after

    def test_of_the_same_day_replaces_what_was_imported_before(self, own_database: Database, tmp_path: Path) -> None:
        take_over(own_database.owner, written(tmp_path, feature()), DAY)
        moved = [[x + 0.001, y] for x, y in HAAR]
        assert take_over(own_database.owner, written(tmp_path, feature(moved)), DAY)["imported"] == 1
        query = "SELECT count(*) FROM social_space_area WHERE valid_from = %s"
        assert own_database.rows(query, DAY) == [(1,)]
        rings = "SELECT count(*) FROM social_space_area_ring WHERE area_id NOT IN (SELECT id FROM social_space_area)"
        assert own_database.rows(rings) == [(0,)]

    def test_knows_areas_without_inhabitants(self, own_database: Database, tmp_path: Path) -> None:
        forest = [[x + 0.2, y] for x, y in HAAR]
        features = [feature(), *(feature(forest, f"0918445{n}", kind="Gemeindefreies Gebiet") for n in range(3))]
        told = take_over(own_database.owner, written(tmp_path, *features), DAY)
        assert (told["imported"], told["errors"]) == (1, [])
        assert told["uninhabited"] == ["09184450", "09184451", "09184452"]

    def test_may_overlap_and_is_said_to(self, own_database: Database, tmp_path: Path) -> None:
        over = [[x + 0.03, y + 0.01] for x, y in HAAR]
        told = take_over(own_database.owner, written(tmp_path, feature(), feature(over, "09184121")), DAY)
        assert told["imported"] == 2
        assert any("overlaps with" in each["detail"] for each in told["warnings"])


BROKEN: dict[str, tuple[Callable[[], Any], str]] = {
    "unknown key": (lambda: feature(key="09162000"), "not known"),
    "latitude first": (lambda: feature([[y, x] for x, y in HAAR]), "latitude before longitude"),
    "metres": (
        lambda: feature([[691_000, 5_330_000], [692_000, 5_330_000], [692_000, 5_331_000], [691_000, 5_330_000]]),
        "no degrees",
    ),
    "open": (lambda: feature([*HAAR[:-1], [11.701, 48.10]]), "not closed"),
    "too short": (lambda: feature(HAAR[:3]), "less than four"),
    "a bow tie": (lambda: feature([HAAR[0], HAAR[2], HAAR[1], [11.71, 48.13], HAAR[0]]), "meets itself"),
    "flat": (lambda: feature([HAAR[0], HAAR[1], HAAR[0], HAAR[0]]), "without an area"),
    "a word": (lambda: feature([["x", 48], *HAAR[1:]]), "not two numbers"),
    "a point": (lambda: {**feature(), "geometry": {"type": "Point", "coordinates": [11.7, 48.1]}}, "no area"),
    "nothing": (lambda: {**feature(), "geometry": None}, "no area"),
    "nameless": (lambda: {**feature(), "properties": None}, "no key"),
}


class TestWhatIsBroken:
    @pytest.mark.parametrize("kind", BROKEN)
    def test_is_named_and_nothing_is_imported(self, database: Database, tmp_path: Path, kind: str) -> None:
        made, said = BROKEN[kind]
        file = written(tmp_path, feature(), made())
        before = database.rows(AREAS)
        told = take_over(database.owner, file, DAY)
        (error,) = told["errors"]
        assert (error["feature"], told["imported"]) == (1, 0)
        assert said in error["detail"]
        assert error["advice"]
        assert database.rows(AREAS) == before

    def test_is_the_second_of_two_with_one_key(self, database: Database, tmp_path: Path) -> None:
        told = take_over(database.owner, written(tmp_path, feature(), feature()), DAY)
        assert (told["errors"][0]["feature"], told["imported"]) == (1, 0)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"{", "not well-formed"),
            (b"[]", "no FeatureCollection"),
            (b'{"type": "FeatureCollection", "features": []}', "no features"),
            (b'{"type": "FeatureCollection", "crs": "EPSG:25832", "features": [1]}', "WGS 84"),
            (b'{"type": "FeatureCollection", "features": [NaN]}', "not well-formed"),
        ],
    )
    def test_can_be_the_whole_file(self, database: Database, tmp_path: Path, content: bytes, said: str) -> None:
        file = tmp_path / "outlines.geojson"
        file.write_bytes(content)
        assert said in take_over(database.owner, file, DAY)["errors"][0]["detail"]

    def test_is_not_even_read_where_it_is_too_large(self, database: Database, tmp_path: Path) -> None:
        file = tmp_path / "large.geojson"
        with file.open("wb") as large:
            large.truncate(LARGEST_FILE + 1)  # takes no room on the disk
        assert "more than" in take_over(database.owner, file, DAY)["errors"][0]["detail"]

    def test_gives_an_exit_code(self, own_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from service.cli import commands
        from service.settings import settings

        monkeypatch.setenv("DATABASE_OWNER_URL", own_database.owner)
        monkeypatch.setenv("DATABASE_URL", own_database.application)
        settings.cache_clear()
        try:
            arguments = ["import", "spaces", "--valid-from", "2026-03-01"]
            good = CliRunner().invoke(commands, [*arguments, str(written(tmp_path, feature()))])
            assert (good.exit_code, "1 outlines hold from 2026-03-01" in good.output) == (0, True), good.output
            bad = CliRunner().invoke(commands, [*arguments, str(written(tmp_path, feature(HAAR[:3])))])
            assert (bad.exit_code, "Nothing was imported" in bad.output) == (1, True), bad.output
        finally:
            settings.cache_clear()

    def test_has_no_credit(self, database: Database, tmp_path: Path) -> None:
        with pytest.raises(Refused, match="credit"):
            take_over(database.owner, written(tmp_path, feature(), attribution=""), DAY)


class TestSimplifying:
    def test_keeps_shared_borders_shared(self) -> None:
        border = tuple((1_000 + (n % 3), n * 100) for n in range(1, 40))
        west = (((0, 0), (1_000, 0), *border, (1_000, 4_000), (0, 4_000)),)
        east = (((1_000, 0), (2_000, 0), (2_000, 4_000), (1_000, 4_000), *border[::-1]),)
        made = simplified({"west": (west,), "east": (east,)}, 10)
        assert [len(made[key][0][0]) for key in ("west", "east")] == [4, 4]
        assert neighbours(made) == {("west", "east"), ("east", "west")}
        assert not overlapping(made["west"], made["east"])


@pytest.mark.skipif(not COUNTY.exists(), reason=f"the surveyed outlines are not here: {COUNTY}")
class TestTheRealCounty:
    def test_imports_without_an_error(self, own_database: Database) -> None:
        told = take_over(own_database.owner, COUNTY, DAY)
        assert told["errors"] == []
        assert told["imported"] == len(SOCIAL_SPACES)
        assert not any("overlaps" in each["detail"] for each in told["warnings"])
        query = 'SELECT name, geometry, approximate FROM shown_area WHERE "on" = %s'
        found = {name: (outline_of(geometry), rough) for name, geometry, rough in own_database.rows(query, DAY)}
        assert all(knot(polygon) is None for outline, _ in found.values() for polygon in outline)
        assert {name for name, (_, rough) in found.items() if rough} == {
            "Unterschleißheim Nord",
            "Unterschleißheim Süd",
        }
        again = take_over(own_database.owner, COUNTY, DAY)
        assert (again["imported"], again["unchanged"]) == (0, len(SOCIAL_SPACES))

    def test_may_come_as_an_official_list_with_three_areas_that_nobody_lives_in(
        self, own_database: Database, tmp_path: Path
    ) -> None:
        """32 rows carry keys of the county; the forests are in their own place, north of it (facts, section 1)."""
        forests = [
            feature(
                [[x, 49.0], [x + 0.01, 49.0], [x + 0.01, 49.01], [x, 49.0]],
                f"09184{number}",
                kind="Gemeindefreies Gebiet",
            )
            for number, x in ((452, 11.4), (454, 11.5), (457, 11.6))
        ]
        listed = [*json.loads(COUNTY.read_text())["features"], *forests]
        assert len(listed) == 32
        told = take_over(own_database.owner, written(tmp_path, *listed), DAY)
        assert (told["errors"], told["imported"]) == ([], len(SOCIAL_SPACES))
        assert told["uninhabited"] == ["09184452", "09184454", "09184457"]

    def test_has_the_neighbours_that_others_found(self, own_database: Database) -> None:
        take_over(own_database.owner, COUNTY, DAY)
        expected = json.loads((SURVEYED / "lk-muenchen-adjacency.json").read_text())
        query = """SELECT DISTINCT one.ags, other.ags FROM social_space_neighbour AS pair
            JOIN social_space_municipality AS here ON here.social_space_id = pair.social_space_id AND here.share = 1
            JOIN social_space_municipality AS there ON there.social_space_id = pair.neighbour_id AND there.share = 1
            JOIN municipality AS one ON one.id = here.municipality_id
            JOIN municipality AS other ON other.id = there.municipality_id
            WHERE pair.valid_from = %s AND (SELECT count(*) FROM social_space_municipality AS many
                WHERE many.social_space_id IN (here.social_space_id, there.social_space_id)) = 2"""
        found = {pair for pair in own_database.rows(query, DAY)}
        alone = {key for pair in found for key in pair}
        assert found == {(a, b) for a in alone for b in expected[a] if b in alone}
