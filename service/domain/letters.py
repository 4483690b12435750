"""The words of what is printed, in the three languages of the service."""

from collections.abc import Mapping

from service.domain.words import Saying, saying

LABELS: Mapping[str, Saying] = {
    "support_plan": saying("Hilfeplan", "Support plan", "Hilfe-Plan"),
    "decision": saying("Bescheid", "Decision", "Brief vom Amt: Das haben wir entschieden"),
    "invitation": saying("Einladung", "Invitation", "Einladung"),
    "recipient": saying("Für", "For", "Für"),
    "reference": saying("Zeichen", "Reference", "Zeichen"),
    "concern": saying("Anliegen", "Concern", "Darum geht es"),
    "state": saying("Stand", "State", "So weit sind wir"),
    "people": saying("Wer dazugehört", "Who is in it", "Wer mitmacht"),
    "goals": saying("Ziele", "Goals", "Das wollen wir erreichen"),
    "noticed": saying("Woran wir es merken", "How we will notice", "Daran merken wir es"),
    "feasibility": saying("Was es realistisch macht", "What makes it realistic", "Darum kann es klappen"),
    "steps": saying("Schritte", "Steps", "Schritte"),
    "how": saying("Wie", "How", "So geht es"),
    "who": saying("Wer", "Who", "Wer macht es"),
    "with_whom": saying("Mit wem", "With whom", "Wer hilft dabei"),
    "by_when": saying("Bis wann", "By when", "Bis wann"),
    "contributions": saying("Wer was beiträgt", "Who contributes what", "Wer was macht"),
    "what": saying("Was", "What", "Was"),
    "perspective": saying("Perspektive", "Perspective", "So soll es weitergehen"),
    "by_whom": saying("Von wem", "By whom", "Wer hilft"),
    "for_whom": saying("Für wen", "For whom", "Für wen"),
    "extent": saying("Umfang und Zeit", "Extent and period", "Wie viel und wie lange"),
    "hours_a_week": saying("Stunden in der Woche", "hours a week", "Stunden in der Woche"),
    "reviews": saying("Wann wir wieder darauf schauen", "When we look at it again", "Dann schauen wir wieder zusammen"),
    "results": saying("Was wir zusammen überlegt haben", "What we have thought of together", "Das haben wir überlegt"),
    "question": saying("Frage", "Question", "Darum ging es"),
    "choice": saying("Gewählt", "Chosen", "Das machen Sie"),
    "looked_at_again": saying("Wieder anschauen am", "Looked at again on", "Dann schauen wir wieder darauf"),
    "until": saying("bis", "until", "bis"),
    "more": saying("Es gibt mehr, als hier steht.", "There is more than stands here.", "Es gibt noch mehr."),
    "signatures": saying("Unterschriften", "Signatures", "Unterschriften"),
    "signed": saying(
        "Mit der Unterschrift wird bestätigt, dass der Plan gemeinsam besprochen wurde (§ 36 Abs. 2 SGB VIII).",
        "Signing confirms that the plan was talked over together (§ 36(2) SGB VIII).",
        "Wir haben den Plan zusammen besprochen. Darum unterschreiben wir.",
    ),
    "day_and_name": saying("Tag, Unterschrift", "Day, signature", "Tag und Unterschrift"),
    "professional": saying(
        "Tag, Unterschrift der Fachkraft", "Day, signature of the professional", "Tag und Unterschrift vom Amt"
    ),
    "second_professional": saying(
        "Tag, Unterschrift der zweiten Fachkraft",
        "Day, signature of the second professional",
        "Tag und zweite Unterschrift vom Amt",
    ),
    "decided_on": saying("Entschieden am", "Decided on", "Tag"),
    "annulled_on": saying("Aufgehoben am", "Annulled on", "Das gilt nicht mehr seit"),
    "applied_for": saying("Es geht um", "It is about", "Es geht um"),
    "outcome": saying("Entscheidung", "Decision", "Das haben wir entschieden"),
    "provider": saying("Träger", "Provider", "Wer hilft"),
    "legal_basis": saying("Rechtsgrundlage", "Legal basis", "Das Gesetz dazu"),
    "wish_and_choice": saying("Wunsch und Wahl", "Wish and choice", "Ihr Wunsch"),
    "reasons": saying("Begründung", "Reasons", "Darum haben wir so entschieden"),
    "remedy_notice": saying("Rechtsbehelfsbelehrung", "Remedy notice", "Sie sind nicht einverstanden?"),
    "questions": saying("Bei Fragen", "If you have questions", "Haben Sie Fragen?"),
    "complain": saying(
        "Beschwerde und Ombudsstelle", "Complaints and ombuds office", "Hier können Sie sich beschweren"
    ),
    "invited": saying("Wir laden Sie ein.", "You are invited.", "Wir laden Sie ein."),
    "when": saying("Wann", "When", "Wann"),
    "where": saying("Wo", "Where", "Wo"),
    "open": saying("noch offen", "still open", "Das wissen wir noch nicht."),
    "interpreting": saying("Es wird übersetzt", "Interpreted", "Jemand übersetzt"),
    "free_to_come": saying(
        "Sie entscheiden selbst, ob Sie kommen, und können jemanden mitbringen.",
        "Whether you come is yours to decide, and you can bring somebody along.",
        "Sie müssen nicht kommen. Sie können jemanden mitbringen.",
    ),
    "hour_and_place": saying("Uhrzeit und Ort", "Hour and place", "Uhr-Zeit und Ort"),
    "bring_along": saying(
        "Sie können eine Person Ihres Vertrauens mitbringen (§ 13 Abs. 4 SGB X).",
        "You can bring along somebody whom you trust (§ 13(4) SGB X).",
        "Sie können jemanden mitbringen, dem Sie vertrauen.",
    ),
}
