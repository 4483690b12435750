"""How closely a figure that is kept back can be told from all that is shown: what a linear programme would find.

The sums of a release (lines in a place, places within places) make a network: each is a node in which what comes in
goes out, each cell that is kept back an arc whose flow is its figure. How far a figure may lie from what it is, is a
greatest flow, and what stands in its way a least cut (Ford and Fulkerson). Whole cents throughout."""

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

C = TypeVar("C")
ENDLESS = 10**15


@dataclass
class Arc(Generic[C]):
    """A cell: from which node to which, and by how much its figure may be less or more."""

    cell: C
    tail: object
    head: object
    less: int
    more: int


@dataclass
class Network(Generic[C]):
    """One figure of all cells."""

    arcs: dict[C, Arc[C]]
    _at: dict[object, list[Arc[C]]] = field(init=False)

    def __post_init__(self) -> None:
        self._at = defaultdict(list)
        for arc in self.arcs.values():
            self._at[arc.tail].append(arc)
            self._at[arc.head].append(arc)

    def room(self, cell: C, width: int) -> tuple[int, int, set[C]]:
        """By how much less and more the cell's figure may be, as far as it matters for a range of this width; and the
        cells that keep it from more."""
        arc, cut = self.arcs[cell], set[C]()
        less = self._flow(arc, arc.tail, arc.head, min(arc.less, width), cut)
        more = self._flow(arc, arc.head, arc.tail, min(arc.more, width - less), cut)
        return less, more, cut

    def _flow(self, arc: Arc[C], begin: object, end: object, wanted: int, cut: set[C]) -> int:
        pushed: dict[C, int] = {}
        reached = 0
        while reached < wanted and (more := self._augmented(arc.cell, begin, end, wanted - reached, pushed, cut)):
            reached += more
        return reached

    def _augmented(self, cell: C, begin: object, end: object, most: int, pushed: dict[C, int], cut: set[C]) -> int:
        """One more path. If there is none, what stands in the way is added to the cut."""
        came: dict[object, tuple[Arc[C], int, int]] = {}
        seen, waiting = {begin}, deque([begin])
        while waiting and end not in seen:
            node = waiting.popleft()
            for arc in self._at[node]:
                if arc.cell == cell:
                    continue
                sign = 1 if arc.tail == node else -1
                other, flow = (arc.head if sign == 1 else arc.tail), pushed.get(arc.cell, 0)
                room = arc.more - flow if sign == 1 else arc.less + flow
                if room > 0 and other not in seen:
                    seen.add(other)
                    came[other] = arc, sign, room
                    waiting.append(other)
        if end not in seen:
            cut |= {arc.cell for node in seen for arc in self._at[node] if (arc.tail in seen) != (arc.head in seen)}
            cut.discard(cell)
            return 0
        path, node = list[tuple[Arc[C], int, int]](), end
        while node != begin:
            arc, sign, room = came[node]
            path.append((arc, sign, room))
            node = arc.tail if sign == 1 else arc.head
        amount = min([most, *(room for _, _, room in path)])
        for arc, sign, _ in path:
            pushed[arc.cell] = pushed.get(arc.cell, 0) + sign * amount
        return amount


def ends(sums: Iterable[tuple[object, Iterable[C], C, int]]) -> dict[C, tuple[object, object]]:
    """From which node to which each cell goes. `sums`: their node, the parts, the whole, and with which sign it is
    written, so that no cell goes into two of them; what goes into none goes to the ground, which is null."""
    found: dict[C, list[object]] = defaultdict(lambda: [None, None])
    for node, parts, whole, sign in sums:
        for cell, way in ((whole, -sign), *((part, sign) for part in parts)):
            found[cell][0 if way < 0 else 1] = node
    return {cell: (tail, head) for cell, (tail, head) in found.items()}
