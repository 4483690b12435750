"""Processes: what they begin without, and how they end. Children do not outlive their parent, not even one that is
killed with -9."""

import ctypes
import gc
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None  # loaded here: not between fork and exec


def die_with_parent(with_signal: int = signal.SIGTERM) -> None:
    """Have the kernel send this process `with_signal` as soon as its parent is gone (Linux; elsewhere nothing)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(with_signal))


def bound_child(with_signal: int) -> Callable[[], None]:
    """What to give `subprocess.Popen(preexec_fn=...)` so that the child gets `with_signal` when this process ends."""
    # The kernel watches the thread that started the child, not the process: a worker thread's end would kill it.
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("start long-lived children from the main thread")
    parent = os.getpid()

    def bind() -> None:
        die_with_parent(with_signal)
        if os.getppid() != parent:  # it was gone before the kernel knew whom to watch
            os._exit(1)

    return bind


def descriptors(wanted: int) -> int:
    """How many files and connections this process may have open: as many as are wanted, where the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed


_M_ARENA_MAX = -8  # glibc's mallopt(3)


def keep_little() -> None:
    """Before threads begin: they take memory from where the main one does. Each would have a place of its own to take
    it from, and keep what it gave back there."""
    if _LIBC is not None and hasattr(_LIBC, "mallopt"):
        _LIBC.mallopt(_M_ARENA_MAX, 1)


@contextmanager
def without(*packages: str) -> Iterator[None]:
    """Whoever imports one of these meanwhile is told that it is not installed."""
    left_out = [each for each in packages if each not in sys.modules]
    sys.modules.update(dict.fromkeys(left_out))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for each in left_out:
            del sys.modules[each]


@contextmanager
def all_stays() -> Iterator[None]:
    """What is made meanwhile is never looked at for garbage. Imports leave none, and to look for it again and again is
    a quarter of their time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def before_it_ends(do: Callable[[], object]) -> Iterator[None]:
    """Also calls `do` when this process is told to end, before whoever listens for that already. Main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    others = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}

    def told(number: int, frame: FrameType | None) -> None:
        do()
        other = others[signal.Signals(number)]
        if callable(other):
            other(number, frame)
        elif other == signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    for each in others:
        signal.signal(each, told)
    try:
        yield
    finally:
        for each, other in others.items():
            signal.signal(each, other)
