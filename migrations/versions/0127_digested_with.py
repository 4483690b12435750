"""Of a digest by which a family is found it is said which data key made it

Revision: 0127
"""

from alembic import op

revision = "0127"
down_revision = "0126"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Whoever comes by 0044 has the column from the beginning: digests are filled in there. Those that were made before
    say nothing until `sozialraum migrate` or `sozialraum reencrypt` has been at them."""
    op.execute("ALTER TABLE known_person ADD COLUMN IF NOT EXISTS made_with TEXT DEFAULT '' NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
