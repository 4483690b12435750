"""Who bears what of a year's over- and under-spend: the arithmetic of a settlement (settled: Money).

What lines have over covers what others have under, as far as each may give. The rest is shared by the bands of the
contract, each for its part of the rest: one part is carried to the next year, one is the agency's, one the network's.
Amounts are EUR."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Generic, TypeVar

from service.domain.budgets.splitting import CENT, split

K = TypeVar("K")
L = TypeVar("L")
ZERO, WHOLE = Decimal("0.00"), Decimal(100)


@dataclass(frozen=True)
class Flow(Generic[K, L]):
    source: K
    target: L
    amount: Decimal


def flows(sources: Mapping[K, Decimal], targets: Mapping[L, Decimal]) -> list[Flow[K, L]]:
    """From the sources to the targets, each in its order, until one of both is empty."""
    found: list[Flow[K, L]] = []
    have, need = dict(sources), dict(targets)
    for source in have:
        for target in need:
            amount = min(have[source], need[target])
            if amount > 0:
                found.append(Flow(source, target, amount))
                have[source] -= amount
                need[target] -= amount
    return found


@dataclass(frozen=True)
class Band:
    """From `above` to `up_to` percent of what was agreed (null: without end), the rest is shared in these percents."""

    above: Decimal
    up_to: Decimal | None
    agency: Decimal
    network: Decimal
    carry: Decimal


@dataclass(frozen=True)
class Part:
    """What of the rest lies in a band, and who bears it."""

    band: Band
    amount: Decimal
    agency: Decimal
    network: Decimal
    carry: Decimal


AGENCY_ALONE = (Band(Decimal("0.00"), None, agency=WHOLE, network=ZERO, carry=ZERO),)
"""Where a contract says nothing, the network bears and gains nothing."""


def wrong_place(bands: Sequence[Band]) -> str | None:
    """What is wrong with the bands of a rule, and where; null if they reach from zero without end, without gap or
    overlap."""
    expected = ZERO
    for number, band in enumerate(bands):
        if band.agency + band.network + band.carry != WHOLE:
            return f"band {number}: agency, network and carry do not make 100.00"
        if expected is None or band.above < expected:
            return f"band {number}: overlaps the one before"
        if band.above > expected:
            return f"band {number}: there is a gap from {expected} to {band.above}"
        if band.up_to is not None and band.up_to <= band.above:
            return f"band {number}: ends before it begins"
        expected = band.up_to  # type: ignore[assignment]
    return None if expected is None else f"band {len(bands) - 1}: has to be without end"


def in_bands(rest: Decimal, base: Decimal, bands: Iterable[Band]) -> list[Part]:
    """`rest` (not below zero) by the bands of a rule, which are in percent of `base`; each part to the cent."""
    parts = []
    for band in bands:
        begins = (base * band.above / WHOLE).quantize(CENT, ROUND_HALF_UP)
        ends = rest if band.up_to is None else (base * band.up_to / WHOLE).quantize(CENT, ROUND_HALF_UP)
        amount = min(rest, ends) - begins
        if amount > 0:
            parts.append(Part(band, amount, *split(amount, (band.agency, band.network, band.carry))))
    return parts


@dataclass(frozen=True)
class Closing(Generic[K]):
    """How a year ends: what lines give each other, what of them is over and under after that."""

    cover: list[Flow[K, K]]
    over: dict[K, Decimal]
    under: dict[K, Decimal]


def closed(free: Mapping[K, Decimal], may_give: Mapping[K, Decimal]) -> Closing[K]:
    """`free`: what each line has left, or is over by (below zero). `may_give`: at most that much to other lines, in
    the order in which lines are asked."""
    missing = {line: -amount for line, amount in free.items() if amount < 0}
    cover = flows({line: min(free[line], most) for line, most in may_give.items() if free[line] > 0}, missing)
    left = dict(free)
    for flow in cover:
        left[flow.source] -= flow.amount
        left[flow.target] += flow.amount
    return Closing(
        cover,
        {line: -amount for line, amount in left.items() if amount < 0},
        {line: amount for line, amount in left.items() if amount > 0},
    )
