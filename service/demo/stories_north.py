"""Stories from Nord, Ost and Würmtal. Every person, word and event in them is invented."""

from service.demo.story import Aim, Doing, Saying, Story, Who
from service.domain.cases.model import CaseState, FieldOfAction, GoalKind, GoalState, Numeral, StepState
from service.domain.values import Language

NORTH = (
    Story(
        "Garching b. München",
        "Labor, Kita, Feierabend",
        CaseState.ACTIVE,
        "Priya Kometenschweif",
        33,
        "I want to finish my thesis without missing my son's bedtime every night.",
        (
            Aim(
                "Four evenings a week I am home by six.",
                "He tells me about his day before he is asleep.",
                (
                    Doing(
                        *("Ask the institute for a desk at home", "with my supervisor", "letter", -8, StepState.DONE),
                        too_late="Written on the train: she said yes!",
                    ),
                    Doing("Pick Anand up from day care on Tuesdays", "with Anand", "bicycle seat", 6, by=Who.NETWORK),
                ),
            ),
        ),
        suggestions=(Saying(Numeral.IV, "The day care next door opens until six. Have you been there?"),),
        network="Friend Lioba from the choir",
        language=Language.EN,
        opened=130,
    ),
    Story(
        "Garching b. München",
        "Wieder in die Schule gehen",
        CaseState.CLARIFICATION,
        "Mattis Feuerdorn",
        14,
        "Ich will wieder hin, aber nicht in den Raum, in dem alle gucken, wenn ich reinkomme.",
        (
            Aim(
                "Ich bin jeden Tag die ersten beiden Stunden da.",
                "Zwei Wochen ohne Ausrede.",
                (
                    Doing("Durch den Nebeneingang gehen", "mit Freundin Xenia", "fünf Minuten früher", 1),
                    Doing("Mit Frau Kreidekreis über den Sitzplatz reden", "mit Mama", "Brief", 4, by=Who.CUSTODIAN),
                ),
            ),
        ),
        custodian="Solveig Feuerdorn",
        opened=40,
    ),
    Story(
        "Ismaning",
        "Vier Generationen unter einem Dach",
        CaseState.ARRANGEMENT_PLANNING,
        "Elfriede Rosenholz",
        57,
        "Ich pflege gern. Aber ich will auch noch Enkelin, Mutter und Frau sein.",
        (
            Aim(
                "Donnerstags gehört mir der ganze Tag.",
                "Ich war beim Friseur und habe nicht auf die Uhr gesehen.",
                (
                    Doing("Mit den Geschwistern die Tage verteilen", "mit Traudl und Sepp", "Kalender", 9),
                    Doing("Die Tagespflege ansehen", "mit Uroma", "Rollator", 12),
                ),
            ),
        ),
        network="Schwester Traudl",
        field_of_action=FieldOfAction.SOCIAL_ASSISTANCE,
        opened=85,
    ),
    Story(
        "Ismaning",
        "Fußball ohne Karten",
        CaseState.REVIEW,
        "Hauke Torbogen",
        13,
        "Ich will spielen und nicht immer der sein, der runter muss.",
        (
            Aim(
                "Wenn ich wütend bin, laufe ich erst eine Runde.",
                "Fünf Spiele ohne Rot.",
                (
                    Doing("Mit dem Trainer ein Zeichen ausmachen", "mit Trainer Ole", "nichts", -25, StepState.DONE),
                    Doing("Bei den Kleinen mittrainieren", "mit der F-Jugend", "Pfeife", 5),
                ),
            ),
        ),
        network="Trainer Ole",
        custodian="Gesche Torbogen",
        opened=210,
    ),
    Story(
        "Oberschleißheim",
        "Nach der Trennung",
        CaseState.COUNSELLING,
        "Cemal Wiesengrund",
        44,
        "Ich will meine Töchter sehen, ohne dass wir vorher schreiben müssen wie zwei Behörden.",
        (
            Aim(
                "Wir sprechen einmal in der Woche zehn Minuten am Telefon über die Kinder.",
                "Wir haben einmal gelacht.",
                (Doing("Freitags um sieben anrufen", "mit Mareike", "drei Punkte auf einem Zettel", 4),),
            ),
        ),
        opened=25,
    ),
    Story(
        "Unterschleißheim Nord",
        "Deutsch für den Beruf",
        CaseState.ACTIVE,
        "Selam Nachtigall",
        27,
        "Ich bin Krankenschwester. Ich will wieder als Krankenschwester arbeiten.",
        (
            Aim(
                "Ich bestehe die Prüfung B2.",
                "Ich habe das Zeugnis in der Hand.",
                (
                    Doing("Zweimal in der Woche zum Sprach-Café gehen", "mit Frau Buchfink", "Heft", 2),
                    Doing("Meine Urkunden übersetzen lassen", "allein", "Kopien", -3, StepState.DONE),
                ),
            ),
            Aim("Ich arbeite auf einer Station.", "Mein Name steht im Dienstplan.", kind=GoalKind.DIRECTION),
        ),
        network="Frau Buchfink vom Sprach-Café",
        language=Language.DE_SIMPLE,
        field_of_action=FieldOfAction.JOB_CENTRE,
        opened=160,
    ),
    Story(
        "Unterschleißheim Nord",
        "Zwillinge im Anmarsch",
        CaseState.ENQUIRY,
        "Fenja Doppelpunkt",
        31,
        "Ich möchte vor der Geburt wissen, wer kommt, wenn ich rufe.",
        (Aim("Auf meiner Liste stehen drei Menschen.", "Alle drei haben ja gesagt.", state=GoalState.DRAFT),),
        opened=6,
    ),
    Story(
        "Unterschleißheim Süd",
        "Rechnungen ohne Bauchweh",
        CaseState.CLARIFICATION,
        "Gernot Silberpfad",
        63,
        "Ich will den Briefkasten aufmachen können.",
        (
            Aim(
                "Jeden Montag öffne ich die Post und lege sie in drei Stapel.",
                "Der Stapel «sofort» ist mittwochs leer.",
                (
                    Doing("Drei Ordner kaufen und beschriften", "mit Enkelin Thea", "Filzstift", -5, StepState.DONE),
                    Doing("Zur Beratung der Bürgerhilfe gehen", "mit Enkelin Thea", "alle Umschläge", 8),
                ),
            ),
        ),
        network="Enkelin Thea",
        field_of_action=FieldOfAction.SOCIAL_ASSISTANCE,
        opened=55,
    ),
    Story(
        "Unterföhring",
        "Die große Schwester sein dürfen",
        CaseState.ACTIVE,
        "Yuna Perlmuschel",
        15,
        "Ich passe gern auf meine Brüder auf. Aber nicht jeden Tag.",
        (
            Aim(
                "Montag und Mittwoch habe ich frei.",
                "Ich war im Kino und niemand hat angerufen.",
                (
                    Doing("Mit Mama aufschreiben, wer wann dran ist", "mit Mama", "Tafel", -11, StepState.DONE),
                    Doing("Die Jungs mittwochs zum Judo bringen", "mit den Jungs", "Auto", 3, by=Who.NETWORK),
                ),
            ),
        ),
        network="Nachbar Herr Lavendel",
        custodian="Min-Seo Perlmuschel",
        opened=100,
    ),
    Story(
        "Aschheim",
        "Eine Werkbank für Timur",
        CaseState.AFTER_CARE,
        "Timur Eichenlaub",
        17,
        "Ich will etwas bauen, das bleibt.",
        (
            Aim(
                "Bis zum Sommer baue ich ein Regal für die Bücherei.",
                "Es steht und wackelt nicht.",
                (
                    Doing("Holz aussuchen", "mit Schreinerin Gesa", "Zollstock", -90, StepState.DONE),
                    Doing("Das Regal aufstellen", "mit Bruder Aslan", "Akkuschrauber", -30, StepState.DONE),
                ),
            ),
        ),
        network="Schreinerin Gesa",
        opened=380,
        sayings=(Saying(Numeral.II, "Ich kann messen, sägen und warten, bis der Leim trocken ist."),),
    ),
    Story(
        "Feldkirchen",
        "Essen, das allen schmeckt",
        CaseState.COUNSELLING,
        "Lilo Kirschbaum",
        9,
        "Am Tisch soll es nicht mehr um jeden Bissen gehen.",
        (
            Aim(
                "Lilo sucht am Samstag aus und kocht mit.",
                "Wir reden beim Essen über etwas anderes als das Essen.",
                (Doing("Zusammen auf den Markt gehen", "mit Lilo", "10 Euro", 5),),
            ),
        ),
        custodian="Babajide Kirschbaum",
        opened=33,
        speaker=Who.CUSTODIAN,
    ),
    Story(
        "Kirchheim b. München",
        "Zu laut, zu hell, zu viel",
        CaseState.ARRANGEMENT_PLANNING,
        "Oskar Moosbach",
        10,
        "Ich will in der Pause irgendwo sein, wo es leise ist.",
        (
            Aim(
                "Es gibt einen Ort in der Schule, an den ich gehen kann.",
                "Ich war da und keiner hat gefragt, warum.",
                (
                    Doing("Mit Herrn Zirkel drei Orte ansehen", "mit Herrn Zirkel", "Stoppuhr", 4),
                    Doing("Kopfhörer ausprobieren", "mit Papa", "zwei Paar", -7, StepState.DONE),
                ),
            ),
        ),
        custodian="Valentin Moosbach",
        field_of_action=FieldOfAction.PARTICIPATION,
        opened=75,
    ),
    Story(
        "Haar",
        "Mama ist manchmal müde",
        CaseState.ACTIVE,
        "Zoe Regenpfeifer",
        11,
        "Ich will wissen, wen ich anrufen darf, wenn Mama im Bett bleibt.",
        (
            Aim(
                "An der Pinnwand hängen drei Nummern, die immer gehen.",
                "Ich habe einmal angerufen und es war gut.",
                (
                    Doing("Die drei fragen", "mit Mama", "Telefon", -14, StepState.DONE),
                    Doing("Freitags bei uns Pfannkuchen machen", "mit Zoe und Mama", "Pfanne", 3, by=Who.NETWORK),
                ),
            ),
            Aim("Ich gehe mit auf die Klassenfahrt.", "Ich habe eine Karte geschrieben."),
        ),
        network="Patin Roswitha",
        custodian="Katinka Regenpfeifer",
        opened=170,
    ),
    Story(
        "Haar",
        "Wohnen mit Freunden",
        CaseState.CLARIFICATION,
        "Benedikt Hagebutte",
        24,
        "Ich will in einer WG wohnen. Ich will selbst kochen. Ich will einen Hund.",
        (
            Aim(
                "Ich koche jede Woche ein neues Gericht.",
                "Ich kann zehn Gerichte.",
                (Doing("Nudeln mit Tomaten kochen", "mit Mitbewohner Idris", "Rezept mit Bildern", 2),),
            ),
            Aim("Ich habe einen Hund.", "Er heißt Kaiser.", kind=GoalKind.DIRECTION, state=GoalState.DRAFT),
        ),
        network="Mitbewohner Idris",
        language=Language.DE_SIMPLE,
        field_of_action=FieldOfAction.PARTICIPATION,
        opened=65,
    ),
    Story(
        "Grasbrunn",
        "Abends nicht allein",
        CaseState.CLOSED,
        "Hermine Lerchenfeld",
        71,
        "Ich möchte, dass es um sechs noch einmal klingelt.",
        (
            Aim(
                "Zweimal in der Woche spiele ich mit jemandem Karten.",
                "Ich habe verloren und mich geärgert.",
                (
                    Doing(
                        "Dienstags zum Spieleabend kommen", "mit Hermine", "Karten", -150, StepState.DONE, Who.NETWORK
                    ),
                ),
            ),
        ),
        network="Student Faisal aus dem Haus",
        field_of_action=FieldOfAction.SOCIAL_ASSISTANCE,
        opened=500,
        sayings=(Saying(Numeral.VII, "Dass es die Spielabende im Pfarrheim jetzt für alle gibt."),),
    ),
    Story(
        "Gräfelfing",
        "Pflegekind auf Zeit",
        CaseState.REVIEW,
        "Jorinde Schneeball",
        16,
        "Ich will bei den Amsels bleiben, bis ich fertig bin, und Mama trotzdem jeden Sonntag sehen.",
        (
            Aim(
                "Sonntags esse ich bei Mama.",
                "Sie hat meinen Lieblingstee da.",
                (
                    Doing("Den Fahrplan für Sonntag heraussuchen", "mit Frau Amsel", "Handy", -18, StepState.DONE),
                    Doing("Mit Mama und Frau Amsel zusammen Kaffee trinken", "zu dritt", "Apfelkuchen", 10),
                ),
            ),
        ),
        custodian="Dörte Schneeball",
        opened=280,
    ),
    Story(
        "Planegg",
        "Papa lernt Zöpfe flechten",
        CaseState.COUNSELLING,
        "Amélie Silbertann",
        7,
        "Ich will, dass Amélie mit mir genauso gern aufsteht wie früher mit ihrer Mutter.",
        (
            Aim(
                "Morgens haben wir zehn Minuten, die nur uns gehören.",
                "Sie weckt mich.",
                (Doing("Von Nachbarin Chiamaka das Flechten lernen", "mit Amélie", "Bürste, Geduld", 6),),
            ),
        ),
        network="Nachbarin Chiamaka",
        custodian="Bastien Silbertann",
        opened=22,
        speaker=Who.CUSTODIAN,
    ),
    Story(
        "Neuried",
        "Ein Verein für Ravi",
        CaseState.CLOSING,
        "Ravi Mohnblume",
        12,
        "Ich will irgendwo dazugehören, wo man nicht rechnen muss.",
        (
            Aim(
                "Ich gehe jede Woche zur Jugendfeuerwehr.",
                "Ich habe einen Helm mit meinem Namen.",
                (
                    Doing("Beim Übungsabend zuschauen", "mit Cousin Arjun", "Fahrrad", -60, StepState.DONE),
                    Doing("Den Mitgliedsantrag abgeben", "mit Mama", "Unterschrift", -45, StepState.DONE),
                ),
            ),
        ),
        network="Cousin Arjun",
        custodian="Leela Mohnblume",
        opened=230,
    ),
)
