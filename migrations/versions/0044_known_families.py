"""Whether a family is known: a keyed digest beside each person, and who has asked

Revision: 0044
"""

from pathlib import Path

from alembic import op

from service.domain.cases.known import digest_persons, undigested
from service.keys import data_keys
from service.settings import settings
from service.storage.backfilling import filling

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

READ = ("known_person", "participant", "person")


def upgrade() -> None:
    """In batches, and so the tables may be there already. Without a person it takes no key. Whom servers of the version
    before add from now on, `sozialraum migrate` finds when it is called again, and `sozialraum reencrypt`."""
    bind = op.get_bind()
    if bind.exec_driver_sql("SELECT to_regclass('known_person')").scalar() is None:
        bind.exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))
    with filling(op, *READ) as connection:
        if undigested(connection):
            digest_persons(connection, data_keys(settings()))


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward; restore a backup instead")
