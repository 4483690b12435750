"""What the guide has one type to change a key, typed twice: what any key before has signed or encrypted is accepted
still, and whoever could read the file can read it afterwards."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from service.domain.sealing.keys import Keys, made_once
from service.storage.data_keys import DataKeys

GUIDE = (Path(__file__).parent.parent / "docs" / "guide-administrator.md").read_text("utf-8")
SERVICE = 10001  # as which a container runs; the administrator is somebody else
PLACE = ("protection", "assessment/1/grounds")


def block_with(words: str) -> str:
    """Without what is called afterwards."""
    blocks: list[str] = re.findall(r"^```(?:sh|bash)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    found = next(block for block in blocks if words in block)
    return "\n".join(line for line in found.splitlines() if not line.startswith("sozialraum "))


def typed(commands: str, folder: Path) -> None:
    done = subprocess.run(["/bin/sh", "-ec", commands], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def owner() -> int:
    return SERVICE if os.geteuid() == 0 else os.geteuid()


def given_to(owner: int, file: Path) -> Path:
    if os.geteuid() == 0:
        os.chown(file, owner, -1)
    return file


def is_still_for(owner: int, file: Path) -> bool:
    stands = file.stat()
    return (stands.st_uid, stands.st_mode & 0o777) == (owner, 0o600)


def test_blocks_of_every_key_before_are_whole(tmp_path: Path, owner: int) -> None:
    file = given_to(owner, made_once(tmp_path / "seal-key.pem"))
    signed = {}
    for _ in range(3):
        keys = Keys(file)
        signed[keys.id] = keys.sign(b"a head")
        typed(block_with("seal-key.pem.new"), tmp_path)
        assert is_still_for(owner, file)
    now = Keys(file)
    assert len(signed) == 3
    assert now.id not in signed
    assert all(now.accepts(key, b"a head", signature) for key, signature in signed.items())
    assert file.read_text().count("PRIVATE KEY") == 2, "of one key; of those before, the public half is enough"
    assert [each.name for each in tmp_path.iterdir()] == ["seal-key.pem"], "no private key is left lying about"


@pytest.mark.parametrize("several", [False, True])
def test_texts_of_every_key_before_open(tmp_path: Path, owner: int, several: bool) -> None:
    file = tmp_path / "data-keys.txt"
    typed("umask 077; openssl rand -base64 32 > data-keys.txt", tmp_path)
    given_to(owner, file)
    texts = {}
    for _ in range(3):
        keys = DataKeys(file)
        texts[keys.first] = keys.encrypt("what was seen", *PLACE)
        if several:
            below = re.search(r"`(openssl rand -base64 32\s+>>\s+data-keys.txt)`", GUIDE)
            assert below is not None
            typed(" ".join(below[1].split()), tmp_path)
            assert DataKeys(file).first == keys.first, "first below"
        typed(block_with("tail -n 1" if several else "  openssl rand"), tmp_path)
        assert is_still_for(owner, file)
    now = DataKeys(file)
    assert len(texts) == 3
    assert len(now.names) == 4
    assert now.first not in texts
    assert all(now.decrypt(text, *PLACE) == "what was seen" for text in texts.values())
