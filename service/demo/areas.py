"""Where the demo's social spaces lie, roughly: every place belongs to the nearest centre of a municipality.

Computed here from the 29 centre points (`territory.py`), without any surveyed border, and marked so. Exact fractions
until the end: where three cells meet, all three have the same corner."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TypeAlias

from sqlmodel import SQLModel

from service.demo.identity import FIRST_DAY, demo_id
from service.demo.territory import AUTHORITY, CREDIT, MUNICIPALITIES, SOCIAL_SPACES, space_id
from service.domain.spaces.areas import area_rows, neighbour_rows
from service.domain.spaces.geometry import Outline, Ring, dissolved, neighbours, units

Point: TypeAlias = tuple[Fraction, Fraction]
Cell: TypeAlias = tuple[Point, ...]

AROUND = (11_330_000, 47_890_000, 11_880_000, 48_350_000)  # west, south, east, north; millionths of a degree
SHORTER = Fraction(668, 1000)  # a degree of longitude here, as part of one of latitude: the cosine of 48.1 degrees


def outlines() -> dict[str, Outline]:
    """By the name of the social space."""
    cells = _cells()
    pieces = {name: _pieces(name, cells[name]) for name in cells}
    corners = {corner for each in pieces.values() for piece in each for corner in piece}
    divided = corners - {corner for cell in cells.values() for corner in cell}
    rings = {name: [_rounded(_with(divided, piece)) for piece in each] for name, each in pieces.items()}
    found: dict[str, Outline] = {}
    for space, shares in SOCIAL_SPACES.items():
        # The northern half is the first piece, and the first social space of the two.
        among = [name for name, others in SOCIAL_SPACES.items() if not shares.keys().isdisjoint(others)]
        place = among.index(space)
        found[space] = dissolved(
            (rings[name][place],) if len(rings[name]) > 1 else (rings[name][0],) for name in shares
        )
    return found


def areas() -> Iterator[SQLModel]:
    """The areas of the demo's social spaces, and which of them border on each other."""
    found = outlines()
    for name, outline in found.items():
        ids = {"id": demo_id("area", name), "social_space_id": space_id(name), "authority_id": AUTHORITY}
        yield from area_rows(ids, outline, (FIRST_DAY, None), approximate=True, source=CREDIT)
    pairs = {(space_id(one), space_id(other)) for one, other in neighbours(found)}
    yield from neighbour_rows(AUTHORITY, pairs, (FIRST_DAY, None))


def _cells() -> dict[str, Cell]:
    west, south, east, north = (Fraction(each) for each in AROUND)
    whole: Cell = ((west, south), (east, south), (east, north), (west, north))
    centres = {
        place.name: (Fraction(units(float(place.longitude))), Fraction(units(float(place.latitude))))
        for place in MUNICIPALITIES
    }
    cells = {}
    for name, centre in centres.items():
        cell = whole
        for other in sorted(centres.values(), key=lambda each: _squared(centre, each)):
            if other != centre:
                cell = _nearer(cell, centre, other)
        cells[name] = cell
    return cells


def _squared(one: Point, other: Point) -> Fraction:
    return ((one[0] - other[0]) * SHORTER) ** 2 + (one[1] - other[1]) ** 2


def _nearer(cell: Cell, centre: Point, other: Point) -> Cell:
    """What of the cell is at least as near to its centre as to the other."""
    # How much farther the other one is, squared: linear in the corner, so whole factors and one sum.
    width, height = 2 * (centre[0] - other[0]) * SHORTER**2, 2 * (centre[1] - other[1])
    middle = _squared(other, (Fraction(), Fraction())) - _squared(centre, (Fraction(), Fraction()))
    farther = [corner[0] * width + corner[1] * height + middle for corner in cell]
    return cell if min(farther) >= 0 else _cut(cell, farther)


def _cut(cell: Cell, heights: Sequence[Fraction]) -> Cell:
    """What of the cell is not below zero; `heights` are of its corners, and linear in between."""
    kept: list[Point] = []
    for place, (corner, height) in enumerate(zip(cell, heights, strict=True)):
        before, its_height = cell[place - 1], heights[place - 1]
        if height * its_height < 0:
            way = its_height / (its_height - height)
            kept.append((before[0] + (corner[0] - before[0]) * way, before[1] + (corner[1] - before[1]) * way))
        if height >= 0:
            kept.append(corner)
    return tuple(kept)


def _pieces(name: str, cell: Cell) -> list[Cell]:
    """The cell; or its northern and its southern half, where two social spaces share the municipality."""
    if sum(name in shares for shares in SOCIAL_SPACES.values()) == 1:
        return [cell]
    (middle,) = (Fraction(units(float(place.latitude))) for place in MUNICIPALITIES if place.name == name)
    return [_cut(cell, [corner[1] - middle for corner in cell]), _cut(cell, [middle - corner[1] for corner in cell])]


def _with(corners: set[Point], cell: Cell) -> Cell:
    """The cell, with those of the corners that lie on its border: both sides of a border are to have the same."""
    ring: list[Point] = []
    for place, corner in enumerate(cell):
        before = cell[place - 1]
        between = [
            each
            for each in corners
            if each not in (before, corner)
            and (corner[0] - before[0]) * (each[1] - before[1]) == (corner[1] - before[1]) * (each[0] - before[0])
            and (each[0] - before[0]) * (corner[0] - before[0]) + (each[1] - before[1]) * (corner[1] - before[1]) > 0
            and _squared(before, each) < _squared(before, corner)
        ]
        ring += [*sorted(between, key=lambda each: _squared(before, each)), corner]
    return tuple(ring)


def _rounded(cell: Cell) -> Ring:
    return tuple(dict.fromkeys((round(x), round(y)) for x, y in cell))
