"""The words of arrangements and decisions in the three languages of the service, and the official names of kinds of
support."""

from service.domain.budgets.purposes import OPEN_TO_OTHERS, PURPOSES
from service.domain.decisions.model import (
    ElementKind,
    ElementState,
    OtherWay,
    Outcome,
    Override,
    SupportKind,
    SupportPlace,
)
from service.domain.decisions.reviews import Finding, ReviewKind, ReviewState
from service.domain.words import saying

ELEMENT_KINDS = {
    ElementKind.OWN: saying("Was ich selbst tue", "What I do myself", "Das mache ich selbst"),
    ElementKind.OWN_NETWORK: saying(
        "Familie, Freund:innen, Nachbarschaft", "Family, friends, neighbours", "Meine Familie und meine Freunde helfen"
    ),
    ElementKind.COMMUNITY: saying(
        "Gemeinde, Quartier, Verein",
        "Municipality, neighbourhood, clubs",
        "Hilfe in meinem Ort, zum Beispiel im Verein",
    ),
    ElementKind.REGULAR_INSTITUTION: saying(
        "Kita, Schule und andere Einrichtungen für alle",
        "Day nursery, school and other institutions for everybody",
        "Zum Beispiel Kita oder Schule",
    ),
    ElementKind.SPECIALIST: saying("Spezial-Profis", "Specialists", "Hilfe von Fach-Leuten"),
}

ELEMENT_STATES = {
    ElementState.PLANNED: saying("geplant", "planned", "das haben wir vor"),
    ElementState.APPLIED: saying("beantragt", "applied for", "wir haben es beantragt"),
    ElementState.RUNNING: saying("läuft", "running", "das läuft"),
    ElementState.GRANTED: saying("bewilligt", "granted", "das Amt hat ja gesagt"),
    ElementState.REFUSED: saying("abgelehnt", "refused", "das Amt hat nein gesagt"),
    ElementState.ENDED: saying("beendet", "ended", "das ist zu Ende"),
}

OUTCOMES = {
    Outcome.GRANTED: saying("bewilligt", "granted", "Das Amt hat ja gesagt."),
    Outcome.PARTLY: saying("teilweise bewilligt", "partly granted", "Das Amt hat zu einem Teil ja gesagt."),
    Outcome.REFUSED: saying("abgelehnt", "refused", "Das Amt hat nein gesagt."),
}

OTHER_WAYS = {
    OtherWay.DIRECT_ACCESS: saying(
        "direkt in Anspruch genommen (§ 36a Abs. 2 SGB VIII)",
        "by direct access (§ 36a(2) SGB VIII)",
        "Diese Hilfe bekommen Sie ohne Antrag.",
    ),
    OtherWay.TAKING_INTO_CARE: saying(
        "in Obhut genommen (§ 42 SGB VIII)",
        "taken into care (§ 42 SGB VIII)",
        "Das Amt schützt das Kind. Darum ging es sofort los.",
    ),
    OtherWay.SELF_PROCUREMENT: saying(
        "selbst beschafft (§ 36a Abs. 3 SGB VIII)",
        "procured by oneself (§ 36a(3) SGB VIII)",
        "Sie haben die Hilfe selbst besorgt.",
    ),
}

OVERRIDES = {
    Override.ACUTE_PROTECTION: saying(
        "Es musste sofort geschützt werden.", "Protection could not wait.", "Der Schutz war eilig."
    ),
    Override.LEGAL_CLAIM_REQUESTED: saying(
        "Ein Rechtsanspruch wurde geltend gemacht.", "A legal claim was asserted.", "Sie haben ein Recht auf die Hilfe."
    ),
    Override.ADDRESSEE_WISH: saying("Es war so gewünscht.", "It was wished for.", "Sie wollten es so."),
}

REVIEW_KINDS = {
    ReviewKind.SUPPORT_REVIEW: saying(
        "Passt die Hilfe noch? (§ 36 Abs. 2 SGB VIII)",
        "Is the help still right? (§ 36(2) SGB VIII)",
        "Wir schauen: Passt die Hilfe noch?",
    ),
    ReviewKind.REFLECTION: saying(
        "Gemeinsam zurückschauen (Frage VII)", "Looking back together (question VII)", "Wir schauen zusammen zurück."
    ),
    ReviewKind.TRANSITION_CHECK: saying(
        "Wie geht es nach der Hilfe weiter? (§ 41 Abs. 3 SGB VIII)",
        "What comes after the help? (§ 41(3) SGB VIII)",
        "Wie geht es nach der Hilfe weiter?",
    ),
    ReviewKind.AFTER_CARE_CONTACT: saying(
        "Nach der Hilfe in Verbindung bleiben (§ 41a SGB VIII)",
        "Staying in touch after the help (§ 41a SGB VIII)",
        "Wir fragen nach, wie es Ihnen geht.",
    ),
}

REVIEW_STATES = {
    ReviewState.PLANNED: saying("geplant", "planned", "das haben wir vor"),
    ReviewState.HELD: saying("gemacht", "done", "das haben wir gemacht"),
    ReviewState.DROPPED: saying("entfallen", "dropped", "das fällt aus"),
}

FINDINGS = {
    Finding.SUITABLE_AND_NECESSARY: saying(
        "geeignet und notwendig", "suitable and necessary", "Die Hilfe passt. Sie wird noch gebraucht."
    ),
    Finding.TO_BE_CHANGED: saying("soll anders werden", "is to be changed", "Die Hilfe soll anders werden."),
    Finding.NO_LONGER_NEEDED: saying("nicht mehr nötig", "no longer needed", "Die Hilfe wird nicht mehr gebraucht."),
}

DUE_KINDS = {
    **{kind.value: said for kind, said in REVIEW_KINDS.items()},
    "step": saying("Schritt", "Step", "Das ist der nächste Schritt."),
    "application": saying("Antrag, der wartet", "Application that waits", "Ein Antrag wartet."),
    "call_back": saying("Nachfragen, ob jemand angekommen ist", "Ask whether they have arrived", "Da rufen wir an."),
    "consultation_follow_up": saying(
        "Beratung noch einmal anschauen", "Look at a consultation again", "Wir schauen noch einmal auf das Treffen."
    ),
    "endangerment_report": saying(
        "Mitteilung zum Kinderschutz sichten", "Screen what was reported of a child", "Jemand sorgt sich um ein Kind."
    ),
    "safety_plan_review": saying(
        "Schutzplan überprüfen", "See whether a safety plan holds", "Wir schauen, ob der Plan das Kind schützt."
    ),
    "confidentiality_review": saying(
        "Vertrauliche Beratung: gilt der Grund noch?",
        "Confidential counselling: does the reason still hold?",
        "Wir schauen: Müssen wir es noch geheim halten?",
    ),
}

_OMBUDS = saying(
    "Wenn Sie damit nicht einverstanden sind: Die Ombudsstelle berät Sie unabhängig und kostenlos (§ 9a SGB VIII).",
    "If you do not agree: the ombuds office advises you independently and free of charge (§ 9a SGB VIII).",
    "Sie finden das nicht richtig? Die Ombuds-Stelle hilft Ihnen. Sie gehört nicht zum Amt. Die Hilfe kostet nichts.",
)
HINTS = {Outcome.PARTLY: _OMBUDS, Outcome.REFUSED: _OMBUDS}

# The official statistic's own German names, with the paragraph of SGB VIII each of them stands in.
SUPPORT_KINDS = {
    SupportKind.CHILD_GUIDANCE_FAMILY: ("28", "Erziehungsberatung vorrangig mit der Familie"),
    SupportKind.CHILD_GUIDANCE_PARENTS: ("28", "Erziehungsberatung vorrangig mit den Eltern"),
    SupportKind.CHILD_GUIDANCE_YOUNG_PERSON: ("28", "Erziehungsberatung vorrangig mit dem jungen Menschen"),
    SupportKind.SOCIAL_GROUP_WORK: ("29", "Soziale Gruppenarbeit"),
    SupportKind.PARENTING_ASSISTANT: ("30", "Erziehungsbeistand"),
    SupportKind.SUPERVISION_HELPER: ("30", "Betreuungshelfer"),
    SupportKind.SOCIAL_PEDAGOGICAL_FAMILY_SUPPORT: ("31", "Sozialpädagogische Familienhilfe"),
    SupportKind.DAY_GROUP: ("32", "Erziehung in einer Tagesgruppe"),
    SupportKind.FOSTER_CARE_GENERAL: ("33", "Vollzeitpflege (allgemein)"),
    SupportKind.FOSTER_CARE_SPECIAL: ("33", "Vollzeitpflege (besondere Pflegeformen)"),
    SupportKind.RESIDENTIAL_CARE: ("34", "Heimerziehung, sonstige betreute Wohnform"),
    SupportKind.INTENSIVE_INDIVIDUAL_SUPPORT: ("35", "Intensive sozialpädagogische Einzelbetreuung"),
    SupportKind.INTEGRATION_ASSISTANCE: ("35a", "Eingliederungshilfe"),
    SupportKind.FLEXIBLE_SUPPORT_AMBULATORY: ("27", "Hilfe zur Erziehung, vorrangig ambulant"),
    SupportKind.FLEXIBLE_SUPPORT_OUT_OF_HOME: ("27", "Hilfe zur Erziehung, vorrangig außerhalb der Familie"),
    SupportKind.FLEXIBLE_SUPPORT_OTHER: ("27", "Hilfe zur Erziehung, sonstige Hilfen"),
}

_IN_OTHER_WORDS = {
    SupportKind.CHILD_GUIDANCE_FAMILY: ("child guidance, mostly with the family", "Beratung für die Familie"),
    SupportKind.CHILD_GUIDANCE_PARENTS: ("child guidance, mostly with the parents", "Beratung für die Eltern"),
    SupportKind.CHILD_GUIDANCE_YOUNG_PERSON: (
        "child guidance, mostly with the young person",
        "Beratung für den jungen Menschen",
    ),
    SupportKind.SOCIAL_GROUP_WORK: ("social group work", "Zusammen in einer Gruppe lernen"),
    SupportKind.PARENTING_ASSISTANT: ("parenting assistant", "Jemand begleitet das Kind"),
    SupportKind.SUPERVISION_HELPER: ("supervision helper", "Jemand begleitet den jungen Menschen"),
    SupportKind.SOCIAL_PEDAGOGICAL_FAMILY_SUPPORT: (
        "social-pedagogical family support",
        "Jemand kommt zur Familie und hilft",
    ),
    SupportKind.DAY_GROUP: ("upbringing in a day group", "Tages-Gruppe"),
    SupportKind.FOSTER_CARE_GENERAL: ("foster care (general)", "Pflege-Familie"),
    SupportKind.FOSTER_CARE_SPECIAL: ("foster care (special forms)", "Besondere Pflege-Familie"),
    SupportKind.RESIDENTIAL_CARE: ("residential care", "Wohnen im Heim oder in einer Wohn-Gruppe"),
    SupportKind.INTENSIVE_INDIVIDUAL_SUPPORT: (
        "intensive social-pedagogical individual support",
        "Viel Hilfe für einen jungen Menschen",
    ),
    SupportKind.INTEGRATION_ASSISTANCE: ("integration assistance", "Hilfe bei einer Behinderung"),
    SupportKind.FLEXIBLE_SUPPORT_AMBULATORY: (
        "support with upbringing, mostly ambulatory",
        "Hilfe zur Erziehung, meistens zu Hause",
    ),
    SupportKind.FLEXIBLE_SUPPORT_OUT_OF_HOME: (
        "support with upbringing, mostly out of the family",
        "Hilfe zur Erziehung, meistens nicht zu Hause",
    ),
    SupportKind.FLEXIBLE_SUPPORT_OTHER: ("support with upbringing, other", "Andere Hilfe zur Erziehung"),
}
SUPPORT_IN_A_CASE = "support_in_a_case"
"""What money is bound for in a case where no kind of support is named."""
# In words that name no person: the only thing finance reads about what is granted.
PURPOSES[SUPPORT_IN_A_CASE] = saying("Unterstützung im Einzelfall", "support in a case", "Hilfe für jemanden")
PURPOSES[OPEN_TO_OTHERS] = saying(
    "Angebot im Sozialraum, das auch andere nutzen",
    "an offer of the social space that others use, too",
    "Ein Angebot am Ort. Es ist auch für andere da",
)
PURPOSES.update(
    (kind, saying(*(f"{each} (§ {paragraph} SGB VIII)" for each in (name, *_IN_OTHER_WORDS[kind]))))
    for kind, (paragraph, name) in SUPPORT_KINDS.items()
)

# The official statistic's own German names.
SUPPORT_PLACES = {
    SupportPlace.FAMILY_OF_ORIGIN: saying(
        "in der Wohnung der Herkunftsfamilie", "in the home of the family of origin", "zu Hause bei der eigenen Familie"
    ),
    SupportPlace.HOME_OF_RELATIVES: saying(
        "in der Wohnung einer Verwandtenfamilie", "in the home of relatives", "bei Verwandten"
    ),
    SupportPlace.UNRELATED_FAMILY: saying(
        "in einer nicht-verwandten Familie", "in an unrelated family", "in einer anderen Familie"
    ),
    SupportPlace.DAY_NURSERY: saying(
        "in einer Einrichtung der Kindertagesbetreuung", "in a day nursery", "in der Kita oder bei der Tages-Mutter"
    ),
    SupportPlace.SCHOOL: saying("in der Schule", "at school", "in der Schule"),
    SupportPlace.AMBULATORY_SERVICE: saying(
        "in Räumen eines ambulanten Dienstes", "in rooms of an ambulatory service", "in den Räumen von einem Dienst"
    ),
    SupportPlace.DAY_INSTITUTION: saying(
        "in einer Einrichtung über Tag", "in an institution by day", "am Tag in einer Gruppe"
    ),
    SupportPlace.RESIDENTIAL_SEVERAL_GROUPS: saying(
        "in einer Mehrgruppen-Einrichtung über Tag und Nacht",
        "in a residential institution of several groups",
        "in einem Heim mit mehreren Gruppen",
    ),
    SupportPlace.RESIDENTIAL_ONE_GROUP: saying(
        "in einer Ein-Gruppen-Einrichtung über Tag und Nacht",
        "in a residential institution of one group",
        "in einer Wohn-Gruppe",
    ),
    SupportPlace.OWN_HOME_OF_YOUNG_PERSON: saying(
        "in der Wohnung des Jugendlichen/jungen Volljährigen",
        "in the young person's own home",
        "in der eigenen Wohnung",
    ),
    SupportPlace.ABROAD: saying("außerhalb von Deutschland", "outside Germany", "in einem anderen Land"),
    SupportPlace.ELSEWHERE: saying("sonstiger Ort", "elsewhere", "an einem anderen Ort"),
}
