"""Who takes part in dialogues (facts, section 5, row «dialogue, theme, measure»). Whoever works or
plans for the place reads and contributes; the managers of the place moderate; finance and auditors read; residents and
experts by experience read what is released and bring ideas."""

from typing import Any

import sqlalchemy as sa

from service.domain.dialogues.model import DialogueActorKind, DialogueParticipant, DialogueState, Theme, ThemeState
from service.domain.policy import (
    EVERYBODY,
    OF_THE_AUTHORITY,
    PEOPLE,
    PERSONAS_OF_BASIS,
    PERSONAS_OF_ROLE,
    SAME_AUTHORITY,
    Action,
    Persona,
    Reader,
    Role,
    Row,
    Rule,
    having,
    holding,
    holding_region,
    holding_throughout,
    naming,
)

WORKING_THERE = (
    Role.CASE_WORKER,
    Role.SOCIAL_SPACE_MANAGER,
    Role.REGIONAL_MANAGER,
    Role.INTEGRATED_PLANNER,
    Role.PROVIDER_WORKER,
    Role.PROVIDER_MANAGER,
)
UNNAMED = (DialogueActorKind.RESIDENT, DialogueActorKind.EXPERT_BY_EXPERIENCE)
RESIDENTS = frozenset[Persona]().union(*(PERSONAS_OF_BASIS[basis] for basis in PEOPLE))
BRINGING_IDEAS = RESIDENTS | PERSONAS_OF_ROLE[Role.EXPERT_BY_EXPERIENCE]

_participant: Any = DialogueParticipant.__table__  # type: ignore[attr-defined]
_theme: Any = Theme.__table__  # type: ignore[attr-defined]


def _my_dialogues(reader: Reader) -> Any:
    each = _participant.alias()
    return sa.select(each.c.dialogue_id).where(each.c.actor_id == reader.id)


def _taking_part(dialogue: str) -> Rule:
    return Rule(
        lambda reader, row: sa.func.coalesce(row[dialogue].in_(_my_dialogues(reader)), sa.false()),
        "you take part in its meeting",
        OF_THE_AUTHORITY,
    )


def _about_my_theme(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    each = _theme.alias()
    mine = sa.or_(each.c.raised_by_id == reader.id, each.c.dialogue_id.in_(_my_dialogues(reader)))
    found: sa.ColumnElement[bool] = row.theme_id.in_(sa.select(each.c.id).where(mine))
    return found


def _holds_no_role(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    held = sa.func.cardinality(reader.authorities(*Role, throughout=False))
    none: sa.ColumnElement[bool] = sa.and_(row.authority_id == reader.authority, held == sa.literal_column("0"))
    return none


def _said_openly(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    openly: sa.ColumnElement[bool] = row.kind.not_in([sa.literal_column(f"'{kind}'") for kind in UNNAMED])
    return openly


def _is_released(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    states = (DialogueState.MINUTES_RELEASED, DialogueState.CLOSED)
    found: sa.ColumnElement[bool] = row.state.in_([sa.literal_column(f"'{state}'") for state in states])
    return found


CONTRIBUTING = holding(*WORKING_THERE) | holding_region(*WORKING_THERE, around=True)
MODERATING = holding(Role.SOCIAL_SPACE_MANAGER) | holding_region(Role.REGIONAL_MANAGER)
INSIDE = CONTRIBUTING | holding_throughout(Role.CONTROLLER, Role.AUDITOR)
RESIDENT = Rule(_holds_no_role, "you hold no role: you bring an idea as somebody who lives here", RESIDENTS)
EXPERT = holding(Role.EXPERT_BY_EXPERIENCE) | holding_region(Role.EXPERT_BY_EXPERIENCE, around=True)
MINE = Rule(
    lambda reader, row: sa.func.coalesce(row.raised_by_id == reader.id, sa.false()),
    "you have raised it",
    BRINGING_IDEAS,
)
# One rule, not two: what it takes to see a theme's parts is to see the theme.
OF_MY_THEME = Rule(_about_my_theme, "you take part in its meeting or have raised its theme", OF_THE_AUTHORITY)

READ_SERIES = SAME_AUTHORITY
READ_DIALOGUE = INSIDE | _taking_part("id")
READ_PARTICIPANT = INSIDE | _taking_part("dialogue_id")
READ_THEME = INSIDE | _taking_part("dialogue_id") | MINE
READ_OF_THEME = INSIDE | OF_MY_THEME
READ_MINUTES = INSIDE | Rule(_is_released, "its minutes are released", EVERYBODY)
READ_NAME = MODERATING | Rule(_said_openly, "it stands for an organisation", EVERYBODY)

READ_FIELD_WORK = holding(*WORKING_THERE) | holding_throughout(Role.CONTROLLER, Role.AUDITOR)
OWN_FIELD_NOTE = naming("author_id", "it is your own")
WITHDRAWING_FIELD_NOTE = (OWN_FIELD_NOTE & holding(*WORKING_THERE)) | holding(Role.SOCIAL_SPACE_MANAGER)
READ_FIELD_NOTE = WITHDRAWING_FIELD_NOTE | (
    READ_FIELD_WORK & Rule(lambda reader, row: row.withdrawn_on.is_(None), "it was not taken out", EVERYBODY)
)
WITHDRAW_FIELD_NOTE = Action("field_note.withdraw", WITHDRAWING_FIELD_NOTE)
NOTE_FIELD_WORK = Action(
    "field_note.note", holding(Role.CASE_WORKER, Role.SOCIAL_SPACE_MANAGER, Role.PROVIDER_WORKER, space="id")
)
START_IN_SPACE = Action("dialogue_series.start", holding(Role.SOCIAL_SPACE_MANAGER, space="id"))
START_IN_REGION = Action("dialogue_series.start", holding_region(Role.REGIONAL_MANAGER, region="id"))
PLAN = Action("dialogue.plan", MODERATING)
CHANGE = Action("dialogue.change", MODERATING)
ADD_PARTICIPANT = Action("dialogue.add_participant", MODERATING)
INVITE = Action("dialogue.invite", MODERATING)
ANNOUNCE = Action("dialogue.announce", MODERATING)
CALL_OFF = Action("dialogue.call_off", MODERATING)
HOLD = Action("dialogue.hold", MODERATING)
DRAFT_MINUTES = Action("minutes.draft", MODERATING)
RELEASE_MINUTES = Action("minutes.release", MODERATING)
CLOSE = Action("dialogue.close", MODERATING)

RAISE = Action("theme.raise", CONTRIBUTING | EXPERT | RESIDENT)
CHANGE_THEME = Action("theme.change", CONTRIBUTING | (MINE & having(state=ThemeState.RAISED)))
COLLECT = Action("theme.collect", MODERATING)
PRIORITISE = Action("theme.prioritise", MODERATING)
WORK_ON = Action("theme.work_on", MODERATING)
TAKE_UP = Action("theme.take_up", holding(Role.SOCIAL_SPACE_MANAGER, Role.REGIONAL_MANAGER))
RESOLVE = Action("theme.resolve", MODERATING)
PARK = Action("theme.park", MODERATING)
STATE_NEED = Action("theme.state_need", CONTRIBUTING)
PLAN_STEP = Action("theme_step.plan", CONTRIBUTING)
FINISH_STEP = Action("theme_step.finish", CONTRIBUTING)

PROPOSE_MEASURE = Action("measure.propose", CONTRIBUTING)
CHANGE_MEASURE = Action("measure.change", CONTRIBUTING)
AGREE_MEASURE = Action("measure.agree", MODERATING)
RECONSIDER_MEASURE = Action("measure.reconsider", MODERATING)
START_MEASURE = Action("measure.start", MODERATING)
EVALUATE_MEASURE = Action("measure.evaluate", MODERATING)
CONTINUE_MEASURE = Action("measure.continue", MODERATING)
FUND_MEASURE = Action("measure.fund", holding_throughout(Role.CONTROLLER))
END_MEASURE = Action("measure.end", MODERATING)
