"""Stateless signed links: an HMAC proves that we made them."""

from __future__ import annotations

import hashlib
import hmac

SIGNATURE_LENGTH = 32


def sign(secret: str, purpose: str, text: str) -> str:
    """Return the signature of a text, valid for one purpose only."""
    return hmac.new(secret.encode(), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()[
        :SIGNATURE_LENGTH
    ]


def is_valid_signature(secret: str, purpose: str, text: str, signature: str) -> bool:
    """Return whether the signature is valid, in constant time."""
    expected = sign(secret, purpose, text)
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
