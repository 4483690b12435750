"""Somebody leaves a case, and may come back. What they said and did there stays theirs; their ways in end."""

from dataclasses import dataclass

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import col, select

from service.domain.access.model import CaseAccess, columns_of, not_over
from service.domain.access.operations import end
from service.domain.act import Act, Command, Guard, operation
from service.domain.cases import policy
from service.domain.cases.enrolment import EnrolmentCode
from service.domain.cases.model import Participant
from service.domain.cases.representing import representing, settle
from service.domain.cases.views import ParticipantView
from service.domain.cases.withdrawing import withdraw_offers_of
from service.domain.errors import DomainError, InvalidInput
from service.domain.values import Day


@dataclass(eq=False)
class NotPresent(DomainError):
    code, title = "not-present", "This person has left the case."
    advice = "Let them come back first: POST /v1/participants/{id}/return."


@dataclass(eq=False)
class NotGone(DomainError):
    code, title = "not-gone", "This person is in the case."
    advice = (
        "Nothing is left to do. Without a way in, make a code for them: POST /v1/participants/{id}/enrolment-codes."
    )


PRESENT = Guard(lambda reader, row: row.left_on.is_(None), "they are in the case", NotPresent)
GONE = Guard(lambda reader, row: row.left_on.is_not(None), "they have left the case", NotGone)


class LeaveCase(Command):
    """When."""

    left_on: Day | None = Field(None, description="The day on which they left; today, if left out.")


@operation(policy.LEAVE_CASE, on=Participant, answers=ParticipantView, guards=(PRESENT,))
async def leave_case(act: Act, participant: Participant, command: LeaveCase) -> Participant:
    """Say that somebody has left the case. Their access ends now, with that of those they trust and of those who
    represent nobody else; so do codes, links, offers and invitations. What is theirs in the case stays."""
    left_on = command.left_on or act.today
    if not participant.joined_on <= left_on <= act.today:
        detail = "lies in the future, or before they came"
        raise InvalidInput(errors=[{"pointer": "#/left_on", "detail": detail}])
    represented_by = await representing(act, participant)
    act.change(participant, left_on=left_on)
    await act.session.flush()
    columns = columns_of(CaseAccess)
    theirs = sa.or_(columns.participant_id == participant.id, columns.trusted_by_id == participant.id)
    for access in (await act.session.exec(select(CaseAccess).where(theirs, not_over(columns)))).all():
        end(act, access)
    await _use_up_codes(act, participant)
    await withdraw_offers_of(act, participant)
    for each in represented_by:
        await settle(act, each)
    return participant


@operation(policy.RETURN_TO_CASE, on=Participant, answers=ParticipantView, guards=(GONE,))
async def return_to_case(act: Act, participant: Participant) -> Participant:
    """Say that somebody is in the case again. A way in takes a new code, also for those who represent them."""
    act.change(participant, left_on=None)
    return participant


async def _use_up_codes(act: Act, participant: Participant) -> None:
    """Theirs, and those of whoever they trust."""
    trusted = select(Participant.id).where(Participant.trusted_by_id == participant.id)
    codes = select(EnrolmentCode).where(
        sa.or_(
            col(EnrolmentCode.participant_id) == participant.id,
            col(EnrolmentCode.participant_id).in_(trusted),
        ),
        col(EnrolmentCode.used_at).is_(None),
    )
    for code in (await act.session.exec(codes)).all():
        code.expires_at = min(code.expires_at, act.now)
