"""The two faces of the service, so that a promise is written once and kept twice.

A `Face` is one person at one face. What comes back is told in the same words, whichever face it came through: names in
snake_case, enums by value, a refusal by its status and its code. An unseen row is 404 in REST and null in GraphQL."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol
from uuid import uuid4

import httpx
from pydantic import BaseModel

from service.api.problems import status_of
from service.api.rest.route import ROUTES
from service.domain.act import OPERATIONS, Operation
from service.domain.errors import CATALOGUE, DomainError
from service.domain.views import VIEWS, View, camel, name_of, plain
from tests.conftest import Database

GRAPHQL = "application/graphql-response+json"
FACT = "fact_"  # a refusal's `reason` and a booking's differ in type: GraphQL wants them told apart by their aliases
NESTED = {"errors": " { pointer detail }"}
CONTENT = (
    *("case_file", "case_access", "participant", "person", "question", "answer", "goal", "step", "enrolment_code"),
    *("handover", "audit_request", "suggestion", "life_rating", "situation_entry", "tick_off", "review"),
    *("withdrawal", "sibling_link", "confidential_counselling", "perspective"),
    *("offer", "shared_offer", "disagreement", "county_life_area", "representation", "former_name"),
    *("valuation_rule", "service_record", "cost_share"),
    *("element_change", "stand_in", "known_person", "family_inquiry"),
    *("assignment", "provider_record", "delivery"),
    *("consultation_method", "consultation_phase", "consultation", "consultation_participant"),
    *("consultation_sketch", "idea", "family_draft", "family_plan"),
    *("endangerment_assessment", "endangerment_report", "endangerment_judgement", "safety_plan"),
    *("organisation", "actor", "login", "membership", "access_grant", "receipt", "event"),
    *("foreseen_commitment", "contact_point", "complaint_office"),
    *("budget_agreement", "agreement_version", "terms_change", "agreement_position", "budget_party", "network_share"),
    *("budget_frame", "frame_year", "frame_share", "granted_help", "budget_line", "allocation", "commitment"),
    *("invoice", "booking"),
    *("social_space_team", "team_member", "social_space_change", "social_space_succession"),
    *("region_change", "region_succession"),
    *("dialogue_series", "dialogue", "dialogue_participant", "theme", "theme_need", "theme_step", "measure"),
    *("dialogue_announcement", "minutes_release", "released_theme"),
    *("indicator", "indicator_party", "indicator_value", "indicator_release", "released_indicator_value"),
    *("incentive_rule", "incentive_simulation", "incentive_finding"),
    *("tranche", "tranche_share", "budget_transfer", "transfer_position", "forecast", "forecast_line"),
    *("deviation_rule", "deviation_band", "monitored_service", "settlement", "settlement_line", "settlement_share"),
    *(
        "compensation",
        "overspend_procedure",
        "procedure_step",
        "underspend_procedure",
        "underspend_step",
        "budget_alert",
        "ledger_account",
        "ledger_day",
        "posting",
    ),
    *("job", "job_finding", "job_piece", "booking_import", "booking_import_piece", "booking_import_row"),
)
Said = dict[str, Any]  # the fields of an operation's input


@dataclass(frozen=True)
class Told:
    """What came of a request. `value` is the row, the record or the refusal; `rows` those of a list."""

    status: int
    value: dict[str, Any] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def code(self) -> str | None:
        return self.value.get("code") if self.status >= 400 else None

    @property
    def version(self) -> int:
        return int(self.value["version"])

    def __getitem__(self, name: str) -> Any:
        assert self.status < 400, self
        return self.value[name]


class Face(Protocol):
    """Somebody, at one of the faces."""

    async def one(self, name: str, key: object = None) -> Told:
        """One row: `goal` by its id, `me` without."""

    async def many(self, name: str, within: tuple[str, object] | None = None) -> Told:
        """A list: `regions`, or the `goals` within a ("case", id)."""

    async def do(
        self, operation: str, on: object = None, version: int | None = None, key: str | None = None, **said: Any
    ) -> Told:
        """An operation, with its input. One that needs an Idempotency-Key gets a new one where none is given."""


VIEW_OF = {_name: _view for _view in VIEWS.values() for _name in (_view.name, _view.plural) if _name}


def view_named(name: str) -> View:
    return VIEW_OF.get(name) or VIEW_OF["".join(part.capitalize() for part in name.split("_"))]


@dataclass(frozen=True)
class Rest:
    client: httpx.AsyncClient
    language: str | None = None

    async def one(self, name: str, key: object = None) -> Told:
        plural = view_named(name).plural or name
        return await self._told("GET", f"/v1/{_dashed(plural)}/{key}" if key else f"/v1/{name}")

    async def many(self, name: str, within: tuple[str, object] | None = None) -> Told:
        if name in ("next_steps", "due_items", "appointments"):
            return await self._told("GET", f"/v1/me/{_dashed(name)}?limit=200")
        outer = f"{_dashed(view_named(within[0]).plural or '')}/{within[1]}/" if within else ""
        path, rows = f"/v1/{outer}{_dashed(name)}?limit=200", list[dict[str, Any]]()
        told = await self._told("GET", path)
        while told.status == 200 and (after := told.value.get("next")):
            rows += told.rows
            told = await self._told("GET", f"{path}&after={after}")
        return Told(told.status, told.value, rows + told.rows)

    async def do(
        self, operation: str, on: object = None, version: int | None = None, key: str | None = None, **said: Any
    ) -> Told:
        route = next(each for each in ROUTES if each.name == operation)
        path = f"{route.path.partition('{')[0]}{on}{route.path.partition('}')[2]}" if on else route.path
        headers = {"if-match": f'"{version}"'} if version is not None else {}
        if OPERATIONS[operation].keyed:
            headers["idempotency-key"] = new_key() if key is None else key
        if OPERATIONS[operation].command is None:
            return await self._told(route.method, path, headers=headers)
        kind = "application/merge-patch+json" if route.method == "PATCH" else "application/json"
        return await self._told(route.method, path, headers={**headers, "content-type": kind}, content=_json(said))

    async def _told(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, content: Any = None
    ) -> Told:
        spoken = {"accept-language": self.language} if self.language else {}
        answer = await self.client.request(method, path, headers={**spoken, **(headers or {})}, content=content)
        value = answer.json()
        return Told(answer.status_code, value, value.get("items", []))


@dataclass(frozen=True)
class GraphQL:
    client: httpx.AsyncClient
    language: str | None = None

    async def one(self, name: str, key: object = None) -> Told:
        view = view_named(name)
        asked = f"({camel(view.key)}: {_json(str(key)).decode()})" if key else ""
        told = await self._asked(f"{{ it: {camel(name)}{asked} {{ {_values(view)} }} }}")
        return self._seen(told, view)

    async def many(self, name: str, within: tuple[str, object] | None = None) -> Told:
        view = view_named(name)
        page = f"{{ nodes {{ {_values(view)} }} }}"
        if within is None:
            return await self._all_pages(name, view)
        told = await self._asked(
            f'{{ outer: {camel(within[0])}(id: "{within[1]}") {{ it: {camel(name)}(first: 200) {page} }} }}'
        )
        if told.status == 200:
            told = Told(200, told.value["outer"] or {"it": None})
        if told.status != 200 or told.value["it"] is None:
            return told if told.status != 200 else Told(404)
        return Told(200, {}, [_plain(row, view.record) for row in told.value["it"]["nodes"]])

    async def do(
        self, operation: str, on: object = None, version: int | None = None, key: str | None = None, **said: Any
    ) -> Told:
        doing = OPERATIONS[operation]
        given = {"id": (on, "UUID!"), "expectedVersion": (version, "Int!")}
        if doing.keyed:
            given["idempotencyKey"] = (new_key() if key is None else key, "String!")
        if doing.command is not None:
            given["input"] = (_input(doing.command, said), f"{doing.command.__name__}Input!")
        sent = {name: each for name, each in given.items() if each[0] is not None}
        declared = ", ".join(f"${name}: {type_}" for name, (_, type_) in sent.items())
        passed = ", ".join(f"{name}: ${name}" for name in sent)
        success = _values(doing.view) if doing.view else _entries(doing.answers)
        query = f"""mutation {f"({declared})" if sent else ""} {{
            it: {camel(operation)}{f"({passed})" if sent else ""} {{
                __typename ... on {doing.view.name if doing.view else doing.answers.__name__} {{ {success} }}
                ... on Problem {{ code message advice }} {" ".join(_facts(doing))} }} }}"""
        told = await self._asked(query, {name: value for name, (value, _) in sent.items()})
        if told.status != 200:
            return told
        outcome = told.value["it"]
        if "code" in outcome and outcome.get("advice"):
            facts = {name.removeprefix(FACT): value for name, value in outcome.items()}
            return Told(status_of(CATALOGUE[outcome["code"]]), facts)
        return Told(201 if doing.creates else 200, _plain(outcome, doing.answers))

    async def _all_pages(self, name: str, view: View) -> Told:
        page = f"{{ nodes {{ {_values(view)} }} pageInfo {{ hasNextPage endCursor }} }}"
        asked = f"query ($after: String) {{ it: {camel(name)}(first: 200, after: $after) {page} }}"
        rows: list[dict[str, Any]] = []
        after = None
        while True:
            told = await self._asked(asked, {"after": after})
            if told.status != 200 or told.value["it"] is None:
                return told if told.status != 200 else Told(404)
            rows += [_plain(row, view.record) for row in told.value["it"]["nodes"]]
            if not told.value["it"]["pageInfo"]["hasNextPage"]:
                return Told(200, {}, rows)
            after = told.value["it"]["pageInfo"]["endCursor"]

    def _seen(self, told: Told, view: View) -> Told:
        if told.status != 200:
            return told
        row = told.value["it"]
        return Told(404) if row is None else Told(200, _plain(row, view.record))

    async def _asked(self, query: str, variables: Mapping[str, Any] | None = None) -> Told:
        spoken = {"accept-language": self.language} if self.language else {}
        content = _json({"query": query, "variables": variables or {}})
        answer = await self.client.post(
            "/graphql", headers={**spoken, "accept": GRAPHQL, "content-type": "application/json"}, content=content
        )
        body = answer.json()
        if "errors" in body:
            first = body["errors"][0]
            return Told(answer.status_code, {"title": first["message"], **first["extensions"]})
        return Told(answer.status_code, body.get("data", body))


def content(database: Database) -> dict[str, tuple[int, Decimal | None]]:
    """Everything that requests can change, as a number and a digest for each table. A sum, for it takes no sorting, of
    rows that are not written out: less than a third of the work, and it is done hundreds of times."""
    parts = (f"SELECT '{table}', count(*), sum(hash_record_extended(each, 0)) FROM {table} each" for table in CONTENT)
    return {table: (count, digest) for table, count, digest in database.rows(" UNION ALL ".join(parts))}


FACES: Mapping[str, type[Rest] | type[GraphQL]] = {"rest": Rest, "graphql": GraphQL}


def new_key() -> str:
    return uuid4().hex


def _json(value: Any) -> bytes:
    return json.dumps(value, default=str).encode()


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _values(view: View) -> str:
    return " ".join(camel(name) for name in view.columns)


def _entries(record: type[BaseModel]) -> str:
    parts = []
    for name, info in record.model_fields.items():
        type_ = plain(info.annotation)[0]
        parts.append(camel(name) + (f" {{ {_entries(type_)} }}" if issubclass(type_, BaseModel) else ""))
    return " ".join(parts)


def _facts(operation: Operation) -> Iterator[str]:
    errors: set[type[DomainError]] = set(operation.raises)
    for error in sorted(errors, key=lambda each: each.code):
        names = [each.name for each in fields(error)]
        told = " ".join(f"{FACT}{name}: {camel(name)}{NESTED.get(name, '')}" for name in names)
        if told:
            yield f"... on {error.__name__} {{ {told} }}"


def _input(command: type[BaseModel], said: Mapping[str, Any]) -> dict[str, Any]:
    """As the schema writes it. What the command does not know is passed on as it is: to be refused."""
    given = {}
    for name, value in said.items():
        info = command.model_fields.get(name)
        inner: Any = plain(info.annotation)[0] if info is not None else str
        if issubclass(inner, BaseModel) and isinstance(value, list):
            value = [_input(inner, each) for each in value]
        elif info is not None and value is not None and issubclass(plain(info.annotation)[0], Enum):
            value = [name_of(str(each)) for each in value] if isinstance(value, list) else name_of(str(value))
        given[camel(name)] = value
    return given


def _plain(shown: Mapping[str, Any], record: type[BaseModel]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, info in record.model_fields.items():
        if camel(name) not in shown:
            continue
        type_, _, _ = plain(info.annotation)
        value = shown[camel(name)]
        if isinstance(value, list) and issubclass(type_, BaseModel):
            value = [_plain(each, type_) for each in value]
        elif isinstance(value, list) and issubclass(type_, Enum):
            value = [type_[each].value for each in value]
        elif value is not None and issubclass(type_, Enum):
            value = type_[value].value
        found[name] = value
    return found
