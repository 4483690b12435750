"""What was written of child protection before is encrypted, with the key of its authority

Revision: 0042
"""

from alembic import op

from service.keys import data_keys
from service.settings import settings
from service.storage.backfilling import filling
from service.storage.reencrypting import reencrypt

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

PLAIN = {
    "endangerment_assessment": ("endangerment", ("reasons", "involvement", "measures", "outcome")),
    "endangerment_report": ("endangerment", ("words", "own_assessment", "adviser", "involvement")),
    "endangerment_judgement": ("endangerment", ("worries", "working_well", "what_needs_to_happen")),
    "safety_plan": ("endangerment", ("agreements", "agreed_with", "who_checks")),
}


def upgrade() -> None:
    """In batches. Without a row it takes no key."""
    with filling(op, *PLAIN) as connection:
        if any(connection.execute(f"SELECT FROM {table} LIMIT 1").fetchone() is not None for table in PLAIN):
            reencrypt(connection, data_keys(settings()), PLAIN)


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
