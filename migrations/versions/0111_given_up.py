"""What a frame has secured for a provider can be given up

Revision: 0111
"""

from pathlib import Path

from alembic import op

revision = "0111"
down_revision = "0107"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
