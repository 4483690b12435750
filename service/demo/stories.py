"""Stories of demo cases. Every person, word and event in them is invented."""

from service.demo.story import Aim, Doing, Saying, Story, Who
from service.domain.cases.model import Audience, CaseState, FieldOfAction, GoalKind, GoalState, Numeral, StepState
from service.domain.values import Language

MAIN = Story(
    "Unterhaching",
    "Wieder Luft im Alltag",
    CaseState.ACTIVE,
    "Amira Himmelreich",
    34,
    "Ich will abends wieder Kraft haben, um mit Juno zu lesen, statt nur noch zu funktionieren.",
    (
        Aim(
            "Zweimal in der Woche gehört der Abend Juno und mir.",
            "Wir haben eine Geschichte zu Ende gelesen und keine Uhr im Blick.",
            (
                Doing("Dienstag und Donnerstag das Handy um sechs weglegen", "mit Juno", "Küchenwecker", 10),
                Doing("In der Bücherei eine Lesekarte holen", "mit Juno", "Ausweis, 5 Euro", 6),
                Doing(
                    "Juno jeden Mittwoch von der Schule abholen und zusammen kochen",
                    "mit Juno",
                    "Omas Rezeptheft",
                    -4,
                    StepState.DONE,
                    Who.NETWORK,
                    "Es gab Linsen. Juno hat zweimal nachgenommen.",
                ),
            ),
        ),
        Aim(
            "Ich habe meine Arbeitszeiten so, dass ich morgens nicht hetzen muss.",
            "Drei Wochen am Stück sind wir vor acht ruhig aus dem Haus gekommen.",
            (
                Doing(
                    "Mit der Filialleitung über die Frühschicht sprechen", "mit Kollegin Bo", "Notizen vom Treffen", 13
                ),
                Doing("Nachfragen, ob Juno einen Platz in der Frühbetreuung bekommt", "allein", "Telefon", 3),
            ),
        ),
        Aim(
            "Ich möchte wieder singen, aber das behalte ich noch für mich.",
            "Ich war einmal bei einer Probe und bin geblieben.",
            state=GoalState.DRAFT,
            audience=Audience.AUTHOR,
        ),
    ),
    network="Oma Salma",
    concern="Alleinerziehend, Schichtdienst im Einzelhandel, Tochter in der zweiten Klasse.",
    sayings=(
        Saying(Numeral.II, "Eigentlich weiß ich schon, was ich lassen müsste.", Audience.AUTHOR),
        Saying(Numeral.III, "Meine Mutter hilft gern, nur bitten fällt mir schwer.", Audience.NAMED),
    ),
    opened=140,
    addressee_role="addressee",
)

OF_THE_CUSTODIAN = Story(
    "Unterhaching",
    "Ein Sommer bis zur Ausbildung",
    CaseState.CLARIFICATION,
    "Danylo Birkengrund",
    15,
    "Ich wünsche mir, dass wir wieder miteinander reden, ohne dass einer die Tür zumacht.",
    (
        Aim(
            "Einmal in der Woche essen wir zusammen und keiner fragt nach Noten.",
            "Danylo erzählt von sich aus etwas.",
            (
                Doing("Den Sonntag freihalten und gemeinsam aussuchen, was es gibt", "mit Danylo", "Wochenplan", 5),
                Doing("Danylo zum Probetraining mitnehmen", "mit Danylo", "Fahrgemeinschaft", 8, by=Who.NETWORK),
            ),
        ),
        Aim(
            "Ich möchte lernen, ruhig zu bleiben, wenn es um die Schule geht.",
            "Ich habe ein Gespräch geführt, ohne laut zu werden.",
            state=GoalState.DRAFT,
            audience=Audience.NAMED,
        ),
    ),
    network="Trainer Kwame vom Sportverein",
    custodian="Oksana Birkengrund",
    concern="Streit zu Hause; Danylo sucht einen Ausbildungsplatz in einer Werkstatt.",
    opened=45,
    custodian_role="custodian",
    speaker=Who.CUSTODIAN,
)

STORIES: tuple[Story, ...] = ()
STORIES_ELSEWHERE: tuple[Story, ...] = ()
_ = (FieldOfAction, GoalKind, Language)
