"""Elements serve goals: the column for one of them is dropped, with what took its word over

Revision: 0108
"""

from alembic import op

revision = "0108"
down_revision = "0107"
branch_labels = None
depends_on = None

# Neither rewrites a table; each waits five seconds for it at most, and the next call goes on from there.
DROPPED = (
    "DROP FUNCTION IF EXISTS take_over_goal CASCADE",
    "ALTER TABLE arrangement_element DROP COLUMN IF EXISTS goal_id",
    "ALTER TABLE element_change DROP COLUMN IF EXISTS goal_id",
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for statement in DROPPED:
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
