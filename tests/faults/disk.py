"""A small disk of its own for a folder, which can be full (root on Linux)."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOM = "1g"


class Disk:
    """`full` takes no memory: the disk becomes as small as what is on it."""

    def __init__(self, folder: Path, mounted: bool) -> None:
        self._folder, self._mounted = folder, mounted

    def needed(self) -> None:
        if not self._mounted:
            pytest.skip("a disk of its own cannot be mounted here: nobody sees what a full one does")

    @contextmanager
    def full(self) -> Iterator[None]:
        found = os.statvfs(self._folder)
        self._resize(str((found.f_blocks - found.f_bfree) * found.f_frsize))
        try:
            yield
        finally:
            self._resize(ROOM)

    def _resize(self, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", self._folder], check=True)  # noqa: S607


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM},mode=0711", "tmpfs", str(folder)]
    mounted = shutil.which("mount") is not None and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield Disk(folder, mounted)
    finally:
        if mounted:
            subprocess.run(["umount", folder], check=True)  # noqa: S607
        shutil.rmtree(folder, ignore_errors=True)
