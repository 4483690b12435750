"""What a young person applies for themselves is told to whoever has custody of them (§ 36(1) SGB I): before it is
decided, unless a reason speaks against it that is on record (settled: Cases and people)."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field, model_validator
from sqlmodel import col, select

from service.domain.act import Act, Command, Guard, operation
from service.domain.cases.confidential import KEEPING, others_read
from service.domain.cases.model import Participant, ParticipantKind, Person, is_younger
from service.domain.decisions import policy
from service.domain.decisions.model import ArrangementElement, ElementState
from service.domain.decisions.views import ElementView
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Reader, Row
from service.domain.values import Day, Words

OF_AGE = 18  # years (§ 2 BGB)


@dataclass(eq=False)
class CustodiansToBeTold(DomainError):
    code, title = "custodians-to-be-told", "A young person has applied for this: their custodians are told of it."
    advice = "Say when you have told them, or why not: POST /v1/elements/{id}/tell-custodians (§ 36(1) SGB I)."


@dataclass(eq=False)
class NotTheirOwnApplication(DomainError):
    code, title = "not-their-own-application", "No young person has applied for this themselves."
    advice = "Nothing is needed: whoever has custody has applied, or knows, or whom it is for is of age."


def _own_of_a_minor(row: Row, today: sa.ColumnElement[date]) -> sa.ColumnElement[bool]:
    participant: Any = Participant.__table__.alias()  # type: ignore[attr-defined]
    person: Any = Person.__table__.alias()  # type: ignore[attr-defined]
    applied = sa.select(participant.c.id).where(
        participant.c.case_id == row.case_id,
        participant.c.id == row.applicant_id,
        participant.c.kind == sa.literal_column(f"'{ParticipantKind.ADDRESSEE}'"),
        person.c.participant_id == participant.c.id,
        is_younger(person.c.born_on, OF_AGE, today),
    )
    return applied.correlate_except(participant, person).exists()


def _told(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    said = sa.func.num_nonnulls(row.custodians_told_on, row.custodians_not_told_because) > sa.literal_column("0")
    return sa.or_(said, sa.not_(_own_of_a_minor(row, reader.today)))


TOLD = Guard(
    _told, "custodians were told of a young person's own application, or why not is on record", CustodiansToBeTold
)
OWN_OF_A_MINOR = Guard(
    lambda reader, row: sa.or_(_own_of_a_minor(row, reader.today), row.custodians_not_told_because.is_not(None)),
    "a young person has applied for it themselves",
    NotTheirOwnApplication,
)


class TellCustodians(Command):
    """When they were told, or why they are not."""

    told_on: Day | None = Field(None, description="The day on which they were told.")
    not_told_because: Words | None = Field(
        None,
        description="Why it would go against the young person; only where nobody else of the family reads here.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "TellCustodians":
        if (self.told_on is None) is (self.not_told_because is None):
            raise ValueError("say when they were told, or why not, one of both")
        return self


@operation(
    policy.TELL_CUSTODIANS,
    on=ArrangementElement,
    answers=ElementView,
    states=tuple(state for state in ElementState if state is not ElementState.PLANNED),
    guards=(OWN_OF_A_MINOR,),
)
async def tell_custodians(
    act: Act, arrangementelement: ArrangementElement, command: TellCustodians
) -> ArrangementElement:
    """Put down when custodians were told of what a young person has applied for themselves and of what is granted, or
    why not (§ 36(1) SGB I). Whoever has a way into the case reads it there: what they are not to know is in a case of
    its own, and as long as it stands so, no code lets them in. Once it is decided it says only what is still to be
    said: that they were told after all."""
    element = arrangementelement
    if command.told_on is not None and not (element.applied_on or act.today) <= command.told_on <= act.today:
        detail = "lies before the application, or in the future"
        raise InvalidInput(errors=[{"pointer": "#/told_on", "detail": detail}])
    why_not = element.custodians_not_told_because if element.state != ElementState.APPLIED else None
    settled = element.custodians_told_on is not None or (why_not is not None and command.told_on is None)
    if element.state != ElementState.APPLIED and settled:
        raise InvalidInput(errors=[{"pointer": "#", "detail": "it is decided, and this is on record already"}])
    applicant_id = element.applicant_id if command.not_told_because is not None else None
    if applicant_id is not None and await others_read(act, element.case_id, applicant_id):
        detail = "somebody else of its people reads in this case: open one of its own for it"
        raise InvalidInput(errors=[{"pointer": "#/not_told_because", "detail": detail}])
    act.change(
        element,
        custodians_told_on=command.told_on,
        custodians_not_told_because=command.not_told_because or why_not,
    )
    return element


def _not_told(case_id: UUID, today: date) -> Any:
    """Of applicants who are minors on that day, or of whom no day of birth is known any more. That the help has ended
    lets nobody in: it can be read all the same."""
    minor = is_younger(col(Person.born_on), OF_AGE, sa.literal(today, sa.Date()))
    applicant = select(ArrangementElement.applicant_id).join(
        Person, col(Person.participant_id) == col(ArrangementElement.applicant_id), isouter=True
    )
    return applicant.where(
        ArrangementElement.case_id == case_id,
        col(ArrangementElement.custodians_not_told_because).is_not(None),
        col(ArrangementElement.custodians_told_on).is_(None),
        sa.func.coalesce(minor, sa.true()),
    )


KEEPING.append(_not_told)
