"""What ends with a case. A capability says so here: whoever closes a case or passes it on knows none by name."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from uuid import UUID

from service.domain.act import Act
from service.domain.words import saying


class Because(StrEnum):
    """Why something ended by itself: with the case, or with the help that it was about. Said in whoever reads it's
    language, where people give reasons in their own."""

    CASE_CLOSED = "case_closed"
    CASE_PASSED_ON = "case_passed_on"
    HELP_ENDED = "help_ended"
    BIRTHDAY_CORRECTED = "birthday_corrected"


BECAUSE = {
    Because.CASE_CLOSED: saying("Der Fall ist abgeschlossen.", "The case is closed.", "Die Hilfe ist zu Ende."),
    Because.CASE_PASSED_ON: saying(
        "Der Fall ist abgegeben.", "The case has been passed on.", "Jemand anderes ist jetzt für Sie zuständig."
    ),
    Because.BIRTHDAY_CORRECTED: saying(
        "Das Geburtsdatum ist berichtigt.", "The day of birth was corrected.", "Das Geburts-Datum war falsch."
    ),
    Because.HELP_ENDED: saying("Die Hilfe ist beendet.", "The help has ended.", "Diese Hilfe gibt es nicht mehr."),
}

Ending = Callable[[Act, UUID, Because], Awaitable[None]]
"""Told which case, and why it ends; while there still is access to it."""

ENDINGS: list[Ending] = []


def ends_with_case(ending: Ending) -> Ending:
    ENDINGS.append(ending)
    return ending
