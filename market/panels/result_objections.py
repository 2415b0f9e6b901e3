"""Objections to the results of a round: by the applicant, within working days, decided by an outsider.

A result that was objected to with success is set aside: its record waits for another round.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.formats import moment
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.panels.round_models import ResultObjection, Round, RoundItem
from market.panels.round_results import involved_in
from market.panels.round_states import RoundStatus, RoundVerb
from market.panels.rounds import lock_round, require_impartial_in, standing_items
from market.panels.states import PanelAct
from market.panels.subjects import PanelSubject
from market.records.by import By
from market.records.decisions import Verdict, decide

SHORTEST = 10
"""Characters of grounds."""


@atomic()
async def object_to_result(item_id: UUID, *, grounds: str, by: By) -> ResultObjection:
    """Object to the result of one record of a round, for its applicant, within the period after it is told.

    Raises:
        NotFound: there is no such result, or it is another's.
        Conflict: the period is over, or an objection to it waits.
        Invalid: at `grounds`, which say too little.
    """
    by.actor.require(PanelAct.OBJECT_TO_RESULT)
    item = await RoundItem.get_or_none(id=item_id).select_related("round")
    if item is None:
        raise NotFound(_("没有这项评审结果。"))
    round_ = await lock_round(item.round.number)
    subject = await _subject(round_, item)
    if round_.status is not RoundStatus.PUBLISHED or not by.actor.acts_for(subject.applicant):
        raise NotFound(_("没有这项评审结果。"))
    if not may_object(round_, by.now):
        ended_at = moment(round_.object_until) if round_.object_until else ""
        raise Conflict(_("提出异议的期限已于 %(at)s 届满。", at=ended_at))
    if await ResultObjection.exists(item_id=item.id, verdict=None):
        raise Conflict(_("已有一份异议在办理，不用重复提出。"))
    if len(grounds.strip()) < SHORTEST:
        raise Invalid(_("请写明事实和理由（至少 10 个字）。"), field="grounds")
    objection = await ResultObjection.create(
        id=uuid4(),
        item_id=item.id,
        grounds=grounds.strip(),
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(
        Round.record_kind, round_.id, RoundVerb.OBJECT, by=by, objection=objection.id, place=item.place
    )
    await notify_staff(
        StaffRole.APPROVER,
        _("评审 %(number)s 第 %(place)s 项的结果收到异议，请裁定。", number=round_.number, place=item.place),
        now=by.now,
        address=f"/admin/rounds/{round_.number}",
    )
    return objection


def may_object(round_: Round, now: datetime) -> bool:
    """Return whether the results of a round may still be objected to: until the last day's 24:00."""
    return round_.object_until is not None and now < round_.object_until


@atomic()
async def decide_objection(objection_id: UUID, verdict: Verdict, *, reason: str, by: By) -> ResultObjection:
    """Decide on an objection as the approver, with a reason that the applicant reads.

    Confirmed, the result is set aside and its record may be put into another round.

    Raises:
        NotFound: there is no such objection.
        SamePerson: the person filed it, sat on the panel, drew, extended or concluded the round.
        Conflicted: the person has a conflict with a party.
        AlreadyDecided: somebody decided before.
        Invalid: there is no reason.
    """
    by.actor.require(PanelAct.DECIDE_RESULT_OBJECTION)
    snapshot = await ResultObjection.get_or_none(id=objection_id).select_related("item__round")
    if snapshot is None:
        raise NotFound(_("没有这份异议。"))
    round_ = await lock_round(snapshot.item.round.number)
    subject = await _subject(round_, snapshot.item)
    await require_impartial_in([subject], by)
    if not reason.strip():
        raise Invalid(_("请写明裁定的理由。"), field="reason")
    objection = await ResultObjection.filter(id=objection_id).select_for_update().get()
    await decide(
        objection,
        verdict,
        by=by,
        reason=reason.strip()[:500],
        refusal=_("参加评审、抽取专家或者作出评审结论的人不能裁定异议。"),
        involved={*await involved_in(round_), round_.concluded_by_id},
    )
    verb = RoundVerb.UPHOLD_OBJECTION if objection.is_confirmed else RoundVerb.DISMISS_OBJECTION
    await record(Round.record_kind, round_.id, verb, by=by, objection=objection.id, place=snapshot.item.place)
    await _tell(objection, round_, snapshot.item, subject, by=by)
    return objection


async def _tell(
    objection: ResultObjection, round_: Round, item: RoundItem, subject: PanelSubject, *, by: By
) -> None:
    """Tell the applicant, and whoever has to act on a result that was set aside."""
    text = (
        _(
            "%(number)s 评审结果的异议成立，将重新评审：%(reason)s",
            number=subject.number,
            reason=objection.reason,
        )
        if objection.is_confirmed
        else _("%(number)s 评审结果的异议不成立：%(reason)s", number=subject.number, reason=objection.reason)
    )
    await notify(text, now=by.now, address=subject.result_address, organisation_id=subject.applicant)
    if not objection.is_confirmed:
        return
    await notify_staff(
        StaffRole.OPERATOR,
        _(
            "评审 %(number)s 第 %(place)s 项的异议成立，请把它列入新的评审轮次。",
            number=round_.number,
            place=item.place,
        ),
        now=by.now,
        address=f"/admin/rounds/{round_.number}",
    )
    client = rooms().panel_clients[round_.subject_kind]
    await client.on_set_aside(round_, [subject], by.now)


async def _subject(round_: Round, item: RoundItem) -> PanelSubject:
    load = rooms().panel_clients[round_.subject_kind].load
    return (await load([item.subject_id], with_material=False))[item.subject_id]


async def objections_to(round_: Round) -> list[ResultObjection]:
    """Return the objections to the results of a round, in the order of their filing."""
    rows = ResultObjection.filter(item__round_id=round_.id)
    return await rows.order_by("proposed_at", "id").select_related("item")


async def disputed(subject_kind: str, subject_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return why records may not be decided on by their results: an objection waits, or set one aside."""
    ids = list(subject_ids)
    rows = await ResultObjection.filter(
        item__subject_id__in=ids, item__round__subject_kind=subject_kind
    ).select_related("item")
    words = {row.item.subject_id: _("评审结果的异议成立，须重新评审。") for row in rows if row.is_confirmed}
    if words:
        judged_anew = await standing_items(subject_kind).filter(subject_id__in=list(words))
        for item in judged_anew:
            words.pop(item.subject_id)
    open_words = _("对评审结果的异议还没有裁定。")
    return words | {row.item.subject_id: open_words for row in rows if row.verdict is None}
