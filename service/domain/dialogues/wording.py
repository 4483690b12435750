"""The words of dialogues in the three languages of the service (states: facts, section 4)."""

from service.domain.dialogues.model import (
    AnnouncementState,
    DialogueActorKind,
    DialogueState,
    MeasureState,
    ThemeState,
    WorkDimension,
)
from service.domain.words import saying

DIALOGUE_STATES = {
    DialogueState.PLANNED: saying("geplant", "planned", "das ist geplant"),
    DialogueState.INVITED: saying("eingeladen", "invited", "die Einladung ist verschickt"),
    DialogueState.HELD: saying("hat stattgefunden", "held", "das Treffen war schon"),
    DialogueState.MINUTES_DRAFT: saying("Protokoll im Entwurf", "minutes in draft", "jemand schreibt das Protokoll"),
    DialogueState.MINUTES_RELEASED: saying(
        "Protokoll freigegeben", "minutes released", "alle können das Protokoll lesen"
    ),
    DialogueState.CLOSED: saying("abgeschlossen", "closed", "das ist abgeschlossen"),
}

ANNOUNCEMENT_STATES = {
    AnnouncementState.ANNOUNCED: saying("findet statt", "takes place", "das Treffen findet statt"),
    AnnouncementState.CALLED_OFF: saying("abgesagt", "called off", "das Treffen fällt aus"),
}

THEME_STATES = {
    ThemeState.RAISED: saying("eingebracht", "raised", "jemand hat das Thema genannt"),
    ThemeState.COLLECTED: saying("aufgenommen", "on the agenda", "wir sprechen darüber"),
    ThemeState.PRIORITISED: saying("vorrangig", "prioritised", "das Thema ist uns besonders wichtig"),
    ThemeState.IN_WORK: saying("in Arbeit", "in work", "wir arbeiten daran"),
    ThemeState.ESCALATED: saying("in der Region", "with the region", "die Region kümmert sich jetzt darum"),
    ThemeState.RESOLVED: saying("gelöst", "resolved", "das ist gelöst"),
    ThemeState.PARKED: saying("ruht", "at rest", "das Thema macht Pause"),
}

MEASURE_STATES = {
    MeasureState.PROPOSED: saying("vorgeschlagen", "proposed", "das ist ein Vorschlag"),
    MeasureState.AGREED: saying("vereinbart", "agreed", "das ist vereinbart"),
    MeasureState.RUNNING: saying("läuft", "running", "das läuft"),
    MeasureState.EVALUATED: saying("ausgewertet", "evaluated", "wir haben geprüft, ob es hilft"),
    MeasureState.CONTINUED: saying("wird fortgesetzt", "continued", "das geht weiter"),
    MeasureState.ENDED: saying("beendet", "ended", "das ist zu Ende"),
}

ACTOR_KINDS = {
    DialogueActorKind.AGENCY: saying("öffentlicher Träger", "public agency", "Amt"),
    DialogueActorKind.PROVIDER: saying("freier Träger", "independent provider", "Träger, zum Beispiel ein Verein"),
    DialogueActorKind.MUNICIPALITY: saying("Gemeinde", "municipality", "Gemeinde"),
    DialogueActorKind.REGULAR_INSTITUTION: saying(
        "Kita, Schule und andere Einrichtungen für alle",
        "day nursery, school and other institutions for everybody",
        "zum Beispiel Kita oder Schule",
    ),
    DialogueActorKind.CIVIL_SOCIETY: saying("Verein, Initiative", "club, initiative", "Verein oder Gruppe"),
    DialogueActorKind.REGIONAL_ACTOR: saying("regionale:r Akteur:in", "regional actor", "jemand aus der Region"),
    DialogueActorKind.EXPERT_BY_EXPERIENCE: saying(
        "Erfahrungsexpert:in", "expert by experience", "jemand mit eigener Erfahrung"
    ),
    DialogueActorKind.RESIDENT: saying("Bürger:in", "resident", "jemand, der hier wohnt"),
}

# The German labels are the deck's own and stay exactly so (settled: Words).
DIMENSIONS = {
    WorkDimension.CASE_SPECIFIC: saying("einzelfallspezifisch", "case-specific", "für eine Familie"),
    WorkDimension.CROSS_CASE: saying("einzelfallübergreifend", "across cases", "für mehrere Familien"),
    WorkDimension.CASE_UNSPECIFIC: saying("einzelfallunspezifisch", "without a case", "für alle im Ort"),
}
