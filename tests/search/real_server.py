"""The Meilisearch that tests may use: `TEST_MEILI_URL`, never the site's own `MEILI_URL`."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest


@dataclass(frozen=True)
class RealServer:
    url: str
    key: str | None
    prefix: str = field(default_factory=lambda: f"test_{secrets.token_hex(6)}")
    """Before the name of every index that this test makes, and removes at its end."""


def real_server() -> RealServer:
    """Return the server for tests under a fresh prefix; skip the test when there is none."""
    url = os.environ.get("TEST_MEILI_URL")
    if not url:
        pytest.skip("TEST_MEILI_URL is not set, so no real Meilisearch was tried")
    return RealServer(url, os.environ.get("TEST_MEILI_KEY"))


def hosts() -> list[str]:
    """Return what tests of Meilisearch may connect to: stand-ins on this machine and the server for tests."""
    host = urlsplit(os.environ.get("TEST_MEILI_URL") or "").hostname
    return ["127.0.0.1", *([host] if host else [])]
