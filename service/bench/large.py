"""One case of ten years with 200 goals, 2,000 steps and 50 people, beside a small one: what a row of each costs."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from sqlmodel import SQLModel

from service.bench import goals
from service.bench.ground import Ground, Say
from service.bench.statements import Statements
from service.bench.workloads import READER, Workload, in_graphql
from service.demo import PEOPLE, UNTERHACHING, demo_id
from service.demo.loading import load, unforced
from service.domain.access.model import CaseAccess
from service.domain.cases.model import Case, Goal, Numeral, Participant, Person, Question, Step
from service.domain.policy import Basis, Part
from service.storage.address import conninfo
from service.storage.embedded import OWNER

YEARS = 10
WHOLE = """query WholeCase($id: UUID!) {
  case(id: $id) {
    id title state openedOn
    participants(first: 200) { nodes { id kind name } }
    questions(first: 200) { nodes { id period numeral state } }
    goals(first: 200) { nodes { id statement state targetOn
      steps(first: 10) { nodes { id how dueOn state } } } }
  }
}"""
TABLES = ("case_file", "case_sketch", "case_access", "participant", "person", "question", "goal", "step")


@dataclass(frozen=True)
class Size:
    name: str
    people: int
    goals: int
    periods: int
    steps: int = 10  # of each goal

    @property
    def case(self) -> UUID:
        return demo_id("case_file", f"of size {self.name}")

    @property
    def rows(self) -> int:
        """Of an answer that shows all of it."""
        return 1 + self.people + self.goals * (1 + self.steps) + self.periods * len(Numeral)


SMALL, LARGE = Size("small", people=2, goals=3, periods=1), Size("large", people=50, goals=200, periods=YEARS)


@dataclass(frozen=True)
class Found:
    small: float  # microseconds of one row of the answer
    large: float

    @property
    def ratio(self) -> float:
        return self.large / self.small

    def goals(self) -> Iterator[goals.Goal]:
        yield goals.Goal(f"L1: a row of a case of {LARGE.rows:,}, of one of {SMALL.rows}", self.ratio, 2)


def rows_of(size: Size) -> Iterator[SQLModel]:
    """Everything in such a case, led by the case worker of the demo county."""
    worker, day = PEOPLE[READER], datetime.now(UTC).date() - timedelta(days=365 * YEARS)
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    of_case: dict[str, Any] = {"authority_id": worker.authority_id, "case_id": size.case}
    yield Case(
        id=size.case,
        authority_id=worker.authority_id,
        social_space_id=UNTERHACHING,
        pseudonym=f"SIZE-{size.name.upper()}",
        state="active",
        field_of_action="youth_welfare",
        opened_on=day,
        title="Ein langer Weg",
        period=size.periods,
    )
    yield CaseAccess(
        id=demo_id("access", f"of size {size.name}"),
        actor_id=worker.actor_id,
        membership_id=worker.membership_id,
        basis=Basis.ASSIGNMENT.value,
        parts=[part.value for part in Part],
        valid_from=at,
        **of_case,
    )
    people = [demo_id("participant", size.name, str(number)) for number in range(size.people)]
    for number, id in enumerate(people):
        yield Participant(id=id, kind="network_person" if number else "addressee", **of_case)
        yield Person(participant_id=id, name=f"Person {number}", **of_case)
    for position, (period, numeral) in enumerate(((p, n) for p in range(1, size.periods + 1) for n in Numeral), 1):
        id = demo_id("question", size.name, str(position))
        yield Question(id=id, numeral=numeral.value, position=position, period=period, **of_case)
    for number in range(size.goals):
        goal = demo_id("goal", size.name, str(number))
        heard: dict[str, Any] = {"author_id": worker.actor_id, **of_case}
        agreed: dict[str, Any] = {"state": "agreed", "agreed_at": at}
        yield Goal(id=goal, participant_id=people[0], statement=f"Ziel {number}", **agreed, **heard)
        for step in range(size.steps):
            yield Step(
                id=demo_id("step", size.name, str(number), str(step)),
                goal_id=goal,
                wanted_by_id=people[0],
                done_by_id=people[step % size.people],
                with_whom="mit Juno",
                how=f"Schritt {step}",
                due_on=day + timedelta(days=17 * number + step),
                with_what="Bus",
                **heard,
            )


def add(owner_address: str, *sizes: Size) -> None:
    with psycopg.connect(conninfo(owner_address)) as connection, unforced(connection, *TABLES):
        load(connection, [row for size in sizes for row in rows_of(size)])


def measure(ground: Ground, seconds: float, rounds: int, say: Say) -> Found:
    say("Adding a small case and a large one")
    add(ground.address(OWNER), SMALL, LARGE)
    return asyncio.run(_measured(ground, seconds, rounds, say))


async def _measured(ground: Ground, seconds: float, rounds: int, say: Say) -> Found:
    statements = Statements(ground.settings)
    sizes = {size.name: size for size in (SMALL, LARGE)}
    asked = [Workload(name, name, READER, [in_graphql(WHOLE, id=str(size.case))]) for name, size in sizes.items()]
    await statements.learn(ground.address(), asked, ground.tokens())
    await statements.connect(ground.address(), 1)
    best = dict.fromkeys(sizes, 0.0)
    for number in range(rounds):
        for name in sizes:
            say(f"The {name} case, round {number + 1} of {rounds}")
            best[name] = max(best[name], (await statements.loop(name, 1, seconds)).per_second)
    assert statements.pool is not None
    await statements.pool.close()
    small, large = (1e6 / best[name] / size.rows for name, size in sizes.items())
    return Found(small, large)
