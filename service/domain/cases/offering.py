"""What somebody offers others (question VI: what do I want to do for others, and what can I?): an adult's own words, an
addressee's or a parent's, for a time, taken back at any moment. No offer by or to a minor is published or matched
(settled: Cases and people)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select

from service.domain.access.model import CaseAccess, columns_of, in_force
from service.domain.act import Act, Command, operation
from service.domain.cases import policy
from service.domain.cases.model import Case, Participant, Person, RepresentationKind
from service.domain.cases.picture import Offer, SharedOffer
from service.domain.cases.views import CaseView, ParticipantView
from service.domain.cases.withdrawing import withdraw
from service.domain.clock import birthday, midnight
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Basis
from service.domain.spaces.views import SocialSpaceView
from service.domain.values import ClientId, Day, Language, Words, new_id
from service.domain.views import Many, One, Record, link, view

LONGEST = timedelta(days=366)
OF_AGE = 18  # years (§ 2 BGB)
FOR_OTHERS = tuple(kind for kind in RepresentationKind if kind is not RepresentationKind.PARENT)


@dataclass(eq=False)
class ActsForOthers(DomainError):
    code, title = "acts-for-others", "Whoever represents somebody by office or power of attorney acts for them alone."
    advice = "Whom you represent can offer something themselves, if they are of age: POST /v1/cases/{id}/offers."


@dataclass(eq=False)
class NotOfAge(DomainError):
    code, title = "not-of-age", "What is offered here is offered by adults."
    advice = "The day of birth has to be known, and 18 years ago. Until then words on question VI are the place for it."


@view(Offer, policy.READ_OFFER, plural="offers", filters=("case_id",), orders=("until",), subject="case_id")
class OfferView(Record):
    """What somebody offers others, in their own words."""

    id: UUID
    case_id: UUID
    participant_id: UUID = Field(description="Whose offer it is; only they make it and take it back.")
    words: str
    language: Language
    until: date = Field(description="The last day on which it holds.")
    withdrawn_on: date | None = Field(description="When it was taken back; null unless it was.")
    shared_id: UUID | None = Field(description="Under which id the place reads it, if it does.")
    version: int


@view(
    SharedOffer,
    policy.READ_SHARED_OFFER,
    plural="shared_offers",
    filters=("social_space_id",),
    orders=("until",),
)
class SharedOfferView(Record):
    """An offer from the neighbourhood, for those who work there: to be passed on between adults."""

    id: UUID
    social_space_id: UUID
    words: str
    language: Language
    until: date = Field(description="The last day on which it holds.")


class MakeOffer(Command):
    """What you want to do for others, and until when."""

    id: ClientId
    words: Words
    language: Language = Field(Language.DE, description="In which it is written.")
    until: Day = Field(description="The last day on which it holds, at most a year from now.")
    share: bool = Field(
        False, description="Whether those who work in your social space may read it, without your name and your case."
    )


@operation(policy.MAKE_OFFER, on=Case, answers=OfferView, raises=(ActsForOthers, NotOfAge))
async def make_offer(act: Act, case: Case, command: MakeOffer) -> Offer:
    """Offer something to others. It ends by itself on its day; you can take it back at any moment."""
    mine = select(Participant).where(Participant.case_id == case.id, Participant.actor_id == act.actor.id)
    participant = (await act.session.exec(mine)).one()
    myself = select(Person).where(Person.participant_id == participant.id)
    if refusal := refused(participant, (await act.session.exec(myself)).one(), act.today):
        raise refusal
    if not act.today <= command.until <= act.today + LONGEST:
        raise InvalidInput(errors=[{"pointer": "#/until", "detail": "must lie ahead, and at most a year"}])
    if await _goes_before(act, case.id, command.until):
        detail = "lies after the day until when you have access to this case, and can take it back"
        raise InvalidInput(errors=[{"pointer": "#/until", "detail": detail}])
    shared: SharedOffer | None = None
    said: dict[str, Any] = {"words": command.words, "language": command.language.value, "until": command.until}
    if command.share:
        if case.social_space_id is None:
            detail = "the case belongs to no social space"
            raise InvalidInput(errors=[{"pointer": "#/share", "detail": detail}])
        shared = SharedOffer(id=new_id(), authority_id=case.authority_id, social_space_id=case.social_space_id, **said)
        act.session.add(shared)
    return act.add(
        Offer(
            id=command.id,
            authority_id=case.authority_id,
            case_id=case.id,
            participant_id=participant.id,
            shared_id=shared.id if shared else None,
            **said,
        )
    )


def refused(participant: Participant, person: Person, today: date) -> DomainError | None:
    """Why they offer nothing; None if they may."""
    if participant.representation in FOR_OTHERS:
        return ActsForOthers()
    if person.born_on is None or birthday(person.born_on, OF_AGE) > today:
        return NotOfAge()
    return None


async def _goes_before(act: Act, case_id: UUID, until: date) -> bool:
    """Whether somebody has no access any more on that day, as a parent once the child is of age."""
    mine = select(CaseAccess.valid_to).where(
        CaseAccess.case_id == case_id,
        CaseAccess.actor_id == act.actor.id,
        col(CaseAccess.basis).in_([Basis.SELF.value, Basis.REPRESENTATION.value]),
        in_force(columns_of(CaseAccess)),
    )
    ends = (await act.session.exec(mine)).all()
    return all(each is not None and each < midnight(until + timedelta(days=1)) for each in ends)


@operation(policy.WITHDRAW_OFFER, on=Offer, answers=OfferView)
async def withdraw_offer(act: Act, offer: Offer) -> Offer:
    """Take an offer back. Nobody who works in the place reads it any more; you need no reason."""
    if offer.withdrawn_on is None:
        await withdraw(act, offer)
    return offer


link(CaseView, "offers", Many("case_id"), OfferView)
link(OfferView, "participant", One("participant_id"), ParticipantView)
link(SharedOfferView, "social_space", One("social_space_id"), SocialSpaceView)
