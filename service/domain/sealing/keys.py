"""Keys that audit blocks are signed with: Ed25519 (RFC 8032), as PEM blocks of one file.

The first private key signs. The signatures of every other one, private or public, are accepted still: when the key
changes, the new one goes on top and the old public one stays below. To verify, public keys are enough."""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from service.storage.data_keys import made_once as made_with_key

_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----", re.DOTALL)


class SealKeyError(Exception):
    """Why there is no key to seal or to verify with, in plain words; never repeats what is in the file."""


class Keys:
    def __init__(self, file: Path) -> None:
        """Raises SealKeyError for a file that cannot be read or holds no Ed25519 key."""
        self._file = file
        self._signing: Ed25519PrivateKey | None = None
        self._accepted: dict[str, Ed25519PublicKey] = {}
        for key in _read(file):
            if isinstance(key, Ed25519PrivateKey):
                self._signing = self._signing or key
                key = key.public_key()
            self._accepted[key_id(key)] = key
        if not self._accepted:
            raise SealKeyError(f"{file} holds no Ed25519 key: openssl genpkey -algorithm ed25519 -out {file}")

    @property
    def id(self) -> str:
        """Of the key that signs."""
        return key_id(self._private.public_key())

    def sign(self, text: bytes) -> bytes:
        """Raises SealKeyError where only public keys are known."""
        return self._private.sign(text)

    def knows(self, key: str) -> bool:
        return key in self._accepted

    def accepts(self, key: str, text: bytes, signature: bytes) -> bool:
        """Whether it is the signature of the key with this id, which is among ours."""
        if key not in self._accepted:
            return False
        try:
            self._accepted[key].verify(signature, text)
        except InvalidSignature:
            return False
        return True

    @property
    def _private(self) -> Ed25519PrivateKey:
        if self._signing is None:
            raise SealKeyError(f"{self._file} holds public keys only; to seal takes a private one.")
        return self._signing


def key_id(key: Ed25519PublicKey) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the 32 bytes of the public key."""
    return sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def made_once(file: Path) -> Path:
    """The file with a key in it, new if there was none."""
    return made_with_key(file, _new_key)


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _read(file: Path) -> Iterator[Ed25519PrivateKey | Ed25519PublicKey]:
    try:
        text = file.read_bytes()
    except OSError as error:
        raise SealKeyError(f"The key {file} cannot be read: {error.strerror}.") from None
    for block in _BLOCK.finditer(text):
        try:
            if block[1] == b"PUBLIC KEY":
                key: object = load_pem_public_key(block[0])
            else:
                key = load_pem_private_key(block[0], password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise SealKeyError(f"{file} holds a key that cannot be read; it takes PEM without a password.") from None
        if isinstance(key, Ed25519PrivateKey | Ed25519PublicKey):
            yield key
