"""Why somebody has access to a case, and what they looked at, in the three languages of the service."""

from service.domain.access.topics import Topic, Way
from service.domain.policy import Basis
from service.domain.words import saying

BASES = {
    Basis.ASSIGNMENT: saying("Sie führen den Fall.", "You lead the case.", "Sie sind zuständig."),
    Basis.TRANSMISSION: saying(
        "Sie arbeiten im Auftrag am Fall.", "You work on the case by assignment.", "Sie arbeiten hier mit."
    ),
    Basis.SELF: saying("Es geht um Sie.", "It is about you.", "Es geht um Sie."),
    Basis.REPRESENTATION: saying(
        "Sie vertreten jemanden.", "You represent somebody.", "Sie dürfen für jemanden sprechen."
    ),
    Basis.TRUST: saying(
        "Jemand vertraut Ihnen und lässt Sie etwas sehen.",
        "Somebody trusts you and lets you see something.",
        "Jemand vertraut Ihnen. Sie dürfen etwas ansehen.",
    ),
    Basis.NETWORK: saying(
        "Sie haben einen Schritt übernommen.", "You have taken on a step.", "Sie machen etwas mit: einen Schritt."
    ),
    Basis.LINK: saying(
        "Sie haben einen Link zu einem Schritt.",
        "You have a link to a step.",
        "Sie haben einen Link: zu einem Schritt.",
    ),
    Basis.AUDIT: saying(
        "Sie prüfen diesen Fall als Stichprobe.", "You audit this case as a sample.", "Sie prüfen diesen Fall."
    ),
}

OTHERS = {
    Basis.ASSIGNMENT: saying("führt den Fall", "leads the case", "Diese Person ist zuständig."),
    Basis.TRANSMISSION: saying(
        "arbeitet im Auftrag am Fall", "works on the case by assignment", "Diese Person arbeitet hier mit."
    ),
    Basis.SELF: saying("um diese Person geht es", "it is about this person", "Um diese Person geht es."),
    Basis.REPRESENTATION: saying(
        "vertritt jemanden", "represents somebody", "Diese Person darf für jemanden sprechen."
    ),
    Basis.TRUST: saying(
        "jemand vertraut dieser Person", "somebody trusts this person", "Jemand vertraut dieser Person."
    ),
    Basis.NETWORK: saying("hat einen Schritt übernommen", "has taken on a step", "Diese Person macht etwas mit."),
    Basis.LINK: saying(
        "hat einen Link zu einem Schritt", "has a link to a step", "Diese Person hat einen Link: zu einem Schritt."
    ),
    Basis.AUDIT: saying(
        "prüft den Fall als Stichprobe", "audits the case as a sample", "Diese Person prüft, ob alles richtig war."
    ),
}
"""Why somebody else has access to a case."""

WAYS = {
    Way.READ: saying("gelesen", "read", "Die Person hat etwas gelesen."),
    Way.CHANGED: saying("geändert oder hinzugefügt", "changed or added", "Die Person hat etwas geändert."),
    Way.REFUSED: saying("versucht, nicht zugelassen", "tried, and was refused", "Die Person durfte es nicht."),
}

TOPICS = {
    Topic.ACCESS: saying("wer Zugang hat", "who has access", "Wer etwas sehen darf"),
    Topic.ARRANGEMENT: saying("Hilfen und Bescheide", "support and decisions", "Hilfen und Bescheide"),
    Topic.ASSIGNMENTS: saying("Aufträge und Berichte", "assignments and reports", "Aufträge und Berichte"),
    Topic.CALENDAR: saying(
        "Termine für den eigenen Kalender", "appointments, for one's own calendar", "Termine für einen Kalender"
    ),
    Topic.CASE: saying("der Fall", "the case", "Ihr Fall"),
    Topic.CONSULTATIONS: saying("Beratungen", "consultations", "Gespräche mit anderen"),
    Topic.GOALS: saying("Ziele", "goals", "Ziele"),
    Topic.MONEY: saying("Kosten", "costs", "Geld"),
    Topic.PEOPLE: saying("wer dazugehört", "who is in it", "Namen und Personen"),
    Topic.PROTECTION: saying("Kinderschutz", "child protection", "Schutz von Kindern"),
    Topic.RECORD: saying("dieses Protokoll", "this record", "Diese Liste"),
    Topic.SKETCH: saying("Umriss ohne Namen", "outline without names", "Der Fall ohne Namen"),
    Topic.STEPS: saying("Schritte", "steps", "Schritte"),
    Topic.WORDS: saying("Antworten und Worte", "answers and words", "Was jemand gesagt hat"),
}
