"""What the members of enums mean: the comment that stands beside one, and what people are told in its place. Read from
the source and from the views when the contracts are written, so that no server has to keep it."""

import inspect
import re
from collections.abc import Mapping
from enum import Enum
from functools import cache

from service.domain.values import Language
from service.domain.views import VIEWS
from service.domain.words import Label, Saying

_BESIDE = re.compile(r" {4}(\w+) = .*?  # (?!noqa)(.+)\n")


@cache
def meanings(type_: type[Enum]) -> Mapping[str, str]:
    """By the names of the members."""
    beside = dict(_BESIDE.findall(inspect.getsource(type_)))
    told = {name: [_sentence(each)] for name, each in beside.items()}
    for value, said in _told().get(type_, {}).items():
        told.setdefault(type_(value).name, []).append(_as_told(said))
    return {member.name: " ".join(told[member.name]) for member in type_}


def _sentence(said: str) -> str:
    return f"{said[0].upper()}{said[1:]}{'' if said.endswith(('.', '?')) else '.'}"


def _as_told(said: Saying) -> str:
    english, german = (said[language].rstrip(".") for language in (Language.EN, Language.DE))
    return f"Told as «{english}», in German «{german}»."


@cache
def _told() -> Mapping[type[Enum], Mapping[str, Saying]]:
    """What views say to people for the values of their columns."""
    found: dict[type[Enum], dict[str, Saying]] = {}
    for view in VIEWS.values():
        for column in view.columns.values():
            label = column.expression
            if isinstance(label, Label) and label.column in view.columns:
                said = {str(value): each for value, each in label.sayings.items()}
                found.setdefault(view.columns[label.column].type, {}).update(said)
    return found
