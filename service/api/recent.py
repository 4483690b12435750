from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """Made once per key, and forgotten when others have been used more recently.

    `budget` bounds what is kept by weight, so that few large things cannot take the memory of many small ones; one
    that weighs more than a tenth of it is never kept."""

    def __init__(self, size: int, budget: int = 0) -> None:
        self._size, self._budget, self._weight = size, budget or size, 0
        self._kept: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T], weight: int = 1) -> T:
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][0]
        made = make()
        if weight == 1 or weight <= self._budget // 10:
            self._kept[key] = made, weight
            self._weight += weight
            while len(self._kept) > self._size or self._weight > self._budget:
                self._weight -= self._kept.popitem(last=False)[1][1]
        return made

    def __contains__(self, key: Hashable) -> bool:
        return key in self._kept

    def clear(self) -> None:
        self._kept.clear()
        self._weight = 0

    def __len__(self) -> int:
        return len(self._kept)
