"""What somebody has said when ticking a step off: kept also where it came too late."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.cases.model import Audience, Heard, StepState
from service.domain.rows import Scoped, Shape, moment, one_of, own_id, reference, secured, word


@secured(Shape.CASE)
class TickOff(Scoped, Heard, table=True):
    """That somebody ticked a step off, or says why it was not done; whether it was taken, and which state it met."""

    __tablename__ = "tick_off"
    __table_args__ = (one_of("audience", Audience), one_of("step_state", StepState))

    id: UUID = own_id()
    step_id: UUID = reference("step")
    case_id: UUID = reference("case_file")
    done: bool
    words: str | None = Field(default=None, sa_type=sa.Text)
    seen_version: int
    taken: bool
    step_state: str = word()
    arrived_at: datetime = moment(now=True)
