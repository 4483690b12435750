"""Whether somebody is being served by the loop just now: for whoever works beside it, and gives way to them."""

from time import perf_counter

SERVED = 0.01  # seconds in which most are answered; whoever takes longer waits for PostgreSQL, or sends slowly


class _Company:
    until = 0.0


def somebody_comes() -> None:
    """Whoever asks for what has to be worked out first does not count: they wait for that alone."""
    _Company.until = perf_counter() + SERVED


def somebody_is_here() -> bool:
    return perf_counter() < _Company.until
