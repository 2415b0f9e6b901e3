"""Layouts of payment files as the office edits them: drafted by one person, put in force by another."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.budgets.payment_files import Layout, read_layout, shipped_layouts
from market.budgets.payment_models import LayoutVersion
from market.budgets.states import BudgetAct, LayoutVerb
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import Verdict, decide


async def layouts_in_force() -> dict[str, Layout]:
    """Return each layout as the office last put it in force, else as shipped, by key."""
    layouts = dict(shipped_layouts())
    for version in await LayoutVersion.filter(verdict=Verdict.CONFIRMED).order_by("sequence"):
        layouts[version.key] = layout_of(version)
    return layouts


def layout_of(version: LayoutVersion) -> Layout:
    """Return the layout of one of the office's versions."""
    return read_layout(version.key, version.sequence, version.content)


async def list_versions(key: str) -> list[LayoutVersion]:
    """Return the office's versions of a layout, the newest first.

    Raises:
        NotFound: there is no such layout.
    """
    if key not in shipped_layouts():
        raise NotFound(_("没有这个版式。"))
    versions = LayoutVersion.filter(key=key).select_related("proposed_by", "decided_by")
    return await versions.order_by("-sequence")


@atomic()
async def draft_layout(key: str, content: Mapping[str, object], *, by: By) -> LayoutVersion:
    """Draft a new version of a layout, as the officer; it is in force once the rechecker confirms it.

    Raises:
        Invalid: at the field that is wrong.
        Conflict: a version waits already.
    """
    by.actor.require(BudgetAct.DRAFT_LAYOUT)
    await _lock(key)
    versions = await list_versions(key)
    if versions and versions[0].verdict is None:
        raise Conflict(_("这个版式有一份修改正待确认。"))
    sequence = versions[0].sequence + 1 if versions else 1
    layout = read_layout(key, sequence, content)
    version = await LayoutVersion.create(
        id=uuid4(),
        key=key,
        sequence=sequence,
        content=layout.content(),
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record("payment_layout", version.id, LayoutVerb.DRAFT, by=by, key=key, version=sequence)
    await notify_staff(
        StaffRole.RECHECKER,
        _("付款文件版式“%(name)s”的修改待确认。", name=layout.name),
        now=by.now,
        address=f"/desk/layouts/{key}",
    )
    return version


@atomic()
async def decide_layout(key: str, verdict: Verdict, *, reason: str = "", by: By) -> LayoutVersion:
    """Decide on the version that waits, as the rechecker; confirmed, it is in force for what follows.

    Raises:
        SamePerson: the actor drafted it.
        Invalid: a rejection without a reason.
        NotFound: nothing waits.
    """
    by.actor.require(BudgetAct.CONFIRM_LAYOUT)
    await _lock(key)
    version = await LayoutVersion.filter(key=key, verdict=None).select_for_update().first()
    if version is None:
        raise NotFound(_("没有待确认的版式修改。"))
    await decide(version, verdict, by=by, reason=reason, refusal=_("版式的修改与确认须由两人分别完成。"))
    verb = LayoutVerb.CONFIRM if verdict is Verdict.CONFIRMED else LayoutVerb.REJECT
    await record("payment_layout", version.id, verb, by=by, key=key, version=version.sequence)
    return version


async def _lock(key: str) -> None:
    await connection().execute_query(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", [f"payment_layout:{key}"]
    )
