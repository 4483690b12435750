"""Which texts somebody can disagree with: each capability says so of its own."""

from dataclasses import dataclass
from typing import Any

from service.domain.cases.picture import TextAbout
from service.domain.policy import Part, Rule


@dataclass(frozen=True)
class Contestable:
    """The rows of a table, for whoever reads them by the rule; and the view that shows them."""

    table: Any
    rule: Rule
    part: Part
    record: Any


TEXTS: dict[TextAbout, Contestable] = {}


def contestable(about: TextAbout, table: Any, rule: Rule, part: Part, record: Any) -> None:
    """Whoever reads such a text can disagree with it; who reads the part of the case hears that they do."""
    TEXTS[about] = Contestable(table, rule, part, record)
