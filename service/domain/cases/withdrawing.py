"""Taking offers back, for whoever made them and for those in whose name they were made."""

from datetime import date, datetime, timedelta

from sqlmodel import col, select

from service.domain.act import Act
from service.domain.cases.model import Participant
from service.domain.cases.picture import Offer, SharedOffer
from service.domain.clock import day_of


async def withdraw_offers_of(act: Act, participant: Participant) -> None:
    """All that were made in their name."""
    theirs = select(Offer).where(Offer.participant_id == participant.id, col(Offer.withdrawn_on).is_(None))
    for offer in (await act.session.exec(theirs.order_by(col(Offer.id)))).all():
        await withdraw(act, offer)


async def end_offers_of(act: Act, participant: Participant, until: datetime) -> None:
    """None of them outlasts the access of whoever made it, who could not take it back any more."""
    last = day_of(until) - timedelta(days=1)
    longer = select(Offer).where(
        Offer.participant_id == participant.id, col(Offer.withdrawn_on).is_(None), col(Offer.until) > last
    )
    for offer in (await act.session.exec(longer.order_by(col(Offer.id)))).all():
        if last < act.today:
            await withdraw(act, offer)
        else:
            await _change(act, offer, until=last)


async def withdraw(act: Act, offer: Offer) -> None:
    await _change(act, offer, withdrawn_on=act.today)


async def _change(act: Act, offer: Offer, **changes: date) -> None:
    """With what the place may read of it."""
    act.change(offer, **changes)
    shared = select(SharedOffer).where(SharedOffer.id == offer.shared_id)
    for each in (await act.session.exec(shared)).all():
        act.change(each, **changes)
