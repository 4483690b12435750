"""What must be and what should be."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from service.bench.compared import Compared
from service.bench.ground import FEW
from service.bench.measuring import POLICED, Measured


@dataclass(frozen=True)
class Goal:
    what: str
    measured: float
    must: float
    aim: float | None = None
    unit: str = "x"
    at_least: bool = False

    def _meets(self, limit: float) -> bool:
        return self.measured >= limit if self.at_least else self.measured <= limit

    @property
    def verdict(self) -> str:
        """`aim` where that is met, too."""
        if self.aim is not None and self._meets(self.aim):
            return "aim"
        return "must" if self._meets(self.must) else "missed"


CONSTANT = 1.05  # as constant as can be told apart here


def goals(found: Measured) -> Iterator[Goal]:
    for each in found.served:
        if each.name in ("R1", "R2"):
            title = f"{each.name}: requests/s, of a bare loop of its statement"
            yield Goal(title, each.of_loop, 0.6, 0.9, at_least=True)
    for name in POLICED:
        yield Goal(f"{name}: row-level security, cost of with to without", found.policed[name].cost, 1.35, 1.15)
    for name, what in (("R2", "list"), ("N", "next steps"), ("A", "appointments"), ("D", "what is due")):
        cases = found.rows["case_file"]
        yield Goal(f"{name}: {what} with {cases:,} cases, of {FEW:,}, cost", found.grown[name].cost, 1.2, CONSTANT)
    start = found.start
    ratio = start.first_answer / start.fixed_packages
    yield Goal("first answer, of the import of the fixed packages", ratio, 2, 1.2)
    yield Goal("memory of a worker after load", found.loaded_mebibytes, 150, 110, "MiB")
    largest = max(each.largest_mebibytes for each in found.two_workers)
    yield Goal("memory of each of two workers after load", largest, 150, 110, "MiB")


def goals_beside(found: Iterable[Compared]) -> Iterator[Goal]:
    limits = {"G1": (1.3, 3), "G2": (1.7, 3), "G3": (1, 2), "R2": (1, 1.8)}
    processors = {"G1": (1 / 2, 1 / 5), "G2": (1 / 5, 1 / 12)}
    for each in found:
        yield Goal(f"{each.name}: requests/s, of {each.peer}", each.ratio, *limits[each.name], at_least=True)
        if each.name in processors:
            processor = each.ours.server_microseconds / each.theirs.server_microseconds
            yield Goal(f"{each.name}: server's processor, of {each.peer}", processor, *processors[each.name])
        if each.name == "G1":
            slow = each.ours.slowest_hundredth_milliseconds / each.theirs.slowest_hundredth_milliseconds
            yield Goal(f"{each.name}: p99, of {each.peer}", slow, 0.5, 0.3)
