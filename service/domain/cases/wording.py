"""The words of case work in the three languages of the service (deck lines 115-146, 154)."""

from service.domain.cases.audits import AuditRequestState
from service.domain.cases.handovers import HandoverKind, HandoverState
from service.domain.cases.model import (
    CaseState,
    GoalState,
    Numeral,
    ParticipantKind,
    QuestionState,
    RepresentationKind,
    StepEnding,
    StepState,
)
from service.domain.cases.picture import Aspect, LifeArea
from service.domain.words import saying

CASE_STATES = {
    CaseState.ENQUIRY: saying("Anfrage", "enquiry", "Sie haben gefragt."),
    CaseState.COUNSELLING: saying("Beratung", "counselling", "Wir beraten Sie."),
    CaseState.CLARIFICATION: saying(
        "Klärung: Was wollen Sie verändern?",
        "clarification: what do you want to change?",
        "Wir klären: Was wollen Sie?",
    ),
    CaseState.ARRANGEMENT_PLANNING: saying(
        "Planung: Wer trägt was bei?", "planning: who contributes what?", "Wir planen: Wer macht was?"
    ),
    CaseState.ACTIVE: saying("Die Unterstützung läuft", "support is under way", "Die Hilfe läuft."),
    CaseState.REVIEW: saying("Gemeinsame Überprüfung", "review together", "Wir prüfen zusammen: Passt die Hilfe noch?"),
    CaseState.CLOSING: saying("Abschluss", "closing", "Wir kommen zum Ende."),
    CaseState.AFTER_CARE: saying("Nachbetreuung", "after-care", "Die Hilfe ist zu Ende. Wir bleiben in Kontakt."),
    CaseState.CLOSED: saying("abgeschlossen", "closed", "Die Hilfe ist zu Ende."),
    CaseState.REDIRECTED: saying(
        "an eine andere Stelle vermittelt", "shown on to another body", "Eine andere Stelle hilft Ihnen jetzt."
    ),
    CaseState.TRANSFERRED: saying(
        "übergeben: die neue Zuständigkeit beginnt",
        "handed over: somebody else is taking it up",
        "Jemand anderes ist jetzt für Sie zuständig.",
    ),
    CaseState.MERGED: saying(
        "mit einer anderen Akte zusammengeführt",
        "merged with another file",
        "Es gab zwei Akten. Jetzt ist es eine.",
    ),
}

HANDOVER_KINDS = {
    HandoverKind.REDIRECTION: saying(
        "Vermittlung an eine andere Stelle", "shown on to another body", "Eine andere Stelle kann besser helfen."
    ),
    HandoverKind.TRANSFER: saying("Wechsel der Zuständigkeit", "transfer", "Jemand anderes soll zuständig sein."),
}

AUDIT_REQUEST_STATES = {
    AuditRequestState.REQUESTED: saying("beantragt", "requested", "Jemand möchte den Fall prüfen."),
    AuditRequestState.APPROVED: saying("genehmigt", "approved", "Die Prüfung ist erlaubt."),
    AuditRequestState.REFUSED: saying("abgelehnt", "refused", "Die Prüfung ist nicht erlaubt."),
    AuditRequestState.ENDED: saying("beendet", "ended", "Die Prüfung ist zu Ende."),
}

HANDOVER_STATES = {
    HandoverState.OFFERED: saying(
        "noch nicht angenommen, bis dahin bleibt es hier",
        "not accepted yet; until then it stays here",
        "Die andere Seite hat noch nicht ja gesagt. So lange bleiben wir zuständig.",
    ),
    HandoverState.ACCEPTED: saying("angenommen", "accepted", "Die andere Seite hat ja gesagt."),
    HandoverState.WITHDRAWN: saying("zurückgezogen", "withdrawn", "Wir haben es anders entschieden."),
}

QUESTION_STATES = {
    QuestionState.NOT_STARTED: saying("noch offen", "still open", "noch keine Antwort"),
    QuestionState.ANSWERED: saying("beantwortet", "answered", "Es gibt eine Antwort."),
    QuestionState.SKIPPED: saying("ausgelassen", "left out", "Die Frage lassen wir aus."),
}

QUESTIONS = {
    Numeral.I: saying("Was will ich verändern?", "What do I want to change?", "Was soll anders werden?"),
    Numeral.II: saying("Was kann ich selbst dafür tun?", "What can I do for it myself?", "Was kann ich selbst tun?"),
    Numeral.III: saying(
        "Wie können mich Freund:innen, Familie, Nachbarschaft unterstützen?",
        "How can friends, family and neighbours support me?",
        "Wer kann mir helfen? Zum Beispiel Freunde, Familie, Nachbarn.",
    ),
    Numeral.IV: saying(
        "Welche Unterstützung bietet die Gemeinde, das Quartier, die Region?",
        "What support do the municipality, the neighbourhood and the region offer?",
        "Welche Hilfe gibt es in meinem Ort?",
    ),
    Numeral.V: saying(
        "Welche konkrete Hilfe brauche ich von Spezial-Profis?",
        "What specific help do I need from specialists?",
        "Welche Hilfe brauche ich von Fach-Leuten?",
    ),
    Numeral.VI: saying(
        "Was will und kann ich für andere tun?",
        "What do I want to and can I do for others?",
        "Was möchte ich für andere tun? Was kann ich für andere tun?",
    ),
    Numeral.VII: saying(
        "Was hat sich verändert? Gemeinsam zurückblicken und auswerten",
        "What has changed? Looking back and evaluating together",
        "Was ist jetzt anders? Wir schauen zusammen zurück.",
    ),
}

GOAL_STATES = {
    GoalState.DRAFT: saying("Vorschlag", "draft", "Das ist ein Vorschlag."),
    GoalState.AGREED: saying("vereinbart", "agreed", "Das wollen Sie."),
    GoalState.WILL_RECORDED: saying(
        "so will es das Kind",
        "what the child wants, as it was found out",
        "Das will das Kind. So haben wir es gemerkt.",
    ),
    GoalState.REACHED: saying("erreicht", "reached", "geschafft"),
    GoalState.PARTLY_REACHED: saying("zum Teil erreicht", "partly reached", "zum Teil geschafft"),
    GoalState.CHANGED: saying("neu gefasst", "put anew", "Das Ziel ist jetzt ein anderes."),
    GoalState.DROPPED: saying("losgelassen", "let go", "Das wollen Sie nicht mehr."),
}

STEP_STATES = {
    StepState.OPEN: saying("offen", "open", "noch zu tun"),
    StepState.DOING: saying("angefangen", "begun", "Sie haben angefangen."),
    StepState.DONE: saying("erledigt", "done", "geschafft"),
    StepState.NOT_DONE: saying("nicht erledigt", "not done", "nicht geschafft"),
    StepState.DROPPED: saying("weggefallen", "fallen away", "nicht mehr nötig"),
}

STEP_ENDINGS = {
    StepEnding.GOAL_ENDED: saying(
        "Das Ziel ist beendet.", "The goal has ended.", "Das Ziel ist geschafft oder beendet."
    ),
    StepEnding.CASE_CLOSED: saying("Der Fall ist abgeschlossen.", "The case is closed.", "Die Hilfe ist zu Ende."),
    StepEnding.CASE_PASSED_ON: saying(
        "Der Fall ist abgegeben.", "The case has been passed on.", "Jemand anderes ist jetzt für Sie zuständig."
    ),
}

PARTICIPANT_KINDS = {
    ParticipantKind.ADDRESSEE: saying("um sie oder ihn geht es", "whom it is about", "Um diesen Menschen geht es"),
    ParticipantKind.CUSTODIAN: saying("sorgeberechtigte Person", "custodian", "Hat das Sorge-Recht"),
    ParticipantKind.REPRESENTATIVE: saying(
        "rechtliche Vertretung", "legal representative", "Darf für einen anderen Menschen entscheiden oder sprechen"
    ),
    ParticipantKind.TRUSTED_PERSON: saying("Vertrauensperson", "trusted person", "Mensch, dem jemand hier vertraut"),
    ParticipantKind.NETWORK_PERSON: saying(
        "Mensch aus dem Umfeld", "somebody from the network", "Hilft mit. Zum Beispiel Oma oder Nachbarin."
    ),
}

REPRESENTATIONS = {
    RepresentationKind.PARENT: saying("Elternteil", "parent", "Mutter oder Vater"),
    RepresentationKind.GUARDIAN: saying("Vormund:in", "guardian", "Vormund. Das heißt: sorgt statt der Eltern."),
    RepresentationKind.CURATOR: saying(
        "Ergänzungspflege", "curator", "Pfleger. Das heißt: entscheidet bei manchen Fragen statt der Eltern."
    ),
    RepresentationKind.LEGAL_CARER: saying(
        "rechtliche Betreuung", "legal carer", "Rechtlicher Betreuer. Das Gericht hat das bestimmt."
    ),
    RepresentationKind.ATTORNEY: saying(
        "bevollmächtigte Person", "attorney", "Hat eine Vollmacht. Das heißt: darf für jemanden handeln."
    ),
}

LIFE_AREAS = {
    LifeArea.WORK: saying("Arbeiten", "work", "Arbeit"),
    LifeArea.HOUSING: saying("Wohnen", "housing", "Wohnen"),
    LifeArea.HEALTH: saying("Gesundheit", "health", "Gesundheit"),
    LifeArea.MONEY: saying("Geld", "money", "Geld"),
    LifeArea.UPBRINGING: saying("Erziehung", "upbringing", "Kinder groß-ziehen"),
    LifeArea.EDUCATION: saying("Bildung", "education", "Schule und Lernen"),
    LifeArea.OTHER: saying("anderer Bereich", "another area", "etwas anderes"),
}

ASPECTS = {
    Aspect.PERSON: saying("die Person selbst", "the person", "der Mensch selbst"),
    Aspect.RELATIONS: saying("soziale Bezüge", "relations", "die Menschen um ihn herum"),
    Aspect.CONDITIONS: saying("Lebensverhältnisse", "conditions of life", "wie er lebt und was es gibt"),
}

SLOTS = {
    "how": saying("So geht es", "How", "So mache ich das"),
    "with_whom": saying("Mit wem", "With whom", "Wer macht mit"),
    "with_what": saying("Womit", "With what", "Das brauche ich"),
}
