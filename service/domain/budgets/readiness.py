"""What is missing before an agreement can take effect (deck lines 960-973).

It is worked out from what stands there, and, where no table can know, from who has said yes in which function. Whoever
says yes or no says it of one version of the terms."""

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, array

from service.domain.budgets.contract import AgreementPosition, FrameYear, NetworkShare, Stance, Voice
from service.domain.budgets.model import AgreementState, BudgetLine, BudgetParty
from service.domain.context import text
from service.domain.policy import Row


class ReadinessItem(StrEnum):
    """What an agreement needs before it can take effect. The last five only where there is a network."""

    AMOUNT = "amount"  # a line with an amount
    FRAME = "frame"  # no more than the frame of several years has for the year
    AGENCY_AGREES = "agency_agrees"  # the agency does not disagree
    LEGAL_BASIS = "legal_basis"  # what it rests on (§§ 36a(2), 74, 77 SGB VIII)
    SHARES = "shares"  # shares of the network that make the whole, on each day
    LEAD = "lead"  # who speaks for a network of several
    NETWORK_APPROVAL = "network_approval"  # the network's yes
    FUNDING = "funding"  # finance has confirmed the money
    COOPERATION = "cooperation"  # the social-space management has confirmed the cooperation


ONE: Any = sa.literal_column("1")
NONE: Any = sa.literal_column("0")
_line: Any = BudgetLine.__table__  # type: ignore[attr-defined]
_party: Any = BudgetParty.__table__  # type: ignore[attr-defined]
_share: Any = NetworkShare.__table__  # type: ignore[attr-defined]
_year: Any = FrameYear.__table__  # type: ignore[attr-defined]
_position: Any = AgreementPosition.__table__  # type: ignore[attr-defined]


def _newest(voice: Voice, row: Row) -> sa.ColumnElement[Any]:
    """What was last said in a function of the version that stands there now; null if nothing was."""
    position = _position.alias()
    said = sa.select(position.c.stance).where(
        position.c.agreement_id == row.id, position.c.terms == row.terms, position.c.voice == text(voice)
    )
    last = said.order_by(position.c.taken_at.desc(), position.c.id.desc()).limit(ONE)
    return last.correlate_except(position).scalar_subquery()


def _says(voice: Voice, stance: Stance, row: Row) -> sa.ColumnElement[bool]:
    return _newest(voice, row).is_not_distinct_from(text(stance))


def _shares_fail(row: Row) -> sa.ColumnElement[bool]:
    """Throughout the year they make the whole; or the newest plan by period names every party, and nobody else."""
    party, share, other, newest = _party.alias(), _share.alias(), _party.alias(), _share.alias()
    planned = sa.exists().where(share.c.agreement_id == row.id).correlate_except(share)
    number = sa.select(sa.func.max(newest.c.number)).where(newest.c.agreement_id == row.id).correlate_except(newest)
    held = _share.alias()
    named = sa.exists().where(
        held.c.agreement_id == row.id,
        held.c.organisation_id == other.c.organisation_id,
        held.c.number == number.scalar_subquery(),
    )
    left_out = sa.exists().where(other.c.agreement_id == row.id, sa.not_(named.correlate_except(held)))
    gone, staying = _share.alias(), _party.alias()
    party_still = sa.exists().where(
        staying.c.agreement_id == row.id, staying.c.organisation_id == gone.c.organisation_id
    )
    left = sa.exists().where(
        gone.c.agreement_id == row.id,
        gone.c.number == number.scalar_subquery(),
        sa.not_(party_still.correlate_except(staying)),
    )
    whole = sa.select(sa.func.sum(party.c.share)).where(party.c.agreement_id == row.id).correlate_except(party)
    return sa.case(
        (planned, sa.or_(left_out.correlate_except(other), left.correlate_except(gone))),
        else_=whole.scalar_subquery().is_distinct_from(sa.literal_column("100")),
    )


def _agreed(row: Row) -> sa.ColumnElement[Any]:
    line = _line.alias()
    query = sa.select(sa.func.sum(line.c.agreed)).where(line.c.agreement_id == row.id)
    return query.correlate_except(line).scalar_subquery()


def frame_of(row: Row, column: str) -> sa.ColumnElement[Any]:
    """Of what a frame has for the agreement's year; null without one."""
    year = _year.alias()
    query = sa.select(year.c[column]).where(
        year.c.authority_id == row.authority_id,
        year.c.social_space_id.is_not_distinct_from(row.social_space_id),
        year.c.fiscal_year == row.fiscal_year,
        year.c.holds,
    )
    return query.correlate_except(year).scalar_subquery()


def missing_of(row: Row) -> sa.ColumnElement[Any]:
    """What a draft still needs, in the order of `ReadinessItem`; nothing once it has taken effect."""
    line, party, lead, of_network = _line.alias(), _party.alias(), _party.alias(), _party.alias()
    funded = sa.exists().where(line.c.agreement_id == row.id, line.c.agreed > NONE).correlate_except(line)
    networked = sa.exists().where(party.c.agreement_id == row.id).correlate_except(party)
    led = sa.exists().where(lead.c.agreement_id == row.id, lead.c.lead).correlate_except(lead)
    many = sa.select(sa.func.count()).where(of_network.c.agreement_id == row.id).correlate_except(of_network)
    approved = {voice: _says(voice, Stance.APPROVAL, row) for voice in Voice}
    fails: dict[ReadinessItem, sa.ColumnElement[bool]] = {
        ReadinessItem.AMOUNT: sa.not_(funded),
        ReadinessItem.FRAME: sa.func.coalesce(_agreed(row) > frame_of(row, "amount"), sa.false()),
        ReadinessItem.AGENCY_AGREES: _says(Voice.AGENCY, Stance.DISAGREEMENT, row),
    }
    of_a_network: dict[ReadinessItem, sa.ColumnElement[bool]] = {
        ReadinessItem.LEGAL_BASIS: sa.func.cardinality(row.legal_basis) == NONE,
        ReadinessItem.SHARES: _shares_fail(row),
        ReadinessItem.LEAD: sa.and_(many.scalar_subquery() > ONE, sa.not_(led)),
        ReadinessItem.NETWORK_APPROVAL: sa.not_(approved[Voice.NETWORK]),
        ReadinessItem.FUNDING: sa.not_(approved[Voice.FUNDING]),
        ReadinessItem.COOPERATION: sa.and_(row.social_space_id.is_not(None), sa.not_(approved[Voice.COOPERATION])),
    }
    fails |= {item: sa.and_(networked, fails_) for item, fails_ in of_a_network.items()}
    draft = row.state == text(AgreementState.DRAFT)
    return _those({item: sa.and_(draft, failing) for item, failing in fails.items()})


def disagreeing_of(row: Row) -> sa.ColumnElement[Any]:
    """In which functions somebody disagrees with the version that stands there now."""
    return _those({voice: _says(voice, Stance.DISAGREEMENT, row) for voice in Voice})


def _those(where: dict[Any, sa.ColumnElement[bool]]) -> sa.ColumnElement[Any]:
    """The words whose condition holds."""
    each: list[Any] = [sa.case((condition, text(word))) for word, condition in where.items()]
    words: Any = array(each, type_=sa.Text())
    return sa.func.array_remove(words, sa.null(), type_=ARRAY(sa.Text()))
