"""Which unknowns follow from sums: Gaussian elimination, with few numbers in each row.

Numbers are counted modulo a large prime, which is exact and fast, whatever fractions would come of it: what follows
from sums of ones follows in them too, and something that does not would take a multiple of the prime to appear so."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

U = TypeVar("U", bound=Hashable)
PRIME = 2**61 - 1


def following(rows: Iterable[Mapping[U, int]]) -> set[U]:
    """The unknowns that have one value only. Each row is a sum of unknowns, with their signs, that is known."""
    reduced: dict[U, dict[U, int]] = {}  # by the unknown that no other row has
    having: dict[U, set[U]] = defaultdict(set)  # which of these rows have an unknown
    for signed in rows:
        row = dict(signed)
        for lead in [each for each in row if each in reduced]:
            _add(row, reduced[lead], -row[lead])
        if not row:
            continue
        lead = min(row, key=lambda each: len(having[each]))
        inverse = pow(row[lead], -1, PRIME)
        row = {each: value * inverse % PRIME for each, value in row.items()}
        for other in list(having[lead]):
            before = set(reduced[other])
            _add(reduced[other], row, -reduced[other][lead])
            for each in before ^ reduced[other].keys():
                having[each] ^= {other}
        reduced[lead] = row
        for each in row:
            having[each].add(lead)
    return {lead for lead, row in reduced.items() if len(row) == 1}


def _add(row: dict[U, int], other: Mapping[U, int], times: int) -> None:
    for each, value in other.items():
        if summed := (row.get(each, 0) + value * times) % PRIME:
            row[each] = summed
        else:
            row.pop(each, None)
