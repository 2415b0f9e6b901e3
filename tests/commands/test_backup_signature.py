"""Backups: private, signed, encrypted by setting; a foreign archive is restored only when it is trusted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from market.commands.backup import fault_of_signature, file_digest, restore, signature_of
from market.deps import Deps
from market.kit.signing import Signer


def sign(archive: Path, signer: Signer) -> None:
    signature = signer.sign(file_digest(archive))
    signature_of(archive).write_text(json.dumps({"key": signer.public_key, "signature": signature}))


def test_what_is_wrong_with_the_signature_of_an_archive_is_said(tmp_path: Path, deps: Deps) -> None:
    settings, archive = deps.settings, tmp_path / "market.tar"
    archive.write_bytes(b"an archive")

    assert fault_of_signature(archive, settings) == "it is not signed"
    sign(archive, Signer("the key of another site, long enough"))
    assert fault_of_signature(archive, settings) == "it is signed with another key than this site's"
    sign(archive, settings.signer)
    assert fault_of_signature(archive, settings) == ""
    archive.write_bytes(b"an archive that was changed")
    assert fault_of_signature(archive, settings) == "it was changed after it was signed"
    signature_of(archive).write_text("[]")
    assert fault_of_signature(archive, settings) == "it is not signed"


async def test_outside_the_demo_a_foreign_archive_is_refused_before_anything_runs(
    tmp_path: Path, deps: Deps
) -> None:
    archive = tmp_path / "foreign.tar"
    archive.write_bytes(b"whatever")

    with pytest.raises(SystemExit, match="--trust"):
        await restore(replace(deps.settings, is_demo=False), archive)
