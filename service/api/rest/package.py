"""A release as a Fiscal Data Package (specs.frictionlessdata.io, 1.0): a descriptor and one table, in one file."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from service.api.recent import Recent
from service.api.rest.reading import Plans, answered, caching
from service.api.rest.route import IT, ROUTES, Documented, at, key_of, whole
from service.api.serving import Serving
from service.domain.budgets.figures import FigureLevel, FigureLine, FigureReleaseView, Phase, ReleasedAmountView
from service.domain.errors import InvalidInput, NotFound
from service.domain.reading import Statement
from service.domain.selection import Face, Fact, Listing, Rows, Selection, Single
from service.domain.tabular import written
from service.domain.values import Language
from service.domain.views import LARGEST_PAGE, ONE, VIEWS, Arguments

ZIP = "application/zip"
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
_START = len(IT) + 4


def packaged(path: str, *, name: str, tag: str) -> None:
    """GET a release with all that it tells, for statistics and other people's portals."""
    releases, amounts = VIEWS[FigureReleaseView], VIEWS[ReleasedAmountView]
    plans: Plans = Recent(10)
    parameter = "figure_release_id"

    async def serve(serving: Serving, request: Request) -> Response:
        desk, key = await serving.desk(request), key_of(request, parameter)
        plan, one = plans.get("release", lambda: _release(key))
        release = orjson.loads((await desk.read(plan, {one: ONE.narrowed(id=key)})).body)[IT]
        if release is None:
            raise NotFound(subject=releases.name.lower(), subject_id=str(key))
        rows, after = list[Any](), None
        while True:
            arguments = Arguments(LARGEST_PAGE, after, where={"release_id": key})
            plan, all_ = plans.get(arguments.shape, lambda given=arguments: _amounts(given))  # type: ignore[misc]
            page = orjson.loads((await desk.read(plan, {all_: arguments})).body)[IT]
            rows += page["items"]
            if (after := page["next"]) is None:
                break
        file = f"social-space-budgets-{release['as_of']}-{release['number']}"
        body = _zipped({"datapackage.json": orjson.dumps(_descriptor(file, release)), TABLE: _table(rows)})
        headers = caching(releases, body) | {"content-disposition": f'attachment; filename="{file}.zip"'}
        return answered(request, body, headers, Language.EN, ZIP)

    def _release(key: UUID) -> Any:
        site = Single(releases, whole(releases), arguments=ONE.narrowed(id=key))
        return Statement(Face.REST).plan({IT: site}), site

    def _amounts(arguments: Arguments) -> Any:
        page: Selection = {"items": Rows(whole(amounts)), "next": Fact("next")}
        site = Listing(amounts, page, arguments)
        return Statement(Face.REST).plan({IT: site}), site

    ROUTES.append(
        Documented(
            "GET",
            path,
            serve,
            name=name,
            description="A release as a Fiscal Data Package: `datapackage.json` and a table with an amount for each "
            "phase, in one ZIP file. Where `suppressed` says why, `executed` is empty.",
            tag=tag,
            answers=lambda: None,
            refusals=(InvalidInput, NotFound),
            parameters=lambda: {parameter: at(parameter)},
            public=True,
            extra={"responses": {"200": {"content": {ZIP: {"schema": {"type": "string", "contentMediaType": ZIP}}}}}},
        )
    )


def _table(rows: list[Any]) -> bytes:
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
