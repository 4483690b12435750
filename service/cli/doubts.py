"""What keeps nobody from starting, and is hardly meant so: said by `check`, and by whatever starts."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from service.settings import EXAMPLE_OF_ISSUERS, PREFIX, Settings, known_variables


def doubts(given: Settings) -> list[str]:
    return list(dict.fromkeys((*of_server(given), *of_worker(given))))


def of_server(given: Settings) -> Iterator[str]:
    yield from misspelled()
    yield from without_issuer(given)
    yield from open_to_others(given.data_keys or given.data_keys_of_development)


def of_worker(given: Settings) -> Iterator[str]:
    yield from misspelled()
    yield from open_to_others(given.seal_key or given.seal_key_of_development)


def unknown_variables() -> list[str]:
    """Names of the environment that look like settings, and are none."""
    known = known_variables()
    return sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)


def misspelled() -> Iterator[str]:
    for name in unknown_variables():
        meant = get_close_matches(name.upper(), known_variables(), 1)
        yield f"There is no setting {name}." + (f" Is {meant[0]} meant?" if meant else "")


def without_issuer(given: Settings) -> Iterator[str]:
    if not given.accepted_issuers:
        yield (
            "Nobody can sign in: no identity provider is named, and only what is public is answered. Set "
            f"SOZIALRAUM_ISSUERS, such as {EXAMPLE_OF_ISSUERS}"
        )


def not_to_start(given: Settings) -> Iterator[str]:
    """What `check` says alone: whatever is started says so itself, and ends."""
    if not given.development and given.data_keys is None and not given.data_keys_of_development.exists():
        yield "No server would start with these settings: SOZIALRAUM_DATA_KEYS names no file of data keys."
    if given.worker and not given.development and given.seal_key is None:
        yield (
            "No worker would start with these settings: SOZIALRAUM_SEAL_KEY names no key. Where only a server is to "
            "run, set SOZIALRAUM_WORKER=false."
        )


def of_no_use(given: Settings) -> Iterator[str]:
    """Keys that are named, and with which nothing starts."""
    from service.domain.sealing.keys import Keys, SealKeyError
    from service.storage.data_keys import DataKeyError, DataKeys

    for keys, file in ((DataKeys, given.data_keys), (Keys, given.seal_key)):
        if file is not None:
            try:
                keys(file)
            except (DataKeyError, SealKeyError) as error:
                yield str(error)


def open_to_others(keys: Path) -> Iterator[str]:
    if keys.is_file() and (mode := keys.stat().st_mode & 0o777) & 0o077:
        yield f"The keys {keys} are not for this login only (mode {mode:o}): chmod 600 {keys}"
