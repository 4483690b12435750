"""A link for a network person who has no login: a random secret that opens one step, until it expires or is taken back
(settled: Access). Whoever holds it is an actor of their own, so that rules, row-level security and the audit record
know them like everybody else; what they hold is a case access, and ends like one."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, Field
from sqlmodel import select

from service.domain.access.model import Actor, CaseAccess, Login, in_force
from service.domain.access.operations import end
from service.domain.act import Act, Command, operation
from service.domain.cases import policy
from service.domain.cases.apart import one_at_a_time
from service.domain.cases.confidential import keeps_out
from service.domain.cases.model import TO_DO, Participant, ParticipantKind, Step
from service.domain.errors import DomainError, InvalidInput, Kind
from service.domain.policy import Basis, Part
from service.domain.values import Moment, new_id

LINK_VALID, LONGEST_LINK = timedelta(days=28), timedelta(days=180)
SECRET_BYTES = 32


@dataclass(eq=False)
class NotToBeLinked(DomainError):
    code, title = "not-to-be-linked", "Only what a network person does, and is not kept from them, is opened by a link."
    advice = "Everybody else signs in: make a one-time code for them. Nobody is let in from whom something is kept."


@dataclass(eq=False)
class StepFallenAway(DomainError):
    kind, code, title = Kind.GONE, "step-fallen-away", "There is nothing to do here any more."
    advice = "The goal it was for has ended, or the case is over. Ask whoever gave you the link."


class MakeStepLink(Command):
    """For how long the link works."""

    valid_to: Moment | None = Field(
        None, description="Ends with this moment (RFC 3339), at most 180 days from now; in 28 days, if left out."
    )


class StepLink(BaseModel):
    """A link to one step. The secret is shown this once and kept nowhere: hand it to the person who does the step, as
    the fragment of an address (`https://…/#secret`), which browsers send to nobody."""

    case_access_id: UUID = Field(description="What it gives; end it to take the link back.")
    secret: str = Field(description="Goes into `Authorization: Link <secret>` at /v1/linked-step.")
    expires_at: datetime


def login_of(secret: str) -> str:
    """No issuer has such a name: a token can never make somebody the holder of a link."""
    return f"@link:{hashlib.sha256(secret.encode()).hexdigest()}"


@operation(
    policy.MAKE_LINK,
    on=Step,
    answers=StepLink,
    states=TO_DO,
    versioned=False,
    raises=(NotToBeLinked,),
)
async def make_step_link(act: Act, step: Step, command: MakeStepLink) -> tuple[CaseAccess, StepLink]:
    """Make a link that opens this step to a network person without a login. An earlier link to it stops working."""
    expires_at = command.valid_to or act.now + LINK_VALID
    if not act.now < expires_at <= act.now + LONGEST_LINK:
        detail = "must lie ahead, and at most 180 days"
        raise InvalidInput(errors=[{"pointer": "#/valid_to", "detail": detail}])
    await one_at_a_time(act, step.case_id)
    people = select(Participant).where(Participant.case_id == step.case_id)
    participants = {each.id: each for each in (await act.session.exec(people)).all()}
    doing = participants[step.done_by_id]
    if doing.kind != ParticipantKind.NETWORK_PERSON or await keeps_out(act, doing):
        raise NotToBeLinked
    earlier = select(CaseAccess).where(CaseAccess.step_id == step.id, in_force(CaseAccess.__table__.c))  # type: ignore[attr-defined]
    for each in (await act.session.exec(earlier)).all():
        end(act, each)
    secret, holder = secrets.token_urlsafe(SECRET_BYTES), new_id()
    act.session.add(Actor(id=holder, authority_id=step.authority_id))
    await act.session.flush()
    act.session.add(Login(authority_id=step.authority_id, actor_id=holder, key=login_of(secret)))
    wanting = participants[step.wanted_by_id]
    access = act.add(
        CaseAccess(
            id=new_id(),
            authority_id=step.authority_id,
            case_id=step.case_id,
            actor_id=holder,
            participant_id=step.done_by_id,
            trusted_by_id=wanting.id if wanting.actor_id == act.actor.id else None,
            step_id=step.id,
            basis=Basis.LINK.value,
            parts=[Part.STEPS.value],
            valid_to=expires_at,
        )
    )
    return access, StepLink(case_access_id=access.id, secret=secret, expires_at=expires_at)
