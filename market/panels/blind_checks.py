"""Invariants of blind copies: they are what was logged, and no expert opened anything else or too early."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from market.files.store import FileStore, StoreUnavailable
from market.kit.findings import find_rows
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant, StoredCheck
from market.panels.blind_models import BlindCopy


async def copies_are_logged() -> list[str]:
    """Every copy is, with its source, what the log says of it, and so is its file."""
    return await find_rows(
        "SELECT r.number, i.place AS item, c.place FROM blind_copies c "
        "JOIN round_items i ON i.id = c.item_id JOIN rounds r ON r.id = i.round_id "
        "JOIN files s ON s.id = c.source_id "
        "LEFT JOIN files f ON f.id = c.file_id "
        "WHERE s.sha256 <> c.source_sha256 OR coalesce(f.sha256, '') <> c.sha256 OR NOT EXISTS ("
        "  SELECT 1 FROM audit_events e WHERE e.subject_kind = 'round' AND e.subject_id = r.id "
        "  AND e.action = 'blind_copy' AND e.data->>'copy' = c.id::text "
        "  AND e.data->>'sha256' = c.sha256 AND e.data->>'source' = c.source_sha256) "
        "ORDER BY r.number, i.place, c.place",
        lazy("评审 %(number)s 第 %(item)s 项的材料%(place)s与制作时的日志不同"),
    )


async def experts_open_checked_copies() -> list[str]:
    """No expert opened a copy before it was checked, nor, once there are copies, a paper of their item."""
    early = await find_rows(
        "SELECT DISTINCT r.number, i.place AS item, s.label FROM blind_copies c "
        "JOIN round_items i ON i.id = c.item_id JOIN rounds r ON r.id = i.round_id "
        "JOIN seats s ON s.item_id = i.id "
        "JOIN file_accesses a ON a.file_id = c.file_id AND a.user_id = s.user_id "
        "WHERE coalesce((SELECT k.is_shown FROM blind_checks k WHERE k.copy_id = c.id "
        "  AND k.checked_at <= a.opened_at ORDER BY k.id DESC LIMIT 1), false) IS FALSE "
        "ORDER BY r.number, i.place, s.label",
        lazy("评审 %(number)s 第 %(item)s 项的%(label)s打开了没有核对的副本"),
    )
    originals = await find_rows(
        "SELECT DISTINCT r.number, i.place AS item, s.label FROM blind_copies c "
        "JOIN round_items i ON i.id = c.item_id JOIN rounds r ON r.id = i.round_id "
        "JOIN seats s ON s.item_id = i.id JOIN file_accesses a ON a.file_id = c.source_id "
        "AND a.user_id = s.user_id AND a.opened_at >= c.made_at WHERE r.rules->>'blind' = 'double' "
        "ORDER BY r.number, i.place, s.label",
        lazy("盲审 %(number)s 第 %(item)s 项的%(label)s打开了原件"),
    )
    return early + originals


async def copies_are_stored(store: FileStore) -> list[str]:
    """The content of every copy lies in the store under its hash."""
    findings: list[str] = []
    copies = (
        await BlindCopy.filter(file_id__isnull=False)
        .select_related("item__round")
        .order_by("item__round__number", "item__place", "place")
    )
    for copy in copies:
        try:
            is_same = hashlib.sha256(await store.get(copy.sha256)).hexdigest() == copy.sha256
        except (FileNotFoundError, StoreUnavailable):
            is_same = False
        if not is_same:
            findings.append(
                _(
                    "评审 %(number)s 第 %(item)s 项的材料%(place)s在文件库里没有或者被改过",
                    number=copy.item.round.number,
                    item=copy.item.place,
                    place=copy.place,
                )
            )
    return findings


CHECKS: Mapping[str, Invariant[Check]] = {
    "panels: blind copies are what the log says": Invariant(
        lazy("评审：盲审副本与制作时的日志一致"), copies_are_logged
    ),
    "panels: experts of blind rounds open checked copies alone": Invariant(
        lazy("评审：盲审专家只打开核对过的副本"), experts_open_checked_copies
    ),
}
STORED_CHECKS: Mapping[str, Invariant[StoredCheck]] = {
    "panels: blind copies are stored": Invariant(lazy("评审：盲审副本在文件库里完好"), copies_are_stored),
}
