"""Indicators for everybody: as their parties want them told, with the story, and no longer than they hold (facts,
section 5, row «indicator»; deck lines 921, 962).

An indicator exists by agreement alone, and so it is published by one: each party says yes to that, too. A release is a
copy of what stands there; what is recorded later is told by the next one."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, func, select

from service.domain.act import Act, Command, operation
from service.domain.dialogues.meeting import placed
from service.domain.errors import DomainError
from service.domain.steering import policy
from service.domain.steering.agreeing import IndicatorExpired, check_expiry
from service.domain.steering.model import (
    Indicator,
    IndicatorParty,
    IndicatorRelease,
    IndicatorState,
    IndicatorValue,
    ReleasedIndicatorValue,
)
from service.domain.steering.views import IndicatorPartyView, ReleasedIndicatorView
from service.domain.values import ClientId, new_id


@dataclass(eq=False)
class NotAgreed(DomainError):
    code, title = "not-agreed", "Not each of its parties has agreed to this."
    advice = "`organisations` have not: POST /v1/indicator-parties/{id}/agree, then …/agree-to-publish."
    organisations: list[str]


class ReleaseIndicator(Command):
    """The release's id."""

    id: ClientId


_SAID = ("quality", "name", "meaning", "source", "unit", "direction", "narrative", "expires_on")


@operation(
    policy.PUBLISH_INDICATOR, on=IndicatorParty, answers=IndicatorPartyView, raises=(IndicatorExpired, NotAgreed)
)
async def agree_to_publish_indicator(act: Act, indicatorparty: IndicatorParty) -> IndicatorParty:
    """Agree for one's organisation that everybody may read the indicator: what it means, what it was, and the story
    behind that. It has agreed to the indicator before."""
    found = select(Indicator).where(Indicator.id == indicatorparty.indicator_id)
    check_expiry((await act.session.exec(found)).one(), act.today)
    if indicatorparty.agreed_on is None:
        raise NotAgreed(organisations=[str(indicatorparty.organisation_id)])
    if indicatorparty.public_on is None:
        act.change(indicatorparty, public_by=act.actor.id, public_on=act.today)
    return indicatorparty


@operation(
    policy.RELEASE_INDICATOR,
    on=Indicator,
    answers=ReleasedIndicatorView,
    states=(IndicatorState.AGREED,),
    raises=(IndicatorExpired, NotAgreed),
)
async def release_indicator(act: Act, indicator: Indicator, command: ReleaseIndicator) -> IndicatorRelease:
    """Let everybody read an agreed indicator as it stands, with all that was recorded of it, until its last day. Takes
    the yes of each of its parties to that."""
    check_expiry(indicator, act.today)
    silent = select(col(IndicatorParty.organisation_id)).where(
        IndicatorParty.indicator_id == indicator.id, col(IndicatorParty.public_on).is_(None)
    )
    if missing := (await act.session.exec(silent.order_by(col(IndicatorParty.organisation_id)))).all():
        raise NotAgreed(organisations=[str(each) for each in missing])
    earlier = select(func.count()).where(col(IndicatorRelease.indicator_id) == indicator.id)
    release = act.add(
        IndicatorRelease(
            id=command.id,
            indicator_id=indicator.id,
            number=(await act.session.exec(earlier)).one() + 1,
            released_on=act.today,
            **placed(indicator),
            **{name: getattr(indicator, name) for name in _SAID},
        )
    )
    await act.session.flush()
    act.session.add_all(await _values(act, indicator, release.id))
    return release


async def _values(act: Act, indicator: Indicator, release_id: UUID) -> list[ReleasedIndicatorValue]:
    """Of a time that was recorded twice, the later word."""
    recorded = select(IndicatorValue).where(IndicatorValue.indicator_id == indicator.id)
    rows = (await act.session.exec(recorded.order_by(col(IndicatorValue.recorded_at), col(IndicatorValue.id)))).all()
    return [
        ReleasedIndicatorValue(
            id=new_id(),
            authority_id=indicator.authority_id,
            release_id=release_id,
            **{name: getattr(row, name) for name in ("from_on", "to_on", "value", "narrative")},
        )
        for row in {(row.from_on, row.to_on): row for row in rows}.values()
    ]
