"""What a solution says while it is sealed: encrypted under a key that lies outside the database.

Whoever holds the database, or a copy of it, reads neither a text nor the name or size of a file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from market.challenges.solution_content import SolutionContent
from market.kit.encryption import decrypt, encrypt
from market.kit.terms import from_content

TEXT, FILE = "solution", "solution file"
"""Purposes of the keys, each with the solution's id: nothing of one can be put in the place of another's."""


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file of a solution."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str
    """Of the plain content."""
    store_digest: str
    """Of the encrypted content."""


@dataclass(frozen=True)
class SealedVersion:
    """What a version of a solution holds."""

    content: SolutionContent
    files: tuple[FileFacts, ...]
    salt: str


def seal_draft(secret: str, solution_id: UUID, content: SolutionContent) -> bytes:
    return _seal(secret, solution_id, content.content)


def open_draft(secret: str, solution_id: UUID, sealed: bytes | None) -> SolutionContent:
    """Return what was typed so far.

    Raises:
        Undecipherable: the key is another one, or the bytes were changed.
    """
    if sealed is None:
        return SolutionContent()
    return from_content(SolutionContent, _open(secret, solution_id, sealed))


def seal_facts(secret: str, solution_id: UUID, facts: FileFacts) -> bytes:
    return _seal(secret, solution_id, vars(facts))


def open_facts(secret: str, solution_id: UUID, sealed: bytes) -> FileFacts:
    return FileFacts(**_open(secret, solution_id, sealed))


def seal_version(secret: str, solution_id: UUID, version: SealedVersion) -> bytes:
    files = [vars(file) for file in version.files]
    value = {"content": version.content.content, "files": files, "salt": version.salt}
    return _seal(secret, solution_id, value)


def open_version(secret: str, solution_id: UUID, sealed: bytes) -> SealedVersion:
    """Return what was submitted.

    Raises:
        Undecipherable: the key is another one, or the bytes were changed.
    """
    whole = _open(secret, solution_id, sealed)
    return SealedVersion(
        from_content(SolutionContent, whole["content"]),
        tuple(FileFacts(**facts) for facts in whole["files"]),
        whole["salt"],
    )


def seal_file(secret: str, solution_id: UUID, content: bytes) -> bytes:
    return encrypt(secret, f"{FILE} {solution_id}", content)


def open_file(secret: str, solution_id: UUID, sealed: bytes) -> bytes:
    return decrypt(secret, f"{FILE} {solution_id}", sealed)


def _seal(secret: str, solution_id: UUID, value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return encrypt(secret, f"{TEXT} {solution_id}", text.encode())


def _open(secret: str, solution_id: UUID, sealed: bytes) -> Any:
    return json.loads(decrypt(secret, f"{TEXT} {solution_id}", bytes(sealed)))
