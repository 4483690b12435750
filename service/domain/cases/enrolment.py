"""How a login comes to a participant: by a code."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.rows import Scoped, Shape, moment, own_id, reference, secured, word


@secured(Shape.CODE)
class EnrolmentCode(Scoped, table=True):
    """A one-time code that links a login to a participant. Only its digest is kept."""

    __tablename__ = "enrolment_code"

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    participant_id: UUID = reference("participant")
    digest: str = Field(sa_type=sa.Text, unique=True)
    basis: str = word()
    in_person: bool = Field(default=False, description="Handed over in person: then any assurance is enough.")
    expires_at: datetime = moment()
    used_at: datetime | None = moment(optional=True)
