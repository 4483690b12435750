"""How closely a figure that is kept back can be told from all that is shown: what a linear programme would find.

The sums of a release (lines in a place, places within places) make a network: each is a node in which what comes in
goes out, each cell an arc whose flow is its figure. A figure that is shown can be off by its rounding, one that is
missing by anything down to zero. How far a missing one may lie from what it is, is a greatest flow, and what stands in
its way a least cut (Ford and Fulkerson). Whole cents throughout."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

C = TypeVar("C")
GROUND = 0  # what the largest whole goes to
ENDLESS = 10**15


@dataclass
class Arc(Generic[C]):
    """A cell: from which node to which, and by how much its figure may be less or more."""

    cell: C
    tail: int
    head: int
    less: int
    more: int


@dataclass
class Network(Generic[C]):
    """One figure of all cells."""

    arcs: dict[C, Arc[C]]
    _at: dict[int, list[Arc[C]]] = field(init=False)

    def __post_init__(self) -> None:
        self._at = defaultdict(list)
        for arc in self.arcs.values():
            self._at[arc.tail].append(arc)
            self._at[arc.head].append(arc)

    def lack(self, cell: C, width: int, *, below: bool = False) -> set[C] | None:
        """Null if the cell's figure may lie anywhere within a range of at least this width (`below`: all of it below
        what it is). Else the cells that keep it from that."""
        arc = self.arcs[cell]
        pushed: dict[C, int] = {}
        found, cut = 0, set[C]()
        ways = ((arc.tail, arc.head, arc.less), (arc.head, arc.tail, arc.more))
        for begin, end, most in ways[:1] if below else ways:
            pushed.clear()
            wanted = min(most, width - found)
            reached = 0
            while reached < wanted and (more := self._augmented(cell, begin, end, wanted - reached, pushed, cut)):
                reached += more
            found += reached
            if found >= width:
                return None
        return cut

    def _augmented(self, cell: C, begin: int, end: int, most: int, pushed: dict[C, int], cut: set[C]) -> int:
        """One more path. If there is none, what stands in the way is added to the cut."""
        came: dict[int, tuple[Arc[C], int, int]] = {}
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


def network(sums: Iterable[tuple[C, Iterable[C], int]], room: Callable[[C], tuple[int, int]]) -> Network[C]:
    """`sums`: the whole, its parts, and with which sign it is written, so that no cell goes into two of them. `room`:
    by how much a cell's figure may be less and more."""
    ends: dict[C, list[int]] = defaultdict(lambda: [GROUND, GROUND])
    for node, (whole, parts, sign) in enumerate(sums, GROUND + 1):
        for cell, way in ((whole, -sign), *((part, sign) for part in parts)):
            ends[cell][0 if way < 0 else 1] = node
    return Network({cell: Arc(cell, tail, head, *room(cell)) for cell, (tail, head) in ends.items()})
