"""`sozialraum import bookings` and `sozialraum jobs`: the same import for whoever sits at the machine, in two names."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from service.cli import commands
from service.demo import demo_id
from service.demo.people import LICHTUNG
from service.settings import settings
from tests.conftest import Database

FIRST, SECOND = "development:demo-controller", "development:demo-second_controller"


@pytest.fixture
def machine(own_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("DATABASE_URL", own_database.application)
    monkeypatch.setenv("SOZIALRAUM_HOME", str(tmp_path))
    settings.cache_clear()
    yield own_database
    settings.cache_clear()


def said(*arguments: str) -> tuple[int, Any]:
    outcome = CliRunner().invoke(commands, [*arguments, "--json"])
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
    return outcome.exit_code, json.loads(outcome.stdout) if outcome.stdout else outcome.stderr


def test_a_file_is_tried_then_booked_in_two_names_and_once(machine: Database, tmp_path: Path) -> None:
    ((line,),) = machine.rows(
        """SELECT line.id::text FROM budget_line AS line JOIN budget_agreement AS agreement
           ON agreement.id = line.agreement_id
           WHERE line.kind = 'cross_case' AND agreement.state = 'active' AND agreed > 0
             AND fiscal_year = extract(year FROM now())"""
    )
    booked, file = "SELECT count(*) FROM booking WHERE external_number LIKE 'C-%%'", tmp_path / "bookings.csv"
    header = "external_number,organisation_id,invoice_number,issued_on,amount,line_id"
    rows = [f"C-{number},{demo_id('organisation', LICHTUNG)},C {number},2020-01-31,1.00,{line}" for number in range(3)]
    file.write_text("\n".join([header, *rows, "C-9,torn"]))
    importing = ("import", "bookings", str(file), "--as", FIRST)
    code, tried = said(*importing, "--dry-run")
    assert (code, tried["imported"]["valid"], tried["imported"]["faulty"]) == (1, 3, 1)
    assert [(each["row_number"], each["code"]) for each in tried["findings"]] == [(5, "malformed-row")]
    assert said(*importing, "--released-by", SECOND)[0] == 1, "all or none"
    assert machine.rows(booked) == [(0,)]
    code, done = said(*importing, "--released-by", SECOND, "--partial")
    assert (code, done["job"]["kind"], done["job"]["state"], done["imported"]["state"]) == (
        *(0, "post_bookings", "done"),
        "posted",
    )
    assert machine.rows(booked) == [(3,)]
    code, again = said(*importing, "--released-by", SECOND, "--partial")
    assert (code, again["imported"]["known"], again["imported"]["valid"]) == (0, 3, 0)
    assert machine.rows(booked) == [(3,)]
    code, told = said("jobs", "show", done["job"]["id"], "--as", SECOND)
    assert (code, told["job"]["done"], told["job"]["total"]) == (0, 3, 3)
    assert len(said("jobs", "list", "--as", FIRST)[1]) >= 5
    refused = CliRunner().invoke(commands, ["jobs", "resume", done["job"]["id"], "--as", FIRST])
    assert (refused.exit_code, "impossible-now" in refused.stderr) == (1, True)
