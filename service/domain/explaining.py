"""Why I may or may not: for a row that somebody sees, every operation on it and every field that can be withheld.

Both are worked out by the statement that reads the row, from the very rules that decide."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement
from sqlalchemy.dialects.postgresql import array

from service.domain.act import OPERATIONS, Operation
from service.domain.context import text
from service.domain.policy import Row, Rule, missing
from service.domain.views import VIEWS, Answers, Condition, Derived, View, view_of


class Transition(BaseModel):
    """Something that can be done to this row; and whether it can now, by me."""

    operation: str = Field(description="Its name, as in the OpenAPI document; GraphQL writes it in camelCase.")
    action: str = Field(description="Its stable name in the access matrix and the audit.")
    possible: bool = Field(description="In the row's present state, and by me.")
    possible_in: list[str] = Field(description="The states in which it can be done; empty where any will do.")
    missing: list[str] = Field(description="What I would need, any one of these; empty where I may.")
    obstacles: list[str] = Field(description="What has to be so first; told to those who may.")


class FieldAccess(BaseModel):
    """A field that can be withheld; and whether it is, from me."""

    field: str
    shown: bool
    missing: list[str] = Field(description="What I would need, any one of these; empty where it is shown.")


def attach() -> None:
    """Gives every view its explanations. Once all views and operations are declared."""
    for view in VIEWS.values():
        if _operations(view):
            view.derived["transitions"] = Derived("transitions", Transition, _of_operations, _transitions)
        if view.withholding:
            view.derived["fields"] = Derived("fields", FieldAccess, _of_fields, _fields)


def _operations(view: View) -> list[Operation]:
    if view.key != "id" or view_of(view.table) is not view:
        return []
    return [each for each in OPERATIONS.values() if each.on is not None and each.on.__table__ is view.table]  # type: ignore[attr-defined]


def _of_operations(view: View) -> Iterator[Condition]:
    for each in _operations(view):
        yield each.action.rule.condition
        yield from (guard.condition for guard in each.guards)


def _transitions(view: View, row: Row, answers: Answers) -> list[dict[str, ColumnElement[Any]]]:
    entries = []
    for each in _operations(view):
        may = answers[each.action.rule.condition]
        now = row.state.in_([text(state) for state in each.states]) if each.states else sa.true()
        met = [answers[guard.condition] for guard in each.guards]
        entries.append(
            {
                "operation": text(each.name),
                "action": text(each.action.name),
                "possible": sa.func.coalesce(sa.and_(may, now, *met), sa.false()),
                "possible_in": _texts([str(state) for state in each.states]),
                "missing": _missing(each.action.rule, may),
                "obstacles": _obstacles(each, met, may),
            }
        )
    return entries


def _obstacles(each: Operation, met: list[ColumnElement[bool]], may: ColumnElement[bool]) -> ColumnElement[Any]:
    """Whoever may not does not learn what stands in the way: it tells something of the row."""
    if not met:
        return _texts([])
    guarded = zip(each.guards, met, strict=True)
    told = [sa.case((sa.and_(may, sa.not_(holds)), text(guard.says))) for guard, holds in guarded]
    listed = sa.cast(array(told, type_=sa.Text()), sa.ARRAY(sa.Text()))
    return sa.func.array_remove(listed, sa.null(), type_=sa.ARRAY(sa.Text()))


def _of_fields(view: View) -> Iterator[Condition]:
    return (column.shown.condition for column in view.columns.values() if column.shown is not None)


def _fields(view: View, row: Row, answers: Answers) -> list[dict[str, ColumnElement[Any]]]:
    entries = []
    for column in view.columns.values():
        if column.shown is not None:
            shown = sa.func.coalesce(answers[column.shown.condition], sa.false())
            entry = {"field": text(column.name), "shown": shown, "missing": _missing(column.shown, shown)}
            entries.append(entry)
    return entries


def _missing(rule: Rule, holds: ColumnElement[bool]) -> ColumnElement[Any]:
    return sa.case((holds, _texts([])), else_=_texts(missing(rule)))


def _texts(said: list[str]) -> ColumnElement[Any]:
    return sa.cast(array([text(each) for each in said], type_=sa.Text()), sa.ARRAY(sa.Text()))
