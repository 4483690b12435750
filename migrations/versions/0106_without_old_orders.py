"""Indices that nobody asks any more, dropped while everybody goes on

Revision: 0106
"""

from alembic import op

revision = "0106"
down_revision = "0105"
branch_labels = None
depends_on = None

UNASKED = ("case_access_actor_id", "goal_case_id", "audit_entry_cases")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        connection.exec_driver_sql("SET lock_timeout = 0")  # it waits for whoever reads, and nobody waits for it
        try:
            for name in UNASKED:
                connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        finally:
            connection.exec_driver_sql("SET lock_timeout = '5s'")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
