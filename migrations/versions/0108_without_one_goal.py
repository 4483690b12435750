"""Elements serve goals: the column for one of them is dropped, with what took its word over

Revision: 0108
"""

from alembic import op

revision = "0108"
down_revision = "0107"
branch_labels = None
depends_on = None

# All or nothing: what servers of the version before still write there is taken over until the column goes. Nothing is
# rewritten; each waits five seconds at most.
DROPPED = (
    "DROP FUNCTION IF EXISTS take_over_goal CASCADE",
    "ALTER TABLE arrangement_element DROP COLUMN IF EXISTS goal_id",
    "ALTER TABLE element_change DROP COLUMN IF EXISTS goal_id",
)


def upgrade() -> None:
    for statement in ("SET LOCAL lock_timeout = '5s'", *DROPPED):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
