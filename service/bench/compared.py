"""The same rows under the same policies, served by another product: PostGraphile over GraphQL, Platformatic over REST.

Both serve the tables of our database with our login, so that row-level security holds them as it holds us. What we do
besides (the token's check, rules of fields, audit, log) is ours to pay."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from service.bench.ground import Ground, Say, free_port
from service.bench.load import Client, Load, Pace
from service.bench.measuring import CONNECTIONS, WARM_UP
from service.bench.mutations import Mutations
from service.bench.processes import HOST, Assistant, Server, cores, processor_seconds
from service.bench.workloads import READER, ROWS_IN_A_LIST, Asked, in_graphql, workloads
from service.demo.people import PEOPLE
from service.storage.embedded import OWNER

HERE = Path(__file__).parent / "peers"
CONTROLLER = "controller"
GRAPHQL, REST = "postgraphile", "platformatic"

ONE_CASE = """query OneCase($id: UUID!) {
  caseFileByRowId(rowId: $id) {
    rowId title state openedOn
    goalsByCaseId(first: 10) { nodes { rowId statement state targetOn
      stepsByGoalId(first: 10) { nodes { rowId how dueOn state } } } }
  }
}"""
MANY_CASES = """query ManyCases($first: Int!) {
  allCaseFiles(first: $first) { nodes {
    rowId title state openedOn
    goalsByCaseId(first: 10) { nodes { rowId statement state targetOn
      stepsByGoalId(first: 10) { nodes { rowId how dueOn state } } } }
  } }
}"""


@dataclass(frozen=True)
class Compared:
    name: str
    title: str
    peer: str
    ours: Pace
    theirs: Pace
    ratio: float  # median of neighbouring rounds: our requests a second to theirs


@dataclass(frozen=True)
class _Side:
    """`ready`: the requests of one round."""

    server: Server
    token: str
    ready: Callable[[], Sequence[Asked]]


@dataclass(frozen=True)
class _Pair:
    name: str
    title: str
    ours: _Side
    theirs: _Side


def installed(say: Say) -> Path:
    """The locked packages with the node that they ask for. Kept, because it takes a minute."""
    folder = HERE.parents[2] / "build" / "peers"
    stamp, wanted = folder / ".installed", sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    for file in HERE.iterdir():
        shutil.copy(file, folder)
    if not stamp.exists() or stamp.read_text() != wanted:
        say("Installing PostGraphile and Platformatic")
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error")
        subprocess.run(("npm", "ci", *quiet), cwd=folder, check=True, stdin=subprocess.DEVNULL)  # noqa: S603, S607
        stamp.write_text(wanted)
    return folder


def measure(ground: Ground, folder: Path, seconds: float, rounds: int, say: Say) -> list[Compared]:
    mine, others = cores()
    log = ground.settings.home / "server.log"
    ours = Server(ground.environment(), ground.settings.port, mine, log)
    graphql, rest = (_peer(ground, folder, name) for name in (GRAPHQL, REST))
    found = []
    with ExitStack() as ending:
        client = ending.enter_context(Assistant(Client, on=others))
        ending.enter_context(ours)
        for peer, pairs in ((graphql, _by_graphql), (rest, _by_rest)):
            say(f"Starting {peer.command[-1]}")
            with peer:
                for pair in pairs(ground, ours, peer, seconds):
                    found.append(_compared(client, pair, seconds, rounds, say))
    return found


def _by_graphql(ground: Ground, ours: Server, peer: Server, seconds: float) -> list[_Pair]:
    cases, tokens = ground.cases_of_reader(), ground.tokens(READER, CONTROLLER)
    asked = {each.name: each.asked for each in workloads(cases)}
    mutations = Mutations(ground, PEOPLE[CONTROLLER], max(seconds, WARM_UP))

    def ours_by(persona: str, ready: Callable[[], Sequence[Asked]]) -> _Side:
        return _Side(ours, tokens[persona], ready)

    def theirs_by(persona: str, ready: Callable[[], Sequence[Asked]]) -> _Side:
        return _Side(peer, persona, ready)

    return [
        _Pair(
            "G1",
            "GraphQL, one case, its goals, their steps",
            ours_by(READER, lambda: asked["G1"]),
            theirs_by(READER, lambda: [in_graphql(ONE_CASE, id=case) for case in cases]),
        ),
        _Pair(
            "G2",
            "GraphQL, 50 cases, goals, steps",
            ours_by(READER, lambda: asked["G2"]),
            theirs_by(READER, lambda: [in_graphql(MANY_CASES, first=ROWS_IN_A_LIST)]),
        ),
        _Pair(
            "G3",
            "GraphQL, money of a line is bound",
            ours_by(CONTROLLER, mutations.ours),
            theirs_by(CONTROLLER, mutations.same_rows),
        ),
    ]


def _by_rest(ground: Ground, ours: Server, peer: Server, seconds: float) -> list[_Pair]:
    asked = {each.name: each.asked for each in workloads(ground.cases_of_reader())}
    mine = _Side(ours, ground.tokens(READER)[READER], lambda: asked["R2"])
    theirs = _Side(peer, READER, lambda: [Asked(f"/caseFile/?limit={ROWS_IN_A_LIST}")])
    return [_Pair("R2", "REST, a list of 50 cases", mine, theirs)]


def _peer(ground: Ground, folder: Path, name: str) -> Server:
    contexts, port = {persona: _context(persona) for persona in (READER, CONTROLLER)}, free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")},
        "DATABASE_URL": ground.address(),
        "OWNER_URL": ground.address(OWNER),
        "PORT": str(port),
        "CONTEXT": json.dumps(contexts[READER]),
        "CONTEXTS": json.dumps(contexts),
        "GRAPHILE_ENV": "production",
        "NODE_ENV": "production",
    }
    node = folder / "node_modules" / ".bin" / "node"
    command = (str(node) if node.exists() else "node", str(folder / f"{name}.mjs"))
    answers = ("/graphql", 405) if name == GRAPHQL else ("/caseFile/", 200)  # GraphQL is only posted
    log = ground.settings.home / f"{name}.log"
    return Server(environment, port, cores()[0], log, command=command, answers=answers)


def _context(persona: str) -> Mapping[str, str]:
    """What row-level security asks for."""
    known = PEOPLE[persona]
    today = datetime.now(UTC).date().isoformat()
    who = {"login": known.login, "actor": str(known.actor_id), "authority": str(known.authority_id), "today": today}
    return {f"service.{name}": value for name, value in who.items()}


def _compared(client: Assistant, pair: _Pair, seconds: float, rounds: int, say: Say) -> Compared:
    sides = (pair.ours, pair.theirs)
    for side in sides:
        _understood(side)
        _round(client, side, WARM_UP)
    paces: tuple[list[Pace], list[Pace]] = ([], [])
    for number in range(rounds):
        say(f"{pair.name}: round {number + 1} of {rounds}")
        for side, found in zip(sides, paces, strict=True):
            found.append(_round(client, side, seconds))
    ratio = median(one.requests_per_second / other.requests_per_second for one, other in zip(*paces, strict=True))
    ours, theirs = (Pace.middle(each) for each in paces)
    return Compared(pair.name, pair.title, Path(pair.theirs.server.command[-1]).stem, ours, theirs, ratio)


def _understood(side: _Side) -> None:
    """The load only counts answers: what they say is looked at once."""
    asked = side.ready()[0]
    url = f"http://{HOST}:{side.server.port}{asked.path}"
    answer = httpx.request(asked.method, url, content=asked.body, headers=dict(asked.headers(side.token)), timeout=60)
    if answer.status_code != 200 or '"errors"' in answer.text or '"code"' in answer.text:
        raise RuntimeError(f"{side.server.command[-1]} answered {answer.status_code}: {answer.text[:1000]}")


def _round(client: Assistant, side: _Side, seconds: float) -> Pace:
    requests = [each.written(side.token, f"{HOST}:{side.server.port}") for each in side.ready()]
    before = processor_seconds(side.server.process_id)
    load: Any = client.ask("load", side.server.port, requests, CONNECTIONS, seconds)
    assert isinstance(load, Load)
    used = processor_seconds(side.server.process_id) - before
    return Pace.of(load, used)
