"""Many cases, to measure with: made from their number, so that the same numbers make the same rows everywhere."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import psycopg
from psycopg.sql import SQL, Identifier

from service.demo.consultations import PEER
from service.demo.identity import BEGINNING, numbered_id
from service.demo.loading import Owner, unforced
from service.demo.people import PEOPLE
from service.demo.territory import AUTHORITY, REGIONS, space_id, spaces_of
from service.domain.cases.model import CaseState, Numeral
from service.domain.policy import Part
from service.storage.address import conninfo

BATCH = 1000  # cases in one transaction: about a second, during which nobody else gets at the tables
CASES_PER_WORKER = 60
CASES_OF_PERSONA = 300  # of those among the first 900
GOALS = STEPS = 3

COLUMNS = {
    "actor": "id authority_id version kind name",
    "login": "id authority_id version actor_id key",
    "access_grant": "id authority_id version actor_id role proposed_by approved_by approved_at valid_from",
    "case_file": "id authority_id version social_space_id pseudonym state field_of_action opened_on title concern",
    "participant": "id authority_id version case_id kind",
    "case_access": "id authority_id version case_id actor_id basis parts valid_from",
    "person": "participant_id authority_id case_id name born_on language",
    "question": "id authority_id version case_id numeral position state",
    "answer": "id authority_id question_id case_id participant_id words language author_id audience",
    "goal": "id authority_id version case_id participant_id kind statement how_noticed target_on state agreed_at"
    " author_id audience",
    "step": "id authority_id version case_id goal_id wanted_by_id done_by_id with_whom how due_on with_what state"
    " finished_at author_id audience",
    "review": "id authority_id version case_id kind state due_on",
    "support_arrangement": "id authority_id version case_id title",
    "arrangement_element": "id authority_id version arrangement_id case_id participant_id kind what state cost basis"
    " line claim_holder_id applied_on",
    "consultation": "id authority_id version case_id case_pseudonym method_id question state phase"
    " plan_released starts_at",
    "consultation_participant": "id authority_id version case_id consultation_id role actor_id consent starts_at"
    " ended called_off",
}
_WRITTEN = (*COLUMNS, "case_sketch")
_KINDS = {table: kind for kind, table in enumerate(COLUMNS)}
_PARTS = "{" + ",".join(Part) + "}"
_NULL = "\\N"

FIRST_NAMES = ("Aylin", "Bruno", "Chidi", "Dunja", "Elif", "Frieda", "Goran", "Hanna", "Iman", "Jonte", "Kofi", "Lan")
LAST_NAMES = ("Abendrot", "Brückenau", "Drachensee", "Eulenruf", "Fernblick", "Glockenhain", "Heidekraut")
TITLES = ("Mehr Zeit füreinander", "Ein guter Schulweg", "Wohnen, das passt", "Wieder unter Leute", "Ruhe am Abend")
WORDS = (
    "Ich will, dass der Morgen bei uns ohne Streit anfängt.",
    "Ich möchte jemanden in der Nähe haben, den ich anrufen kann.",
    "Wir brauchen eine Wohnung, in der jeder eine Tür zumachen kann.",
    "Ich will meine Prüfung schaffen und trotzdem zum Training gehen.",
)
STATEMENTS = (
    "Zweimal in der Woche essen wir alle zusammen.",
    "Ich gehe jeden Donnerstag in den offenen Treff.",
    "Bis zum Herbst haben wir drei Wohnungen angesehen.",
    "Ich schlafe vor elf und stehe allein auf.",
)
NOTICED = ("Es fehlt mir, wenn es ausfällt.", "Die anderen sagen es von sich aus.", "Der Kalender zeigt es.")
HOW = ("anrufen und einen Termin ausmachen", "hingehen und ausprobieren", "aufschreiben, was gut lief", "darum bitten")
WITH_WHOM = ("mit der Nachbarin", "mit meinem Bruder", "allein", "mit jemandem aus dem Verein")
WITH_WHAT = ("Telefon", "Fahrrad", "Heft und Stift", "nichts weiter")
EACH_APPLIES, EACH_CONSULTS = 4, 10  # every fourth case waits for a decision, every tenth for a consultation


def add_cases(owner_address: str, count: int, progress: Callable[[int], None]) -> None:
    """Add that many cases to the seeded demo county. `progress` is told how many there are as it goes."""
    with psycopg.connect(conninfo(owner_address), autocommit=True) as connection:
        added = 0
        while added < count:
            with unforced(connection, *_WRITTEN):
                start = _existing(connection)
                numbers = range(start, start + min(BATCH, count - added))
                for table, columns in COLUMNS.items():
                    _copy(connection, table, columns.split(), ROWS[table](numbers))
            added += len(numbers)
            progress(added)
        names = SQL(", ").join(map(Identifier, _WRITTEN))
        connection.execute(SQL("VACUUM (ANALYZE) {}").format(names))  # as they will look after a while of quiet


def _existing(connection: Owner) -> int:
    found = connection.execute("SELECT count(*) FROM case_file WHERE pseudonym LIKE 'S-%'").fetchone()
    return int(found[0]) if found else 0


def _copy(connection: Owner, table: str, columns: Sequence[str], lines: Iterable[str]) -> None:
    statement = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), SQL(", ").join(map(Identifier, columns)))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for line in lines:
            copy.write(line)


def _line(table: str, number: int, part: int, *values: object) -> str:
    """In COPY's text format; none of our texts has a character that it would have to escape."""
    return "\t".join([_id(table, number, part), _AUTHORITY, *map(str, values)]) + "\n"


def _id(table: str, number: int, part: int = 0) -> str:
    return numbered_id(number, _KINDS[table], part).hex


# Who

_AUTHORITY = AUTHORITY.hex
_PERSONA = PEOPLE["case_worker"].actor_id.hex
_OF_PERSONA = [space_id(name).hex for name in spaces_of(str(PEOPLE["case_worker"].region))]
_ALL = [space_id(name).hex for region in REGIONS for name in spaces_of(region)]


def _persona_leads(number: int) -> bool:
    return number % 3 == 0 and number < 3 * CASES_OF_PERSONA


def _lead(number: int) -> str:
    return _PERSONA if _persona_leads(number) else _id("actor", number // CASES_PER_WORKER)


def _space(number: int) -> str:
    return _OF_PERSONA[number // 3 % len(_OF_PERSONA)] if _persona_leads(number) else _ALL[number % len(_ALL)]


def _workers(cases: range) -> Iterator[int]:
    """Those whose first case is among these."""
    return (number // CASES_PER_WORKER for number in cases if number % CASES_PER_WORKER == 0)


def _actors(cases: range) -> Iterator[str]:
    for worker in _workers(cases):
        yield _line("actor", worker, 0, 1, "person", f"{_name(worker)} ({worker})")


def _logins(cases: range) -> Iterator[str]:
    for worker in _workers(cases):
        yield _line("login", worker, 0, 1, _id("actor", worker), f"development:scale-worker-{worker}")


def _grants(cases: range) -> Iterator[str]:
    proposer, approver = (PEOPLE[role].actor_id.hex for role in ("administrator", "second_administrator"))
    for worker in _workers(cases):
        actor = _id("actor", worker)
        yield _line("access_grant", worker, 0, 1, actor, "case_worker", proposer, approver, BEGINNING, BEGINNING)


def _name(number: int) -> str:
    first, last = number % len(FIRST_NAMES), number // len(FIRST_NAMES) % len(LAST_NAMES)
    return f"{FIRST_NAMES[first]} {LAST_NAMES[last]}"


# What

_STATES = [state.value for state in CaseState if state is not CaseState.MERGED]


def _cases(numbers: range) -> Iterator[str]:
    for number in numbers:
        opened = BEGINNING.date() - timedelta(days=number % 700)
        yield _line(
            *("case_file", number, 0, 1, _space(number), f"S-{number:07}", _STATES[number % len(_STATES)]),
            *("youth_welfare", opened, TITLES[number % len(TITLES)], _NULL),
        )


def _participants(numbers: range) -> Iterator[str]:
    for number in numbers:
        yield _line("participant", number, 0, 1, _id("case_file", number), "addressee")


def _accesses(numbers: range) -> Iterator[str]:
    for number in numbers:
        case, lead = _id("case_file", number), _lead(number)
        yield _line("case_access", number, 0, 1, case, lead, "assignment", _PARTS, BEGINNING)


def _persons(numbers: range) -> Iterator[str]:
    for number in numbers:
        born = BEGINNING.date() - timedelta(days=7000 + number % 14000)
        case, participant = _id("case_file", number), _id("participant", number)
        yield f"{participant}\t{_AUTHORITY}\t{case}\t{_name(number)}\t{born}\tde\n"


def _questions(numbers: range) -> Iterator[str]:
    for number in numbers:
        case = _id("case_file", number)
        for position, numeral in enumerate(Numeral, 1):
            state = "answered" if position == 1 else "not_started"
            yield _line("question", number, position, 1, case, numeral.value, position, state)


def _answers(numbers: range) -> Iterator[str]:
    for number in numbers:
        yield _line(
            *("answer", number, 0, _id("question", number, 1), _id("case_file", number), _id("participant", number)),
            *(WORDS[number % len(WORDS)], "de", _lead(number), "all"),
        )


def _goals(numbers: range) -> Iterator[str]:
    for number in numbers:
        case, participant, lead = _id("case_file", number), _id("participant", number), _lead(number)
        for goal in range(GOALS):
            text = number + goal
            target = BEGINNING.date() + timedelta(days=text % 700)
            yield _line(
                *("goal", number, goal, 1, case, participant, "action", STATEMENTS[text % len(STATEMENTS)]),
                *(NOTICED[text % len(NOTICED)], target, "agreed", BEGINNING, lead, "all"),
            )


def _steps(numbers: range) -> Iterator[str]:
    for number in numbers:
        case, participant, lead = _id("case_file", number), _id("participant", number), _lead(number)
        for step in range(GOALS * STEPS):
            goal, text = _id("goal", number, step // STEPS), number + step
            due = BEGINNING.date() + timedelta(days=text * 7 % 600)
            state, finished = ("done", BEGINNING) if step % STEPS == 0 else ("open", _NULL)
            yield _line(
                *("step", number, step, 1, case, goal, participant, participant, WITH_WHOM[text % len(WITH_WHOM)]),
                *(HOW[text % len(HOW)], due, WITH_WHAT[text % len(WITH_WHAT)], state, finished, lead, "all"),
            )


def _reviews(numbers: range) -> Iterator[str]:
    for number in numbers:
        due = BEGINNING.date() + timedelta(days=number * 11 % 600)
        yield _line("review", number, 0, 1, _id("case_file", number), "reflection", "planned", due)


def _applying(numbers: range) -> Iterator[int]:
    return (number for number in numbers if number % EACH_APPLIES == 0)


def _arrangements(numbers: range) -> Iterator[str]:
    for number in _applying(numbers):
        yield _line("support_arrangement", number, 0, 1, _id("case_file", number), TITLES[number % len(TITLES)])


def _elements(numbers: range) -> Iterator[str]:
    for number in _applying(numbers):
        arrangement, participant = _id("support_arrangement", number), _id("participant", number)
        applied = BEGINNING.date() + timedelta(days=number % 600)
        yield _line(
            *("arrangement_element", number, 0, 1, arrangement, _id("case_file", number), participant),
            *("specialist", HOW[number % len(HOW)], "applied", "1200.00", "granted_claim", "case_specific"),
            *(participant, applied),
        )


def _consulting(numbers: range) -> Iterator[tuple[int, datetime]]:
    for number in numbers:
        if number % EACH_CONSULTS == 0:
            yield number, BEGINNING + timedelta(days=number * 13 % 600, hours=15)


def _consultations(numbers: range) -> Iterator[str]:
    for number, starts_at in _consulting(numbers):
        yield _line(
            *("consultation", number, 0, 1, _id("case_file", number), f"S-{number:07}", PEER.hex),
            *(WORDS[number % len(WORDS)], "scheduled", 0, False, starts_at),
        )


def _invitations(numbers: range) -> Iterator[str]:
    """Of a colleague from outside."""
    for number, starts_at in _consulting(numbers):
        colleague = _lead(max(0, number - CASES_PER_WORKER))
        yield _line(
            *("consultation_participant", number, 0, 1, _id("case_file", number), _id("consultation", number)),
            *("idea_giver", colleague, "given", starts_at, False, False),
        )


ROWS: dict[str, Callable[[range], Iterator[str]]] = {
    "actor": _actors,
    "login": _logins,
    "access_grant": _grants,
    "case_file": _cases,
    "participant": _participants,
    "case_access": _accesses,
    "person": _persons,
    "question": _questions,
    "answer": _answers,
    "goal": _goals,
    "step": _steps,
    "review": _reviews,
    "support_arrangement": _arrangements,
    "arrangement_element": _elements,
    "consultation": _consultations,
    "consultation_participant": _invitations,
}
