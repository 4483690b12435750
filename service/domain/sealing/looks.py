"""Notes who looked at what: what sealed audit entries tell, in a table that is found by case, person and moment.

The database does it (`migrations/versions/0021_looks.sql`), a batch in a transaction; the record itself keeps the one
index that its policy needs."""

import psycopg

from service.storage.address import conninfo

MOST_ENTRIES = 1_000  # of a batch: a list of cases is an entry of up to two hundred looks


def note(address: str, most: int = MOST_ENTRIES) -> int:
    """Note every sealed entry that is not noted yet, and tell how many they were. Two at once take turns.

    Raises psycopg's errors; batches that were noted until then stay, and the next call goes on from there."""
    noted = 0
    with psycopg.connect(conninfo(address), autocommit=True, connect_timeout=10) as connection:
        connection.execute("SET lock_timeout = '20s'")
        while entries := _note_some(connection, most):
            noted += entries
    return noted


def _note_some(connection: "psycopg.Connection[tuple[int, ...]]", most: int) -> int:
    row = connection.execute("SELECT note_looks(%s)", [most]).fetchone()
    return row[0] if row else 0
