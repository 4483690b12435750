"""Lets schemathesis throw requests at a running service, somebody else's each turn: `python -m tests.interop.fuzzing
URL SECONDS [SEED]`. The ids of real rows go in, for most of what can go wrong lies behind «there is no such thing»."""

import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx

from service import demo

ROOT = Path(__file__).parents[2]
TURN = 60  # seconds
PUBLIC = "public"
FIRST = ["case_worker", PUBLIC, "addressee", "controller", "social_space_manager"]
KEYED = re.compile(r"(/v1/[a-z-]+)/\{(\w+)\}")
IN_SEQUENCE = 3  # subjects: of all there are it makes 36,000 ways from one to the next, and nearly never finds a first
OFTEN = 0.8  # of what is sent is a row that is there
# Python 3.11 itself sometimes fails while schemathesis looks up its own lambdas: that says nothing about the service.
OF_PYTHON = re.compile(r"Runtime Error\n\nAST constructor recursion depth mismatch \(before=\d+, after=\d+\)\n")
FOUND = 1  # schemathesis's exit code; others say that it could not do its job


def known(client: httpx.Client, contract: dict[str, Any]) -> dict[str, list[str]]:
    """What parameters of a path can mean, for whoever asks: from the lists of the same rows."""
    found = {}
    for path in contract["paths"]:
        keyed = KEYED.fullmatch(path)
        if keyed and "get" in contract["paths"].get(keyed[1], {}):
            answer = client.get(keyed[1], params={"limit": 5})
            rows = answer.json()["items"] if answer.is_success else []
            key = "id" if keyed[2].endswith("_id") else keyed[2]
            if rows:
                found[keyed[2]] = [str(row[key]) for row in rows]
    return found


def configured(rows: dict[str, list[str]]) -> str:
    """schemathesis.toml, and what is known here."""
    sent = {f"{place}.{name}": name for name in rows for place in ("path", "query", "body")}
    sent["header.If-Match"] = "version"
    known = rows | {"version": [f'\\"{version}\\"' for version in range(1, 4)]}
    lines = [(ROOT / "schemathesis.toml").read_text(), "[parameters]"]
    lines += [f'"{place}" = {{dictionary = "{name}", probability = {OFTEN}}}' for place, name in sent.items()]
    lines += [
        f"[dictionaries.{name}]\nvalues = [" + ", ".join(f'"{each}"' for each in values) + "]"
        for name, values in known.items()
    ]
    return "\n".join(lines) + "\n"


def ran(home: Path, *arguments: str) -> bool:
    report = home / "report.xml"
    report.unlink(missing_ok=True)
    command = [".venv/bin/schemathesis", *arguments, "--report=junit", f"--report-junit-path={report}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    excused = done.returncode == FOUND and report.exists() and only_of_python(report.read_text("utf-8"))
    passed = done.returncode == 0 or excused
    start = 0 if not passed else said.find("= SUMMARY =")
    print(said[start:], flush=True)
    return passed


def only_of_python(report: str) -> bool:
    """Whether nothing went wrong but what Python itself is known for; `report`: schemathesis's, as JUnit's XML."""
    cases = ElementTree.fromstring(report).iter("testcase")  # noqa: S314 (we had it written)
    wrong = [each for case in cases for each in case if each.tag != "skipped"]
    return bool(wrong) and all(each.tag == "error" and OF_PYTHON.match(each.text or "") for each in wrong)


def turns(seconds: int, seed: int) -> Iterator[tuple[str, int, int]]:
    """Who, for how long, from which seed; those of whom all faces know most come first."""
    chance = random.Random(seed)  # noqa: S311 (nothing secret)
    others = sorted(set(demo.PEOPLE) - set(FIRST))
    order = [*chance.sample(FIRST, len(FIRST)), *chance.sample(others, len(others))]
    count = max(1, seconds // TURN)
    for place, role in enumerate(order[:count]):
        yield role, seconds // count, seed + place


def turn(url: str, role: str, seconds: int, seed: int, home: Path) -> bool:
    """The examples and edges of some operations; anything at all, one by one; a few subjects in sequence; GraphQL."""
    print(f"--- {role}, {seconds} s, seed {seed}", flush=True)
    headers = {} if role == PUBLIC else {"Authorization": f"Bearer {demo.tokens()[role]}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        contract = client.get("/openapi.json").json()
        client.post("/graphql", json={"query": "{ __typename }"})  # the first question waits for the schema
        config = home / f"{role}.toml"
        config.write_text(configured(known(client, contract)))
    tags = [tag["name"] for tag in contract["tags"]]
    chance = random.Random(seed)  # noqa: S311 (nothing secret)
    some, few = chance.sample(tags, len(tags) // 3), chance.sample(tags, IN_SEQUENCE)
    common = [f"--seed={seed}", "--continue-on-failure", f"--max-time={seconds // 4}"]
    common += [f"--header={name}: {value}" for name, value in headers.items()]
    rest = [f"--config-file={config}", "run", f"{url}/openapi.json", *common]
    passed = [
        ran(home, *rest, "--phases=examples,coverage", *(f"--include-tag={tag}" for tag in some)),
        ran(home, *rest, "--phases=fuzzing"),
        ran(home, *rest, "--phases=stateful", *(f"--include-tag={tag}" for tag in few)),
        ran(home, "run", f"{url}/graphql", *common),
    ]
    return all(passed)


def main(url: str, seconds: str, seed: str = "") -> bool:
    chosen = int(seed) if seed else time.time_ns() % 1_000_000
    with tempfile.TemporaryDirectory() as home:
        done = [turn(url, *each, Path(home)) for each in turns(int(seconds), chosen)]
    return all(done)


if __name__ == "__main__":
    sys.exit(not main(*sys.argv[1:]))
