"""What ties experts to organisations and people: declared by them, or brought up by others."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from market.accounts.models import Organisation, OrganisationStatus
from market.accounts.relations import LOOK_BACK_YEARS
from market.audit.log import record
from market.experts.admissions import lock_expert
from market.experts.models import Expert, ExpertTie
from market.experts.states import ExpertAct, ExpertTieKind, ExpertVerb, TieSource
from market.experts.units import lock_own_expert
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.listings.rules import months_later
from market.records.by import By


@atomic()
async def declare_tie(name: str, kind: ExpertTieKind, *, is_person: bool, note: str, by: By) -> ExpertTie:
    """Declare what ties the acting expert to an organisation or a person.

    Raises:
        NotFound: they are no expert.
        Invalid: at `name`, which is missing or declared already.
    """
    expert = await lock_own_expert(by)
    tie = await _add_tie(expert, name, kind, is_person=is_person, source=TieSource.DECLARED, note=note, by=by)
    await record("expert", expert.id, ExpertVerb.DECLARE_TIE, by=by, tie=tie.id, kind=kind.value)
    return tie


@atomic()
async def object_tie(
    number: str, name: str, kind: ExpertTieKind, *, is_person: bool, note: str, by: By
) -> ExpertTie:
    """Enter what others brought up of an expert, as the operator; `note` says who and with what proof.

    Raises:
        Invalid: at `name` or `note`, which are missing, or the tie is entered already.
    """
    by.actor.require(ExpertAct.VERIFY_EXPERT)
    expert = await lock_expert(number)
    if not note:
        raise Invalid(_("请写明由谁提出、依据是什么。"), field="note")
    tie = await _add_tie(expert, name, kind, is_person=is_person, source=TieSource.OBJECTED, note=note, by=by)
    await record("expert", expert.id, ExpertVerb.OBJECT_TIE, by=by, tie=tie.id, kind=kind.value)
    return tie


@atomic()
async def end_tie(tie_id: UUID, ended_on: date, *, by: By) -> ExpertTie:
    """Enter when a declared tie ended; as nobody confirms it, it counts for three years from today.

    Raises:
        NotFound: the acting expert declared no such tie; what others brought up they do not end.
        Conflict: its end is entered already.
        Invalid: at `ended_on`: a day in the future.
    """
    expert = await lock_own_expert(by)
    tie = await ExpertTie.get_or_none(id=tie_id, expert_id=expert.id, source=TieSource.DECLARED)
    if tie is None:
        raise NotFound(_("没有这项关联关系。"))
    if tie.valid_until is not None:
        raise Conflict(_("这项关联关系已经登记过终止日期。"))
    today = local_date(by.now)
    if ended_on > today:
        raise Invalid(_("终止日期不能晚于今天。"), field="ended_on")
    tie.valid_until = months_later(today, 12 * LOOK_BACK_YEARS)
    await tie.save(update_fields=["valid_until"])
    await record("expert", expert.id, ExpertVerb.END_TIE, by=by, tie=tie.id)
    return tie


async def _add_tie(
    expert: Expert,
    name: str,
    kind: ExpertTieKind,
    *,
    is_person: bool,
    source: TieSource,
    note: str,
    by: By,
) -> ExpertTie:
    if not name:
        raise Invalid(_("请填写单位或人员的名称。"), field="name")
    same = ExpertTie.filter(expert_id=expert.id, name=name, is_person=is_person, kind=kind, source=source)
    if await same.filter(valid_until__isnull=True).exists():
        raise Invalid(_("这项关联关系已经登记。"), field="name")
    organisations = Organisation.filter(name=name, status=OrganisationStatus.VERIFIED)
    organisation = None if is_person else await organisations.first()
    return await ExpertTie.create(
        id=uuid4(),
        expert_id=expert.id,
        organisation_id=organisation.id if organisation else None,
        name=name,
        is_person=is_person,
        kind=kind,
        source=source,
        note=note,
        entered_by_id=by.actor.user_id,
        entered_at=by.now,
    )
