"""Whom somebody is in their cases is told from their accesses

Revision: 0132
"""

from alembic import op

from service.storage.indexing import made_meanwhile

revision = "0132"
down_revision = "0131"
branch_labels = None
depends_on = None


def upgrade() -> None:
    told = "INCLUDE (participant_id, authority_id, valid_from, valid_to)"
    only = "WHERE participant_id IS NOT NULL AND step_id IS NULL"
    made_meanwhile(op, "case_access_themselves", f"ON case_access (actor_id) {told} {only}")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
