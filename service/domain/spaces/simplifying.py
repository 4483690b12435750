"""Fewer corners, the same neighbours: a border that two areas share is simplified once, for both (Douglas-Peucker)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TypeVar

from service.domain.spaces.geometry import (
    Outline,
    Position,
    Ring,
    doubled_area,
    edges,
    knot,
    overlapping,
)

K = TypeVar("K")
Arc = tuple[Position, ...]


def simplified(outlines: Mapping[K, Outline], tolerance: int) -> dict[K, Outline]:
    """No corner is left out that lies farther than `tolerance` (millionths of a degree) from what stays. An area that
    would meet itself or reach into another by it stays as it was, with its borders."""
    nodes = _nodes(outlines)
    kept: set[K] = set()
    while True:
        fixed = {arc for key in kept for ring in _rings(outlines[key]) for arc in _arcs(ring, nodes)}
        made = {
            key: tuple(tuple(_simpler(ring, nodes, fixed, tolerance) for ring in polygon) for polygon in outline)
            for key, outline in outlines.items()
        }
        broken = {key for key, outline in made.items() if not _whole(outline)} | _meeting(outlines, made)
        if broken <= kept:
            return made
        kept |= broken


def _rings(outline: Outline) -> Iterator[Ring]:
    return (ring for polygon in outline for ring in polygon)


def _nodes(outlines: Mapping[K, Outline]) -> set[Position]:
    """Corners in which more than two borders meet, or another area begins to share one."""
    onward: dict[Position, set[Position]] = defaultdict(set)
    sharing: dict[Position, set[frozenset[K]]] = defaultdict(set)
    owners: dict[frozenset[Position], set[K]] = defaultdict(set)
    for key, outline in outlines.items():
        for a, b in (edge for ring in _rings(outline) for edge in edges(ring)):
            onward[a].add(b)
            onward[b].add(a)
            owners[frozenset((a, b))].add(key)
    for edge, keys in owners.items():
        for corner in edge:
            sharing[corner].add(frozenset(keys))
    return {corner for corner, others in onward.items() if len(others) != 2 or len(sharing[corner]) > 1}


def _arcs(ring: Ring, nodes: set[Position]) -> Iterator[Arc]:
    """From node to node, each written the same way whoever walks it. A ring without any is cut at two corners that
    depend on the ring alone."""
    for arc in _walked(ring, nodes):
        yield min(arc, arc[::-1])


def _walked(ring: Ring, nodes: set[Position]) -> Iterator[Arc]:
    cuts = [place for place, corner in enumerate(ring) if corner in nodes]
    if len(cuts) < 2:
        start = cuts[0] if cuts else ring.index(min(ring))
        first = ring[start]
        far = max(range(len(ring)), key=lambda n: (_squared(first, ring[n]), ring[n]))
        cuts = sorted((start, far))
    turned = ring[cuts[0] :] + ring[: cuts[0]] + (ring[cuts[0]],)
    places = [cut - cuts[0] for cut in cuts] + [len(ring)]
    for here, there in pairwise(places):
        yield turned[here : there + 1]


def _simpler(ring: Ring, nodes: set[Position], fixed: set[Arc], tolerance: int) -> Ring:
    found: list[Position] = []
    for arc in _walked(ring, nodes):
        written = min(arc, arc[::-1])
        kept = written if written in fixed else _fewer(written, tolerance)
        found += (kept if written == arc else kept[::-1])[:-1]
    return tuple(found)


def _fewer(arc: Arc, tolerance: int) -> Arc:
    keep, open_ = {0, len(arc) - 1}, [(0, len(arc) - 1)]
    while open_:
        first, last = open_.pop()
        distances = [(_from_line(arc[first], arc[last], arc[n]), n) for n in range(first + 1, last)]
        if distances and (farthest := max(distances))[0] > tolerance**2:
            keep.add(farthest[1])
            open_ += [(first, farthest[1]), (farthest[1], last)]
    return tuple(arc[place] for place in sorted(keep))


def _squared(a: Position, b: Position) -> int:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


def _from_line(a: Position, b: Position, c: Position) -> float:
    """The squared distance of c from the way between a and b."""
    length = _squared(a, b)
    if length == 0:
        return float(_squared(a, c))
    along = ((c[0] - a[0]) * (b[0] - a[0]) + (c[1] - a[1]) * (b[1] - a[1])) / length
    along = min(1.0, max(0.0, along))
    return (a[0] + along * (b[0] - a[0]) - c[0]) ** 2 + (a[1] + along * (b[1] - a[1]) - c[1]) ** 2


def _whole(outline: Outline) -> bool:
    return all(
        all(len(ring) >= 3 and (doubled_area(ring) > 0) is (place == 0) for place, ring in enumerate(polygon))
        and knot(polygon) is None
        for polygon in outline
    )


def _meeting(before: Mapping[K, Outline], after: Mapping[K, Outline]) -> set[K]:
    """Areas that reach into each other now, and did not before."""
    keys, found = list(after), set[K]()
    for place, one in enumerate(keys):
        for other in keys[:place]:
            if overlapping(after[one], after[other]) and not overlapping(before[one], before[other]):
                found |= {one, other}
    return found
