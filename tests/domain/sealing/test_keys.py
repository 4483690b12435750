from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from service.domain.sealing.keys import Keys, SealKeyError, made_once

TEXT = b"a head"


def public_part(file: Path) -> bytes:
    key = load_pem_private_key(file.read_bytes(), None).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_key_is_made_once_and_is_nobody_else_s_to_read(tmp_path: Path) -> None:
    file = made_once(tmp_path / "home" / "key.pem")
    made = file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert made_once(file).read_bytes() == made
    assert [each.name for each in file.parent.iterdir()] == ["key.pem"]


def test_a_public_key_is_enough_to_verify_and_not_to_sign(tmp_path: Path) -> None:
    file, public = made_once(tmp_path / "key.pem"), tmp_path / "public.pem"
    public.write_bytes(public_part(file))
    signing, verifying = Keys(file), Keys(public)
    signature = signing.sign(TEXT)
    assert verifying.accepts(signing.id, TEXT, signature)
    assert not verifying.accepts(signing.id, TEXT + b".", signature)
    with pytest.raises(SealKeyError, match="public keys only"):
        verifying.sign(TEXT)


def test_a_new_key_goes_on_top_and_the_old_one_is_still_accepted(tmp_path: Path) -> None:
    old, new, both = made_once(tmp_path / "old.pem"), made_once(tmp_path / "new.pem"), tmp_path / "both.pem"
    both.write_bytes(new.read_bytes() + public_part(old))
    keys, before = Keys(both), Keys(old)
    assert keys.id == Keys(new).id != before.id
    assert keys.accepts(before.id, TEXT, before.sign(TEXT))
    assert not Keys(new).accepts(before.id, TEXT, before.sign(TEXT))


def test_what_is_no_key_is_refused_without_being_repeated(tmp_path: Path) -> None:
    secret = "bm90IGEga2V5"
    other = ec.generate_private_key(ec.SECP256R1())
    contents = {
        "nothing": "",
        "torn": f"-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----",
        "of another kind": other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
        with pytest.raises(SealKeyError) as refused:
            Keys(tmp_path / name)
        assert secret not in str(refused.value)
    with pytest.raises(SealKeyError, match="cannot be read"):
        Keys(tmp_path / "missing")
