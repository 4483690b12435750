"""Row-level security looks at the cases of a page, as at the one that is named

Table by table, as 0105. A server that still says which case by the setting of before is shown the same: by a look at
all of my cases.

Revision: 0131
"""

from pathlib import Path

from alembic import op

revision = "0131"
down_revision = "0127"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        for statement in Path(__file__).with_suffix(".sql").read_text().split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement.replace("%", "%%"))


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
