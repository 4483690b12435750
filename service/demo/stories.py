"""Stories of demo cases. Every person, word and event in them is invented."""

from service.demo.stories_north import NORTH
from service.demo.stories_south import SOUTH
from service.demo.story import Aim, Doing, Saying, Story, Who
from service.domain.cases.model import Audience, CaseState, GoalState, Numeral, StepState
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
                    too_late="Im Zug geschrieben: Mama hat auch den Ranzen repariert.",
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
                Doing(
                    "Nachfragen, ob Juno einen Platz in der Frühbetreuung bekommt",
                    "allein",
                    "Telefon",
                    3,
                    moved_because="Die Leitung ist erst nächste Woche wieder da.",
                ),
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
    suggestions=(Saying(Numeral.IV, "In der Bücherei gibt es freitags eine Vorlesestunde. Wäre das etwas?"),),
    trusted="Bo Fichtental",
    opened=140,
    roles={Who.ADDRESSEE: "addressee", Who.TRUSTED: "trusted_person"},
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
    network="Kwame Wiesengrund, Trainer im Sportverein",
    custodian="Oksana Birkengrund",
    gone="Ilse Moosgrund, Nachbarin bis zum Umzug",
    speaks={Who.ADDRESSEE: ("uk", "de"), Who.CUSTODIAN: ("uk",)},
    concern="Streit zu Hause; Danylo sucht einen Ausbildungsplatz in einer Werkstatt.",
    opened=45,
    roles={Who.ADDRESSEE: "young_person", Who.CUSTODIAN: "custodian", Who.NETWORK: "network_person"},
    speaker=Who.CUSTODIAN,
)

STORIES = (*SOUTH, *NORTH)

STORIES_ELSEWHERE = (
    Story(
        None,
        "Übergang in die Oberstufe",
        CaseState.ACTIVE,
        "Svea Nebelhorn",
        16,
        "Ich will Abitur machen, auch wenn es bei uns noch keiner hat.",
        (
            Aim(
                "Ich lerne zweimal in der Woche in der Bücherei.",
                "In Mathe steht eine Drei.",
                (Doing("Eine Lerngruppe finden", "mit Freundin Paola", "Aushang", 5),),
            ),
        ),
        opened=90,
    ),
    Story(
        None,
        "Drei Zimmer gesucht",
        CaseState.CLARIFICATION,
        "Mirko Torfmoos",
        36,
        "Wir wollen in unserem Viertel bleiben.",
        (Aim("Bis zum Sommer haben wir fünf Wohnungen angesehen.", "Eine davon hat einen Balkon."),),
        opened=60,
    ),
    Story(
        None,
        "Nachmittage mit Plan",
        CaseState.COUNSELLING,
        "Pippa Morgenrot",
        10,
        "Ich will, dass nachmittags jemand da ist, der Zeit hat.",
        (Aim("Dreimal in der Woche gehe ich in den Hort.", "Ich kenne alle Namen."),),
        network="Oma Edda",
        opened=15,
    ),
    Story(
        None,
        "Neu in Musterstadt",
        CaseState.ENQUIRY,
        "Adaeze Leuchtturm",
        28,
        "I would like to meet other parents on our street.",
        (Aim("I know three families by name.", "We have been to a birthday party.", state=GoalState.DRAFT),),
        language=Language.EN,
        opened=4,
    ),
)
