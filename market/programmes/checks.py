"""Invariants of programmes and the versions of their terms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import groupby, zip_longest

from market.audit.models import AuditEvent
from market.kit.findings import MAX_FINDINGS, find_rows
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant
from market.programmes.call_models import Call
from market.programmes.call_states import CallAction, CallStatus
from market.programmes.calls import content_hash
from market.programmes.catalogue import names_of, terms_of
from market.programmes.models import ProgrammeTerms
from market.programmes.states import TermsStatus


async def programmes_are_as_released() -> list[str]:
    """Each programme is named by its newest version, and each version is valid for its own period."""
    rows = await ProgrammeTerms.filter(status=TermsStatus.RELEASED).select_related("programme")
    rows.sort(key=lambda row: (row.programme.slug, row.valid_from))
    findings = []
    for slug, versions in groupby(rows, key=lambda row: row.programme.slug):
        released = list(versions)
        newest = names_of(terms_of(released[-1]))
        if any(getattr(released[-1].programme, name) != value for name, value in newest.items()):
            findings.append(_("政策 %(slug)s 的名称、发文单位、地区或对象与规则不同", slug=slug))
        for version, later in zip_longest(released, released[1:]):
            last = later.valid_from - timedelta(days=1) if later else None
            if (version.valid_from, version.valid_to) != (terms_of(version).valid_from, last):
                findings.append(
                    _("政策 %(slug)s 的 %(version)s 版有效期不对", slug=slug, version=version.version)
                )
    return findings[:MAX_FINDINGS]


async def calls_are_as_released() -> list[str]:
    """Each released call says what the log of its release has the hash of."""
    events = await AuditEvent.filter(subject_kind="call", action=CallAction.RELEASE)
    released = {event.subject_id: event.data.get("content_hash") for event in events}
    calls = await Call.filter(status=CallStatus.RELEASED).order_by("number")
    return [
        _("申报通知 %(number)s 与发布时不同", number=call.number)
        for call in calls
        if released.get(call.id) != content_hash(call)
    ][:MAX_FINDINGS]


async def closings_are_changed_by_two() -> list[str]:
    """Each closing that counts is after the opening and stands in the log, and each of the log counts."""
    return await find_rows(
        "SELECT c.number FROM call_closings k JOIN calls c ON c.id = k.call_id WHERE k.verdict = 'confirmed' "
        "AND (k.closes_at <= c.opens_at OR c.status <> 'released' OR NOT EXISTS ("
        "SELECT 1 FROM audit_events e WHERE e.subject_kind = 'call' AND e.subject_id = c.id "
        "AND e.action = 'change_closing' "
        "AND e.data->>'closing' = k.id::text AND (e.data->>'closes_at')::timestamptz = k.closes_at)) "
        "UNION ALL SELECT c.number FROM audit_events e JOIN calls c ON c.id = e.subject_id "
        "WHERE e.subject_kind = 'call' AND e.action = 'change_closing' AND NOT EXISTS ("
        "SELECT 1 FROM call_closings k WHERE k.call_id = c.id AND k.id::text = e.data->>'closing' "
        "AND k.verdict = 'confirmed' AND k.decided_at = e.happened_at)",
        lazy("申报通知 %(number)s 的截止时间不是两人改的"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "programmes: names and periods are those of released terms": Invariant(
        lazy("政策：名称和有效期与发布的规则一致"), programmes_are_as_released
    ),
    "programmes: calls are as released": Invariant(lazy("政策：申报通知与发布时一致"), calls_are_as_released),
    "programmes: closings are changed by two": Invariant(
        lazy("政策：申报通知的截止时间由两人改"), closings_are_changed_by_two
    ),
}
