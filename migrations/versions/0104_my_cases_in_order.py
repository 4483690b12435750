"""My cases are found in one order, of which a page reads as far as it goes; and the goals of a case

Revision: 0104
"""

from alembic import op

from service.storage.indexing import made_meanwhile

revision = "0104"
down_revision = "0103"
branch_labels = None
depends_on = None


def upgrade() -> None:
    told = "INCLUDE (authority_id, valid_from, valid_to)"
    made_meanwhile(op, "case_access_mine", f"ON case_access (actor_id, case_id) {told}")
    made_meanwhile(op, "goal_order", "ON goal (case_id, id)")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
