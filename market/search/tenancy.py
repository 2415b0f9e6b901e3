"""Tenancy on a shared Meilisearch: the prefix of a market's index names, and the settings it applied.

Several markets and test runs may share one server: each prefixes the names of its indexes and touches no
others.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from market.kit.database import atomic, connection
from market.kit.errors import SearchUnavailable
from market.kit.models import SystemState

_MARKET, _SETTINGS = "search:market", "search:settings:"


@dataclass(frozen=True)
class AppliedSettings:
    """The settings that a market applied to an index."""

    fingerprint: str
    """Hash of the settings sent; it differs when a release changes them."""
    stored: Mapping[str, Any] | None
    """All settings as the server returned them right after; None while they are being written."""


class Tenant(Protocol):
    """One market, test run or measurement on a shared server."""

    async def establish(self) -> None:
        """Create the market's id unless it exists. Idempotent."""

    async def prefix(self) -> str:
        """Return the prefix of all index names.

        Raises:
            SearchUnavailable: none has been established yet.
        """

    async def applied(self, index: str) -> AppliedSettings | None:
        """Return the settings that this market applied last, if any."""

    async def remember(self, index: str, settings: AppliedSettings) -> None:
        """Store the settings applied to an index."""


@dataclass
class ScratchTenant:
    """A tenant of one process, such as a measurement or a test."""

    name: str
    settings: dict[str, AppliedSettings] = field(default_factory=dict)

    async def establish(self) -> None:
        """Do nothing: the name is fixed."""

    async def prefix(self) -> str:
        return self.name

    async def applied(self, index: str) -> AppliedSettings | None:
        return self.settings.get(index)

    async def remember(self, index: str, settings: AppliedSettings) -> None:
        self.settings[index] = settings


class MarketTenant:
    """A market, whose sites and workers on all hosts agree through its database.

    Without a name (`MEILI_PREFIX`) the prefix contains a random id, created once and stored in the database.
    """

    def __init__(self, name: str | None = None) -> None:
        self._prefix = name

    async def establish(self) -> None:
        await connection().execute_query(
            "INSERT INTO system_state (key, value) VALUES ($1, jsonb_build_object('id', $2::text)) "
            "ON CONFLICT (key) DO NOTHING",
            [_MARKET, secrets.token_hex(6)],
        )

    async def prefix(self) -> str:
        if self._prefix is None:
            row = await SystemState.get_or_none(key=_MARKET)
            if row is None:
                raise SearchUnavailable(
                    "this market has no indexes yet; `python -m market release` makes them"
                )
            self._prefix = f"market_{row.value['id']}"
        return self._prefix

    async def applied(self, index: str) -> AppliedSettings | None:
        row = await SystemState.get_or_none(key=_SETTINGS + index)
        if row is None:
            return None
        value: dict[str, Any] = row.value
        return AppliedSettings(value["fingerprint"], value["stored"])

    async def remember(self, index: str, settings: AppliedSettings) -> None:
        value = {"fingerprint": settings.fingerprint, "stored": settings.stored}
        await SystemState.update_or_create(key=_SETTINGS + index, defaults={"value": value})


@atomic()
async def reset_tenancy() -> None:
    """Delete id and settings, so that a restored copy of a market gets indexes of its own."""
    await SystemState.filter(key=_MARKET).delete()
    await SystemState.filter(key__startswith=_SETTINGS).delete()
