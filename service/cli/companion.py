"""The worker beside the server: a child that is started again when it ends, later each time if it keeps ending."""

import signal
import subprocess
import sys
from collections.abc import Mapping
from time import monotonic

from service.process import bound_child

_SHORTEST, _LONGEST = 1.0, 60.0  # seconds until the next start
_GRACE = 20  # seconds for jobs under way


class Companion:
    """Start and tend it from the main thread. It ends with this process, even when that is killed with -9."""

    def __init__(self, command: str, environment: Mapping[str, str]) -> None:
        """`command` is one of `sozialraum`."""
        self._command, self._environment = command, environment
        self._process: subprocess.Popen[bytes] | None = None
        self._pause, self._started, self._next_start = _SHORTEST / 2, 0.0, 0.0

    def start(self) -> None:
        self._started = monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "service", self._command],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C in the terminal comes to our parent, who ends it in its turn
            preexec_fn=bound_child(signal.SIGTERM),
        )

    def tend(self) -> None:
        """To be called again and again: starts it anew once it has ended and its pause is over."""
        if self._process is not None and (code := self._process.poll()) is not None:
            self._process = None
            lasted = monotonic() - self._started
            self._pause = _SHORTEST if lasted > _LONGEST else min(self._pause * 2, _LONGEST)
            self._next_start = monotonic() + self._pause
            print(
                f"The {self._command} ended (exit code {code}); starting it again in {self._pause:.0f} s ...",
                file=sys.stderr,
                flush=True,
            )
        if self._process is None and monotonic() >= self._next_start:
            self.start()

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
