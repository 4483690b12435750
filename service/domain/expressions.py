"""Parts of the statements that answer, which know neither view nor reader."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.dialects.postgresql import ARRAY

from service.domain.access.reader import Held
from service.domain.context import DIALECT, text


def written(query: Any) -> str:
    return str(query.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True}))


def columns_at(place: str) -> str:
    """Stands for columns of which nobody knows yet; no name and no text of a caller's can be it."""
    return f"/* {place} */ NULL"


def with_columns(sql: str, each: Mapping[str, Held]) -> str:
    """The statement with the columns that are known by now, by place."""
    for place, held in each.items():
        said = (f"{written(column.element)} AS {column.name}" for column in held.named())
        sql = sql.replace(columns_at(place), ", ".join(said))
    return sql


def concatenated(arrays: list[ColumnElement[Any]]) -> ColumnElement[Any]:
    """Nothing found gives null, which array_cat ignores."""
    whole: ColumnElement[Any] = sa.literal_column("ARRAY[]::uuid[]", ARRAY(sa.Uuid()))
    for each in arrays:
        whole = sa.func.array_cat(whole, each, type_=ARRAY(sa.Uuid()))
    return whole


def told_of(cases: ColumnElement[Any], subject: Any) -> ColumnElement[Any]:
    """Without the gaps that rows leave which may, or may not, be about a case."""
    return sa.func.array_remove(cases, sa.null(), type_=ARRAY(sa.Uuid())) if subject.nullable else cases


def enum_names(value: ColumnElement[Any], several: bool) -> Any:
    def named(name: Any) -> Any:
        return sa.func.upper(sa.func.replace(name, text("-"), text("_")))

    if not several:
        return named(value)
    each = sa.func.unnest(value).column_valued("each")
    return sa.func.array(sa.select(named(each)).scalar_subquery(), type_=ARRAY(sa.Text()))


def up_to(first: int | None, items: Any) -> Any:
    """The first of what an aggregate gathers, where there may be one more."""
    return items if first is None else items[1:first]
