"""`sozialraum import spaces`: surveyed outlines take the place of approximate ones, from a day on. Beside it stands
`sozialraum import bookings` (`bookings.py`)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from service.cli.bookings import bookings

if TYPE_CHECKING:
    from service.demo.loading import Owner
    from service.domain.spaces.importing import Proposal, Territory

importing = typer.Typer(
    help="Take over what others have surveyed or booked.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
TABLES = ("social_space_area", "social_space_area_ring", "social_space_neighbour")
_ON = "valid_from <= %(on)s AND (valid_to IS NULL OR valid_to > %(on)s)"


class Refused(Exception):
    """Why nothing was imported."""


@dataclass(frozen=True)
class Change:
    """An outline that is to hold from the day on. `ends`: the one before it, which is shortened or replaced."""

    space: UUID
    until: date | None
    ends: UUID | None
    replaced: bool  # the one before began on the same day and goes altogether


@importing.callback()
def _several() -> None:
    """Take over what others have surveyed or booked."""


importing.command("bookings")(bookings)


@importing.command("spaces")
def spaces(
    file: Annotated[Path, typer.Argument(help="GeoJSON (RFC 7946), at most 64 MiB.")],
    valid_from: Annotated[str, typer.Option(metavar="DATE", help="The first day on which the outlines hold.")],
    authority: Annotated[str | None, typer.Option(metavar="KEY", help="Whose; where there is more than one.")] = None,
    credit: Annotated[str | None, typer.Option(help="Who is to be credited; else the file's `attribution`.")] = None,
    tolerance: Annotated[float, typer.Option(min=0, max=500, help="Metres a border may move to get simpler.")] = 5,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look at everything and change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say the outcome as one JSON object.")] = False,
) -> None:
    """Import the outlines of social spaces, or of the municipalities they consist of.

    All or nothing, in one transaction: with any error nothing changes, and an interrupted import is simply run again.
    Run twice, the second time changes nothing. Outlines that hold so far end on the day before."""
    from service.cli.seed import writable

    try:
        day = date.fromisoformat(valid_from)
    except ValueError:
        raise typer.BadParameter("write it like 2027-01-01", param_hint="--valid-from") from None
    try:
        with _progress(quiet=as_json) as say, writable() as addresses:
            assert addresses.owner
            told = take_over(
                *(addresses.owner, file, day),
                authority=authority,
                credit=credit,
                tolerance=tolerance,
                dry_run=dry_run,
                say=say,
            )
    except Refused as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from None
    _tell(told, day, as_json=as_json, dry_run=dry_run)
    raise typer.Exit(1 if told["errors"] else 0)


def take_over(
    address: str,
    file: Path,
    day: date,
    *,
    authority: str | None = None,
    credit: str | None = None,
    tolerance: float = 5,
    dry_run: bool = False,
    say: Any = lambda step: None,
) -> dict[str, Any]:
    """What came of it: numbers, and the findings as errors and warnings."""
    import psycopg

    from service.domain.spaces.importing import proposed
    from service.domain.spaces.surveyed import read
    from service.storage.address import conninfo

    say("Reading the file")
    survey = read(file)
    source = credit or survey.credit
    if survey.sound and not source:
        raise Refused("The file does not say who is to be credited: add --credit.")
    with psycopg.connect(conninfo(address)) as connection:
        owner = _authority(connection, authority)
        say("Matching outlines with social spaces")
        # Tables that everybody may read show their owner nothing while row-level security is forced: a short look.
        territory = _territory(connection, owner, day)
        proposal = proposed(survey, territory, round(tolerance / 0.111)) if survey.features else None
        findings = [*survey.findings, *(proposal.findings if proposal else ())]
        told: dict[str, Any] = {"features": len(survey.features), "uninhabited": [], "imported": 0, "unchanged": 0}
        told |= {level: [] for level in ("errors", "warnings")}
        for each in findings:
            said = {"feature": each.feature, "key": each.key, "detail": each.detail, "advice": each.advice}
            told["errors" if each.error else "warnings"].append(said)
        if proposal is None or told["errors"]:
            return told
        told["uninhabited"] = [each.key for each in proposal.uninhabited]
        say("Writing" if not dry_run else "Comparing")
        _store(connection, owner, proposal, source, day, told, dry_run=dry_run)
    return told


def _authority(connection: "Owner", key: str | None) -> UUID:
    from service.demo.loading import unforced

    with unforced(connection, "authority", "social_space"):
        query = "SELECT id, key FROM authority AS a WHERE EXISTS (SELECT FROM social_space WHERE authority_id = a.id)"
        found = {name: id for id, name in connection.execute(query).fetchall()}
    chosen = {name: id for name, id in found.items() if key in (None, name)}
    if len(chosen) != 1:
        named = ", ".join(sorted(found)) or "none"
        raise Refused(f"Name one authority that has social spaces with --authority; there is: {named}.")
    (id,) = chosen.values()
    return UUID(str(id))


def _territory(connection: "Owner", authority: UUID, day: date) -> "Territory":
    from collections import defaultdict

    from service.demo.loading import unforced
    from service.domain.spaces.geometry import outline_of
    from service.domain.spaces.importing import Territory

    asked = {"authority": authority, "on": day}
    whole = f"authority_id = %(authority)s AND {_ON}"
    with unforced(connection, "municipality", "social_space", "social_space_municipality", "social_space_area"):
        named = connection.execute(f"SELECT id, name FROM social_space WHERE {whole}".encode(), asked).fetchall()
        query = "SELECT id, ags, ars, name, kind FROM municipality WHERE authority_id = %(authority)s"
        municipalities = connection.execute(query, asked).fetchall()
        query = f"SELECT social_space_id, municipality_id FROM social_space_municipality WHERE {whole}"
        shares = connection.execute(query.encode(), asked).fetchall()
        query = """SELECT DISTINCT ON (social_space_id) social_space_id, geometry FROM social_space_area
            WHERE authority_id = %(authority)s ORDER BY social_space_id, valid_from"""
        areas = connection.execute(query, asked).fetchall()
    covers: dict[UUID, set[UUID]] = defaultdict(set)
    for space, municipality in shares:
        covers[space].add(municipality)
    return Territory(
        spaces=dict(named),
        municipalities={id: (ags, ars, name) for id, ags, ars, name, _ in municipalities},
        uninhabited=frozenset(id for id, _, _, _, kind in municipalities if kind == "unincorporated_area"),
        covers={space: frozenset(each) for space, each in covers.items()},
        first_outlines={space: outline_of(geometry) for space, geometry in areas},
    )


def _store(
    connection: "Owner",
    authority: UUID,
    proposal: "Proposal",
    source: str,
    day: date,
    told: dict[str, Any],
    *,
    dry_run: bool,
) -> None:
    from service.demo.loading import load, unforced
    from service.domain.spaces.areas import area_rows
    from service.domain.spaces.geometry import geojson
    from service.domain.values import new_id

    with unforced(connection, *TABLES):
        rows: list[Any] = []
        for space, outline in proposal.outlines.items():
            wanted = {"approximate": space in proposal.approximate, "source": source, "geometry": geojson(outline)}
            change = _change(connection, space, day, wanted)
            if change is None:
                told["unchanged"] += 1
                continue
            told["imported"] += 1
            if dry_run:
                continue
            if change.ends is not None:
                query = "DELETE FROM social_space_area WHERE id = %(id)s" if change.replaced else _SHORTEN
                connection.execute(query, {"id": change.ends, "on": day})
            ids = {"id": new_id(), "social_space_id": space, "authority_id": authority}
            approximate = space in proposal.approximate
            rows += area_rows(ids, outline, (day, change.until), approximate=approximate, source=source)
        if rows:
            load(connection, rows)
            _renew_neighbours(connection, authority, day)


_SHORTEN = "UPDATE social_space_area SET valid_to = %(on)s WHERE id = %(id)s"


def _change(connection: "Owner", space: UUID, day: date, wanted: dict[str, Any]) -> Change | None:
    """What has to change so that the outline holds from that day on; nothing where it does."""
    query = """SELECT id, valid_from, valid_to, approximate, source, geometry FROM social_space_area
        WHERE social_space_id = %s AND (valid_to IS NULL OR valid_to > %s) ORDER BY valid_from"""
    for id, begins, ends, approximate, source, geometry in connection.execute(query, [space, day]).fetchall():
        if begins > day:
            return Change(space, begins, None, False)
        if {"approximate": approximate, "source": source, "geometry": geometry} == wanted:
            return None
        return Change(space, ends, id, begins == day)
    return Change(space, None, None, False)


def _renew_neighbours(connection: "Owner", authority: UUID, day: date) -> None:
    """From that day on anew, for each range of days between two changes of any area."""
    from service.demo.loading import load
    from service.domain.spaces.areas import neighbour_rows
    from service.domain.spaces.geometry import neighbours, outline_of

    asked = {"authority": authority, "on": day}
    mine = "authority_id = %(authority)s"
    connection.execute(f"DELETE FROM social_space_neighbour WHERE {mine} AND valid_from >= %(on)s".encode(), asked)
    query = (
        f"UPDATE social_space_neighbour SET valid_to = %(on)s WHERE {mine} AND (valid_to IS NULL OR valid_to > %(on)s)"
    )
    connection.execute(query.encode(), asked)
    query = f"""SELECT DISTINCT begins FROM social_space_area, unnest(ARRAY[valid_from, valid_to]) AS begins
        WHERE {mine} AND begins > %(on)s ORDER BY begins"""
    later = [begins for (begins,) in connection.execute(query.encode(), asked)]
    for begins, ends in zip([day, *later], [*later, None], strict=True):
        query = f"SELECT social_space_id, geometry FROM social_space_area WHERE {mine} AND {_ON}"
        found = connection.execute(query.encode(), {**asked, "on": begins}).fetchall()
        pairs = neighbours({space: outline_of(geometry) for space, geometry in found})
        load(connection, neighbour_rows(authority, pairs, (begins, ends)))


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Any]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        task = progress.add_task("", total=None)
        yield lambda step: progress.update(task, description=step)


def _tell(told: dict[str, Any], day: date, *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        typer.echo(json.dumps({**told, "dry_run": dry_run}, ensure_ascii=False))
        return
    for level, mark in (("errors", "Error"), ("warnings", "Mind")):
        for each in told[level]:
            place = "" if each["feature"] is None else f"feature {each['feature']}, "
            typer.echo(f"{mark}: {place}{each['key']} {each['detail']}. {each['advice']}", err=True)
    if told["uninhabited"]:
        typer.echo(f"Without inhabitants, and so of no social space: {', '.join(told['uninhabited'])}.")
    if told["errors"]:
        typer.echo(f"Nothing was imported: {len(told['errors'])} errors.", err=True)
    else:
        would = "would hold" if dry_run else "hold"
        typer.echo(f"{told['imported']} outlines {would} from {day} on; {told['unchanged']} did already.")
