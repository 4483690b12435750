"""Binding money: what is asked is reserved, what is granted is committed, what is not needed is released.

Decisions (in the capability above) call these in their own transaction, so that neither stands without the other."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from uuid import UUID

from sqlmodel import col, select

from service.domain.access.model import OrganisationKind
from service.domain.access.operations import membership_of
from service.domain.act import Act
from service.domain.budgets.charging import bills_for, each_bills
from service.domain.budgets.duties import GrantsAndBills
from service.domain.budgets.ledger import AccountKind, BudgetShort, Move, PostingKind, account_of, accounts_of, post
from service.domain.budgets.model import (
    BudgetAgreement,
    BudgetLine,
    BudgetParty,
    Commitment,
    CommitmentBasis,
    CommitmentState,
    LineKind,
)
from service.domain.budgets.overspend import BudgetAlert, OverspendProcedure, ProcedureState
from service.domain.values import new_id

NOTHING = Decimal("0.00")


async def line_for(act: Act, authority_id: UUID, social_space_id: UUID | None, kind: LineKind) -> BudgetLine:
    """The line that pays for something decided today. A space and year without an agreement gets an empty
    draft: a granted claim needs a place to stand, whatever has or has not been agreed."""
    found = (
        select(BudgetLine)
        .join(BudgetAgreement, col(BudgetAgreement.id) == col(BudgetLine.agreement_id))
        .where(
            BudgetAgreement.authority_id == authority_id,
            col(BudgetAgreement.social_space_id).is_not_distinct_from(social_space_id),
            BudgetAgreement.fiscal_year == act.today.year,
            BudgetLine.kind == kind.value,
        )
    )
    line = (await act.session.exec(found)).one_or_none()
    if line is not None:
        return line
    agreement = BudgetAgreement(
        id=new_id(), authority_id=authority_id, social_space_id=social_space_id, fiscal_year=act.today.year
    )
    lines = await open_lines(act, agreement)
    return lines[kind]


async def open_lines(
    act: Act, agreement: BudgetAgreement, agreed: dict[LineKind, Decimal] | None = None
) -> dict[LineKind, BudgetLine]:
    """A new agreement with its four lines and all their accounts."""
    act.session.add(agreement)
    await act.session.flush()
    lines = {
        kind: BudgetLine(
            authority_id=agreement.authority_id,
            social_space_id=agreement.social_space_id,
            agreement_id=agreement.id,
            kind=kind.value,
            agreed=(agreed or {}).get(kind, NOTHING),
        )
        for kind in LineKind
    }
    act.session.add_all(lines.values())
    await act.session.flush()
    for line in (None, *lines.values()):
        act.session.add_all(accounts_of(line, agreement))
    await act.session.flush()
    return lines


async def reserve(act: Act, commitment: Commitment) -> None:
    """Set money aside for what is asked for, at once, so that the caller may go on without it. Raises BudgetShort: only
    what is granted may go beyond what there is."""
    _bind(act, commitment, CommitmentState.RESERVED)
    reserved = _between(commitment, PostingKind.RESERVE, AccountKind.FREE, AccountKind.RESERVED, commitment.amount)
    await _posted(act, commitment, reserved)


def commit(act: Act, commitment: Commitment) -> None:
    """Bind money for what is granted. A granted claim is never refused: where free money does not last it goes below
    zero, and an alert and an open over-spend procedure stand there with the same commit.

    Raises BudgetShort for what is voluntary."""
    _bind(act, commitment, CommitmentState.COMMITTED)
    granted = _between(commitment, PostingKind.GRANT, AccountKind.FREE, AccountKind.COMMITTED, commitment.amount)
    if commitment.allocation_id is not None:
        granted = replace(granted, earmarked=-commitment.amount)
    _post(act, commitment, granted)


async def commit_claims(act: Act, commitments: Sequence[Commitment]) -> None:
    """The same for many claims on lines of one agreement at once, in one posting. A line that is below zero by them has
    one alert."""
    for commitment in commitments:
        _bind(act, commitment, CommitmentState.COMMITTED)
    if not commitments:
        return
    moves = [
        _between(each, PostingKind.GRANT, AccountKind.FREE, AccountKind.COMMITTED, each.amount) for each in commitments
    ]
    free = await post(act, moves, act.today, overdraw=True)
    last = {each.line_id: each for each in commitments}
    for line_id, commitment in last.items():
        if (left := free[account_of(line_id, AccountKind.FREE)]) < 0:
            await _raise_alarm(act, commitment, left)


async def commit_as_far_as_it_lasts(act: Act, commitment: Commitment) -> bool:
    """Bind what is voluntary at once, so that the caller may go on without it: whether it lasts. If not, nothing of it
    stays."""
    try:
        async with act.session.begin_nested():
            _bind(act, commitment, CommitmentState.COMMITTED)
            granted = _between(
                commitment, PostingKind.GRANT, AccountKind.FREE, AccountKind.COMMITTED, commitment.amount
            )
            await _posted(act, commitment, granted)
    except BudgetShort:
        return False
    return True


def grant_reserved(act: Act, commitment: Commitment, amount: Decimal) -> None:
    """What was reserved is granted, with this amount: the reservation goes back and the grant binds anew, so that
    more or less can be granted than was asked for. Once: what is committed already has left its reservation."""
    assert commitment.state == CommitmentState.RESERVED
    back = _between(commitment, PostingKind.RELEASE, AccountKind.RESERVED, AccountKind.FREE, commitment.amount)
    on = _between(commitment, PostingKind.GRANT, AccountKind.FREE, AccountKind.COMMITTED, amount)
    act.change(commitment, amount=amount, state=CommitmentState.COMMITTED.value, value_on=act.today)
    _post(act, commitment, back, on)


def release(act: Act, commitment: Commitment) -> None:
    """Give back what is still bound or reserved."""
    rest = commitment.amount - commitment.booked - commitment.released
    kept = rest if commitment.allocation_id is not None else NOTHING
    held = AccountKind.RESERVED if commitment.state == CommitmentState.RESERVED else AccountKind.COMMITTED
    act.change(commitment, released=commitment.released + rest, state=CommitmentState.RELEASED.value)
    _post(
        act,
        commitment,
        replace(_between(commitment, PostingKind.RELEASE, held, AccountKind.FREE, rest), earmarked=kept),
    )


async def require_no_member(act: Act, authority_id: UUID, paid: Iterable[UUID], *granting: UUID) -> None:
    """Nobody grants what their own organisation will be paid for. Raises GrantsAndBills."""
    kind = OrganisationKind.INDEPENDENT_PROVIDER
    for organisation_id in sorted(paid):
        for actor_id in granting:
            if await membership_of(act, authority_id, kind, actor_id, organisation_id) is not None:
                raise GrantsAndBills


async def paid_for(act: Act, agreement: BudgetAgreement | None, organisation_id: UUID | None) -> set[UUID]:
    """Who is paid where something is granted to an organisation: itself, and whoever else bills for it by the
    agreement."""
    if organisation_id is None:
        return set()
    if agreement is None or each_bills(agreement):
        return {organisation_id}
    every = select(BudgetParty).where(BudgetParty.agreement_id == agreement.id)
    parties = {party.organisation_id: party.lead for party in (await act.session.exec(every)).all()}
    return {organisation_id, *(each for each in parties if bills_for(each, organisation_id, agreement, parties))}


async def paid_in(
    act: Act, authority_id: UUID, social_space_id: UUID | None, organisation_id: UUID | None, year: int
) -> set[UUID]:
    """The same by the agreement of a social space and year, if there is one."""
    query = select(BudgetAgreement).where(
        BudgetAgreement.authority_id == authority_id,
        col(BudgetAgreement.social_space_id).is_not_distinct_from(social_space_id),
        BudgetAgreement.fiscal_year == year,
    )
    return await paid_for(act, (await act.session.exec(query)).one_or_none(), organisation_id)


async def is_outside_network(act: Act, agreement_id: UUID, organisation_id: UUID | None) -> bool:
    """Whether a provider is no party to the agreement: it can be chosen all the same (§ 5 SGB VIII) and is
    paid from the line."""
    if organisation_id is None:
        return False
    party = select(BudgetParty.id).where(
        BudgetParty.agreement_id == agreement_id, BudgetParty.organisation_id == organisation_id
    )
    return (await act.session.exec(party)).first() is None


async def is_outside_network_of(
    act: Act, authority_id: UUID, social_space_id: UUID | None, organisation_id: UUID | None
) -> bool:
    """Whether a provider is no party to this year's agreement of the social space, or there is none yet."""
    if organisation_id is None:
        return False
    party = (
        select(BudgetParty.id)
        .join(BudgetAgreement, col(BudgetAgreement.id) == col(BudgetParty.agreement_id))
        .where(
            BudgetAgreement.authority_id == authority_id,
            col(BudgetAgreement.social_space_id).is_not_distinct_from(social_space_id),
            BudgetAgreement.fiscal_year == act.today.year,
            BudgetParty.organisation_id == organisation_id,
        )
    )
    return (await act.session.exec(party)).first() is None


def _bind(act: Act, commitment: Commitment, state: CommitmentState) -> None:
    """From today, whatever was meant: nothing can be booked on it before the day on which the money moved."""
    commitment.state, commitment.value_on = state.value, act.today
    act.session.add(commitment)


def _between(
    commitment: Commitment, kind: PostingKind, source: AccountKind, target: AccountKind, amount: Decimal
) -> Move:
    line = commitment.line_id
    return Move(kind, account_of(line, source), account_of(line, target), amount, commitment.id)


def _post(act: Act, commitment: Commitment, *moves: Move) -> None:
    act.at_last(partial(_posted, act, commitment, *moves))


async def _posted(act: Act, commitment: Commitment, *moves: Move) -> None:
    claim = commitment.basis == CommitmentBasis.GRANTED_CLAIM
    grants = any(move.kind is PostingKind.GRANT for move in moves)
    free = await post(act, moves, act.today, overdraw=claim and grants)
    account = account_of(commitment.line_id, AccountKind.FREE)
    taken = sum(move.amount if move.source == account else -move.amount for move in moves)
    if grants and taken > 0 and free[account] < 0:
        await _raise_alarm(act, commitment, free[account])


async def _raise_alarm(act: Act, commitment: Commitment, left: Decimal) -> None:
    """The account is locked by now, so two cannot open a procedure for one line at once."""
    where = {name: getattr(commitment, name) for name in ("authority_id", "social_space_id", "agreement_id", "line_id")}
    standing = select(OverspendProcedure).where(
        OverspendProcedure.line_id == commitment.line_id, OverspendProcedure.state == ProcedureState.OPEN.value
    )
    procedure = (await act.session.exec(standing)).one_or_none()
    if procedure is None:
        procedure = OverspendProcedure(**where, opened_on=act.today)
        act.session.add(procedure)
        await act.session.flush()
    act.session.add(BudgetAlert(**where, procedure_id=procedure.id, commitment_id=commitment.id, free=left, at=act.now))
