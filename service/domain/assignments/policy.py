"""Who assigns a provider, who works on it, and who reads the provider's mailbox (facts, section 5)."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import any_

from service.domain.access.model import CaseAccess, in_force
from service.domain.assignments.model import Assignment, Delivery, RecordKind
from service.domain.cases.policy import LEADING
from service.domain.epochs import settled
from service.domain.policy import (
    HEARD,
    PERSONAS_OF_BASIS,
    SIGNED_IN,
    Action,
    Basis,
    Reader,
    Role,
    Row,
    Rule,
    having,
    involved,
    representing,
)

_access: Any = CaseAccess.__table__  # type: ignore[attr-defined]
_assignment: Any = Assignment.__table__  # type: ignore[attr-defined]
_delivery: Any = Delivery.__table__  # type: ignore[attr-defined]
_WORKER = PERSONAS_OF_BASIS[Basis.TRANSMISSION]
_OFFICE = (Role.PROVIDER_MANAGER, Role.INTEGRATION_CLIENT)


def named(assignment: str = "id") -> Rule:
    """The reader is the worker whom the assignment names now."""

    def condition(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
        access = _access.alias()
        mine = sa.select(access.c.assignment_id).where(
            access.c.actor_id == reader.id, access.c.assignment_id.is_not(None), in_force(access.c)
        )
        found: sa.ColumnElement[bool] = row[assignment].in_(mine)
        return found

    return Rule(condition, "its assignment names you", _WORKER)


def _going_on(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    assignment = _assignment.alias()
    ours = sa.select(assignment.c.id).where(
        assignment.c.organisation_id == any_(reader.organisations(*_OFFICE)), in_force(assignment.c)
    )
    return sa.or_(row.removal, row.assignment_id.in_(ours))


def _to_me(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    mine = sa.func.coalesce(row.recipient_id == reader.id, sa.false())
    return sa.and_(mine, sa.or_(row.removal, named("assignment_id").condition(reader, row)))


def _still_there(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    """By the sequence: whoever changes the same row waits for the other, and draws a later number, but transactions
    are numbered as they begin. An assignment's own removals are for whom it has ended, and take nothing from others."""
    later = _delivery.alias()
    taken_out = sa.select(later.c.sequence).where(
        later.c.assignment_id == row.assignment_id,
        later.c.subject_id == row.subject_id,
        later.c.subject != sa.literal_column("'assignment'"),
        later.c.removal,
        later.c.sequence > row.sequence,
    )
    return sa.not_(taken_out.correlate_except(later).exists())


MANAGING = representing(Role.PROVIDER_MANAGER)
NAMED = named()
COLLEAGUE = involved(None, Basis.TRANSMISSION) & representing(Role.PROVIDER_WORKER)
REPORTED_TO = involved(None, Basis.ASSIGNMENT, Basis.SELF, Basis.REPRESENTATION)

READ_ASSIGNMENT = LEADING | MANAGING | NAMED
READ_CASE_ID = involved()
READ_RECORD = ((REPORTED_TO & having(kind=RecordKind.PROGRESS)) | COLLEAGUE) & HEARD

# A transaction that began before others may commit after them. Beyond the oldest one that is still under way nothing
# is shown, so that no row can turn up behind a cursor.
SETTLED = Rule(
    lambda reader, row: row.transaction_id < settled(),
    "no change from before it is still under way",
    SIGNED_IN,
)
FOR_ALL = Rule(lambda reader, row: row.recipient_id.is_(None), "it is for no single person", SIGNED_IN)
GOING_ON = Rule(_going_on, "its assignment has not ended", SIGNED_IN)
TO_ME = Rule(_to_me, "it is for you alone", _WORKER)
TO_THE_WORKER = (named("assignment_id") & FOR_ALL) | TO_ME
NOT_TAKEN_OUT = Rule(_still_there, "what it is about was not taken out of the case later", SIGNED_IN)
READ_DELIVERY = ((representing(*_OFFICE) & FOR_ALL & GOING_ON) | TO_THE_WORKER) & SETTLED & NOT_TAKEN_OUT
READ_CONTENT = representing(Role.INTEGRATION_CLIENT) | TO_THE_WORKER

ASSIGN = Action("case.assign", involved(None, Basis.ASSIGNMENT, case="id"))
NAME_WORKER = Action("assignment.name_worker", MANAGING)
END = Action("assignment.end", LEADING | MANAGING)
RECORD_PROGRESS = Action("progress.record", NAMED)
NOTE_DOWN = Action("note.write", NAMED)
