"""Audit: sealed blocks, and the worker's jobs

Revision: 0004
"""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JOBS = """
    CREATE SCHEMA procrastinate;
    SET LOCAL search_path = procrastinate;
    {tables}
    SET LOCAL search_path = DEFAULT;
    GRANT USAGE ON SCHEMA procrastinate TO sozialraum_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA procrastinate TO sozialraum_app;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA procrastinate TO sozialraum_app;
"""


def upgrade() -> None:
    here = Path(__file__).parent
    for text in (
        (here / "0004_seal.sql").read_text(),
        JOBS.replace("{tables}", (here / "0004_procrastinate.sql").read_text()),
    ):
        op.get_bind().exec_driver_sql(text.replace("%", "%%"))


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
