"""Everything that goes ways in a case goes these and no others, whatever is called in whatever order. Whoever is
refused is told why, and how it goes on; and nothing has changed."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from service.domain.act import OPERATIONS
from service.domain.values import new_id
from tests.cases.conftest import WORKER, As, Life
from tests.cases.machines import ELSEWHERE, MACHINES, SELF, Machine
from tests.faces import Told

pytestmark = pytest.mark.anyio
CALLS = st.lists(st.integers(0, 1_000), min_size=12, max_size=18)


def name_of(verb: str) -> str:
    return verb.partition(" ")[0]


def test_each_verb_and_each_state_is_gone_somewhere() -> None:
    """A verb that is added knows its states, and is added here; so is a state."""
    for table in {machine.table for machine in MACHINES.values()}:
        here = [machine for machine in MACHINES.values() if machine.table is table]
        gone = {name_of(verb) for machine in here for verb in machine.ways}
        knowing = {each.name for each in OPERATIONS.values() if each.on is table and each.states}
        assert knowing - gone - ELSEWHERE.keys() == set(), table
        ways = [way for machine in here for way in machine.ways.values()]
        states = {state for way in ways for state in (*way, *way.values())}
        declared = {str(state) for machine in here for state in machine.states}
        assert states <= declared, table
        if any(each.on is table and each.states for each in OPERATIONS.values()):
            assert declared - states - ELSEWHERE.keys() == set(), table
            for each in OPERATIONS.values():
                if each.on is table and each.states and each.name not in ELSEWHERE:
                    from_ = {
                        state
                        for m in here
                        for verb, way in m.ways.items()
                        if name_of(verb) == each.name
                        for state in way
                    }
                    assert {str(state) for state in each.states} - ELSEWHERE.keys() == from_, each.name


@pytest.mark.parametrize("name", MACHINES)
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(calls=CALLS)
async def test_no_sequence_of_calls_reaches_a_forbidden_state(as_: As, name: str, calls: list[int]) -> None:
    machine, taken = MACHINES[name], Counter[str]()
    walk = await Walk.begun(machine, as_)
    for call in calls:
        await walk.refuses_all_else()
        possible = machine_ways_from(machine, walk.state)
        if not possible:
            assert walk.state in machine.over, "there is always a way on, but where it is over"
            walk = await Walk.begun(machine, as_)
            continue
        least = min(taken[f"{walk.state} {verb}"] for verb in possible)
        least_taken = [verb for verb in possible if taken[f"{walk.state} {verb}"] == least]
        verb = least_taken[call % len(least_taken)]
        taken[f"{walk.state} {verb}"] += 1
        await walk.goes(verb)


def machine_ways_from(machine: Machine, state: str) -> list[str]:
    return [verb for verb, way in machine.ways.items() if state in way]


class Walk:
    """Something on its way, as it is and as it should be."""

    def __init__(self, machine: Machine, life: Life, id: str) -> None:
        self.machine, self.life, self.id = machine, life, id
        self.row: Mapping[str, Any] = {}
        self.state = ""

    @classmethod
    async def begun(cls, machine: Machine, as_: As) -> "Walk":
        walk = cls(machine, *await machine.begin(as_))
        await walk.look()
        walk.state = machine.stands(walk.row)
        return walk

    async def look(self) -> None:
        for who in (WORKER, *self.machine.who.values()):
            told = await self.life.as_(self.somebody(who)).one(self.machine.view, self.id)
            if told.status == 200:
                self.row = told.value
                return
        raise AssertionError(f"nobody sees {self.machine.view}")

    def somebody(self, who: str) -> str:
        return self.life.login if who == SELF else who

    async def tries(self, verb: str) -> Told:
        name, machine = name_of(verb), self.machine
        said = machine.said.get(verb) or machine.said.get(name) or {}
        words = dict(await said(self.life) if callable(said) else said)
        doing = OPERATIONS[name]
        if doing.creates:
            words.setdefault("id", str(new_id()))
        who = self.somebody(machine.who.get(verb) or machine.who.get(name) or WORKER)
        version = int(self.row["version"]) if doing.versioned else None
        return await self.life.as_(who).do(name, self.id, version, **words)

    async def refuses_all_else(self) -> None:
        ways = self.machine.ways
        possible = {name_of(verb) for verb in machine_ways_from(self.machine, self.state)}
        before = self.row
        impossible = {name_of(verb): verb for verb in ways if name_of(verb) not in possible}
        for name, verb in impossible.items():
            told = await self.tries(verb)
            if told.code == "forbidden":  # whoever it has gone to
                assert told.value["missing"]
                continue
            assert told.code == self.machine.refused.get(name, "impossible-now"), (self.state, verb, told)
            if told.code == "impossible-now":
                assert told.value["present_state"] == self.state
                from_ = {state for each, way in ways.items() if name_of(each) == name for state in way}
                assert set(told.value["possible_in"]) - ELSEWHERE.keys() == from_
                ours = {name_of(each) for each in ways}
                assert set(told.value["possible_now"]) & ours == possible & {
                    each for each in ours if OPERATIONS[each].states
                }
            assert told.value.get("advice") or told.value["detail"], "it says what to do"
        await self.look()
        assert self.row == before, "nothing has changed"

    async def goes(self, verb: str) -> None:
        told = await self.tries(verb)
        owed = self.machine.owed.get(verb) or self.machine.owed.get(name_of(verb)) or {}
        if told.status >= 400:
            assert told.code in owed, (self.state, verb, told)
            assert told.value.get("advice") or told.value["detail"]
            before = self.row
            await self.look()
            assert self.row == before, "what is owed is owed: nothing has changed"
            give = owed[str(told.code)]
            if give is None:
                return
            await give(self.life, self.id)
            await self.look()
            told = await self.tries(verb)
        assert told.status < 300, (self.state, verb, told)
        await self.look()
        to = self.machine.ways[verb][self.state]
        assert self.machine.stands(self.row) == to, (self.state, verb)
        assert self.machine.holds(self.row), (to, self.row)
        self.state = to
