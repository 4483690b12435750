"""From when until when: filters of lists whose rows are of a moment or of a day."""

from collections.abc import Callable, Mapping

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from service.domain.clock import WHERE_PEOPLE_LIVE
from service.domain.context import text
from service.domain.policy import Row
from service.domain.views import Holds

Condition = Callable[[Row, ColumnElement[object]], ColumnElement[bool]]


def between(column: str) -> Mapping[str, Holds]:
    """`since` a day and `until` one, both of them included, as people count days (Europe/Berlin)."""

    def begins(day: ColumnElement[object]) -> ColumnElement[object]:
        return sa.func.timezone(text(str(WHERE_PEOPLE_LIVE)), sa.cast(day, sa.DateTime()))

    return _range(
        lambda row, day: row[column] >= begins(day),
        lambda row, day: row[column] < begins(day + sa.literal_column("1")),
    )


def between_days(column: str) -> Mapping[str, Holds]:
    """The same of a column that is a day."""
    return _range(lambda row, day: row[column] >= day, lambda row, day: row[column] <= day)


def _range(since: Condition, until: Condition) -> Mapping[str, Holds]:
    return {
        "since": Holds("On that day or later (Europe/Berlin)", sa.Date(), since),
        "until": Holds("On that day or earlier (Europe/Berlin)", sa.Date(), until),
    }
