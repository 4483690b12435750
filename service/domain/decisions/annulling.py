"""A decision that was entered in the wrong case is annulled: it stays on record, nobody acts on it any more, and what
it has bound is free again. Not once something was booked on it: that was paid for somebody, and is put right first."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from service.domain.act import Act
from service.domain.budgets.model import Commitment
from service.domain.decisions.binding import commitments_of
from service.domain.decisions.deciding import finish
from service.domain.decisions.model import ArrangementElement, Decision, ElementState
from service.domain.errors import DomainError


@dataclass(eq=False)
class StillBooked(DomainError):
    code, title = "still-booked", "Something is booked on the money that this decision has bound."
    advice = (
        "Ask finance to reverse what is booked on `commitment_id` (GET /v1/bookings?commitment_id=…, then "
        "POST /v1/bookings/{id}/reverse), and book it where it belongs. Then take the decision out."
    )
    commitment_id: UUID


async def annul(act: Act, decision: Decision) -> None:
    """Ends the element it is about. Raises StillBooked, and PeriodClosed where the books are closed."""
    about = select(ArrangementElement).where(ArrangementElement.id == decision.element_id)
    element = (await act.session.exec(about.with_for_update())).one()
    bound = select(Commitment).where(col(Commitment.id).in_(await commitments_of(act, element)))
    for commitment in (await act.session.exec(bound.order_by(col(Commitment.id)).with_for_update())).all():
        if commitment.booked > 0:
            raise StillBooked(commitment_id=commitment.id)
    if element.state != ElementState.ENDED:
        await finish(act, element)
