"""What must be and what should be, of that which needs no outside peer."""

from collections.abc import Iterator
from dataclasses import dataclass

from service.bench.measuring import POLICED, Measured


@dataclass(frozen=True)
class Goal:
    what: str
    measured: float
    must: float
    aim: float
    unit: str = "x"
    at_least: bool = False

    def _meets(self, limit: float) -> bool:
        return self.measured >= limit if self.at_least else self.measured <= limit

    @property
    def verdict(self) -> str:
        return "aim" if self._meets(self.aim) else "must" if self._meets(self.must) else "missed"


CONSTANT = 1.05  # as constant as can be told apart here


def goals(found: Measured) -> Iterator[Goal]:
    for each in found.served:
        if each.name in ("R1", "R2"):
            title = f"{each.name}: requests/s, of a bare loop of its statement"
            yield Goal(title, each.of_loop, 0.6, 0.9, at_least=True)
    for name in POLICED:
        yield Goal(f"{name}: row-level security, cost of with to without", found.policed[name].cost, 1.35, 1.15)
    for name, what in (("R2", "list"), ("N", "next steps")):
        yield Goal(f"{name}: {what} at ten times the cases, cost", found.grown[name].cost, 1.2, CONSTANT)
    start = found.start
    ratio = start.first_answer / start.fixed_packages
    yield Goal("first answer, of the import of the fixed packages", ratio, 2, 1.2)
    yield Goal("memory of a worker after load", found.loaded_mebibytes, 150, 110, "MiB")
