"""The keys of this installation, as its settings name them."""

from service.settings import Settings
from service.storage.data_keys import DataKeyError, DataKeys, made_once

NO_DATA_KEYS = (
    "What is encrypted at rest needs keys: set SOZIALRAUM_DATA_KEYS to their file. A database that was restored needs "
    "the file from the days of its backup; no other opens what is in it. For a new database it is made with `openssl "
    "rand -base64 32 > FILE`, readable for this login only. Keep a copy apart from the backups: without it these texts "
    "are lost."
)
KEYS_OF_BEFORE = (
    "The database holds what was encrypted with data keys that are not here, and a new key would open none of it: put "
    "back their file, from the days of the backup, as {}, or set SOZIALRAUM_DATA_KEYS to it."
)


def data_keys(given: Settings, new_for: str | None = None) -> DataKeys:
    """Those in `home` are taken without being named. In development they are made for the database at the address
    `new_for`, unless something is encrypted in it already. Raises DataKeyError where there are none, or they cannot be
    read."""
    if given.data_keys is not None:
        return DataKeys(given.data_keys)
    if not (file := given.data_keys_of_development).exists():
        if new_for is None or not given.development:
            raise DataKeyError(NO_DATA_KEYS)
        if holds_encrypted(new_for):
            raise DataKeyError(KEYS_OF_BEFORE.format(file))
    return DataKeys(made_once(file))


def holds_encrypted(address: str) -> bool:
    """Whether rows for which it takes the data keys are, or were, in this database. Any login can tell."""
    import service.domain.tables  # noqa: F401 (declares them)
    from service.domain.cases.known import KnownPerson
    from service.domain.encrypting import encrypted_columns
    from service.storage.inspection import holds_rows

    return holds_rows(address, [KnownPerson.__tablename__, *encrypted_columns()])
