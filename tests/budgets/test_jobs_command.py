"""`sozialraum jobs` and `sozialraum export`: long work for whoever sits at the machine: begun, looked at, fetched."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from service.cli import commands
from service.demo import AUTHORITY
from service.settings import settings
from tests.budgets.test_import_command import FIRST, SECOND, machine, said
from tests.conftest import Database

__all__ = ["machine"]
NEWEST = """SELECT id::text, as_of::text FROM figure_release WHERE authority_id = %s
            ORDER BY released_at DESC, number DESC LIMIT 1"""


def agreement(machine: Database) -> str:
    query = """SELECT agreement_id::text FROM posting JOIN budget_agreement AS agreement ON agreement.id = agreement_id
               WHERE state = 'active' AND agreement.authority_id = %s GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"""
    ((id,),) = machine.rows(query, AUTHORITY)
    return str(id)


def test_what_stands_in_an_agreement_is_written_into_a_file(machine: Database, tmp_path: Path) -> None:
    id, table, book = agreement(machine), tmp_path / "postings.csv", tmp_path / "postings.xlsx"
    ((many,),) = machine.rows("SELECT count(*) FROM posting WHERE agreement_id = %s", id)
    of: tuple[Any, ...] = ("--content", "postings", "--as", FIRST)
    code, told = said("export", "agreement", id, str(table), *of)
    assert (code, told["job"]["state"], told["job"]["done"], told["job"]["total"]) == (0, "done", many, many)
    with table.open(newline="") as opened:
        assert len(list(csv.reader(opened))) == many + 1
    code, told = said("export", "agreement", id, str(book), "--format", "xlsx", *of)
    assert code == 0
    assert openpyxl.load_workbook(book).active.max_row == many + 1
    again = tmp_path / "again.xlsx"
    fetching = ["jobs", "fetch", told["job"]["id"], str(again), "--as"]
    assert CliRunner().invoke(commands, [*fetching, FIRST]).exit_code == 0
    assert again.read_bytes() == book.read_bytes()
    refused = CliRunner().invoke(commands, [*fetching, SECOND])
    assert (refused.exit_code, "forbidden" in refused.stderr) == (1, True), "only who started it"
    wrong = CliRunner().invoke(commands, ["export", "agreement", id, str(book), "--format", "pdf", *of])
    assert (wrong.exit_code, "#/format" in wrong.stderr) == (1, True)


def test_figures_are_released_and_exported_and_a_year_settled(machine: Database, tmp_path: Path) -> None:
    ((before, day),) = machine.rows(NEWEST, AUTHORITY)
    code, told = said("jobs", "release", day, "--as", FIRST)
    assert (code, told["job"]["problem"]["code"]) == (1, "invalid-input"), "it needs a reason"
    code, told = said("jobs", "release", day, "--reason", "Probe", "--as", FIRST)
    assert (code, told["job"]["state"]) == (0, "done")
    release, file = told["job"]["subject_id"], tmp_path / "release.zip"
    assert release != before
    assert said("export", "release", release, str(file), "--as", FIRST)[0] == 0
    assert file.read_bytes().startswith(b"PK")
    code, told = said("jobs", "settle", str(datetime.now(UTC).year), "--as", FIRST)
    assert (code, told["job"]["state"]) == (1, "done"), "nothing was settled"
    assert {each["code"] for each in told["findings"]} == {"year-open"}, "of each that is not ready it says why"
    settled = CliRunner().invoke(commands, ["jobs", "settle", str(datetime.now(UTC).year), "--as", FIRST])
    assert (settled.exit_code, "agreement 1: year-open" in settled.stderr) == (1, True), settled.output
    assert f"findings: {len(told['findings'])}" in settled.stdout


def test_a_job_is_ended_and_taken_up_again_at_the_machine(machine: Database) -> None:
    """As if the terminal had been shut over it: then it is asked to end, ends where it is, and goes on from there."""
    _, told = said("jobs", "settle", str(datetime.now(UTC).year), "--as", FIRST)
    id = told["job"]["id"]
    shut = "UPDATE job SET state = 'running', ended_at = NULL, done = 0 WHERE id = %s RETURNING 1"
    assert machine.rows(shut, id) == [(1,)]
    asked = CliRunner().invoke(commands, ["jobs", "cancel", id, "--as", FIRST])
    assert (asked.exit_code, "running" in asked.stdout) == (0, True), asked.stderr
    assert machine.rows("SELECT cancel_asked FROM job WHERE id = %s", id) == [(True,)]
    code, told = said("jobs", "resume", id, "--as", FIRST)
    assert (code, told["job"]["state"], told["job"]["done"]) == (1, "cancelled", 0)
    code, told = said("jobs", "resume", id, "--as", FIRST)
    assert (code, told["job"]["state"], told["job"]["done"]) == (1, "done", told["job"]["total"]), "not ready still"
    over = CliRunner().invoke(commands, ["jobs", "cancel", id, "--as", FIRST])
    assert (over.exit_code, "impossible-now" in over.stderr) == (1, True)


def test_nothing_is_begun_while_nothing_may_be_changed(
    machine: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = agreement(machine)
    monkeypatch.setenv("SOZIALRAUM_READ_ONLY", "true")
    settings.cache_clear()
    for command in (["jobs", "settle", "2026"], ["export", "agreement", id, str(tmp_path / "none.csv")]):
        refused = CliRunner().invoke(commands, [*command, "--as", FIRST])
        assert (refused.exit_code, "read-only" in refused.stderr) == (1, True), refused.stderr
