"""The words of case work in the three languages of the service (deck lines 115-146, 154)."""

from service.domain.cases.model import Numeral, StepState
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

SLOTS = {
    "how": saying("So geht es", "How", "So mache ich das"),
    "with_whom": saying("Mit wem", "With whom", "Wer macht mit"),
    "with_what": saying("Womit", "With what", "Das brauche ich"),
}
