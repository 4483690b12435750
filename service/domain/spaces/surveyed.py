"""Surveyed outlines as they come: a GeoJSON file (RFC 7946) of somebody else's, read and doubted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import orjson

from service.domain.spaces.geometry import Outline, Ring, doubled_area, gathered, knot, units
from service.domain.spaces.locating import swapped

LARGEST_FILE = 64 * 1024 * 1024  # bytes; parsed it takes about ten times as much
KEYS = ("social_space", "ags", "AGS", "ars", "ARS", "name", "GEN")  # GEN: as the Federal Agency for Cartography has it
_INHABITANTS = ("population", "inhabitants", "EWZ")
_WGS84 = ("CRS84", "4326")


@dataclass(frozen=True)
class Finding:
    """What is wrong in which feature, and what to do about it. `error`: nothing is imported because of it."""

    feature: int | None  # its place in the file, from 0; null: the file as a whole, or the territory
    key: str
    detail: str
    advice: str
    error: bool = True


@dataclass(frozen=True)
class Feature:
    number: int
    names: tuple[str, ...]  # what it may be known by, the surest first
    outline: Outline
    uninhabited: bool  # an area without inhabitants that belongs to no municipality

    @property
    def key(self) -> str:
        return self.names[0] if self.names else ""


@dataclass
class Survey:
    features: list[Feature] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    credit: str = ""

    @property
    def sound(self) -> bool:
        return not any(each.error for each in self.findings)


class _Wrong(Exception):
    def __init__(self, detail: str, advice: str) -> None:
        self.detail, self.advice = detail, advice


def read(path: Path) -> Survey:
    """The file's features; findings say what cannot be read."""
    survey = Survey()
    try:
        _read(path, survey)
    except _Wrong as wrong:
        survey.findings.append(Finding(None, path.name, wrong.detail, wrong.advice))
    return survey


def _read(path: Path, survey: Survey) -> None:
    if not path.is_file():
        raise _Wrong("there is no such file", "Name a GeoJSON file.")
    if (bytes_ := path.stat().st_size) > LARGEST_FILE:
        detail = f"has {bytes_:,} bytes, more than {LARGEST_FILE:,}"
        raise _Wrong(detail, "Simplify it first, or cut it down to your own municipalities.")
    try:
        told = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        detail = f"is not well-formed JSON in UTF-8, at line {error.lineno}, column {error.colno}"
        raise _Wrong(detail, "Export it anew as GeoJSON.") from None
    if (
        not isinstance(told, dict)
        or told.get("type") != "FeatureCollection"
        or not isinstance(told.get("features"), list)
    ):
        raise _Wrong("is no FeatureCollection", "Export it as a GeoJSON FeatureCollection (RFC 7946).")
    if (system := told.get("crs")) is not None and not any(known in str(system) for known in _WGS84):
        raise _Wrong("has another coordinate system than WGS 84", "Convert it to WGS 84 (EPSG:4326).")
    survey.credit = next((str(told[name]) for name in ("attribution", "source", "licence") if told.get(name)), "")
    if not told["features"]:
        raise _Wrong("has no features", "Export it with the outlines in it.")
    for number, feature in enumerate(told["features"]):
        names = tuple(_names(feature))
        try:
            survey.features.append(_feature(number, feature, names))
        except _Wrong as wrong:
            survey.findings.append(Finding(number, names[0] if names else "", wrong.detail, wrong.advice))


def _properties(feature: Any) -> Mapping[str, Any]:
    found = feature.get("properties") if isinstance(feature, dict) else None
    return found if isinstance(found, dict) else {}


def _names(feature: Any) -> Iterator[str]:
    properties = _properties(feature)
    for value in (*(properties.get(key) for key in KEYS), feature.get("id") if isinstance(feature, dict) else None):
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            yield str(value).strip()


def _feature(number: int, feature: Any, names: tuple[str, ...]) -> Feature:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise _Wrong("is no Feature", "Export it anew as GeoJSON.")
    if not names:
        raise _Wrong("has no key", f"Give it one of the properties {', '.join(KEYS)}.")
    geometry = feature.get("geometry")
    geometry = geometry if isinstance(geometry, dict) else {}
    if (type_ := geometry.get("type")) not in ("Polygon", "MultiPolygon"):
        raise _Wrong("has no area", "An outline is a Polygon or a MultiPolygon.")
    parts = geometry.get("coordinates")
    parts = [parts] if type_ == "Polygon" else parts
    if not isinstance(parts, list) or not parts or not all(isinstance(part, list) and part for part in parts):
        raise _Wrong("has no rings", "An outline needs at least one closed ring.")
    polygons = [tuple(_ring(ring, hole=place > 0) for place, ring in enumerate(part)) for part in parts]
    for polygon in polygons:
        if (place := knot(polygon)) is not None:
            where = f"{place[0] / 1e6}, {place[1] / 1e6}"
            raise _Wrong(
                f"its border meets itself at {where}",
                "Repair it there: a ring goes around once, and back to its start.",
            )
    outline = gathered(ring for polygon in polygons for ring in polygon)
    return Feature(number, names, outline, _uninhabited(_properties(feature)))


def _ring(told: Any, *, hole: bool) -> Ring:
    if not isinstance(told, list) or len(told) < 4:
        raise _Wrong(
            "has a ring of less than four positions", "A ring has at least three corners, and its first again."
        )
    positions = [_position(each) for each in told]
    if told[0] != told[-1]:
        raise _Wrong("has a ring that is not closed", "A ring's last position is its first again.")
    if all(swapped(*each) for each in positions):
        raise _Wrong("has latitude before longitude", "GeoJSON has longitude first: swap the coordinates.")
    if any(not (-180 <= x <= 180 and -90 <= y <= 90) for x, y in positions):
        raise _Wrong("has coordinates that are no degrees", "Metres (UTM) have to be converted to WGS 84 (EPSG:4326).")
    rounded = [(units(x), units(y)) for x, y in positions[:-1]]
    ring = tuple(each for place, each in enumerate(rounded) if each != rounded[place - 1])
    if len(ring) < 3 or doubled_area(ring) == 0:
        raise _Wrong("has a ring without an area", "Remove it, or draw it anew.")
    return ring if (doubled_area(ring) < 0) is hole else ring[::-1]


def _position(told: Any) -> tuple[float, float]:
    numbers = told[:2] if isinstance(told, list) and len(told) in (2, 3) else ()
    if len(numbers) != 2 or not all(isinstance(each, int | float) and not isinstance(each, bool) for each in numbers):
        raise _Wrong("has a position that is not two numbers", "A position is [longitude, latitude].")
    if not all(isfinite(each) for each in numbers):
        raise _Wrong("has a position that is not finite", "A position is [longitude, latitude], in degrees.")
    return float(numbers[0]), float(numbers[1])


def _uninhabited(properties: Mapping[str, Any]) -> bool:
    """A «gemeindefreies Gebiet»: by its kind, else by its inhabitants."""
    kinds = (str(properties.get(name, "")).casefold() for name in ("kind", "BEZ", "type"))
    if any(kind.startswith(("gemeindefrei", "unincorporated")) for kind in kinds):
        return True
    counted = [value for name, value in properties.items() if name.startswith(_INHABITANTS)]
    return bool(counted) and all(value == 0 for value in counted)
