"""What the embedded server stands on: whom it runs as, where its files lie, and who holds them."""

import fcntl
import hashlib
import os
import pwd
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_UNPRIVILEGED = "nobody"
_LONGEST_SOCKET = 100  # bytes; the kernel's limit is 107 on Linux and 103 on macOS
_PLACES_FOR_ROOT = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 (a folder of root's in there, checked by `own`)
_SHORTEST_RUNTIME = Path("/tmp")  # noqa: S108 (likewise)
_MEMORY = Path("/dev/shm")  # noqa: S108 (likewise)
_ROOM = 4 * 2**30  # bytes; in containers it is often far smaller


class EmbeddedPostgresError(RuntimeError):
    """Why the embedded server cannot run, in words for whoever started it."""


@dataclass(frozen=True)
class Account:
    """Whom the server runs as: never root, PostgreSQL refuses that."""

    name: str
    user: int
    group: int

    @classmethod
    def choose(cls) -> "Account":
        try:
            entry = pwd.getpwnam(_UNPRIVILEGED) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        except KeyError:
            raise EmbeddedPostgresError(
                f"The embedded PostgreSQL needs an account that has a name; user {os.geteuid()} has none. "
                "Run as another user, or set DATABASE_URL."
            ) from None
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    @property
    def is_ours(self) -> bool:
        return self.user == os.geteuid()

    @property
    def process_options(self) -> dict[str, Any]:
        """For `subprocess`, to run a program as this account."""
        return {} if self.is_ours else {"user": self.user, "group": self.group, "extra_groups": []}

    def reaches(self, path: Path) -> bool:
        """Whether it gets to `path`, as far as that exists, without anybody changing a permission."""
        existing = (each for each in (path, *path.parents) if each.exists())
        return self.is_ours or all(each.stat().st_mode & 0o001 for each in existing)


@dataclass(frozen=True)
class Ground:
    home: Path
    account: Account

    @property
    def place(self) -> Path:
        """Where cluster and sockets lie: in the home, unless the account cannot get in there (root's /root)."""
        if not self._note.exists() and self.account.reaches(self.home):
            return self.home / "postgres"
        parent = next(each for each in _PLACES_FOR_ROOT if os.access(each, os.W_OK))
        return parent / f"sozialraum-{self._fingerprint}"

    @property
    def cluster(self) -> Path:
        return self.place / "data"

    @property
    def sockets(self) -> Path:
        beside = self.place / "s"
        if len(os.fsencode(beside / ".s.PGSQL.5432")) <= _LONGEST_SOCKET:
            return beside
        return _SHORTEST_RUNTIME / f"sozialraum-{os.geteuid()}-{self._fingerprint}"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    def prepare(self) -> None:
        self.own(self.place, 0o711, os.geteuid())
        self.own(self.sockets, 0o700, self.account.user)
        if self.place.parent != self.home:
            reason = f"{self.account.name}, whom PostgreSQL runs as, cannot get in here"
            self._note.write_text(f"The database of this folder is in {self.place}: {reason}.\n")

    def own(self, folder: Path, mode: int, user: int) -> None:
        """Create `folder`, or make sure that the one there is ours: others may write where some of these lie."""
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            if folder.is_symlink() or folder.lstat().st_uid not in {user, os.geteuid()}:
                raise EmbeddedPostgresError(f"{folder} belongs to somebody else; remove it.") from None
        if user != os.geteuid():
            os.chown(folder, user, self.account.group)
        folder.chmod(mode)

    @property
    def _note(self) -> Path:
        return self.home / "postgres-is-elsewhere.txt"

    @property
    def _fingerprint(self) -> str:
        return hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]


def temporary_place(*, in_memory: bool) -> Path:
    """In memory, if asked for, where there is room and programs may be run. A database is 1,300 files, and ext4 looks
    past each that was deleted in the last minutes before it makes another: that would take seconds."""
    if in_memory and _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK):
        found = os.statvfs(_MEMORY)
        if found.f_bavail * found.f_frsize >= _ROOM and not found.f_flag & os.ST_NOEXEC:
            return _MEMORY
    return Path(tempfile.gettempdir())


def claim(home: Path) -> int:
    """Hold `home` until the descriptor is closed, at the latest by this process's end. BlockingIOError: it is held."""
    descriptor = os.open(home, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def claimed(home: Path) -> Iterator[None]:
    descriptor = claim(home)
    try:
        yield
    finally:
        os.close(descriptor)
