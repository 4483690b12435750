"""All rows of a database, and what follows from their dates and places."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from sqlmodel import SQLModel

from service.domain.encrypting import columns_of
from tests.access.figures import amounts, figures, parts, postings, shown
from tests.access.settled import worked_parts
from tests.access.shares import concentrations, own_shares
from tests.conftest import Database, opened

Row = Mapping[str, Any]

BERLIN = ZoneInfo("Europe/Berlin")


def _one(connection: psycopg.Connection[Any], query: str) -> Any:
    found = connection.execute(query.encode()).fetchone()
    assert found is not None
    return found[0]


def _stamps_of(connection: psycopg.Connection[Any]) -> dict[str, tuple[int, int]]:
    """Of each table how many rows there are, and the latest transaction that has written one of them."""
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'key_date'"
    names = [name for (name,) in connection.execute(query)]
    each = (f"SELECT '{name}', count(*), coalesce(max(xmin::text::bigint), 0) FROM {name}" for name in names)
    return {name: (many, latest) for name, many, latest in connection.execute(" UNION ALL ".join(each).encode())}


def _rows(connection: psycopg.Connection[Any], name: str, stamp: tuple[int, int], before: "County | None") -> list[Row]:
    known: list[Row] = before.tables[name] if before else []
    if before and before._stamps[name] == stamp:
        return known
    query = f"SELECT coalesce(json_agg(t), '[]')::text FROM {name} t"
    if before and name == "audit_entry":  # nothing in it ever changes, and it grows with every request
        latest = before._stamps[name][1]
        new: list[Row] = json.loads(
            _one(connection, f"{query} WHERE xmin::text::bigint > {latest}"), parse_float=Decimal
        )
        if len(known) + len(new) == stamp[0]:
            return known + new
    return _decrypted(name, json.loads(_one(connection, query), parse_float=Decimal))


def _decrypted(name: str, rows: list[dict[str, Any]]) -> list[Row]:
    """As whoever may read them sees them."""
    table = SQLModel.metadata.tables.get(name)
    for column in columns_of(table) if table is not None else ():
        for row in rows:
            row[column.name] = opened(column, row)
    return list(rows)


@dataclass
class County:
    """All rows of all tables, and the moment at which they were read."""

    tables: dict[str, list[Row]]
    now: datetime
    _stamps: dict[str, tuple[int, int]] = field(default_factory=dict, repr=False)
    _index: dict[tuple[str, str], dict[Any, list[Row]]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, database: Database, before: "County | None" = None) -> "County":
        """`before`: what was read earlier. A table is read again where something in it has changed since."""
        # Database.rows would do, were it not for the time zone: PostgreSQL is to write moments as the service does.
        with psycopg.connect(database.superuser, options="-c TimeZone=UTC") as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            stamps = _stamps_of(connection)
            county = cls({}, _one(connection, "SELECT now()"), stamps)
            for name, stamp in stamps.items():
                county.tables[name] = _rows(connection, name, stamp, before)
        tables = county.tables
        if before is not None:
            same = {name for name, rows in before.tables.items() if rows is tables.get(name)}
            county._index |= {key: rows for key, rows in before._index.items() if key[0] in same}
        tables["shown_area"] = list(county._areas())
        tables["due_item"] = list(county._due_items())
        tables |= {"field_work_of_month": list(county._field_work()), "space_situation": list(county._situations())}
        tables["space_transition"] = list(county._transitions())
        tables["space_contribution"] = list(county._contributions())
        tables["endangerment_team"] = list(county._teams())
        tables["arrangement_mix"] = list(county._mix())
        tables["appointment"] = list(county._appointments())
        tables["case_contact"] = list(county._contacts())
        points = tables["contact_point"]
        tables["social_space_office"] = [each for each in points if each["in_use"] and each["social_space_id"]]
        tables |= {"budget_figure": figures(tables, county.today), "shown_figure": shown(tables)}
        tables["released_amount"] = amounts(tables)
        tables |= {"own_share": list(own_shares(tables)), "space_concentration": list(concentrations(tables))}
        tables["released_indicator"] = [row for row in tables["indicator_release"] if row["expires_on"] >= county.today]
        shown_now = {row["id"] for row in tables["released_indicator"]}
        values = tables["released_indicator_value"]
        tables["told_indicator_value"] = [row for row in values if row["release_id"] in shown_now]
        tables["worked_part"] = list(worked_parts(tables))
        tables |= {"figure_part": parts(tables, county.today), "figure_posting": postings(tables, county.today)}
        return county

    @property
    def today(self) -> str:
        return self.now.astimezone(BERLIN).date().isoformat()

    def _mix(self) -> Iterator[Row]:
        """How many elements of a kind went on in a month of an arrangement, up to today."""
        found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in self.tables["arrangement_element"]:
            if row["began_on"] is not None:
                month, last = row["began_on"][:7], min(filter(None, (row["ended_on"], row["ends_on"], self.today)))
                while month <= last[:7]:
                    found[row["arrangement_id"], month, row["kind"]].append(row)
                    year, number = divmod(int(month[:4]) * 12 + int(month[5:]), 12)
                    month = f"{year:04}-{number + 1:02}"
        for (arrangement, month, kind), rows in found.items():
            yield {
                "key": f"{arrangement}:{month}:{kind}",
                "arrangement_id": arrangement,
                "month": f"{month}-01",
                "kind": kind,
                "elements": len(rows),
                **{name: rows[0][name] for name in ("authority_id", "case_id")},
            }

    def _due_items(self) -> Iterator[Row]:
        """What has its day in cases that are not over."""
        for_all: dict[str, Any] = {"author_id": None, "audience": "all", "audience_of": []}
        dated: tuple[tuple[str, str, str, str | None], ...] = (
            ("step", "open", "due_on", "how"),
            ("step", "doing", "due_on", "how"),
            ("review", "planned", "due_on", None),
            ("arrangement_element", "applied", "applied_on", "what"),
            ("handover", "offered", "call_back_on", "receiving_body"),
            ("consultation", "results_recorded", "follow_up_on", "question"),
        )
        kinds = {"step": "step", "arrangement_element": "application", "handover": "call_back"}
        kinds["consultation"] = "consultation_follow_up"
        for table, state, day, what in dated:
            for row in self.all(table, state=state):
                case = self.one("case_file", id=row["case_id"])
                if row[day] is not None and case and case["state"] not in ("closed", "redirected"):
                    yield {
                        **for_all,
                        **{name: row[name] for name in row if name in for_all or name.endswith("id")},
                        "kind": kinds.get(table) or row["kind"],
                        "case_title": case["title"],
                        "due_on": row[day],
                        "what": row[what] if what else None,
                    }
        for row in self.all("confidential_counselling", ended_on=None):
            case = self.one("case_file", id=row["case_id"])
            kept = {name: row[name] for name in ("id", "authority_id", "case_id")}
            kept |= {"kind": "confidentiality_review", "due_on": row["review_on"], "what": None}
            if case and case["state"] not in ("closed", "redirected"):
                yield {**for_all, **kept, "case_title": case["title"]}
        for row in self.tables["endangerment_assessment"]:
            apart = {**for_all, "case_title": row["case_pseudonym"], "case_id": row["id"], "what": None}
            apart["authority_id"] = row["authority_id"]
            if row["state"] == "reported":
                yield {**apart, "id": row["id"], "kind": "endangerment_report", "due_on": row["reported_on"]}
            plans = sorted(self.all("safety_plan", assessment_id=row["id"]), key=lambda each: each["agreed_at"])
            for plan in plans[-1:] if row["state"] != "concluded" else ():
                yield {**apart, "id": plan["id"], "kind": "safety_plan_review", "due_on": plan["review_on"]}

    def _field_work(self) -> Iterator[Row]:
        found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in self.all("field_note", withdrawn_on=None):
            found[row["social_space_id"], f"{row['done_on'][:7]}-01", row["dimension"]].append(row)
        for (space, month, dimension), rows in found.items():
            timed = [row for row in rows if row["hours"] is not None]
            hours = sum((Decimal(str(row["hours"])) for row in timed), Decimal(0))
            told = len({row["author_id"] for row in timed}) >= 3
            yield {
                "key": f"{space}:{month}:{dimension}",
                "authority_id": rows[0]["authority_id"],
                "social_space_id": space,
                "month": month,
                "dimension": dimension,
                "notes": len(rows),
                "hours": 10 * (hours / 10).quantize(Decimal(1), ROUND_CEILING) if told else None,
            }

    def _counted(self, marks: str) -> Iterator[Row]:
        """Of a place, there since before this month, and of no case in which something is kept from custodians."""
        kept = {
            str(UUID(hashlib.md5(row["case_id"].encode(), usedforsecurity=False).hexdigest()))
            for row in self.tables["case_sketch"]
            if row["counselled"] or (row["not_told_until"] or "") > self.today
        }
        for row in self.tables[marks]:
            if row["social_space_id"] and row["since"] < self.today[:7] and row["origin"] not in kept:
                yield row

    def _situations(self) -> Iterator[Row]:
        """Of the last year, and only what five households or more share."""
        found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        since = (date.fromisoformat(self.today) - timedelta(days=365)).isoformat()
        for row in self._counted("situation_mark"):
            if (row["seen_on"] or "") > since:
                found[row["social_space_id"], row["life_area"], row["aspect"]].append(row)
        for (space, area, aspect), rows in found.items():
            if (households := len({row["household"] for row in rows})) > 4:
                yield {
                    "key": f"{space}:{area}:{aspect}",
                    "authority_id": rows[0]["authority_id"],
                    "social_space_id": space,
                    "life_area": area,
                    "aspect": aspect,
                    "at_least": households // 5 * 5,
                }

    def _transitions(self) -> Iterator[Row]:
        """Of the last year, where five households or more went elsewhere; and how many of ten out of a home, where five
        are on either side."""
        since = (date.fromisoformat(self.today) - timedelta(days=365)).isoformat()
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self._counted("setting_mark"):
            if since < (row["changed_on"] or "") <= self.today:
                found[row["social_space_id"]].append(row)
        for space, rows in found.items():
            every, homeward, other = (
                len({row["household"] for row in rows if row["homeward"] in wanted})
                for wanted in ((True, False), (True,), (False,))
            )
            if every > 4:
                yield {
                    "key": space,
                    "authority_id": rows[0]["authority_id"],
                    "social_space_id": space,
                    "at_least": every // 5 * 5,
                    "homeward_in_ten": int(10 * homeward / every + 0.5) if homeward > 4 and other > 4 else None,
                }

    def _contributions(self) -> Iterator[Row]:
        """By the year in which they began, what five households or more have of a kind beside five with another; once
        for each household."""
        found: dict[tuple[str, int], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for row in self._counted("contribution_mark"):
            if "" < (row["began_on"] or "") <= self.today:
                found[row["social_space_id"], int(row["began_on"][:4])][row["kind"]].add(row["household"])
        for (space, year), kinds in found.items():
            for kind, households in kinds.items():
                others = {each for other, theirs in kinds.items() if other != kind for each in theirs}
                if len(households) > 4 and len(others) > 4:
                    yield {
                        "key": f"{space}:{year}:{kind}",
                        "authority_id": next(self.all("social_space", id=space))["authority_id"],
                        "social_space_id": space,
                        "year": year,
                        "kind": kind,
                        "at_least": len(households) // 5 * 5,
                        "in_ten": int(10 * len(households) / sum(map(len, kinds.values())) + 0.5),
                    }

    def _teams(self) -> Iterator[Row]:
        """Who was let into an assessment, and who leads its case or stands in, since there is the assessment."""
        for row in self.tables["endangerment_member"]:
            yield {**row, "part": "adviser" if row["as_adviser"] else "professional"}
        for row in self.tables["endangerment_assessment"]:
            began = row["created_at"]
            for each in self.all("case_access", case_id=row["case_id"], basis="assignment"):
                if each["valid_to"] is None or moment(each["valid_to"]) > moment(began):
                    key = hashlib.md5(f"{row['id']} {each['id']}".encode(), usedforsecurity=False).hexdigest()
                    yield {
                        **each,
                        "id": str(UUID(key)),
                        "assessment_id": row["id"],
                        "part": "lead" if each["stand_in_id"] is None else "stand_in",
                        "valid_from": max(each["valid_from"], began, key=moment),
                    }

    def _appointments(self) -> Iterator[Row]:
        """What has its day, whoever it is for."""
        for row in self.tables["step"]:
            state = {"done": "held", "not_done": "cancelled", "dropped": "cancelled"}.get(row["state"], "planned")
            yield {**row, "kind": "step", "state": state, "day": row["due_on"], "starts_at": None}
        for row in self.tables["review"]:
            state = "cancelled" if row["state"] == "dropped" else row["state"]
            yield {**row, "kind": "review", "state": state, "day": row["due_on"], "starts_at": None}
        for row in self.tables["consultation"]:
            before = dict.fromkeys(("requested", "consented", "scheduled"), "planned")
            state = {**before, "cancelled": "cancelled"}.get(row["state"], "held")
            yield {**row, "kind": "consultation", "state": state, "day": _day_of(row["starts_at"])}
        for row in self.tables["consultation_participant"]:
            off = row["called_off"] or row["consent"] == "refused"
            state = "cancelled" if off else "held" if row["ended"] else "planned"
            yield {**row, "kind": "invitation", "state": state, "day": _day_of(row["starts_at"])}

    def _contacts(self) -> Iterator[Row]:
        """Whom to ring about each case: whoever leads it or stands in now, and the office of its place."""
        points = [row for row in self.tables["contact_point"] if row["in_use"]]
        for point in points:
            for row in self.all("case_access", actor_id=point["actor_id"], basis="assignment"):
                if self.holds_now(row):
                    lead = row["stand_in_id"] is None
                    yield _contact(row["case_id"], point, "lead" if lead else "stand_in", "t" if lead else "f")
            if point["social_space_id"] is not None:
                for case in self.all("case_file", social_space_id=point["social_space_id"]):
                    yield _contact(case["id"], point, "office")

        for office in self.tables["complaint_office"]:
            for case in self.all("case_file", authority_id=office["authority_id"]):
                yield _contact(case["id"], office, office["kind"])

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


def _day_of(at: str | None) -> str | None:
    return None if at is None else moment(at).astimezone(BERLIN).date().isoformat()


def _contact(case: str, point: Row, kind: str, *more: str) -> Row:
    position = 1 + ("stand_in", "lead", "office", "ombuds_office", "complaint_office").index(kind)
    key = hashlib.md5(" ".join((case, point["id"], *more)).encode(), usedforsecurity=False).hexdigest()
    return {**point, "id": str(UUID(key)), "case_id": case, "kind": kind, "position": position}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
