"""Requests that are small to send and would be large to answer, or to remember. A flood is refused, by the code beside
it, before anything is asked of the database; a crowd is answered, and pushes nothing out that others use. Both are
promises of the tests; `sozialraum bench hostile` says what they cost."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

ID = "0198c5c4-7f3e-7a51-8f5a-1d2e3f405162"  # of nothing


@dataclass(frozen=True)
class Flood:
    name: str
    code: str  # empty: it is answered
    query: str
    variables: dict[str, Any] = field(default_factory=dict)

    times: int | None = None  # so many in one body, as others' servers take them

    @property
    def body(self) -> bytes:
        one = {"query": self.query, "variables": self.variables}
        return json.dumps(one if self.times is None else [one] * self.times).encode()


def floods() -> Iterator[Flood]:
    """Known ways to make much of little in GraphQL."""
    yield Flood("depth", "malformed", "{ it: goals " + _nested("{ nodes { case { goals ", 12, "} } }") + "}")
    yield Flood("depth-beyond-parsing", "malformed", "{ goals { nodes " + _nested("{ ... ", 900, "}") + "} }")
    yield Flood("breadth", "malformed", "{ regions { nodes { " + "id " * 2_000 + "} } }")
    yield Flood("aliases-of-lists", "too-costly", "{ " + _many("a{0}: regions {{ nodes {{ id }} }}", 220) + " }")
    yield Flood("roots", "too-costly", "{ " + _many("a{0}: regions {{ nodes {{ id }} }}", 21) + " }")
    yield Flood("one-alias-for-two", "invalid-document", "{ regions { nodes { " + "a: id a: name " * 300 + "} } }")
    yield Flood(
        "lists-that-differ", "invalid-document", "{ " + _many("goals(first: 1{0}) {{ nodes {{ id }} }}", 99) + "}"
    )
    yield Flood("directives", "malformed", "{ regions { nodes { id " + "@skip(if: false) " * 300 + "} } }")
    yield Flood("unknown-directives", "invalid-document", "{ regions { nodes { id " + "@a " * 900 + "} } }")
    yield Flood("fragment-bomb", "too-costly", _bomb(7, 10))
    yield Flood("smaller-fragment-bomb", "too-costly", _bomb(5, 3))
    yield Flood("fragment-cycle", "invalid-document", "{ goals { nodes { ...A } } } fragment A on Goal { ...A }")
    yield Flood("fragments-in-circles", "too-costly", _circles(18))
    yield Flood("lists-in-lists", "too-costly", _lists("200"))
    yield Flood("lists-in-lists-by-variable", "too-costly", "query ($n: Int) " + _lists("$n"), {"n": 200})
    yield Flood("document-too-long", "too-large", "{ __typename } #" + "x" * 900_000)
    yield Flood("strings-without-end", "malformed", '"' + '\\"' * 999 + "a" * 47_000)
    yield Flood("comments", "malformed", "{ __typename } " + "#\n" * 20_000)
    yield Flood("list-of-lists", "malformed", "{ regions(first: " + "[" * 900 + "]" * 900 + ") { nodes { id } } }")
    yield Flood("huge-number", "invalid-document", "{ regions(first: " + "9" * 49_000 + ") { nodes { id } } }")
    yield Flood("huge-list", "invalid-document", _proposed("{statement: [" + f'"{ID}" ' * 1_200 + "]}"))
    yield Flood("huge-variable", "too-large", _PROPOSE, {"input": {"audienceOf": [ID] * 20_000}})
    yield Flood("wrong-values", "too-large", _PROPOSE, {"input": {"audienceOf": ["x"] * 200_000}})
    yield Flood("wrong-values-below-the-limit", "invalid-input", _PROPOSE, {"input": {"audienceOf": ["x"] * 2_900}})
    some = {f"participantIe{number}": 1 for number in range(190)}
    yield Flood("some-members-that-nobody-knows", "invalid-input", _PROPOSE, {"input": some})
    unknown = {f"participantIe{number}": 1 for number in range(2_900)}
    yield Flood("members-that-nobody-knows", "malformed", _PROPOSE, {"input": unknown})
    filtered = "query ($where: GoalFilter) { goals(where: $where) { nodes { id } } }"
    yield Flood("filters-that-nobody-knows", "malformed", filtered, {"where": unknown})
    yield Flood(
        "deep-variable", "malformed", "query ($n: Int) { regions(first: $n) { nodes { id } } }", {"n": _deep(90)}
    )
    yield Flood(
        "fields-that-nobody-knows", "invalid-document", "{ regions { nodes { " + _many("idz{0}", 900) + " } } }"
    )
    yield Flood("types-that-nobody-knows", "invalid-document", "{ " + _many("... on Gool{0} {{ id }}", 300) + " }")
    yield Flood("batch", "malformed", "{ __typename }", times=1_000)
    yield Flood("batch-of-few", "malformed", _bomb(5, 3), times=5)
    yield Flood("operations", "malformed", _many("query A{0} {{ regions {{ nodes {{ id }} }} }}", 180))
    agreed = f'a{{0}}: agreeGoal(id: "{ID}", expectedVersion: 1) {{{{ __typename }}}}'
    yield Flood("changes-at-once", "too-costly", "mutation { " + _many(agreed, 120) + " }")
    wide = _many("a{0}: fields {{ args {{ type {{ ofType {{ name }} }} }} }}", 50)
    yield Flood("schema-fifty-times", "too-costly", "{ __schema { types { " + wide + " } } }")
    yield Flood(
        "schema-in-schema", "invalid-document", "{ __schema { types " + _nested("{ fields { type ", 5, "} }") + "} }"
    )


def crowd() -> Iterator[Flood]:
    """Valid documents without end, none of them twice."""
    for number in count():
        yield Flood("crowd-of-comments", "", f"{{ __typename }} #{number} " + "x" * 29_900)
        yield Flood("crowd-of-commas", "", "{ __typename " + "," * (29_900 + number % 20_000) + "}")
        yield Flood("crowd-of-spaces", "", f"query A{number}" + " " * 49_000 + "{ __typename }")
        yield Flood("crowd-of-fields", "", f"query A{number} {{ __typename {_many('a{0}: __typename', 19)} }}")
        yield Flood("crowd-of-tokens", "", f"{{ regions {{ nodes {{ a{number}: id {_many('b{0}: id', 600)} }} }} }}")
        first = number % 200 + 1
        yield Flood("crowd-of-values", "", "query ($n: Int) { regions(first: $n) { nodes { id } } }", {"n": first})
        yield Flood("crowd-of-types", "", f'{{ __type(name: "a{number}") {{ name }} }} ' + "#\n" * 1_900)
        described = "query ($name: String!) { __type(name: $name) { name } }"
        yield Flood("crowd-of-names", "", described, {"name": f"a{number}"})
        yield Flood("crowd-of-wide-letters", "", f"{{ __typename }} #{number} " + "\N{MUSICAL SYMBOL G CLEF}" * 4_000)


_PROPOSE = f'mutation ($input: ProposeGoalInput!) {{ proposeGoal(id: "{ID}", input: $input) {{ __typename }} }}'


def _proposed(literal: str) -> str:
    return f'mutation {{ proposeGoal(id: "{ID}", input: {literal}) {{ __typename }} }}'


def _many(pattern: str, times: int) -> str:
    return " ".join(pattern.format(number) for number in range(times))


def _nested(opening: str, times: int, closing: str) -> str:
    return opening * times + "{ name }" + closing * times


def _lists(first: str) -> str:
    return (
        f"{{ goals(first: {first}) {{ nodes {{ steps(first: {first}) {{ nodes {{"
        f" goal {{ steps(first: {first}) {{ nodes {{ id }} }} }} }} }} }} }} }}"
    )


def _bomb(levels: int, width: int) -> str:
    """A few lines whose fragments unfold into width ** levels lists."""
    text = "{ goals(first: 1) { nodes { ...F0 } } }"
    for level in range(levels):
        inner = f"...F{level + 1}" if level < levels - 1 else "id"
        lists = _many(f"a{{0}}: steps(first: 1) {{{{ nodes {{{{ goal {{{{ {inner} }}}} }}}} }}}}", width)
        text += f" fragment F{level} on Goal {{ {lists} }}"
    return text


def _circles(size: int) -> str:
    every = " ".join(f"...F{number}" for number in range(size))
    return "{ goals { nodes { ...F0 } } } " + " ".join(f"fragment F{n} on Goal {{ {every} }}" for n in range(size))


def _deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"x": value}
    return value
