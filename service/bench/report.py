"""What was measured, for people and for machines."""

import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from service.bench.compared import Compared
from service.bench.goals import Goal, goals
from service.bench.ground import FEW
from service.bench.growth import SLOW, Grown
from service.bench.measuring import Measured
from service.bench.money import Money
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
    bound = found.bound
    console.print(
        f"G3: GraphQL, money of a line is bound: {bound.requests_per_second:,.0f} requests/s, p50"
        f" {bound.median_milliseconds:.1f} ms, p99 {bound.slowest_hundredth_milliseconds:.1f} ms, server"
        f" {bound.server_microseconds:,.0f} us."
    )
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


def show_money(found: Money, console: Console) -> None:
    growth, proof = found.growth, found.proof
    console.print(
        f"\nW1: {found.posted_per_second:,.0f} postings/s on one budget, by an ORM's FOR UPDATE"
        f" {found.orm_per_second:,.0f}."
    )
    sizes = [f"{count:,}" for count in (growth.few, growth.many)]
    table = _table(
        f"With {sizes[0]} and with {sizes[1]} postings: microseconds waited / of PostgreSQL's processor; at how many"
        " pages and rows of postings it looks",
        *("", *sizes, "waited", "processor", "pages", "postings"),
    )
    for each in growth.grown:
        table.add_row(each.name, *_grown(each))
    console.print(table)
    for count, taken in growth.releasing.items():
        told = f"{taken:.1f} s" if isinstance(taken, float) else f"refused, {taken}"
        console.print(f"Releasing a month's figures with {count:,} postings: {told}; it reads all of the year's.")
    sound = "all sound" if proof.difference is None else str(proof.difference)
    console.print(
        f"Filled in {found.filled:.0f} s, proved in {found.proved:.0f} s: {proof.accounts:,} accounts,"
        f" {proof.postings:,} postings, {sound}"
    )


def _grown(found: Grown) -> Iterator[str]:
    pair, looked = found.pair, (found.few, found.many)
    if pair is not None:
        yield from (f"{side.waited:,.0f} / {side.worked:,.0f}" for side in (pair.first, pair.second))
        yield from (f"{ratio:.2f} x" for ratio in (pair.waited, pair.worked))
    else:  # done once
        yield from (f"{one.milliseconds * 1e3:,.0f} /" if one else f"over {SLOW} s" for one in looked)
        yield from ("", "")
    counted = [one for one in looked if one]
    yield from (" / ".join(f"{getattr(one, name):,}" for one in counted) for name in ("pages", "postings"))


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


def show_goals(found: Iterable[Goal], console: Console) -> None:
    console.print(_goals(found))


def _goals(found: Iterable[Goal]) -> Table:
    table = _table("Goals", "", "measured", "must", "aim", "met")
    for goal in found:
        sign = ">=" if goal.at_least else "<="
        limits = ("" if limit is None else f"{sign} {limit:g} {goal.unit}" for limit in (goal.must, goal.aim))
        colour = {"aim": "green", "must": "yellow", "missed": "red"}[goal.verdict]
        table.add_row(goal.what, f"{goal.measured:.2f} {goal.unit}", *limits, f"[{colour}]{goal.verdict}[/]")
    return table


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first)
    for column in columns:
        table.add_column(column, justify="right")
    return table
