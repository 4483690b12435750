"""Why a case is with this agency, or with whom it is now (deck line 229): by rule, with the reason. There is no «not
responsible»: it stays here until somebody has accepted it."""

from typing import Any

import sqlalchemy as sa

from service.domain.cases.model import CaseState
from service.domain.context import text
from service.domain.policy import Reader, Row
from service.domain.words import saying

RESPONSIBLE = {
    "place": saying(
        "Zuständig ist das Amt des Ortes, an dem die Menschen leben (§ 86 SGB VIII).",
        "Responsible is the agency of the place in which its people live (§ 86 SGB VIII).",
        "Das Amt an Ihrem Wohn-Ort ist für Sie zuständig.",
    ),
    "agency": saying(
        "Kein Ort ist benannt: Zuständig bleibt dieses Amt, bis eine andere Stelle angenommen hat (§ 86d SGB VIII).",
        "No place is named: this agency stays responsible until another body has accepted (§ 86d SGB VIII).",
        "Dieses Amt ist für Sie zuständig. Das bleibt so, bis ein anderes Amt Ja sagt.",
    ),
    "accepted_here": saying(
        "Übergeben und angenommen: Der Fall geht hier weiter.",
        "Handed over and accepted: the case goes on here.",
        "Jemand anderes in diesem Amt hilft Ihnen jetzt.",
    ),
    "accepted_elsewhere": saying(
        "Eine andere Stelle hat angenommen; welche, sagt die Übergabe.",
        "Another body has accepted; the handover says which.",
        "Eine andere Stelle hat Ja gesagt. Sie hilft Ihnen jetzt.",
    ),
}


def responsible(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    """By rule (§§ 86-86d SGB VIII): a body that has accepted, or this agency, for the place or as a whole."""
    said = {why: text(each[reader.language]) for why, each in RESPONSIBLE.items()}
    passed_on = sa.and_(
        row.state.in_([text(each.value) for each in (CaseState.REDIRECTED, CaseState.TRANSFERRED)]),
        row.closed_on.is_not(None),
    )
    taken = row.state == text(CaseState.TRANSFERRED.value)
    return sa.case(
        (passed_on, said["accepted_elsewhere"]),
        (taken, said["accepted_here"]),
        (row.social_space_id.is_not(None), said["place"]),
        else_=said["agency"],
    )
