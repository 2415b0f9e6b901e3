"""Review rounds before their draw: prepared over records of a kind, their rules changed, or discarded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from market.audit.log import record
from market.codes.numbers import next_number
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid
from market.kit.i18n import gettext as _
from market.kit.jobs import enqueue
from market.kit.room import rooms
from market.panels.round_models import Round, RoundItem
from market.panels.round_rules import BadRules, RoundRules, read_rules, write_rules
from market.panels.round_states import RoundAction, RoundStatus, RoundVerb
from market.panels.rounds import COPY_PAPERS, lock_round, require_impartial_in, standing_items
from market.panels.states import PanelAct
from market.records.by import By
from market.records.transitions import begin, transition


@atomic()
async def prepare_round(
    *,
    subject_kind: str,
    subject_ids: Sequence[UUID],
    title: str,
    scope: Mapping[str, Any],
    rules: RoundRules,
    salt: str,
    by: By,
) -> Round:
    """Make a round over records of a kind, to be drawn; the caller has checked that they are open.

    Raises:
        Invalid: no record, no salt, or rules that contradict themselves.
        Conflict: a record is judged by another round already.
    """
    by.actor.require(PanelAct.RUN_ROUNDS)
    checked = _checked_rules(rules)
    ids = list(dict.fromkeys(subject_ids))
    if not ids:
        raise Invalid(_("请选择要评审的事项。"), field="items")
    if len(salt.strip()) < 4:
        raise Invalid(_("请填写至少 4 个字符的随机口令，抽取前人人不能预知结果。"), field="salt")
    if await standing_items(subject_kind).filter(subject_id__in=ids).exists():
        raise Conflict(_("所选事项中有的已经列入一轮评审。"))
    subjects = await rooms().panel_clients[subject_kind].load(ids, with_material=False)
    await require_impartial_in(subjects.values(), by)
    round_ = await Round.create(
        id=uuid4(),
        number=await next_number(Round.record_kind, by.now),
        subject_kind=subject_kind,
        title=title,
        scope=dict(scope),
        rules=write_rules(checked),
        salt=salt.strip(),
        prepared_by_id=by.actor.user_id,
        created_at=by.now,
        updated_at=by.now,
    )
    await RoundItem.bulk_create(
        [
            RoundItem(id=uuid4(), round_id=round_.id, place=place, subject_id=subject_id)
            for place, subject_id in enumerate(ids, 1)
        ]
    )
    await begin(round_, by=by)
    await _log_rules(round_, by=by, items=len(ids))
    if round_.is_blind:
        await enqueue(COPY_PAPERS, lock=f"copies:{round_.id}", round_id=round_.id)
    return round_


@atomic()
async def change_rules(number: str, rules: RoundRules, *, by: By) -> Round:
    """Change the rules of a round before its draw; a new version of them.

    Raises:
        Invalid: they contradict themselves.
        Conflict: it is drawn.
    """
    by.actor.require(PanelAct.RUN_ROUNDS)
    round_ = await lock_round(number)
    _require_drafting(round_)
    version = round_.rules["version"] + 1
    round_.rules = write_rules(_checked_rules(rules)) | {"version": version}
    round_.updated_at = by.now
    await round_.save(update_fields=["rules", "updated_at"])
    await _log_rules(round_, by=by)
    return round_


@atomic()
async def discard_round(number: str, *, reason: str, by: By) -> Round:
    """Discard a round before its draw; its records may be put into another.

    Raises:
        Invalid: there is no reason.
        Conflict: it is drawn.
    """
    by.actor.require(PanelAct.RUN_ROUNDS)
    round_ = await lock_round(number)
    _require_drafting(round_)
    if len(reason.strip()) < 4:
        raise Invalid(_("请写明作废的理由。"), field="reason")
    note = reason.strip()[:500]
    return await transition(
        round_, RoundAction.DISCARD, by=by, note=note, changes={"note": note}, number=number
    )


def _require_drafting(round_: Round) -> None:
    if round_.status is RoundStatus.DISCARDED:
        raise Conflict(_("这一轮评审已经作废。"))
    if round_.status is not RoundStatus.DRAFTING:
        raise Conflict(_("专家已经抽取，规则不能再改，也不能作废。"))


async def _log_rules(round_: Round, *, by: By, **data: int) -> None:
    """Write a version of the rules into the log, where every version stays."""
    await record(
        Round.record_kind,
        round_.id,
        RoundVerb.PREPARE,
        by=by,
        number=round_.number,
        rules=round_.rules,
        **data,
    )


def _checked_rules(rules: RoundRules) -> RoundRules:
    try:
        return read_rules(write_rules(rules))
    except BadRules as error:
        words = {
            "smallest": _("专家不得少于 3 位。"),
            "target": _("专家人数应不少于最低人数，不超过 15 位。"),
            "kinds": _("各类专家的最低人数之和不能超过专家人数。"),
            "largest_share": _("同一单位的比例应在 0 与 1 之间。"),
            "headings": _("各项权重之和应为 100，各项不得重复。"),
            "score_days": _("期限至少 1 个工作日。"),
        }
        raise Invalid(words[error.field], field=error.field) from None
