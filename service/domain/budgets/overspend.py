"""A line on which granted claims have bound more than there is, or by a forecast will cost more than its rule lets
pass: what is told of it at once, and what is done about it (deck line 977)."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.budgets.model import OfLine, total
from service.domain.rows import Shape, Versioned, moment, one_of, own_id, reference, secured, word


class ProcedureState(StrEnum):
    """An over-spend procedure is open until it is said what was done; its line is not below zero then."""

    OPEN = "open"  # something is still to be done
    CLOSED = "closed"  # it is said what was done


@secured(Shape.AUTHORITY)
class OverspendProcedure(OfLine, Versioned, table=True):
    """What is to be done about a line on which granted claims have bound more than there is, or that by a forecast will
    cost more than its rule on over-spend lets pass (deck line 977). A procedure without an alert is of a forecast. It
    names that; those of before do not."""

    __tablename__ = "overspend_procedure"
    __table_args__ = (
        one_of("state", ProcedureState),
        sa.Index("overspend_procedure_open", "line_id", unique=True, postgresql_where=sa.text("state = 'open'")),
    )

    id: UUID = own_id()
    state: str = word(ProcedureState.OPEN)
    opened_on: date
    forecast_id: UUID | None = reference("forecast", optional=True, index=False)
    outcome: str | None = Field(default=None, sa_type=sa.Text)
    closed_by: UUID | None = reference("actor", optional=True, index=False)
    closed_on: date | None = None


@secured(Shape.APPENDED)
class BudgetAlert(OfLine, table=True):
    """A line went below zero, or further below."""

    __tablename__ = "budget_alert"

    id: UUID = own_id()
    procedure_id: UUID = reference("overspend_procedure")
    commitment_id: UUID = reference("commitment", index=False)
    free: Decimal = total()
    at: datetime = moment()
