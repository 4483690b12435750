"""Taking offers back, for whoever made them and for those in whose name they were made."""

from sqlmodel import col, select

from service.domain.act import Act
from service.domain.cases.model import Participant
from service.domain.cases.picture import Offer, SharedOffer


async def withdraw_offers_of(act: Act, participant: Participant) -> None:
    """All that were made in their name."""
    theirs = select(Offer).where(Offer.participant_id == participant.id, col(Offer.withdrawn_on).is_(None))
    for offer in (await act.session.exec(theirs.order_by(col(Offer.id)))).all():
        await withdraw(act, offer)


async def withdraw(act: Act, offer: Offer) -> None:
    act.change(offer, withdrawn_on=act.today)
    shared = select(SharedOffer).where(SharedOffer.id == offer.shared_id)
    for each in (await act.session.exec(shared)).all():
        act.change(each, withdrawn_on=act.today)
