"""A question that is ready to be asked: written once, asked with the values of each request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from service.domain.encrypting import Places
from service.domain.paging import argument
from service.domain.selection import Site
from service.domain.values import Language
from service.domain.views import Arguments


@dataclass(frozen=True)
class Plan:
    """`sql` gives one row: the answer's JSON, the version of its only root if any, whether the login is known."""

    sql: str
    binds: tuple[tuple[Site, str], ...]  # of each `$n` from $4 on: whose argument it is, and which
    language: Language
    encrypted: Places

    def values(self, login: str | None, today: date, trace: str, given: Mapping[Site, Arguments]) -> list[Any]:
        """`given` replaces the arguments the plan was made with by those of this request."""
        more = (argument(site.view, given.get(site, site.arguments), name, today) for site, name in self.binds)
        return [login, today.isoformat(), trace, *more]
