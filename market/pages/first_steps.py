"""First steps of an organisation that has just come: what is done, what is next and who does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct, Role
from market.kit.database import connection
from market.kit.i18n import gettext as _


@dataclass(frozen=True)
class FirstStep:
    """One step; `address` is empty where the person can only wait."""

    title: str
    note: str
    is_done: bool
    address: str = ""
    verb: str = ""


async def first_steps(actor: Actor) -> list[FirstStep]:
    """Return the first steps of an organisation; none where it waits for verification or is at home."""
    if actor.is_staff or Role.BROKER in actor.roles:
        return []
    if actor.organisation_id is None:
        return [
            FirstStep(
                _("登记单位，或者加入已经登记的单位"),
                _("用统一社会信用代码登记；同事已经登记过的，申请加入，由单位管理员同意。"),
                False,
                "/account/organisation",
                _("登记或加入单位"),
            ),
            FirstStep(_("平台核验单位"), _("一般两个工作日内完成。"), False),
            FirstStep(_("写第一份成果或需求"), _("核验以后就可以提交审核。"), False),
        ]
    if not actor.is_organisation_verified:
        return []
    (row,) = await connection().execute_query_dict(
        "SELECT o.introduction <> '' AS has_profile, "
        "(EXISTS (SELECT 1 FROM outcomes l WHERE l.organisation_id = o.id) OR "
        "EXISTS (SELECT 1 FROM needs l WHERE l.organisation_id = o.id)) AS has_listing, "
        "(EXISTS (SELECT 1 FROM outcomes l WHERE l.organisation_id = o.id AND l.status <> 'draft') OR "
        "EXISTS (SELECT 1 FROM needs l WHERE l.organisation_id = o.id AND l.status <> 'draft')) "
        "AS has_submitted, "
        "EXISTS (SELECT 1 FROM needs l WHERE l.organisation_id = o.id) AS has_need, "
        "(SELECT count(*) FROM memberships m WHERE m.organisation_id = o.id AND m.started_at IS NOT NULL "
        "AND m.ended_at IS NULL) > 1 AS has_colleague, "
        "EXISTS (SELECT 1 FROM deals d WHERE o.id IN (d.seller_id, d.buyer_id)) AS has_deal "
        "FROM organisations o WHERE o.id = $1",
        [actor.organisation_id],
    )
    if row["has_deal"]:
        return []
    steps = [FirstStep(_("平台核验单位"), _("已核验。"), True)]
    if actor.may(AccountAct.EDIT_ORGANISATION):
        steps.append(
            FirstStep(
                _("写好单位介绍"),
                _("公开在单位主页，对方先看这里。"),
                row["has_profile"],
                "/account/organisation",
                _("去填写"),
            )
        )
    steps.append(_listing_step(actor, row))
    if actor.may(AccountAct.MANAGE_MEMBERS):
        steps.append(
            FirstStep(
                _("请同事加入"),
                _("确认到账要由登记人以外的财务人员来做，至少要有两个人。"),
                row["has_colleague"],
                "/account/members",
                _("单位成员"),
            )
        )
    return [] if all(step.is_done for step in steps) else steps


def _listing_step(actor: Actor, row: Mapping[str, Any]) -> FirstStep:
    """Return the step of the first listing: write it, then submit the draft that is kept."""
    if row["has_listing"] and not row["has_submitted"]:
        address, words = (
            ("/my/needs", _("提交第一条需求")) if row["has_need"] else ("/my/outcomes", _("提交第一份成果"))
        )
        note = _("草稿已经保存，单位也已核验，现在可以提交审核。")
        return FirstStep(words, note, False, f"{address}?status=draft", _("去提交"))
    if actor.may_sell and not actor.may_buy:
        address, words = "/my/outcomes/new", _("写第一份成果")
    else:
        address, words = "/my/needs/new", _("写第一条需求")
    note = _("可以随时保存草稿；提交后由管理员审核。")
    return FirstStep(words, note, row["has_listing"], address, _("去写"))
