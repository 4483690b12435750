"""Keys for what the database itself must not be able to read: texts that are encrypted at rest (AES-256-GCM), and
digests by which something is found again without being kept (HMAC-SHA-256).

One file, one key a line: 32 random bytes in base64 (`openssl rand -base64 32`). The first one encrypts and makes new
digests, the others still open what they once encrypted. For each purpose and authority another key is derived from
them (HKDF, RFC 5869). A text has a key of its own, which stands beside it, encrypted (an envelope): when the file's key
changes, envelopes are made anew and no text is read."""

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

BYTES, NONCE, ENVELOPE = 32, 12, 12 + 32 + 16  # of a key, of a nonce, of an encrypted key with its nonce and tag
MARK = "e1."  # what every encrypted text begins with
FORM = r"e1\.[0-9a-f]{8}\.[A-Za-z0-9+/]{102,}={0,2}"  # an envelope and a tag at the least; also for PostgreSQL
_ONCE = bytes(NONCE)  # a text's own key encrypts nothing else


Columns = Mapping[str, tuple[str, Sequence[str]]]
"""For each table the compartment, and the columns that are encrypted for it."""


class DataKeyError(Exception):
    """Why there is no key for what is encrypted, in plain words; never repeats what is in the file."""


class DataKeys:
    def __init__(self, file: Path) -> None:
        """Raises DataKeyError for a file that cannot be read or holds anything but keys."""
        masters = list(_read(file))
        if not masters:
            raise DataKeyError(f"{file} holds no key: openssl rand -base64 32 > {file}")
        self._masters = {hashlib.sha256(master).hexdigest()[:8]: master for master in masters}
        self.first = next(iter(self._masters))
        self._derived = cache(self._derive)

    @property
    def names(self) -> list[str]:
        """Of all that are here, the first one first; they tell nothing of the keys."""
        return list(self._masters)

    def encrypt(self, text: str, purpose: str, place: str) -> str:
        """`purpose` says whose key it is, `place` where the text stands: it opens nowhere else."""
        own = AESGCM.generate_key(8 * BYTES)
        content = AESGCM(own).encrypt(_ONCE, text.encode(), place.encode())
        return self._written(own, content, purpose, place)

    def decrypt(self, encrypted: str, purpose: str, place: str) -> str:
        """Raises DataKeyError where its key is not here, or it is not what was encrypted for this place."""
        own, content = self._opened(encrypted, purpose, place)
        try:
            return AESGCM(own).decrypt(_ONCE, content, place.encode()).decode()
        except InvalidTag:
            raise DataKeyError("A text is not what was encrypted.") from None

    def renewed(self, encrypted: str, purpose: str, place: str) -> str:
        """The same text in an envelope of the first key."""
        return self._written(*self._opened(encrypted, purpose, place), purpose, place)

    def digests(self, text: str, purpose: str) -> list[str]:
        """One by each key, that of the first one first: made by whichever, it is found."""
        return [hmac.digest(self._derived(key, purpose), text.encode(), "sha256").hex() for key in self._masters]

    def _written(self, own: bytes, content: bytes, purpose: str, place: str) -> str:
        nonce = secrets.token_bytes(NONCE)
        envelope = AESGCM(self._derived(self.first, purpose)).encrypt(nonce, own, place.encode())
        return f"{MARK}{self.first}.{base64.b64encode(nonce + envelope + content).decode()}"

    def _opened(self, encrypted: str, purpose: str, place: str) -> tuple[bytes, bytes]:
        if not is_encrypted(encrypted):
            raise DataKeyError("A text that should be encrypted is not.")
        _, key, written = encrypted.split(".")
        if key not in self._masters:
            raise DataKeyError(f"The key {key} is not in the file of data keys.")
        whole = base64.b64decode(written)
        nonce, envelope, content = whole[:NONCE], whole[NONCE:ENVELOPE], whole[ENVELOPE:]
        try:
            own = AESGCM(self._derived(key, purpose)).decrypt(nonce, envelope, place.encode())
        except InvalidTag:
            raise DataKeyError("A text is not what was encrypted for its place.") from None
        return own, content

    def _derive(self, key: str, purpose: str) -> bytes:
        return HKDF(SHA256(), BYTES, None, f"sozialraum {purpose}".encode()).derive(self._masters[key])


def is_encrypted(text: str) -> bool:
    """By its form: words can begin with the mark, too."""
    return re.fullmatch(FORM, text) is not None


def new_key() -> bytes:
    """A line of the file."""
    return base64.b64encode(secrets.token_bytes(BYTES)) + b"\n"


def made_once(file: Path, make: Callable[[], bytes] = new_key) -> Path:
    """The file with a key in it, new if there was none: complete before it gets its name, and nobody else's to read
    (mkstemp makes it 0600). Two processes at once end up with the same key: only one can link."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)
        with os.fdopen(descriptor, "wb") as made:
            made.write(make())
            made.flush()
            os.fsync(descriptor)
        try:
            os.link(name, file)
        except FileExistsError:
            pass  # another process was faster; its key it is
        finally:
            os.unlink(name)
    return file


def _read(file: Path) -> Iterator[bytes]:
    try:
        lines = file.read_text("ascii").split()
    except UnicodeDecodeError:
        lines = ["?"]
    except OSError as error:
        raise DataKeyError(f"The data keys {file} cannot be read: {error.strerror}.") from None
    for line in lines:
        try:
            key = base64.b64decode(line, validate=True)
        except binascii.Error:
            key = b""
        if len(key) != BYTES:
            raise DataKeyError(f"{file} holds a line that is no key; each is made with `openssl rand -base64 32`.")
        yield key
