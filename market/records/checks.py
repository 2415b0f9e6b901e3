"""Invariants of records with a status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from market.kit.findings import MAX_FINDINGS, find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant, rooms
from market.records.transitions import Stateful


async def statuses_follow_their_history() -> list[str]:
    """Each record stands where its last status event left it; a record without events was never moved."""
    findings: list[str] = []
    for model in _models():
        findings += await find_rows(
            f"SELECT r.id, $1::varchar AS kind, r.status, e.status AS last FROM {model._meta.db_table} r "  # noqa: S608
            "JOIN LATERAL (SELECT s.status FROM status_events s WHERE s.subject_kind = $1 "
            "AND s.subject_id = r.id ORDER BY s.id DESC LIMIT 1) AS e ON true WHERE e.status <> r.status",
            lazy("%(kind)s:%(id)s 的状态是 %(status)s，最后一次变动是 %(last)s"),
            model.record_kind,
        )
    return findings[:MAX_FINDINGS]


def _models() -> Iterator[type[Stateful]]:
    """Yield the models with a status, in the order of their tables' names."""
    models = {
        value._meta.db_table: value
        for room in rooms().upwards
        for module in room.models
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Stateful) and value.__module__ == module.__name__
    }
    yield from (models[table] for table in sorted(models))


CHECKS: Mapping[str, Invariant[Check]] = {
    "records: statuses follow their history": Invariant(
        lazy("记录：状态与最后一次变动一致"), statuses_follow_their_history
    ),
}
