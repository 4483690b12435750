from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """Made once per key, and forgotten when others have been used more recently.

    `budget` bounds what is kept by weight (how many, where each weighs 1). Where it does not suffice, whoever had most
    of it made loses what they have not used for longest: nobody can have what others use forgotten by having much
    made. What weighs more than a tenth of the budget is never kept."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._kept: dict[Hashable, tuple[T, int, str | None]] = {}
        self._orders: dict[str | None, OrderedDict[Hashable, None]] = {}  # of each owner, by last use
        self._weights: dict[str | None, int] = {}
        self.weight = 0  # of all that is kept

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        return self._kept[key][0] if self._used(key) else self.keep(key, make())

    def keep(self, key: Hashable, made: T, weight: int = 1, owner: str | None = None) -> T:
        """`owner`: for whom it was made; none is one, too."""
        if not self._used(key) and weight <= max(1, self._budget // 10):
            self._kept[key] = made, weight, owner
            self._orders.setdefault(owner, OrderedDict())[key] = None
            self._weights[owner] = self._weights.get(owner, 0) + weight
            self.weight += weight
            while self.weight > self._budget:
                self._forget()
        return made

    def _used(self, key: Hashable) -> bool:
        if key in self._kept:
            self._orders[self._kept[key][2]].move_to_end(key)
            return True
        return False

    def _forget(self) -> None:
        heaviest = max(self._weights, key=self._weights.__getitem__)
        oldest, _ = self._orders[heaviest].popitem(last=False)
        weight = self._kept.pop(oldest)[1]
        self._weights[heaviest] -= weight
        self.weight -= weight
        if not self._orders[heaviest]:
            del self._orders[heaviest], self._weights[heaviest]

    def __getitem__(self, key: Hashable) -> T:
        """Without its counting as a use; also for another thread."""
        return self._kept[key][0]

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._kept)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._kept

    def clear(self) -> None:
        self._kept.clear()
        self._orders.clear()
        self._weights.clear()
        self.weight = 0

    def __len__(self) -> int:
        return len(self._kept)
