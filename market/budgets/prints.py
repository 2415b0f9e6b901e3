"""Data of the printed payment list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from market.budgets.models import Batch, Disbursement
from market.budgets.states import BatchStatus
from market.kit.formats import figure, moment, yuan
from market.kit.i18n import gettext as _
from market.kit.money import amount_in_words


def payment_print(batch: Batch, orders: Sequence[Disbursement], now: datetime) -> dict[str, Any]:
    """Return the payment list: every live order with payee, account and amount."""
    live = [order for order in orders if order.status.value != "returned"]
    total = sum(order.amount for order in live)
    return {
        "title": _("补助拨付清单"),
        "number": batch.number,
        "made": _("打印于 %(at)s", at=moment(now)),
        "facts": [
            [_("批次"), f"{batch.number} {batch.title}"],
            [_("政策"), _(batch.programme.name)],
            [_("申报年度"), str(batch.year)],
        ],
        "head": [_("拨付编号"), _("申报编号"), _("收款单位"), _("开户行"), _("账号"), _("金额（元）")],
        "rows": [
            [
                order.number,
                order.claim.number,
                order.claim.applicant.name,
                order.payee_bank,
                order.payee_account,
                figure(order.amount),
            ]
            for order in live
        ],
        "total_label": _("合计 %(count)s 笔", count=len(live)),
        "total": yuan(total),
        "capitals_label": _("大写金额"),
        "capitals": amount_in_words(total),
        "signatures": [
            [_("确认名单"), batch.proposed_by.name if batch.status is not BatchStatus.DRAFT else ""],
            [_("批准人"), batch.decided_by.name if batch.decided_by else ""],
            [_("经办人"), ""],
        ],
        "sign_here": _("签字、日期"),
    }
