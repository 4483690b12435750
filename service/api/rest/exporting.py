"""The file that an export has made, over REST."""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from service.api.rest.performing import performed
from service.api.rest.route import ROUTES, Documented, at, key_of
from service.api.rest.table import CSV, TABLES
from service.api.serving import Serving
from service.domain.budgets.exporting import NotExported, fetch_export, start_export
from service.domain.errors import Forbidden, InvalidInput, NotFound

TAG = "Jobs"


async def _serve(serving: Serving, request: Request) -> Response:
    desk, key = await serving.desk(request), key_of(request, "job_id")
    pieces = await fetch_export(desk, key)
    headers = {"content-disposition": f'attachment; filename="{key}.csv"'}
    return StreamingResponse(pieces, headers=headers, media_type=TABLES[CSV])


performed(start_export, "POST", "/budget-agreements/{agreement_id}/exports", tag=TAG, status=202)
ROUTES.append(
    Documented(
        "GET",
        "/jobs/{job_id}/file",
        _serve,
        name="read_job_file",
        description="The file of an export that is done, for whoever has started it: CSV (RFC 4180) with a header.",
        tag=TAG,
        answers=lambda: None,
        refusals=(InvalidInput, NotFound, Forbidden, NotExported),
        parameters=lambda: {"job_id": at("job_id")},
        extra={"responses": {"200": {"content": {CSV: {"schema": {"type": "string"}}}}}},
    )
)
