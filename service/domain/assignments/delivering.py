"""From a change to the mailboxes of the providers it was transmitted to: the one place, for every operation.

What is delivered is worked out by the rules of the views themselves, asked on behalf of the assignment: the row, and
each of its fields, as the worker it names would read them. So a field that a rule hides stays out of every mailbox, and
one that is added later is held to its rule here too."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, array
from sqlmodel import select

from service.domain.access.model import CaseAccess, in_force, not_over
from service.domain.act import Act
from service.domain.assignments.model import Assignment, Delivery
from service.domain.assignments.views import AssignmentView, worker_of
from service.domain.cases.model import Case
from service.domain.cases.policy import CHANGE, MERGE, MOVE_PARTICIPANT, WITHDRAW_ENTRY
from service.domain.cases.taking_out import takes_out
from service.domain.events import follows
from service.domain.policy import Basis, Part, Role, Row, Rule
from service.domain.rows import SECURED, Shape
from service.domain.values import DEFAULT_LANGUAGE
from service.domain.views import VIEWS, View

NOBODY = UUID(int=0)
_OF_ANOTHER_CASE = {each.name for each in (MERGE, MOVE_PARTICIPANT, WITHDRAW_ENTRY)}  # that there is one is not theirs
_assignments: Any = Assignment.__table__  # type: ignore[attr-defined]
_accesses: Any = CaseAccess.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Addressee:
    """An assignment as a reader: what its worker would see through it, or with nobody named what anybody would."""

    assignment: Assignment
    worker_id: UUID
    language = DEFAULT_LANGUAGE

    @property
    def id(self) -> ColumnElement[Any]:
        return sa.cast(sa.literal(self.worker_id, sa.Uuid()), sa.Uuid())

    @property
    def authority(self) -> ColumnElement[Any]:
        return sa.literal(self.assignment.authority_id, sa.Uuid())

    @property
    def today(self) -> ColumnElement[Any]:
        return sa.func.current_date()

    def selves(self) -> ColumnElement[Any]:
        return _ids(self.worker_id)

    def spaces(self, *roles: Role) -> ColumnElement[Any]:
        return _ids()

    def regions(self, *roles: Role, around: bool = False) -> ColumnElement[Any]:
        return _ids()

    def authorities(self, *roles: Role, throughout: bool = True) -> ColumnElement[Any]:
        return _ids()

    def cases(self, part: Part | None, *bases: Basis) -> ColumnElement[Any]:
        told = part is None or part.value in self.assignment.parts
        return _ids(self.assignment.case_id) if told and (not bases or Basis.TRANSMISSION in bases) else _ids()

    def involved(self, row: Row, case: str, part: Part | None, *bases: Basis) -> ColumnElement[bool]:
        found: ColumnElement[bool] = row[case] == sa.any_(self.cases(part, *bases))
        return found

    def steps(self) -> ColumnElement[Any]:
        return _ids()

    def organisations(self, *roles: Role) -> ColumnElement[Any]:
        """As its worker, who is told parts of the case; what its managers hold is no transmission."""
        return _ids(self.assignment.organisation_id) if Role.PROVIDER_WORKER in roles else _ids()

    def employers(self) -> ColumnElement[Any]:
        return _ids(self.assignment.organisation_id)


@follows
async def deliver(act: Act, kind: str) -> None:
    """Puts what an act has changed into the mailboxes of those to whom it was transmitted."""
    kind = CHANGE.name if kind in _OF_ANOTHER_CASE else kind
    content = [(view, row) for row in act.changed for view in _content(row.__table__)]
    cases = sorted({getattr(row, view.subject or "") for view, row in content})
    for assignment, worker_id in await _assigned(act, cases):
        for view, row in content:
            if getattr(row, view.subject or "") == assignment.case_id:
                await _put(act, told(assignment, worker_id, view, kind, act.now, row.id))
    for row in act.changed:
        if isinstance(row, CaseAccess) and row.assignment_id is not None:
            await _put(act, _taken_away(row.id, kind, act.now))
    ids = [row.id for row in act.changed if isinstance(row, Assignment)]
    ids += [row.assignment_id for row in act.changed if isinstance(row, CaseAccess) and row.assignment_id]
    for id in dict.fromkeys(ids):
        assignment, worker_id = await _assignment(act, id)
        await _put(act, told(assignment, worker_id, VIEWS[AssignmentView], kind, act.now, id))
    for row in act.changed:
        if isinstance(row, Assignment) and row.version == 1:
            for statement in whole(row, NOBODY, kind, act.now):
                await _put(act, statement)


@takes_out
async def take_away(act: Act, row: Any) -> set[UUID]:
    """Tells the providers that see a row of case content as it still stands that it is out of the case. What was
    delivered of it before is in no mailbox from then on (`policy.NOT_TAKEN_OUT`)."""
    organisations = set()
    for assignment, worker_id in await _assigned(act, [row.case_id]):
        for view in _content(row.__table__):
            statement = told(assignment, worker_id, view, act.action.name, act.now, row.id, taken_out=True)
            if await _put(act, statement):
                organisations.add(assignment.organisation_id)
    return organisations


def whole(assignment: Assignment, worker_id: UUID, kind: str, at: datetime) -> Iterator[Any]:
    """All there is to tell of the case when a provider is assigned."""
    for table in SECURED:
        for view in _content(table):
            yield told(assignment, worker_id, view, kind, at)


def told(
    assignment: Assignment,
    worker_id: UUID,
    view: View,
    kind: str,
    at: datetime,
    subject_id: UUID | None = None,
    *,
    taken_out: bool = False,
) -> Any:
    """The statement that delivers a row of a view, or all of the case's; nothing, where the assignment sees nothing.
    `taken_out`: that the row leaves the case, and nothing of what it says."""
    row = view.table.c
    reader, anybody = Addressee(assignment, worker_id), Addressee(assignment, NOBODY)
    itself = view.record is AssignmentView
    removal = sa.not_(in_force(row)) if itself else sa.literal(taken_out)
    sees, all_see = (sa.true() if itself else view.rule.condition(each, row) for each in (reader, anybody))
    values = {
        "recipient_id": sa.case((all_see, sa.null()), else_=reader.id),
        "kind": sa.literal(kind, sa.Text()),
        "subject": sa.literal(view.noun, sa.Text()),
        "subject_id": sa.null() if view.subject == "id" else row.id,
        "version": row.version if "version" in row else sa.literal(1),
        "removal": removal,
        "content": sa.case((sa.not_(removal), _shown(view, row, reader))),
        "at": sa.literal(at, sa.DateTime(timezone=True)),
    }
    found = sa.select(*_columns(assignment, values)).select_from(view.table).order_by(row.id)
    found = found.where(row[view.subject or ""] == assignment.case_id, sees)
    return _insert(values, found if subject_id is None else found.where(row.id == subject_id))


def _taken_away(access_id: UUID, kind: str, at: datetime) -> Any:
    """To a worker whose access has ended: for nobody else, and without content."""
    values: dict[str, Any] = {
        "authority_id": _assignments.c.authority_id,
        "organisation_id": _assignments.c.organisation_id,
        "assignment_id": _assignments.c.id,
        "case_id": _assignments.c.case_id,
        "case_pseudonym": _assignments.c.case_pseudonym,
        "recipient_id": _accesses.c.actor_id,
        "kind": sa.literal(kind, sa.Text()),
        "subject": sa.literal("assignment", sa.Text()),
        "subject_id": _assignments.c.id,
        "version": _assignments.c.version,
        "removal": sa.true(),
        "at": sa.literal(at, sa.DateTime(timezone=True)),
    }
    ended = sa.select(*values.values()).where(
        _accesses.c.id == access_id,
        _assignments.c.id == _accesses.c.assignment_id,
        sa.not_(in_force(_accesses.c)),
    )
    table: Any = Delivery.__table__  # type: ignore[attr-defined]
    return table.insert().from_select(list(values), ended)


def _content(table: sa.Table) -> Iterator[View]:
    """The view that publishes a table of case content, if there is one."""
    if SECURED[table][0] is Shape.CASE and "id" in table.c:
        yield from [view for view in VIEWS.values() if view.table is table and view.subject is not None][:1]


def _shown(view: View, row: Row, reader: Addressee) -> ColumnElement[Any]:
    """The fields as REST shows them to the reader; not the case's id, which is not for whoever knows the pseudonym."""
    groups: dict[Rule | None, list[Any]] = {None: []}
    for column in view.columns.values():
        if column.name not in (view.subject, "withheld"):
            value = column.expression(row, reader)
            value = sa.cast(value, sa.Text()) if column.type is Decimal else value
            groups.setdefault(column.shown, []).extend((sa.literal(column.name, sa.Text()), value))
    content: ColumnElement[Any] = _object(groups.pop(None))
    for rule, pairs in groups.items():
        assert rule is not None
        shown = sa.case((rule.condition(reader, row), _object(pairs)), else_=_object([]))
        content = content.concat(shown)
    return content


def _object(pairs: Iterable[Any]) -> ColumnElement[Any]:
    return sa.func.jsonb_build_object(*pairs, type_=JSONB())


def _columns(assignment: Assignment, values: Mapping[str, Any]) -> list[Any]:
    same = ("authority_id", "organisation_id", "case_id")
    return [
        *(sa.literal(getattr(assignment, name), sa.Uuid()) for name in same),
        sa.literal(assignment.id, sa.Uuid()),
        sa.literal(assignment.case_pseudonym, sa.Text()),
        *values.values(),
    ]


def _insert(values: Mapping[str, Any], found: Any) -> Any:
    table: Any = Delivery.__table__  # type: ignore[attr-defined]
    fixed = ("authority_id", "organisation_id", "case_id", "assignment_id", "case_pseudonym")
    return table.insert().from_select([*fixed, *values], found)


async def _put(act: Act, statement: Any) -> int:
    """How many were put into mailboxes."""
    return int((await (await act.session.connection()).execute(statement)).rowcount)


async def _assigned(act: Act, cases: list[UUID]) -> list[Any]:
    """The assignments in force, with the worker each names. The case is locked first, against nobody but whoever is
    just assigning a provider to it: a change is either in what they transmit or delivered after it."""
    if not cases:
        return []
    locked = select(Case.id).where(Case.id.in_(cases)).with_for_update(read=True, key_share=True)  # type: ignore[attr-defined]
    await act.session.exec(locked)
    new = [row.id for row in act.changed if isinstance(row, Assignment)]
    found = select(Assignment, _worker()).where(
        Assignment.case_id.in_(cases),  # type: ignore[attr-defined]
        Assignment.id.not_in(new),  # type: ignore[attr-defined]
        # Whatever its beginning: one that we waited for began after our own transaction, whose time now() is.
        not_over(_assignments.c),
    )
    return list((await act.session.exec(found)).all())


async def _assignment(act: Act, id: UUID) -> Any:
    return (await act.session.exec(select(Assignment, _worker()).where(Assignment.id == id))).one()


def _worker() -> ColumnElement[UUID]:
    return sa.func.coalesce(worker_of(_assignments.c), sa.literal(NOBODY, sa.Uuid()))


def _ids(*ids: UUID) -> ColumnElement[Any]:
    return sa.cast(array([sa.literal(id, sa.Uuid()) for id in ids], type_=sa.Uuid()), ARRAY(sa.Uuid()))
