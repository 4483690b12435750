"""Whoever is invited to a consultation that is being held is asked about its sketch alone

Revision: 0107
"""

import sqlalchemy as sa
from alembic import op

revision = "0107"
down_revision = "0106"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "consultation_participant",
        sa.Column("consents_only", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
