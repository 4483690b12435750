"""Bookings of other programs over REST: an import, its file, and what is done with it."""

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from service.api.headers import VERSIONED
from service.api.recent import Recent
from service.api.rest.performing import performed
from service.api.rest.reading import listed, single
from service.api.rest.route import IT, JSON, ROUTES, Documented, at, key_of, shown_model, whole
from service.api.rest.table import CSV
from service.api.serving import Serving, require_media_type
from service.domain.act import ImpossibleNow
from service.domain.budgets.imports import operations
from service.domain.budgets.imports.receiving import SentTwice, receive
from service.domain.budgets.imports.rows import COLUMNS, NEEDED
from service.domain.budgets.imports.views import BookingImportView
from service.domain.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    ReadOnly,
    TooLarge,
    UnsupportedMediaType,
)
from service.domain.reading import Statement
from service.domain.selection import Face, Single
from service.domain.values import Language
from service.domain.views import ONE, VIEWS

TAG = "Imports"
OCTETS = "application/octet-stream"  # what generated clients know how to send; `text/csv` says the same of the file
ABOUT = (
    "Send the file: CSV (RFC 4180) in UTF-8, with comma or semicolon, and a header that names its columns. "
    f"Columns: {', '.join(f'`{name}`' for name in COLUMNS)}; of these {', '.join(f'`{name}`' for name in NEEDED)} and "
    "`line_id` or `commitment_id` are needed. As `text/csv` or `application/octet-stream`. Sent again, it takes the "
    "place of what was sent before."
)


def uploaded(path: str, *, name: str, tag: str) -> None:
    """POST a file in one stream, which is kept piece by piece."""
    view = VIEWS[BookingImportView]
    parameter, plans = "booking_import_id", Recent[Any](2)

    async def serve(serving: Serving, request: Request) -> Response:
        desk, key = await serving.desk(request), key_of(request, parameter)
        require_media_type(request, CSV, OCTETS)
        await receive(desk, key, request.stream(), serving.settings.largest_upload)
        plan, site = plans.get("it", made)
        answer = await desk.read(plan, {site: ONE.narrowed(id=key)})
        headers = {"etag": f'"{answer.version}"', "content-language": Language.DE.value}
        return Response(answer.body[len(IT) + 4 : -1], headers=headers, media_type=JSON)

    def made() -> Any:
        site = Single(view, whole(view), arguments=ONE.narrowed(id=UUID(int=0)))
        return Statement(Face.REST).plan({IT: site}), site

    sent = {
        "requestBody": {
            "required": True,
            "content": {OCTETS: {"schema": {"type": "string", "format": "binary", "maxLength": 536_870_912}}},
        }
    }
    ROUTES.append(
        Documented(
            "POST",
            path,
            serve,
            name=name,
            description=ABOUT,
            tag=tag,
            answers=lambda: shown_model(view),
            refusals=_REFUSALS,
            parameters=lambda: {parameter: at(parameter)},
            headers=VERSIONED,
            extra=sent,
        )
    )


_REFUSALS = (InvalidInput, NotFound, Forbidden, ImpossibleNow, SentTwice, TooLarge, UnsupportedMediaType, ReadOnly)

listed(BookingImportView, "/booking-imports", name="list_booking_imports", tag=TAG)
single(BookingImportView, "/booking-imports/{booking_import_id}", name="read_booking_import", tag=TAG)
uploaded("/booking-imports/{booking_import_id}/file", name="send_booking_file", tag=TAG)
performed(operations.start_booking_import, "POST", "/booking-imports", tag=TAG)
performed(operations.check_booking_import, "POST", "/booking-imports/{booking_import_id}/check", tag=TAG, status=202)
performed(
    operations.release_booking_import, "POST", "/booking-imports/{booking_import_id}/release", tag=TAG, status=202
)
