"""Ed25519 signatures under a key that lies outside the database.

The key is `SIGNING_KEY`, or derived from `SECRET_KEY`; who checks needs the public half alone.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from market.kit.encryption import derive_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PURPOSE = "signing key"


@dataclass(frozen=True)
class Signer:
    """Signs under one key."""

    secret: str
    """`SIGNING_KEY` or `SECRET_KEY`."""

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        # Loading it costs a tenth of a second, and few processes sign.
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(derive_key(self.secret, PURPOSE))

    @cached_property
    def public_key(self) -> str:
        """The public half, 64 hexadecimal digits."""
        return self._key.public_key().public_bytes_raw().hex()

    def sign(self, content: bytes) -> str:
        """Return the signature, base64."""
        return base64.b64encode(self._key.sign(content)).decode()


def is_signed(content: bytes, signature: str, public_key: str) -> bool:
    """Return whether the signature was made over these bytes by the key's owner."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(base64.b64decode(signature, validate=True), content)
    except (InvalidSignature, ValueError):
        return False
    return True
