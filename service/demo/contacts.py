"""Whom to ring in the demo county, and where to complain. Invented; the numbers belong to nobody (they are kept free
for films by the Federal Network Agency)."""

from collections.abc import Iterator
from typing import Any

from service.demo.identity import FIRST_DAY, demo_id
from service.demo.people import PEOPLE
from service.demo.territory import AUTHORITY, space_id
from service.domain.teams.contacts import ComplaintOffice, ComplaintOfficeKind, ContactPoint

NUMBER = "+49 89 99998"
_WEEKDAYS: dict[str, Any] = {
    "hours_de": "Montag bis Donnerstag, 9 bis 12 und 13 bis 16 Uhr; Freitag, 9 bis 12 Uhr",
    "hours_en": "Monday to Thursday, 9 to 12 and 1 to 4 p.m.; Friday, 9 to 12",
    "hours_simple": "Montag bis Donnerstag: 9 bis 12 Uhr und 13 bis 16 Uhr. Freitag: 9 bis 12 Uhr.",
}
_AFTERNOON: dict[str, Any] = {
    "hours_de": "Dienstag und Donnerstag, 14 bis 18 Uhr",
    "hours_en": "Tuesday and Thursday, 2 to 6 p.m.",
    "hours_simple": "Dienstag und Donnerstag: 14 bis 18 Uhr.",
}
_OFFICE: dict[str, Any] = {
    "name_de": "Sozialraumbüro Unterhaching",
    "name_en": "Social-space office Unterhaching",
    "name_simple": "Büro in Unterhaching",
}
_WORKER: dict[str, Any] = {
    "name_de": "Bezirkssozialarbeit, Durchwahl",
    "name_en": "Area social work, direct line",
    "name_simple": "Sozial-Arbeit, eigene Nummer",
}


def contact_points() -> Iterator[ContactPoint]:
    yield ContactPoint(
        id=demo_id("contact_point", "Unterhaching"),
        authority_id=AUTHORITY,
        social_space_id=space_id("Unterhaching"),
        telephone=f"{NUMBER} 100",
        **_OFFICE,
        **_WEEKDAYS,
    )
    for number, who in enumerate(("case_worker", "second_case_worker"), start=101):
        yield ContactPoint(
            id=demo_id("contact_point", who),
            authority_id=AUTHORITY,
            actor_id=PEOPLE[who].actor_id,
            telephone=f"{NUMBER} {number}",
            **_WORKER,
            **_WEEKDAYS,
        )


def complaint_offices() -> Iterator[ComplaintOffice]:
    since: dict[str, Any] = {"valid_from": FIRST_DAY}
    yield ComplaintOffice(
        id=demo_id("complaint_office", "ombuds"),
        authority_id=AUTHORITY,
        kind=ComplaintOfficeKind.OMBUDS_OFFICE.value,
        independent=True,
        name_de="Ombudsstelle Kinder- und Jugendhilfe (Beispiel)",
        name_en="Ombuds office for child and youth welfare (example)",
        name_simple="Ombuds-Stelle für Kinder, Jugendliche und Familien (Beispiel)",
        telephone=f"{NUMBER} 200",
        address="Beispielweg 1, 80000 München",
        **_AFTERNOON,
        **since,
    )
    yield ComplaintOffice(
        id=demo_id("complaint_office", "county"),
        authority_id=AUTHORITY,
        kind=ComplaintOfficeKind.COMPLAINT_OFFICE.value,
        independent=False,
        name_de="Beschwerdestelle des Landratsamts (Beispiel)",
        name_en="Complaint office of the county (example)",
        name_simple="Beschwerde-Stelle vom Land-Rats-Amt (Beispiel)",
        telephone=f"{NUMBER} 201",
        address="Beispielplatz 2, 80000 München",
        **_WEEKDAYS,
        **since,
    )
