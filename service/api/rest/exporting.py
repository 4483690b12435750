"""The file that an export has made, over REST."""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from service.api.headers import NAMED
from service.api.rest.package import ZIP
from service.api.rest.performing import performed
from service.api.rest.route import ROUTES, Documented, at, key_of
from service.api.rest.table import BINARY, CSV, TABLES, XLSX
from service.api.serving import Serving
from service.domain.budgets.exporting import FileGone, NotExported, fetch_export, start_export, start_release_export
from service.domain.budgets.making import FileFormat
from service.domain.errors import Forbidden, InvalidInput, NotFound

TAG = "Jobs"
_FORMS = {
    FileFormat.CSV: ("csv", TABLES[CSV]),
    FileFormat.XLSX: ("xlsx", XLSX),
    FileFormat.PACKAGE: ("zip", ZIP),
}


async def _serve(serving: Serving, request: Request) -> Response:
    desk, key = await serving.desk(request), key_of(request, "job_id")
    form, pieces = await fetch_export(desk, key)
    ending, media_type = _FORMS[form]
    headers = {"content-disposition": f'attachment; filename="{key}.{ending}"'}
    return StreamingResponse(pieces, headers=headers, media_type=media_type)


performed(start_export, "POST", "/budget-agreements/{agreement_id}/exports", tag=TAG, status=202)
performed(start_release_export, "POST", "/figure-releases/{figure_release_id}/exports", tag=TAG, status=202)
ROUTES.append(
    Documented(
        "GET",
        "/jobs/{job_id}/file",
        _serve,
        name="read_job_file",
        description="The file of an export that is done, for whoever has started it: CSV (RFC 4180) with a header, a "
        "workbook (Office Open XML), or a Fiscal Data Package (ZIP). It is kept for some time, then 410 `file-gone`.",
        tag=TAG,
        answers=lambda: None,
        refusals=(InvalidInput, NotFound, Forbidden, NotExported, FileGone),
        parameters=lambda: {"job_id": at("job_id")},
        headers=NAMED,
        extra={
            "responses": {
                "200": {
                    "content": {
                        CSV: {"schema": {"type": "string"}},
                        **{each: {"schema": BINARY | {"contentMediaType": each}} for each in (XLSX, ZIP)},
                    }
                }
            }
        },
    )
)
