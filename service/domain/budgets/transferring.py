"""Transfers between lines of an agreement: proposed by one controller, released by another (deck lines 953-959). The
network says yes or no to them; a no is answered before the money moves (deck line 947).

The line for case-unspecific work has a floor by contract: no transfer leaves less on it (facts: DR7)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pydantic import Field as Told
from sqlmodel import col, func, select

from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.contract import Stance, TransferPosition, Voice
from service.domain.budgets.holding import AgreementNotActive, active_agreement, counting_on
from service.domain.budgets.ledger import (
    AccountKind,
    BudgetShort,
    LedgerAccount,
    Move,
    PeriodClosed,
    PostingKind,
    account_of,
    post,
)
from service.domain.budgets.model import BudgetAgreement, BudgetLine, LineKind, Transfer, TransferState, scope_of
from service.domain.budgets.views import TransferView
from service.domain.errors import DomainError, InvalidInput
from service.domain.values import Amount, ClientId, Line, Words
from service.domain.views import Many, Record, link, view


@dataclass(eq=False)
class BelowFloor(DomainError):
    code, title = "below-floor", "This would leave less on the line for case-unspecific work than its floor."
    advice = "Transfer at most `left` (EUR): the contract keeps `floor` for it."
    floor: str
    left: str


@dataclass(eq=False)
class CyclicTransfer(DomainError):
    code, title = "cyclic-transfer", "Together with transfers that are proposed already, money would run in a circle."
    advice = "Withdraw one of `transfer_ids`, or propose less: only the difference has to move."
    transfer_ids: list[str]


@dataclass(eq=False)
class NetworkDisagrees(DomainError):
    code, title = "network-disagrees", "The network disagrees with the transfer, and nobody has answered."
    advice = (
        "Read why (GET /v1/transfer-positions?transfer_id=…) and answer (POST /v1/transfers/{id}/answers), or withdraw "
        "it. The agency decides, and says why."
    )


@view(
    TransferPosition,
    policy.READ_PROCEDURE,
    plural="transfer_positions",
    filters=("agreement_id", "transfer_id", "voice", "stance"),
)
class TransferPositionView(Record):
    """What the network says of a transfer that is proposed, and what the agency answers. The last word counts."""

    id: UUID
    agreement_id: UUID
    transfer_id: UUID = Told(description="What it is said of.")
    voice: Voice = Told(description="Whose word it is: of the network or the agency.")
    stance: Stance = Told(description="Yes or no; the agency answers that it is done all the same.")
    said: str | None = Told(description="Why not; or the answer. It names no person.")
    taken_by: UUID = Told(description="Who said it.")
    taken_at: datetime = Told(description="When it was said, UTC.")


link(TransferView, "positions", Many("transfer_id"), TransferPositionView)


class TakePositionOnTransfer(Command):
    """A yes or no."""

    id: ClientId
    stance: Stance = Told(description="Yes or no.")
    said: Words | None = Told(None, description="Needed for a no: why. It names no person.")


class AnswerOnTransfer(Command):
    """Why it is done all the same."""

    id: ClientId
    said: Words = Told(description="It names no person.")


class ProposeTransfer(Command):
    """How much goes where, and why."""

    id: ClientId
    target_id: UUID
    amount: Amount
    reason: Line


@operation(
    policy.PROPOSE_TRANSFER,
    on=BudgetLine,
    answers=TransferView,
    raises=(AgreementNotActive, PeriodClosed, BelowFloor, CyclicTransfer),
)
async def propose_transfer(act: Act, budgetline: BudgetLine, command: ProposeTransfer) -> Transfer:
    """Propose to move money from this line to another of the same agreement. Somebody else releases it: only then it
    moves."""
    return await proposed(act, budgetline, command)


async def proposed(act: Act, budgetline: BudgetLine, command: ProposeTransfer) -> Transfer:
    agreement = await active_agreement(act, budgetline, alone=True)  # two proposals can close a circle together
    through = agreement.closed_through
    if through is not None and through >= counting_on(agreement, act.today):
        raise PeriodClosed(closed_through=through.isoformat())
    line = select(BudgetLine).where(BudgetLine.id == command.target_id, BudgetLine.agreement_id == agreement.id)
    if command.target_id == budgetline.id or (await act.session.exec(line)).first() is None:
        detail = "must be another line of the same agreement"
        raise InvalidInput(errors=[{"pointer": "#/target_id", "detail": detail}])
    await keep_floor(act, agreement, budgetline, command.amount)
    if circle := await _circle(act, budgetline, command.target_id):
        raise CyclicTransfer(transfer_ids=[str(each.id) for each in circle])
    return act.add(
        Transfer(
            authority_id=budgetline.authority_id,
            social_space_id=budgetline.social_space_id,
            agreement_id=budgetline.agreement_id,
            line_id=budgetline.id,
            proposed_by=act.actor.id,
            **command.model_dump(),
        )
    )


@operation(policy.WITHDRAW_TRANSFER, on=Transfer, answers=TransferView, states=(TransferState.PROPOSED,))
async def withdraw_transfer(act: Act, transfer: Transfer) -> Transfer:
    """Take a proposal back. Nothing has moved."""
    act.change(transfer, state=TransferState.WITHDRAWN.value)
    return transfer


@operation(
    policy.RELEASE_TRANSFER,
    on=Transfer,
    answers=TransferView,
    states=(TransferState.PROPOSED,),
    keyed=True,
    raises=(AgreementNotActive, BelowFloor, BudgetShort, NetworkDisagrees, PeriodClosed),
)
async def release_transfer(act: Act, transfer: Transfer) -> Transfer:
    """Release what somebody else has proposed: it moves today (after the year's end, on its last day), as far
    as what is free lasts. Where the network has said no, the agency has answered before that."""
    if await _last_word(act, transfer) == Stance.DISAGREEMENT:
        raise NetworkDisagrees
    held = select(BudgetLine).where(BudgetLine.id == transfer.line_id).with_for_update(key_share=True)
    line = (await act.session.exec(held)).one()  # one transfer from a line after the other: each leaves the floor
    agreement = await active_agreement(act, line)
    await keep_floor(act, agreement, line, transfer.amount)
    act.change(transfer, state=TransferState.RELEASED.value, released_by=act.actor.id, released_at=act.now)
    source, target = (account_of(id, AccountKind.FREE) for id in (transfer.line_id, transfer.target_id))
    await post(
        act,
        [Move(PostingKind.TRANSFER, source, target, transfer.amount, transfer.id)],
        counting_on(agreement, act.today),
    )
    return transfer


# Both are said of the version that was read: none counts as the last word that has not seen the one before.
@operation(
    policy.SPEAK_ON_TRANSFER,
    on=Transfer,
    answers=TransferPositionView,
    states=(TransferState.PROPOSED,),
    versioned=True,
)
async def take_position_on_transfer(act: Act, transfer: Transfer, command: TakePositionOnTransfer) -> TransferPosition:
    """Say yes or no for the providers of the network. A no stays on record, and the transfer is not released before the
    agency has answered it."""
    if command.stance is Stance.DISAGREEMENT and command.said is None:
        raise InvalidInput(errors=[{"pointer": "#/said", "detail": "is needed for a disagreement: why"}])
    return _position(act, transfer, Voice.NETWORK, command.stance, command.said, command.id)


@operation(
    policy.ANSWER_ON_TRANSFER,
    on=Transfer,
    answers=TransferPositionView,
    states=(TransferState.PROPOSED,),
    versioned=True,
)
async def answer_on_transfer(act: Act, transfer: Transfer, command: AnswerOnTransfer) -> TransferPosition:
    """Answer a no of the network for the agency: why the transfer is released all the same."""
    return _position(act, transfer, Voice.AGENCY, Stance.APPROVAL, command.said, command.id)


def _position(
    act: Act, transfer: Transfer, voice: Voice, stance: Stance, said: str | None, id: UUID
) -> TransferPosition:
    act.change(transfer)  # whoever releases it has read it without this
    return act.add(
        TransferPosition(
            id=id,
            **scope_of(transfer),
            transfer_id=transfer.id,
            voice=voice.value,
            stance=stance.value,
            said=said,
            taken_by=act.actor.id,
            taken_at=act.now,
        )
    )


async def _last_word(act: Act, transfer: Transfer) -> str | None:
    said = select(TransferPosition.stance).where(TransferPosition.transfer_id == transfer.id)
    last = said.order_by(col(TransferPosition.taken_at).desc(), col(TransferPosition.id).desc()).limit(1)
    return (await act.session.exec(last)).first()


async def keep_floor(act: Act, agreement: BudgetAgreement, line: BudgetLine, amount: Decimal) -> None:
    """Raises BelowFloor where less than the floor would be left of what is approved for the line."""
    if line.kind != LineKind.CASE_UNSPECIFIC:
        return
    approved = select(func.sum(LedgerAccount.balance)).where(LedgerAccount.line_id == line.id)
    left = (await act.session.exec(approved)).one() - agreement.floor
    if amount > left:
        raise BelowFloor(floor=str(agreement.floor), left=str(max(left, Decimal("0.00"))))


async def _circle(act: Act, line: BudgetLine, target_id: UUID) -> list[Transfer]:
    """Proposed transfers by which money would come back from the target to the line; none, if it would not."""
    query = select(Transfer).where(
        Transfer.agreement_id == line.agreement_id, Transfer.state == TransferState.PROPOSED.value
    )
    proposed = (await act.session.exec(query.order_by(col(Transfer.id)))).all()
    ways: dict[UUID, list[Transfer]] = {target_id: []}  # to each line that money reaches from there, one of the ways
    for reached in (reaching := [target_id]):
        for each in proposed:
            if each.line_id == reached and each.target_id not in ways:
                ways[each.target_id] = [*ways[reached], each]
                reaching.append(each.target_id)
    return ways.get(line.id, [])
