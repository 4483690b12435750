"""Postings take whose they are from their accounts, and are not looked for by their social space

Revision: 0116
"""

from alembic import op

revision = "0116"
down_revision = "0115"
branch_labels = None
depends_on = None

KNOWN = ("authority_id", "social_space_id", "agreement_id", "actor_id")
UNASKED = "posting_social_space_id"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        for column in KNOWN:  # one by one: each locks the other table, too, for a moment
            connection.exec_driver_sql(f"ALTER TABLE posting DROP CONSTRAINT IF EXISTS posting_{column}_fkey")
        connection.exec_driver_sql("SET lock_timeout = 0")  # it waits for whoever reads, and nobody waits for it
        try:
            connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {UNASKED}")
        finally:
            connection.exec_driver_sql("SET lock_timeout = '5s'")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
