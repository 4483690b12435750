"""How large a document may be: told from its text, and from its tree before the schema is looked at.

What is said here of fragments holds however often they are spread, so that a few lines cannot unfold into millions."""

import re
from collections.abc import Iterator
from itertools import islice

import graphql as gql

MOST_TOKENS = 2_000
LONGEST_DOCUMENT = 50_000  # characters, comments and all
DEEPEST = 24  # levels of selection sets: `cases { edges { node { goals { …` takes three a list
MOST_NODES = 3_000  # fields a statement may be written from
MOST_UNFOLDED = 4 * MOST_NODES  # selections, each fragment counted wherever it is spread
MOST_ROOTS = 20
MOST_OPERATIONS = 50  # of which one is run
# A token, or what may stand between two. In a valid document nothing else is; in others the parser finds it. A string
# without its end is one token up to there: of what is read once, nothing is read again.
_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:""")?|"(?:[^"\\\n]|\\.)*+"?|[A-Za-z_]\w*+|-?\d[\w.+-]*+|\.\.\.|#[^\n\r]*+|[^\s,\ufeff]',
    re.DOTALL | re.ASCII,
)


class TooLarge(Exception):
    """Why, in a sentence, and the code of the problem."""

    def __init__(self, reason: str, code: str = "malformed") -> None:
        super().__init__(reason)
        self.reason, self.code = reason, code


def check_text(text: str) -> int:
    """How many tokens it has, comments among them."""
    if len(text) > LONGEST_DOCUMENT:
        raise TooLarge(f"A document has at most {LONGEST_DOCUMENT} characters.")
    tokens = sum(1 for _ in islice(_TOKEN.finditer(text), MOST_TOKENS + 1))
    if tokens > MOST_TOKENS:
        raise TooLarge(f"A document has at most {MOST_TOKENS} tokens.")
    return tokens


def check_tree(parsed: gql.DocumentNode) -> None:
    operations = [each for each in parsed.definitions if isinstance(each, gql.OperationDefinitionNode)]
    if len(operations) > MOST_OPERATIONS:
        raise TooLarge(f"A document has at most {MOST_OPERATIONS} operations.")
    measure = _Measure(parsed)
    for operation in operations:
        depth, size = measure.of(operation.selection_set, frozenset())
        if depth > DEEPEST:
            raise TooLarge(f"A query is at most {DEEPEST} levels deep.")
        if size > MOST_UNFOLDED:
            raise TooLarge(f"A query unfolds into at most {MOST_UNFOLDED} fields.", "too-costly")
        if len(set(_keys(operation.selection_set))) > MOST_ROOTS:
            raise TooLarge(f"At most {MOST_ROOTS} fields at the root.", "too-costly")


def _keys(within: gql.SelectionSetNode) -> Iterator[str]:
    for node in within.selections:
        if isinstance(node, gql.FieldNode):
            yield node.alias.value if node.alias else node.name.value


class _Measure:
    """Levels of fields and number of selections, each fragment looked at once. Circles are refused by validation."""

    def __init__(self, parsed: gql.DocumentNode) -> None:
        self._fragments = {d.name.value: d for d in parsed.definitions if isinstance(d, gql.FragmentDefinitionNode)}
        self._known: dict[str, tuple[int, int]] = {}

    def of(self, within: gql.SelectionSetNode | None, path: frozenset[str]) -> tuple[int, int]:
        deepest = size = 0
        for node in within.selections if within else ():
            size += 1
            if isinstance(node, gql.FragmentSpreadNode):
                depth, more = self._spread(node.name.value, path)
            else:
                depth, more = self.of(node.selection_set, path)  # type: ignore[attr-defined]
                depth += isinstance(node, gql.FieldNode)
            deepest, size = max(deepest, depth), size + more
        return deepest, size

    def _spread(self, name: str, path: frozenset[str]) -> tuple[int, int]:
        if name not in self._fragments or name in path:
            return 0, 0
        if name not in self._known:
            self._known[name] = self.of(self._fragments[name].selection_set, path | {name})
        return self._known[name]
