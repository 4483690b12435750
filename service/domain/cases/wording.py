"""The words of case work in the three languages of the service (deck lines 115-146, 154)."""

from service.domain.cases.model import Numeral, ParticipantKind, RepresentationKind, StepState
from service.domain.words import saying

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

STEP_STATES = {
    StepState.OPEN: saying("offen", "open", "noch zu tun"),
    StepState.DONE: saying("erledigt", "done", "geschafft"),
    StepState.NOT_DONE: saying("nicht erledigt", "not done", "nicht geschafft"),
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

SLOTS = {
    "how": saying("So geht es", "How", "So mache ich das"),
    "with_whom": saying("Mit wem", "With whom", "Wer macht mit"),
    "with_what": saying("Womit", "With what", "Das brauche ich"),
}
