"""The indexes of one tenant of a Meilisearch: their names, their settings, and who changed those.

Several markets and test runs may share one server: each prefixes the names of its indexes and touches no
others.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from market.kit.database import atomic, connection
from market.kit.errors import SearchUnavailable
from market.kit.models import SystemState
from market.search.engine import Rejected, Tenancy
from market.search.indexes import INDEXES, WITH_VECTORS, settings_of
from market.search.meili_client import Json, MeiliAdmin
from market.search.meili_requests import field_names, fingerprint_of

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


logger = logging.getLogger(__name__)
SCRATCH = "_next"
"""Suffix of the name of an index that is being rebuilt."""


class MeiliIndexes:
    """Creates, configures, swaps and removes the indexes of a tenant, and no others."""

    def __init__(self, admin: MeiliAdmin, tenant: Tenant, embedders: Mapping[str, int]) -> None:
        self._admin, self._tenant = admin, tenant
        self._embedders = embedders
        """Dimensions of each model's vectors; the server must know them beforehand."""
        self._drifted: set[str] = set()
        """Indexes with settings drift that has made the server reject something."""

    async def uid(self, index: str) -> str:
        """Return the name of an index on the server."""
        return f"{await self._tenant.prefix()}_{index}"

    async def apply_settings(self) -> list[str]:
        """Create and configure indexes; return those that must be rebuilt."""
        await self._tenant.establish()
        uids = await self._admin.index_uids()
        return [index for index in INDEXES if not await self._apply_to(index, uids)]

    async def _apply_to(self, index: str, uids: Collection[str]) -> bool:
        """Apply the settings of an index; return False if it must be rebuilt."""
        uid, target = await self.uid(index), self._target_settings(index)
        if uid not in uids:
            await self._admin.create_index(uid)
            await self._write_settings(index, target)
            return False
        settings = await self._admin.settings(uid)
        if changed := await self._changed(index, settings):
            logger.warning("settings of index %s were changed by somebody else: %s", uid, ", ".join(changed))
            return True
        if field_names(settings) != field_names(target):
            # Documents lack the new fields; a rebuild applies the settings with new documents.
            return False
        applied = await self._tenant.applied(index)
        if applied and applied.stored and applied.fingerprint == fingerprint_of(target):
            return True
        try:
            await self._write_settings(index, target)
        except Rejected:
            # An embedder cannot be added while documents lack its vectors.
            return False
        return True

    async def _write_settings(self, index: str, target: Json) -> None:
        """Write and remember settings; the next release repeats a write that was interrupted."""
        uid, fingerprint = await self.uid(index), fingerprint_of(target)
        await self._tenant.remember(index, AppliedSettings(fingerprint, None))
        await self._admin.update_settings(uid, target)
        stored = await self._admin.settings(uid)
        await self._tenant.remember(index, AppliedSettings(fingerprint, stored))

    async def tenancy(self) -> Tenancy:
        """Return the prefix and the settings drift of each index."""
        uids = await self._admin.index_uids()
        drift = {}
        for index in INDEXES:
            uid = await self.uid(index)
            if uid in uids and (changed := await self._changed(index, await self._admin.settings(uid))):
                drift[index] = changed
        return Tenancy(await self._tenant.prefix(), drift)

    async def _changed(self, index: str, settings: Json) -> list[str]:
        """Return the names of settings that differ from what this market wrote.

        An index without filterable fields did not drift: it was lost and recreated by a write with defaults.
        """
        applied = await self._tenant.applied(index)
        if applied is None or applied.stored is None or not settings["filterableAttributes"]:
            return []
        stored = applied.stored
        return sorted(name for name in stored if name in settings and settings[name] != stored[name])

    @asynccontextmanager
    async def guard_against_drift(self, index: str) -> AsyncIterator[None]:
        """Turn a rejection that is due to settings drift into SearchUnavailable.

        So documents stay in the outbox until the rebuild instead of being quarantined.
        """
        try:
            yield
        except Rejected as rejection:
            await self._require_own_settings(index, rejection)
            raise

    async def require_writable(self, index: str) -> None:
        """Raise SearchUnavailable while the drift persists, instead of sending another failing task."""
        if index in self._drifted:
            await self._require_own_settings(index)

    async def _require_own_settings(self, index: str, rejection: Rejected | None = None) -> None:
        uid = await self.uid(index)
        if changed := await self._changed(index, await self._admin.settings(uid)):
            self._drifted.add(index)
            words = f"settings of index {uid} were changed by somebody else: {', '.join(changed)}"
            raise SearchUnavailable(words) from rejection
        self._drifted.discard(index)

    async def create_scratch(self, index: str) -> str:
        """Create an empty index for a rebuild, with our settings, and return its name."""
        uid = await self.uid(index)
        scratch, uids = uid + SCRATCH, await self._admin.index_uids()
        if uid not in uids:
            await self._admin.create_index(uid)
        if scratch in uids:
            await self._admin.delete_index(scratch)
        await self._admin.create_index(scratch)
        await self._admin.update_settings(scratch, self._target_settings(index))
        return scratch

    async def swap_in(self, index: str, scratch: str) -> None:
        """Swap a rebuilt index in and delete the old one."""
        stored, fingerprint = (
            await self._admin.settings(scratch),
            fingerprint_of(self._target_settings(index)),
        )
        await self._tenant.remember(index, AppliedSettings(fingerprint, None))
        await self._admin.swap_indexes(await self.uid(index), scratch)
        await self._tenant.remember(index, AppliedSettings(fingerprint, stored))
        self._drifted.discard(index)
        await self._admin.delete_index(scratch)

    async def drop(self) -> None:
        """Remove every index of this tenant."""
        uids = await self._admin.index_uids()
        for index in INDEXES:
            for uid in (await self.uid(index), await self.uid(index) + SCRATCH):
                if uid in uids:
                    await self._admin.delete_index(uid)

    def _target_settings(self, index: str) -> Json:
        """Return the settings an index is to have: those of `search_config` and our models."""
        settings = dict(settings_of(index))
        if index in WITH_VECTORS and self._embedders:
            settings["embedders"] = {
                model: {"source": "userProvided", "dimensions": size}
                for model, size in self._embedders.items()
            }
        return settings
