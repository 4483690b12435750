"""One look at my cases for each table of content

Table by table: whoever reads holds several, and would stand in the way of whoever held several, too. Both texts of a
policy show the same, so that it can be begun anew.

Revision: 0105
"""

from pathlib import Path

from alembic import op

revision = "0105"
down_revision = "0104"
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
