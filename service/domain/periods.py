"""From when until when: filters of lists whose rows are of a moment."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from service.domain.clock import WHERE_PEOPLE_LIVE
from service.domain.context import text
from service.domain.views import Holds


def between(column: str, of: str = "") -> Mapping[str, Holds]:
    """`since` a day and `until` one, both of them included, as people count days (Europe/Berlin); `of` begins their
    names where rows have several moments. What has not happened yet is in no period."""

    def begins(day: ColumnElement[object]) -> ColumnElement[object]:
        return sa.func.timezone(text(str(WHERE_PEOPLE_LIVE)), sa.cast(day, sa.DateTime()))

    return {
        f"{of}since": Holds(
            "On that day or later (Europe/Berlin)", sa.Date(), lambda row, day: row[column] >= begins(day)
        ),
        f"{of}until": Holds(
            "On that day or earlier (Europe/Berlin)",
            sa.Date(),
            lambda row, day: row[column] < begins(day + sa.literal_column("1")),
        ),
    }
