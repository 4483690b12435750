"""`sozialraum bench`: what the service costs, measured on this machine, and what was promised."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any

import typer

Cases = Annotated[int, typer.Option(min=9_000, metavar="N", help="Made-up cases in the database.")]
Seconds = Annotated[float, typer.Option(min=0.1, help="Of each side of each round.")]
Rounds = Annotated[int, typer.Option(min=1, help="Of each workload, the sides taking turns.")]
bench = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@bench.callback(invoke_without_command=True)
def measure(
    context: typer.Context,
    cases: Cases = 20_000,
    seconds: Seconds = 2,
    rounds: Rounds = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Measure the service on a PostgreSQL of its own, and compare with what was promised. About four minutes.

    It says what is missed and never fails: numbers of a busy machine prove nothing."""
    if context.invoked_subcommand is not None:
        return
    import json

    from service.bench import goals, report

    found = _measured(cases, seconds, rounds)
    if as_json:
        typer.echo(json.dumps(report.as_json(found), indent=2))
        return
    report.show(found, _console())
    report.show_goals(goals.goals(found), _console())


@bench.command("all")
def everything(cases: Cases = 200_000, seconds: Seconds = 2, rounds: Rounds = 5) -> None:
    """All of it, with every goal in one table at the end. About twenty minutes; beside others only where npm is.

    The file of bookings has 100,000 rows: `sozialraum bench import` takes the million."""
    from service.bench import goals, report

    found = _measured(cases, seconds, rounds)
    report.show(found, _console())
    told = list(goals.goals(found))
    beside = _beside(20_000, seconds, rounds)
    if beside is None:
        typer.echo("Skipped: PostGraphile and Platformatic need npm, which is not installed.")
    else:
        report.show_peers(beside, _console())
        told += goals.goals_beside(beside)
    for part in (
        _money(3, rounds, 2_000_000),
        _places(),
        _large(seconds, 3),
        _importing(100_000),
        _hostile(10),
    ):
        told += part.goals()
    report.show_goals(told, _console())


@bench.command()
def money(
    seconds: Seconds = 3,
    rounds: Rounds = 5,
    postings: Annotated[int, typer.Option(min=200_001, help="As many, beside 200,000.")] = 2_000_000,
) -> None:
    """Sixteen writers on one hot budget, and what reading money costs with ten times the postings. About four minutes.

    The filled ledger is proved, as by `sozialraum check ledger`."""
    _alone(_money(seconds, rounds, postings))


def _money(seconds: float, rounds: int, postings: int) -> Any:
    from service.bench import money as measuring
    from service.bench import report

    with _ground() as (ground, say):
        found = measuring.measure(ground, seconds, rounds, postings, say)
    report.show_money(found, _console())
    return found


@bench.command("import")
def importing(
    rows: Annotated[int, typer.Option(min=10, metavar="N", help="Of the file.")] = 1_000_000,
) -> None:
    """A million bookings in one file: rows a second, and the worker's memory. About ten minutes."""
    _alone(_importing(rows))


def _importing(rows: int) -> Any:
    from service.bench import importing as measuring

    with _ground() as (ground, say):
        found = measuring.measure(ground, rows, say)
    checked, posted = found.checked, found.posted
    typer.echo(f"Import of {found.rows:,} rows: sent in {found.sent:.0f} s, {found.booked:,} booked")
    for name, part in (("checked", checked), ("posted", posted)):
        typer.echo(
            f"Import, {name}: {part.seconds:.0f} s, {found.rows / part.seconds:,.0f} rows/s, {part.mebibytes:.0f} MiB, "
            f"the longest transaction {part.longest:.2f} s (must < {measuring.LONGEST})"
        )
    typer.echo(f"Import in all: {found.rows_per_second:,.0f} rows/s")
    typer.echo(f"Import: the torn row before the last is named: {'yes' if found.named else 'NO'}")
    return found


@bench.command()
def places() -> None:
    """Which social space a place lies in, among 50,000 outlines, beside a read by key. About a minute."""
    _alone(_places())


def _places() -> Any:
    from service.bench import places as measuring

    with _ground() as (ground, say):
        found = measuring.measure(ground, say)
    typer.echo(f"Point lookup among {found.outlines:,} outlines: {found.lookup:.2f} ms; by id {found.by_id:.2f} ms")
    return found


@bench.command()
def large(seconds: Seconds = 2, rounds: Rounds = 3) -> None:
    """A case of ten years with 200 goals, 2,000 steps and 50 people, whole, beside a small one. About a minute."""
    _alone(_large(seconds, rounds))


def _large(seconds: float, rounds: int) -> Any:
    from service.bench import large as measuring

    with _ground() as (ground, say):
        found = measuring.measure(ground, seconds, rounds, say)
    rows = f"{measuring.LARGE.rows:,} rows {found.large:.1f} us each; {measuring.SMALL.rows} rows {found.small:.1f} us"
    typer.echo(f"L1 a whole case in one statement: {rows} each")
    return found


@bench.command()
def peers(cases: Cases = 20_000, seconds: Seconds = 2, rounds: Rounds = 5) -> None:
    """PostGraphile and Platformatic on the same rows, under the same policies. About three minutes; needs npm."""
    from service.bench import goals, report

    found = _beside(cases, seconds, rounds)
    if found is None:
        typer.echo("Skipped: PostGraphile and Platformatic need npm, which is not installed.")
        return
    report.show_peers(found, _console())
    report.show_goals(goals.goals_beside(found), _console())


def _beside(cases: int, seconds: float, rounds: int) -> Any:
    import shutil

    from service.bench import compared

    if shutil.which("npm") is None:
        return None
    with _ground(cases, pinned=True) as (ground, say):
        folder = compared.installed(say)
        return compared.measure(ground, folder, seconds, rounds, say)


@bench.command()
def hostile(
    seconds: Annotated[float, typer.Option(min=0.1, help="Of serving neighbours, with and without a flood.")] = 10,
) -> None:
    """What refusing hostile requests costs, and whether neighbours feel it. About a minute."""
    _alone(_hostile(seconds))


def _hostile(seconds: float) -> Any:
    from service.bench import hostile as measuring

    with _ground() as (ground, say):
        found = measuring.measure(ground, seconds, say)
    for name, milliseconds in found.costs[:5]:
        typer.echo(f"Answered in {milliseconds:6.1f} ms of processor time: {name}")
    for each in found.neighbours:
        typer.echo(
            f"Neighbours' p99 over {each.face}: {each.idle:.2f} ms undisturbed, {each.flooded:.2f} ms beside a flood, "
            f"{each.crowded:.2f} ms beside new documents that are answered"
        )
    typer.echo(f"A case that is not there: {found.not_there:.2f} ms; one that is not mine: {found.not_mine:.2f} ms")
    return found


@bench.command()
def serve(cases: Cases = 20_000) -> None:
    """Leave the service running on many cases, for others to measure it or the same rows, until Ctrl-C."""
    from service.bench import processes
    from service.bench.ground import SUPERUSER
    from service.bench.processes import Server
    from service.storage.embedded import OWNER

    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell in the background had us ignore the first
        signal.signal(number, _end)
    mine, _ = processes.cores()
    with suppress(_Ended), _ground(cases, pinned=True) as (ground, say):
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


def _measured(cases: int, seconds: float, rounds: int) -> Any:
    from service.bench import measuring

    with _ground(cases, small=True, pinned=True) as (ground, say):
        return measuring.measure(ground, seconds, rounds, say)


def _alone(found: Any) -> None:
    from service.bench import report

    report.show_goals(found.goals(), _console())


def _console() -> Any:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 130)


@contextmanager
def _ground(cases: int = 9_000, *, small: bool = False, pinned: bool = False) -> Iterator[tuple[Any, Any]]:
    """`pinned`: PostgreSQL and the load leave the first core to the measured side."""
    from rich.console import Console

    from service.bench import processes
    from service.bench.ground import prepared

    mine, others = processes.cores()
    processes.pin(others if pinned else mine | others)
    with _telling(Console(stderr=True)) as (say, progress), prepared(cases, say, progress, small=small) as ground:
        yield ground, say


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
