"""Why somebody has access to a case, said to them in the three languages of the service."""

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
}
