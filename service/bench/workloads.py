"""What is asked, in HTTP's words; the same words for whoever measures from outside."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

READER, ADDRESSEE = "case_worker", "addressee"
ROWS_IN_A_LIST = 50

ONE_CASE = """query OneCase($id: UUID!) {
  case(id: $id) {
    id title state openedOn
    goals(first: 10) { nodes { id statement state targetOn
      steps(first: 10) { nodes { id how dueOn state } } } }
  }
}"""
MANY_CASES = """query ManyCases($first: Int!) {
  cases(first: $first) { nodes {
    id title state openedOn
    goals(first: 10) { nodes { id statement state targetOn
      steps(first: 10) { nodes { id how dueOn state } } } }
  } }
}"""


@dataclass(frozen=True)
class Asked:
    path: str
    body: str | None = None

    @property
    def method(self) -> str:
        return "GET" if self.body is None else "POST"

    def headers(self, token: str) -> Mapping[str, str]:
        typed = {} if self.body is None else {"content-type": "application/json"}
        return {"authorization": f"Bearer {token}", "accept": "application/json", **typed}

    def written(self, token: str, authority: str) -> bytes:
        body = (self.body or "").encode()
        length = {} if self.body is None else {"content-length": str(len(body))}
        headers = {"host": authority, **self.headers(token), **length}
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True)
class Workload:
    name: str
    title: str
    persona: str
    asked: Sequence[Asked]


def workloads(cases: Sequence[str]) -> list[Workload]:
    """`cases`: ids of the reader's cases, over which what asks for one case rotates."""
    return [
        Workload("R1", "REST, one case", READER, [Asked(f"/v1/cases/{case}") for case in cases]),
        Workload("R2", "REST, a list of 50 cases", READER, [Asked(f"/v1/cases?limit={ROWS_IN_A_LIST}")]),
        Workload(
            "G1", "GraphQL, one case, its goals, their steps", READER, [in_graphql(ONE_CASE, id=c) for c in cases]
        ),
        Workload("G2", "GraphQL, 50 cases, goals, steps", READER, [in_graphql(MANY_CASES, first=ROWS_IN_A_LIST)]),
        Workload("N", "REST, an addressee's next steps", ADDRESSEE, [Asked("/v1/me/next-steps")]),
        Workload("A", "REST, an addressee's appointments", ADDRESSEE, [Asked("/v1/me/appointments")]),
        Workload("D", "REST, what is due for whoever leads cases", READER, [Asked("/v1/me/due-items")]),
    ]


def in_graphql(text: str, **variables: Any) -> Asked:
    return Asked("/graphql", json.dumps({"query": text, "variables": variables}))
