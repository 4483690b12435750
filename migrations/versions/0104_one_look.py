"""My cases in one order, and one look at them for each table of content

Revision: 0104
"""

from pathlib import Path

from alembic import op

revision = "0104"
down_revision = "0103"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
