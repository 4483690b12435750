"""What was measured, for people and for machines."""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from service.bench.compared import Compared
from service.bench.goals import Goal, goals, goals_beside
from service.bench.ground import FEW
from service.bench.measuring import Measured
from service.bench.statements import Pair


def as_json(found: Measured) -> dict[str, Any]:
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    told = [{**asdict(goal), "verdict": goal.verdict} for goal in goals(found)]
    return {"machine": machine, **asdict(found), "goals": told}


def show(found: Measured, console: Console) -> None:
    rows = ", ".join(f"{count:,} {table}" for table, count in found.rows.items())
    console.print(f"\n{os.cpu_count()} cores, Python {platform.python_version()}; {rows}")
    console.print(*(f"{each.name}: {each.title}" for each in found.served), sep="\n")
    console.print(_served(found))
    console.print(_pairs("Row-level security, one connection", "without", "with", found.policed))
    console.print(_pairs("Growth, one connection", f"{FEW:,} cases", "all", found.grown))
    for each in found.two_workers:
        console.print(
            f"{each.name} by two workers, all sharing the cores: {each.pace.requests_per_second:,.0f} requests/s, p50"
            f" {each.pace.median_milliseconds:.1f} ms, p99 {each.pace.slowest_hundredth_milliseconds:.1f} ms;"
            f" {each.largest_mebibytes:.0f} MiB."
        )
    start = found.start
    console.print(
        f"Start: first answer after {start.first_answer:.2f} s; importing the fixed packages takes"
        f" {start.fixed_packages:.2f} s. Memory: {start.idle_mebibytes:.0f} MiB after the first answer,"
        f" {found.loaded_mebibytes:.0f} MiB after the load."
    )
    if start.too_many:
        console.print(f"Imported by the server and not served with: {', '.join(start.too_many)}.")
    console.print(_goals(goals(found)))


def show_peers(found: Sequence[Compared], console: Console) -> None:
    console.print(f"\n{os.cpu_count()} cores, Python {platform.python_version()}; the same rows and policies")
    table = _table("Over HTTP, ours / theirs", "", "requests/s", "p50 ms", "p99 ms", "server us")
    for each in found:
        sides = (each.ours, each.theirs)
        table.add_row(
            f"{each.name} {each.title}; {each.peer}",
            " / ".join(f"{side.requests_per_second:,.0f}" for side in sides),
            " / ".join(f"{side.median_milliseconds:.1f}" for side in sides),
            " / ".join(f"{side.slowest_hundredth_milliseconds:.1f}" for side in sides),
            " / ".join(f"{side.server_microseconds:,.0f}" for side in sides),
        )
    console.print(table)
    console.print(_goals(goals_beside(found)))


def _served(found: Measured) -> Table:
    table = _table(
        "Over HTTP, with token check, rules, row-level security and audit; and a bare loop of the same statement",
        *(
            "",
            "requests/s",
            "p50 ms",
            "p99 ms",
            "server us",
            "PostgreSQL us",
            "loop/s",
            "loop us",
            "HTTP/loop",
            "bytes",
        ),
    )
    for each in found.served:
        numbers = (
            f"{each.pace.requests_per_second:,.0f}",
            f"{each.pace.median_milliseconds:.1f}",
            f"{each.pace.slowest_hundredth_milliseconds:.1f}",
            f"{each.pace.server_microseconds:,.0f}",
            f"{each.postgres_microseconds:,.0f}",
            f"{each.loop_per_second:,.0f}",
            f"{each.loop_microseconds:,.0f}",
            f"{each.of_loop:.2f} x",
            f"{each.answer_bytes:,}",
        )
        table.add_row(each.name, *numbers)
    return table


def _pairs(title: str, first: str, second: str, pairs: Mapping[str, Pair]) -> Table:
    table = _table(
        f"{title}: microseconds waited / of PostgreSQL's processor", "", first, second, "waited", "processor"
    )
    for name, pair in pairs.items():
        sides = (f"{side.waited:,.0f} / {side.worked:,.0f}" for side in (pair.first, pair.second))
        table.add_row(name, *sides, *(f"{ratio - 1:+.0%}" for ratio in (pair.waited, pair.worked)))
    return table


def _goals(found: Iterable[Goal]) -> Table:
    table = _table("Goals", "", "measured", "must", "aim", "met")
    for goal in found:
        sign = ">=" if goal.at_least else "<="
        limits = (f"{sign} {limit:g} {goal.unit}" for limit in (goal.must, goal.aim))
        colour = {"aim": "green", "must": "yellow", "missed": "red"}[goal.verdict]
        table.add_row(goal.what, f"{goal.measured:.2f} {goal.unit}", *limits, f"[{colour}]{goal.verdict}[/]")
    return table


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first)
    for column in columns:
        table.add_column(column, justify="right")
    return table
