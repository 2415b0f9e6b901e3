"""Account numbers as the audit log has them: masked, and as a keyed hash. Pure."""

from __future__ import annotations

from market.kit.encryption import keyed_digest

SHOWN = 4
"""Digits that stay readable at either end."""


def mask(number: str) -> str:
    """Return an account number of which only the ends can be read."""
    hidden = max(len(number) - 2 * SHOWN, 0)
    return f"{number[:SHOWN]}{'*' * hidden}{number[-SHOWN:]}" if hidden else "*" * len(number)


def fingerprint(number: str, secret: str) -> str:
    """Return the HMAC-SHA256 of an account number: `secret` lies outside the database.

    Equal numbers have equal fingerprints; whoever has the log alone cannot try numbers out.
    """
    return keyed_digest(secret.encode(), f"payee account:{number}")
