"""What a place does without a case, learns, and where it presses in it; from one setting to another

Revision: 0089
"""

from pathlib import Path

from alembic import op

from service.storage.backfilling import filling

revision = "0089"
down_revision = "0088"
branch_labels = None
depends_on = None

BATCH = 500
FILLED = (  # what is due, and what is done about a batch of it
    (
        "SELECT id, case_id, sibling_case_id FROM sibling_link",
        "SELECT unite_household(case_id, sibling_case_id) FROM batch ORDER BY case_id",
        "id, case_id, sibling_case_id",
    ),
    (
        "SELECT DISTINCT md5(concat_ws(' ', case_id, life_area, aspect))::uuid AS id, case_id, life_area, aspect"
        " FROM situation_entry WHERE audience = 'all'",
        "SELECT mark_field(case_id, life_area, aspect) FROM batch ORDER BY case_id",
        "id, case_id, life_area, aspect",
    ),
)


def upgrade() -> None:
    """In batches, and so the tables may be there already. What is entered meanwhile, the triggers see."""
    bind = op.get_bind()
    if bind.exec_driver_sql("SELECT to_regclass('situation_mark')").scalar() is None:
        bind.exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))
    with filling(op, "sibling_link", "situation_entry", "case_sketch", "situation_mark") as connection:
        for due, done, columns in FILLED:
            connection.execute(f"CREATE TEMPORARY TABLE due AS {due}".encode())
            batch = f"DELETE FROM due WHERE id IN (SELECT id FROM due LIMIT %s) RETURNING {columns}"
            while connection.execute(f"WITH batch AS ({batch}) {done}".encode(), [BATCH]).rowcount:
                pass
            connection.execute("DROP TABLE due")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
