"""What the database says, in the domain's words."""

from typing import Any

import asyncpg
import structlog
from sqlalchemy.exc import DBAPIError

from service.domain.act import IdTaken
from service.domain.epochs import STALE
from service.domain.errors import CursorExpired, Unavailable
from service.storage.data_keys import DataKeyError
from service.storage.writing import Busy, Unreachable

# SQLSTATE class 53: what whoever operates the service has to see to, and nobody else can.
_LACKING = {
    "53100": "its disk is full",
    "53200": "it is out of memory",
    "53300": "it has no connection left",
    "53400": "a limit of its settings is reached",
}

log = structlog.get_logger()


class BrokenOff(Exception):
    """PostgreSQL gave up the transaction so that another could go on (SQLSTATE class 40), or what somebody else has
    written meanwhile stands against it: `constraint` says what."""

    def __init__(self, constraint: str = "") -> None:
        super().__init__(constraint)
        self.constraint = constraint


class translated:
    """What the database says, in the domain's words. Never its own text: that may quote a row."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Busy):
            raise Unavailable(reason="all connections are busy") from None
        if isinstance(error, Unreachable | OSError) or (isinstance(error, DBAPIError) and error.connection_invalidated):
            raise Unavailable(reason="the database does not answer") from None
        if isinstance(error, DataKeyError):
            raise Unavailable(
                reason="a text cannot be decrypted: whoever operates the service has to look at its data keys"
            ) from error
        if isinstance(error, DBAPIError | asyncpg.PostgresError):
            origin = error.orig if isinstance(error, DBAPIError) else error
            _translate(str(getattr(origin, "sqlstate", None) or ""), origin)


def _translate(state: str, origin: Any) -> None:
    if state.startswith("40"):
        raise BrokenOff from None
    if state == STALE:
        raise CursorExpired from None
    if state.startswith("53"):
        log.warning("database-refuses", reason=_LACKING.get(state, "it lacks something"))
    if state in ("55P03", "57014") or state.startswith(("08", "53", "57P")):
        raise Unavailable(reason="the database is busy") from None
    constraint = str(getattr(getattr(origin, "__cause__", None) or origin, "constraint_name", "") or "")
    if state == "23505" and constraint.endswith("_pkey"):
        raise IdTaken from None
    if state in ("23505", "23P01"):  # somebody else was first by a moment: the next try sees what they did
        raise BrokenOff(constraint) from None
