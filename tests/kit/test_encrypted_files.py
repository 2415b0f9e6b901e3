"""Files encrypted piece by piece: whatever is changed, exchanged or cut off is refused."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from market.kit.encrypted_files import (
    MAGIC,
    PIECE,
    PREFIX,
    TAG,
    NotDecrypted,
    decrypt_file,
    encrypt_file,
    is_encrypted,
)
from market.kit.encryption import Undecipherable, decrypt, encrypt, keyed_hash
from market.kit.private_files import open_private

KEY, OTHER = "a key for the backups of this market", "another key, of somebody else entirely"
HEAD = len(MAGIC) + PREFIX


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_what_is_encrypted_comes_back(tmp_path: Path, size: int) -> None:
    path, plain = tmp_path / "file", tmp_path / "plain"
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    path.write_bytes(content)
    assert not is_encrypted(path)

    encrypt_file(path, KEY)

    assert is_encrypted(path)
    # A few bytes may stand in a ciphertext by chance.
    assert len(content) < 64 or content[:64] not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    decrypt_file(path, plain, KEY)
    assert plain.read_bytes() == content
    assert stat.S_IMODE(plain.stat().st_mode) == 0o600


def test_another_key_a_changed_byte_and_pieces_exchanged_or_cut_off_are_refused(tmp_path: Path) -> None:
    path, changed, plain = tmp_path / "file", tmp_path / "changed", tmp_path / "plain"
    path.write_bytes(b"a" * PIECE + b"b" * PIECE + b"c")
    encrypt_file(path, KEY)
    sealed, size = path.read_bytes(), PIECE + TAG
    first, second = sealed[HEAD : HEAD + size], sealed[HEAD + size : HEAD + 2 * size]
    flipped = bytearray(sealed)
    flipped[HEAD + 5] ^= 1

    with pytest.raises(NotDecrypted):
        decrypt_file(path, plain, OTHER)
    for content in (
        bytes(flipped),
        sealed[: HEAD + 2 * size],
        sealed[:HEAD] + second + first + sealed[HEAD + 2 * size :],
        sealed[:HEAD] + first + first + sealed[HEAD + 2 * size :],
        sealed[:HEAD],
        b"no such file",
    ):
        changed.write_bytes(content)
        with pytest.raises(NotDecrypted):
            decrypt_file(changed, plain, KEY)


def test_a_value_is_bound_to_its_key_and_its_purpose() -> None:
    sealed = encrypt(KEY, "authenticator", b"secret")

    assert decrypt(KEY, "authenticator", sealed) == b"secret"
    assert encrypt(KEY, "authenticator", b"secret") != sealed
    for key, purpose, content in (
        (OTHER, "authenticator", sealed),
        (KEY, "held request", sealed),
        (KEY, "authenticator", sealed[:-1]),
        (KEY, "authenticator", b""),
    ):
        with pytest.raises(Undecipherable):
            decrypt(key, purpose, content)
    assert keyed_hash(KEY, "a", "x") != keyed_hash(KEY, "b", "x") != keyed_hash(OTHER, "b", "x")


def test_a_private_file_is_nobody_elses_even_if_it_was(tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_text("old and longer")
    path.chmod(0o644)

    with open_private(path) as file:
        file.write("new")

    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)
