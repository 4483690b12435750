"""A release as a Fiscal Data Package (specs.frictionlessdata.io, 1.0): a descriptor and one table, in one file."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from service.domain.budgets.figures import FigureLevel, FigureLine, Phase
from service.domain.tabular import written

TABLE = "figures.csv"
_CELL: Mapping[str, Mapping[str, Any]] = {
    "level": {"type": "string", "constraints": {"enum": [each.value for each in FigureLevel]}},
    "place_id": {"type": "string"},
    "place": {"type": "string"},
    "line": {"type": "string", "constraints": {"enum": [each.value for each in FigureLine]}},
    "fiscal_year": {"type": "integer"},
    "as_of": {"type": "date"},
}
_PHASES = tuple(phase.value for phase in Phase)


def name_of(release: Mapping[str, Any]) -> str:
    """What the file is called, without its ending."""
    return f"social-space-budgets-{release['as_of']}-{release['number']}"


def packed(release: Mapping[str, Any], amounts: Iterable[Mapping[str, Any]]) -> bytes:
    """`release` and its `amounts` as their views tell them. The same release is the same file."""
    descriptor = orjson.dumps(_descriptor(name_of(release), release))
    return _zipped({"datapackage.json": descriptor, TABLE: _table(amounts)})


def _table(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """One line for each cell, its phases side by side."""
    cells: dict[str, dict[str, Any]] = {}
    for row in rows:
        cell = cells.setdefault(row["key"].rpartition(":")[0], {name: row.get(name) for name in _CELL})
        cell["place_id"] = row["region_id"] or row["social_space_id"] or row["authority_id"]
        cell[row["phase"]] = row["amount"]
        cell["suppressed"] = cell.get("suppressed") or row["suppressed"]
    return written(cells.values(), [*_CELL, *_PHASES, "suppressed"])


def _descriptor(name: str, release: Mapping[str, Any]) -> Mapping[str, Any]:
    fields = [{"name": each, **said} for each, said in _CELL.items()]
    fields += [{"name": phase, "type": "number"} for phase in _PHASES]
    fields.append({"name": "suppressed", "type": "string", "constraints": {"enum": ["primary", "secondary"]}})
    budget = {"currency": "EUR", "direction": "expenditure"}
    return {
        "profile": "tabular-data-package",  # the fiscal profile, which this fits too, names itself so
        "name": name,
        "id": release["id"],
        "title": f"Social-space budgets, figures of {release['as_of']}, release {release['number']}",
        "created": release["released_at"],
        "countryCode": "DE",
        "granularity": "aggregated",
        "fiscalPeriod": {"start": f"{release['as_of'][:4]}-01-01", "end": f"{release['as_of'][:4]}-12-31"},
        "resources": [
            {
                **{"name": "figures", "path": TABLE, "profile": "tabular-data-resource"},
                **{"format": "csv", "mediatype": "text/csv", "encoding": "utf-8"},
                "schema": {"fields": fields, "primaryKey": ["level", "place_id", "line"], "missingValues": [""]},
            }
        ],
        "model": {
            "measures": {phase: {"source": phase, "phase": phase, **budget} for phase in _PHASES},
            "dimensions": {
                "place": _dimension("location", "place_id", "place", "level"),
                "line": {**_dimension("classification", "line"), "classificationType": "functional"},
                "year": _dimension("datetime", "fiscal_year"),
                "day": _dimension("datetime", "as_of"),
            },
        },
    }


def _dimension(kind: str, key: str, *more: str) -> dict[str, Any]:
    return {
        "dimensionType": kind,
        "primaryKey": [key],
        "attributes": {each: {"source": each} for each in (key, *more)},
    }


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """The same content is the same file: without the hour at which somebody asked."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return body.getvalue()
