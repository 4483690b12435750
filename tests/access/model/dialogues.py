"""Dialogues: for those who work in the place, those who take part, and (ideas) whoever has brought them. What is
released is public."""

from collections.abc import Mapping

from service.domain.dialogues.field_notes import KINDS as FIELD_NOTE_KINDS
from service.domain.dialogues.wording import (
    ACTOR_KINDS,
    ANNOUNCEMENT_STATES,
    DIALOGUE_STATES,
    DIMENSIONS,
    MEASURE_STATES,
    THEME_STATES,
)
from tests.access.model.cases import MONTHS
from tests.access.model.county import BERLIN, Row, moment
from tests.access.model.holding import Holder
from tests.access.model.seeing import Deed, Seen, Test, Value, down, eur, everybody, said, up

DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")

WORKING_THERE = (
    *("case_worker", "social_space_manager", "regional_manager", "integrated_planner"),
    *("provider_worker", "provider_manager"),
)


def _contributes(reader: Holder, row: Row) -> bool:
    """Whoever works in the space; for a region's dialogue also whoever works in a space of it."""
    space, region = row["social_space_id"], row["region_id"]
    return any(reader.holds(role, space) or reader.holds_region(role, region, around=True) for role in WORKING_THERE)


def _works_or_checks(reader: Holder, row: Row) -> bool:
    return any(reader.holds(role, row["social_space_id"]) for role in WORKING_THERE) or reader.checks(row)


def _notes(reader: Holder, row: Row) -> bool:
    return any(reader.holds(role, row["id"]) for role in ("case_worker", "social_space_manager", "provider_worker"))


def _takes_a_note_out(reader: Holder, row: Row) -> bool:
    """Its author, as long as they work there, and the management of the place."""
    place = row["social_space_id"]
    works_there = any(reader.holds(role, place) for role in WORKING_THERE)
    return (row["author_id"] == reader.id and works_there) or reader.holds("social_space_manager", place)


def _reads_a_note(reader: Holder, row: Row) -> bool:
    return _takes_a_note_out(reader, row) or (row["withdrawn_on"] is None and _works_or_checks(reader, row))


def moderates(reader: Holder, row: Row) -> bool:
    here = reader.holds("social_space_manager", row["social_space_id"])
    return here or reader.holds_region("regional_manager", row["region_id"])


def inside(reader: Holder, row: Row) -> bool:
    return _contributes(reader, row) or reader.checks(row)


def _in_dialogue(column: str) -> Test:
    return lambda reader, row: inside(reader, row) or reader.takes_part(row[column])


def _raised(reader: Holder, row: Row) -> bool:
    return reader.id is not None and bool(row["raised_by_id"] == reader.id)


def _theme(reader: Holder, row: Row) -> bool:
    return _in_dialogue("dialogue_id")(reader, row) or _raised(reader, row)


def _of_theme(reader: Holder, row: Row) -> bool:
    theme = reader.county.one("theme", id=row["theme_id"])
    return theme is not None and _theme(reader, theme)


def _lives_here(reader: Holder, row: Row) -> bool:
    return reader.authority == row["authority_id"] and not reader.grants


def _experienced(reader: Holder, row: Row) -> bool:
    """An expert by experience brings what they know to the dialogues of the place, and of the region around it."""
    role, region = "expert_by_experience", row["region_id"]
    return reader.holds(role, row["social_space_id"]) or reader.holds_region(role, region, around=True)


def _brings_a_theme(reader: Holder, row: Row) -> bool:
    return _contributes(reader, row) or _experienced(reader, row) or _lives_here(reader, row)


def _minutes(reader: Holder, row: Row) -> bool:
    return inside(reader, row) or row["state"] in ("minutes_released", "closed")


def _named_openly(reader: Holder, row: Row) -> bool:
    return moderates(reader, row) or row["kind"] not in ("resident", "expert_by_experience")


def _when(column: str) -> Value:
    def value(reader: Holder, row: Row) -> str:
        at = moment(row[column]).astimezone(BERLIN)
        return f"{DAYS[at.weekday()]}, {at.day}. {MONTHS[at.month - 1]} {at.year}, {at:%H:%M} Uhr"

    return value


_PLACE = {"social_space": ("SocialSpace", up("social_space_id")), "region": ("Region", up("region_id"))}

_OWNED = {
    "theme": ("Theme", up("theme_id")),
    "owner": ("DialogueParticipant", up("owner_id")),
    "organisation": ("Organisation", up("organisation_id")),
}

ON_THE_TABLE = ("collected", "prioritised", "in_work")

OPEN_THEME = ("raised", *ON_THE_TABLE, "escalated")


def _words_a_theme(reader: Holder, row: Row) -> bool:
    """Whoever brought it, until it is on an agenda; and those who work in the place."""
    return _contributes(reader, row) or (_raised(reader, row) and row["state"] == "raised")


def _takes_up(reader: Holder, row: Row) -> bool:
    return any(reader.holds(role, row["social_space_id"]) for role in ("social_space_manager", "regional_manager"))


SEEN: Mapping[str, Seen] = {
    "DialogueSeries": Seen(
        "dialogue_series",
        lambda reader, row: row["authority_id"] == reader.authority,
        "id social_space_id region_id title every_months version",
        one=_PLACE,
        many={"dialogues": ("Dialogue", down("series_id")), "themes": ("Theme", down("series_id"))},
    ),
    "Dialogue": Seen(
        "dialogue",
        _in_dialogue("id"),
        "id series_id social_space_id region_id state state_label title starts_at ends_at when venue minutes "
        "internal_note withheld version",
        said={"state_label": said("state", DIALOGUE_STATES), "when": _when("starts_at")},
        only={"minutes": _minutes, "internal_note": inside},
        one={**_PLACE, "series": ("DialogueSeries", up("series_id"))},
        many={
            "indicators": ("Indicator", down("dialogue_id")),
            "participants": ("DialogueParticipant", down("dialogue_id")),
            "themes": ("Theme", down("dialogue_id")),
        },
    ),
    "DialogueParticipant": Seen(
        "dialogue_participant",
        _in_dialogue("dialogue_id"),
        "id dialogue_id kind kind_label organisation_id name account attended withheld version",
        said={
            "kind_label": said("kind", ACTOR_KINDS),
            "account": lambda reader, row: row["actor_id"] is not None,
        },
        only={"name": _named_openly},
        one={"organisation": ("Organisation", up("organisation_id"))},
    ),
    "Theme": Seen(
        "theme",
        _theme,
        "id series_id dialogue_id origin_id social_space_id region_id title state state_label raised_by_kind "
        "raised_by_me concerns better_everyday resources rests_because rests_until result answer answered_at version",
        said={"state_label": said("state", THEME_STATES), "raised_by_me": _raised},
        one={**_PLACE, "dialogue": ("Dialogue", up("dialogue_id")), "origin": ("Theme", up("origin_id"))},
        many={
            "taken_up": ("Theme", down("origin_id")),
            "needs": ("ThemeNeed", down("theme_id")),
            "steps": ("ThemeStep", down("theme_id")),
            "measures": ("Measure", down("theme_id")),
        },
    ),
    "ThemeNeed": Seen(
        "theme_need",
        _of_theme,
        "id theme_id what kind kind_label organisation_id form",
        said={"kind_label": said("kind", ACTOR_KINDS)},
    ),
    "ThemeStep": Seen(
        "theme_step", _of_theme, "id theme_id what owner_id organisation_id due_on state version", one=_OWNED
    ),
    "Measure": Seen(
        "measure",
        _of_theme,
        "id theme_id social_space_id region_id title target dimension dimension_label owner_id organisation_id due_on "
        "line_id state state_label evaluation version",
        said={"state_label": said("state", MEASURE_STATES), "dimension_label": said("dimension", DIMENSIONS)},
        one={**_PLACE, **_OWNED, "line": ("BudgetLine", up("line_id"))},
    ),
    "FieldNote": Seen(
        "field_note",
        _reads_a_note,
        "id social_space_id author_id theme_id dimension dimension_label kind kind_label words hours done_on "
        "withdrawn_on withheld",
        only={"hours": lambda reader, row: row["author_id"] == reader.id},
        said={
            **eur("hours"),
            "kind_label": said("kind", FIELD_NOTE_KINDS),
            "dimension_label": said("dimension", DIMENSIONS),
        },
        one={"social_space": ("SocialSpace", up("social_space_id"))},
    ),
    "FieldWork": Seen(
        "field_work_of_month",
        _works_or_checks,
        "key social_space_id month dimension dimension_label notes hours",
        said={**eur("hours"), "dimension_label": said("dimension", DIMENSIONS)},
    ),
    "DialogueAnnouncement": Seen(
        "dialogue_announcement",
        everybody,
        "id dialogue_id social_space_id region_id state state_label series_title title starts_at ends_at when venue "
        "welcome version",
        said={"state_label": said("state", ANNOUNCEMENT_STATES), "when": _when("starts_at")},
        one=_PLACE,
        at="starts_at",
    ),
    "MinutesRelease": Seen(
        "minutes_release",
        everybody,
        "id dialogue_id social_space_id region_id series_title title held_at when venue minutes attendance released_at",
        said={"when": _when("held_at")},
        one=_PLACE,
        many={"themes": ("ReleasedTheme", down("release_id"))},
        at="held_at",
    ),
    "ReleasedTheme": Seen(
        "released_theme",
        everybody,
        "id release_id theme_id social_space_id region_id title state state_label concerns better_everyday resources "
        "needs next_steps next_due_on rests_because answer",
        said={"state_label": said("state", THEME_STATES)},
        one={"release": ("MinutesRelease", up("release_id"))},
    ),
}


DEEDS: Mapping[str, Deed] = {
    # Dialogues: moderated by the managers of the place; whoever works there contributes; residents bring ideas.
    "start_space_dialogue": Deed("SocialSpace", lambda r, row: r.holds("social_space_manager", row["id"])),
    "start_region_dialogue": Deed("Region", lambda r, row: r.holds_region("regional_manager", row["id"])),
    "plan_dialogue": Deed("DialogueSeries", moderates),
    "change_dialogue": Deed("Dialogue", moderates, ("planned", "invited")),
    "add_dialogue_participant": Deed("Dialogue", moderates, ("planned", "invited", "held")),
    "invite_to_dialogue": Deed("Dialogue", moderates, ("planned",)),
    "announce_dialogue": Deed("Dialogue", moderates, ("planned", "invited")),
    "call_off_dialogue": Deed("DialogueAnnouncement", moderates, ("announced",)),
    "hold_dialogue": Deed("Dialogue", moderates, ("invited",)),
    "draft_minutes": Deed("Dialogue", moderates, ("held", "minutes_draft")),
    "release_minutes": Deed("Dialogue", moderates, ("minutes_draft",)),
    "close_dialogue": Deed("Dialogue", moderates, ("minutes_released",)),
    "raise_theme": Deed("DialogueSeries", _brings_a_theme),
    "change_theme": Deed("Theme", _words_a_theme, ("raised", *ON_THE_TABLE)),
    "collect_theme": Deed("Theme", moderates, ("raised", "parked")),
    "prioritise_theme": Deed("Theme", moderates, ("collected",)),
    "work_on_theme": Deed("Theme", moderates, ("collected", "prioritised", "escalated")),
    "take_up_theme": Deed("Theme", _takes_up, ON_THE_TABLE),
    "resolve_theme": Deed("Theme", moderates, (*ON_THE_TABLE, "escalated")),
    "park_theme": Deed("Theme", moderates, OPEN_THEME),
    "state_need": Deed("Theme", _contributes, OPEN_THEME),
    "plan_theme_step": Deed("Theme", _contributes, OPEN_THEME),
    "finish_theme_step": Deed("ThemeStep", _contributes, ("open",)),
    "propose_measure": Deed("Theme", _contributes, OPEN_THEME),
    "note_field_work": Deed("SocialSpace", _notes),
    "withdraw_field_note": Deed("FieldNote", _takes_a_note_out),
    "change_measure": Deed("Measure", _contributes, ("proposed", "agreed", "running", "continued")),
    "agree_measure": Deed("Measure", moderates, ("proposed",)),
    "reconsider_measure": Deed("Measure", moderates, ("agreed", "running", "continued")),
    "start_measure": Deed("Measure", moderates, ("agreed",)),
    "evaluate_measure": Deed("Measure", moderates, ("running", "continued")),
    "continue_measure": Deed("Measure", moderates, ("evaluated",)),
    "fund_measure": Deed("Measure", lambda reader, row: reader.controls(row), ("agreed", "running", "continued")),
    "end_measure": Deed("Measure", moderates, ("evaluated",)),
}
