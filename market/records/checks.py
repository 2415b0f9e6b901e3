"""Invariants of records with a status, and of those that two persons decide on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from market.kit.findings import MAX_FINDINGS, find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant, rooms
from market.kit.tables import Model
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful


async def statuses_follow_their_history() -> list[str]:
    """Each record stands where its last status event left it; a record without events was never moved."""
    findings: list[str] = []
    for model in _models_of(Stateful):
        findings += await find_rows(
            f"SELECT r.id, $1::varchar AS kind, r.status, e.status AS last FROM {model._meta.db_table} r "  # noqa: S608
            "JOIN LATERAL (SELECT s.status FROM status_events s WHERE s.subject_kind = $1 "
            "AND s.subject_id = r.id ORDER BY s.id DESC LIMIT 1) AS e ON true WHERE e.status <> r.status",
            lazy("%(kind)s:%(id)s 的状态是 %(status)s，最后一次变动是 %(last)s"),
            model.record_kind,
        )
    return findings[:MAX_FINDINGS]


async def decisions_stand_in_the_log() -> list[str]:
    """Who proposed and who decided, and when: each of both has an event of that person at that very moment.

    The pseudonym of an erased person names nobody any more: then the moment alone counts.
    """
    findings: list[str] = []
    for model in _models_of(SecondPerson):
        findings += await find_rows(
            f"SELECT r.id, $1::varchar AS record FROM {model._meta.db_table} r "  # noqa: S608
            "CROSS JOIN LATERAL (VALUES (r.proposed_by_id, r.proposed_at), (r.decided_by_id, r.decided_at)) "
            "AS act (person, at) WHERE r.decided_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM audit_events e "
            "JOIN pseudonyms p ON p.id = e.actor WHERE e.happened_at = act.at "
            "AND (p.user_id IS NULL OR p.user_id = act.person))",
            lazy("%(record)s %(id)s：提出或决定的人、时间与日志不同"),
            model._meta.db_table,
        )
    return findings[:MAX_FINDINGS]


M = TypeVar("M", bound=Model)


def _models_of(base: type[M]) -> Iterator[type[M]]:
    """Yield the models with the columns of `base`, in the order of their tables' names."""
    models = {
        value._meta.db_table: value
        for room in rooms().upwards
        for module in room.models
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__
    }
    yield from (models[table] for table in sorted(models) if not models[table]._meta.abstract)


CHECKS: Mapping[str, Invariant[Check]] = {
    "records: statuses follow their history": Invariant(
        lazy("记录：状态与最后一次变动一致"), statuses_follow_their_history
    ),
    "records: decisions stand in the log": Invariant(
        lazy("记录：由两人办理的，谁在何时提出、何时决定与日志一致"), decisions_stand_in_the_log
    ),
}
