"""Outlines on a plane of whole numbers, exact: millionths of a degree (WGS 84), about a decimetre.

Whole numbers up to a county's width multiply without rounding, here and in PostgreSQL, which takes everything closer
than a millionth of its unit for touching: in degrees that would be dozens of metres beside a short border. A ring is
written without its first position repeated; a polygon is its outer ring, counterclockwise, and then its holes,
clockwise (RFC 7946, 3.1.6)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import atan2, pi
from typing import Any, TypeAlias

Position: TypeAlias = tuple[int, int]  # longitude, latitude
Ring: TypeAlias = tuple[Position, ...]
Polygon: TypeAlias = tuple[Ring, ...]
Outline: TypeAlias = tuple[Polygon, ...]
Edge: TypeAlias = tuple[Position, Position]
Box: TypeAlias = tuple[int, int, int, int]  # west, south, east, north

UNITS = 1_000_000  # of a degree


def units(degrees: float) -> int:
    """As PostgreSQL rounds, half to even."""
    return round(degrees * 1e6)


def edges(ring: Ring) -> Iterator[Edge]:
    yield from pairwise(ring)
    yield ring[-1], ring[0]


def turn(a: Position, b: Position, c: Position) -> int:
    """Above zero where c lies to the left of the way from a to b; zero on the line."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def doubled_area(ring: Ring) -> int:
    """Twice the area; below zero for a ring that runs clockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in edges(ring))


def size(outline: Outline) -> int:
    """Twice the area, without the holes."""
    return sum(doubled_area(ring) for polygon in outline for ring in polygon)


def box_of(rings: Iterable[Ring]) -> Box:
    positions = [position for ring in rings for position in ring]
    longitudes, latitudes = [each[0] for each in positions], [each[1] for each in positions]
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def apart(one: Box, other: Box) -> bool:
    return one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]


def on_edge(edge: Edge, position: Position) -> bool:
    a, b = edge
    within = min(a[0], b[0]) <= position[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= position[1] <= max(a[1], b[1])
    return within and turn(a, b, position) == 0


def in_ring(ring: Ring, position: Position, *, border: bool) -> bool:
    """Whether a ray to the east leaves the ring; on the border itself: as `border` says."""
    inside, (x, y) = False, position
    for a, b in edges(ring):
        if on_edge((a, b), position):
            return border
        if (a[1] > y) != (b[1] > y):
            left = turn(a, b, (x, y)) > 0
            inside ^= left if b[1] > a[1] else not left
    return inside


def holds(outline: Outline, position: Position) -> bool:
    """A border belongs to the area; the border of a hole to what fills it."""
    return any(
        in_ring(polygon[0], position, border=True)
        and not any(in_ring(hole, position, border=True) for hole in polygon[1:])
        for polygon in outline
    )


def crossing(one: Edge, other: Edge) -> bool:
    """Whether two edges have any position in common."""
    (a, b), (c, d) = one, other
    if (turn(a, b, c) > 0) != (turn(a, b, d) > 0) and (turn(c, d, a) > 0) != (turn(c, d, b) > 0):
        return True
    return on_edge(one, c) or on_edge(one, d) or on_edge(other, a) or on_edge(other, b)


def cutting(one: Edge, other: Edge) -> bool:
    """Whether two edges pass through each other; touching is not cutting."""
    (a, b), (c, d) = one, other
    sides = (turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b))
    return 0 not in sides and (sides[0] > 0) != (sides[1] > 0) and (sides[2] > 0) != (sides[3] > 0)


def knot(rings: Sequence[Ring]) -> Position | None:
    """Where a ring meets itself, or two rings of a polygon meet on more than a corner; null where all is well."""
    known: set[Edge] = set()
    for edge in (each for ring in rings for each in edges(ring)):
        if edge in known or edge[::-1] in known:
            return edge[0]
        known.add(edge)
    numbered = [(each, number, place) for number, ring in enumerate(rings) for place, each in enumerate(edges(ring))]
    for (one, ring, place), (other, there, place_there) in _near(numbered):
        if ring != there:
            if cutting(one, other):
                return one[0]
            continue
        length = len(rings[ring])
        if (place - place_there) % length in (1, length - 1):
            shared = set(one) & set(other)
            if len(shared) == 1 and not any(on_edge(one, e) or on_edge(other, o) for e, o in _ends(one, other, shared)):
                continue
            return one[0]
        if crossing(one, other):
            return one[0]
    return None


def _ends(one: Edge, other: Edge, shared: set[Position]) -> Iterator[tuple[Position, Position]]:
    (far,), (there,) = set(other) - shared, set(one) - shared
    yield far, there


def _near(numbered: list[tuple[Edge, int, int]]) -> Iterator[tuple[tuple[Edge, int, int], tuple[Edge, int, int]]]:
    """Pairs of edges whose boxes touch: from west to east, each with those that have not ended yet."""
    under_way: list[tuple[int, tuple[Edge, int, int]]] = []
    for each in sorted(numbered, key=lambda each: min(each[0][0][0], each[0][1][0])):
        (a, b), west = each[0], min(each[0][0][0], each[0][1][0])
        low, high = min(a[1], b[1]), max(a[1], b[1])
        under_way = [(east, other) for east, other in under_way if east >= west]
        for _, other in under_way:
            c, d = other[0]
            if max(c[1], d[1]) >= low and min(c[1], d[1]) <= high:
                yield each, other
        under_way.append((max(a[0], b[0]), each))


def overlapping(one: Outline, other: Outline) -> bool:
    """Whether two areas have more in common than a border."""
    boxes = [box_of(polygon[0] for polygon in outline) for outline in (one, other)]
    if apart(*boxes):
        return False
    common = (*map(max, boxes[0][:2], boxes[1][:2]), *map(min, boxes[0][2:], boxes[1][2:]))
    numbered = [
        (edge, side, 0)
        for side, outline in enumerate((one, other))
        for polygon in outline
        for ring in polygon
        for edge in edges(ring)
        if not apart(box_of([edge]), common)  # type: ignore[arg-type]
    ]
    if any(a[1] != b[1] and cutting(a[0], b[0]) for a, b in _near(numbered)):
        return True
    return any(
        holds(there, corner) and not _on_border(there, corner)
        for here, there in ((one, other), (other, one))
        for polygon in here
        for corner in (*polygon[0], *_middles(polygon[0]))
    )


def _middles(ring: Ring) -> Iterator[Position]:
    """A corner can lie on the other's border and the area still in the other: then the way to a next corner tells."""
    for a, b in edges(ring):
        yield (a[0] + b[0]) // 2, (a[1] + b[1]) // 2


def _on_border(outline: Outline, position: Position, near: int = 2) -> bool:
    """On the border, or by so few units beside it that rounding may have put it there."""
    for polygon in outline:
        for ring in polygon:
            for a, b in edges(ring):
                box = box_of([(a, b)])
                spread = (box[0] - near, box[1] - near, box[2] + near, box[3] + near)
                if apart(spread, (*position, *position)):
                    continue
                length = max(abs(b[0] - a[0]), abs(b[1] - a[1]))
                if abs(turn(a, b, position)) <= near * length:
                    return True
    return False


def dissolved(polygons: Iterable[Polygon]) -> Outline:
    """The polygons as one area: borders that two of them share are left out."""
    left: dict[Edge, None] = {}
    for ring in (ring for polygon in polygons for ring in polygon):
        for a, b in edges(ring):
            if (b, a) in left:
                del left[b, a]
            else:
                left[a, b] = None
    onward: dict[Position, list[Position]] = defaultdict(list)
    for a, b in left:
        onward[a].append(b)
    rings = []
    while onward:
        start = min(onward)
        walked: list[Position] = [start]
        before, here = start, start
        while True:
            there = _next(onward[here], before, here)
            onward[here].remove(there)
            if not onward[here]:
                del onward[here]
            if there == start:
                break
            walked.append(there)
            before, here = here, there
        rings.append(tuple(walked))
    return gathered(rings)


def _next(ways: list[Position], before: Position, here: Position) -> Position:
    """The most to the left, seen from where one comes: where areas touch in a corner, each keeps a ring of its own."""
    if len(ways) == 1 or before == here:
        return min(ways)
    back = atan2(before[1] - here[1], before[0] - here[0])
    return min(ways, key=lambda each: (back - atan2(each[1] - here[1], each[0] - here[0])) % (2 * pi) or 7)


def gathered(rings: Iterable[Ring]) -> Outline:
    """Outer rings, each with the holes that lie in it; in an order that depends on nothing but the rings."""
    rings = sorted((straightened(ring) for ring in rings), key=lambda ring: (-abs(doubled_area(ring)), min(ring)))
    outer = [ring for ring in rings if doubled_area(ring) > 0]
    holes: dict[Ring, list[Ring]] = {ring: [] for ring in outer}
    for hole in (ring for ring in rings if doubled_area(ring) < 0):
        around = [ring for ring in outer if all(in_ring(ring, each, border=True) for each in hole)]
        if around:
            holes[around[-1]].append(hole)
    return tuple((ring, *holes[ring]) for ring in outer)


def straightened(ring: Ring) -> Ring:
    """From its least position on, so that the same ring is always written the same way."""
    start = ring.index(min(ring))
    return ring[start:] + ring[:start]


def neighbours(outlines: Mapping[Any, Outline]) -> set[tuple[Any, Any]]:
    """Pairs that share a stretch of border, each pair in both directions."""
    bordering: dict[frozenset[Position], set[Any]] = defaultdict(set)
    for key, outline in outlines.items():
        for edge in (each for polygon in outline for ring in polygon for each in edges(ring)):
            bordering[frozenset(edge)].add(key)
    return {(one, other) for keys in bordering.values() for one in keys for other in keys if one != other}


def geojson(outline: Outline) -> dict[str, Any]:
    """A geometry as RFC 7946 has it, with its bounding box."""
    polygons = [[[[x / UNITS, y / UNITS] for x, y in (*ring, ring[0])] for ring in polygon] for polygon in outline]
    box = [each / UNITS for each in box_of(polygon[0] for polygon in outline)]
    if len(polygons) == 1:
        return {"type": "Polygon", "bbox": box, "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "bbox": box, "coordinates": polygons}


def outline_of(geometry: Mapping[str, Any]) -> Outline:
    """Back from what `geojson` wrote."""
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return tuple(
        tuple(tuple((units(float(x)), units(float(y))) for x, y in ring[:-1]) for ring in polygon)
        for polygon in polygons
    )
