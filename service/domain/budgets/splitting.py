"""Dividing an amount to the cent: the parts make the whole again, whatever the weights."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

CENT = Decimal("0.01")


def split(amount: Decimal, weights: Sequence[Decimal | int]) -> list[Decimal]:
    """`amount` (EUR, not below zero) in parts in proportion to `weights`, which are not below zero and not all zero. By
    the method of the largest remainder: each part is rounded down, and the cents that are left go, one each, to those
    who lost most by it; at a tie to whoever comes first."""
    cents, whole = int(amount / CENT), Fraction(sum(weights))
    exact = [cents * Fraction(weight) / whole for weight in weights]
    parts = [int(part) for part in exact]
    by_loss = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in by_loss[: cents - sum(parts)]:
        parts[place] += 1
    return [part * CENT for part in parts]
