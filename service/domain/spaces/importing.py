"""Which social space gets which of the surveyed outlines. Decides; service/cli/importing.py writes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from service.domain.spaces.geometry import (
    Edge,
    Outline,
    Position,
    Ring,
    box_of,
    dissolved,
    edges,
    overlapping,
)
from service.domain.spaces.simplifying import simplified
from service.domain.spaces.surveyed import Feature, Finding, Survey


@dataclass(frozen=True)
class Territory:
    """What an authority has on the day from which the outlines are to hold."""

    spaces: Mapping[UUID, str]  # the names
    municipalities: Mapping[UUID, tuple[str, str, str]]  # AGS, ARS, name
    uninhabited: frozenset[UUID]  # of the municipalities
    covers: Mapping[UUID, frozenset[UUID]]  # the municipalities of a social space
    first_outlines: Mapping[
        UUID, Outline
    ]  # of social spaces: the first, that an import is the same when it is repeated


@dataclass
class Proposal:
    outlines: dict[UUID, Outline] = field(default_factory=dict)
    approximate: set[UUID] = field(default_factory=set)
    uninhabited: list[Feature] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def proposed(survey: Survey, territory: Territory, tolerance: int) -> Proposal:
    """`tolerance`: how far a border may move to get simpler, in millionths of a degree."""
    proposal = Proposal()
    found: dict[UUID, Feature] = {}
    for feature in survey.features:
        key = _known(feature, territory)
        if feature.uninhabited or key in territory.uninhabited:
            proposal.uninhabited.append(feature)
        elif key is None:
            advice = "Name a social space, or the AGS or ARS of a municipality, that is valid on that day."
            proposal.findings.append(Finding(feature.number, feature.key, "is not known here", advice))
        elif key in found:
            detail = f"is there twice: feature {found[key].number} is the same"
            proposal.findings.append(
                Finding(feature.number, feature.key, detail, "Leave one of them out, or join them.")
            )
        else:
            found[key] = feature
    outlines = {key: feature.outline for key, feature in found.items()}
    _divide(outlines, territory, proposal)
    for space, name in territory.spaces.items():
        wanted = territory.covers.get(space, frozenset())
        if space in outlines:
            proposal.outlines[space] = outlines[space]
        elif wanted and wanted <= outlines.keys() and not _shared(wanted, territory):
            proposal.outlines[space] = dissolved(polygon for key in sorted(wanted) for polygon in outlines[key])
        else:
            advice = "Add a feature with its name, or all of its municipalities."
            proposal.findings.append(Finding(None, name, "is not in the file and stays as it is", advice, error=False))
    proposal.outlines = simplified(proposal.outlines, tolerance)
    proposal.findings += _overlaps(proposal.outlines, territory)
    return proposal


def _known(feature: Feature, territory: Territory) -> UUID | None:
    by_key = {key: id for id, (ags, ars, _) in territory.municipalities.items() for key in (ags, ars)}
    by_name = {name: id for id, (_, _, name) in territory.municipalities.items()}
    spaces = {name: id for id, name in territory.spaces.items()}
    for name in feature.names:
        if (found := by_key.get(name) or spaces.get(name) or by_name.get(name)) is not None:
            return found
    return None


def _shared(municipalities: frozenset[UUID], territory: Territory) -> bool:
    """Whether another social space has a part of one of them."""
    return any(sum(each in covered for covered in territory.covers.values()) > 1 for each in municipalities)


def _divide(outlines: dict[UUID, Outline], territory: Territory, proposal: Proposal) -> None:
    """A municipality of two social spaces has no border in it that a survey of municipalities could tell. It is drawn
    halfway between where the two were first, and is approximate."""
    for municipality in [key for key in outlines if key in territory.municipalities]:
        spaces = sorted(space for space, covered in territory.covers.items() if covered == {municipality})
        if len(spaces) != 2 or not _shared(frozenset({municipality}), territory) or any(s in outlines for s in spaces):
            continue
        if not all(space in territory.first_outlines for space in spaces):
            continue
        one, other = (_middle(territory.first_outlines[space]) for space in spaces)
        halves = _halved(outlines[municipality], one, other)
        if halves is None:
            continue
        *parts, corners = halves
        for key, outline in outlines.items():
            outlines[key] = tuple(tuple(_with(ring, corners) for ring in polygon) for polygon in outline)
        for space, ring in zip(spaces, parts, strict=True):
            outlines[space] = ((ring,),)
            proposal.approximate.add(space)
            name, whole = territory.spaces[space], territory.municipalities[municipality][2]
            detail = f"is a part of {whole}, which was divided halfway: approximate"
            advice = "Add a feature with its name to have its border exact."
            proposal.findings.append(Finding(None, name, detail, advice, error=False))


def _middle(outline: Outline) -> Position:
    west, south, east, north = box_of(polygon[0] for polygon in outline)
    return (west + east) // 2, (south + north) // 2


Halves = tuple[Ring, Ring, Mapping[Edge, Position]]


def _halved(outline: Outline, one: Position, other: Position) -> Halves | None:
    """What is nearer to the one and to the other, and the corners that came of it; null where a straight line would
    make more than two pieces."""
    if len(outline) != 1 or len(outline[0]) != 1:
        return None
    ring = outline[0][0]

    def height(place: Position) -> int:
        return _squared(place, other) - _squared(place, one)

    corners: dict[Edge, Position] = {}
    sides: tuple[list[Position], list[Position]] = ([], [])
    crossed = 0
    for a, b in edges(ring):
        here, there = height(a), height(b)
        if here == 0:
            return None
        sides[here < 0].append(a)
        if (here > 0) != (there > 0):
            crossed += 1
            way = here / (here - there)
            cut = (round(a[0] + (b[0] - a[0]) * way), round(a[1] + (b[1] - a[1]) * way))
            if cut in (a, b):
                return None
            corners[a, b] = corners[b, a] = cut
            sides[0].append(cut)
            sides[1].append(cut)
    return (tuple(sides[0]), tuple(sides[1]), corners) if crossed == 2 else None


def _squared(a: Position, b: Position) -> int:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


def _with(ring: Ring, corners: Mapping[Edge, Position]) -> Ring:
    made: list[Position] = []
    for a, b in edges(ring):
        made += [a, corners[a, b]] if (a, b) in corners else [a]
    return tuple(made)


def _overlaps(outlines: Mapping[UUID, Outline], territory: Territory) -> Iterator[Finding]:
    beside: dict[UUID, list[str]] = defaultdict(list)
    keys = list(outlines)
    for place, one in enumerate(keys):
        for other in keys[:place]:
            if overlapping(outlines[one], outlines[other]):
                beside[one].append(territory.spaces[other])
    for one, others in beside.items():
        advice = "A place there lies in both. Draw the border once, and give it to both."
        detail = f"overlaps with {', '.join(others)}"
        yield Finding(None, territory.spaces[one], detail, advice, error=False)
