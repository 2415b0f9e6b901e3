"""Applications for the pool: by any person, of themselves; two persons decide on them (`admissions`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath
from typing import Any
from uuid import uuid4

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole, User
from market.audit.log import record
from market.codes import lists, regions
from market.codes.numbers import next_number
from market.experts.contact_matching import phone_key
from market.experts.models import Expert, ExpertDecision, ExpertUnit
from market.experts.states import (
    MOST_A_MONTH,
    MOST_FIELDS,
    WHOLE,
    WORKFLOW,
    ExpertAct,
    ExpertAction,
    ExpertKind,
    ExpertStatus,
    ExpertVerb,
    TitleRank,
    weights_fault,
)
from market.experts.units import Period, add_periods, require_periods
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid
from market.kit.formats import day
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.person_marks import person_mark
from market.records.by import By
from market.records.transitions import begin, transition

PLEDGE = lazy(
    "我承诺：所填信息真实；独立、客观、公正评审，不接受请托，收到请托立即报告；"
    "不泄露评审内容、评审专家和评审结果；与申报方有利害关系的主动回避；不由他人代评。"
)


@dataclass(frozen=True)
class ExpertDetails:
    """What a person tells of themselves, besides where they worked."""

    kind: ExpertKind
    title_rank: TitleRank
    title: str
    fields: Mapping[str, int]
    """Weight by code of a technical field."""
    region: str
    languages: str
    phone: str
    capacity: int
    """Most items a month."""


@atomic()
async def apply_as_expert(
    details: ExpertDetails, periods: Sequence[Period], resume: StoredBlob | None, *, by: By
) -> Expert:
    """Apply for the pool, apply anew, or change an application on which nothing is proposed yet.

    Units of who was once admitted are kept: `periods` are then left out, see `units`. Whoever is in the pool
    is not drawn until the new application is decided.

    Raises:
        Conflict: the person decides or audits for the department, is barred, or the application is being
            decided.
        Invalid: a value breaks a rule, at its field.
    """
    by.actor.require(ExpertAct.APPLY_AS_EXPERT)
    user = await User.filter(id=by.actor.user_id).select_for_update().get()
    if user.staff_role is not None:
        raise Conflict(_("参与核算、决定或监督的工作人员不能入专家库。"))
    expert = await Expert.filter(user_id=user.id).select_for_update().first()
    require_details(details)
    if expert is None or expert.admitted_at is None:
        require_periods(periods, local_date(by.now))
    if resume is None and (expert is None or expert.resume_id is None):
        raise Invalid(_("请上传简历。"), field="file")
    expert = await (_begin(details, by=by) if expert is None else _apply_anew(expert, details, by=by))
    if expert.admitted_at is None:
        await ExpertUnit.filter(expert_id=expert.id).delete()
        await add_periods(expert, periods)
    if resume is not None:
        file = await attach(
            _renamed(resume, expert.number),
            subject_kind="expert",
            subject_id=expert.id,
            kind="resume",
            tier=Tier.PARTIES,
            by=by,
        )
        expert.resume_id = file.id
        await expert.save(update_fields=["resume_id"])
    await notify_staff(
        StaffRole.OPERATOR,
        _("专家入库申请待核验：%(name)s（%(number)s）", name=person_mark(user.id), number=expert.number),
        people=[user.id],
        now=by.now,
        address=f"/admin/experts/{expert.number}",
    )
    return expert


def _renamed(resume: StoredBlob, number: str) -> StoredBlob:
    """Return a resume under the expert's number: files keep their names, also of who is erased."""
    upload = replace(resume.upload, name=f"{number}{PurePath(resume.upload.name).suffix.lower()}")
    return replace(resume, upload=upload)


async def _begin(details: ExpertDetails, *, by: By) -> Expert:
    expert = await Expert.create(
        id=uuid4(),
        number=await next_number("expert", by.now),
        user_id=by.actor.user_id,
        created_at=by.now,
        **_columns(details, by.now),
    )
    await begin(expert, by=by)
    await record("expert", expert.id, ExpertVerb.CREATE, by=by)
    return expert


async def _apply_anew(expert: Expert, details: ExpertDetails, *, by: By) -> Expert:
    if await ExpertDecision.exists(expert_id=expert.id, verdict=None):
        raise Conflict(_("您的申请正在核验，等待批准人决定，现在不能修改。"))
    if is_barred(expert, by.now):
        raise Conflict(bar_words(expert))
    changes = _columns(details, by.now)
    if expert.status is ExpertStatus.APPLIED:
        expert.update_from_dict(changes)
        await expert.save(update_fields=list(changes))
        await record("expert", expert.id, ExpertVerb.RESUBMIT, by=by)
        return expert
    return await transition(expert, ExpertAction.APPLY, by=by, changes={**changes, "barred_until": None})


def _columns(details: ExpertDetails, now: datetime) -> dict[str, Any]:
    return {
        "kind": details.kind,
        "title_rank": details.title_rank,
        "title": details.title,
        "fields_of_work": dict(details.fields),
        "region": details.region,
        "languages": details.languages,
        "phone": details.phone,
        "capacity": details.capacity,
        "pledge": str(PLEDGE),
        "applied_at": now,
    }


def require_details(details: ExpertDetails) -> None:
    """Check what a person tells of themselves.

    Raises:
        Invalid: a value breaks a rule, at its field.
    """
    if any(code not in lists.FIELDS for code in details.fields):
        raise Invalid(_("请从列表中选择。"), field="fields_of_work")
    fault = weights_fault(details.fields)
    if fault == "count":
        raise Invalid(_("请选 1 到 %(most)s 个领域。", most=MOST_FIELDS), field="fields_of_work")
    if fault:
        total = sum(details.fields.values())
        raise Invalid(
            _(
                "各领域的权重为 1 到 %(whole)s 的整数，合计 %(whole)s，现在合计 %(now)s。",
                whole=WHOLE,
                now=total,
            ),
            field="fields_of_work",
        )
    if not regions.is_known(details.region):
        raise Invalid(_("请从列表中选择。"), field="region")
    require_arrangements(details.phone, details.capacity)


def require_arrangements(phone: str, capacity: int) -> None:
    """Check how an expert is reached and how much they take.

    Raises:
        Invalid: at `phone` or `capacity`.
    """
    if not phone_key(phone):
        raise Invalid(_("请填可以联系到您的电话号码。"), field="phone")
    if not 1 <= capacity <= MOST_A_MONTH:
        raise Invalid(_("请填 1 到 %(most)s 之间的整数。", most=MOST_A_MONTH), field="capacity")


def is_barred(expert: Expert, now: datetime) -> bool:
    """Return whether a bar keeps the person out today, its last day included."""
    return expert.status is ExpertStatus.BARRED and (
        expert.barred_until is None or local_date(now) <= expert.barred_until
    )


def bar_words(expert: Expert) -> str:
    """Return until when an expert is barred, as a sentence."""
    if expert.barred_until is None:
        return _("您已被禁止入库，没有期限。")
    return _("您被禁止入库至 %(day)s，期满后可以重新申请。", day=day(expert.barred_until))


def may_apply(expert: Expert | None, now: datetime) -> bool:
    """Return whether the page offers the form."""
    if expert is None:
        return True
    is_open = expert.status is ExpertStatus.APPLIED or WORKFLOW.allows(expert.status, ExpertAction.APPLY)
    return is_open and not is_barred(expert, now)
