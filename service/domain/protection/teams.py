"""Who is in the team of an assessment besides whoever leads the case, and whom it is about."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import col, select

from service.domain.access.model import CaseAccess, Membership, columns_of, in_force
from service.domain.access.operations import holds, leading
from service.domain.act import Act, Command, operation
from service.domain.cases.access import WORKING
from service.domain.cases.apart import ExcludedFromCase, require_apart
from service.domain.cases.endings import Because, ends_with_case
from service.domain.cases.leading import led_by
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Role
from service.domain.protection import policy
from service.domain.protection.model import EndangermentAssessment, EndangermentMember
from service.domain.protection.operations import UNCONCLUDED, require_addressees
from service.domain.protection.views import EndangermentAssessmentView


@dataclass(eq=False)
class NotOneself(DomainError):
    code, title = "not-oneself", "Nobody leaves the team, or changes their part in it, by themselves."
    advice = (
        "Somebody else of the team does it. Let in whoever goes on with it; they can then let you out. Whoever leads "
        "the case is in the team as long as they do: hand the case over, POST /v1/cases/{id}/transfers."
    )


@dataclass(eq=False)
class InByTheCase(DomainError):
    code, title = "in-by-the-case", "Whoever leads the case, or stands in there, is in the team as long as they do."
    advice = (
        "Nothing is needed now. If they are to go on afterwards, whoever leads the case then lets them in: after "
        "POST /v1/cases/{id}/transfers, or after the last day of the stand-in."
    )


class NameEndangered(Command):
    """Whom it is about."""

    endangered: list[UUID] = Field(min_length=1, max_length=20, description="Addressees of the case.")


class TeamMemberNamed(Command):
    """Somebody who works here."""

    actor_id: UUID = Field(description="See GET /v1/staff.")


class LetIntoAssessment(TeamMemberNamed):
    """Who is to be told of it from now on."""

    as_adviser: bool = Field(False, description="As a specialised child-protection adviser.")


class LetOutOfAssessment(TeamMemberNamed):
    """Who is not to be told of it any more."""


@operation(policy.NAME_ENDANGERED, on=EndangermentAssessment, answers=EndangermentAssessmentView, states=UNCONCLUDED)
async def name_endangered(
    act: Act, endangermentassessment: EndangermentAssessment, command: NameEndangered
) -> EndangermentAssessment:
    """Name the child it is about, or the children, among the addressees of the case."""
    await require_addressees(act, endangermentassessment.case_id, command.endangered)
    act.change(endangermentassessment, endangered=list(dict.fromkeys(command.endangered)))
    return endangermentassessment


@operation(
    policy.LET_IN,
    on=EndangermentAssessment,
    answers=EndangermentAssessmentView,
    raises=(InByTheCase, NotOneself, ExcludedFromCase),
)
async def let_into_assessment(
    act: Act, endangermentassessment: EndangermentAssessment, command: LetIntoAssessment
) -> EndangermentAssessment:
    """Let a colleague or a specialised adviser into the team. They see the assessment, not the case."""
    works = select(Membership.id).where(
        Membership.actor_id == command.actor_id,
        Membership.authority_id == endangermentassessment.authority_id,
        in_force(columns_of(Membership)),
    )
    roles = (Role.CASE_WORKER, Role.PROVIDER_WORKER) if command.as_adviser else (Role.CASE_WORKER,)
    there = (await act.session.exec(works)).first() is not None
    if not there or not any([await holds(act, command.actor_id, role) for role in roles]):
        detail = "is nobody who works here as that"
        raise InvalidInput(errors=[{"pointer": "#/actor_id", "detail": detail}])
    if await _leads(act, endangermentassessment.case_id, command.actor_id):
        raise InByTheCase
    if command.actor_id == act.actor.id:  # an adviser would make themselves the second professional
        raise NotOneself
    await require_apart(act, endangermentassessment.case_id, command.actor_id)
    await _end_membership(act, endangermentassessment, command.actor_id)
    _join(act, endangermentassessment, command.actor_id, as_adviser=command.as_adviser)
    return endangermentassessment


@operation(policy.LET_OUT, on=EndangermentAssessment, answers=EndangermentAssessmentView, raises=(NotOneself,))
async def let_out_of_assessment(
    act: Act, endangermentassessment: EndangermentAssessment, command: LetOutOfAssessment
) -> EndangermentAssessment:
    """Let somebody out of the team: with their next request they see nothing of it any more."""
    if command.actor_id == act.actor.id:
        raise NotOneself
    if command.actor_id not in endangermentassessment.team:
        detail = "was not let in; whoever leads the case is in the team as long as they do"
        raise InvalidInput(errors=[{"pointer": "#/actor_id", "detail": detail}])
    await _end_membership(act, endangermentassessment, command.actor_id)
    for name in ("team", "advisers"):
        left = [each for each in getattr(endangermentassessment, name) if each != command.actor_id]
        act.change(endangermentassessment, **{name: left})
    return endangermentassessment


async def _end_membership(act: Act, assessment: EndangermentAssessment, actor_id: UUID) -> None:
    there = select(EndangermentMember).where(
        EndangermentMember.assessment_id == assessment.id,
        EndangermentMember.actor_id == actor_id,
        col(EndangermentMember.valid_to).is_(None),
    )
    for each in (await act.session.exec(there.with_for_update())).all():
        act.change(each, valid_to=sa.func.now())
    await act.session.flush()


def _join(act: Act, assessment: EndangermentAssessment, actor_id: UUID, *, as_adviser: bool = False) -> None:
    member = EndangermentMember(
        authority_id=assessment.authority_id, assessment_id=assessment.id, actor_id=actor_id, as_adviser=as_adviser
    )
    act.session.add(member)
    others = [each for each in assessment.advisers if each != actor_id]
    act.change(
        assessment,
        team=list(dict.fromkeys([*assessment.team, actor_id])),
        advisers=[*others, actor_id] if as_adviser else others,
    )


async def _leads(act: Act, case_id: UUID, actor_id: UUID) -> bool:
    """Now; or stands in there."""
    theirs = leading(col(CaseAccess.case_id) == case_id, col(CaseAccess.actor_id) == actor_id)
    return (await act.session.exec(theirs)).first() is not None


@ends_with_case
async def keep_whose_case_it_was(act: Act, case_id: UUID, because: Because) -> None:
    """Nobody here leads a case that is with a body outside: an assessment that is not concluded would be readable by
    nobody. Whose case it was stays in its team by name, until somebody else is let in and lets them out; not whoever
    only stood in there, unless nobody else led it."""
    if because is not Because.CASE_PASSED_ON:
        return
    going_on = select(EndangermentAssessment).where(
        EndangermentAssessment.case_id == case_id, col(EndangermentAssessment.state).in_(UNCONCLUDED)
    )
    whose = sorted(await led_by(act, case_id)) or [act.actor.id]
    for assessment in (await act.session.exec(going_on.with_for_update())).all():
        for actor_id in whose:
            if actor_id not in assessment.team:
                _join(act, assessment, actor_id)
    await act.session.flush()


def _in_their_teams(actor_id: UUID) -> Any:
    """The cases of assessments in whose team they are: by row-level security everybody sees their own."""
    member = col(EndangermentMember.assessment_id) == col(EndangermentAssessment.id)
    return (
        select(EndangermentAssessment.case_id)
        .join(EndangermentMember, member)
        .where(EndangermentMember.actor_id == actor_id)
    )


WORKING.append(_in_their_teams)
