"""`sozialraum bench`: what the service costs, measured on this machine, and what was promised."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Annotated, Any

import typer

Cases = Annotated[int, typer.Option(min=9_000, metavar="N", help="Made-up cases in the database.")]
bench = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@bench.callback(invoke_without_command=True)
def measure(
    context: typer.Context,
    cases: Cases = 20_000,
    seconds: Annotated[float, typer.Option(min=0.1, help="Of each side of each round.")] = 2,
    rounds: Annotated[int, typer.Option(min=1, help="Of each workload, the sides taking turns.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Measure the service on a PostgreSQL of its own, and compare with what was promised. About four minutes.

    It says what is missed and never fails: numbers of a busy machine prove nothing."""
    if context.invoked_subcommand is not None:
        return
    import json

    from rich.console import Console

    from service.bench import measuring, processes, report
    from service.bench.ground import prepared

    console = Console(stderr=True)
    processes.pin(processes.cores()[1])
    with _telling(console) as (say, progress), prepared(cases, say, progress, small=True) as ground:
        found = measuring.measure(ground, seconds, rounds, say)
    if as_json:
        typer.echo(json.dumps(report.as_json(found), indent=2))
    else:
        report.show(found, Console(width=None if sys.stdout.isatty() else 130))


@bench.command()
def money(
    seconds: Annotated[float, typer.Option(min=0.1, help="Of each side of each round.")] = 3,
    rounds: Annotated[int, typer.Option(min=1, help="The sides taking turns.")] = 5,
) -> None:
    """Sixteen writers on one hot budget, and what figures cost with ten times the postings. About two minutes."""
    from rich.console import Console

    from service.bench import money as measuring
    from service.bench.ground import prepared

    with _telling(Console(stderr=True)) as (say, progress), prepared(9_000, say, progress, small=False) as ground:
        found = measuring.measure(ground, seconds, rounds, say)
    posted, orm = found.posted_per_second, found.orm_per_second
    typer.echo(f"W1 postings/s on one budget, {measuring.WRITERS} writers: {posted:,.0f}; by ORM FOR UPDATE {orm:,.0f}")
    typer.echo(f"W1 ratio: {found.ratio:.2f} x (must >= 5, aim >= 10)")
    few, many = (
        f"{cost.figures * 1e3:.2f} ms (another read {cost.other * 1e3:.2f})" for cost in (found.few, found.many)
    )
    typer.echo(f"R3 figures: {few} with {measuring.FEW:,} postings, {many} with {measuring.MANY:,}")
    typer.echo(f"R3 growth: {found.growth:.2f} x (must: constant)")


@bench.command("import")
def importing(
    rows: Annotated[int, typer.Option(min=10, metavar="N", help="Of the file.")] = 1_000_000,
) -> None:
    """A million bookings in one file: rows a second, and the worker's memory. About ten minutes."""
    from rich.console import Console

    from service.bench import importing as measuring
    from service.bench.ground import prepared

    with _telling(Console(stderr=True)) as (say, progress), prepared(9_000, say, progress, small=False) as ground:
        found = measuring.measure(ground, rows, say)
    checked, posted = found.checked, found.posted
    typer.echo(f"Import of {found.rows:,} rows: sent in {found.sent:.0f} s, {found.booked:,} booked")
    for name, part in (("checked", checked), ("posted", posted)):
        typer.echo(
            f"Import, {name}: {part.seconds:.0f} s, {found.rows / part.seconds:,.0f} rows/s, {part.mebibytes:.0f} MiB, "
            f"the longest transaction {part.longest:.2f} s (must < {measuring.LONGEST})"
        )
    typer.echo(
        f"Import in all: {found.rows_per_second:,.0f} rows/s, {found.mebibytes:.0f} MiB (must <= {measuring.MOST})"
    )
    typer.echo(f"Import: the torn row before the last is named: {'yes' if found.named else 'NO'}")


@bench.command()
def places() -> None:
    """Which social space a place lies in, among 50,000 outlines, beside a read by key. About a minute."""
    from rich.console import Console

    from service.bench import places as measuring
    from service.bench.ground import prepared

    with _telling(Console(stderr=True)) as (say, progress), prepared(9_000, say, progress, small=False) as ground:
        found = measuring.measure(ground, say)
    typer.echo(f"Point lookup among {found.outlines:,} outlines: {found.lookup:.2f} ms; by id {found.by_id:.2f} ms")
    typer.echo(f"Point lookup ratio: {found.ratio:.2f} x (must < 2)")


@bench.command()
def large(
    seconds: Annotated[float, typer.Option(min=0.1, help="Of each case in each round.")] = 2,
    rounds: Annotated[int, typer.Option(min=1, help="The cases taking turns.")] = 3,
) -> None:
    """A case of ten years with 200 goals, 2,000 steps and 50 people, whole, beside a small one. About a minute."""
    from rich.console import Console

    from service.bench import large as measuring
    from service.bench.ground import prepared

    with _telling(Console(stderr=True)) as (say, progress), prepared(9_000, say, progress, small=False) as ground:
        found = measuring.measure(ground, seconds, rounds, say)
    rows = f"{measuring.LARGE.rows:,} rows {found.large:.1f} us each; {measuring.SMALL.rows} rows {found.small:.1f} us"
    typer.echo(f"L1 a whole case in one statement: {rows} each")
    typer.echo(f"L1 per row: {found.ratio:.2f} x (must < 2)")


@bench.command()
def peers(
    cases: Cases = 20_000,
    seconds: Annotated[float, typer.Option(min=0.1, help="Of each side of each round.")] = 2,
    rounds: Annotated[int, typer.Option(min=1, help="The sides taking turns.")] = 5,
) -> None:
    """PostGraphile and Platformatic on the same rows, under the same policies. About three minutes; needs npm."""
    import shutil

    from rich.console import Console

    from service.bench import compared, processes, report
    from service.bench.ground import prepared

    if shutil.which("npm") is None:
        typer.echo("Skipped: PostGraphile and Platformatic need npm, which is not installed.")
        return
    processes.pin(processes.cores()[1])
    with _telling(Console(stderr=True)) as (say, progress):
        folder = compared.installed(say)
        with prepared(cases, say, progress, small=False) as ground:
            found = compared.measure(ground, folder, seconds, rounds, say)
    report.show_peers(found, Console(width=None if sys.stdout.isatty() else 130))


@bench.command()
def hostile(
    seconds: Annotated[float, typer.Option(min=0.1, help="Of serving neighbours, with and without a flood.")] = 10,
) -> None:
    """What refusing hostile requests costs, and whether neighbours feel it. About a minute."""
    from rich.console import Console

    from service.bench import hostile as measuring
    from service.bench.ground import prepared

    with _telling(Console(stderr=True)) as (say, progress), prepared(9_000, say, progress, small=False) as ground:
        found = measuring.measure(ground, seconds, say)
    for name, milliseconds in found.costs[:5]:
        typer.echo(f"Refused in {milliseconds:6.1f} ms of processor time: {name} (must < 250)")
    typer.echo(f"Neighbours' p99: {found.idle:.2f} ms undisturbed, {found.flooded:.2f} ms beside a flood")
    typer.echo(f"Slowdown: {found.slowdown:.2f} x (must < 2)")
    typer.echo(f"A case that is not there: {found.not_there:.2f} ms; one that is not mine: {found.not_mine:.2f} ms")
    typer.echo(f"Told apart by time: {found.told_apart:.2f} x (must: not, < 1.1)")


@bench.command()
def serve(cases: Cases = 20_000) -> None:
    """Leave the service running on many cases, for others to measure it or the same rows, until Ctrl-C."""
    from rich.console import Console

    from service.bench import processes
    from service.bench.ground import SUPERUSER, prepared
    from service.bench.processes import Server
    from service.storage.embedded import OWNER

    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell in the background had us ignore the first
        signal.signal(number, _end)
    mine, others = processes.cores()
    processes.pin(others)
    with suppress(_Ended), ExitStack() as ending:
        say, progress = ending.enter_context(_telling(Console(stderr=True)))
        ground = ending.enter_context(prepared(cases, say, progress, small=False))
        log = ground.settings.home / "server.log"
        with Server(ground.environment(), ground.settings.port, mine, log):
            say("")
            typer.echo(f"service      http://{ground.authority}")
            typer.echo(f"application  {ground.address()}")
            typer.echo(f"owner        {ground.address(OWNER)}")
            typer.echo(f"superuser    {ground.address(SUPERUSER)}")
            for persona, token in ground.tokens().items():
                typer.echo(f"{persona:<12} {token}")
            typer.echo(f"cases        {len(ground.cases_of_reader())} of the case_worker; for example")
            for case in ground.cases_of_reader()[:3]:
                typer.echo(f"             {case}")
            typer.echo("Ctrl-C ends it.")
            signal.pause()


class _Ended(BaseException):
    """Somebody asked for the end."""


def _end(number: int, frame: object) -> None:
    raise _Ended


@contextmanager
def _telling(console: Any) -> Iterator[tuple[Callable[[str], None], Callable[[int, int], None]]]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TimeElapsedColumn(), TextColumn("{task.description}"), BarColumn(bar_width=20))
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task("", total=None)

        def say(text: str) -> None:
            shown.update(task, description=text, total=None, completed=0, visible=bool(text))

        yield say, lambda done, of_all: shown.update(task, completed=done, total=of_all)
