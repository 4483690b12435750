"""The keys of this installation, as its settings name them."""

from service.settings import Settings
from service.storage.data_keys import DataKeyError, DataKeys, made_once

NO_DATA_KEYS = (
    "What is encrypted at rest needs keys: set SOZIALRAUM_DATA_KEYS to a file made with `openssl rand -base64 32 > "
    "FILE`, readable for this login only. Keep a copy apart from the backups: without it these texts are lost."
)


def data_keys(given: Settings) -> DataKeys:
    """Those in `home` are taken without being named; in development they are made. Raises DataKeyError where there are
    none, or they cannot be read."""
    if given.data_keys is not None:
        return DataKeys(given.data_keys)
    if not (given.development or given.data_keys_of_development.exists()):
        raise DataKeyError(NO_DATA_KEYS)
    return DataKeys(made_once(given.data_keys_of_development))
