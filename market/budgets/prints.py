"""Data of the printed payment list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from market.budgets.payment_models import InstructionLine, PaymentInstruction
from market.kit.formats import figure, moment, yuan
from market.kit.i18n import gettext as _
from market.kit.money import amount_in_words


def payment_print(instruction: PaymentInstruction, lines: Sequence[InstructionLine]) -> dict[str, Any]:
    """Return the payment list of a released instruction, with its batch and the two persons fetched."""
    batch, checker = instruction.batch, instruction.decided_by
    return {
        "title": _("补助拨付清单"),
        "number": instruction.number,
        "made": _("放行于 %(at)s", at=moment(instruction.decided_at)),
        "facts": [
            [_("批次"), f"{batch.number} {batch.title}"],
            [_("政策"), _(batch.programme.name)],
            [_("申报年度"), str(batch.year)],
        ],
        "head": [_("拨付编号"), _("申报编号"), _("收款单位"), _("开户行"), _("账号"), _("金额（元）")],
        "rows": [
            [
                line.order_number,
                line.claim_number,
                line.payee_name,
                line.payee_bank,
                line.payee_account,
                figure(line.amount),
            ]
            for line in lines
        ],
        "total_label": _("合计 %(count)s 笔", count=instruction.count),
        "total": yuan(instruction.total),
        "capitals_label": _("大写金额"),
        "capitals": amount_in_words(instruction.total),
        "signatures": [
            [_("制表"), instruction.proposed_by.name],
            [_("复核"), checker.name if checker else ""],
            [_("经办人"), ""],
        ],
        "sign_here": _("签字、日期"),
    }
