"""A release as a Fiscal Data Package over REST."""

from typing import Any
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from service.api.headers import NAMED
from service.api.recent import Recent
from service.api.rest.reading import Plans, answered, caching, tagged
from service.api.rest.route import IT, ROUTES, Documented, at, key_of, whole
from service.api.rest.table import BINARY
from service.api.serving import Serving
from service.domain.budgets.figures import FigureReleaseView, ReleasedAmountView
from service.domain.budgets.package import name_of, packed
from service.domain.errors import InvalidInput, NotFound
from service.domain.reading import Statement
from service.domain.selection import Face, Fact, Listing, Rows, Selection, Single
from service.domain.values import Language
from service.domain.views import LARGEST_PAGE, ONE, VIEWS, Arguments

ZIP = "application/zip"


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
            raise NotFound(subject=releases.noun, subject_id=str(key))
        rows, after = list[Any](), None
        while True:
            arguments = Arguments(LARGEST_PAGE, after, where={"release_id": key})
            plan, all_ = plans.get(arguments.shape, lambda given=arguments: _amounts(given))  # type: ignore[misc]
            page = orjson.loads((await desk.read(plan, {all_: arguments})).body)[IT]
            rows += page["items"]
            if (after := page["next"]) is None:
                break
        file = name_of(release)
        body = packed(release, rows)
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
            headers=tagged(releases) | NAMED,
            extra={"responses": {"200": {"content": {ZIP: {"schema": BINARY | {"contentMediaType": ZIP}}}}}},
        )
    )
