"""The dialogue of Unterhaching and that of its region, told through the operations that anybody uses: a meeting that is
over, with themes that went different ways, one of them up to the region and back. Everybody in it is invented."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from service.demo.budget_year import Clerk
from service.demo.identity import demo_id
from service.demo.people import JUGENDAMT, KOMPASS, LICHTUNG, PEOPLE
from service.demo.steering import agree_on_indicators
from service.demo.territory import region_id, space_id
from service.domain.clock import WHERE_PEOPLE_LIVE

SPACE, REGION = "Unterhaching", "Hachinger Tal"
MANAGER, REGIONAL = "social_space_manager", "regional_manager"
SERIES, REGIONAL_SERIES = demo_id("dialogue_series", SPACE), demo_id("dialogue_series", REGION)
DIALOGUE, REGIONAL_DIALOGUE = demo_id("dialogue", SPACE, "first"), demo_id("dialogue", REGION, "first")
NEXT_DIALOGUE = demo_id("dialogue", SPACE, "second")

EVENING, BUS, LANGUAGE, BENCH, REPAIR, FORMS = "evening", "bus", "language", "bench", "repair", "forms"
EARMARK = "Ferienprogramm"
THEME = demo_id("theme", EVENING)
TAKEN_UP = demo_id("theme", BUS, "taken up")

# As whom, for which organisation, and under which name they were invited; residents need none.
INVITED: tuple[tuple[str, str | None, str | None], ...] = (
    ("agency", JUGENDAMT, "Leyla Morgentau"),
    ("provider", LICHTUNG, "Ines Flussaue"),
    ("provider", KOMPASS, "Thu Ha Lindenhof"),
    ("municipality", None, "Rosalie Heideweg, Jugendreferat"),
    ("regular_institution", None, "Kolja Weidenbach, Mittelschule"),
    ("civil_society", None, "Sportfreunde Beispielwiese"),
    ("expert_by_experience", None, PEOPLE["expert_by_experience"].name),
    ("resident", None, "Familie Quellgrund"),
    ("resident", None, None),
    ("resident", None, None),
)
RAISED: dict[str, tuple[str, dict[str, Any]]] = {
    EVENING: (
        "case_worker",
        {
            "title": "Abends ist für Jugendliche nichts offen",
            "concerns": "Ab 18 Uhr ist der Jugendtreff zu. Viele sind dann am Bahnhof.",
            "better_everyday": "Ein Ort im Warmen, an dem Jugendliche bis 21 Uhr sein können, ohne etwas zu kaufen.",
            "resources": "Das Pfarrheim steht abends leer. Zwei Trainer:innen würden aufschließen.",
            "raised_by_kind": "agency",
        },
    ),
    BUS: (
        "provider_manager",
        {
            "title": "Der letzte Bus fährt zu früh",
            "concerns": "Wer in Taufkirchen eine Ausbildung macht, kommt nach der Spätschicht nicht heim.",
            "better_everyday": "Jede und jeder kommt nach der Arbeit ohne Auto nach Hause.",
            "raised_by_kind": "provider",
        },
    ),
    LANGUAGE: (
        "provider_worker",
        {
            "title": "Das Sprachcafé ist nur am Vormittag",
            "concerns": "Wer arbeitet, kann nicht kommen.",
            "resources": "Die Bücherei hat donnerstags bis 20 Uhr offen.",
            "raised_by_kind": "provider",
        },
    ),
    BENCH: (
        "social_space_manager",
        {"title": "Am Spielplatz fehlt eine Bank im Schatten", "concerns": "Ältere können nicht lange dabei sein."},
    ),
}


async def gather(clerk: Clerk, today: date) -> None:
    """A meeting two months ago, the region's a month ago, and the next one in a month."""
    first, regional, following = (today + timedelta(days=days) for days in (-60, -30, 30))
    await _found(clerk, first - timedelta(days=30))
    await _meet(clerk, first)
    await _work_on_themes(clerk, first)
    await agree_on_indicators(clerk, DIALOGUE, first + timedelta(days=2))
    await _put_into_minutes(clerk, first + timedelta(days=7))
    await _answer_from_the_region(clerk, regional)
    await _go_on(clerk, regional + timedelta(days=7), following)


async def _found(clerk: Clerk, day: date) -> None:
    await clerk.do(
        MANAGER,
        day,
        "start_space_dialogue",
        id=SERIES,
        social_space_id=space_id(SPACE),
        title=f"Sozialraumdialog {SPACE}",
        every_months=3,
    )
    await clerk.do(
        REGIONAL,
        day,
        "start_region_dialogue",
        id=REGIONAL_SERIES,
        region_id=region_id(REGION),
        title=f"Regionaldialog {REGION}",
        every_months=6,
    )
    for name, (who, said) in RAISED.items():
        await clerk.do(who, day, "raise_theme", SERIES, id=demo_id("theme", name), **said)


async def _meet(clerk: Clerk, day: date) -> None:
    before = day - timedelta(days=21)
    times = {"starts_at": _at(day, 18), "ends_at": _at(day, 20)}
    said = {"title": "Was brauchen Familien hier?", "venue": "Pfarrheim, großer Saal"}
    await clerk.do(MANAGER, before, "plan_dialogue", SERIES, id=DIALOGUE, **said, **times)
    for number, (kind, organisation, name) in enumerate(INVITED):
        await clerk.do(
            MANAGER,
            before,
            "add_dialogue_participant",
            DIALOGUE,
            id=participant(number),
            kind=kind,
            name=name,
            organisation_id=demo_id("organisation", organisation) if organisation else None,
            actor_id=PEOPLE[kind].actor_id if kind == "expert_by_experience" else None,
        )
    for name in RAISED:
        await clerk.do(MANAGER, before, "collect_theme", demo_id("theme", name), dialogue_id=DIALOGUE)
    await clerk.do(MANAGER, before, "invite_to_dialogue", DIALOGUE)
    came = [participant(number) for number in range(len(INVITED)) if number != 2]
    await clerk.do(MANAGER, day + timedelta(days=1), "hold_dialogue", DIALOGUE, attended=came)


def participant(number: int) -> UUID:
    return demo_id("dialogue_participant", SPACE, str(number))


async def _work_on_themes(clerk: Clerk, day: date) -> None:
    after = day + timedelta(days=1)
    for name in (EVENING, BUS):
        await clerk.do(MANAGER, after, "prioritise_theme", demo_id("theme", name))
        await clerk.do(MANAGER, after, "work_on_theme", demo_id("theme", name))
    need = {
        "what": "Ein Schlüssel und jemand, der abends da ist",
        "kind": "civil_society",
        "form": "zwei Abende die Woche",
    }
    await clerk.do(MANAGER, after, "state_need", THEME, id=demo_id("theme_need", EVENING), **need)
    for name, what, owner in (
        (EVENING, "Mit der Pfarrgemeinde über das Pfarrheim sprechen", {"owner_id": participant(0)}),
        (BUS, "Nachfragen, was im Regionaldialog daraus wird", {"organisation_id": demo_id("organisation", JUGENDAMT)}),
    ):
        step: dict[str, Any] = {"what": what, "due_on": day + timedelta(days=45), **owner}
        await clerk.do(
            MANAGER, after, "plan_theme_step", demo_id("theme", name), id=demo_id("theme_step", name), **step
        )
    rest = "Die Bücherei wird bis zum Sommer umgebaut."
    await clerk.do(MANAGER, after, "park_theme", demo_id("theme", LANGUAGE), rests_because=rest)
    result = "Die Gemeinde stellt die Bank noch im Herbst auf."
    await clerk.do(MANAGER, after, "resolve_theme", demo_id("theme", BENCH), result=result)
    await clerk.do(MANAGER, after, "take_up_theme", demo_id("theme", BUS), id=TAKEN_UP, series_id=REGIONAL_SERIES)
    lines = await clerk.read(MANAGER, after, "budget_lines", kind="case_unspecific", social_space_id=space_id(SPACE))
    measure = demo_id("measure", EVENING)
    await clerk.do(
        MANAGER,
        after,
        "propose_measure",
        THEME,
        id=measure,
        title="Offener Abend im Pfarrheim",
        target="Zwei Abende die Woche bis 21 Uhr offen; nach drei Monaten kommen wenigstens zehn Jugendliche.",
        dimension="case_unspecific",
        organisation_id=demo_id("organisation", LICHTUNG),
        due_on=day + timedelta(days=120),
        line_id=lines[-1]["id"],
    )
    await clerk.do(MANAGER, after, "agree_measure", measure)
    await clerk.do(MANAGER, after, "start_measure", measure)


async def fund(clerk: Clerk, today: date) -> None:
    """Money is bound for the open evening: for all who come, and for no case. The rest of last year's donation is kept
    for the holidays."""
    of_space: dict[str, Any] = {"kind": "cross_case", "social_space_id": space_id(SPACE)}
    line = (await clerk.read("controller", today, "budget_lines", **of_space))[-1]["id"]
    kept, first = demo_id("allocation", EARMARK), date(today.year, 1, 1)
    carried = {"kind": "carry_in", "amount": "2500.00", "reason": "Rest einer Spende", "earmark": EARMARK}
    await clerk.do("controller", today, "propose_allocation", UUID(line), id=kept, effective_on=first, **carried)
    await clerk.do("second_controller", today, "release_allocation", kept)
    bound = {"id": demo_id("commitment", EVENING), "amount": "1200.00"}
    await clerk.do("third_controller", today, "fund_measure", demo_id("measure", EVENING), **bound)


async def _put_into_minutes(clerk: Clerk, day: date) -> None:
    await clerk.do(
        MANAGER,
        day,
        "draft_minutes",
        DIALOGUE,
        minutes="Vier Themen, zwei mit Vorrang: ein offener Abend für Jugendliche und der letzte Bus. Das Sprachcafé "
        "ruht, bis die Bücherei umgebaut ist. Die Bank am Spielplatz kommt im Herbst.",
        internal_note="Beim nächsten Mal früher beginnen: Familien mit kleinen Kindern sind um acht gegangen.",
    )
    themes = [demo_id("theme", name) for name in RAISED]
    release = demo_id("minutes_release", SPACE)
    await clerk.do(MANAGER, day, "release_minutes", DIALOGUE, id=release, themes=themes)
    await clerk.do(MANAGER, day, "close_dialogue", DIALOGUE)


async def _answer_from_the_region(clerk: Clerk, day: date) -> None:
    before, after = day - timedelta(days=14), day + timedelta(days=1)
    times = {"starts_at": _at(day, 14), "ends_at": _at(day, 17)}
    said = {"title": "Wege in der Region", "venue": "Rathaus, Sitzungszimmer"}
    await clerk.do(REGIONAL, before, "plan_dialogue", REGIONAL_SERIES, id=REGIONAL_DIALOGUE, **said, **times)
    somebody = demo_id("dialogue_participant", REGION)
    operator = {"kind": "regional_actor", "name": "Busbetrieb Hachinger Tal (Demo)"}
    await clerk.do(REGIONAL, before, "add_dialogue_participant", REGIONAL_DIALOGUE, id=somebody, **operator)
    await clerk.do(REGIONAL, before, "invite_to_dialogue", REGIONAL_DIALOGUE)
    await clerk.do(REGIONAL, before, "collect_theme", TAKEN_UP, dialogue_id=REGIONAL_DIALOGUE)
    await clerk.do(REGIONAL, after, "hold_dialogue", REGIONAL_DIALOGUE, attended=[somebody])
    answer = "Ab dem Fahrplanwechsel fährt werktags ein Bus um 23:10 Uhr, zunächst für ein Jahr."
    await clerk.do(REGIONAL, after, "resolve_theme", TAKEN_UP, result=answer)
    minutes = "Der späte Bus kommt auf Probe."
    await clerk.do(REGIONAL, after, "draft_minutes", REGIONAL_DIALOGUE, minutes=minutes)


async def _go_on(clerk: Clerk, day: date, following: date) -> None:
    """The answer is back; the next meeting is planned; and two who live there bring an idea."""
    await clerk.do(MANAGER, day, "work_on_theme", demo_id("theme", BUS))
    times = {"starts_at": _at(following, 17), "ends_at": _at(following, 19)}
    said = {"title": "Wie geht es mit dem offenen Abend?", "venue": "Bücherei"}
    await clerk.do(MANAGER, day, "plan_dialogue", SERIES, id=NEXT_DIALOGUE, **said, **times)
    welcome = (
        "Alle, die hier wohnen oder arbeiten. Kinder sind willkommen; es wird übersetzt, wenn Sie es vorher sagen."
    )
    announcement = demo_id("dialogue_announcement", SPACE)
    await clerk.do(MANAGER, day, "announce_dialogue", NEXT_DIALOGUE, id=announcement, welcome=welcome)
    idea = {"title": "Ein Reparaturtreff", "concerns": "Vieles wird weggeworfen, und wir kennen uns kaum."}
    await clerk.do("addressee", day, "raise_theme", SERIES, id=demo_id("theme", REPAIR), **idea)
    experience = {"title": "Briefe, die man versteht", "concerns": "Viele legen Bescheide weg, weil sie Angst machen."}
    expert = "expert_by_experience"
    await clerk.do(expert, day, "raise_theme", SERIES, id=demo_id("theme", FORMS), raised_by_kind=expert, **experience)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour, 30), WHERE_PEOPLE_LIVE)
