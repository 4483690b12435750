"""Accesses are sought by whose they are, in an authority; and whom somebody is in their cases is told from them

The policy has its turn between the index it asks for and the one it asked for, which then goes. As in 0104 to 0106
nobody waits for an index.

Revision: 0132
"""

from alembic import op

from service.storage.indexing import dropped_meanwhile, made_meanwhile

revision = "0132"
down_revision = "0131"
branch_labels = None
depends_on = None

POLICY = """ALTER POLICY case_access_select ON case_access
            USING (authority_id = CAST(nullif(current_setting('service.authority', true), '') AS UUID))"""


def upgrade() -> None:
    only = "participant_id IS NOT NULL AND step_id IS NULL"
    themselves = f"(CASE WHEN {only} THEN actor_id END)"
    made_meanwhile(op, "case_access_themselves", f"ON case_access ({themselves}) WHERE {only}")
    mine = "(actor_id, authority_id, case_id) INCLUDE (valid_from, valid_to)"
    made_meanwhile(op, "case_access_my_cases", f"ON case_access {mine}")
    with op.get_context().autocommit_block():
        op.get_bind().exec_driver_sql(POLICY)
    dropped_meanwhile(op, "case_access_mine")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
