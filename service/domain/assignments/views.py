"""An assignment as its worker, its manager and the lead of its case see it; what is reported; and the mailbox."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain import epochs
from service.domain.access.model import CaseAccess, in_force
from service.domain.access.views import OrganisationView
from service.domain.assignments import policy
from service.domain.assignments.model import Assignment, Delivery, ProviderRecord, RecordKind
from service.domain.cases.contesting import contestable
from service.domain.cases.model import Audience
from service.domain.cases.picture import TextAbout
from service.domain.cases.views import CaseView
from service.domain.changes import mailbox
from service.domain.paging import cursor_of
from service.domain.policy import Part, Reader, Row
from service.domain.views import Many, One, Record, Shown, Sql, link, view


def worker_of(row: Row, reader: Reader | None = None) -> sa.ColumnElement[Any]:
    """Whom an assignment names now."""
    access = CaseAccess.__table__.alias()  # type: ignore[attr-defined]
    query = sa.select(access.c.actor_id).where(access.c.assignment_id == row.id, in_force(access.c))
    return query.limit(sa.literal_column("1")).correlate_except(access).scalar_subquery()


@view(
    Assignment,
    policy.READ_ASSIGNMENT,
    plural="assignments",
    filters=("case_pseudonym", "organisation_id"),
    subject="case_id",
)
class AssignmentView(Record):
    """A provider works in a case, and is told named parts of it for that: purpose, parts and basis on record."""

    id: UUID
    case_id: Annotated[UUID | None, Shown(policy.READ_CASE_ID)]
    case_pseudonym: str
    organisation_id: UUID = Field(description="The independent provider.")
    worker_id: Annotated[UUID | None, Sql(worker_of)] = Field(
        description="The actor whom the provider has named; null while nobody is."
    )
    task: str
    parts: list[Part]
    purpose: str
    legal_basis: str
    in_force: Annotated[bool, Sql(lambda row, reader: in_force(row))]
    valid_from: datetime
    valid_to: datetime | None
    withheld: list[str]
    version: int


@view(
    ProviderRecord,
    policy.READ_RECORD,
    plural="provider_records",
    filters=("case_id", "assignment_id", "kind"),
    subject="case_id",
)
class ProviderRecordView(Record):
    """What a provider's worker reports to the case (progress), or keeps for the provider's own workers (note)."""

    id: UUID
    case_id: UUID
    assignment_id: UUID
    organisation_id: UUID = Field(description="Who wrote it: the independent provider.")
    kind: RecordKind
    words: str = Field(description="The report or note.")
    replaces_id: UUID | None
    audience: Audience
    created_at: datetime


@view(
    Delivery,
    policy.READ_DELIVERY,
    plural="deliveries",
    key="position",
    filters=("assignment_id",),
    subject="case_id",
    feed=True,
)
class DeliveryView(Record):
    """What has changed for a provider, oldest first. Go on from the last `cursor` you have: put it into `after`."""

    position: str = Field(description="Its place in the order of deliveries.")
    cursor: Annotated[str, Sql(lambda row, reader: cursor_of([row.position, epochs.CURRENT]))] = Field(
        description="Goes into `after`, for what follows this delivery: now, or once there is something. Not after the "
        "database had to be restored from a backup (410): then read everything again."
    )
    assignment_id: UUID
    case_pseudonym: str
    kind: str = Field(description="What happened: the action's stable name.")
    subject: str = Field(description="What it happened to, for example `goal`.")
    subject_id: UUID | None = Field(description="Its id; null for the case itself, which goes by its pseudonym.")
    removal: bool = Field(
        description="The transmission has ended, or this is out of the case: what was delivered of it is to be removed."
    )
    content: Annotated[dict[str, Any] | None, Shown(policy.READ_CONTENT)] = Field(
        description="What was transmitted of it, as REST writes it; null for a removal."
    )
    at: datetime
    withheld: list[str]
    version: int


mailbox(DeliveryView, "assignment_id")
contestable(TextAbout.PROVIDER_RECORD, ProviderRecord, policy.READ_RECORD, Part.CONCERN, ProviderRecordView)
link(CaseView, "assignments", Many("case_id"), AssignmentView, "The providers that work in the case.")
link(CaseView, "provider_records", Many("case_id"), ProviderRecordView)
link(AssignmentView, "case", One("case_id"), CaseView)
link(AssignmentView, "organisation", One("organisation_id"), OrganisationView)
link(AssignmentView, "records", Many("assignment_id"), ProviderRecordView)
