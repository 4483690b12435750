"""The words of consultations in the three languages of the service."""

from service.domain.consultations.model import (
    Consent,
    ConsultationEntryKind,
    ConsultationRole,
    ConsultationState,
    ResourceKind,
)
from service.domain.words import saying

ADVICE = saying(
    "Was dabei herauskommt, ist ein Rat. Über Hilfen entscheidet allein das Amt, auf Antrag.",
    "What comes of it is advice. Help is decided by the agency alone, when somebody applies.",
    "Die Ideen sind ein Rat. Ob Sie eine Hilfe bekommen, entscheidet das Amt. Dafür stellen Sie einen Antrag.",
)

CONSULTATION_STATES = {
    ConsultationState.REQUESTED: saying("gewünscht", "asked for", "Jemand möchte dieses Treffen."),
    ConsultationState.CONSENTED: saying("vereinbart", "agreed to", "Sie haben ja gesagt."),
    ConsultationState.SCHEDULED: saying("Termin steht", "there is a date", "Es gibt einen Termin."),
    ConsultationState.HELD: saying("findet statt", "under way", "Das Treffen läuft."),
    ConsultationState.RESULTS_RECORDED: saying(
        "Ergebnisse sind festgehalten", "results are written down", "Wir haben aufgeschrieben, was Sie wollen."
    ),
    ConsultationState.FOLLOWED_UP: saying(
        "noch einmal angeschaut", "looked at again", "Wir haben noch einmal zusammen geschaut."
    ),
    ConsultationState.CLOSED: saying("beendet", "closed", "Das ist zu Ende."),
    ConsultationState.CANCELLED: saying("abgesagt", "cancelled", "Das Treffen fällt aus."),
}

ROLES = {
    ConsultationRole.FAMILY: saying(
        "Familie und wer zu ihr gehört", "family, and whoever belongs to it", "Familie und Freunde"
    ),
    ConsultationRole.CASE_GIVER: saying("bringt die Frage ein", "brings the question", "erzählt, worum es geht"),
    ConsultationRole.MODERATOR: saying("moderiert", "moderates", "leitet das Gespräch"),
    ConsultationRole.COORDINATOR: saying("bereitet den Familienrat vor", "prepares the council", "bereitet alles vor"),
    ConsultationRole.IDEA_GIVER: saying("gibt Ideen", "gives ideas", "hat Ideen für Sie"),
    ConsultationRole.EXPERT_BY_EXPERIENCE: saying(
        "Expert:in aus Erfahrung", "expert by experience", "hat so etwas selbst erlebt"
    ),
    ConsultationRole.INTERPRETER: saying("dolmetscht", "interprets", "übersetzt für Sie"),
}

CONSENTS = {
    Consent.ASKED: saying("noch keine Antwort", "no answer yet", "hat noch nicht geantwortet"),
    Consent.GIVEN: saying("kommt und ist einverstanden", "comes, and consents", "sagt ja"),
    Consent.REFUSED: saying("kommt nicht", "does not come", "sagt nein"),
}

# Of who is asked about what is told of them alone.
CONSENTS_ONLY = CONSENTS | {
    Consent.GIVEN: saying("ist einverstanden", "consents", "sagt ja"),
    Consent.REFUSED: saying("ist nicht einverstanden", "does not consent", "sagt nein"),
}

ENTRY_KINDS = {
    ConsultationEntryKind.ABOUT_ME: saying("Das bin ich", "That is me", "Das bin ich."),
    ConsultationEntryKind.STRENGTHS: saying("Stärke", "Strength", "Das können Sie gut."),
    ConsultationEntryKind.FEEDBACK: saying("Rückmeldung dazu", "What they say to that", "Das sagen Sie dazu."),
    ConsultationEntryKind.OPPORTUNITIES: saying("Gelegenheit", "Opportunity", "Da können Sie es zeigen."),
    ConsultationEntryKind.WORRIES: saying("Sorge", "Worry", "Das macht Sorgen."),
    ConsultationEntryKind.WORKING_WELL: saying("Was gut läuft", "What works well", "Das läuft gut."),
    ConsultationEntryKind.NEEDS_TO_HAPPEN: saying("Was geschehen muss", "What needs to happen", "Das muss passieren."),
    ConsultationEntryKind.SCALE: saying(
        "Einschätzung von 0 bis 10", "Placed from 0 to 10", "So sicher ist es: von 0 bis 10."
    ),
    ConsultationEntryKind.NETWORK: saying("Gehört zum Netz", "Belongs to the network", "Diese Person hilft mit."),
}

RESOURCE_KINDS = {
    ResourceKind.PERSONAL: saying("persönlich", "personal", "Das sind Sie selbst."),
    ResourceKind.SOCIAL: saying("sozial", "social", "Das sind Menschen, die Sie kennen."),
    ResourceKind.MATERIAL: saying("materiell", "material", "Das haben Sie."),
    ResourceKind.INFRASTRUCTURAL: saying("im Umfeld", "around you", "Das gibt es bei Ihnen in der Nähe."),
}
