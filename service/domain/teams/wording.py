"""Whom to turn to, in the three languages of the service."""

from service.domain.teams.contacts import ComplaintOfficeKind, ContactKind
from service.domain.words import saying

_OMBUDS = saying("Ombudsstelle", "ombuds office", "Ombuds-Stelle. Sie hilft bei Streit mit dem Amt.")
_COMPLAINT = saying("Beschwerdestelle", "complaint office", "Beschwerde-Stelle. Hier sagen Sie, was nicht gut war.")

CONTACT_KINDS = {
    ContactKind.STAND_IN: saying("Vertretung in diesen Tagen", "stand-in on these days", "Die Vertretung"),
    ContactKind.LEAD: saying("zuständige Fachkraft", "who is responsible for you", "Diese Person hilft Ihnen."),
    ContactKind.OFFICE: saying("Büro im Sozialraum", "office of your area", "Das Büro in Ihrem Ort"),
    ContactKind.OMBUDS_OFFICE: _OMBUDS,
    ContactKind.COMPLAINT_OFFICE: _COMPLAINT,
}

COMPLAINT_OFFICE_KINDS = {
    ComplaintOfficeKind.OMBUDS_OFFICE: _OMBUDS,
    ComplaintOfficeKind.COMPLAINT_OFFICE: _COMPLAINT,
}

INDEPENDENCE = {
    True: saying(
        "Unabhängig: an keine Weisung des Jugendamts gebunden. Die Beratung kostet nichts (§ 9a SGB VIII).",
        "Independent: bound by no instruction of the agency. Advice is free of charge (§ 9a SGB VIII).",
        "Die Stelle gehört nicht zum Amt. Das Amt darf ihr nichts befehlen. Die Hilfe kostet nichts.",
    ),
    False: saying(
        "Eine Stelle der Behörde, aber nicht des Teams, um das es geht.",
        "An office of the authority, but not of the team that it is about.",
        "Die Stelle gehört zum Amt. Aber sie gehört nicht zu Ihrem Team.",
    ),
}
