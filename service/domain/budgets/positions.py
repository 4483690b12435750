"""Who has said yes or no to an agreement: both parties, and whoever answers for what no table can know.

A no keeps a draft from taking effect, is shown with it, and stays on record; it is resolved by another version, or by a
yes of the same function. Nobody says it for the other side (deck line 947)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field as Told

from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.contract import AgreementPosition, Stance, Voice
from service.domain.budgets.model import AgreementState, BudgetAgreement, scope_of
from service.domain.budgets.readiness import ReadinessItem, missing_of
from service.domain.budgets.views import BudgetAgreementView
from service.domain.errors import DomainError, InvalidInput
from service.domain.values import ClientId, Words, new_id
from service.domain.views import Many, Record, link, view


@view(
    AgreementPosition,
    policy.READ_PROCEDURE,
    plural="agreement_positions",
    filters=("agreement_id", "terms", "voice", "stance"),
)
class AgreementPositionView(Record):
    """A yes or no to a version of an agreement, in one function. The newest counts, for that version alone."""

    id: UUID
    agreement_id: UUID
    terms: int = Told(description="The version of the terms of which it was said.")
    voice: Voice = Told(description="In which function it was said.")
    stance: Stance = Told(description="Yes or no.")
    said: str | None = Told(description="Why not; or what the yes rests on. It names no person.")
    taken_by: UUID = Told(description="Who said it.")
    taken_at: datetime = Told(description="When it was said, UTC.")


link(BudgetAgreementView, "positions", Many("agreement_id"), AgreementPositionView)


@dataclass(eq=False)
class TermsChanged(DomainError):
    code, title = "terms-changed", "The terms are no longer those of which this is said."
    advice = (
        "Read the agreement again, and what GET /v1/agreement-versions says of version `terms`; then say it of that."
    )
    terms: int


class TakePosition(Command):
    """A yes or no, to the version that one has read."""

    id: ClientId
    terms: int = Told(ge=0, le=1_000_000, description="The number of the version: `terms` of the agreement.")
    stance: Stance = Told(description="Yes or no.")
    said: Words | None = Told(None, description="Needed for a no: why. It names no person.")


_STATES = (AgreementState.DRAFT, AgreementState.ACTIVE)


@operation(
    policy.SPEAK_FOR_AGENCY,
    on=BudgetAgreement,
    answers=AgreementPositionView,
    states=_STATES,
    raises=(TermsChanged,),
)
async def take_position_for_agency(
    act: Act, budgetagreement: BudgetAgreement, command: TakePosition
) -> AgreementPosition:
    """Say yes or no for the public agency. A no keeps the draft from taking effect. Whoever works for a provider of the
    network does not speak for it."""
    return await _take(act, budgetagreement, Voice.AGENCY, command)


@operation(
    policy.SPEAK_FOR_NETWORK,
    on=BudgetAgreement,
    answers=AgreementPositionView,
    states=_STATES,
    raises=(TermsChanged,),
)
async def take_position_for_network(
    act: Act, budgetagreement: BudgetAgreement, command: TakePosition
) -> AgreementPosition:
    """Say yes or no for the providers. Without a yes to the version that stands there the draft takes no effect."""
    return await _take(act, budgetagreement, Voice.NETWORK, command)


@operation(
    policy.CONFIRM_FUNDING,
    on=BudgetAgreement,
    answers=AgreementPositionView,
    states=_STATES,
    raises=(TermsChanged,),
)
async def take_position_on_funding(
    act: Act, budgetagreement: BudgetAgreement, command: TakePosition
) -> AgreementPosition:
    """Confirm that the authority's budget holds the money, for the whole period; or say that it does not. Whoever works
    for a provider of the network does not say it."""
    return await _take(act, budgetagreement, Voice.FUNDING, command)


@operation(
    policy.CONFIRM_COOPERATION,
    on=BudgetAgreement,
    answers=AgreementPositionView,
    states=_STATES,
    raises=(TermsChanged,),
)
async def take_position_on_cooperation(
    act: Act, budgetagreement: BudgetAgreement, command: TakePosition
) -> AgreementPosition:
    """Confirm that the agreement fits the concept of the place and that it is clear who does what with whom; or say
    what is not. Whoever works for a provider of the network does not say it."""
    return await _take(act, budgetagreement, Voice.COOPERATION, command)


async def ask_again(act: Act, agreement: BudgetAgreement) -> None:
    """Whether others have made every version, and whoever asks works for no party, once the agreement is held: whoever
    waited for it was asked about what was there before."""
    await act.load(BudgetAgreement, agreement.id)


async def _take(act: Act, agreement: BudgetAgreement, voice: Voice, command: TakePosition) -> AgreementPosition:
    await ask_again(act, agreement)
    if command.terms != agreement.terms:
        raise TermsChanged(terms=agreement.terms)
    if command.stance is Stance.DISAGREEMENT and command.said is None:
        raise InvalidInput(errors=[{"pointer": "#/said", "detail": "is needed for a disagreement: why"}])
    act.change(agreement)  # what is missing from it, or who disagrees, is another now
    return act.add(position_of(act, agreement, voice, command.stance, command.said, command.id))


def position_of(
    act: Act,
    agreement: BudgetAgreement,
    voice: Voice,
    stance: Stance,
    said: str | None = None,
    id: UUID | None = None,
) -> AgreementPosition:
    """Of the version that stands there now."""
    return AgreementPosition(
        id=id or new_id(),
        **scope_of(agreement),
        terms=agreement.terms,
        voice=voice.value,
        stance=stance.value,
        said=said,
        taken_by=act.actor.id,
        taken_at=act.now,
    )


async def missing_from(act: Act, agreement: BudgetAgreement) -> list[ReadinessItem]:
    """What it still needs before it can take effect."""
    table = BudgetAgreement.__table__  # type: ignore[attr-defined]
    query = sa.select(missing_of(table.c)).where(table.c.id == agreement.id)
    found = (await (await act.session.connection()).execute(query)).scalar_one()
    return [ReadinessItem(each) for each in found]
