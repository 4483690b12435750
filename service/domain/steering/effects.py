"""What a rule of reward would have done in the past, and what it would have rewarded besides (concepts, E12)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from service.domain.steering.model import PerverseEffect, WantedDirection

FEW = 4
NEAR = Decimal("0.05")  # of the threshold


@dataclass(frozen=True)
class Past:
    """What an indicator was in a time that ended on a day; and how many people stood behind it, where it counts any."""

    on: date
    value: Decimal
    people: int | None = None


@dataclass(frozen=True)
class Series:
    """Past values of an indicator, the earliest first, and which way is the better one."""

    direction: WantedDirection
    values: Sequence[Past]

    def better(self, value: Decimal, than: Decimal) -> bool:
        return value > than if self.direction is WantedDirection.UP else value < than

    def reaches(self, value: Decimal, threshold: Decimal) -> bool:
        return value == threshold or self.better(value, threshold)


@dataclass(frozen=True)
class Found:
    """An effect, in how many of the periods, and at which other indicator's expense."""

    effect: PerverseEffect
    periods: int
    other: UUID | None = None


def paid(series: Series, threshold: Decimal) -> list[bool]:
    """Of each period, whether the rule would have paid."""
    return [series.reaches(each.value, threshold) for each in series.values]


def effects(series: Series, threshold: Decimal, others: Mapping[UUID, Series]) -> list[Found]:
    """What is to be talked about before anybody agrees to the rule; the order says nothing."""
    would = paid(series, threshold)
    rewarded = [each for each, pays in zip(series.values, would, strict=True) if pays]
    counted = {
        PerverseEffect.LITTLE_KNOWN: len(would) if len(would) < FEW else 0,
        PerverseEffect.WINDFALL: len(rewarded) if 2 * len(rewarded) >= len(would) else 0,
        PerverseEffect.CLIFF: sum(abs(each.value - threshold) <= NEAR * abs(threshold) for each in series.values),
        PerverseEffect.CHANCE: turns if (turns := sum(one != next_ for one, next_ in pairwise(would))) > 1 else 0,
        PerverseEffect.FEWER_PEOPLE: _with_fewer_people(series.values, rewarded),
    }
    found = [Found(effect, periods) for effect, periods in counted.items() if periods]
    for other, there in others.items():
        if worse := sum(_worse(there, each.on) for each in rewarded):
            found.append(Found(PerverseEffect.AT_OTHERS_EXPENSE, worse, other))
    return found


def _with_fewer_people(values: Sequence[Past], rewarded: Sequence[Past]) -> int:
    """In how many rewarded periods fewer people stood behind the value than on average."""
    people = [each.people for each in values if each.people is not None]
    if not people:
        return 0
    return sum(each.people is not None and each.people * len(people) < sum(people) for each in rewarded)


def _worse(series: Series, on: date) -> bool:
    """Whether the indicator had got worse in the period that ended on the day."""
    if series.direction is WantedDirection.NEITHER:
        return False
    pairs = pairwise(series.values)
    return any(now.on == on and series.better(before.value, now.value) for before, now in pairs)
