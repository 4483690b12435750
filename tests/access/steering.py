"""Indicators and rules of reward in the county of the access tests: at every place of a dialogue, agreed or not, in
force or expired; rules in every state, drafted by each of two controllers."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from service.demo import demo_id
from service.demo.people import JUGENDAMT, KOMPASS, LICHTUNG, MUSTERAMT
from service.demo.territory import AUTHORITY, space_id
from service.domain.dialogues.model import DialogueState
from service.domain.steering.model import (
    IncentiveFinding,
    IncentiveRule,
    IncentiveSimulation,
    IncentiveState,
    Indicator,
    IndicatorParty,
    IndicatorRelease,
    IndicatorValue,
    ReleasedIndicatorValue,
)
from tests.access.dialogues import PLACES
from tests.access.money import PLACES as BUDGETS
from tests.access.money import TRAEGER

TABLES = ("indicator", "indicator_party", "indicator_value", "incentive_rule", "incentive_simulation")
WHEN = datetime(2026, 3, 3, tzinfo=UTC)


def steering() -> Iterator[SQLModel]:
    for place, (authority, where) in PLACES.items():
        scope: dict[str, Any] = {"authority_id": authority, **where}
        yield from _indicators(place, place, scope)
    # Where there is an agreement whose controllers can reward something.
    yield from _indicators(
        "with money", "here", {"authority_id": AUTHORITY, "social_space_id": space_id("Taufkirchen")}
    )
    for place in ("here", "elsewhere"):
        yield from _incentives(place)


def indicator_of(place: str, state: str) -> UUID:
    return demo_id("indicator", "access", place, state)


def _indicators(name: str, place: str, scope: dict[str, Any]) -> Iterator[SQLModel]:
    ours = scope["authority_id"] == AUTHORITY
    words: dict[str, Any] = dict.fromkeys(("name", "meaning", "source", "unit", "narrative"), "Probe")
    for state in ("proposed", "agreed", "expired"):
        agreed_on = None if state == "proposed" else WHEN.date()
        indicator = Indicator(
            id=indicator_of(name, state),
            dialogue_id=demo_id("dialogue", place, DialogueState.HELD, "0"),
            state="proposed" if state == "proposed" else "agreed",
            quality="timeliness",
            **words,
            counts_people=True,
            direction="down",
            expires_on=date(2026, 3, 4) if state == "expired" else date(2099, 12, 31),
            agreed_on=agreed_on,
            **scope,
        )
        yield indicator
        for organisation in (JUGENDAMT, KOMPASS, LICHTUNG) if ours else (MUSTERAMT, TRAEGER):
            yield IndicatorParty(
                id=demo_id("indicator_party", str(indicator.id), organisation),
                indicator_id=indicator.id,
                organisation_id=demo_id("organisation", organisation),
                agreed_by=_actor(ours) if agreed_on else None,
                agreed_on=agreed_on,
                public_by=_actor(ours) if agreed_on and organisation != KOMPASS else None,
                public_on=agreed_on if organisation != KOMPASS else None,
                **scope,
            )
        if agreed_on:
            yield from _release(indicator, scope)
            yield IndicatorValue(
                id=demo_id("indicator_value", str(indicator.id)),
                indicator_id=indicator.id,
                from_on=date(2025, 1, 1),
                to_on=date(2025, 12, 31),
                value=Decimal("12.00"),
                stands_for=9,
                narrative="Probe",
                recorded_by=_actor(ours),
                recorded_at=WHEN,
                **scope,
            )


def _release(indicator: Indicator, scope: dict[str, Any]) -> Iterator[SQLModel]:
    release = IndicatorRelease(
        id=demo_id("indicator_release", str(indicator.id)),
        indicator_id=indicator.id,
        number=1,
        released_on=WHEN.date(),
        **{name: getattr(indicator, name) for name in ("quality", "name", "meaning", "source", "unit")},
        **{name: getattr(indicator, name) for name in ("direction", "narrative", "expires_on")},
        **scope,
    )
    yield release
    yield ReleasedIndicatorValue(
        id=demo_id("released_indicator_value", str(release.id)),
        authority_id=scope["authority_id"],
        release_id=release.id,
        from_on=date(2025, 1, 1),
        to_on=date(2025, 12, 31),
        value=Decimal("12.00"),
        narrative="Probe",
    )


def _actor(ours: bool, who: str = "social_space_manager") -> UUID:
    return demo_id("actor", who if ours else "other_authority")


def _incentives(place: str) -> Iterator[SQLModel]:
    authority, space = BUDGETS[place]
    ours = authority == AUTHORITY
    scope: dict[str, Any] = {"authority_id": authority, "social_space_id": space}
    scope["agreement_id"] = demo_id("agreement", place)
    indicator = indicator_of("with money" if ours else "elsewhere", "agreed")
    for number, state in enumerate((*IncentiveState, *[IncentiveState.SIMULATED] * 4)):
        for controller in ("controller", "second_controller") if ours else ("musterstadt_provider",):
            id = demo_id("incentive_rule", place, str(number), controller)
            simulation = demo_id("incentive_simulation", str(id)) if state != IncentiveState.DRAFTED else None
            active = state in (IncentiveState.ACTIVE, IncentiveState.ENDED)
            approver = demo_id("actor", "third_controller" if ours else "musterstadt_worker")
            yield IncentiveRule(
                id=id,
                indicator_id=indicator,
                state=state.value,
                name="Probe",
                purpose="Probe",
                threshold=Decimal("14.00"),
                amount=Decimal("100.00"),
                drafted_by=demo_id("actor", controller),
                simulation_id=simulation,
                agency_approved_by=approver if active else None,
                network_approved_by=approver if active else None,
                **scope,
            )
            if simulation is None:
                continue
            yield IncentiveSimulation(
                id=simulation,
                rule_id=id,
                periods=1,
                paid=1,
                amount=Decimal("100.00"),
                simulated_by=demo_id("actor", controller),
                simulated_at=WHEN,
                **scope,
            )
            yield IncentiveFinding(
                id=demo_id("incentive_finding", str(simulation)),
                simulation_id=simulation,
                effect="little_known",
                periods=1,
                **scope,
            )
