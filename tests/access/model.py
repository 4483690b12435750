"""Who may see and do what, once more: by brute force, in plain Python, over all rows of the database.

Written from the settled rules and not from service/domain/policy.py, so that a mistake there is a difference here. Only
names come from the service: which views, fields, filters and operations there are. Rows are as PostgreSQL writes them
in JSON (ids and days are text), fetched past row-level security."""

import base64
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from service.domain.access.wording import BASES
from service.domain.cases.wording import PARTICIPANT_KINDS, QUESTIONS, REPRESENTATIONS, STEP_STATES
from service.domain.decisions.wording import ELEMENT_KINDS, ELEMENT_STATES, HINTS, OUTCOMES
from service.domain.dialogues.wording import ACTOR_KINDS, DIALOGUE_STATES, DIMENSIONS, MEASURE_STATES, THEME_STATES
from service.domain.values import Language
from service.domain.views import VIEWS, View, camel, name_of
from tests.access.figures import figures, shown
from tests.conftest import Database

Row = Mapping[str, Any]
Test = Callable[["Reader", Row], bool]

BERLIN = ZoneInfo("Europe/Berlin")
OF_NAME: Mapping[str, View] = {view.name: view for view in VIEWS.values()}
MONTHS = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli"),
    *("August", "September", "Oktober", "November", "Dezember"),
)
DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")


@dataclass
class County:
    """All rows of all tables, and the moment at which they were read."""

    tables: dict[str, list[Row]]
    now: datetime
    _index: dict[tuple[str, str], dict[Any, list[Row]]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, database: Database) -> "County":
        # Database.rows would do, were it not for the time zone: PostgreSQL is to write moments as the service does.
        with psycopg.connect(database.superuser, options="-c TimeZone=UTC") as connection:
            query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'key_date'"
            names = connection.execute(query).fetchall()
            tables = {}
            for (name,) in names:
                found = connection.execute(f"SELECT coalesce(json_agg(t), '[]')::text FROM {name} t").fetchone()
                assert found is not None
                tables[name] = json.loads(found[0], parse_float=Decimal)
            now = connection.execute("SELECT now()").fetchone()
            assert now is not None
            county = cls(tables, now[0])
            tables["shown_area"] = list(county._areas())
            tables |= {"budget_figure": figures(tables, county.today), "shown_figure": shown(tables)}
            return county

    @property
    def today(self) -> str:
        return self.now.astimezone(BERLIN).date().isoformat()

    def _areas(self) -> Iterator[Row]:
        """The rows of `shown_area` for today."""
        for row in self.tables["social_space_area"]:
            space = self.one("social_space", id=row["social_space_id"])
            if space is not None and self.holds_today(row) and self.holds_today(space):
                yield {**row, "on": self.today, "name": space["name"]}

    def beside(self, space: str, other: str) -> bool:
        rows = self.all("social_space_neighbour", social_space_id=space, neighbour_id=other)
        return any(self.holds_today(row) for row in rows)

    def holds_now(self, row: Row) -> bool:
        """From a moment until another, which is no longer part of it."""
        return moment(row["valid_from"]) <= self.now and (row["valid_to"] is None or moment(row["valid_to"]) > self.now)

    def holds_today(self, row: Row) -> bool:
        return self.holds_on(row, self.today)

    def one(self, table: str, **values: Any) -> Row | None:
        return next(self.all(table, **values), None)

    def all(self, table: str, **values: Any) -> Iterator[Row]:
        (first, wanted), *others = values.items()
        if (table, first) not in self._index:
            found = self._index[table, first] = defaultdict[Any, list[Row]](list)
            for row in self.tables[table]:
                found[row[first]].append(row)
        rows = self._index[table, first].get(wanted, ())
        return (row for row in rows if all(row[name] == value for name, value in others))

    def regions_of(self, municipality: str) -> set[str]:
        rows = self.all("region_membership", municipality_id=municipality)
        return {row["region_id"] for row in rows if self.holds_today(row)}

    def holds_on(self, row: Row, day: str) -> bool:
        return bool(row["valid_from"] <= day and (row["valid_to"] is None or row["valid_to"] > day))

    def regions_of_space(self, space: str, last: bool = False) -> set[str]:
        """`last`: of a space that has ended, where it lay until then."""
        found = self.one("social_space", id=space)
        ended = found["valid_to"] if found and last else None
        shares = (
            row
            for row in self.all("social_space_municipality", social_space_id=space)
            if self.holds_today(row) or (ended is not None and row["valid_to"] == ended)
        )
        return {region for share in shares for region in self.regions_of(share["municipality_id"])}


@dataclass
class Reader:
    """Somebody with a login, or the public."""

    county: County
    login: str | None
    _seen: dict[tuple[str, int], bool] = field(default_factory=dict, repr=False)

    @cached_property
    def actor(self) -> Row | None:
        login = self.county.one("login", key=self.login, valid_to=None) if self.login else None
        return self.county.one("actor", id=login["actor_id"]) if login else None

    @cached_property
    def id(self) -> str | None:
        return self.actor["id"] if self.actor else None

    @property
    def authority(self) -> str | None:
        return self.actor["authority_id"] if self.actor else None

    @cached_property
    def grants(self) -> list[Row]:
        """A role works once it is approved, and within its dates."""
        held = self.county.all("access_grant", actor_id=self.id) if self.actor else iter(())
        return [row for row in held if row["approved_by"] is not None and self.county.holds_now(row)]

    @cached_property
    def accesses(self) -> list[Row]:
        held = self.county.all("case_access", actor_id=self.id) if self.actor else iter(())
        return [row for row in held if self.county.holds_now(row)]

    @cached_property
    def selves(self) -> set[str]:
        """The actor, and whom the actor is in the cases that are still theirs."""
        if self.id is None:
            return set()
        return {self.id} | {row["id"] for row in self.county.all("participant", actor_id=self.id)}

    def holds(self, role: str, space: str | None) -> bool:
        """The role for a social space: by a grant for it, for its region, or for its whole authority."""
        found = self.county.one("social_space", id=space) if space else None
        return found is not None and any(self._reaches(grant, found) for grant in self.grants if grant["role"] == role)

    def _reaches(self, grant: Row, space: Row) -> bool:
        if grant["social_space_id"] is not None:
            return bool(grant["social_space_id"] == space["id"])
        if grant["region_id"] is not None:
            return grant["region_id"] in self.county.regions_of_space(space["id"], last=True)
        return bool(grant["authority_id"] == space["authority_id"])

    def holds_region(self, role: str, region: str | None, around: bool = False) -> bool:
        """The role for a region: by a grant for it or its authority; `around`, by one for a social space in it."""
        found = self.county.one("region", id=region) if region else None
        return found is not None and any(
            self._reaches_region(grant, found, around) for grant in self.grants if grant["role"] == role
        )

    def _reaches_region(self, grant: Row, region: Row, around: bool) -> bool:
        if grant["social_space_id"] is not None:
            return around and region["id"] in self.county.regions_of_space(grant["social_space_id"])
        if grant["region_id"] is not None:
            return bool(grant["region_id"] == region["id"])
        return bool(grant["authority_id"] == region["authority_id"])

    def takes_part(self, dialogue: str | None) -> bool:
        mine = self.county.all("dialogue_participant", actor_id=self.id) if self.actor else iter(())
        return any(row["dialogue_id"] == dialogue for row in mine)

    def holds_throughout(self, role: str, authority: str) -> bool:
        scopes = ("region_id", "social_space_id")
        return any(
            grant["role"] == role and grant["authority_id"] == authority and not any(grant[scope] for scope in scopes)
            for grant in self.grants
        )

    def works(self, authority: str, *roles: str) -> bool:
        return any(grant["role"] in roles and grant["authority_id"] == authority for grant in self.grants)

    def controls(self, row: Row) -> bool:
        return self.holds_throughout("controller", row["authority_id"])

    def checks(self, row: Row) -> bool:
        """Finance, and the audit of it: it reads all that finance reads, and moves nothing."""
        return self.controls(row) or self.holds_throughout("auditor", row["authority_id"])

    def works_in(self, space: str | None) -> bool:
        return self.holds("social_space_manager", space) or self.holds("case_worker", space)

    def represents(self, organisation: str | None, *roles: str) -> bool:
        """A member of the organisation who holds the role in its authority."""
        held = self.county.all("membership", actor_id=self.id) if self.actor else iter(())
        return any(
            row["organisation_id"] == organisation and self.works(row["authority_id"], *roles)
            for row in held
            if self.county.holds_now(row)
        )

    def is_named(self, assignment: str) -> bool:
        return any(row["assignment_id"] == assignment for row in self.accesses)

    def is_party(self, agreement: str) -> bool:
        parties = self.county.all("budget_party", agreement_id=agreement)
        return any(self.represents(row["organisation_id"], "provider_manager") for row in parties)

    def administers(self, row: Row) -> bool:
        return self.holds_throughout("administrator", row["authority_id"])

    def oversees(self, row: Row) -> bool:
        """Data protection: who may what, and who gets into which case; never what stands in it."""
        return self.holds_throughout("data_protection_officer", row["authority_id"])

    def involved(self, case: str, part: str | None = None, *bases: str) -> bool:
        return any(
            row["case_id"] == case
            and (part is None or part in row["parts"])
            and (row["basis"] in bases if bases else self._lets_in(row, part))
            for row in self.accesses
        )

    def _lets_in(self, access: Row, part: str | None) -> bool:
        """A network person sees no case, only steps of theirs; a trusted person not who the others are."""
        return access["basis"] != "network" and (access["basis"], part) != ("trust", "persons")

    def knows(self, case: str) -> bool:
        """Has any access at all to something in the case."""
        return any(row["case_id"] == case for row in self.accesses)

    def belongs(self, case: str) -> bool:
        """Is one of those whom the case is about, or speaks for them."""
        return self.involved(case, None, "self", "representation")

    def trusts(self, row: Row) -> bool:
        mine = row["trusted_by_id"] is not None and row["trusted_by_id"] in self.selves
        return mine and self.involved(row["case_id"], None, "self")

    def leads(self, case: str) -> bool:
        return self.involved(case, None, "assignment")

    def hears(self, row: Row) -> bool:
        """A statement is for its author, for named participants, or for all."""
        if row["author_id"] == self.id or row["audience"] == "all":
            return self.id is not None
        return row["audience"] == "named" and not self.selves.isdisjoint(row["audience_of"])

    def sees(self, view: str, row: Row) -> bool:
        asked = view, id(row)
        if asked not in self._seen:
            self._seen[asked] = SEEN[view].by(self, row)
        return self._seen[asked]

    def shows(self, view: str, name: str, row: Row) -> bool:
        return name not in SEEN[view].only or SEEN[view].only[name](self, row)

    def may(self, operation: str, row: Row) -> bool:
        """Whoever may do something to a row sees it: what one cannot read one cannot agree, change or end."""
        deed = DEEDS[operation]
        return (deed.view is None or self.sees(deed.view, row)) and deed.by(self, row)

    def listed(
        self, view: str, order: str | None = None, within: Callable[[Row], bool] | None = None, on: str | None = None
    ) -> list[Row]:
        """What is dated is listed for a day: today, unless `on` names another."""
        declared = OF_NAME[view]
        on = (on or self.county.today) if _by_day(declared) else None
        name = (order or declared.orders[0]).removeprefix("-")
        rows = [
            row
            for row in self.county.tables[SEEN[view].table]
            if self.sees(view, row)
            and (within is None or within(row))
            and (self.county.holds_on(row, on) if on else True)
        ]
        keys = dict.fromkeys((name, *(each if each in declared.table.c else "case_id" for each in declared.unique)))
        return sorted(rows, key=lambda row: [row[key] for key in keys], reverse=(order or "").startswith("-"))


def _by_day(view: View) -> bool:
    return any(default.holds for default in view.defaults.values())


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# ------------------------------------------------------------------------------------------------ who sees what

Value = Callable[[Reader, Row], Any]
Link = Callable[[County, Row, Row], bool]


@dataclass(frozen=True)
class Seen:
    """`by`: who sees a row. `named`: the fields it shows, the column of that name unless something else is `said`.
    `only`: who sees a field, where not everybody who sees the row. `one` and `many`: where it leads."""

    table: str
    by: Test
    named: str
    said: Mapping[str, Value] = field(default_factory=dict)
    only: Mapping[str, Test] = field(default_factory=dict)
    one: Mapping[str, tuple[str, Link]] = field(default_factory=dict)
    many: Mapping[str, tuple[str, Link]] = field(default_factory=dict)

    @property
    def fields(self) -> list[str]:
        return self.named.split()


def _everybody(reader: Reader, row: Row) -> bool:
    return True


def _mine(column: str) -> Test:
    return lambda reader, row: reader.id is not None and row[column] == reader.id


def _mine_or_administered(column: str) -> Test:
    return lambda reader, row: _mine(column)(reader, row) or reader.administers(row) or reader.oversees(row)


def _way_in(reader: Reader, row: Row) -> bool:
    return _mine("actor_id")(reader, row) or reader.involved(row["case_id"], "persons") or reader.oversees(row)


def _of_case(part: str | None, case: str = "case_id") -> Test:
    return lambda reader, row: reader.involved(row[case], part)


def _heard_of_case(part: str) -> Test:
    return lambda reader, row: reader.involved(row["case_id"], part) and reader.hears(row)


def _colleagues(reader: Reader, row: Row) -> bool:
    roles = ("case_worker", "social_space_manager", "administrator")
    known = reader.works(row["authority_id"], *roles) or reader.represents(row["organisation_id"], "provider_manager")
    return known and reader.county.holds_now(row)


def _sketch(reader: Reader, row: Row) -> bool:
    return reader.holds("social_space_manager", row["social_space_id"]) or reader.leads(row["case_id"])


def _of_budget(reader: Reader, row: Row) -> bool:
    """Totals: for the controllers, the auditors, those who work in the space, and the parties to the agreement."""
    agreement = row.get("agreement_id", row["id"])
    return reader.checks(row) or reader.works_in(row["social_space_id"]) or reader.is_party(agreement)


def _of_figure(reader: Reader, row: Row) -> bool:
    """What is summed over more than one space is for the controllers and auditors alone."""
    of_space = row["level"] == "social_space"
    return reader.checks(row) or (
        of_space and (reader.works_in(row["social_space_id"]) or reader.is_party(row["agreement_id"]))
    )


def _of_contract(reader: Reader, row: Row) -> bool:
    return reader.checks(row) or reader.is_party(row["agreement_id"])


def _of_overspend(reader: Reader, row: Row) -> bool:
    return _of_contract(reader, row) or reader.holds("social_space_manager", row["social_space_id"])


def _payee(reader: Reader, row: Row) -> bool:
    return reader.checks(row) or reader.represents(row["organisation_id"], "provider_manager")


def _single_amount(reader: Reader, row: Row) -> bool:
    """For controllers and auditors, for the organisation it goes to, and for whoever leads the case it is for."""
    return _payee(reader, row) or (row["case_id"] is not None and reader.leads(row["case_id"]))


def _assigned(reader: Reader, row: Row) -> bool:
    """Whoever leads the case, the provider's managers, and the worker who is named."""
    managing = reader.represents(row["organisation_id"], "provider_manager")
    return reader.leads(row["case_id"]) or managing or reader.is_named(row["id"])


def _recorded(reader: Reader, row: Row) -> bool:
    """A note stays with the provider's workers on the case; progress goes to the lead and the family too."""
    colleague = reader.involved(row["case_id"], None, "transmission") and reader.represents(
        row["organisation_id"], "provider_worker"
    )
    told = row["kind"] == "progress" and reader.involved(row["case_id"], None, "assignment", "self", "representation")
    return (colleague or told) and reader.hears(row)


def _delivered(reader: Reader, row: Row) -> bool:
    """In the mailbox of one's organisation, as long as the assignment lasts; a removal stays."""
    if row["recipient_id"] is not None:
        return bool(row["recipient_id"] == reader.id) and (row["removal"] or reader.is_named(row["assignment_id"]))
    assignment = reader.county.one("assignment", id=row["assignment_id"])
    assert assignment is not None
    lasts = row["removal"] or reader.county.holds_now(assignment)
    office = reader.represents(row["organisation_id"], "provider_manager", "integration_client")
    return (office and lasts) or reader.is_named(row["assignment_id"])


def _content(reader: Reader, row: Row) -> bool:
    """Managers learn that something changed, not what."""
    if reader.represents(row["organisation_id"], "integration_client"):
        return True
    return reader.is_named(row["assignment_id"]) or (
        row["recipient_id"] is not None and row["recipient_id"] == reader.id
    )


WORKING_THERE = (
    *("case_worker", "social_space_manager", "regional_manager", "integrated_planner"),
    *("provider_worker", "provider_manager"),
)


def _contributes(reader: Reader, row: Row) -> bool:
    """Whoever works in the space; for a region's dialogue also whoever works in a space of it."""
    space, region = row["social_space_id"], row["region_id"]
    return any(reader.holds(role, space) or reader.holds_region(role, region, around=True) for role in WORKING_THERE)


def _moderates(reader: Reader, row: Row) -> bool:
    here = reader.holds("social_space_manager", row["social_space_id"])
    return here or reader.holds_region("regional_manager", row["region_id"])


def _inside(reader: Reader, row: Row) -> bool:
    return _contributes(reader, row) or reader.checks(row)


def _in_dialogue(column: str) -> Test:
    return lambda reader, row: _inside(reader, row) or reader.takes_part(row[column])


def _raised(reader: Reader, row: Row) -> bool:
    return reader.id is not None and bool(row["raised_by_id"] == reader.id)


def _theme(reader: Reader, row: Row) -> bool:
    return _in_dialogue("dialogue_id")(reader, row) or _raised(reader, row)


def _of_theme(reader: Reader, row: Row) -> bool:
    theme = reader.county.one("theme", id=row["theme_id"])
    return theme is not None and _theme(reader, theme)


def _lives_here(reader: Reader, row: Row) -> bool:
    return reader.authority == row["authority_id"] and not reader.grants


def _experienced(reader: Reader, row: Row) -> bool:
    """An expert by experience brings what they know to the dialogues of the place, and of the region around it."""
    role, region = "expert_by_experience", row["region_id"]
    return reader.holds(role, row["social_space_id"]) or reader.holds_region(role, region, around=True)


def _brings_a_theme(reader: Reader, row: Row) -> bool:
    return _contributes(reader, row) or _experienced(reader, row) or _lives_here(reader, row)


def _minutes(reader: Reader, row: Row) -> bool:
    return _inside(reader, row) or row["state"] in ("minutes_released", "closed")


def _named_openly(reader: Reader, row: Row) -> bool:
    return _moderates(reader, row) or row["kind"] not in ("resident", "expert_by_experience")


def _when(column: str) -> Value:
    def value(reader: Reader, row: Row) -> str:
        at = moment(row[column]).astimezone(BERLIN)
        return f"{DAYS[at.weekday()]}, {at.day}. {MONTHS[at.month - 1]} {at.year}, {at:%H:%M} Uhr"

    return value


def _cursor(reader: Reader, row: Row) -> str:
    place = '{"position" : "%s"}' % row["position"]  # noqa: UP031
    return base64.urlsafe_b64encode(place.encode()).decode()


def _worker(reader: Reader, row: Row) -> Any:
    named = reader.county.all("case_access", assignment_id=row["id"])
    return next((each["actor_id"] for each in named if reader.county.holds_now(each)), None)


def _held_by(*kinds: str) -> Value:
    def value(reader: Reader, row: Row) -> str:
        accounts = reader.county.all("ledger_account", line_id=row["id"])
        return f"{sum(Decimal(each['balance']) for each in accounts if each['kind'] in kinds):.2f}"

    return value


def _eur(*names: str) -> dict[str, Value]:
    """Amounts as text, to the cent."""

    def said(name: str) -> Value:
        return lambda reader, row: None if row[name] is None else f"{Decimal(row[name]):.2f}"

    return {name: said(name) for name in names}


def _said(column: str, sayings: Mapping[Any, Mapping[Language, str]]) -> Value:
    """Said in German, where there is something to say."""
    return lambda reader, row: sayings.get(row[column], {}).get(Language.DE)


def _concerned(reader: Reader, row: Row) -> bool:
    """Why it was decided so: for whoever leads the case, and for the family."""
    return reader.involved(row["case_id"], "arrangement", "assignment", "self", "representation")


def _step(reader: Reader, row: Row) -> bool:
    """Of the whole case, or (a network person) those that are theirs to do."""
    theirs = reader.involved(row["case_id"], "steps", "network") and row["done_by_id"] in reader.selves
    return (reader.involved(row["case_id"], "steps") or theirs) and reader.hears(row)


def _next_step(reader: Reader, row: Row) -> bool:
    return _step(reader, row) and row["done_by_id"] in reader.selves and row["state"] == "open"


def _up(column: str) -> Link:
    """To the row that a column here names."""
    return lambda county, here, there: there["id"] == here[column]


def _down(column: str) -> Link:
    """To the rows whose column names this one."""
    return lambda county, here, there: there[column] == here["id"]


def _down_today(column: str) -> Link:
    return lambda county, here, there: there[column] == here["id"] and county.holds_today(there)


def _in_force(reader: Reader, row: Row) -> bool:
    return ("approved_by" not in row or row["approved_by"] is not None) and reader.county.holds_now(row)


def _of_person(column: str) -> Value:
    def value(reader: Reader, row: Row) -> Any:
        person = reader.county.one("person", participant_id=row["id"])
        return person[column] if person else None

    return value


def _name_of_actor(reader: Reader, row: Row) -> Any:
    actor = reader.county.one("actor", id=row["actor_id"])
    return actor["name"] if actor else None


def _until(reader: Reader, row: Row) -> str:
    day = date.fromisoformat(row["due_on"])
    return f"bis {day.day}. {MONTHS[day.month - 1]} {day.year}"


_COLLEAGUES = (
    "case_worker",
    "social_space_manager",
    "regional_manager",
    "integrated_planner",
    "controller",
    "provider_worker",
    "provider_manager",
    "auditor",
    "data_protection_officer",
    "administrator",
)


def _membership(county: County, row: Row) -> Row:
    found = county.one("membership", id=row["membership_id"])
    assert found is not None
    return found


def _still_in_team(county: County, here: Row, there: Row) -> bool:
    return there["team_id"] == here["id"] and county.holds_now(there) and county.holds_now(_membership(county, there))


def _forms_teams(reader: Reader, row: Row) -> bool:
    space = row.get("social_space_id", row["id"])
    managers = ("social_space_manager", "regional_manager")
    return any(reader.holds(role, space) for role in managers) or _administers(reader, row)


def _as_numbers(told: Any) -> Any:
    """As JSON's readers have them."""
    if isinstance(told, dict):
        return {name: _as_numbers(each) for name, each in told.items()}
    if isinstance(told, list):
        return [_as_numbers(each) for each in told]
    return float(told) if isinstance(told, Decimal) else told


_PERSON = dict.fromkeys(("name", "born_on", "language"), _of_case("persons"))
_PLACE = {"social_space": ("SocialSpace", _up("social_space_id")), "region": ("Region", _up("region_id"))}
_OWNED = {
    "theme": ("Theme", _up("theme_id")),
    "owner": ("DialogueParticipant", _up("owner_id")),
    "organisation": ("Organisation", _up("organisation_id")),
}
_HELD = {"memberships": ("Membership", _down("actor_id")), "grants": ("Grant", _down("actor_id"))}

SEEN: Mapping[str, Seen] = {
    # Territory is public.
    "Authority": Seen(
        "authority",
        _everybody,
        "id key name kind",
        many={"levels": ("TerritoryLevel", _down("authority_id"))},
    ),
    "TerritoryLevel": Seen(
        "territory_level",
        _everybody,
        "id authority_id level position name",
        said={"name": lambda reader, row: row["name_de"]},
    ),
    "Region": Seen(
        "region",
        _everybody,
        "id authority_id name provisional valid_from valid_to",
        one={"authority": ("Authority", _up("authority_id"))},
        many={
            "municipalities": (
                "Municipality",
                lambda county, here, there: here["id"] in county.regions_of(there["id"]),
            ),
            "social_spaces": (
                "SocialSpace",
                lambda county, here, there: here["id"] in county.regions_of_space(there["id"]),
            ),
        },
    ),
    "SocialSpace": Seen(
        "social_space",
        _everybody,
        "id authority_id name provisional valid_from valid_to",
        one={"authority": ("Authority", _up("authority_id"))},
        many={
            "shares": ("SocialSpaceShare", _down_today("social_space_id")),
            "teams": ("Team", _down_today("social_space_id")),
            "neighbours": ("SocialSpace", lambda county, here, there: county.beside(here["id"], there["id"])),
            "predecessors": ("SocialSpaceSuccession", _down("successor_id")),
            "successors": ("SocialSpaceSuccession", _down("predecessor_id")),
        },
    ),
    "SocialSpaceChange": Seen(
        "social_space_change",
        _everybody,
        "id authority_id kind effective_on",
        many={"successions": ("SocialSpaceSuccession", _down("change_id"))},
    ),
    "SocialSpaceSuccession": Seen(
        "social_space_succession",
        _everybody,
        "id change_id predecessor_id successor_id effective_on",
        one={
            "change": ("SocialSpaceChange", _up("change_id")),
            "predecessor": ("SocialSpace", _up("predecessor_id")),
            "successor": ("SocialSpace", _up("successor_id")),
        },
    ),
    "RegionMembership": Seen(
        "region_membership",
        _everybody,
        "id region_id municipality_id valid_from valid_to",
        one={"region": ("Region", _up("region_id")), "municipality": ("Municipality", _up("municipality_id"))},
    ),
    "SocialSpaceArea": Seen(
        "shown_area",
        _everybody,
        "id on authority_id social_space_id name approximate source geometry valid_from valid_to",
        said={"geometry": lambda reader, row: _as_numbers(row["geometry"])},
        one={"social_space": ("SocialSpace", _up("social_space_id"))},
    ),
    # Where a place lies is tested in tests/spaces: nothing leads here without one.
    "LocatedSocialSpace": Seen(
        "shown_area",
        _everybody,
        "on social_space_id name approximate certainty source",
        one={
            "social_space": ("SocialSpace", _up("social_space_id")),
            "region": (
                "Region",
                lambda county, here, there: there["id"] in county.regions_of_space(here["social_space_id"]),
            ),
        },
        many={
            "municipalities": (
                "Municipality",
                lambda county, here, there: any(
                    county.holds_today(row)
                    for row in county.all(
                        "social_space_municipality",
                        social_space_id=here["social_space_id"],
                        municipality_id=there["id"],
                    )
                ),
            )
        },
    ),
    # Teams: that there is one is public, who is in it is for colleagues.
    "Team": Seen(
        "social_space_team",
        _everybody,
        "id authority_id social_space_id name valid_from valid_to version",
        one={"social_space": ("SocialSpace", _up("social_space_id"))},
        many={"members": ("TeamMember", _still_in_team)},
    ),
    "TeamMember": Seen(
        "team_member",
        lambda reader, row: reader.works(row["authority_id"], *_COLLEAGUES),
        "id team_id social_space_id membership_id name organisation_id belonging field_of_action function expertise "
        "moderates valid_from valid_to version",
        said={
            "name": lambda reader, row: _name_of_actor(reader, _membership(reader.county, row)),
            "organisation_id": lambda reader, row: _membership(reader.county, row)["organisation_id"],
        },
        one={
            "team": ("Team", _up("team_id")),
            "organisation": (
                "Organisation",
                lambda county, here, there: there["id"] == _membership(county, here)["organisation_id"],
            ),
        },
    ),
    "Municipality": Seen(
        "municipality",
        _everybody,
        "id authority_id ags ars name kind population population_on longitude latitude region_id",
        said={
            "longitude": lambda reader, row: float(row["longitude"]),
            "latitude": lambda reader, row: float(row["latitude"]),
            "region_id": lambda reader, row: next(iter(reader.county.regions_of(row["id"])), None),
        },
        one={"region": ("Region", lambda county, here, there: there["id"] in county.regions_of(here["id"]))},
        many={"shares": ("SocialSpaceShare", _down_today("municipality_id"))},
    ),
    "SocialSpaceShare": Seen(
        "social_space_municipality",
        _everybody,
        "id social_space_id municipality_id share valid_from valid_to",
        said={"share": lambda reader, row: str(row["share"])},
        one={
            "social_space": ("SocialSpace", _up("social_space_id")),
            "municipality": ("Municipality", _up("municipality_id")),
        },
    ),
    # Administration: one's own, and all of it for administrators of the whole authority.
    "Organisation": Seen(
        "organisation",
        lambda reader, row: row["authority_id"] == reader.authority,
        "id kind name version",
    ),
    "Actor": Seen("actor", _mine_or_administered("id"), "id kind name version", many=_HELD),
    "Membership": Seen(
        "membership",
        _mine_or_administered("actor_id"),
        "id actor_id organisation_id function valid_from valid_to version",
        one={"organisation": ("Organisation", _up("organisation_id"))},
    ),
    "StaffMember": Seen(
        "membership",
        _colleagues,
        "id actor_id name organisation_id function",
        said={"name": _name_of_actor},
        one={"organisation": ("Organisation", _up("organisation_id"))},
    ),
    "Grant": Seen(
        "access_grant",
        _mine_or_administered("actor_id"),
        "id actor_id role region_id social_space_id proposed_by approved_by in_force valid_from valid_to version",
        said={"in_force": _in_force},
    ),
    "Me": Seen(
        "actor",
        _mine("id"),
        "id authority_id kind name",
        many={**_HELD, "cases": ("MyCase", _down("actor_id"))},
    ),
    "MyCase": Seen(
        "case_access",
        _mine("actor_id"),
        "case_id basis basis_label parts in_force valid_to",
        said={"in_force": _in_force, "basis_label": _said("basis", BASES)},
    ),
    # Cases: by case access, part by part; what is said in them by its audience.
    "CaseAccess": Seen(
        "case_access",
        _way_in,
        "id case_id actor_id basis parts purpose legal_basis assignment_id trusted_by_id in_force valid_from valid_to "
        "version",
        said={"in_force": _in_force},
    ),
    "Case": Seen(
        "case_file",
        _of_case(None, "id"),
        "id pseudonym state field_of_action social_space_id opened_on title concern withheld version",
        only={"title": _of_case("concern", "id"), "concern": _of_case("concern", "id")},
        one={"social_space": ("SocialSpace", _up("social_space_id"))},
        many={
            "participants": ("Participant", _down("case_id")),
            "questions": ("Question", _down("case_id")),
            "goals": ("Goal", _down("case_id")),
            "commitments": ("Commitment", _down("case_id")),
            "arrangements": ("Arrangement", _down("case_id")),
            "assignments": ("Assignment", _down("case_id")),
            "provider_records": ("ProviderRecord", _down("case_id")),
        },
    ),
    "CaseSketch": Seen(
        "case_sketch",
        _sketch,
        "pseudonym state field_of_action social_space_id opened_in",
        one={"social_space": ("SocialSpace", _up("social_space_id"))},
    ),
    "Participant": Seen(
        "participant",
        _of_case(None),
        "id case_id kind kind_label representation representation_label trusted_by_id enrolled name born_on language "
        "withheld version",
        said={
            "kind_label": _said("kind", PARTICIPANT_KINDS),
            "representation_label": _said("representation", REPRESENTATIONS),
            "enrolled": lambda reader, row: row["actor_id"] is not None,
            **{name: _of_person(name) for name in _PERSON},
        },
        only=dict.fromkeys(("representation", "representation_label", "trusted_by_id"), _of_case("persons")) | _PERSON,
    ),
    "Question": Seen(
        "question",
        _of_case("questions"),
        "id case_id numeral position text state version",
        said={"text": lambda reader, row: QUESTIONS[row["numeral"]][Language.DE]},
        many={
            "answers": (
                "Answer",
                lambda county, here, there: there["question_id"] == here["id"] and there["replaced_at"] is None,
            )
        },
    ),
    "Answer": Seen(
        "answer",
        _heard_of_case("questions"),
        "id case_id question_id participant_id words language audience created_at replaced_at",
        one={"participant": ("Participant", _up("participant_id"))},
    ),
    "Goal": Seen(
        "goal",
        _heard_of_case("goals"),
        "id case_id participant_id kind statement how_noticed target_on state agreed_at audience version",
        one={"participant": ("Participant", _up("participant_id")), "case": ("Case", _up("case_id"))},
        many={"steps": ("Step", _down("goal_id"))},
    ),
    "Step": Seen(
        "step",
        _step,
        "id case_id goal_id wanted_by_id done_by_id with_whom how due_on with_what state remark finished_at audience "
        "version",
        one={
            "goal": ("Goal", _up("goal_id")),
            "wanted_by": ("Participant", _up("wanted_by_id")),
            "done_by": ("Participant", _up("done_by_id")),
        },
    ),
    "NextStep": Seen(
        "step",
        _next_step,
        "id how with_whom with_what due_on until state state_label version",
        said={"until": _until, "state_label": lambda reader, row: STEP_STATES[row["state"]][Language.DE]},
        one={"goal": ("Goal", _up("goal_id"))},
    ),
    # Arrangements: who contributes what, and what the agency has decided about it.
    "Arrangement": Seen(
        "support_arrangement",
        _of_case("arrangement"),
        "id case_id title purpose version",
        one={"case": ("Case", _up("case_id"))},
        many={"elements": ("Element", _down("arrangement_id"))},
    ),
    "Element": Seen(
        "arrangement_element",
        _of_case("arrangement"),
        "id case_id arrangement_id participant_id goal_id kind kind_label what state state_label organisation_id "
        "support_kind hours_per_week starts_on ends_on cost basis line claim_holder_id applied_on ended_on version",
        said={
            **_eur("hours_per_week", "cost"),
            "kind_label": _said("kind", ELEMENT_KINDS),
            "state_label": _said("state", ELEMENT_STATES),
        },
        one={
            "arrangement": ("Arrangement", _up("arrangement_id")),
            "participant": ("Participant", _up("participant_id")),
            "goal": ("Goal", _up("goal_id")),
            "organisation": ("Organisation", _up("organisation_id")),
            "decision": ("Decision", lambda county, here, there: bool(there["element_id"] == here["id"])),
            "commitment": ("Commitment", _up("commitment_id")),
        },
    ),
    "Decision": Seen(
        "decision",
        _of_case("arrangement"),
        "id case_id element_id outcome outcome_label hint organisation_id outside_network hours_per_week starts_on "
        "ends_on legal_basis amount wish_and_choice reasons remedy_notice decided_by_id second_professional_id "
        "decided_on withheld",
        said={
            **_eur("hours_per_week", "amount"),
            "outcome_label": _said("outcome", OUTCOMES),
            "hint": _said("outcome", HINTS),
        },
        only=dict.fromkeys(
            (
                *("amount", "wish_and_choice", "reasons", "remedy_notice"),
                *("decided_by_id", "second_professional_id"),
            ),
            _concerned,
        ),
        one={
            "element": ("Element", _up("element_id")),
            "organisation": ("Organisation", _up("organisation_id")),
        },
    ),
    # Providers.
    "Assignment": Seen(
        "assignment",
        _assigned,
        "id case_id case_pseudonym organisation_id worker_id task parts purpose legal_basis in_force valid_from "
        "valid_to withheld version",
        said={"worker_id": _worker, "in_force": _in_force},
        only={"case_id": _of_case(None)},
        one={"case": ("Case", _up("case_id")), "organisation": ("Organisation", _up("organisation_id"))},
        many={"records": ("ProviderRecord", _down("assignment_id"))},
    ),
    "ProviderRecord": Seen(
        "provider_record",
        _recorded,
        "id case_id assignment_id organisation_id kind words replaces_id audience created_at",
    ),
    "Delivery": Seen(
        "delivery",
        _delivered,
        "position cursor assignment_id case_pseudonym kind subject subject_id removal content at withheld version",
        said={"cursor": _cursor},
        only={"content": _content},
    ),
    # Money.
    "BudgetAgreement": Seen(
        "budget_agreement",
        _of_budget,
        "id authority_id social_space_id fiscal_year contract_number state legal_basis activated_on "
        "closed_through version",
        one={"social_space": ("SocialSpace", _up("social_space_id"))},
        many={
            "lines": ("BudgetLine", _down("agreement_id")),
            "parties": ("BudgetParty", _down("agreement_id")),
            "allocations": ("Allocation", _down("agreement_id")),
            "overspend_procedures": ("OverspendProcedure", _down("agreement_id")),
        },
    ),
    "BudgetParty": Seen(
        "budget_party",
        _of_budget,
        "id agreement_id organisation_id share",
        said=_eur("share"),
        one={"organisation": ("Organisation", _up("organisation_id"))},
    ),
    "BudgetLine": Seen(
        "budget_line",
        _of_budget,
        "id agreement_id social_space_id kind agreed approved reserved committed booked free",
        said={
            **_eur("agreed"),
            "approved": _held_by("free", "reserved", "committed", "booked"),
            **{kind: _held_by(kind) for kind in ("free", "reserved", "committed", "booked")},
        },
        one={"agreement": ("BudgetAgreement", _up("agreement_id"))},
        many={"allocations": ("Allocation", _down("line_id"))},
    ),
    "BudgetFigure": Seen(
        "budget_figure",
        _of_figure,
        "key as_of authority_id level social_space_id region_id fiscal_year line approved reserved committed booked "
        "free",
        said=_eur("approved", "reserved", "committed", "booked", "free"),
    ),
    # Dialogues: for those who work in the place, those who take part, and (ideas) whoever has brought them.
    "DialogueSeries": Seen(
        "dialogue_series",
        lambda reader, row: row["authority_id"] == reader.authority,
        "id social_space_id region_id title every_months version",
        one=_PLACE,
        many={"dialogues": ("Dialogue", _down("series_id")), "themes": ("Theme", _down("series_id"))},
    ),
    "Dialogue": Seen(
        "dialogue",
        _in_dialogue("id"),
        "id series_id social_space_id region_id state state_label title starts_at ends_at when venue minutes "
        "internal_note withheld version",
        said={"state_label": _said("state", DIALOGUE_STATES), "when": _when("starts_at")},
        only={"minutes": _minutes, "internal_note": _inside},
        one={**_PLACE, "series": ("DialogueSeries", _up("series_id"))},
        many={
            "participants": ("DialogueParticipant", _down("dialogue_id")),
            "themes": ("Theme", _down("dialogue_id")),
        },
    ),
    "DialogueParticipant": Seen(
        "dialogue_participant",
        _in_dialogue("dialogue_id"),
        "id dialogue_id kind kind_label organisation_id name account attended withheld version",
        said={
            "kind_label": _said("kind", ACTOR_KINDS),
            "account": lambda reader, row: row["actor_id"] is not None,
        },
        only={"name": _named_openly},
        one={"organisation": ("Organisation", _up("organisation_id"))},
    ),
    "Theme": Seen(
        "theme",
        _theme,
        "id series_id dialogue_id origin_id social_space_id region_id title state state_label raised_by_kind "
        "raised_by_me concerns better_everyday resources rests_because rests_until result answer answered_at version",
        said={"state_label": _said("state", THEME_STATES), "raised_by_me": _raised},
        one={**_PLACE, "dialogue": ("Dialogue", _up("dialogue_id")), "origin": ("Theme", _up("origin_id"))},
        many={
            "taken_up": ("Theme", _down("origin_id")),
            "needs": ("ThemeNeed", _down("theme_id")),
            "steps": ("ThemeStep", _down("theme_id")),
            "measures": ("Measure", _down("theme_id")),
        },
    ),
    "ThemeNeed": Seen(
        "theme_need",
        _of_theme,
        "id theme_id what kind kind_label organisation_id form",
        said={"kind_label": _said("kind", ACTOR_KINDS)},
    ),
    "ThemeStep": Seen(
        "theme_step", _of_theme, "id theme_id what owner_id organisation_id due_on state version", one=_OWNED
    ),
    "Measure": Seen(
        "measure",
        _of_theme,
        "id theme_id social_space_id region_id title target dimension dimension_label owner_id organisation_id due_on "
        "line_id state state_label evaluation version",
        said={"state_label": _said("state", MEASURE_STATES), "dimension_label": _said("dimension", DIMENSIONS)},
        one={**_PLACE, **_OWNED, "line": ("BudgetLine", _up("line_id"))},
    ),
    # What is released is public.
    "MinutesRelease": Seen(
        "minutes_release",
        _everybody,
        "id dialogue_id social_space_id region_id series_title title held_at when venue minutes attendance released_at",
        said={"when": _when("held_at")},
        one=_PLACE,
        many={"themes": ("ReleasedTheme", _down("release_id"))},
    ),
    "ReleasedTheme": Seen(
        "released_theme",
        _everybody,
        "id release_id theme_id social_space_id region_id title state state_label concerns better_everyday resources "
        "needs next_steps next_due_on rests_because answer",
        said={"state_label": _said("state", THEME_STATES)},
        one={"release": ("MinutesRelease", _up("release_id"))},
    ),
    "FigureRelease": Seen("figure_release", _everybody, "id authority_id as_of number corrects_id reason released_at"),
    "ReleasedFigure": Seen(
        "shown_figure",
        _everybody,
        "key as_of authority_id release_id number level social_space_id region_id fiscal_year line approved reserved "
        "committed booked free suppressed",
        said={"approved": _eur("approved")["approved"]}
        | {
            name: lambda reader, row, name=name: None if row[name] is None else f"{Decimal(row[name]):.2f}"
            for name in ("reserved", "committed", "booked", "free")
        },
        one={"release": ("FigureRelease", _up("release_id"))},
    ),
    "Allocation": Seen(
        "allocation",
        _of_contract,
        "id agreement_id line_id kind state amount effective_on reason proposed_by released_by released_at version",
        said=_eur("amount"),
    ),
    "Commitment": Seen(
        "commitment",
        _single_amount,
        "id agreement_id line_id basis state amount booked released purpose organisation_id outside_network "
        "case_pseudonym value_on version",
        said=_eur("amount", "booked", "released"),
        one={"line": ("BudgetLine", _up("line_id"))},
        many={"bookings": ("Booking", _down("commitment_id"))},
    ),
    "Invoice": Seen(
        "invoice",
        _payee,
        "id organisation_id number issued_on amount proposed version",
        said=_eur("amount", "proposed"),
    ),
    "Booking": Seen(
        "booking",
        _single_amount,
        "id invoice_id agreement_id line_id commitment_id organisation_id amount value_on state outside_network "
        "proposed_by released_by released_at reversed_by reversed_at reason version",
        said=_eur("amount"),
        one={"invoice": ("Invoice", _up("invoice_id"))},
    ),
    "Posting": Seen(
        "posting",
        lambda reader, row: reader.checks(row),
        "id agreement_id kind from_account_id to_account_id amount value_on at subject_id",
        said=_eur("amount"),
    ),
    "OverspendProcedure": Seen(
        "overspend_procedure",
        _of_overspend,
        "id agreement_id line_id state opened_on outcome closed_on version",
        many={"alerts": ("BudgetAlert", _down("procedure_id"))},
    ),
    "BudgetAlert": Seen(
        "budget_alert", _of_overspend, "id agreement_id line_id procedure_id free at", said=_eur("free")
    ),
}


# ------------------------------------------------------------------------------------------------ who does what


@dataclass(frozen=True)
class Deed:
    """Something done to a row of a view, in some of its states; without a view, anything but an existing row."""

    view: str | None
    by: Test
    states: Sequence[str] = ()

    @property
    def table(self) -> str:
        assert self.view is not None
        return SEEN[self.view].table


def _leads(column: str = "case_id") -> Test:
    return lambda reader, row: reader.leads(row[column])


def _arranges(column: str = "case_id") -> Test:
    return lambda reader, row: reader.involved(row[column], "arrangement", "assignment")


def _manages(reader: Reader, row: Row) -> bool:
    return reader.represents(row["organisation_id"], "provider_manager")


def _works_on(reader: Reader, row: Row) -> bool:
    return reader.is_named(row["id"])


def _in_family(reader: Reader, row: Row) -> bool:
    return reader.belongs(row["case_id"])


def _own(reader: Reader, row: Row) -> bool:
    return row["participant_id"] in reader.selves and reader.belongs(row["case_id"])


def _wants(reader: Reader, row: Row) -> bool:
    return row["wanted_by_id"] in reader.selves and reader.belongs(row["case_id"])


def _tick_off(reader: Reader, row: Row) -> bool:
    return row["done_by_id"] in reader.selves or _wants(reader, row) or reader.leads(row["case_id"])


def _plans_steps(reader: Reader, row: Row) -> bool:
    return reader.involved(row["case_id"], "steps", "assignment", "transmission", "self", "representation")


def _leads_or_trusts(reader: Reader, row: Row) -> bool:
    return reader.leads(row["case_id"]) or reader.trusts(row)


def _second_pair_of_eyes(reader: Reader, row: Row) -> bool:
    return reader.administers(row) and reader.id not in (row["actor_id"], row["proposed_by"])


_administers: Test = lambda reader, row: reader.administers(row)  # noqa: E731
_of_authority: Test = lambda reader, row: reader.holds_throughout("administrator", row["id"])  # noqa: E731

_controls: Test = lambda reader, row: reader.controls(row)  # noqa: E731
_controls_authority: Test = lambda reader, row: reader.holds_throughout("controller", row["id"])  # noqa: E731


def _controls_unless(column: str) -> Test:
    """A second pair of eyes: a controller who is not the one named there."""
    return lambda reader, row: reader.controls(row) and reader.id != row[column]


ON_THE_TABLE = ("collected", "prioritised", "in_work")
OPEN_THEME = ("raised", *ON_THE_TABLE, "escalated")


def _words_a_theme(reader: Reader, row: Row) -> bool:
    """Whoever brought it, until it is on an agenda; and those who work in the place."""
    return _contributes(reader, row) or (_raised(reader, row) and row["state"] == "raised")


def _takes_up(reader: Reader, row: Row) -> bool:
    return any(reader.holds(role, row["social_space_id"]) for role in ("social_space_manager", "regional_manager"))


DEEDS: Mapping[str, Deed] = {
    "add_organisation": Deed("Authority", _of_authority),
    "change_organisation": Deed("Organisation", _administers),
    "add_actor": Deed("Authority", _of_authority),
    "add_membership": Deed("Organisation", _administers),
    "end_membership": Deed("Membership", _administers),
    "propose_grant": Deed("Actor", _administers),
    "approve_grant": Deed("Grant", _second_pair_of_eyes),
    "end_grant": Deed("Grant", _administers),
    "add_region": Deed("Authority", _of_authority),
    "merge_social_spaces": Deed("Authority", _of_authority),
    "split_social_space": Deed("SocialSpace", _administers),
    "form_team": Deed("SocialSpace", _forms_teams),
    "change_team": Deed("Team", _forms_teams),
    "add_team_member": Deed("Team", _forms_teams),
    "change_team_member": Deed("TeamMember", _forms_teams),
    "let_moderate": Deed("TeamMember", _forms_teams),
    "end_team_member": Deed("TeamMember", _forms_teams),
    "open_case": Deed("SocialSpace", lambda reader, row: reader.holds("case_worker", row["id"])),
    "change_case": Deed("Case", _leads("id")),
    "begin_counselling": Deed("Case", _leads("id"), ("enquiry",)),
    "begin_clarification": Deed("Case", _leads("id"), ("enquiry", "counselling")),
    "begin_arrangement_planning": Deed("Case", _leads("id"), ("clarification",)),
    "add_participant": Deed("Case", _leads("id")),
    "name_lead": Deed("CaseSketch", _sketch),
    "transmit_case": Deed("Case", _leads("id")),
    "assign_provider": Deed("Case", _leads("id")),
    "name_worker": Deed("Assignment", _manages),
    "end_assignment": Deed("Assignment", lambda r, row: r.leads(row["case_id"]) or _manages(r, row)),
    "record_progress": Deed("Assignment", _works_on),
    "note_down": Deed("Assignment", _works_on),
    "name_trusted_person": Deed("Case", lambda r, row: r.involved(row["id"], None, "self")),
    "let_see": Deed("CaseAccess", lambda r, row: r.trusts(row)),
    "end_case_access": Deed("CaseAccess", _leads_or_trusts),
    "issue_enrolment_code": Deed("Participant", _leads_or_trusts),
    "undo_enrolment": Deed("Participant", _leads()),
    # Words are one's own, and so are goals: nobody agrees one for somebody else.
    "word_answer": Deed("Question", _in_family),
    "propose_goal": Deed("Case", lambda r, row: r.involved(row["id"], None, "assignment", "self", "representation")),
    "change_goal": Deed("Goal", lambda r, row: _own(r, row) or r.leads(row["case_id"]), ("draft",)),
    "agree_goal": Deed("Goal", _own, ("draft",)),
    "drop_goal": Deed("Goal", _own, ("draft", "agreed")),
    "plan_step": Deed("Goal", _plans_steps, ("agreed",)),
    "change_step": Deed("Step", lambda r, row: _wants(r, row) or r.leads(row["case_id"]), ("open",)),
    "finish_step": Deed("Step", _tick_off, ("open",)),
    "leave_step": Deed("Step", _tick_off, ("open",)),
    # Arrangements: planned and decided by whoever leads the case, applied for by the family, too.
    "draft_arrangement": Deed("Case", _arranges("id")),
    "add_element": Deed("Arrangement", _arranges()),
    "change_element": Deed("Element", _arranges(), ("planned",)),
    "start_element": Deed("Element", _arranges(), ("planned",)),
    "apply_for_element": Deed("Element", _concerned, ("planned",)),
    "decide_element": Deed("Element", _arranges(), ("planned", "applied")),
    "end_element": Deed("Element", _arranges(), ("planned", "applied", "running", "granted")),
    # Money: two persons release it.
    "draft_budget_agreement": Deed("Authority", _controls_authority),
    "change_budget_agreement": Deed("BudgetAgreement", _controls, ("draft",)),
    "add_budget_party": Deed("BudgetAgreement", _controls, ("draft",)),
    "activate_budget_agreement": Deed("BudgetAgreement", _controls_unless("drafted_by"), ("draft",)),
    "close_budget_period": Deed("BudgetAgreement", _controls, ("active",)),
    "propose_allocation": Deed("BudgetLine", _controls),
    "release_allocation": Deed("Allocation", _controls_unless("proposed_by"), ("proposed",)),
    "close_overspend_procedure": Deed("OverspendProcedure", _controls, ("open",)),
    "commit_funds": Deed("BudgetLine", _controls),
    "release_commitment": Deed("Commitment", _controls, ("committed", "partly_booked")),
    "release_figures": Deed("Authority", _controls_authority),
    "enter_invoice": Deed("Authority", _controls_authority),
    "propose_booking": Deed("Invoice", _controls),
    "withdraw_booking": Deed("Booking", _controls, ("proposed",)),
    "release_booking": Deed("Booking", _controls_unless("proposed_by"), ("proposed",)),
    "reverse_booking": Deed("Booking", _controls_unless("released_by"), ("released",)),
    # Dialogues: moderated by the managers of the place; whoever works there contributes; residents bring ideas.
    "start_space_dialogue": Deed("SocialSpace", lambda r, row: r.holds("social_space_manager", row["id"])),
    "start_region_dialogue": Deed("Region", lambda r, row: r.holds_region("regional_manager", row["id"])),
    "plan_dialogue": Deed("DialogueSeries", _moderates),
    "change_dialogue": Deed("Dialogue", _moderates, ("planned", "invited")),
    "add_dialogue_participant": Deed("Dialogue", _moderates, ("planned", "invited", "held")),
    "invite_to_dialogue": Deed("Dialogue", _moderates, ("planned",)),
    "hold_dialogue": Deed("Dialogue", _moderates, ("invited",)),
    "draft_minutes": Deed("Dialogue", _moderates, ("held", "minutes_draft")),
    "release_minutes": Deed("Dialogue", _moderates, ("minutes_draft",)),
    "close_dialogue": Deed("Dialogue", _moderates, ("minutes_released",)),
    "raise_theme": Deed("DialogueSeries", _brings_a_theme),
    "change_theme": Deed("Theme", _words_a_theme, ("raised", *ON_THE_TABLE)),
    "collect_theme": Deed("Theme", _moderates, ("raised", "parked")),
    "prioritise_theme": Deed("Theme", _moderates, ("collected",)),
    "work_on_theme": Deed("Theme", _moderates, ("collected", "prioritised", "escalated")),
    "take_up_theme": Deed("Theme", _takes_up, ON_THE_TABLE),
    "resolve_theme": Deed("Theme", _moderates, (*ON_THE_TABLE, "escalated")),
    "park_theme": Deed("Theme", _moderates, OPEN_THEME),
    "state_need": Deed("Theme", _contributes, OPEN_THEME),
    "plan_theme_step": Deed("Theme", _contributes, OPEN_THEME),
    "finish_theme_step": Deed("ThemeStep", _contributes, ("open",)),
    "propose_measure": Deed("Theme", _contributes, OPEN_THEME),
    "change_measure": Deed("Measure", _contributes, ("proposed", "agreed", "running", "continued")),
    "agree_measure": Deed("Measure", _moderates, ("proposed",)),
    "start_measure": Deed("Measure", _moderates, ("agreed",)),
    "evaluate_measure": Deed("Measure", _moderates, ("running", "continued")),
    "continue_measure": Deed("Measure", _moderates, ("evaluated",)),
    "end_measure": Deed("Measure", _moderates, ("evaluated",)),
    "enrol": Deed(None, _everybody),  # by a code, not by who one is
}


# ------------------------------------------------------------------------------------------------ how it is written


@dataclass
class Book:
    """What somebody is told, as one of the faces writes it."""

    reader: Reader
    graphql: bool
    first: int = 3  # of a list within a row
    _written: dict[tuple[str, int, int], dict[str, Any]] = field(default_factory=dict, repr=False)

    def name(self, name: str) -> str:
        return camel(name) if self.graphql else name

    def row(self, view: str, row: Row, depth: int = 0) -> dict[str, Any]:
        place = view, id(row), depth
        if place not in self._written:
            self._written[place] = self._row(view, row, depth)
        return self._written[place]

    def _row(self, view: str, row: Row, depth: int) -> dict[str, Any]:
        seen = SEEN[view]
        told: dict[str, Any] = {}
        for name in seen.fields:
            if self.reader.shows(view, name, row):
                told[self.name(name)] = self.value(view, name, row)
            elif self.graphql:
                told[self.name(name)] = None
        if not self.graphql:
            return told
        told |= self.derived(view, row)
        if depth:
            told |= {camel(name): self.related(view, name, row, depth - 1) for name in seen.one}
            told |= {camel(name): self.page(view, name, row, depth - 1) for name in seen.many}
        return told

    def value(self, view: str, name: str, row: Row) -> Any:
        if name == "withheld":
            return [self.name(each) for each in SEEN[view].only if not self.reader.shows(view, each, row)]
        said = SEEN[view].said.get(name)
        value = said(self.reader, row) if said else row[name]
        enum = issubclass(OF_NAME[view].columns[name].type, Enum)
        if self.graphql and enum and value is not None:
            return [name_of(each) for each in value] if isinstance(value, list) else name_of(value)
        return value

    def derived(self, view: str, row: Row) -> dict[str, Any]:
        told: dict[str, Any] = {}
        if transitions := self.transitions(view, row):
            told["transitions"] = transitions
        if SEEN[view].only:
            told["fields"] = self.fields(view, row)
        return told

    def transitions(self, view: str, row: Row) -> dict[str, tuple[bool, bool]]:
        """Of each operation on the row: whether it is possible now, and whether the reader is the one to do it."""
        first = next(each.name for each in VIEWS.values() if each.table is OF_NAME[view].table)
        told = {}
        for name, deed in DEEDS.items():
            if deed.view == view == first and name not in WITHOUT_ROW:
                may = self.reader.may(name, row)
                told[name] = (may and (not deed.states or row["state"] in deed.states), may)
        return told

    def fields(self, view: str, row: Row) -> dict[str, bool]:
        return {name: self.reader.shows(view, name, row) for name in SEEN[view].only}

    def related(self, view: str, name: str, row: Row, depth: int) -> Any:
        target, link = SEEN[view].one[name]
        for there in self.reader.county.tables[SEEN[target].table]:
            if link(self.reader.county, row, there) and self.reader.sees(target, there):
                return self.row(target, there, depth)
        return None

    def page(self, view: str, name: str, row: Row, depth: int) -> Any:
        target, link = SEEN[view].many[name]
        rows = self.reader.listed(target, within=lambda there: link(self.reader.county, row, there))
        nodes = [self.row(target, there, depth) for there in rows[: self.first]]
        return {"nodes": nodes, "pageInfo": {"hasNextPage": len(rows) > self.first, "hasPreviousPage": False}}


WITHOUT_ROW = frozenset(
    {
        "open_case",
        "add_region",
        "merge_social_spaces",
        "split_social_space",
        "form_team",
        "name_lead",
        "add_organisation",
        "add_actor",
        "draft_budget_agreement",
        "enter_invoice",
        "release_figures",
        "start_space_dialogue",
        "start_region_dialogue",
    }
)
"""What these are about stands in their input: a social space, an authority, a pseudonym."""
